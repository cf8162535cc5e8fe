"""A library in a process of its own, and the way to tell it what to do."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


class WorkerError(RuntimeError):
    """A library failed, or is not there, in its process."""


class Worker:
    """A process in which one library works, told what to do in lines of JSON (see sides.py).

    Args:
        python: the Python to run it in.
        script: what to run, with the library's name.
        library: one that the script has a side for.
        threads: how many the library is to use, as far as an environment variable can tell it.

    Raises:
        WorkerError: the library cannot be imported.
    """

    def __init__(self, python: Path, script: Path, library: str, threads: int) -> None:
        self.library = library
        self._process = subprocess.Popen(
            [python, script, library],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **dict.fromkeys(THREADS, str(threads)), "TOKENIZERS_PARALLELISM": "true"},
        )
        try:
            self.version = self.call("version")
        except WorkerError:
            self.close()
            raise

    def call(self, method: str, *, time_limit: float | None = None, **arguments: object) -> Any:
        """What the worker's method returns.

        Raises:
            TimeoutError: it takes longer than time_limit seconds; the process is ended.
            WorkerError: it raised.
        """
        assert self._process.stdin and self._process.stdout
        print(json.dumps({"method": method, "arguments": arguments}), file=self._process.stdin, flush=True)
        if time_limit is not None and not select.select([self._process.stdout], [], [], time_limit)[0]:
            self.close()
            raise TimeoutError(f"{self.library}: {method} takes longer than {time_limit:g} s")
        line = self._process.stdout.readline()
        if not line:
            raise WorkerError(f"{self.library}: the process ended with status {self._process.wait()}")
        reply = json.loads(line)
        if "error" in reply:
            raise WorkerError(f"{self.library}: {reply['error']}")
        return reply["result"]

    def timing(self, method: str, **arguments: object) -> Callable[[], float]:
        """A function that calls a method which returns seconds."""
        return partial(self.call, method, **arguments)

    def close(self) -> None:
        """Ends the process; may be called again."""
        assert self._process.stdin and self._process.stdout
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
