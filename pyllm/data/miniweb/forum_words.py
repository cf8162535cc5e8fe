"""The wordings of the forum's questions and answers."""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

from pyllm.data.miniweb.wording import choices

# Countries whose names take "the" within a sentence.
WITH_ARTICLE = (
    "Netherlands", "Philippines", "Maldives", "Seychelles", "Comoros", "United ", "Bahamas", "Gambia", "Vatican",
    "Holy See", "Isle of", "Federated", "DRC", "Central African", "Dominican", "Czech Republic",
)  # fmt: skip
WITH_ARTICLE_ENDINGS = (" Islands", " Republic")

FACT_QUESTIONS = {
    "capital": [
        "What is the capital of {country}?",
        "What is the capital of {country}?",
        "Which city is the capital of {country}?",
        "(Do you know|Does anybody know|Who knows) the capital of {country}?",
        "What is the name of the capital of {country}?",
        "What is the capital city of {country}?",
        "Can you (tell me|name) the capital of {country}?",
        "I need the capital of {country} for a quiz. What is it?",
        "Which city is the seat of government of {country}?",
        "{Country}: what is its capital?",
        "My daughter asked me for the capital of {country}. What should I say?",
        "What do you call the capital of {country}?",
        "In which city does the government of {country} sit?",
        "If I fly to the capital of {country}, which city do I land in?",
        "I always forget the capital of {country}. What is it again?",
        "For my homework: what is the capital of {country}?",
        "Quick question: what is the capital of {country}?",
    ],
    "language": [
        "What language do people speak in {country}?",
        "Which language is spoken in {country}?",
        "What is the main language of {country}?",
        "Which language do they speak in {country}?",
        "What do people in {country} speak?",
        "Which language should I learn before I travel to {country}?",
        "(Do you know|Does anybody know) what language is spoken in {country}?",
        "Can you tell me the main language of {country}?",
        "In what language do the people of {country} talk to each other?",
        "Which language will I hear most in {country}?",
        "What is the language of {country}?",
        "My uncle moves to {country}. What language will he need there?",
        "Which language do most people in {country} use?",
        "What language do children in {country} learn at home?",
        "I have a new colleague from {country}. Which language does she probably speak?",
    ],
    "currency": [
        "What is the currency of {country}?",
        "What money do people use in {country}?",
        "Which currency is used in {country}?",
        "How do people pay in {country}?",
        "What do I pay with in {country}?",
        "(Do you know|Does anybody know) the currency of {country}?",
        "Which money should I take to {country}?",
        "What kind of money do they have in {country}?",
        "I travel to {country} next month. What money do I need?",
        "What is the money of {country} called?",
        "Can you tell me which currency {country} uses?",
        "With what money do shops in {country} work?",
        "In what currency are prices in {country}?",
        "What will I get at a bank in {country} when I change my money?",
        "Which coins and notes do people use in {country}?",
    ],
    "region": [
        "Where is {country}?",
        "In which part of the world is {country}?",
        "Where can I find {country} on the map?",
        "In what region is {country}?",
        "Which part of the world does {country} belong to?",
        "(Do you know|Does anybody know) where {country} is?",
        "Where in the world is {country}?",
        "Can you tell me where {country} lies?",
        "In which region of the world does {country} lie?",
        "I cannot find {country} on my globe. Where is it?",
        "Where does {country} lie?",
        "Where would I be if I were in {country}?",
        "My son asks where {country} is. Who can help?",
        "What region of the world is {country} in?",
        "On the map of the world, where do I look for {country}?",
    ],
    "population": [
        "How many people live in {country}?",
        "What is the population of {country}?",
        "How large is the population of {country}?",
        "How many inhabitants does {country} have?",
        "(Do you know|Does anybody know) how many people live in {country}?",
        "About how many people live in {country}?",
        "Can you tell me the population of {country}?",
        "How big is {country} by its population?",
        "How many people are there in {country}?",
        "What is the number of people in {country}?",
        "How many people call {country} their home?",
        "For a school report: how many people does {country} have?",
        "Is {country} a large country? How many people live there?",
        "I want to know how many people live in {country}. Who can tell me?",
        "How many people share the land in {country}?",
    ],
    "highest point": [
        "What is the highest point of {country}?",
        "What is the highest mountain in {country}?",
        "Which is the highest point in {country}?",
        "What is the name of the highest point in {country}?",
        "(Do you know|Does anybody know) the highest point of {country}?",
        "Where is the highest point of {country}?",
        "Which place in {country} is higher than all others?",
        "What do you call the highest point of {country}?",
        "Can you name the highest point of {country}?",
        "If I want to stand on the highest point of {country}, where do I go?",
        "My friends like to climb. What is the highest point they can find in {country}?",
        "Which point is the top of {country}?",
        "What is the highest place in {country}?",
        "In {country}, which point is the highest?",
        "I collect high places. Which one is the highest in {country}?",
    ],
}

