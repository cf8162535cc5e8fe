"""Who and what the stories are about: names, animals, things, places, feelings."""

from __future__ import annotations

from pyllm.data.miniweb.wording import choices

BOYS = choices("""
Adam|Alex|Arthur|Ben|Billy|Bobby|Bruno|Carl|Charlie|Colin|Dan|David|Dylan|Eddie|Eli|Felix|
Finn|Frank|Fred|George|Gus|Hank|Harry|Henry|Hugo|Ian|Isaac|Jack|Jacob|Jake|James|Jim|Joe|
John|Josh|Kevin|Leo|Liam|Louis|Lucas|Luke|Mark|Martin|Matt|Max|Mike|Milo|Nathan|Ned|Nick|
Noah|Oliver|Oscar|Otto|Owen|Paul|Peter|Ralph|Ray|Ron|Sam|Simon|Spencer|Steve|Ted|Theo|
Tim|Toby|Tom|Tony|Victor|Walter|Zack
""")

GIRLS = choices("""
Abby|Alice|Amy|Anna|Annie|Bella|Betty|Bonnie|Cara|Carol|Clara|Cora|Daisy|Diana|Dora|Ella|
Ellie|Emily|Emma|Eva|Fay|Fiona|Flora|Gina|Grace|Greta|Hannah|Hazel|Heidi|Helen|Holly|Ida|Iris|
Ivy|Jane|Jenny|Jill|Josie|Julia|Kate|Katie|Kim|Laura|Lily|Lisa|Lola|Lucy|Luna|Maggie|Mary|
Maya|Mia|Milly|Mimi|Molly|Nancy|Nell|Nina|Nora|Olive|Olivia|Penny|Pia|Polly|Rita|Rosa|Rosie|
Ruby|Ruth|Sally|Sara|Sophie|Stella|Sue|Susie|Tess|Tina|Vera|Violet|Wendy|Zoe
""")

# Animals and other beings that can be a story's hero: they walk, talk and live in houses, as in all such books.
CREATURES = choices("""
ant|badger|bat|bear|beaver|bee|beetle|bunny|calf|camel|cat|chick|chicken|chipmunk|cow|crab|cricket|crow|deer|dog|
donkey|dove|dragon|duck|duckling|elephant|elf|fairy|fox|frog|giraffe|goat|goose|hamster|hedgehog|hen|hippo|horse|
kangaroo|kitten|koala|ladybug|lamb|lion|lizard|llama|mole|monkey|mouse|otter|owl|panda|parrot|penguin|pig|piglet|pony|
puppy|rabbit|raccoon|rat|robin|robot|rooster|seal|sheep|skunk|snail|sparrow|spider|squirrel|swan|tiger|toad|turtle|
wolf|zebra
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
ball|doll|teddy bear|toy train|toy car|toy boat|wooden horse|puppet|toy robot|toy duck|top|
toy truck|yo-yo|toy airplane|toy dinosaur|whistle|toy drum|toy lion|marble|toy bus
"""),
        (*COLORS, "little", "new", "old", "shiny"),
    ),
    "flyer": (
        choices("kite|balloon|ball|paper plane|toy airplane|frisbee|cap|scarf"),
        (*COLORS, "new", "big", "little"),
    ),
    "breakable": (
        choices("vase|cup|plate|bowl|lamp|clock|mirror|teapot|jar|flower pot|mug|pitcher|glass bell"),
        (*COLORS, "old", "pretty", "big", "beautiful"),
    ),
    "food": (
        choices("""
cake|pie|loaf of bread|bag of cookies|bowl of berries|pizza|melon|sandwich|chocolate bar|
basket of cherries|bag of nuts|honey cake|plate of pancakes|bunch of grapes|bag of popcorn|jar of honey|
pear|peach
"""),
        choices("big|sweet|fresh|nice|tasty|large|lovely|huge"),
    ),
    "wearable": (
        choices("""
hat|scarf|cap|sweater|coat|raincoat|ribbon|backpack|jacket|bow tie|crown|cape|apron|necklace
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
sunflower|pumpkin|rose|tomato plant|apple tree|bean plant|strawberry plant|tulip|cherry tree|daisy|
lemon tree|carrot|cabbage|melon
"""),
        choices("big|tall|beautiful|fine|pretty|huge|wonderful"),
    ),
    "small animal": (
        choices("""
bird|kitten|puppy|duckling|mouse|frog|turtle|squirrel|butterfly|hedgehog|robin|bat|lamb|rabbit
"""),
        choices("little|tiny|baby|small|white|brown|gray|hurt"),
    ),
    "pet": (
        choices("puppy|kitten|dog|cat|hamster|parrot|goat|lamb|duck|turtle|pony|rabbit"),
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
        choices("ring|watch|coin|purse|necklace|key|wallet|bracelet|silver bell|pearl"),
        choices("golden|shiny|pretty|old|little|bright|heavy"),
    ),
    "magic": (
        choices("stone|lamp|ring|feather|shell|mirror|wand|bottle|coin|flute"),
        choices("magic|shiny|strange|golden|glowing|blue|silver"),
    ),
    "gift": (
        choices("""
card|picture|necklace|paper crown|bracelet|scarf|clay pot|painting|wooden box|paper flower|bookmark
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
basket of apples|jar of honey|pot of soup|bottle of milk|basket of eggs|loaf of bread|jar of jam|
box of tea|basket of pears|bag of flour
"""),
        choices("big|fresh|heavy|nice|large|full"),
    ),
    "egg": (("egg",), choices("blue|white|brown|green|speckled|big|tiny|large|golden|spotted")),
    "lure": (
        choices("butterfly|firefly|bird|squirrel|dragonfly|rabbit|light|feather|deer|fox"),
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
        choices("pie|cake|jam tart|apple cake|honey cake|plum pie|loaf of bread|nut cake|cheesecake"),
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
