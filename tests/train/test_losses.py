"""Losses against finite differences in float64, and against small cases computed by hand."""

import math
from collections.abc import Callable
from typing import Any

import numpy
import pytest

from pyllm.model import GPT, ModelConfig
from pyllm.ops import reference
from pyllm.train.losses import (
    Loss,
    denominator_of,
    dpo,
    group_advantages,
    grpo,
    leave_one_out_advantages,
    reinforce,
    rloo,
    sft,
)

Array = Any

B, T = 6, 5
LENGTHS = (5, 2, 1, 4, 3, 5)  # of the responses: unequal
STEP = 1e-6

rng = numpy.random.default_rng(0)
LOGPROBS = -rng.exponential(1.5, (B, T))
OLD = LOGPROBS + rng.normal(0, 0.4, (B, T))  # ratios on both sides of both bounds
REFERENCE = LOGPROBS + rng.normal(0, 0.5, (B, T))
ADVANTAGES = numpy.array([1.2, -0.7, 0.4, -1.5, 0.9, -0.3])
MASK = (numpy.arange(T) >= T - numpy.array(LENGTHS)[:, None]).astype(numpy.float64)

# Each loss as a function of rows of the batch and of the step's denominator.
Rows = slice | list[int]
LOSSES: dict[str, Callable[[Array, Rows, float | None], Loss]] = {
    "sft": lambda x, rows, whole: sft(x, MASK[rows], whole),
    "reinforce": lambda x, rows, whole: reinforce(x, MASK[rows], ADVANTAGES[rows], whole),
    "rloo": lambda x, rows, whole: rloo(x, MASK[rows], ADVANTAGES[rows].reshape(-1, 2), whole),
    "grpo": lambda x, rows, whole: grpo(x, OLD[rows], MASK[rows], ADVANTAGES[rows], denominator=whole),
    "grpo, token": lambda x, rows, whole: grpo(
        x, OLD[rows], MASK[rows], ADVANTAGES[rows], normaliser="token", denominator=whole
    ),
    "grpo, constant": lambda x, rows, whole: grpo(
        x, OLD[rows], MASK[rows], ADVANTAGES[rows], normaliser="constant", constant=7.0, denominator=whole
    ),
    "grpo, kl, clip higher": lambda x, rows, whole: grpo(
        x,
        OLD[rows],
        MASK[rows],
        ADVANTAGES[rows],
        clip_high=0.35,
        kl=0.3,
        reference_logprobs=REFERENCE[rows],
        denominator=whole,
    ),
    "dpo": lambda x, rows, whole: dpo(x, REFERENCE[rows], MASK[rows], denominator=whole),
    "dpo, smoothed": lambda x, rows, whole: dpo(
        x, REFERENCE[rows], MASK[rows], 0.7, label_smoothing=0.2, denominator=whole
    ),
    "dpo, ipo": lambda x, rows, whole: dpo(x, REFERENCE[rows], MASK[rows], 0.6, kind="ipo", denominator=whole),
}
DENOMINATORS = {"sft": float(sum(LENGTHS)), "grpo, token": float(sum(LENGTHS))}
PAIRS = 3.0
named = pytest.mark.parametrize("name", LOSSES)


def denominator(name: str) -> float:
    """Of the whole batch."""
    return PAIRS if name.startswith("dpo") else DENOMINATORS.get(name, float(B))


@named
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    loss = LOSSES[name]
    found = loss(LOGPROBS, slice(None), None).gradients["dlogprobs"]
    assert found.dtype == numpy.float64 and found.shape == (B, T)
    expected = numpy.empty((B, T))
    for place in numpy.ndindex(B, T):
        up, down = LOGPROBS.copy(), LOGPROBS.copy()
        up[place] += STEP
        down[place] -= STEP
        expected[place] = (loss(up, slice(None), None).loss - loss(down, slice(None), None).loss) / (2 * STEP)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)
    assert (numpy.abs(expected[MASK > 0]) > 1e-4).sum() > B  # there was something to compare


