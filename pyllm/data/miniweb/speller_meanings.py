"""What words mean, in the words of a small dictionary."""

from __future__ import annotations

# One word a line. What follows can end the sentence "It means ...".
DEFINITIONS = """
airplane: a machine with wings that flies
alarm: a bell or a sound that wakes or warns people
ambulance: a car that brings sick people to the hospital
anchor: a heavy piece of iron that keeps a ship in its place
ancient: very, very old
ankle: the part of the body between the foot and the leg
apple: a round fruit that grows on a tree and can be red, green or yellow
apron: a cloth that you wear over your clothes when you cook
aquarium: a glass box with water in which fish live
arrow: a thin stick with a point that is shot with a bow
artist: a person who paints, draws or makes beautiful things
astronaut: a person who travels into space
attic: the room under the roof
aunt: the sister of your father or mother
autumn: the season between summer and winter, when the leaves fall
avalanche: a lot of snow that comes down a mountain
baker: a person who makes bread and cakes
balance: to stay on your feet without falling
balloon: a thin bag that is filled with air
banana: a long yellow fruit that you peel
bandage: a strip of cloth that covers a cut
barn: a building on a farm for animals and hay
basket: something with a handle to carry things in
bath: a tub of water in which you wash yourself
beach: the land next to the sea, with sand or stones
bear: a large, strong animal with thick fur
beard: the hair on a man's cheeks and chin
beautiful: very nice to look at
bee: a small insect that makes honey
beggar: a person who asks others for money or food
believe: to think that something is true
belt: a band that keeps your trousers up
bicycle: something with two wheels that you ride with your feet
bitter: with a sharp taste, not sweet
blanket: a large warm cloth for a bed
blind: not able to see
blizzard: a storm with a lot of snow
blossom: the flower of a tree
boat: a small ship
boot: a high shoe
borrow: to take something for a short time and give it back later
bottle: a container of glass or plastic for something to drink
branch: an arm of a tree
brave: not afraid to do something hard
bread: food that is baked from flour and water
breakfast: the first meal of the day
breeze: a light wind
bridge: something that leads a road over a river
broom: a long stick with a brush at its end, for cleaning the floor
brush: a tool with hair on it for cleaning or painting
bucket: an open container with a handle, for carrying water
butcher: a person who sells meat
butter: a yellow food made from cream, which you put on bread
butterfly: an insect with large and colorful wings
button: a small round thing that closes a shirt
cabin: a small house of wood
cactus: a plant of the desert that is full of needles
calendar: a list of the days, weeks and months of the year
camel: a tall animal of the desert with one or two humps
camera: a thing that takes pictures
candle: a stick of wax that gives light when it burns
canoe: a narrow boat
captain: the person who leads a ship or a team
careful: doing things slowly and well, so that nothing goes wrong
carpenter: a person who makes things of wood
carrot: a long orange vegetable that grows in the ground
carry: to hold something and take it somewhere
cart: a wagon that is pulled by a horse or pushed by hand
castle: a large old building with thick walls and towers
cave: a hole in the side of a hill, or under the ground
celebrate: to do something special on a happy day
cellar: the room under a house
century: one hundred years
chain: rings of metal that hang together
chalk: a soft white stick that you write with on a board
cheap: not costing much money
cheerful: happy and showing it
cheese: a food made from milk
cherry: a small round red fruit with a stone inside
chest: a large strong box
chimney: the tall pipe through which smoke leaves a house
choose: to take one thing out of many
circle: a line that is round like a ring
city: a very large town
clap: to hit your hands together because you like something
clever: quick to learn and understand
cliff: a high and steep wall of rock
climb: to go up with your hands and feet
cloud: a white or gray thing in the sky from which rain falls
clown: a person who makes people laugh in a circus
coat: something warm that you wear over your other clothes
coin: a small round piece of metal that is used as money
collect: to bring many things of one kind together
comb: a thing with teeth for tidying your hair
compass: a thing that always shows where north is
cottage: a small house in the country
cough: to let air out of your throat with a loud sound
country: a land with its own government
courage: the strength to do something although you are afraid
cousin: a child of your aunt or uncle
cradle: a small bed for a baby
crawl: to move on your hands and knees
crooked: not straight
crown: a ring of gold that a king or queen wears on the head
cruel: liking to hurt others
cucumber: a long green vegetable for salads
cupboard: a piece of furniture with doors for plates and cups
curious: wanting to know or learn something
curtain: a cloth that hangs in front of a window
customer: a person who buys something in a shop
damp: a little wet
dance: to move to music
danger: something that can hurt you
dawn: the first light in the morning
decide: to make up your mind
deep: going far down
delicious: very good to eat or drink
dentist: a doctor for teeth
desert: a dry place with much sand and few plants
desk: a table at which you write or work
dessert: something sweet at the end of a meal
detective: a person who finds out what happened
diary: a book in which you write what you did each day
dictionary: a book that tells you what words mean and how they are spelled
disappear: to go away so that nobody can see it any more
discover: to find something that nobody knew before
dive: to jump into the water with your head first
doctor: a person who helps people who are sick
dolphin: a clever animal of the sea that looks like a large fish
donkey: an animal like a small horse with long ears
dragon: an animal of fairy tales that can fly and breathe fire
drawer: a box in a desk that you can pull out
dream: the pictures that you see while you sleep
duck: a bird that swims and says quack
eagle: a large bird that hunts and can see very well
early: before the usual time
earth: the planet that we live on
elbow: the place where your arm bends
elephant: a very large gray animal with a long trunk
empty: with nothing inside
enemy: a person who hates you or fights you
engineer: a person who plans and builds machines, roads or bridges
enormous: very, very big
envelope: the paper cover of a letter
eraser: a thing that takes away what you wrote with a pencil
escape: to get away from danger or from a place
evening: the end of the day, before the night
expensive: costing a lot of money
explain: to say something so that others understand it
explore: to go through a new place in order to learn about it
factory: a building where things are made
faithful: always staying with a friend
famous: known by many people
farmer: a person who grows plants or keeps animals
faucet: the thing from which water comes in the kitchen
feather: one of the light things that cover a bird
fence: a wall of wood or wire around a garden or a field
ferry: a ship that brings people and cars across the water
fever: being too hot because you are sick
fierce: wild and dangerous
fireplace: the place in a room where a fire burns
flag: a piece of cloth that stands for a country
float: to stay on top of the water
flood: a lot of water where it should be dry
flour: a white powder made from wheat, used for bread
flute: a long thin instrument that you blow into
fog: a cloud that lies near the ground
footprint: the mark that a foot leaves in the snow or sand
forest: a large place with many trees
forget: not to remember
forgive: to stop being angry with somebody
fountain: a place where water shoots up into the air
fox: a clever red animal that looks like a small dog
frame: the wood around a picture
freeze: to turn into ice
friend: a person whom you like and who likes you
frog: a small green animal that jumps and lives near the water
frost: thin white ice on a cold morning
furniture: the tables, chairs and beds of a house
garage: a house for a car
garden: a piece of land for flowers or vegetables
garlic: a small white plant with a strong smell, used in cooking
generous: glad to give things to others
gentle: soft and kind
ghost: something white and scary in old stories
giant: a very big and strong person in fairy tales
gift: something that you give to somebody
ginger: a root with a hot taste
giraffe: an animal with a very long neck
glacier: a river of ice
glove: a warm thing for your hand, with five fingers
glue: something sticky that holds two things together
goat: an animal with horns that gives milk
grape: a small round fruit that grows on a vine
grateful: glad about what somebody has done for you
greedy: always wanting more
greet: to say hello to somebody
guess: to give an answer without being sure
hammer: a tool for hitting nails
hamster: a small animal that keeps food in its cheeks
handsome: nice to look at
harbor: a safe place for ships
harvest: the time when fruit and grain are brought in
hawk: a bird that hunts small animals
health: how well your body is
heavy: hard to lift
hedge: a row of bushes around a garden
hedgehog: a small animal that is covered with needles
helicopter: a machine that flies with turning blades
helmet: a hard hat that keeps your head safe
hen: a bird on the farm that lays eggs
hero: a person who did something very brave
heron: a tall bird with long legs that eats fish
hollow: empty on the inside
honest: always telling the truth
honey: a sweet yellow food that bees make
horizon: the line where the sky meets the land or the sea
hospital: a house where sick people are made well
hotel: a house with rooms for travelers
hour: sixty minutes
hug: to put your arms around somebody
hungry: wanting something to eat
hunter: a person who catches or shoots animals
hurry: to do something fast
icicle: a long thin piece of ice that hangs from a roof
idea: a thought or a plan
imagine: to make a picture in your head
insect: a small animal with six legs
invent: to make something that did not exist before
invisible: impossible to see
invite: to ask somebody to come
island: land with water all around it
jacket: a short coat
jar: a glass container with a lid
jealous: unhappy because somebody has what you want
jewel: a beautiful and precious stone
journey: a long trip
judge: a person who decides in a court
juice: what you get when you press fruit
jungle: a thick forest in a hot country
kettle: a pot in which water is boiled
kick: to hit something with your foot
kitchen: the room where food is cooked
kite: a light toy that flies in the wind on a string
kitten: a young cat
knee: the place where your leg bends
knife: a tool for cutting
knight: a soldier of old times who rode on a horse
ladder: two long sides with steps between them, for climbing
lake: a large piece of water with land around it
lamb: a young sheep
lamp: a thing that gives light
language: the words that people of a country speak
laugh: to make a sound because something is funny
lazy: not wanting to work
lemon: a yellow fruit with a sour taste
lemonade: a drink made from lemons, water and sugar
library: a house full of books that you can borrow
lighthouse: a tower with a strong light that shows ships the way
lightning: a bright flash in the sky during a storm
lion: a large wild cat with a loud voice
lonely: sad because nobody is with you
loud: making a lot of noise
luck: good things that happen by chance
magician: a person who does tricks
map: a picture of a country or a town from above
market: a place where people buy and sell things
mattress: the soft thick part of a bed
mayor: the person who leads a town
meadow: a field of grass and flowers
measure: to find out how long or how heavy something is
medicine: something that you take to get well
melt: to turn from ice into water
midnight: twelve o'clock at night
minute: sixty seconds
mirror: a glass in which you can see yourself
mistake: something that is not right
mitten: a glove with one part for the thumb and one for all the fingers
monkey: an animal that climbs trees and has a long tail
month: about thirty days, one of the twelve parts of a year
mosquito: a small insect that bites
mountain: a very high hill
mouse: a very small animal with a long tail
museum: a house where old or beautiful things are shown
mushroom: a plant without leaves that looks like a small umbrella
musician: a person who plays an instrument
napkin: a cloth or paper with which you clean your mouth at the table
narrow: not wide
neck: the part of the body between the head and the shoulders
needle: a thin piece of metal for sewing
neighbor: a person who lives next door
nephew: the son of your brother or sister
nest: the home that a bird builds
niece: the daughter of your brother or sister
noise: a loud sound
notebook: a small book with empty pages to write in
nurse: a person who takes care of the sick
obey: to do what you are told
ocean: a very large sea
octopus: an animal of the sea with eight arms
onion: a round vegetable that makes you cry when you cut it
orchard: a garden with fruit trees
orphan: a child whose parents are dead
ostrich: a very large bird that runs fast and cannot fly
oven: the hot box in which bread and cakes are baked
owl: a bird with big eyes that flies at night
package: a box that is sent by mail
pajamas: clothes that you wear in bed
palace: the large house of a king or queen
parrot: a colorful bird that can learn to say words
pasture: a field of grass for animals
patient: able to wait without getting angry
peace: a time without war or fighting
pebble: a small round stone
pencil: a thin stick of wood that you write or draw with
penguin: a black and white bird that swims but cannot fly
pepper: a powder with a hot taste that is used like salt
pharmacy: a shop where medicine is sold
pillow: a soft thing under your head in bed
pilot: a person who flies an airplane
pirate: a person who robs ships at sea
planet: a large ball that travels around a star
pocket: a small bag in your clothes
polite: having good manners
poor: having very little money
pour: to let water run out of a cup or bottle
present: something nice that you give to somebody
prince: the son of a king or queen
princess: the daughter of a king or queen
promise: to say that you will surely do something
proud: pleased about something that you have done
puddle: a little water on the ground after the rain
pumpkin: a big round orange vegetable
puppy: a young dog
puzzle: a game in which you put pieces together
queen: a woman who rules a country
quick: fast
quiet: making very little noise
rabbit: a small animal with long ears and a short tail
raft: a flat boat made of logs
rainbow: a bow of colors in the sky when sun and rain meet
rare: not found or seen often
recipe: the rules for cooking a meal
reindeer: a large deer of the cold north
repair: to make something whole again
rescue: to save somebody from danger
restaurant: a place where you can buy a meal and eat it
ribbon: a long thin piece of cloth, used to tie things
rich: having a lot of money
river: a wide stream of water that flows to the sea
robber: a person who takes things from others by force
rocket: a machine that flies into space
roof: the top of a house
root: the part of a plant that is in the ground
rope: a very thick string
rude: not polite
ruler: a straight stick for drawing lines and measuring
sailor: a person who works on a ship
salt: white grains that make food taste better
sand: very small grains of stone, as on a beach
sandal: an open shoe for the summer
sandwich: two pieces of bread with something between them
saw: a tool with teeth for cutting wood
scarf: a long cloth that keeps your neck warm
school: a place where children learn
scissors: a tool with two blades for cutting paper
season: one of the four parts of the year
secret: something that only a few people know
seed: the small thing from which a plant grows
selfish: thinking only of yourself
shadow: the dark shape behind you when the sun shines
share: to give a part of what you have to others
shark: a large fish with many sharp teeth
sharp: able to cut well
sheep: an animal that gives us wool
shelf: a board on the wall for books and other things
shepherd: a person who takes care of sheep
shovel: a tool for digging
shy: afraid to speak to people
silent: without any sound
sister: a girl who has the same parents as you
sleepy: wanting to sleep
slippery: so smooth or wet that you may fall
snail: a slow little animal that carries its house on its back
sneeze: to let air out of your nose suddenly
soap: something that you wash your hands with
sour: with a taste like a lemon
spider: a small animal with eight legs that makes a web
spoon: a tool for eating soup
spring: the season after winter, when flowers begin to grow
squirrel: a small animal with a bushy tail that eats nuts
stable: a house for horses
stadium: a large place where people watch games
stamp: a small piece of paper that you put on a letter
starfish: an animal of the sea in the shape of a star
steep: going up or down very fast, like the side of a mountain
stir: to move a spoon around in a pot
storm: very bad weather with strong wind
stranger: a person whom you do not know
strong: able to lift heavy things
stubborn: not wanting to change your mind
submarine: a ship that can travel under water
subway: a train that runs under the city
suitcase: a box with a handle for your clothes when you travel
summer: the warmest season of the year
sunrise: the time when the sun comes up
sunset: the time when the sun goes down
supper: a meal in the evening
sweet: with a taste like sugar or honey
tail: the long part at the back end of an animal
tailor: a person who makes clothes
tame: not wild, and used to people
teacher: a person who helps others to learn
telescope: a long tube through which you look at the stars
tent: a house of cloth in which you can sleep outside
thief: a person who steals
thirsty: wanting something to drink
thread: a very thin string for sewing
throat: the front part of the neck
thumb: the short thick finger of your hand
thunder: the loud noise after lightning
ticket: a piece of paper that lets you ride on a train or see a show
tiger: a large wild cat with black stripes
tiny: very small
tired: needing rest or sleep
tomorrow: the day after today
towel: a cloth for drying yourself
tower: a building that is tall and narrow
tractor: a strong machine that works on a farm
treasure: gold, silver and other precious things
tunnel: a way under the ground or through a hill
turtle: a slow animal with a hard shell
twin: one of two children who were born on the same day
ugly: not nice to look at
umbrella: a thing that keeps you dry in the rain
uncle: the brother of your father or mother
uniform: clothes that are the same for all people of a group
useful: good for doing something
valley: the low land between two hills
vase: a jar for flowers
vegetable: a plant that we eat, like a carrot or a bean
village: a small group of houses in the country
violin: an instrument with four strings that is played with a bow
visit: to go and see somebody
volcano: a mountain that throws out fire and hot stones
wagon: a cart with four wheels
wallet: a small flat bag for money
warm: a little hot
watchman: a person who guards a place at night
waterfall: a place where a river falls down over rocks
weak: not strong
wealthy: having a lot of money
weather: the rain, wind and sun of a day
wedding: the day when two people marry
week: seven days
well: a deep hole from which people take water
whale: the largest animal in the sea
wheat: a plant from which flour is made
whisper: to speak very softly
whistle: to make a high sound with your lips
wild: living free, not kept by people
windmill: a mill that is turned by the wind
winter: the coldest season of the year
wise: knowing many things and deciding well
witch: a woman in fairy tales who can do magic
wolf: a wild animal that looks like a large dog
woodpecker: a bird that makes holes in trees with its bill
wool: the soft hair of a sheep
worm: a long thin animal without legs that lives in the ground
yard: the place around or behind a house
yawn: to open your mouth wide because you are tired
yesterday: the day before today
yogurt: a thick sour food made from milk
young: not old
zebra: an animal like a horse with black and white stripes
zero: the number that means nothing
"""
