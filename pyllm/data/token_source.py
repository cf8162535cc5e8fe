"""Token files of every format that pyllm reads, memory-mapped, as one long sequence of tokens.

- Our token shards: a folder with a manifest.json (pyllm.data.shards), which also says where documents start.
- nanoGPT's train.bin and val.bin: bare little-endian uint16.
- llm.c's .bin: 256 int32 of header (magic, version, number of tokens), then uint16 (GPT-2) or uint32 (Llama 3).

The last two mark documents with an end-of-text token alone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy

from pyllm.data.shards import MANIFEST, Tokens, TokenShards
from pyllm.files import file_size

if TYPE_CHECKING:
    from pyllm.tokenizer import Tokenizer

Int64s = numpy.ndarray[Any, numpy.dtype[numpy.int64]]

MOST_VALIDATION_TOKENS = 1_000_000  # when nothing else is asked for: enough for three digits of the loss
IDS_AT_ONCE = 1 << 20
END_OF_TEXT = "<|endoftext|>"
HEADER_BYTES = 256 * 4  # https://github.com/karpathy/llm.c, dev/data/data_common.py


@dataclass(frozen=True)
class ForeignVocabulary:
    """What a foreign file's format says of its tokens."""

    dtype: str
    vocab_size: int
    end_of_text: int
    version: int = 0


NANOGPT = ForeignVocabulary("<u2", 50257, 50256)
LLM_C = {
    20240520: ForeignVocabulary("<u2", 50257, 50256, version=1),  # GPT-2
    20240801: ForeignVocabulary("<u4", 128256, 128000, version=7),  # Llama 3
}


class TokenSource:
    """Tokens of several arrays as one sequence; nothing is copied but what `read` is asked for.

    Attributes:
        vocab_size: every id is below it.
        end_of_text: the id that stands between documents, where there is one.
        fingerprint: of the tokenizer that made the tokens, where the files say so.
    """

    def __init__(
        self,
        arrays: Sequence[Tokens],
        names: Sequence[str],
        *,
        vocab_size: int,
        end_of_text: int | None = None,
        document_starts: Int64s | None = None,
        fingerprint: str | None = None,
    ) -> None:
        self._arrays, self._names = list(arrays), list(names)
        self._ends = numpy.cumsum([len(array) for array in arrays], dtype=numpy.int64)
        self._begin, self._size = 0, int(self._ends[-1]) if len(self._ends) else 0
        self._document_starts = numpy.zeros(0, numpy.int64) if document_starts is None else document_starts
        self.vocab_size, self.end_of_text, self.fingerprint = vocab_size, end_of_text, fingerprint

    def __len__(self) -> int:
        return self._size

    @property
    def name(self) -> str:
        """Of the first file, and how many more there are."""
        more = len(self._names) - 1
        return self._names[0] + (f" (and {more} more)" if more else "")

    def part(self, begin: int, end: int) -> TokenSource:
        """The tokens begin ... end - 1, as a source of its own."""
        if not 0 <= begin <= end <= self._size:
            raise ValueError(f"there is no part {begin} to {end} of {self._size} tokens")
        other = TokenSource.__new__(TokenSource)
        other.__dict__.update(self.__dict__)
        other._begin, other._size = self._begin + begin, end - begin
        return other

    def read(self, begin: int, out: numpy.ndarray[Any, numpy.dtype[numpy.int32]]) -> None:
        """Copies len(out) tokens from `begin` on into out (N,) int32."""
        at, filled = self._begin + begin, 0
        shard = int(numpy.searchsorted(self._ends, at, side="right"))
        while filled < len(out):
            array, end = self._arrays[shard], int(self._ends[shard])
            within = at - (end - len(array))
            piece = array[within : within + len(out) - filled]
            out[filled : filled + len(piece)] = piece
            filled, at, shard = filled + len(piece), at + len(piece), shard + 1

    def documents_starting(self, begin: int, end: int) -> Int64s:
        """The places, counted from `begin`, of the tokens begin ... end - 1 that start a document.

        Only those that the files list; end-of-text tokens are for the reader to see.
        """
        begin, end = begin + self._begin, end + self._begin
        first, last = numpy.searchsorted(self._document_starts, (begin, end))
        return self._document_starts[first:last] - begin

    def place(self, index: int) -> str:
        """Where a token stands, for messages: its file, and its place in there."""
        index += self._begin
        shard = min(int(numpy.searchsorted(self._ends, index, side="right")), len(self._arrays) - 1)
        return f"token {index - int(self._ends[shard]) + len(self._arrays[shard])} of {self._names[shard]}"


