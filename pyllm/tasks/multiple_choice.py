"""Multiple choice by likelihood: of the endings of each question, the model chooses the one that it finds likeliest.

Files of HellaSwag's kind (Zellers et al. 2019, https://arxiv.org/abs/1905.07830): JSON lines with ctx, endings, label.
Files of MMLU's kind (Hendrycks et al. 2021, https://arxiv.org/abs/2009.03300): question, choices and answer, as JSON
lines or CSV; the original CSV files without a header, question,A,B,C,D,answer, too.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy

from pyllm.chat import BEGINNING
from pyllm.data.sources.limits import counted
from pyllm.files import file_size
from pyllm.model import GPT
from pyllm.patterns import utf8
from pyllm.tasks.records import MOST_LIST_BYTES, Broken, Tell, collect, read_records, tell_on_stderr
from pyllm.tokenizer import Tokenizer

Ask = Literal["endings", "letters"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BATCH_TOKENS = 8192  # that the model scores at a time
EXPECTED = 'questions such as {"ctx": ..., "endings": [...], "label": 0} or {"question", "choices", "answer"}'


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its choices.

    Attributes:
        context: what the choices go on from.
        choices: at least two.
        right: the index of the right one.
        is_text: whether the choices are endings of the context, not answers to it.
    """

    context: str
    choices: tuple[str, ...]
    right: int
    is_text: bool

    def prompt(self, ask: Ask) -> str:
        """What the model reads before a choice."""
        if self.is_text:
            return self.context
        if ask == "endings":
            return f"Question: {self.context}\nAnswer:"
        listed = "".join(f"{LETTERS[place]}. {choice}\n" for place, choice in enumerate(self.choices))
        return f"{self.context}\n{listed}Answer:"

    def endings(self, ask: Ask) -> list[str]:
        """What it may go on with."""
        if ask == "letters" and not self.is_text:
            return [f" {LETTERS[place]}" for place in range(len(self.choices))]
        return [f" {choice}" for choice in self.choices]


def load_questions(path: Path | str, tell: Tell = tell_on_stderr) -> list[Question]:
    """The questions of a file.

    Args:
        path: see the module; by its name, ".csv" is CSV and all else JSON, which may be compressed.
        tell: called with a sentence if records were skipped.

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: one cannot read the file.
        ValueError: it holds no question.
    """
    path = Path(path)
    file_size(path)
    if path.suffix.lower() == ".csv":
        return collect(path, _csv_records(path), _question, EXPECTED, tell)
    return read_records(path, _question, EXPECTED, tell)


