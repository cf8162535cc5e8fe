"""Two sides, timed in turns: A B A B ..., each in a process of its own, and what comes out as a table.

Shared machines are noisy, and the noise comes in waves that last longer than one timing. So the two sides of a
comparison take turns, the figure to quote is the median of the ratios of neighbours, and a pair counts only if the
machine's peak rate reads at least --minimum-gflops right before and right after it; other pairs are repeated. What the
machine can do at most takes its turn as a side too: the seconds that the work would take at that rate.
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
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import machine
from worker_process import Worker, WorkerError

RESULTS = Path(__file__).with_name("results")
GATE_THREADS = 2
MOST_REPEATED_A_PAIR = 8
REST = 0.1  # seconds before each timing: threads of the side before may still wait for work, and keep their core busy
PAUSE = 4.0  # seconds to wait when the machine is not at its full rate
PATIENCE = 900.0  # seconds that a script waits in all
COLUMNS = {name: name for name in ("measure", "pyllm", "peer", "ratio", "limit", "target", "met")}

Timing = Callable[[], float]  # does a piece of work once and returns its seconds
Options = Callable[[argparse.ArgumentParser], None]  # adds options to a parser


def parsed(description: str | None, *add_options: Options) -> argparse.Namespace:
    """The options of the command line: those that all benches have, and those that add_options add."""
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
    parser.add_argument("--quick", action="store_true", help="less work, 2 pairs, all count: to see that it works")
    for add in add_options:
        add(parser)
    options = parser.parse_args()
    if options.minimum_gflops is None:
        options.minimum_gflops = 0.0 if options.quick else 170.0
    if options.pairs is None:
        options.pairs = 2 if options.quick else 7
    return options


def _rested(side: Timing) -> float:
    time.sleep(REST)
    return side()


@dataclass
class Rounds:
    """The seconds of each side in the rounds that count, and how many rounds did not and were repeated."""

    seconds: list[list[float]]
    repeated: int

    def median(self, side: int = 0) -> float:
        return statistics.median(self.seconds[side])

    def ratio(self, side: int = 1, to: int = 0) -> float:
        """How many times as long as the side `to` another one takes: the median over rounds."""
        return statistics.median(
            other / first for first, other in zip(self.seconds[to], self.seconds[side], strict=True)
        )


@dataclass(frozen=True)
class Work:
    """How much there is to do, so that seconds can be shown as a rate."""

    amount: float
    unit: str  # of the rate

    def rate(self, seconds: float) -> str:
        return f"{self.amount / seconds:,.1f} {self.unit}"


def megabytes(size: int) -> Work:
    """Work on a number of bytes."""
    return Work(size / 1e6, "MB/s")


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
    limit: str = ""


class Bench:
    """One run of a script: its temporary folder, its workers, its rows. A context manager; prints the table at its end.

    Args:
        title: what is measured.
        description: the help of the command line, whose options become `options`.
        add_options: what adds options to those that all benches have.
        workers: the script that the workers run, by its name beside this file.
        columns: the table's: headings by the fields of a Row; a column that no row fills is left out.
    """

    def __init__(
        self,
        title: str,
        description: str | None,
        *add_options: Options,
        workers: str = "tokenizer_workers",
        columns: Mapping[str, str] = COLUMNS,
    ) -> None:
        self.title, self.options = title, parsed(description, *add_options)
        self._columns = columns
        self._workers = Path(__file__).with_name(f"{workers}.py")
        self.rows: list[Row] = []
        self.notes: list[str] = []
        self.versions: dict[str, str] = {}
        self._readings: list[float] = []
        self._repeated = 0
        self._patience = PATIENCE
        self._timed = False
        self._exits = ExitStack()
        self.folder = Path(self._exits.enter_context(tempfile.TemporaryDirectory(prefix="pyllm_bench_")))
        self.limits = machine.Limits(self.folder)
        if self.options.minimum_gflops and (machine.describe()["cores"] < GATE_THREADS or self.limits.problem):
            self.note(f"all pairs count: {self.limits.problem or f'the machine has fewer than {GATE_THREADS} cores'}")
            self.options.minimum_gflops = 0.0

    @property
    def out(self) -> Path | None:
        """Where results go, without a suffix; its folder is made if need be."""
        if self.options.out is None:
            return None
        out: Path = self.options.out if self.options.out.parent != Path() else RESULTS / self.options.out
        out.parent.mkdir(parents=True, exist_ok=True)
        return out

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

    def worker(self, library: str, threads: int = GATE_THREADS) -> Worker | None:
        """A new process for a library, pyllm's or a peer's; None, with a note, where it is not installed."""
        python = Path(sys.executable) if library == "pyllm" else self.options.peers_python
        try:
            worker = Worker(python, self._workers, library, threads)
        except WorkerError as error:
            self.note(f"skipped: {error}")
            return None
        self._exits.callback(worker.close)
        self.versions[library] = worker.version
        return worker

    def sides(self, *libraries: str, threads: int = GATE_THREADS) -> list[Worker]:
        """New processes for pyllm, the first of the libraries, and for those peers that are installed."""
        workers = [worker for library in libraries if (worker := self.worker(library, threads))]
        assert workers[0].library == libraries[0]
        return workers

    def rounds(self, *sides: Timing) -> Rounds:
        """Times the sides in turns until as many rounds count as --pairs asks for, or too many did not."""
        seconds: list[list[float]] = [[] for _ in sides]
        repeated = 0
        self._timed = True
        ready = self._ready()
        while len(seconds[0]) < self.options.pairs and repeated < MOST_REPEATED_A_PAIR * self.options.pairs:
            if ready:
                timings = [_rested(side) for side in sides]
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
        self._readings.append(self.limits.gflops(GATE_THREADS))
        return self._readings[-1] >= self.options.minimum_gflops

    def compare(
        self,
        measure: str,
        ours: Timing,
        peers: Mapping[str, Timing],
        *,
        work: Work | None = None,
        limit: Timing | None = None,
        least_ratio: float | None = None,
        least_share: float | None = None,
        least_rate: float | None = None,
        **details: object,
    ) -> None:
        """Times pyllm, its peers and the machine's limit in turns and adds their row; the fastest peer is shown.

        With `work` the row shows rates in place of seconds. `limit` returns the seconds that the work would take at
        the machine's peak rate. The targets are least_ratio, how many times as fast as the peer, least_share of the
        limit, and least_rate of pyllm, in work's unit.
        """
        rounds = self.rounds(ours, *peers.values(), *([limit] if limit else []))
        if not rounds.seconds[0]:
            self.add(Row(measure, "", met=self.verdict(False, rounds)))
            return
        show = work.rate if work else shown
        row = Row(measure, show(rounds.median()), details=details)
        row.details |= {"seconds": dict(zip(("pyllm", *peers, "limit"), rounds.seconds, strict=False))}
        row.details |= {"repeated": rounds.repeated} | ({"amount": work.amount, "unit": work.unit} if work else {})
        targets: list[tuple[str, bool]] = []
        if peers:
            side = min(range(1, len(peers) + 1), key=rounds.median)
            ratio = row.details["ratio"] = rounds.ratio(side)
            row.peer, row.ratio = f"{list(peers)[side - 1]} {show(rounds.median(side))}", f"{ratio:.2f}×"
            if least_ratio is not None:
                targets.append((f"≥ {least_ratio:g}×", ratio >= least_ratio))
        if limit:
            share = row.details["share"] = rounds.ratio(len(peers) + 1)
            row.limit = f"{share:.0%} of {show(rounds.median(len(peers) + 1))}"
            if least_share is not None:
                targets.append((f"≥ {least_share:.0%}", share >= least_share))
        if least_rate is not None and work:
            targets.append((f"≥ {least_rate:g} {work.unit}", work.amount / rounds.median() >= least_rate))
        if targets:
            row.target = ", ".join(target for target, _ in targets)
            row.met = self.verdict(all(met for _, met in targets), rounds)
        self.add(row)

    def verdict(self, reached: bool, rounds: Rounds | None = None) -> str:
        """The last column: whether a target is met, if enough pairs count to say."""
        if rounds and (counted := len(rounds.seconds[0])) < self.options.pairs:
            return f"not measured: {counted} of {self.options.pairs} pairs count, peak {self._readings[-1]:.0f} GFLOP/s"
        return "yes" if reached else "no"

    def add(self, row: Row) -> None:
        """Adds a row, and prints it as progress."""
        self.rows.append(row)
        print(table_line([getattr(row, column) for column in COLUMNS]), file=sys.stderr, flush=True)

    def _table(self) -> list[str]:
        shown = [name for name in self._columns if any(getattr(row, name) for row in self.rows)]
        return [
            table_line([self._columns[name] for name in shown]),
            table_line(["---"] * len(shown)),
            *(table_line([getattr(row, name) for name in shown]) for row in self.rows),
        ]

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
            *self._table(),
            "",
            *self._about_pairs(),
            f"{description['cpu']}, {description['cores']} cores, {description['system']}, Python "
            f"{description['python']}" + "".join(f", {name} {version}" for name, version in self.versions.items()),
            *self.notes,
            f"\n`{command()}`",
        ]
        report = "\n".join(lines) + "\n"
        print(report)
        if not (out := self.out):
            return
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


def shown(seconds: float) -> str:
    """Seconds, or milliseconds of what takes less than one."""
    if seconds < 1:
        return f"{1e3 * seconds:.3g} ms"
    return f"{seconds:.3f} s" if seconds < 10 else f"{seconds:.1f} s"


def table_line(cells: Sequence[str]) -> str:
    """A line of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def command() -> str:
    """The command that was run; of paths only their names."""
    arguments = [Path(argument).name if os.sep in argument else argument for argument in sys.argv[1:]]
    script = Path(sys.argv[0]).resolve().relative_to(RESULTS.parents[1])
    return " ".join(["python", str(script), *arguments])
