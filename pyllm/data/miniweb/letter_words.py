"""The sentences of letters, by who writes to whom and what about."""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

from dataclasses import dataclass

from pyllm.data.miniweb.letter_topics import MORE_ADULT, MORE_CHILD, MORE_COMMON
from pyllm.data.miniweb.wording import choices

# What slots are filled with, in letters and in diaries. A slot has one value in a letter.
FILLERS = {
    "animal": choices("dog|cat|rabbit|bird|hamster|turtle|parrot|kitten|puppy|guinea pig"),
    "color": choices("red|blue|green|yellow|brown|white|gray|orange|black"),
    "fur": choices("brown|white|gray|black|spotted|light brown"),
    "fruit": choices("apples|pears|plums|cherries|strawberries|peaches|grapes|raspberries"),
    "vegetable": choices("carrots|beans|potatoes|tomatoes|onions|peas|cabbages|pumpkins"),
    "flower": choices("roses|tulips|daisies|sunflowers|lilies|violets"),
    "food": choices("""
soup|pancakes|potato salad|fish and rice|chicken|noodles|apple pie|pizza|bread and cheese|fried eggs|
tomato soup|dumplings|bean stew|baked potatoes
"""),
    "subject": choices("math|reading|history|music|geography|science|drawing|spelling"),
    "weekday": choices("Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"),
    "weekday_two": choices("Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"),
    "season": choices("spring|summer|autumn|winter"),
    "relative": choices("mother|father|sister|brother|aunt|uncle|grandmother|grandfather|cousin"),
    "place": choices("""
the lake|the sea|the mountains|the zoo|the city|the farm|the forest|the museum|the market|the castle|
the island|the river
"""),
    "gift": choices("""
book|scarf|puzzle|watch|bicycle|lamp|camera|pair of gloves|box of paints|game|backpack|sweater|model ship|hat
"""),
    "instrument": choices("piano|flute|guitar|violin|drum|trumpet"),
    "sport": choices("football|tennis|basketball|chess|cards|table tennis|hide and seek"),
    "illness": choices("a cold|a cough|a fever|a sore throat|a headache|a toothache"),
    "book": choices("""
pirates|horses|the moon|a brave girl|a lost dog|knights|two brothers|the sea|an old house|a clever thief|
a boy who could fly|life on an island|the stars
"""),
    "time": choices("six|seven|eight|nine|ten"),
    "few": choices("two|three|four|five|six"),
    "job": choices("a baker|a pilot|a doctor|a teacher|a sailor|a gardener|a singer|a carpenter|an engineer"),
    "room": choices("kitchen|bathroom|bedroom|living room|hall|attic"),
    "surprise": choices("a letter|a big box|a basket of fruit|a little bell|an old photo|a bunch of flowers"),
}
# The months of each season, in the north of the world.
SEASONS = {
    "winter": choices("December|January|February"),
    "spring": choices("March|April|May"),
    "summer": choices("June|July|August"),
    "autumn": choices("September|October|November"),
}


@dataclass(frozen=True)
class Relation:
    """Who writes to whom: how a letter begins and ends, what it may ask, and its topics.

    Attributes:
        titles: of the page.
        greetings: to whom it is written.
        farewells: the line above the name.
        signatures: the name.
        topics: each a list of templates of which a letter takes one.
        questions: what the writer may ask.
        at_home: whether the season's news from home belong in it.
    """

    titles: list[str]
    greetings: list[str]
    farewells: list[str]
    signatures: list[str]
    topics: list[list[str]]
    questions: list[str]
    at_home: bool = True


CHILD_TOPICS = [
    [
        "School is (going well|hard this year|better than last year). I like {subject} best. On {weekday} we have a test, and I am a little nervous.",
        "We have a new teacher in {subject}. She is (strict|very kind|funny), and she (plays the {instrument}|tells us stories|never raises her voice). I got a good grade in my last test.",
        "In {subject} I had to speak in front of the whole class. My knees were shaking, but (it went well|nobody noticed), and everybody clapped at the end.",
    ],
    [
        "I lost another tooth on {weekday}! Now there is a hole in my smile. {other} says that I (whistle when I talk|look like a pirate).",
        "I have grown a lot. My {color} trousers are too short now, and Mom says that I eat like a horse.",
    ],
    [
        "In the school play I am (a tree|the king|a frog|the moon|a singing cloud). I have {few} lines to say. I practice them every evening in front of the mirror.",
        "Our class will sing at the {season} festival. I also play the {instrument}, but only a few notes, and I must not miss them.",
    ],
    [
        "I am learning to play the {instrument}. The dog leaves the room when I begin, but my teacher says that I am getting better.",
        "Dad is teaching me how to (swim|ride a bicycle|cook {food}|play {sport}). I fell (in|down|behind) a few times at first, but now I can almost do it alone.",
    ],
    [
        "My best friend is {other}. We have built a (house in a tree|hut of branches|secret camp), and nobody else knows where it is. You may see it when you come.",
        "{other} and I had a quarrel about (a game|nothing at all|a {gift}). We did not talk for two days. Then we both said sorry at the same moment and had to laugh.",
    ],
    [
        "Thank you very much for the {gift}! It is just what I wished for. I (use it every day|showed it to all my friends|took it to school at once).",
        "The {gift} that you sent me is wonderful. How did you know that I like {color} so much? Thank you a thousand times.",
    ],
    [
        "When I grow up, I want to be {job}. Last week I wanted to be a bus driver, but I have changed my mind.",
        "I am saving my money for {a_gift}. So far I have {number} coins. If I help in the garden, I will have enough by {season}.",
    ],
]

