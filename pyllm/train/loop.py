"""The loop that all training stages share.

A stage brings its batches and a function from a batch to (loss, gradients, metrics); the loop adds up micro-batches,
steps the optimizer, evaluates, samples, saves, shows progress, and stops cleanly when told to or when numbers go wrong.
"""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from pyllm import checkpoint
from pyllm.checkpoint import Checkpoint
from pyllm.optim import AdamW, NonFiniteError
from pyllm.train.display import Display, Work, duration, matmul_peak, printable
from pyllm.train.run_folder import MetricsWriter, RunFolder

if TYPE_CHECKING:
    from pyllm.model import GPT
    from pyllm.tokenizer import Tokenizer

Metrics = Mapping[str, float]
Gradients = Mapping[str, Any]


class DataError(ValueError):
    """There is no next batch, or no evaluation, through no fault of the model's: what it has learned can be saved."""


class Batch(Protocol):
    """What the loop must know of a micro-batch."""

    @property
    def weight(self) -> float:
        """How much of the step's loss it is: for a mean over tokens, how many tokens that mean is of."""

    @property
    def tokens(self) -> Any:
        """(B, T); their number gives the speed."""

    @property
    def place(self) -> str:
        """Where its data come from, for messages."""


class Batches(Protocol):
    """Where micro-batches come from."""

    def take(self) -> Any:
        """The next one."""

    def state(self) -> dict[str, Any]:
        """All that the coming batches depend on, for JSON."""

    def load_state(self, state: dict[str, Any]) -> None:
        """Goes to where `state` was taken; raises ValueError when the state is not of these data."""


@dataclass(frozen=True)
class Companion:
    """Another model that learns along, such as a critic; the stage's loss adds to its gradients.

    Attributes:
        optimizer: of it.
        lr_share: its learning rate, as a share of the stage's.
    """

    optimizer: AdamW
    lr_share: float = 1.0


@dataclass
class Stage:
    """What one stage of training is made of.

    Attributes:
        name: "pretrain", ...; lower-case letters.
        model: trainable.
        optimizer: of the model.
        batches: where micro-batches come from.
        loss: from a micro-batch and the step's denominator, the sum of its micro-batches' weights, to (loss, gradients,
            metrics). Loss and metrics are this micro-batch's share: they are added up over the step. gradients are the
            arguments of model.backward; None when the function has already added to model.grads.
        learning_rate: of a step, counted from 0.
        evaluate: from whether this is the last time to metrics; it calls its second argument with what it is at, for
            the display. None: no evaluation.
        sample: from the step to texts; None: no samples.
        classifier: whether the loss asks the model for log-probabilities, and not for values alone.
        companions: by name, saved along with the model; lower-case letters. They are asked for values.
        tokenizer: saved along with the model.
        go_on: what to type to go on with this run, for messages.
        go_on_slower: the same, with a lower learning rate.
        headline: the metric that the display shows of each step.
    """

    name: str
    model: GPT
    optimizer: AdamW
    batches: Batches
    loss: Callable[[Any, float], tuple[float, Gradients | None, Metrics]]
    learning_rate: Callable[[int], float]
    evaluate: Callable[[bool, Callable[[str], None]], dict[str, float]] | None = None
    sample: Callable[[int], list[str]] | None = None
    classifier: bool = True
    companions: Mapping[str, Companion] = field(default_factory=dict)
    tokenizer: Tokenizer | None = None
    go_on: str = ""
    go_on_slower: str = ""
    headline: str = "loss"

    def flops_per_token(self, T: int) -> int:
        """Floating-point operations of a token in a row of T, forward and backward, in all that learn."""
        learned = self.model.cfg.flops_per_token(T, self.classifier)
        return learned + sum(
            one.optimizer.model.cfg.flops_per_token(T, classifier=False) for one in self.companions.values()
        )