FACT_ANSWERS = {
    "capital": [
        "The capital of {country} is {answer}.",
        "The capital of {country} is {answer}.",
        "The capital of {country} is {answer}.",
        "It is {answer}. The capital of {country} is {answer}.",
        "{answer} is the capital of {country}.",
        "That is {answer}.",
        "{answer}. I am sure that {answer} is the capital of {country}.",
    ],
    "language": [
        "People in {country} speak {answer}.",
        "People in {country} speak {answer}.",
        "The main language of {country} is {answer}.",
        "Most people in {country} speak {answer}.",
        "{Answer} is spoken in {country}.",
        "In {country} you will mostly hear {answer}.",
    ],
    "currency": [
        "People in {country} pay with {answer}.",
        "People in {country} pay with {answer}.",
        "In {country} one pays in {answer}.",
        "{Country} uses {answer}.",
        "You need {answer} in {country}.",
        "Prices in {country} are in {answer}.",
    ],
    "region": [
        "{Country} is in {answer}.",
        "{Country} is in {answer}.",
        "{Country} lies in {answer}.",
        "You find {country} in {answer}.",
        "It is in {answer}. Look for {country} there on the map.",
        "{Country} belongs to {answer}.",
    ],
    "population": [
        "About {answer} people live in {country}.",
        "About {answer} people live in {country}.",
        "{Country} has about {answer} people.",
        "The population of {country} is about {answer}.",
        "There are about {answer} people in {country}.",
        "It has about {answer} inhabitants.",
    ],
    "highest point": [
        "The highest point of {country} is {answer}.",
        "The highest point of {country} is {answer}.",
        "{answer} is the highest point of {country}.",
        "It is {answer}. No point in {country} is higher.",
        "The highest point in {country} is {answer}.",
        "Go to {answer}: it is the highest point of {country}.",
    ],
}

AT_ONCE = [
    "What is {problem}? {problem} = {answer}.",
    "How much is {problem}? {problem} = {answer}.",
    "Is there a quick answer for {problem}? Yes, {problem} = {answer}.",
    "Can you tell me what {problem} is? {problem} = {answer}.",
]

SUM_QUESTIONS = [
    "What is {problem}?",
    "What is {problem}?",
    "How much is {problem}?",
    "Can somebody show me how to do {problem}?",
    "How do I work out {problem}?",
    "What is {problem}, step by step?",
    "Please help me with {problem}. What are the steps?",
    "I have to do {problem} for school. How does it go?",
    "Can you solve {problem} for me?",
    "My son does not understand {problem}. How do I explain it?",
    "Who can calculate {problem}?",
    "What do I get for {problem}?",
    "Is there an easy way to do {problem} on paper?",
    "Could you check {problem} for me, with all the steps?",
    "What is the answer to {problem}?",
]

SUM_ANSWERS = [
    "{worked}",
    "{worked}",
    "{worked}",
    "{worked}",
    "{worked} (That is how we learned it at school|My teacher taught it to me in this way).",
    "{worked} Write one number below the other, and it is (easy|not hard at all).",
    "{worked} Try the next one yourself, and tell us what you get.",
    "{worked} I have checked it twice.",
    "{worked} If you do it step by step, nothing can go wrong.",
    "{worked} Tell {name} to do the ones first and then the tens, always in this order.",
]

