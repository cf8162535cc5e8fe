"""Plots between friends and neighbors: quarrels, gifts, shyness, goodbyes."""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

from pyllm.data.miniweb.story_plot import Plot

SHARING = Plot(
    things="food",
    troubles=[
        "Now {name} was alone with the {noun}.",
        "{name} looked after {f_him}, and {he} felt a little strange.",
        '"Good," thought {name}, but it did not feel good.',
        "It became very quiet.",
        "{name} tried not to think about it.",
        "Somehow {name} was not as glad as before.",
    ],
    friend=True,
    titles=["{name} Learns to Share", "The {Thing}", "Half for You, Half for Me"],
    wishes=[
        "{name} had {a_thing}. It smelled wonderful. {He} wanted to eat it all by {himself}.",
        '{His} {elder_word} gave {name} {a_thing} to take along. "There is enough for two," {e_he} said.',
        "At the market {name} bought {a_thing} with {his} last coin and sat down {in_place}.",
    ],
    problems=[
        'Then {friend} came. {F_he} had not eaten all day and looked at the {noun}. "It is mine," said {name} and turned away.',
        '"May I have a little bit?" asked {friend}. "No!" said {name}. {friend} went away with {f_his} head down.',
        "{name} hid the {noun} behind {his} back when {friend} came. But {friend} had seen it.",
    ],
    tries=[
        "{He} took a bite. It did not taste as good as {he} had thought.",
        "{name} looked for another place to eat. {He} sat behind a tree, but {he} could still hear {friend} sigh.",
        "{He} ate a lot, quickly, and then {his} stomach began to hurt.",
        '"Tomorrow I will share," {name} told {himself}. That did not make {him} feel better.',
    ],
    happy=[
        '{name} got up and ran after {friend}. "I am sorry. Here, take half of it," {he} said. {friend} smiled, and they ate together. Now it tasted better than anything.',
        'Then {name} thought of the winter when {friend} had shared {f_his} last piece of bread. {He} cut the {noun} in two and gave {friend} the bigger half. "That is what friends are for," said {name}.',
        '"{friend}! Come back!" called {name}. They put a cloth on the grass and ate the {noun} with two spoons. {friend} had brought some lemonade, and they shared that as well.',
    ],
    sad=[
        "{name} ate everything alone. The next day, {friend} had a basket full of strawberries and shared them with everybody, but {name} did not dare to ask.",
        'When {name} wanted to say sorry, {friend} was playing with somebody else. "You have your {noun}," said {friend}. "You do not need me."',
    ],
    happy_ends=["{name} learned that everything tastes better with a friend. {He} was {good}."],
    sad_ends=["The {noun} was gone, and so was {his} friend. {name} was {low}."],
)

QUARREL = Plot(
    things="toy",
    troubles=[
        "{name} was very angry.",
        "{name}'s face turned red.",
        "{name} stamped {his} foot on the ground.",
        "Both of them were angry, and both of them were sad.",
        "They had never quarreled before.",
        "{name} went home and closed the door with a bang.",
    ],
    friend=True,
    titles=["The Quarrel", "{name}, {friend} and the {Noun}", "Mine and Yours"],
    wishes=[
        "One day they found {a_thing} {in_place}. It belonged to nobody.",
        "{name} brought {a_thing} along. Both of them wanted to play with it first.",
        "At the fair they won {a_thing} together. There was only one of it.",
    ],
    problems=[
        '"It is mine!" said {name}. "No, it is mine!" said {friend}. They pulled at it from both sides.',
        "{name} wanted it, and {friend} wanted it. Soon they were shouting at each other.",
        '"You always get everything!" cried {friend}. "That is not true!" shouted {name}. They stopped talking to each other.',
    ],
    tries=[
        "{name} played with the {noun} alone for an hour. It was boring.",
        "They tried to take turns, but each turn was too long or too short.",
        '{friend} drew a line on the ground. "This is my side, and that is yours," {f_he} said.',
        '{name} wrote a letter: "I am not sorry." Then {he} tore it up.',
        "{name} walked past {friend}'s house three times, but {he} did not knock.",
    ],
    happy=[
        'After two days {name} could not stand it any more. {He} put the {noun} in front of {friend}\'s door. But there was {friend}, coming up the road with a cake. "I am sorry," they said at the same time, and they had to laugh.',
        "Then a little child came by. The child was crying and had no toys at all. {name} looked at {friend}, and {friend} looked at {name}. They gave the {thing} to the child. After that, there was nothing to quarrel about.",
        '"Let us make a plan," said {name}. "You have the {noun} on Monday, I have it on Tuesday, and on all the other days we play together." {friend} nodded and held out {f_his} hand.',
    ],
    sad=[
        "They pulled so hard that the {noun} broke in two. {friend} took one half and {name} took the other. From then on they walked to school on different sides of the street.",
        "{name} kept the {noun}. But {friend} did not come to play the next day, or the day after that. When {name} wanted to make up, {friend} had moved away.",
    ],
    happy_ends=['"A friend is worth more than {a_noun}," {name} thought, and {he} was {good}.'],
    sad_ends=["{name} had the {noun} but no friend. {He} was {low}."],
)

