"""Models in folders: config.json and safetensors, with Hugging Face's names.

A safetensors file (https://github.com/huggingface/safetensors#format) is a length (8 bytes), a JSON header of so many
bytes that gives each tensor's type, shape and place, and the tensors. The package checks the header; the tensors are
read and written here, a part at a time: so bfloat16 can be read, which NumPy does not know, and saving takes no memory.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy

from pyllm.files import file_size, written_whole
from pyllm.model.config import ModelConfig
from pyllm.model.gpt import GPT
from pyllm.model.huggingface import from_hugging_face, is_sequence_classifier, to_hugging_face
from pyllm.model.parameters import layout, names_of

Array = numpy.ndarray[Any, numpy.dtype[Any]]

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
STORED = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}  # how NumPy reads each type
PART = 1 << 20  # elements read or written at a time
# What files hold beside the parameters: constants of older versions.
CONSTANTS = re.compile(r"(.*\.)?(attn\.bias|attn\.masked_bias|rotary_emb\.inv_freq)")


class StoredTensor(NamedTuple):
    """Where a tensor stands, and as what."""

    path: Path
    dtype: str
    shape: tuple[int, ...]
    offset: int  # bytes from the file's start


def load(
    folder: str | os.PathLike[str],
    device: str = "cpu",
    trainable: bool = True,
    value_head: bool = False,
    *,
    recompute: bool = True,
) -> GPT:
    """Reads a model from a folder with config.json and model.safetensors, whole or in shards, of float32, float16 or
    bfloat16.

    Args:
        folder: GPT-2 or Llama (also Mistral, Qwen2, Qwen3) as Hugging Face has them, or what GPT.save wrote.
        device: "cpu".
        trainable: False: a frozen model, without gradients.
        value_head: give the model a value head, of zeros, where the folder holds none.
        recompute: as GPT's.

    Raises:
        OSError: the folder or a file is missing or cannot be read.
        ValueError: a file is damaged, describes a model that pyllm does not compute, or tensors are missing, unknown or
            of the wrong shape.
    """
    path = Path(folder)
    if not path.is_dir():
        raise FileNotFoundError(f"there is no folder {path}")
    content = _read_json(path / CONFIG)
    try:
        cfg = from_hugging_face(content)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path / CONFIG} does not describe a model that pyllm reads: {error}") from None
    tensors = _stored_tensors(path)
    if "score.weight" in tensors or value_head:
        cfg = replace(cfg, value_head=True)
    if is_sequence_classifier(content) and "lm_head.weight" not in tensors:
        cfg = replace(cfg, tie_embeddings=True)  # it has no classifier over the vocabulary: any will do
    chosen = _chosen(cfg, tensors, path)
    model = GPT.empty(cfg, device, trainable=trainable, recompute=recompute)
    for name, tensor in chosen.items():
        _read_tensor(name, tensor, model.parameters[name])
    model.touch()
    return model


def _chosen(cfg: ModelConfig, tensors: Mapping[str, StoredTensor], folder: Path) -> dict[str, StoredTensor]:
    """For each parameter the tensor that it is read from."""
    chosen, used = {}, set()
    for name, shape in _shapes(cfg):
        # Files of the trunk alone have names without its prefix.
        short = name.removeprefix("transformer.").removeprefix("model.")
        stored = next((known for known in (name, short) if known in tensors), None)
        if stored is None:
            if name == "score.weight":
                continue
            raise ValueError(f"{folder} holds no tensor {name}, which its {CONFIG} asks for")
        tensor = tensors[stored]
        if tensor.shape != shape:
            raise ValueError(f"{tensor.path}: the tensor {stored} has shape {tensor.shape}, expected {shape}")
        if tensor.dtype not in STORED:
            raise ValueError(f"{tensor.path}: the tensor {stored} is of type {tensor.dtype}, not {', '.join(STORED)}")
        chosen[name] = tensor
        used.add(stored)
    for stored, tensor in tensors.items():
        tied = stored == "lm_head.weight" and cfg.tie_embeddings
        if stored not in used and not tied and not CONSTANTS.fullmatch(stored):
            raise ValueError(f"{tensor.path} holds the tensor {stored}, which the model of its {CONFIG} does not have")
    return chosen


def _shapes(cfg: ModelConfig) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The parameters' names and shapes, without an arena."""
    for tensor in layout(cfg):
        for rows in names_of(cfg, tensor):
            shape = (rows.end - rows.begin, *tensor.shape[1:])
            yield rows.name, shape[::-1] if rows.transposed else shape


def _read_json(path: Path) -> dict[str, Any]:
    file_size(path)  # says whether it is a file at all
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path} must hold a JSON object, got {type(content).__name__}")
    return content


