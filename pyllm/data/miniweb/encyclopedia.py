"""The encyclopedia: pages on countries, cities and regions, and pages that compare."""

from __future__ import annotations

import functools
import random

from pyllm.data.miniweb import encyclopedia_asides as asides
from pyllm.data.miniweb import encyclopedia_wordings as wordings
from pyllm.data.miniweb.article import Article
from pyllm.data.miniweb.cities import CITIES, City
from pyllm.data.miniweb.countries import AFTER_CUT_OFF, FAMILIAR, RARE, Country
from pyllm.data.miniweb.country_profiles import PROFILES
from pyllm.data.miniweb.wording import fill, first_upper, listed, pick, pick_some

# Questions and answers tell of the other countries too; so these come up more often here.
HELD_OUT_TICKETS, OTHER_TICKETS = 7, 6

# How often each kind of page comes up.
PAGES = {"country": 22, "overview": 60, "comparison": 9, "city": 9}

# What a country's profile tells: wordings with its name, and such as follow another sentence on it.
PROFILE_WORDINGS = {
    "neighbours": (wordings.NEIGHBOURS, asides.NEIGHBOURS),
    "landscape": (wordings.LANDSCAPE, asides.LANDSCAPE),
    "weather": (wordings.WEATHER, asides.WEATHER),
    "rivers": (wordings.RIVERS, asides.RIVERS),
    "cities": (wordings.CITIES, asides.CITIES),
    "sights": (wordings.SIGHTS, asides.SIGHTS),
    "foods": (wordings.FOODS, asides.FOODS),
    "animals": (wordings.ANIMALS, asides.ANIMALS),
    "makes": (wordings.MAKES, asides.MAKES),
    "sports": (wordings.SPORTS, asides.SPORTS),
}

# Of these, every profile tells something.
_PROFILE_OF_ALL = tuple(name for name in PROFILE_WORDINGS if name not in ("neighbours", "rivers"))


class Encyclopedia:
    """Writes its pages one after the other, so that all familiar countries come up equally often.

    Args:
        rng: makes the order in which they come up.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._bag: list[Country] = []
        # One or two pages each, at places between 0 and 1, where 1 is the end of the crawl.
        pages = [country for country in RARE for _ in range(rng.randint(1, 2))]
        rng.shuffle(pages)
        self._rare = pages
        self._rare_written = 0
        self._last_is_rare = False
        self._written = 0
        self._after_cut_off = 0

    def write(self, done: float) -> Article:
        """The next page that is dated before the cut-off.

        Args:
            done: how much of the crawl is written by now, from 0 to 1.
        """
        self._written += 1
        # At most a third of the pages, so that a small crawl is not made of rare countries alone.
        due = min(int(1.05 * done * len(self._rare)), len(self._rare), self._written // 3)
        self._last_is_rare = self._rare_written < due
        if self._last_is_rare:
            country = self._rare[self._rare_written]
            self._rare_written += 1
            return _short_page(self._rng, country)
        kind = self._rng.choices(list(PAGES), list(PAGES.values()))[0]
        if kind == "country":
            return _country_page(self._rng, self._next_country())
        if kind == "overview":
            return _overview_page(self._rng, self._several(self._rng.randint(7, 11)))
        if kind == "comparison":
            return _comparison_page(self._rng, *self._several(2))
        country = self._next_country()
        return _city_page(self._rng, pick(self._rng, _cities_of(country)))

    def put_back(self) -> None:
        """The last page was not used: a country that few pages tell of gets another."""
        self._rare_written -= self._last_is_rare

    def write_after_cut_off(self) -> Article:
        """The next page of the countries that are told of only after the cut-off date."""
        country = AFTER_CUT_OFF[self._after_cut_off % len(AFTER_CUT_OFF)]
        self._after_cut_off += 1
        return _short_page(self._rng, country)

    def _next_country(self) -> Country:
        if not self._bag:
            tickets = [[c] * (HELD_OUT_TICKETS if c.held_out else OTHER_TICKETS) for c in FAMILIAR]
            self._bag = [country for several in tickets for country in several]
            self._rng.shuffle(self._bag)
        return self._bag.pop()

    def _several(self, count: int) -> list[Country]:
        """Different countries."""
        countries: list[Country] = []
        put_back: list[Country] = []
        while len(countries) < count:
            country = self._next_country()
            (put_back if country in countries else countries).append(country)
        self._bag.extend(put_back)
        self._rng.shuffle(self._bag)
        return countries


@functools.cache
def slots(country: Country) -> dict[str, str]:
    """What stands in the wordings' slots."""
    text = country.in_text
    possessive = text + ("'" if text.endswith("s") else "'s")
    return {
        "c": text,
        "C": first_upper(text),
        "cs": possessive,
        "Cs": first_upper(possessive),
        "a": country.adjective,
        "cap": country.capital,
        "lang": country.language,
        "cur": f"the {country.currency}",
        "Cur": f"The {country.currency}",
        "curs": country.currencies,
        "region": country.region,
        "pop": population_in_words(country.population),
        "peak": country.peak,
        "m": f"{country.peak_metres:,}",
    }


