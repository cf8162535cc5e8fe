"""The words of the speller's dictionary by group, and what its pages say about them."""

from __future__ import annotations

import functools

from pyllm.data.miniweb.held_out import is_held_out
from pyllm.data.miniweb.speller_meanings import DEFINITIONS
from pyllm.data.miniweb.stories import story_vocabulary

GROUP_WORDS = {
    "animal": """
alligator ant ape badger bat bear beaver bee beetle bird bison bull butterfly calf camel canary cat chicken chimpanzee
cobra cow coyote crab cricket crocodile crow deer dinosaur dog dolphin donkey dove dragonfly duck eagle eel elephant elk
falcon ferret fish flamingo fly fox frog gazelle gerbil giraffe goat goldfish goose gorilla grasshopper hamster hare
hawk hedgehog hen heron hippopotamus horse hyena insect jaguar jellyfish kangaroo kitten koala ladybug lamb leopard lion
lizard llama lobster lynx magpie mole monkey moose mosquito moth mouse mule octopus ostrich otter owl ox oyster panda
panther parrot peacock pelican penguin pheasant pig pigeon pony porcupine puppy quail rabbit raccoon rat raven reindeer
rhinoceros robin rooster salmon scorpion seagull seal shark sheep shrimp skunk sloth snail snake sparrow spider squirrel
starfish stork swallow swan tiger toad tortoise trout tuna turkey turtle walrus wasp weasel whale wolf woodpecker worm
yak zebra""",
    "food": """
almond apple apricot asparagus avocado bacon banana barley bean beef beet berry biscuit bread broccoli butter cabbage
cake candy caramel carrot cauliflower celery cereal cheese cherry chocolate cinnamon coconut coffee cookie corn
cucumber cream dessert dough egg fig flour garlic ginger grape grapefruit gravy ham hamburger honey jam jelly juice
ketchup kiwi lemon lemonade lentil lettuce lime mango maple margarine meat melon milk mint muffin mushroom mustard
noodle nut oatmeal oil olive omelet onion orange pancake papaya parsley pasta pastry peach peanut pear pepper pickle
pie pineapple pizza plum popcorn pork potato pretzel pudding pumpkin radish raisin raspberry rice salad salt sandwich
sauce sausage soup spaghetti spinach steak stew strawberry sugar syrup tea toast tomato vanilla vegetable vinegar
waffle walnut watermelon wheat yogurt""",
    "thing": """
alarm anchor arrow balloon bandage basket bath bathtub battery bed bell bench blanket book bottle bowl box bracelet
brick broom brush bucket button calendar camera candle cane card carpet chain chair chalk chest clock coin comb
compass computer cork couch cradle crayon crown cup cupboard curtain cushion desk dice dictionary dish doll door drawer
drum envelope eraser fan faucet feather fence flag flashlight flute fork frame furniture gate glass glue guitar hammer
handle hinge hook hose iron jar jewel jug kettle key keyboard kite knife knob ladder lamp lantern letter lid lock
magazine magnet map marble match mattress medal microscope mirror mug nail napkin necklace needle net newspaper
notebook oven package paint pan paper pen pencil pillow pin pipe pitcher plate pocket pot present puppet purse puzzle
quilt radio ring rope rug ruler sack saw scissors screw shelf shovel sieve sink soap sofa spade sponge spoon stamp
stool stove string suitcase table tape teapot telephone television telescope thread ticket toaster tool toothbrush
towel toy tray trumpet umbrella vase violin wallet wheel whistle window wire yarn zipper""",
    "clothing": """
apron bathrobe belt blouse boot bow cap cape cloak coat collar dress glove gown hat helmet hood jacket jeans
mitten necktie overcoat pajamas pants raincoat ribbon robe sandal scarf shawl shirt shoe shorts skirt sleeve slipper
sneaker sock stocking suit sweater trousers uniform veil vest""",
    "body": """
ankle arm back beard belly bone brain cheek chest chin ear elbow eye eyebrow eyelash face finger fist foot forehead
hair hand head heart heel hip jaw knee leg lip lung mouth muscle neck nose palm rib shoulder skin spine stomach thigh
throat thumb toe tongue tooth waist wrist""",
    "nature": """
air avalanche bark bay beach blizzard blossom branch breeze brook bush canyon cave cliff cloud coast comet continent
coral creek daisy dandelion dawn desert dew dust earth earthquake fern field flame flood flower fog forest frost
garden glacier grass gravel hail harvest hedge hill horizon hurricane ice island jungle lagoon lake lava leaf lightning
lily log maple marsh meadow mist moon moss mountain mud oak ocean orchard peak pebble petal pine planet plant pond
prairie puddle rain rainbow reef river rock root rose sand sea seed shadow shell shore sky sleet snow snowflake soil
spring star stem stone storm stream sun sunflower sunrise sunset swamp thorn thunder tide tornado tree trunk tulip
twig universe valley vine violet volcano water waterfall wave weather weed willow wind wood world""",
    "place": """
airport apartment aquarium attic bakery bank barn basement bathroom bedroom bridge building cabin cafe castle cellar
chapel church cinema city classroom clinic corner corridor cottage country court factory farm fireplace fountain garage
gallery greenhouse gymnasium hall harbor home hospital hotel house hut kitchen laboratory library lighthouse lobby
market mill mine monument museum office palace park pasture path pharmacy playground port porch prison ranch
restaurant road roof room school shed shelter shop stable stadium stage station store street studio supermarket temple
theater tower town tunnel village vineyard windmill workshop yard zoo""",
    "person": """
actor architect artist astronaut athlete aunt author baby baker barber brother butcher captain carpenter chef child
clown coach cousin customer dancer daughter dentist detective doctor driver engineer explorer farmer father
firefighter fisherman friend gardener giant girl grandfather grandmother guard guest hero hunter husband inventor
janitor judge king knight lawyer leader librarian lifeguard magician mayor mechanic messenger miner mother musician
neighbor nephew niece nurse painter parent passenger pharmacist photographer pilot pirate plumber poet prince princess
queen sailor scientist secretary servant shepherd shoemaker singer sister soldier son student tailor teacher thief
tourist twin uncle visitor waiter watchman weaver wife witch wizard writer""",
    "vehicle": """
airplane ambulance barge bicycle boat bus canoe car carriage cart ferry helicopter motorcycle raft rocket sailboat
scooter ship sled submarine subway taxi tractor train tram tricycle truck van wagon yacht""",
    "action": """
accept add agree answer appear argue arrive ask bake balance bark begin believe belong bend bite blow boil borrow
bounce bow break breathe bring build burn bury buy call carry catch celebrate change chase cheer chew choose clap
clean climb close collect come complain compare continue cook copy cough count cover crawl cross cry cut dance decide
deliver describe dig disappear discover dive draw dream dress drink drive drop eat enjoy enter escape examine explain
explore fall feed feel fight fill find finish fix float fly fold follow forget forgive freeze gather give go greet
grow guess hang hear help hide hit hold hop hope hug hunt hurry imagine improve invite join jump keep kick kneel knit
knock know laugh lead learn leave lend lie lift light listen live look lose love make march measure meet melt mend mix
move notice obey offer open order paddle paint pay peel plan plant play point polish pour practice pray prepare
pretend promise protect pull push put race reach read receive remember remove repair repeat reply rescue rest return
ride roar roll rub run sail save scratch scream search sell send serve sew shake share shine shout show sing sit
skate ski sleep slide smell smile sneeze solve speak spell spend spill spin splash squeeze stand stare start stay steal
stir stop stretch study subtract sweep swim swing take talk taste teach tell thank think throw tickle tie touch
trade travel trust try tumble turn understand visit wait wake walk wander want warn wash watch wave wear weave weigh
whisper win wink wipe wish wonder work worry wrap write yawn yell""",
    "quality": """
able afraid alive alone ancient angry awake bad beautiful big bitter blind bold brave brief bright broad broken busy
calm careful careless cheap cheerful clean clear clever cloudy cold colorful comfortable common cool correct crazy
crooked cruel curious curly damp dangerous dark dead deaf deep delicious different difficult dirty dry dull early easy
empty enormous equal excellent expensive faint fair faithful false famous fast fat fierce fine flat foolish foreign
free fresh friendly frozen full funny gentle glad good graceful grateful gray great greedy green handsome happy hard
harmless heavy helpful high hollow honest hot huge humble hungry important impossible innocent interesting invisible
jealous jolly kind large late lazy light little lively lonely long loose loud lovely lucky mad magnificent mean
merry mild modern narrow nasty natural naughty near neat necessary nervous new noisy odd old ordinary pale
patient perfect plain pleasant polite poor popular possible precious pretty proud pure purple quick quiet rare raw
ready real red rich right ripe rotten rough round rude rusty sad safe salty selfish sharp short shy sick silent silly
simple sleepy slippery slow small smart smooth soft sore sour special steep sticky stiff straight strange strong
stubborn sudden sweet tall tame tasty terrible thick thin thirsty tight tiny tired tough true ugly unhappy useful
useless warm weak wealthy weary wet white whole wide wild windy wise wonderful wooden wrong yellow young""",
    "other": """
about above across after again against almost already although always among another because before behind below beneath
beside between beyond both breakfast business century certain color date daughter dinner direction distance during
edge education eight eighteen eighty eleven else enough evening ever every everybody everything example except fifteen
fifty forever forty four fourteen friendship future game half happiness health height holiday hour hundred idea
inside instead journey kindness knowledge language laughter length lesson lunch meal meaning million minute month
morning music name neither nine nineteen ninety nobody noise nothing number often once outside people perhaps piece
please problem quarter question quickly quietly reason science seven seventeen seventy since sixteen sixty slowly
something sometimes somewhere soon story suddenly supper surprise sure temperature ten thirteen thirty thousand three
through today together tomorrow tonight toward truth twelve twenty until upon usually vacation weather week weight
welcome whether while without yesterday zero""",
}

