"""Plots that take place outdoors: weather, water, woods, gardens and journeys."""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

from pyllm.data.miniweb.story_plot import Plot

LOST_IN_THE_WOODS = Plot(
    things="lure",
    titles=["Lost in the Woods", "{name} and the {Thing}", "{name} Finds the Way Home"],
    wishes=[
        "{name} was picking berries when {he} saw {a_thing}. It was (so beautiful|so strange) that {he} had to follow it.",
        'One day {a_thing} came past the house. "Wait for me!" called {name} and ran after it.',
        "{name} had never seen {a_thing} before. So when one came by, {he} went after it, deeper and deeper into the woods.",
    ],
    problems=[
        "Then the {noun} was gone, and {name} looked around. There were only trees. {He} did not know the way home.",
        "After a while {he} lost sight of the {noun}. It was getting dark, and every tree looked the same.",
        "Suddenly {he} could not see the {thing} any more. {He} could not see the path either. {name} was lost.",
    ],
    tries=[
        "{He} walked to the left. {He} walked to the right. In the end {he} came back to the same old stone.",
        '"Hello! Is anybody there?" {he} called. Only an echo answered, "There, there, there."',
        "{He} climbed on a rock to see farther, but the fog was too thick.",
        "{He} tried to follow {his} own footprints, but leaves had covered them.",
        "{name} ate the last of the berries and listened. Something moved in the bushes.",
    ],
    happy=[
        '{A_helper} came out of the bushes. "I know the way," said the {helper}. "Just follow the stream." {name} followed the stream, step by step, and soon {he} saw the lights of {his} house. {His} {elder_word} was standing at the door.',
        "Then {he} remembered what {his} {elder_word} had taught {him}: stay where you are and make a noise. So {name} sat down and sang all the songs {he} knew. In the middle of the seventh song, {his} {elder_word} came with a lantern and took {him} home.",
        "All at once the {thing} was there again. It moved slowly, as if it wanted to show {him} something. {name} followed it, and there was the road! {His} {elder_word} was already looking for {him}.",
    ],
    sad=[
        "Night came, and it was cold. {name} lay under a tree and did not sleep at all. When {his} {elder_word} found {him} in the morning, {he} was sick and had to stay in bed for three weeks.",
        "It took the whole night until {he} found the road. The {noun} was never seen again, and {name} had missed the last evening with {his} grandfather, who had to leave before the sun came up.",
    ],
    happy_ends=["{name} never left the path again without telling somebody. {He} was {good} to be home."],
    sad_ends=["{name} wished that {he} had stayed on the path. {He} was {low}."],
)

GARDEN = Plot(
    things="plant",
    titles=["{name}'s Garden", "The {Thing}", "A Little Seed", "{name} Grows a {Noun}"],
    wishes=[
        "{name} had read about {a_thing} in a book. {He} bought a seed at the market and planted it {in_place}.",
        '{name} wanted to grow {a_thing}. {He} put a seed into the ground and said, "Good luck, little seed."',
        '{His} {elder_word} gave {name} a seed. "If you take good care of it, it will be {a_thing} one day," {e_he} said.',
        "In spring, {name} planted a seed {in_place}. {He} dreamed of {a_thing}.",
    ],
    problems=[
        "A hungry goat broke the fence and stepped on the young plant. It hung down to the ground.",
        "{He} waited one day. {He} waited two days. A week went by, and nothing came out of the ground.",
        "A small green tip came up. But then it did not rain for (weeks|a long time), and the leaves turned yellow.",
        "The little plant grew well until a hungry snail found it and ate (half of the leaves|one leaf after the other).",
    ],
    tries=[
        "{name} put a blanket over it every evening and took it off every morning.",
        '{He} asked the neighbors for advice. One said, "More sun," the other one said, "Less sun."',
        "{name} gave it so much water that the ground became a puddle. That did not help.",
        "{He} sang to it every morning. A bird sang along, but the plant stayed as it was.",
        "{He} put a little fence of sticks around it, so that nobody could step on it.",
        '"Should I dig it up and look?" {name} thought. {He} had the shovel in {his} hand, but then {he} put it down.',
        "{name} carried water from the well, one cup at a time, until {his} arms hurt.",
    ],
    happy=[
        "{name} tied it to a stick with a soft ribbon and told it stories. Day by day it lifted its head a little more. When the first fruits and flowers came {in_place}, {name} had {a_thing} that everyone wanted to see.",
        "{He} gave it a little water every day, not too much and not too little. One morning, {name} opened the door and could not believe {his} eyes. There stood {a_thing}, the finest {in_place}.",
        '"It needs sun and time," said {his} {elder_word}. So {name} took away the weeds and waited. The days became longer, the leaves became bigger, and at the end of summer {he} had {a_thing}.',
        "Then the rain came, soft and warm, for three days. When the sun came out again, the {noun} was twice as big. {name} danced around it and called all the neighbors.",
    ],
    sad=[
        "It grew until it was almost ready. Then, one night, somebody took it. There was only a hole in the ground and the marks of two boots.",
        "One night the frost came. In the morning the leaves were black, and the {noun} was dead. {name} touched it with one finger and said nothing.",
        "Then {name} went to visit {his} cousins and forgot to ask somebody to water it. When {he} came home, the {noun} was brown and dry. It was too late.",
    ],
    happy_ends=[
        "{name} had learned that good things need time. {He} shared the seeds with all {his} friends and was {good}."
    ],
    sad_ends=["{name} put a stone where the {noun} had stood. {He} was {low}."],
)

