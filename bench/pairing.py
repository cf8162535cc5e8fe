"""Two sides, timed in turns: A B A B ..., each in a process of its own, and what comes out as a table.

Shared machines are noisy, and the noise comes in waves that last longer than one timing. So the two sides of a
comparison take turns, the figure to quote is the median of the ratios of neighbours, and a pair counts only if the
machine's peak rate reads at least --minimum-gflops right before and right after it; other pairs are repeated.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import machine
from worker_process import Worker, WorkerError

RESULTS = Path(__file__).with_name("results")
GATE_THREADS = 2
MOST_REPEATED_A_PAIR = 8
PAUSE = 4.0  # seconds to wait when the machine is not at its full rate
PATIENCE = 900.0  # seconds that a script waits in all
COLUMNS = ("measure", "pyllm", "peer", "ratio", "target", "met")

Timing = Callable[[], float]  # does a piece of work once and returns its seconds


def argument_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that all benches have."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--peers-python",
        type=Path,
        default=Path(sys.executable),
        metavar="PATH",
        help="the Python in which the peers are installed; default: this one",
    )
    parser.add_argument("--pairs", type=int, help="pairs that must count (default: 7)")
    parser.add_argument(
        "--minimum-gflops",
        type=float,
        metavar="N",
        help=f"the peak rate on {GATE_THREADS} cores at which a pair counts, 0: always (default: 170; see machine.py)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write FILE.json and FILE.md; a bare name: in results/"
    )
    parser.add_argument("--quick", action="store_true", help="less text, 2 pairs, all count: to see that it works")
    return parser


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The options, with what --quick changes."""
    options = parser.parse_args()
    if options.minimum_gflops is None:
        options.minimum_gflops = 0.0 if options.quick else 170.0
    if options.pairs is None:
        options.pairs = 2 if options.quick else 7
    return options


@dataclass
class Rounds:
    """The seconds of each side in the rounds that count, and how many rounds did not and were repeated."""

    seconds: list[list[float]]
    repeated: int

    def median(self, side: int = 0) -> float:
        return statistics.median(self.seconds[side])

    def ratio(self, side: int = 1) -> float:
        """How many times as long as the first side another one takes: the median over rounds."""
        return statistics.median(
            other / first for first, other in zip(self.seconds[0], self.seconds[side], strict=True)
        )


@dataclass
class Row:
    """One line of the table. details: numbers for the JSON file alone."""

    measure: str
    pyllm: str
    peer: str = ""
    ratio: str = ""
    target: str = ""
    met: str = ""
    details: dict[str, Any] = field(default_factory=dict)