GROUP_NAMES = {
    "animal": "animals",
    "food": "food and drink",
    "thing": "things around the house",
    "clothing": "clothes",
    "body": "the body",
    "nature": "nature and the weather",
    "place": "places and buildings",
    "person": "people and their work",
    "vehicle": "cars, ships and trains",
    "action": "things we do",
    "quality": "how things and people are",
    "other": "time, place and number",
}

GROUP_SENTENCES = {
    "story": [
        "You will find the word {word} in many stories.",
        "The word {word} was in the story that we read on Monday.",
        "I read the word {word} on a sign yesterday.",
        "My little (sister|brother) asked me how to write {word}.",
        "There is a line with the word {word} in our favorite song.",
        "Look for the word {word} in your reading book.",
        "Our teacher wrote {word} on the board and asked us to read it.",
        "Many children make a mistake in the word {word}.",
        "Try to use the word {word} in your next letter.",
    ],
    "animal": [
        "{A_word} is an animal.",
        "We (read|learned|talked) about {a_word} in school.",
        "There is a picture of {a_word} in (my|this) book.",
        "Have you ever seen {a_word}?",
        "My (sister|brother|friend) drew {a_word} yesterday.",
    ],
    "food": [
        "The word {word} belongs to the kitchen.",
        "You can read the word {word} in many recipes.",
        "We wrote {word} on our shopping list.",
        "My mother asked for {word} at the market.",
        "{Word} is something that we can eat, drink or cook with.",
    ],
    "thing": [
        "The word {word} is the name of a thing.",
        "You can find the word {word} in every (dictionary|schoolbook).",
        "My (aunt|uncle|neighbor) wrote {word} on a list of things to buy.",
        "Please draw a picture for the word {word}.",
        "We put a small card with the word {word} on it.",
        "In how many languages can you say {word}?",
    ],
    "clothing": [
        "The word {word} has to do with the things that we wear.",
        "You can find the word {word} in a shop for clothes.",
        "She wrote {word} on the list for the trip.",
    ],
    "body": ["The {word} is a part of the body.", "The doctor looked at my {word}.", "Can you point to your {word}?"],
    "nature": [
        "You can find the word {word} in books about nature.",
        "We talked about the word {word} in our science lesson.",
        "The poem is about nature, and the word {word} comes in it.",
    ],
    "place": [
        "We walked past {a_word} yesterday.",
        "{A_word} is a place that you can go to.",
        "Can you find {a_word} on the map?",
    ],
    "person": [
        "The story is about {a_word}.",
        "There is {a_word} in the story that we read.",
        "We drew a picture of {a_word}.",
        "In our play, somebody has to be {a_word}.",
        "Do you know the story of {a_word} and a dog?",
    ],
    "vehicle": [
        "{A_word} takes people or things from one place to another.",
        "My cousin has a picture of {a_word}.",
        "We saw {a_word} (this morning|on our way home).",
    ],
    "action": [
        "The word {word} says what somebody does.",
        "We used the word {word} in a sentence about our weekend.",
        "Our teacher asked us to act out the word {word}.",
        "Write down who can {word} and when.",
        "In which story did somebody {word}?",
        "I can {word}, and you can {word}.",
    ],
    "quality": [
        "The word {word} tells us what something is like.",
        "We use the word {word} to describe people or things.",
        "Can you think of something that one could call {word}?",
        "My (sister|brother) wrote the word {word} under a drawing.",
        "The word {word} stood at the beginning of a poem.",
    ],
    "other": [
        "The word {word} comes (very |)often in books.",
        "Many people write {word} every day.",
        "Learn {word} well, because you will need it often.",
    ],
}

