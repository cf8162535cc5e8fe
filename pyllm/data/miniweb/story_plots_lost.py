"""Plots in which something is lost, broken or out of reach."""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

from pyllm.data.miniweb.story_plot import Plot

LOST_TOY = Plot(
    things="toy",
    friend=True,
    titles=["The Lost {Noun}", "{name} Looks for the {Noun}", "Where Is the {Thing}?"],
    wishes=[
        "{name} had {a_thing}. {He} took the {noun} (everywhere|with {him} every day) and (never|would never) let it go.",
        "For {his} birthday, {name} got {a_thing} from {his} {elder_word}. It was {his} favorite toy.",
        "The thing {name} loved most was {a_thing}. At night the {noun} (slept|lay) next to {his} pillow.",
    ],
    problems=[
        "One day {name} and {friend} played {in_place} until it was late. At home, {name} looked in {his} bag. The {noun} was gone!",
        "But when {he} woke up (one morning|on Sunday), the {noun} was not there. It was not in the house (at all|anywhere).",
        "Then {he} (ran|went) to {place} to play, and when {he} came home, {he} did not have the {thing} any more.",
    ],
    tries=[
        "{name} looked under the bed, behind the door and in every box. {He} found (an old sock|a button|a spoon), but no {noun}.",
        "{He} (walked|ran) back to {place} and looked (in the grass|under every leaf|behind every stone). There was nothing.",
        '{name} asked {friend}. "I have not seen your {noun}," said {friend}, "but I will help you look."',
        '{name} asked the neighbors, too. "{A_thing}? No, sorry," they said (one after the other|and shook their heads).',
        "{His} {elder_word} looked in the kitchen and in the (yard|garden), but the {noun} was not there.",
    ],
    happy=[
        'At last {friend} (shouted|called), "Come here, {name}! Look!" There was the {thing}, under a bench {in_place}. It was (wet|dusty), but it was not broken. {name} (hugged|thanked) {friend} and held the {noun} tight.',
        "Then {name} heard a small sound. A little bird sat {in_place}, and next to its nest lay the {thing}! The bird had only wanted to look at it. {name} took the {noun} home and brought the bird some bread.",
        'In the evening, {friend} knocked at the door. {F_he} had the {thing} in {f_his} hands. "It was in my bag (all the time|all day)," {f_he} said. {name} jumped for joy and took {his} {noun} back.',
    ],
    sad=[
        "They looked until it was dark, but they did not find the {thing}. The wind and the rain had taken it away. {name} never saw {his} {noun} again.",
        "A week later, {name} saw the {noun} {in_place}. A cart had rolled over it, and it was broken into (many|little) pieces. Nobody could mend it.",
    ],
    happy_ends=[
        "That night the {noun} (slept|lay) next to {name} again, and {he} was {good}.",
        '"I will take better care of you," {name} told the {noun}. {He} was {good}.',
    ],
    sad_ends=["{name} put a (picture|drawing) of the {noun} on the wall. {He} was {low}."],
)

