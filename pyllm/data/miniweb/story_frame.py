"""What stories of all plots share: how they open, how one feels in the middle, how they close."""

# ruff: noqa: E501 (a template is one line, as the text that it becomes)

from __future__ import annotations

OPENINGS = [
    "Once upon a time, there was {a_trait} {kind} named {name}.",
    "Once upon a time, {a_trait} {kind} (named|called) {name} lived in {home}.",
    "There was once {a_trait} {kind} (whose name was|with the name) {name}.",
    "Long ago, {a_trait} (little |young |){kind} named {name} lived in {home}.",
    "In {home}, there lived {a_trait} {kind} named {name}.",
    "{name} was {a_trait} {kind} (who lived|and {he} lived) in {home}.",
    "{Intro} lived in {home}, not far from (the school|the mill|the market|the station|a big forest).",
    "One day, {a_trait} {kind} named {name} (woke up early|got up with the sun|was up before everyone else).",
    "One (sunny|cold|windy|warm|bright|quiet) (morning|afternoon), {intro} (sat|stood) {in_place}.",
    "This is the story of {name}, {a_trait} {kind} from {home}.",
    "Far away, in {home}, lived {a_trait} {kind}. {His} name was {name}.",
    "Do you know {name}? {name} is {a_trait} {kind}, and this happened to {him} (last summer|last winter|one day).",
    "It was (a sunny|a cold|a rainy|a gray|a windy|a warm) (day|morning), and {intro} was {in_place}.",
    "Everybody knew {name}, the {trait} {kind} who lived in {home}.",
    "{name} was {a_kind}. {He} was {trait}, and {he} loved (to sing|to run|to read|to laugh|to climb|to help|stories).",
    "Not long ago, there was {a_kind} who was very {trait}. {His} name was {name}.",
    "When (spring|summer|autumn|winter) came, {a_trait} {kind} named {name} was {in_place} every day.",
    "(Every|Each) morning, {intro} (opened the window|looked out of the window) and said hello to the sun.",
    "{A_kind} named {name} lived in {home}. {He} was {trait} and (always|often) had (good|new|funny) ideas.",
    "On the (first|last) day of (spring|summer|autumn|winter), {intro} (jumped out of bed|woke up with a smile).",
    "My grandmother (once told me|told me a story) about {name}, {a_trait} {kind} who lived in {home}.",
    "Once there was {a_kind} in {home}. (People called {him}|{His} friends called {him}) {name}.",
    "{name} (liked|loved) one place more than all others. {He} was {a_kind}, and {he} spent (whole days|all day) {in_place}.",
    "It was (Monday|Tuesday|Friday|Saturday|Sunday|a holiday), and {name}, {a_trait} {kind}, had nothing to do.",
    "Once, {in_place}, there was {a_trait} {kind} by the name of {name}.",
    "The sun was (shining|just coming up) when {name}, {a_trait} {kind}, went out of {his} door.",
]

DETAILS = [
    "{He} lived with {his} {elder_word} and liked (warm soup|sweet apples|old songs|long walks|hot milk) (best|very much).",
    "{He} had (soft|bright|big|kind) eyes and (a loud|a soft|a happy|a funny) laugh.",
    "(Everyone|All the neighbors) said that {he} was {trait_two}, too.",
    "In the evening, {his} {elder_word} told {him} (stories|long stories|tales about the sea|tales of old times).",
    "{He} could (whistle|run fast|sing well|jump high|count to a hundred|climb very well).",
    "{He} liked to (watch the clouds|look at the stars|pick flowers|splash in puddles|listen to the birds).",
    "The birds were singing and the air smelled of (grass|rain|flowers|bread|the sea).",
    "A (soft|cool|warm|light) wind was blowing, and (white|gray|small) clouds moved across the sky.",
    "{He} (often|always) helped {his} {elder_word} with (the dishes|the garden|the cooking|the washing).",
    "{His} (days|mornings) were full of (games|play|small jobs|songs and games).",
    "{He} was (small|not very big|not very tall), but {his} heart was (big|brave|full of dreams).",
    "{He} never went out without (a snack|a song|{his} cap|a smile).",
    "(Sometimes|Some days) {he} was a little (loud|wild|slow|late), but everybody liked {him}.",
    '{His} {elder_word} called {him} "my (sunshine|little star|sweet pea|treasure)."',
    "{He} had (two|three|four|five) (brothers|sisters|cousins), and there was always (noise|laughter) in the house.",
]

FRIENDS = [
    "{His} best friend was {a_fkind} named {friend}.",
    "{He} had a good friend, {a_fkind} named {friend}, and they did everything together.",
    "{He} played with {friend}, {a_fkind} who lived (next door|near by|down the road|on the other side of the road).",
    "{friend}, {a_fkind}, was {his} (best|oldest|dearest) friend.",
    "Every day {he} met {his} friend {friend}, {a_fkind} with a (loud|happy|soft) voice.",
    "{He} and {his} friend {friend}, {a_fkind}, were (always|almost always) together.",
    "Most of all {he} liked {his} friend {friend}, {a_fkind} who (knew many games|could tell jokes|was never tired).",
]

