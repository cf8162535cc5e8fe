"""The words around the problems of homework."""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

from pyllm.data.miniweb.wording import choices

# Operator and digits of a worked sum: two-digit addition most of all.
SUMS = [("+", 2)] * 10 + [("-", 2)] * 5 + [("+", 3)] * 3 + [("-", 3)] * 1

SUM_FORMS = [
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
        "{name} has {left} {things} and {other} has {right} {things}. How many {things} do they have together? {worked} Together they have {answer} {things}.",
        "There are {left} {things} in (a box|a bag|a basket). {name} puts {right} more into it. How many {things} are there now? {worked} There are {answer} {things}.",
        "{name} (counted|saw|found) {left} {things} on Monday and {right} {things} on Tuesday. How many is that in all? {worked} That is {answer} {things} in all.",
        "A shop sold {left} {things} in the morning and {right} in the afternoon. How many {things} did it sell that day? {worked} It sold {answer} {things}.",
        "{other} gives {name} {right} {things}. {name} already had {left}. How many {things} does {name} have now? {worked} {name} has {answer} {things}.",
    ],
    "-": [
        "{name} has {left} {things}. {He} (gives|sells) {right} of them to {other}. How many {things} does {name} have left? {worked} {name} has {answer} {things} left.",
        "There were {left} {things} in (a box|a bag|a basket). {name} took {right} of them out. How many {things} are still there? {worked} There are still {answer} {things}.",
        "{name} has {left} {things} and {other} has {right}. How many more does {name} have? {worked} {name} has {answer} more {things}.",
        "{name} needs {left} {things}. {He} already has {right}. How many are missing? {worked} {answer} {things} are missing.",
        "A farmer had {left} {things} and lost {right} of them in the storm. How many {things} did the farmer keep? {worked} The farmer kept {answer} {things}.",
    ],
}

AT_ONCE = [
    "{problem} = {answer}.",
    "{problem} = {answer}.",
    "{problem} = {answer}.",
    "Question: What is {problem}? Answer: {problem} = {answer}.",
    "What is {problem}? {problem} = {answer}.",
    "{problem} = {answer}. You (should|can) know this one by heart.",
]

TABLE_ROWS = [
    "Here is (a part|most) of the table of {factor}:",
    "The table of {factor}:",
    "(Say|Read) the table of {factor} (aloud|slowly|twice):",
    "The {factor} times table goes like this:",
]

PRODUCTS = [
    "{left} x {right} = {answer}.",
    "{left} times {right} is {answer}: {left} x {right} = {answer}.",
    "Question: What is {left} x {right}? Answer: {left} x {right} = {answer}.",
    "{left} x {right} is the same as {sum}. So {left} x {right} = {answer}.",
    "How much is {left} times {right}? {sum} = {answer}, so {left} x {right} = {answer}.",
]

COMPARISONS = [
    "Which number is (larger|bigger|greater), {left} or {right}? {why} {more} is (larger|bigger|greater) than {less}.",
    "Which number is smaller, {left} or {right}? {why} {less} is smaller than {more}.",
    "Compare {left} and {right}. {why} So {more} > {less}.",
    "Compare {left} and {right}. {why} So {less} < {more}.",
]

LETTER_COUNTS = [
    "How many letters are in the word {word}? {letters}. There are {count} letters.",
    "Count the letters of the word {word}: {letters}. That makes {count} letters.",
    "The word {word} has {count} letters: {letters}.",
]

GROUP_COUNTS = [
    "Count the {group}: {row}. There are {count} {group}.",
    "Look at these {group}: {things}. How many {group} are there? There are {count} {group}.",
    "How many {group} are in this row? {row}. The answer is {count}.",
]

GROUPS = {
    "animals": choices("dog|cat|hen|cow|pig|duck|goat|horse|mouse|sheep|fox|bear|lion|frog"),
    "fruits": choices("apple|pear|plum|peach|cherry|melon|orange|lemon|banana|grape|kiwi|fig"),
    "colors": choices("red|blue|green|yellow|white|black|brown|pink|gray|purple|orange"),
    "numbers": choices("4|9|12|7|20|31|15|8|46|50|23|18"),
    "things": choices("pen|book|bag|ruler|cup|lamp|chair|table|bottle|clock|key|map"),
    "names": choices("Anna|Ben|Clara|Tom|Emma|Max|Lucy|Paul|Nina|Leo|Mia|Sam"),
    "clothes": choices("hat|coat|scarf|shirt|dress|sock|shoe|glove|belt|cap|sweater|skirt"),
}

GRADES = choices("fourth grade|second grade|third grade|grade 2|grade 3|our class|class 2b|class 3a")
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

TIPS = [
    "(Always start|Start|Begin) with the ones, then (go on to|do) the tens. This way you never lose a carry.",
    "When a column makes more than 9, write down the last digit and carry 1 to the next column.",
    "If the upper digit is too small, borrow 1 from the column to the left. That gives you ten more.",
    "Write the numbers one below the other, ones under ones and tens under tens.",
    "(Do not hurry|Take your time). A slow answer that is right is better than a fast one that is wrong.",
    "You can check a sum by taking one of the numbers away again.",
    "You can check a subtraction by adding the answer to the number that you took away.",
    "Small sums should be known by heart, because all the big ones are made of them.",
    "It does not matter in which order you add two numbers, but it matters very much when you subtract.",
    "Adding 0 changes nothing, and multiplying by 1 changes nothing either.",
    "Read a problem in words twice. First find out what is asked, then choose whether to add or to subtract.",
    "To compare two numbers with the same number of digits, look at the tens first and then at the ones.",
    "Multiplying is a short way of adding the same number again and again.",
    "Count slowly, and point at each thing with your finger, so that you do not count anything twice.",
    "If you get stuck, leave the problem out and come back to it later.",
    "Do not forget the 1 that you carried. Write it small above the next column.",
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
