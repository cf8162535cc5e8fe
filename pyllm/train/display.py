"""What a person sees while a model trains: step, loss, speed, share of the machine's peak, time to go."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy

from pyllm.progress import Progress

PEAK_SIZE = 512  # the sides of the product that the peak is measured with: three megabytes, which stay in the cache
PEAK_SECONDS = 0.05
STEPS_OF_A_RATE = 20


def matmul_peak(ops: ModuleType) -> float:
    """The floating-point operations a second that our matrix product reaches right now, with all its threads.

    Measured, in a twentieth of a second, on a product that stays in the cache: what a training step could reach if it
    were nothing else. A fact about the machine as it is now, not about its model's name.
    """
    a = numpy.full((PEAK_SIZE, PEAK_SIZE), 0.5, numpy.float32)
    b, out = a.copy(), a.copy()
    best, start = float("inf"), time.perf_counter()
    while (began := time.perf_counter()) - start < PEAK_SECONDS:
        ops.matmul(a, b, out)
        best = min(best, time.perf_counter() - began)
    return 2 * PEAK_SIZE**3 / best


@dataclass(frozen=True)
class Work:
    """What a step has done.

    Attributes:
        trained: tokens that went forward and backward.
        generated: tokens that were sampled: they went forward alone, a third of the work.
        context: tokens of a row.
    """

    trained: int
    generated: int
    context: int

    @property
    def tokens(self) -> int:
        return self.trained + self.generated


class Display:
    """The progress display of a training stage; a context manager.

    Args:
        title: the stage's name.
        steps: how many the whole run has.
        flops_per_token: of forward and backward, for rows of so many tokens.
        peak: what `matmul_peak` says.
        show: see Progress.
        headline: the name of the number that tells how well it goes.
    """

    def __init__(
        self,
        title: str,
        steps: int,
        flops_per_token: Callable[[int], float],
        peak: float,
        show: bool | None = None,
        headline: str = "loss",
    ) -> None:
        self._headline = headline.replace("_", " ")
        self._progress = Progress(title, "steps", total=steps, show=show, time_to_go=False)
        self._step, self._steps, self._flops_per_token, self._peak = 0, steps, flops_per_token, peak
        self._figures: Callable[[], list[str]] | None = None  # of the last step
        self._recent: deque[tuple[float, Work]] = deque(maxlen=STEPS_OF_A_RATE)  # seconds and work of the last steps

    def __enter__(self) -> Display:
        self._progress.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._figures is not None:  # in place of what was done last
            self._progress.update(self._step, self._figures)
        self._progress.__exit__(*exception)

    def print(self, text: str) -> None:
        """Shows a line."""
        self._progress.print(text)

    def share_of_peak(self, work: Work, seconds: float) -> float:
        """The share of the peak that some work in so many seconds is."""
        return self._flops_per_token(work.context) * (work.trained + work.generated / 3) / seconds / self._peak

    def step(self, step: int, value: float, seconds: float, work: Work) -> None:
        """Tells of a step that is done: its number, the headline's value, its seconds and its work."""
        self._recent.append((seconds, work))
        self._step, self._figures = step, lambda: self._figures_of(value)
        self._progress.update(step, self._figures, at_once=len(self._recent) == 1)

    def doing(self, what: str) -> None:
        """Tells what is done between two steps."""
        step, steps = f"{self._step:,}", f"{self._steps:,}"
        self._progress.update(self._step, lambda: [f"step {step} of {steps}, {what}", f"{step}/{steps} {what}"])

    def _figures_of(self, value: float) -> list[str]:
        """In full, as it fits into 80 columns beside the bar, and for less."""
        seconds = max(sum(one for one, _ in self._recent), 1e-9)
        rate = sum(work.tokens for _, work in self._recent) / seconds
        share = f"{sum(self.share_of_peak(work, seconds) for _, work in self._recent):.0%}"
        step, steps, headline = f"{self._step:,}", f"{self._steps:,}", f"{self._headline} {value:.4f}"
        to_go = f"{duration((self._steps - self._step) * seconds / len(self._recent))} to go"
        return [
            f"step {step} of {steps}, {headline}, {rate:,.0f} tokens/s, {share} of the peak, {to_go}",
            f"{step}/{steps} {headline} {rate:,.0f} tokens/s {share} peak {to_go}",
            f"{step}/{steps} {headline} {to_go}",
        ]


def duration(seconds: float) -> str:
    """Seconds as 1:23 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def printable(text: str) -> str:
    """A sampled text for a terminal or a report: what is not printable, such as an escape sequence, as U+FFFD."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
