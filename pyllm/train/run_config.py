"""The settings of the whole way, `pyllm run`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tyro.conf import UseAppendAction

from pyllm.files import file_size
from pyllm.model import ModelConfig
from pyllm.options import OptionalFloat, OptionalInt, OptionalSwitch, OptionalText
from pyllm.tokenizer import SPECIAL_TOKENS
from pyllm.train.pretrain_config import PretrainConfig
from pyllm.train.recipe import MEGABYTES
from pyllm.train.run_folder import RunFolder
from pyllm.train.training_config import MOST

MOST_MEGABYTES = 100_000
StopAfter = Literal[
    "crawl",
    "documents",
    "tokenizer",
    "tokens",
    "pretrain",
    "sft",
    "grpo",
    "imitation",
    "preferences",
    "reward",
    "ppo",
    "overoptimisation",
]
SMALLEST_VOCABULARY = 256 + len(SPECIAL_TOKENS)
LENGTHS = ("pretrain_tokens", "sft_steps", "grpo_steps", "preference_prompts", "ppo_steps")


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Settings of the whole way; each stage has a command with many more of its own.

    Args:
        text: a text file to train on as it is; may be given several times.
        warc: web pages to make text of: WARC files, or whatever `pyllm data run` reads; may be given several times.
            Default, without a text: the small internet, which is made for the run.
        megabytes: of clean text in the small internet, about. Default: 20; with minutes, what they have time for.
        name: of the run; it lives in RUNS/NAME. Default: the first text's or the first crawl's, or "miniweb".
        runs: the folder of all runs.
        depth: the dial: the number of layers, from which the rest of the model follows.
        minutes: how long all of it may take, about: the lengths of the stages are measured, once, and written into
            config.toml. Default: fixed lengths, so that the same seed gives the same bits.
        pretrain_tokens: that the base model is trained on; 8 million, unless minutes are given.
        sft_steps: updates of supervised fine-tuning.
        grpo_steps: updates of reinforcement learning; imitation, beside it, has the same compute.
        preference_prompts: whose answers are judged, for the reward model to learn from.
        ppo_steps: updates of PPO; when it is pushed on to see how a reward model is gamed, 0.4 times as many follow.
        vocab_size: ids of the tokenizer; default: what the depth asks for, and less for a short text.
        context: tokens that the model sees at once; default: what the depth asks for.
        stop_after: the last part to do.
        seed: of everything that is random.
        threads: default: all cores given to the process.
        resume: go on with the run of that name, where it stopped; all other settings are those it was begun with, but
            for stop_after.
        progress: show progress; default: on a terminal or in a notebook.
    """

    text: UseAppendAction[tuple[Path, ...]] = ()
    warc: UseAppendAction[tuple[str, ...]] = ()
    megabytes: OptionalFloat = None
    name: OptionalText = None
    runs: Path = Path("runs")
    depth: int = 3
    minutes: OptionalFloat = None
    pretrain_tokens: OptionalInt = None
    sft_steps: OptionalInt = None
    grpo_steps: OptionalInt = None
    preference_prompts: OptionalInt = None
    ppo_steps: OptionalInt = None
    vocab_size: OptionalInt = None
    context: OptionalInt = None
    stop_after: StopAfter | None = None
    seed: int = 0
    threads: OptionalInt = None
    resume: bool = False
    progress: OptionalSwitch = None

    @property
    def run_name(self) -> str:
        """The name given, or the default."""
        if self.name is not None:
            return self.name
        if self.text:
            return self.text[0].stem
        return Path(self.warc[0]).name.partition(".")[0].strip("*?") or "crawl" if self.warc else "miniweb"

    @property
    def folder(self) -> RunFolder:
        """Where the run lives. Raises as PretrainConfig.folder does."""
        return PretrainConfig(name=self.run_name, runs=self.runs).folder

    @property
    def options(self) -> str:
        """What names the run on the command line."""
        return PretrainConfig(name=self.run_name, runs=self.runs).options


def check(config: RunConfig) -> None:
    """Looks at the settings and the texts before anything is made.

    Raises:
        OSError: a text is not there.
        ValueError: a setting is out of range or contradicts another one.
    """
    for path in config.text:
        if not file_size(path):
            raise ValueError(f"{path} is empty")
    if config.text and config.warc:
        raise ValueError("text and warc exclude each other: give either text or web pages")
    if config.megabytes is not None and not 0 < config.megabytes <= MOST_MEGABYTES:
        raise ValueError(f"megabytes must be above 0, up to {MOST_MEGABYTES:,}, got {config.megabytes}")
    if config.megabytes is not None and (config.text or config.warc):
        raise ValueError("megabytes are of the small internet: leave them out where text or web pages are given")
    for name in ("minutes", *LENGTHS):
        value = getattr(config, name)
        if value is not None and not 0 < value <= MOST:
            raise ValueError(f"{name} must be above 0, up to {MOST:,}, got {value}")
    ModelConfig.derive(config.depth)
    if config.vocab_size is not None and config.vocab_size < SMALLEST_VOCABULARY:
        raise ValueError(
            f"vocab_size must be at least {SMALLEST_VOCABULARY}, 256 bytes and {len(SPECIAL_TOKENS)} special tokens, "
            f"got {config.vocab_size}"
        )
    check_stop(config)


def check_stop(config: RunConfig) -> None:
    """Refuses to stop after a part that the run does not have.

    Raises:
        ValueError: says which.
    """
    if config.text and config.stop_after in ("crawl", "documents", "tokens"):
        raise ValueError(f"stop_after is {config.stop_after}, a part that a run on text does not have")
    if config.warc and config.stop_after == "crawl":
        raise ValueError("stop_after is crawl, a part that a run on web pages of yours does not have")


def megabytes_of(config: RunConfig) -> float:
    """The size of its small internet, by default."""
    return MEGABYTES if config.megabytes is None else config.megabytes
