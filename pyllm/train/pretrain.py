"""Pretraining: the next token of running text, by maximum likelihood (Radford et al. 2019, section 2)."""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pyllm import checkpoint
from pyllm.data.loader import Batch, Loader
from pyllm.data.token_source import END_OF_TEXT, TokenSource
from pyllm.engine import Engine
from pyllm.model import GPT, ModelConfig
from pyllm.model.folders import load
from pyllm.threads import set_num_threads
from pyllm.tokenizer import Tokenizer
from pyllm.train.evaluation import evaluate, token_lengths
from pyllm.train.loop import Gradients, Metrics, Outcome, Stage, train
from pyllm.train.pretrain_config import (
    NOT_STORED,
    PretrainConfig,
    loop_settings,
    make_optimizer,
    model_config,
    of_table,
    resolved,
    with_steps,
)
from pyllm.train.pretrain_data import check_data, check_length, tokenizer_of, tokens_of
from pyllm.train.run_folder import RunFolder, Table, table_of

NAME = "pretrain"
DERIVATION = "derivation"
SHARE_FOR_TRAINING = 0.85  # of the minutes given; evaluation, samples and checkpoints take the rest
MEASURED_SECONDS = 2.0
SAMPLE_TEMPERATURE = 0.8


@dataclass(frozen=True)
class Result:
    """What came of a stage.

    Attributes:
        run: its folder.
        checkpoint: the last one; a model folder that pyllm.load reads.
        step: updates so far.
        loss: of the last step, nats a token.
        validation_loss: nats a token; at the end of the run over all validation tokens. None without any.
        bits_per_byte: of the validation text; None without a tokenizer.
        seconds: of training.
        stopped_by: the signal that stopped the run before its end, such as "SIGINT"; None: it came to its end.
        report: report.md, once the run has come to its end.
    """

    run: Path
    checkpoint: Path | None
    step: int
    loss: float
    validation_loss: float | None
    bits_per_byte: float | None
    seconds: float
    stopped_by: str | None
    report: Path | None


class OneBatch:
    """The first micro-batches of a loader, over and over."""

    def __init__(self, loader: Loader, count: int) -> None:
        self._state = loader.state()
        self._batches = [loader.take() for _ in range(count)]
        self._next = 0

    def take(self) -> Batch:
        """The next of them."""
        self._next += 1
        return self._batches[(self._next - 1) % len(self._batches)]

    def state(self) -> dict[str, Any]:
        """Which data they are of; a step uses all of them, so that each step starts at the first."""
        return self._state

    def load_state(self, state: dict[str, Any]) -> None:
        """Raises ValueError when the state is of other data."""
        if state != self._state:
            raise ValueError("the data are not those of the checkpoint")


def pretrain(config: PretrainConfig) -> Result:
    """Trains a model from nothing on text or tokens; leaves all there is to know in RUNS/NAME.

    Raises:
        OSError: a file is not there, or cannot be read or written; the run exists already.
        ValueError: a setting or a file is not what it should be, the text is shorter than one context.
        NonFiniteError: the loss or the gradient is not finite; see pyllm.train.loop.
    """
    if not config.resume:
        check_data(config)
    with new_or_resumed(config.folder, config.resume):
        return pretrain_in(config.folder, config, "pyllm pretrain")


@contextmanager
def new_or_resumed(folder: RunFolder, resume: bool) -> Iterator[None]:
    """Holds a run's folder, made or there already; a new one is removed when the work fails before training began.

    Raises:
        FileExistsError, FileNotFoundError: a new one is there already, or one to go on with is not.
        ValueError: another process is at work on it.
    """
    if not resume:
        folder.make()
    elif not folder.path.is_dir():
        raise FileNotFoundError(f"there is no run {folder.path} to go on with")
    try:
        with folder.held():
            yield
    except BaseException:
        if not resume and not folder.metrics.exists():
            shutil.rmtree(folder.path, ignore_errors=True)
        raise


def pretrain_in(folder: RunFolder, config: PretrainConfig, command: str) -> Result:
    """The stage, in a run's folder that is held.

    Args:
        folder: of a new run, or of one to go on with.
        config: as it was given.
        command: what goes on with the run when its name and --resume are added.
    """
    from pyllm.report import write_report

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
    training, validation = tokens_of(folder, config, tokenizer)
    shape, derivation = model_config(config, tokenizer.vocab_size if tokenizer else training.vocab_size)
    check_length(config, training, shape.context)
    if reasons is None:
        config, more = resolved(config, shape)
        if config.minutes is not None:
            config, last = with_steps(config, _steps_in(config.minutes, config, shape, training))
            more += last
        reasons = {one.name: f"{one.value}: {one.reason}" for one in derivation + more}
        folder.write_config("model", {name: value for name, value in asdict(shape).items() if value is not None})
    _store(folder, config, reasons)
    stage, start = _stage(folder, config, shape, tokenizer, training, validation)
    name = f"--name {shlex.quote(config.name)}"
    if config.runs != Path("runs"):
        name += f" --runs {shlex.quote(str(config.runs))}"
    stage.go_on = f"{command} {name} --resume"
    stage.go_on_slower = f"pyllm pretrain {name} --resume --lr {(config.lr or 0) / 3:.2g}"
    outcome = train(stage, loop_settings(config), folder, start)
    return _result(folder, outcome, None if outcome.stopped_by else write_report(folder))


