"""A command on a pseudo-terminal of its own, for tests that type."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

START = """
import sys
from pyllm import cli
{}
try:
    sys.exit(cli._run(command, "pyllm", sys.argv[1:]))
except KeyboardInterrupt:
    sys.exit(130)
"""
COLOUR = re.compile(rb"\x1b\[[0-9;?]*[a-z]")


class Terminal:
    """A process on a pseudo-terminal.

    Args:
        command: an import statement that binds `command`.
        arguments: of its command line.
        folder: to start it in.
        environment: variables that it gets besides ours.
    """

    def __init__(
        self, command: str, arguments: Sequence[str], folder: Path | None = None, environment: Mapping[str, str] = {}
    ) -> None:
        self._ours, theirs = pty.openpty()
        words = [sys.executable, "-c", START.format(command), *arguments]
        variables = {**os.environ, "TERM": "xterm", "COLUMNS": "200", **environment}
        self.process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=variables)
        os.close(theirs)
        self._shown = b""

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def wait_for(self, text: str) -> None:
        """Reads until this has been shown; colours are left out."""
        end = time.monotonic() + 30
        while text.encode() not in self._shown:
            assert time.monotonic() < end, self._shown
            if select.select([self._ours], [], [], 0.1)[0]:
                self._shown = COLOUR.sub(b"", self._shown + os.read(self._ours, 4096))
        self._shown = self._shown.partition(text.encode())[2]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)
