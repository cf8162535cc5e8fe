"""Letters between relatives and friends, and entries of diaries."""

from __future__ import annotations

import random

from pyllm.data.miniweb import letter_words as words
from pyllm.data.miniweb.article import Article
from pyllm.data.miniweb.story_words import BOYS, GIRLS
from pyllm.data.miniweb.wording import a, first_upper, pick, word


def write_letter(rng: random.Random) -> Article:
    """A letter: a greeting, thanks or questions, news, plans, and a farewell. Its `about` is the writer's name."""
    values = _values(rng)
    relation, greetings, farewells = pick(rng, words.RELATIONS)
    topics = rng.sample(words.LETTER_TOPICS, rng.randrange(2, 4))
    paragraphs = [pick(rng, words.LETTER_OPENINGS), *(f"{pick(rng, topic)}" for topic in topics)]
    if rng.random() < 0.7:
        paragraphs.append(pick(rng, words.LETTER_QUESTIONS))
    paragraphs.append(pick(rng, words.LETTER_CLOSINGS))
    head = [pick(rng, words.LETTER_DATES)] if rng.random() < 0.5 else []
    lines = [*head, pick(rng, greetings), *paragraphs, pick(rng, farewells), "{name}"]
    return _article(rng, "letter", pick(rng, words.LETTER_TITLES[relation]), lines, values)


def write_diary(rng: random.Random) -> Article:
    """A day of a diary: the weather, what happened, what one felt. Its `about` is the writer's name."""
    values = _values(rng)
    topics = rng.sample(words.DIARY_TOPICS, rng.randrange(2, 4))
    lines = [f"{pick(rng, words.DIARY_OPENINGS)} {pick(rng, words.WEATHER)}", *(pick(rng, topic) for topic in topics)]
    lines.append(f"{pick(rng, words.DIARY_FEELINGS)} {pick(rng, words.DIARY_CLOSINGS)}")
    return _article(rng, "diary", pick(rng, words.DIARY_TITLES), lines, values)


def _article(rng: random.Random, kind: str, title: str, lines: list[str], values: dict[str, str]) -> Article:
    text = word(rng, "\n".join([title, *lines])).format_map(values)
    written, *blocks = text.split("\n")
    return Article(kind, written, blocks, about=[values["name"]])


def _values(rng: random.Random) -> dict[str, str]:
    """The values of all slots: people, dates, and things of all kinds."""
    names: list[str] = []
    while len(names) < 4:
        name = pick(rng, pick(rng, (BOYS, GIRLS)))
        if name not in names:
            names.append(name)
    values = dict(zip(("name", "friend", "other", "pet_name"), names, strict=True))
    values |= {slot: pick(rng, options) for slot, options in words.FILLERS.items()}
    values |= {f"a_{slot}": a(value) for slot, value in values.items()}
    values["number"] = str(rng.randrange(2, 13))
    values["date"] = f"{pick(rng, words.MONTHS)} {rng.randrange(1, 29)}"
    return values | {first_upper(slot): first_upper(value) for slot, value in values.items()}
