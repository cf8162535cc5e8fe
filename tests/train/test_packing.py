"""Rows of conversations: full, complete, and as if each conversation were alone."""

import random
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyllm.chat import Rendered
from pyllm.model import GPT, ModelConfig
from pyllm.train.packing import Key, Packer, arrays_of, packed, places

CONTEXT = 24
sizes = st.lists(st.integers(2, CONTEXT + 1), min_size=1, max_size=90)


def conversation(size: int, source: random.Random) -> Rendered:
    return Rendered(
        [source.randrange(1, 30) for _ in range(size)], [source.randrange(2) for _ in range(size - 1)] + [1]
    )


def conversations(count: int, seed: int = 0) -> list[Rendered]:
    source = random.Random(seed)
    return [conversation(source.randrange(2, 15), source) for _ in range(count)]


class Numbered:
    """Conversations in a row, from the first on."""

    def __init__(self, listed: list[Rendered]) -> None:
        self.listed, self.next = listed, 0

    def draw(self) -> tuple[Key, Rendered]:
        self.next += 1
        return Key(0, self.next - 1), self.listed[self.next - 1]

    def rendered(self, key: Key) -> Rendered:
        return self.listed[key.number]

    def state(self) -> dict[str, Any]:
        return {"next": self.next}

    def load_state(self, state: dict[str, Any]) -> None:
        self.next = state["next"]


def test_a_row_by_hand() -> None:
    first, second = Rendered([1, 2, 3, 4], [0, 0, 1, 1]), Rendered([5, 6, 7], [0, 1, 0])
    tokens, targets, segments = arrays_of([[first, second], []], 7)
    assert tokens.tolist() == [[1, 2, 3, 5, 6, 0, 0], [0] * 7]
    assert targets.tolist() == [[-1, 3, 4, 6, -1, -1, -1], [-1] * 7]
    assert segments.tolist() == [[0, 0, 0, 1, 1, 2, 2], [0] * 7]
    assert {array.dtype for array in (tokens, targets, segments)} == {numpy.dtype(numpy.int32)}


@given(sizes)
def test_rows_hold_every_conversation_once(sizes: list[int]) -> None:
    listed = [conversation(size, random.Random(number)) for number, size in enumerate(sizes)]
    rows = packed(listed, CONTEXT)
    assert all(0 < sum(map(places, row)) <= CONTEXT for row in rows)
    assert sorted(one for row in rows for one in row) == sorted(listed)


@given(sizes, st.integers(1, 20))
def test_a_packer_leaves_nobody_waiting(sizes: list[int], waiting: int) -> None:
    """A row takes the oldest that waits; so nobody waits for more rows than there are conversations before it."""
    listed = [conversation(size, random.Random(number)) for number, size in enumerate(sizes)] * 250
    packer = Packer(Numbered(listed), CONTEXT, waiting)
    seen: set[int] = set()
    for _ in range(8):
        oldest = min(set(range(packer.conversations.next + 1)) - seen)  # type: ignore[attr-defined]
        row = packer.row()
        numbers = {key.number for key, _ in row}
        assert oldest in numbers and not numbers & seen and sum(places(one) for _, one in row) <= CONTEXT
        seen |= numbers
        assert len(packer.waiting) == waiting - len(row)


def test_rows_are_nearly_full() -> None:
    packer = Packer(Numbered(conversations(3000)), 64)
    taken = [sum(places(one) for _, one in packer.row()) for _ in range(200)]
    assert sum(taken) > 0.99 * 200 * 64


def test_a_packer_goes_on_where_it_was() -> None:
    listed = conversations(400)
    straight = Packer(Numbered(listed), 30)
    rows = [straight.row() for _ in range(20)]
    first = Packer(Numbered(listed), 30)
    assert [first.row() for _ in range(7)] == rows[:7]
    other = Packer(Numbered(listed), 30)
    other.load_state(first.state())
    assert [other.row() for _ in range(13)] == rows[7:]
    for damaged in ({}, {**first.state(), "waiting": [[0, 10**6]]}, {**first.state(), "waiting": [None]}):
        with pytest.raises(ValueError, match=r"^the checkpoint's place in the conversations is damaged: "):
            other.load_state(damaged)


def small_model(family: str, vocab_size: int = 30) -> GPT:
    shape: dict[str, Any] = {"n_layer": 2, "n_head": 2, "n_embd": 16, "vocab_size": vocab_size, "context": 64}
    return GPT((ModelConfig.gpt2 if family == "gpt2" else ModelConfig.llama)(**shape), seed=3)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_packed_is_padded(family: str) -> None:
    """Losses, gradients and log-probabilities of conversations that share rows, and of the same each in its own."""
    listed = conversations(24)
    shared, own = packed(listed, 48), [[one] for one in listed]
    assert len(shared) < len(own) / 3
    model = small_model(family)
    gradients, losses, logprobs = [], [], []
    for rows in (shared, own):
        tokens, targets, segments = arrays_of(rows, 48)
        count = int((targets >= 0).sum())
        losses.append(model.loss_and_backward(tokens, targets, segments=segments, denominator=count))
        gradients.append(model.gradient_arena.copy())
        model.zero_grads()
        found = model.score(tokens, targets, segments).logprobs
        assert found is not None
        order = [listed.index(one) for row in rows for one in row]
        pieces = numpy.split(found[targets >= 0], numpy.cumsum([sum(listed[number].mask[1:]) for number in order])[:-1])
        logprobs.append(
            numpy.concatenate([piece for _, piece in sorted(zip(order, pieces, strict=True), key=lambda x: x[0])])
        )
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    numpy.testing.assert_allclose(logprobs[0], logprobs[1], rtol=1e-5, atol=1e-6)
    scale = numpy.abs(gradients[1]).max()
    assert scale > 0.01 and numpy.abs(gradients[0] - gradients[1]).max() < 1e-5 * scale


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_nothing_leaks_from_one_conversation_into_another(family: str) -> None:
    """Whatever the middle one says, the log-probabilities of those beside it have the same bits."""
    first, middle, last = conversations(3, seed=5)
    other = Rendered([id % 29 + 1 for id in middle.ids], middle.mask)
    model = small_model(family)
    found = []
    for row in ([first, middle, last], [first, other, last]):
        tokens, targets, segments = arrays_of([row], 48)
        logprobs = model.score(tokens, targets, segments).logprobs
        assert logprobs is not None
        found.append(logprobs[0])
    begin, end = places(first), places(first) + places(middle)
    assert (found[0][:begin] == found[1][:begin]).all() and (found[0][end:] == found[1][end:]).all()
    assert (found[0][begin:end] != found[1][begin:end]).any()
