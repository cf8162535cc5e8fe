"""The splitters: the C++ ones against the regular expressions that define them, and custom patterns."""

import itertools
import random

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from texts import CHARACTERS, any_bytes, any_text, damaged, random_text, random_texts

from pyllm import _bpe
from pyllm.patterns import PATTERNS, NamedSplitter, RegexSplitter, splitter, utf8

NAMES = list(PATTERNS)
COMPILED = {name: regex.compile(pattern) for name, pattern in PATTERNS.items()}
PLACES = [*range(0, 40), 63, 64, 65]  # around the sixteen bytes that the scanners look at together

every_pattern = pytest.mark.parametrize("name", NAMES)


def split(name: str, text: str | bytes) -> list[bytes]:
    return _bpe.split(text, getattr(_bpe.Pattern, name))


def expected(name: str, data: bytes) -> list[bytes]:
    """By regex, where a byte that is no UTF-8 is a surrogate, which has none of the classes that patterns name."""
    pieces = COMPILED[name].findall(data.decode("utf-8", "surrogateescape"))
    return [piece.encode("utf-8", "surrogateescape") for piece in pieces]


def assert_same(name: str, data: bytes) -> None:
    found, wanted = split(name, data), expected(name, data)
    assert found == wanted, f"{name} splits {data!r} into {found}, not {wanted}"


def test_the_tables_are_those_of_the_installed_regex() -> None:
    assert _bpe.regex_version == regex.__version__, (
        f"the C++ character classes were generated from regex {_bpe.regex_version}, but {regex.__version__} is "
        "installed: rebuild with `python setup.py build_ext --inplace` (other tests may fail until then)"
    )
    assert regex.fullmatch(r"\d+(\.\d+)+", _bpe.unicode_version)


def test_a_byte_that_is_no_utf8_has_no_class_in_the_reference() -> None:
    surrogates = "".join(map(chr, range(0xDC80, 0xDD00)))
    assert regex.fullmatch(r"[^\s\p{L}\p{N}\p{M}]{128}", surrogates)


@every_pattern
@pytest.mark.parametrize(
    ("planes", "context"),
    [
        pytest.param((0, 1, 2, 3, 14), "a{0}b '{0}A1 {0} \n{0}{0}1", id="all contexts"),
        pytest.param((4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16), "{0}b", id="planes without letters"),
    ],
)
def test_every_code_point(name: str, planes: tuple[int, ...], context: str) -> None:
    for plane in planes:
        for start in range(plane << 16, (plane + 1) << 16, 1 << 14):
            codes = [code for code in range(start, start + (1 << 14)) if not 0xD800 <= code < 0xE000]
            data = "".join(context.format(chr(code)) for code in codes).encode()
            if split(name, data) != expected(name, data):  # find out where
                for code in codes:
                    assert_same(name, context.format(chr(code)).encode())
                assert_same(name, data)


@every_pattern
def test_every_pair_and_triple_of_classes(name: str) -> None:
    few = [kind[0] for kind in CHARACTERS.values()] + ["s", "S", "ſ", "\n", "\u3000"]
    for first in few:
        for second in few:
            assert_same(name, (first + second).encode())
            for third in few:
                assert_same(name, (first + second + third).encode())


@every_pattern
def test_random_short_texts(name: str) -> None:
    for text in random_texts(1, 60_000, 6):
        assert_same(name, text.encode())


@every_pattern
def test_random_long_texts(name: str) -> None:
    for text in random_texts(2, 1_000, 300):
        assert_same(name, text.encode())


@every_pattern
def test_random_invalid_texts(name: str) -> None:
    source = random.Random(3)
    for _ in range(20_000):
        assert_same(name, damaged(source, random_text(source, source.randint(0, 12))))
    for _ in range(10_000):
        assert_same(name, source.randbytes(source.randint(0, 8)))


@every_pattern
@given(text=any_text())
def test_any_text(name: str, text: str) -> None:
    assert_same(name, text.encode())
    assert split(name, text) == split(name, text.encode())


@every_pattern
@given(data=any_bytes())
def test_any_bytes(name: str, data: bytes) -> None:
    assert_same(name, data)