@named
def test_micro_batches_add_up_to_one_batch(name: str) -> None:
    loss = LOSSES[name]
    whole = loss(LOGPROBS, slice(None), None)
    # Of the pairs 0 and 3, 1 and 4, 2 and 5 the first alone, then the others; chosen responses first.
    parts: list[Rows] = [[0, 3], [1, 2, 4, 5]] if name.startswith("dpo") else [slice(0, 2), slice(2, 6)]
    shares = [loss(LOGPROBS[rows], rows, denominator(name)) for rows in parts]
    assert sum(share.loss for share in shares) == pytest.approx(whole.loss, rel=1e-12)
    for rows, share in zip(parts, shares, strict=True):
        numpy.testing.assert_allclose(share.gradients["dlogprobs"], whole.gradients["dlogprobs"][rows], rtol=1e-12)
    for metric, value in whole.metrics.items():
        assert sum(share.metrics[metric] for share in shares) == pytest.approx(value, rel=1e-12, abs=1e-15)
    # A mean of the parts' own means is another number: their lengths differ.
    if denominator(name) != B and not name.startswith("dpo"):
        alone = [loss(LOGPROBS[rows], rows, None).loss for rows in parts]
        assert sum(alone) / 2 != pytest.approx(whole.loss, rel=1e-3)


