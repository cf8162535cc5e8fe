"""The sides of the tokenizer benches: `python tokenizer_workers.py LIBRARY` serves one (see sides.py).

Neither reading a text nor freeing a result is in the seconds.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import itertools
import json
import shutil
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import sides
from sides import timed

DOCUMENT_CHARACTERS = 4096


def documents_of(text: str, size: int = DOCUMENT_CHARACTERS) -> Iterator[str]:
    """Cuts a text into documents of at most `size` characters, behind line ends where there are any."""
    start = 0
    while start < len(text):
        end = text.rfind("\n", start, start + size) + 1 or start + size
        yield text[start:end]
        start = end


def read_ranks(path: str) -> dict[bytes, int]:
    """The tokens and ids of tiktoken's rank file."""
    pairs = (line.split() for line in Path(path).read_bytes().splitlines())
    return {base64.b64decode(token): int(rank) for token, rank in pairs}


def fingerprint(ids: Iterable[int]) -> str:
    return hashlib.blake2b(array("i", ids).tobytes(), digest_size=8).hexdigest()


class Side(sides.Side):
    """A tokenizer library.

    encode_batch returns what the library itself returns; ids_of makes a sequence of ids for each document of that.
    """

    encode_batch: Callable[[list[str], int], Any]
    encode_ordinary: Callable[[str], Sequence[int]]
    decode_bytes: Callable[[Any], bytes]

    def __init__(self) -> None:
        self._documents: list[str] = []
        self._text: tuple[str, str] = ("", "")  # the last path and what is there
        self._ids: dict[str, list[Any]] = {}

    def ids_of(self, result: Any) -> Sequence[Sequence[int]]:
        return result

    def read_documents(self, path: str) -> int:
        """Takes the documents of a text as those to encode; returns its size in bytes."""
        text = Path(path).read_bytes().decode()
        self._documents = list(documents_of(text))
        self._ids = {}
        return len(text.encode())

    def encode(self, threads: int) -> float:
        """Seconds to encode the documents."""
        return timed(lambda: self.encode_batch(self._documents, threads))[0]

    def document_fingerprints(self) -> list[str]:
        """A fingerprint of the ids of each document."""
        return [fingerprint(ids) for ids in self.ids_of(self.encode_batch(self._documents, 2))]

    def decode(self, kind: str) -> float:
        """Seconds to decode the documents one by one, from lists of ids or from int32 arrays ("list", "array")."""
        if kind not in self._ids:
            ids = [list(map(int, ids)) for ids in self.ids_of(self.encode_batch(self._documents, 2))]
            if kind == "array":
                import numpy

                ids = [numpy.array(one, numpy.int32) for one in ids]
            self._ids[kind] = ids
            for document, one in zip(self._documents, ids, strict=True):
                if self.decode_bytes(one) != document.encode():
                    raise AssertionError("a document comes out otherwise than it went in")
        return timed(lambda: [self.decode_bytes(ids) for ids in self._ids[kind]])[0]

    def encode_text(self, path: str) -> float:
        """Seconds to encode a file as one text."""
        text = self._read(path)
        return timed(lambda: self.encode_ordinary(text))[0]

    def text_fingerprint(self, path: str) -> str:
        """A fingerprint of the ids of a file; raises where they do not decode to it."""
        text = self._read(path)
        ids = self.encode_ordinary(text)
        if self.decode_bytes(ids) != text.encode():
            raise AssertionError("the text comes out otherwise than it went in")
        return fingerprint(ids)

    def _read(self, path: str) -> str:
        if self._text[0] != path:
            self._text = (path, Path(path).read_bytes().decode())
        return self._text[1]


class Pyllm(Side):
    package = "pyllm"

    def __init__(self) -> None:
        super().__init__()
        import pyllm

        self._library = pyllm

    def load(self, name: str, ranks: str, tokenizer_json: str, pattern: str) -> None:
        tokenizer = self._library.Tokenizer.from_tiktoken(ranks, pattern)
        self._tokenizer = tokenizer
        self.encode_batch = tokenizer.encode_batch
        self.encode_ordinary = tokenizer.encode_ordinary
        self.decode_bytes = tokenizer.decode_bytes

    def train(self, path: str, vocab_size: int, threads: int) -> float:
        train = self._library.Tokenizer.train
        return timed(lambda: train([path], vocab_size, pattern="gpt2", threads=threads, progress=False))[0]

    def encode_file(self, path: str, threads: int) -> float:
        folder = tempfile.mkdtemp(dir=Path(path).parent)
        try:
            encode_file = self._tokenizer.encode_file
            return timed(lambda: encode_file(path, folder, threads=threads, progress=False))[0]
        finally:
            shutil.rmtree(folder)