ADULT_TOPICS = [
    [
        "Work has been (busy|quiet|a little dull) lately. We have a new colleague, {other}, who (knows everything|makes us laugh|brings cake every {weekday}).",
        "I have changed my job. Now I (work near the station|start at {time} in the morning|go there by bicycle), and I am much happier than before.",
    ],
    [
        "We have painted the {room} {color}. It took {few} days, and there is still paint in my hair, but it looks bright and friendly now.",
        "The roof of the house leaks again. Every time it rains, we put {few} buckets into the {room}. A man will come on {weekday} to repair it, at last.",
    ],
    [
        "My knee hurts when the weather changes, but otherwise I cannot complain. I walk to the (bakery|river|park) every morning, and that keeps me young.",
        "I had {illness} for a week and had to stay in bed. {other} from next door brought me {food} every day. Good neighbors are worth more than gold.",
    ],
    [
        "I found an old photo of the two of us at {place}. Do you remember that day? It rained all the time, and we laughed (until it hurt|more than ever).",
        "Yesterday I cooked {food} as Mother used to do. The taste was not quite the same, but the whole house smelled of the old days.",
    ],
    [
        "I have started to learn the {instrument} at my age! The teacher is {number} years younger than my youngest child, and she is very patient with me.",
        "On {weekday} evenings I now go to a reading group. We are reading a book about {book}, and everybody brings something to eat.",
    ],
]

CAMP_TOPICS = [
    [
        "The journey was long, but not boring. In the train we sang, played cards and ate all our sandwiches before noon.",
        "We arrived in the dark, and it was raining. I thought that I would not like it here. In the morning the sun came up, and I changed my mind.",
    ],
    [
        "I sleep in a room with {few} others. {friend} talks at night, and {other} snores like a bear, but I am so tired that I do not mind.",
        "We sleep in tents. Last night the wind was so strong that ours fell down on top of us. We laughed so much that the whole camp woke up.",
    ],
    [
        "The food is (good|not bad|better than at school). On {weekday} we had {food}, and I had {few} helpings.",
        "On {weekday} it was our turn to cook. We made {food} for everybody. Some of it was a little burnt, but all the plates were empty in the end.",
    ],
    [
        "Every morning we go swimming at {time}. The water is so cold that we scream, and then it is wonderful.",
        "I have learned to (row a boat|make a fire|tie {few} kinds of knots|find the way with a compass|bake bread on a stick). I will show you at home.",
    ],
    [
        "On {weekday} we walked to {place}. It was {number} miles there and back. My feet hurt, but the view was worth it.",
        "There was a night walk through the forest without any lights. I held the hand of {friend} all the time. We heard an owl, and something big ran away.",
    ],
    [
        "I have made a new friend. {pet_name} comes from a town not far from ours, and we both like books about {book}.",
        "There is {a_animal} here with the name of {pet_name}. It belongs to the cook, and it comes to my bed every evening.",
    ],
    [
        "At first I was homesick. On the second evening I cried a little under my blanket. Now there is so much to do that I forget to be sad.",
        "I am a little homesick, most of all in the evening. Then I read your letter again and look at the photo of our {animal}.",
    ],
    [
        "Could you please send me some warm socks and a little money? I have lost (my other pair of socks|my towel|one of my shoes), and nobody knows where.",
        "I lost {few} socks and found one that is not mine. My {color} sweater is now a lot smaller, because somebody washed it too hot.",
    ],
]