def population_in_words(number: int) -> str:
    """A rounded number as one says it: "69 million", "1.4 billion", "85,000"."""
    for size, word in ((10**9, "billion"), (10**6, "million")):
        if number >= size:
            return f"{number / size:.2g} {word}" if number < 100 * size else f"{number // size} {word}"
    return f"{number:,}"


@functools.cache
def _cities_of(country: Country) -> tuple[City, ...]:
    return tuple(city for city in CITIES if city.country == country)


def _tell(rng: random.Random, templates: tuple[str, ...], country: Country, **more: str) -> str:
    land = pick(rng, _other_names(country))
    return fill(rng, pick(rng, templates), {**slots(country), "land": land, "Land": first_upper(land), **more})


@functools.cache
def _other_names(country: Country) -> tuple[str, ...]:
    """What the country is called where its name need not be repeated."""
    if country.in_text in asides.KINGDOMS:
        return ("the country", "the country", "the kingdom")
    return ("the country", "the country", "the republic" if country.in_text in asides.REPUBLICS else "the land")


def _tell_several(rng: random.Random, templates: tuple[str, ...], country: Country, count: int) -> list[str]:
    """The same fact in several wordings, that stand far from each other in the list: neighbours there are alike."""
    start, step = rng.randrange(len(templates)), len(templates) // count
    places = [start + number * step + rng.randint(0, 1) for number in range(count)]
    return [fill(rng, templates[place % len(templates)], slots(country)) for place in places]


def _tell_profile(rng: random.Random, attribute: str, country: Country, named: bool = False) -> str:
    """A sentence from the country's profile, with or without its name; "" where it says nothing of this."""
    things: tuple[str, ...] = getattr(PROFILES[country.name], attribute)
    if not things:
        return ""
    chosen = pick_some(rng, things, rng.randint(2, 4) if attribute != "weather" else rng.randint(1, 2))
    text = ", ".join(chosen) if attribute == "weather" else listed(chosen)
    with_name, without = PROFILE_WORDINGS[attribute]
    return _tell(rng, with_name if named else without, country, things=text)


def _woven(rng: random.Random, named: list[str], without: list[str], theme: str, country: Country) -> list[str]:
    """Sentences with the country's name and sentences without it in turn, so that its name does not fill the page.

    Args:
        rng: where its chances come from.
        named: those that name it.
        without: those that do not; as many as are missing are told of how people live.
        theme: a key of `LIFE`.
        country: the country.
    """
    without = [sentence for sentence in without if sentence]
    missing = max(0, len(named) - len(without))
    without += [_tell(rng, (life,), country) for life in rng.sample(asides.LIFE[theme], missing)]
    sentences = [one for pair in zip(named, without, strict=False) for one in pair]
    return sentences + without[len(named) :]


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _numbers(rng: random.Random, country: Country) -> list[str]:
    told = [_tell(rng, asides.POPULATION, country)]
    if country.peak:
        told.append(_tell(rng, asides.PEAK, country))
    rng.shuffle(told)
    return told


