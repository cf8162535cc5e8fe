"""Counting a file in blocks: the same pieces as the text at once, wherever the blocks happen to end."""

import itertools
import os
import random
import threading
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from texts import random_text

from pyllm import _bpe
from pyllm.patterns import PATTERNS

NAMES = list(PATTERNS)
BLOCK = 1 << 20  # what is read at a time


def learned(counter: _bpe.PieceCounter) -> list[tuple[int, int, int]]:
    """All merges there are, with their counts: one piece counted otherwise and some count differs."""
    learner = _bpe.MergeLearner(counter)
    learner.learn(10_000)
    return [(merge.left, merge.right, count) for merge, count in zip(learner.merges, learner.counts, strict=True)]


def assert_same_counts(path: Path, text: bytes, name: str, threads: int = 2) -> None:
    pattern = getattr(_bpe.Pattern, name)
    path.write_bytes(text)
    from_file = _bpe.PieceCounter(threads)
    assert from_file.add_file(str(path).encode(), pattern) == len(text)
    at_once = _bpe.PieceCounter(1)
    at_once.add_texts([text], pattern)
    assert learned(from_file) == learned(at_once)


@cache
def words(seed: int, separators: tuple[str, ...], size: int) -> bytes:
    """Few distinct words and separators, so that all merges are soon learned, up to a size in bytes."""
    source = random.Random(seed)
    lexicon = ["a", "it", "we", "été", "中文", "x1", "2026", "no\u0301", "Ab", "ИЖ", "e\u0301", "\u0301"]
    few = [source.choice(lexicon) + source.choice(separators) for _ in range(200)]
    return "".join(source.choice(few) for _ in range(size // 3)).encode()[:size]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "separators",
    [
        pytest.param((" ",), id="words"),
        pytest.param(("'",), id="apostrophes only, so no cut"),
        pytest.param(("'s ", "'ll", "'", " '", "'re!", "'S\n"), id="contractions"),
        pytest.param(("\n", "\r\n", "\n\n", " \n", "!\n", "/\n"), id="newlines"),
        pytest.param(("", "", "", "\u3000", "。", " "), id="mostly multibyte"),
        pytest.param(("  ", "   ", "\t ", " !", "...", "--", "/"), id="runs"),
    ],
)
def test_blocks_that_end_in_awkward_places(tmp_path: Path, name: str, separators: tuple[str, ...]) -> None:
    text = words(1, separators, 3 * BLOCK + 12_345)
    for shift in (0, 1):
        assert_same_counts(tmp_path / "text", b"\n " * shift + text[shift:], name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("unit", ["中文", "12", "   \n", "'", "🙂"])
def test_a_long_stretch_without_a_safe_cut(tmp_path: Path, name: str, unit: str) -> None:
    stretch = (unit * (3 * BLOCK)).encode()[: 3 * BLOCK + 500_001]
    assert _bpe.safe_cut(stretch, len(stretch)) == 0
    around = words(2, (" ",), BLOCK // 2)
    assert_same_counts(tmp_path / "text", around + stretch + b" " + around, name)


@pytest.mark.parametrize("size", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK - 1, 2 * BLOCK, 2 * BLOCK + 1])
@pytest.mark.parametrize("threads", [1, 2])
def test_sizes_around_a_block(tmp_path: Path, size: int, threads: int) -> None:
    assert_same_counts(tmp_path / "text", words(3, (" ", "'s ", "\n"), 2 * BLOCK + 1)[:size], "o200k", threads)


@pytest.mark.parametrize("name", NAMES)
def test_text_that_is_not_utf8_across_blocks(tmp_path: Path, name: str) -> None:
    source = random.Random(4)
    few = [random_text(source, 4).encode()[: source.randint(1, 9)] for _ in range(40)]
    few += [b"\xff", b"\xe4\xb8", b" a", b"1 "]
    text = b"".join(source.choice(few) for _ in range(500_000))
    assert len(text) > 2 * BLOCK
    assert_same_counts(tmp_path / "text", text, name)


@pytest.mark.parametrize("name", NAMES)
def test_counts_are_those_of_the_pieces(name: str) -> None:
    source = random.Random(5)
    texts = [random_text(source, 50).encode() for _ in range(50)]
    pattern = getattr(_bpe.Pattern, name)
    pieces = Counter(piece for text in texts for piece in _bpe.split(text, pattern))
    given = _bpe.PieceCounter(1)
    given.add_pieces(pieces)
    for threads in (1, 2, 7):
        counted = _bpe.PieceCounter(threads)
        counted.add_texts(texts, pattern)
        assert learned(counted) == learned(given)


@pytest.mark.parametrize("threads", [1, 2])
def test_more_distinct_pieces_than_the_tables_first_hold(threads: int) -> None:
    letters = str.maketrans("0123456789", "ghijklmnop")
    words = [f" {number:x}".translate(letters) for number in range(50_000)]
    texts = ["".join(words[:last]) for last in (9_000, 30_000, 50_000, 30_000)]
    counter = _bpe.PieceCounter(threads)
    for text in texts:
        counter.add_texts([text, text], _bpe.Pattern.gpt2)
    pieces = Counter(piece for text in texts + texts for piece in _bpe.split(text, _bpe.Pattern.gpt2))
    pairs = Counter()
    for piece, count in pieces.items():
        for pair in itertools.pairwise(piece):
            pairs[pair] += count
    assert len(pieces) > 1 << 15
    learner = _bpe.MergeLearner(counter)
    learner.learn(1)
    assert learner.counts == [max(pairs.values())]


def test_progress_through_a_pipe_that_is_still_written_to(tmp_path: Path) -> None:
    # A pipe gives little at a time: it is counted block by block all the same, and what progress raises stops it.
    class Stop(Exception):
        pass

    path = tmp_path / "pipe"
    os.mkfifo(path)
    counted = threading.Event()
    seen: list[bool] = []

    def write() -> None:
        with path.open("wb", buffering=0) as pipe:
            pipe.write(words(6, (" ",), 4 * BLOCK))
            seen.append(counted.wait(30))

    def progress(done: int) -> None:
        if done:
            counted.set()
            raise Stop

    writer = threading.Thread(target=write)
    writer.start()
    with pytest.raises(Stop):
        _bpe.PieceCounter(2).add_file(str(path).encode(), _bpe.Pattern.o200k, progress)
    writer.join()
    assert seen == [True]
