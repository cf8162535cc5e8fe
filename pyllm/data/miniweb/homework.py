"""Pages of a school: arithmetic with worked steps, tables, comparing and counting, explained as to children.

Most of a page is words: steps are told in words more often than in digits (see pyllm.data.miniweb.homework_steps), and
paragraphs between the problems explain how it is done. A problem's operands are never held out; the one-digit sums
inside its steps may be. No sentence stands twice on a page.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from pyllm.data.miniweb import homework_words as words
from pyllm.data.miniweb.article import Article
from pyllm.data.miniweb.held_out import is_held_out, operands_key
from pyllm.data.miniweb.homework_prose import PROSE
from pyllm.data.miniweb.homework_steps import choose_form, number_in_words
from pyllm.data.miniweb.speller_words import free_words
from pyllm.data.miniweb.story_words import BOYS, GIRLS
from pyllm.data.miniweb.wording import fill, first_upper, listed, pick, sentences, wordiness

TABLES_IN_DIGITS = 0.25  # of the rows of the multiplication table
LEAST_SHARE = 0.85  # of a page's words and numbers that have a letter in them
LEAST_LENGTH = 3.4  # of its words and numbers, on the mean


def operands(rng: random.Random, operator: str, digits: int) -> tuple[int, int]:
    """Operands that are not held out; the right one may have fewer digits.

    Args:
        rng: where its chances come from.
        operator: "+", "-", "*", or "<" for two different numbers to compare.
        digits: of the left operand, 1 to 3.
    """
    while True:
        left = rng.randrange(10 ** (digits - 1), 10**digits)
        low = 1 if digits == 1 or rng.random() < 0.15 else 10 ** (digits - 1)
        right = rng.randrange(low, 10**digits)
        if operator == "-" and left < right:
            left, right = right, left
        if operator == "<" and left == right:
            continue
        if not is_held_out("operands", key_of(left, operator, right)):
            return left, right


def key_of(left: int, operator: str, right: int) -> str:
    """A problem's key: `operands_key`, and for two numbers to compare the same in either order."""
    return operands_key(*((min(left, right), "<", max(left, right)) if operator == "<" else (left, operator, right)))


def sum_problem(rng: random.Random) -> str:
    """An addition or subtraction of two- or three-digit numbers with its steps."""
    operator, digits = pick(rng, words.SUMS)
    left, right = operands(rng, operator, digits)
    return fill(rng, pick(rng, words.SUM_FORMS), choose_form(rng, left, operator, right))


def word_problem(rng: random.Random) -> str:
    """A problem told in words, about people and things."""
    operator, left, right = pick(rng, ("+", "+", "-")), 0, 0
    while left - right < 2:  # so that the answer is not "1 apples"
        left, right = operands(rng, operator, 2)
        if operator == "+":
            break
    return fill(rng, pick(rng, words.TOLD[operator]), told_values(rng, left, operator, right))


def told_values(rng: random.Random, left: int, operator: str, right: int) -> dict[str, object]:
    """What the slots of a problem told in words are filled with."""
    values = _cast(rng) | choose_form(rng, left, operator, right)
    answer = left + right if operator == "+" else left - right
    return values | {"left": left, "right": right, "answer": answer}


def at_once(rng: random.Random, forms: Sequence[str] = words.AT_ONCE) -> str:
    """A small sum whose answer is known by heart.

    Args:
        rng: where its chances come from.
        forms: templates of its wording, with the slots problem, left, sign, right, answer and name.
    """
    operator = pick(rng, "+++-")
    left, right = operands(rng, operator, pick(rng, (1, 1, 2)))
    if left > 20:
        right = right % 10 or 1
        if is_held_out("operands", operands_key(left, operator, right)):
            return at_once(rng, forms)
    values = _cast(rng) | {"left": left, "right": right, "problem": f"{left} {operator} {right}"}
    values |= {"sign": "plus" if operator == "+" else "minus"}
    values |= {"answer": left + right if operator == "+" else left - right}
    return fill(rng, pick(rng, forms), values)


def table_row(rng: random.Random) -> str:
    """A part of a row of the multiplication table, less what is held out."""
    factor = rng.randrange(2, 13)
    row = [times for times in range(1, 13) if not is_held_out("operands", operands_key(factor, "*", times))]
    beginning = fill(rng, pick(rng, words.TABLE_ROWS), {"factor": number_in_words(factor)})
    if rng.random() < TABLES_IN_DIGITS:
        first = rng.randrange(len(row) - 3)
        return f"{beginning} {', '.join(f'{factor} x {times} = {factor * times}' for times in row[first : first + 4])}."
    count = rng.randrange(4, len(row) + 1)
    first = rng.randrange(len(row) - count + 1)
    return f"{beginning} {', '.join(_product_in_words(factor, times) for times in row[first : first + count])}."


def product(rng: random.Random) -> str:
    """One product, with the sum that it stands for where that is short."""
    left, right = operands(rng, "*", 1)
    values = _cast(rng) | {"left": left, "right": right, "answer": left * right, "sum": " + ".join([str(right)] * left)}
    told = _product_in_words(left, right)
    values |= {"told": told, "Told": first_upper(told)}
    forms = words.PRODUCTS if 2 < left < 6 else words.PRODUCTS[:-2]
    return fill(rng, pick(rng, [*forms, words.BAGS] if min(left, right) > 1 else forms), values)