COMMON = [
    [
        "We have {a_animal} now! It is {fur}, and its name is {pet_name}. It sleeps (next to the stove|in a basket|under the table) and follows me everywhere.",
        "Our {animal} {pet_name} was (sick|very quiet) last week and did not want to eat. The animal doctor gave us some medicine. Now {pet_name} is well again and as hungry as ever.",
        "{pet_name}, our {animal}, ran away on {weekday}. We looked for it everywhere, even in the neighbors' cellar. In the evening it was back in its place as if nothing had happened.",
    ],
    [
        "Last {weekday} we went to {place}. We walked a lot, and we ate {food} under a big tree. On the way home everybody fell asleep.",
        "Next month we want to go to {place} for a few days. I have already packed my bag, although there is a lot of time left.",
        "The trip to {place} was (wonderful|a great success|not quite what we had planned). First we missed the train, and then {other} forgot the sandwiches, but the sun was shining.",
    ],
    [
        "I am reading a book about {book}. It is so good that I forget the time. When I have finished it, I will lend it to you.",
        "At the library I found a book about {book}. I read it in {few} days, the last part under the blanket. You must read it, too.",
    ],
    [
        "On {weekday} it was the birthday of my {relative}. We had {food} and a cake with many candles. We sang so loudly that the neighbors came over, and then we all danced.",
        "My {relative} got {a_gift} from all of us, and {number} guests came to the party. It was after midnight when the last one went home.",
    ],
    [
        "{other} has moved to another town. I miss {other} very much, but we write to each other every week.",
        "We have new neighbors. They have {few} children and {a_animal}. They brought us {food} on the first evening, so I think that we will be good friends.",
    ],
    [
        "Something funny happened on {weekday}. I put salt into the (tea|coffee|cake) instead of sugar, and nobody said a word. They drank and ate it all, because they wanted to be polite.",
        "You will laugh: I looked for my glasses for an hour, and they were on my nose. {other} knew it all the time and did not say anything.",
        "On {weekday} somebody put {surprise} in front of our door. There was no name on it. We still do not know who it was, but I think that it was {other}.",
    ],
    [
        "I have some sad news, too. Our old {animal} {pet_name} died last week. We buried {pet_name} under the apple tree and put {flower} on the grave.",
        "The old tree at the corner fell down in the storm. I had sat in its shadow so often that I had to cry a little. On {weekday} we will plant a new one.",
    ],
]

OPENINGS = [
    "Thank you for your (long|kind|nice|lovely) letter. It came on {weekday_two}, and I read it (twice|three times|aloud at the table).",
    "How are you? I am (fine|well), and I hope that you are, too. I have wanted to write to you for a long time.",
    "Your (letter|card) made me so happy. I have put it (on the wall|next to my bed|on the kitchen table), where I can see it every day.",
    "I am sorry that I have not written for so long. So much has happened here that I do not know where to begin.",
    "It is {weekday_two} evening, it is quiet in the house, and I finally have time to write to you.",
    "Today I thought of you, because I (found your old postcard|saw a coat like yours in {color}|heard your favorite song). So I took a pen and began.",
    "I hope that this letter finds you well. Here everybody is (healthy|in good spirits), and we talk about you often.",
    "Did you get my last letter? I sent it {few} weeks ago. In case it was lost, I will tell you everything again.",
    "I am sitting (at the window|in the kitchen|on the sofa|in the train) with a cup of tea and writing to you at last.",
    "You asked me how we are doing. The short answer is: very well. The long answer is this letter.",
]

# Of the season in which the letter is written.
SEASONAL = {
    "winter": [
        "The first snow fell last night. This morning everything was white and quiet, and my {color} boots left the first tracks in the street.",
        "It is so cold that the (river|pond|lake) is frozen. We go skating every afternoon and drink hot chocolate afterwards.",
        "It gets dark early now. In the evening we sit near the stove, eat nuts and {fruit}, and tell each other stories.",
    ],
    "spring": [
        "At last it is spring here. The {flower} are coming out, the birds begin to sing at five, and everybody has opened the windows.",
        "We have planted {vegetable} and {flower}. The snails ate (half of them|almost everything), but what is left is growing well.",
        "It has been raining for {few} days. The street looks like a river, and we stay in, play {sport} and drink tea.",
    ],
    "summer": [
        "The weather is (lovely|warm and dry), and we eat outside every evening. Yesterday we saw (a hedgehog|two owls|a fox|a rainbow) behind the house.",
        "The garden looks (beautiful|a little wild) at the moment. The {flower} are in bloom, and we have more {vegetable} than we can eat. I will send you some.",
        "It is so hot that nobody wants to move before evening. Then the whole street goes down to the river to swim.",
    ],
    "autumn": [
        "We picked {number} baskets of {fruit} this week. My {relative} made jam out of them, and one jar has your name on it.",
        "The leaves are turning red and yellow. On {weekday} we went into the forest and came home with a basket full of mushrooms.",
        "There was a big storm on {weekday}. It took {few} tiles from the roof and the old bench from the garden, but nobody was hurt.",
    ],
}

