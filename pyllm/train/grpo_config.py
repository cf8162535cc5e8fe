"""The settings of reinforcement learning on answers that can be checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from tyro.conf import UseAppendAction

from pyllm.model import ModelConfig
from pyllm.options import OptionalFloat, OptionalInt, OptionalPath, OptionalText
from pyllm.tasks import Problem, Task
from pyllm.tasks.rewards import Reward
from pyllm.train.practice import Practice, RewardPractice, TaskPractice
from pyllm.train.rollouts import RolloutSettings
from pyllm.train.schedule import Kind
from pyllm.train.training_config import Derivation, check_positive
from pyllm.train.tuning import TuningConfig

STEPS = 100
DEFAULT_REWARD = "answer"
MOST_NEW_TOKENS = 256  # of an answer to a user's problem, unless given
MOST_HELD_OUT = 200  # of a user's problems, unless given
HELD_OUT_SHARE = 0.05
ACTIVATION_BYTES = 1 << 30  # of a micro-batch, about
BYTES_A_CHANNEL = 48  # of activations, a token and layer, about: 12 channels' worth of float32

CHANGEABLE = frozenset(("evaluate_problems",))


@dataclass(frozen=True, kw_only=True)
class GrpoSubject:
    """What is practised, and how it is learned; a class of its own so that these settings come first.

    Args:
        data: problems to practise on, in place of tasks: JSON lines {"prompt", "answer"}, GSM8K's {"question",
            "answer"}, ...; all columns but the prompt go to the reward. See the README, or pyllm.tasks.files.
        validation_data: the same, for examinations. Default: the last of the data, a twentieth but at most 200.
        reward: with data: "file.py:function", a plain function reward(prompts, completions, **columns) that returns a
            list of numbers. Default: "answer", which compares with the column of that name.
        tasks: a task of pyllm.tasks; may be given several times. They take turns.
        algorithm: "grpo" (Shao et al. 2024); "reinforce" with a baseline (Williams 1992); "rloo", whose baseline is the
            prompt's other samples (Ahmadian et al. 2024); "rejection": the best right answers are imitated (expert
            iteration, Anthony et al. 2017; RAFT, Dong et al. 2023).
        prompts: in a set of rollouts.
        samples: of each prompt.
        max_new_tokens: the most of an answer. Default: the tasks' own, and 256 for data.
        temperature: of the samples. The gradient is that of 1.
        updates_per_rollout: how often a set of rollouts is learned from (DeepSeekMath, algorithm 1: mu).
        micro_batches: that a set is cut into. Default: as many as keep activations at about a gigabyte.
        clip: grpo: how far below 1 a ratio still matters.
        clip_high: grpo: how far above. Default: clip.
        kl: grpo: the weight of the divergence from the model that it began with.
        normaliser: grpo: "sequence", "token" or "constant" (of max_new_tokens); see pyllm.train.losses.grpo.
        scale_advantages: grpo: divide them by the group's standard deviation. Without that, and with the normaliser
            "constant", it is Dr. GRPO (Liu et al. 2025).
        baseline: reinforce: the mean reward of the set ("batch"), or of all sets, the last ones more ("running").
        least_reward: rejection: an answer below it is never imitated.
        mask_truncated: answers that did not end do not count in the loss (Yu et al. 2025, DAPO, section 3.4).
        evaluate_problems: held out, to be answered at each evaluation, each token the likeliest; 0: none.
    """

    data: OptionalPath = None
    validation_data: OptionalPath = None
    reward: OptionalText = None
    tasks: UseAppendAction[tuple[str, ...]] = ()
    algorithm: Literal["grpo", "reinforce", "rloo", "rejection"] = "grpo"
    prompts: int = 8
    samples: int = 16
    max_new_tokens: OptionalInt = None
    temperature: float = 1.0
    updates_per_rollout: int = 1
    micro_batches: OptionalInt = None
    clip: float = 0.2
    clip_high: OptionalFloat = None
    kl: float = 0.0
    normaliser: Literal["sequence", "token", "constant"] = "sequence"
    scale_advantages: bool = True
    baseline: Literal["batch", "running"] = "batch"
    least_reward: float = 1.0
    mask_truncated: bool = False
    evaluate_problems: int = 200


@dataclass(frozen=True, kw_only=True)
class GrpoConfig(TuningConfig, GrpoSubject):
    """Settings of reinforcement learning.

    Args:
        steps: updates of the whole run. Default: 100.
    """

    name: str = "grpo"
    schedule: Kind = "constant"
    weight_decay: float = 0.0


def check(config: GrpoConfig, reward: Reward | None = None) -> None:
    """Refuses settings that contradict one another, whatever the model.

    Raises:
        ValueError: says which.
    """
    if not config.data and not config.tasks:
        raise ValueError("there is nothing to practise: give data, or the names of tasks")
    if config.data and config.tasks:
        raise ValueError("data and tasks exclude each other: give either problems or tasks")
    if config.tasks and (config.reward or reward or config.validation_data):
        raise ValueError("tasks have their own rewards and examinations: reward and validation_data go with data")
    if config.reward and reward:
        raise ValueError("there are two rewards: give either the file of a function or a function")
    check_positive(config, ("prompts", "samples", "max_new_tokens", "updates_per_rollout", "micro_batches", "clip"))
    for name in ("kl", "evaluate_problems"):
        if not 0 <= (value := getattr(config, name)) < math.inf:
            raise ValueError(f"{name} must be at least 0, got {value}")
    if config.clip_high is not None and not config.clip_high > 0:
        raise ValueError(f"clip_high must be positive, got {config.clip_high}")
    if not 0 < config.temperature < math.inf:
        raise ValueError(
            f"temperature must be positive, got {config.temperature}: there is nothing to learn where all samples of "
            "a prompt are the same"
        )
    if config.samples < 2 and config.algorithm in ("grpo", "rloo"):
        raise ValueError(f"samples must be at least 2 for {config.algorithm}, which compares them, got 1")
    if config.updates_per_rollout > 1 and config.algorithm in ("reinforce", "rloo"):
        raise ValueError(
            f"updates_per_rollout must be 1 for {config.algorithm}, whose gradient is that of fresh samples, got "
            f"{config.updates_per_rollout}"
        )
    if config.kl and config.algorithm != "grpo":
        raise ValueError(f"kl goes with the algorithm grpo alone, got {config.kl} with {config.algorithm}")


def with_absolute_reward(config: GrpoConfig) -> GrpoConfig:
    """The settings with a reward's file that is found from any folder."""
    file, colon, function = (config.reward or "").rpartition(":")
    return replace(config, reward=f"{Path(file).absolute()}:{function}") if colon and file else config