def _stored(folder: RunFolder, config: PretrainConfig) -> tuple[PretrainConfig, Table | None]:
    """The settings that config.toml holds, with what is given anew; and its derivation, once all is derived.

    Settings of a new run are written there first, so that it can be gone on with whenever it stops.
    """
    table = dict(folder.read_tables().get(NAME, {})) if folder.config.exists() else {}
    if table:
        reasons = table.pop(DERIVATION, None)
        return of_table(table, config), reasons
    check_data(config)
    _store(folder, config, None)
    return config, None


def _store(folder: RunFolder, config: PretrainConfig, reasons: Table | None) -> None:
    table = {name: value for name, value in table_of(config).items() if name not in NOT_STORED}
    folder.write_config(NAME, table if reasons is None else {**table, DERIVATION: reasons})


def _stage(
    folder: RunFolder,
    config: PretrainConfig,
    shape: ModelConfig,
    tokenizer: Tokenizer | None,
    training: TokenSource,
    validation: TokenSource | None,
) -> tuple[Stage, checkpoint.Checkpoint | None]:
    """The stage as the loop wants it, and the checkpoint that its model is from."""
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

    def measured(source: TokenSource, prefix: str, most_tokens: int | None) -> dict[str, float]:
        nats, bits = evaluate(model, source, loader.batch_size, shape.context, most_tokens, lengths)
        return {f"{prefix}loss": nats} | ({} if bits is None else {f"{prefix}bits_per_byte": bits})

    def evaluation(last: bool) -> dict[str, float]:
        figures: dict[str, float] = {}
        if validation is not None:
            figures |= measured(validation, "validation_", None if last else config.evaluate_tokens)
        if last:
            figures |= measured(training, "training_", config.evaluate_tokens)
        return figures

    engine = Engine(model, tokenizer)
    prompt = _prompt(config, tokenizer, shape.context) if tokenizer else []

    def sample(step: int) -> list[str]:
        assert tokenizer is not None
        (one,) = engine.generate(
            [prompt], max_new_tokens=config.sample_tokens, temperature=SAMPLE_TEMPERATURE, seed=config.seed + step
        )
        return [tokenizer.decode([id for id in prompt + one.ids if id not in tokenizer.special_tokens.values()])]

    stage = Stage(
        name=NAME,
        model=model,
        optimizer=make_optimizer(config, model),
        batches=OneBatch(loader, config.micro_batches) if config.overfit_one_batch else loader,
        loss=loss,
        learning_rate=config.rate,
        evaluate=None if config.overfit_one_batch else evaluation,
        sample=sample if tokenizer and config.sample_tokens else None,
        tokenizer=tokenizer,
    )
    return stage, start


def _prompt(config: PretrainConfig, tokenizer: Tokenizer, context: int) -> list[int]:
    end = tokenizer.special_tokens.get(END_OF_TEXT)
    ids = tokenizer.encode_ordinary(config.sample_prompt or "\n")
    if end is not None and not config.sample_prompt:
        ids = [end]
    if len(ids) >= context:
        raise ValueError(f"sample_prompt has {len(ids)} tokens; it must leave room in the context of {context}")
    return ids


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

    step()  # takes memory
    done, start = 0, time.perf_counter()
    while (seconds := time.perf_counter() - start) < MEASURED_SECONDS or not done:
        step()
        done += 1
    return max(1, int(minutes * 60 * SHARE_FOR_TRAINING * done / seconds))


def _result(folder: RunFolder, outcome: Outcome, report: Path | None) -> Result:
    figures: dict[str, float] = {}
    for line in folder.read_metrics(NAME):  # a run that was complete already has not been evaluated anew
        figures |= {name: line[name] for name in ("validation_loss", "validation_bits_per_byte") if name in line}
    return Result(
        run=folder.path,
        checkpoint=outcome.checkpoint,
        step=outcome.step,
        loss=outcome.loss,
        validation_loss=figures.get("validation_loss"),
        bits_per_byte=figures.get("validation_bits_per_byte"),
        seconds=outcome.seconds,
        stopped_by=outcome.stopped_by.name if outcome.stopped_by else None,
        report=report,
    )
