"""What the scripts that run in worker processes have in common: a Side for each library, and the loop that serves it.

A line {"method": ..., "arguments": {...}} on stdin calls that method of the library's Side and is answered by a line
{"result": ...} or {"error": ...}. Seconds are those of the library's own work, taken here. Only the standard library is
needed: workers run in the peers' Python too.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

THREADS = int(os.environ.get("OMP_NUM_THREADS", "1"))  # the number that the bench asks for: see worker_process.py


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The seconds that some work takes, and its result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


class Side:
    """What a library is asked for; a subclass has a method for each thing that its library does."""

    package: str

    def version(self) -> str:
        return importlib.metadata.version(self.package)

    def peak_memory(self) -> float:
        """The highest resident memory so far, in MB."""
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6

    def forget_peak(self) -> float:
        """Peak memory is that from now on, where Linux allows it; returns it."""
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
        return self.peak_memory()


def serve(*sides: type[Side]) -> None:
    """Does what stdin asks the side for that the command line names, by its class's name in lower case."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no reply
    try:
        side: Side | None = {kind.__name__.lower(): kind for kind in sides}[sys.argv[1]]()
    except ImportError as error:
        side, problem = None, str(error)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if side is None:
                raise ImportError(problem)
            reply = {"result": getattr(side, request["method"])(**request["arguments"])}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=replies, flush=True)