STUCK_IN_TREE = Plot(
    things="flyer",
    titles=["The {Noun} in the Tree", "{name} and the Tall Tree", "Up in the Branches"],
    wishes=[
        "{name} got {a_thing} from {his} {elder_word} and (ran|went) to {place} to play with it.",
        "{name} liked to play {in_place} with {his} {thing}. {He} threw it high into the air and (laughed|ran after it).",
        "It was a windy day, just right for {a_thing}. {name} took {his} {noun} and (hurried|walked|skipped) to {place}.",
    ],
    problems=[
        "Suddenly a strong wind (came|blew). It took the {noun} up, up, up, and into a tall tree. There it (stuck|hung) between the branches.",
        "{He} threw it a little too high. The {thing} flew into the top of a (tree|tall tree) and did not come down.",
        "Then the wind pulled the {noun} out of {his} hands, and it (landed|got stuck) high up in a tree.",
    ],
    tries=[
        "{name} jumped as high as {he} could. {He} jumped (three|five|ten) times, but {his} arms were too short.",
        "{He} threw a stick at the branch. The stick got stuck, too!",
        "{He} shook the tree with both hands. Leaves (fell down|fell on {his} head), but the {noun} stayed where it was.",
        "{name} tried to climb up, but the tree was (wet|smooth) and {he} slid down (again|to the ground).",
        "{He} called to (a crow|a squirrel) in the tree, but it only (looked at {him}|turned its head) and went to sleep.",
    ],
    happy=[
        'Then {his} {elder_word} came with a long ladder. {E_he} climbed up step by step, took the {thing} and gave it to {name}. "Here you are," {e_he} said with a smile.',
        "{name} had an idea. {He} tied a (hook|spoon) to a long stick and pulled at the branch. Down came the {thing}, right into {his} hands!",
        "Two squirrels saw {him}. They ran up the tree, pushed the {noun} with their little feet, and it fell softly into the grass. {name} (gave them nuts|thanked them) and picked up {his} {thing}.",
    ],
    sad=[
        "{name} pulled at the branch with a rope. There was a (loud|terrible) sound, and the {noun} was torn in two. {He} carried the pieces home.",
        "Just then, the wind came again. It lifted the {thing} out of the tree and carried it far away over the hills. {name} ran after it, but soon it was (only a dot|too far away).",
    ],
    happy_ends=[
        "{name} played with the {noun} until the sun went down, but far away from the tall tree. {He} was {good}.",
    ],
    sad_ends=["The branch was empty now, and {name} felt {low}."],
)

BROKEN_THING = Plot(
    things="breakable",
    titles=["The Broken {Noun}", "{name} Tells the Truth", "{name} and the {Thing}"],
    wishes=[
        "{His} {elder_word} had {a_thing}. It stood on the (table|shelf), and {name} was not allowed to play near it.",
        "On the (shelf|kitchen table) stood {a_thing}. {name}'s {elder_word} loved it (more than anything|very much).",
        "There was {a_thing} in the house. It was very old, and {name} had to be careful with it.",
    ],
    problems=[
        "One afternoon {name} (ran|danced|jumped) through the room. Crash! The {thing} fell on the floor and broke.",
        "One day {name} played ball in the house. The ball hit the {noun}, and it fell down and broke into (three|four|five) pieces.",
        "{name} only wanted to look at it. But {his} hands were wet, and the {noun} slipped and broke.",
    ],
    tries=[
        "{name} hid the pieces under {his} bed. But {he} could not think of anything else all day.",
        "{He} tried to put the pieces together, but they fell apart (again and again|every time).",
        '"Maybe nobody will see it," {name} thought. But {his} stomach hurt, and {he} could not play.',
        "{name} wanted to say that the cat had done it. Then {he} saw the cat (sleeping|asleep) in the sun and was ashamed.",
    ],
    happy=[
        'In the evening, {name} went to {his} {elder_word}. "I broke the {noun}. I am so sorry," {he} said. {His} {elder_word} was quiet for a moment. "Thank you for telling me the truth," {e_he} said. They took some glue and mended the {thing} together.',
        'At last {name} told the truth. {His} {elder_word} gave {him} a hug. "{A_noun} is only a thing," {e_he} said. "You are more important to me." Then they cleaned the floor together.',
        '{name} took all {his} coins and bought a new {noun}. {He} gave it to {his} {elder_word} and told {e_him} what had happened. {E_he} smiled. "You are honest, and that is worth more than {a_noun}."',
    ],
    sad=[
        '"Who broke my {noun}?" asked {his} {elder_word}. "It was the cat," said {name}. So the cat had to sleep out in the cold. {name} heard it cry all night and (was too afraid|did not dare) to tell the truth.',
        '{name} did not say a word. When {his} {elder_word} found the pieces under the bed, {e_he} was not angry, only very quiet. "I thought that you would tell me," {e_he} said. That was worse than a scolding.',
    ],
    happy_ends=[
        "{name} learned that the truth is (sometimes hard, but always right|the best way). {He} felt {good}.",
    ],
    sad_ends=["{name} knew now that a lie makes everything worse. {He} was {low}."],
)