def is_token_data(path: Path) -> bool:
    """Whether a path is taken for tokens (a folder, or a .bin file) and not for text."""
    return path.is_dir() or path.suffix == ".bin"


def open_tokens(
    paths: Sequence[str | os.PathLike[str]],
    *,
    tokenizer: Tokenizer | None = None,
    vocab_size: int | None = None,
    end_of_text: int | None = None,
) -> TokenSource:
    """Opens token files, one after the other: folders of our shards, or .bin files of nanoGPT and llm.c.

    Args:
        paths: all of one kind.
        tokenizer: the one that made the tokens; our shards are refused when another one did.
        vocab_size: every id must be below it; default: the tokenizer's, else what the format says (for nanoGPT's and
            llm.c's files GPT-2's 50257 or Llama 3's 128256).
        end_of_text: the id between documents; default: the tokenizer's <|endoftext|>, else, unless vocab_size is given,
            what the format says.

    Raises:
        OSError: a file is not there or cannot be read.
        ValueError: a file is empty, damaged, of another kind than the one before it, made by another tokenizer, or
            holds an id that is not below vocab_size.
    """
    if not paths:
        raise ValueError("there are no token files to read")
    arrays: list[Tokens] = []
    names: list[str] = []
    starts: list[Int64s] = []
    kinds: dict[object, Path] = {}
    fingerprint: str | None = None
    known: ForeignVocabulary | None = None
    largest = 0
    for path in map(Path, paths):
        if path.is_dir():
            shards = TokenShards(path, tokenizer)
            shards.verify()
            fingerprint = str(shards.manifest["tokenizer"])
            kind: object = fingerprint
            try:
                largest = max(largest, int(shards.manifest["vocab_size"]))
            except (KeyError, TypeError, ValueError, OverflowError) as error:
                raise ValueError(f"{path / MANIFEST} is not a manifest of token shards: {error}") from None
            before = sum(map(len, arrays))
            starts.append(shards.document_starts + before if before else shards.document_starts)
            arrays += shards.arrays
            names += [str(shards.folder / shard["file"]) for shard in shards.manifest["shards"]]
        else:
            array, known = _open_bin(path)
            kind = known
            arrays.append(array)
            names.append(str(path))
        kinds.setdefault(kind, path)
        if len(kinds) > 1:
            one, other = kinds.values()
            raise ValueError(f"{one} and {other} hold tokens of different kinds or tokenizers; train on one of them")
    if not sum(map(len, arrays)):
        raise ValueError(f"{names[0] if names else paths[0]} holds no tokens")
    if tokenizer is not None:
        vocab_size = vocab_size or tokenizer.vocab_size
        end_of_text = tokenizer.special_tokens.get(END_OF_TEXT) if end_of_text is None else end_of_text
    elif known is not None:
        end_of_text = known.end_of_text if end_of_text is None and vocab_size is None else end_of_text
        vocab_size = vocab_size or known.vocab_size
    vocab_size = vocab_size or largest
    for array, name in zip(arrays, names, strict=True):
        _check_ids(array, name, vocab_size)
    return TokenSource(
        arrays,
        names,
        vocab_size=vocab_size,
        end_of_text=end_of_text,
        document_starts=numpy.concatenate(starts) if len(starts) > 1 else starts[0] if starts else None,
        fingerprint=fingerprint,
    )


