"""Plots at home and in the village: the dark, the kitchen, work, practice and shows."""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

from pyllm.data.miniweb.story_plot import Plot

DARK = Plot(
    things="light",
    titles=["{name} and the Dark", "The {Thing}", "The Noise in the Night"],
    wishes=[
        "{name} was afraid of the dark. Every night {a_thing} had to burn next to {his} bed.",
        "At night {name} could only sleep with {a_thing} near {him}.",
        "{His} {elder_word} had given {name} {a_thing}, because {he} did not like the dark.",
    ],
    problems=[
        "One night the {noun} went out. It was as black as ink, and something was scratching at the wall.",
        "Then there was a storm, and all the lights went out. Even the {thing} did not work. {name} heard a strange sound under the bed.",
        'One evening the {noun} was empty, and there was no moon. "Knock, knock," went something at the window.',
    ],
    tries=[
        "{name} pulled the blanket over {his} head. Now it was even darker.",
        "{He} counted sheep. At forty the sheep began to look like wolves.",
        "{He} called for {his} {elder_word}, but there was no answer.",
        "{He} sang a song, very softly. The noise stopped. When {he} stopped singing, it began again.",
        "{name} put one foot on the cold floor. Then {he} pulled it back.",
    ],
    happy=[
        'At last {name} got up and looked. It was a kitten, wet and hungry! "You are more afraid than I am," {he} said. {He} took it into {his} bed, and soon they were both asleep in the dark.',
        '{name} opened the window a little. It was only a branch that moved in the wind. {He} looked up and saw a thousand stars. "Without the dark I could not see you," {he} said.',
        '{His} {elder_word} came in and sat down on the bed. "Listen," {e_he} said. "That is the clock, that is the wind, and that is my heart." {name} listened. The dark was full of friends.',
    ],
    sad=[
        "{name} did not dare to move. {He} lay awake until the sun came up. In the morning {he} was so tired that {he} missed the trip to {place}.",
        "{name} ran out of the room, fell over a chair and broke {his} arm. It took many weeks to heal, and the dark was worse than ever.",
    ],
    happy_ends=["The next night {name} turned off the {noun} by {himself}. {He} was {good}."],
    sad_ends=["When evening came again, {name} was {low}."],
)

RIDING = Plot(
    things="ride",
    titles=["{name} Learns to Ride", "The {Thing}", "One More Time"],
    wishes=[
        "{name} got {a_thing} for {his} birthday. {He} wanted to ride it at once.",
        "{name}'s {elder_word} had found {a_thing} and painted it. Now it belonged to {name}.",
        "All the others could ride already. At last {name} had {a_thing}, too.",
    ],
    problems=[
        "But it was not easy. {He} went three feet, and then {he} fell into a bush.",
        "{He} sat on it, and down {he} went. {His} knee was bleeding.",
        "The {noun} went left when {he} wanted to go right. Bump! {name} was on the ground.",
    ],
    tries=[
        "{He} tried again and fell again. {He} tried on the grass, because that did not hurt so much.",
        "{His} {elder_word} held {him}. When {e_he} let go, {name} fell over like a bag of flour.",
        "Some children laughed. {name} pretended that {he} did not hear them.",
        '"I will never learn it," {name} said and kicked the {noun}. That hurt {his} foot.',
        "In {his} dreams {he} could ride like the wind. In the morning {he} could not.",
    ],
    happy=[
        '"Do not look at the ground," said {his} {elder_word}. "Look where you want to go." {name} looked at the big tree. {He} rode and rode, and suddenly {he} was there. {He} had done it!',
        "{name} practiced every day for a week. On Sunday {he} rode once around the whole village. Even the children who had laughed were clapping.",
        "On the tenth day something happened. {name} thought that {his} {elder_word} was still holding {him}, but {e_he} was standing far behind and waving. {name} could ride!",
    ],
    sad=[
        "Then {he} rolled down the hill, faster and faster, and hit a wall. {name} was not badly hurt, but the {noun} was broken for good.",
        "After that {name} put the {noun} behind the house. Rain and snow fell on it, and when {he} wanted to try again in spring, it was full of rust.",
    ],
    happy_ends=['"I only had to get up one time more than I fell," {name} said. {He} was {good}.'],
    sad_ends=["{name} had given up too early. {He} was {low}."],
)

