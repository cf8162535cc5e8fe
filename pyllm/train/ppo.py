"""PPO against a reward model, as InstructGPT does it (Ouyang et al. 2022; Schulman et al. 2017).

A set of answers is sampled; the reward model scores each; a critic, which began as the reward model, says of each token
what it expected, and the model learns from what went better or worse than that, several times over, without going too
far from the model that sampled them (the clip) nor from the one that it began with (the divergence in the rewards).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from pyllm.engine import Engine
from pyllm.files import write_whole
from pyllm.model import GPT
from pyllm.model.folders import load
from pyllm.progress import is_wanted
from pyllm.train.best_of_n import BEST_OF_N, best_of_n
from pyllm.train.loop import Companion, Stage
from pyllm.train.losses import ppo_policy, ppo_value
from pyllm.train.ppo_config import CHANGEABLE, CRITIC, PpoConfig, check, derive_settings, practice_of, rollout_settings
from pyllm.train.ppo_evaluation import HeldOut
from pyllm.train.ppo_rollouts import PpoBatch, PpoModels, PpoRollouts
from pyllm.train.practice import Practice
from pyllm.train.result import Result
from pyllm.train.run_folder import RunFolder
from pyllm.train.trained_models import model_folder
from pyllm.train.training_config import Derivation, make_optimizer
from pyllm.train.tuning import Begun, alone, begin, finish, settle, store_model

NAME = "ppo"
REFERENCE = "{}_reference"  # in the run's folder, by stage: the model that divergence is from
REWARD_MODEL = "{}_reward_model"  # and the one that scores answers


def ppo(config: PpoConfig, practice: Practice | None = None) -> Result:
    """Trains a model to give answers that a reward model likes; leaves all there is to know in RUNS/NAME.

    Args:
        config: the settings.
        practice: what is asked, in place of config.data and config.tasks; its judge is told, and never learned from. A
            run that goes on needs it again.

    Raises:
        OSError: a file is not there, or cannot be read or written; the run exists already.
        ValueError: a setting or a file is not what it should be; a judge fails, see pyllm.train.practice.
        NonFiniteError: the loss or the gradient is not finite; see pyllm.train.loop.
    """

    def inside(folder: RunFolder, config: PpoConfig, command: str) -> Result:
        return ppo_in(folder, config, command, practice=practice)

    if not config.resume:
        check(config, practice)
    return alone(config, "pyllm ppo", inside)


def ppo_in(
    folder: RunFolder,
    config: PpoConfig,
    command: str,
    start: Path | None = None,
    reward_model: Path | None = None,
    practice: Practice | None = None,
    stage: str = NAME,
) -> Result:
    """The stage, in a run's folder that is held.

    Args:
        folder: of a new run, or of one to go on with.
        config: as it was given.
        command: what goes on with the run when its name and --resume are added.
        start: the folder of the model to begin with, in place of config.model.
        reward_model: the folder of the one that scores, in place of config.reward_model.
        practice: see ppo.
        stage: its name in the run.
    """
    begun = begin(folder, stage, config, CHANGEABLE, start)
    if reward_model is None:
        check(begun.config, practice)
    model, tok = begun.model, begun.tokenizer
    models = _models(folder, begun, reward_model or begun.config.reward_model)
    derive = Derivation(begun.config)
    derive_settings(begun.config, derive, model.cfg)
    config = settle(folder, begun, derive)
    assert config.max_new_tokens and config.lr

    def tell(text: str) -> None:
        if is_wanted(config.progress):
            print(f"{stage}: {text}", file=sys.stderr, flush=True)

    engine, practice = Engine(model, tok), practice or practice_of(config)
    rollouts = PpoRollouts(engine, tok, models, practice, rollout_settings(config), tell)
    held_out = HeldOut(practice, engine, tok, models, config.evaluate_problems, config.max_new_tokens, config.seed)
    if config.best_of and held_out.prompts and not (baseline := folder.path / BEST_OF_N.format(stage)).exists():
        found = best_of_n(held_out, config.best_of, tell)
        write_whole(baseline, json.dumps(found, indent=1).encode())
    learning = Stage(
        name=stage,
        model=model,
        optimizer=make_optimizer(config, model),
        batches=rollouts,
        loss=_Learning(config, model, models.critic),
        learning_rate=config.rate,
        evaluate=lambda last, show: held_out.figures(show),
        sample=lambda step: rollouts.shown(),
        companions={
            CRITIC: Companion(make_optimizer(config, models.critic), (config.critic_lr or config.lr) / config.lr)
        },
        tokenizer=tok,
        headline="reward",
    )
    return finish(folder, learning, config, begun, command, config.micro_batches or 1)


def _models(folder: RunFolder, begun: Begun[PpoConfig], reward_model: Path | None) -> PpoModels:
    """The models beside the one that learns; a new run keeps copies, as where they came from may be gone later.

    Raises:
        OSError, ValueError: there is no reward model, or one does not fit the model.
    """
    names = [name.format(begun.stage) for name in (REFERENCE, REWARD_MODEL)]
    config, critic = begun.config, None
    if begun.checkpoint is not None:
        critic = load(begun.checkpoint.path / CRITIC)
    else:
        scorer = _fitting(begun.model, model_folder(reward_model, "reward"), value_head=True)
        reference = begun.model
        if config.reference is not None:
            reference = _fitting(begun.model, model_folder(config.reference))
        if config.critic is not None:
            critic = _fitting(begun.model, config.critic, trainable=True, value_head=True)
        for name, model in zip(names, (reference, scorer), strict=True):
            store_model(folder, name, model)
    frozen = [load(folder.path / name, trainable=False) for name in names]
    return PpoModels(frozen[0], critic or load(folder.path / names[1]), frozen[1])


def _fitting(model: GPT, path: Path, trainable: bool = False, value_head: bool = False) -> GPT:
    """A model that sees the same tokens as another one.

    Raises:
        OSError, ValueError: there is none, or it does not fit.
    """
    found = load(path, trainable=trainable)
    if value_head and not found.cfg.value_head:
        raise ValueError(f"{path} has no value head: it is no reward model; `pyllm reward` trains one")
    for name in ("vocab_size", "context"):
        ours, its = getattr(model.cfg, name), getattr(found.cfg, name)
        if its < ours or (name == "vocab_size" and its != ours):
            raise ValueError(f"{path} has a {name} of {its:,}, the model one of {ours:,}: they do not fit")
    return found


class _Learning:
    """From a micro-batch to its share of both losses, with their gradients added to the model's and the critic's."""

    def __init__(self, config: PpoConfig, model: GPT, critic: GPT) -> None:
        self.config, self.model, self.critic = config, model, critic

    def __call__(self, batch: PpoBatch, denominator: float) -> tuple[float, None, dict[str, float]]:
        start, config = time.perf_counter(), self.config
        logprobs = batch.gathered(self.model.forward(batch.tokens, batch.targets, batch.segments))
        policy = ppo_policy(
            logprobs,
            batch.old_logprobs,
            batch.mask,
            batch.token_advantages,
            clip=config.clip,
            denominator=denominator,
        )
        self.model.backward(batch.scattered(policy.gradients["dlogprobs"]))
        values = self.critic.outputs(batch.tokens, None, batch.segments, want=("values",)).values
        assert values is not None
        value = ppo_value(
            batch.gathered(values),
            batch.old_values,
            batch.mask,
            batch.returns,
            clip=config.value_clip,
            denominator=denominator,
        )
        self.critic.backward(dvalues=batch.scattered(value.gradients["dvalues"]))
        metrics: dict[str, Any] = {
            **batch.metrics,
            **policy.metrics,
            **value.metrics,
            "policy_loss": policy.loss,
            "value_loss": value.loss,
            "learned_tokens": float(batch.mask.sum()),
            "training_seconds": time.perf_counter() - start,
        }
        return policy.loss + value.loss, None, metrics
