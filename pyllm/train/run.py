"""The whole way from a text to a model that one can sample from, in one folder: the main job.

Today: a tokenizer, then pretraining. Each part is skipped when its files are there, so that a run that was stopped
anywhere goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tyro.conf import UseAppendAction

from pyllm.data.python_text import python_text
from pyllm.files import file_size, write_whole
from pyllm.model import ModelConfig
from pyllm.tokenizer import SPECIAL_TOKENS, Tokenizer
from pyllm.train.pretrain import pretrain_in
from pyllm.train.pretrain_config import (
    NOT_STORED,
    OptionalFloat,
    OptionalInt,
    OptionalSwitch,
    OptionalText,
    PretrainConfig,
    check_settings,
)
from pyllm.train.result import Result
from pyllm.train.run_folder import RunFolder, going_on, table_of

NAME = "run"
MINUTES = 2.0
PYTHON_BYTES = 12_000_000  # more than two minutes see: nothing is seen twice
BYTES_A_MERGE = 1000  # of text: a merge that few places use teaches the model little


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Settings of the whole way; `pyllm pretrain` has many more for its part.

    Args:
        text: a text file; may be given several times. Default: the text that every Python carries, help and source.
        name: of the run; it lives in RUNS/NAME. Default: the first text's, or "python".
        runs: the folder of all runs.
        depth: the dial: the number of layers, from which the rest of the model and of training follows.
        minutes: how long pretraining may take, about, with evaluation, samples and checkpoints; default: 2, unless
            steps or tokens are given.
        steps: updates, instead of minutes.
        tokens: to train on, instead of minutes.
        vocab_size: ids of the tokenizer; default: what the depth asks for, and less for a short text.
        context: tokens that the model sees at once; default: what the depth asks for.
        optimizer: "adamw", or "muon" for the matrices of the blocks, with AdamW for the rest.
        sample_prompt: what samples go on from.
        seed: of everything that is random.
        threads: default: all cores given to the process.
        resume: go on with the run of that name; all other settings are those it was begun with, but for steps: with
            more of them, a run that is complete goes on, at the learning rates of the longer schedule.
        from_step: with resume: from the checkpoint of this step instead of the last; later ones are set aside.
        progress: show progress; default: on a terminal or in a notebook.
    """

    text: UseAppendAction[tuple[Path, ...]] = ()
    name: OptionalText = None
    runs: Path = Path("runs")
    depth: int = 3
    minutes: OptionalFloat = None
    steps: OptionalInt = None
    tokens: OptionalInt = None
    vocab_size: OptionalInt = None
    context: OptionalInt = None
    optimizer: Literal["adamw", "muon"] = "adamw"
    sample_prompt: OptionalText = None
    seed: int = 0
    threads: OptionalInt = None
    resume: bool = False
    from_step: OptionalInt = None
    progress: OptionalSwitch = None

    @property
    def run_name(self) -> str:
        """The name given, or the default."""
        if self.name is not None:
            return self.name
        return self.text[0].stem if self.text else "python"

    @property
    def folder(self) -> RunFolder:
        """Where the run lives. Raises as PretrainConfig.folder does."""
        return PretrainConfig(name=self.run_name, runs=self.runs).folder


def run(config: RunConfig) -> Result:
    """Trains a tokenizer on a text, and a model on its tokens; leaves all there is to know in RUNS/NAME.

    Raises:
        OSError, ValueError, NonFiniteError: as pretrain does.
    """
    for path in config.text:
        if not file_size(path):
            raise ValueError(f"{path} is empty")
    folder = config.folder
    with folder.at_work(config.resume):
        pretraining = _pretraining(folder, config)
        check_settings(pretraining)
        config = replace(config, text=tuple(path.absolute() for path in config.text))
        if NAME in (tables := folder.read_tables()):
            stored = {**tables[NAME], "text": tuple(map(Path, tables[NAME]["text"]))}
            config = going_on(RunConfig(**stored), config, NOT_STORED, frozenset(("steps", "threads")))
        else:
            if not config.text:
                config = replace(config, text=(_python_text(folder).absolute(),))
            folder.write_config(NAME, {k: v for k, v in table_of(config).items() if k not in NOT_STORED})
        _train_tokenizer(folder, config)
        if "pretrain" not in tables:
            pretraining = _pretraining(folder, config)
        return pretrain_in(folder, pretraining, "pyllm run")


def _python_text(folder: RunFolder) -> Path:
    """The beginning of the text that every Python carries, as a file in the run's folder."""
    path, content = folder.path / "text.txt", b""
    for part in python_text():
        content += part + b"\n\n"
        if len(content) >= PYTHON_BYTES:
            break
    write_whole(path, content)
    return path


def _train_tokenizer(folder: RunFolder, config: RunConfig) -> None:
    if folder.tokenizer.exists():
        return
    smallest = 256 + len(SPECIAL_TOKENS)
    wanted, size = ModelConfig.derive(config.depth)[0].vocab_size, sum(map(file_size, config.text))
    vocab_size = config.vocab_size or min(wanted, smallest + size // BYTES_A_MERGE)
    tokenizer = Tokenizer.train(
        list(config.text), vocab_size, special_tokens=SPECIAL_TOKENS, threads=config.threads, progress=config.progress
    )
    tokenizer.save(folder.tokenizer)


def _pretraining(folder: RunFolder, config: RunConfig) -> PretrainConfig:
    """The settings of its pretraining; for one that has begun, those that are not stored or may change."""
    ours: dict[str, Any] = {
        name: getattr(config, name) for name in ("runs", "threads", "resume", "from_step", "progress")
    }
    ours["name"] = config.run_name
    if "pretrain" in folder.read_tables():
        return PretrainConfig(steps=config.steps, **ours)
    minutes = MINUTES if config.minutes is None and config.steps is None and config.tokens is None else config.minutes
    return PretrainConfig(
        data=config.text,
        tokenizer=folder.tokenizer,
        depth=config.depth,
        minutes=minutes,
        steps=config.steps,
        tokens=config.tokens,
        context=config.context,
        optimizer=config.optimizer,
        sample_prompt=config.sample_prompt,
        seed=config.seed,
        **ours,
    )
