"""Checkpoints: a folder with all that a run needs to go on as if it had never stopped.

    config.json, model.safetensors   the model, as Hugging Face lays it out
    tokenizer.json                   where the run has a tokenizer; and where that has the special tokens of
                                     conversations, the files of pyllm.chat_files
    optimizer.npz                    the optimizer's averages
    NAME/                            of each model that learns along, such as a critic: the same three files
    training_state.json              step, place in the data, and the other small numbers
    checkpoint.json                  {"format": "pyllm checkpoint 1", "files": {name: {"bytes": n, "crc32": hex}, ...}}

A checkpoint is written under a temporary name, flushed to the disk, and renamed. So one that has its name is whole, and
checkpoint.json tells one that was damaged later.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import zipfile
import zlib
from collections import ChainMap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy

from pyllm.chat import has_chat_tokens
from pyllm.chat_files import write_chat_files

if TYPE_CHECKING:
    from pyllm.model import GPT
    from pyllm.optim import AdamW
    from pyllm.tokenizer import Tokenizer

FORMAT = "pyllm checkpoint 1"
MANIFEST = "checkpoint.json"
STATE = "training_state.json"
OPTIMIZER = "optimizer.npz"
TOKENIZER = "tokenizer.json"
BLOCK_BYTES = 1 << 20
_NAME = re.compile(r"(?:[a-z]+/)?[\w-][\w.-]*")  # a file beside the manifest, or one folder down


class Checkpoint(NamedTuple):
    """A checkpoint's folder and the step after which it was made."""

    path: Path
    step: int


def path_of(folder: Path, stage: str, step: int) -> Path:
    """Where the checkpoint of a step belongs."""
    return folder / f"{stage}_{step:08d}"


def found(folder: Path, stage: str) -> list[Checkpoint]:
    """The checkpoints of a stage in a folder, by their steps; whether they are whole is not looked at."""
    if not folder.is_dir():
        return []
    name = re.compile(rf"{re.escape(stage)}_([0-9]{{8,}})")
    matches = ((path, name.fullmatch(path.name)) for path in folder.iterdir() if path.is_dir())
    return sorted((Checkpoint(path, int(match[1])) for path, match in matches if match), key=lambda one: one.step)


