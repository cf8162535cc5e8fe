"""How the encyclopedia words a fact. Every template is a sentence of its own, so that any of them may follow another.

Wordings without the name are in pyllm.data.miniweb.encyclopedia_asides.

Slots: {c} the country in a sentence, {C} at its beginning, {cs} and {Cs} its possessive, {a} its adjective, {cap},
{lang}, {cur} "the yen", {Cur} "The yen", {curs} several of it, {region}, {pop}, {peak}, {m} its metres. Alternatives
stand in parentheses: see pyllm.data.miniweb.wording.
"""

from __future__ import annotations

CAPITAL = (
    "The capital of {c} is {cap}.",
    "{cap} is the capital of {c}.",
    "{C} has its capital in {cap}.",
    "{Cs} capital is {cap}.",
    "The capital city of {c} is called {cap}.",
    "In {c}, the capital city is {cap}.",
    "The {a} capital is {cap}.",
    "When people speak of the {a} capital, they mean {cap}.",
    "The name of {cs} capital is {cap}.",
    "{C} is a country whose capital is {cap}.",
    "(Many visitors to|Many journeys through|Most guided tours of) {c} begin in the capital, {cap}.",
    "As the capital of {c}, {cap} (has museums, schools and many offices|is full of offices, schools and shops).",
    "(Every child|Everybody) in {c} (knows|learns early) that {cap} is the capital.",
    "Maps of {c} mark {cap}, the capital, with a (star|square|red dot).",
    "{cap} has been the capital of {c} for a long time.",
    "(Which city is the capital of {c}? It|What is the capital of {c} called? It) is {cap}.",
)

LANGUAGE = (
    "People in {c} speak {lang}.",
    "The main language of {c} is {lang}.",
    "Most people in {c} speak {lang}.",
    "{lang} is the main language of {c}.",
    "In {c}, people speak {lang}.",
    "The language that you hear most in {c} is {lang}.",
    "If you travel to {c}, you will hear {lang} in the streets.",
    "(Someone|Anyone|A person) who wants to live in {c} should learn {lang}.",
    "The people of {c} talk to each other in {lang}.",
    "To ask (for the way|for help|a question) in {c}, it helps to know some {lang}.",
    "The language of {c} is {lang}.",
    "Most children in {c} (grow up with|learn) {lang}.",
    "You can hear {lang} in the (shops|markets|cafés) of {c}.",
    "{C} is a country where people speak {lang}.",
    "{lang} is the language of most people in {c}.",
    "(What do people speak in {c}? They speak|Which language do people use in {c}? Most of them use) {lang}.",
)

CURRENCY = (
    "The currency of {c} is {cur}.",
    "People in {c} pay with {cur}.",
    "In {c}, people pay in {curs}.",
    "{Cur} is the currency of {c}.",
    "The money of {c} is called {cur}.",
    "{C} uses {cur} as its money.",
    "Shops in {c} show their prices in {curs}.",
    "If you go shopping in {c}, you need {curs}.",
    "Before a journey to {c}, travellers change their money into {curs}.",
    "The banks of {c} pay out {curs}.",
    "Money in {c} is counted in {curs}.",
    "(At a market|In a bakery|In a bookshop) in {c} you pay with {curs}.",
    "When you buy a (train ticket|newspaper|cup of tea) in {c}, the price is in {curs}.",
    "In {c}, everything from bread to bicycles is paid for in {curs}.",
    "Somebody who earns money in {c} is paid in {curs}.",
    "(What do people in {c} pay with? With|Which money does one need in {c}? One needs) {cur}.",
)

CAPITAL_AND_LANGUAGE = (
    "{cap} is the capital of {c}, and {lang} is the language that people there speak.",
    "In {cap}, the capital of {c}, people speak {lang}.",
    "The capital of {c} is {cap}, and its main language is {lang}.",
    "{C}, with {cap} as its capital, is a country of {lang} speakers.",
)

CAPITAL_AND_CURRENCY = (
    "{C} has {cap} as its capital and {cur} as its currency.",
    "The capital of {c} is {cap}, and its currency is {cur}.",
    "In {cap}, the capital of {c}, people pay in {curs}.",
    "{cap} is the capital of {c}, where people pay with {cur}.",
)