HURT_ANIMAL = Plot(
    things="small animal",
    titles=["The {Thing}", "{name} and the Hurt {Noun}", "A Guest in a Box"],
    wishes=[
        "{In_place}, {name} heard a very small cry. In the grass lay {a_thing}.",
        "On {his} way home {name} found {a_thing}. It was all alone and could not move.",
        "One evening {name} saw {a_thing} {in_place}. It looked at {him} with frightened eyes.",
    ],
    problems=[
        "It was hurt, it was cold, and it would not eat.",
        "One of its legs was hurt. It could not get home without help.",
        "It shook all over. A storm was coming, and it had no place to go.",
    ],
    tries=[
        "{name} put it into a box with soft hay. {He} gave it bread, but it did not want any bread.",
        "{name} looked for its mother everywhere {in_place}, but {he} did not find her.",
        "{He} offered it water from a spoon. It drank one drop and closed its eyes.",
        '"Can we keep it?" {name} asked. "It is wild," said {his} {elder_word}. "First we must make it well."',
        "All night {name} sat next to the {noun} and kept it warm.",
    ],
    happy=[
        "The animal doctor showed {name} what to do. Every day the {noun} ate a little more. After two weeks it was well again. {name} opened the box {in_place}, and the {noun} looked back once, as if to say thank you.",
        "On the third day the {noun} stood up. On the fifth day it ate out of {his} hand. And on Sunday its mother came to the window! {name} let the {noun} go to her at once.",
        "Slowly the {noun} got better. When spring came it was strong, and {name} set it free. But every evening it came back to the door to say hello.",
    ],
    sad=[
        "{name} did everything {he} could, but the {noun} was too weak. In the morning it did not wake up. {name} and {his} {elder_word} made a small grave under a tree and put flowers on it.",
        "When the {noun} was well, it ran away without looking back. {name} had wanted so much to be its friend. {He} left the box open for weeks, but it never came again.",
    ],
    happy_ends=['"You have a good heart," said {his} {elder_word}, and {name} was {good}.'],
    sad_ends=["The box in the corner was empty now, and {name} was {low}."],
)

