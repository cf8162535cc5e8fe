"""Plots with magic, secrets and finds, and with heroes who think too much of themselves."""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

from pyllm.data.miniweb.story_plot import Plot

WISHES = Plot(
    things="magic",
    titles=["The {Thing}", "{name} and the Three Wishes", "{name} Makes a Wish"],
    wishes=[
        '{In_place}, {name} found {a_thing}. "I can give you three wishes," it whispered.',
        'An old woman gave {name} {a_thing}, because {he} had helped her. "It will make your wishes true," she said. "Be careful with it."',
        '{name} picked up {a_thing} and rubbed it clean. Suddenly there was a voice. "Tell me what you want," it said.',
    ],
    problems=[
        '"I want a mountain of candy!" cried {name}. And there it was. It was so high that it blocked the door of the house.',
        '"I want to be as big as a tree," said {name}. At once {he} was so big that {he} did not fit into the house any more.',
        '"I wish that everybody would do what I say," said {name}. Now nobody laughed or played with {him}. They only stood there and waited.',
    ],
    tries=[
        "With the second wish {name} tried to make it better, but {he} spoke too fast, and now everything was blue.",
        "{name} ran to {his} {elder_word}, but {e_he} could not help. It was magic, after all.",
        "{He} threw the {noun} away. The next morning it was lying next to {his} bed again.",
        "{name} thought about it all night. There was so little time and only one wish left.",
        "{He} shook the {noun} and begged it to stop. It only gave a small laugh.",
    ],
    happy=[
        'At last {name} knew what to say. "I wish that everything was as it was before," {he} said. The {noun} became warm in {his} hand and then turned into sand. There was {his} house, there was {his} {elder_word}, and there was soup on the table.',
        '{name} held the {noun} tight. "I do not need anything else," {he} said. "I wish that you were free." There was a flash of light, and a small golden bird flew up and sang. Everything was as it had been.',
        '"My last wish is for the others," said {name}. "May nobody in this land be hungry tonight." And so it was. The magic of the first wish was broken, and people came from far away to thank {him}.',
    ],
    sad=[
        "{name} was greedy and wished for more and more. With the last wish the {noun} broke, and everything it had given {him} was gone. Even {his} old toys were gone.",
        '"Oh, I wish I had never found you!" cried {name}. In a moment the {noun} was gone, and so was everything good that it could have done. Nobody believed {his} story.',
    ],
    happy_ends=["{name} never needed a wish again, for {he} had everything {he} wanted. {He} was {good}."],
    sad_ends=["{name} had wanted too much. {He} was {low}."],
)

LOCKED_BOX = Plot(
    things="box",
    titles=["What Is in the {Noun}?", "The {Thing}", "{name} Looks for the Key"],
    wishes=[
        "Under the roof of {his} house {name} found {a_thing}. It was locked.",
        '{His} grandfather had left {him} {a_thing}. On it was written, "For {name}."',
        "When they moved into the old house, there was {a_thing} in the cellar. {name} wanted to know what was in it.",
    ],
    problems=[
        "But there was no key. {name} looked in every corner, and {he} could not find it.",
        "{He} pulled at it and pushed at it. It did not open.",
        "There were three keys on the wall, and none of them fit.",
    ],
    tries=[
        "{He} tried a spoon, a nail and a fork. The fork bent.",
        '{name} shook it. Something inside went "clack, clack."',
        "{He} put {his} ear to the {noun} and listened. It was as quiet as a stone.",
        '{name} asked {his} {elder_word}. "I have not seen that key for twenty years," {e_he} said.',
        "{He} dug a hole in the garden, because somebody had told {him} that keys are always in gardens.",
    ],
    happy=[
        "Then {name} looked at the old clock. It had stopped at five, and behind its door hung a tiny key! The {noun} opened with a sigh. It was full of letters, pictures and games from the time when {his} grandfather was little. {name} read them for weeks.",
        "In the nest of a crow {name} saw something shine. It was the key! {He} gave the crow a button for it. In the {noun} there was a map, and the map led to a tree, and in the tree there was a house that nobody knew.",
        "{name} turned the {noun} over. The key was on the bottom, tied to it with a string! In the {noun} lay a coat of many colors. It fit {him} as if it had been made for {him}.",
    ],
    sad=[
        "{name} took a hammer and broke the lock. There had been a music box in it. Now it was in pieces, and it never played again.",
        "{He} looked for the key for a whole year. When {he} found it at last and opened the {noun}, there was only dust in it. What had been in there was too old.",
    ],
    happy_ends=["{name} put the key on a ribbon and wore it around {his} neck. {He} was {good}."],
    sad_ends=["{name} closed the {noun} again. {He} was {low}."],
)

