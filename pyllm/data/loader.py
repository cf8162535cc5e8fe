"""Batches for training and evaluation: rows of context + 1 tokens, cut from one long sequence of documents.

Documents shorter than a row share it. Each is a segment of its own there, so that attention does not see the others
and positions restart. An end-of-text token starts the segment of what follows it: it is the last thing that a document
predicts, and the only thing that the next one's first token is predicted from. Where documents meet without one, the
first token of the second is not predicted at all (target -1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy

from pyllm.data.token_source import TokenSource

Ints = numpy.ndarray[Any, numpy.dtype[numpy.int32]]

ROUNDS = 6
MASK = (1 << 64) - 1


@dataclass
class Batch:
    """One micro-batch.

    Attributes:
        tokens: (B, T) int32.
        targets: (B, T) int32, the token that follows each; -1: not to be predicted.
        segments: (B, T) int32, non-decreasing along T from 0; None: every row is one segment.
        weight: the number of targets that are to be predicted.
        source, begins: where each row begins in which tokens.
    """

    tokens: Ints
    targets: Ints
    segments: Ints | None
    weight: int
    source: TokenSource
    begins: list[int]

    @property
    def place(self) -> str:
        """Which rows of which files these are, for messages."""
        some = ", ".join(self.source.place(begin) for begin in self.begins[:4])
        more = f" and {len(self.begins) - 4} more" if len(self.begins) > 4 else ""
        return f"the rows of {self.tokens.shape[1]} tokens from {some}{more}"


class Loader:
    """Shuffled rows of a source, epoch after epoch, without end.

    An epoch cuts the tokens into rows at a place of its own and goes through all rows once, in an order of its own;
    both depend on (seed, epoch) alone. Its state is a few numbers.

    Args:
        source: the tokens.
        batch_size: rows in a batch, B.
        context: tokens that the model sees at once, T.
        seed: any integer.

    Raises:
        ValueError: the source is shorter than one row, or a number is below 1.
    """

    def __init__(self, source: TokenSource, batch_size: int, context: int, seed: int = 0) -> None:
        _check(source, batch_size, context)
        if len(source) < context + 1:
            raise ValueError(
                f"{source.name} has {len(source)} tokens for training, fewer than one row: a context of {context} and "
                f"the token that follows it"
            )
        self.source, self.batch_size, self.context, self.seed = source, batch_size, context, seed
        self._epoch = self._row = 0

    def offset_of(self, epoch: int) -> int:
        """The place of the first row of an epoch."""
        return _mixed(self.seed, epoch, ROUNDS) % min(self.context, len(self.source) - self.context)

    def rows_in(self, epoch: int) -> int:
        """The number of rows of an epoch."""
        return (len(self.source) - 1 - self.offset_of(epoch)) // self.context

    def take(self) -> Batch:
        """The next batch."""
        begins: list[int] = []
        while len(begins) < self.batch_size:
            rows = self.rows_in(self._epoch)
            if self._row >= rows:
                self._epoch, self._row = self._epoch + 1, 0
                continue
            row = permuted(self._row, rows, self.seed, self._epoch)
            begins.append(self.offset_of(self._epoch) + row * self.context)
            self._row += 1
        return _batch(self.source, begins, self.batch_size, self.context)

    def state(self) -> dict[str, Any]:
        """Where it is, and what it reads: for JSON."""
        return {"epoch": self._epoch, "row": self._row, **self._identity()}

    def load_state(self, state: dict[str, Any]) -> None:
        """Goes to where `state` was taken.

        Raises:
            ValueError: the state is of other data, or no state at all.
        """
        for name, value in self._identity().items():
            if state.get(name) != value:
                raise ValueError(f"the data are not those of the checkpoint: {name} is {value}, not {state.get(name)}")
        try:
            epoch, row = int(state["epoch"]), int(state["row"])
        except (KeyError, TypeError, ValueError):
            raise ValueError(f"the checkpoint's place in the data is damaged: {state}") from None
        if epoch < 0 or not 0 <= row <= self.rows_in(epoch):
            raise ValueError(f"the checkpoint's place in the data is damaged: {state}")
        self._epoch, self._row = epoch, row

    def _identity(self) -> dict[str, Any]:
        source = self.source
        return {
            "tokens": len(source),
            "context": self.context,
            "seed": self.seed,
            "end_of_text": source.end_of_text,
            "tokenizer": source.fingerprint,
        }


class OneBatch:
    """The first micro-batches of a loader, over and over."""

    def __init__(self, loader: Loader, count: int) -> None:
        self._state = loader.state()
        self._batches = [loader.take() for _ in range(count)]
        self._next = 0

    def take(self) -> Batch:
        """The next of them."""
        self._next += 1
        return self._batches[(self._next - 1) % len(self._batches)]

    def state(self) -> dict[str, Any]:
        """Which data they are of; a step uses all of them, so that each step starts at the first."""
        return self._state

    def load_state(self, state: dict[str, Any]) -> None:
        """Raises ValueError when the state is of other data."""
        if state != self._state:
            raise ValueError("the data are not those of the checkpoint")


def evaluation_batches(
    source: TokenSource, batch_size: int, context: int, most_tokens: int | None = None
) -> Iterator[Batch]:
    """Batches in which every token of the source but the first is a target once; all have batch_size rows.

    Args:
        source: the tokens.
        batch_size: B.
        context: T.
        most_tokens: at most about so many targets, in rows spread evenly over the source; None: all.

    Raises:
        ValueError: there are fewer than 2 tokens.
    """
    _check(source, batch_size, context)
    if len(source) < 2:
        raise ValueError(f"{len(source)} tokens are too few to evaluate on: 2 are the least")
    rows = -(-(len(source) - 1) // context)
    chosen = rows if most_tokens is None else max(1, min(rows, most_tokens // context))
    begins = [index * rows // chosen * context for index in range(chosen)]
    for first in range(0, chosen, batch_size):
        yield _batch(source, begins[first : first + batch_size], batch_size, context)


def permuted(index: int, count: int, *keys: int) -> int:
    """The place of `index` in a permutation of 0 ... count - 1 that the keys choose, in constant time and memory.

    A Feistel network over the next power of 4, walked until it comes out below count (Black and Rogaway 2002,
    "Ciphers with Arbitrary Finite Domains", method 2).
    """
    half = max(1, ((count - 1).bit_length() + 1) // 2)
    mask = (1 << half) - 1
    key = _mixed(*keys)
    while True:
        left, right = index >> half, index & mask
        for turn in range(ROUNDS):
            left, right = right, left ^ (_mixed(key, turn, right) & mask)
        index = left << half | right
        if index < count:
            return index


def _mixed(*numbers: int) -> int:
    """64 bits that depend on all the numbers and their order: SplitMix64's finaliser (Steele et al. 2014) on each."""
    state = 0
    for number in numbers:
        state = (state + (number & MASK) + 0x9E3779B97F4A7C15) & MASK
        state = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & MASK
        state = ((state ^ state >> 27) * 0x94D049BB133111EB) & MASK
        state ^= state >> 31
    return state


