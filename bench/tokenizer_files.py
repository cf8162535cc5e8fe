"""Encoding a file into token shards: its rate beside that of encode_batch on the same text in memory.

    python bench/tokenizer_files.py --corpus CORPUS

encode_file reads the file and writes, checksums and flushes the shards; both run with 2 threads.
"""

from functools import partial

from pairing import Bench, megabytes
from texts import Corpus, add_text_options, add_vocabulary_options, own_vocabulary

SIZE = 100_000_000
THREADS = 2
LEAST_RATIO = 0.85


def main() -> None:
    with Bench("Encoding a file into shards", __doc__, add_text_options, add_vocabulary_options) as bench:
        corpus = Corpus(bench)
        path = str(corpus.head(5_000_000 if bench.options.quick else SIZE))
        vocabulary = own_vocabulary(bench, corpus)
        shards, memory = bench.worker("pyllm"), bench.worker("pyllm")
        assert shards and memory
        for worker in (shards, memory):
            worker.call("load", **vocabulary.arguments())
        size = memory.call("read_documents", path=path)
        work = partial(shards.call, "encode_file", path=path, threads=THREADS)
        same_in_memory = partial(memory.call, "encode", threads=THREADS)
        work(), same_in_memory()
        bench.compare(
            f"encode_file, {size / 1e6:.0f} MB, {vocabulary.name}, threads: {THREADS}",
            work,
            {"pyllm's encode_batch": same_in_memory},
            work=megabytes(size),
            least_ratio=LEAST_RATIO,
        )


if __name__ == "__main__":
    main()