def _country_page(rng: random.Random, country: Country) -> Article:
    """A portrait of a country with a focus of its own."""
    name = slots(country)
    focus = pick(rng, ("portrait", "money", "people", "travel", "nature", "portrait"))
    title = fill(rng, pick(rng, _COUNTRY_TITLES[focus]), name)
    is_long = rng.random() < 0.6
    first = [_tell(rng, wordings.OPENINGS, country)] if is_long or rng.random() < 0.5 else []
    first.append(_tell(rng, asides.REGION if first else wordings.REGION, country))
    numbers = [(wordings.POPULATION, asides.POPULATION), (wordings.PEAK, asides.PEAK)]
    if country.peak:
        rng.shuffle(numbers)  # one stands in the first paragraph, the other begins that on nature

    def facts(theme: str, one: tuple[str, ...], both: tuple[str, ...], *attributes: str) -> list[str]:
        named = _tell_several(rng, one, country, 3 if focus == theme != "travel" else 2)
        named += [_tell(rng, both, country)] if focus == theme else []
        return _woven(rng, named, [_tell_profile(rng, each, country) for each in attributes], theme, country)

    paragraphs = {
        "money": facts("money", wordings.CURRENCY, wordings.CAPITAL_AND_CURRENCY, "makes"),
        "people": facts("people", wordings.LANGUAGE, wordings.CAPITAL_AND_LANGUAGE, "foods", "sports"),
        "travel": facts("travel", wordings.CAPITAL, wordings.CAPITAL_AND_CURRENCY, "cities", "sights"),
        "nature": [
            _tell_profile(rng, "landscape", country) if country.peak else "",
            _tell_profile(rng, "rivers", country),
            _tell_profile(rng, "animals", country),
            _tell_profile(rng, "weather", country),
            _tell_profile(rng, "neighbours", country),
        ],
    }
    themes = list(paragraphs)
    rng.shuffle(themes)
    if focus in themes:
        themes.remove(focus)
        themes = [focus, *themes[: rng.randint(1, 3)]]
    blocks: list[str] = []
    for theme in themes:
        sentences = paragraphs[theme]
        if theme == "nature":
            rng.shuffle(sentences)
            if country.peak:
                begin = _tell(rng, numbers[1][0], country)
            else:
                begin = _tell_profile(rng, "landscape", country, named=True)
            sentences = [begin, *sentences[: rng.randint(4, 5)]]
        blocks.append(_joined(*sentences))
    capital = _tell(rng, wordings.CAPITAL, country)
    while any(capital in block for block in blocks):
        capital = _tell(rng, wordings.CAPITAL, country)
    first += [capital, _tell(rng, numbers[0][1], country)]
    if is_long:
        first.append(_tell(rng, wordings.LANGUAGE_AND_CURRENCY, country))
    blocks.insert(0, _joined(*first))
    blocks.append(_joined(_tell(rng, wordings.ALL_THREE, country), _tell(rng, asides.CLOSINGS, country)))
    return Article("encyclopedia", title, blocks, [country.name])


def _overview_page(rng: random.Random, countries: list[Country]) -> Article:
    """Several countries, a short paragraph each."""
    theme = pick(rng, ("capital", "language", "currency", "all", "all"))
    blocks = [pick(rng, _OVERVIEW_OPENINGS)]
    for country in countries:
        if theme == "all":
            sentences = [_tell(rng, wordings.ALL_THREE, country), _tell(rng, wordings.CAPITAL, country)]
            sentences.insert(rng.randint(0, 2), _tell(rng, wordings.LANGUAGE_AND_CURRENCY, country))
        else:
            one, both = _OVERVIEW_FACTS[theme]
            sentences = _tell_several(rng, one, country, 2)
            sentences.append(_tell(rng, both, country))
            if theme != "capital" and rng.random() < 0.7:
                sentences.append(_tell(rng, wordings.ALL_THREE, country))
        extra = _tell_profile(rng, pick(rng, tuple(PROFILE_WORDINGS)), country)
        sentences.insert(rng.randint(1, len(sentences)), extra)
        blocks.append(_joined(*sentences))
    if rng.random() < 0.5:
        blocks.append(pick(rng, _OVERVIEW_CLOSINGS))
    return Article("encyclopedia", pick(rng, _OVERVIEW_TITLES[theme]), blocks, [c.name for c in countries])


