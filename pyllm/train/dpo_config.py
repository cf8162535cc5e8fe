"""The settings of direct preference optimization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy

from pyllm.model import ModelConfig
from pyllm.train.losses import dpo as dpo_loss
from pyllm.train.preference_config import PairsConfig, PairsSubject, check_pairs

RATE = 2e-5  # of a model with 768 channels

CHANGEABLE = frozenset(("sample_tokens",))


@dataclass(frozen=True, kw_only=True)
class DpoSubject(PairsSubject):
    """What is learned from pairs; a class of its own so that these settings come first.

    Args:
        beta: the smaller, the farther the model may go from the reference.
        loss: "sigmoid" (Rafailov et al. 2023) or "ipo" (Azar et al. 2023, https://arxiv.org/abs/2310.12036).
        label_smoothing: the share of pairs taken to be the wrong way round, with the loss "sigmoid".
    """

    beta: float = 0.1
    loss: Literal["sigmoid", "ipo"] = "sigmoid"
    label_smoothing: float = 0.0


@dataclass(frozen=True, kw_only=True)
class DpoConfig(PairsConfig, DpoSubject):
    """Settings of direct preference optimization.

    Args:
        sample_tokens: of an answer in a sample, the most; 0: no samples.
    """

    name: str = "dpo"
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
    check_pairs(config, model)
    if config.sample_tokens < 0:
        raise ValueError(f"sample_tokens must be at least 0, got {config.sample_tokens}")
    pair = numpy.full((2, 1), -1.0)  # on which the loss refuses what it does not take
    dpo_loss(pair, pair, numpy.ones((2, 1)), **config.loss_settings)
