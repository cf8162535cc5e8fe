"""Wordings for sentences that follow others on the same country, and so need not repeat its name.

Slots as in pyllm.data.miniweb.encyclopedia_wordings, and {land} "the country", "the kingdom", {Land} at the beginning.
Capital, language and currency have no such wordings: those facts always stand beside the name.
"""

from __future__ import annotations

# What else one may call a country, by its in_text; the others are "the country" or "the land".
KINGDOMS = (
    *("Denmark", "Morocco", "the Netherlands", "Norway", "Saudi Arabia", "Spain", "Sweden", "Thailand"),
    "the United Kingdom",
)
REPUBLICS = (
    *("Argentina", "Austria", "Brazil", "Cuba", "Egypt", "Finland", "France", "Germany", "Greece", "India", "Iran"),
    *("Indonesia", "Ireland", "Italy", "Kenya", "Mexico", "Peru", "Poland", "Portugal", "South Korea", "Turkey"),
    *("Ukraine", "Vietnam", "China"),
)

REGION = (
    "It is a country in {region}.",
    "It lies in {region}.",
    "On a map, one finds it in {region}.",
    "{Land} belongs to {region}.",
)

# Not "there": the sentence before may tell of the capital.
POPULATION = (
    "About {pop} people live in {land}.",
    "{Land} has about {pop} inhabitants.",
    "The population of {land} is about {pop}.",
    "{Land} is home to about {pop} people.",
    "If one counted everybody in {land}, one would come to about {pop} people.",
)

PEAK = (
    "The highest point of {land} is {peak}, at {m} metres.",
    "{peak}, {m} metres above the sea, is the highest point of {land}.",
    "Nothing in {land} is higher than {peak}, which reaches {m} metres.",
    "At {m} metres, {peak} is the highest point of {land}.",
    "Whoever stands on {peak}, at {m} metres, looks down on the rest of {land}.",
)

NEIGHBOURS = (
    "Among its neighbours, one finds {things}.",
    "{Land} has a border with {things}.",
    "By land one can travel from there to {things}.",
)

LANDSCAPE = (
    "The landscape has many faces: there are {things}.",
    "Someone who crosses {land} will see {things}.",
    "{Land} is known for {things}.",
    "Nature has given it {things}.",
)

WEATHER = (
    "The weather there is {things}.",
    "In most years, it is {things}.",
    "(As for|Turning to) the weather, it is {things}.",
)

RIVERS = (
    "Among its (great|well-known) waters, one finds {things}.",
    "On the map, one quickly finds {things}.",
    "Fishermen and sailors know {things} well.",
)

CITIES = (
    "Other large cities are {things}.",
    "Besides the capital, there are large cities such as {things}.",
    "Many people live in cities like {things}.",
    "Well-known cities are {things}, but (none of them|not one of these) is the capital.",
)

SIGHTS = (
    "Visitors come to see {things}.",
    "Among the sights are {things}.",
    "(Guidebooks|Travellers) (praise|speak well of) {things}.",
    "Do not miss {things}.",
)

FOODS = (
    "People like to eat and drink: {things} are found on many tables.",
    "Typical of the cooking there are {things}.",
    "A guest will soon be offered {things}.",
    "In its kitchens, one finds {things}.",
)

ANIMALS = (
    "Among its animals are {things}.",
    "(With some luck|With patience), one can watch {things}.",
    "{Land} is a home for {things}.",
)

MAKES = (
    "It is known in other countries for {things}.",
    "When they think of it, many people think of {things}.",
    "From there, the world gets {things}.",
)

SPORTS = (
    "Popular sports are {things}.",
    "On Sundays, many people play or watch {things}.",
    "Its children enjoy {things}.",
)

CLOSINGS = (
    "Whoever has been there once usually wants to come back.",
    "There would be much more to say about {land}, but this is a good start.",
    "So much for today; (the next page|another article) tells of another country.",
    "These are only a few facts, yet they are worth keeping in mind.",
    "Perhaps you will see {land} with your own eyes one day.",
    "The best way to get to know {land} is to talk with people who live there.",
    "A good map and an open mind are all one needs to discover it.",
)

# Of no fact: how people live, by the theme of a paragraph.
LIFE = {
    "money": (
        "Large notes are (seldom seen|rarely used), because most people carry small ones.",
        "Old coins from there are found in many collections.",
        "Cards are (common|accepted) in the towns, but a village shop likes coins better.",
        "Prices are higher in the cities than in the countryside, as almost everywhere.",
        "Children learn early to save a part of their pocket money.",
        "On market days, the traders (begin|set up) before sunrise and are home by noon.",
        "Many families keep a jar of coins in the kitchen for small errands.",
        "The notes show (famous writers|old buildings|birds and flowers), and every visitor looks at them closely.",
        "A visitor should count the change, although mistakes are rare.",
        "Most people are paid at the end of the month, and then the shops are full.",
    ),
    "people": (
        "Its newspapers are read at breakfast and its radio is heard all day.",
        "Whoever tries to say a few words is helped by everyone.",
        "Songs that grandmothers sang are still sung at (weddings|school|family feasts).",
        "Poets from there are read in many schools.",
        "At the table, everybody talks at the same time, and nobody minds.",
        "Letters to friends begin with a question about the family.",
        "In the north and in the south, people say some words differently and tease each other for it.",
        "Schools begin early, and in the afternoon the children (play outside|help at home|meet their friends).",
        "Guests take something small with them, such as flowers or sweets.",
        "Jokes are (quick|short) there, and a stranger often needs some time to understand them.",
    ),
    "travel": (
        "Trains and buses leave from there to all parts of {land}.",
        "Spring and autumn are the best seasons for a visit, because the streets are less full.",
        "A week is enough for the main roads, but not for the villages.",
        "Those who come by ship see the lights of the harbour first, and those who come by air see the roofs.",
        "Hotels are full in summer, so it is wise to ask early for a room.",
        "Museums are often closed on Mondays.",
        "Good shoes are more useful there than a large suitcase.",
        "Someone who loses the way will find a helpful person at the next corner.",
        "Most visitors bring home (a scarf|a cup|postcards|a small painting).",
        "In the evening, when the day is over, the squares fill with people.",
    ),
}
