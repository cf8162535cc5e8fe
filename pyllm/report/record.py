"""What a run has written down, as its report needs it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyllm.train.best_of_n import BEST_OF_N
from pyllm.train.reward_model import CALIBRATION
from pyllm.train.run_folder import RunFolder

Lines = list[dict[str, Any]]

STAGES = (
    "pretrain",
    "sft",
    "dpo",
    "grpo",
    "imitation",
    "reward",
    "ppo",
    "overoptimisation",
)  # others follow, in the order of config.toml
NOT_STAGES = ("run", "model")  # tables of config.toml


@dataclass
class Part:
    """One part of a run's time, such as "tokenizer" or "sft": seconds by the clock, and tokens if it has any."""

    name: str
    seconds: float = 0.0
    tokens: int | None = None


@dataclass(frozen=True)
class Record:
    """A run's files, read.

    Attributes:
        folder: of the run.
        tables: of config.toml.
        lines: of metrics.jsonl, by stage; each has a step.
        examinations: of the files examination/STAGE.json, by stage.
        calibrations: of the files STAGE_calibration.json, by stage.
        best_of_n: of the files STAGE_best_of_n.json, by stage.
    """

    folder: RunFolder
    tables: Mapping[str, Any]
    lines: Mapping[str, Lines] = field(default_factory=dict)
    examinations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    calibrations: Mapping[str, Lines] = field(default_factory=dict)
    best_of_n: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: RunFolder) -> Record:
        """Reads a run's folder.

        Raises:
            OSError, ValueError: a file cannot be read, or is damaged.
        """
        lines: dict[str, Lines] = {}
        for line in folder.read_metrics():
            if isinstance(line, dict) and is_number(line.get("step")):
                lines.setdefault(str(line.get("stage")), []).append(line)
        examinations = {path.stem: _examination(path) for path in sorted((folder.path / "examination").glob("*.json"))}
        calibrations = dict(_of_stages(folder, CALIBRATION, _tables))
        best_of_n = dict(_of_stages(folder, BEST_OF_N, _baseline))
        return cls(folder, folder.read_tables(), lines, examinations, calibrations, best_of_n)

    @property
    def stages(self) -> list[str]:
        """Those that have settings and lines, in order."""
        others = [name for name in self.tables if name not in (*STAGES, *NOT_STAGES)]
        return [name for name in (*STAGES, *others) if name in self.tables and self.lines.get(name)]

    def parts(self) -> list[Part]:
        """What the run's time went into; several lines of one part, as of a run that was stopped, are added up."""
        parts: dict[str, Part] = {}
        for line in self.lines.get("run", ()):
            if isinstance(line.get("part"), str) and is_number(line.get("seconds")):
                part = parts.setdefault(line["part"], Part(line["part"]))
                part.seconds += line["seconds"]
                part.tokens = line["tokens"] if is_number(line.get("tokens")) else part.tokens
        for stage in self.stages:
            done = numbers(self.lines[stage], "tokens")
            if stage in parts and done:
                parts[stage].tokens = int(done[-1][1])
        return list(parts.values())

    def told(self, name: str, kind: type | tuple[type, ...]) -> Iterator[Any]:
        """The values of a name in the lines of the whole run and of pretraining, if they are of a kind."""
        for stage in ("run", "pretrain"):
            for line in self.lines.get(stage, ()):
                if isinstance(line.get(name), kind):
                    yield line[name]


def is_number(value: object) -> bool:
    """Whether a value of a JSON file is a number that one can plot and print."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")


def numbers(lines: Lines, name: str) -> list[tuple[float, float]]:
    """(step, value) of all lines that have a number of this name."""
    return [(line["step"], line[name]) for line in lines if is_number(line.get(name))]


def _of_stages(folder: RunFolder, name: str, read: Callable[[Path], Any]) -> Iterator[tuple[str, Any]]:
    """The stage and the content of each file of a name that has the stage in it."""
    ending = name.format("")
    for path in sorted(folder.path.glob(f"*{ending}")):
        yield path.name.removesuffix(ending), read(path)


def _tables(path: Path) -> Lines:
    return _checked_tables(path, _json(path))


def _baseline(path: Path) -> Mapping[str, Any]:
    found = _json(path)
    if not isinstance(found, dict):
        raise ValueError(f"{path} is damaged: it is not a table")
    return {**found, "best_of": _checked_tables(path, found.get("best_of"))}


def _checked_tables(path: Path, found: Any) -> Lines:
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError(f"{path} is damaged: it holds no list of tables")
    return found


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        raise ValueError(f"{path} is damaged: it is not JSON") from None


def _examination(path: Path) -> Mapping[str, Any]:
    found = _json(path)
    tasks, answers = (found.get("tasks"), found.get("answers", [])) if isinstance(found, dict) else (None, None)
    if not isinstance(tasks, dict) or not all(isinstance(one, dict) for one in tasks.values()):
        raise ValueError(f"{path} is damaged: it holds no table of tasks")
    if not isinstance(answers, list) or not all(isinstance(one, dict) for one in answers):
        raise ValueError(f"{path} is damaged: its answers are not a list of tables")
    return dict(found)
