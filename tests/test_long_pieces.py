"""Long pieces, which the encoder takes in windows or by a heap, against the reference and against each other."""

import random

import bpe_reference
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import CODE, PROSE, of_merges, shuffled, trained_on

from pyllm import Tokenizer

# Around what one machine word masks, around a window of 512 bytes, around the largest of almost 2048, and beyond, with
# several windows to join.
LENGTHS = [*range(60, 68), 126, 127, 128, 129, 511, 512, 513, 640, 897, 1024, 2045, 2046, 2047, 2048, 3500]


def texts_of(kind: str, length: int, seed: int) -> bytes:
    source = random.Random(seed)
    alphabets = {
        "equal letters": b"a",
        "two letters": b"ab",
        "four letters": b"abcd",
        "spaces": b" ",
        "newlines": b"\n",
        "whitespace": b"   \n\t\r\n",
        "digits": b"0123456789",
        "any bytes": bytes(range(255)),  # 255 stands for "no text" below
    }
    if kind == "alternating":
        return (b"ab" * length)[:length]
    if kind == "period of five":
        return (b"aabab" * length)[:length]
    if kind == "prose":
        return (PROSE + CODE).encode().replace(b" ", b"")[seed % 100 :][:length].ljust(length, b"x")
    return bytes(source.choice(alphabets[kind]) for _ in range(length))


KINDS = ["equal letters", "two letters", "four letters", "spaces", "newlines", "whitespace", "digits", "any bytes"]
KINDS += ["alternating", "period of five", "prose"]


def without_windows(tokenizer: Tokenizer) -> Tokenizer:
    """The same, with a token longer than windows allow, of a byte that the texts here do not hold."""
    long = [(b"\xff" * (1 << power), b"\xff" * (1 << power)) for power in range(10)]
    return of_merges(tokenizer.merges + long)


def assert_as_reference(tokenizer: Tokenizer, text: bytes) -> None:
    wanted = bpe_reference.encode(text, bpe_reference.ranks(tokenizer.merges))
    assert [tokenizer.token_bytes(id) for id in tokenizer.encode_ordinary(text)] == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_against_the_reference(kind: str) -> None:
    for vocab_size in (258, 450):
        tokenizer = trained_on([texts_of(kind, 6000, 1)], vocab_size)
        others = [without_windows(tokenizer), shuffled(tokenizer, vocab_size)]
        for length in LENGTHS:
            text = texts_of(kind, length, length)
            assert_as_reference(tokenizer, text)
            assert others[0].encode(text) == tokenizer.encode(text)
            if length in (62, 63, 512, 513, 2048):
                assert_as_reference(others[1], text)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [20_000, 300_000])
def test_windows_against_the_heap(kind: str, length: int) -> None:
    tokenizer = trained_on([texts_of(kind, 6000, 2)], 600)
    text = texts_of(kind, length, 3)
    ids = tokenizer.encode(text)
    assert without_windows(tokenizer).encode(text) == ids
    assert tokenizer.decode_bytes(ids) == text


@pytest.mark.parametrize("longest", [2, 16, 128, 129, 256, 257, 511, 512, 513, 1024])
def test_the_longest_token_decides_on_the_window(longest: int) -> None:
    # Tokens of one letter: of each power of two, and by sums of them up to the longest; texts with runs of it.
    powers = [1 << power for power in range(11) if 1 << power <= longest]
    merges = [(b"a" * length, b"a" * length) for length in powers[:-1]]
    reached = powers[-1]
    for power in reversed(powers[:-1]):
        if reached + power <= longest:
            merges.append((b"a" * reached, b"a" * power))
            reached += power
    assert reached == longest
    tokenizer = of_merges([*merges, (b"b", b"a")])
    source = random.Random(longest)
    for run in (longest, 3 * longest + 1):
        count = 1 + 1500 // run
        parts = [source.choice((b"b", b"c", b"ba")) + b"a" * source.randint(0, run) for _ in range(count)]
        assert_as_reference(tokenizer, b"".join(parts) + b"a" * 2100 + b"b")


