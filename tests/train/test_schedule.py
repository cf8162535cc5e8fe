"""Learning rates."""

import math

import pytest

from pyllm.train.schedule import checked_schedule, learning_rate


def rates(schedule: str, steps: int = 100, warmup: int = 9, **others: float) -> list[float]:
    return [
        learning_rate(step, schedule=schedule, lr=1.0, min_lr=0.1, warmup_steps=warmup, steps=steps, **others)
        for step in range(steps + 20)
    ]


@pytest.mark.parametrize("schedule", ["cosine", "stable", "constant"])
def test_warm_up_is_linear_and_never_zero(schedule: str) -> None:
    assert rates(schedule)[:9] == pytest.approx([(step + 1) / 10 for step in range(9)])
    assert rates(schedule)[9] == 1.0
    assert rates(schedule, warmup=0)[0] == 1.0


def test_cosine() -> None:
    of = rates("cosine", steps=109, warmup=9)
    assert of[59] == pytest.approx(0.55)  # half way: the mean of lr and min_lr
    assert of[34] == pytest.approx(0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi / 4)))
    assert of[109:] == pytest.approx([0.1] * 20)
    assert of[9:] == sorted(of[9:], reverse=True)


def test_stable_then_a_straight_line_down() -> None:
    of = rates("stable", decay_fraction=0.2)
    assert of[9:81] == [1.0] * 72
    assert of[90] == pytest.approx(0.55) and of[99] == pytest.approx(0.1 + 0.9 / 20)
    assert of[100:] == pytest.approx([0.1] * 20)


def test_constant() -> None:
    assert rates("constant")[9:] == [1.0] * 111


def test_more_warm_up_than_steps() -> None:
    for schedule in ("cosine", "stable"):
        assert rates(schedule, steps=5, warmup=9)[:5] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
        assert rates(schedule, steps=5, warmup=9)[9:] == [0.1] * 16


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("linear", 1.0, 0.1, 5, 0.2), "schedule must be one of cosine, stable, constant, got 'linear'"),
        (("cosine", 0.0, 0.0, 5, 0.2), "lr must be a positive number, got 0.0"),
        (("cosine", math.nan, 0.0, 5, 0.2), "lr must be a positive number, got nan"),
        (("cosine", 1.0, 2.0, 5, 0.2), "min_lr must be from 0 to lr (1), got 2.0"),
        (("cosine", 1.0, 0.1, -1, 0.2), "warmup_steps must be at least 0, got -1"),
        (("stable", 1.0, 0.1, 5, 0.0), "decay_fraction must be above 0 and at most 1, got 0.0"),
    ],
)
def test_refusals(settings: tuple[str, float, float, int, float], message: str) -> None:
    with pytest.raises(ValueError, match="^" + message.replace("(", r"\(").replace(")", r"\)") + "$"):
        checked_schedule(*settings)