@named
def test_what_the_mask_hides_does_not_matter(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    loss = LOSSES[name]
    whole = loss(LOGPROBS, slice(None), None)
    for hidden in (0.0, -3.0, math.nan, -math.inf):
        for constants in ("OLD", "REFERENCE"):
            monkeypatch.setitem(globals(), constants, numpy.where(MASK > 0, globals()[constants], hidden))
        other = loss(numpy.where(MASK > 0, LOGPROBS, hidden), slice(None), None)
        assert other.loss == whole.loss and other.metrics == whole.metrics
        assert (other.gradients["dlogprobs"] == whole.gradients["dlogprobs"]).all()
        assert not other.gradients["dlogprobs"][MASK == 0].any()


@named
def test_float32_in_float32_out_and_masks_of_any_type(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = LOSSES[name](LOGPROBS, slice(None), None)
    for kind in (bool, numpy.int32, numpy.float32):
        monkeypatch.setitem(globals(), "MASK", MASK.astype(kind))
        other = LOSSES[name](LOGPROBS.astype(numpy.float32), slice(None), None)
        assert other.gradients["dlogprobs"].dtype == numpy.float32
        assert other.loss == pytest.approx(whole.loss, rel=1e-5)
        numpy.testing.assert_allclose(other.gradients["dlogprobs"], whole.gradients["dlogprobs"], rtol=1e-5, atol=1e-7)


@named
def test_a_log_probability_that_is_not_a_number_makes_the_loss_so(name: str) -> None:
    broken = LOGPROBS.copy()
    broken[0, T - 1] = math.nan
    assert math.isnan(LOSSES[name](broken, slice(None), None).loss)


# By hand


def test_sft_by_hand() -> None:
    # 3 tokens count: (0.5 + 1.5 + 4) / 3 = 2; a token's gradient is -1/3.
    logprobs, mask = numpy.array([[-9.0, -0.5, -1.5], [-4.0, -9.0, -9.0]]), numpy.array([[0, 1, 1], [1, 0, 0]])
    loss, gradients, metrics = sft(logprobs, mask)
    assert loss == pytest.approx(2.0) and metrics == {}
    assert gradients["dlogprobs"] == pytest.approx(numpy.array([[0, -1, -1], [-1, 0, 0]]) / 3)
    assert sft(logprobs, mask, 12.0).loss == pytest.approx(0.5)
    # Weights: (0.5 + 1.5 / 2) / 1.5 = 5/6.
    weighted = numpy.array([[0, 1, 0.5], [0, 0, 0]])
    assert sft(logprobs, weighted).loss == pytest.approx(5 / 6)


def test_sft_is_the_fused_loss_of_the_model() -> None:
    cfg = ModelConfig.from_depth(1, vocab_size=40, n_embd=16, n_head=2, context=8)
    model = GPT(cfg, dtype="float64", ops=reference)
    draw = numpy.random.default_rng(1)
    tokens, targets = (draw.integers(0, 40, (3, 8), numpy.int32) for _ in range(2))
    mask = draw.random((3, 8)) < 0.4
    fused = model.loss_and_backward(tokens, targets, mask=mask)
    expected = model.gradient_arena.copy()
    model.zero_grads()
    loss, gradients, _ = sft(model.forward(tokens, targets), mask)
    model.backward(**gradients)
    assert loss == pytest.approx(fused, rel=1e-12)
    numpy.testing.assert_allclose(model.gradient_arena, expected, rtol=1e-9, atol=1e-12)


def test_group_advantages_by_hand() -> None:
    # 1, 0, 0, 1: mean 1/2, unbiased deviation sqrt(4 * 1/4 / 3) = 0.57735; 3, 5: mean 4, deviation sqrt(2).
    assert group_advantages([[1, 0, 0, 1]])[0] == pytest.approx(
        0.5 / (math.sqrt(1 / 3) + 1e-6) * numpy.array([1, -1, -1, 1])
    )
    assert group_advantages([[3, 5]])[0] == pytest.approx(
        [-1 / (math.sqrt(2) + 1e-6), 1 / (math.sqrt(2) + 1e-6)], rel=1e-9
    )
    assert group_advantages([[1, 0, 0, 1], [3, 5, 5, 5]], scale=False) == pytest.approx(
        numpy.array([[0.5, -0.5, -0.5, 0.5], [-1.5, 0.5, 0.5, 0.5]])
    )
    # 1, 0, 0, 1 less the mean of the other three: 1 - 1/3, 0 - 2/3.
    assert leave_one_out_advantages([[1, 0, 0, 1]])[0] == pytest.approx([2 / 3, -2 / 3, -2 / 3, 2 / 3])


def test_a_group_of_equal_rewards_has_no_advantages_at_all() -> None:
    rewards = numpy.full((2, 3), 0.1)  # whose mean is not 0.1 in binary
    assert rewards.mean(axis=1)[0] != 0.1
    for advantages in (
        group_advantages(rewards),
        group_advantages(rewards, scale=False),
        leave_one_out_advantages(rewards),
    ):
        assert (advantages == 0).all()


def test_reinforce_by_hand() -> None:
    # Two responses of log-probability -2 and -3, advantages 1 and -2: -(1 * -2 + -2 * -3) / 2 = -2.
    logprobs, mask = numpy.array([[-0.5, -1.5], [-3.0, -9.0]]), numpy.array([[1, 1], [1, 0]])
    loss, gradients, _ = reinforce(logprobs, mask, numpy.array([1.0, -2.0]))
    assert loss == pytest.approx(-2.0)
    assert gradients["dlogprobs"] == pytest.approx(numpy.array([[-0.5, -0.5], [1.0, 0.0]]))
    # Rewards 1 and 0 of the same prompt: advantages 1 and -1, -(1 * -2 + -1 * -3) / 2 = -1/2.
    assert rloo(logprobs, mask, numpy.array([[1.0, 0.0]])).loss == pytest.approx(-0.5)


def test_rloo_is_an_unbiased_gradient() -> None:
    # One token of two, p = 0.3 of the first, reward 1 for it alone: d E[reward] / d z = p (1 - p) = 0.21, z its logit.
    # The mean over all four draws of two samples, by their probabilities, is exactly that.
    p, expected = 0.3, 0.0
    for first in (0, 1):
        for second in (0, 1):
            draws = numpy.array([first, second])
            chance = numpy.where(draws == 0, p, 1 - p)
            rewards = (draws == 0).astype(float)[None]
            _, gradients, _ = rloo(numpy.log(chance)[:, None], numpy.ones((2, 1)), rewards)
            dlogit = numpy.where(draws == 0, 1 - p, -p)  # of the log-probability of what was drawn
            expected += chance.prod() * (gradients["dlogprobs"][:, 0] * dlogit).sum()
    assert expected == pytest.approx(-0.21)


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "gradient"),
    [
        # -min(ratio A, clipped A), and -ratio A where it is not clipped
        (1.0, 2.0, -2.0, -2.0),
        (1.1, 2.0, -2.2, -2.2),
        (1.5, 2.0, -2.4, 0.0),  # above 1.2, pushed up: enough
        (0.5, 2.0, -1.0, -1.0),  # below 0.8, but pushed up: back it may come
        (1.0, -2.0, 2.0, 2.0),
        (0.9, -2.0, 1.8, 1.8),
        (0.5, -2.0, 1.6, 0.0),  # below 0.8, pushed down: enough
        (1.5, -2.0, 3.0, 3.0),  # above 1.2, but pushed down: back it must come
        (1.5, 0.0, 0.0, 0.0),
    ],
)
def test_regions_of_the_clip(ratio: float, advantage: float, loss: float, gradient: float) -> None:
    old = numpy.array([[-1.0]])
    found = grpo(old + math.log(ratio), old, numpy.ones((1, 1)), numpy.array([advantage]))
    assert found.loss == pytest.approx(loss) and found.gradients["dlogprobs"].item() == pytest.approx(gradient)
    assert found.metrics["clipped"] == (gradient == 0 and advantage != 0)
    # KL(old, new) from a sample of old: ratio - 1 - log ratio.
    assert found.metrics["kl_to_old"] == pytest.approx(ratio - 1 - math.log(ratio))


