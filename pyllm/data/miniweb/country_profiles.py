"""What more there is to tell of the familiar countries: landscape, weather, towns, sights, food, animals, sports.

Neighbours are named only among the familiar countries, so that the others stay rare.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """Lists of things about a country, each as it stands in a sentence.

    Attributes:
        neighbours: countries with a common border; may be empty.
        landscape: what there is: "high mountains", "wide plains".
        weather: how the weather is.
        rivers: rivers or lakes with their article; may be empty.
        cities: large cities besides the capital.
        sights: what visitors come to see.
        foods: what people eat and drink there.
        animals: wild animals, in the plural.
        makes: what it makes or sells, or is known for.
        sports: what many people play or watch.
    """

    neighbours: tuple[str, ...]
    landscape: tuple[str, ...]
    weather: tuple[str, ...]
    rivers: tuple[str, ...]
    cities: tuple[str, ...]
    sights: tuple[str, ...]
    foods: tuple[str, ...]
    animals: tuple[str, ...]
    makes: tuple[str, ...]
    sports: tuple[str, ...]


# A country and its neighbours, then a line for each further attribute, in the order above; a dash: there is nothing.
_PROFILES = """
Argentina: Brazil
the Andes in the west; wide grasslands called the Pampas; the windy plains of Patagonia
hot and wet in the north; cold and windy in the far south; mild around the capital
the Paraná; the Río de la Plata
Córdoba; Rosario; Mendoza; Salta
the Iguazú Falls; the Perito Moreno glacier; the old streets of San Telmo
grilled beef; empanadas; mate tea; sweets with caramel
pumas; penguins; guanacos; condors
beef; leather; wine; the tango
football; polo; rugby

Australia: -
red deserts in the middle; long sandy beaches; green forests in the east
hot and dry inland; tropical in the north; mild in the south
the Murray; the Darling
Sydney; Melbourne; Brisbane; Perth; Adelaide
the Sydney Opera House; the Great Barrier Reef; the red rock of Uluru
meat pies; grilled fish; lamb; fruit from the tropics
kangaroos; koalas; emus; wombats; platypuses
wool; coal; iron; wheat
cricket; rugby; swimming; surfing

Austria: Germany; Italy; Hungary
the Alps; deep green valleys; hills with vineyards in the east
cold and snowy in winter; warm in the valleys in summer
the Danube; the Inn
Graz; Linz; Salzburg; Innsbruck
the Schönbrunn Palace; the old town of Salzburg; the lakes of the Salzkammergut
schnitzel; apple strudel; dumplings; chocolate cake
chamois; marmots; golden eagles; red deer
music; skis; crystal glass; machines
skiing; football; hiking; ice hockey

Brazil: Argentina; Peru
the largest rainforest of the world; dry hills in the northeast; thousands of kilometres of beaches
hot and rainy in the Amazon; warm on the coast; cooler in the south
the Amazon; the São Francisco; the Paraná
São Paulo; Rio de Janeiro; Salvador; Fortaleza; Manaus
the statue of Christ above Rio de Janeiro; the Iguazú Falls; the carnival
black beans with rice; cheese bread; grilled meat; mangoes
jaguars; toucans; sloths; monkeys
coffee; sugar; soybeans; samba music
football; volleyball; surfing

Canada: the United States
endless forests; the Rocky Mountains in the west; thousands of lakes
very cold in winter; warm in the south in summer
the Mackenzie; the Saint Lawrence
Toronto; Montreal; Vancouver; Calgary; Quebec City
the Niagara Falls; Banff National Park; the old walls of Quebec City
pancakes with maple syrup; salmon; chips with cheese and gravy
moose; beavers; black bears; polar bears; wolves
maple syrup; wood; wheat; paper
ice hockey; lacrosse; skiing; curling

China: India; Russia; Vietnam
the highest mountains of the world; the Gobi desert; green rice fields in the south
cold and dry in the north; hot and wet in the south
the Yangtze; the Yellow River
Shanghai; Guangzhou; Shenzhen; Chengdu; Wuhan
the Great Wall; the Forbidden City; the clay soldiers of Xi'an
rice; noodles; dumplings; green tea; roast duck
giant pandas; golden monkeys; tigers; cranes
silk; tea; porcelain; telephones
table tennis; badminton; basketball