QUESTIONS = [
    "When will you come to visit us? There is always a bed for you, and we could go to {place} together.",
    "How is your {animal}? And does your {relative} still play the {instrument}?",
    "What are you doing these days? Do you still (sing in the choir|go swimming every {weekday_two}|collect stamps|get up so early)?",
    "Have you heard from {other}? I have had no news for {few} months, and I am a little worried.",
    "Could you send me the recipe for your {food}? Nobody makes it as well as you do.",
    "Are you coming home for the holidays? Everybody asks about you.",
    "Please tell me more about your new {room}. Is it really {color}?",
    "Is it warm where you are? Here we still need (an umbrella|a thick sweater|two blankets) at night.",
    "What would you like for your birthday? You must tell me soon, or you will get socks again.",
]

CAMP_QUESTIONS = [
    "Is everything all right at home? Does {pet_name} miss me, and who waters my {flower}?",
    "Has a letter from {friend} come for me? And did you find my {color} cap?",
    "Can {pet_name} visit us when we are back? There is enough room for two in my bed.",
    "Will you pick me up at the station on {weekday}? I have a lot to carry, because I collect stones now.",
]

CLOSINGS = [
    "Please write back soon. I am looking forward to your letter.",
    "Now I must stop, because (dinner is ready|the bus is coming|it is late|somebody is at the door). I think of you every day.",
    "Give my love to everybody at home, and (take care of yourself|stay healthy|do not work too much).",
    "That is all for today. I hope to see you very soon.",
    "I put (a photo|a drawing|a pressed flower|a feather) into the letter for you. Do you like it?",
    "I miss you and send you a big hug.",
    "Write to me when you have time, even if it is only a card. Your letters are the best part of my week.",
    "The paper ends here, so I will end, too. The rest I will tell you when we meet.",
    "I will bring this letter to the post office now, so that it reaches you by {weekday_two}.",
]

DATES = ["{date}", "{weekday_now}, {date}", "{date}, in the evening", "{date}, early in the morning"]

RELATIONS = [
    Relation(
        [
            "A letter to the family",
            "{name} writes to the family",
            "A letter from {name}",
            "News from {name}",
        ],
        ["Dear (Grandma|Grandpa|Grandma and Grandpa),", "Dear (Aunt {girl}|Uncle {boy}|cousin {friend}),"],
        ["With (love|much love|lots of love),", "A big hug,", "Love,", "Many kisses,"],
        ["{name}", "Your {name}"],
        [*CHILD_TOPICS, *MORE_CHILD, *COMMON, *MORE_COMMON],
        QUESTIONS,
    ),
    Relation(
        ["A letter from (camp|my trip|the youth hostel)", "Dear Mom and Dad", "{name}'s letter home"],
        ["Dear (Mom and Dad|Mom|Dad|Mother|Father),"],
        ["With (love|much love),", "Your loving child,", "Love,"],
        ["{name}"],
        CAMP_TOPICS,
        CAMP_QUESTIONS,
        at_home=False,
    ),
    Relation(
        ["A letter to {friend}", "{name} writes to {friend}", "Dear {friend}", "A letter to a friend"],
        ["Dear {friend},", "Hello {friend},", "My dear {friend},"],
        ["Your friend,", "Best wishes,", "Yours,", "See you soon,", "Many greetings,"],
        ["{name}", "Your {name}"],
        [*CHILD_TOPICS, *MORE_CHILD, *COMMON, *MORE_COMMON],
        QUESTIONS,
    ),
    Relation(
        ["A letter to an old friend", "{name} writes to {friend}", "Letter of {date}", "To {friend}, with love"],
        ["Dear {friend},", "My dear {friend},", "Dear old friend,"],
        ["With best wishes,", "Yours (always|truly|as ever),", "With love from all of us,", "Your old friend,"],
        ["{name}"],
        [*ADULT_TOPICS, *MORE_ADULT, *COMMON, *MORE_COMMON],
        QUESTIONS,
    ),
    Relation(
        ["A letter from {grandparent}", "To my (grandchild|dear) {friend}", "Letter of {date}"],
        ["My dear {friend},", "Dear {friend},", "My little {friend},"],
        ["With all my love,", "Many kisses,", "With love,"],
        ["Your {grandparent}", "{grandparent} {grand_name}", "Your {grandparent} {grand_name}"],
        [*ADULT_TOPICS, *MORE_ADULT, *COMMON, *MORE_COMMON],
        QUESTIONS,
    ),
]
