"""Who and what the stories are about: names, animals, things, places, feelings.

Names, animals and things come the more often the earlier they stand in their lists (see wording.pick_common).
"""

from __future__ import annotations

from pyllm.data.miniweb.wording import choices

BOYS = choices("""
Tom|Ben|Max|Tim|Sam|Jack|Leo|Peter|Paul|Finn|Noah|Oliver|Felix|Billy|Charlie|Henry|Oscar|Harry|
Adam|Alex|Bobby|Colin|Dan|David|Dylan|Frank|Fred|George|Jacob|Jake|James|Jim|Joe|John|Josh|Kevin|
Liam|Louis|Lucas|Luke|Mark|Martin|Matt|Mike|Nathan|Nick|Simon|Steve|Tony|Victor
""")

GIRLS = choices("""
Lily|Anna|Mia|Lucy|Emma|Rosa|Molly|Ella|Sara|Nina|Clara|Alice|Ruby|Daisy|Julia|Polly|Sophie|Grace|
Amy|Annie|Carol|Diana|Dora|Ellie|Emily|Eva|Fiona|Greta|Hannah|Helen|Holly|Iris|Ivy|Jane|Jenny|
Jill|Josie|Kate|Katie|Laura|Lisa|Maggie|Mary|Nancy|Nora|Olivia|Penny|Rosie|Ruth|Sally|Susie|Wendy
""")

# Animals and other beings that can be a story's hero: they walk, talk and live in houses, as in all such books.
CREATURES = choices("""
rabbit|cat|dog|bear|mouse|fox|frog|pig|duck|lion|owl|hen|horse|goat|sheep|turtle|monkey|elephant|
squirrel|hedgehog|penguin|wolf|cow|bee|tiger|deer|ant|badger|bat|beaver|beetle|bunny|calf|camel|
chick|chicken|chipmunk|crab|cricket|crow|donkey|dove|dragon|duckling|elf|fairy|giraffe|goose|
hamster|hippo|kangaroo|kitten|koala|ladybug|lamb|lizard|llama|mole|otter|panda|parrot|piglet|pony|
puppy|raccoon|rat|robin|robot|rooster|seal|skunk|snail|sparrow|spider|swan|toad|zebra
""")

# Who gives good advice and is in no one's way.
HELPERS = choices("""
badger|bear|beaver|crow|deer|donkey|elephant|fox|goat|goose|hedgehog|mole|owl|swan|toad|turtle
""")

COLORS = choices("red|blue|green|yellow|orange|purple|pink|white|brown|black")
SIZES = choices("big|small|little|tiny|huge")

# A class of things: the nouns, and adjectives that go with each of them.
THINGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "toy": (
        choices("""
ball|doll|teddy bear|toy train|toy car|toy boat|wooden horse|puppet|toy robot|toy duck
"""),
        (*COLORS, "little", "new", "old", "shiny"),
    ),
    "flyer": (
        choices("kite|balloon|ball|paper plane|cap|scarf"),
        (*COLORS, "new", "big", "little"),
    ),
    "breakable": (
        choices("vase|cup|plate|bowl|lamp|clock|mirror|teapot|jar|flower pot"),
        (*COLORS, "old", "pretty", "big", "beautiful"),
    ),
    "food": (
        choices("""
cake|pie|loaf of bread|bag of cookies|bowl of berries|pizza|sandwich|basket of cherries|jar of honey|pear
"""),
        choices("big|sweet|fresh|nice|tasty|large|lovely|huge"),
    ),
    "wearable": (
        choices("""
hat|scarf|cap|coat|ribbon|sweater|crown|necklace|backpack|jacket
"""),
        (*COLORS, "new", "pretty", "soft"),
    ),
    "ride": (
        choices("bike|scooter|sled|skateboard|tricycle|go-cart"),
        (*COLORS, "new", "old", "shiny", "fast"),
    ),
    "boat": (choices("boat|toy ship|raft|sailboat|canoe|paper boat"), (*COLORS, "little", "new", "small")),
    "plant": (
        choices("""
rose|apple tree|sunflower|pumpkin|tulip|carrot|cherry tree|tomato plant|daisy|cabbage
"""),
        choices("big|tall|beautiful|fine|pretty|huge|wonderful"),
    ),
    "small animal": (
        choices("""
bird|kitten|puppy|mouse|frog|turtle|butterfly|squirrel|duckling|lamb
"""),
        choices("little|tiny|baby|small|white|brown|gray|hurt"),
    ),
    "pet": (
        choices("puppy|kitten|dog|cat|rabbit|pony|lamb|hamster|turtle|parrot"),
        choices("little|white|brown|black|gray|fluffy|small|young|spotted"),
    ),
    "prize": (
        choices("cup|medal|trophy|ribbon|crown|star"),
        choices("golden|silver|shiny|big|gold|bright"),
    ),
    "instrument": (
        choices("drum|flute|violin|trumpet|guitar|piano|horn|harp|banjo|accordion"),
        choices("old|new|big|little|small|shiny|brown|fine"),
    ),
    "snow": (
        choices("snowman|snow bear|snow dragon|snow lion|snow rabbit|snow giant"),
        choices("big|tall|huge|fine|funny|round"),
    ),
    "sand": (
        choices("sandcastle|sand tower|sand ship|sand dragon"),
        choices("big|tall|huge|fine|long|wonderful"),
    ),
    "treasure": (
        choices("ring|watch|coin|key|necklace|bracelet|purse|pearl"),
        choices("golden|shiny|pretty|old|little|bright|heavy"),
    ),
    "magic": (
        choices("stone|lamp|ring|feather|shell|mirror|wand|bottle|coin|flute"),
        choices("magic|shiny|strange|golden|glowing|blue|silver"),
    ),
    "gift": (
        choices("""
card|picture|necklace|scarf|paper crown|painting|wooden box|paper flower
"""),
        (*COLORS, "pretty", "little", "lovely", "beautiful"),
    ),
    "book": (choices("book|storybook|picture book|song book|cookbook"), (*COLORS, "old", "thick", "new", "big")),
    "box": (
        choices("chest|box|trunk|suitcase|cupboard|toy box"),
        choices("old|wooden|dusty|heavy|strange|black"),
    ),
    "light": (
        choices("lamp|night light|candle|flashlight|lantern"),
        (*COLORS[:8], "little", "small", "old", "bright"),
    ),
    "basket": (
        choices("""
basket of apples|jar of honey|pot of soup|bottle of milk|basket of eggs|loaf of bread|jar of jam
"""),
        choices("big|fresh|heavy|nice|large|full"),
    ),
    "egg": (("egg",), choices("blue|white|brown|green|speckled|big|tiny|large|golden|spotted")),
    "lure": (
        choices("butterfly|bird|rabbit|light|feather|fox|squirrel|deer"),
        choices("golden|blue|silver|white|shining|strange|bright|beautiful"),
    ),
    "sky": (
        choices("star|moonbeam|spark|cloud|light|comet"),
        choices("little|tiny|golden|silver|bright|young|shining"),
    ),
    "monster": (
        choices("monster|giant|dragon|troll|beast|ogre"),
        choices("big|terrible|green|hairy|gray|huge|old|dark|wild"),
    ),
    "tower": (
        choices("tower|castle|bridge|wall|house of blocks|rocket|fort"),
        choices("tall|big|wooden|high|fine|huge|wonderful"),
    ),
    "baked": (
        choices("pie|cake|apple cake|honey cake|loaf of bread|plum pie"),
        choices("fresh|warm|sweet|big|golden|round"),
    ),
}

