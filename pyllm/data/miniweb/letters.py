"""Letters between relatives and friends, and entries of diaries."""

from __future__ import annotations

import random

from pyllm.data.miniweb import diary_words, letter_words
from pyllm.data.miniweb.article import Article
from pyllm.data.miniweb.story_words import BOYS, GIRLS
from pyllm.data.miniweb.wording import a, first_upper, pick, word


def write_letter(rng: random.Random) -> Article:
    """A letter: a greeting, an opening, news, questions, and a farewell. Its `about` is its signature."""
    words = letter_words
    relation = pick(rng, words.RELATIONS)
    values = _values(rng)
    seasonal = [words.SEASONAL[values["season_now"]]] if relation.at_home else []
    topics = rng.sample([*relation.topics, *seasonal], rng.randrange(2, 5))
    lines = [
        pick(rng, relation.greetings),
        pick(rng, words.OPENINGS),
        *(pick(rng, topic) for topic in topics),
        *([pick(rng, relation.questions)] if rng.random() < 0.7 else []),
        pick(rng, words.CLOSINGS),
        pick(rng, relation.farewells),
        pick(rng, relation.signatures),
    ]
    if rng.random() < 0.5:
        lines.insert(0, pick(rng, words.DATES))
    return _article(rng, "letter", pick(rng, relation.titles), lines, values)


def write_diary(rng: random.Random) -> Article:
    """A day of a diary: the weather, what happened, what one felt. Its `about` is the writer's name."""
    words = diary_words
    values = _values(rng)
    season = values["season_now"]
    topics = rng.sample([*words.TOPICS, words.SEASONAL[season]], rng.randrange(2, 5))
    lines = [
        f"{pick(rng, words.OPENINGS)} {pick(rng, words.WEATHER[season])}",
        *(pick(rng, topic) for topic in topics),
        f"{pick(rng, words.FEELINGS)} {pick(rng, words.CLOSINGS)}",
    ]
    return _article(rng, "diary", pick(rng, words.TITLES), lines, values)


def templates() -> list[str]:
    """All templates of letters and diaries."""
    letters, diaries = letter_words, diary_words
    parts = [letters.OPENINGS, letters.QUESTIONS, letters.CAMP_QUESTIONS, letters.CLOSINGS, diaries.OPENINGS]
    parts += [*letters.COMMON, *letters.CHILD_TOPICS, *letters.ADULT_TOPICS, *letters.CAMP_TOPICS, *diaries.TOPICS]
    parts += [*letters.SEASONAL.values(), *diaries.WEATHER.values(), *diaries.SEASONAL.values()]
    return [template for part in [*parts, diaries.FEELINGS, diaries.CLOSINGS] for template in part]


def _article(rng: random.Random, kind: str, title: str, lines: list[str], values: dict[str, str]) -> Article:
    text = word(rng, "\n".join([title, *lines])).format_map(values)
    written, *blocks = text.split("\n")
    return Article(kind, written, blocks, about=[values["name"] if kind == "diary" else blocks[-1]])


def _values(rng: random.Random) -> dict[str, str]:
    """The values of all slots: people, dates, and things of all kinds."""
    names: list[str] = []
    while len(names) < 4:
        name = pick(rng, pick(rng, (BOYS, GIRLS)))
        if name not in names:
            names.append(name)
    values = dict(zip(("name", "friend", "other", "pet_name"), names, strict=True))
    values |= {slot: pick(rng, options) for slot, options in letter_words.FILLERS.items()}
    while values["weekday_two"] == values["weekday"]:
        values["weekday_two"] = pick(rng, letter_words.FILLERS["weekday"])
    values |= {f"a_{slot}": a(values[slot]) for slot in ("animal", "gift")}
    season = pick(rng, tuple(letter_words.SEASONS))
    values["season_now"] = season
    values["grandparent"], grand_names = pick(rng, (("Grandma", GIRLS), ("Grandpa", BOYS)))
    values["grand_name"] = pick(rng, grand_names)
    values["number"] = str(rng.randrange(7, 30))
    values["date"] = f"{pick(rng, letter_words.SEASONS[season])} {rng.randrange(1, 29)}"
    return values | {first_upper(slot): first_upper(values[slot]) for slot in ("relative", "place")}