SNOW = Plot(
    things="snow",
    titles=["The {Thing}", "{name} in the Snow", "When the Sun Came Out"],
    friend=True,
    wishes=[
        '"First snow!" cried {friend} under the window. {name} was out in a minute, and they decided to make {a_thing}, as high as the door.',
        "In the night it had snowed. {name} put on {his} boots and ran out to build {a_thing} with {friend}.",
        'The whole land was white. "Let us make {a_thing}!" said {name}, and {friend} began at once.',
        "{name} and {friend} worked all morning in the snow. They wanted to build {a_thing}.",
    ],
    problems=[
        "A dog jumped into the middle of it and ran away with one of the arms. Then the rest fell over.",
        "They were almost ready when a sled came down the hill and ran right into it. Half of the {noun} fell down.",
        "But the snow was too dry, and the {noun} fell apart (again and again|whenever they touched it).",
        "Then the sun came out, and it got warmer and warmer. The {noun} began to drip.",
    ],
    tries=[
        "They poured tea over it, because {friend} had heard that this helps. Now it was brown.",
        "{name} sang a song to call the frost. {friend} sang, too, a little out of tune.",
        "{friend} brought a bucket of water, but the water only made everything slippery.",
        "They carried new snow in their hats until their ears were cold.",
        "{name} held an umbrella over it. That looked funny, but it did not help much.",
        '"Maybe we made it too big," said {friend}. They started again from the bottom.',
    ],
    happy=[
        '"We do not need a perfect one," laughed {friend}. They gave it a crooked hat, one arm and a big smile. Everyone who walked by had to smile as well, and a painter came and painted the {thing}.',
        "Then all the children from the village came to help. One brought a shovel, one brought a carrot, and one brought an old hat. Before dark the {thing} was standing there, better than before.",
        "{name} had an idea. They moved everything into the cold shadow behind the house and built it there. And look, the {thing} stayed for three weeks!",
        "That evening it grew cold and new snow fell, as soft as flour. The next morning {name} and {friend} finished the {thing} in one hour, and {his} {elder_word} took a picture of it.",
    ],
    sad=[
        "{name} worked on alone until late, without gloves. In the end the {noun} was standing, but {name} had a fever for two weeks and never saw it again.",
        "The next day only a puddle was left, with a carrot in it. {friend} went home without a word. There was no more snow that winter.",
        'In the end they both got angry. "It is your fault!" cried {friend} and kicked the {noun}. Then {friend} went home, and {name} was alone in the snow.',
    ],
    happy_ends=["With red noses and cold feet they went in to drink hot milk. {name} was {good}."],
    sad_ends=["{name} put the carrot into {his} pocket and went in. {He} was {low}."],
)

SAND = Plot(
    things="sand",
    titles=["{name} at the Sea", "The {Thing}", "The Big Wave"],
    wishes=[
        "There was a contest at the beach. The finest work in the sand would win a prize, and {name} had a plan for {a_thing}.",
        "It was the first day of the holidays, and {name} was at the sea. {He} wanted to build {a_thing}, the biggest of all.",
        '{name} sat on the beach with a bucket and a shovel. "I will build {a_thing}," {he} told {his} {elder_word}.',
        "Every summer {name} built something at the beach. This time it had to be {a_thing}.",
    ],
    problems=[
        "Then a big dog ran after a ball, right through the middle of it. Nothing was left but sand.",
        "It was almost finished when a big wave rolled over it. Only a little hill was left.",
        "But a crab walked through it, sideways, and one wall after the other fell down.",
        "Then the tide came in, closer and closer. The first water ran into the {noun}.",
    ],
    tries=[
        '{name} wrote "Keep out" into the sand. A seagull sat down on the words.',
        "{He} mixed the sand with more water. Now it was soup.",
        "{He} built a wall against the water. The next wave jumped over the wall.",
        '"Stop!" {name} shouted at the sea. The sea did not listen.',
        "{He} dug a deep ditch, but it filled with water (at once|before {he} had finished).",
        "{name} carried stones to the {noun} until {his} hands were sore.",
    ],
    happy=[
        "{name} saw that only the front was broken. {He} turned the hole into a gate, put shells around it, and made a road that led up to it. It was better than the first plan, and all the people on the beach came to look at the {thing}.",
        '"Look how far up the sand is wet," said {his} {elder_word}. "Build it above that line." {name} did, and {his} {elder_word} helped {him}. This time the waves could not reach the {noun}. They put a flag of seaweed on top.',
        'A girl with a blue bucket came over. "May I help?" she asked. Two more children came after her. With eight hands they built a new {noun} in no time, and it was twice as high as the old one.',
        '{name} stopped being angry and began to laugh. "The sea wants to play with us!" {he} cried. {He} built a {noun} for the sea, and then another one, and each time a wave took it, {he} clapped {his} hands.',
    ],
    sad=[
        "{name} kicked what was left of the {noun} and shouted at everybody, even at {his} {elder_word}, who had only wanted to help. They went home in silence.",
        "One last wave came, and the {noun} was gone. There was no time to build a new one, for the train home left in an hour.",
        "{name} was so angry that {he} threw {his} shovel into the water. The waves took the {noun}, and they took the shovel, too.",
    ],
    happy_ends=["On the way home {name} had sand in {his} shoes and sand in {his} hair, and {he} was {good}."],
    sad_ends=["{name} looked at the flat sand where the {noun} had been. {He} was {low}."],
)

