"""The files that hold a tokenizer: Hugging Face's tokenizer.json, tiktoken's ranks, GPT-2's vocab.json + merges.txt.

Every file is treated as hostile: whatever is wrong with one becomes a ValueError of one sentence that names it.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pyllm import _bpe
from pyllm.files import write_whole
from pyllm.patterns import ONIGURUMA_PATTERNS, splitter

HIGHEST_ID = (1 << 21) - 3
LONGEST_RANKED_TOKEN = 1 << 13  # bytes: finding a token's merges takes time quadratic in it; real ones are below 256


@dataclass
class Vocabulary:
    """All that a tokenizer is.

    Attributes:
        tokens: the bytes of each ordinary id; b"" where there is none.
        merges: (left id, right id, product id), in the order in which they apply.
        pattern: the name or regular expression of pyllm.patterns.
        special_tokens: their texts and ids.
        whole_pieces: a piece that is a token's bytes is that token, even where the merges do not lead to it (tiktoken;
            `ignore_merges` in Hugging Face's files).
    """

    tokens: list[bytes]
    merges: list[tuple[int, int, int]]
    pattern: str
    special_tokens: dict[str, int] = field(default_factory=dict)
    whole_pieces: bool = False

    def checked(self) -> Vocabulary:
        """Itself.

        Raises:
            TypeError, ValueError: a special token is empty, not a string, or has an id that is bad or taken.
        """
        taken: dict[int, str] = {}
        for text, id in self.special_tokens.items():
            if not isinstance(text, str):
                raise TypeError(f"a special token must be a string, got {type(text).__name__}")
            if not text:
                raise ValueError("a special token must not be empty")
            try:
                text.encode()
            except UnicodeEncodeError:
                raise ValueError(f"the special token {text!r} holds a lone surrogate") from None
            if not isinstance(id, int) or not 0 <= id <= HIGHEST_ID:
                raise ValueError(f"the special token {text!r} has the id {id!r}, not an integer from 0 to {HIGHEST_ID}")
            if id in taken or (id < len(self.tokens) and self.tokens[id]):
                other = repr(taken[id]) if id in taken else f"the token {self.tokens[id]!r}"
                raise ValueError(f"the special token {text!r} has the id {id}, which is that of {other}")
            taken[id] = text
        return self


# The visible characters that stand for bytes in Hugging Face's and GPT-2's files.


@cache
def byte_characters() -> list[str]:
    """For each byte its character: itself where it is printable Latin-1, otherwise the next one from U+0100 on."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) if byte in printable else chr(0x100 + others.index(byte)) for byte in range(256)]


def to_characters(token: bytes) -> str:
    characters = byte_characters()
    return "".join(characters[byte] for byte in token)


def from_characters(text: str) -> bytes | None:
    """The bytes that the characters stand for; None when one of them stands for none."""
    bytes_of = _character_bytes()
    try:
        return bytes(bytes_of[character] for character in text)
    except KeyError:
        return None


@cache
def _character_bytes() -> dict[str, int]:
    return {character: byte for byte, character in enumerate(byte_characters())}


# tiktoken's ranks


def read_tiktoken(path: Path, pattern: str, special_tokens: dict[str, int]) -> Vocabulary:
    ranks: dict[int, bytes] = {}
    seen: dict[bytes, int] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            encoded, rank_text = line.split()
            token = base64.b64decode(encoded, validate=True)
            rank = int(rank_text)
        except (ValueError, binascii.Error):
            raise ValueError(
                f"{path}, line {number}: expected a token in base64 and its rank, got {_start(line)}"
            ) from None
        if not token or rank < 0 or rank > HIGHEST_ID:
            raise ValueError(f"{path}, line {number}: the token is empty or its rank {rank} is out of range")
        if rank in ranks or token in seen:
            raise ValueError(f"{path}, line {number}: the token {token[:40]!r} or its rank {rank} stands there twice")
        ranks[rank] = token
        seen[token] = rank
    if not ranks:
        raise ValueError(f"{path} holds no token")
    tokens = _token_list(path, ranks)
    return Vocabulary(tokens, _merges_of_ranks(path, tokens), pattern, special_tokens, whole_pieces=True)


def write_tiktoken(vocabulary: Vocabulary, path: Path) -> None:
    if _merges_of_ranks(path, vocabulary.tokens) != vocabulary.merges:
        raise ValueError(f"{path} was not written: this vocabulary's ids are not in the order of its merges")
    lines = [base64.b64encode(token) + b" %d\n" % id for id, token in enumerate(vocabulary.tokens) if token]
    write_whole(path, b"".join(lines))


