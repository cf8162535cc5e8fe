"""Pairs of a chosen and a rejected answer as token ids, and their batches: the chosen rows, then the rejected ones."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy

from pyllm.chat import render
from pyllm.data.loader import permuted
from pyllm.train.losses import dpo

if TYPE_CHECKING:
    from pyllm.model import GPT
    from pyllm.tasks.files import Preference
    from pyllm.tokenizer import Tokenizer

Array = numpy.ndarray[Any, numpy.dtype[Any]]
Ints = numpy.ndarray[Any, numpy.dtype[numpy.int32]]

ROUND = 16  # rows are padded to a multiple of so many tokens, so that there are few shapes of batches


@dataclass(frozen=True, slots=True)
class Pair:
    """The ids of a prompt, which opens the assistant's turn, and of two answers, each with the end of the turn."""

    prompt: list[int]
    chosen: list[int]
    rejected: list[int]

    @property
    def size(self) -> int:
        """Ids of the longer of its two conversations."""
        return len(self.prompt) + max(len(self.chosen), len(self.rejected))


@dataclass
class Pairs:
    """What has become of preferences.

    Attributes:
        kept: those to train on.
        shortened: how many of them have lost the oldest turns of their prompt.
        too_long: how many do not fit into the context even so.
    """

    kept: list[Pair] = field(default_factory=list)
    shortened: int = 0
    too_long: int = 0


def rendered(preferences: Sequence[Preference], tok: Tokenizer, context: int) -> Pairs:
    """Preferences as ids that fit into a model's context.

    Both answers of a pair keep the same prompt. Where the longer one does not fit, the oldest turns go (see
    pyllm.chat.render); a pair that does not fit even so is left out.
    """
    pairs = Pairs()
    for one in preferences:
        prompt = render(one.messages, tok, open_turn=True).ids
        chosen, rejected = (
            render([*one.messages, {"role": "assistant", "content": answer}], tok).ids[len(prompt) :]
            for answer in (one.chosen, one.rejected)
        )
        room = context + 1 - max(len(chosen), len(rejected))  # the last id is a target alone
        if len(prompt) > room:
            try:
                prompt = render(one.messages, tok, open_turn=True, max_tokens=room).ids
            except ValueError:
                pairs.too_long += 1
                continue
            pairs.shortened += 1
        pairs.kept.append(Pair(prompt, chosen, rejected))
    return pairs


@dataclass
class PreferenceBatch:
    """A micro-batch of P pairs: 2P rows, the chosen ones first.

    Attributes:
        tokens: (2P, T) int32.
        targets: (2P, T) int32, the token that follows where it is of the answer, else -1.
        reference: (2P) float64, the log-probability of each answer by the reference, in nats.
        indices: of the pairs.
    """

    tokens: Ints
    targets: Ints
    reference: Array
    indices: list[int]

    @property
    def weight(self) -> float:
        """The pairs."""
        return float(len(self.indices))

    @property
    def mask(self) -> Array:
        """(2P, T), whether a target counts."""
        return self.targets >= 0

    @property
    def place(self) -> str:
        """Which pairs these are, counted from 0 among those that are trained on, for messages."""
        return place_of(self.indices)


@dataclass
class AnswerBatch:
    """A micro-batch of P pairs to be scored: 2P rows, the chosen ones first.

    Attributes:
        tokens: (2P, T) int32, with the end of each answer.
        places: (2P), where along T each answer ends.
        indices: of the pairs.
    """

    tokens: Ints
    places: Array
    indices: list[int]

    @property
    def weight(self) -> float:
        """The pairs."""
        return float(len(self.indices))

    @property
    def place(self) -> str:
        """Which pairs these are, counted from 0 among those that are trained on, for messages."""
        return place_of(self.indices)


def place_of(indices: Sequence[int]) -> str:
    """How messages name pairs."""
    return f"the pairs {', '.join(map(str, indices))}"


def answers_of(pairs: Sequence[Pair], indices: list[int], context: int) -> AnswerBatch:
    """The pairs of some indices in a batch, to be scored.

    Args:
        pairs: all; none of more ids than the context has places.
        indices: which.
        context: what a row's length is not rounded up beyond.
    """
    chosen = [pairs[index] for index in indices]
    rows = [pair.prompt + pair.chosen for pair in chosen] + [pair.prompt + pair.rejected for pair in chosen]
    tokens = padded(rows, context)
    return AnswerBatch(tokens, numpy.array([len(row) - 1 for row in rows]), indices)


