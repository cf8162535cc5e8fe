"""The settings of PPO against a reward model."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tyro.conf import UseAppendAction

from pyllm.model import ModelConfig
from pyllm.options import OptionalFloat, OptionalInt, OptionalPath, OptionalText
from pyllm.train.grpo_config import ACTIVATION_BYTES, BYTES_A_CHANNEL, MOST_NEW_TOKENS, with_held_out
from pyllm.train.grpo_config import practice_of as judged_practice
from pyllm.train.ppo_rollouts import PpoRolloutSettings
from pyllm.train.practice import Practice, Shuffled
from pyllm.train.schedule import Kind
from pyllm.train.training_config import Derivation, check_positive
from pyllm.train.tuning import TuningConfig

STEPS = 160
CRITIC = "critic"  # its folder in a checkpoint of PPO

CHANGEABLE = frozenset(("evaluate_problems",))


@dataclass(frozen=True, kw_only=True)
class PpoSubject:
    """What is asked, and how it is learned; a class of its own so that these settings come first.

    Args:
        reward_model: what scores answers: a run's folder with a stage "reward", a checkpoint of one, or the folder of
            any model with a value head (Hugging Face: score.weight) of the same vocabulary.
        reference: the model that divergence is from. Default: the one that it begins with.
        critic: what it begins with as critic, such as the folder critic in a checkpoint of PPO. Default: the reward
            model.
        data: prompts, in place of tasks: JSON lines {"prompt", ...}; see the README, or pyllm.tasks.files.
        validation_data: the same, for examinations. Default: the last of the data, a twentieth but at most 200.
        reward: with data: "file.py:function", a function reward(prompts, completions, **columns) -> list[float] that
            knows better than the reward model; it is never learned from, only told. Tasks have their own.
        tasks: a task of pyllm.tasks, whose prompts are used; may be given several times. They take turns.
        prompts: in a set of rollouts.
        samples: of each prompt.
        max_new_tokens: the most of an answer. Default: the tasks' own, and 256 for data.
        temperature: of the samples. The gradient is that of 1.
        epochs: how often a set of rollouts is gone through.
        minibatches: updates of an epoch.
        micro_batches: that a minibatch is cut into. Default: as many as keep activations at about a gigabyte.
        clip: how far from 1 a ratio still matters.
        value_clip: how far a value may move while a set is learned from.
        critic_lr: the critic's learning rate. Default: lr.
        gamma: how much the next token's worth counts.
        lam: generalized advantage estimation's lambda.
        kl: the weight of the divergence from the model that it began with, a token.
        kl_target: nats an answer that the weight is moved to keep near to (Ziegler et al. 2019, section 2.2). Default:
            the weight stays as it is.
        kl_horizon: answers that the weight takes to change much.
        unfinished_penalty: taken off the score of an answer that did not end.
        evaluate_problems: held out, to be answered at each evaluation; 0: none.
        best_of: the most answers of the reference to a held-out prompt of which the reward model's favourite is taken,
            the baseline of PPO; written into best_of_n.json; 0: none.
    """

    reward_model: OptionalPath = None
    reference: OptionalPath = None
    critic: OptionalPath = None
    data: OptionalPath = None
    validation_data: OptionalPath = None
    reward: OptionalText = None
    tasks: UseAppendAction[tuple[str, ...]] = ()
    prompts: int = 32
    samples: int = 1
    max_new_tokens: OptionalInt = None
    temperature: float = 1.0
    epochs: int = 4
    minibatches: int = 4
    micro_batches: OptionalInt = None
    clip: float = 0.2
    value_clip: float = 0.2
    critic_lr: OptionalFloat = None
    gamma: float = 1.0
    lam: float = 0.95
    kl: float = 0.05
    kl_target: OptionalFloat = None
    kl_horizon: float = 10_000.0
    unfinished_penalty: float = 1.0
    evaluate_problems: int = 64
    best_of: int = 16


@dataclass(frozen=True, kw_only=True)
class PpoConfig(TuningConfig, PpoSubject):
    """Settings of PPO.

    Args:
        steps: updates of the whole run. Default: 160.
    """

    name: str = "ppo"
    schedule: Kind = "constant"
    weight_decay: float = 0.0


def check(config: PpoConfig, practice: Practice | None = None) -> None:
    """Refuses settings that contradict one another, whatever the model.

    Args:
        config: as given.
        practice: what is asked, in place of data and tasks.

    Raises:
        ValueError: says which.
    """
    if config.reward_model is None:
        raise ValueError("nothing scores the answers: give a reward_model, such as a run of `pyllm reward`")
    if practice is not None and (config.data or config.tasks):
        raise ValueError("there are two sources of prompts: give either data or tasks, or a practice")
    if not config.data and not config.tasks and practice is None:
        raise ValueError("there is nothing to ask: give data, or the names of tasks")
    if config.data and config.tasks:
        raise ValueError("data and tasks exclude each other: give either prompts or tasks")
    if config.tasks and (config.reward or config.validation_data):
        raise ValueError("tasks have their own rewards and examinations: reward and validation_data go with data")
    positive = ("prompts", "samples", "max_new_tokens", "epochs", "minibatches", "micro_batches")
    check_positive(config, (*positive, "clip", "value_clip", "critic_lr", "kl_target", "kl_horizon"))
    for name in ("kl", "unfinished_penalty", "evaluate_problems", "best_of"):
        if not 0 <= (value := getattr(config, name)) < math.inf:
            raise ValueError(f"{name} must be at least 0, got {value}")
    for name in ("gamma", "lam"):
        if not 0 <= (value := getattr(config, name)) <= 1:
            raise ValueError(f"{name} must be from 0 to 1, got {value}")
    if not 0 < config.temperature < math.inf:
        raise ValueError(f"temperature must be positive, got {config.temperature}")
    if config.minibatches > config.prompts * config.samples:
        raise ValueError(
            f"minibatches must be at most the answers of a set, {config.prompts * config.samples}, got "
            f"{config.minibatches}"
        )
    if config.kl_target is not None and not config.kl:
        raise ValueError("kl_target moves the weight kl, which is 0: give a kl above 0")


def practice_of(config: PpoConfig) -> Practice:
    """What the settings say is asked, and who judges beside the reward model.

    Raises:
        OSError: a file cannot be read.
        ValueError: there is no such task or function, or the data hold no prompt.
    """
    if config.reward is None and config.data is not None:
        from pyllm.tasks.files import load_problems

        problems = load_problems(config.data)
        if config.validation_data is not None:
            return Shuffled(problems, load_problems(config.validation_data), config.seed)
        return Shuffled(*with_held_out(problems), config.seed)
    return judged_practice(config)


def derive_settings(config: PpoConfig, derive: Derivation, model: ModelConfig) -> None:
    """Adds all that follows from the settings and the model."""
    from pyllm.tasks.registry import chosen_tasks

    chosen = list(chosen_tasks(config.tasks).values())
    longest = max((task.max_new_tokens for task in chosen), default=MOST_NEW_TOKENS)
    reason = "what the tasks' answers need" if chosen else "enough for most answers"
    longest = derive("max_new_tokens", min(longest, model.context - 1), reason)
    answers = -(-config.prompts * config.samples // config.minibatches)
    tokens = answers * min(model.context, 2 * longest)
    at_once = max(1, ACTIVATION_BYTES // (model.n_layer * model.n_embd * BYTES_A_CHANNEL))
    derive("micro_batches", min(answers, -(-tokens // at_once)), f"at most {at_once:,} tokens at once")
    steps = derive("steps", STEPS, "a short run")
    derive.with_lr(float(f"{0.01 / model.n_embd:.2g}"), "0.01 / n_embd", tokens)
    derive.with_steps(steps)


def rollout_settings(config: PpoConfig) -> PpoRolloutSettings:
    """How rollouts are made, of derived settings."""
    assert config.max_new_tokens and config.micro_batches
    return PpoRolloutSettings(
        prompts=config.prompts,
        samples=config.samples,
        max_new_tokens=config.max_new_tokens,
        temperature=config.temperature,
        updates=config.epochs * config.minibatches,
        micro_batches=config.micro_batches,
        seed=config.seed,
        epochs=config.epochs,
        minibatches=config.minibatches,
        kl=config.kl,
        kl_target=config.kl_target,
        kl_horizon=config.kl_horizon,
        gamma=config.gamma,
        lam=config.lam,
        unfinished_penalty=config.unfinished_penalty,
    )
