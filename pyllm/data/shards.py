"""Token shards: the ids of many documents in memory-mapped .npy files, with a manifest that says what they are.

A folder holds shard_00000.npy, shard_00001.npy, ...: one-dimensional, uint16 where the vocabulary fits, else uint32;
document_starts.npy and document_bytes.npy, int64: for each document the place of its first token in the whole, and the
size of its text. manifest.json is written last, so a folder with one is complete:

    {"format": "pyllm token shards 2", "tokenizer": fingerprint, "vocab_size": n, "dtype": "uint16", "tokens": n,
     "shards": [{"file": name, "tokens": n, "crc32": of the ids as little-endian bytes}, ...],
     "documents": {"count": n, "starts": {"file": name, "crc32": ...}, "bytes": {"file": name, "crc32": ...}},
     "sources": [{"file": path, "documents": n, "tokens": n}, ...]}

In format 1, which is read too, documents are a list [{"source": path, "bytes": n, "start": n, "tokens": n}, ...].
"""

from __future__ import annotations

import json
import os
import zlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
from numpy.lib import format as npy

from pyllm import _bpe
from pyllm.files import file_size, make_folder, write_whole
from pyllm.progress import Progress

if TYPE_CHECKING:
    from pyllm.tokenizer import Tokenizer

Tokens = numpy.ndarray[Any, numpy.dtype[Any]]
Int64s = numpy.ndarray[Any, numpy.dtype[numpy.int64]]

FORMAT = "pyllm token shards 2"
FIRST_FORMAT = "pyllm token shards 1"
MANIFEST = "manifest.json"
STARTS, BYTES = "document_starts.npy", "document_bytes.npy"
BLOCK_BYTES = 1 << 20  # read and encoded at a time
PLACES_AT_ONCE = 1 << 16  # of documents, when they are checked


class ArrayWriter:
    """A one-dimensional .npy file being written under a temporary name; its size goes into the header at the end."""

    def __init__(self, path: Path, dtype: numpy.dtype[Any]) -> None:
        self.path, self.size = path, 0
        self._dtype = dtype
        self._temporary = path.with_name(f".{path.name}.tmp")
        self._checksum = 0
        self._file = self._temporary.open("wb")
        self._write_header()
        self._header_size = self._file.tell()

    def _write_header(self) -> None:  # NumPy leaves room in it for the size to grow
        header = {"descr": npy.dtype_to_descr(self._dtype), "fortran_order": False, "shape": (self.size,)}
        npy.write_array_header_1_0(self._file, header)

    def append(self, values: Tokens) -> None:
        values = values.astype(self._dtype, copy=False)
        self._file.write(values.data)
        self._checksum = zlib.crc32(values.data, self._checksum)
        self.size += len(values)

    def close(self) -> str:
        """Gives the file its name; returns the checksum of its values."""
        self._file.seek(0)
        self._write_header()
        if self._file.tell() != self._header_size:
            raise RuntimeError("NumPy wrote a header of another length for another size")
        # Not synced: waiting for the disk costs as much as encoding, and the checksum tells a file lost in a crash.
        self._file.close()
        self._temporary.replace(self.path)
        return f"{self._checksum:08x}"

    def discard(self) -> None:
        """Removes the file, under whichever name it has."""
        self._file.close()
        self._temporary.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


def shard_type(tokenizer: Tokenizer) -> numpy.dtype[Any]:
    """The type of the ids in a tokenizer's shards."""
    return numpy.dtype(tokenizer.shard_dtype).newbyteorder("<")


def separator_id(tokenizer: Tokenizer, end_of_text: str | None) -> int | None:
    """The id of the special token that is put behind each document; None for none.

    Raises:
        ValueError: it is not a special token.
    """
    if end_of_text is None:
        return None
    if end_of_text not in tokenizer.special_tokens:
        raise ValueError(f"{end_of_text!r} is not a special token of this tokenizer")
    return tokenizer.special_tokens[end_of_text]


def write_manifest(
    folder: Path,
    tokenizer: Tokenizer,
    shards: Sequence[Mapping[str, Any]],
    documents: Mapping[str, Any],
    sources: Sequence[Mapping[str, Any]],
    **more: object,
) -> Path:
    """Writes a folder's manifest, once all else is in there; see the head of this module."""
    manifest = {
        "format": FORMAT,
        "tokenizer": tokenizer.fingerprint,
        "vocab_size": tokenizer.vocab_size,
        "dtype": shard_type(tokenizer).name,
        "tokens": sum(shard["tokens"] for shard in shards),
        "shards": shards,
        "documents": documents,
        "sources": sources,
    }
    path = folder / MANIFEST
    write_whole(path, json.dumps(manifest | more, indent=1).encode())
    return path


