"""Preferences as token ids and as batches."""

import math
from typing import Any

import numpy
import pytest
from token_files import byte_tokenizer

from pyllm import SPECIAL_TOKENS
from pyllm.chat import parse, render
from pyllm.model import GPT, ModelConfig
from pyllm.tasks.files import Preference
from pyllm.train.losses import dpo
from pyllm.train.preference_batches import (
    Pair,
    PreferenceBatches,
    answers_of,
    batch_of,
    evaluate_pairs,
    reference_logprobs,
    rendered,
)

TOK = byte_tokenizer(*SPECIAL_TOKENS)
CONTEXT = 60
END = TOK.special_tokens["<|endofturn|>"]


def asked(*texts: str, chosen: str = "yes", rejected: str = "no way") -> Preference:
    """A preference about a conversation in which the user speaks first."""
    roles = ("user", "assistant")
    return Preference([{"role": roles[n % 2], "content": text} for n, text in enumerate(texts)], chosen, rejected)


PREFERENCES = [
    asked(f"Is it {what}?", chosen="Yes." * (1 + n % 3)) for n, what in enumerate("red hot long wet".split())
]


def batches_of(pairs: list[Pair], reference: Any, count: int, seed: int) -> PreferenceBatches:
    return PreferenceBatches(
        pairs, lambda indices: batch_of(pairs, indices, CONTEXT, reference), count, seed, reference
    )


def model() -> GPT:
    cfg = ModelConfig(n_layer=1, n_head=2, n_embd=16, vocab_size=TOK.vocab_size, context=CONTEXT)
    return GPT(cfg, seed=3)


def test_both_answers_stand_behind_the_same_prompt() -> None:
    (pair,) = rendered([asked("One?", "1", "Two?")], TOK, CONTEXT).kept
    for answer, text in ((pair.chosen, "yes"), (pair.rejected, "no way")):
        assert parse(pair.prompt + answer, TOK)[-1] == {"role": "assistant", "content": text}
        assert len(parse(pair.prompt + answer, TOK)) == 4 and answer[-1] == END


def test_long_prompts_lose_their_oldest_turns_alike_for_both_answers() -> None:
    # 1 + (2 + 20) + (2 + 20) + (2 + 4) + 1 ids of the prompt, 12 of the longer answer: 64; without the first turns 20.
    one = asked("a" * 20, "b" * 20, "c" * 4, chosen="d" * 11, rejected="e")
    whole = rendered([one], TOK, 63)
    assert whole.shortened == 0 and whole.kept[0].size == 64
    short = rendered([one], TOK, 62)
    assert short.shortened == 1 and short.too_long == 0
    (pair,) = short.kept
    assert pair.size == 20 and pair.prompt == render(one.messages[-1:], TOK, open_turn=True).ids
    assert pair.rejected == [ord("e"), END]
    assert rendered([one], TOK, 19).kept == short.kept  # the last id is no input
    left = rendered([one, asked("x", chosen="y", rejected="z")], TOK, 18)
    assert left.too_long == 1 and len(left.kept) == 1


def test_a_batch_predicts_the_answers_alone() -> None:
    pairs = rendered(PREFERENCES, TOK, CONTEXT).kept
    batch = batch_of(pairs, [2, 0, 1], CONTEXT, numpy.arange(8.0).reshape(4, 2))
    assert batch.weight == 3 and batch.tokens.shape == (6, 32) and batch.place == "the pairs 2, 0, 1"
    assert batch.reference.tolist() == [4, 0, 2, 5, 1, 3]
    for row, index in enumerate([2, 0, 1] * 2):
        answer = pairs[index].chosen if row < 3 else pairs[index].rejected
        places = numpy.flatnonzero(batch.mask[row])
        assert batch.targets[row][places].tolist() == answer and (numpy.diff(places) == 1).all()
        # What is predicted is the next token; what stands before the first answer token is the prompt.
        assert batch.tokens[row, : places[0] + 1].tolist() == pairs[index].prompt
        assert batch.tokens[row, places[1:]].tolist() == answer[:-1]
    assert batch_of(pairs, [2], 30).tokens.shape == (2, 30)  # not rounded up beyond the context