def _check(source: TokenSource, batch_size: int, context: int) -> None:
    for name, number in (("batch_size", batch_size), ("context", context)):
        if number < 1:
            raise ValueError(f"{name} must be at least 1, got {number}")


def _batch(source: TokenSource, begins: list[int], batch_size: int, context: int) -> Batch:
    """Rows that begin at `begins`, filled up to batch_size rows and to whole rows with nothing to predict."""
    rows = numpy.zeros((batch_size, context + 1), numpy.int32)
    starts = numpy.zeros((batch_size, context + 1), bool)  # of segments
    unknown = numpy.ones((batch_size, context + 1), bool)  # that are not predicted
    for row, begin in enumerate(begins):
        size = min(context + 1, len(source) - begin)
        source.read(begin, rows[row, :size])
        unknown[row, :size] = False
        listed = source.documents_starting(begin + 1, begin + size) + 1
        if listed.size:
            if source.end_of_text is not None:  # the token before has started the segment
                listed = listed[rows[row, listed - 1] != source.end_of_text]
            starts[row, listed] = unknown[row, listed] = True
    if source.end_of_text is not None:
        ends = rows[:, 1:] == source.end_of_text
        ends &= ~unknown[:, 1:] | starts[:, 1:]  # not in the padding
        starts[:, 1:] |= ends
        unknown[:, 1:] &= ~ends
    inside = starts[:, :context]
    segments = numpy.cumsum(inside, axis=1, dtype=numpy.int32) if inside.any() else None
    targets = numpy.where(unknown[:, 1:], numpy.int32(-1), rows[:, 1:])
    return Batch(
        tokens=rows[:, :context].copy(),
        targets=targets,
        segments=segments,
        weight=int((targets >= 0).sum()),
        source=source,
        begins=begins,
    )
