"""What came of a stage, for who called it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyllm.train.loop import Outcome
from pyllm.train.run_folder import RunFolder


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


def result_of(folder: RunFolder, stage: str, outcome: Outcome, report: Path | None) -> Result:
    """The result of a stage whose loop has ended."""
    figures: dict[str, float] = {}
    for line in folder.read_metrics(stage):  # not the outcome's: a run that was complete is not evaluated anew
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
