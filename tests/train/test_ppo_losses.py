"""PPO's losses and advantages against plain loops, finite differences in float64, and cases computed by hand."""

import math
from collections.abc import Callable
from typing import Any

import numpy
import pytest

from pyllm.train.losses import Loss, gae, ppo_policy, ppo_value, whitened

Array = Any

B, T = 5, 7
LENGTHS = (7, 2, 1, 4, 5)  # of the responses, from the first column on
STEP = 1e-6

rng = numpy.random.default_rng(3)
LOGPROBS = -rng.exponential(1.5, (B, T))
OLD = LOGPROBS + rng.normal(0, 0.4, (B, T))  # ratios on both sides of both bounds
VALUES = rng.normal(0, 1, (B, T))
OLD_VALUES = VALUES + rng.normal(0, 0.3, (B, T))
REWARDS = rng.normal(0, 1, (B, T))
RETURNS = rng.normal(0, 1, (B, T))
ADVANTAGES = rng.normal(0, 1, (B, T))
MASK = (numpy.arange(T) < numpy.array(LENGTHS)[:, None]).astype(numpy.float64)

# Each loss as a function of rows of the batch and of the step's denominator; what it is of; its gradient's name.
Rows = slice | list[int]
Call = Callable[[Array, Rows, float | None], Loss]
LOSSES: dict[str, tuple[Call, Array, str]] = {
    "policy": (
        lambda x, rows, whole: ppo_policy(x, OLD[rows], MASK[rows], ADVANTAGES[rows], denominator=whole),
        LOGPROBS,
        "dlogprobs",
    ),
    "value": (
        lambda x, rows, whole: ppo_value(x, OLD_VALUES[rows], MASK[rows], RETURNS[rows], denominator=whole),
        VALUES,
        "dvalues",
    ),
    "value, not clipped": (
        lambda x, rows, whole: ppo_value(
            x, OLD_VALUES[rows], MASK[rows], RETURNS[rows], clip=math.inf, denominator=whole
        ),
        VALUES,
        "dvalues",
    ),
}
named = pytest.mark.parametrize("name", LOSSES)


@named
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    loss, x, by = LOSSES[name]
    found = loss(x, slice(None), None).gradients[by]
    assert found.dtype == numpy.float64 and found.shape == (B, T)
    expected = numpy.empty((B, T))
    for place in numpy.ndindex(B, T):
        up, down = x.copy(), x.copy()
        up[place] += STEP
        down[place] -= STEP
        expected[place] = (loss(up, slice(None), None).loss - loss(down, slice(None), None).loss) / (2 * STEP)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)
    assert (numpy.abs(expected[MASK > 0]) > 1e-4).sum() > B  # there was something to compare


@named
def test_micro_batches_add_up_to_one_batch(name: str) -> None:
    loss, x, by = LOSSES[name]
    whole = loss(x, slice(None), None)
    parts: list[Rows] = [slice(0, 2), slice(2, 5)]
    shares = [loss(x[rows], rows, float(sum(LENGTHS))) for rows in parts]
    assert sum(share.loss for share in shares) == pytest.approx(whole.loss, rel=1e-12)
    for rows, share in zip(parts, shares, strict=True):
        numpy.testing.assert_allclose(share.gradients[by], whole.gradients[by][rows], rtol=1e-12)
    for metric, value in whole.metrics.items():
        assert sum(share.metrics[metric] for share in shares) == pytest.approx(value, rel=1e-12, abs=1e-15)