def save(
    path: Path,
    model: GPT,
    optimizer: AdamW,
    state: dict[str, Any],
    tokenizer: Tokenizer | None = None,
    companions: Mapping[str, AdamW] | None = None,
) -> None:
    """Writes a checkpoint, whole or not at all; one that stood there before is replaced.

    Args:
        path: the folder to make.
        model: its parameters are written, its gradients are not: they must have been used.
        optimizer: its state is written.
        state: the rest of the run's state, for JSON.
        tokenizer: written along, so that the folder alone is enough to sample from.
        companions: the optimizers of models that learn along, by name: each is written into a folder of that name.

    Raises:
        OSError: it cannot be written; the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        model.save(temporary)
        if tokenizer is not None:
            tokenizer.save(temporary / TOKENIZER)
            if has_chat_tokens(tokenizer):
                write_chat_files(temporary, tokenizer, model.cfg.context)
        numbers = {"optimizer": _save_optimizer(temporary, optimizer)}
        for name, other in (companions or {}).items():
            other.model.save(temporary / name)
            numbers[_numbers_of(name)] = _save_optimizer(temporary / name, other)
        (temporary / STATE).write_text(json.dumps({**state, **numbers}, indent=1))
        there = [one for one in sorted(temporary.rglob("*")) if one.is_file()]
        files = {one.relative_to(temporary).as_posix(): _measured(one) for one in there}
        (temporary / MANIFEST).write_text(json.dumps({"format": FORMAT, "files": files}, indent=1))
        for one in temporary.rglob("*"):
            _flush(one)
        _flush(temporary)
        old = path.with_name(f".{path.name}.{os.getpid()}.old.tmp")
        if path.exists():
            path.rename(old)
        temporary.rename(path)
        _flush(path.parent)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def verify(path: Path) -> dict[str, Any]:
    """Compares each file of a checkpoint with its size and checksum; returns the training state.

    Raises:
        ValueError: the checkpoint is damaged; says how.
        FileNotFoundError: there is none.
    """
    if not path.is_dir():
        raise FileNotFoundError(f"there is no checkpoint {path}")
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
        if manifest["format"] != FORMAT:
            raise ValueError(f"its format is {manifest['format']!r}, not {FORMAT!r}")
        files = {str(name): (int(one["bytes"]), str(one["crc32"])) for name, one in manifest["files"].items()}
        if missing := {"config.json", OPTIMIZER, STATE} - set(files):
            raise ValueError(f"it lists no {min(missing)}")
    except FileNotFoundError:
        raise ValueError(f"the checkpoint {path} is damaged: {MANIFEST} is missing") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"the checkpoint {path} is damaged: {MANIFEST} cannot be read: {error}") from None
    for name, (size, checksum) in files.items():
        file = path / name
        if not _NAME.fullmatch(name):
            raise ValueError(f"the checkpoint {path} is damaged: it lists {name!r}, which is no file of a checkpoint")
        if not file.is_file():
            raise ValueError(f"the checkpoint {path} is damaged: {name} is missing")
        if (there := file.stat().st_size) != size:
            raise ValueError(f"the checkpoint {path} is damaged: {name} has {there} bytes, not the {size} it had")
        if _measured(file)["crc32"] != checksum:
            raise ValueError(f"the checkpoint {path} is damaged: the checksum of {name} is not the one it had")
    try:
        state = json.loads((path / STATE).read_bytes())
        if not isinstance(state, dict):
            raise ValueError("it is not an object")
    except (OSError, ValueError) as error:
        raise ValueError(f"the checkpoint {path} is damaged: {STATE} cannot be read: {error}") from None
    return state


def load_optimizer(path: Path, optimizer: AdamW, state: dict[str, Any], companion: str = "") -> None:
    """Restores an optimizer from a checkpoint and its training state, as `verify` returned it.

    Args:
        path: the checkpoint's folder.
        optimizer: of the same kind and of the same model's shape.
        state: what `verify` returned.
        companion: the name of the model that learned along, whose optimizer it is.

    Raises:
        ValueError: the optimizer in the checkpoint is of another kind, or of another model.
    """
    try:
        arrays = numpy.load(path / companion / OPTIMIZER, allow_pickle=False)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        name = Path(companion, OPTIMIZER)
        raise ValueError(f"the checkpoint {path} is damaged: {name} cannot be read: {error}") from None
    with arrays:
        try:
            numbers = state.get(_numbers_of(companion), {})
            optimizer.load_state(ChainMap(numbers, arrays))  # which reads one array at a time
        except ValueError as error:
            raise ValueError(f"the checkpoint {path} does not fit: {error}") from None


def newest(
    folder: Path, stage: str, step: int | None = None, offer: str = "pass --from-step {step} to go on"
) -> tuple[Checkpoint, dict[str, Any]]:
    """The last checkpoint in a folder, or the one of `step`, verified; and its training state.

    Args:
        folder: where the checkpoints are.
        stage: whose.
        step: only the one after this step.
        offer: what an error tells to do to use an earlier one, with {step} and {path}.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is damaged; names the last one before it that is whole.
    """
    there = found(folder, stage)
    if step is not None:
        there = [one for one in there if one.step <= step]
    if not there or (step is not None and there[-1].step != step):
        raise FileNotFoundError(f"there is no checkpoint{f' of step {step}' if step is not None else ''} in {folder}")
    try:
        return there[-1], verify(there[-1].path)
    except ValueError as error:
        for earlier in reversed(there[:-1]):
            try:
                verify(earlier.path)
            except ValueError:
                continue
            what_to_do = offer.format(step=earlier.step, path=shlex.quote(str(earlier.path)))
            raise ValueError(f"{error}. The one before it, of step {earlier.step}, is whole: {what_to_do}") from None
        raise ValueError(f"{error}, and no other in {folder} is whole") from None


def keep_last(folder: Path, stage: str, count: int) -> None:
    """Removes all checkpoints of a stage but the last ones, and what writers that were killed have left."""
    for one in found(folder, stage)[:-count]:
        doomed = one.path.with_name(f".{one.path.name}.old.tmp")  # first: a half-removed one must not look damaged
        one.path.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
    for left in folder.glob(f".{stage}_*.tmp"):
        shutil.rmtree(left, ignore_errors=True)


def set_aside_after(folder: Path, stage: str, step: int) -> list[Path]:
    """Renames the checkpoints after a step, for a run that goes on from there; returns their new paths."""
    renamed = []
    for one in found(folder, stage):
        if one.step > step:
            number = 1
            while (other := one.path.with_name(f"{one.path.name}.aside{number}")).exists():
                number += 1
            renamed.append(one.path.rename(other))
    return renamed


def _numbers_of(companion: str) -> str:
    """Where the training state has the numbers of an optimizer."""
    return f"{companion}_optimizer" if companion else "optimizer"


def _save_optimizer(folder: Path, optimizer: AdamW) -> dict[str, Any]:
    """Writes an optimizer's arrays; returns its numbers."""
    state = optimizer.state()
    arrays: dict[str, Any] = {name: value for name, value in state.items() if isinstance(value, numpy.ndarray)}
    with (folder / OPTIMIZER).open("wb") as file:
        numpy.savez(file, **arrays)
    return {name: value for name, value in state.items() if name not in arrays}


def _measured(file: Path) -> dict[str, Any]:
    checksum = size = 0
    with file.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            checksum, size = zlib.crc32(block, checksum), size + len(block)
    return {"bytes": size, "crc32": f"{checksum:08x}"}


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