STRAY_PET = Plot(
    things="pet",
    titles=["The Lost {Noun}", "Come Home, {Noun}!", "{name} Looks for a {Noun}"],
    wishes=[
        "{name} had {a_thing}. {He} fed it every morning and brushed it every evening.",
        "{name} and {his} {thing} were always together. When {he} sat {in_place}, the {noun} sat next to {him}.",
        "{His} {elder_word} had given {him} {a_thing}. {name} loved it and took good care of it.",
    ],
    problems=[
        "One day somebody left the gate open. The {noun} ran out, and (by noon|soon) nobody knew where it was.",
        "Then there was a big storm. The {thing} was (scared|afraid) of the thunder and ran away.",
        "One evening {name} called the {noun}, but it did not come. {He} called again. It was gone.",
    ],
    tries=[
        "{name} called its name in every street. A dog barked, a door opened, but the {noun} did not come.",
        '{He} made a sign: "Have you seen {a_thing}? Please tell {name}!" {He} hung it up {in_place}.',
        "{name} put its (bowl|blanket) in front of the door and waited. Only an ant came to look.",
        "{name} asked the baker, the farmer and the teacher. Nobody had seen {a_thing}.",
    ],
    happy=[
        "Late at night {name} heard a small sound. {He} took a lamp and went out. There, {in_place}, sat the {thing}, wet and cold! {name} carried it home in {his} arms and gave it warm milk.",
        'The next day, an old woman came to the door with a basket. "I saw your sign," she said. In the basket lay the {thing}, fast asleep. {name} thanked her (a hundred times|again and again).',
        "{name} took some of its favorite food and sat down {in_place}. {He} waited and waited. At last a little nose came out of the bushes. It was the {noun}! It was hungry, but it was well.",
    ],
    sad=[
        "The days went by. {name} (waited|looked out) every evening, but the {thing} did not come home.",
        "A farmer told {him} that {a_noun} had gone over the mountain with some travelers. Now it was too far away. {name} would never see it again.",
    ],
    happy_ends=[
        "The {noun} slept at the foot of {his} bed that night, and {name} was {good}.",
    ],
    sad_ends=["The little bowl stayed full, and {name} was {low}."],
)

WIND_HAT = Plot(
    things="wearable",
    friend=True,
    titles=["{name} and the Bully", "The {Thing}", "Give It Back!"],
    wishes=[
        "{His} {elder_word} made {a_thing} for {name}. {He} was proud and wore it every day.",
        "{name} bought {a_thing} with {his} own money. {He} wanted to show it to {friend}.",
        "{name} had {a_thing}. It was not new, but {he} liked it very much.",
    ],
    problems=[
        '{In_place}, a big wolf (jumped out|stood in the way). "That is mine now!" he said, took the {noun} and ran off.',
        "On the way to school, a big bear laughed at {him}. He took the {thing} and held it high up in the air.",
        'But a big goat (pulled|took) the {noun} from {name} and laughed. "Try to get it!" he shouted.',
    ],
    tries=[
        '"Please give it back," said {name}. But the answer was only a loud laugh.',
        "{name} ran after the {noun}. {He} ran until {he} had no breath left, but {he} was too slow.",
        "{name} wanted to shout and to hit. But {he} knew that this was not a good idea.",
        '{friend} saw it all. "We must not fight," {f_he} said. "We must be clever."',
    ],
    happy=[
        'Then {friend} and all their friends came. They stood next to {name}, one after the other. "Give back the {noun}," they said together. There was a long silence. Then the {thing} was back in {name}\'s hands. "Sorry," said a small voice.',
        '{name} took a deep breath. "Are you cold? My {elder_word} can make {a_noun} for you, too," {he} said. The bully looked at the ground. "Nobody ever made {a_noun} for me," he said, and he gave the {thing} back. After that, they were friends.',
        '{friend} told the teacher, and the teacher came at once. The {thing} was given back, and the bully had to say that he was sorry. "Thank you, {friend}," said {name}.',
    ],
    sad=[
        "There was a splash. The {thing} had fallen into the deep water, and it sank like a stone. Everyone went quiet. {friend} and {name} looked for it with sticks, but it was gone.",
        "Nobody helped, not even {friend}, who was too afraid. The {thing} was torn in two. {name} picked up the pieces and walked home (slowly|without a word).",
    ],
    happy_ends=["{name} put on {his} {thing} and walked home with {his} head held high. {He} was {good}."],
    sad_ends=["It was cold on the way home without the {noun}. {name} felt {low}."],
)