def padded(rows: Sequence[Sequence[int]], context: int) -> Ints:
    """Ids as (B, T), with zeros behind them."""
    T = min(-(-max(map(len, rows)) // ROUND) * ROUND, context)
    tokens = numpy.zeros((len(rows), T), numpy.int32)
    for row, ids in zip(tokens, rows, strict=True):
        row[: len(ids)] = ids
    return tokens


def batch_of(
    pairs: Sequence[Pair], indices: list[int], context: int, reference: Array | None = None
) -> PreferenceBatch:
    """The pairs of some indices in a batch.

    Args:
        pairs: all.
        indices: which.
        context: what a row's length is not rounded up beyond.
        reference: (N, 2), the log-probabilities of all chosen and rejected answers; None: not known yet.
    """
    chosen = [pairs[index] for index in indices]
    rows = [(pair.prompt, pair.chosen) for pair in chosen] + [(pair.prompt, pair.rejected) for pair in chosen]
    tokens = padded([(prompt + answer)[:-1] for prompt, answer in rows], context)
    targets = numpy.full(tokens.shape, -1, numpy.int32)
    for row, (prompt, answer) in enumerate(rows):
        targets[row, len(prompt) - 1 : len(prompt) + len(answer) - 1] = answer
    sums = numpy.zeros(len(rows)) if reference is None else reference[indices].T.reshape(-1)
    return PreferenceBatch(tokens, targets, sums, indices)


def reference_logprobs(
    model: GPT, pairs: Sequence[Pair], batch_size: int, show: Callable[[int], None] | None = None
) -> Array:
    """The log-probabilities of all answers, (N, 2) float64, chosen and rejected, by the model as it is.

    Args:
        model: the reference.
        pairs: N.
        batch_size: pairs at a time.
        show: told, after each batch, how many are done.
    """
    sums = numpy.empty((len(pairs), 2))
    for batch, logprobs in _scored(model, pairs, batch_size, None, show):
        sums[batch.indices] = logprobs.sum(axis=1, dtype=numpy.float64).reshape(2, -1).T
    return sums


def evaluate_pairs(
    model: GPT,
    pairs: Sequence[Pair],
    reference: Array,
    batch_size: int,
    settings: Mapping[str, Any],
    show: Callable[[int], None] | None = None,
) -> dict[str, float]:
    """The loss and the metrics of losses.dpo over all pairs, by their names.

    Args:
        model: as it is now.
        pairs: N.
        reference: (N, 2), see reference_logprobs.
        batch_size: pairs at a time.
        settings: arguments of losses.dpo.
        show: told, after each batch, how many are done.
    """
    figures: dict[str, float] = {}
    for batch, logprobs in _scored(model, pairs, batch_size, reference, show):
        share = dpo(logprobs, batch.reference, batch.mask, denominator=float(len(pairs)), **settings)
        for name, value in {"loss": share.loss, **share.metrics}.items():
            figures[name] = figures.get(name, 0.0) + value
    return figures


def _scored(
    model: GPT,
    pairs: Sequence[Pair],
    batch_size: int,
    reference: Array | None,
    show: Callable[[int], None] | None,
) -> Iterator[tuple[PreferenceBatch, Array]]:
    """Batches of all pairs, with the log-probabilities of their targets; pairs of similar length go together."""
    by_size = sorted(range(len(pairs)), key=lambda index: pairs[index].size)
    for first in range(0, len(pairs), batch_size):
        batch = batch_of(pairs, by_size[first : first + batch_size], model.cfg.context, reference)
        logprobs = model.score(batch.tokens, batch.targets).logprobs
        assert logprobs is not None
        yield batch, logprobs
        if show is not None:
            show(min(first + batch_size, len(pairs)))


class PreferenceBatches:
    """Shuffled pairs, epoch after epoch, without end; the order depends on (seed, epoch) alone.

    Args:
        pairs: N, at least one.
        make: the batch of some of their indices.
        batch_size: pairs in a batch.
        seed: any integer.
        reference: (N, 2), see reference_logprobs; None: the batches do not depend on it.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        make: Callable[[list[int]], Any],
        batch_size: int,
        seed: int,
        reference: Array | None = None,
    ) -> None:
        self._make, self._batch_size, self._count, self._seed = make, batch_size, len(pairs), seed
        self._taken = 0
        checksum = 0 if reference is None else zlib.crc32(reference.astype("<f8").tobytes())
        for pair in pairs:
            for ids in (pair.prompt, pair.chosen, pair.rejected):
                checksum = zlib.crc32(numpy.array([len(ids), *ids], "<i4").tobytes(), checksum)
        self._identity = {"pairs": len(pairs), "checksum": f"{checksum:08x}", "seed": seed}

    def take(self) -> Any:
        """The next batch."""
        indices = []
        for place in range(self._taken, self._taken + self._batch_size):
            epoch, within = divmod(place, self._count)
            indices.append(permuted(within, self._count, self._seed, epoch))
        self._taken += self._batch_size
        return self._make(indices)

    def state(self) -> dict[str, Any]:
        """How many pairs have been taken, and of what: for JSON."""
        return {"taken": self._taken, **self._identity}

    def load_state(self, state: dict[str, Any]) -> None:
        """Goes to where `state` was taken.

        Raises:
            ValueError: the state is of other pairs, or no state at all.
        """
        for name, value in self._identity.items():
            if state.get(name) != value:
                raise ValueError(
                    f"the pairs or their reference are not those of the checkpoint: {name} is {value}, "
                    f"not {state.get(name)}"
                )
        taken = state.get("taken")
        if not isinstance(taken, int) or taken < 0:
            raise ValueError(f"the checkpoint's place in the pairs is damaged: {state}")
        self._taken = taken
