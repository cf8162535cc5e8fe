"""Progress of long work: a bar on a terminal or in a notebook, otherwise a line every few seconds."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Sequence

SECONDS_BETWEEN_LINES = 10.0
SECONDS_BETWEEN_UPDATES = 0.25  # of a bar
LEAST_BAR = 5  # characters


class Progress:
    """Shows how far a piece of work is, on stderr.

    Args:
        title: what is being done.
        unit: what is counted; "bytes" are shown as MB.
        total: how many there will be, when known.
        show: True: a bar on a terminal or in a notebook, otherwise lines; False: nothing; None: as True, but no lines
            where output goes into a file.
        time_to_go: show it, beside the bar.
    """

    def __init__(
        self,
        title: str,
        unit: str,
        total: int | None = None,
        show: bool | None = None,
        time_to_go: bool = True,
    ) -> None:
        self._title, self._unit, self._total = title, unit, total
        self._start = time.monotonic()
        self._next = self._start
        self._bar = None
        show = is_wanted(show)
        self._lines = show and not _bars_work()
        if self._lines:
            self._next += SECONDS_BETWEEN_LINES
        if show and not self._lines:
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as RichProgress

            self._bar = RichProgress(
                TextColumn("{task.description}"),
                # Of the eight colours: where there are no others, rich's own green becomes the grey of the empty part.
                BarColumn(40 if time_to_go else 12, complete_style="magenta", finished_style="green"),
                TextColumn("{task.fields[figures]}"),
                *([TimeRemainingColumn()] if time_to_go else []),
                console=Console(stderr=True),
                refresh_per_second=4,
            )
            self._task = self._bar.add_task(title, total=total, figures="")

    def __enter__(self) -> Progress:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.refresh()  # which stop leaves out in a notebook
            self._bar.stop()

    def set_total(self, total: int) -> None:
        self._total = total
        if self._bar:
            self._bar.update(self._task, total=total)

    def update(self, done: int, figures: Callable[[], Sequence[str]] | None = None, at_once: bool = False) -> None:
        """Tells how many units are done by now.

        Args:
            done: units.
            figures: makes what is shown beside the title: in full, then shorter and shorter for narrow terminals;
                default: the units done and how many a second.
            at_once: show it even if something was shown a moment ago.
        """
        now = time.monotonic()
        at_once |= self._bar is not None and done == self._total
        if not (self._bar or self._lines) or (now < self._next and not at_once):
            return
        texts = figures() if figures else [self._figures(done)]
        if self._bar:
            self._next = now + SECONDS_BETWEEN_UPDATES
            room = self._bar.console.width - len(self._title) - LEAST_BAR - 2
            text = next((one for one in texts if len(one) <= room), texts[-1])
            self._bar.update(self._task, completed=done, figures=text)
        else:
            self._next = now + SECONDS_BETWEEN_LINES
            print(f"{self._title}: {texts[0]}", file=sys.stderr, flush=True)

    def print(self, text: str) -> None:
        """Shows a line, above the bar where there is one."""
        if self._bar:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        elif self._lines:
            print(text, file=sys.stderr, flush=True)

    def _figures(self, done: int) -> str:
        rate = done / max(time.monotonic() - self._start, 1e-9)
        scale, unit = (1e6, "MB") if self._unit == "bytes" else (1, self._unit)
        number = "{:,.1f}" if scale > 1 else "{:,.0f}"
        of = f" of {number.format(self._total / scale)}" if self._total is not None else ""
        return f"{number.format(done / scale)}{of} {unit}, {number.format(rate / scale)} {unit}/s"


def is_wanted(show: bool | None) -> bool:
    """Whether to show progress: None means on a terminal or in a notebook."""
    return sys.stderr.isatty() or _in_notebook() if show is None else show


def _in_notebook() -> bool:
    return "ipykernel" in sys.modules


def _bars_work() -> bool:
    """Whether rich can redraw a line; in a notebook it does so with ipywidgets."""
    return importlib.util.find_spec("ipywidgets") is not None if _in_notebook() else sys.stderr.isatty()
