"""Reinforcement learning on answers that can be checked: GRPO (Shao et al. 2024, DeepSeekMath, algorithm 1) and kin.

A step: the model answers a few prompts many times; a judge gives each answer a reward; what is better than the prompt's
other answers becomes likelier, what is worse becomes less likely.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy

from pyllm.engine import Engine
from pyllm.model import GPT
from pyllm.model.folders import load
from pyllm.progress import is_wanted
from pyllm.tasks.rewards import Reward
from pyllm.train import losses
from pyllm.train.grpo_config import (
    CHANGEABLE,
    GrpoConfig,
    check,
    derive_settings,
    practice_of,
    rollout_settings,
    with_absolute_reward,
)
from pyllm.train.held_out_answers import held_out_answers
from pyllm.train.loop import Stage
from pyllm.train.losses import Loss
from pyllm.train.practice import Practice
from pyllm.train.result import Result
from pyllm.train.rollout_batches import RolloutBatch
from pyllm.train.rollouts import Rollouts
from pyllm.train.run_folder import RunFolder
from pyllm.train.training_config import Derivation, make_optimizer
from pyllm.train.tuning import alone, begin, finish, settle, store_model

Array = numpy.ndarray[Any, numpy.dtype[Any]]

NAME = "grpo"
REFERENCE = "grpo_reference"  # in the run's folder: the model that it began with
ZERO = 1e-6  # a loss that is a mean of advantages of zero mean, but for rounding
ZERO_LOSS = "the loss is 0 at the first step because the advantages have zero mean; the gradient is not"
NO_GRADIENT = (
    "all answers to each prompt have the same reward at the first step: nothing can be learned from them. Where it "
    "stays so, the problems are too hard or too easy for this model"
)
NOTHING_TO_IMITATE = "no answer of the first step has a reward of at least least_reward: there is nothing to imitate"


def grpo(config: GrpoConfig, reward: Reward | None = None) -> Result:
    """Trains a model on answers that it gives itself; leaves all there is to know in RUNS/NAME.

    Args:
        config: the settings.
        reward: with config.data: reward(prompts, completions, **columns) -> list[float], in place of config.reward.
            A run that goes on needs it again.

    Raises:
        OSError: a file is not there, or cannot be read or written; the run exists already.
        ValueError: a setting or a file is not what it should be; the reward function fails, see
            pyllm.train.practice.
        NonFiniteError: the loss or the gradient is not finite; see pyllm.train.loop.
    """

    def inside(folder: RunFolder, config: GrpoConfig, command: str) -> Result:
        return grpo_in(folder, config, command, reward=reward)

    if not config.resume:
        check(config, reward)
    return alone(config, "pyllm grpo", inside)


def grpo_in(
    folder: RunFolder, config: GrpoConfig, command: str, start: Path | None = None, reward: Reward | None = None
) -> Result:
    """The stage, in a run's folder that is held.

    Args:
        folder: of a new run, or of one to go on with.
        config: as it was given.
        command: what goes on with the run when its name and --resume are added.
        start: the folder of the model to begin with, in place of config.model.
        reward: see grpo.
    """
    begun = begin(folder, NAME, with_absolute_reward(config), CHANGEABLE, start)
    check(begun.config, reward)
    derive = Derivation(begun.config)
    derive_settings(begun.config, derive, begun.model.cfg)
    config = settle(folder, begun, derive)
    model, tok = begun.model, begun.tokenizer
    if begun.checkpoint is None:
        store_model(folder, REFERENCE, model)
    reference = load(folder.path / REFERENCE, trainable=False)

    def tell(text: str) -> None:
        if is_wanted(config.progress):
            print(f"{NAME}: {text}", file=sys.stderr, flush=True)

    engine, practice = Engine(model, tok), practice_of(config, reward)
    rollouts = Rollouts(engine, tok, model.cfg, practice, rollout_settings(config), advantages_of(config), tell)
    stage = Stage(
        name=NAME,
        model=model,
        optimizer=make_optimizer(config, model),
        batches=rollouts,
        loss=_Learning(config, model, reference, tell if begun.checkpoint is None else None),
        learning_rate=config.rate,
        evaluate=_examination(config, engine, rollouts, practice, reference),
        sample=lambda step: rollouts.shown(),
        tokenizer=tok,
        headline="reward",
    )
    return finish(folder, stage, config, begun, command, config.micro_batches or 1)


def advantages_of(config: GrpoConfig) -> Callable[[Array, float], Array]:
    """From rewards (P, n), and the mean of those of earlier sets, to advantages (P, n)."""
    if config.algorithm == "grpo":
        return lambda rewards, before: losses.group_advantages(rewards, scale=config.scale_advantages)
    if config.algorithm == "rloo":
        return lambda rewards, before: losses.leave_one_out_advantages(rewards)
    if config.algorithm == "reinforce":
        running = config.baseline == "running"
        return lambda rewards, before: rewards - (before if running else rewards.mean())

    def best(rewards: Array, before: float) -> Array:
        """1 for the best answers to a prompt, where they are good enough; NaN for the others."""
        chosen = (rewards == rewards.max(axis=1, keepdims=True)) & (rewards >= config.least_reward)
        return numpy.where(chosen, 1.0, math.nan)

    return best


class _Learning:
    """From a micro-batch to its share of the loss, with its gradients added to the model's."""

    def __init__(self, config: GrpoConfig, model: GPT, reference: GPT, tell: Callable[[str], None] | None) -> None:
        self.config, self.model, self.reference = config, model, reference
        self._tell = tell  # until the first step is over
        self._done, self._loss, self._signal = 0, 0.0, False  # of the step: micro-batches, loss, any advantage
        self._most: dict[str, float] = {}  # of the step

    def __call__(self, batch: RolloutBatch, denominator: float) -> tuple[float, None, dict[str, float]]:
        start = time.perf_counter()
        metrics, share = dict(batch.metrics), 0.0
        if len(batch.advantages):
            logprobs = batch.gathered(self.model.forward(batch.tokens, batch.targets, batch.segments))
            share, gradients, more = self._loss_of(batch, logprobs, denominator)
            self.model.backward(batch.scattered(gradients["dlogprobs"]))
            metrics |= more | self._distance(logprobs - batch.old_logprobs, batch.mask)
        metrics["learned_tokens"] = float(batch.mask.sum())
        metrics["training_seconds"] = time.perf_counter() - start
        self._count(batch, share)
        return share, None, metrics

    def _loss_of(self, batch: RolloutBatch, logprobs: Array, denominator: float) -> Loss:
        config = self.config
        if config.algorithm == "rejection":
            return losses.sft(logprobs, batch.mask, denominator)
        if config.algorithm != "grpo":
            return losses.reinforce(logprobs, batch.mask, batch.advantages, denominator)
        if config.kl and batch.reference_logprobs is None:
            scores = self.reference.score(batch.tokens, batch.targets, batch.segments).logprobs
            assert scores is not None
            batch.reference_logprobs = batch.gathered(scores)
        return losses.grpo(
            logprobs,
            # Fresh samples are the model's own: their ratio is 1 exactly, whatever rounding does.
            batch.old_logprobs if config.updates_per_rollout > 1 else None,
            batch.mask,
            batch.advantages,
            clip=config.clip,
            clip_high=config.clip_high,
            kl=config.kl,
            reference_logprobs=batch.reference_logprobs,
            normaliser=config.normaliser,
            constant=float(config.max_new_tokens or 1) if config.normaliser == "constant" else None,
            denominator=denominator,
        )

    def _distance(self, beyond: Array, mask: Array) -> dict[str, float]:
        """The greatest ratio of the model to the one that sampled; of fresh samples: how far rounding took them apart.

        What the loop, which adds up, must add for the greatest over the step's micro-batches.
        """
        if self.config.updates_per_rollout > 1:
            name, value = "ratio_max", math.exp(min(700.0, beyond.max(where=mask, initial=-math.inf)))
        else:
            name, value = "engine_difference", float(numpy.abs(beyond).max(where=mask, initial=0.0))
        before = self._most.get(name, 0.0)
        self._most[name] = max(before, value)
        return {name: self._most[name] - before}

    def _count(self, batch: RolloutBatch, share: float) -> None:
        """Counts micro-batches; at the end of the first step, explains a loss that looks wrong."""
        self._done, self._loss = self._done + 1, self._loss + share
        self._signal |= bool(batch.advantages.any())
        if self._done < (self.config.micro_batches or 1):
            return
        if self._tell is not None and not self._signal:
            self._tell(NO_GRADIENT if self.config.algorithm != "rejection" else NOTHING_TO_IMITATE)
        elif self._tell is not None and abs(self._loss) < ZERO:
            self._tell(ZERO_LOSS)
        self._tell, self._done, self._loss, self._signal, self._most = None, 0, 0.0, False, {}


def _examination(
    config: GrpoConfig, engine: Engine, rollouts: Rollouts, practice: Practice, reference: GPT
) -> Callable[[bool, Callable[[str], None]], dict[str, float]]:
    """What the stage evaluates: answers to held-out problems, and how far the model has gone from where it began."""
    assert config.max_new_tokens
    answers = held_out_answers(
        practice, engine, rollouts.tok, rollouts.cfg, config.evaluate_problems, config.max_new_tokens
    )

    def evaluate(last: bool, show: Callable[[str], None]) -> dict[str, float]:
        show("answering held-out problems")
        figures = answers()
        if rollouts.rollouts:
            show("measuring the divergence from the first model")
            figures["kl_to_reference"] = rollouts.divergence(reference)
        return figures

    return evaluate