@dataclass(frozen=True)
class LoopSettings:
    """How long and how often.

    Attributes:
        steps: updates of the whole run.
        micro_batches: whose gradients are added up for one update.
        max_norm: of the gradient, see AdamW.step; None: not clipped.
        evaluate_every, sample_every, save_every: steps between two; 0: only at the end.
        keep: how many checkpoints stay.
        progress: see pyllm.progress.Progress.
    """

    steps: int
    micro_batches: int = 1
    max_norm: float | None = 1.0
    evaluate_every: int = 0
    sample_every: int = 0
    save_every: int = 0
    keep: int = 2
    progress: bool | None = None

    def __post_init__(self) -> None:
        for name, least in (("steps", 1), ("micro_batches", 1), ("keep", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)}")
        for name in ("evaluate_every", "sample_every", "save_every"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be 0 (at the end alone) or positive, got {getattr(self, name)}")
        if self.max_norm is not None and not self.max_norm > 0:
            raise ValueError(f"max_norm must be positive, got {self.max_norm}")


@dataclass
class Outcome:
    """How a run of the loop ended.

    Attributes:
        step: updates that the model has had, over all sessions of the run.
        tokens: gone through, over all sessions.
        seconds: of training, over all sessions; evaluation, samples and saving are not counted.
        loss: of the last step.
        evaluation: the last one.
        samples: the last ones.
        checkpoint: the last one.
        stopped_by: the signal that stopped the run before its end; None: it came to its end.
    """

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    loss: float = math.nan
    evaluation: dict[str, float] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)
    checkpoint: Path | None = None
    stopped_by: signal.Signals | None = None


def train(stage: Stage, settings: LoopSettings, folder: RunFolder, start: Checkpoint | None = None) -> Outcome:
    """Trains a stage to its end, or until SIGINT or SIGTERM; saves it in the run's folder.

    The order within a step: micro-batches, update, metrics, evaluation, samples, checkpoint. A run that goes on from a
    checkpoint has the same bits as one that never stopped, at the same number of threads.

    Args:
        stage: what to train. Its model's parameters must be those of `start`.
        settings: how long.
        folder: of the run, made and held.
        start: go on from this checkpoint; None: begin.

    Raises:
        NonFiniteError: a loss or a gradient is not finite; nothing was updated by it. Names the step, the batch and the
            last good checkpoint.
        DataError: the stage's batches or its evaluation raised it; the last step that was finished is saved.
        ValueError: the checkpoint is not of this stage, its data or its optimizer.
        OSError: a checkpoint cannot be written.
    """
    outcome = Outcome()
    if start is not None:
        _restore(stage, start, outcome)
    folder.cut_metrics(stage.name, outcome.step if start else -1)
    peak = matmul_peak(stage.model.ops)
    with (
        folder.metrics_writer(stage.name) as write,
        Display(stage.name, settings.steps, stage.flops_per_token, peak, settings.progress, stage.headline) as display,
        _signals() as signals,
    ):
        session = _Session(stage, settings, folder, outcome, write, display)
        if start is None:
            session.evaluate(last=False)
        else:
            session.check_metrics()
        try:
            while outcome.step < settings.steps and not signals:
                session.step()
                last = outcome.step == settings.steps
                if last or _due(outcome.step, settings.evaluate_every):
                    session.evaluate(last)
                if last or _due(outcome.step, settings.sample_every):
                    session.sample()
                if last or _due(outcome.step, settings.save_every):
                    session.save()
        except DataError as error:
            session.fail(error)
    if signals:
        session.stop(signals[0])
    return outcome