WET_BOOK = Plot(
    things="book",
    titles=["The {Thing}", "{name} and the Wet {Noun}", "A {Noun} from the Library"],
    wishes=[
        "{name} had waited for weeks until {a_thing} came back to the library. Now it was {his} turn at last.",
        "{name} loved to read. At the library {he} found {a_thing} full of (stories|tales about dragons|pictures of ships).",
        'The teacher gave {name} {a_thing} to take home. "Please be careful with it," she said.',
        "{name} took {a_thing} out of the library and read it {in_place}.",
    ],
    problems=[
        "{He} fell asleep {in_place} with the {thing} on {his} knees. When {he} woke up, it was lying in the wet grass.",
        "{He} read and read, and {he} did not see the dark clouds. Then it rained, and the {noun} got all wet.",
        "{He} put a glass of milk on the table next to it. Oops! The milk ran over the pages of the {noun}.",
        "On the way home {he} (slipped|tripped), and the {thing} fell into a big puddle.",
    ],
    tries=[
        "{name} laid a heavy stone on the {noun} to make it flat again. Now it was flat, but still wet.",
        "{His} {elder_word} put sheets of white paper between the pages, and they waited until the next day.",
        "{name} held the {noun} over the warm stove. The pages became dry, but they looked like (waves|old leaves).",
        "{He} put the {noun} in the sun and waited. The words on the first page were gone.",
        '"I could hide it at the back of the shelf," {name} thought. But that did not feel right.',
        "{name} wiped every page with a (towel|soft cloth). It did not help much.",
    ],
    happy=[
        '{name} learned the spoiled story by heart. At the library {he} said, "I have spoiled a page, but I can tell it to everybody." From then on, on every {weekday}, {name} told the story there, and all the children came to listen.',
        'The next day {name} went to the library and told the truth. The woman at the desk looked at the {noun} and smiled. "You can help me on Saturday," she said. So {name} put books on the shelves all day, and {he} got to read as many as {he} liked.',
        '{name} broke open {his} piggy bank and bought a new {noun}, just like the old one. "I am sorry," {he} said, and {he} gave it back. "You are honest," said the teacher, and she let {him} keep the old one.',
        "{name} and {his} {elder_word} took clean paper. They wrote the lost page again, word for word, and drew a picture with it. The teacher said that it was now the most beautiful page in the {noun}.",
    ],
    sad=[
        "{name} had to pay for the {noun} with all the money that {he} had saved for the fair. When the others rode on the big wheel, {he} stood at the gate.",
        "{name} hid the {noun} and told nobody. After that {he} did not dare to go to the library any more. {He} missed the stories, but {he} was too ashamed.",
        "It was the only {noun} of its kind, and no shop had another one. The last pages were gone, and nobody could ever read how the story ended.",
    ],
    happy_ends=["{name} still reads every day, but never in the rain. {He} is {good}."],
)

PLOTS = [LOST_TOY, STUCK_IN_TREE, BROKEN_THING, STRAY_PET, WIND_HAT, WET_BOOK]
