"""Training: merges against the reference, from files and from texts, on one thread and on two."""

import os
import random
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import bpe_reference
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import CODE, PROSE, WHOLE, of_merges, trained, trained_on
from texts import any_bytes, random_text, random_texts

from pyllm import Tokenizer
from pyllm.patterns import PATTERNS, splitter

NAMES = list(PATTERNS)


def reference_merges(texts: Sequence[str | bytes], count: int, pattern: str) -> list[tuple[bytes, bytes]]:
    pieces = Counter(piece for text in texts for piece in splitter(pattern).split(text))
    return bpe_reference.train(pieces, count)


def assert_as_reference(texts: Sequence[str | bytes], count: int, pattern: str = WHOLE) -> None:
    assert trained_on(texts, 256 + count, pattern).merges == reference_merges(texts, count, pattern)


# Against the reference


def some(text: st.SearchStrategy) -> st.SearchStrategy:
    """A few texts, not all of them empty."""
    return st.lists(text, max_size=6).filter(any)


@settings(max_examples=300)
@given(texts=some(st.text("ab", max_size=12)), pattern=st.sampled_from([*NAMES, WHOLE, "a+"]))
def test_texts_of_two_letters(texts: list[str], pattern: str) -> None:
    assert_as_reference(texts, 40, pattern)


@given(texts=some(st.text("abc '1é\n", max_size=20)), pattern=st.sampled_from([*NAMES, WHOLE]))
def test_texts_of_a_few_characters(texts: list[str], pattern: str) -> None:
    assert_as_reference(texts, 60, pattern)


@given(texts=some(any_bytes()), pattern=st.sampled_from([*NAMES, WHOLE, r"\w+|\s"]))
def test_any_bytes(texts: list[bytes], pattern: str) -> None:
    assert_as_reference(texts, 30, pattern)


@pytest.mark.parametrize("pattern", [*NAMES, r"\w+|[^\w\s]+", WHOLE])
def test_prose(pattern: str) -> None:
    assert_as_reference([PROSE, CODE, PROSE.upper(), *random_texts(12, 10, 30)], 200, pattern)


@pytest.mark.parametrize(
    ("texts", "merges"),
    [
        # Equally frequent: the greatest left bytes, then the greatest right bytes, compared as unsigned bytes.
        (["ab", "cd"], [(b"c", b"d"), (b"a", b"b")]),
        (["ab", "ac"], [(b"a", b"c"), (b"a", b"b")]),
        ([b"\x7fa", b"\x80a"], [(b"\x80", b"a"), (b"\x7f", b"a")]),
        ([b"a\x00", b"a\xff"], [(b"a", b"\xff"), (b"a", b"\x00")]),
        # By the tokens' bytes and not by their ids: "b" before "ab", which came later; "ab" before its prefix "a".
        (["ab" * 3, "abx", "bx"], [(b"a", b"b"), (b"ab", b"ab"), (b"b", b"x"), (b"abab", b"ab"), (b"ab", b"x")]),
        (["ab", "ab", "abc", "ac"], [(b"a", b"b"), (b"ab", b"c"), (b"a", b"c")]),
        # A frequency outweighs them all.
        (["ab", "ab", "zz"], [(b"a", b"b"), (b"z", b"z")]),
        # Runs: overlapping pairs count, "aaa" holding two, and are merged from the left.
        (["aaa", "bc", "bc"], [(b"b", b"c"), (b"a", b"a"), (b"aa", b"a")]),
        (["aaaa", "bc", "bc"], [(b"a", b"a"), (b"b", b"c"), (b"aa", b"aa")]),
        (["aaaaa"], [(b"a", b"a"), (b"aa", b"aa"), (b"aaaa", b"a")]),
        (["aaaaaaa"], [(b"a", b"a"), (b"aa", b"aa"), (b"aaaa", b"aa"), (b"aaaaaa", b"a")]),
        (["abababab"], [(b"a", b"b"), (b"ab", b"ab"), (b"abab", b"abab")]),
    ],
)
def test_by_hand(texts: list[str | bytes], merges: list[tuple[bytes, bytes]]) -> None:
    assert reference_merges(texts, 50, WHOLE) == merges
    assert trained_on(texts, 306).merges == merges


