"""The settings of supervised fine-tuning: what can be given, and how what is not given follows from the rest."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tyro.conf import UseAppendAction

from pyllm.data.token_source import check_fraction
from pyllm.files import file_size
from pyllm.model import ModelConfig
from pyllm.options import OptionalFloat, OptionalInt, OptionalText
from pyllm.train.mixture import weights_of
from pyllm.train.pretrain_config import MOST_TOKENS_AT_ONCE
from pyllm.train.training_config import Derivation, check_positive
from pyllm.train.tuning import TuningConfig

# What a run that goes on may be given anew, beside the settings of all stages.
CHANGEABLE = ("validation_conversations", "sample_prompt", "sample_tokens", "examine")
LONGEST_ROW = 1024  # tokens, unless a longer one is asked for
TOKENS_OF_A_STEP = 2048
ROWS_OF_A_STEP = 8
REPLAY_SHARE = 1 / 3
EPOCHS = 3.0
STEPS = 1000  # of tasks, which have no epochs


@dataclass(frozen=True, kw_only=True)
class SftSubject:
    """What is taught; a class of its own so that these settings come first.

    Args:
        data: conversations: JSON lines {"messages": [{"role", "content"}]}, or instructions with their outputs, ...;
            may be given several times.
        validation_data: more of them to evaluate on; may be given several times. Default: some of the data.
        validation_fraction: how much of the data is kept for that.
        validation_conversations: that an evaluation has, of the data and tasks together; the most.
        tasks: a task of pyllm.tasks whose problems are made as they are needed, with an expert's answers, and its
            weight: "addition=2"; without a number it is 1. May be given several times.
        follow_up_share: of the tasks' conversations that are about a second or third question, so that a model learns
            to answer the last one.
        data_weight: the weight of all the data, beside the tasks. Weights are shares of the conversations.
        replay: token shards of pretraining, rows of which are trained on as they were then, so that what the model
            knows is not forgotten; may be given several times.
        replay_share: of all rows. Default: a third, with replay.
        replay_weight: of each of their tokens in the loss. 1: as much as a token of the assistant's. Then the loss is
            the mean over all that is predicted, and text, all of which is, counts for more than its share of the rows.
        epochs: go through the data so often, in place of steps. Default: 3; without data, 1000 steps.
        context: tokens of a row. Default: the model's context, at most 1024.
        batch_size: rows in a micro-batch.
        micro_batches: for one update.
        examine: problems of each task that no conversation is about, to answer at every evaluation.
    """

    data: UseAppendAction[tuple[Path, ...]] = ()
    validation_data: UseAppendAction[tuple[Path, ...]] = ()
    validation_fraction: float = 0.05
    validation_conversations: int = 200
    tasks: UseAppendAction[tuple[str, ...]] = ()
    follow_up_share: float = 0.0
    data_weight: float = 1.0
    replay: UseAppendAction[tuple[Path, ...]] = ()
    replay_share: OptionalFloat = None
    replay_weight: float = 1.0
    epochs: OptionalFloat = None
    context: OptionalInt = None
    batch_size: OptionalInt = None
    micro_batches: OptionalInt = None
    examine: int = 0


@dataclass(frozen=True, kw_only=True)
class SftConfig(TuningConfig, SftSubject):
    """Settings of supervised fine-tuning.

    Args:
        steps: updates of the whole run; or give epochs.
        sample_prompt: what a user says, for samples; default: held-back conversations.
        sample_tokens: of an answer in a sample, the most; 0: no samples.
    """

    name: str = "sft"
    sample_prompt: OptionalText = None
    sample_tokens: int = 100


def check_settings(config: SftConfig) -> None:
    """Looks at settings and files before anything is written.

    Raises:
        OSError: a file is not there.
        ValueError: a setting is out of range, or there is nothing to train on.
    """
    if not config.data and not config.tasks:
        raise ValueError("there is nothing to train on: give data, files of conversations, or tasks")
    for path in (*config.data, *config.validation_data):
        if not file_size(path):
            raise ValueError(f"{path} is empty")
    if config.validation_data and not config.data:
        raise ValueError("validation_data is given, but no data: tasks have held-out problems of their own")
    weights_of(config.tasks)
    check_fraction(config.validation_fraction)
    check_positive(
        config, ("steps", "epochs", "context", "batch_size", "micro_batches", "data_weight", "replay_weight")
    )
    for name in ("validation_conversations", "sample_tokens", "examine"):
        if (value := getattr(config, name)) < 0:
            raise ValueError(f"{name} must be at least 0, got {value}")
    if config.steps is not None and config.epochs is not None:
        raise ValueError("give only one of steps and epochs")
    if config.epochs is not None and not config.data:
        raise ValueError("epochs are of data: give steps for tasks, whose problems never end")
    if not 0 <= config.follow_up_share <= 1:
        raise ValueError(f"follow_up_share must be from 0 to 1, got {config.follow_up_share}")
    if config.follow_up_share and not config.tasks:
        raise ValueError("follow_up_share is of the conversations of tasks, but no tasks are given")
    if config.replay_share is not None:
        if not 0 <= config.replay_share < 1:
            raise ValueError(f"replay_share must be from 0 to below 1, got {config.replay_share}")
        if config.replay_share and not config.replay:
            raise ValueError("replay_share is given, but no replay: give token shards of pretraining")


def row_length(config: SftConfig, model: ModelConfig) -> int:
    """Tokens of a row.

    Raises:
        ValueError: more are asked for than the model's context has.
    """
    if config.context is not None and config.context > model.context:
        raise ValueError(f"context must be at most the model's, {model.context}, got {config.context}")
    return config.context or min(model.context, LONGEST_ROW)


def derived(config: SftConfig, model: ModelConfig, rows_of_epochs: Callable[[float], int]) -> Derivation:
    """All that follows from the settings, from the model and from how many rows of conversations some epochs have."""
    derive = Derivation(config)
    context = derive("context", row_length(config, model), f"the model's, at most {LONGEST_ROW}")
    wanted = max(TOKENS_OF_A_STEP, ROWS_OF_A_STEP * context)
    rows = max(1, min(wanted, MOST_TOKENS_AT_ONCE) // context)
    batch_size = derive("batch_size", rows, f"rows of {context} tokens, at most {MOST_TOKENS_AT_ONCE} at once")
    if config.batch_size is None:
        micro_batches = derive("micro_batches", max(1, wanted // (rows * context)), f"about {wanted} tokens an update")
    else:
        micro_batches = derive("micro_batches", 1, "batch_size is given")
    share = derive("replay_share", REPLAY_SHARE if config.replay else 0.0, "a third of the rows, where there is replay")
    lr = float(f"{5e-4 * (128 / model.n_embd) ** 1.5:.2g}")
    derive.with_lr(lr, "0.0005 (128 / n_embd)^1.5", batch_size * micro_batches * context)
    if config.steps is not None:
        steps = derive("steps", config.steps, "given")
    elif config.data:
        epochs = derive("epochs", EPOCHS, "the default")
        rows_in_all = rows_of_epochs(epochs) / (1 - share)
        steps = derive("steps", max(1, math.ceil(rows_in_all / (batch_size * micro_batches))), f"{epochs:g} epochs")
    else:
        steps = derive("steps", STEPS, "the default")
    derive.with_steps(steps)
    return derive
