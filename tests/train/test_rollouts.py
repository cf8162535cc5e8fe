"""Rollouts: what is sampled, judged, packed and learned from, on a tiny model."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as some

from pyllm import SPECIAL_TOKENS
from pyllm.chat import END_OF_TURN, render
from pyllm.engine import Engine
from pyllm.model import GPT, ModelConfig
from pyllm.optim import NonFiniteError
from pyllm.tasks import Problem
from pyllm.tokenizer import Tokenizer
from pyllm.train.losses import group_advantages, grpo, reinforce
from pyllm.train.practice import RewardPractice
from pyllm.train.rollout_batches import batch_of
from pyllm.train.rollouts import Rollouts, RolloutSettings

TOK = Tokenizer.train(
    iter(["Say this, say that; the other thing they said went on and on. " * 9]), 300, special_tokens=SPECIAL_TOKENS
)
END = TOK.special_tokens[END_OF_TURN]
SETTINGS = RolloutSettings(prompts=3, samples=4, max_new_tokens=6, seed=7)


def model_of(seed: int = 0, context: int = 40, **fields: Any) -> GPT:
    shape = {"n_layer": 2, "n_head": 2, "n_embd": 16, "vocab_size": 300, "context": context, "bias": False}
    return GPT(ModelConfig(**(shape | fields)), seed)


def problem(question: str) -> Problem:
    return Problem(({"role": "user", "content": question},), "")


def high_bytes(prompts: list[str], completions: list[str], **columns: Any) -> list[float]:
    return [float(sum(character > "m" for character in text)) for text in completions]


def scaled(rewards: Any, before: float) -> Any:
    return group_advantages(rewards)


def rollouts_of(
    model: GPT,
    settings: RolloutSettings = SETTINGS,
    questions: str = "a,b,c,d,e",
    advantages: Callable[..., Any] = scaled,
    told: list[str] | None = None,
    reward: Callable[..., Any] = high_bytes,
) -> Rollouts:
    problems = [problem(question) for question in questions.split(",") if question]
    practice = RewardPractice(problems, [], reward, "reward", seed=1)
    tell = (lambda text: None) if told is None else told.append
    return Rollouts(Engine(model, TOK), TOK, model.cfg, practice, settings, advantages, tell)


def test_the_sampled_ids_are_learned_from() -> None:
    """Encoding their text again gives other ids."""
    model = model_of()
    rollouts = rollouts_of(model)
    batch = rollouts.take()
    learned = [one for one in rollouts.rollouts if one.advantage]
    assert len(rollouts.rollouts) == 12 and len(learned) > 3
    assert batch.gathered(batch.targets)[batch.mask].tolist() == [id for one in learned for id in one.ids]
    assert (batch.targets >= 0).sum() == sum(len(one.ids) for one in learned)
    texts = [TOK.decode([id for id in one.ids if id not in TOK.special_tokens.values()]) for one in learned]
    assert any(TOK.encode_ordinary(text) != one.ids for text, one in zip(texts, learned, strict=True))
    for one in rollouts.rollouts[:4]:
        assert one.prompt == rollouts.rollouts[0].prompt
    question = TOK.decode(rollouts.rollouts[0].prompt[2:-2])
    assert rollouts.rollouts[0].prompt == render(problem(question).messages, TOK, open_turn=True).ids


def test_the_engines_logprobs_are_the_forward_passes() -> None:
    model = model_of()
    batch = rollouts_of(model).take()
    logprobs = batch.gathered(model.forward(batch.tokens, batch.targets, batch.segments))
    numpy.testing.assert_allclose(logprobs, batch.old_logprobs, rtol=1e-5, atol=1e-5)
    assert (logprobs[batch.mask] < 0).all()


def padded(rollouts: Rollouts) -> tuple[Any, Any, Any, Any]:
    """The rollouts one a row: tokens, targets, mask, advantages."""
    rows = rollouts.rollouts
    width = max(len(one.prompt) + len(one.ids) for one in rows) - 1
    tokens, targets = numpy.zeros((len(rows), width), numpy.int32), numpy.full((len(rows), width), -1, numpy.int32)
    for row, one in enumerate(rows):
        whole = one.prompt + one.ids
        tokens[row, : len(whole) - 1] = whole[:-1]
        targets[row, len(one.prompt) - 1 : len(whole) - 1] = one.ids
    return tokens, targets, targets >= 0, numpy.array([one.advantage for one in rows])


@pytest.mark.parametrize("position", ["learned", "rope"])
def test_packed_is_padded(position: Any) -> None:
    """And answers without an advantage, which are left out, would have changed nothing."""
    models = [wordy(model_of(2, position=position), 12) for _ in range(2)]
    rollouts = rollouts_of(models[0], replace(SETTINGS, max_new_tokens=9), "a,bc,def,ghijkl", some_advantages)
    batch = rollouts.take()
    assert len({len(one.ids) for one in rollouts.rollouts}) > 2
    assert 0 < len(batch.advantages) < 12 and len(batch.tokens) < len(batch.advantages) and batch.weight == 12
    logprobs = batch.gathered(models[0].forward(batch.tokens, batch.targets, batch.segments))
    loss = reinforce(logprobs, batch.mask, batch.advantages, batch.weight)
    models[0].backward(batch.scattered(loss.gradients["dlogprobs"]))
    tokens, targets, mask, advantages = padded(rollouts)
    other = reinforce(models[1].forward(tokens, targets), mask, advantages)
    models[1].backward(other.gradients["dlogprobs"])
    assert loss.loss == pytest.approx(other.loss, rel=1e-5)
    assert numpy.abs(models[1].gradient_arena).max() > 1e-3
    numpy.testing.assert_allclose(models[0].gradient_arena, models[1].gradient_arena, rtol=1e-4, atol=1e-6)


def some_advantages(rewards: Any, before: float) -> Any:
    """Of which a few are 0."""
    values = numpy.arange(rewards.size, dtype=float).reshape(rewards.shape) - 5
    return numpy.where(values % 4 == 0, 0.0, values)


def wordy(model: GPT, factor: float = 9) -> GPT:
    """Ends a turn now and then: the end's logit is greater than others'."""
    model.weights.embedding[END] *= factor
    model.touch()
    return model


@pytest.mark.parametrize("normaliser", ["sequence", "token", "constant"])
@pytest.mark.parametrize("parts", [2, 5])
def test_micro_batches_are_one_batch(normaliser: Any, parts: int) -> None:
    model = wordy(model_of(3))
    gradients, losses = [], []
    for count in (1, parts):
        settings = replace(SETTINGS, micro_batches=count, weigh_by="tokens" if normaliser == "token" else "responses")
        rollouts = rollouts_of(model, settings, "a,b,c,d")
        batches = [rollouts.take() for _ in range(count)]
        assert rollouts.state()["updates_left"] == 0
        total = 0.0
        for batch in batches:
            if len(batch.advantages):
                logprobs = batch.gathered(model.forward(batch.tokens, batch.targets, batch.segments))
                loss = grpo(
                    logprobs,
                    batch.old_logprobs,
                    batch.mask,
                    batch.advantages,
                    normaliser=normaliser,
                    constant=6.0 if normaliser == "constant" else None,
                    denominator=sum(one.weight for one in batches),
                )
                total += loss.loss
                model.backward(batch.scattered(loss.gradients["dlogprobs"]))
        gradients.append(model.gradient_arena.copy())
        losses.append(total)
        model.zero_grads()
    assert losses[0] == pytest.approx(losses[1], abs=1e-6) and numpy.abs(gradients[0]).max() > 1e-3
    numpy.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-4, atol=1e-6)


SEQUENCES = some.lists(some.tuples(some.integers(1, 9), some.integers(1, 9)), max_size=30)


@given(lengths=SEQUENCES, context=some.sampled_from([18, 40, 300]))
def test_every_sampled_token_has_its_spot(lengths: list[tuple[int, int]], context: int) -> None:
    ids = iter(range(10_000))
    sequences = [([next(ids) for _ in range(p)], [next(ids) for _ in range(r)]) for p, r in lengths]
    batch = batch_of(sequences, context, 1.0, "here")
    assert batch.tokens.shape[1] <= context and batch.length == sum(p + r - 1 for p, r in lengths)
    values = numpy.arange(batch.tokens.size, dtype=float).reshape(batch.tokens.shape) + 1
    rows = batch.gathered(values)
    numpy.testing.assert_array_equal(batch.scattered(rows), numpy.where(batch.targets >= 0, values, 0))
    found = batch.gathered(batch.targets)
    before = batch.gathered(batch.tokens)
    for number, (prompt, response) in enumerate(sequences):
        assert found[number][batch.mask[number]].tolist() == response
        assert before[number][batch.mask[number]].tolist() == [prompt[-1], *response[:-1]]
    numbers = [[float(id) for id in response] for _, response in sequences]
    assert batch.rows_of(numbers)[batch.mask].tolist() == [number for row in numbers for number in row]


def test_long_prompts_are_skipped_and_counted() -> None:
    told: list[str] = []
    rollouts = rollouts_of(model_of(context=20), questions="a," + "x" * 60 + ",b", told=told)
    batch = rollouts.take()
    assert len(rollouts.rollouts) == 12 and batch.metrics["skipped_prompts"] == rollouts.state()["skipped"] >= 1
    (line,) = told
    assert "tokens, which leaves no room for an answer in the context of 20: such prompts are skipped" in line
    with pytest.raises(ValueError, match=r"as 999 of those before it: the problems are too long for this model$"):
        rollouts_of(model_of(context=20), questions="x" * 60 + "," + "y" * 60).take()


def test_truncated_answers_need_not_count() -> None:
    for mask_truncated in (False, True):
        settings = replace(SETTINGS, prompts=6, max_new_tokens=3, mask_truncated=mask_truncated)
        rollouts = rollouts_of(wordy(model_of(5)), settings, "a,b,c,d,e,f", some_advantages)
        batch = rollouts.take()
        ended = [one for one in rollouts.rollouts if one.finish == "stop"]
        assert 0 < len(ended) < 24 and batch.metrics["ended"] == len(ended) / 24
        counted = [one for one in rollouts.rollouts if one.advantage is not None]
        assert len(counted) == batch.weight == (len(ended) if mask_truncated else 24)
        assert not mask_truncated or {one.finish for one in counted} == {"stop"}


def test_what_is_told_of_a_set() -> None:
    rollouts = rollouts_of(model_of(1), replace(SETTINGS, micro_batches=2), reward=lambda p, c: [1.0] * 4 + [2.0] * 8)
    rollouts.advantages = scaled
    metrics, more = rollouts.take().metrics, rollouts.take().metrics
    assert more == {} and metrics["reward"] == 20 / 12 and metrics["groups_of_one_reward"] == 1
    assert metrics["reward_deviation"] == pytest.approx(numpy.std([1.0] * 4 + [2.0] * 8))
    logprobs = [logprob for one in rollouts.rollouts for logprob in one.logprobs]
    assert metrics["entropy"] == pytest.approx(-numpy.mean(logprobs)) and metrics["answer_tokens"] == 6
    assert metrics["entropy"] == pytest.approx(numpy.log(300), abs=0.1)
    prompt = len(rollouts.rollouts[0].prompt)
    assert metrics["flops"] == 2 * rollouts.cfg.matmul_parameters() * (3 * prompt + 72)
    flops = [rollouts_of(model_of(1), replace(SETTINGS, keep_all=one)).take().metrics["flops"] for one in (False, True)]
    assert flops[1] > flops[0] > metrics["flops"]
    assert len(rollouts.shown()) == 2 and rollouts.shown()[0].endswith("\n(reward 1)")


def test_a_copy_of_the_model_is_not_apart_from_it() -> None:
    model = model_of(4)
    rollouts = rollouts_of(model)
    rollouts.take()
    assert abs(rollouts.divergence(model.copy())) < 1e-9
    other = model.copy()
    for value in other.parameters.values():
        value *= 1.5
    other.touch()
    assert rollouts.divergence(other) > 1e-3


def test_state_is_for_the_same_practice_alone() -> None:
    model = model_of()
    rollouts = rollouts_of(model, replace(SETTINGS, updates=2))
    rollouts.take()
    state = rollouts.state()
    assert len(state["rollouts"]) == 12
    with pytest.raises(
        ValueError, match=r"the rollouts are not those of the checkpoint: samples is \[3, 2, 6, 7\], not"
    ):
        rollouts_of(model, replace(SETTINGS, updates=2, samples=2)).load_state(state)
    with pytest.raises(ValueError, match="the rollouts are not those of the checkpoint: practice is "):
        rollouts_of(model, replace(SETTINGS, updates=2), questions="a,b,c,d,f").load_state(state)
    for wrong in ({"sets": None}, {"rollouts": [{"prompt": 3}]}, {"rollouts": []}, {"next": -1}):
        with pytest.raises(ValueError, match="the checkpoint's place in the rollouts is damaged"):
            rollouts_of(model, replace(SETTINGS, updates=2)).load_state({**state, **wrong})


def test_logits_that_are_not_finite() -> None:
    model = model_of()
    rollouts = rollouts_of(model)
    model.parameter_arena[5] = numpy.nan
    model.touch()
    with pytest.raises(NonFiniteError, match=r"^set 1 of the rollouts cannot be sampled: row 0 of logits holds NaN\. "):
        rollouts.take()


@pytest.mark.parametrize("name", ["prompts", "samples", "max_new_tokens", "updates", "micro_batches"])
def test_settings_out_of_range(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be at least 1, got 0$"):
        replace(SETTINGS, **{name: 0})
    with pytest.raises(ValueError, match="3 prompts with 4 samples each do not fill 13 micro-batches"):
        replace(SETTINGS, micro_batches=13)
