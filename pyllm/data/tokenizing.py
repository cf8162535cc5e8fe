"""Parquet files of documents → token shards, for training and for validation.

    FOLDER/train/       shards, document_starts.npy, document_bytes.npy and manifest.json: see pyllm.data.shards
    FOLDER/validation/  the same, where any document falls to it
    FOLDER/unfinished/  until all is done: for each file that is finished what the manifests will say of it

Each file becomes one shard a side. A run that was stopped goes on behind the last finished file when it is started
again, and the result has the same bytes, for any number of threads.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy
from numpy.lib import format as npy

from pyllm.data.documents import count_documents, document_ids, read_batches
from pyllm.data.shards import (
    MANIFEST,
    PLACES_AT_ONCE,
    ArrayWriter,
    DocumentsWriter,
    Int64s,
    Tokens,
    checksum,
    separator_id,
    shard_type,
    write_manifest,
)
from pyllm.data.token_source import END_OF_TEXT, check_fraction
from pyllm.files import make_folder, write_whole
from pyllm.progress import Progress
from pyllm.threads import checked_threads

if TYPE_CHECKING:
    import pyarrow

    from pyllm.tokenizer import Tokenizer

Item = TypeVar("Item")
Result = TypeVar("Result")

TRAIN, VALIDATION = SIDES = ("train", "validation")
UNFINISHED = "unfinished"
SETTINGS = "settings.json"
BATCH_BYTES = 1 << 20  # of text that a thread encodes at a time
BATCHES_AHEAD = 4  # a thread: with fewer, threads wait for the one that reads and writes
TAIL_BYTES = 1 << 16  # of a Parquet file: its footer, which lists sizes and places of all that is in it


@dataclass(frozen=True)
class TokenizedSide:
    """What one side of the split holds. folder: None where no document fell to it."""

    folder: Path | None
    documents: int
    tokens: int


def for_validation(ids: Iterable[str], validation_fraction: float) -> list[bool]:
    """Whether the document of each id is kept for validation: for so many of all ids, always the same ones.

    The first 64 bits of an id's SHA-256 decide. What is for validation at one fraction is so at each greater one.
    """
    sha256, limit = hashlib.sha256, int(validation_fraction * (1 << 64)).to_bytes(8, "big")
    return [sha256(id.encode("utf-8", "surrogatepass")).digest() < limit for id in ids]


def tokenize_documents(
    files: Sequence[str | os.PathLike[str]],
    tokenizer: Tokenizer,
    folder: str | os.PathLike[str],
    *,
    validation_fraction: float = 0.05,
    end_of_text: str | None = END_OF_TEXT,
    threads: int | None = None,
    progress: bool | None = None,
) -> dict[str, TokenizedSide]:
    """Encodes the documents of Parquet files, ordinary, into token shards; see the head of this module.

    Memory holds a few batches of documents, however many there are.

    Args:
        files: with a column text; documents stand in the shards in their order.
        tokenizer: makes the ids.
        folder: made if need be. When it holds a run on the same files with the same settings, that goes on; a complete
            one is left as it is.
        validation_fraction: of the documents, from 0 to below 1; see for_validation.
        end_of_text: the special token to put behind each document; None for none.
        threads: default: pyllm.get_num_threads().
        progress: show progress on stderr; default: if that is a terminal.

    Returns:
        What "train" and "validation" hold.

    Raises:
        OSError: a file cannot be read or written.
        FileExistsError: the folder holds something else.
        ValueError: a file is damaged or has no column text, there are no documents at all, or an argument is bad.
    """
    paths, folder = [Path(file) for file in files], Path(folder)
    check_fraction(validation_fraction)
    threads = checked_threads(threads)
    separator = separator_id(tokenizer, end_of_text)
    if not paths:
        raise ValueError("there are no files of documents to tokenize")
    total = sum(map(count_documents, paths))
    if not total:
        raise ValueError(f"there are no documents in {paths[0]}" + (" and the other files" if len(paths) > 1 else ""))
    made_from = {
        "validation_fraction": validation_fraction,
        "end_of_text": end_of_text,
        "files": [_identity(path) for path in paths],
    }
    run = _Run(folder, tokenizer, made_from)
    if not run.is_complete():
        run.begin()
        parts = [run.finished_part(index) for index in range(len(paths))]
        left = [(index, path) for index, path in enumerate(paths) if parts[index] is None]
        with Progress("Tokenizing", "documents", total=total, show=progress) as bar:
            done = sum(part.documents for part in parts if part)

            def encode(task: _Task) -> _Encoded:
                return _encode(task, tokenizer, separator, validation_fraction)

            for index, batches in groupby(_mapped(encode, _tasks(left), threads), key=attrgetter("index")):
                with _PartWriter(run, index) as part:
                    for encoded in batches:
                        part.append(encoded)
                        done += len(encoded.counts)
                        bar.update(done)
                    parts[index] = part.finish()
        run.finish([one for one in parts if one])
    return run.sides()


@dataclass(frozen=True)
class _Task:
    """Rows of a file, from `row` on; no batch where the file has no rows at all."""

    index: int
    file: Path
    row: int = 0
    batch: pyarrow.RecordBatch | None = None


@dataclass(frozen=True)
class _Encoded:
    """A task's tokens, and those of each document; the first `train` documents are for training."""

    index: int
    ids: Tokens
    counts: Int64s
    sizes: Int64s
    train: int


