"""Pages of a school: arithmetic with worked steps, tables, comparing and counting.

One form of worked steps throughout, so that a small model can learn it: from the ones to the hundreds,
"47 + 38: 7 + 8 = 15, write 5, carry 1. 4 + 3 + 1 = 8. The answer is 85." A problem's operands are never held out;
the one-digit sums inside its steps may be.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from pyllm.data.miniweb import homework_words as words
from pyllm.data.miniweb.article import Article
from pyllm.data.miniweb.held_out import is_held_out, operands_key
from pyllm.data.miniweb.speller_words import free_words
from pyllm.data.miniweb.story_words import BOYS, GIRLS
from pyllm.data.miniweb.wording import fill, listed, pick, word


def worked(left: int, operator: str, right: int) -> str:
    """The steps of an addition or subtraction and its answer.

    Args:
        left: at least 0.
        operator: "+" or "-".
        right: at least 0; for "-", at most `left`.

    Raises:
        ValueError: another operator, or operands outside their range.
    """
    if operator not in ("+", "-") or min(left, right) < 0 or (operator == "-" and right > left):
        raise ValueError(f"no worked steps for {left} {operator} {right}")
    digits = len(str(max(left, right)))
    steps, carried = [], 0
    for place in range(digits):
        upper, lower = left // 10**place % 10, right // 10**place % 10
        if operator == "+":
            total = upper + lower + carried
            step = f"{upper} + {lower}{' + 1' if carried else ''} = {total}"
            carried = total // 10
            if place < digits - 1:
                step += f", write {total % 10}" + (", carry 1" if carried else "")
        else:
            total = upper - lower - carried
            terms = f"{' - 1' if carried else ''} - {lower}"
            carried = int(total < 0)
            if carried:
                step = f"{upper}{terms} is too small, borrow 1: {upper + 10}{terms} = {total + 10}"
            else:
                step = f"{upper}{terms} = {total}"
            if place < digits - 1:
                step += f", write {total % 10}"
        steps.append(step + ".")
    answer = left + right if operator == "+" else left - right
    return f"{left} {operator} {right}: {' '.join(steps)} The answer is {answer}."


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
    return fill(
        rng,
        pick(rng, words.SUM_FORMS),
        {
            "problem": f"{left} {operator} {right}",
            "steps": _steps(left, operator, right),
            "worked": worked(left, operator, right),
        },
    )


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
    he = pick(rng, ("he", "she"))
    name = pick(rng, BOYS if he == "he" else GIRLS)
    other = name
    while other == name:
        other = pick(rng, pick(rng, (BOYS, GIRLS)))
    values: dict[str, object] = {"name": name, "other": other, "he": he, "He": he.title()}
    values |= {
        "left": left,
        "right": right,
        "things": pick(rng, words.COUNTED),
        "worked": worked(left, operator, right),
    }
    values["answer"] = left + right if operator == "+" else left - right
    return values


def at_once(rng: random.Random, forms: Sequence[str] = words.AT_ONCE) -> str:
    """A small sum whose answer is known by heart.

    Args:
        rng: where its chances come from.
        forms: templates of its wording, with the slots problem and answer.
    """
    operator = pick(rng, "+++-")
    left, right = operands(rng, operator, pick(rng, (1, 1, 2)))
    if left > 20:
        right = right % 10 or 1
        if is_held_out("operands", operands_key(left, operator, right)):
            return at_once(rng, forms)
    answer = left + right if operator == "+" else left - right
    return fill(rng, pick(rng, forms), {"problem": f"{left} {operator} {right}", "answer": answer})


def table_row(rng: random.Random) -> str:
    """A row of the multiplication table, less what is held out."""
    factor = rng.randrange(2, 13)
    row = [times for times in range(1, 13) if not is_held_out("operands", operands_key(factor, "*", times))]
    products = ", ".join(f"{factor} x {times} = {factor * times}" for times in row)
    return f"{word(rng, pick(rng, words.TABLE_ROWS)).format(factor=factor)} {products}."


def product(rng: random.Random) -> str:
    """One product, with the sum that it stands for where that is short."""
    left, right = operands(rng, "*", 1)
    values = {"left": left, "right": right, "answer": left * right, "sum": " + ".join([str(right)] * left)}
    return fill(rng, pick(rng, words.PRODUCTS if 2 < left < 6 else words.PRODUCTS[:-2]), values)


def comparison(rng: random.Random) -> str:
    """Which of two numbers is larger, and why."""
    left, right = operands(rng, "<", 2)
    more, less = max(left, right), min(left, right)
    if more // 10 != less // 10:
        why = f"{more // 10} is more than {less // 10}" if less > 9 else f"{less} has no tens"
        why = f"Look at the tens: {why}."
    else:
        why = f"The tens are the same, so look at the ones: {more % 10} is more than {less % 10}."
    return fill(
        rng, pick(rng, words.COMPARISONS), {"left": left, "right": right, "more": more, "less": less, "why": why}
    )


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
WEIGHTS = {"sum": 9, "told": 3, "at once": 2, "table": 1, "product": 1, "comparison": 1, "counting": 1}
KINDS = tuple(kind for kind, weight in WEIGHTS.items() for _ in range(weight))


def write_homework(rng: random.Random) -> Article:
    """A page of 8 to 20 problems with their solutions, and some words of explanation."""
    values = {
        "grade": pick(rng, words.GRADES),
        "teacher": pick(rng, words.TEACHERS),
        "topic": pick(rng, words.TOPICS),
        "day": pick(rng, words.DAYS),
        "number": rng.randrange(1, 60),
        "name": pick(rng, pick(rng, (BOYS, GIRLS))),
    }
    problems = [PROBLEMS[pick(rng, KINDS)](rng) for _ in range(rng.randrange(8, 21))]
    tips = rng.sample(words.TIPS, rng.randrange(2, 5))
    for tip in tips[1:]:
        problems.insert(rng.randrange(1, len(problems)), word(rng, tip))
    intro = fill(rng, " ".join([pick(rng, words.INTROS), tips[0]]), values)
    outro = fill(rng, pick(rng, words.OUTROS), values)
    title = fill(rng, pick(rng, words.TITLES), values)
    return Article("homework", title, [intro, *problems, outro], about=[str(values["topic"])])


def _steps(left: int, operator: str, right: int) -> str:
    return worked(left, operator, right).split(": ", 1)[1]
