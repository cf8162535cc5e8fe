"""The numbers of the whole way: how long each stage of `pyllm run` is, what it learns from, and how fast it learns.

Stages have fixed lengths, so that a seed gives the same bits on any day. Lengths for some minutes are measured once on
the machine at hand, and written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy

from pyllm.model import GPT, ModelConfig
from pyllm.optim import AdamW, Muon
from pyllm.train.grpo_config import GrpoConfig
from pyllm.train.judged_preferences import Sampling
from pyllm.train.measuring import steps_per_second
from pyllm.train.ppo_config import PpoConfig
from pyllm.train.pretrain_config import PretrainConfig
from pyllm.train.reward_config import RewardConfig
from pyllm.train.sft_config import SftConfig

# A tokenizer cuts numbers into their digits: a model of this size cannot learn what a hundred numbers are made of.
PATTERN = "qwen2"
# Names, animals and things are mostly one token then: what a question asks for is copied into its answer in one piece.
VOCABULARY = 4096
MEGABYTES = 20.0  # of clean text in the small internet
TASKS = (
    "addition=5",
    "addition_steps=5",
    "addition_at_once=1",
    "letter_counting=1",
    "spelling=0.5",
    "reversing=0.25",
    "facts=5",
    "stories=7",
)
PRACTICE = ("addition",)
# Without it the second question of a chat gets the first one's answer.
FOLLOW_UP_SHARE = 0.25
# Answers to a prompt, pairs that are made of them, and the share of labels that are wrong, as people's are.
ANSWERS, PAIRS, FLIPPED = 4, 3, 0.15
MOST_PAIRS = 2000  # that the reward model sees
BEST_OF = 16  # answers, that PPO is compared with
PPO_PROMPTS = 64  # in a set of PPO's answers
MOST_HELD_OUT_PROMPTS = 128  # that tell how the reward model and PPO do; of few prompts, a fifth as many
# PPO that is pushed on until it is gamed: without a divergence to mind, and with larger steps.
PUSHED_SHARE = 0.4  # of PPO's steps
# Problems of an examination, 500 in all.
EXAMINATION = {
    "addition": 75,
    "addition_steps": 75,
    "addition_at_once": 50,
    "letter_counting": 60,
    "spelling": 50,
    "reversing": 40,
    "facts": 100,
    "stories": 50,
}
STORIES = 5  # of the base model, as they come
STORY_BEGINNING = "Once upon a time"

# Muon learns to look back, for a name or a number that stands far before, in a fraction of AdamW's steps; it needs
# larger updates than the dial's, whose gradient is less noise.
OPTIMIZER: Literal["adamw", "muon"] = "muon"
TOKENS_OF_UPDATE = 4096
HEAD_CHANNELS = 32  # half the dial's: more heads learn to look back sooner

MEGABYTES_A_MINUTE = 1.5
# Of the minutes given, for the stages whose lengths are measured; the rest is for data, examinations and the report.
SHARES = {"pretrain": 0.37, "sft": 0.13, "practice": 0.1, "preferences": 0.06, "ppo": 0.15}
PRACTICE_STEP_TOKENS = 22_000  # a step of GRPO, and of the imitation beside it, takes as long as training on so many
PREFERENCE_TOKENS = 1_800  # so does a prompt that is answered and judged, with its pairs that are learned from
PPO_STEP_TOKENS = 10_000  # and a step of PPO, with its share of the steps that push on


@dataclass(frozen=True)
class Lengths:
    """How long the stages are.

    Attributes:
        pretrain_tokens: that the base model is trained on.
        sft_steps: updates.
        grpo_steps: updates; the imitation beside it has the same compute.
        preference_prompts: that are answered and judged, for the reward model.
        ppo_steps: updates.
    """

    pretrain_tokens: int
    sft_steps: int
    grpo_steps: int
    preference_prompts: int
    ppo_steps: int


DEFAULT = Lengths(
    pretrain_tokens=8_000_000, sft_steps=700, grpo_steps=60, preference_prompts=MOST_PAIRS // PAIRS, ppo_steps=240
)


def lengths_in(minutes: float, depth: int, vocab_size: int, context: int | None) -> Lengths:
    """The lengths with which the whole way takes about so many minutes; measured on a model that is thrown away."""
    cfg, _ = ModelConfig.derive(depth, vocab_size=vocab_size, context=context, n_head=_heads(depth))
    speed = _tokens_per_second(cfg)
    seconds = {name: minutes * 60 * share for name, share in SHARES.items()}
    sft_tokens = _rows(depth, context) * cfg.context
    return Lengths(
        pretrain_tokens=max(1, round(speed * seconds["pretrain"])),
        sft_steps=max(1, round(speed * seconds["sft"] / sft_tokens)),
        grpo_steps=max(1, round(speed * seconds["practice"] / PRACTICE_STEP_TOKENS)),
        preference_prompts=max(1, min(MOST_PAIRS // PAIRS, round(speed * seconds["preferences"] / PREFERENCE_TOKENS))),
        ppo_steps=max(1, round(speed * seconds["ppo"] / PPO_STEP_TOKENS)),
    )


def megabytes_in(minutes: float) -> float:
    """How large a small internet some minutes have time for."""
    return min(MEGABYTES, max(1.0, round(MEGABYTES_A_MINUTE * minutes, 1)))


def pretraining(data: Sequence[Path], tokenizer: Path, depth: int, context: int | None, tokens: int) -> PretrainConfig:
    """The settings of the base model."""
    return PretrainConfig(
        data=tuple(data),
        tokenizer=tokenizer,
        depth=depth,
        context=context,
        tokens=tokens,
        n_head=_heads(depth),
        batch_size=_rows(depth, context),
        optimizer=OPTIMIZER,
        lr=_rate(3e-3, depth),
        sample_prompt=STORY_BEGINNING,
    )


def tuning(replay: Sequence[Path], depth: int, context: int | None, steps: int) -> SftConfig:
    """The settings of supervised fine-tuning."""
    return SftConfig(
        tasks=TASKS,
        follow_up_share=FOLLOW_UP_SHARE,
        replay=tuple(replay),
        replay_share=0.1875,
        replay_weight=0.3,
        steps=steps,
        batch_size=_rows(depth, context),
        optimizer=OPTIMIZER,
        lr=_rate(1.5e-3, depth),
        matrix_lr=0.01,
    )


def practising(steps: int) -> GrpoConfig:
    """The settings of reinforcement learning."""
    return GrpoConfig(tasks=PRACTICE, steps=steps, evaluate_every=max(1, steps // 10))


def judging(seed: int, max_new_tokens: int) -> Sampling:
    """How preferences are made."""
    return Sampling(ANSWERS, max_new_tokens, pairs=PAIRS, flipped=FLIPPED, seed=seed)


def rewarding(training: Path, held_out: Path, depth: int) -> RewardConfig:
    """The settings of the reward model."""
    return RewardConfig(data=(training,), validation_data=(held_out,), epochs=1.0, lr=_rate(4e-4, depth))


def held_out_prompts(prompts: int) -> int:
    """How many prompts are held out beside those whose answers are judged."""
    return max(1, min(MOST_HELD_OUT_PROMPTS, prompts // 5))


def optimising(steps: int, held_out: int, depth: int, max_new_tokens: int) -> PpoConfig:
    """The settings of PPO."""
    return PpoConfig(
        steps=steps,
        prompts=PPO_PROMPTS,
        epochs=2,
        minibatches=4,
        max_new_tokens=max_new_tokens,
        kl=0.08,
        lr=_rate(3e-4, depth),
        schedule="cosine",
        evaluate_problems=held_out,
        best_of=BEST_OF,
        evaluate_every=max(1, steps // 8),
    )


def pushing(steps: int, held_out: int, depth: int, max_new_tokens: int) -> PpoConfig:
    """The settings of PPO that goes on where PPO has ended, until it has gamed the reward model."""
    pushed = max(1, round(PUSHED_SHARE * steps))
    settings = optimising(pushed, held_out, depth, max_new_tokens)
    return replace(settings, kl=0.0, lr=_rate(8e-4, depth), schedule="constant", best_of=0)


def _rate(of_depth_3: float, depth: int) -> float:
    """A learning rate for a depth: it falls with the root of the width, as the dial's does."""
    return float(f"{of_depth_3 * (3 / depth) ** 0.5:.2g}")


def _heads(depth: int) -> int:
    return ModelConfig.derive(depth)[0].n_embd // HEAD_CHANNELS


def _rows(depth: int, context: int | None) -> int:
    """Of an update."""
    return max(1, TOKENS_OF_UPDATE // ModelConfig.derive(depth, context=context)[0].context)


def _tokens_per_second(cfg: ModelConfig) -> float:
    """How fast a model of this shape trains here and now."""
    model = GPT(cfg)
    optimizer = Muon(model) if OPTIMIZER == "muon" else AdamW(model)
    rows = max(1, TOKENS_OF_UPDATE // cfg.context)
    tokens = numpy.random.default_rng(0).integers(0, cfg.vocab_size, (rows, cfg.context + 1), dtype=numpy.int32)
    inputs, targets = tokens[:, :-1].copy(), tokens[:, 1:].copy()

    def step() -> None:
        model.loss_and_backward(inputs, targets)
        optimizer.step(max_norm=1.0)

    return inputs.size * steps_per_second(step)