# What the hero feels when something has gone wrong; {bad} is such a feeling.
TROUBLES = [
    "{name} (was|felt) {bad}.",
    "{name} (was|felt) {bad} and did not know what to do.",
    "(Tears came|A tear came) to {name}'s eyes.",
    '"Oh no!" (cried|said) {name}. "What (can|shall|should) I do now?"',
    '"Oh dear," said {name}. {He} was {bad}.',
    "{name} sat down (on a stone|on the ground|on the steps) and (began to cry|thought hard|put {his} head down).",
    "{name}'s heart (beat fast|felt heavy|sank).",
    "{name} was so {bad} that {he} could not eat {his} (lunch|dinner|supper).",
    "{name} (did not smile|did not say a word) for a long time.",
    '"This is (bad|terrible|the worst day of my life)," {name} said, and {he} was {bad}.',
    "Now {name} was {bad}.",
    '"Why (me|does this happen to me)?" {name} asked, but (nobody answered|no one was there).',
    "{name} took a deep breath. {He} was {bad}, but {he} did not give up.",
]

# What someone says or does in the middle; it fits every trouble.
ADVICE = [
    '"(Do not worry|Don\'t cry|Do not be sad)," said {his} {elder_word}. "We will (find a way|think of something)."',
    '"(First things first|Sit down and breathe)," said {his} {elder_word} and gave {him} (a hug|a cup of hot milk).',
    '{A_helper} came by and asked, "(What is wrong|Why do you look so sad)?" {name} told the {helper} (everything|all about it).',
    '{A_helper} (looked at {him}|shook its head) and said, "(Try again|Do not give up|Think before you run)."',
    '{His} {elder_word} said, "(Everything looks better after a good night|Every problem has an end|A friend can help)."',
    "{name} (closed {his} eyes|walked up and down|scratched {his} head) and (thought and thought|tried to think).",
    '"(I must do something|I will not give up|There must be a way)," {name} said to {himself}.',
    "{name} (counted to ten|drank some water|wiped {his} nose) and (tried to be brave|began again).",
    '{A_helper} said, "(Slow down, little one|Use your head|Be patient)." Then it went on its way.',
]

HAPPY_ENDS = [
    "{name} was {good} and (slept well|smiled all day|danced around the room|sang all the way home).",
    "That (night|evening), {name} went to bed {good}.",
    "From that day on, {name} was (never afraid to ask for help|a little braver than before|a little wiser than before).",
    "{name} (laughed|smiled), and {his} {elder_word} (laughed|smiled) too. It was (a good|a wonderful|the best) day.",
    "{He} told {his} {elder_word} (everything|the whole story), and (they laughed together|they were both {good}).",
    "And {name}? {He} was the (happiest|proudest) {kind} in the (whole |)(town|village|land|world).",
    "They all had (cake|soup|hot chocolate|tea and cookies|pancakes) together, and everyone was {good}.",
    "In the end, everything was (good|fine|well) again, and {name} was {good}.",
    '{name} (hugged|kissed) {his} {elder_word} and said, "(I am so happy|What a day|This was the best day ever)!"',
    "{His} {elder_word} was proud of {him}, and {name} felt {good}.",
    "{name} looked up at the (stars|moon|blue sky) and felt {good}.",
    "{name} never forgot that day, and {he} often (told|tells) the story with a smile.",
    "And they all lived happily (ever after|for many years).",
    "The sun went down, the (crickets|birds) sang, and {name} was {good}.",
    "(Since then|After that), {name} has (smiled|laughed) every time {he} thinks of that day.",
    "What a day it was! {name} fell asleep with a smile.",
    "{name} learned that (a little help goes a long way|good things take time|it pays to be kind|friends make everything better).",
    "(Everybody clapped|Everyone cheered), and {name} was {good}.",
]

SAD_ENDS = [
    "{name} was alone for a long time. {He} felt {low}.",
    "That (night|evening), {name} cried (into {his} pillow|in {his} bed|for a long time).",
    "{name} was {low} for (many days|a long time|a whole week).",
    "There was nothing more to do. {name} was {low}.",
    "{His} {elder_word} (held {him}|took {him} in {e_his} arms), but {name} (was still|stayed) {low}.",
    "It was a sad day, and {name} (never forgot it|remembered it for years).",
    "{name} looked (out of the window|at the rain|at the empty road) and felt {low}.",
    "{name} did not want any supper. {He} was {low} and went to bed early.",
    "Sometimes things do not end well. {name} learned that on this day, and {he} was {low}.",
    "(Rain began to fall|The sky turned gray|It grew dark and cold), and {name} was {low}.",
    '"(I wish I could start again|I wish this day had never come|If only I had been more careful)," said {name}. {He} felt {low}.',
    "Nobody (laughed|sang|spoke much) at supper that night. {name} was {low}.",
    "{name} sat {in_place} (all alone|until it was dark) and felt {low}.",
    "{His} {elder_word} said that tomorrow would be better, but {name} (could not believe it|only shook {his} head).",
    "{name} felt {low}, and a tear ran down {his} face.",
]
