"""Letters between relatives and friends, and entries of diaries."""

from __future__ import annotations

import random

from pyllm.data.miniweb import diary_words, letter_words
from pyllm.data.miniweb.article import Article
from pyllm.data.miniweb.diary_topics import MORE_TOPICS
from pyllm.data.miniweb.letter_topics import MORE_ADULT, MORE_CHILD, MORE_COMMON
from pyllm.data.miniweb.story_words import BOYS, GIRLS
from pyllm.data.miniweb.wording import a, pick, word


def write_letter(rng: random.Random) -> Article:
    """A letter: a greeting, an opening, news, questions, and a farewell. Its `about` is its signature."""
    words = letter_words
    relation = pick(rng, words.RELATIONS)
    season = pick(rng, tuple(words.SEASONS))
    seasonal = [words.SEASONAL[season]] if relation.at_home else []
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
    return _article(rng, "letter", pick(rng, relation.titles), lines, season)


def write_diary(rng: random.Random) -> Article:
    """A day of a diary: the weather, what happened, what one felt. Its `about` is the writer's name."""
    words = diary_words
    season = pick(rng, tuple(letter_words.SEASONS))
    topics = rng.sample([*words.TOPICS, *MORE_TOPICS, words.SEASONAL[season]], rng.randrange(2, 5))
    lines = [
        f"{pick(rng, words.OPENINGS)} {pick(rng, words.WEATHER[season])}",
        *(pick(rng, topic) for topic in topics),
        f"{pick(rng, words.FEELINGS)} {pick(rng, words.CLOSINGS)}",
    ]
    return _article(rng, "diary", pick(rng, words.TITLES), lines, season)


def templates() -> list[str]:
    """All templates of letters and diaries."""
    letters, diaries = letter_words, diary_words
    parts = [letters.OPENINGS, letters.QUESTIONS, letters.CAMP_QUESTIONS, letters.CLOSINGS, diaries.OPENINGS]
    parts += [*letters.COMMON, *letters.CHILD_TOPICS, *letters.ADULT_TOPICS, *letters.CAMP_TOPICS, *diaries.TOPICS]
    parts += [*MORE_COMMON, *MORE_CHILD, *MORE_ADULT, *MORE_TOPICS]
    parts += [*letters.SEASONAL.values(), *diaries.WEATHER.values(), *diaries.SEASONAL.values()]
    return [template for part in [*parts, diaries.FEELINGS, diaries.CLOSINGS] for template in part]


class _Slots(dict[str, str]):
    """The values of all slots of one paragraph, each chosen when it is first needed.

    So that people, days and things differ from one paragraph to the next, while the writer and the pet stay the same.
    """

    def __init__(self, rng: random.Random, fixed: dict[str, str], names: list[str]) -> None:
        super().__init__(fixed)
        self.rng, self.names = rng, names

    def __missing__(self, slot: str) -> str:
        if slot.startswith("a_"):
            value = a(self[slot[2:]])
        elif slot in ("other", "third"):
            value = self.names.pop()
        elif slot in ("girl", "boy"):
            value = pick(self.rng, GIRLS if slot == "girl" else BOYS)
        elif slot == "weekday_two":
            value = pick(self.rng, letter_words.FILLERS["weekday"])
        elif slot == "number":
            value = str(self.rng.randrange(7, 30))
        else:
            value = pick(self.rng, letter_words.FILLERS[slot])
        self[slot] = value
        return value


def _article(rng: random.Random, kind: str, title: str, lines: list[str], season: str) -> Article:
    names = rng.sample((*BOYS, *GIRLS), 20)
    grandparent, grand_names = pick(rng, (("Grandma", GIRLS), ("Grandpa", BOYS)))
    fixed = {slot: names.pop() for slot in ("name", "friend", "pet_name")}
    fixed |= {
        "animal": pick(rng, letter_words.FILLERS["animal"]),
        "grandparent": grandparent,
        "grand_name": pick(rng, grand_names),
        "weekday_now": pick(rng, letter_words.FILLERS["weekday"]),
        "date": f"{pick(rng, letter_words.SEASONS[season])} {rng.randrange(1, 29)}",
    }
    written, *blocks = (word(rng, line).format_map(_Slots(rng, fixed, names)) for line in [title, *lines])
    return Article(kind, written, blocks, about=[fixed["name"] if kind == "diary" else blocks[-1]])