def _tasks(files: Iterable[tuple[int, Path]]) -> Iterator[_Task]:
    for index, file in files:
        row = 0
        for batch in read_batches(file, ("text", "id"), BATCH_BYTES, verify=False):
            yield _Task(index, file, row, batch)
            row += len(batch)
        if not row:
            yield _Task(index, file)


def _encode(task: _Task, tokenizer: Tokenizer, separator: int | None, validation_fraction: float) -> _Encoded:
    if task.batch is None:
        none = numpy.zeros(0, numpy.int64)
        return _Encoded(task.index, none, none, none, 0)
    texts = task.batch.column("text")
    _, offset_buffer, data = texts.buffers()
    offsets = numpy.frombuffer(offset_buffer, numpy.int32)[texts.offset : texts.offset + len(texts) + 1]
    try:
        ids = document_ids(task.batch, task.file, task.row)
    except UnicodeDecodeError as error:
        raise ValueError(f"{task.file} is damaged: an id in it is not UTF-8: {error}") from None
    apart = numpy.array(for_validation(ids, validation_fraction), numpy.bool_)
    rows = numpy.argsort(apart, kind="stable")
    tokens, counts = tokenizer.encode_rows_to_shard(data or b"", offsets, rows, separator)
    sizes = numpy.diff(offsets)[rows].astype(numpy.int64)
    return _Encoded(task.index, tokens, counts, sizes, len(apart) - int(apart.sum()))


def _mapped(function: Callable[[Item], Result], items: Iterator[Item], threads: int) -> Iterator[Result]:
    """The function's results in order, made by threads; items are taken a few ahead."""
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > BATCHES_AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@dataclass(frozen=True)
class _Part:
    """What one file became: for each side its shard (None without tokens) and its documents, as manifests say it."""

    shards: dict[str, dict[str, Any] | None]
    documents_of: dict[str, dict[str, Any]]

    @property
    def documents(self) -> int:
        return sum(int(documents["count"]) for documents in self.documents_of.values())

    def tokens(self, side: str) -> int:
        shard = self.shards[side]
        return int(shard["tokens"]) if shard else 0


