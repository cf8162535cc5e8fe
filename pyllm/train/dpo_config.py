"""The settings of direct preference optimization."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy
from tyro.conf import UseAppendAction

from pyllm.model import ModelConfig
from pyllm.options import OptionalFloat, OptionalInt
from pyllm.train.losses import dpo as dpo_loss
from pyllm.train.training_config import Derivation, check_positive
from pyllm.train.tuning import TuningConfig

PAIRS_AN_UPDATE = 16
MOST_TOKENS_AT_ONCE = 4096  # in a micro-batch: more would cost memory and gain no speed

CHANGEABLE = frozenset(("sample_tokens",))


@dataclass(frozen=True, kw_only=True)
class DpoSubject:
    """What is learned from pairs; a class of its own so that these settings come first.

    Args:
        data: preferences: JSON lines {"prompt", "chosen", "rejected"}, or chosen and rejected transcripts, ...; may be
            given several times. See the README, or pyllm.tasks.files.
        validation_data: files of the same kind to evaluate on; may be given several times. Default: some of the data.
        validation_fraction: the share of the prompts that is kept for that; 0: nothing. Default: a tenth, but at most
            500 prompts.
        beta: the smaller, the farther the model may go from the reference.
        loss: "sigmoid" (Rafailov et al. 2023) or "ipo" (Azar et al. 2023, https://arxiv.org/abs/2310.12036).
        label_smoothing: the share of pairs taken to be the wrong way round, with the loss "sigmoid".
        epochs: how often all pairs are gone through; this or steps say how long the stage is. Default: once.
        batch_size: pairs in a micro-batch.
        micro_batches: for one update.
        context: the most tokens of a prompt and an answer; longer prompts lose their oldest turns. Default: the
            model's.
    """

    data: UseAppendAction[tuple[Path, ...]] = ()
    validation_data: UseAppendAction[tuple[Path, ...]] = ()
    validation_fraction: OptionalFloat = None
    beta: float = 0.1
    loss: Literal["sigmoid", "ipo"] = "sigmoid"
    label_smoothing: float = 0.0
    epochs: OptionalFloat = None
    batch_size: OptionalInt = None
    micro_batches: OptionalInt = None
    context: OptionalInt = None


@dataclass(frozen=True, kw_only=True)
class DpoConfig(TuningConfig, DpoSubject):
    """Settings of direct preference optimization.

    Args:
        sample_tokens: of an answer in a sample, the most; 0: no samples.
    """

    name: str = "dpo"
    weight_decay: float = 0.0
    sample_tokens: int = 100

    @property
    def loss_settings(self) -> dict[str, Any]:
        """The arguments of losses.dpo."""
        return {"beta": self.beta, "kind": self.loss, "label_smoothing": self.label_smoothing}


def check_settings(config: DpoConfig, model: ModelConfig) -> None:
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
    if config.sample_tokens < 0:
        raise ValueError(f"sample_tokens must be at least 0, got {config.sample_tokens}")
    pair = numpy.full((2, 1), -1.0)  # on which the loss refuses what it does not take
    dpo_loss(pair, pair, numpy.ones((2, 1)), **config.loss_settings)


def derive_length(derive: Derivation, config: DpoConfig, model: ModelConfig, pairs: int, longest: int) -> None:
    """Adds what follows from the number of pairs to train on, and from the tokens of the longest."""
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
    rate = float(f"{2e-5 * math.sqrt(768 / model.n_embd):.2g}")
    derive.with_lr(rate, "0.00002 sqrt(768 / n_embd)", an_update * 2 * longest)
    derive.with_steps(steps)