class DocumentsWriter:
    """Writes where documents start, and how many bytes each has; into files whose names begin with `prefix`."""

    def __init__(self, folder: Path, prefix: str = "") -> None:
        self._starts = ArrayWriter(folder / (prefix + STARTS), numpy.dtype("<i8"))
        self._bytes = ArrayWriter(folder / (prefix + BYTES), numpy.dtype("<i8"))

    def append(self, starts: Int64s, sizes: Int64s) -> None:
        self._starts.append(starts)
        self._bytes.append(sizes)

    def close(self) -> dict[str, Any]:
        """Gives the files their names; returns what the manifest says of them."""
        return {
            "count": self._starts.size,
            "starts": {"file": self._starts.path.name, "crc32": self._starts.close()},
            "bytes": {"file": self._bytes.path.name, "crc32": self._bytes.close()},
        }

    def discard(self) -> None:
        self._starts.discard()
        self._bytes.discard()


class ShardWriter:
    """Writes files' tokens into shards, a document each. Use as a context manager.

    When the block raises, all that it has written is removed.

    Raises:
        FileExistsError: the folder already holds shards.
        ValueError: shard_tokens is below 1.
    """

    def __init__(self, folder: Path, tokenizer: Tokenizer, shard_tokens: int) -> None:
        if not isinstance(shard_tokens, int) or shard_tokens < 1:
            raise ValueError(f"shard_tokens must be an integer of at least 1, got {shard_tokens!r}")
        self._folder, self._tokenizer, self._shard_tokens = folder, tokenizer, shard_tokens
        self._dtype = shard_type(tokenizer)
        self._closed: list[dict[str, Any]] = []
        self._sources: list[dict[str, Any]] = []
        self._tokens = self._document_start = 0
        self._open: ArrayWriter | None = None
        self._made_folder = not folder.exists()
        make_folder(folder)
        for path in sorted(folder.iterdir(), key=lambda path: (path.name != MANIFEST, path)):
            if path.name == MANIFEST or (path.name.startswith(("shard_", "document_")) and path.suffix == ".npy"):
                raise FileExistsError(f"{folder} already holds {path.name}; nothing was written")
        self._documents = DocumentsWriter(folder)

    def __enter__(self) -> ShardWriter:
        return self

    def append(self, ids: Tokens) -> None:
        """Adds tokens to the document."""
        while len(ids):
            if self._open is None:
                self._open = ArrayWriter(self._folder / f"shard_{len(self._closed):05d}.npy", self._dtype)
            part = ids[: self._shard_tokens - self._open.size]
            self._open.append(part)
            self._tokens += len(part)
            ids = ids[len(part) :]
            if self._open.size == self._shard_tokens:
                self._close_shard()

    def end_document(self, source: str, size: int) -> None:
        """Ends the document that the tokens since the last call belong to; `size` in bytes."""
        start, self._document_start = self._document_start, self._tokens
        self._documents.append(numpy.array([start]), numpy.array([size]))
        self._sources.append({"file": source, "documents": 1, "tokens": self._tokens - start})

    def finish(self) -> Path:
        """Writes the last shard and the manifest; returns the manifest's path."""
        self._close_shard()
        return write_manifest(self._folder, self._tokenizer, self._closed, self._documents.close(), self._sources)

    def _close_shard(self) -> None:
        if self._open is not None:
            size = self._open.size
            self._closed.append({"file": self._open.path.name, "tokens": size, "crc32": self._open.close()})
            self._open = None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            if self._open is not None:
                self._open.discard()
            self._documents.discard()
            for shard in self._closed:
                (self._folder / shard["file"]).unlink(missing_ok=True)
            if self._made_folder and not any(self._folder.iterdir()):
                self._folder.rmdir()


