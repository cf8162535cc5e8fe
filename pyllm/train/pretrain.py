"""Pretraining: the next token of running text, by maximum likelihood (Radford et al. 2019, section 2)."""

from __future__ import annotations

from collections.abc import Callable

from pyllm import checkpoint
from pyllm.checkpoint import Checkpoint
from pyllm.data.loader import Batch, Loader, OneBatch
from pyllm.data.token_source import END_OF_TEXT, TokenSource
from pyllm.engine import Engine
from pyllm.model import GPT
from pyllm.model.folders import load
from pyllm.train.evaluation import evaluate, token_lengths
from pyllm.train.loop import Gradients, Metrics, Stage, train
from pyllm.train.pretrain_config import PretrainConfig
from pyllm.train.pretrain_data import check_data
from pyllm.train.pretrain_setup import NAME, Setup, set_up
from pyllm.train.result import Result, result_of
from pyllm.train.run_folder import RunFolder
from pyllm.train.training_config import loop_settings, make_optimizer
from pyllm.train.tuning import alone

SAMPLE_TEMPERATURE = 0.8


def pretrain(config: PretrainConfig) -> Result:
    """Trains a model from nothing on text or tokens; leaves all there is to know in RUNS/NAME.

    Raises:
        OSError: a file is not there, or cannot be read or written; the run exists already.
        ValueError: a setting or a file is not what it should be, the text is shorter than one context.
        NonFiniteError: the loss or the gradient is not finite; see pyllm.train.loop.
    """
    if not config.resume:
        check_data(config)
    return alone(config, "pyllm pretrain", pretrain_in)


def pretrain_in(folder: RunFolder, config: PretrainConfig, command: str) -> Result:
    """The stage, in a run's folder that is held.

    Args:
        folder: of a new run, or of one to go on with.
        config: as it was given.
        command: what goes on with the run when its name and --resume are added.
    """
    setup = set_up(folder, config)
    stage, start = _stage(folder, setup)
    stage.go_on = f"{command} {config.options} --resume"
    stage.go_on_slower = f"pyllm pretrain {config.options} --resume --lr {(setup.config.lr or 0) / 3:.2g}"
    outcome = train(stage, loop_settings(setup.config, setup.config.micro_batches or 1), folder, start)
    return result_of(folder, NAME, outcome, None)


def _stage(folder: RunFolder, setup: Setup) -> tuple[Stage, Checkpoint | None]:
    """The stage as the loop wants it, and the checkpoint that its model is from."""
    config, shape, tokenizer, training = setup.config, setup.shape, setup.tokenizer, setup.training
    start = None
    if checkpoint.found(folder.checkpoints, NAME) or config.from_step is not None:
        start, _ = checkpoint.newest(folder.checkpoints, NAME, config.from_step)
        checkpoint.set_aside_after(folder.checkpoints, NAME, start.step)
    model = GPT(shape, seed=config.seed) if start is None else load(start.path)
    assert config.batch_size is not None and config.micro_batches is not None
    loader = Loader(training, config.batch_size, shape.context, config.seed)
    lengths = token_lengths(tokenizer, shape.vocab_size) if tokenizer else None

    def loss(batch: Batch, denominator: float) -> tuple[float, Gradients | None, Metrics]:
        nll = model.loss_and_backward(batch.tokens, batch.targets, segments=batch.segments, denominator=denominator)
        return nll, None, {}

    def evaluation(last: bool, show: Callable[[str], None]) -> dict[str, float]:
        def measured(source: TokenSource, data: str, most_tokens: int | None) -> dict[str, float]:
            def show_share(share: float) -> None:
                show(f"evaluating on {data} data, {share:.0%} done")

            nats, bits, count = evaluate(
                model, source, loader.batch_size, shape.context, most_tokens, lengths, show_share
            )
            bits_per_byte = {} if bits is None else {f"{data}_bits_per_byte": bits}
            return {f"{data}_loss": nats, **bits_per_byte, f"{data}_tokens": count}

        figures: dict[str, float] = {}
        if setup.validation is not None:
            figures |= measured(setup.validation, "validation", None if last else config.evaluate_tokens)
        if last:
            figures |= measured(training, "training", config.evaluate_tokens)
        return figures

    engine = Engine(model, tokenizer)

    def sample(step: int) -> list[str]:
        assert tokenizer is not None
        special = tokenizer.special_tokens
        (one,) = engine.generate(
            [setup.prompt],
            max_new_tokens=config.sample_tokens,
            temperature=SAMPLE_TEMPERATURE,
            stop=END_OF_TEXT if END_OF_TEXT in special else (),
            seed=config.seed + step,
        )
        return [tokenizer.decode([id for id in setup.prompt + one.ids if id not in special.values()])]

    stage = Stage(
        name=NAME,
        model=model,
        optimizer=make_optimizer(config, model),
        batches=OneBatch(loader, config.micro_batches) if config.overfit_one_batch else loader,
        loss=loss,
        learning_rate=config.rate,
        evaluate=None if config.overfit_one_batch else evaluation,
        sample=sample if setup.prompt else None,
        tokenizer=tokenizer,
    )
    return stage, start
