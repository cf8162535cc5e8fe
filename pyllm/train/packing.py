"""Conversations into rows: as many share a row as fit, and none sees another.

Each conversation is a segment of its row, so that attention stays inside it and its positions start at 0 (the packing
of Krell et al. 2021, https://arxiv.org/abs/2107.02027, section 3.2). A conversation of n ids takes n - 1 places: its
last id is predicted, and nothing is predicted from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy

from pyllm.chat import Rendered

Ints = numpy.ndarray[Any, numpy.dtype[numpy.int32]]

WAITING = 64  # conversations to choose from: with 64 short ones, about 1 place of 100 stays empty


class Key(NamedTuple):
    """Which conversation of a mixture it is: the number of its part, and its own number there."""

    part: int
    number: int


class Conversations(Protocol):
    """Where rendered conversations come from, without end."""

    def draw(self) -> tuple[Key, Rendered]:
        """The next one; of at most context + 1 ids."""

    def rendered(self, key: Key) -> Rendered:
        """The one of a key that has been drawn."""

    def state(self) -> dict[str, Any]:
        """What the coming draws depend on, for JSON."""

    def load_state(self, state: dict[str, Any]) -> None:
        """Goes to where `state` was taken; raises ValueError when the state is of others."""


class Packer:
    """Rows of conversations, packed as they come.

    A row begins with the conversation that has waited longest, so that none waits for ever; the rest of it is filled
    with the longest that fits of those that wait, again and again ("best fit"). The state is a few numbers: where the
    mixture is, and which of its conversations wait.

    Args:
        conversations: where they come from.
        context: places of a row, T.
        waiting: how many there are to choose from.
    """

    def __init__(self, conversations: Conversations, context: int, waiting: int = WAITING) -> None:
        self.conversations, self.context = conversations, context
        self._most = waiting
        self._waiting: list[tuple[Key, Rendered]] = []

    def row(self) -> list[tuple[Key, Rendered]]:
        """The conversations of the next row; together they have at most `context` places."""
        while len(self._waiting) < self._most:
            self._waiting.append(self.conversations.draw())
        chosen = _row_of([places(rendered) for _, rendered in self._waiting], self.context)
        row = [self._waiting[number] for number in chosen]
        for number in sorted(chosen, reverse=True):
            del self._waiting[number]
        return row

    @property
    def waiting(self) -> list[Key]:
        """Those that are drawn and not yet in a row."""
        return [key for key, _ in self._waiting]

    def state(self) -> dict[str, Any]:
        """Where it is, for JSON."""
        return {"conversations": self.conversations.state(), "waiting": [list(key) for key in self.waiting]}

    def load_state(self, state: dict[str, Any]) -> None:
        """Goes to where `state` was taken.

        Raises:
            ValueError: the state is of other conversations, or no state at all.
        """
        try:
            self.conversations.load_state(state["conversations"])
            keys = [Key(int(part), int(number)) for part, number in state["waiting"]]
            self._waiting = [(key, self.conversations.rendered(key)) for key in keys]
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(f"the checkpoint's place in the conversations is damaged: {error!r}") from None


def packed(conversations: Sequence[Rendered], context: int) -> list[list[Rendered]]:
    """All of some conversations in rows of at most `context` places, by best fit."""
    left = list(conversations)
    rows = []
    while left:
        chosen = _row_of([places(one) for one in left[:WAITING]], context)
        rows.append([left[number] for number in chosen])
        for number in sorted(chosen, reverse=True):
            del left[number]
    return rows


def places(conversation: Rendered) -> int:
    """The places that a conversation takes in a row."""
    return len(conversation.ids) - 1


def fill_row(row: Sequence[Rendered], tokens: Ints, targets: Ints, segments: Ints) -> None:
    """Writes conversations one behind the other.

    Args:
        row: of at most T places together.
        tokens: (T,), written to; 0 behind the last conversation.
        targets: (T,), written to: the id that follows each token; -1 where the assistant did not write it.
        segments: (T,), written to: the number of the conversation; what is behind the last one is a segment as well.
    """
    tokens[:], targets[:] = 0, -1
    begin = 0
    for number, (ids, mask) in enumerate(row):
        end = begin + len(ids) - 1
        tokens[begin:end] = ids[:-1]
        targets[begin:end] = numpy.where(mask[1:], ids[1:], -1)
        segments[begin:end] = number
        begin = end
    segments[begin:] = len(row)


def arrays_of(rows: Sequence[Sequence[Rendered]], context: int) -> tuple[Ints, Ints, Ints]:
    """Rows of conversations as (tokens, targets, segments), each (B, T) int32; see fill_row."""
    tokens, targets, segments = (numpy.empty((len(rows), context), numpy.int32) for _ in range(3))
    for number, row in enumerate(rows):
        fill_row(row, tokens[number], targets[number], segments[number])
    return tokens, targets, segments


def _row_of(sizes: list[int], context: int) -> list[int]:
    """Which of conversations of these sizes make a row: the first, and then always the longest that fits."""
    chosen, room = [0], context - sizes[0]
    order = sorted(range(1, len(sizes)), key=lambda number: (-sizes[number], number))
    for number in order:
        if sizes[number] <= room:
            chosen.append(number)
            room -= sizes[number]
    return chosen