class Bench:
    """One run of a script: its temporary folder, its workers, its rows. A context manager; prints the table at its end.

    Args:
        title: what is measured.
        options: from `parsed`.
    """

    def __init__(self, title: str, options: argparse.Namespace) -> None:
        self.title, self.options = title, options
        self.rows: list[Row] = []
        self.notes: list[str] = []
        self.versions: dict[str, str] = {}
        self._readings: list[float] = []
        self._repeated = 0
        self._patience = PATIENCE
        self._timed = False
        self._exits = ExitStack()
        self.folder = Path(self._exits.enter_context(tempfile.TemporaryDirectory(prefix="pyllm_bench_")))
        self._peak = machine.FmaPeak(self.folder)
        if self.options.minimum_gflops and (machine.describe()["cores"] < GATE_THREADS or self._peak.problem):
            self.note(f"all pairs count: {self._peak.problem or f'the machine has fewer than {GATE_THREADS} cores'}")
            self.options.minimum_gflops = 0.0

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._exits.close()
        if kind is None:
            self._finish()

    def note(self, text: str) -> None:
        """Prints a line now, and once more under the table."""
        if text in self.notes:
            return
        self.notes.append(text)
        print(text, file=sys.stderr, flush=True)

    def worker(self, library: str) -> Worker | None:
        """A new process for a library, pyllm's or a peer's; None, with a note, where it is not installed."""
        python = Path(sys.executable) if library == "pyllm" else self.options.peers_python
        try:
            worker = Worker(python, library)
        except WorkerError as error:
            self.note(f"skipped: {error}")
            return None
        self._exits.callback(worker.close)
        self.versions[library] = worker.version
        return worker

    def rounds(self, *sides: Timing) -> Rounds:
        """Times the sides in turns until as many rounds count as --pairs asks for, or too many did not."""
        seconds: list[list[float]] = [[] for _ in sides]
        repeated = 0
        self._timed = True
        ready = self._ready()
        while len(seconds[0]) < self.options.pairs and repeated < MOST_REPEATED_A_PAIR * self.options.pairs:
            if ready:
                timings = [side() for side in sides]
                ready = self._ready()
                if ready:
                    for timing, one_side in zip(timings, seconds, strict=True):
                        one_side.append(timing)
                    continue
            repeated += 1
            if self._patience > 0:
                time.sleep(PAUSE)
                self._patience -= PAUSE
            ready = self._ready()
        self._repeated += repeated
        return Rounds(seconds, repeated)

    def _ready(self) -> bool:
        if not self.options.minimum_gflops:
            return True
        self._readings.append(self._peak.gflops(GATE_THREADS))
        return self._readings[-1] >= self.options.minimum_gflops

    def compare(
        self,
        measure: str,
        ours: Timing,
        peer_name: str,
        peer: Timing,
        *,
        size: int | None = None,
        least_ratio: float | None = None,
        least_rate: float | None = None,
        **details: object,
    ) -> None:
        """Times a pair and adds its row.

        With a size, the bytes that each side works through, the row shows MB/s in place of seconds. The target is
        least_ratio, how many times as fast as the peer, or least_rate, MB/s of pyllm.
        """
        rounds = self.rounds(ours, peer)
        if not rounds.seconds[0]:
            self.add(Row(measure, "", met=self.verdict(False, rounds)))
            return
        ratio, rate = rounds.ratio(), (size or 0) / 1e6 / rounds.median()
        target, met = "", ""
        if least_ratio is not None:
            target, met = f"≥ {least_ratio:g}×", self.verdict(ratio >= least_ratio, rounds)
        if least_rate is not None:
            target, met = f"≥ {least_rate:g} MB/s", self.verdict(rate >= least_rate, rounds)
        values = [shown(rounds.median(side), size) for side in (0, 1)]
        details |= {"seconds": rounds.seconds, "ratio": ratio, "bytes": size, "repeated": rounds.repeated}
        self.add(Row(measure, values[0], f"{peer_name} {values[1]}", f"{ratio:.2f}×", target, met, details))

    def verdict(self, reached: bool, rounds: Rounds | None = None) -> str:
        """The last column: whether a target is met, if enough pairs count to say."""
        if rounds and (counted := len(rounds.seconds[0])) < self.options.pairs:
            return f"not measured: {counted} of {self.options.pairs} pairs count, peak {self._readings[-1]:.0f} GFLOP/s"
        return "yes" if reached else "no"

    def add(self, row: Row) -> None:
        """Adds a row, and prints it as progress."""
        self.rows.append(row)
        print(table_line([getattr(row, column) for column in COLUMNS]), file=sys.stderr, flush=True)

    def _about_pairs(self) -> list[str]:
        if not self._timed:
            return []
        lines = [
            f"{self.options.pairs} pairs a row, in turns; ratio: the median over pairs of peer / pyllm in seconds."
        ]
        if peak := self._peak_read():
            lines.append(
                f"A pair counts at a peak of {self.options.minimum_gflops:g} GFLOP/s before and after it; it read "
                f"{peak['median']:.0f} (lowest {peak['lowest']:.0f}); pairs put off or repeated: {self._repeated}."
            )
        else:
            lines.append("All pairs count: the machine's peak was not watched.")
        return lines

    def _peak_read(self) -> dict[str, float] | None:
        readings = self._readings
        return {"median": statistics.median(readings), "lowest": min(readings)} if readings else None

    def _finish(self) -> None:
        description = machine.describe()
        lines = [
            f"## {self.title}\n",
            table_line(COLUMNS),
            table_line(["---"] * len(COLUMNS)),
            *(table_line([getattr(row, column) for column in COLUMNS]) for row in self.rows),
            "",
            *self._about_pairs(),
            f"{description['cpu']}, {description['cores']} cores, {description['system']}, Python "
            f"{description['python']}; " + ", ".join(f"{name} {version}" for name, version in self.versions.items()),
            *self.notes,
            f"\n`{command()}`",
        ]
        report = "\n".join(lines) + "\n"
        print(report)
        if self.options.out is None:
            return
        out = self.options.out if self.options.out.parent != Path() else RESULTS / self.options.out
        out.parent.mkdir(parents=True, exist_ok=True)
        record = {
            "title": self.title,
            "command": command(),
            "date": datetime.date.today().isoformat(),
            "machine": description,
            "versions": self.versions,
            "pairs": self.options.pairs,
            "minimum_gflops": self.options.minimum_gflops,
            "peak_gflops": self._peak_read(),
            "repeated_pairs": self._repeated,
            "rows": [asdict(row) for row in self.rows],
            "notes": self.notes,
        }
        out.with_suffix(".json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
        out.with_suffix(".md").write_text(report)


def shown(seconds: float, size: int | None = None) -> str:
    """Seconds, or the rate in MB/s at which `size` bytes were worked through in them."""
    if size is None:
        return f"{seconds:.3f} s" if seconds < 10 else f"{seconds:.1f} s"
    return f"{size / 1e6 / seconds:.1f} MB/s"


def table_line(cells: Sequence[str]) -> str:
    """A line of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def command() -> str:
    """The command that was run; of paths only their names."""
    arguments = [Path(argument).name if os.sep in argument else argument for argument in sys.argv[1:]]
    return " ".join(["python", f"bench/{Path(sys.argv[0]).name}", *arguments])