PLACES = choices("""
in the park|in the garden|at the beach|on the hill|by the pond|by the river|in the forest|in the meadow|in the yard|
on the farm|by the lake|in the field|at the market|in the village square|on the playground|under the old oak tree|
behind the barn|near the bridge|by the mill|in the orchard|at the edge of the woods|by the stream|in the valley|
on the green hill|near the well|by the old wall|in the town square|next to the school|behind the library|
near the train station|in the sunny meadow|by the sea|in the flower garden|at the end of the street|
near the bakery|beside the barn|under the tall trees|by the old stone bridge|near the castle|in the big yard|
on the sandy path|by the duck pond|in the quiet forest|near the windmill|behind the church|by the fountain
""")

HOMES = choices("""
a little house by the river|a small yellow house|a cozy cottage at the edge of the forest|a white house on a hill|
a tiny house under a big tree|a warm little home near the lake|a red house at the end of the road|
an old farmhouse|a small house with a green door|a snug little cottage|a quiet village near the sea|a busy little town|
a house with a big garden|a small home behind the mill|a blue house next to the park|a village in the mountains|
a cottage with roses by the door|a stone house near the bridge|a wooden house in the valley|a little town by the sea|
a tall house on a busy street|a sunny house near the farm|a house full of books|a small house beside the pond
""")

WEEKDAYS = choices("Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday")

TRAITS = choices("""
kind|brave|shy|curious|clever|careful|quiet|funny|gentle|patient|helpful|honest|cheerful|
friendly|lively|polite|busy|dreamy|young|merry|playful|lonely|proud|stubborn|silly|sleepy|
thoughtful|smart
""")

# How one feels when all went well, and when something went wrong.
GOOD_FEELINGS = choices("""
happy|glad|proud|joyful|cheerful|thankful|pleased|very happy|so happy|full of joy|delighted|very proud|so glad|
happy and tired|calm and happy|very pleased|grateful
""")
BAD_FEELINGS = choices("""
sad|worried|upset|unhappy|gloomy|troubled|miserable|disappointed|confused|anxious|sorry|desperate
""")
SAD_FEELINGS = choices("""
sad|very sad|unhappy|very unhappy|sorry|heartbroken|sad and tired|full of sorrow|miserable|sad and quiet|
sad and empty
""")

ELDERS = {
    "mother": "she",
    "father": "he",
    "grandmother": "she",
    "grandfather": "he",
    "aunt": "she",
    "uncle": "he",
    "mom": "she",
    "dad": "he",
    "grandma": "she",
    "grandpa": "he",
    "big sister": "she",
    "big brother": "he",
}