Cuba: -
green hills; fields of sugar cane; white beaches
warm all year; stormy in the autumn
the Cauto
Santiago de Cuba; Camagüey; Holguín; Trinidad
the old town of Havana; the valley of Viñales; the beaches of Varadero
black beans with rice; fried bananas; roast pork
hummingbirds; crocodiles; tiny frogs; turtles
sugar; coffee; music; old cars
baseball; boxing; dancing

Denmark: Germany
flat fields; more than four hundred islands; long sandy coasts
mild and windy; cool in summer; wet in autumn
the Gudenå
Aarhus; Odense; Aalborg; Esbjerg
the statue of the Little Mermaid; the Tivoli Gardens; the castle of Kronborg
rye bread with fish; meatballs; pastries; butter biscuits
hares; deer; seals; storks
toy bricks; windmills; bacon; furniture
football; handball; cycling; sailing

Egypt: -
the Sahara desert; the green valley of the Nile; the mountains of Sinai
hot and dry; mild in winter; almost without rain
the Nile
Alexandria; Giza; Luxor; Aswan
the pyramids of Giza; the temples of Luxor; the coral reefs of the Red Sea
flat bread; beans; lentils with rice; dates
camels; crocodiles; ibises; desert foxes
cotton; dates; papyrus; oranges
football; squash; handball

Ethiopia: Kenya
high green mountains; deep valleys; a burning hot desert in the northeast
cool in the mountains; hot in the lowlands; rainy in July and August
the Blue Nile; the Awash; Lake Tana
Gondar; Bahir Dar; Mekelle; Hawassa
the churches of Lalibela, cut out of rock; the castles of Gondar; the falls of the Blue Nile
flat sour bread called injera; spicy stews; coffee; honey wine
Ethiopian wolves; gelada monkeys; ibexes; hyenas
coffee; flowers; honey; leather
running; football; volleyball

Finland: Norway; Sweden; Russia
deep forests; thousands of lakes; round hills in the north
very cold in winter; mild and bright in summer
the Kemijoki; Lake Saimaa
Espoo; Tampere; Turku; Oulu
the sea fortress of Suomenlinna; the northern lights; the wooden churches
rye bread; salmon soup; blueberries; potatoes
reindeer; brown bears; elks; seals; swans
paper; ships; glass; telephones
ice hockey; skiing; skating; running

France: Spain; Italy; Germany
broad fields in the north; the Alps and the Pyrenees in the south; long beaches in the west
mild in the west; hot in summer in the south; snowy in the mountains
the Seine; the Loire; the Rhône
Marseille; Lyon; Toulouse; Nice; Bordeaux
the Eiffel Tower; the palace of Versailles; the Louvre museum; the castles of the Loire
long loaves of bread; cheese; onion soup; pancakes; pastries
wild boars; deer; flamingos; wild white horses
wine; perfume; cheese; fashion; aeroplanes
football; cycling; rugby; tennis

Germany: France; Austria; Denmark; the Netherlands; Poland
flat land in the north; dark forests; the Alps in the far south
cool and cloudy in the north; warm in summer; cold in winter
the Rhine; the Elbe; the Danube
Hamburg; Munich; Cologne; Frankfurt; Dresden
the Brandenburg Gate; the cathedral of Cologne; the castle of Neuschwanstein
sausages; bread rolls; potato salad; pretzels; plum cake
red foxes; wild boars; deer; hedgehogs
cars; machines; clocks; beer; music
football; handball; gymnastics; cycling

Greece: Turkey
rocky mountains; hundreds of islands; olive groves by the sea
hot and dry in summer; mild and rainy in winter
the Aliakmonas
Thessaloniki; Patras; Heraklion; Larissa
the Acropolis; the theatre of Epidaurus; the white houses of Santorini
olives; sheep's cheese; grilled lamb; yoghurt with honey; fresh fish
sea turtles; goats; pelicans; dolphins
olive oil; ships; honey; old plays
football; basketball; swimming; running

Hungary: Austria; Ukraine
a wide plain; low hills; the largest lake of Central Europe
hot in summer; cold in winter; sunny for much of the year
the Danube; the Tisza; Lake Balaton
Debrecen; Szeged; Pécs; Győr
the parliament by the Danube; the warm baths; the castle hill of Buda
goulash; fish soup; chimney cake; stuffed cabbage
storks; grey cattle; deer; great bustards
paprika; sausages; the puzzle cube; porcelain
water polo; football; fencing; swimming

