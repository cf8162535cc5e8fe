"""Arithmetic step by step: in words, as one explains it, and in digits, as one writes it down.

One form each throughout, so that a small model can learn it: from the ones to the hundreds.
"47 + 38. The ones: seven plus eight is fifteen, write five and carry one. The tens: four plus three plus one is eight.
The answer is 85."
"47 + 38: 7 + 8 = 15, write 5, carry 1. 4 + 3 + 1 = 8. The answer is 85."
"""

from __future__ import annotations

import random
from dataclasses import dataclass

COMPACT_SHARE = 0.28  # of the worked problems

PLACES = ("ones", "tens", "hundreds")

_TO_NINETEEN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def number_in_words(number: int) -> str:
    """A number from 0 to 999: "seven", "forty-two", "one hundred and five".

    Raises:
        ValueError: the number is outside that range.
    """
    if not 0 <= number <= 999:
        raise ValueError(f"only the numbers from 0 to 999 are told in words, not {number}")
    if number >= 100:
        rest = f" and {number_in_words(number % 100)}" if number % 100 else ""
        return f"{_TO_NINETEEN[number // 100]} hundred{rest}"
    if number < 20:
        return _TO_NINETEEN[number]
    return _TENS[number // 10 - 2] + (f"-{_TO_NINETEEN[number % 10]}" if number % 10 else "")


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of an addition or subtraction.

    Attributes:
        terms: its digits from above, then the 1 that was carried or borrowed; for "-", the 1 comes before the last.
        result: what they make; for "-", after ten more were borrowed if they are too few.
        moved: whether 1 is carried to the next column, or borrowed from it.
    """

    terms: tuple[int, ...]
    result: int
    moved: bool


def _columns(left: int, operator: str, right: int) -> list[_Column]:
    """The columns from the ones on.

    Raises:
        ValueError: another operator than "+" and "-", or operands outside their range.
    """
    if operator not in ("+", "-") or min(left, right) < 0 or (operator == "-" and right > left):
        raise ValueError(f"no worked steps for {left} {operator} {right}")
    columns, moved = [], False
    for place in range(len(str(max(left, right)))):
        upper, lower = left // 10**place % 10, right // 10**place % 10
        extra = (1,) if moved else ()
        if operator == "+":
            terms = (upper, lower, *extra)
            result = sum(terms)
            moved = result > 9
        else:
            terms = (upper, *extra, lower)
            result = upper - sum(terms[1:])
            moved = result < 0
            result += 10 * moved
        columns.append(_Column(terms, result, moved))
    return columns


def steps_in_digits(left: int, operator: str, right: int) -> str:
    """The steps of an addition or subtraction and its answer: "7 + 8 = 15, write 5, carry 1. 4 + 3 + 1 = 8. ...".

    Args:
        left: at least 0.
        operator: "+" or "-".
        right: at least 0; for "-", at most `left`.

    Raises:
        ValueError: another operator, or operands outside their range.
    """
    columns = _columns(left, operator, right)
    steps = []
    for place, column in enumerate(columns):
        terms = f" {operator} ".join(map(str, column.terms))
        if operator == "-" and column.moved:
            more = f" {operator} ".join(map(str, (column.terms[0] + 10, *column.terms[1:])))
            terms = f"{terms} is too small, borrow 1: {more}"
        step = f"{terms} = {column.result}"
        if place < len(columns) - 1:
            step += f", write {column.result % 10}" + (", carry 1" if operator == "+" and column.moved else "")
        steps.append(step + ".")
    return f"{' '.join(steps)} The answer is {_answer(left, operator, right)}."


def steps_in_words(left: int, operator: str, right: int) -> str:
    """The same steps in words: "The ones: seven plus eight is fifteen, write five and carry one. ...".

    Args:
        left: 0 to 999.
        operator: "+" or "-".
        right: 0 to 999; for "-", at most `left`.

    Raises:
        ValueError: another operator, or operands outside their range.
    """
    columns = _columns(left, operator, right)
    if len(columns) > len(PLACES):
        raise ValueError(f"no steps in words for {left} {operator} {right}: there are more than {len(PLACES)} columns")
    sign = " plus " if operator == "+" else " minus "
    steps = []
    for place, column in enumerate(columns):
        terms = sign.join(map(number_in_words, column.terms))
        if operator == "-" and column.moved:
            more = sign.join(map(number_in_words, (column.terms[0] + 10, *column.terms[1:])))
            terms = f"{terms} is too small, borrow one: {more}"
        step = f"The {PLACES[place]}: {terms} is {number_in_words(column.result)}"
        if place < len(columns) - 1:
            step += f", write {number_in_words(column.result % 10)}"
            step += " and carry one" if operator == "+" and column.moved else ""
        steps.append(step + ".")
    return f"{' '.join(steps)} The answer is {_answer(left, operator, right)}."


def worked_in_digits(left: int, operator: str, right: int) -> str:
    """A problem with its `steps_in_digits`: "47 + 38: 7 + 8 = 15, ..."."""
    return f"{left} {operator} {right}: {steps_in_digits(left, operator, right)}"


def worked_in_words(left: int, operator: str, right: int) -> str:
    """A problem with its `steps_in_words`: "47 + 38. The ones: seven plus eight is fifteen, ..."."""
    return f"{left} {operator} {right}. {steps_in_words(left, operator, right)}"


def choose_form(rng: random.Random, left: int, operator: str, right: int) -> dict[str, str]:
    """A problem in one of the two forms, as values of slots: "problem", "steps", "worked"."""
    digits = rng.random() < COMPACT_SHARE
    return {
        "problem": f"{left} {operator} {right}",
        "steps": (steps_in_digits if digits else steps_in_words)(left, operator, right),
        "worked": (worked_in_digits if digits else worked_in_words)(left, operator, right),
    }


def _answer(left: int, operator: str, right: int) -> int:
    return left + right if operator == "+" else left - right