@named
def test_what_the_mask_hides_does_not_matter(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    loss, x, by = LOSSES[name]
    whole = loss(x, slice(None), None)
    for hidden in (0.0, -3.0, math.nan, -math.inf):
        for constants in ("OLD", "OLD_VALUES", "RETURNS", "ADVANTAGES"):
            monkeypatch.setitem(globals(), constants, numpy.where(MASK > 0, globals()[constants], hidden))
        other = loss(numpy.where(MASK > 0, x, hidden), slice(None), None)
        assert other.loss == whole.loss and other.metrics == whole.metrics
        assert (other.gradients[by] == whole.gradients[by]).all() and not other.gradients[by][MASK == 0].any()


@named
def test_float32_in_float32_out(name: str) -> None:
    loss, x, by = LOSSES[name]
    whole, other = loss(x, slice(None), None), loss(x.astype(numpy.float32), slice(None), None)
    assert other.gradients[by].dtype == numpy.float32 and other.loss == pytest.approx(whole.loss, rel=1e-5)
    numpy.testing.assert_allclose(other.gradients[by], whole.gradients[by], rtol=1e-4, atol=1e-6)


@named
def test_what_is_not_a_number_makes_the_loss_so(name: str) -> None:
    loss, x, _ = LOSSES[name]
    broken = x.copy()
    broken[0, 0] = math.nan
    assert math.isnan(loss(broken, slice(None), None).loss)


# Advantages


@pytest.mark.parametrize(("gamma", "lam"), [(1.0, 0.95), (0.9, 0.8), (1.0, 1.0), (0.97, 0.0)])
def test_gae_is_the_plain_double_loop(gamma: float, lam: float) -> None:
    advantages, returns = gae(REWARDS, VALUES, MASK, gamma, lam)
    expected = numpy.zeros((B, T))
    for row, length in enumerate(LENGTHS):
        for t in range(length):
            for ahead in range(length - t):
                here = t + ahead
                coming = VALUES[row, here + 1] if here + 1 < length else 0.0
                error = REWARDS[row, here] + gamma * coming - VALUES[row, here]
                expected[row, t] += (gamma * lam) ** ahead * error
    numpy.testing.assert_allclose(advantages, expected, rtol=1e-12, atol=1e-14)
    numpy.testing.assert_allclose(returns, MASK * (expected + VALUES), rtol=1e-12, atol=1e-14)


def test_gae_at_its_two_ends() -> None:
    # lam = 1: the sum of all rewards to come, whatever the critic says; lam = 0: the error of one step.
    _, returns = gae(REWARDS, VALUES, MASK, 1.0, 1.0)
    for row, length in enumerate(LENGTHS):
        assert returns[row, :length] == pytest.approx(numpy.cumsum(REWARDS[row, :length][::-1])[::-1])
    advantages, _ = gae(numpy.array([[0.0, 1.0]]), numpy.array([[0.5, 0.2]]), numpy.ones((1, 2)), 1.0, 0.0)
    assert advantages == pytest.approx(numpy.array([[0.2 - 0.5, 1.0 - 0.2]]))


def test_gae_does_not_look_at_what_the_mask_hides() -> None:
    expected = gae(REWARDS, VALUES, MASK)
    hidden = [numpy.where(MASK > 0, x, math.nan) for x in (REWARDS, VALUES)]
    for found, wanted in zip(gae(*hidden, MASK.astype(bool)), expected, strict=True):
        assert (found == wanted).all()


def test_gae_of_responses_at_the_end_of_their_rows() -> None:
    flipped = [numpy.roll(x, T - 4, axis=1)[3:4] for x in (REWARDS, VALUES, MASK)]
    for found, wanted in zip(gae(*flipped), gae(REWARDS, VALUES, MASK), strict=True):
        assert numpy.roll(found, 4 - T, axis=1) == pytest.approx(wanted[3:4])


def test_whitened_advantages() -> None:
    found = whitened(numpy.where(MASK > 0, 3 + 5 * ADVANTAGES, math.nan), MASK)
    shown = found[MASK > 0]
    assert shown.mean() == pytest.approx(0, abs=1e-12) and shown.std() == pytest.approx(1)
    assert not found[MASK == 0].any() and numpy.corrcoef(shown, ADVANTAGES[MASK > 0])[0, 1] == pytest.approx(1)
    assert not whitened(numpy.ones((2, 3)), numpy.ones((2, 3))).any()


# By hand


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "gradient"),
    [
        (1.0, 2.0, -2.0, -2.0),
        (1.5, 2.0, -2.4, 0.0),  # above 1.2, pushed up: enough
        (0.5, 2.0, -1.0, -1.0),
        (0.5, -2.0, 1.6, 0.0),  # below 0.8, pushed down: enough
        (1.5, -2.0, 3.0, 3.0),
    ],
)
def test_regions_of_the_clip(ratio: float, advantage: float, loss: float, gradient: float) -> None:
    old = numpy.array([[-1.0]])
    found = ppo_policy(old + math.log(ratio), old, numpy.ones((1, 1)), numpy.array([[advantage]]))
    assert found.loss == pytest.approx(loss) and found.gradients["dlogprobs"].item() == pytest.approx(gradient)
    assert found.metrics["clipped"] == (gradient == 0)
    assert found.metrics["kl_to_old"] == pytest.approx(ratio - 1 - math.log(ratio))


