"""The sentences of letters and diaries, by topic."""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

from pyllm.data.miniweb.wording import choices

FILLERS = {
    "animal": choices("dog|cat|rabbit|bird|pony|hamster|goat|duck|turtle"),
    "color": choices("red|blue|green|yellow|brown|white|gray|orange"),
    "fruit": choices("apples|pears|plums|cherries|strawberries|peaches|grapes"),
    "vegetable": choices("carrots|beans|potatoes|tomatoes|onions|peas|cabbages"),
    "food": choices("""
soup|pancakes|potato salad|fish and rice|chicken|noodles|apple pie|pizza|bread and cheese
"""),
    "subject": choices("math|reading|history|music|geography|science|drawing|spelling"),
    "weekday": choices("Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"),
    "season": choices("spring|summer|autumn|winter"),
    "relative": choices("mother|father|sister|brother|aunt|uncle|grandmother|grandfather|cousin"),
    "place": choices("""
the lake|the sea|the mountains|the zoo|the city|the farm|the forest|the museum|the market
"""),
    "gift": choices("book|scarf|puzzle|watch|bicycle|lamp|camera|pair of gloves|box of paints|game"),
    "instrument": choices("piano|flute|guitar|violin|drum|trumpet"),
    "sport": choices("football|tennis|basketball|swimming|running|chess|skating"),
    "illness": choices("a cold|a cough|a fever|a sore throat|a headache|a toothache"),
    "book": choices("""
pirates|horses|the moon|a brave girl|a lost dog|knights|two brothers|the sea|an old house
"""),
    "time": choices("six|seven|eight|nine|ten"),
}
MONTHS = choices("""
January|February|March|April|May|June|July|August|September|October|November|December
""")

RELATIONS = [
    (
        "family",
        ["Dear (Grandma|Grandpa|Grandma and Grandpa|Aunt {friend}|Uncle {friend}),", "Dear (Mom and Dad|Mom|Dad),"],
        ["With (love|much love|lots of love),", "Your loving (grandchild|family),", "Love,"],
    ),
    ("friend", ["Dear {friend},", "Hello {friend},", "My dear {friend},"], ["Your friend,", "Best wishes,", "Yours,"]),
]
LETTER_TITLES = {
    "family": ["A letter home", "A letter from {name}", "Letter of {date}", "News from {name}"],
    "friend": ["A letter to {friend}", "{name} writes to {friend}", "Dear {friend}", "A letter to a friend"],
}
LETTER_DATES = ["{date}", "{weekday}, {date}", "{date}, in the evening"]
LETTER_OPENINGS = [
    "Thank you for your (long|kind|nice) letter. It came on {weekday}, and I read it (twice|three times).",
    "How are you? I am (fine|well), and I hope that you are, too.",
]
LETTER_TOPICS = [
    ["We have {a_animal} now! It is {color}, and its name is {pet_name}. It sleeps (next to the stove|in a basket)."],
    [
        "School is (going well|hard this year). I like {subject} best. On {weekday} we have a test, and I am a little nervous."
    ],
    ["Last {weekday} we went to {place}. We walked a lot, and we ate {food} under a big tree."],
]
LETTER_QUESTIONS = ["When will you come to visit us? There is always a bed for you."]
LETTER_CLOSINGS = ["Please write back soon. I am waiting for your letter."]

DIARY_TITLES = ["{weekday}, {date}", "My diary: {date}", "{name}'s diary, {weekday}"]
DIARY_OPENINGS = ["Dear diary, today was (a good|a strange|a long|a quiet) day.", "I got up at {time} this morning."]
WEATHER = ["It rained all day, and the street was full of puddles.", "The sun was shining, and it was warm."]
DIARY_TOPICS = [
    ["In school we had {subject}. I knew (all|most of) the answers, and the teacher was pleased."],
    ["After lunch I met {friend}. We played {sport} until we were tired."],
    ["For dinner there was {food}. My {relative} cooked it, and it was very good."],
]
DIARY_FEELINGS = ["I feel (happy|tired|calm|a little sad) tonight."]
DIARY_CLOSINGS = ["Now I will turn off the light. Good night!"]
