"""The settings that all stages share which learn from preferences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from tyro.conf import UseAppendAction

from pyllm.model import ModelConfig
from pyllm.options import OptionalFloat, OptionalInt
from pyllm.train.training_config import Derivation, check_positive
from pyllm.train.tuning import TuningConfig

PAIRS_AN_UPDATE = 16
MOST_TOKENS_AT_ONCE = 4096  # in a micro-batch: more would cost memory and gain no speed


@dataclass(frozen=True, kw_only=True)
class PairsSubject:
    """What pairs there are, and how they are gone through; a class of its own so that these settings come first.

    Args:
        data: preferences: JSON lines {"prompt", "chosen", "rejected"}, or chosen and rejected transcripts, ...; may be
            given several times. See the README, or pyllm.tasks.files.
        validation_data: files of the same kind to evaluate on; may be given several times. Default: some of the data.
        validation_fraction: the share of the prompts that is kept for that; 0: nothing. Default: a tenth, but at most
            500 prompts.
        epochs: how often all pairs are gone through; this or steps say how long the stage is. Default: once.
        batch_size: pairs in a micro-batch.
        micro_batches: for one update.
        context: the most tokens of a prompt and an answer; longer prompts lose their oldest turns. Default: the
            model's.
    """

    data: UseAppendAction[tuple[Path, ...]] = ()
    validation_data: UseAppendAction[tuple[Path, ...]] = ()
    validation_fraction: OptionalFloat = None
    epochs: OptionalFloat = None
    batch_size: OptionalInt = None
    micro_batches: OptionalInt = None
    context: OptionalInt = None


@dataclass(frozen=True, kw_only=True)
class PairsConfig(TuningConfig, PairsSubject):
    """Settings of all stages that learn from preferences."""

    weight_decay: float = 0.0


def check_pairs(config: PairsConfig, model: ModelConfig) -> None:
    """Refuses what cannot do, before any data are read.

    Raises:
        ValueError: a setting is out of range, contradicts another one, or is missing.
    """
    if not config.data:
        raise ValueError("there is nothing to learn from: give a file of preferences as data")
    check_positive(config, ("steps", "epochs", "batch_size", "micro_batches", "context"))
    if config.epochs is not None and config.steps is not None:
        raise ValueError("give only one of steps and epochs")
    if config.context is not None and config.context > model.context:
        raise ValueError(f"context must be at most the model's {model.context}, got {config.context}")
    fraction = config.validation_fraction
    if fraction is not None and not 0 <= fraction < 1:
        raise ValueError(f"validation_fraction must be at least 0 and below 1, got {fraction}")


def derive_length(
    derive: Derivation, config: PairsConfig, model: ModelConfig, pairs: int, longest: int, rate_of_768: float
) -> None:
    """Adds what follows from the number of pairs to train on, and from the tokens of the longest.

    Args:
        derive: the settings so far.
        config: as given.
        model: that is trained.
        pairs: to train on.
        longest: the most tokens of a row.
        rate_of_768: the learning rate for 768 channels.
    """
    most = max(1, MOST_TOKENS_AT_ONCE // (2 * longest))
    at_once = derive(
        "batch_size",
        min(most, PAIRS_AN_UPDATE),
        f"pairs of 2 rows of up to {longest} tokens, at most {MOST_TOKENS_AT_ONCE} at once",
    )
    wanted = max(1, PAIRS_AN_UPDATE // at_once) if config.batch_size is None else 1
    reason = f"about {PAIRS_AN_UPDATE} pairs an update" if config.batch_size is None else "batch_size is given"
    an_update = at_once * derive("micro_batches", wanted, reason)
    epochs = 1.0 if config.epochs is None else config.epochs
    steps = derive("steps", math.ceil(epochs * pairs / an_update), f"{epochs:g} times {pairs} pairs")
    rate = float(f"{rate_of_768 * math.sqrt(768 / model.n_embd):.2g}")
    derive.with_lr(rate, f"{rate_of_768:f}".rstrip("0") + " sqrt(768 / n_embd)", an_update * 2 * longest)
    derive.with_steps(steps)
