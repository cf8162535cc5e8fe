"""Threads of a forum: short questions of all kinds, and their answers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from pyllm.data.miniweb import forum_words as words
from pyllm.data.miniweb.article import Article
from pyllm.data.miniweb.everyday_questions import EVERYDAY, FILLERS
from pyllm.data.miniweb.held_out import is_held_out
from pyllm.data.miniweb.homework import Unrepeated, at_once, explanation, is_readable, operands, told_values
from pyllm.data.miniweb.speller import spelled
from pyllm.data.miniweb.speller_words import free_words
from pyllm.data.miniweb.stories import tell
from pyllm.data.miniweb.story_words import BOYS, GIRLS
from pyllm.data.miniweb.wording import fill, first_upper, pick

STORY_WORDS = 170  # in an answer
LEAST_WORDS = 50  # in the questions and answers of a thread


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is known about a country.

    Attributes:
        country: its name, without "the".
        attribute: one of `ATTRIBUTES`.
        answer: as a sentence goes on: "Paris", "French", "euros", "Europe", "67 million", "Mont Blanc".
    """

    country: str
    attribute: str
    answer: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question, the paragraphs of its answer, and what it is about."""

    question: str
    answer: list[str]
    about: str


ATTRIBUTES = tuple(words.FACT_QUESTIONS)


def named(country: str) -> str:
    """The country's name within a sentence: "France", "the Netherlands"."""
    with_article = country.startswith(words.WITH_ARTICLE) or country.endswith(words.WITH_ARTICLE_ENDINGS)
    return f"the {country}" if with_article else f"the {country[4:]}" if country.startswith("The ") else country


def write_thread(rng: random.Random, facts: Sequence[Fact]) -> Article:
    """A thread of 2 to 6 questions with their answers, or more where they are very short.

    Its `about` has, for each question, the country, the word, the operands or what else it asks for.

    Args:
        rng: where its chances come from.
        facts: what may be asked about countries; none of a country that is held out. Without any, nothing is asked.

    Raises:
        ValueError: a fact is about a country that is held out, or its attribute is unknown.
    """
    for fact in facts:
        if fact.attribute not in words.FACT_QUESTIONS:
            raise ValueError(
                f"nobody can ask for the {fact.attribute!r} of a country; known are {', '.join(ATTRIBUTES)}"
            )
        if is_held_out("country", fact.country.removeprefix("the ")):
            raise ValueError(f"{fact.country} is held out: no page may hold a question about it")
    kinds = [kind for kind in KINDS if facts or kind != "fact"]
    theme = pick(rng, kinds) if rng.random() < 0.5 else None
    page = Unrepeated()
    exchanges: list[Exchange] = []
    least = rng.randrange(2, 7)
    while len(exchanges) < least or _words(exchanges) < LEAST_WORDS:
        kind = theme if theme and rng.random() < 0.8 else pick(rng, kinds)
        if kind == "story" and any(exchange.about == "story" for exchange in exchanges):
            kind = "everyday"  # one story is enough for a page
        asked = fact_exchange(rng, pick(rng, facts)) if kind == "fact" else EXCHANGES[kind](rng)
        if page.takes("\n".join([asked.question, *asked.answer])):
            exchanges.append(asked)
    users = [_user(rng) for _ in range(4)]
    style = pick(rng, words.STYLES)
    values = {"user": users[0], "other": users[1], "number": rng.randrange(2, 400), "month": pick(rng, words.MONTHS)}
    title = exchanges[0].question if rng.random() < 0.3 else fill(rng, pick(rng, words.TITLES[theme]), values)
    blocks = [fill(rng, pick(rng, words.OPENERS), values)] if rng.random() < 0.6 else []
    for exchange in exchanges:
        blocks += _written(rng, page, exchange, style, users)
    while not (is_readable("\n".join(blocks)) and is_readable("\n".join([title, *blocks]))):
        if any(exchange.about == "arithmetic" for exchange in exchanges) and rng.random() < 0.7:
            remark = explanation(rng)
            if page.takes(remark):
                blocks.append(f"{pick(rng, users)} adds: {remark}")
            continue
        asked = everyday_exchange(rng)
        if page.takes("\n".join([asked.question, *asked.answer])):
            exchanges.append(asked)
            blocks += _written(rng, page, asked, style, users)
    if rng.random() < 0.4:
        blocks.append(fill(rng, pick(rng, words.CLOSERS), values))
    return Article("forum", title, blocks, about=[exchange.about for exchange in exchanges])