def test_a_higher_bound_above_moves_that_bound_alone() -> None:
    old, mask = numpy.full((2, 1), -1.0), numpy.ones((2, 1))
    for ratio, clipped in ((1.25, 0.0), (1.3, 0.5)):
        found = grpo(old + math.log(ratio), old, mask, numpy.array([1.0, -1.0]), clip_high=0.28)
        assert found.metrics["clipped"] == clipped
    found = grpo(old + math.log(0.75), old, mask, numpy.array([1.0, -1.0]), clip_high=0.28)
    assert found.metrics["clipped"] == 0.5


def test_the_loss_reads_0_on_fresh_samples_while_the_gradient_does_not() -> None:
    rewards = numpy.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    advantages = group_advantages(rewards).reshape(-1)
    loss, gradients, metrics = grpo(LOGPROBS, LOGPROBS, MASK, advantages)
    assert loss == pytest.approx(0.0, abs=1e-15) and metrics["clipped"] == metrics["kl_to_old"] == 0
    same = grpo(LOGPROBS, None, MASK, advantages)
    assert same.loss == loss and (same.gradients["dlogprobs"] == gradients["dlogprobs"]).all()
    assert math.isnan(grpo(LOGPROBS * math.nan, None, MASK, advantages).loss)
    # At ratio 1 a token's gradient is -A / length / B.
    expected = -MASK * (advantages / LENGTHS)[:, None] / B
    assert gradients["dlogprobs"] == pytest.approx(expected) and numpy.abs(expected).max() > 0.05


def test_advantages_of_zero_leave_nothing_but_the_divergence() -> None:
    nothing = numpy.zeros(B)
    loss, gradients, _ = grpo(LOGPROBS, OLD, MASK, nothing)
    assert loss == 0 and not gradients["dlogprobs"].any()
    assert not reinforce(LOGPROBS, MASK, nothing).gradients["dlogprobs"].any()
    found = grpo(LOGPROBS, OLD, MASK, nothing, kl=0.3, reference_logprobs=REFERENCE)
    assert found.loss == pytest.approx(0.3 * found.metrics["kl"]) and found.loss > 0
    assert found.gradients["dlogprobs"].any()


def test_divergence_by_hand() -> None:
    # pi 1/2, reference 1/4: d = -log 2, exp(d) - d - 1 = 1/2 + log 2 - 1; its gradient 1 - exp(d) = 1/2.
    logprobs, reference_logprobs = numpy.log([[0.5]]), numpy.log([[0.25]])
    found = grpo(logprobs, logprobs, numpy.ones((1, 1)), numpy.zeros(1), kl=2.0, reference_logprobs=reference_logprobs)
    assert found.metrics["kl"] == pytest.approx(math.log(2) - 0.5)
    assert found.loss == pytest.approx(2 * (math.log(2) - 0.5))
    assert found.gradients["dlogprobs"].item() == pytest.approx(2 * 0.5)