class PracticeConfig(Protocol):
    """The settings that say what is practised."""

    @property
    def data(self) -> Path | None: ...
    @property
    def validation_data(self) -> Path | None: ...
    @property
    def reward(self) -> str | None: ...
    @property
    def tasks(self) -> tuple[str, ...]: ...
    @property
    def seed(self) -> int: ...


def practice_of(config: PracticeConfig, reward: Reward | None = None) -> Practice:
    """What the settings say is practised.

    Raises:
        OSError: a file cannot be read.
        ValueError: there is no such task or function, or the data hold no problem.
    """
    from pyllm.tasks.answers import answer_reward
    from pyllm.tasks.files import load_problems
    from pyllm.tasks.registry import chosen_tasks
    from pyllm.tasks.rewards import load_reward, with_known_columns

    if config.tasks:
        return TaskPractice(list(chosen_tasks(config.tasks).values()), config.seed)
    assert config.data is not None
    if reward is None:
        name = config.reward or DEFAULT_REWARD
        reward = load_reward(name)
    else:
        name = getattr(reward, "__name__", type(reward).__name__)
        reward = with_known_columns(reward, name)
    problems: Sequence[Problem] = load_problems(config.data)
    if reward is answer_reward and not any("answer" in problem.columns for problem in problems):
        raise ValueError(
            f"{config.data} has no column answer to compare answers with: give a reward, a function `file.py:function`"
        )
    if config.validation_data is not None:
        return RewardPractice(problems, load_problems(config.validation_data), reward, name, config.seed)
    return RewardPractice(*with_held_out(problems), reward, name, config.seed)


def with_held_out(problems: Sequence[Problem]) -> tuple[Sequence[Problem], Sequence[Problem]]:
    """A user's problems: those to practise on, and the last ones, which are held out."""
    kept = len(problems) - min(MOST_HELD_OUT, int(HELD_OUT_SHARE * len(problems)))
    return problems[:kept], problems[kept:]


def derive_settings(config: GrpoConfig, derive: Derivation, model: ModelConfig) -> None:
    """Adds all that follows from the settings and the model."""
    from pyllm.tasks.registry import chosen_tasks

    chosen: Sequence[Task] = list(chosen_tasks(config.tasks).values())
    longest = max((task.max_new_tokens for task in chosen), default=MOST_NEW_TOKENS)
    reason = "what the tasks' answers need" if chosen else "enough for most answers"
    longest = derive("max_new_tokens", min(longest, model.context - 1), reason)
    tokens = config.prompts * config.samples * min(model.context, 2 * longest)
    at_once = max(1, ACTIVATION_BYTES // (model.n_layer * model.n_embd * BYTES_A_CHANNEL))
    parts = min(config.prompts * config.samples, -(-tokens // at_once))
    derive("micro_batches", parts, f"at most {at_once:,} tokens at once")
    steps = derive("steps", STEPS, "a short run")
    derive.with_lr(float(f"{0.01 / model.n_embd:.2g}"), "0.01 / n_embd", tokens)
    derive.with_steps(steps)


def rollout_settings(config: GrpoConfig) -> RolloutSettings:
    """How rollouts are made, of derived settings."""
    assert config.max_new_tokens and config.micro_batches
    by_tokens = config.algorithm == "rejection" or (config.algorithm == "grpo" and config.normaliser == "token")
    return RolloutSettings(
        prompts=config.prompts,
        samples=config.samples,
        max_new_tokens=config.max_new_tokens,
        temperature=config.temperature,
        updates=config.updates_per_rollout,
        micro_batches=config.micro_batches,
        mask_truncated=config.mask_truncated,
        keep_all=config.kl > 0,
        weigh_by="tokens" if by_tokens else "responses",
        seed=config.seed,
    )
