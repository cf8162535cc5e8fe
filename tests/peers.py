"""tiktoken and its published vocabularies, which ids are compared with where they are at hand."""

import base64
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
import regex
from hypothesis import strategies as st
from texts import any_text

from pyllm import Tokenizer
from pyllm.patterns import PATTERNS

VOCABULARIES = Path(__file__).resolve().parents[2] / "shared/data/vocab"
CODE_POINTS = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
CLASSES = [
    *(r"\p{L}+", r"\p{N}+", r"\s+", r"[^\s\p{L}\p{N}]+"),
    *(r"\p{M}+", r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"),
    r"(?i:[sdmtlver])+",
]


def encoding(pattern: str, ranks: Mapping[bytes, int], special_tokens: Mapping[str, int] | None = None):
    """A tiktoken.Encoding; the test is skipped where there is no tiktoken."""
    tiktoken = pytest.importorskip("tiktoken", reason="tiktoken, which ids are compared with, is not installed")
    special_tokens = dict(special_tokens or {})
    return tiktoken.Encoding("peer", pat_str=pattern, mergeable_ranks=dict(ranks), special_tokens=special_tokens)


def encoding_of(tokenizer: Tokenizer):
    """An encoding with the tokens of one of ours that was trained here."""
    special = tokenizer.special_tokens
    ranks = {tokenizer.token_bytes(id): id for id in range(tokenizer.vocab_size - len(special))}
    return encoding(PATTERNS[tokenizer.pattern], ranks, special)


def ranks_in(path: Path) -> dict[bytes, int]:
    """What a rank file holds."""
    lines = (line.split() for line in path.read_bytes().splitlines())
    return {base64.b64decode(token): int(rank) for token, rank in lines}


def write_ranks(path: Path, ranks: Mapping[bytes, int]) -> None:
    """Writes a rank file."""
    path.write_bytes(b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in ranks.items()))


@cache
def characters_of(their_class: str) -> frozenset[str]:
    """All that a pattern of a class matches in tiktoken."""
    found = encoding(their_class, {bytes([byte]): byte for byte in range(256)})
    return frozenset(found.decode(found.encode_ordinary(CODE_POINTS)))


@cache
def disputed() -> frozenset[str]:
    """Characters of which tiktoken, with the Unicode of its own, says something else than `regex` does."""
    return frozenset().union(
        *(characters_of(each).symmetric_difference("".join(regex.findall(each, CODE_POINTS))) for each in CLASSES)
    )


def undisputed(text: str) -> str:
    """The text without them."""
    return "".join(character for character in text if character not in disputed())


def undisputed_text() -> st.SearchStrategy[str]:
    """Any text without them."""
    return any_text().map(undisputed)