BAKING = Plot(
    things="baked",
    titles=["{name} in the Kitchen", "The {Thing}", "Too Much Salt"],
    wishes=[
        "It was the birthday of {his} {elder_word}. {name} got up before the sun to bake {a_thing} in secret.",
        "{name} wanted to bake {a_thing} for the village party. {He} put on a big white apron.",
        "It was raining, so {name} decided to bake {a_thing}. {He} took flour, eggs, butter and milk.",
        'Guests were coming at four. "I will make {a_thing} for them," said {name}, "all by myself."',
    ],
    problems=[
        "{He} opened the oven too early, and the {noun} became as flat as a plate.",
        "But {he} took salt and thought that it was sugar. The first bite was terrible.",
        "While it was in the oven, {name} read a book. Then {he} smelled smoke. It was as black as coal.",
        "There were no eggs in the house, and the shop was closed.",
    ],
    tries=[
        "{name} cut off the worst parts. There was almost nothing left.",
        "{He} covered it with sugar until it was white as snow. It still tasted terrible.",
        "{He} put a lot of honey on it. Now it was sticky and still bad.",
        "{name} began again. This time the bowl fell down, and there was flour everywhere, even on the cat.",
        "{He} looked into all the books, but no book said what to do now.",
        "{He} knocked at three doors. At the first two nobody was home.",
        "{name} gave a piece to the dog. The dog sniffed at it and walked away.",
    ],
    happy=[
        'A little girl at the door asked for something to eat. {name} was ashamed, but {he} gave her a piece. "That is the best thing I have ever eaten," she said, and she meant it. Then she showed {name} how her mother does it, and the second {noun} was just right.',
        'Then the old neighbor came with a basket. "I burned many things before I learned it," she laughed. Together they started again, and this time the {noun} was golden and smelled of summer. The guests ate up every crumb.',
        '{His} {elder_word} came home early and tied on an apron. "One, we read the recipe. Two, we stay in the kitchen," {e_he} said. Before long they took {a_thing} out of the oven, and everyone wanted a second piece.',
        '"Then I will do something new," said {name}. {He} took apples, nuts and oats, and what came out was like nothing {he} had ever tasted. "What do you call this?" asked the guests. "It is wonderful!"',
    ],
    sad=[
        "The guests laughed about the {noun}, not in a nice way. {name} laughed, too, but in the kitchen {he} cried. {He} never baked again.",
        "The guests came, and there was nothing to eat. They were polite, but they left early. {name} cleaned the kitchen alone.",
        "{name} was too proud to ask for help. In the end there was no flour left, and the party began without {him}.",
    ],
    happy_ends=["{name} wrote everything down in a little red book. {He} was {good}."],
    sad_ends=["The kitchen stayed cold for days, and {name} was {low}."],
)

WHO_TOOK_IT = Plot(
    things="food",
    friend=True,
    titles=["Who Took the {Noun}?", "The Thief in the Kitchen", "{name} the Detective"],
    wishes=[
        "On Saturday {his} {elder_word} put {a_thing} on the kitchen table. It was for {weekday}, and nobody was allowed to touch it.",
        "{name} had kept {a_thing} for a special day. {He} put it on the shelf and covered it with a cloth.",
        "There was {a_thing} in the kitchen. {name} looked at it ten times a day, but {he} did not take any.",
    ],
    problems=[
        "The next morning half of it was gone! Somebody had been there in the night.",
        'When {he} came back, there were only crumbs. "Thief!" cried {name}.',
        "Then somebody took a bite out of it. And the next day another one.",
    ],
    tries=[
        "{name} looked for tracks. There were some small ones, and they ended at the wall.",
        '"It was you, {friend}!" said {name}. {friend} was hurt. "I did not touch it," {f_he} said.',
        "{He} tied a bell to the plate and hid behind the door. Then {he} fell asleep.",
        "{He} asked everybody in the house, one by one. They all said no.",
        "{name} put flour on the floor. In the morning there were tiny footprints in it.",
    ],
    happy=[
        "That night {name} stayed awake. At midnight a mouse came out of the wall, with six thin little mice behind her. They were so hungry! {name} was not angry any more. Every evening after that, {he} put a small plate in front of the hole, and the mice never took anything again.",
        "Then {name} saw crumbs in {his} own bed. {He} had walked in {his} sleep and eaten it {himself}! {name} laughed until {his} stomach hurt, and {he} told {friend} that {he} was sorry for every bad thought.",
        'Together {name} and {friend} followed the tracks out of the house. Under a bush sat a lost puppy with crumbs on its nose. "So you are the thief!" said {name}. The puppy wagged its tail, and they found its home that same day.',
    ],
    sad=[
        "It had been a mouse all the time. But {friend} had gone away, because {name} had called {f_him} a thief. {name} said sorry through the door. The door stayed closed.",
        "They never found out who it was. From that day on everybody in the house locked their doors, and nobody trusted anybody any more.",
    ],
    happy_ends=["{name} decided to look first and to speak later. {He} was {good}."],
    sad_ends=["{name} had been too quick with {his} words. {He} was {low}."],
)

