"""Byte-level BPE: training, encoding and decoding.

A text is cut into pieces by a pattern, each piece starts as its bytes, and neighbours are merged in the order in which
training learned the merges (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909; on bytes: Radford et al. 2019,
"Language Models are Unsupervised Multitask Learners", section 2.2). Any bytes go in and the same bytes come out.
"""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pyllm import _bpe, tokenizer_files
from pyllm.patterns import NamedSplitter, Text, checked_text, splitter, utf8
from pyllm.threads import checked_integer, checked_threads
from pyllm.tokenizer_files import Vocabulary

if TYPE_CHECKING:
    import numpy

    Ids = numpy.ndarray[tuple[int], numpy.dtype[numpy.int32]]
    Int32s = numpy.ndarray[Any, numpy.dtype[numpy.int32]]
    Int64s = numpy.ndarray[Any, numpy.dtype[numpy.int64]]
    AnyIds = Sequence[int] | numpy.ndarray[Any, numpy.dtype[numpy.integer[Any]]]

LARGEST_VOCABULARY = 1 << 20  # four times the largest in use; the merge table packs ranks into 20 bits

SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|tool|>",
    "<|endofturn|>",
    "<|call|>",
    "<|endofcall|>",
    "<|result|>",
    "<|endofresult|>",
    "<|think|>",
    "<|endofthink|>",
    *(f"<|reserved{number}|>" for number in range(6)),
)