def test_golden_merges_and_ids() -> None:
    # The example of Sennrich et al. 2016, figure 1, here with the tie-break of pyllm.
    text = " low low low low low lower lower newest newest newest newest newest newest widest widest widest"
    tokenizer = Tokenizer.train(iter([text]), 266, "gpt2")
    assert tokenizer.merges == [
        (b"s", b"t"),
        (b"e", b"st"),
        (b"o", b"w"),
        (b"l", b"ow"),
        (b" ", b"low"),
        (b"w", b"est"),
        (b"n", b"e"),
        (b"ne", b"west"),
        (b" ", b"newest"),
        (b"w", b"i"),
    ]
    assert tokenizer.encode(" lowest newer widow") == [260, 257, 32, 262, 119, 101, 114, 32, 265, 100, 258]


def test_every_learned_token_encodes_to_itself() -> None:
    for pattern in NAMES:
        tokenizer = of_merges(trained(pattern).merges)  # without the pattern, which may cut a token's own bytes
        tokens = [tokenizer.token_bytes(id) for id in range(tokenizer.vocab_size)]
        assert len(set(tokens)) == len(tokens)
        for id, token in enumerate(tokens):
            assert tokenizer.encode_ordinary(token) == [id]


def test_pieces_of_every_length_are_counted() -> None:
    # Around the 15 bytes up to which a piece is counted without an allocation; zero bytes at the end are not padding.
    source = random.Random(13)
    texts = [b"ab" * 7 + bytes(source.choice(b"ab\0") for _ in range(length)) for length in range(30)]
    texts += [b"\0" * length for length in range(1, 20)]
    assert_as_reference(texts, 120)


# Threads, files and iterators


@pytest.mark.parametrize("pattern", [*NAMES, r"\w+|\s"])
def test_threads_order_and_source_do_not_matter(pattern: str, tmp_path: Path) -> None:
    texts = [PROSE, CODE, PROSE.upper(), *random_texts(14, 20, 200), "", "x"]
    paths = [tmp_path / f"{number}.txt" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text.encode())
    wanted = Tokenizer.train(iter(texts), 700, pattern, threads=1)
    for threads in (1, 2, 3):
        assert Tokenizer.train(iter(texts), 700, pattern, threads=threads) == wanted
        assert Tokenizer.train((text.encode() for text in reversed(texts)), 700, pattern, threads=threads) == wanted
        assert Tokenizer.train(paths, 700, pattern, threads=threads) == wanted
        assert Tokenizer.train(tuple(map(str, paths[::-1])), 700, pattern, threads=threads) == wanted