SHOP = Plot(
    things="wearable",
    titles=["{name} at the Shop", "The {Thing} in the Window", "{name} Earns Some Money"],
    wishes=[
        "In the window of a shop, {name} saw {a_thing}. {He} wanted it more than anything in the world.",
        "Every day on the way home {name} stopped at a shop. There it was, {a_thing}, and it cost ten coins.",
        "{name} had a wish: {a_thing}, just like the one in the window of the little shop.",
    ],
    problems=[
        'But {name} had only two coins. "That is not enough," said the man in the shop.',
        '{His} {elder_word} said, "We have no money for that now." {name} knew that it was true.',
        "{He} turned {his} pockets inside out. There was one coin, a stone and a piece of string.",
    ],
    tries=[
        "{name} carried water for the neighbors. That made one coin.",
        "{He} swept the street in front of the bakery and got a warm roll for it, but no money.",
        "{He} tried to sell {his} drawings {in_place}. A bird sat on them, but nobody bought one.",
        "{name} picked apples for the farmer until {his} back hurt. Now there were five coins.",
        "{He} wanted to ask for credit, but the man in the shop shook his head before {he} could open {his} mouth.",
    ],
    happy=[
        '{name} fed hens, washed windows and walked dogs. After four weeks {he} put ten coins on the table, one after the other. The man in the shop gave {him} the {thing}. "You have earned it," he said.',
        "One day {name} found a bag of money in front of the shop. {He} gave it back to the old lady who had lost it. She was so thankful that she bought {him} the {thing}.",
        "When {he} had the money at last, {name} saw that {his} {elder_word} had no warm shoes. {He} bought the shoes. On the next morning, the {thing} lay on {his} chair. The man in the shop had heard about it.",
    ],
    sad=[
        "At last {name} had ten coins. {He} ran to the shop as fast as {he} could. The window was empty. Somebody had bought the {noun} an hour before.",
        "{name} got the {noun}, but {he} had spent everything on it. The next week it had a big hole, and the shop did not take it back.",
    ],
    happy_ends=["{name} was proud, because {he} had worked for it. {He} felt {good}."],
    sad_ends=["{name} stood in front of the window for a long time. {He} was {low}."],
)

CONTEST = Plot(
    things="prize",
    friend=True,
    titles=["The Big Race", "{name} and the {Thing}", "Who Wins the {Noun}?"],
    wishes=[
        "There was a race every year, and the winner got {a_thing}. This time {name} wanted to win.",
        '"Whoever runs around the lake first gets {a_thing}," said the teacher. {name} could already see it on {his} shelf.',
        "{name} ran every morning before breakfast. {He} wanted to win {a_thing} at the village race.",
    ],
    problems=[
        '"One, two, three, go!" {name} ran well and was almost first. Then {he} heard a cry. {friend} had fallen and could not get up.',
        "Halfway around, {name} was ahead of all the others. But there was {friend}, sitting by the road and holding {f_his} foot.",
        "In the middle of the race {friend} slipped and fell into the water. Everyone else ran on.",
    ],
    tries=[
        "{name} slowed down. The {noun} was so near, and the others were coming closer.",
        '"Somebody will help {f_him}," {name} thought. But nobody stopped.',
        '"Run on!" called {friend}. "You can still win!"',
        "{name} looked at the goal and looked back. {His} legs did not know where to go.",
    ],
    happy=[
        '{name} turned around. {He} put {friend}\'s arm around {his} neck, and they walked to the goal together, last of all. Everyone stood up and clapped. "The {thing} goes to {name}," said the teacher, "for the biggest heart."',
        '"A friend comes first," {name} said and helped {friend} up. Then {friend} knew a short way through the bushes. They came out near the goal, ran hand in hand, and won the {noun} together.',
        '{name} carried {friend} to the doctor and lost the race. But the winner came to {his} house that evening. "I saw what you did," the winner said. "This {noun} should be yours."',
    ],
    sad=[
        "{name} ran on and won the {noun}. But nobody clapped. {friend} was taken home in a cart, and {f_he} did not look at {name}. The {thing} felt heavy and cold.",
        "{name} stopped to help, but it was too late for both. {friend} could not walk for a month, and the {noun} went to somebody who had pushed the others.",
    ],
    happy_ends=["{name} learned that there are better things than being first. {He} was {good}."],
    sad_ends=["{name} could not be glad about anything that day. {He} was {low}."],
)

