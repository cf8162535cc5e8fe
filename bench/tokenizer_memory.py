"""Peak memory of training a tokenizer on a file, and of encoding a file into shards.

    python bench/tokenizer_memory.py --peers-python PEERS/bin/python --corpus CORPUS

Each figure is that of a new process: the highest resident memory (Linux's VmHWM) minus that just before the work.
Training holds the distinct pieces of a text, so it grows with what is new in a file, but not with its size alone;
encoding holds a few blocks.
"""

from __future__ import annotations

import statistics
from pathlib import Path

from pairing import Bench, Row
from texts import Corpus, Vocabulary, add_text_options, add_vocabulary_options, own_vocabulary

SIZES = (50_000_000, 150_000_000)
VOCABULARY = 32768
THREADS = 2
ABOVE_TEXT = 60.0  # MB that training may take on top of the text's size
GROWTH = 20.0  # MB more for a larger file that says nothing new
REPETITIONS = 3


def growth(bench: Bench, library: str, method: str, load: dict[str, str] | None, **arguments: object) -> float | None:
    """MB that a call adds to a new process's memory at its highest; the median of a few processes."""
    figures = []
    for _ in range(1 if bench.options.quick else REPETITIONS):
        worker = bench.worker(library)
        if not worker:
            return None
        if load:
            worker.call("load", **load)
        before = worker.call("forget_peak")
        worker.call(method, threads=THREADS, **arguments)
        figures.append(worker.call("peak_memory") - before)
        worker.close()
    return statistics.median(figures)


def training_rows(bench: Bench, paths: list[Path]) -> None:
    """Rows for the texts, and one for the first of them three times over: a larger file with the same pieces."""
    repeated = bench.folder / "three_times.txt"
    repeated.write_bytes(paths[0].read_bytes() * 3)
    smallest = 0.0
    for path in (*paths, repeated):
        size = path.stat().st_size / 1e6
        ours, peer = (
            growth(bench, library, "train", None, path=str(path), vocab_size=VOCABULARY)
            for library in ("pyllm", "gigabpe")
        )
        assert ours is not None
        row = Row(f"training, {size:.0f} MB, vocabulary {VOCABULARY:,}", f"{ours:.0f} MB")
        most = size + ABOVE_TEXT
        if path == repeated:
            row.measure = f"training, the first text three times over, {size:.0f} MB"
            most = smallest + GROWTH
        smallest = smallest or ours
        if peer is not None:
            row.peer, row.ratio = f"gigabpe {peer:.0f} MB", f"{peer / ours:.2f}×"
        row.target, row.met = f"≤ {most:.0f} MB", bench.verdict(ours <= most)
        row.details = {"megabytes": ours, "peer_megabytes": peer}
        bench.add(row)


def encoding_rows(bench: Bench, paths: list[Path], vocabulary: Vocabulary) -> None:
    smallest = 0.0
    for path in paths:
        ours = growth(bench, "pyllm", "encode_file", vocabulary.arguments(), path=str(path))
        assert ours is not None
        row = Row(f"encode_file, {path.stat().st_size / 1e6:.0f} MB", f"{ours:.0f} MB", details={"megabytes": ours})
        if smallest:
            row.target, row.met = f"≤ {smallest + GROWTH:.0f} MB", bench.verdict(ours <= smallest + GROWTH)
        smallest = smallest or ours
        bench.add(row)


def main() -> None:
    with Bench("Peak memory", __doc__, add_text_options, add_vocabulary_options) as bench:
        corpus = Corpus(bench)
        sizes = (5_000_000, 15_000_000) if bench.options.quick else SIZES
        if corpus.size < sizes[-1]:
            sizes = (corpus.size // 3, corpus.size)
        paths = [corpus.head(size) for size in sizes]
        training_rows(bench, paths)
        encoding_rows(bench, paths, own_vocabulary(bench, corpus))


if __name__ == "__main__":
    main()