BOAT = Plot(
    things="boat",
    friend=True,
    titles=["{name} on the Water", "The {Thing}", "The Boat That Floated Away"],
    wishes=[
        "{name} and {friend} had built {a_thing}. They took it to the water to see whether it could float.",
        '{name} was proud of {his} {thing}. "It can go around the world," {he} told {friend}.',
        "{name} found {a_thing} in the reeds. {He} and {friend} cleaned it and gave it a name.",
    ],
    problems=[
        "They forgot to tie it up. The wind pushed the {noun} away from the land, out to the middle of the water.",
        "A wave took the {noun} away from the land, and there was a hole in it. Water came in, more and more of it.",
        "The stream was too fast. It took the {noun} along, around the corner and out of sight.",
    ],
    tries=[
        "{name} ran along the shore, but the {noun} was faster.",
        "{friend} threw a rope. It fell into the water with a splash, a little too short.",
        "They used a long stick, but they only pushed the {noun} farther away.",
        "{name} asked a fish to help. The fish opened its mouth, closed it, and swam on.",
        '"Do not go into the deep water," {friend} warned, and {name} knew that {f_he} was right.',
    ],
    happy=[
        "A kind old {helper} came by with a net. One throw, and the {noun} was safe. {name} and {friend} dried it, mended it, and tied it to a tree with a very good knot.",
        '{name} threw small stones behind the {noun}. Each stone made a wave, and each wave pushed it a little closer. At last {friend} could take it with both hands. "You are clever, {name}!" {f_he} cried.',
        "They ran to the bridge, where the water was slow. {name} lay down on the bridge, {friend} held {his} feet, and there came the {thing}. {name} caught it just in time.",
    ],
    sad=[
        "The {noun} turned around once and sank. A few bubbles came up, and then the water was smooth again. {friend} and {name} walked home without a word.",
        'The {thing} floated on, over the waterfall and down to the sea. "Goodbye," said {name} very softly. It never came back.',
    ],
    happy_ends=["From then on they always tied the {noun} to a tree, and {name} was {good}."],
    sad_ends=["Whenever {name} came to the water after that, {he} was {low}."],
)

DELIVERY = Plot(
    things="basket",
    titles=["{name} and the Broken Bridge", "The Long Way to Grandmother", "The {Thing}"],
    wishes=[
        '{His} grandmother was sick. "Please take her {a_thing}," said {his} {elder_word}, and {name} set off.',
        "{name} was old enough to walk to {his} grandmother alone. {He} carried {a_thing} for her.",
        "On {weekday} mornings {name} always brought something to {his} grandmother. This time it was {a_thing}.",
    ],
    problems=[
        "But when {he} came to the river, the bridge was broken. The water was wild and deep.",
        "Halfway there the sky turned black. Rain fell, the path became mud, and the {noun} grew heavier and heavier.",
        "In the forest a tree had fallen over the road. It was too high to climb with {a_noun} in one's arms.",
    ],
    tries=[
        'A stranger wanted to buy the {noun} for three coins. "It is not for sale," said {name} and walked on.',
        "{He} looked for another way and walked along until {he} came to thorns. They tore {his} sleeve.",
        "{He} put the {noun} on {his} head and tried to keep it dry. That made {him} sneeze.",
        "{name} sat down and was hungry. {He} looked at the {noun}, but {he} did not take any of it.",
        '"Maybe I should go home," {name} thought. Then {he} thought of {his} grandmother, who was waiting.',
    ],
    happy=[
        '{name} called across the water. On the other side {his} grandmother heard {him}, and her neighbor came over with his boat. "What a voice you have!" he laughed. They carried the {noun} into the house together.',
        'A farmer came with a horse and a cart. "Jump on!" he said. They took the long way around, and an hour later {name} stood at {his} grandmother\'s bed with the {noun}. "Now I feel better already," she said.',
        '{A_helper} showed {him} a row of flat stones. One step, two steps, three steps, and {name} was on the other side. {His} grandmother opened the door. "My brave {name}!" she said, and they ate together.',
        "{name} pushed and pulled and did not give up. It was evening when {he} got there, wet and tired, but the {noun} was safe. {His} grandmother put a blanket around {him} and gave {him} a kiss.",
    ],
    sad=[
        "Then {he} slipped. The {noun} fell down and everything was spoiled. {name} came to {his} grandmother with empty hands, and there was nothing to eat in her house.",
        "{name} had to turn back. When {he} came at last, two days later, the little house was dark. They had taken {his} grandmother to the hospital far away.",
    ],
    happy_ends=["All the way home {name} whistled a song. {He} was {good}."],
    sad_ends=["{name} sat on the steps of the house. {He} was {low}."],
)