India: China
the Himalayas in the north; the wide plain of the Ganges; palm coasts in the south
hot for most of the year; very rainy in the monsoon; cold in the high mountains
the Ganges; the Brahmaputra; the Godavari
Mumbai; Kolkata; Chennai; Bengaluru; Hyderabad
the Taj Mahal; the Red Fort; the temples of the south; the palaces of Jaipur
rice; lentils; flat bread; spicy vegetables; sweet milk tea
tigers; elephants; peacocks; monkeys
tea; cotton; spices; films; jewels
cricket; field hockey; badminton; kabaddi

Indonesia: -
thousands of islands; smoking volcanoes; rice terraces; rainforests
hot and wet all year; cooler in the mountains
the Kapuas; the Mahakam; Lake Toba
Surabaya; Bandung; Medan; Yogyakarta
the temple of Borobudur; the beaches of Bali; the volcano of Bromo
fried rice; satay with peanut sauce; coconut; bananas
orangutans; Komodo dragons; rhinoceroses; birds of paradise
spices; rubber; palm oil; batik cloth; coffee
badminton; football; volleyball

Iran: Turkey
salt deserts; snowy mountains; green woods by the Caspian Sea
hot and dry in the desert; cold in winter in the mountains
the Karun; Lake Urmia
Mashhad; Isfahan; Shiraz; Tabriz
the ruins of Persepolis; the blue mosques of Isfahan; the gardens of Shiraz
rice with saffron; kebabs; pistachios; pomegranates; flat bread
cheetahs; gazelles; wild sheep; leopards
carpets; saffron; pistachios; oil; poems
wrestling; football; volleyball; chess

Ireland: the United Kingdom
green meadows; stone walls; high cliffs over the Atlantic
mild and rainy; windy in the west
the Shannon; the Liffey
Cork; Limerick; Galway; Waterford
the Cliffs of Moher; the old library of Trinity College; the Ring of Kerry
lamb stew; potatoes; soda bread; salmon
red deer; hares; seals; puffins
butter; wool; folk music; horses
hurling; Gaelic football; rugby; horse racing

Italy: France; Austria
the Alps in the north; hills with olive trees; two large islands
warm and sunny in the south; foggy in winter in the north; hot in summer
the Po; the Tiber; the Arno; Lake Garda
Milan; Naples; Turin; Florence; Venice
the Colosseum; the leaning tower of Pisa; the canals of Venice; the ruins of Pompeii
pizza; pasta; ice cream; cheese; tomatoes
wolves; ibexes; marmots; wild boars
fashion; fast cars; shoes; paintings; opera
football; cycling; volleyball; motor racing

Japan: -
thousands of islands; steep mountains; volcanoes; rice fields
snowy in the north; warm and damp in the south; rainy in June
the Shinano; the Tone; Lake Biwa
Osaka; Kyoto; Yokohama; Nagoya; Sapporo
the temples of Kyoto; the castle of Himeji; the cherry trees in bloom
rice; raw fish; noodle soup; green tea; seaweed
snow monkeys; sika deer; cranes; black bears
cars; cameras; comics; robots; video games
baseball; sumo wrestling; judo; football

Kenya: Ethiopia
wide grasslands; the Great Rift Valley; a warm coast with palms
hot on the coast; cool in the highlands; dry in the north
the Tana; Lake Turkana; Lake Victoria
Mombasa; Kisumu; Nakuru; Eldoret
the great march of the wildebeest; the lakes full of flamingos; the old town of Lamu
maize porridge; beans; grilled goat; sweet milk tea
lions; elephants; giraffes; zebras; cheetahs
tea; coffee; roses; fast runners
running; football; rugby

Mexico: the United States
dry high plains; volcanoes; jungles in the south; deserts in the north
hot on the coasts; mild in the highlands; rainy in summer
the Rio Grande; the Usumacinta; Lake Chapala
Guadalajara; Monterrey; Puebla; Mérida
the pyramids of Teotihuacán; the temples of the Maya; the floating gardens of Xochimilco
maize pancakes; beans; chilli peppers; avocados; chocolate
monarch butterflies; jaguars; iguanas; axolotls
silver; maize; avocados; guitars
football; boxing; baseball; wrestling

Morocco: -
the Atlas Mountains; the edge of the Sahara; long Atlantic beaches
hot and dry in the south; mild on the coast; snowy in the high mountains
the Draa; the Sebou
Casablanca; Marrakesh; Fez; Tangier; Agadir
the old market of Marrakesh; the leather yards of Fez; the blue houses of Chefchaouen
couscous; stews cooked in clay pots; mint tea; dates; oranges
Barbary monkeys; camels; storks; desert foxes
carpets; leather; oranges; pottery
football; running; horse riding