NEW_IN_TOWN = Plot(
    things="toy",
    titles=["A Friend for {name}", "{name} Is New Here", "The {Thing}"],
    wishes=[
        "{name} had just moved to a new place. {He} did not know anybody. All {he} had was {a_thing}.",
        "The new house was nice, but it was very quiet. {name} sat on the steps with {his} {thing}.",
        "{name} was new at the school. {He} held on to {his} {thing} and looked at all the strange faces.",
    ],
    problems=[
        "The others were playing {in_place}. {name} wanted to play, too, but {he} was too shy to ask.",
        "Nobody said hello. At noon {he} sat all alone and ate {his} bread.",
        '"What if they laugh at me?" {name} thought, and {he} stayed behind the fence.',
    ],
    tries=[
        '{He} said "hello" so softly that nobody heard it.',
        "{He} walked around the others three times. They did not look up.",
        '"I do not need any friends," {name} told the {noun}. But that was not true.',
        '{His} {elder_word} said, "Just ask them." That was easy to say and hard to do.',
        '{name} practiced in front of the mirror: "Hi, I am {name}. May I play with you?"',
    ],
    happy=[
        'The next day {name} took a deep breath, went up to the others and held out the {noun}. "Does anybody want to play with me?" {he} asked. "Oh, what a fine {noun}!" said one of them. Soon they were all playing together.',
        'Then the {noun} rolled away and stopped at somebody\'s feet. They belonged to {a_fkind} named {friend}. "I am new here as well," said {friend}. By the end of the day they knew everything about each other.',
        'Suddenly it began to rain, and everybody ran under the same roof. {name} stood next to {a_fkind} named {friend}. "Is that {a_noun}?" asked {friend}. "I have one, too!" And so they began to talk.',
    ],
    sad=[
        "{name} took {his} {noun} and went home. The others played until it was dark. {He} could hear them laugh through the window.",
        'At last {he} asked. "We are enough already," one of them said. {name} walked back to the steps, and nobody came after {him}.',
    ],
    happy_ends=['"I have a friend," {name} told {his} {elder_word} at supper. {He} was {good}.'],
    sad_ends=["That night {name} told the {noun} about {his} old home. {He} was {low}."],
)