def _written(
    rng: random.Random, page: Unrepeated, exchange: Exchange, style: tuple[str, str], users: Sequence[str]
) -> list[str]:
    """The blocks of a question and its answer, and sometimes what the asker says to it."""
    asker, answerer = rng.sample(users, 2)
    question, answer = style
    blocks = [question.format(user=asker) + exchange.question, answer.format(user=answerer) + exchange.answer[0]]
    blocks += exchange.answer[1:]
    remark = fill(rng, pick(rng, words.REMARKS), {"user": asker, "other": answerer})
    if rng.random() < 0.3 and page.takes(remark):
        blocks.append(remark)
    return blocks


def fact_exchange(rng: random.Random, fact: Fact) -> Exchange:
    """A question about a country."""
    country = named(fact.country.removeprefix("the "))
    answer = fact.answer.removeprefix("about ")
    values = {"country": country, "Country": first_upper(country), "answer": answer, "Answer": first_upper(answer)}
    question = fill(rng, pick(rng, words.FACT_QUESTIONS[fact.attribute]), values)
    return Exchange(question, [fill(rng, pick(rng, words.FACT_ANSWERS[fact.attribute]), values)], fact.country)


def sum_exchange(rng: random.Random) -> Exchange:
    """A question for a sum, answered with its steps."""
    if rng.random() < 0.2:
        problem, _, answer = at_once(rng, words.AT_ONCE).partition("?")
        return Exchange(f"{problem}?", [answer.strip()], "arithmetic")
    operator = pick(rng, "++-")
    left, right = operands(rng, operator, 2)
    values = told_values(rng, left, operator, right)
    question, answer = pick(rng, words.SUM_QUESTIONS), pick(rng, words.SUM_ANSWERS)
    return Exchange(fill(rng, question, values), [fill(rng, answer, values)], "arithmetic")


def spelling_exchange(rng: random.Random) -> Exchange:
    """A question for the letters of a word."""
    entry = pick(rng, free_words())
    letter = pick(rng, entry)
    times = entry.count(letter)
    values = {
        "word": entry,
        "spelled": spelled(entry),
        "letters": ", ".join(entry),
        "count": len(entry),
        "letter": letter,
        "times": "1 time" if times == 1 else f"{times} times",
        "first": entry[0],
        "last": entry[-1],
        "reversed": entry[::-1],
        "reversed_letters": spelled(entry[::-1]),
    }
    question, answer = pick(rng, words.SPELLING)
    return Exchange(fill(rng, question, values), [fill(rng, answer, values)], entry)


def everyday_exchange(rng: random.Random) -> Exchange:
    """A question of everyday life, with a sensible short answer."""
    question, *answers = pick(rng, EVERYDAY)
    values = {slot: pick(rng, options) for slot, options in FILLERS.items()}
    return Exchange(fill(rng, question, values), [fill(rng, pick(rng, answers), values)], "everyday")


def story_exchange(rng: random.Random) -> Exchange:
    """Someone asks for a story and gets it."""
    story = tell(rng, STORY_WORDS)
    return Exchange(story.request, [story.announcement, *story.paragraphs], "story")


EXCHANGES = {
    "sum": sum_exchange,
    "spelling": spelling_exchange,
    "everyday": everyday_exchange,
    "story": story_exchange,
}
WEIGHTS = {"fact": 8, "sum": 4, "spelling": 3, "everyday": 5, "story": 1}
KINDS = tuple(kind for kind, weight in WEIGHTS.items() for _ in range(weight))


def _words(exchanges: list[Exchange]) -> int:
    return sum(len(text.split()) for exchange in exchanges for text in (exchange.question, *exchange.answer))


def _user(rng: random.Random) -> str:
    names, uncle = pick(rng, ((BOYS, "Uncle"), (GIRLS, "Aunt")))
    name = pick(rng, names)
    values = {"name": name, "low": name.lower(), "uncle": uncle, "number": rng.randrange(2, 100)}
    return fill(rng, pick(rng, words.USERS), values)
