"""Questions of everyday life and short answers to them."""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

from pyllm.data.miniweb.wording import choices

# What slots are filled with. A slot has the same value in a question and its answer.
FILLERS = {
    "relative": choices("mother|father|sister|brother|grandmother|grandfather|aunt|uncle|cousin|friend|neighbor"),
    "stain": choices("coffee|tea|tomato sauce|red wine|grass|chocolate|juice"),
    "cloth": choices("shirt|tablecloth|dress|carpet|coat|pillow"),
    "pet": choices("dog|cat|rabbit|hamster|parrot|pony"),
    "fruit": choices("apples|pears|plums|cherries|peaches|grapes"),
    "flower": choices("roses|tulips|daisies|sunflowers|lilies"),
    "vegetable": choices("carrots|potatoes|onions|beets|cabbages"),
    "dish": choices("soup|stew|sauce|curry"),
    "instrument": choices("piano|guitar|flute|violin|trumpet"),
    "tool": choices("knife|saw|hatchet|chisel"),
    "minutes": choices("six|seven|eight|nine"),
    "subject": choices("math|history|music|science|geography|English"),
    "sport": choices("football|tennis|swimming|running|basketball|chess"),
    "thing": choices("key|ring|phone|wallet|watch|ticket|book"),
    "room": choices("kitchen|bathroom|bedroom|cellar|hall"),
    "animal": choices("mice|ants|moths|spiders|wasps"),
    "place": choices("the sea|the mountains|the lake|the city|the forest"),
    "metal": choices("pan|kettle|lock|gate|bicycle chain"),
    "child": choices("son|daughter|little brother|little sister|nephew|niece"),
    "time": choices("six|seven|eight"),
}

