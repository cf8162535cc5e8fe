"""The control arm of reinforcement learning: the same compute spent on imitating an expert. Does practice beat it?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyllm.model.folders import load
from pyllm.train.grpo import NAME as PRACTICE
from pyllm.train.grpo import REFERENCE
from pyllm.train.grpo_config import GrpoConfig
from pyllm.train.rollouts import forward_flops
from pyllm.train.run_folder import RunFolder
from pyllm.train.sft_config import SftConfig, derived
from pyllm.train.training_config import read_settings

NAME = "imitation"
EVALUATIONS = 10


def imitation_config(folder: RunFolder, like: SftConfig) -> SftConfig:
    """The settings of supervised fine-tuning that begins where GRPO began, on expert solutions of the same problems.

    It takes as many steps as GRPO's compute pays for: 2 floating-point operations a weight for each token that was
    generated, 6 for each that was learned from. It answers the same held-out problems.

    Args:
        folder: of a run whose stage "grpo" has come to its end.
        like: the settings of the fine-tuning before it, from which the learning rate and the shape of rows are taken.

    Raises:
        ValueError: the run has no such stage, or it has not done a step.
    """
    stored = read_settings(folder, PRACTICE, GrpoConfig())
    flops = [line["flops"] for line in folder.read_metrics(PRACTICE) if "flops" in line]
    if stored is None or not flops:
        raise ValueError(f"{folder.path} has no stage {PRACTICE} whose compute imitation could have")
    practice, _ = stored
    data = () if practice.data is None else (practice.data,)
    plain = replace(like, tasks=practice.tasks, data=data, follow_up_share=0.0, replay=(), replay_share=None)
    plain = replace(plain, epochs=None, steps=1)
    cfg = load(folder.path / REFERENCE, trainable=False).cfg
    values = derived(plain, cfg, lambda epochs: 1).values
    rows: dict[str, Any] = {name: values[name] for name in ("context", "batch_size", "micro_batches")}
    tokens = rows["context"] * rows["batch_size"] * rows["micro_batches"]
    steps = max(1, round(max(flops) / (3 * forward_flops(cfg, tokens))))
    return replace(
        plain,
        **rows,
        steps=steps,
        warmup_steps=None,
        evaluate_every=max(1, steps // EVALUATIONS),
        sample_every=0,
        save_every=0,
        examine=practice.evaluate_problems // max(1, len(practice.tasks)),
        seed=practice.seed,
    )