def test_answers_to_be_scored_have_their_ends() -> None:
    pairs = rendered(PREFERENCES, TOK, CONTEXT).kept
    batch = answers_of(pairs, [2, 0, 1], CONTEXT)
    assert batch.weight == 3 and batch.tokens.shape == (6, 32) and batch.place == "the pairs 2, 0, 1"
    for row, index in enumerate([2, 0, 1] * 2):
        ids = pairs[index].prompt + (pairs[index].chosen if row < 3 else pairs[index].rejected)
        assert batch.tokens[row, : batch.places[row] + 1].tolist() == ids and ids[-1] == END
        assert not batch.tokens[row, len(ids) :].any()
    assert answers_of(pairs, [2], 31).tokens.shape == (2, 31)


def test_the_reference_is_asked_for_each_answer() -> None:
    pairs, reference = rendered(PREFERENCES, TOK, CONTEXT).kept, model()
    counts: list[int] = []
    sums = reference_logprobs(reference, pairs, 3, counts.append)
    assert sums.shape == (4, 2) and counts == [3, 4]
    for pair, row in zip(pairs, sums, strict=True):
        for answer, found in zip((pair.chosen, pair.rejected), row, strict=True):
            ids = numpy.array(pair.prompt + answer, numpy.int32)
            logprobs = reference.forward(ids[None, :-1].copy(), ids[None, 1:].copy())[0]
            assert found == pytest.approx(logprobs[-len(answer) :].sum(), rel=1e-5)


def test_evaluation_is_the_loss_over_all_pairs() -> None:
    pairs, trained = rendered(PREFERENCES, TOK, CONTEXT).kept, model()
    reference = reference_logprobs(trained, pairs, 3)
    settings = {"beta": 0.5}
    figures = evaluate_pairs(trained, pairs, reference, 3, settings)
    assert figures["loss"] == pytest.approx(math.log(2), rel=1e-12)  # the model is its reference
    assert figures["accuracy"] == 0.5 and figures["reward_margin"] == figures["drift"] == 0
    reference[:, 0] -= 1
    batch = batch_of(pairs, [0, 1, 2, 3], CONTEXT, reference)
    whole = dpo(trained.forward(batch.tokens, batch.targets), batch.reference, batch.mask, **settings)
    figures = evaluate_pairs(trained, pairs, reference, 3, settings)
    assert (
        figures == pytest.approx({"loss": whole.loss, **whole.metrics}, rel=1e-4, abs=1e-5) and figures["accuracy"] == 1
    )


def test_every_epoch_goes_through_all_pairs_in_an_order_of_its_own() -> None:
    pairs = rendered([asked(f"{n}") for n in range(10)], TOK, CONTEXT).kept
    batches = batches_of(pairs, numpy.zeros((10, 2)), 4, seed=0)
    taken = [index for _ in range(10) for index in batches.take().indices]
    epochs = [taken[begin : begin + 10] for begin in range(0, 40, 10)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len(set(map(tuple, epochs))) == 4


def test_batches_go_on_where_they_were() -> None:
    pairs = rendered(PREFERENCES, TOK, CONTEXT).kept
    reference = numpy.zeros((4, 2))
    first, second = (batches_of(pairs, reference, 3, seed=1) for _ in range(2))
    first.take()
    second.load_state(first.state())
    assert [first.take().indices for _ in range(5)] == [second.take().indices for _ in range(5)]
    others = (
        batches_of(pairs[1:], reference[1:], 3, seed=1),
        batches_of(pairs[::-1], reference, 3, seed=1),
        batches_of(pairs, reference + 1, 3, seed=1),
        batches_of(pairs, reference, 3, seed=2),
    )
    for other in others:
        with pytest.raises(ValueError, match="the pairs or their reference are not those of the checkpoint"):
            other.load_state(first.state())
    for taken in (-1, None, "3"):
        with pytest.raises(ValueError, match="place in the pairs is damaged"):
            second.load_state({**first.state(), "taken": taken})