GOODBYE = Plot(
    things="gift",
    friend=True,
    titles=["Goodbye, {friend}", "{name} and {friend}", "The Last Day of Summer"],
    wishes=[
        'But one day {friend} said, "We are moving to another town." {name} wanted to give {f_him} something, and {he} made {a_thing}.',
        "In a week, {friend} had to leave, for {f_his} father had found work far away. {name} sat down and made {a_thing} for {f_him}.",
        'When summer ended, {friend} would have to go away. "Do not forget me," said {name}, and {he} began to make {a_thing}.',
    ],
    problems=[
        "The last day came much too soon. They sat {in_place} and did not know what to say.",
        "{name} did not want to think about it. {He} wished that the days would stop.",
        "Now the bags were packed. Everything they did, they did for the last time.",
    ],
    tries=[
        '"You can hide in my room," said {name}. {friend} laughed a little, but not for long.',
        "They counted the miles on the map. There were very many.",
        "They played all their games once more, from the first to the last.",
        "{name} tried to be angry with {friend}, because then it would hurt less. It did not work.",
    ],
    happy=[
        'Then {name} gave {friend} the {thing}, and {friend} gave {name} a stone from the river. "I will write to you every week," said {friend}. And {f_he} did. When summer came again, {friend} stood at the door with a big bag. "I can stay for six weeks!" {f_he} cried.',
        'On the morning of the move, {friend} came running. "We are not going!" {f_he} shouted. "My father found work here!" {name} gave {f_him} the {noun} anyway, and they danced in the street.',
        '{name} put the {noun} into {friend}\'s hands, and they promised to look at the moon every evening. A month later a letter came: "Come and visit us!" {name} took the train all alone, and {friend} was waiting at the station.',
    ],
    sad=[
        "The car drove off. {name} ran after it with the {thing} in {his} hand, but it was too late. {He} had forgotten to give it to {friend}.",
        "{friend} took the {noun} and promised to write. {name} looked for a letter every day. There was one at first, then none at all.",
    ],
    happy_ends=["They learned that a good friend stays a friend, near or far. {name} was {good}."],
    sad_ends=["The house next door was dark and empty, and {name} was {low}."],
)

BIRTHDAY = Plot(
    things="food",
    friend=True,
    titles=["{name}'s Birthday", "The Forgotten Birthday", "A Surprise for {name}"],
    wishes=[
        "Tomorrow was {his} birthday. {name} dreamed of a party with {a_thing} and many guests.",
        "It was {his} birthday! {name} jumped out of bed. What {he} wished for most was {a_thing}.",
        "For weeks {name} had counted the days. Now {his} birthday was here, and {he} hoped for {a_thing}.",
    ],
    problems=[
        'But nobody said a word about it. {His} {elder_word} only said, "Good morning. Please take out the trash."',
        "{name} waited for a song, a kiss or a gift. Nothing happened. Everybody seemed to be busy.",
        '"I have no time today," said {friend} and ran off. Nobody else had time either.',
    ],
    tries=[
        '"Do you know what day it is?" {name} asked. "Of course," said {his} {elder_word}. "It is {weekday}."',
        "{He} put on {his} best clothes and walked up and down. Nobody looked.",
        "{name} went to {place}. It was empty. Not even the birds sang.",
        "{He} looked for a card in the mailbox. There was only a newspaper.",
    ],
    happy=[
        'In the evening {name} opened the door. "Surprise!" shouted {friend} and twenty others. There were lights everywhere, and on the table stood {a_thing} with candles on it. They had planned it for weeks.',
        'Then {friend} took {his} hand. "Close your eyes and come with me," {f_he} said. When {name} opened them again, {he} stood {in_place}, and all {his} friends were there with {a_thing} and a big drum.',
        'When {he} came home, there was {a_thing} in front of the door, and behind it stood the whole family. "Did you think we could forget you?" laughed {his} {elder_word}.',
    ],
    sad=[
        "The sun went down, and still nobody came. {name} ate a piece of dry bread and blew out one small candle. They had really forgotten.",
        'Only the next morning {his} {elder_word} remembered. "Oh, {name}, I am so sorry," {e_he} said. But the day was over, and it would not come back for a year.',
    ],
    happy_ends=["It was the best birthday of {his} life, and {name} was {good}."],
    sad_ends=['"Next year I will tell everybody," {name} thought. {He} was {low}.'],
)