# Questions for the letters of a word, each with its answer.
SPELLING = [
    ("How do you spell {word}?", "{word}: {spelled}."),
    ("How do you spell {word}?", "{spelled}."),
    ("How is the word {word} spelled?", "The word {word} is spelled {spelled}."),
    ("How do I write the word {word}?", "You write {word} like this: {spelled}."),
    ("Can you spell {word} for me?", "{word}: {spelled}."),
    ("What are the letters of the word {word}?", "The letters of {word} are {letters}."),
    ("How many letters are in the word {word}?", "The word {word} has {count} letters: {letters}."),
    ("How many letters does {word} have?", "{letters}. The word {word} has {count} letters."),
    ("What is the first letter of {word}?", "The first letter of {word} is {first}."),
    ("What is the last letter of {word}?", "{word}: {spelled}. The last letter is {last}."),
    ("How often does the letter {letter} come in {word}?", "{word}: {spelled}. The letter {letter} comes {times}."),
    (
        "How many times does the letter {letter} come in {word}?",
        "{letters}. The letter {letter} comes {times} in {word}.",
    ),
    ("What is {word} backwards?", "{word}: {spelled}. Backwards it is {reversed}: {reversed_letters}."),
    ("How do you write {word} backwards?", "Backwards, {word} is {reversed}: {reversed_letters}."),
    ("Is it true that {word} has {count} letters?", "Yes, {word} has {count} letters: {letters}."),
    ("Could somebody tell me how to spell {word}?", "It is spelled {spelled}."),
]

STYLES = [("Question: ", "Answer: ")] * 6 + [
    ("Q: ", "A: "),
    ("{user} asks: ", "{user} answers: "),
    ("{user} wrote: ", "{user} replied: "),
]

USERS = [
    "{name}",
    "{name}{number}",
    "{low}_{number}",
    "{name} from the (hill|sea|city|farm)",
    "{uncle} {name}",
    "{low}",
]
MONTHS = choices("""
January|February|March|April|May|June|July|August|September|October|November|December
""")

TITLES: dict[str | None, list[str]] = {
    "fact": ["Questions about countries", "Geography questions, page {number}", "Capitals and countries: ask here"],
    "sum": ["Help with sums", "Math questions, page {number}", "Who can help with arithmetic?"],
    "spelling": ["How do you spell it?", "Spelling questions, page {number}", "Ask us about words and letters"],
    "everyday": ["Everyday questions and answers", "How do I do this? Page {number}", "Small questions of daily life"],
    "story": ["Tell me a story", "The story corner", "Stories on request, page {number}"],
    None: ["Questions and answers, page {number}", "Ask {user}", "The question corner", "Ask anything: {month}"],
}

OPENERS = [
    "Welcome to the question corner. (Please be polite|Be kind to each other), and read the answers before you ask again.",
    "Hello everybody, I am {user}, and I have a few questions. I hope that somebody can help me.",
    "This thread is for short questions with short answers. Anybody may ask, and anybody may answer.",
    "We collected the best questions and answers from {month}. Thanks to all who helped.",
    "Hi all, {user} here again. Thank you for your help last time. Here are some new questions.",
    "There are no silly questions here. If you know the answer, write it down. If you do not know it, ask.",
    "My family likes to ask me things at dinner, and I do not know the answers. Can you help?",
]
REMARKS = [
    "Thank you, {other}! That helped me a lot.",
    "Thanks, that was (quick|fast|easy).",
    "{user}: Thank you very much. I should have known that.",
    "{user}: Great, thank you for the answer.",
    "Oh, of course! Now I remember. Thanks.",
    "That is right, I looked it up as well.",
    "Good answer. I have nothing to add.",
]
CLOSERS = [
    "That is all for now. Thank you for reading, and see you next time.",
    "If you have more questions, please open a new thread.",
    "This thread is closed now. {user} and {other} thank everybody who took part.",
    "Did we make a mistake? Then please write to us, and we will correct it.",
]