class _Run:
    """The folder of one run: what it is made from, the parts that are finished, and the end."""

    def __init__(self, folder: Path, tokenizer: Tokenizer, made_from: dict[str, Any]) -> None:
        self.folder, self.tokenizer = folder, tokenizer
        self.unfinished = folder / UNFINISHED
        self._made_from = made_from
        self._settings = {"tokenizer": tokenizer.fingerprint, "made_from": made_from}

    def is_complete(self) -> bool:
        """Whether all is done.

        Raises:
            FileExistsError: the folder holds something else, complete or not.
        """
        if self.folder.is_dir() and (self.folder / MANIFEST).exists():
            raise FileExistsError(f"{self.folder} already holds {MANIFEST}; nothing was written")
        for path in (self.folder / TRAIN / MANIFEST, self.unfinished / SETTINGS):
            if not path.exists():
                continue
            try:
                found = json.loads(path.read_bytes())
                same = {name: found[name] for name in self._settings} == self._settings
            except (ValueError, KeyError, TypeError, RecursionError):
                same = False
            if not same:
                raise FileExistsError(
                    f"{self.folder} holds tokens of other documents, of another tokenizer or with other settings: "
                    f"remove it or take another folder"
                )
            if path.name == MANIFEST:  # the last that is written; what may be left over is of no use any more
                shutil.rmtree(self.unfinished, ignore_errors=True)
                return True
            return False
        for side in SIDES:
            if (self.folder / side).exists() and any((self.folder / side).iterdir()):
                raise FileExistsError(f"{self.folder} already holds {side}; nothing was written")
        return False

    def begin(self) -> None:
        """Makes the folders, unless they are there."""
        make_folder(self.unfinished)
        for side in SIDES:
            make_folder(self.folder / side)
        if not (self.unfinished / SETTINGS).exists():
            write_whole(self.unfinished / SETTINGS, json.dumps(self._settings).encode())

    def record(self, index: int) -> Path:
        """The file that says that a file is finished, and what it became."""
        return self.unfinished / f"{index:05d}.json"

    def finished_part(self, index: int) -> _Part | None:
        """What a file became, where that is finished and still whole."""
        try:
            part = _Part(**json.loads(self.record(index).read_bytes()))
            for side in SIDES:
                documents, shard = part.documents_of[side], part.shards[side]
                listed = [(self.unfinished / documents[kind]["file"], documents[kind]) for kind in ("starts", "bytes")]
                if shard:
                    listed.append((self.folder / side / shard["file"], shard))
                for path, one in listed:
                    if checksum(npy.open_memmap(path, mode="r")) != one["crc32"]:
                        return None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return part

    def finish(self, parts: Sequence[_Part]) -> None:
        """Writes what is about all files."""
        for side in reversed(SIDES):
            folder = self.folder / side
            for path in folder.glob(".*.tmp"):
                path.unlink()
            shards = [shard for part in parts if (shard := part.shards[side])]
            if not any(part.documents_of[side]["count"] for part in parts) and side != TRAIN:
                shutil.rmtree(folder)
                continue
            documents = DocumentsWriter(folder)
            before = 0
            for part in parts:
                starts, sizes = (
                    npy.open_memmap(self.unfinished / part.documents_of[side][kind]["file"], mode="r")
                    for kind in ("starts", "bytes")
                )
                for begin in range(0, len(starts), PLACES_AT_ONCE):
                    some = slice(begin, begin + PLACES_AT_ONCE)
                    documents.append(starts[some] + before, sizes[some])
                before += part.tokens(side)
            sources = [
                {"file": file["file"], "documents": part.documents_of[side]["count"], "tokens": part.tokens(side)}
                for file, part in zip(self._made_from["files"], parts, strict=True)
            ]
            write_manifest(
                folder, self.tokenizer, shards, documents.close(), sources, side=side, made_from=self._made_from
            )
        shutil.rmtree(self.unfinished)

    def sides(self) -> dict[str, TokenizedSide]:
        """What the manifests say."""
        result = {}
        for side in SIDES:
            path = self.folder / side / MANIFEST
            if path.exists():
                manifest = json.loads(path.read_bytes())
                result[side] = TokenizedSide(path.parent, manifest["documents"]["count"], manifest["tokens"])
            else:
                result[side] = TokenizedSide(None, 0, 0)
        return result


class _PartWriter:
    """Writes the shards of one file. A context manager: what is not finished is removed at its end."""

    def __init__(self, run: _Run, index: int) -> None:
        self._run, self._index = run, index
        run.record(index).unlink(missing_ok=True)
        dtype = shard_type(run.tokenizer)
        self._shards = {side: ArrayWriter(run.folder / side / f"shard_{index:05d}.npy", dtype) for side in SIDES}
        self._documents = {side: DocumentsWriter(run.unfinished, f"{index:05d}_{side}_") for side in SIDES}
        self._is_finished = False

    def __enter__(self) -> _PartWriter:
        return self

    def append(self, encoded: _Encoded) -> None:
        """Adds some of the file's documents."""
        cut = int(encoded.counts[: encoded.train].sum())
        halves = (
            (TRAIN, encoded.ids[:cut], slice(0, encoded.train)),
            (VALIDATION, encoded.ids[cut:], slice(encoded.train, None)),
        )
        for side, ids, rows in halves:
            counts = encoded.counts[rows]
            if len(counts):
                starts = self._shards[side].size + numpy.cumsum(counts) - counts
                self._documents[side].append(starts, encoded.sizes[rows])
                self._shards[side].append(ids)

    def finish(self) -> _Part:
        """Gives the files their names, and then writes the record that says so."""
        shards: dict[str, dict[str, Any] | None] = {}
        for side, shard in self._shards.items():
            size, shards[side] = shard.size, None
            if size:
                shards[side] = {"file": shard.path.name, "tokens": size, "crc32": shard.close()}
            else:
                shard.discard()
        part = _Part(shards, {side: documents.close() for side, documents in self._documents.items()})
        # Not synced, which would wait for the shards too: a run that goes on compares them with their checksums.
        record = self._run.record(self._index)
        temporary = record.with_suffix(".tmp")
        temporary.write_text(json.dumps(vars(part)))
        temporary.replace(record)
        self._is_finished = True
        return part

    def __exit__(self, *_: object) -> None:
        if not self._is_finished:
            for side in SIDES:
                self._shards[side].discard()
                self._documents[side].discard()


def _identity(file: Path) -> dict[str, Any]:
    """A file's name, its size, and the checksum of its end."""
    size = file.stat().st_size
    with file.open("rb") as content:
        content.seek(max(0, size - TAIL_BYTES))
        return {"file": file.name, "bytes": size, "crc32": f"{zlib.crc32(content.read()):08x}"}