SICK_FRIEND = Plot(
    things="gift",
    friend=True,
    titles=["{friend} Is Sick", "{name} the Doctor", "The {Thing}"],
    wishes=[
        "On {weekday} there was a big fair. {name} and {friend} wanted to go there together.",
        "{name} knocked at {friend}'s door to go to {place} with {f_him}, as on every {weekday}.",
        "They had a plan for the holidays: a house in a tree. {name} came with wood and a hammer.",
    ],
    problems=[
        "But {friend} was sick. {F_his} head was hot, and {f_he} had to stay in bed.",
        '"I cannot come," said {friend} in a thin voice. {F_he} had a bad cold and a sore throat.',
        "That morning {friend} did not get up. The doctor came with a big bag and looked serious.",
    ],
    tries=[
        "{name} went alone, but without {friend} it was no fun at all.",
        "{He} told {friend} all the jokes {he} knew. {friend} smiled a little and began to cough.",
        "{name} cooked some soup. There was too much pepper in it.",
        "{name} stood under the window and waved. {friend} was too weak to wave back.",
    ],
    happy=[
        'So {name} sat down and made {a_thing}. "This is for you," {he} said. {friend} put it next to {f_his} bed and looked at it all the time. The next morning the fever was gone, and a week later they ran around outside as before.',
        'Every afternoon {name} came and read to {f_him}. {He} brought {a_thing}, too. "With you here, I forget that I am sick," said {friend}. By {weekday} {f_he} was well.',
        '"If you cannot go out, I will bring it all to you," said {name}. {He} came with {a_thing}, with music and with friends. {friend} laughed so much that {f_he} got well twice as fast.',
    ],
    sad=[
        "{name} made {a_thing} and ran to the house. But the windows were closed. They had taken {friend} to a hospital in the city, and nobody knew for how long.",
        "{name} wanted to visit {f_him} every day. Then there was the fair, and there were other friends, and {he} forgot. When {he} came with {a_thing} at last, {friend} turned {f_his} face to the wall.",
    ],
    happy_ends=["{name} knew now that time is the best gift of all. {He} was {good}."],
    sad_ends=["{name} took the {noun} home again. {He} was {low}."],
)

HANDMADE_GIFT = Plot(
    things="gift",
    titles=["A Gift from {name}", "The {Thing}", "{name} Makes Something Beautiful"],
    wishes=[
        "Soon it was the birthday of {his} {elder_word}. {name} had no money, so {he} made {a_thing}.",
        "{name} wanted to make {his} {elder_word} happy. {He} worked in secret, every evening, on {a_thing}.",
        '"I will give my {elder_word} something that nobody else has," said {name}, and {he} began to make {a_thing}.',
    ],
    problems=[
        "It was almost done when the cat knocked over the paint. There was a big dark spot on the {noun}.",
        "One day before the birthday, the {noun} fell into the sink. It was ruined.",
        "Then {name} saw what {his} sister had bought: a big box with a golden ribbon. Next to it, the {noun} looked poor and small.",
    ],
    tries=[
        "{name} tried to clean it with water. That made it worse.",
        "{He} began again, but {his} hands were shaking, and it did not get better.",
        "{He} counted {his} coins. There were three, and one of them was a button.",
        "{name} asked {his} sister to lend {him} some money. She did not have any left.",
    ],
    happy=[
        "Then {name} looked at it again. The spot looked like a butterfly! {He} painted eyes and wings, and the {noun} was prettier than before. {His} {elder_word} hung it up where everyone could see it.",
        'In the morning {name} gave {his} {elder_word} the {noun}. {His} ears turned red. "It is not very good," {he} said. {His} {elder_word} had tears in {e_his} eyes. "You made it for me. It is the best gift I ever got."',
        "{name} worked all night and made a new one. In the morning {he} fell asleep at the table. {His} {elder_word} found {him} there, with the {thing} in {his} hand, and gave {him} a long hug.",
    ],
    sad=[
        "{name} threw the {noun} away. On the birthday {he} stood there with nothing, and {he} was so ashamed that {he} ran out of the room.",
        "{His} {elder_word} said thank you and put the {noun} into a drawer. A week later {name} found it there, under some old papers. {E_he} had forgotten it.",
    ],
    happy_ends=["{name} learned that a gift comes from the heart. {He} was {good}."],
    sad_ends=["After that, {name} did not paint anything for a long time. {He} was {low}."],
)

PLOTS = (SHARING, QUARREL, NEW_IN_TOWN, GOODBYE, BIRTHDAY, SICK_FRIEND, HANDMADE_GIFT)
