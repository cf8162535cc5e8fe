"""What to type to have a run, or a part of it, again: from the settings in its config.toml."""

from __future__ import annotations

import dataclasses
import importlib
import shlex
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyllm.report.record import Record
from pyllm.train.training_config import DERIVATION, NOT_STORED

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

GIVEN = "given"  # how the reason of a setting begins that does not follow from others
LENGTHS = {"minutes": ("steps", "pretrain_tokens"), "tokens": ("steps",)}  # and what they were turned into


def command_of(record: Record) -> str | None:
    """What made the run: as it was typed, where the run tells, else as its settings say."""
    for typed in record.told("command", str):
        return str(typed)
    name = "run" if "run" in record.tables else next(iter(record.stages), None)
    return name and _command(record, name, record.folder.path.name)


def again(record: Record, stage: str | None = None) -> str | None:
    """What makes the run again beside itself, up to a stage's end; None: that cannot be told from its settings."""
    name = f"{record.folder.path.name}-again"
    if "run" not in record.tables:
        return _command(record, stage or next(iter(record.stages), ""), name)
    command, config = _command(record, "run", name), _config("run")
    fields = {field.name for field in dataclasses.fields(config)} if config else set()
    return f"{command} --stop-after {stage}" if command and stage and "stop_after" in fields else command


def _command(record: Record, stage: str, name: str) -> str | None:
    config = _config(stage)
    if config is None or stage not in record.tables:
        return None
    words = ["pyllm", stage, *_options(config, record.tables[stage]), "--name", name]
    if (runs := record.folder.path.parent) != Path("runs"):
        words += ["--runs", str(runs)]
    return shlex.join(words)


def _config(stage: str) -> type[DataclassInstance] | None:
    """The dataclass of a command's settings; None: there is no such command."""
    for module in (f"pyllm.train.{stage}_config", f"pyllm.train.{stage}"):
        try:
            found = getattr(importlib.import_module(module), f"{stage.capitalize()}Config", None)
        except (ImportError, ValueError):
            continue
        if found is not None:
            return typing.cast("type[DataclassInstance]", found)
    return None


def _options(config: type[DataclassInstance], table: Mapping[str, Any]) -> Iterator[str]:
    """The words for all settings that were given."""
    reasons = table.get(DERIVATION, {})
    types = typing.get_type_hints(config, include_extras=True)
    for field in dataclasses.fields(config):
        value, name = table.get(field.name), field.name
        derived = name in reasons and f": {GIVEN}" not in str(reasons[name]) and name != "steps"
        default = list(field.default) if isinstance(field.default, tuple) else field.default
        if value is None or derived or name in NOT_STORED or value == default or str(value) == str(default):
            continue
        if any(table.get(measured) is not None for measured in LENGTHS.get(name, ())):
            continue
        option = "--" + name.replace("_", "-")
        if isinstance(value, list):
            positional = any("Positional" in repr(one) for one in getattr(types[name], "__metadata__", ()))
            for one in value:
                yield from (str(one),) if positional else (option, str(one))
        elif isinstance(value, bool) and isinstance(field.default, bool):
            yield option if value else "--no-" + name.replace("_", "-")
        else:
            yield from (option, str(value))