FOUND_TREASURE = Plot(
    things="treasure",
    troubles=[
        "{name} felt strange.",
        "{name} could not look up.",
        "{name}'s heart beat fast.",
        "{name} did not know what to think.",
        '"Nobody has seen me," {name} thought, but {he} did not feel well.',
        "{name} walked home slowly and did not say a word.",
    ],
    titles=["The {Thing}", "{name} Finds Something", "Who Lost the {Noun}?"],
    wishes=[
        "{In_place}, something was shining in the dust. It was {a_thing}! {name} put it into {his} pocket.",
        "{name} was on {his} way home when {he} stepped on {a_thing}. There was nobody around.",
        'After the market was over, {name} found {a_thing} on the ground. "Today is my lucky day," {he} thought.',
    ],
    problems=[
        "But then {he} saw an old woman who was looking for something and crying. {name} held the {noun} tight in {his} pocket.",
        'In the evening a man went from door to door. "I have lost {a_noun}," he said. "It was my mother\'s." {name} did not say anything.',
        'The next day there was a note on the wall: "Lost: {a_thing}. It is all I have." {name} read it twice.',
    ],
    tries=[
        '"I found it, so it is mine," {name} said to {himself}. But {his} face became hot.',
        "{name} hid the {noun} under a stone. All night {he} dreamed of stones.",
        "{He} thought of all the things {he} could buy: a bike, a drum, a dog. None of them made {him} happy.",
        '{name} showed the {noun} to {a_helper}. "Nice," said the {helper}. "And whose is it?"',
        "{He} walked past the house three times, but {he} could not knock.",
    ],
    happy=[
        'In the end {name} took the {noun} and gave it back. What a joy there was! "You could have kept it, and nobody would have known," came the answer. "I would have known," said {name}. They are good friends to this day.',
        '{name} opened {his} hand. "Is this yours?" {he} asked. There were tears and thanks and a large piece of cake. And when {name} went home, {his} pocket was empty, but {his} step was light.',
        '"Here it is," said {name}. "I am sorry that it took me so long." "I knew that an honest child would find it," was the answer, and {name} got a small silver whistle as a reward.',
    ],
    sad=[
        "{name} kept it. But every time {he} looked at the {noun}, {he} saw that sad face. {He} could not wear it, sell it or show it to anybody.",
        "When {name} wanted to give it back at last, the house was empty. They had moved away, and nobody knew where. Now {he} had to keep the {noun} forever.",
    ],
    happy_ends=["{name} slept better than ever before. {He} was {good}."],
    sad_ends=["The {noun} was as bright as ever, but {name} was {low}."],
)

BOASTING = Plot(
    things="instrument",
    troubles=[
        '"Of course," said {name}, and {his} voice was very small.',
        "{name} laughed, but {his} knees were weak.",
        "{name} wished that {he} had kept {his} mouth shut.",
        "{name} could not sleep that night.",
        "What had {he} done? {name} did not know what to say.",
        "{name}'s heart sank.",
    ],
    friend=True,
    titles=["{name} the Great", "{name} Says Too Much", "The Best in the Land"],
    wishes=[
        '{name} liked to say big things. "I have {a_thing} and play it better than anybody," {he} told {friend}. It was not true.',
        '"I have {a_thing}, and I am the best player in the land!" {name} said one day. It was not true, but it sounded good.',
        "{name} told everyone that {he} had {a_thing} at home and played it every night. In truth {he} had none.",
    ],
    problems=[
        '"Wonderful," said {friend}. "Then you can play for us on {weekday}!" {name} turned red.',
        "The mayor heard about it and asked {him} to play at the wedding of her daughter.",
        'Soon everybody talked about it. "Play for us!" they called, and {friend} ran to get {a_noun}.',
    ],
    tries=[
        "{name} read a thick book about the {noun}. It had three hundred pages and not a single sound.",
        "{name} said that {he} had hurt {his} finger. So they moved the day to next week.",
        "{He} tried to learn it in one night. It sounded like a cat in a bucket.",
        "{name} packed {his} bag to run away, but it was raining too hard.",
        "{He} hoped for a storm, a flood or a fire. The weather was lovely.",
    ],
    happy=[
        '{name} went to the oldest player in the land and told her the truth. "Then begin today," she said. {He} practiced day and night. On the great day {he} played only one small song, but {he} played it well, and {he} told everybody how it had come about.',
        '{name} stood up in front of all the people. "I said what was not true," {he} said. "I cannot play at all." It was very quiet. Then {friend} called, "But you can sing!" So {name} sang, and {he} sang so well that nobody was angry.',
        'The night before, {name} went to {friend} and told {f_him} the truth. {friend} laughed. "I can play a little. You move your hands, and I will play behind the curtain," {f_he} said. "No," said {name}, "no more tricks. But will you teach me?" And {friend} did.',
        '{name} took the {noun} and made such funny noises that everyone fell down laughing. "That is the best joke of the year!" they said. Then {he} told them the truth, and they laughed even more.',
    ],
    sad=[
        '{name} began to play. After three notes the people looked at each other, and after ten notes they went home. {friend} was the last to go. "Why did you lie to me?" {f_he} asked.',
        "On that day {name} hid in the barn. Everyone waited for an hour. From then on, when {he} told them something, nobody believed {him}, even if it was true.",
    ],
    happy_ends=["Since then {name} has said less and done more. {He} is {good}."],
    sad_ends=["Big words are easily said and hard to eat. {name} was {low}."],
)

