"""How commands that train end before their end: what Ctrl-C leaves behind, and the status that a signal gives."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyllm.train.result import Result
    from pyllm.train.run_folder import RunFolder


class RunSettings(Protocol):
    """Settings of a run."""

    @property
    def folder(self) -> RunFolder:
        """Where the run lives."""


@contextmanager
def second_ctrl_c(config: RunSettings) -> Iterator[None]:
    """Says what is left of a run that was stopped without a chance to save; nothing, where there is none."""
    try:
        yield
    except KeyboardInterrupt:
        run = config.folder.path
        if not run.exists():
            raise
        print(
            f"\npyllm: stopped at once; --resume goes on with the last that was saved in {run}",
            file=sys.stderr,
        )
        raise SystemExit(130) from None


def exit_if_stopped(result: Result) -> None:
    """Ends the command with the status of the signal that stopped it; the loop has said how to go on."""
    if result.stopped_by is not None:
        raise SystemExit(128 + signal.Signals[result.stopped_by])
