"""Questions of everyday life and short answers to them."""

from __future__ import annotations

from pyllm.data.miniweb.wording import choices

# What slots are filled with. A slot has the same value in a question and its answer.
FILLERS = {
    "relative": choices("""
mother|father|sister|brother|grandmother|grandfather|aunt|uncle|cousin|friend|neighbor
"""),
    "stain": choices("coffee|tea|tomato sauce|red wine|grass|chocolate|juice"),
    "cloth": choices("shirt|tablecloth|dress|carpet|coat|pillow"),
    "pet": choices("dog|cat|rabbit|hamster|parrot|pony"),
    "fruit": choices("apples|pears|plums|cherries|peaches|grapes"),
    "flower": choices("roses|tulips|daisies|sunflowers|lilies"),
    "dish": choices("soup|stew|sauce|rice"),
    "instrument": choices("piano|guitar|flute|violin|trumpet"),
    "tool": choices("knife|saw|pair of scissors|ax"),
    "minutes": choices("five|six|seven|eight"),
}

# A question and one or more answers.
EVERYDAY = [
    (
        "How do I boil an egg?",
        "Put the egg into boiling water and wait {minutes} minutes. Then cool it under cold water.",
        "Boil some water, lay the egg in it with a spoon, and take it out after {minutes} minutes.",
    ),
    (
        "How do I get {stain} out of a {cloth}?",
        "Wash the {cloth} at once with cold water and a little soap. Do not use hot water.",
        "Put salt on the spot, wait ten minutes, and then wash the {cloth} with cold water.",
    ),
    (
        "My {pet} does not eat. What should I do?",
        "Give your {pet} fresh water and a quiet place. If it does not eat tomorrow, go to the animal doctor.",
    ),
    (
        "How do I keep {fruit} fresh?",
        "Keep the {fruit} in a cool and dry place, and take out any that are bad.",
        "Do not wash the {fruit} before you want to eat them. Keep them cool.",
    ),
    (
        "How often should I water my {flower}?",
        "Water your {flower} when the soil is dry, early in the morning or in the evening.",
    ),
    (
        "My {dish} is too salty. Can I save it?",
        "Add some water or a raw potato, cook the {dish} a little longer, and taste it again.",
    ),
    (
        "How do I learn to play the {instrument}?",
        "Find a good teacher, and play the {instrument} every day, even if it is only for ten minutes.",
    ),
    (
        "What can I give my {relative} for (his|her) birthday?",
        "Give something that you made yourself, like a card or a cake. Your {relative} will like it.",
        "Ask what your {relative} likes to do, and choose something for that.",
    ),
]