def _merges_of_ranks(path: Path, tokens: list[bytes]) -> list[tuple[int, int, int]]:
    longest = max(map(len, tokens))
    if longest > LONGEST_RANKED_TOKEN:
        raise ValueError(f"{path}: a rank file may hold tokens of {LONGEST_RANKED_TOKEN} bytes, not of {longest}")
    return [(merge.left, merge.right, merge.product) for merge in _bpe.merges_of_ranks(tokens)]


# GPT-2's vocab.json and merges.txt


def read_gpt2(vocab_json: Path, merges_txt: Path, pattern: str) -> Vocabulary:
    ids = _ids(vocab_json, _json(vocab_json))
    pairs: list[tuple[str, str]] = []
    for number, line in enumerate(_text(merges_txt).split("\n"), 1):
        if not line.strip() or (number == 1 and line.startswith("#version")):
            continue
        pair = line.rstrip("\r").split(" ")
        if len(pair) != 2:
            raise ValueError(f"{merges_txt}, line {number}: expected two tokens, got {_start(line.encode())}")
        pairs.append((pair[0], pair[1]))
    tokens, merges = _merges(merges_txt, ids, pairs)
    ordinary = {id for id, token in enumerate(tokens) if token}
    special = {text: id for text, id in ids.items() if id not in ordinary}
    return Vocabulary(tokens, merges, pattern, special)


def write_gpt2(vocabulary: Vocabulary, vocab_json: Path, merges_txt: Path) -> None:
    if vocab_json == merges_txt:
        raise ValueError(f"vocab_json and merges_txt must be two files, got {vocab_json} for both")
    ids = {to_characters(token): id for id, token in enumerate(vocabulary.tokens) if token}
    for text in vocabulary.special_tokens:
        if text in ids:
            raise ValueError(f"{vocab_json} was not written: the special token {text!r} is also an ordinary token")
    pairs = [" ".join(pair) for pair in _character_pairs(vocabulary)]
    write_whole(vocab_json, _dump(ids | vocabulary.special_tokens))
    write_whole(merges_txt, "\n".join(["#version: 0.2", *pairs, ""]).encode())


# Hugging Face's tokenizer.json


def read_hugging_face(path: Path) -> Vocabulary:
    content = _json(path)
    try:
        model = content["model"]
        if model.get("type", "BPE") != "BPE":
            raise _Unsupported(f"a {model['type']} model")
        for option in ("continuing_subword_prefix", "end_of_word_suffix", "byte_fallback", "dropout"):
            if model.get(option):
                raise _Unsupported(f"{option}")
        if content.get("normalizer"):
            raise _Unsupported(f"the normalizer {content['normalizer'].get('type')}")
        pattern = _pattern(content.get("pre_tokenizer"))
        ids = _ids(path, model["vocab"])
        pairs = [tuple(merge.split(" ") if isinstance(merge, str) else merge) for merge in model["merges"]]
        if any(len(pair) != 2 or not all(isinstance(part, str) for part in pair) for pair in pairs):
            raise ValueError("a merge is not a pair of tokens")
        special = {token["content"]: token["id"] for token in content.get("added_tokens") or []}
        splitter(pattern)
    except _Unsupported as error:
        raise ValueError(f"{path} is not a byte-level BPE that pyllm can run: it has {error}") from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"{path} is not a tokenizer.json of a byte-level BPE: {what}") from None
    added = {id for id in special.values() if isinstance(id, int)}  # what else is there, Vocabulary refuses
    tokens, merges = _merges(path, ids, pairs, keep_unmerged=True, but_not=added)
    return Vocabulary(tokens, merges, pattern, special, whole_pieces=bool(model.get("ignore_merges")))


def write_hugging_face(vocabulary: Vocabulary, path: Path) -> None:
    name = splitter(vocabulary.pattern).name
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": name == "gpt2"}
    split = {
        "type": "Split",
        "pattern": {"Regex": ONIGURUMA_PATTERNS.get(name, name)},
        "behavior": "Isolated",
        "invert": False,
    }
    sequence = {"type": "Sequence", "pretokenizers": [split, byte_level]}
    added = [
        {
            "id": id,
            "content": text,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for text, id in sorted(vocabulary.special_tokens.items(), key=lambda item: item[1])
    ]
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": byte_level if name == "gpt2" else sequence,
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": vocabulary.whole_pieces,
            "vocab": {to_characters(token): id for id, token in enumerate(vocabulary.tokens) if token},
            "merges": [list(pair) for pair in _character_pairs(vocabulary)],
        },
    }
    write_whole(path, _dump(content))


class _Unsupported(ValueError):
    pass