def test_one_path_and_texts_of_any_type(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(PROSE)
    wanted = Tokenizer.train(path, 300)
    assert Tokenizer.train(str(path), 300) == wanted
    for text in (PROSE, PROSE.encode(), bytearray(PROSE.encode()), memoryview(PROSE.encode())):
        assert Tokenizer.train(iter([text]), 300) == wanted
        assert Tokenizer.train((each for each in [text]), 300) == wanted
    assert Tokenizer.train({PROSE: None}, 300) == wanted  # any iterable but a list or tuple
    assert Tokenizer.train(path, 300, progress=False, threads=2) == wanted


def test_a_file_whose_name_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.txt")
    try:
        path.write_text(PROSE)
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    assert Tokenizer.train(path, 300) == trained_on([PROSE], 300, "cl100k")


def test_a_pipe(tmp_path: Path) -> None:
    # It has no size and gives less than was asked for.
    path = tmp_path / "pipe"
    os.mkfifo(path)
    text = PROSE * 300
    writer = threading.Thread(target=path.write_text, args=(text,))
    writer.start()
    assert Tokenizer.train(path, 400, threads=2) == trained_on([text], 400, "cl100k")
    writer.join()


# What goes wrong


def test_a_corpus_that_fills_less_than_asked_for() -> None:
    with pytest.warns(UserWarning, match="the corpus fills only 258 of 1000 ids: no pair of tokens is left to merge"):
        tokenizer = Tokenizer.train(iter(["abc"]), 1000)
    assert tokenizer.vocab_size == 258
    with pytest.warns(UserWarning, match="fills only 258 of 259 ids"):
        Tokenizer.train(iter(["abc"]), 259)
    with pytest.warns(UserWarning, match="fills only 259 of 1000 ids"):
        tokenizer = Tokenizer.train(iter(["abc"]), 1000, special_tokens=["<|a|>"])
    assert tokenizer.special_tokens == {"<|a|>": 258}


def test_a_vocabulary_of_bytes_alone() -> None:
    tokenizer = Tokenizer.train(iter(["hello"]), 257, special_tokens=["<|a|>"])
    assert tokenizer.merges == []
    assert tokenizer.encode("hello") == list(b"hello")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (
            {"vocab_size": 255},
            ValueError,
            r"vocab_size must be at least 256 \(256 bytes \+ 0 special tokens\), got 255",
        ),
        ({"vocab_size": 257, "special_tokens": ["a", "b"]}, ValueError, r"at least 258 .*2 special tokens\), got 257"),
        ({"vocab_size": 1 << 30}, ValueError, "vocab_size must be at most 1048576, got"),
        ({"vocab_size": "300"}, TypeError, "vocab_size must be an integer, got str"),
        ({"vocab_size": 300.0}, TypeError, "vocab_size must be an integer, got float"),
        ({"special_tokens": "<|a|>"}, TypeError, "special_tokens must be a list of strings, got "),
        ({"special_tokens": ["a", "a"]}, ValueError, "special_tokens holds 'a' twice"),
        ({"special_tokens": [""]}, ValueError, "a special token must not be empty"),
        ({"special_tokens": [5]}, TypeError, "a special token must be a string, got int"),
        ({"special_tokens": ["\ud800"]}, ValueError, "lone surrogate"),
        ({"pattern": "gpt5"}, ValueError, "no pattern named 'gpt5'"),
        ({"pattern": "("}, ValueError, "does not compile"),
        ({"pattern": "x*"}, ValueError, "matches the empty string"),
        ({"pattern": r"\b"}, ValueError, "matches the empty string at character 0 of a text"),
        ({"pattern": None}, TypeError, "a pattern must be a string, got NoneType"),
        ({"threads": 0}, ValueError, "threads must be at least 1, got 0"),
        ({"corpus": iter([])}, ValueError, "the corpus is empty: nothing to train on in the iterator"),
        ({"corpus": iter(["", b""])}, ValueError, "the corpus is empty: nothing to train on in the iterator"),
        ({"corpus": []}, ValueError, "the corpus is empty: nothing to train on in an empty list of files"),
        ({"corpus": iter(["a", 5])}, TypeError, "a text must be str or bytes, got int"),
        ({"corpus": b"some text"}, TypeError, "a corpus must be a path, a list of paths or an iterator of texts"),
        ({"corpus": 5}, TypeError, "a corpus must be a path"),
        ({"corpus": [5]}, TypeError, r"must hold paths, got int; pass iter\(\.\.\.\) for a list of texts"),
        ({"corpus": [b"text"]}, TypeError, "must hold paths, got bytes"),
        ({"corpus": ["hello world"]}, FileNotFoundError, "no file hello world .to train on texts, pass an iterator"),
        ({"corpus": ["hello world\n" * 9999]}, FileNotFoundError, "no file hello world.*pass an iterator"),
        ({"corpus": ["hello\0world"]}, FileNotFoundError, "no file hello.*pass an iterator"),
    ],
)
def test_bad_arguments(arguments: dict, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=f"(?s){words}"):
        Tokenizer.train(**{"corpus": iter(["some text"]), "vocab_size": 260} | arguments)


def test_bad_files(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()
    good = tmp_path / "good.txt"
    good.write_text(PROSE)
    for pattern in ("cl100k", r"\w+"):
        with pytest.raises(ValueError, match=r"the corpus is empty: nothing to train on in .*empty\.txt"):
            Tokenizer.train(empty, 300, pattern)
        with pytest.raises(FileNotFoundError, match=r"there is no file .*missing\.txt"):
            Tokenizer.train([good, tmp_path / "missing.txt"], 300, pattern)
        with pytest.raises(IsADirectoryError, match="is a folder, not a file"):
            Tokenizer.train([good, tmp_path], 300, pattern)
        assert Tokenizer.train([empty, good], 300, pattern) == Tokenizer.train(good, 300, pattern)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that opens and cannot be read")
def test_a_file_that_cannot_be_read() -> None:
    for pattern in ("cl100k", r"\w+"):
        with pytest.raises(OSError) as caught:
            Tokenizer.train("/proc/self/mem", 300, pattern)
        assert pattern != "cl100k" or caught.value.filename == "/proc/self/mem"


def test_what_an_iterator_raises_comes_through() -> None:
    def texts():
        yield random_text(random.Random(15), 100)
        raise RuntimeError("the source is gone")

    with pytest.raises(RuntimeError, match="the source is gone"):
        Tokenizer.train(texts(), 300)