@pytest.mark.parametrize(
    ("value", "old", "loss", "gradient"),
    [
        # The return is 1: max of (V - 1)^2 and (V' - 1)^2, halved.
        (0.1, 0.0, 0.405, -0.9),  # within 0.2 of the old one
        (0.6, 0.0, 0.32, 0.0),  # farther towards the return than it may go: V' = 0.2
        (-0.6, 0.0, 1.28, -1.6),  # as far in the wrong direction: back it must come
        (1.5, 0.9, 0.125, 0.5),  # V' = 1.1 is nearer than V
    ],
)
def test_regions_of_the_critics_clip(value: float, old: float, loss: float, gradient: float) -> None:
    found = ppo_value(numpy.array([[value]]), numpy.array([[old]]), numpy.ones((1, 1)), numpy.ones((1, 1)))
    assert found.loss == pytest.approx(loss) and found.gradients["dvalues"].item() == pytest.approx(gradient)
    assert found.metrics == {"value_clipped": float(gradient == 0)}


def test_tokens_count_alike_whatever_their_response() -> None:
    # 3 tokens of advantage 1 and one of -3, at ratio 1: their mean is 0; a token's gradient is -A / 4.
    mask, advantages = numpy.array([[1, 1, 1], [1, 0, 0]]), numpy.array([[1.0, 1, 1], [-3, 9, 9]])
    logprobs = numpy.full((2, 3), -1.0)
    found = ppo_policy(logprobs, logprobs, mask, advantages)
    assert found.loss == pytest.approx(0)
    assert found.gradients["dlogprobs"] == pytest.approx(-mask * advantages / 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gae(REWARDS, VALUES.tolist(), MASK), "values must be an array of floating-point numbers, got list"),
        (lambda: gae(REWARDS[1:], VALUES, MASK), "rewards must be of shape (5, 7), got (4, 7)"),
        (lambda: gae(REWARDS * math.nan, VALUES, MASK), "rewards must be finite where the mask is not 0, got nan"),
        (lambda: gae(REWARDS, VALUES * math.nan, MASK), "values must be finite where the mask is not 0, got nan"),
        (lambda: gae(REWARDS, VALUES, MASK, gamma=1.5), "gamma must be from 0 to 1, got 1.5"),
        (lambda: gae(REWARDS, VALUES, MASK, lam=-0.1), "lam must be from 0 to 1, got -0.1"),
        (lambda: whitened(ADVANTAGES, MASK * 0), "no token counts: the mask is 0 everywhere"),
        (lambda: ppo_policy(LOGPROBS, OLD, MASK, ADVANTAGES[0]), "advantages must be of shape (5, 7), got (7,)"),
        (lambda: ppo_policy(LOGPROBS, OLD, MASK, ADVANTAGES, clip=0.0), "clip must be positive and finite, got 0.0"),
        (lambda: ppo_policy(LOGPROBS, OLD, MASK * 0, ADVANTAGES), "no token counts: the mask is 0 everywhere"),
        (lambda: ppo_value(VALUES, OLD_VALUES, MASK, RETURNS, clip=-1.0), "clip must be positive, got -1.0"),
        (lambda: ppo_value(VALUES, OLD_VALUES[1:], MASK, RETURNS), "old_values must be of shape (5, 7), got (4, 7)"),
    ],
)
def test_refusals(call: Callable[[], object], message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert str(caught.value).startswith(message) and "\n" not in str(caught.value)
