"""A run's folder: runs/NAME/ with config.toml, metrics.jsonl, checkpoints/, report.md, plots/ and what stages add.

Each stage has a table of its own in config.toml, its name in each line of metrics.jsonl, and its checkpoints'
names start with it.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import shutil
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pyllm.files import held, make_folder, write_whole

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Table = dict[str, Any]
Config = TypeVar("Config", bound="DataclassInstance")


class RunFolder:
    """The files of one run."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.config = self.path / "config.toml"
        self.metrics = self.path / "metrics.jsonl"
        self.checkpoints = self.path / "checkpoints"
        self.plots = self.path / "plots"
        self.report = self.path / "report.md"
        self.tokenizer = self.path / "tokenizer.json"
        self.shards = self.path / "shards"
        self.crawl = self.path / "crawl"
        self.documents = self.path / "data"
        self.tokens = self.path / "tokens"
        self.examinations = self.path / "examination"
        self.preferences = self.path / "preferences"

    def make(self) -> None:
        """Makes the folder.

        Raises:
            FileExistsError: something of that name is there; it is left as it is.
            NotADirectoryError, PermissionError: there can be no folder.
        """
        make_folder(self.path.parent)
        try:
            self.path.mkdir()
        except FileExistsError:
            raise FileExistsError(
                f"{self.path} is already there: pass --resume to go on with it, or give the new run another --name"
            ) from None

    @contextmanager
    def at_work(self, resume: bool) -> Iterator[None]:
        """Makes the folder, or goes on with one, and holds it.

        A new one goes again when work fails before there is anything to keep: documents, or a step.

        Raises:
            FileExistsError, FileNotFoundError: a new one is there already, or one to go on with is not.
            NotADirectoryError, PermissionError: a new one cannot be made, or written into.
            ValueError: another process is at work on it.
        """
        if not resume:
            self.make()
        elif not self.config.exists():
            raise FileNotFoundError(f"there is no run {self.path} to go on with")
        try:
            with held(self.path):
                yield
        except BaseException:
            kept = self.documents.exists() or any("loss" in line for line in self.read_metrics())
            if not resume and not kept:
                shutil.rmtree(self.path, ignore_errors=True)
            raise

    # config.toml

    def write_config(self, stage: str, table: Table) -> None:
        """Writes a stage's table into config.toml; those of other stages stay."""
        write_whole(self.config, to_toml({**self.read_tables(), stage: table}).encode())

    def read_tables(self) -> dict[str, Any]:
        """The tables of config.toml by their stages; none where it has not been written yet.

        Raises:
            ValueError: it is damaged.
        """
        if not self.config.exists():
            return {}
        try:
            return tomllib.loads(self.config.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{self.config} is damaged: {error}") from None

    # metrics.jsonl

    def read_metrics(self, stage: str | None = None) -> list[Table]:
        """The lines of metrics.jsonl, of one stage or of all; a last line that is not whole is left out."""
        if not self.metrics.exists():
            return []
        lines = []
        for number, line in enumerate(self.metrics.read_bytes().split(b"\n")[:-1], 1):
            try:
                metrics = json.loads(line)
            except ValueError:
                raise ValueError(f"{self.metrics} is damaged: line {number} is not JSON") from None
            if stage is None or metrics.get("stage") == stage:
                lines.append(metrics)
        return lines

    def cut_metrics(self, stage: str, step: int) -> None:
        """Drops a stage's lines of later steps: what a run did after its last checkpoint, it will do again."""
        lines = [one for one in self.read_metrics() if one.get("stage") != stage or one.get("step", 0) <= step]
        if self.metrics.exists():
            write_whole(self.metrics, "".join(json.dumps(line) + "\n" for line in lines).encode())

    @contextmanager
    def metrics_writer(self, stage: str) -> Iterator[MetricsWriter]:
        """Appends to metrics.jsonl."""
        with self.metrics.open("ab", buffering=0) as file:
            yield MetricsWriter(file.write, stage)


class MetricsWriter:
    """Writes lines {"stage": ..., "step": ..., ...}, each in one piece."""

    def __init__(self, write: Any, stage: str) -> None:
        self._write, self._stage = write, stage

    def __call__(self, step: int, **metrics: Any) -> None:
        self._write(json.dumps({"stage": self._stage, "step": step, **metrics}).encode() + b"\n")


def table_of(config: DataclassInstance) -> Table:
    """A configuration dataclass as a table of strings, numbers, booleans and lists; what is None is left out."""

    def plain(value: Any) -> Any:
        if isinstance(value, Path):
            return str(value)
        if isinstance(value, (tuple, list)):
            return [plain(item) for item in value]
        if isinstance(value, Mapping):
            return {name: plain(item) for name, item in value.items() if item is not None}
        return value

    pairs = ((field.name, getattr(config, field.name)) for field in dataclasses.fields(config))
    return {name: plain(value) for name, value in pairs if value is not None}


def going_on(stored: Config, given: Config, not_stored: Collection[str], changeable: Collection[str]) -> Config:
    """The settings that a run was begun with, with those given anew: what differs from its default was given.

    Args:
        stored: from config.toml.
        given: now.
        not_stored: fields that are always taken as given.
        changeable: fields that may differ; any other would make it another run.

    Raises:
        ValueError: one that is not changeable differs.
    """
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(given):
        new, old = getattr(given, field.name), getattr(stored, field.name)
        if field.name in not_stored or (field.name in changeable and new != field.default):
            changes[field.name] = new
        elif new not in (field.default, old):
            raise ValueError(
                f"{field.name} is {old} in this run, not {new}: leave it out, or begin another run under another name"
            )
    return dataclasses.replace(stored, **changes)


def to_toml(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Tables of strings, numbers, booleans, lists of these, and tables of these as TOML.

    Raises:
        TypeError: a value is none of these.
        ValueError: a string holds what UTF-8 cannot.
    """
    lines: list[str] = []
    for name, table in tables.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {_toml_value(value)}" for key, value in table.items() if not isinstance(value, Mapping)]
        lines.append("")
        nested = {f"{name}.{key}": value for key, value in table.items() if isinstance(value, Mapping)}
        if nested:
            lines.append(to_toml(nested))
    return "\n".join(lines)


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{value!r} cannot be written to a configuration file: it is not UTF-8") from None
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    raise TypeError(f"{type(value).__name__} cannot be written to a configuration file")
