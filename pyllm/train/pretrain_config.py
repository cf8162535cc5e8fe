"""The settings of pretraining: what can be given, and how what is not given follows from the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tyro.conf import Positional, UseAppendAction

from pyllm.model import ModelConfig
from pyllm.model.config import Derived
from pyllm.options import OptionalFloat, OptionalInt, OptionalPath, OptionalSwitch, OptionalText
from pyllm.train.schedule import checked_schedule
from pyllm.train.training_config import (
    Derivation,
    TrainingConfig,
    check_positive,
    check_resolved,
    check_start,
)

TOKENS_PER_PARAMETER = 20  # Hoffmann et al. 2022, https://arxiv.org/abs/2203.15556, table 3
MOST_TOKENS_AT_ONCE = 4096  # in a micro-batch: more would cost memory and gain no speed
OVERFITTING_STEPS = 300
CHANGEABLE = ("evaluate_tokens", "sample_prompt", "sample_tokens")  # beside those of all stages
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {},  # the dial's own
    "gpt2": {"norm": "layernorm", "position": "learned", "mlp": "gelu", "bias": True},
}
MODEL_FIELDS = (
    *("n_layer", "n_head", "n_kv_head", "n_embd", "head_dim", "n_hidden", "context"),
    *("norm", "position", "mlp", "bias", "qk_norm", "tie_embeddings", "window"),
)


@dataclass(frozen=True, kw_only=True)
class PretrainingSubject:
    """What is trained, on what; a class of its own so that these settings come first.

    Args:
        data: text files; or tokens: folders of token shards, nanoGPT's or llm.c's .bin files.
        validation_data: files or folders of the same kind to evaluate on; may be given several times. Default: the end
            of the data.
        validation_fraction: how much of the data's end is kept for that; 0: nothing. Default: a tenth, but at most a
            million tokens.
        tokenizer: a tokenizer.json. For text: needed, unless byte_level; for tokens: the one that made them, to show
            samples and bits per byte.
        byte_level: every byte is a token, there are no merges.
        vocab_size: of tokens without a tokenizer; default: what their format says.
        depth: the dial: the number of layers, from which the rest of the model follows.
        family: "llama" (RMSNorm, rotary positions, SwiGLU) or "gpt2" (LayerNorm, learned positions, GELU, biases).
        n_layer: blocks.
        n_head: query heads.
        n_kv_head: key and value heads.
        n_embd: channels.
        head_dim: channels of a head.
        n_hidden: channels inside the MLP.
        context: tokens that the model sees at once; also a row's length in training.
        norm: "layernorm" or "rmsnorm".
        position: "learned" or "rope".
        mlp: "gelu", "gelu_erf", "relu_squared" or "swiglu".
        bias: whether norms and matrices have biases.
        qk_norm: whether queries and keys are normalised.
        tie_embeddings: whether the classifier is the embedding.
        window: a position sees only the last so many tokens, itself included. Default: all.
        tokens: to train on, counted as often as they are seen.
        minutes: as many steps as the machine does in about that time, with evaluation, samples and checkpoints;
            measured once, at the start.
        batch_size: rows in a micro-batch.
        micro_batches: for one update.
    """

    data: Positional[tuple[Path, ...]] = ()
    validation_data: UseAppendAction[tuple[Path, ...]] = ()
    validation_fraction: OptionalFloat = None
    tokenizer: OptionalPath = None
    byte_level: bool = False
    vocab_size: OptionalInt = None
    depth: int = 3
    family: Literal["llama", "gpt2"] = "llama"
    n_layer: OptionalInt = None
    n_head: OptionalInt = None
    n_kv_head: OptionalInt = None
    n_embd: OptionalInt = None
    head_dim: OptionalInt = None
    n_hidden: OptionalInt = None
    context: OptionalInt = None
    norm: OptionalText = None
    position: OptionalText = None
    mlp: OptionalText = None
    bias: OptionalSwitch = None
    qk_norm: OptionalSwitch = None
    tie_embeddings: OptionalSwitch = None
    window: OptionalInt = None
    tokens: OptionalInt = None
    minutes: OptionalFloat = None
    batch_size: OptionalInt = None
    micro_batches: OptionalInt = None


@dataclass(frozen=True, kw_only=True)
class PretrainConfig(TrainingConfig, PretrainingSubject):
    """Settings of pretraining; what is None is derived, mostly from the depth.

    Args:
        steps: updates; this, tokens or minutes say how long the run is. Default: 20 tokens a parameter.
        evaluate_tokens: of the validation data, while training; at the end it is all of it.
        sample_prompt: what samples go on from; default: the end of a text, or a new line.
        sample_tokens: in a sample.
        overfit_one_batch: train on the first batch alone, to see the loss go to zero.
        seed: of the parameters, the order of the data, and the samples.
    """

    name: str = "pretrain"
    evaluate_tokens: int = 1 << 16
    sample_prompt: OptionalText = None
    sample_tokens: int = 100
    overfit_one_batch: bool = False


def model_config(config: PretrainConfig, vocab_size: int) -> tuple[ModelConfig, list[Derived]]:
    """The model of the settings, and how each of its values came about."""
    given = {name: value for name in MODEL_FIELDS if (value := getattr(config, name)) is not None}
    family = FAMILIES[config.family]
    reasons = {name: f"the family {config.family}" for name in family if name not in given}
    if config.vocab_size is None:
        of_text = config.byte_level or config.tokenizer is not None
        reasons["vocab_size"] = "the tokenizer's" if of_text else "what the tokens' format says"
    fields = {"vocab_size": vocab_size} | family | given
    return ModelConfig.derive(given.get("n_layer", config.depth), reasons=reasons, **fields)


def resolved(config: PretrainConfig, model: ModelConfig) -> tuple[PretrainConfig, list[Derived]]:
    """The settings with all that follows from others, but steps where minutes are given; and why each is what it is.

    Raises:
        ValueError: settings contradict one another or are out of range.
    """
    if sum(value is not None for value in (config.tokens, config.minutes)) + (config.steps is not None) > 1:
        raise ValueError("give only one of steps, tokens and minutes")
    derive = Derivation(config)
    wanted = max(1024, 1 << round(math.log2(64 * model.n_layer**2)))
    rows = max(1, min(wanted, MOST_TOKENS_AT_ONCE) // model.context)
    batch_size = derive("batch_size", rows, f"rows of {model.context} tokens, at most {MOST_TOKENS_AT_ONCE} at once")
    if config.sample_tokens < 0:
        raise ValueError(f"sample_tokens must be at least 0, got {config.sample_tokens}")
    check_positive(config, ("batch_size", "micro_batches", "tokens", "minutes", "steps", "evaluate_tokens"))
    at_once = batch_size * model.context
    if config.batch_size is None:
        micro_batches = derive("micro_batches", max(1, wanted // at_once), f"about {wanted} tokens an update")
    else:
        micro_batches = derive("micro_batches", 1, "batch_size is given")
    for_update = at_once * micro_batches
    if config.minutes is None:
        tokens, reason = TOKENS_PER_PARAMETER * model.num_parameters(), f"{TOKENS_PER_PARAMETER} tokens a parameter"
        if config.tokens is not None:
            tokens, reason = config.tokens, f"{config.tokens} tokens"
        steps = OVERFITTING_STEPS if config.overfit_one_batch else -(-tokens // for_update)
        steps = derive("steps", steps, "enough to learn one batch" if config.overfit_one_batch else reason)
    lr = float(f"{6e-4 * math.sqrt(768 / model.n_embd):.2g}")
    derive.with_lr(lr, "0.0006 sqrt(768 / n_embd)", for_update)
    config, derivation = replace(config, **derive.values), derive.reasons
    if config.minutes is None:
        config, more = with_steps(config, steps)
        derivation += more
    assert config.lr is not None and config.min_lr is not None
    checked_schedule(config.schedule, config.lr, config.min_lr, config.warmup_steps or 0, config.decay_fraction)
    return config, derivation


def check_settings(config: PretrainConfig) -> None:
    """Refuses at once what would be refused later on: derives all that follows, and tries it on the smallest model.

    Raises:
        ValueError: a setting is out of range or contradicts another one, or the environment's PYLLM_ISA does not do.
    """
    check_start(config)
    shape, _ = model_config(config, 1 if config.vocab_size is None else config.vocab_size)
    if shape.context < 2 and config.sample_tokens and (config.byte_level or config.tokenizer is not None):
        raise ValueError(f"context must be at least 2, for a prompt of samples and a token, got {shape.context}")
    config, _ = resolved(config, shape)
    if config.minutes is not None:
        config, _ = with_steps(config, 1)
    check_resolved(config)


def with_steps(config: PretrainConfig, steps: int) -> tuple[PretrainConfig, list[Derived]]:
    """The settings with a number of steps, and with what follows from it."""
    derive = Derivation(config)
    derive.with_steps(steps)
    return replace(config, steps=steps, tokens=None, minutes=None, **derive.values), derive.reasons