SPELLINGS = [
    "{word}: {spelled}.",
    "{word}: {spelled}.",
    "{word}: {spelled}.",
    "The word {word} has {count} letters: {letters}.",
    "The word {word} has {count} letters: {letters}.",
    "{word}: {spelled}. It has {count} letters.",
    "How do you spell {word}? {word}: {spelled}.",
    "Question: How do you spell {word}? Answer: {spelled}.",
    "We spell {word} like this: {spelled}.",
]

REPEATED = [
    "The letter {letter} comes {times} times in {word}.",
    "The letter {letter} comes {times} times.",
    "Do not forget that {letter} comes {times} times.",
]

LETTER_FACTS = [
    "It begins with {first} and ends with {last}.",
    "The first letter is {first} and the last letter is {last}.",
    "Read backwards, {word} is {reversed}: {reversed_letters}.",
    "The word {word} backwards is {reversed}.",
]

MEANINGS = ["It means {meaning}.", "Meaning: {meaning}.", "What does {word} mean? It means {meaning}."]

TITLES = {
    "letter": ["Words that begin with {letter}", "The speller's dictionary: {letter}", "Spelling: the letter {letter}"],
    "mixed": [
        "Spelling list {number}",
        "The speller's dictionary, page {number}",
        "Spelling words of week {number}",
        "How do you spell it? Page {number}",
    ],
    "group": ["Spelling words: {group}", "The speller's dictionary: {group}", "Learn to spell: {group}"],
}