def _pattern(pre_tokenizer: dict[str, Any] | None) -> str:
    """The split pattern of a pre-tokenizer: GPT-2's own ByteLevel, or one Split before a ByteLevel without one."""
    parts = [pre_tokenizer or {}]
    if parts[0].get("type") == "Sequence":
        parts = parts[0]["pretokenizers"]
    *splits, byte_level = parts
    if byte_level.get("type") != "ByteLevel":
        raise _Unsupported("a pre-tokenizer that does not end with ByteLevel")
    if byte_level.get("add_prefix_space"):
        raise _Unsupported("add_prefix_space")
    if byte_level.get("use_regex", True) and not splits:
        return "gpt2"
    if byte_level.get("use_regex", True) or len(splits) != 1 or splits[0].get("type") != "Split":
        raise _Unsupported("several pre-tokenizers in a row")
    if splits[0].get("invert") or splits[0].get("behavior") != "Isolated" or "Regex" not in splits[0]["pattern"]:
        raise _Unsupported("a Split that is not by an isolated regular expression")
    pattern: str = splits[0]["pattern"]["Regex"]
    for name, definition in ONIGURUMA_PATTERNS.items():
        if pattern == definition:
            return name
    return pattern


# What the formats share


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 at byte {error.start}") from None


def _json(path: Path) -> dict[str, Any]:
    text = _text(path)
    try:
        content = json.loads(text)
    except ValueError as error:  # not JSON, or an integer of thousands of digits
        raise ValueError(f"{path} is not JSON: {error}") from None
    except RecursionError:
        raise ValueError(f"{path} is not a tokenizer: its JSON is nested too deeply") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path} must hold a JSON object, got {type(content).__name__}")
    return content


def _dump(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _start(line: bytes) -> str:
    return repr(line[:60].decode("utf-8", "replace"))


def _ids(path: Path, vocab: Any) -> dict[str, int]:
    if not isinstance(vocab, dict) or not vocab:
        raise ValueError(f"{path} holds no vocabulary")
    seen: dict[int, str] = {}
    for text, id in vocab.items():
        if not isinstance(id, int) or isinstance(id, bool) or not 0 <= id <= HIGHEST_ID:
            raise ValueError(
                f"{path}: the token {text[:40]!r} has the id {id!r}, not an integer from 0 to {HIGHEST_ID}"
            )
        if id in seen:
            raise ValueError(f"{path}: the tokens {seen[id][:40]!r} and {text[:40]!r} have the same id {id}")
        seen[id] = text
    return vocab


def _token_list(path: Path, tokens: dict[int, bytes]) -> list[bytes]:
    single = {token for token in tokens.values() if len(token) == 1}
    for byte in range(256):
        if bytes([byte]) not in single:
            raise ValueError(f"{path} holds no token for the single byte {byte}; byte-level BPE needs all 256")
    listed = [b""] * (max(tokens) + 1)
    for id, token in tokens.items():
        listed[id] = token
    return listed


def _merges(
    path: Path,
    ids: dict[str, int],
    pairs: list[tuple[str, str]],
    keep_unmerged: bool = False,
    but_not: set[int] | None = None,
) -> tuple[list[bytes], list[tuple[int, int, int]]]:
    """The token list and the merges by id, from the ids and pairs that a file states in characters.

    keep_unmerged: tokens that no merge makes are ordinary ones all the same, except those with an id in `but_not`.
    """
    made: dict[int, bytes] = {}

    def token(text: str, merge: int | None = None) -> int:
        id, content = ids.get(text), from_characters(text)
        if id is None or not content:
            role = "the single byte" if merge is None else f"merge number {merge}: the token"
            raise ValueError(f"{path}: {role} {text[:40]!r} is not in the vocabulary, or not in byte characters")
        made[id] = content
        return id

    for character in byte_characters():
        token(character)
    # Of a merge stated twice the last place counts, as it does for GPT-2's program and for Hugging Face's.
    last = {pair: number for number, pair in enumerate(pairs, 1)}
    merges = [
        (token(left, number), token(right, number), token(left + right, number))
        for (left, right), number in sorted(last.items(), key=lambda item: item[1])
    ]
    if keep_unmerged:
        for text, id in ids.items():
            if id in made or id in (but_not or ()):
                continue
            content = from_characters(text)
            if not content:
                raise ValueError(f"{path}: the token {text[:40]!r} is not in byte characters")
            made[id] = content
    return _token_list(path, made), merges


def _character_pairs(vocabulary: Vocabulary) -> list[tuple[str, str]]:
    tokens = vocabulary.tokens
    return [(to_characters(tokens[left]), to_characters(tokens[right])) for left, right, _ in vocabulary.merges]
