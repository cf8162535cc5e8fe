"""What the stages behind pretraining share: they begin with a model that is there, and turn it into another one.

A stage is two functions. `x(config)` works in a folder of its own, RUNS/NAME; `x_in(folder, config, command, start)`
in one that is held, for `pyllm run`, whose stages share a folder. The second is

    begun = begin(folder, NAME, config, CHANGEABLE, start)
    derive = Derivation(begun.config)
    ...                                 # what the stage's settings follow from
    config = settle(folder, begun, derive)
    return finish(folder, Stage(...), config, begun, command)
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Generic

from pyllm import checkpoint
from pyllm.chat import with_chat_tokens
from pyllm.checkpoint import Checkpoint
from pyllm.model import GPT
from pyllm.options import OptionalPath
from pyllm.threads import set_num_threads
from pyllm.tokenizer import Tokenizer
from pyllm.train.loop import Stage, train
from pyllm.train.result import Result, result_of
from pyllm.train.run_folder import RunFolder, Table
from pyllm.train.trained_models import model_folder, open_model
from pyllm.train.training_config import (
    AnyConfig,
    Derivation,
    TrainingConfig,
    check_resolved,
    check_start,
    loop_settings,
    read_settings,
    write_settings,
)

COMMANDS = (
    "sft",
    "dpo",
    "reward",
    "grpo",
)  # stages that are commands, too: each goes on with any run that has such a stage


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """What a stage begins with; a class of its own so that these settings come before those of training.

    Args:
        model: what to begin with: a run's folder (the last checkpoint of its last stage), a checkpoint, or the folder
            of a GPT-2 or Llama as Hugging Face has it.
        tokenizer: a tokenizer.json; default: the one in the model's folder.
    """

    model: OptionalPath = None
    tokenizer: OptionalPath = None


@dataclass(frozen=True, kw_only=True)
class TuningConfig(TrainingConfig, Beginning):
    """Settings of all stages behind pretraining."""


@dataclass(frozen=True)
class Begun(Generic[AnyConfig]):
    """What a stage has before its first step.

    Attributes:
        stage: its name.
        config: as given, or those that it was begun with.
        reasons: why derived settings are what they are; None: they are not derived yet.
        model: trainable, with the special tokens of conversations.
        tokenizer: the model's, with them as well.
        first_tokenizer: the one that the model came with; None: the stage has begun before.
        checkpoint: of this stage, that the model is from; None: the stage is at its beginning.
    """

    stage: str
    config: AnyConfig
    reasons: Table | None
    model: GPT
    tokenizer: Tokenizer
    first_tokenizer: Tokenizer | None
    checkpoint: Checkpoint | None


def alone(config: AnyConfig, command: str, inside: Callable[[RunFolder, AnyConfig, str], Result]) -> Result:
    """Runs a stage, given by its x_in, in a folder of its own, and writes its report.

    Raises:
        OSError: a file is not there, or cannot be read or written; the run exists already.
        ValueError: a setting or a file is not what it should be.
        NonFiniteError: the loss or the gradient is not finite; see pyllm.train.loop.
    """
    from pyllm.report import write_report

    with config.folder.at_work(config.resume):
        result = inside(config.folder, config, command)
        return result if result.stopped_by else replace(result, report=write_report(config.folder))


def begin(
    folder: RunFolder,
    stage: str,
    config: AnyConfig,
    changeable: Collection[str] = (),
    start: Path | None = None,
    value_head: bool = False,
) -> Begun[AnyConfig]:
    """Reads what a stage begins or goes on with; writes its settings into config.toml.

    Args:
        folder: of the run, made and held.
        stage: its name.
        config: a TuningConfig, as it was given.
        changeable: settings of the stage that a run that goes on may be given anew, beside those of all stages.
        start: the model's folder to begin with, in place of config.model.
        value_head: the model has one, or gets one, of zeros.

    Raises:
        OSError, ValueError: a setting or a file is not what it should be, or there is no model.
    """
    assert isinstance(config, TuningConfig)
    config, reasons = _with_absolute_paths(config), None
    stored = read_settings(folder, stage, config, changeable)
    if stored is not None:
        config, reasons = stored
    check_start(config)
    if config.threads is not None:
        set_num_threads(config.threads)
    came_from = None
    if checkpoint.found(folder.checkpoints, stage) or config.from_step is not None:
        came_from, _ = checkpoint.newest(folder.checkpoints, stage, config.from_step)
        source, tokenizer = came_from.path, None
    else:
        if start is None and config.model is None:
            raise ValueError("there is nothing to begin with: give a model, such as the folder of a run")
        source, tokenizer = start or model_folder(config.model), config.tokenizer
    model, first_tokenizer = open_model(source, tokenizer, chat=False, value_head=value_head)
    tok = with_chat_tokens(model, first_tokenizer)
    if came_from is not None:
        checkpoint.set_aside_after(folder.checkpoints, stage, came_from.step)
    if stored is None:
        write_settings(folder, stage, config, None)
    return Begun(stage, config, reasons, model, tok, None if came_from else first_tokenizer, came_from)


def settle(folder: RunFolder, begun: Begun[AnyConfig], derive: Derivation) -> AnyConfig:
    """The settings with all that was derived, checked and stored.

    Raises:
        ValueError: a setting is out of range or contradicts another one.
    """
    config = replace(begun.config, **derive.values)
    check_resolved(config)
    reasons = begun.reasons or {one.name: f"{one.value}: {one.reason}" for one in derive.reasons}
    write_settings(folder, begun.stage, config, reasons)
    return config


def finish(
    folder: RunFolder, stage: Stage, config: TrainingConfig, begun: Begun[Any], command: str, micro_batches: int = 1
) -> Result:
    """Trains a stage to its end.

    Args:
        folder: of the run, held.
        stage: all of it but for what its messages tell to type.
        config: settled.
        begun: what it goes on with.
        command: what goes on with the run when its name and --resume are added.
        micro_batches: for one update.

    Raises:
        OSError, ValueError, NonFiniteError: as pyllm.train.loop.train does.
    """
    stage.go_on = f"{command} {config.options} --resume"
    if stage.name in COMMANDS:
        stage.go_on_slower = f"pyllm {stage.name} {config.options} --resume --lr {(config.lr or 0) / 3:.2g}"
    outcome = train(stage, loop_settings(config, micro_batches), folder, begun.checkpoint)
    return result_of(folder, stage.name, outcome, None)


def store_model(folder: RunFolder, name: str, model: GPT) -> None:
    """Keeps a model as it is now in the run's folder: where it came from may be gone when the run goes on."""
    temporary = folder.path / f".{name}.tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    model.save(temporary)
    shutil.rmtree(folder.path / name, ignore_errors=True)
    temporary.rename(folder.path / name)


def _with_absolute_paths(config: AnyConfig) -> AnyConfig:
    """The settings with files that are found from any folder."""

    def absolute(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(absolute, value))
        return value.absolute() if isinstance(value, Path) else value

    return replace(
        config, **{one.name: absolute(getattr(config, one.name)) for one in fields(config) if one.name != "runs"}
    )