def comparison(rng: random.Random) -> str:
    """Which of two numbers is larger, and why."""
    left, right = operands(rng, "<", 2)
    more, less = max(left, right), min(left, right)
    if more // 10 != less // 10:
        tens = f"{number_in_words(more // 10)} is more than {number_in_words(less // 10)}"
        why = f"Look at the tens: {tens if less > 9 else f'{less} has none of them'}."
    else:
        ones = f"{number_in_words(more % 10)} is more than {number_in_words(less % 10)}"
        why = f"The tens are the same, so look at the ones: {ones}."
    values = _cast(rng) | {"left": left, "right": right, "more": more, "less": less, "why": why}
    values["owner"] = values["name"] if left > right else values["other"]
    forms = words.COMPARISONS if less > 1 else words.COMPARISONS[:-1]  # no "1 apples"
    return fill(rng, pick(rng, forms), values)


def counting(rng: random.Random) -> str:
    """How many letters a word has, or how many things stand in a row."""
    if rng.random() < 0.5:
        counted = pick(rng, free_words())
        values = {"word": counted, "letters": ", ".join(counted), "count": len(counted)}
        return fill(rng, pick(rng, words.LETTER_COUNTS), values)
    group = pick(rng, tuple(words.GROUPS))
    things = rng.sample(words.GROUPS[group], rng.randrange(3, 9))
    return fill(
        rng,
        pick(rng, words.GROUP_COUNTS),
        {"group": group, "things": listed(things), "row": ", ".join(things), "count": len(things)},
    )


PROBLEMS = {
    "sum": sum_problem,
    "told": word_problem,
    "at once": at_once,
    "table": table_row,
    "product": product,
    "comparison": comparison,
    "counting": counting,
}
# How often each kind comes on a page; two-digit sums most of all.
WEIGHTS = {"sum": 16, "told": 4, "at once": 2, "table": 1, "product": 1, "comparison": 1, "counting": 1}
KINDS = tuple(kind for kind, weight in WEIGHTS.items() for _ in range(weight))


def write_homework(rng: random.Random) -> Article:
    """A page of 8 to 18 problems with their solutions, and explanations: the more, the more digits there are."""
    values = _cast(rng) | {
        "grade": pick(rng, words.GRADES),
        "topic": pick(rng, words.TOPICS),
        "number": rng.randrange(1, 60),
    }
    page = Unrepeated()
    title, intro, outro = (fill(rng, pick(rng, one), values) for one in (words.TITLES, words.INTROS, words.OUTROS))
    page.takes(f"{title}\n{intro}\n{outro}")
    problems: list[str] = []
    wanted = rng.randrange(8, 19)
    while len(problems) < wanted:
        problem = PROBLEMS[pick(rng, KINDS)](rng)
        if page.takes(problem):
            problems.append(problem)
    blocks = [intro, *problems, outro]
    least = rng.randrange(2, 5)
    for count, paragraph in enumerate(rng.sample(PROSE, len(PROSE))):
        if count >= least and is_readable("\n".join([title, *blocks])) and is_readable("\n".join(blocks)):
            break
        text = fill(rng, paragraph, _cast(rng) | {"teacher": values["teacher"]})
        if page.takes(text):
            blocks.insert(rng.randrange(1, len(blocks)), text)
    return Article("homework", title, blocks, about=[str(values["topic"])])


def explanation(rng: random.Random) -> str:
    """A paragraph about how sums, tables or comparisons are done."""
    return fill(rng, pick(rng, PROSE), _cast(rng))


class Unrepeated:
    """The sentences of a page, so that none stands there twice."""

    def __init__(self) -> None:
        self._sentences: set[str] = set()

    def takes(self, text: str) -> bool:
        """Whether all sentences of a text are new, and different; if so, they stand on the page from now on."""
        own = sentences(text)
        is_new = len(set(own)) == len(own) and self._sentences.isdisjoint(own)
        if is_new:
            self._sentences.update(own)
        return is_new


def is_readable(text: str) -> bool:
    """Whether a text is words for the most part, and not a sheet of numbers."""
    share, length = wordiness(text)
    return share >= LEAST_SHARE and length >= LEAST_LENGTH


def _cast(rng: random.Random) -> dict[str, object]:
    """Two children of different names, what they have, their teacher and a day."""
    he = pick(rng, ("he", "she"))
    name = pick(rng, BOYS if he == "he" else GIRLS)
    other = name
    while other == name:
        other = pick(rng, pick(rng, (BOYS, GIRLS)))
    values: dict[str, object] = {"name": name, "other": other, "he": he, "He": he.title()}
    values |= {"his": "his" if he == "he" else "her", "things": pick(rng, words.COUNTED)}
    return values | {"teacher": pick(rng, words.TEACHERS), "day": pick(rng, words.DAYS)}


def _product_in_words(factor: int, times: int) -> str:
    return f"{number_in_words(factor)} times {number_in_words(times)} is {number_in_words(factor * times)}"