MUSIC = Plot(
    things="instrument",
    titles=["{name} Plays the {Noun}", "The {Thing}", "The Concert"],
    wishes=[
        "{name} had {a_thing}. {He} wanted to play it at the concert {in_place}.",
        "In a corner of the house {name} found {a_thing}. It had belonged to {his} grandfather. {name} wanted to learn to play it.",
        '"I want to make music," said {name}. So {his} {elder_word} gave {him} {a_thing}.',
    ],
    problems=[
        "The first sounds were so bad that the dog ran out of the room.",
        "At home {he} played well. But when others listened, {his} hands began to shake, and {he} forgot every note.",
        'The neighbors closed their windows. "What is that noise?" they said.',
    ],
    tries=[
        "{name} went into the forest to practice. Even the owls flew away.",
        "{He} played the same song a hundred times. The hundredth time was a little better than the first.",
        "{His} {elder_word} put cotton into {e_his} ears and smiled at {him}.",
        "{He} closed {his} eyes and pretended that nobody was there. That worked until somebody coughed.",
        '"Maybe it is the {noun}," {name} thought. But {he} knew that it was not the {noun}.',
    ],
    happy=[
        'An old man who had been a great player heard {him}. "Slowly," he said. "First you must hear the song in your heart." {name} played slowly. On the day of the concert it was so quiet that you could hear a leaf fall, and then everybody clapped.',
        "At the concert {name} was so nervous that {he} wanted to run away. Then {he} saw {his} {elder_word} in the first row. {He} played only for {e_him}. When the song was over, people were crying and laughing at the same time.",
        "One evening a baby cried in the house next door and would not stop. {name} took the {noun} and played {his} simple song. The baby fell asleep. After that the neighbors opened their windows when {name} played.",
    ],
    sad=[
        "On the day of the concert {name} stood up, and {his} head was empty. {He} ran off the stage. The {noun} lay on the floor, and somebody stepped on it.",
        "{name} stopped practicing. Years later {he} took the {noun} out of its box. {His} grandfather would have liked to hear {him} play, but now it was too late.",
    ],
    happy_ends=["That night {name} put the {noun} next to {his} bed. {He} was {good}."],
    sad_ends=["There was no music in the house any more, and {name} was {low}."],
)

TOWER = Plot(
    things="tower",
    titles=["The {Thing}", "{name} the Builder", "Up and Down"],
    wishes=[
        "{name} had a box full of blocks. {He} wanted to build {a_thing} that reached up to the lamp.",
        "On a rainy afternoon {name} began to build {a_thing} out of boxes, books and blocks.",
        '"Today I will build {a_thing}," said {name}, "and it will be the best in the world."',
    ],
    problems=[
        "Then {his} little brother came in. He pulled at one block, and crash, everything fell down.",
        "But the higher it got, the more it shook. At last it all came down with a loud noise.",
        "The cat jumped on top of it. For a moment nothing happened, and then the whole {noun} fell over.",
    ],
    tries=[
        "{He} built it again in the same way. It fell down in the same way.",
        "{name} was so angry that {he} threw a block against the door.",
        "{He} held it with both hands. But then {he} had no hand left to build with.",
        "{He} built very, very slowly and did not breathe. Then {he} had to sneeze.",
        '{He} wrote a sign: "Do not touch!" The sign fell on the {noun}.',
    ],
    happy=[
        '"It needs big blocks at the bottom and small ones at the top," said {his} {elder_word}. {name} and {his} little brother tried it together. One of them built, the other one handed over the blocks, and the {noun} stood until bedtime.',
        "{name} thought about it and made the bottom wide and strong. {He} put the last block on top and let go. It stood! {His} {elder_word} took a picture of {name} and the {noun}.",
        '"Do you want to help?" {name} asked {his} little brother. From then on nothing was pulled down any more. It became {a_thing} with two doors, a garden and a place for the cat.',
    ],
    sad=[
        "{name} shouted so loudly that {his} little brother began to cry and hid under the bed. He did not come out for the whole afternoon, and {name} did not want to build any more.",
        "When {name} wanted to start again, it was time for bed. In the morning the blocks were in the box, and the box was on its way to another family. They had sold it.",
    ],
    happy_ends=["{name} looked at {his} work from all sides. {He} was {good}."],
    sad_ends=["The floor was full of blocks, and {name} was {low}."],
)

PLOTS = (DARK, RIDING, BAKING, WHO_TOOK_IT, SHOP, CONTEST, MUSIC, TOWER)
