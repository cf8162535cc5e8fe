"""All that pretraining needs before its first step: settings, tokenizer, tokens, the shape of the model."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, replace

from pyllm.data.loader import Loader
from pyllm.data.token_source import END_OF_TEXT, TokenSource
from pyllm.model import GPT, ModelConfig
from pyllm.model.config import Derived
from pyllm.progress import is_wanted
from pyllm.threads import set_num_threads
from pyllm.tokenizer import Tokenizer
from pyllm.train.measuring import steps_per_second
from pyllm.train.pretrain_config import (
    CHANGEABLE,
    PretrainConfig,
    check_settings,
    model_config,
    resolved,
    with_steps,
)
from pyllm.train.pretrain_data import check_data, check_length, tokenizer_of, tokens_of
from pyllm.train.run_folder import RunFolder, Table
from pyllm.train.training_config import make_optimizer, read_settings, write_settings

NAME = "pretrain"
SHARE_FOR_TRAINING = 0.85  # of the minutes given; evaluation, samples and checkpoints take the rest


@dataclass(frozen=True)
class Setup:
    """What is trained, on what.

    Attributes:
        config: with nothing left to derive.
        shape: of the model.
        tokenizer: None where tokens came without one.
        training: tokens.
        validation: tokens; None without any.
        prompt: what samples go on from; empty where there are none.
    """

    config: PretrainConfig
    shape: ModelConfig
    tokenizer: Tokenizer | None
    training: TokenSource
    validation: TokenSource | None
    prompt: list[int]


def set_up(folder: RunFolder, config: PretrainConfig) -> Setup:
    """Does what is not done yet: writes config.toml, the tokenizer and the text's shards into the run's folder.

    Raises:
        OSError, ValueError: see pyllm.train.pretrain_data and pretrain_config.
    """
    config = replace(
        config,
        data=tuple(path.absolute() for path in config.data),
        validation_data=tuple(path.absolute() for path in config.validation_data),
        tokenizer=config.tokenizer and config.tokenizer.absolute(),
    )
    config, reasons = _stored(folder, config)
    if config.threads is not None:
        set_num_threads(config.threads)
    tokenizer = tokenizer_of(folder, config)
    prompt = _prompt(config, tokenizer) if tokenizer and config.sample_tokens else []
    training, validation = tokens_of(folder, config, tokenizer)
    shape, derivation = model_config(config, tokenizer.vocab_size if tokenizer else training.vocab_size)
    check_length(config, training, shape.context)
    if reasons is None:
        config, more = resolved(config, shape)
        if config.minutes is not None:
            config, last = with_steps(config, _steps_in(config.minutes, config, shape, training))
            more += last
        reasons = {one.name: f"{one.value}: {one.reason}" for one in derivation + more}
        if is_wanted(config.progress):
            _show_dial(config, shape, derivation + more)
        folder.write_config("model", {name: value for name, value in asdict(shape).items() if value is not None})
    write_settings(folder, NAME, config, reasons)
    return Setup(config, shape, tokenizer, training, validation, prompt)


def _stored(folder: RunFolder, config: PretrainConfig) -> tuple[PretrainConfig, Table | None]:
    """The settings that config.toml holds, with what is given anew; and its derivation, once all is derived.

    Settings of a new run are written there first, so that it can be gone on with whenever it stops.
    """
    if found := read_settings(folder, NAME, config, CHANGEABLE):
        check_settings(found[0])
        return found
    check_data(config)
    check_settings(config)
    write_settings(folder, NAME, config, None)
    return config, None


def _prompt(config: PretrainConfig, tokenizer: Tokenizer) -> list[int]:
    context = model_config(config, tokenizer.vocab_size)[0].context
    end = tokenizer.special_tokens.get(END_OF_TEXT)
    if end is not None and not config.sample_prompt:
        return [end]
    ids = tokenizer.encode_ordinary(config.sample_prompt or "\n")
    if len(ids) >= context:
        raise ValueError(f"sample_prompt has {len(ids)} tokens; it must leave room in the context of {context}")
    return ids


def _show_dial(config: PretrainConfig, shape: ModelConfig, derivation: list[Derived]) -> None:
    """Prints what the depth has led to."""
    tokens = (config.steps or 0) * (config.batch_size or 0) * (config.micro_batches or 0) * shape.context
    lines = [f"depth {shape.n_layer}: a model of {shape.num_parameters():,} parameters, trained on {tokens:,} tokens"]
    lines += [f"  {one.name:<15} {one.value!s:>9}  {one.reason}" for one in derivation]
    print("\n".join(lines), file=sys.stderr)


def _steps_in(minutes: float, config: PretrainConfig, shape: ModelConfig, training: TokenSource) -> int:
    """How many steps fit into some minutes: a model that is thrown away does a few."""
    model = GPT(shape, seed=config.seed)
    optimizer = make_optimizer(config, model)
    assert config.batch_size is not None and config.micro_batches is not None
    loader = Loader(training, config.batch_size, shape.context, config.seed)

    def step() -> None:
        for _ in range(config.micro_batches or 1):
            batch = loader.take()
            model.loss_and_backward(batch.tokens, batch.targets, segments=batch.segments, denominator=1e6)
        optimizer.step()

    return max(1, int(minutes * 60 * SHARE_FOR_TRAINING * steps_per_second(step)))
