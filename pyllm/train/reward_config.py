"""The settings of training a reward model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy

from pyllm.model import ModelConfig
from pyllm.train.losses import reward as reward_loss
from pyllm.train.preference_config import PairsConfig, PairsSubject, check_pairs

RATE = 2e-5  # of a model with 768 channels

CHANGEABLE: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class RewardSubject(PairsSubject):
    """What is learned from pairs; a class of its own so that these settings come first.

    Args:
        label_smoothing: the share of pairs taken to be the wrong way round.
        centre: keeps the scores of both answers near 0 (Eisenstein et al. 2023, https://arxiv.org/abs/2312.09244).
    """

    label_smoothing: float = 0.0
    centre: float = 0.01


@dataclass(frozen=True, kw_only=True)
class RewardConfig(PairsConfig, RewardSubject):
    """Settings of training a reward model."""

    name: str = "reward"

    @property
    def loss_settings(self) -> dict[str, Any]:
        """The arguments of losses.reward."""
        return {"label_smoothing": self.label_smoothing, "centre": self.centre}


def check_settings(config: RewardConfig, model: ModelConfig) -> None:
    """Refuses what cannot do, before any data are read.

    Raises:
        ValueError: a setting is out of range, contradicts another one, or is missing.
    """
    check_pairs(config, model)
    reward_loss(numpy.zeros((2, 1)), numpy.zeros(2, int), **config.loss_settings)  # refuses what it does not take
