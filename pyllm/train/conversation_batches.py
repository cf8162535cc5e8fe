"""The rows of a step of supervised fine-tuning: conversations, and among them rows of the text of pretraining.

Without such replay a small model forgets what it does not practise (Scialom et al. 2022,
https://arxiv.org/abs/2205.12393, section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from pyllm.data.loader import Loader
from pyllm.train.mixture import Mixture
from pyllm.train.packing import Ints, Key, Packer, fill_row

Floats = numpy.ndarray[Any, numpy.dtype[numpy.float32]]

MOST_NAMED = 4  # places that a message tells


@dataclass
class ConversationBatch:
    """One micro-batch.

    Attributes:
        tokens: (B, T) int32.
        targets: (B, T) int32, the token that follows each; -1: not to be predicted.
        segments: (B, T) int32, non-decreasing along T.
        mask: (B, T) float32, how much each target counts; None: 1 each.
        weight: the sum of what its targets count.
        assistant_tokens: targets in conversations.
        replay_tokens: targets in rows of pretraining.
        places: where the rows' contents stand.
    """

    tokens: Ints
    targets: Ints
    segments: Ints
    mask: Floats | None
    weight: float
    assistant_tokens: int
    replay_tokens: int
    places: Sequence[str]

    @property
    def place(self) -> str:
        """Where some of the rows' contents stand, for messages."""
        more = len(self.places) - MOST_NAMED
        return ", ".join(self.places[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


class ConversationBatches:
    """Batches of packed conversations and of replay, without end.

    Whether a row is one of replay depends on the number of rows before it alone, so that the rows of a step are the
    same, however it is cut into micro-batches.

    Args:
        mixture: of conversations.
        batch_size: rows in a batch, B.
        context: places of a row, T.
        replay: rows of the text of pretraining, one at a time; None: none.
        share: of all rows that are replay; from 0 to below 1.
        replay_weight: how much each token of a row of replay counts in the loss, where the assistant's count 1.
    """

    def __init__(
        self,
        mixture: Mixture,
        batch_size: int,
        context: int,
        replay: Loader | None = None,
        share: float = 0.0,
        replay_weight: float = 1.0,
    ) -> None:
        self.mixture, self.packer = mixture, Packer(mixture, context)
        self.batch_size, self.context, self.replay, self.replay_weight = batch_size, context, replay, replay_weight
        self.share = share if replay is not None else 0.0
        self._rows = 0  # that there have been

    def take(self) -> ConversationBatch:
        """The next batch."""
        shape = self.batch_size, self.context
        tokens, targets, segments = (numpy.empty(shape, numpy.int32) for _ in range(3))
        is_replay = numpy.zeros((self.batch_size, 1), bool)
        keys: list[Key] = []
        places: list[str] = []
        for row in range(self.batch_size):
            before, self._rows = self._rows, self._rows + 1
            if self.replay is not None and int(self._rows * self.share) > int(before * self.share):
                is_replay[row] = True
                text = self.replay.take()
                tokens[row], targets[row] = text.tokens, text.targets
                segments[row] = 0 if text.segments is None else text.segments
                places.append(text.place)
            else:
                conversations = self.packer.row()
                fill_row([rendered for _, rendered in conversations], tokens[row], targets[row], segments[row])
                keys += [key for key, _ in conversations]
        counted = targets >= 0
        of_replay = int((counted & is_replay).sum())
        of_assistant = int(counted.sum()) - of_replay
        mask = None
        if of_replay and self.replay_weight != 1:
            mask = numpy.where(is_replay, numpy.float32(self.replay_weight), numpy.float32(1)) * counted
        return ConversationBatch(
            tokens,
            targets,
            segments,
            mask,
            of_assistant + self.replay_weight * of_replay,
            of_assistant,
            of_replay,
            [*(self.mixture.place(key) for key in keys), *places],
        )

    def state(self) -> dict[str, Any]:
        """Where it is, and what it reads, for JSON."""
        replay = None if self.replay is None else self.replay.state()
        return {"rows": self._rows, "packer": self.packer.state(), "replay": replay, "share": self.share}

    def load_state(self, state: dict[str, Any]) -> None:
        """Goes to where `state` was taken.

        Raises:
            ValueError: the state is of other data, or no state at all.
        """
        try:
            rows, share, replay = int(state["rows"]), state["share"], state["replay"]
            packer = state["packer"]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the checkpoint's place in the conversations is damaged: {error!r}") from None
        if share != self.share or (replay is None) != (self.replay is None):
            raise ValueError(f"the data are not those of the checkpoint: share is {self.share}, not {share}")
        self.packer.load_state(packer)
        if self.replay is not None:
            self.replay.load_state(replay)
        self._rows = rows