INTROS = {
    "letter": [
        "All words on this page begin with the letter {letter}.",
        "Today we learn to spell words that begin with {letter}.",
        "Here are words whose first letter is {letter}, letter by letter.",
    ],
    "mixed": [
        "These are the spelling words for this week.",
        "This page of the dictionary has words of all kinds, letter by letter.",
        "Here is a new list of words. Some are easy, and some are hard.",
        "Good spelling makes a text easy to read, so let us practice a little.",
    ],
    "group": [
        "The words on this page are about {group}.",
        "Today we learn to spell words about {group}.",
        "Here you find words about {group}, spelled letter by letter.",
    ],
}

ADVICE = [
    "Read each word aloud, then say its letters one by one.",
    "Cover the word with your hand and try to write it without looking.",
    "Look at the word, close your eyes, and say the letters slowly.",
    "Say the word in a sentence of your own when you know its letters.",
    "Watch out for letters that come more than once.",
    "Ask somebody in your family to read the words to you while you write them.",
    "Count the letters first, and then write the word.",
    "Write every word three times, and do not forget the sentence.",
    "If you are not sure, look the word up again.",
    "Clap your hands once for every letter that you say.",
]

OUTROS = [
    "When you can write all these words without looking, go on to the next page.",
    "Now choose (three|four|five) of these words and write a (short story|letter|sentence) with them.",
    "Which of these words was the hardest? Write it again tomorrow.",
    "Test yourself (in the evening|tomorrow|at the end of the week), and count how many words were right.",
    "Nobody is born knowing how to spell. It comes with reading and with practice.",
    "Tomorrow we will have a small spelling test with these words.",
    "Long words are only short words that did not stop in time. Take them letter by letter.",
    "Read the page once more before you close the book.",
]


@functools.cache
def groups() -> dict[str, str]:
    """The group of each of our words, in alphabetical order; the first group, where a word is in several."""
    found: dict[str, str] = {}
    for group, text in GROUP_WORDS.items():
        for entry in text.split():
            found.setdefault(entry, group)
    return dict(sorted(found.items()))


@functools.cache
def definitions() -> dict[str, str]:
    """What words mean, as the end of a sentence "It means ..."."""
    lines = [line.partition(": ") for line in DEFINITIONS.strip().split("\n")]
    return {entry: meaning for entry, _, meaning in lines}


@functools.cache
def all_words() -> tuple[str, ...]:
    """The words that can be spelled, in alphabetical order: ours and those of the stories, of 3 letters and more."""
    entries = {*groups(), *definitions(), *story_vocabulary()}
    return tuple(entry for entry in sorted(entries) if len(entry) > 2 and entry.isalpha())


@functools.cache
def free_words() -> tuple[str, ...]:
    """Those that may be spelled on pages: all that are not held out."""
    return tuple(entry for entry in all_words() if not is_held_out("word", entry))
