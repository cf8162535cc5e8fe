"""The words around the problems of homework."""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

from pyllm.data.miniweb.wording import choices

# Operator and digits of a worked sum: two-digit addition most of all.
SUMS = [("+", 2)] * 16 + [("-", 2)] * 4 + [("+", 3)] * 2 + [("-", 3)] * 1

SUM_FORMS = [
    "{worked}",
    "{worked}",
    "{worked}",
    "{worked}",
    "{worked}",
    "Question: What is {problem}? Answer: {worked}",
    "What is {problem}? {steps}",
    "How much is {problem}? {steps}",
]

COUNTED = choices("""
apples|pears|books|marbles|stamps|cards|coins|pencils|cookies|nuts|shells|flowers|balls|eggs|buttons|stones|stickers|
plums|candies|toy cars|beads|oranges|leaves|acorns|cherries|feathers|crayons|balloons|muffins|seeds
""")

# Problems told in words, by operator.
TOLD = {
    "+": [
        "{name} has {left} {things}. {He} (gets|buys|finds) {right} more. How many {things} does {name} have now? {worked} {name} has {answer} {things} now.",
        "{name} has {left} {things} and {other} has {right} {things}. They put them into one large (box|bag|basket). How many {things} do they have together? {worked} Together they have {answer} {things}.",
        "There are {left} {things} in (a box|a bag|a basket). {name} puts {right} more into it and closes it again. How many {things} are there now? {worked} There are {answer} {things}.",
        "{name} (counted|saw|found) {left} {things} on Monday and {right} {things} on Tuesday. How many is that in all? {worked} That is {answer} {things} in all.",
        "A shop sold {left} {things} in the morning and {right} in the afternoon. In the evening the owner wants to know how many that makes. {worked} The shop sold {answer} {things}.",
        "{other} gives {name} {right} {things} (as a present|for helping in the garden). {name} already had {left}. How many {things} does {name} have now? {worked} {name} has {answer} {things}.",
        "It was {name}'s birthday. {He} got {left} {things} from {other} and {right} from the rest of the family. How many {things} did {name} get? {worked} {name} got {answer} {things} that day.",
        "For the school fair, {name} brought {left} {things}, and {other} brought {right}. How many {things} lay on the table? {worked} There were {answer} {things} on the table.",
        "On the way to (the lake|school|the market), {name} counted {left} {things}. On the way back {he} counted {right} more. How many {things} did {name} count that day? {worked} {name} counted {answer} {things}.",
    ],
    "-": [
        "{name} has {left} {things}. {He} (gives|sells) {right} of them to {other}. How many {things} does {name} have left? {worked} {name} has {answer} {things} left.",
        "There were {left} {things} in (a box|a bag|a basket). {name} took {right} of them out and gave them to {other}. How many {things} are still there? {worked} There are still {answer} {things}.",
        "{name} has {left} {things} and {other} has {right}. How many more does {name} have? {worked} {name} has {answer} more {things}.",
        "{name} needs {left} {things} for (a game|a present|the school fair). {He} already has {right}. How many are missing? {worked} {name} is missing {answer} {things}.",
        "A farmer had {left} {things} and lost {right} of them in the storm. How many {things} did the farmer keep? {worked} The farmer kept {answer} {things}.",
        "{name} carried {left} {things} home, but the bag had a hole, and {right} of them fell out. How many {things} came home with {name}? {worked} {answer} {things} came home.",
        "In the morning there were {left} {things} on the shelf of the shop. By the evening {right} of them were sold. How many {things} were still on the shelf? {worked} There were {answer} {things} on the shelf.",
    ],
}

AT_ONCE = [
    "{problem} = {answer}.",
    "{problem} = {answer}.",
    "Question: What is {problem}? Answer: {problem} = {answer}.",
    "What is {problem}? {problem} = {answer}.",
    "{problem} = {answer}. You (should|can) know this one by heart.",
    "(There is no need|Nobody needs) to write down the steps of this one: {problem} = {answer}.",
    "{name} knows the answer at once: {problem} = {answer}.",
    "Some sums need no steps at all. For example, {problem} = {answer}.",
    "{left} {sign} {right} is {answer}, (as everybody in class knows|and that is all there is to it).",
    "How much is {left} {sign} {right}? The answer comes at once: {answer}.",
]

TABLE_ROWS = [
    "Here is (a part|some) of the table of {factor}:",
    "This is how the table of {factor} goes:",
    "(Say|Read) the table of {factor} (aloud|slowly|twice):",
    "The {factor} times table sounds like this:",
]