# A question and one or more answers.
EVERYDAY = [
    (
        "How (do I|does one|can I) boil an egg?",
        "Put the egg into boiling water and wait {minutes} minutes. Then cool it under cold water.",
        "Boil some water, lay the egg in it with a spoon, and take it out after {minutes} minutes.",
    ),
    (
        "How do I get {stain} out of a {cloth}?",
        "Wash the {cloth} at once with cold water and a little soap. Do not use hot water.",
        "Put salt on the spot, wait ten minutes, and then wash the {cloth} with cold water.",
    ),
    (
        "My {pet} does not eat. What (should|can) I do?",
        "Give your {pet} fresh water and a quiet place. If it does not eat tomorrow, go to the animal doctor.",
        "Call the animal doctor, please. A {pet} that does not eat may be sick.",
    ),
    (
        "How (do I|can I) keep {fruit} fresh?",
        "Keep the {fruit} in a cool and dry place, and take out any that are bad.",
        "Do not wash the {fruit} before you want to eat them. Keep them cool.",
    ),
    (
        "How often should I water my {flower}?",
        "Water your {flower} when the soil is dry, early in the morning or in the evening.",
        "Put a finger into the soil. If it is dry, your {flower} need water.",
    ),
    (
        "My {dish} is too salty. (Can I save it|What can I do)?",
        "Add some water or a raw potato, cook the {dish} a little longer, and taste it again.",
    ),
    (
        "How (do I|can I) learn to play the {instrument}?",
        "Find a good teacher, and play the {instrument} every day, even if it is only for ten minutes.",
        "Start with easy songs and play slowly. With the {instrument}, a little every day is better than a lot once a week.",
    ),
    (
        "What can I give my {relative} as a birthday present?",
        "Give something that you made yourself, like a card or a cake. Your {relative} will like it.",
        "Ask what your {relative} likes to do, and choose something for that.",
    ),
    (
        "I lost my {thing}. How do I find it?",
        "Think of the last place where you had your {thing}, and go there first.",
        "Look in the pockets of all your coats. A lost {thing} is often there.",
    ),
    (
        "How do I get rid of {animal} in the {room}?",
        "Keep the {room} clean, close all holes, and leave no food lying around. Then the {animal} will go.",
        "Do not leave crumbs on the floor of the {room}. Without food the {animal} will not stay.",
    ),
    (
        "My {child} is afraid of the dark. What helps?",
        "Leave the door open a little and use a small night light. Your {child} will feel safer.",
        "Read a quiet story together before you turn off the light.",
    ),
    (
        "My {child} does not like {subject}. What can we do?",
        "Practice {subject} for a short time each day, and make a game of it.",
        "Talk to the teacher of {subject}, and find out what is hard about it.",
    ),
    (
        "How do I start with {sport}?",
        "Look for a club near you and go there once. Beginners in {sport} are welcome almost everywhere.",
        "Begin slowly, and ask somebody who knows {sport} well to go with you.",
    ),
    (
        "What should I pack for a trip to {place}?",
        "Take good shoes, a warm sweater, something to drink and a map.",
        "Pack little: clothes for rain and sun, a towel, and a good book for the train.",
    ),
    (
        "How do I sharpen a {tool}?",
        "Draw the blade of the {tool} over a wet stone, always in the same direction, and be careful with your fingers.",
    ),
    (
        "There is rust on my {metal}. How do I remove it?",
        "Rub the {metal} with vinegar and an old brush, wash it, and dry it well.",
        "Use half a lemon and some salt, rub for a while, and put a drop of oil on the {metal} afterwards.",
    ),
    (
        "How do I fall asleep faster?",
        "Go to bed at the same time every day, and leave your phone in another room.",
        "Drink no coffee in the evening, open the window for a while, and read something easy.",
    ),
    (
        "How do I make pancakes?",
        "Mix two eggs, a cup of flour and a cup of milk. Bake the pancakes in a hot pan with a little butter.",
        "Stir flour, milk, eggs and a bit of salt until it is smooth, and let it rest. Then bake thin pancakes on both sides.",
    ),
    (
        "How do I cook rice?",
        "Take one cup of rice and two cups of water with a little salt. Cook it slowly with the lid on until the water is gone.",
    ),
    ("How long do potatoes have to cook?", "About twenty minutes. They are done when a fork goes in easily."),
    (
        "How do I know whether an egg is still good?",
        "Lay the egg into cold water. If it sinks, it is good. If it floats, throw it away.",
    ),
    ("Why does bread get hard?", "Bread gets hard because it loses water. Keep it in a box or a cloth bag."),
    (
        "What can I do with old bread?",
        "Cut it into small pieces and fry them in butter. They are very good in soup.",
        "Dip it in egg and milk, and fry it in a pan with some sugar.",
    ),
    ("How do I peel an onion without crying?", "Put the onion into cold water first, and use a sharp knife."),
    (
        "How do I keep {vegetable} over the winter?",
        "Put the {vegetable} into a box with dry sand, and keep the box in a cool cellar.",
    ),
    (
        "When should I plant {flower}?",
        "Look at the bag of seeds first. Most people plant {flower} in spring, when there is no more frost.",
    ),
    (
        "How do I clean windows without stripes?",
        "Use warm water with a little vinegar, and dry the glass with an old newspaper.",
        "Do not clean the windows while the sun is shining on them. Then there will be no stripes.",
    ),
    ("How do I clean a burnt pan?", "Boil some water with baking soda in the pan, wait an hour, and wipe it out."),
    (
        "What helps against a cold?",
        "Rest, drink a lot of warm tea, and give your body a few days.",
        "Sleep as much as you can, and keep warm. If it gets worse, see a doctor.",
    ),
    ("What helps against hiccups?", "Hold your breath for a moment, or drink a glass of water slowly."),
    (
        "My nose is bleeding. What should I do?",
        "Sit down, lean forward a little, and press your nose for ten minutes. Put a cold cloth on your neck.",
    ),
    (
        "I cut my finger. What should I do?",
        "Wash the cut with clean water, press a clean cloth on it, and put a bandage around it. With a deep cut, see a doctor.",
    ),
    (
        "What do I do with a burn on my hand?",
        "Hold your hand under cool water for ten minutes. If the burn is large, go to a doctor.",
    ),
    ("A bee has stung me. What now?", "Pull out the sting quickly, and cool the place with ice or cold water."),
    (
        "How do I get a splinter out of my finger?",
        "Wash your hands, and pull the splinter out with tweezers in the direction in which it went in.",
    ),
    (
        "How do I tie my shoes?",
        "Make a loop with one lace, lead the other lace around it, pull it through, and pull both loops tight.",
    ),
    (
        "How do I sew on a button?",
        "Thread a needle, tie a knot at the end, and go up and down through the holes of the button five or six times.",
    ),
    (
        "How do I wash a wool sweater?",
        "Wash it by hand in cool water with mild soap, do not wring it, and dry it flat on a towel.",
    ),
    (
        "My zipper is stuck. How do I free it?",
        "Rub a pencil or a bit of soap on the zipper, and move it gently up and down.",
    ),
    (
        "How do I dry wet shoes?",
        "Fill the shoes with old newspaper, and change the paper after some hours. Do not put them on a stove.",
    ),
    ("How do I stop a door from squeaking?", "Put a drop of oil on the hinges, and move the door a few times."),
    (
        "How do I hang up a picture straight?",
        "Measure from the floor on both sides, make a small mark, and ask somebody to look from far away.",
    ),
    (
        "How do I change a light bulb?",
        "Turn off the light, wait until the bulb is cold, turn it to the left to take it out, and put in the new one.",
    ),
    (
        "How do I paint a wall?",
        "Cover the floor with paper, paint the corners with a brush first, and then use a roller for the rest.",
    ),
    (
        "How do I fix a flat tire on my bicycle?",
        "Take off the tire, find the hole in the tube under water, dry it, and glue a patch on it.",
    ),
    (
        "How do I save money?",
        "Write down everything you spend for one month. Then you will see what you do not need.",
        "Put a little aside at the beginning of each month, before you spend anything.",
    ),
    (
        "How do I write a letter of thanks?",
        "Say what you got, why you like it, and how you will use it. Three sentences are enough.",
    ),
    (
        "How do I say sorry to a friend?",
        "Say it honestly and say what you did wrong. Then listen, and give your friend some time.",
    ),
    (
        "My friend is angry with me. What can I do?",
        "Ask your friend to talk with you in a quiet place, and listen before you explain yourself.",
    ),
    (
        "How do I make new friends in a new town?",
        "Join a club or a course, say hello to your neighbors, and invite somebody for tea.",
    ),
    ("How can I be less shy?", "Start small: say hello to one new person every day. It gets easier each time."),
    (
        "How do I get up early?",
        "Go to bed earlier, put the alarm clock far from your bed, and open the curtains at once.",
        "If you have to get up at {time}, go to bed eight hours before that, also on weekends.",
    ),
    (
        "How do I learn words in a new language?",
        "Learn ten words a day, say them aloud, and use each of them in a sentence.",
    ),
    ("How do I read more books?", "Read ten pages every evening before you sleep, and always have a book in your bag."),
    (
        "What can we play on a rainy day?",
        "Play cards, build a house out of blankets, or draw a map of your street.",
        "Hide a {thing} somewhere in the {room} and let the others look for it.",
    ),
    ("What can children do on a long train ride?", "They can count cows, draw what they see, or listen to a story."),
    (
        "What games can I play with only paper and a pencil?",
        "You can play tic-tac-toe, guess words letter by letter, or draw an animal together, part by part.",
    ),
    (
        "How do I build a kite?",
        "Tie two thin sticks into a cross, put paper over them, and add a long tail and a string.",
    ),
    (
        "How do I make a paper boat?",
        "Fold the paper in half, fold the corners to the middle, turn up the edges, and pull the sides apart.",
    ),
    (
        "How do I build a snowman?",
        "Roll one large, one middle and one small ball of snow, put them on top of each other, and give it a carrot for a nose.",
    ),
    (
        "How do I teach my dog to sit?",
        'Hold some food over its nose and say "sit." When it sits down, give it the food at once.',
        "Practice for five minutes every day, always with the same word, and praise your dog.",
    ),
    (
        "How often should I feed my {pet}?",
        "That depends on its age. Ask your animal doctor what is right for your {pet}, and always give it fresh water.",
    ),
    (
        "May I give my {pet} chocolate?",
        "No, chocolate is bad for animals. Give your {pet} only food that is made for it.",
    ),
    (
        "A bird flew against my window. What should I do?",
        "Put the bird into a box with small holes, keep it in a quiet and dark place for an hour, and then let it go.",
    ),
    (
        "How do I help bees in my garden?",
        "Plant many kinds of flowers, do not use poison, and put out a flat dish of water with stones in it.",
    ),
    (
        "Why do leaves fall in autumn?",
        "In autumn trees take back what is useful from their leaves. Then they let the leaves fall, so that they lose less water in winter.",
    ),
    (
        "Why is the sky blue?",
        "The air spreads the blue part of the sunlight more than the red part, so we see blue from all sides.",
    ),
    ("Why does ice float on water?", "Ice is lighter than the same amount of water, so it floats."),
    (
        "Why do we see the lightning before we hear the thunder?",
        "Light is much faster than sound, so it gets to us first.",
    ),
    (
        "Why do we have seasons?",
        "The earth is tilted. In summer our half of the earth leans toward the sun, and in winter it leans away.",
    ),
    ("How many days does a year have?", "A year has 365 days. Every four years there is one day more, in February."),
    ("How many minutes are there in an hour?", "An hour has 60 minutes, and each minute has 60 seconds."),
    (
        "How many days are there in a week?",
        "A week has seven days: Monday, Tuesday, Wednesday, Thursday, Friday, Saturday and Sunday.",
    ),
    ("Which months have 30 days?", "April, June, September and November have 30 days."),
    ("What are the seasons called?", "The four seasons are spring, summer, autumn and winter."),
    ("How many legs does a spider have?", "A spider has eight legs. An insect has six."),
    ("What do rabbits eat?", "Rabbits eat hay, grass, leaves and some vegetables. Hay is the most important."),
    (
        "Where do penguins live?",
        "Penguins live in the south of the world, many of them in the ice and snow of Antarctica.",
    ),
    ("What color do I get from blue and yellow?", "Blue and yellow make green."),
    ("What color do I get from red and yellow?", "Red and yellow make orange."),
    ("What do I get if I mix red and blue paint?", "Red and blue make purple."),
    (
        "How do I find north without a compass?",
        "At noon the sun stands in the south, if you live in the north of the world. So north is behind you when you face the sun.",
    ),
    (
        "What should I do if I get lost in the forest?",
        "Stay where you are, keep warm, and make a noise, so that others can find you. Streams and paths lead to houses.",
    ),
    ("What should I do in a thunderstorm?", "Go into a house or a car, stay away from tall trees, and do not swim."),
    (
        "What number do I call when there is a fire?",
        "Call the emergency number of your country, say where you are and what is burning, and leave the house.",
    ),
    (
        "How do I cross the street safely?",
        "Look to the left, to the right, and to the left again. Go only when no car is coming.",
    ),
    ("How long should I brush my teeth?", "Brush your teeth for two minutes, in the morning and in the evening."),
    (
        "How much water should I drink?",
        "Drink when you are thirsty, and more when it is hot. Six to eight glasses a day are right for most people.",
    ),
    (
        "How do I remember names better?",
        "Repeat the name at once when you hear it, and think of a picture that goes with it.",
    ),
    (
        "How do I get over being nervous before a test?",
        "Sleep well, breathe slowly, and begin with the questions that you know.",
        "Prepare a little every day, and not everything on the last evening.",
    ),
    ("How do I keep my desk tidy?", "Give each thing its own place, and put everything back at the end of the day."),
    (
        "What can I cook when I have little time?",
        "Noodles with tomato sauce take fifteen minutes. Bread, cheese and some {fruit} are even faster.",
    ),
    (
        "What can I do when I am sad?",
        "Go for a walk, call somebody you like, or write down what hurts. It is all right to be sad for a while.",
    ),
    (
        "How do I wrap a round present?",
        "Lay it in the middle of a large piece of paper, pull up the paper all around, and tie it with a ribbon.",
    ),
]