the Netherlands: Germany
flat meadows; canals; land below the level of the sea; dunes
mild and rainy; windy near the sea
the Rhine; the Meuse; the IJssel
Rotterdam; The Hague; Utrecht; Eindhoven; Groningen
the canal houses; the windmills of Kinderdijk; the tulip gardens; the Rijksmuseum
cheese; herring; pea soup; small pancakes; waffles with syrup
herons; hares; seals; black-and-white cows
tulips; cheese; bicycles; paintings
football; skating; cycling; field hockey

Norway: Sweden; Finland; Russia
deep fjords; snowy mountains; thousands of islands
mild on the coast; very cold inland in winter; bright all night in the northern summer
the Glomma; Lake Mjøsa
Bergen; Trondheim; Stavanger; Tromsø
the Geirangerfjord; the wooden houses of Bergen; the northern lights; the stave churches
salmon; brown cheese; cod; waffles with jam
reindeer; elks; Arctic foxes; sea eagles; whales
fish; oil; ships; wool jumpers
skiing; football; ice skating; biathlon

Peru: Brazil
the high Andes; the rainforest of the Amazon; a dry coast
cold in the mountains; hot in the rainforest; cloudy on the coast
the Ucayali; the Marañón; Lake Titicaca
Arequipa; Trujillo; Cusco; Iquitos
the old city of Machu Picchu; the Nazca lines; the reed islands of Lake Titicaca
potatoes of many kinds; raw fish with lime; maize; grilled chicken
llamas; alpacas; condors; pink river dolphins
silver; copper; wool; potatoes
football; volleyball; surfing

Poland: Germany; Ukraine; Russia
wide plains; many lakes in the northeast; mountains in the south
cold in winter; warm in summer; windy by the Baltic Sea
the Vistula; the Oder; the Warta
Kraków; Łódź; Wrocław; Gdańsk; Poznań
the old town of Kraków; the salt mine of Wieliczka; the castle of Malbork
filled dumplings; beetroot soup; sausages; cabbage stew; poppy-seed cake
bison; storks; wolves; elks
amber; coal; ships; piano music
football; volleyball; ski jumping; speedway

Portugal: Spain
cork woods; sunny beaches; steep river valleys; green islands in the Atlantic
mild and rainy in the north; hot and dry in the south
the Tagus; the Douro
Porto; Braga; Coimbra; Faro
the tower of Belém; the yellow trams; the wine cellars of Porto; the cliffs of the Algarve
dried cod; grilled sardines; custard tarts; cabbage soup
wild horses; storks; lynxes; dolphins
cork; wine; painted tiles; sardines
football; surfing; roller hockey

Russia: Ukraine; Finland; Norway; China; Poland
endless forests; wide grasslands; the Ural Mountains; frozen plains in the north
very cold in winter; short and warm in summer
the Volga; the Ob; the Lena; Lake Baikal
Saint Petersburg; Novosibirsk; Kazan; Yekaterinburg
the Kremlin; the Hermitage museum; the long railway through Siberia
beetroot soup; pancakes; dumplings; black bread; tea with jam
brown bears; tigers; sables; reindeer; wolves
oil; gas; ballet; nesting dolls; furs
ice hockey; chess; football; gymnastics

Saudi Arabia: -
sand deserts; rocky mountains in the west; oases with palms
very hot and dry; cold at night in the desert
-
Jeddah; Mecca; Medina; Dammam
the rock tombs of Hegra; the mosques of Mecca and Medina; the coral reefs of the Red Sea
rice with lamb; dates; flat bread; coffee with cardamom
camels; oryxes; falcons; sand cats
oil; dates; perfumes
football; camel racing; falconry

South Korea: -
green mountains; thousands of small islands; narrow valleys with rice fields
cold and dry in winter; hot and rainy in summer
the Han; the Nakdong
Busan; Incheon; Daegu; Gwangju
the royal palaces; the volcanic island of Jeju; the temples of Gyeongju
pickled cabbage; rice; grilled beef; noodles; seaweed soup
magpies; water deer; cranes; raccoon dogs
ships; cars; telephones; pop music; television films
football; baseball; archery; taekwondo