def open_split(
    paths: Sequence[str | os.PathLike[str]],
    validation_paths: Sequence[str | os.PathLike[str]] = (),
    *,
    validation_fraction: float | None = None,
    tokenizer: Tokenizer | None = None,
    vocab_size: int | None = None,
    end_of_text: int | None = None,
) -> tuple[TokenSource, TokenSource | None]:
    """Training and validation tokens: from files of their own, else the end of the training tokens is kept apart.

    A folder without a manifest.json stands for what is in it: train and validation, folders of shards as
    pyllm.data.tokenizing makes them, or train.bin and val.bin, as nanoGPT lays them out.
    Without validation files, training keeps the first int(n (1 - validation_fraction)) tokens, as nanoGPT does; by
    default the fraction is a tenth, but no more than MOST_VALIDATION_TOKENS.

    Returns:
        (training, validation); validation is None for a fraction of 0.

    Raises:
        OSError, ValueError: as open_tokens does, and for a fraction that is not from 0 to below 1.
    """
    check_fraction(validation_fraction)
    training, validation = [Path(path) for path in paths], [Path(path) for path in validation_paths]
    for place, path in enumerate(training):
        if not path.is_dir() or (path / MANIFEST).exists():
            continue
        for file in ("train.bin", "train"):
            if _holds_tokens(path / file):
                training[place] = path / file
        for file in ("val.bin", "validation"):
            if training[place] != path and not validation_paths and _holds_tokens(path / file):
                validation.append(path / file)

    def opened(files: list[Path]) -> TokenSource:
        return open_tokens(files, tokenizer=tokenizer, vocab_size=vocab_size, end_of_text=end_of_text)

    whole = opened(training)
    if validation:
        return whole, opened(validation)
    if validation_fraction == 0:
        return whole, None
    if validation_fraction is None:
        cut = max(int(len(whole) * 0.9), len(whole) - MOST_VALIDATION_TOKENS)
    else:
        cut = int(len(whole) * (1 - validation_fraction))
    return whole.part(0, cut), whole.part(cut, len(whole))


def _holds_tokens(path: Path) -> bool:
    return (path / MANIFEST).exists() if path.is_dir() else path.suffix == ".bin" and path.exists()


def check_fraction(validation_fraction: float | None) -> None:
    """Raises ValueError for one that is not from 0 to below 1."""
    if validation_fraction is not None and not 0 <= validation_fraction < 1:
        raise ValueError(f"validation_fraction must be from 0 to below 1, got {validation_fraction}")


def _check_ids(array: Tokens, name: str, vocab_size: int) -> None:
    """Reads all ids once: better now than hours into a run."""
    for begin in range(0, len(array), IDS_AT_ONCE):
        part = array[begin : begin + IDS_AT_ONCE]
        if (highest := int(part.max())) >= vocab_size:
            place = begin + int(numpy.argmax(part))
            raise ValueError(
                f"{name} holds the token id {highest} at place {place}; the vocabulary has {vocab_size} ids"
            )


def _open_bin(path: Path) -> tuple[Tokens, ForeignVocabulary]:
    size = file_size(path)
    if size == 0:
        raise ValueError(f"{path} is empty")
    with path.open("rb") as file:
        start = file.read(12)
    header = numpy.frombuffer(start[: len(start) // 4 * 4], "<i4").tolist()
    if not header or header[0] not in LLM_C:
        if size % 2:
            raise ValueError(f"{path} has {size} bytes, which is not a whole number of uint16 tokens")
        return numpy.memmap(path, "<u2", "r"), NANOGPT
    known = LLM_C[header[0]]
    if size < HEADER_BYTES:
        raise ValueError(f"{path} is truncated: it starts as llm.c's token files do, but ends within the header")
    if header[1] != known.version:
        raise ValueError(f"{path} has the version {header[1]} of llm.c's token files; {known.version} is known")
    width, count = numpy.dtype(known.dtype).itemsize, header[2]
    if size != HEADER_BYTES + count * width:
        raise ValueError(
            f"{path} is damaged: its header counts {count} tokens of {width} bytes, but {size - HEADER_BYTES} bytes "
            f"follow it"
        )
    if count == 0:
        raise ValueError(f"{path} holds no tokens")
    return numpy.memmap(path, known.dtype, "r", offset=HEADER_BYTES), known