def test_windows_that_never_agree() -> None:
    # With merges (a a) and then (aa aa), a window that starts at an odd letter of an endless run would never put a
    # token where its neighbour does: the windows must start where the last one had a token, or give up.
    for first in range(6):
        for length in (700, 1400, 2501):
            tokenizer = of_merges([(b"a", b"a"), (b"aa", b"aa"), (b"aaaa", b"aaaa"), (b"b", b"a")])
            assert_as_reference(tokenizer, b"b" * first + b"a" * length + b"b" * first)


def test_what_reaches_further_than_windows_overlap() -> None:
    # In falling bytes, where each pair has a lower rank than the one before, the end of the run decides how all of it
    # is paired: a window that ends within the run pairs up to 255 bytes wrongly, and must not be believed.
    falling = bytes(range(255, -1, -1))
    tokenizer = of_merges([(bytes([byte + 1]), bytes([byte])) for byte in range(255)])
    source = random.Random(31)
    for _ in range(40):
        runs = [falling[source.randint(0, 9) : 256 - source.randint(0, 9)] for _ in range(12)]
        assert_as_reference(tokenizer, b"".join(runs))


@pytest.mark.parametrize("swap", [(0, 1), (1, 2), (0, 2)])
def test_merges_out_of_order(swap: tuple[int, int]) -> None:
    # A merge whose parts are made only by later ones: what neighbours become then depends on what stands around them,
    # and joined windows would be wrong.
    merges = [(b"a", b"b"), (b"ab", b"a"), (b"b", b"ab"), (b"aba", b"b"), (b"b", b"b")]
    merges[swap[0]], merges[swap[1]] = merges[swap[1]], merges[swap[0]]
    tokenizer = of_merges(merges)
    for length in LENGTHS:
        for kind in ("two letters", "alternating", "period of five"):
            assert_as_reference(tokenizer, texts_of(kind, length, length))


def test_two_ways_to_the_same_token() -> None:
    merges = [(b"a", b"b"), (b"b", b"c"), (b"ab", b"c"), (b"a", b"bc"), (b"abc", b"a"), (b"c", b"a")]
    tokenizer = of_merges(merges)
    for length in LENGTHS:
        source = random.Random(length)
        assert_as_reference(tokenizer, bytes(source.choice(b"abc") for _ in range(length)))


@settings(max_examples=60)
@given(
    unit=st.text("ab", min_size=1, max_size=7).map(str.encode),
    start=st.text("ab", max_size=9).map(str.encode),
    length=st.integers(500, 1600),
    count=st.integers(1, 12),
    seed=st.none() | st.integers(0, 9),
)
def test_periodic_texts(unit: bytes, start: bytes, length: int, count: int, seed: int | None) -> None:
    text = (start + unit * length)[:length]
    tokenizer = trained_on([text, start * 3], 256 + count)
    if seed is not None:
        tokenizer = shuffled(tokenizer, seed)
    assert_as_reference(tokenizer, text)
    assert_as_reference(tokenizer, text[::-1] + start)


def test_long_pieces_of_the_named_patterns() -> None:
    # One piece each under the pattern: letters, digits (gpt2), spaces, punctuation.
    cases = [("cl100k", "ab"), ("gpt2", "0123"), ("gpt2", " "), ("o200k", "abé"), ("cl100k", "!?-"), ("o200k", "中文")]
    for pattern, letters in cases:
        source = random.Random(pattern + letters)
        tokenizer = trained_on(["".join(source.choice(letters) for _ in range(3000))], 400, pattern)
        for length in (600, 2500):
            text = "".join(source.choice(letters) for _ in range(length))
            assert len(tokenizer.split(text)) == 1
            assert_as_reference(tokenizer, text.encode())
