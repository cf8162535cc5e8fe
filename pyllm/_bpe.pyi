"""The native tokenizer (csrc/bpe): what pyllm/tokenizer.py is made of. Texts are str (taken as UTF-8) or bytes."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy

Ids = numpy.ndarray[tuple[int], numpy.dtype[numpy.int32]]
Int32s = numpy.ndarray[Any, numpy.dtype[numpy.int32]]
Int64s = numpy.ndarray[Any, numpy.dtype[numpy.int64]]
Text = str | bytes | bytearray | memoryview
unicode_version: str  # of the character classes in the named patterns
regex_version: str  # of the package that they were generated from

class Pattern:
    gpt2: Pattern
    cl100k: Pattern
    o200k: Pattern
    qwen2: Pattern

class Merge:
    left: int
    right: int
    product: int
    def __init__(self, left: int, right: int, product: int) -> None: ...

class Encoder:
    vocab_size: int
    whole_piece_count: int  # tokens that only a whole piece becomes
    def __init__(
        self,
        tokens: Sequence[bytes],
        merges: Sequence[Merge],
        whole_pieces: bool,
        special_tokens: Sequence[tuple[int, bytes]],
    ) -> None: ...
    def encode(self, text: Text, pattern: Pattern) -> list[int]: ...
    def encode_pieces(self, pieces: Iterable[bytes]) -> list[int]: ...
    def encode_batch(self, texts: Iterable[Text], pattern: Pattern, threads: int) -> list[Ids]: ...
    def encode_uint16(self, text: Text, pattern: Pattern) -> numpy.ndarray[tuple[int], numpy.dtype[numpy.uint16]]: ...
    def encode_uint32(self, text: Text, pattern: Pattern) -> numpy.ndarray[tuple[int], numpy.dtype[numpy.uint32]]: ...
    def encode_rows_uint16(
        self, data: Any, offsets: Int32s, rows: Int64s, pattern: Pattern, end_of_text: int
    ) -> tuple[numpy.ndarray[tuple[int], numpy.dtype[numpy.uint16]], Int64s]: ...
    def encode_rows_uint32(
        self, data: Any, offsets: Int32s, rows: Int64s, pattern: Pattern, end_of_text: int
    ) -> tuple[numpy.ndarray[tuple[int], numpy.dtype[numpy.uint32]], Int64s]: ...
    def decode(self, ids: Sequence[int] | numpy.ndarray[Any, Any]) -> bytes: ...

class PieceCounter:
    def __init__(self, threads: int) -> None: ...
    def add_texts(self, texts: Iterable[Text], pattern: Pattern) -> None: ...
    def add_pieces(self, counts: dict[bytes, int]) -> None: ...
    def add_file(self, path: bytes, pattern: Pattern, progress: Callable[[int], None] | None = None) -> int: ...

class MergeLearner:
    merges: list[Merge]
    counts: list[int]  # how often each merge's pair stood in the corpus when it was learned
    def __init__(self, counter: PieceCounter) -> None: ...
    def learn(self, count: int) -> int: ...

def split(text: Text, pattern: Pattern) -> list[bytes]: ...
def safe_cut(text: Text, limit: int) -> int: ...
def merges_of_ranks(tokens: Sequence[bytes]) -> list[Merge]: ...