class _Session:
    """One run of the loop, with all that its parts need."""

    def __init__(
        self,
        stage: Stage,
        settings: LoopSettings,
        folder: RunFolder,
        outcome: Outcome,
        write: MetricsWriter,
        display: Display,
    ) -> None:
        self.stage, self.settings, self.folder, self.outcome = stage, settings, folder, outcome
        self.write, self.display = write, display

    def step(self) -> None:
        stage, outcome = self.stage, self.outcome
        start = time.perf_counter()
        batches = [stage.batches.take() for _ in range(self.settings.micro_batches)]
        denominator = max(1.0, sum(batch.weight for batch in batches))
        loss = 0.0
        metrics: dict[str, float] = {}
        for number, batch in enumerate(batches, 1):
            share, gradients, its_metrics = stage.loss(batch, denominator)
            if gradients is not None:
                stage.model.backward(**gradients)
            loss += float(share)
            if not math.isfinite(loss):
                self.refuse(f"the loss of micro-batch {number} of {len(batches)} is {float(share)}", [batch])
            for name, value in its_metrics.items():
                metrics[name] = metrics.get(name, 0.0) + float(value)
        rate = stage.learning_rate(outcome.step)
        try:
            for name, one in stage.companions.items():  # first: if one cannot learn, the model does not, either
                metrics[f"{name}_gradient_norm"] = one.optimizer.step(rate * one.lr_share, self.settings.max_norm)
            norm = stage.optimizer.step(rate, self.settings.max_norm)
        except NonFiniteError as error:
            self.refuse(str(error), batches)
        tokens, context = sum(batch.tokens.size for batch in batches), batches[0].tokens.shape[-1]
        seconds = time.perf_counter() - start
        work = Work(tokens, int(metrics.get("rollout_tokens", 0)), context)
        outcome.step, outcome.loss = outcome.step + 1, loss
        outcome.tokens, outcome.seconds = outcome.tokens + tokens, outcome.seconds + seconds
        # So far, without attention's, whose share depends on the lengths; a stage that also generates tells its own.
        metrics.setdefault("flops", 6.0 * stage.model.cfg.matmul_parameters(stage.classifier) * outcome.tokens)
        self.write(
            outcome.step,
            loss=loss,
            learning_rate=rate,
            gradient_norm=norm,
            **metrics,
            tokens=outcome.tokens,
            seconds=round(outcome.seconds, 3),
            tokens_per_second=round(work.tokens / seconds, 1),
            share_of_peak=round(self.display.share_of_peak(work, seconds), 3),
        )
        self.display.step(outcome.step, metrics.get(stage.headline, loss), seconds, work)

    def refuse(self, problem: str, batches: Sequence[Batch]) -> NoReturn:
        for optimizer in (self.stage.optimizer, *(one.optimizer for one in self.stage.companions.values())):
            optimizer.model.zero_grads()
        place = "; ".join(batch.place for batch in batches)
        good = checkpoint.found(self.folder.checkpoints, self.stage.name)
        if good:
            advice = f"The last good checkpoint is {good[-1].path}"
            if self.stage.go_on_slower:
                advice += f": go on from it with a lower learning rate, `{self.stage.go_on_slower}`"
        else:
            advice = "There is no checkpoint yet: start again with a lower learning rate"
        raise NonFiniteError(
            f"stopped at step {self.outcome.step + 1}, nothing was updated: {problem}, on {place}. {advice}"
        )

    def check_metrics(self) -> None:
        """Says what metrics.jsonl lacks of the steps that are done, and evaluates a complete run anew if need be."""
        step, name = self.outcome.step, self.stage.name
        lines = self.folder.read_metrics(name)
        recorded = max((line["step"] for line in lines if "loss" in line), default=0)
        if recorded < step:
            warnings.warn(
                f"{self.folder.metrics} tells of step {recorded:,} at most, the checkpoint is of step {step:,}: what "
                "lies between is missing from the report and the plot",
                stacklevel=2,
            )
        if step >= self.settings.steps:
            self.display.print(f"{name} is complete: {step:,} steps of {self.settings.steps:,} are done")
            if not any(line["step"] == step and not {"loss", "sample"} & set(line) for line in lines):
                self.evaluate(last=True)

    def evaluate(self, last: bool) -> None:
        if self.stage.evaluate is not None:
            self.outcome.evaluation = self.stage.evaluate(last, self.display.doing)
            self.write(self.outcome.step, **self.outcome.evaluation)
            figures = [
                f"{name.replace('_', ' ')} {value:.4f}"
                for name, value in self.outcome.evaluation.items()
                if isinstance(value, float)  # and not a count, which is for the record
            ]
            if figures:
                self.display.print(f"step {self.outcome.step:,}: {', '.join(figures)}")

    def sample(self) -> None:
        if self.stage.sample is not None:
            self.display.doing("sampling")
            self.outcome.samples = self.stage.sample(self.outcome.step)
            for text in self.outcome.samples:
                self.write(self.outcome.step, sample=text)
                self.display.print(f"step {self.outcome.step:,}, a sample:\n{printable(text)}\n")

    def save(self) -> None:
        self.display.doing("saving")
        stage, outcome = self.stage, self.outcome
        path = checkpoint.path_of(self.folder.checkpoints, stage.name, outcome.step)
        state = {
            "stage": stage.name,
            "step": outcome.step,
            "tokens": outcome.tokens,
            "seconds": outcome.seconds,
            "loss": outcome.loss,
            "batches": stage.batches.state(),
        }
        companions = {name: one.optimizer for name, one in stage.companions.items()}
        checkpoint.save(path, stage.model, stage.optimizer, state, stage.tokenizer, companions)
        checkpoint.keep_last(self.folder.checkpoints, stage.name, self.settings.keep)
        outcome.checkpoint = path

    def save_once(self) -> None:
        """Saves unless that has been done after this step."""
        if self.outcome.checkpoint != checkpoint.path_of(self.folder.checkpoints, self.stage.name, self.outcome.step):
            self.save()

    def fail(self, error: DataError) -> NoReturn:
        step = self.outcome.step
        if not step:
            raise error
        self.save_once()
        go_on = f"; mend it and go on with: {self.stage.go_on}" if self.stage.go_on else ""
        raise DataError(
            f"stopped after step {step:,} of {self.settings.steps:,}: {error}. What was learned is saved in "
            f"{self.outcome.checkpoint}{go_on}"
        ) from error

    def stop(self, by: signal.Signals) -> None:
        outcome = self.outcome
        if outcome.step == self.settings.steps:  # it came with the last step
            return
        self.save_once()
        outcome.stopped_by = by
        go_on = f". Go on with: {self.stage.go_on}" if self.stage.go_on else ""
        print(
            f"stopped by {by.name} after step {outcome.step:,} of {self.settings.steps:,}, "
            f"{duration(outcome.seconds)} of training; all of it is saved in {outcome.checkpoint}{go_on}",
            file=sys.stderr,
        )