EGG = Plot(
    things="egg",
    titles=["The {Thing}", "Whose Egg Is It?", "{name} Finds an Egg"],
    wishes=[
        "A strong wind had blown all night. In the morning {name} went out and saw {a_thing} lying {in_place}, all alone.",
        "{name} was {in_place} when {he} almost stepped on something round. It was {a_thing}!",
        "After the storm {name} found {a_thing} {in_place}. There was no nest near it.",
        '"What is that?" said {name}. Between the roots of a tree lay {a_thing}.',
    ],
    problems=[
        "A fox came by and licked its lips. {name} could not leave the egg there.",
        "It was still a little warm, but there was no mother. If it got cold, nothing would come out of it.",
        "{name} did not know whose egg it was. Somebody was surely looking for it.",
        "Clouds came up, and it grew cold. The egg could not stay there.",
    ],
    tries=[
        "{name} built a little nest of hay and wool for it and sat down next to it.",
        "{He} knocked on the shell with one finger, very softly. Was that a knock from inside?",
        '{He} asked a hen. "It is not mine," said the hen. "All mine are at home."',
        "{He} asked the ducks by the pond. They counted their eggs and shook their heads.",
        "{name} put it under {his} hat to keep it warm, and walked very slowly.",
        'An owl looked at the egg with its big eyes. "It is too (big|small) for one of mine," it said.',
        "{name} wrapped the egg in {his} scarf and blew warm air on it.",
    ],
    happy=[
        "{name} carried it from farm to farm. At the seventh farm, a swan was sitting on an empty nest and would not eat. When she saw the egg, she put her wing around it. A few weeks later {name} had a new friend with gray feathers.",
        'Then there was a crack, and another crack. The egg broke, and a tiny bird looked at {name}. "Peep!" it said. Just then a goose came running. "My baby!" she cried. She had been looking for it all day.',
        "High up in a tree two birds were crying. {name} climbed up, and there was an empty place in their nest, just big enough. {He} laid the egg into it, and the birds sang for {him} the whole evening.",
        "{name} kept the egg warm next to the stove for eleven days. On the twelfth day it hatched, and out came a small turtle. It thought that {name} was its mother, and it followed {him} everywhere.",
    ],
    sad=[
        "While {name} was asleep, the fox came back. In the morning there was only a piece of the shell. {name} had promised to take care of it.",
        '{name} kept the egg warm for many days and nights. But nothing moved in it. "It was too cold for too long," said {his} {elder_word} at last.',
        "On the way home {he} tripped over a root. The egg fell on a stone, and that was the end of it. In the evening {he} heard a bird calling and calling.",
    ],
    happy_ends=["{name} looked up whenever a bird flew by, and {he} was {good}."],
    sad_ends=["{name} could not forget the little egg. {He} was {low}."],
)

PLOTS = (LOST_IN_THE_WOODS, GARDEN, HURT_ANIMAL, SNOW, SAND, BOAT, DELIVERY, EGG)
