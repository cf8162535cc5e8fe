"""The training of a tokenizer: counting pieces, then learning merges, with progress and Ctrl-C in between."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from pyllm import _bpe
from pyllm.files import file_size
from pyllm.patterns import Splitter, Text, checked_text
from pyllm.progress import Progress

MERGES_AT_A_TIME = 256
TEXT_AT_A_TIME = 8 << 20  # characters
MOST_THREADS = 64  # each has tables of its own; beyond these, reading is the limit


def learn_merges(
    corpus: object, count: int, splitter: Splitter, *, threads: int, progress: bool | None
) -> list[tuple[int, int, int]]:
    """Up to `count` merges as (left id, right id, product id); see Tokenizer.train."""
    source = _texts_or_paths(corpus)
    counter = _bpe.PieceCounter(min(threads, MOST_THREADS))
    with Progress("Counting pieces", "bytes", show=progress) as bar:
        if isinstance(source, list):
            size = _count_files(source, counter, splitter, bar)
        else:
            size = _count_texts(source, counter, splitter, bar)
    if size == 0:
        names = ", ".join(map(str, source[:3])) if isinstance(source, list) else "the iterator"
        raise ValueError(f"the corpus is empty: nothing to train on in {names or 'an empty list of files'}")
    learner = _bpe.MergeLearner(counter)
    del counter
    with Progress("Learning merges", "merges", total=count, show=progress) as bar:
        done = 0
        while done < count:
            learned = learner.learn(min(MERGES_AT_A_TIME, count - done))
            done += learned
            bar.update(done)
            if learned == 0:
                break
    return [(merge.left, merge.right, merge.product) for merge in learner.merges]


def _texts_or_paths(corpus: object) -> Iterator[Text] | list[Path]:
    """Tells a corpus of files from one of texts, as `Tokenizer.train` documents it."""
    if isinstance(corpus, (str, os.PathLike)):
        return [Path(corpus)]
    if isinstance(corpus, (list, tuple)):
        for item in corpus:
            if not isinstance(item, (str, os.PathLike)):
                raise TypeError(
                    f"a list or tuple must hold paths, got {type(item).__name__}; pass iter(...) for a list of texts"
                )
        return [Path(item) for item in corpus]
    if isinstance(corpus, Iterable) and not isinstance(corpus, (bytes, bytearray, memoryview)):
        return iter(corpus)
    raise TypeError(f"a corpus must be a path, a list of paths or an iterator of texts, got {type(corpus).__name__}")


def _count_files(paths: list[Path], counter: _bpe.PieceCounter, splitter: Splitter, bar: Progress) -> int:
    try:
        bar.set_total(sum(map(file_size, paths)))
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{error} (to train on texts, pass an iterator of them)") from None
    size = 0

    def show(done_of_file: int) -> None:
        bar.update(size + done_of_file)

    for path in paths:
        if splitter.native is None:
            data = path.read_bytes()
            counter.add_pieces(Counter(splitter.split(data)))
            size += len(data)
        else:
            size += counter.add_file(os.fsencode(path), splitter.native, show)
        show(0)
    return size


def _count_texts(texts: Iterator[Text], counter: _bpe.PieceCounter, splitter: Splitter, bar: Progress) -> int:
    size = 0
    for batch in _batches(texts):
        if splitter.native is None:
            for text in batch:
                counter.add_pieces(Counter(splitter.split(text)))
        else:
            counter.add_texts(batch, splitter.native)
        size += sum(map(len, batch))
        bar.update(size)
    return size


def _batches(texts: Iterable[Text]) -> Iterator[list[Text]]:
    batch: list[Text] = []
    size = 0
    for text in texts:
        batch.append(checked_text(text))
        size += len(text)
        if size >= TEXT_AT_A_TIME:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
