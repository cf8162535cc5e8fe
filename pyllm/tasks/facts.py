"""Facts about countries that the encyclopedia tells of often: training asks for some of them, examinations for others.

The examinations' countries stand in no question and no answer of the pages and of training: what a model says of them
it has read as an article.
"""

from __future__ import annotations

import functools
import random
import re
from collections import Counter

from pyllm.data.miniweb.countries import BY_NAME, FAMILIAR, Country
from pyllm.data.miniweb.forum_words import FACT_ANSWERS, FACT_QUESTIONS
from pyllm.data.miniweb.wording import fill, first_upper, pick
from pyllm.tasks.task import Problem, Task

ATTRIBUTES = ("capital", "language", "currency")
MOST_WORDS = 30  # of a well-formed answer


@functools.cache
def countries(held_out: bool) -> tuple[Country, ...]:
    """The countries that are asked for on one side of the split."""
    return tuple(country for country in FAMILIAR if country.held_out == held_out)


def answer_of(country: Country, attribute: str) -> str:
    """As a sentence goes on: "Paris", "French", "euros"; "" where it is not told."""
    return country.currencies if attribute == "currency" else str(getattr(country, attribute))


class Facts(Task):
    """The capital, the language or the currency of a country: "The capital of France is Paris."."""

    name = "facts"
    max_new_tokens = 48

    def problem(self, rng: random.Random, held_out: bool = False) -> Problem:
        country, attribute = pick(rng, countries(held_out)), pick(rng, ATTRIBUTES)
        answer = answer_of(country, attribute)
        values = {"country": country.in_text, "Country": first_upper(country.in_text), "answer": answer}
        question = fill(rng, pick(rng, FACT_QUESTIONS[attribute]), values)
        solution = fill(rng, FACT_ANSWERS[attribute][0], values)
        columns = {"country": country.name, "attribute": attribute, "answer": answer}
        return Problem(({"role": "user", "content": question},), solution, columns)

    def reward(self, problem: Problem, completion: str) -> float:
        """1 where the right answer is named and no other one of its kind, in whatever words."""
        attribute = problem.columns["attribute"]
        pattern, meant = _answers(attribute)
        named = {meant[found.lower()] for found in pattern.findall(completion)}
        return float(named == {meant[problem.columns["answer"].lower()]})

    def is_well_formed(self, problem: Problem, completion: str) -> bool:
        """Whether it is one short line of whole sentences that names the country."""
        text = completion.strip()
        one_line = "\n" not in text and text.endswith(".") and len(text.split()) <= MOST_WORDS
        return one_line and problem.columns["country"] in text

    def commonest_answer(self, problems: list[Problem]) -> str | None:
        counts = Counter(problem.columns["answer"] for problem in problems)
        return counts.most_common(1)[0][0] if counts else None


@functools.cache
def _answers(attribute: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """What finds the answers that there are, of all countries, longest first, and what each means, in lower case."""
    meant = {}
    for country in BY_NAME.values():
        one = getattr(country, attribute)
        if one:
            meant[one.lower()] = one
            meant[answer_of(country, attribute).lower()] = one
    longest_first = sorted(meant, key=lambda text: (-len(text), text))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE), meant
