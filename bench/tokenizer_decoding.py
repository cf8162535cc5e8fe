"""Decoding ids to bytes, document by document, beside tiktoken and quicktok.

    python bench/tokenizer_decoding.py --peers-python PEERS/bin/python --corpus CORPUS --cl100k RANKS

pyllm decodes int32 arrays and lists; the peers decode lists. That the bytes are the documents' is checked first.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from pairing import Bench, megabytes
from texts import Corpus, Vocabulary, add_text_options, add_vocabulary_options, vocabularies
from worker_process import Worker

PEERS = ("tiktoken", "quicktok")
LEAST_RATE = 300.0  # MB/s


def decode(worker: Worker, kind: str) -> float:
    return worker.call("decode", kind=kind)


def rows(bench: Bench, vocabulary: Vocabulary, text: Path) -> None:
    workers = [worker for name in ("pyllm", *PEERS) if (worker := bench.worker(name))]
    for worker in workers:
        worker.call("load", **vocabulary.arguments())
        size = worker.call("read_documents", path=str(text))
        for kind in ("list", "array") if worker.library == "pyllm" else ("list",):
            decode(worker, kind)  # makes the ids and checks what comes out
    ours, *peers = workers
    for kind in ("array", "list"):
        for peer in peers:
            bench.compare(
                f"{size / 1e6:.0f} MB in 4 kB documents, {vocabulary.name}, from "
                + ("int32 arrays (peer: lists)" if kind == "array" else "lists"),
                partial(decode, ours, kind),
                {peer.library: partial(decode, peer, "list")},
                work=megabytes(size),
                least_rate=LEAST_RATE,
            )
    for worker in workers:
        worker.close()


def main() -> None:
    with Bench("Decoding", __doc__, add_text_options, add_vocabulary_options) as bench:
        corpus = Corpus(bench)
        text = corpus.head(2_000_000 if bench.options.quick else 20_000_000)
        for vocabulary in vocabularies(bench, corpus):
            rows(bench, vocabulary, text)


if __name__ == "__main__":
    main()
