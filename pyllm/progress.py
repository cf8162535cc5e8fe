"""Progress of long work: a bar on a terminal or in a notebook, otherwise a line every few seconds."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

SECONDS_BETWEEN_LINES = 10.0
SECONDS_BETWEEN_UPDATES = 0.25  # of a bar
LEAST_BAR = 5  # characters
BAR_IN_OUTLINE = 12


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
        self._outline = _outline.get() if show else None
        if self._outline is not None and self._outline.total is None:
            self._outline.total = total
        self._lines = show and not _bars_work()
        if self._lines:
            self._next += SECONDS_BETWEEN_LINES
        if show and not self._lines and self._outline is None:
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
        if self._outline:
            self._outline.total = total
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
        at_once |= not self._lines and done == self._total
        if not (self._bar or self._outline or self._lines) or (now < self._next and not at_once):
            return
        texts = figures() if figures else [self._figures(done)]
        if self._outline and not self._lines:
            self._next = now + SECONDS_BETWEEN_UPDATES
            self._outline.update(self._title, done, self._total, texts)
        elif self._bar:
            self._next = now + SECONDS_BETWEEN_UPDATES
            room = self._bar.console.width - len(self._title) - LEAST_BAR - 2
            text = next((one for one in texts if len(one) <= room), texts[-1])
            self._bar.update(self._task, completed=done, figures=text)
        else:
            self._next = now + SECONDS_BETWEEN_LINES
            print(f"{self._title}: {texts[0]}", file=sys.stderr, flush=True)

    def print(self, text: str) -> None:
        """Shows a line, above the bar where there is one."""
        if self._outline:
            self._outline.print(text)
        elif self._bar:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        elif self._lines:
            print(text, file=sys.stderr, flush=True)

    def _figures(self, done: int) -> str:
        rate = done / max(time.monotonic() - self._start, 1e-9)
        scale, unit = (1e6, "MB") if self._unit == "bytes" else (1, self._unit)
        number = "{:,.1f}" if scale > 1 else "{:,.0f}"
        of = f" of {number.format(self._total / scale)}" if self._total is not None else ""
        return f"{number.format(done / scale)}{of} {unit}, {number.format(rate / scale)} {unit}/s"


class Outline:
    """Shows work of many parts at once: those that are done, the one at work with its progress, those to come.

    While it is entered, every Progress of the same thread shows itself in the part at work.

    Args:
        parts: their titles, in their order.
        show: as Progress has it.
    """

    def __init__(self, parts: Sequence[str], show: bool | None = None) -> None:
        self._parts = list(parts)
        self._seconds: dict[str, float | None] = {}  # of those over; None: they had been done before
        self._part: str | None = None
        self._stopped: str | None = None  # the part that did not come to its end
        self._start = self._began = time.monotonic()
        self._show = is_wanted(show)
        self._live = None
        self.total: int | None = None  # of the part at work
        self._done, self._title, self._texts = 0, "", [""]
        if self._show and _bars_work():
            from rich.console import Console
            from rich.live import Live

            self._console = Console(stderr=True)
            self._live = Live(get_renderable=self._table, console=self._console, refresh_per_second=4)

    def __enter__(self) -> Outline:
        if self._live:
            self._live.start()
        self._token = _outline.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _outline.reset(self._token)
        self._part = None
        if self._live:
            self._live.refresh()
            self._live.stop()

    def skip(self, part: str) -> None:
        """Says that a part had been done before."""
        self._seconds[part] = None

    @contextmanager
    def part(self, part: str) -> Iterator[None]:
        """While it is entered, this is the part at work; then it is done, unless it was stopped or has raised."""
        self._part, self._began = part, time.monotonic()
        self.total, self._done, self._title, self._texts = None, 0, "", [""]
        if self._show and not self._live:
            number = self._parts.index(part) + 1
            print(f"[{number}/{len(self._parts)}] {part}", file=sys.stderr, flush=True)
        try:
            yield
        except BaseException:
            self.stop()
            raise
        finally:
            self._seconds[part] = time.monotonic() - self._began
            self._part = None

    def stop(self) -> None:
        """Says that the part at work has not come to its end."""
        self._stopped = self._part

    def update(self, title: str, done: int, total: int | None, texts: Sequence[str]) -> None:
        """Tells how far the part at work is; see Progress.update."""
        self._title, self._done, self.total, self._texts = title, done, total, list(texts)

    def print(self, text: str) -> None:
        """Shows a line above the outline."""
        if self._live:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)
        elif self._show:
            print(text, file=sys.stderr, flush=True)

    def _table(self) -> Table:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1))
        widest = max(map(len, self._parts))
        for column, width in enumerate((1, widest, 6)):
            table.add_column(width=width, no_wrap=True, justify="right" if column == 2 else "left")
        table.add_column(no_wrap=True, overflow="ellipsis")
        room = self._console.width - widest - 12 - BAR_IN_OUTLINE - 2
        for part in self._parts:
            if part == self._part:
                text = next((one for one in self._texts if len(one) <= room), self._texts[-1])
                row = Table.grid(padding=(0, 1))
                row.add_column(width=BAR_IN_OUTLINE)
                row.add_column(no_wrap=True, overflow="ellipsis")
                row.add_row(ProgressBar(self.total, self._done, complete_style="magenta"), Text(text))
                table.add_row(Text(">", "magenta"), Text(part, "bold"), _clock(time.monotonic() - self._began), row)
            elif part in self._seconds:
                seconds = self._seconds[part]
                stopped = part == self._stopped
                mark = Text("\u2717", "red") if stopped else Text("\u2713", "green")
                word = Text("stopped" if stopped else "done", "dim")
                table.add_row(mark, part, "" if seconds is None else _clock(seconds), word)
            else:
                table.add_row("", Text(part, "dim"), "", "")
        table.add_row("", Text("in all", "dim"), Text(_clock(time.monotonic() - self._start), "dim"), "")
        return table


_outline: ContextVar[Outline | None] = ContextVar("outline", default=None)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def is_wanted(show: bool | None) -> bool:
    """Whether to show progress: None means on a terminal or in a notebook."""
    return sys.stderr.isatty() or _in_notebook() if show is None else show


def _in_notebook() -> bool:
    return "ipykernel" in sys.modules


def _bars_work() -> bool:
    """Whether rich can redraw a line; in a notebook it does so with ipywidgets."""
    return importlib.util.find_spec("ipywidgets") is not None if _in_notebook() else sys.stderr.isatty()