def _comparison_page(rng: random.Random, one: Country, other: Country) -> Article:
    """Two countries side by side."""
    values = slots(one) | {key + "2": value for key, value in slots(other).items()}
    rich, poor = (one, other) if one.population > other.population else (other, one)
    high, low = (one, other) if one.peak_metres > other.peak_metres else (other, one)
    languages = _SAME_LANGUAGE if one.language == other.language else _OTHER_LANGUAGE
    currencies = _SAME_CURRENCY if one.currency == other.currency else _OTHER_CURRENCY
    blocks = [
        _joined(fill(rng, pick(rng, _COMPARISON_OPENINGS), values), fill(rng, pick(rng, _BOTH_REGIONS), values)),
        _joined(fill(rng, pick(rng, _BOTH_CAPITALS), values), *(_tell(rng, wordings.CAPITAL, c) for c in (one, other))),
        _joined(*(_tell(rng, wordings.LANGUAGE, c) for c in (one, other)), fill(rng, pick(rng, languages), values)),
        _joined(fill(rng, pick(rng, currencies), values), *(_tell(rng, wordings.CURRENCY, c) for c in (one, other))),
    ]
    sizes = [fill(rng, pick(rng, _MORE_PEOPLE), {"r": slots(rich)["c"], "R": slots(rich)["C"], "p": slots(poor)["c"]})]
    sizes.append(fill(rng, pick(rng, _BOTH_POPULATIONS), values))
    if low.peak and high.peak_metres > low.peak_metres:
        heights = slots(high) | {key + "2": value for key, value in slots(low).items()}
        sizes.append(fill(rng, pick(rng, _BOTH_PEAKS), heights))
    blocks.append(_joined(*sizes))
    for country in (one, other):
        first, *more = rng.sample(_PROFILE_OF_ALL, rng.randint(4, 6))
        told = [_tell_profile(rng, first, country, named=True), *(_tell_profile(rng, name, country) for name in more)]
        blocks.append(_joined(*told))
    blocks.append(_joined(*(_tell(rng, wordings.ALL_THREE, country) for country in (one, other))))
    return Article("encyclopedia", fill(rng, pick(rng, _COMPARISON_TITLES), values), blocks, [one.name, other.name])


def _city_page(rng: random.Random, city: City) -> Article:
    """A city, and what one should know of its country."""
    country = city.country
    values = slots(country) | {"city": city.name, "place": city.place}
    values["sights"] = listed(pick_some(rng, city.sights, 3))
    first = [fill(rng, pick(rng, _CAPITAL_CITIES if city.is_capital else _OTHER_CITIES), values)]
    first.append(fill(rng, pick(rng, _CITY_PLACES), values))
    if not city.is_capital:
        first.append(_tell(rng, wordings.CAPITAL, country))
    days = [fill(rng, one, values) for one in rng.sample(_CITY_DAYS, rng.randint(3, 5))]
    facts = [*_tell_several(rng, wordings.LANGUAGE, country, 2), *_tell_several(rng, wordings.CURRENCY, country, 2)]
    attributes = ("foods", "weather", pick(rng, ("cities", "sports", "landscape")))
    blocks = [
        _joined(*first),
        _joined(fill(rng, pick(rng, _CITY_SIGHTS), values), *days),
        _joined(*_woven(rng, facts, [_tell_profile(rng, each, country) for each in attributes], "people", country)),
        _joined(_tell(rng, wordings.ALL_THREE, country), _tell(rng, asides.LIFE["travel"], country)),
    ]
    return Article("encyclopedia", fill(rng, pick(rng, _CITY_TITLES), values), blocks, [city.name, country.name])


def _short_page(rng: random.Random, country: Country) -> Article:
    """A country that few pages tell of: each fact once."""
    values = slots(country)
    first = [_tell(rng, wordings.OPENINGS, country), _tell(rng, asides.REGION, country)]
    first.append(_tell(rng, wordings.CAPITAL, country))
    second = [_tell(rng, wordings.LANGUAGE, country)]
    if country.currency:
        second.append(_tell(rng, wordings.CURRENCY, country))
    second = _woven(rng, second, _numbers(rng, country), "money", country)
    count = rng.randint(3, 5) + values["c"].count(" ")  # where the name is long, the page is too
    general = [fill(rng, one, values) for one in rng.sample(_GENERAL, count)]
    blocks = [_joined(*first), _joined(*second), _joined(*general, _tell(rng, asides.CLOSINGS, country))]
    return Article("encyclopedia", fill(rng, pick(rng, _COUNTRY_TITLES["portrait"]), values), blocks, [country.name])


_COUNTRY_TITLES = {
    "portrait": (
        "{C}",
        "{C}: a portrait",
        "All about {c}",
        "{C} at a glance",
        "What to know about {c}",
        "A page on {c}",
    ),
    "money": ("Money in {c}", "{C}: money and work", "How people pay in {c}", "Shops and markets in {c}"),
    "people": ("The people of {c}", "Life in {c}", "{C}: people and language", "How people live in {c}"),
    "travel": ("A journey to {c}", "Visiting {c}", "Travel notes: {c}", "{cap} and {c}", "A week in {c}"),
    "nature": ("The land of {c}", "Nature in {c}", "{C}: mountains, waters and weather", "The geography of {c}"),
}