def _due(step: int, every: int) -> bool:
    return every > 0 and step % every == 0


def _restore(stage: Stage, start: Checkpoint, outcome: Outcome) -> None:
    state = checkpoint.verify(start.path)
    try:
        if state["stage"] != stage.name or state["step"] != start.step:
            raise ValueError(f"it is of stage {state['stage']}, step {state['step']}")
        outcome.step, outcome.tokens = int(state["step"]), int(state["tokens"])
        outcome.seconds, outcome.loss = float(state["seconds"]), float(state["loss"])
        stage.batches.load_state(state["batches"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"the checkpoint {start.path} does not fit: it has no good {error}") from None
    except ValueError as error:
        raise ValueError(f"the checkpoint {start.path} does not fit: {error}") from None
    checkpoint.load_optimizer(start.path, stage.optimizer, state)
    for name, one in stage.companions.items():
        checkpoint.load_optimizer(start.path, one.optimizer, state, name)
    outcome.checkpoint = start.path


@contextmanager
def _signals() -> Iterator[list[signal.Signals]]:
    """A list that SIGINT and SIGTERM are put into, instead of what they would do; a second one acts at once.

    Other threads than the main one cannot take signals: there nothing changes.
    """
    received: list[signal.Signals] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return

    def handle(number: int, frame: FrameType | None) -> None:
        received.append(signal.Signals(number))
        for one, handler in before.items():
            signal.signal(one, handler)

    before = {one: signal.getsignal(one) or signal.SIG_DFL for one in (signal.SIGINT, signal.SIGTERM)}
    for one in before:
        signal.signal(one, handle)
    try:
        yield received
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