Spain: France; Portugal
dry high plains; the Pyrenees; sunny coasts; the Canary Islands
hot and dry in the south; rainy in the north; cold in winter on the plains
the Ebro; the Tagus; the Guadalquivir
Barcelona; Valencia; Seville; Zaragoza; Bilbao
the Alhambra; the church of the Sagrada Família; the Prado museum
rice with seafood; ham; potato omelette; olives; oranges
lynxes; wolves; flamingos; black bulls
olive oil; oranges; wine; guitars; flamenco
football; basketball; tennis; cycling

Sweden: Norway; Finland
deep forests; thousands of lakes; rocky islands off the coast; mountains in the north
cold and snowy in winter; mild in the south; light all night in the northern summer
the Göta; Lake Vänern; Lake Vättern
Gothenburg; Malmö; Uppsala; Västerås
the old ship Vasa; the ice hotel; the old town on its island
meatballs; cinnamon buns; herring; crispbread; lingonberry jam
elks; reindeer; lynxes; brown bears
furniture; steel; cars; paper; pop songs
ice hockey; football; skiing; handball

Thailand: -
green rice plains; jungle mountains; islands with white beaches
hot all year; very rainy from June to October
the Chao Phraya; the Mekong; the Mun
Chiang Mai; Pattaya; Phuket; Hat Yai
the Grand Palace; the floating markets; the old capital Ayutthaya
rice; noodles with peanuts; coconut curry; mangoes
elephants; gibbons; hornbills; monitor lizards
rice; silk; rubber; fruit
Thai boxing; football; badminton

Turkey: Greece; Iran
high dry plains; mountains in the east; long warm coasts
hot in summer on the coast; cold and snowy in the east in winter
the Euphrates; the Tigris; the Kızılırmak; Lake Van
Istanbul; Izmir; Bursa; Antalya; Adana
the Hagia Sophia; the rock houses of Cappadocia; the ruins of Ephesus
kebabs; flat bread; yoghurt; stuffed vine leaves; sweet pastry with nuts
sea turtles; bears; goats; storks
carpets; hazelnuts; tea; cotton
wrestling; football; basketball; volleyball

Ukraine: Poland; Russia; Hungary
wide fields of black soil; the Carpathian Mountains in the west; the coast of the Black Sea
cold in winter; warm and sunny in summer
the Dnipro; the Dniester; the Southern Bug
Kharkiv; Odesa; Lviv; Dnipro
the Saint Sophia Cathedral; the opera of Odesa; the old market square of Lviv
beetroot soup; filled dumplings; dark bread; honey
storks; wild horses; bison; wolves
wheat; sunflower oil; steel; painted eggs
football; boxing; athletics; chess

the United Kingdom: Ireland
green hills; moors in the north; white cliffs; long coasts
mild and rainy; windy in Scotland
the Thames; the Severn; Loch Ness
Birmingham; Manchester; Glasgow; Edinburgh; Cardiff; Belfast
Tower Bridge; Stonehenge; Big Ben; the castle of Edinburgh
fish and chips; roast beef; scones with jam; tea with milk
red squirrels; badgers; puffins; hedgehogs
tea; wool; detective novels; pop music
football; cricket; rugby; tennis; golf

the United States: Canada; Mexico
wide prairies; the Rocky Mountains; deserts in the southwest; long coasts on two oceans
hot in the south; very cold in Alaska; mild on the west coast
the Mississippi; the Missouri; the Colorado; the Great Lakes
New York; Los Angeles; Chicago; Houston; San Francisco
the Statue of Liberty; the Grand Canyon; the Golden Gate Bridge; Yellowstone National Park
hamburgers; apple pie; maize bread; pancakes; turkey
bald eagles; bison; alligators; grizzly bears; raccoons
films; computers; wheat; jazz; aeroplanes
baseball; basketball; American football; ice hockey

Vietnam: China
green mountains in the north; flat river deltas; a long coast
hot and wet in the south; cool in winter in the north
the Mekong; the Red River
Ho Chi Minh City; Da Nang; Haiphong; Hue
the islands of Ha Long Bay; the old town of Hoi An; the emperors' palace in Hue
noodle soup; rice; spring rolls; strong coffee with sweet milk
langurs; water buffaloes; elephants; turtles
rice; coffee; pepper; shoes
football; badminton; shuttlecock kicking
"""


def _read() -> dict[str, Profile]:
    profiles = {}
    for entry in _PROFILES.strip().split("\n\n"):
        name, _, lists = entry.partition(": ")
        fields = (() if one == "-" else tuple(one.split("; ")) for one in lists.split("\n"))
        profiles[name.removeprefix("the ")] = Profile(*fields)
    return profiles


PROFILES = _read()
