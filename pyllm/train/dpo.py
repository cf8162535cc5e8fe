"""DPO: preferences without a reward model and without sampling (Rafailov et al. 2023, https://arxiv.org/abs/2305.18290).

The frozen reference is the model that the stage begins with. It is asked once, before the first step, for the
log-probabilities of all answers; the run's folder keeps them, so that the reference itself is needed no more.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy

from pyllm.chat import END_OF_TURN, parse, read_answer, text_of
from pyllm.engine import Engine
from pyllm.files import written_whole
from pyllm.model import GPT
from pyllm.progress import Progress
from pyllm.tokenizer import Tokenizer
from pyllm.train.dpo_config import CHANGEABLE, RATE, DpoConfig, check_settings
from pyllm.train.loop import Gradients, Metrics, Stage
from pyllm.train.losses import dpo as dpo_loss
from pyllm.train.preference_batches import (
    Pair,
    PreferenceBatch,
    PreferenceBatches,
    batch_of,
    evaluate_pairs,
    reference_logprobs,
)
from pyllm.train.preference_config import derive_length
from pyllm.train.preference_data import read_pairs
from pyllm.train.result import Result
from pyllm.train.run_folder import RunFolder
from pyllm.train.training_config import Derivation, make_optimizer
from pyllm.train.tuning import alone, begin, finish, settle

NAME = "dpo"
REFERENCE = "dpo_reference.npz"
SAMPLES = 2
SAMPLE_TEMPERATURE = 0.8

Array = numpy.ndarray[Any, numpy.dtype[Any]]


def dpo(config: DpoConfig) -> Result:
    """Trains a model to prefer chosen answers to rejected ones; leaves all there is to know in RUNS/NAME.

    Raises:
        OSError: a file is not there, or cannot be read or written; the run exists already.
        ValueError: a setting or a file is not what it should be, or no pair is left to train on.
        NonFiniteError: the loss or the gradient is not finite; see pyllm.train.loop.
    """
    return alone(config, "pyllm dpo", dpo_in)


def dpo_in(folder: RunFolder, config: DpoConfig, command: str, start: Path | None = None) -> Result:
    """The stage, in a run's folder that is held.

    Args:
        folder: of the run.
        config: as it was given.
        command: what goes on with the run when its name and --resume are added.
        start: the model's folder to begin with, in place of config.model.
    """
    begun = begin(folder, NAME, config, CHANGEABLE, start)
    model, tok = begun.model, begun.tokenizer
    if begun.reasons is None:
        check_settings(begun.config, model.cfg)
    derive = Derivation(begun.config)
    context = derive("context", model.cfg.context, "the model's")
    training, validation = read_pairs(begun.config, tok, context)
    longest = max(pair.size - 1 for pair in training)
    derive_length(derive, begun.config, model.cfg, len(training), longest, RATE)
    config = settle(folder, begun, derive)
    assert config.batch_size is not None and config.micro_batches is not None
    batch_size, settings = config.batch_size, config.loss_settings
    if begun.checkpoint is None:
        of_training, of_validation = _make_reference(folder, config, model, (training, validation))
    else:
        of_training, of_validation = _read_reference(folder, (training, validation))

    def batch(indices: list[int]) -> PreferenceBatch:
        return batch_of(training, indices, model.cfg.context, of_training)

    def loss(batch: PreferenceBatch, denominator: float) -> tuple[float, Gradients | None, Metrics]:
        logprobs = model.forward(batch.tokens, batch.targets)
        return dpo_loss(logprobs, batch.reference, batch.mask, denominator=denominator, **settings)

    def evaluation(last: bool, show: Callable[[str], None]) -> dict[str, float]:
        def show_done(done: int) -> None:
            show(f"evaluating on validation pairs, {done / len(validation):.0%} done")

        figures = evaluate_pairs(model, validation, of_validation, batch_size, settings, show_done)
        return {f"validation_{name}": value for name, value in figures.items()}

    stage = Stage(
        name=NAME,
        model=model,
        optimizer=make_optimizer(config, model),
        batches=PreferenceBatches(training, batch, batch_size, config.seed, of_training),
        loss=loss,
        learning_rate=config.rate,
        evaluate=evaluation if validation else None,
        sample=_sampler(config, model, tok, validation or training) if config.sample_tokens else None,
        tokenizer=tok,
    )
    return finish(folder, stage, config, begun, command, config.micro_batches)


def _make_reference(folder: RunFolder, config: DpoConfig, model: GPT, sides: Sequence[list[Pair]]) -> list[Array]:
    """The reference's log-probabilities of the answers on both sides, (N, 2) each; they are written down."""
    assert config.batch_size is not None
    sums: list[Array] = []
    with Progress("asking the reference", "pairs", sum(map(len, sides)), config.progress) as progress:
        for pairs in sides:
            done = sum(map(len, sums))

            def show(more: int, done: int = done) -> None:
                progress.update(done + more)

            sums.append(reference_logprobs(model, pairs, config.batch_size, show))
    with written_whole(folder.path / REFERENCE) as file:
        numpy.savez(file, training=sums[0], validation=sums[1])
    return sums


def _read_reference(folder: RunFolder, sides: Sequence[list[Pair]]) -> list[Array]:
    """What _make_reference has written."""
    path = folder.path / REFERENCE
    try:
        with path.open("rb") as file, numpy.load(file) as arrays:
            sums = [arrays["training"], arrays["validation"]]
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path} with the reference's log-probabilities is gone: the run cannot go on, begin another one"
        ) from None
    except (ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise ValueError(f"{path} is damaged: {error}") from None
    for found, pairs in zip(sums, sides, strict=True):
        if found.shape != (len(pairs), 2):
            raise ValueError(f"{path} is of other pairs: it has {len(found)} where the data have {len(pairs)}")
    return sums


def _sampler(config: DpoConfig, model: GPT, tok: Tokenizer, pairs: Sequence[Pair]) -> Callable[[int], list[str]]:
    """What answers the same few prompts, each time."""
    engine = Engine(model, tok)
    prompts = [pair.prompt for pair in pairs[:SAMPLES]]
    questions = [text_of(parse(prompt[:-1], tok)[-1]["content"]) for prompt in prompts]

    def sample(step: int) -> list[str]:
        answers = engine.generate(
            prompts,
            max_new_tokens=config.sample_tokens,
            temperature=SAMPLE_TEMPERATURE,
            stop=END_OF_TURN,
            seed=config.seed + step,
        )
        return [
            f"{question}\n> {text_of(read_answer(answer.ids, tok))}"
            for question, answer in zip(questions, answers, strict=True)
        ]

    return sample
