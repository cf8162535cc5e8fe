"""The learning rate of each step."""

from __future__ import annotations

import math
from typing import Literal

SCHEDULES = ("cosine", "stable", "constant")
Kind = Literal["cosine", "stable", "constant"]


def learning_rate(
    step: int,
    *,
    schedule: Kind,
    lr: float,
    min_lr: float,
    warmup_steps: int,
    steps: int,
    decay_fraction: float = 0.2,
) -> float:
    """The learning rate of a step, counted from 0.

    All schedules rise linearly to lr over the first warmup_steps: lr (step + 1) / (warmup_steps + 1). Then:

    - "cosine": half a cosine from lr down to min_lr (Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983).
    - "stable": lr, and over the last decay_fraction of all steps a straight line down to min_lr ("warm-up, stable,
      decay": Hu et al. 2024, https://arxiv.org/abs/2404.06395, section 4). The stable part does not know where the run
      ends, so it can be prolonged.
    - "constant": lr.

    From `steps` on it is min_lr ("constant": lr).
    """
    if step < warmup_steps:
        return lr * (step + 1) / (warmup_steps + 1)
    if schedule == "constant":
        return lr
    if step >= steps:
        return min_lr
    if schedule == "cosine":
        done = (step - warmup_steps) / (steps - warmup_steps)
        return min_lr + (lr - min_lr) * 0.5 * (1.0 + math.cos(math.pi * done))
    decay_steps = max(1, min(round(decay_fraction * steps), steps - warmup_steps))
    return min_lr + (lr - min_lr) * min(1.0, (steps - step) / decay_steps)


def checked_schedule(schedule: str, lr: float, min_lr: float, warmup_steps: int, decay_fraction: float) -> None:
    """Refuses settings that make no schedule.

    Raises:
        ValueError: says which one, and what it should be.
    """
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule must be one of {', '.join(SCHEDULES)}, got {schedule!r}")
    if not (math.isfinite(lr) and lr > 0):
        raise ValueError(f"lr must be a positive number, got {lr}")
    if not 0 <= min_lr <= lr:
        raise ValueError(f"min_lr must be from 0 to lr ({lr:g}), got {min_lr}")
    if warmup_steps < 0:
        raise ValueError(f"warmup_steps must be at least 0, got {warmup_steps}")
    if not 0 < decay_fraction <= 1:
        raise ValueError(f"decay_fraction must be above 0 and at most 1, got {decay_fraction}")
