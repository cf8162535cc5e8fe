"""Encoding: documents of 4 kB beside quicktok and tiktoken, and text that the process has not seen before.

    python bench/tokenizer_encoding.py --peers-python PEERS/bin/python --corpus CORPUS --cl100k RANKS

Ids are checked before timing: pyllm's must be tiktoken's in every document; of quicktok's the share that is equal is
told. "First sight" is text without help from a cache of pieces: each repetition has random words of its own, or, for
source code, processes of their own, which have only seen random words.
"""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path

from pairing import Bench, megabytes
from texts import (
    Corpus,
    Vocabulary,
    add_text_options,
    add_vocabulary_options,
    loaded,
    random_words,
    source_code,
    vocabularies,
)
from worker_process import Worker

THREADS = (1, 2)
LEAST_RATIO = {"quicktok": 1.3, "tiktoken": 5.0}
LEAST_RATIO_AT_FIRST_SIGHT = 3.0


def equal_documents(ours: Worker, peer: Worker) -> float:
    """The share of the documents that have the same ids on both sides."""
    pairs = list(zip(ours.call("document_fingerprints"), peer.call("document_fingerprints"), strict=True))
    return sum(left == right for left, right in pairs) / len(pairs)


def check_ids(bench: Bench, ours: Worker, peer: Worker, what: str) -> None:
    """Raises where pyllm's ids are not tiktoken's; of another peer the share of equal documents becomes a note."""
    share = equal_documents(ours, peer)
    if peer.library == "tiktoken" and share < 1:
        raise SystemExit(f"{what}: pyllm's ids are not tiktoken's in {1 - share:.2%} of the documents")
    bench.note(f"{what}: ids equal to {peer.library}'s in {share:.3%} of the documents")


def encode(worker: Worker, threads: int) -> float:
    return worker.call("encode", threads=threads)


def documents(bench: Bench, vocabulary: Vocabulary, text: Path) -> None:
    """Rows for documents, encoded again and again."""
    ours = loaded(bench, "pyllm", vocabulary)
    peers = [worker for name in LEAST_RATIO if (worker := loaded(bench, name, vocabulary))]
    assert ours
    size = ours.call("read_documents", path=str(text))
    for peer in peers:
        peer.call("read_documents", path=str(text))
        check_ids(bench, ours, peer, f"{vocabulary.name}, documents")
    for threads, peer in itertools.product(THREADS, peers):
        bench.compare(
            f"{size / 1e6:.0f} MB in 4 kB documents, {vocabulary.name}, threads: {threads}",
            partial(encode, ours, threads),
            {peer.library: partial(encode, peer, threads)},
            work=megabytes(size),
            least_ratio=LEAST_RATIO[peer.library],
        )
    for worker in (ours, *peers):
        worker.close()


class NewWords:
    """Encodes random words, with every call the next ones, which no call before has had."""

    def __init__(self, worker: Worker, folder: Path, size: int, threads: int, first_seed: int) -> None:
        self._worker, self._folder, self._size, self._threads = worker, folder, size, threads
        self._seeds = itertools.count(first_seed)

    def __call__(self) -> float:
        path = self._folder / "words.txt"
        path.write_bytes(random_words(self._size, next(self._seeds)))
        self._worker.call("read_documents", path=str(path))
        return encode(self._worker, self._threads)


class NewProcess:
    """Encodes source code, with every call in a new process, which has only seen random words."""

    def __init__(
        self, bench: Bench, library: str, vocabulary: Vocabulary, text: Path, words: Path, threads: int
    ) -> None:
        self._start = partial(loaded, bench, library, vocabulary)
        self._text, self._words, self._threads = text, words, threads

    def __call__(self) -> float:
        worker = self._start()
        assert worker
        for path in (self._words, self._text):
            worker.call("read_documents", path=str(path))
            seconds = encode(worker, self._threads)
        worker.close()
        return seconds


def first_sight(bench: Bench, vocabulary: Vocabulary, code: Path, size: int) -> None:
    """Rows for text that a process has not seen before, beside tiktoken."""
    ours, peer = loaded(bench, "pyllm", vocabulary), loaded(bench, "tiktoken", vocabulary)
    if not ours or not peer:
        return
    warm_up = bench.folder / "warm_up.txt"
    warm_up.write_bytes(random_words(size, seed=0))
    for path, what in ((code, "source code"), (warm_up, "random words")):
        for worker in (ours, peer):
            worker.call("read_documents", path=str(path))
        check_ids(bench, ours, peer, f"{vocabulary.name}, {what}")
    for threads in THREADS:
        # Seeds of their own for each number of threads: the processes go on.
        sides = [NewWords(worker, bench.folder, size, threads, 1000 * threads) for worker in (ours, peer)]
        bench.compare(
            f"first sight, random words, {vocabulary.name}, threads: {threads}",
            sides[0],
            {"tiktoken": sides[1]},
            work=megabytes(len(random_words(size, 0))),
            least_ratio=LEAST_RATIO_AT_FIRST_SIGHT,
        )
        new_processes = [NewProcess(bench, name, vocabulary, code, warm_up, threads) for name in ("pyllm", "tiktoken")]
        bench.compare(
            f"first sight, source code, {vocabulary.name}, threads: {threads}",
            new_processes[0],
            {"tiktoken": new_processes[1]},
            work=megabytes(code.stat().st_size),
            least_ratio=LEAST_RATIO_AT_FIRST_SIGHT,
        )
    for worker in (ours, peer):
        worker.close()


def main() -> None:
    with Bench("Encoding", __doc__, add_text_options, add_vocabulary_options) as bench:
        corpus = Corpus(bench)
        text = corpus.head(2_000_000 if bench.options.quick else 20_000_000)
        size_at_first_sight = 1_000_000 if bench.options.quick else 4_000_000
        code = bench.folder / "code.txt"
        code.write_bytes(source_code(seed=0)[: 2 * size_at_first_sight].decode("utf-8", "ignore").encode())
        for vocabulary in vocabularies(bench, corpus):
            documents(bench, vocabulary, text)
            first_sight(bench, vocabulary, code, size_at_first_sight)


if __name__ == "__main__":
    main()