PRODUCTS = [
    "{left} x {right} = {answer}. (Say|Read) it aloud: {told}.",
    "{Told}, or with the sign in between: {left} x {right} = {answer}.",
    "Question: What is {left} x {right}? Answer: {left} x {right} = {answer}.",
    "How much is {left} times {right}? Add {right} again and again: {sum} = {answer}, so {left} x {right} = {answer}.",
    "The product {left} x {right} stands for a long sum. It is the same as {sum}, and so {left} x {right} = {answer}.",
]

BAGS = "{name} has {left} bags with {right} {things} each. How many {things} is that? {left} x {right} = {answer}, so it is {answer} {things}."

COMPARISONS = [
    "Which number is (larger|bigger|greater), {left} or {right}? {why} {more} is (larger|bigger|greater) than {less}.",
    "Which number is smaller, {left} or {right}? {why} {less} is smaller than {more}.",
    "Compare {left} and {right}. {why} So {more} > {less}.",
    "Compare {left} and {right}. {why} So {less} < {more}.",
    "{name} has {left} {things}, and {other} has {right}. Who has more? {why} {owner} has more {things}.",
]

LETTER_COUNTS = [
    "How many letters are in the word {word}? {letters}. There are {count} letters in the word {word}.",
    "Count the letters of the word {word}: {letters}. That makes {count} letters for {word}.",
    "The word {word} has {count} letters: {letters}.",
]

GROUP_COUNTS = [
    "Count the {group}: {row}. There are {count} {group}.",
    "Look at these {group}: {things}. How many {group} are there? There are {count} {group}.",
    "How many {group} are in this row? {row}. There are {count} of them.",
]

GROUPS = {
    "animals": choices("dog|cat|hen|cow|pig|duck|goat|horse|mouse|sheep|fox|bear|lion|frog"),
    "fruits": choices("apple|pear|plum|peach|cherry|melon|orange|lemon|banana|grape|kiwi|fig"),
    "colors": choices("red|blue|green|yellow|white|black|brown|pink|gray|purple|orange"),
    "numbers": choices("four|nine|twelve|seven|twenty|thirty|fifteen|eight|fifty|sixty|eighteen|eleven"),
    "things": choices("pen|book|bag|ruler|cup|lamp|chair|table|bottle|clock|key|map"),
    "names": choices("Anna|Ben|Clara|Tom|Emma|Max|Lucy|Paul|Nina|Leo|Mia|Sam"),
    "clothes": choices("hat|coat|scarf|shirt|dress|sock|shoe|glove|belt|cap|sweater|skirt"),
}

GRADES = choices("fourth grade|second grade|third grade|the little ones|our class|the blue class|the new class")
TEACHERS = choices("""
Mrs. Brown|Mr. Green|Ms. White|Mr. Baker|Mrs. Hill|Ms. Young|Mr. Cook|Mrs. Stone|Mr. Wood|Ms. King|Mrs. Lake|Mr. Bell
""")
DAYS = choices("Monday|Tuesday|Wednesday|Thursday|Friday")
TOPICS = choices("""
adding with carrying|sums of two numbers|adding and subtracting|numbers and steps|mixed practice|
mental arithmetic|problems in words|counting and comparing
""")

TITLES = [
    "Homework for {day}: {topic}",
    "Worksheet {number}: {topic}",
    "Math homework, {grade}",
    "Arithmetic page {number}",
    "Solutions for worksheet {number}",
    "Practice with {teacher}: {topic}",
    "{name}'s math homework",
    "Let us practice {topic}",
]

INTROS = [
    "This is the homework of {grade} for {day}. Our topic this week is {topic}.",
    "Here are the problems for {grade} with all their solutions. (Try|Do) each problem on your own first, and then (look at|read) the answer.",
    "{teacher} gave us these problems on {day}. The topic was {topic}.",
    "Welcome to worksheet {number}. It is about {topic}, and it is made for {grade}.",
    "My name is {name}, and this is my homework for {day}. {teacher} has checked it, and all the answers are right.",
    "On this page you can practice {topic}. Every problem comes with its answer, so that you can check your work.",
    "Dear parents, these are the problems that {grade} did on {day}. Please go through them with your child again.",
]

OUTROS = [
    "(Well done|Good work)! The next worksheet will be a little harder.",
    "That is all for today. Show your work to {teacher} on {day}.",
    "Did you get all of them right? Then you are ready for the next page.",
    "If you made a mistake, do the problem again without looking at the answer.",
    "We will talk about these problems in class. Bring a pencil and a ruler.",
    "Ten minutes of practice a day are better than two hours on Sunday.",
    "Please write the answers into your notebook and sign the page.",
    "There will be a small test about {topic} next week, so keep this page.",
]
