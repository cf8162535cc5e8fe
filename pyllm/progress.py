"""Progress of long work: a bar on a terminal or in a notebook, otherwise a line every few seconds."""

from __future__ import annotations

import sys
import time

SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Shows how far a piece of work is, on stderr.

    Args:
        title: what is being done.
        unit: what is counted; "bytes" are shown as MB.
        total: how many there will be, when known.
        show: True: a bar on a terminal, otherwise lines; False: nothing; None: a bar on a terminal, otherwise nothing.
    """

    def __init__(self, title: str, unit: str, total: int | None = None, show: bool | None = None) -> None:
        self._title, self._unit, self._total = title, unit, total
        self._start = self._last_line = time.monotonic()
        self._bar = None
        if show is None:
            show = _interactive()
        self._lines = show and not _interactive()
        if show and not self._lines:
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as RichProgress

            self._bar = RichProgress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[figures]}"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._task = self._bar.add_task(title, total=total, figures="")

    def __enter__(self) -> Progress:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def set_total(self, total: int) -> None:
        self._total = total
        if self._bar:
            self._bar.update(self._task, total=total)

    def update(self, done: int) -> None:
        """Tells how many units are done by now."""
        if self._bar:
            self._bar.update(self._task, completed=done, figures=self._figures(done))
        elif self._lines and time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            print(f"{self._title}: {self._figures(done)}", file=sys.stderr, flush=True)

    def _figures(self, done: int) -> str:
        rate = done / max(time.monotonic() - self._start, 1e-9)
        scale, unit = (1e6, "MB") if self._unit == "bytes" else (1, self._unit)
        number = "{:,.1f}" if scale > 1 else "{:,.0f}"
        of = f" of {number.format(self._total / scale)}" if self._total is not None else ""
        return f"{number.format(done / scale)}{of} {unit}, {number.format(rate / scale)} {unit}/s"


def _interactive() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules
