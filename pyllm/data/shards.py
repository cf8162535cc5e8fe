"""Token shards: the ids of many documents in memory-mapped .npy files, with a manifest that says what they are.

A folder holds shard_00000.npy, shard_00001.npy, ...: one-dimensional, uint16 where the vocabulary fits, else uint32.
manifest.json is written last, so a folder with one is complete:

    {"format": "pyllm token shards 1", "tokenizer": fingerprint, "vocab_size": n, "dtype": "uint16", "tokens": n,
     "shards": [{"file": name, "tokens": n, "crc32": of the ids as little-endian bytes}, ...],
     "documents": [{"source": path, "bytes": n, "start": first token's place in the whole, "tokens": n}, ...]}
"""

from __future__ import annotations

import json
import os
import zlib
from collections import deque
from collections.abc import Iterator
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

FORMAT = "pyllm token shards 1"
MANIFEST = "manifest.json"
BLOCK_BYTES = 1 << 20  # read and encoded at a time


class _OpenShard:
    """A .npy file being written under a temporary name; its size goes into the header at the end."""

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

    def append(self, ids: Tokens) -> None:
        self._file.write(ids.data)
        self._checksum = zlib.crc32(ids.data, self._checksum)
        self.size += len(ids)

    def close(self) -> dict[str, Any]:
        """Gives the file its name; returns what the manifest says of it."""
        self._file.seek(0)
        self._write_header()
        if self._file.tell() != self._header_size:
            raise RuntimeError("NumPy wrote a header of another length for another size")
        # Not synced: waiting for the disk costs as much as encoding, and the checksum tells a shard lost in a crash.
        self._file.close()
        self._temporary.replace(self.path)
        return {"file": self.path.name, "tokens": self.size, "crc32": f"{self._checksum:08x}"}

    def discard(self) -> None:
        self._file.close()
        self._temporary.unlink(missing_ok=True)


class ShardWriter:
    """Writes tokens into shards. Use as a context manager; when the block raises, its shards are removed.

    Raises:
        FileExistsError: the folder already holds shards.
        ValueError: shard_tokens is below 1.
    """

    def __init__(self, folder: Path, tokenizer: Tokenizer, shard_tokens: int) -> None:
        if not isinstance(shard_tokens, int) or shard_tokens < 1:
            raise ValueError(f"shard_tokens must be an integer of at least 1, got {shard_tokens!r}")
        self._folder, self._tokenizer, self._shard_tokens = folder, tokenizer, shard_tokens
        self._dtype = numpy.dtype(tokenizer.shard_dtype).newbyteorder("<")
        self._closed: list[dict[str, Any]] = []
        self._documents: list[dict[str, Any]] = []
        self._tokens = self._document_start = 0
        self._open: _OpenShard | None = None
        self._made_folder = not folder.exists()
        make_folder(folder)
        for path in sorted(folder.iterdir()):
            if path.name == MANIFEST or (path.name.startswith("shard_") and path.suffix == ".npy"):
                raise FileExistsError(f"{folder} already holds {path.name}; nothing was written")

    def __enter__(self) -> ShardWriter:
        return self

    def append(self, ids: Tokens) -> None:
        """Adds tokens to the document."""
        ids = ids.astype(self._dtype, copy=False)
        while len(ids):
            if self._open is None:
                self._open = _OpenShard(self._folder / f"shard_{len(self._closed):05d}.npy", self._dtype)
            part = ids[: self._shard_tokens - self._open.size]
            self._open.append(part)
            self._tokens += len(part)
            ids = ids[len(part) :]
            if self._open.size == self._shard_tokens:
                self._close_shard()

    def end_document(self, source: str, size: int) -> None:
        """Ends the document that the tokens since the last call belong to; `size` in bytes."""
        start = self._document_start
        self._documents.append({"source": source, "bytes": size, "start": start, "tokens": self._tokens - start})
        self._document_start = self._tokens

    def finish(self) -> Path:
        """Writes the last shard and the manifest; returns the manifest's path."""
        self._close_shard()
        manifest = {
            "format": FORMAT,
            "tokenizer": self._tokenizer.fingerprint,
            "vocab_size": self._tokenizer.vocab_size,
            "dtype": self._dtype.name,
            "tokens": self._tokens,
            "shards": self._closed,
            "documents": self._documents,
        }
        path = self._folder / MANIFEST
        write_whole(path, json.dumps(manifest, indent=1).encode())
        return path

    def _close_shard(self) -> None:
        if self._open is not None:
            self._closed.append(self._open.close())
            self._open = None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            if self._open is not None:
                self._open.discard()
            for shard in self._closed:
                (self._folder / shard["file"]).unlink(missing_ok=True)
            if self._made_folder and not any(self._folder.iterdir()):
                self._folder.rmdir()


class TokenShards:
    """The shards of a folder, memory-mapped: `arrays`, in order, and the `manifest`.

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
            if self.manifest["format"] != FORMAT:
                raise ValueError(f"its format is {self.manifest['format']!r}, not {FORMAT!r}")
            shards = [(str(shard["file"]), int(shard["tokens"])) for shard in self.manifest["shards"]]
            fingerprint, dtype = self.manifest["tokenizer"], self.manifest["dtype"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"{path} is not a manifest of token shards: {error}") from None
        if tokenizer is not None and tokenizer.fingerprint != fingerprint:
            raise ValueError(f"the shards in {self.folder} were made by another tokenizer than the one given")
        self.arrays = [self._open(self.folder / Path(name).name, size, dtype) for name, size in shards]

    @staticmethod
    def _open(path: Path, size: int, dtype: str) -> Tokens:
        try:
            array: Tokens = numpy.load(path, mmap_mode="r", allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise ValueError(f"{path} is damaged: {error}") from None
        if array.shape != (size,) or array.dtype.name != dtype:
            raise ValueError(
                f"{path} is damaged: it holds {array.dtype.name} of shape {array.shape}, its manifest says {dtype} of "
                f"shape ({size},)"
            )
        return array

    def verify(self) -> None:
        """Compares each shard with its checksum.

        Raises:
            ValueError: a shard has changed since it was written.
        """
        for shard, array in zip(self.manifest["shards"], self.arrays, strict=True):
            if f"{zlib.crc32(array.data):08x}" != shard["crc32"]:
                raise ValueError(f"{self.folder / shard['file']} is damaged: its checksum is not that in its manifest")


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
    separator = numpy.zeros(0, numpy.int32)
    if end_of_text is not None:
        if end_of_text not in tokenizer.special_tokens:
            raise ValueError(f"{end_of_text!r} is not a special token of this tokenizer")
        separator = numpy.array([tokenizer.special_tokens[end_of_text]], numpy.int32)
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
            writer.append(separator)
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