class Tokenizer:
    """A byte-level BPE tokenizer. Made by `train`, `load`, `from_tiktoken` or `from_gpt2`; immutable; thread-safe.

    Ids are non-negative integers below `vocab_size`. A text is str, bytes, bytearray or memoryview; a str stands for
    its UTF-8, in which lone surrogates become U+FFFD, as tiktoken has it. Where a method says "ordinary", the text of a
    special token is plain text: no text of a user can forge one.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        if not isinstance(vocabulary, Vocabulary):
            raise TypeError("a Tokenizer is made by Tokenizer.train, load, from_tiktoken or from_gpt2")
        self._vocabulary = vocabulary.checked()
        self._splitter = splitter(vocabulary.pattern)
        self._encoder = _bpe.Encoder(
            vocabulary.tokens,
            [_bpe.Merge(*merge) for merge in vocabulary.merges],
            vocabulary.whole_pieces,
            [(id, text.encode()) for text, id in vocabulary.special_tokens.items()],
        )

    # Making one

    @classmethod
    def train(
        cls,
        corpus: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Iterable[Text],
        vocab_size: int,
        pattern: str = "cl100k",
        special_tokens: Sequence[str] = (),
        *,
        threads: int | None = None,
        progress: bool | None = None,
    ) -> Tokenizer:
        """Learns a tokenizer from a corpus.

        Ids 0 to 255 are the bytes, then the merges in the order learned, then the special tokens. Each merge joins the
        most frequent pair of neighbours; of equally frequent pairs the one whose (left bytes, right bytes) is greatest.
        So the result depends on the multiset of pieces alone: not on threads, nor on the order of files. Training
        stops early, with a warning, when no pair is left to merge.

        Args:
            corpus: a path or a list or tuple of paths, each one document, read in blocks: memory grows with the
                distinct pieces, not with the text (with a pattern of your own a file is read whole); or any other
                iterable, whose items are the texts themselves (pass `iter(texts)` for a list of texts).
            vocab_size: the number of ids, special tokens included; from 256 + len(special_tokens) to 2**20.
            pattern: "gpt2", "cl100k", "o200k", "qwen2", or a regular expression for the `regex` package.
            special_tokens: texts that get ids of their own, the last ones, in this order.
            threads: default: pyllm.get_num_threads().
            progress: show progress on stderr; default: if that is a terminal.

        Raises:
            OSError: a file cannot be read.
            ValueError: vocab_size is out of range, the corpus is empty, the pattern is bad, or a special token is empty
                or given twice.
        """
        from pyllm.tokenizer_training import learn_merges

        special_tokens = _special_token_list(special_tokens)
        vocab_size = checked_integer(vocab_size, "vocab_size")
        smallest = 256 + len(special_tokens)
        if vocab_size < smallest:
            raise ValueError(
                f"vocab_size must be at least {smallest} (256 bytes + {len(special_tokens)} special tokens), "
                f"got {vocab_size}"
            )
        if vocab_size > LARGEST_VOCABULARY:
            raise ValueError(f"vocab_size must be at most {LARGEST_VOCABULARY}, got {vocab_size}")
        merges = learn_merges(
            corpus, vocab_size - smallest, splitter(pattern), threads=checked_threads(threads), progress=progress
        )
        tokens = [bytes([byte]) for byte in range(256)]
        for left, right, _ in merges:
            tokens.append(tokens[left] + tokens[right])
        tokenizer = cls(
            Vocabulary(
                tokens=tokens,
                merges=merges,
                pattern=pattern,
                special_tokens={text: len(tokens) + index for index, text in enumerate(special_tokens)},
            )
        )
        if tokenizer.vocab_size < vocab_size:
            warnings.warn(
                f"the corpus fills only {tokenizer.vocab_size} of {vocab_size} ids: no pair of tokens is left to merge",
                stacklevel=2,
            )
        return tokenizer

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Tokenizer:
        """Reads a tokenizer.json of Hugging Face's `tokenizers` that holds a byte-level BPE, such as `save` writes.

        All its added tokens become special tokens; its post-processor is ignored.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is damaged, or of another kind of tokenizer.
        """
        return cls._of_file(tokenizer_files.read_hugging_face(Path(path)), path)

    @classmethod
    def from_tiktoken(
        cls, path: str | os.PathLike[str], pattern: str = "cl100k", special_tokens: Mapping[str, int] | None = None
    ) -> Tokenizer:
        """Reads tiktoken's rank file: a line for each token, its bytes in base64 and its rank, which is its id.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is damaged, or a special token has the id of another token.
        """
        if special_tokens is not None and not isinstance(special_tokens, Mapping):
            raise TypeError(f"special_tokens must map texts to ids, got {type(special_tokens).__name__}")
        return cls(tokenizer_files.read_tiktoken(Path(path), pattern, dict(special_tokens or {})))

    @classmethod
    def from_gpt2(
        cls, vocab_json: str | os.PathLike[str], merges_txt: str | os.PathLike[str], pattern: str = "gpt2"
    ) -> Tokenizer:
        """Reads GPT-2's pair of files; what is in vocab.json but not made by merges becomes a special token.

        The files do not hold the pattern: give it where it is not GPT-2's.

        Raises:
            OSError: a file cannot be read.
            ValueError: a file is damaged.
        """
        return cls._of_file(tokenizer_files.read_gpt2(Path(vocab_json), Path(merges_txt), pattern), vocab_json)

    @classmethod
    def _of_file(cls, vocabulary: Vocabulary, path: str | os.PathLike[str]) -> Tokenizer:
        try:
            return cls(vocabulary)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} does not hold a usable vocabulary: {error}") from None

    def with_special_tokens(self, tokens: Iterable[str]) -> Tokenizer:
        """A tokenizer that has these special tokens too: those that this one lacks get the ids behind its last one.

        Raises:
            TypeError, ValueError: tokens is not a list of strings, or one of them is empty or given twice.
        """
        added = self.special_tokens
        for token in _special_token_list(tokens):
            added.setdefault(token, self.vocab_size + len(added) - len(self.special_tokens))
        return Tokenizer(replace(self._vocabulary, special_tokens=added))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a tokenizer.json, which `load` and Hugging Face's `tokenizers` read.

        A pattern of your own is written as it is; where Oniguruma, which `tokenizers` runs, reads it otherwise than
        `regex` (`$`, `{1,3}+`), they cut differently.
        """
        tokenizer_files.write_hugging_face(self._vocabulary, Path(path))

    def save_tiktoken(self, path: str | os.PathLike[str]) -> None:
        """Writes tiktoken's rank file; it does not hold the pattern and the special tokens.

        Raises:
            ValueError: ids are not in the order of the merges, so that ranks cannot say what this tokenizer does.
        """
        tokenizer_files.write_tiktoken(self._vocabulary, Path(path))

    def save_gpt2(self, vocab_json: str | os.PathLike[str], merges_txt: str | os.PathLike[str]) -> None:
        """Writes GPT-2's pair of files; they do not hold the pattern."""
        tokenizer_files.write_gpt2(self._vocabulary, Path(vocab_json), Path(merges_txt))

    # Encoding

    def encode(
        self,
        text: Text,
        allowed_special: Literal["all"] | Collection[str] = (),
        disallowed_special: Literal["all"] | Collection[str] = "all",
    ) -> list[int]:
        """The ids of a text, with the special tokens that are allowed; where two could start, the longer one.

        Raises:
            ValueError: the text holds a disallowed special token (by default every one that is not allowed), or a
                token allowed is not a special token.
        """
        if not self.special_tokens and (disallowed_special == "all" or not disallowed_special) and not allowed_special:
            return self.encode_ordinary(text)
        special = self._vocabulary.special_tokens
        allowed = set(special) if allowed_special == "all" else _names(allowed_special, "allowed_special")
        if unknown := allowed - set(special):
            raise ValueError(f"{min(unknown)!r} is allowed but is not a special token of this tokenizer")
        if disallowed_special == "all":
            disallowed = set(special) - allowed
        else:
            disallowed = _names(disallowed_special, "disallowed_special")
        checked_text(text)
        data = utf8(text) if isinstance(text, str) else bytes(text)
        if disallowed and (found := _any_of(frozenset(disallowed)).search(data)):
            token = found.group().decode()
            raise ValueError(
                f"the text holds the special token {token!r}, which is not allowed. To encode it as a special token, "
                f"pass allowed_special={{{token!r}}}; to encode it as plain text, pass disallowed_special=() or call "
                f"encode_ordinary."
            )
        if not allowed:
            return self.encode_ordinary(data)
        ids: list[int] = []
        at = 0
        for match in _any_of(frozenset(allowed)).finditer(data):
            ids += self.encode_ordinary(data[at : match.start()])
            ids.append(special[match.group().decode()])
            at = match.end()
        return ids + self.encode_ordinary(data[at:])

    def encode_ordinary(self, text: Text) -> list[int]:
        """The ids of a text, ordinary."""
        checked_text(text)
        if self._splitter.native is None:
            return self._encoder.encode_pieces(self._splitter.split(text))
        return self._encoder.encode(text, self._splitter.native)

    def encode_batch(self, texts: Iterable[Text], threads: int | None = None) -> list[Ids]:
        """The ids of each text, ordinary, as int32 arrays; texts are spread over threads.

        Arrays of neighbouring texts share blocks of about a megabyte: copy the one that is to outlive the others.
        """
        if isinstance(texts, (str, bytes, bytearray, memoryview)):
            raise TypeError(f"texts must be an iterable of texts, got one {type(texts).__name__}")
        if not isinstance(texts, Iterable):
            raise TypeError(f"texts must be an iterable of texts, got {type(texts).__name__}")
        texts = [checked_text(text) for text in texts]
        threads = checked_threads(threads)
        if self._splitter.native is None:
            import numpy

            return [numpy.array(self.encode_ordinary(text), numpy.int32) for text in texts]
        return self._encoder.encode_batch(texts, self._splitter.native, threads)

    def encode_file(
        self,
        files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        folder: str | os.PathLike[str],
        *,
        end_of_text: str | None = None,
        shard_tokens: int = 1 << 26,
        threads: int | None = None,
        progress: bool | None = None,
    ) -> Path:
        """Encodes files, ordinary, into token shards: shard_00000.npy, ... and manifest.json in a new folder.

        Memory holds a few blocks, however large the files; with a pattern of your own a file is read whole. The ids
        are those of encode_ordinary on each whole file.

        Args:
            files: a path or several; each is one document.
            folder: made if need be; nothing in it is overwritten.
            end_of_text: the special token to put behind each document.
            shard_tokens: tokens in a shard; the last holds the rest.
            threads: default: pyllm.get_num_threads().
            progress: show progress on stderr; default: if that is a terminal.

        Returns:
            The path of manifest.json (see pyllm.data.shards).

        Raises:
            OSError: a file cannot be read or written.
            FileExistsError: the folder already holds a manifest.json.
            ValueError: a file is empty, or end_of_text is not a special token.
        """
        from pyllm.data.shards import encode_files

        return encode_files(
            self,
            _paths(files),
            Path(folder),
            end_of_text=end_of_text,
            shard_tokens=shard_tokens,
            threads=checked_threads(threads),
            progress=progress,
        )

    @property
    def shard_dtype(self) -> str:
        """The integers that token shards hold: "uint16" where all ids fit, else "uint32"."""
        return "uint16" if self.vocab_size <= 1 << 16 else "uint32"

    def encode_to_shard(self, text: Text) -> numpy.ndarray[tuple[int], numpy.dtype[Any]]:
        """The ids of a text, ordinary, as an array of shard_dtype."""
        checked_text(text)
        if self._splitter.native is None:
            import numpy

            return numpy.array(self.encode_ordinary(text), self.shard_dtype)
        if self.shard_dtype == "uint16":
            return self._encoder.encode_uint16(text, self._splitter.native)
        return self._encoder.encode_uint32(text, self._splitter.native)

    def encode_rows_to_shard(
        self, data: Any, offsets: Int32s, rows: Int64s, end_of_text: int | None = None
    ) -> tuple[numpy.ndarray[tuple[int], numpy.dtype[Any]], Int64s]:
        """The ids of texts in a column as Arrow lays it out, ordinary, one text after the other.

        Args:
            data: bytes, or a buffer of them.
            offsets: text i is data[offsets[i] : offsets[i + 1]].
            rows: the texts to encode, in this order.
            end_of_text: the id to put behind each.

        Returns:
            (ids, counts): all ids as shard_dtype, and how many each row has.

        Raises:
            IndexError, ValueError: a row is not there, or lies outside of the data.
        """
        if self._splitter.native is None:
            import numpy

            view, separator = memoryview(data), [] if end_of_text is None else [end_of_text]
            texts = [bytes(view[offsets[row] : offsets[row + 1]]) for row in rows]
            encoded = [numpy.array(self.encode_ordinary(text) + separator, self.shard_dtype) for text in texts]
            counts = numpy.array([len(ids) for ids in encoded], numpy.int64)
            return numpy.concatenate([numpy.zeros(0, self.shard_dtype), *encoded]), counts
        separator_or_none = -1 if end_of_text is None else end_of_text
        if self.shard_dtype == "uint16":
            return self._encoder.encode_rows_uint16(data, offsets, rows, self._splitter.native, separator_or_none)
        return self._encoder.encode_rows_uint32(data, offsets, rows, self._splitter.native, separator_or_none)

    def split(self, text: Text) -> list[bytes]:
        """The pieces that the pattern cuts a text into, before any merge."""
        return self._splitter.split(checked_text(text))

    # Decoding

    def decode_bytes(self, ids: AnyIds) -> bytes:
        """The bytes of ids; special tokens give their text.

        Raises:
            ValueError: an id is out of range or stands for nothing.
            TypeError: ids are not integers.
        """
        if isinstance(ids, (str, bytes, int)):
            raise TypeError(f"token ids must be a sequence of integers, got {type(ids).__name__}")
        if not isinstance(ids, Sequence) and hasattr(ids, "dtype"):  # an array; NumPy need not be imported to know
            if ids.dtype.kind not in "iu":
                raise TypeError(f"token ids must be integers, got an array of {ids.dtype}")
            if ids.dtype != "int32":
                ids = ids.astype("int32") if ids.dtype.itemsize < 4 else ids.ravel().tolist()
        elif not isinstance(ids, Sequence) and isinstance(ids, Iterable):
            ids = list(ids)
        try:
            return self._encoder.decode(ids)
        except TypeError as error:
            raise TypeError(f"token ids must be a sequence of integers: {error}") from None
        except IndexError as error:
            raise self._no_token(str(error)) from None
        except OverflowError:
            far = next(id for id in ids if isinstance(id, int) and abs(id) >= 1 << 63)
            raise self._no_token(str(far)) from None

    def decode(self, ids: AnyIds, errors: str = "replace") -> str:
        """The text of ids; bytes that are not UTF-8 become U+FFFD, or see bytes.decode. Raises as decode_bytes does."""
        return self.decode_bytes(ids).decode("utf-8", errors)

    def token_bytes(self, id: int) -> bytes:
        """The bytes of one token. Raises as decode_bytes does."""
        return self.decode_bytes([id])

    def _no_token(self, id: str) -> ValueError:
        return ValueError(f"there is no token with id {id}: this tokenizer's ids go from 0 to {self.vocab_size - 1}")

    # Looking at it

    @property
    def vocab_size(self) -> int:
        """The highest id + 1, special tokens included."""
        return self._encoder.vocab_size

    @property
    def merges(self) -> list[tuple[bytes, bytes]]:
        """The merges in the order in which they apply, each as (left bytes, right bytes)."""
        tokens = self._vocabulary.tokens
        return [(tokens[left], tokens[right]) for left, right, _ in self._vocabulary.merges]

    @property
    def special_tokens(self) -> dict[str, int]:
        """The special tokens and their ids."""
        return dict(self._vocabulary.special_tokens)

    @property
    def pattern(self) -> str:
        """The pattern's name, or the regular expression."""
        return self._splitter.name

    @property
    def has_named_pattern(self) -> bool:
        """Whether the pattern is one of the C++ scanners'."""
        return isinstance(self._splitter, NamedSplitter)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all that decides the ids, in hexadecimal: what token shards remember their tokenizer by."""
        vocabulary = self._vocabulary
        special = sorted(self.special_tokens.items(), key=lambda item: item[1])
        state = (vocabulary.tokens, vocabulary.merges, self.pattern, vocabulary.whole_pieces, special)
        return hashlib.sha256(repr(state).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tokenizer) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __reduce__(self) -> tuple[type[Tokenizer], tuple[Vocabulary]]:
        return Tokenizer, (self._vocabulary,)

    def __repr__(self) -> str:
        pattern = self.pattern if self.has_named_pattern else repr(self.pattern)
        return f"Tokenizer(vocab_size={self.vocab_size}, pattern={pattern}, special_tokens={len(self.special_tokens)})"


def _special_token_list(tokens: Iterable[str]) -> list[str]:
    if isinstance(tokens, str) or not isinstance(tokens, Iterable):
        raise TypeError(f"special_tokens must be a list of strings, got {tokens!r}")
    listed = list(tokens)
    for place, token in enumerate(listed):
        if token in listed[:place]:
            raise ValueError(f"special_tokens holds {token!r} twice")
    return listed


def _names(tokens: Collection[str], argument: str) -> set[str]:
    if isinstance(tokens, str) or not isinstance(tokens, Iterable):
        raise TypeError(f"{argument} must be 'all' or a collection of strings, got {tokens!r}")
    for token in tokens:
        if not isinstance(token, str):
            raise TypeError(f"{argument} must hold strings, got {type(token).__name__}")
    return set(tokens)


@lru_cache
def _any_of(tokens: frozenset[str]) -> re.Pattern[bytes]:
    longest_first = sorted((token.encode() for token in tokens), key=lambda token: (-len(token), token))
    return re.compile(b"|".join(map(re.escape, longest_first)))


def _paths(files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[Path]:
    if isinstance(files, (str, os.PathLike)):
        return [Path(files)]
    if isinstance(files, (bytes, bytearray)) or not isinstance(files, Iterable):
        raise TypeError(f"files must be a path or a list of paths, got {type(files).__name__}")
    return [Path(file) for file in files]