def test_normalisers_by_hand() -> None:
    # Two responses of 1 and 3 tokens, advantages 2 and -1, ratios 1: a token's loss is -2 and 1.
    logprobs = numpy.full((2, 3), -1.0)
    mask, advantages = numpy.array([[1, 0, 0], [1, 1, 1]]), numpy.array([2.0, -1.0])
    for normaliser, constant, loss, gradients in (
        ("sequence", None, (-2 + 3 / 3) / 2, [-2 / 2, 1 / 6]),
        ("token", None, (-2 + 3) / 4, [-2 / 4, 1 / 4]),
        ("constant", 10.0, (-2 + 3) / 10 / 2, [-2 / 20, 1 / 20]),
    ):
        found = grpo(logprobs, logprobs, mask, advantages, normaliser=normaliser, constant=constant)
        assert found.loss == pytest.approx(loss), normaliser
        assert found.gradients["dlogprobs"] == pytest.approx(mask * numpy.array(gradients)[:, None]), normaliser
    assert denominator_of(mask) == denominator_of(mask, "constant") == 2 and denominator_of(mask, "token") == 4


def test_shares_are_shares_for_any_normaliser() -> None:
    # Of the response of 1 token all is clipped, of that of 3 tokens nothing.
    old = numpy.full((2, 3), -1.0)
    logprobs = old + math.log(1.5)
    mask, advantages = numpy.array([[1, 0, 0], [1, 1, 1]]), numpy.array([1.0, -1.0])
    for normaliser, constant, share in (("sequence", None, 0.5), ("token", None, 0.25), ("constant", 10.0, 0.5)):
        found = grpo(logprobs, old, mask, advantages, normaliser=normaliser, constant=constant)
        assert found.metrics["clipped"] == pytest.approx(share), normaliser


def test_rows_without_tokens_are_no_responses() -> None:
    rows, padded = slice(0, 2), MASK.copy()
    padded[2:] = 0
    for normaliser, constant in (("sequence", None), ("token", None), ("constant", 4.0)):
        settings: Any = {"normaliser": normaliser, "constant": constant}
        expected = grpo(LOGPROBS[rows], OLD[rows], MASK[rows], ADVANTAGES[rows], **settings)
        found = grpo(LOGPROBS, OLD, padded, ADVANTAGES, **settings)
        assert found.loss == pytest.approx(expected.loss) and not found.gradients["dlogprobs"][2:].any()
    nothing = grpo(LOGPROBS, OLD, MASK * 0, ADVANTAGES, denominator=3.0)  # a micro-batch of padding alone
    assert nothing.loss == 0 and not nothing.gradients["dlogprobs"].any()


def test_ratios_beyond_floating_point() -> None:
    old, mask = numpy.full((1, 1), -2000.0, numpy.float32), numpy.ones((1, 1))
    new = numpy.zeros((1, 1), numpy.float32)
    pushed_up = grpo(new, old, mask, numpy.ones(1))
    assert pushed_up.loss == pytest.approx(-1.2) and not pushed_up.gradients["dlogprobs"].any()
    assert grpo(new, old, mask, -numpy.ones(1)).loss == math.inf


def test_dpo_of_a_model_that_is_its_reference() -> None:
    # All margins are 0: -log sigmoid(0) = log 2, whose gradient by the margin is -1/2; by a log-probability of the
    # chosen response -beta / 2 / P, of the rejected one the same with the other sign.
    loss, gradients, metrics = dpo(LOGPROBS, LOGPROBS, MASK, beta=0.3)
    assert loss == pytest.approx(math.log(2), rel=1e-15)
    signs = numpy.repeat([-1.0, 1.0], 3)[:, None]
    assert gradients["dlogprobs"] == pytest.approx(MASK * signs * 0.3 / 2 / 3)
    assert metrics["reward_margin"] == metrics["drift"] == 0 and metrics["accuracy"] == 0.5
    assert dpo(LOGPROBS, LOGPROBS, MASK, label_smoothing=0.3).loss == pytest.approx(math.log(2))
    assert dpo(LOGPROBS, LOGPROBS, MASK, 0.5, kind="ipo").loss == pytest.approx(1.0)  # (1 / (2 * 0.5))^2


