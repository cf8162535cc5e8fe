"""Token files of every format, made by hand."""

from pathlib import Path
from typing import Any

import numpy

from pyllm import Tokenizer
from pyllm.data.shards import ShardWriter

Ints = numpy.ndarray[Any, numpy.dtype[Any]]


def byte_tokenizer(*special_tokens: str) -> Tokenizer:
    """256 bytes and the special tokens."""
    return Tokenizer.train(iter([b"x"]), 256 + len(special_tokens), special_tokens=special_tokens)


def write_shards(
    folder: Path, documents: list[list[int]], tokenizer: Tokenizer, end: int | None = None, shard_tokens: int = 50
) -> Path:
    """Our token shards of the documents, each with the id `end` behind it."""
    with ShardWriter(folder, tokenizer, shard_tokens) as writer:
        for number, document in enumerate(documents):
            writer.append(numpy.array(document + ([end] if end is not None else []), numpy.int32))
            writer.end_document(str(number), len(document))
        writer.finish()
    return folder


def write_nanogpt(path: Path, ids: list[int]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    numpy.array(ids, "<u2").tofile(path)
    return path


def write_llm_c(path: Path, ids: list[int], magic: int = 20240520, version: int = 1, count: int | None = None) -> Path:
    header = numpy.zeros(256, "<i4")
    header[:3] = magic, version, len(ids) if count is None else count
    path.write_bytes(header.tobytes() + numpy.array(ids, "<u4" if magic == 20240801 else "<u2").tobytes())
    return path
