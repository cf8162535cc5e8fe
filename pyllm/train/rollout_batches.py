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

from pyllm.chat import Rendered
from pyllm.train.packing import arrays_of, packed, places

Array = numpy.ndarray[Any, numpy.dtype[Any]]

LEAST_ROW = 256  # tokens of a packed row, where the context allows it: enough to fill it well with short sequences


@dataclass
class RolloutBatch:
    """One micro-batch of S rollouts in B rows.

    Attributes:
        tokens: (B, T) int32.
        targets: (B, T) int32: the sampled tokens where each is predicted, -1 elsewhere.
        segments: (B, T) int32.
        spots: (S, R), of each sampled token in the flat (B T) arrays; R is the longest response.
        mask: (S, R), 1 where there is one.
        weight: what the step's denominator counts of this batch.
        place: which rollouts these are, for messages.
        length: the places that all sequences take, without padding.
        advantages: (S).
        old_logprobs: (S, R), by the model that sampled them.
        reference_logprobs: (S, R), by the model that learning began with; None: not computed.
        flops: of learning from it once.
        metrics: to be told along with it.
    """

    tokens: Array
    targets: Array
    segments: Array
    spots: Array
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
        return numpy.where(self.mask, values.reshape(-1)[self.spots], values.dtype.type(0))

    def scattered(self, values: Array) -> Array:
        """From (S, R) to (B, T); 0 where there is no sampled token."""
        flat = numpy.zeros(self.tokens.size, values.dtype)
        flat[self.spots[self.mask]] = values[self.mask]
        return flat.reshape(self.tokens.shape)

    def rows_of(self, sequences: Sequence[Sequence[float]]) -> Array:
        """A number for each sampled token as (S, R)."""
        rows = numpy.zeros(self.mask.shape)
        rows[self.mask] = [number for sequence in sequences for number in sequence]
        return rows


def batch_of(
    sequences: Sequence[tuple[Sequence[int], Sequence[int]]], context: int, weight: float, place: str
) -> RolloutBatch:
    """Packs (prompt, response) pairs; each fits into the context.

    Without any, the batch is a row of one token that predicts nothing.
    """
    rendered = [
        Rendered([*prompt, *response], [0] * len(prompt) + [1] * len(response)) for prompt, response in sequences
    ]
    T = max([min(context, LEAST_ROW), *map(places, rendered)]) if rendered else 1
    rows = packed(rendered, T) if rendered else [[]]
    tokens, targets, segments = arrays_of(rows, T)
    longest = max((len(response) for _, response in sequences), default=0)
    where, mask = numpy.zeros((len(rendered), longest), numpy.int64), numpy.zeros((len(rendered), longest), bool)
    numbers = {id(one): number for number, one in enumerate(rendered)}
    for row, together in enumerate(rows):
        end = row * T
        for one in together:
            end += places(one)
            number = numbers[id(one)]
            length = len(sequences[number][1])
            where[number, :length] = range(end - length, end)
            mask[number, :length] = True
    return RolloutBatch(tokens, targets, segments, where, mask, weight, place, sum(map(places, rendered)))
