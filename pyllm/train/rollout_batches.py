"""Rollouts as a batch: packed into few rows for the model, and one row each for the loss.

Answers are short and of unequal lengths. Padded to the longest, half the model's work would be on nothing; packed, each
row holds several, apart by their segments. The losses want one response a row: `gathered` brings what the model says of
the sampled tokens there, `scattered` brings gradients back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy

Array = numpy.ndarray[Any, numpy.dtype[Any]]

LEAST_ROW = 256  # tokens of a packed row, where the context allows it: enough to fill it well with short sequences


@dataclass
class RolloutBatch:
    """One micro-batch of S rollouts in B rows.

    Attributes:
        tokens: (B, T) int32.
        targets: (B, T) int32: the sampled tokens where each is predicted, -1 elsewhere.
        segments: (B, T) int32.
        places: (S, R) of each sampled token in the flat (B T) arrays; R is the longest response.
        mask: (S, R), 1 where there is one.
        weight: what the step's denominator counts of this batch.
        place: which rollouts these are, for messages.
        length: tokens of all sequences, without padding.
        advantages: (S).
        old_logprobs: (S, R), by the model that sampled them.
        reference_logprobs: (S, R), by the model that learning began with; None: not computed.
        flops: of learning from it once.
        metrics: to be told along with it.
    """

    tokens: Array
    targets: Array
    segments: Array
    places: Array
    mask: Array
    weight: float
    place: str
    length: int
    advantages: Array = field(default_factory=lambda: numpy.zeros(0))
    old_logprobs: Array = field(default_factory=lambda: numpy.zeros((0, 0)))
    reference_logprobs: Array | None = None
    flops: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict)

    def gathered(self, values: Array) -> Array:
        """From (B, T) to (S, R); 0 where there is no token."""
        return numpy.where(self.mask, values.reshape(-1)[self.places], values.dtype.type(0))

    def scattered(self, values: Array) -> Array:
        """From (S, R) to (B, T); 0 where there is no sampled token."""
        flat = numpy.zeros(self.tokens.size, values.dtype)
        flat[self.places[self.mask]] = values[self.mask]
        return flat.reshape(self.tokens.shape)

    def rows_of(self, sequences: Sequence[Sequence[float]]) -> Array:
        """A number for each sampled token as (S, R)."""
        rows = numpy.zeros(self.mask.shape)
        rows[self.mask] = [number for sequence in sequences for number in sequence]
        return rows


def packed(
    sequences: Sequence[tuple[Sequence[int], Sequence[int]]], context: int, weight: float, place: str
) -> RolloutBatch:
    """Packs (prompt, response) pairs; each fits into the context.

    Without any, the batch is a row of one token that predicts nothing.
    """
    lengths = [len(prompt) + len(response) - 1 for prompt, response in sequences]  # the last id is only predicted
    T = max([min(context, LEAST_ROW), *lengths]) if lengths else 1
    spots, B = _first_fit(lengths, T)
    tokens, segments = numpy.zeros((B, T), numpy.int32), numpy.zeros((B, T), numpy.int32)
    targets = numpy.full((B, T), -1, numpy.int32)
    R = max((len(response) for _, response in sequences), default=0)
    places, mask = numpy.zeros((len(sequences), R), numpy.int64), numpy.zeros((len(sequences), R), bool)
    for number, ((prompt, response), (row, begin)) in enumerate(zip(sequences, spots, strict=True)):
        ids = [*prompt, *response]
        end = begin + lengths[number]
        first = begin + len(prompt) - 1
        tokens[row, begin:end] = ids[:-1]
        targets[row, first:end] = response
        segments[row, end:] += 1
        places[number, : len(response)] = range(row * T + first, row * T + end)
        mask[number, : len(response)] = True
    return RolloutBatch(tokens, targets, segments, places, mask, weight, place, sum(lengths))


def _first_fit(lengths: Sequence[int], room: int) -> tuple[list[tuple[int, int]], int]:
    """Rows of `room` tokens for sequences: (row, begin) of each, and the number of rows.

    The longest first, each into the first row that has room for it: at most 11/9 of the fewest rows, and one more
    (Johnson 1973, "Near-optimal bin packing algorithms").
    """
    filled: list[int] = []
    spots = [(0, 0)] * len(lengths)
    for number in sorted(range(len(lengths)), key=lambda number: -lengths[number]):
        row = next((row for row, taken in enumerate(filled) if taken + lengths[number] <= room), len(filled))
        if row == len(filled):
            filled.append(0)
        spots[number] = (row, filled[row])
        filled[row] += lengths[number]
    return spots, max(1, len(filled))
