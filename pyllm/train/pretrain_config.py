"""The settings of pretraining: what can be given, and how what is not given follows from the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from tyro.conf import Positional, UseAppendAction

from pyllm.model import GPT, ModelConfig
from pyllm.model.config import Derived
from pyllm.ops.library import library
from pyllm.optim import AdamW, Muon
from pyllm.options import OptionalFloat, OptionalInt, OptionalPath, OptionalSwitch, OptionalText
from pyllm.threads import checked_threads
from pyllm.train.loop import LoopSettings
from pyllm.train.run_folder import RunFolder, Table, going_on
from pyllm.train.schedule import Kind, checked_schedule, learning_rate

TOKENS_PER_PARAMETER = 20  # Hoffmann et al. 2022, https://arxiv.org/abs/2203.15556, table 3
MOST_TOKENS_AT_ONCE = 4096  # in a micro-batch: more would cost memory and gain no speed
OVERFITTING_STEPS = 300
LEAST_INTERVAL = 25  # steps between evaluations and between samples: more of them would take longer than the training
LARGEST_SEED = 2**63 - 1  # samples add the step to it
MOST = 10**12  # steps, tokens, minutes: beyond it a number is a slip of the hand

# What a run that goes on may be given anew; anything else would make it another run.
CHANGEABLE = frozenset(
    ("steps", "lr", "min_lr", "max_norm", "evaluate_every", "evaluate_tokens", "sample_every", "sample_prompt")
) | {"sample_tokens", "save_every", "keep", "threads"}
NOT_STORED = frozenset(("name", "runs", "resume", "from_step", "progress"))
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {},  # the dial's own
    "gpt2": {"norm": "layernorm", "position": "learned", "mlp": "gelu", "bias": True},
}
MODEL_FIELDS = (
    *("n_layer", "n_head", "n_kv_head", "n_embd", "head_dim", "n_hidden", "context"),
    *("norm", "position", "mlp", "bias", "qk_norm", "tie_embeddings", "window"),
)


@dataclass(frozen=True, kw_only=True)
class PretrainConfig:
    """Settings of pretraining; what is None is derived, mostly from the depth.

    Args:
        data: text files; or tokens: folders of token shards, nanoGPT's or llm.c's .bin files.
        validation_data: files or folders of the same kind to evaluate on; may be given several times. Default: the end
            of the data.
        validation_fraction: how much of the data's end is kept for that; 0: nothing. Default: a tenth, but at most a
            million tokens.
        name: of the run; it lives in RUNS/NAME.
        runs: the folder of all runs.
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
        steps: updates; this, tokens or minutes say how long the run is. Default: 20 tokens a parameter.
        tokens: to train on, counted as often as they are seen.
        minutes: as many steps as the machine does in about that time, with evaluation, samples and checkpoints;
            measured once, at the start.
        batch_size: rows in a micro-batch.
        micro_batches: for one update.
        optimizer: "adamw", or "muon" for the matrices of the blocks, with AdamW for the rest.
        lr: the highest learning rate.
        min_lr: the lowest, at the end.
        warmup_steps: the learning rate rises over them.
        schedule: "cosine", "stable" (then a line down over the last decay_fraction), or "constant".
        decay_fraction: of all steps, for "stable".
        beta1: see AdamW.
        beta2: see AdamW.
        eps: see AdamW.
        weight_decay: see AdamW.
        matrix_lr: Muon's learning rate, for the matrices; it follows the schedule of lr.
        momentum: Muon's.
        max_norm: gradients are clipped to this norm.
        evaluate_every: steps between evaluations; 0: only at the end.
        evaluate_tokens: of the validation data, while training; at the end it is all of it.
        sample_every: steps between samples; 0: only at the end.
        sample_prompt: what samples go on from; default: the end of a text, or a new line.
        sample_tokens: in a sample.
        save_every: steps between checkpoints; 0: only at the end.
        keep: how many checkpoints stay.
        overfit_one_batch: train on the first batch alone, to see the loss go to zero.
        seed: of the parameters, the order of the data, and the samples.
        threads: default: all cores given to the process.
        resume: go on with the run of that name from its last checkpoint; all other settings are those it was begun
            with.
        from_step: with resume: from the checkpoint of this step instead; later ones are set aside.
        progress: show progress; default: on a terminal or in a notebook.
    """

    data: Positional[tuple[Path, ...]] = ()
    validation_data: UseAppendAction[tuple[Path, ...]] = ()
    validation_fraction: OptionalFloat = None
    name: str = "pretrain"
    runs: Path = Path("runs")
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

    steps: OptionalInt = None
    tokens: OptionalInt = None
    minutes: OptionalFloat = None
    batch_size: OptionalInt = None
    micro_batches: OptionalInt = None

    optimizer: Literal["adamw", "muon"] = "adamw"
    lr: OptionalFloat = None
    min_lr: OptionalFloat = None
    warmup_steps: OptionalInt = None
    schedule: Kind = "cosine"
    decay_fraction: float = 0.2
    beta1: float = 0.9
    beta2: OptionalFloat = None
    eps: float = 1e-8
    weight_decay: float = 0.1
    matrix_lr: float = 0.02
    momentum: float = 0.95
    max_norm: float = 1.0

    evaluate_every: OptionalInt = None
    evaluate_tokens: int = 1 << 16
    sample_every: OptionalInt = None
    sample_prompt: OptionalText = None
    sample_tokens: int = 100
    save_every: OptionalInt = None
    keep: int = 2

    overfit_one_batch: bool = False
    seed: int = 0
    threads: OptionalInt = None
    resume: bool = False
    from_step: OptionalInt = None
    progress: OptionalSwitch = None

    @property
    def folder(self) -> RunFolder:
        """Where the run lives.

        Raises:
            ValueError: the name is not that of one folder.
        """
        if not self.name or Path(self.name).name != self.name:
            raise ValueError(f"name must be the name of one folder, got {self.name!r}")
        return RunFolder(self.runs / self.name)

    def rate(self, step: int) -> float:
        """The learning rate of a step; of resolved settings."""
        assert self.lr is not None and self.min_lr is not None and self.warmup_steps is not None and self.steps
        return learning_rate(
            step,
            schedule=self.schedule,
            lr=self.lr,
            min_lr=self.min_lr,
            warmup_steps=self.warmup_steps,
            steps=self.steps,
            decay_fraction=self.decay_fraction,
        )


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
    derivation: list[Derived] = []
    values: dict[str, Any] = {}

    def derive(name: str, value: Any, reason: str) -> Any:
        given = getattr(config, name)
        values[name] = value if given is None else given
        derivation.append(Derived(name, values[name], reason if given is None else "given"))
        return values[name]

    wanted = max(1024, 1 << round(math.log2(64 * model.n_layer**2)))
    rows = max(1, min(wanted, MOST_TOKENS_AT_ONCE) // model.context)
    batch_size = derive("batch_size", rows, f"rows of {model.context} tokens, at most {MOST_TOKENS_AT_ONCE} at once")
    if config.sample_tokens < 0:
        raise ValueError(f"sample_tokens must be at least 0, got {config.sample_tokens}")
    for name in ("batch_size", "micro_batches", "tokens", "minutes", "steps", "evaluate_tokens"):
        if (value := getattr(config, name)) is not None and not value > 0:
            raise ValueError(f"{name} must be positive, got {value}")
        if value is not None and value > MOST:
            raise ValueError(f"{name} must be at most {MOST:,}, got {value}")
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
    lr = derive("lr", float(f"{6e-4 * math.sqrt(768 / model.n_embd):.2g}"), "0.0006 sqrt(768 / n_embd)")
    derive("min_lr", float(f"{lr / 10:.3g}"), "a tenth of lr")
    derive("beta2", 0.99 if for_update < 16384 else 0.95, "0.99 for updates of few tokens, else 0.95")
    config = replace(config, **values)
    if config.minutes is None:
        config, more = with_steps(config, steps)
        derivation += more
    checked_schedule(config.schedule, lr, values["min_lr"], config.warmup_steps or 0, config.decay_fraction)
    return config, derivation


def check_settings(config: PretrainConfig) -> None:
    """Refuses at once what would be refused later on: derives all that follows, and tries it on the smallest model.

    Raises:
        ValueError: a setting is out of range or contradicts another one, or the environment's PYLLM_ISA does not do.
    """
    library()
    checked_threads(config.threads)
    if config.from_step is not None and not config.resume:
        raise ValueError(f"from_step is {config.from_step}, but a new run begins at step 0: it goes with resume")
    if not 0 <= config.seed <= LARGEST_SEED:
        raise ValueError(f"seed must be from 0 to {LARGEST_SEED}, got {config.seed}")
    shape, _ = model_config(config, 1 if config.vocab_size is None else config.vocab_size)
    if shape.context < 2 and config.sample_tokens and (config.byte_level or config.tokenizer is not None):
        raise ValueError(f"context must be at least 2, for a prompt of samples and a token, got {shape.context}")
    config, _ = resolved(config, shape)
    if config.minutes is not None:
        config, _ = with_steps(config, 1)
    loop_settings(config)
    make_optimizer(config, GPT(ModelConfig(n_layer=1, n_head=1, n_embd=1, vocab_size=1, context=1)))


def with_steps(config: PretrainConfig, steps: int) -> tuple[PretrainConfig, list[Derived]]:
    """The settings with a number of steps, and with what follows from it."""
    derivation = []
    values: dict[str, Any] = {"steps": steps, "tokens": None, "minutes": None}
    apart = f"at least {LEAST_INTERVAL} steps apart"
    for name, value, reason in (
        ("warmup_steps", min(steps // 20, 1000), "a twentieth of the steps"),
        ("evaluate_every", max(LEAST_INTERVAL, -(-steps // 10)), f"ten times in all, {apart}"),
        ("sample_every", max(LEAST_INTERVAL, -(-steps // 4)), f"four times in all, {apart}"),
        ("save_every", -(-steps // 10), "ten times in all"),
    ):
        given = getattr(config, name)
        values[name] = value if given is None else given
        derivation.append(Derived(name, values[name], reason if given is None else "given"))
    return replace(config, **values), derivation


def loop_settings(config: PretrainConfig) -> LoopSettings:
    """What the loop must know, of resolved settings."""
    assert config.steps and config.micro_batches
    return LoopSettings(
        steps=config.steps,
        micro_batches=config.micro_batches,
        max_norm=config.max_norm,
        evaluate_every=config.evaluate_every or 0,
        sample_every=config.sample_every or 0,
        save_every=config.save_every or 0,
        keep=config.keep,
        progress=config.progress,
    )


def make_optimizer(config: PretrainConfig, model: GPT) -> AdamW:
    """The optimizer of resolved settings."""
    assert config.lr is not None and config.beta2 is not None
    betas = (config.beta1, config.beta2)
    if config.optimizer == "muon":
        return Muon(model, config.lr, betas, config.eps, config.weight_decay, config.matrix_lr, config.momentum)
    return AdamW(model, config.lr, betas, config.eps, config.weight_decay)


def of_table(table: Table, given: PretrainConfig) -> PretrainConfig:
    """The settings that a run was begun with, from its config.toml, with what is given anew.

    Raises:
        ValueError: the table is damaged, or something is given that would make it another run.
    """
    if unknown := set(table) - {field.name for field in fields(PretrainConfig)}:
        raise ValueError(f"the run's config.toml has the unknown setting {min(unknown)!r}")
    values: dict[str, Any] = dict(table)
    for name in ("data", "validation_data"):
        values[name] = tuple(map(Path, values.get(name, ())))
    if "tokenizer" in values:
        values["tokenizer"] = Path(values["tokenizer"])
    config = going_on(PretrainConfig(**values), given, NOT_STORED, CHANGEABLE)
    lr, min_lr, warmup_steps = config.lr, config.min_lr, config.warmup_steps
    if lr is not None and min_lr is not None and warmup_steps is not None:  # it had been resolved
        if given.lr is not None and given.min_lr is None:
            min_lr = min(min_lr, lr / 10)
        checked_schedule(config.schedule, lr, min_lr, warmup_steps, config.decay_fraction)
    return replace(config, min_lr=min_lr)