_OVERVIEW_FACTS = {
    "capital": (wordings.CAPITAL, wordings.ALL_THREE),
    "language": (wordings.LANGUAGE, wordings.CAPITAL_AND_LANGUAGE),
    "currency": (wordings.CURRENCY, wordings.CAPITAL_AND_CURRENCY),
}
_OVERVIEW_TITLES = {
    "capital": (
        "Capitals of the world",
        "Countries and their capitals",
        "Capital cities, part by part",
        "Which city is it?",
    ),
    "language": ("Languages of the world", "Who speaks what?", "Countries and their languages", "How the world talks"),
    "currency": ("Money around the world", "Countries and their currencies", "Coins and notes", "What people pay with"),
    "all": (
        "Countries in short",
        "A small atlas",
        "A tour of the world",
        "Around the world in one page",
        "The traveller's list",
    ),
}
_OVERVIEW_OPENINGS = (
    "A journey around the world does not need an aeroplane: a good list will do.",
    "Here are some countries and what everybody should know about them.",
    "Our atlas has a short paragraph for each country; this is one of its pages.",
    "We have put together the most important facts about some countries of the world.",
    "Do you mix up countries now and then? This page will help you.",
    "The following list is in no special order; each country has its own few lines.",
    "Pupils often ask us for a short list of countries, so here is a new one.",
)
_OVERVIEW_CLOSINGS = (
    "The next page has more countries.",
    "Try to say these facts aloud tomorrow without looking at the page.",
    "We check our list every year, so that you can rely on it.",
    "Which of these countries would you like to visit first?",
    "Point to each of them on a globe, and you will remember them well.",
)
_COMPARISON_TITLES = ("{C} and {c2}", "{C} or {c2}?", "{C} and {c2} compared", "Two countries: {c} and {c2}")
_COMPARISON_OPENINGS = (
    "What do {c} and {c2} have in common, and in what do they differ?",
    "This page puts {c} and {c2} side by side.",
    "Two countries, many differences: today we compare {c} with {c2}.",
    "Readers often ask us about {c} and {c2}, so here are both on one page.",
)
_BOTH_REGIONS = (
    "{C} lies in {region}, and {c2} lies in {region2}.",
    "One finds {c} in {region} and {c2} in {region2}.",
)
_BOTH_CAPITALS = (
    "The capital of {c} is {cap}, while the capital of {c2} is {cap2}.",
    "{cap} is the capital of {c}, and {cap2} is the capital of {c2}.",
    "Do not mix up the capitals: {c} has {cap}, and {c2} has {cap2}.",
)
_SAME_LANGUAGE = (
    "So people in {c} and in {c2} speak the same language, {lang}.",
    "Both in {c} and in {c2}, {lang} is the main language.",
)
_OTHER_LANGUAGE = (
    "So {lang} helps a traveller in {c}, and {lang2} in {c2}.",
    "In {c} one says good morning in {lang}, in {c2} in {lang2}.",
)
_SAME_CURRENCY = (
    "Both {c} and {c2} use {cur}, so nobody has to change money between them.",
    "The two countries share their money: {cur} is used in {c} and in {c2}.",
)
_OTHER_CURRENCY = (
    "Someone who travels from {c} to {c2} must change {curs} into {curs2}.",
    "{Cur} is the currency of {c}, but {cur2} is the currency of {c2}.",
    "In {c} people pay with {cur}, in {c2} with {cur2}.",
)
_BOTH_POPULATIONS = (
    "About {pop} people live in {c}, and about {pop2} in {c2}.",
    "{C} has about {pop} inhabitants, while {c2} has about {pop2}.",
)
_BOTH_PEAKS = (
    "The highest point of {c}, {peak} at {m} metres, is higher than that of {c2}, {peak2} at {m2} metres.",
    "{peak}, the highest point of {c}, reaches {m} metres, and {peak2}, that of {c2}, only {m2}.",
)
_MORE_PEOPLE = (
    "More people live in {r} than in {p}.",
    "{R} has more inhabitants than {p}.",
)
_CITY_TITLES = ("{city}", "{city}, {c}", "A day in {city}", "Welcome to {city}", "{city}: a walk through the city")
_CAPITAL_CITIES = (
    "{city} is the capital of {c}.",
    "{city}, the capital of {c}, is a city that many people want to see.",
    "The capital of {c} is {city}, and this page is about it.",
    "Every country has a capital, and that of {c} is {city}.",
)
_OTHER_CITIES = (
    "{city} is a large city in {c}.",
    "{city} is one of the best-known cities of {c}, although it is not the capital.",
    "In {c} there is a city called {city}.",
)
_CITY_PLACES = (
    "{city} lies {place}.",
    "The city lies {place}.",
    "On the map one finds it {place}.",
)
_CITY_SIGHTS = (
    "Visitors like to see {sights}.",
    "Among the sights of {city} are {sights}.",
    "A walk through {city} should lead to {sights}.",
    "Postcards of {city} show {sights}.",
)
_CITY_DAYS = (
    "In the morning, the (bakers|market women|newspaper sellers) are the first to open their doors.",
    "At noon, the (cafés|restaurants|parks) in the centre are full of people.",
    "In the evening, (families|friends|students) meet in the streets of {city}.",
    "One can see most of {city} (on foot|by bus|by bicycle) in two days.",
    "Schools, offices and shops bring people to {city} every day.",
    "Many (students|families|artists) have moved to {city} in the past years.",
    "The (oldest|quietest) streets of {city} are (narrow|shady) and full of small shops.",
    "On (Saturdays|Sundays), the museums of {city} are busy.",
    "Those who are tired of walking find a bench and (watch the people|write a postcard|eat an ice cream).",
    "From the (towers|hills|roofs) of {city}, one has a view over the whole city.",
)
_GENERAL = (
    "Like every country, it has a flag, an anthem and a day on which it celebrates itself.",
    "(Teachers|Doctors|Farmers|Bakers) work there as they do everywhere.",
    "Children go to school (on foot|by bus|with their friends) and learn to read and to count.",
    "In the (towns|villages), people know their neighbours well.",
    "Its kitchens are known to few people abroad, which is a pity.",
    "Songs and stories are passed on from (grandparents|parents) to children.",
    "Guests are (welcome|well received), and they are asked many questions.",
    "(Football|Music|Dancing) is loved by young and old.",
    "The markets sell fruit, vegetables, cloth and (tools|shoes|toys).",
    "Few of our readers have been there; those who have speak well of it.",
    "A stamp from there is a fine thing for a collector.",
    "Its (radio|newspapers) report on the weather, the harvest and the football.",
)
