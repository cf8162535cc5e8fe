"""The reward model's loss against finite differences in float64, and cases computed by hand."""

import math
from collections.abc import Callable
from typing import Any

import numpy
import pytest

from pyllm.train.losses import reward

Array = Any

P, T = 3, 5
STEP = 1e-6
rng = numpy.random.default_rng(5)
VALUES = rng.normal(0, 1.5, (2 * P, T))
PLACES = numpy.array([4, 0, 2, 3, 4, 1])
SETTINGS: list[dict[str, float]] = [{}, {"label_smoothing": 0.2}, {"centre": 0.05}]


@pytest.mark.parametrize("settings", SETTINGS)
def test_gradients_are_those_of_finite_differences(settings: Any) -> None:
    found = reward(VALUES, PLACES, **settings).gradients["dvalues"]
    expected = numpy.empty(VALUES.shape)
    for place in numpy.ndindex(VALUES.shape):
        up, down = VALUES.copy(), VALUES.copy()
        up[place] += STEP
        down[place] -= STEP
        expected[place] = (reward(up, PLACES, **settings).loss - reward(down, PLACES, **settings).loss) / (2 * STEP)
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)
    assert (numpy.abs(expected) > 1e-3).sum() == 2 * P


@pytest.mark.parametrize("settings", SETTINGS)
def test_micro_batches_add_up_to_one_batch(settings: Any) -> None:
    whole = reward(VALUES, PLACES, **settings)
    parts = [[0, 3], [1, 2, 4, 5]]
    shares = [reward(VALUES[rows], PLACES[rows], denominator=P, **settings) for rows in parts]
    assert sum(share.loss for share in shares) == pytest.approx(whole.loss, rel=1e-12)
    for rows, share in zip(parts, shares, strict=True):
        numpy.testing.assert_allclose(share.gradients["dvalues"], whole.gradients["dvalues"][rows], rtol=1e-12)
    for metric, value in whole.metrics.items():
        assert sum(share.metrics[metric] for share in shares) == pytest.approx(value, rel=1e-12)


def test_by_hand() -> None:
    # Scores 2 and 0.5: -log sigmoid(1.5), whose gradient by the chosen score is sigmoid(1.5) - 1.
    values = numpy.array([[9.0, 2.0], [0.5, math.nan]], numpy.float32)
    loss, gradients, metrics = reward(values, numpy.array([1, 0]))
    sigmoid = 1 / (1 + math.exp(-1.5))
    assert loss == pytest.approx(-math.log(sigmoid))
    assert gradients["dvalues"].dtype == numpy.float32
    assert gradients["dvalues"] == pytest.approx(numpy.array([[0, sigmoid - 1], [1 - sigmoid, 0]]))
    assert metrics == {"accuracy": 1.0, "margin": 1.5, "chosen_score": 2.0, "rejected_score": 0.5}
    assert reward(values, numpy.array([1, 0]), centre=0.1).loss == pytest.approx(loss + 0.1 * 2.5**2)
    smoothed = -0.8 * math.log(sigmoid) - 0.2 * math.log(1 - sigmoid)
    assert reward(values, numpy.array([1, 0]), label_smoothing=0.2).loss == pytest.approx(smoothed)


def test_equal_scores_are_right_by_half() -> None:
    loss, gradients, metrics = reward(numpy.zeros((2, 3)), numpy.array([2, 2]))
    assert loss == pytest.approx(math.log(2)) and metrics["accuracy"] == 0.5
    assert gradients["dvalues"][:, 2] == pytest.approx([-0.5, 0.5])


def test_scores_beyond_floating_point() -> None:
    far = numpy.array([[1e6], [-1e6]])
    won, lost = reward(far, numpy.zeros(2, int)), reward(-far, numpy.zeros(2, int))
    assert won.loss == 0 and not won.gradients["dvalues"].any()
    assert lost.loss == pytest.approx(2e6) and lost.gradients["dvalues"][:, 0] == pytest.approx([-1, 1])
    assert math.isnan(reward(far * math.nan, numpy.zeros(2, int)).loss)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: reward(VALUES.tolist(), PLACES), "values must be an array of floating-point numbers, got "),
        (lambda: reward(VALUES[1:], PLACES[1:]), "values must be of shape (2P, T), all chosen answers before all"),
        (lambda: reward(VALUES[:0], PLACES[:0]), "values must be of shape (2P, T)"),
        (lambda: reward(VALUES, PLACES[1:]), "places must be 6 integers, one a row, got int64 of (5,)"),
        (lambda: reward(VALUES, PLACES / 1), "places must be 6 integers, one a row, got float64"),
        (lambda: reward(VALUES, PLACES + 1), "places must be from 0 to 4, got 1 to 5"),
        (lambda: reward(VALUES, PLACES - 1), "places must be from 0 to 4, got -1 to 3"),
        (lambda: reward(VALUES, PLACES, label_smoothing=0.5), "label_smoothing must be below 0.5, got 0.5"),
        (lambda: reward(VALUES, PLACES, centre=-1.0), "centre must be at least 0 and finite, got -1.0"),
        (lambda: reward(VALUES, PLACES, denominator=0.0), "denominator must be positive and finite, got 0.0"),
    ],
)
def test_refusals(call: Callable[[], object], message: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert str(caught.value).startswith(message)