def evaluate_choices(
    model: GPT,
    tok: Tokenizer,
    questions: Sequence[Question],
    ask: Ask = "letters",
    show: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """How often a model finds the right choice likeliest.

    A question that is longer than the model's context loses its beginning.

    Args:
        model: any.
        tok: its tokenizer.
        questions: at least one.
        ask: questions with answers are asked with their choices listed, and answered by a letter, as MMLU's authors
            do; "endings": without, and answered by the text of a choice, which small models can do sooner. HellaSwag's
            endings are always texts.
        show: told, after each batch, what share of the work is done.

    Returns:
        JSON values: questions; accuracy: by the sum of the log-probabilities of a choice's tokens; accuracy_per_byte:
        by that sum over the choice's bytes, so that long choices are not at a disadvantage; chance: of one who guesses;
        standard_error: of the accuracy, sqrt(p (1 - p) / n).

    Raises:
        ValueError: there is no question.
    """
    if not questions:
        raise ValueError("there is no question to evaluate on")
    begin = tok.special_tokens.get(BEGINNING)
    rows: list[tuple[list[int], int]] = []  # ids, and how many of the last of them are the ending
    sizes = []
    for question in questions:
        context = [*([] if begin is None else [begin]), *tok.encode_ordinary(question.prompt(ask))]
        for ending in question.endings(ask):
            ids = tok.encode_ordinary(ending)
            row = [*context, *ids][-model.cfg.context - 1 :]  # the last one is a target alone
            rows.append((row, min(len(ids), len(row) - 1)))
            sizes.append(max(1, len(utf8(ending.strip()))))
    scores = _scores(model, rows, show)
    right = right_per_byte = place = 0
    for question in questions:
        own = slice(place, place := place + len(question.choices))
        right += int(numpy.argmax(scores[own])) == question.right
        right_per_byte += int(numpy.argmax(scores[own] / numpy.array(sizes[own]))) == question.right
    count = len(questions)
    accuracy = right / count
    return {
        "questions": count,
        "accuracy": accuracy,
        "accuracy_per_byte": right_per_byte / count,
        "chance": sum(1 / len(question.choices) for question in questions) / count,
        "standard_error": math.sqrt(accuracy * (1 - accuracy) / count),
    }


def _scores(
    model: GPT, rows: Sequence[tuple[list[int], int]], show: Callable[[float], None] | None
) -> numpy.ndarray[Any, numpy.dtype[numpy.float64]]:
    """The log-probability of each row's ending, in nats; rows of like length go through the model together."""
    scores = numpy.zeros(len(rows))
    order = sorted(range(len(rows)), key=lambda index: -len(rows[index][0]))
    place = 0
    while place < len(order):
        length = max(1, len(rows[order[place]][0]) - 1)
        batch = order[place : place + max(1, BATCH_TOKENS // length)]
        place += len(batch)
        tokens = numpy.zeros((len(batch), length), numpy.int32)
        targets = numpy.full((len(batch), length), -1, numpy.int32)
        for row, index in enumerate(batch):
            ids, ending = rows[index]
            tokens[row, : len(ids) - 1] = ids[:-1]
            targets[row, len(ids) - 1 - ending : len(ids) - 1] = ids[len(ids) - ending :]
        logprobs = model.score(tokens, targets).logprobs
        assert logprobs is not None
        scores[batch] = logprobs.sum(axis=1, dtype=numpy.float64)
        if show is not None:
            show(place / len(order))
    return scores


def _question(record: Mapping[str, Any]) -> Question:
    if "endings" in record:
        parts = [record["ctx"]] if "ctx" in record else [record.get("ctx_a", ""), record.get("ctx_b", "")]
        context = " ".join(_text(part, "ctx") for part in parts if part != "")
        choices = _choices(record["endings"], "endings")
        return Question(context, choices, _index(record.get("label"), choices, "label"), True)
    if "question" in record:
        if "choices" in record:
            choices = _choices(record["choices"], "choices")
        else:
            choices = _choices([record[letter] for letter in LETTERS if record.get(letter) not in (None, "")], "A, B")
        context = _text(record["question"], "question").strip()
        return Question(context, choices, _index(record.get("answer"), choices, "answer"), False)
    raise ValueError(f"it has neither endings nor a question; its columns are {', '.join(map(repr, list(record)[:8]))}")


def _choices(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not 2 <= len(value) <= len(LETTERS):
        found = f"{len(value)}" if isinstance(value, list) else f"a JSON {type(value).__name__}"
        raise ValueError(f"its {name} must be a list of 2 to {len(LETTERS)} texts, got {found}")
    return tuple(_text(one, name).strip() for one in value)


def _index(value: object, choices: tuple[str, ...], name: str) -> int:
    """The index of the right choice: a number from 0, or a letter."""
    index = value
    if isinstance(value, str):
        letter = value.strip()
        if letter.isascii() and letter.isdigit() and len(letter) < 3:
            index = int(letter)
        elif len(letter) == 1 and letter.upper() in LETTERS:
            index = LETTERS.index(letter.upper())
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(choices):
        raise ValueError(
            f"its {name} must be the right choice's number, 0 to {len(choices) - 1}, or letter, got {value!r}"[:160]
        )
    return index


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"its {name} must be text, got a JSON {type(value).__name__}")
    return utf8(value).decode()


def _csv_records(path: Path) -> Iterator[tuple[str, Any]]:
    """The rows of a CSV file as objects; without a header they are MMLU's: question, choices, answer."""
    if path.stat().st_size > MOST_LIST_BYTES:
        yield "the file", Broken(f"it is longer than {counted(MOST_LIST_BYTES, 'byte')}")
        return
    text = path.read_bytes().decode("utf-8-sig", "replace")
    reader = csv.reader(io.StringIO(text, newline=""))
    header: list[str] | None = None
    number = 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"row {number:,}", Broken(f"it is not CSV: {error}")
            continue
        if number == 1 and "question" in row and "answer" in row:
            header = row
        elif not any(row):
            continue
        elif header is not None:
            yield f"row {number:,}", dict(zip(header, row, strict=False))
        elif len(row) < 4:
            yield f"row {number:,}", Broken(f"it has {len(row)} columns, expected question, choices, answer")
        else:
            yield f"row {number:,}", {"question": row[0], "choices": row[1:-1], "answer": row[-1]}