STAR = Plot(
    things="sky",
    titles=["{name} and the {Noun}", "The {Thing}", "Something Fell from the Sky"],
    wishes=[
        "One clear night {name} saw {a_thing} fall from the sky. It landed {in_place}.",
        "{name} could not sleep and looked out of the window. There, {in_place}, lay {a_thing}!",
        "There was a flash, and then a soft bump. {name} ran out in {his} night shirt and found {a_thing} {in_place}.",
    ],
    problems=[
        '"I want to go home," it said in a small voice. "My family is up there." Its light was getting weaker.',
        'It was lost and it was cold. "If I am not back before morning, I must stay here forever," it said.',
        'It could speak! "I fell because I was dancing too wildly," it said. "How do I get back up?"',
    ],
    tries=[
        "{name} threw it up as high as {he} could. It came down again, into a bush.",
        "{He} climbed up the tallest tree with the {noun} on {his} back. The sky was still far away.",
        "{name} asked an owl to carry it. The owl flew up and up, and then it was out of breath.",
        "{He} tied it to a kite, but there was no wind that night.",
        "{name} gave it warm milk. It became a little brighter.",
    ],
    happy=[
        "Then {name} thought of the lake. At night the whole sky is in the lake! {He} carried the {noun} there and let it slide into the water, right between the other lights. It flashed twice, and when {name} looked up, it was back in its place.",
        '"Sing with me," said {name}. They sang so sweetly that the moon bent down to listen. It let down a long beam, and the {noun} climbed up on it like a child on a ladder.',
        "{name} woke up {his} {elder_word}, and {e_he} woke up the whole village. They stood on each other's shoulders, higher and higher, with {name} at the top. {He} stretched out {his} arm, and the {noun} was home.",
    ],
    sad=[
        "Nothing helped. The sky turned gray and then pink, and the light of the {noun} went out. In the morning {name} held a small cold stone in {his} hand.",
        "In the end the {noun} found its way back, but {name} had to stay behind. {He} would have liked to fly with it. From far away, all the lights in the sky look the same, and {he} did not know which was {his} friend.",
    ],
    happy_ends=["Every clear night {name} waves, and one light up there waves back. {He} is {good}."],
    sad_ends=["{name} looked up for a long time. {He} was {low}."],
)

MONSTER = Plot(
    things="monster",
    troubles=[
        "{name} was very scared.",
        "{name}'s heart beat like a drum.",
        '"Oh no!" whispered {name}.',
        "{name} was so frightened that {he} forgot to breathe.",
        "{name} felt cold all over.",
        "{name} wanted to be at home in {his} bed.",
    ],
    titles=["The {Thing}", "{name} and the {Noun}", "Who Is Afraid of the {Thing}?"],
    wishes=[
        "Everyone said that {a_thing} lived {in_place}. Nobody dared to go there, but {name} wanted to see it.",
        "{name} had heard many stories about {a_thing}. It was said to live not far away, {in_place}.",
        '"Never go there at night," people said. "{A_thing} lives there!" {name} was afraid, and {he} was curious.',
    ],
    problems=[
        "Then {his} ball rolled away, just to that place. {name} had to get it. Something in the shadow was breathing.",
        "One evening {name} came home late and had to walk past it. Two big eyes looked at {him}.",
        "One night there was a terrible roar. The hens ran around, the dogs hid, and the whole village shook.",
    ],
    tries=[
        "{name} wanted to run, but {his} feet did not move.",
        '"I am not afraid of you!" {he} called. {His} voice was as thin as a thread.',
        'The people came with sticks and torches. "Wait," said {name}. "We do not know it yet."',
        "{He} held up a branch as a sword. The branch shook, because {his} hand shook.",
        "{name} took one small step, and then another one.",
    ],
    happy=[
        '"Please do not hurt me," said a deep voice. The {noun} had a thorn in its foot, and that was why it roared! {name} pulled the thorn out. After that, the {noun} carried the children to school on its back every day.',
        'The {noun} was crying. "Nobody ever plays with me," it said. {name} thought about that. "Do you know how to play hide and seek?" {he} asked. It was very bad at hiding, but it was a good friend.',
        '{name} held out a piece of bread. The {noun} sniffed at it, ate it, and smiled with a hundred teeth. "That is the first kind thing anyone has done for me," it said. It guarded the village from that day on.',
    ],
    sad=[
        "The {noun} only wanted to say hello. But {name} screamed, and the people came and drove it away with stones. {name} saw that it was crying, and then it was too late.",
        '{name} ran and ran. {He} fell into a ditch, lost {his} shoes and tore {his} coat. The {noun} called after {him}, "Do not be afraid!" But {name} did not hear it. The {noun} was never seen again.',
    ],
    happy_ends=["{name} had learned that not everything big is bad. {He} was {good}."],
    sad_ends=["{name} thought of those two lonely eyes. {He} was {low}."],
)

PLOTS = (WISHES, LOCKED_BOX, FOUND_TREASURE, BOASTING, STAR, MONSTER)
