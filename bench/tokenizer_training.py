"""Training a tokenizer on a file: pyllm beside gigabpe, with GPT-2's pattern and 2 threads.

    python bench/tokenizer_training.py --peers-python PEERS/bin/python --corpus CORPUS --context

gigabpe's alphabet is the bytes that it sees, not all 256, so it makes a few dozen more merges.
"""

import argparse
from functools import partial

from pairing import Bench, Row, shown
from texts import TRAINING_BYTES, Corpus, add_text_options
from worker_process import Worker

VOCABULARIES = (8192, 32768)
THREADS = 2
CONTEXT = ("rustbpe", "tokenizers")


def train(worker: Worker, path: str, vocab_size: int) -> float:
    return worker.call("train", path=path, vocab_size=vocab_size, threads=THREADS)


def add_context_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--context", action="store_true", help="show rustbpe and Hugging Face's tokenizers too, once")


def main() -> None:
    with Bench("Training a tokenizer", __doc__, add_text_options, add_context_option) as bench:
        text = Corpus(bench).head(5_000_000 if bench.options.quick else TRAINING_BYTES)
        path, size = str(text), text.stat().st_size
        ours, peer = bench.worker("pyllm"), bench.worker("gigabpe")
        others = [worker for name in CONTEXT if (worker := bench.worker(name))] if bench.options.context else []
        assert ours
        for vocab_size in VOCABULARIES:
            measure = f"{size / 1e6:.0f} MB, vocabulary {vocab_size:,}"
            our_train = partial(train, ours, path, vocab_size)
            our_train()  # reads the file into the system's cache
            if peer:
                bench.compare(measure, our_train, {"gigabpe": partial(train, peer, path, vocab_size)}, least_ratio=1.3)
            for other in others:
                seconds, their_seconds = our_train(), train(other, path, vocab_size)
                values = (shown(seconds), f"{other.library} {shown(their_seconds)}", f"{their_seconds / seconds:.1f}×")
                details = {"seconds": [[seconds], [their_seconds]]}
                bench.add(Row(f"{measure}, once", *values, details=details))


if __name__ == "__main__":
    main()