def test_dpo_by_hand() -> None:
    # Chosen: -1 - 2 = -3, by the reference -4: a gain of 1. Rejected: -5, by the reference -3: -2. Margin 0.5 * 3.
    logprobs = numpy.array([[-1.0, -2.0], [-5.0, -9.0]])
    reference_logprobs, mask = numpy.array([[-2.0, -2.0], [-3.0, -9.0]]), numpy.array([[1, 1], [1, 0]])
    loss, gradients, metrics = dpo(logprobs, reference_logprobs, mask, beta=0.5)
    sigmoid = 1 / (1 + math.exp(-1.5))
    assert loss == pytest.approx(-math.log(sigmoid))
    slope = 0.5 * (1 - sigmoid)
    assert gradients["dlogprobs"] == pytest.approx(numpy.array([[-slope, -slope], [slope, 0]]))
    assert metrics == pytest.approx(
        {
            "accuracy": 1.0,
            "reward_margin": 1.5,
            "chosen_reward": 0.5,
            "rejected_reward": -1.0,
            "chosen_logprob": -3.0,
            "rejected_logprob": -5.0,
            "drift": (1 / 2 + 2 / 1) / 2,
        }
    )
    # A fifth of the pairs the wrong way round: 0.8 * -log sigmoid(1.5) - 0.2 * log sigmoid(-1.5).
    smoothed = dpo(logprobs, reference_logprobs, mask, beta=0.5, label_smoothing=0.2).loss
    assert smoothed == pytest.approx(-0.8 * math.log(sigmoid) - 0.2 * math.log(1 - sigmoid))
    # IPO: (3 - 1 / (2 * 0.5))^2 = 4, its gradient by the chosen log-probability 2 * 2.
    ipo = dpo(logprobs, reference_logprobs, mask, beta=0.5, kind="ipo")
    assert ipo.loss == pytest.approx(4.0) and ipo.gradients["dlogprobs"][0, 0] == pytest.approx(4.0)


def test_dpo_of_sums_is_that_of_tokens() -> None:
    tokens = dpo(LOGPROBS, REFERENCE, MASK)
    sums = dpo(LOGPROBS, (REFERENCE * MASK).sum(axis=1), MASK)
    assert sums.loss == pytest.approx(tokens.loss, rel=1e-14) and sums.metrics == pytest.approx(tokens.metrics)
    assert sums.gradients["dlogprobs"] == pytest.approx(tokens.gradients["dlogprobs"])


def test_dpo_of_margins_beyond_floating_point() -> None:
    far = numpy.array([[0.0], [-1e6]])
    same = numpy.zeros((2, 1))
    won, lost = dpo(far, same, numpy.ones((2, 1))), dpo(far[::-1].copy(), same, numpy.ones((2, 1)))
    assert won.loss == 0 and not won.gradients["dlogprobs"].any()
    assert lost.loss == pytest.approx(1e5) and lost.gradients["dlogprobs"][:, 0] == pytest.approx([-0.1, 0.1])


