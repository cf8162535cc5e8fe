"""Seconds and peak memory of a process that imports a package and ends, beside other packages.

    python bench/import_time.py --peers-python PEERS/bin/python

The start of Python itself is in them; a row shows it alone.
"""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from pairing import Bench, Row

PEERS = ("numpy", "tiktoken", "tokenizers")
MOST_SECONDS = 0.3
MOST_MEGABYTES = 60.0
CODE = """
{statement}
for line in open("/proc/self/status"):
    if line.startswith("VmHWM"):
        print(int(line.split()[1]) * 1024 / 1e6)
"""


class Import:
    """Runs a process that executes a statement; called, returns its seconds. Keeps its peak memory in MB."""

    def __init__(self, python: Path, statement: str, folder: Path) -> None:
        self._command = [python, "-c", CODE.format(statement=statement)]
        self._folder = folder
        self.megabytes = 0.0
        self()

    def __call__(self) -> float:
        start = time.perf_counter()
        process = subprocess.run(self._command, cwd=self._folder, check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - start
        self.megabytes = float(process.stdout)
        return seconds


def main() -> None:
    with Bench("Import", __doc__) as bench:
        bench.versions["pyllm"] = importlib.metadata.version("pyllm")
        ours = Import(Path(sys.executable), "import pyllm", bench.folder)
        version = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
        for name in ("nothing", *PEERS):
            try:
                peer = Import(bench.options.peers_python, f"import {name}" if name in PEERS else "", bench.folder)
            except subprocess.CalledProcessError:
                bench.note(f"skipped: {name} is not installed")
                continue
            ask = partial(subprocess.run, check=True, capture_output=True, text=True, cwd=bench.folder)
            if name in PEERS:
                bench.versions[name] = ask([bench.options.peers_python, "-c", version, name]).stdout.strip()
            rounds = bench.rounds(ours, peer)
            if not rounds.seconds[0]:
                bench.add(Row(f"import, beside {name}", "", met=bench.verdict(False, rounds)))
                continue
            bench.add(
                Row(
                    "import pyllm, seconds of the process",
                    f"{rounds.median(0):.3f} s",
                    f"{name} {rounds.median(1):.3f} s",
                    f"{rounds.ratio():.2f}×",
                    f"≤ {MOST_SECONDS:g} s",
                    bench.verdict(rounds.median(0) <= MOST_SECONDS, rounds),
                    {"seconds": rounds.seconds, "repeated": rounds.repeated},
                )
            )
            bench.add(
                Row(
                    "import pyllm, peak memory",
                    f"{ours.megabytes:.1f} MB",
                    f"{name} {peer.megabytes:.1f} MB",
                    f"{peer.megabytes / ours.megabytes:.2f}×",
                    f"≤ {MOST_MEGABYTES:g} MB",
                    bench.verdict(ours.megabytes <= MOST_MEGABYTES),
                    {"megabytes": ours.megabytes, "peer_megabytes": peer.megabytes},
                )
            )


if __name__ == "__main__":
    main()
