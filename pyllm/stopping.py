"""How commands that train end before their end: what Ctrl-C leaves behind, and the status that a signal gives."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyllm.train.result import Result
    from pyllm.train.run_folder import RunFolder


class RunSettings(Protocol):
    """Settings of a run."""

    @property
    def folder(self) -> RunFolder:
        """Where the run lives."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came where nothing was there to take it: it does what Ctrl-C does."""


@contextmanager
def second_ctrl_c(config: RunSettings) -> Iterator[None]:
    """Says what is left of a run that was stopped without a chance to save, by Ctrl-C or SIGTERM.

    Raises:
        SystemExit: with the status that the signal gives.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, handle)
    try:
        yield
    except KeyboardInterrupt as stop:
        run = config.folder.path
        left = f" at once; --resume goes on with the last that was saved in {run}" if run.exists() else ""
        print(f"\npyllm: stopped{left}", file=sys.stderr)
        by = signal.SIGTERM if isinstance(stop, Terminated) else signal.SIGINT
        raise SystemExit(128 + by) from None
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def exit_if_stopped(result: Result) -> None:
    """Ends the command with the status of the signal that stopped it; the loop has said how to go on."""
    if result.stopped_by is not None:
        raise SystemExit(128 + signal.Signals[result.stopped_by])
