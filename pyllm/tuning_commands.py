"""`pyllm sft | dpo | grpo`: training that begins with a model that is there."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import tyro

from pyllm.stopping import exit_if_stopped, second_ctrl_c
from pyllm.train.grpo_config import GrpoConfig
from pyllm.train.result import Result
from pyllm.train.run_folder import RunFolder
from pyllm.train.sft_config import SftConfig
from pyllm.train.training_config import AnyConfig

Sft = Annotated[SftConfig, tyro.conf.arg(name="")]
Grpo = Annotated[GrpoConfig, tyro.conf.arg(name="")]


def sft(config: Sft) -> None:
    """Teach a model to answer, by conversations. Ctrl-C saves; --resume goes on."""
    from pyllm.train.sft import sft

    tell(trained(sft, config))


def grpo(config: Grpo) -> None:
    """Let a model practise on answers that can be checked. Ctrl-C saves; --resume goes on."""
    from pyllm.train.grpo import grpo

    result = trained(grpo, config)
    lines = [line for line in RunFolder(result.run).read_metrics("grpo") if "held_out_reward" in line]
    if lines:
        first, last = lines[0]["held_out_reward"], lines[-1]["held_out_reward"]
        tell(result, f"Mean reward of answers to held-out problems: {first:.4f} before, {last:.4f} after")
    else:
        tell(result)


COMMANDS: dict[str, Callable[..., None]] = {"sft": sft, "grpo": grpo}


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