LANGUAGE_AND_CURRENCY = (
    "People in {c} speak {lang} and pay with {cur}.",
    "The language of {c} is {lang}, and its money is {cur}.",
    "In {c} one speaks {lang} and pays in {curs}.",
    "(Travellers|Visitors) to {c} need a few words of {lang} and some {curs}.",
)

ALL_THREE = (
    "In {c}, whose capital is {cap}, people speak {lang} and pay with {cur}.",
    "The capital of {c} is {cap}, its main language is {lang}, and its currency is {cur}.",
    "In {cap}, the capital of {c}, you hear {lang} and pay in {curs}.",
    "{C} has {cap} as its capital, {lang} as its main language and {cur} as its currency.",
    "{cap} is the capital of {c}; people there speak {lang} and pay in {curs}.",
    "From {cap}, its capital, to its smallest village, people in {c} speak {lang} and pay in {curs}.",
)

REGION = (
    "{C} is a country in {region}.",
    "{C} lies in {region}.",
    "{C} is one of the countries of {region}.",
    "On a map, one finds {c} in {region}.",
    "{C} belongs to {region}.",
)

POPULATION = (
    "About {pop} people live in {c}.",
    "{C} has about {pop} inhabitants.",
    "The population of {c} is about {pop}.",
    "{C} is home to about {pop} people.",
    "If one counted everybody in {c}, one would come to about {pop} people.",
)

PEAK = (
    "The highest point of {c} is {peak}, at {m} metres.",
    "{peak}, {m} metres above the sea, is the highest point of {c}.",
    "Nothing in {c} is higher than {peak}, which reaches {m} metres.",
    "At {m} metres, {peak} is the highest point of {c}.",
    "Whoever stands on {peak}, at {m} metres, stands on the highest point of {c}.",
)

# Of the familiar countries' profiles: {things} is a list as a sentence has it.
NEIGHBOURS = (
    "Among the neighbours of {c}, one finds {things}.",
    "{C} has a border with {things}.",
    "By land one can travel from {c} to {things}.",
)

LANDSCAPE = (
    "The landscape of {c} has many faces: there are {things}.",
    "Someone who crosses {c} will see {things}.",
    "{C} is known for {things}.",
    "Nature has given {c} {things}.",
)

WEATHER = (
    "The weather in {c} is {things}.",
    "In {c}, it is {things}.",
    "(As for|Turning to) the weather, {c} is {things}.",
)

RIVERS = (
    "Among the (great|well-known) waters of {c}, one finds {things}.",
    "On the map of {c}, one quickly finds {things}.",
    "Fishermen and sailors in {c} know {things} well.",
)

CITIES = (
    "Other large cities in {c} are {things}.",
    "Besides the capital, {c} has large cities such as {things}.",
    "Many people in {c} live in cities like {things}.",
    "Well-known cities of {c} are {things}, but (none of them|not one of these) is the capital.",
)

SIGHTS = (
    "Visitors come to {c} to see {things}.",
    "Among the sights of {c} are {things}.",
    "(Guidebooks about|Travellers to) {c} (praise|speak well of) {things}.",
    "In {c}, do not miss {things}.",
)

FOODS = (
    "People in {c} like to eat and drink: {things} are found on many tables.",
    "Typical of {a} cooking are {things}.",
    "A guest in {c} will soon be offered {things}.",
    "In {a} kitchens, one finds {things}.",
)

ANIMALS = (
    "Among the animals of {c} are {things}.",
    "(With some luck|With patience), one can watch {things} in {c}.",
    "{C} is a home for {things}.",
)

MAKES = (
    "{C} is known in other countries for {things}.",
    "When they think of {c}, many people think of {things}.",
    "From {c}, the world gets {things}.",
)

SPORTS = (
    "Popular sports in {c} are {things}.",
    "On Sundays, many people in {c} play or watch {things}.",
    "Children in {c} enjoy {things}.",
)

# Sentences that tell of no fact; some slots stand in them too.
OPENINGS = (
    "This page tells you (a little|something|the most important things) about {c}.",
    "Here is (a short look at|a short portrait of|what one should know about) {c}.",
    "How do people live in {c}? (This article|The following page) gives (some|a few) answers.",
    "Whoever looks at a map of the world will sooner or later find {c}.",
    "There is much to tell about {c}, so let us begin with the most important things.",
    "Our readers have asked us to write about {c}, and we are happy to do so.",
    "{C} is a country with a long story and many customs.",
)