class TokenShards:
    """The shards of a folder, memory-mapped.

    Attributes:
        manifest: what manifest.json holds.
        arrays: the shards, in order.
        document_starts: where documents start, counted through all shards.

    Raises:
        FileNotFoundError: there is no manifest, or a shard is missing.
        ValueError: the manifest or a shard is damaged, or was made by another tokenizer than the one given.
    """

    def __init__(self, folder: str | os.PathLike[str], tokenizer: Tokenizer | None = None) -> None:
        self.folder = Path(folder)
        path = self.folder / MANIFEST
        if not path.exists():
            raise FileNotFoundError(f"{self.folder} is not a folder of token shards: it has no {MANIFEST}")
        try:
            self.manifest = json.loads(path.read_bytes())
            if self.manifest["format"] not in (FORMAT, FIRST_FORMAT):
                raise ValueError(f"its format is {self.manifest['format']!r}, not {FORMAT!r}")
            shards = [(str(shard["file"]), int(shard["tokens"])) for shard in self.manifest["shards"]]
            fingerprint, dtype = self.manifest["tokenizer"], self.manifest["dtype"]
            documents = self.manifest["documents"]
            listed = [(str(documents[kind]["file"]), int(documents["count"])) for kind in self._document_arrays]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"{path} is not a manifest of token shards: {error}") from None
        if tokenizer is not None and tokenizer.fingerprint != fingerprint:
            raise ValueError(f"the shards in {self.folder} were made by another tokenizer than the one given")
        self.arrays = [self._open(self.folder / Path(name).name, size, dtype) for name, size in shards]
        self._documents = [self._open(self.folder / Path(name).name, size, "int64") for name, size in listed]
        self.document_starts = self._checked_starts(path)

    @property
    def _document_arrays(self) -> tuple[str, ...]:
        return ("starts", "bytes") if self.manifest["format"] == FORMAT else ()

    @staticmethod
    def _open(path: Path, size: int, dtype: str) -> Tokens:
        try:
            array: Tokens = npy.open_memmap(path, mode="r")
        except (ValueError, EOFError) as error:
            raise ValueError(f"{path} is damaged: {error}") from None
        if array.shape != (size,) or array.dtype.name != dtype:
            raise ValueError(
                f"{path} is damaged: it holds {array.dtype.name} of shape {array.shape}, its manifest says {dtype} of "
                f"shape ({size},)"
            )
        return array

    def _checked_starts(self, path: Path) -> Int64s:
        total = sum(map(len, self.arrays))
        try:
            if self._documents:
                path = self.folder / str(self.manifest["documents"]["starts"]["file"])
                starts: Int64s = self._documents[0]
            else:
                starts = numpy.array([document["start"] for document in self.manifest["documents"]])
                if starts.size and starts.dtype.kind != "i":
                    raise ValueError(f"a document does not start within the {total} tokens")
            before = 0
            for begin in range(0, len(starts), PLACES_AT_ONCE):
                part = starts[begin : begin + PLACES_AT_ONCE]
                if part.min() < 0 or part.max() > total:
                    raise ValueError(f"a document does not start within the {total} tokens")
                if part[0] < before or (numpy.diff(part) < 0).any():
                    raise ValueError("its documents are not in order")
                before = part[-1]
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            what = "is damaged" if self._documents else "is not a manifest of token shards"
            raise ValueError(f"{path} {what}: {error}") from None
        return starts.astype(numpy.int64, copy=False)

    def verify(self) -> None:
        """Compares each shard with its checksum.

        Raises:
            ValueError: a shard has changed since it was written.
        """
        documents = [self.manifest["documents"][kind] for kind in self._document_arrays]
        for listed, array in zip([*self.manifest["shards"], *documents], [*self.arrays, *self._documents], strict=True):
            if checksum(array) != listed["crc32"]:
                raise ValueError(f"{self.folder / listed['file']} is damaged: its checksum is not that in its manifest")


def checksum(array: Tokens) -> str:
    """What an ArrayWriter says of these values."""
    return f"{zlib.crc32(array.data):08x}"


def encode_files(
    tokenizer: Tokenizer,
    files: list[Path],
    folder: Path,
    *,
    end_of_text: str | None,
    shard_tokens: int,
    threads: int,
    progress: bool | None,
) -> Path:
    """Encodes each file as one document; see Tokenizer.encode_file."""
    separator = separator_id(tokenizer, end_of_text)
    if not files:
        raise ValueError("there are no files to encode")
    total = sum(map(file_size, files))
    with (
        ShardWriter(folder, tokenizer, shard_tokens) as writer,
        Progress("Encoding", "bytes", total=total, show=progress) as bar,
    ):
        done = 0
        for path in files:
            start = done
            for ids, block_size in _encoded_blocks(tokenizer, path, threads):
                writer.append(ids)
                done += block_size
                bar.update(done)
            if done == start:
                raise ValueError(f"{path} is empty")
            if separator is not None:
                writer.append(numpy.array([separator]))
            writer.end_document(str(path), done - start)
        return writer.finish()


def _encoded_blocks(tokenizer: Tokenizer, path: Path, threads: int) -> Iterator[tuple[Tokens, int]]:
    """The ids of a file block by block, with each block's size in bytes; the next blocks are encoded meanwhile."""
    if not tokenizer.has_named_pattern:
        data = path.read_bytes()
        yield tokenizer.encode_to_shard(data), len(data)
        return
    waiting: deque[tuple[Future[Tokens], int]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for block in _blocks(path, spare=2 * threads):
            waiting.append((pool.submit(tokenizer.encode_to_shard, block), len(block)))
            if len(waiting) == 2 * threads:
                ids, size = waiting.popleft()
                yield ids.result(), size
        for ids, size in waiting:
            yield ids.result(), size


def _blocks(path: Path, spare: int) -> Iterator[memoryview]:
    """A file in blocks that can be encoded by themselves: they end at safe cuts.

    A block's memory is used again after `spare` more blocks.
    """
    with path.open("rb", buffering=0) as file:
        buffers = [bytearray(BLOCK_BYTES) for _ in range(spare + 1)]
        rest = b""
        place = 0
        while True:
            if len(rest) * 2 > len(buffers[place]):  # no safe cut in all of that
                buffers[place] = bytearray(len(rest) * 2)
            view = memoryview(buffers[place])
            size = len(rest)
            view[:size] = rest
            while size < len(view) and (read := file.readinto(view[size:])):
                size += read
            at_end = size < len(view)
            cut = size if at_end else _bpe.safe_cut(view, size - 1)
            rest = bytes(view[cut:size])
            if cut:
                yield view[:cut]
                place = (place + 1) % len(buffers)
            if at_end:
                return
