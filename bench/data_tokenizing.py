"""Parquet files of documents into token shards: the rate beside that of encode_batch on the same texts in memory.

    python bench/data_tokenizing.py --corpus CORPUS

tokenize_documents reads and unpacks the Parquet files, splits the documents by their ids, and writes and checksums the
shards; both run with 2 threads. And its highest memory, on ten times as many documents.
"""

from functools import partial

from pairing import Bench, Row, megabytes
from texts import Corpus, add_text_options, add_vocabulary_options, vocabularies
from worker_process import Worker

SIZE = 150_000_000
DOCUMENT_CHARACTERS = (1500, 4000)
FILES = 4
THREADS = 2
LEAST_RATIO = 0.8
MOST_GROWTH = 1.2


def loaded(bench: Bench, **vocabulary: str) -> Worker:
    worker = bench.worker("pyllm")
    assert worker
    worker.call("load", **vocabulary)
    return worker


def main() -> None:
    title = "Tokenizing Parquet into shards"
    options = (add_text_options, add_vocabulary_options)
    with Bench(title, __doc__, *options, workers="data_tokenizing_workers") as bench:
        corpus = Corpus(bench)
        size = 5_000_000 if bench.options.quick else SIZE
        path = str(corpus.head(size))
        for vocabulary in vocabularies(bench, corpus):
            parquet, memory = (loaded(bench, ranks=vocabulary.ranks) for _ in range(2))
            for characters in DOCUMENT_CHARACTERS:
                folder = bench.folder / f"documents_{characters}"
                for worker in (parquet, memory):
                    size = worker.call("cut", path=path, characters=characters)
                if not folder.exists():
                    parquet.call("write_parquet", folder=str(folder), files=FILES)
                work = partial(parquet.call, "tokenize", folder=str(folder), threads=THREADS)
                same_in_memory = partial(memory.call, "encode", threads=THREADS)
                if not parquet.call("same_tokens", folder=str(folder)):
                    raise AssertionError("the shards hold other tokens than encode_batch gives")
                work(), same_in_memory()
                bench.compare(
                    f"{characters / 1000:g} kB a document, {size / 1e6:.0f} MB, {vocabulary.name}, threads: {THREADS}",
                    work,
                    {"encode_batch": same_in_memory},
                    work=megabytes(size),
                    least_ratio=LEAST_RATIO,
                )

        peaks = []
        folder = bench.folder / f"documents_{DOCUMENT_CHARACTERS[0]}"
        for times in (1, 10):
            worker = loaded(bench, ranks=vocabulary.ranks)
            worker.call("tokenize", folder=str(folder), threads=THREADS, times=times)
            peaks.append(worker.call("peak_memory"))
        growth = peaks[1] / peaks[0]
        bench.add(
            Row(
                f"highest memory, {size / 1e5:.0f} MB of documents and a tenth of them",
                f"{peaks[1]:.0f} MB",
                f"{peaks[0]:.0f} MB",
                f"{growth:.2f}×",
                target=f"≤ {MOST_GROWTH:g}×",
                met=bench.verdict(growth <= MOST_GROWTH),
                details={"peaks": peaks},
            )
        )


if __name__ == "__main__":
    main()
