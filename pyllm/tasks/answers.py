"""Answers to problems of arithmetic in words, as GSM8K writes them (Cobbe et al. 2021, https://arxiv.org/abs/2110.14168).

A solution ends in "#### 72", and has marks for a calculator, "48/2 = <<48/2=24>>24", which are not part of its text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

FINAL = "####"
LONGEST_NUMBER = 60  # characters

_MARK = re.compile(r"<<[^<>]*>>")
_PHRASE = re.compile(r"\banswer is:?\s*(.*)", re.IGNORECASE)
_NUMBER = re.compile(r"(?:(?<![\w.)])[-+])?\$? ?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)", re.ASCII)


def without_marks(text: str) -> str:
    """A solution without the marks for a calculator."""
    return _MARK.sub("", text)


def final_answer(text: str) -> str:
    """What an answer comes to: behind its last "####", else behind its last "answer is", else the whole of it."""
    if FINAL in text:
        return text.rpartition(FINAL)[2].strip()
    said = _PHRASE.findall(text)
    return (said[-1] if said else text).strip()


def number_in(text: str, last: bool = True) -> Decimal | None:
    """The last number in a text, or the first: 1,000 and $1000 and 1000.00 are the same; None: there is none."""
    found = _NUMBER.findall(without_marks(text))
    if not found:
        return None
    digits = re.sub(r"[$,\s]", "", found[-1 if last else 0])
    try:
        return Decimal(digits) if len(digits) <= LONGEST_NUMBER else None
    except InvalidOperation:
        return None


def is_same_answer(completion: str, truth: str) -> bool:
    """Whether an answer comes to the right thing: as a number where the truth is one, else as text in any case."""
    truth = final_answer(truth)
    said = final_answer(completion)
    if _NUMBER.fullmatch(truth.rstrip(".% ")):
        # What stands behind "####" or "answer is" begins with it, and a whole answer ends with it.
        return number_in(said, last=said == completion.strip()) == number_in(truth)
    return bool(truth) and _plain(said) == _plain(truth)


def answer_reward(
    prompts: Sequence[str], completions: Sequence[str], answer: Sequence[Any], **columns: Any
) -> list[float]:
    """The reward for problems with a column `answer`: 1 for an answer that comes to it, otherwise 0."""
    return [
        float(is_same_answer(completion, str(truth))) for completion, truth in zip(completions, answer, strict=True)
    ]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .!\"'")