def _stored_tensors(folder: Path) -> dict[str, StoredTensor]:
    """All tensors of a folder, from one file or from those that the index names."""
    if (folder / WEIGHTS).exists() or not (folder / INDEX).exists():
        return _header(folder / WEIGHTS)
    index = folder / INDEX
    places = _read_json(index).get("weight_map")
    if not isinstance(places, dict) or not all(isinstance(file, str) for file in places.values()):
        raise ValueError(f"{index} has no weight_map from tensors to files")
    tensors: dict[str, StoredTensor] = {}
    for file in sorted(set(places.values())):
        if Path(file).name != file:
            raise ValueError(f"{index} names the file {file!r}, which is not one beside it")
        held = _header(folder / file)
        for name, place in places.items():
            if place == file and name not in held:
                raise ValueError(f"{folder / file} holds no tensor {name}, which {index.name} says it does")
        tensors |= held
    return tensors


def _header(path: Path) -> dict[str, StoredTensor]:
    """The tensors that a safetensors file holds."""
    from safetensors import SafetensorError, safe_open  # not at the top: `import pyllm` should not wait for it

    size = file_size(path)
    try:
        with safe_open(path, framework="numpy"), path.open("rb") as file:  # opening checks the header against the file
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(length, size)))
    except (SafetensorError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from None
    header.pop("__metadata__", None)
    return {
        name: StoredTensor(path, entry["dtype"], tuple(entry["shape"]), 8 + length + entry["data_offsets"][0])
        for name, entry in header.items()
    }


def _read_tensor(name: str, tensor: StoredTensor, out: Array) -> None:
    """Reads a tensor into a view, part by part."""
    columns = math.prod(tensor.shape[1:])
    rows = max(1, PART // columns)
    dtype = numpy.dtype(STORED[tensor.dtype])
    with tensor.path.open("rb") as file:
        file.seek(tensor.offset)
        for begin in range(0, tensor.shape[0], rows):
            part = out[begin : begin + rows]
            values = numpy.fromfile(file, dtype, part.size)
            if values.size != part.size:
                raise ValueError(f"{tensor.path} ends within the tensor {name}")
            if tensor.dtype == "BF16":  # the upper half of a float32
                values = (values.astype(numpy.uint32) << 16).view(numpy.float32)
            part[...] = values.reshape(part.shape)


def save(model: GPT, folder: str | os.PathLike[str], shard_bytes: int | None = None) -> None:
    """Writes a model's folder; see GPT.save."""
    path = Path(folder)
    if shard_bytes is not None and shard_bytes < 1:
        raise ValueError(f"shard_bytes must be at least 1, got {shard_bytes}")
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(f"{path} is a file, not a folder to save a model in")
    path.mkdir(parents=True, exist_ok=True)
    parameters = dict(model.parameters)
    shards = _sharded(parameters, shard_bytes)
    names = [WEIGHTS]
    if shard_bytes is not None:
        names = [f"model-{number:05d}-of-{len(shards):05d}.safetensors" for number in range(1, len(shards) + 1)]
    contents = {CONFIG: to_hugging_face(model.cfg)}
    if shard_bytes is not None:
        contents[INDEX] = {
            "metadata": {"total_size": sum(array.size * 4 for array in parameters.values())},
            "weight_map": {name: file for file, shard in zip(names, shards, strict=True) for name in shard},
        }
    with ExitStack() as files:  # left in reverse order: the configuration gets its name when all else has
        for name, content in contents.items():
            file = files.enter_context(written_whole(path / name))
            file.write(json.dumps(content, indent=2).encode() + b"\n")
        for name, shard in zip(names, shards, strict=True):
            _write_safetensors(files.enter_context(written_whole(path / name)), shard)
    for other in path.iterdir():  # what an earlier save left
        if (SHARD.fullmatch(other.name) or other.name in (WEIGHTS, INDEX)) and other.name not in {*names, *contents}:
            other.unlink()


def _sharded(parameters: Mapping[str, Array], shard_bytes: int | None) -> list[dict[str, Array]]:
    """The parameters, in order, in groups of at most so many bytes; one that is larger has a group of its own."""
    if shard_bytes is None:
        return [dict(parameters)]
    shards: list[dict[str, Array]] = []
    room = 0
    for name, array in parameters.items():
        size = array.size * 4
        if not shards or size > room:
            shards.append({})
            room = shard_bytes
        shards[-1][name] = array
        room -= size
    return shards


def _write_safetensors(file: BinaryIO, tensors: Mapping[str, Array]) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}  # transformers asks for it; it means its layout
    begin = 0
    for name, array in tensors.items():
        end = begin + array.size * 4
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for array in tensors.values():
        rows = max(1, PART // math.prod(array.shape[1:]))
        for row in range(0, len(array), rows):
            file.write(numpy.ascontiguousarray(array[row : row + rows], "<f4").data)
