"""How fast training steps are on the machine at hand."""

from __future__ import annotations

import time
from collections.abc import Callable

MEASURED_SECONDS = 2.0


def steps_per_second(step: Callable[[], object]) -> float:
    """How often a step can be done in a second; the first time, which takes memory, does not count."""
    step()
    done, start = 0, time.perf_counter()
    while (seconds := time.perf_counter() - start) < MEASURED_SECONDS or not done:
        step()
        done += 1
    return done / seconds