class Tiktoken(Side):
    package = "tiktoken"

    def __init__(self) -> None:
        super().__init__()
        import tiktoken

        self._library = tiktoken

    def load(self, name: str, ranks: str, tokenizer_json: str, pattern: str) -> None:
        encoding = self._library.Encoding(name, pat_str=pattern, mergeable_ranks=read_ranks(ranks), special_tokens={})
        self.encode_batch = lambda texts, threads: encoding.encode_ordinary_batch(texts, num_threads=threads)
        self.encode_ordinary = encoding.encode_ordinary
        self.decode_bytes = encoding.decode_bytes


class Quicktok(Side):
    package = "quicktok-v1"

    def __init__(self) -> None:
        super().__init__()
        import quicktok

        self._library = quicktok

    def load(self, name: str, ranks: str, tokenizer_json: str, pattern: str) -> None:
        if name == "cl100k":
            tokenizer = self._library.get_encoding("cl100k_base")
        else:
            folder = Path(tempfile.mkdtemp(dir=Path(tokenizer_json).parent))
            source = folder / "tokenizer.json"
            source.write_text(json.dumps(self._with_known_pattern(json.loads(Path(tokenizer_json).read_text()))))
            with contextlib.redirect_stdout(io.StringIO()):
                self._library.import_tokenizer(str(source), name, data_dir=str(folder))
            tokenizer = self._library.get_encoding(name, str(folder))
        self.encode_batch = tokenizer.encode_batch
        self.encode_ordinary = tokenizer.encode_ordinary
        self.decode_bytes = tokenizer.decode_bytes

    @staticmethod
    def _with_known_pattern(file: dict[str, Any]) -> dict[str, Any]:
        """The same tokenizer.json with cl100k's pattern spelt as quicktok's importer knows it."""
        from quicktok._import_core import KNOWN_PATTERNS

        known = next(pattern for pattern, scanner in KNOWN_PATTERNS.items() if scanner == "cl100k")
        for step in file["pre_tokenizer"]["pretokenizers"]:
            if step["type"] == "Split":
                step["pattern"] = {"Regex": known}
        return file

    def ids_of(self, result: Any) -> Sequence[Sequence[int]]:
        ids, starts = result
        return [ids[start:end] for start, end in itertools.pairwise(starts.tolist())]


class Gigabpe(Side):
    package = "gigabpe"

    def __init__(self) -> None:
        super().__init__()
        import gigabpe

        self._library = gigabpe

    def train(self, path: str, vocab_size: int, threads: int) -> float:
        train = self._library.train_bpe
        return timed(lambda: train([path], vocab_size, pretokenizer="bytelevel", threads=threads))[0]


class Rustbpe(Side):
    package = "rustbpe"

    def __init__(self) -> None:
        super().__init__()
        import rustbpe

        self._library = rustbpe

    def train(self, path: str, vocab_size: int, threads: int) -> float:
        pattern = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
        texts = list(documents_of(Path(path).read_text()))
        tokenizer = self._library.Tokenizer()
        return timed(lambda: tokenizer.train_from_iterator(iter(texts), vocab_size, pattern=pattern))[0]


class Tokenizers(Side):
    package = "tokenizers"

    def __init__(self) -> None:
        super().__init__()
        import tokenizers

        self._library = tokenizers

    def train(self, path: str, vocab_size: int, threads: int) -> float:
        from tokenizers import models, pre_tokenizers, trainers

        tokenizer = self._library.Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(vocab_size=vocab_size, show_progress=False, initial_alphabet=alphabet)
        return timed(lambda: tokenizer.train([path], trainer))[0]


if __name__ == "__main__":
    sides.serve(*Side.__subclasses__())