# Refusals


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sft([[0.0]], MASK), "logprobs must be an array of floating-point numbers, got list"),
        (lambda: sft(LOGPROBS.astype(int), MASK), "logprobs must be an array of floating-point numbers, got int64"),
        (lambda: sft(LOGPROBS, MASK.tolist()), "mask must be an array of numbers, got list"),
        (lambda: sft(LOGPROBS[0], MASK[0]), r"logprobs must be of shape (B, T) and not empty, got (5,)"),
        (lambda: sft(LOGPROBS, MASK[1:]), "mask must have the shape of logprobs (6, 5), got (5, 5)"),
        (lambda: sft(LOGPROBS, -MASK), "mask must be finite and not negative"),
        (lambda: sft(LOGPROBS, MASK * math.nan), "mask must be finite and not negative"),
        (lambda: sft(LOGPROBS, MASK * 0), "no token counts: the mask is 0 everywhere"),
        (lambda: sft(LOGPROBS, MASK, 0.0), "denominator must be positive and finite, got 0.0"),
        (lambda: reinforce(LOGPROBS, MASK * 0, ADVANTAGES), "no response has a token that counts"),
        (
            lambda: reinforce(LOGPROBS, MASK, ADVANTAGES[1:]),
            "advantages must be one a row, of shape (6,), got (5,)",
        ),
        (
            lambda: reinforce(LOGPROBS, MASK, numpy.where(ADVANTAGES > 1, math.inf, ADVANTAGES)),
            "advantages must be finite, got inf for row 0",
        ),
        (
            lambda: group_advantages([[1.0], [0.0]]),
            "rewards must be of shape (prompts, samples), with at least 2 samples a prompt, got (2, 1)",
        ),
        (
            lambda: leave_one_out_advantages([[1.0, 0.0], [0.0, math.nan]]),
            "rewards must be finite, got nan for sample 1 of prompt 1",
        ),
        (lambda: rloo(LOGPROBS, MASK, [[1.0, 0.0]]), "advantages must be one a row, of shape (6,), got (2,)"),
        (
            lambda: grpo(LOGPROBS, OLD[:, 1:], MASK, ADVANTAGES),
            "old_logprobs must be of shape (6, 5), got (6, 4)",
        ),
        (
            lambda: grpo(LOGPROBS, OLD * math.nan, MASK, ADVANTAGES),
            "old_logprobs must be finite where the mask is not 0, got nan at [0, 0]",
        ),
        (lambda: grpo(LOGPROBS, OLD, MASK, ADVANTAGES, clip=0), "clip must be positive and finite, got 0"),
        (
            lambda: grpo(LOGPROBS, OLD, MASK, ADVANTAGES, clip_high=-1.0),
            "clip_high must be positive and finite, got -1.0",
        ),
        (lambda: grpo(LOGPROBS, OLD, MASK, ADVANTAGES, kl=-0.1), "kl must be at least 0 and finite, got -0.1"),
        (
            lambda: grpo(LOGPROBS, OLD, MASK, ADVANTAGES, kl=0.1),
            "kl is 0.1, but there are no reference_logprobs to keep near to",
        ),
        (
            lambda: grpo(LOGPROBS, OLD, MASK, ADVANTAGES, normaliser="length"),
            "normaliser must be 'sequence', 'token' or 'constant', got 'length'",
        ),
        (
            lambda: grpo(LOGPROBS, OLD, MASK, ADVANTAGES, normaliser="constant"),
            "constant is needed for the normaliser 'constant'; got None and 'constant'",
        ),
        (
            lambda: grpo(LOGPROBS, OLD, MASK, ADVANTAGES, constant=4.0),
            "constant goes with the normaliser 'constant'; got 4.0 and 'sequence'",
        ),
        (
            lambda: dpo(LOGPROBS[1:], REFERENCE[1:], MASK[1:]),
            "the rows must be pairs, all chosen responses before all rejected ones, got 5 rows",
        ),
        (
            lambda: dpo(LOGPROBS, REFERENCE, MASK * (ADVANTAGES != 0.4)[:, None]),
            "row 2 has no token that counts: its mask is 0 everywhere",
        ),
        (
            lambda: dpo(LOGPROBS, numpy.full(B, math.nan), MASK),
            "reference_logprobs must be finite where the mask is not 0, got nan at [0]",
        ),
        (lambda: dpo(LOGPROBS, numpy.zeros(3), MASK), "reference_logprobs must be of shape (6,), got (3,)"),
        (lambda: dpo(LOGPROBS, REFERENCE, MASK, 0.0), "beta must be positive and finite, got 0.0"),
        (
            lambda: dpo(LOGPROBS, REFERENCE, MASK, label_smoothing=0.5),
            "label_smoothing must be below 0.5, got 0.5",
        ),
        (lambda: dpo(LOGPROBS, REFERENCE, MASK, kind="hinge"), "kind must be 'sigmoid' or 'ipo', got 'hinge'"),
        (
            lambda: dpo(LOGPROBS, REFERENCE, MASK, kind="ipo", label_smoothing=0.1),
            "label_smoothing goes with the kind 'sigmoid' alone, got 0.1 with 'ipo'",
        ),
    ],
)
def test_refusals(call: Callable[[], Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as error:
        call()
    assert str(error.value) == message