@every_pattern
def test_runs_of_letters_at_every_alignment(name: str) -> None:
    # What stands just before and behind the letters in ASCII, and others that could end a run.
    ends = ["", *"@[`{ \n'/1\0\x7f", "É", "é", "中", "\u0301", "'s", "'LL"]
    for length in PLACES:
        for before in ("", " ", "!", "É", "é", "\xa0", "'"):
            for end in ends:
                for case in ("ab", "AB"):
                    assert_same(name, (before + case * (length // 2) + case[: length % 2] + end + "x").encode())


@every_pattern
def test_one_other_character_within_letters(name: str) -> None:
    for length in PLACES:
        for other in "A@[`{é É中\u0301'1\n":
            for letter in "aZ":
                assert_same(name, (letter * length + other + letter * 20).encode())


@every_pattern
@pytest.mark.parametrize(
    "run", [" ", "\n", "\r\n", "\u3000", "1", "٣", "!", "'", "/", "\u0301", "ʰ", "中", "ǅ", "\udc80"]
)
def test_long_runs(name: str, run: str) -> None:
    for length in (1, 2, 3, 4, 15, 16, 17, 1000):
        for around in ("", "a", " ", "1"):
            assert_same(name, (around + run * length + around).encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("it'S 1234", ["it", "'S", " ", "1", "2", "3", "4"]),
        ("a\n\n  \n b", ["a", "\n\n  \n", " b"]),
        ("a \n  ", ["a", " \n", "  "]),  # cl100k has all whitespace at the end in one piece
        ("x=!\n\n(y)", ["x", "=!\n\n", "(y", ")"]),
        ("½٣Ⅷ", ["½", "٣", "Ⅷ"]),
    ],
)
def test_what_qwen2_does(text: str, pieces: list[str]) -> None:
    assert split("qwen2", text) == [piece.encode() for piece in pieces]


# Cutting a text where it does not change a piece


@given(data=any_bytes(), limit=st.integers(0, 300))
def test_a_safe_cut_changes_no_piece(data: bytes, limit: int) -> None:
    assert_safe_cut(data, limit)


def test_safe_cuts_of_random_texts() -> None:
    source = random.Random(4)
    cuts = 0
    for _ in range(10_000):
        data = random_text(source, 12).encode()
        if source.random() < 0.3:
            data = damaged(source, data.decode())
        cuts += assert_safe_cut(data, source.randint(0, len(data) + 2)) > 0
    assert cuts > 2_000  # or else nothing was tested


def assert_safe_cut(data: bytes, limit: int) -> int:
    cut = _bpe.safe_cut(data, limit)
    assert 0 <= cut <= min(limit, len(data))
    for name in NAMES:
        assert split(name, data[:cut]) + split(name, data[cut:]) == split(name, data), (name, data, cut)
    return cut


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("hello world", 10, 5),
        ("hello world", 11, 5),
        ("hello world", 5, 5),
        ("hello world", 4, 0),
        ("naïve é!", 9, 9),
        ("it's", 4, 0),
        ("中文 中文", 10, 6),
        ("1234 5", 6, 4),
        ("     ", 5, 0),
        ("", 3, 0),
    ],
)
def test_the_last_safe_cut(text: str, limit: int, cut: int) -> None:
    assert _bpe.safe_cut(text, limit) == cut


# Patterns of one's own


@pytest.mark.parametrize(
    "pattern", [r"\w+", r"\p{L}+|\p{N}", r" ?\S+", r"[a-z]+", r"(?<=a)b|\s+$", r"a\Kb", r"(a)(b)?", r"."]
)
@given(data=any_bytes())
def test_a_custom_pattern_loses_nothing(pattern: str, data: bytes) -> None:
    pieces = splitter(pattern).split(data)
    assert b"".join(pieces) == data
    # Pieces are what stands between any two ends of matches.
    text = data.decode("utf-8", "surrogateescape")
    cuts = sorted({0, len(text)}.union(*(match.span() for match in regex.finditer(pattern, text))))
    wanted = [text[start:end] for start, end in itertools.pairwise(cuts)]
    assert pieces == [piece.encode("utf-8", "surrogateescape") for piece in wanted]


@given(text=any_text())
def test_a_custom_pattern_on_str_and_bytes(text: str) -> None:
    custom = splitter(r"\w+|\s")
    pieces = custom.split(text)
    assert pieces == custom.split(text.encode()) == custom.split(bytearray(text.encode()))
    assert pieces == custom.split(memoryview(text.encode()))


def test_gaps_between_matches_are_pieces() -> None:
    assert splitter(r"\d+").split("ab12cd345") == [b"ab", b"12", b"cd", b"345"]
    assert splitter(r"\d+").split("12ab") == [b"12", b"ab"]
    assert splitter(r"\d+").split(b"\xff\xfe1") == [b"\xff\xfe", b"1"]
    assert splitter(r"\d+").split("") == []


@every_pattern
def test_a_pattern_is_known_by_its_name_and_by_its_definition(name: str) -> None:
    for pattern in (name, PATTERNS[name]):
        found = splitter(pattern)
        assert isinstance(found, NamedSplitter) and found.name == name
    assert isinstance(splitter(PATTERNS[name] + "|x"), RegexSplitter)


@every_pattern
@given(data=any_bytes())
def test_a_named_pattern_as_a_custom_one(name: str, data: bytes) -> None:
    assert RegexSplitter(PATTERNS[name]).split(data) == NamedSplitter(name).split(data)


@pytest.mark.parametrize(
    ("pattern", "error", "words"),
    [
        ("gpt4", ValueError, "no pattern named 'gpt4'.*gpt2, cl100k, o200k, qwen2"),
        ("(", ValueError, r"'\(' does not compile: missing \)"),
        (r"\p{Nonsense}", ValueError, "does not compile"),
        ("(" * 5000 + ")" * 5000, ValueError, "does not compile: it is nested too deeply"),
        ("a*", ValueError, "matches the empty string"),
        ("", ValueError, "matches the empty string"),
        (r"(?r)\w+", ValueError, "backwards"),
        (5, TypeError, "must be a string, got int"),
        (b"a", TypeError, "must be a string, got bytes"),
    ],
)
def test_a_bad_pattern(pattern: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        splitter(pattern)


def test_a_pattern_that_matches_nothing_only_within_a_text() -> None:
    with pytest.raises(ValueError, match="matches the empty string at character 2 of a text"):
        splitter(r"(?<=b)").split("abc")


def test_surrogates_in_a_text() -> None:
    assert utf8("a\ud83d\ude00b") == "a😀b".encode()  # a pair
    assert utf8("a\ud83d b\ude00") == "a\ufffd b\ufffd".encode()  # alone, and in the wrong order
    for name in NAMES:
        assert split(name, "a\ud83d\ude00 \udc00") == split(name, "a😀 \ufffd")
