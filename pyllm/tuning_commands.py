"""`pyllm sft | dpo | reward | ppo | grpo | judge`: what begins with a model that is there."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import tyro

from pyllm.stopping import exit_if_stopped, second_ctrl_c
from pyllm.train.dpo_config import DpoConfig
from pyllm.train.grpo_config import GrpoConfig
from pyllm.train.judged_preferences import JudgeConfig
from pyllm.train.ppo_config import PpoConfig
from pyllm.train.result import Result
from pyllm.train.reward_config import RewardConfig
from pyllm.train.run_folder import RunFolder
from pyllm.train.sft_config import SftConfig
from pyllm.train.training_config import AnyConfig

Sft = Annotated[SftConfig, tyro.conf.arg(name="")]
Dpo = Annotated[DpoConfig, tyro.conf.arg(name="")]
Reward = Annotated[RewardConfig, tyro.conf.arg(name="")]
Ppo = Annotated[PpoConfig, tyro.conf.arg(name="")]
Judge = Annotated[JudgeConfig, tyro.conf.arg(name="")]
Grpo = Annotated[GrpoConfig, tyro.conf.arg(name="")]


def sft(config: Sft) -> None:
    """Teach a model to answer, by conversations. Ctrl-C saves; --resume goes on."""
    from pyllm.train.sft import sft

    tell(trained(sft, config))


def dpo(config: Dpo) -> None:
    """Teach a model to prefer chosen answers to rejected ones. Ctrl-C saves; --resume goes on."""
    from pyllm.train.dpo import dpo

    result = trained(dpo, config)
    tell(result, _change(result, "dpo", "validation_accuracy", "Held-out pairs preferred the right way"))


def reward(config: Reward) -> None:
    """Train a reward model on which of two answers is preferred. Ctrl-C saves; --resume goes on."""
    from pyllm.train.reward import reward

    result = trained(reward, config)
    tell(result, _change(result, "reward", "validation_accuracy", "Held-out pairs told the right way round"))


def ppo(config: Ppo) -> None:
    """Let a model practise on answers that a reward model scores. Ctrl-C saves; --resume goes on."""
    from pyllm.train.ppo import ppo

    result = trained(ppo, config)
    held_out = _change(result, "ppo", "held_out_reward", "Mean score of answers to held-out prompts")
    tell(result, held_out or _change(result, "ppo", "reward", "Mean score of the answers of a set"))


def grpo(config: Grpo) -> None:
    """Let a model practise on answers that can be checked. Ctrl-C saves; --resume goes on."""
    from pyllm.train.grpo import grpo

    result = trained(grpo, config)
    held_out = _change(result, "grpo", "held_out_reward", "Mean reward of answers to held-out problems")
    tell(result, held_out or _change(result, "grpo", "reward", "Mean reward of the answers of a step"))


def judge(config: Judge) -> None:
    """Let a model answer, and a function say which of its answers is better: data for reward and dpo.

    What has been judged when Ctrl-C is pressed is kept.
    """
    from pyllm.train.judged_preferences import judge

    print(f"{config.out}: {judge(config)}")
    print(f"Next: pyllm reward --data {shlex.quote(str(config.out))}")


def _change(result: Result, stage: str, metric: str, name: str) -> str | None:
    """A sentence on the first and the last value of a metric; None: it was never measured."""
    values = [line[metric] for line in RunFolder(result.run).read_metrics(stage) if metric in line]
    return f"{name}: {values[0]:.4f} before, {values[-1]:.4f} after" if values else None


def trained(stage: Callable[[AnyConfig], Result], config: AnyConfig) -> Result:
    """Runs a stage with its progress shown; does not return from one that was stopped."""
    if config.progress is None:
        config = replace(config, progress=True)
    with second_ctrl_c(config):
        result = stage(config)
    exit_if_stopped(result)
    return result


def tell(result: Result, outcome: str | None = None) -> None:
    """Prints how a stage has ended, in terms of the loss unless an outcome is given, and what comes next."""
    if outcome is not None:
        print(outcome)
    elif result.validation_loss is not None:
        print(f"Validation loss: {result.validation_loss:.4f} nats a token")
    else:
        print(f"Loss: {result.loss:.4f}")
    print(f"Report: {result.report}")
    print(f"Next: pyllm chat --model {shlex.quote(str(result.run))}")
