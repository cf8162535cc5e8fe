"""The report of a run: report.md and a plot of its losses, from what the run has written down."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pyllm import checkpoint
from pyllm.data.funnel import FUNNEL, read_funnel
from pyllm.data.funnel_report import PLOT, REPORT, STAGES_HEADER, stage_rows, summary
from pyllm.devices import devices
from pyllm.files import write_whole
from pyllm.markdown import markdown_table
from pyllm.model import ModelConfig
from pyllm.threads import available_cores
from pyllm.train.display import duration, printable
from pyllm.train.run_folder import RunFolder
from pyllm.version import __version__

STAGES = ("pretrain",)
SMOOTHING = 0.02  # of the steps: the training loss is shown as a running mean over so many
LONGEST_SAMPLE = 1000  # characters


def write_report(folder: RunFolder) -> Path:
    """Writes report.md, and plots/loss.png; returns the report's path.

    Raises:
        OSError, ValueError: the run's files cannot be read, or are damaged.
    """
    tables = folder.read_tables()
    machine = devices()[0]
    parts = [
        f"# {folder.path.name}\n",
        f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC, pyllm {__version__}, on {machine.processor} "
        f"(cores: {available_cores()}, threads: {machine.threads}, instruction set: {machine.instruction_set})\n",
    ]
    if (folder.documents / FUNNEL).exists():
        parts += _data(folder)
    for stage in STAGES:
        lines = folder.read_metrics(stage)
        if stage in tables and lines:
            plot = _plot(folder, stage, lines)
            parts += _stage(folder, stage, tables, lines, plot)
    write_whole(folder.report, "\n".join(parts).encode())
    return folder.report


def _data(folder: RunFolder) -> list[str]:
    funnel, place = read_funnel(folder.documents), folder.documents.relative_to(folder.path)
    return [
        "## data\n",
        f"{summary(funnel)} Why the others did not: [{place}/{REPORT}]({place}/{REPORT})\n",
        *markdown_table(STAGES_HEADER, stage_rows(funnel)),
        f"\n![the funnel]({place}/{PLOT})\n",
    ]


def _stage(
    folder: RunFolder, stage: str, tables: dict[str, Any], lines: list[dict[str, Any]], plot: Path | None
) -> list[str]:
    steps = [line for line in lines if "loss" in line]
    evaluations = [line for line in lines if "validation_loss" in line]
    samples = [line for line in lines if "sample" in line]
    settings = dict(tables[stage])
    reasons = settings.pop("derivation", {})
    rows: list[tuple[str, ...]] = [("data", ", ".join(Path(path).name for path in settings.get("data", ())))]
    if "model" in tables:
        rows.append(("parameters", f"{ModelConfig(**tables['model']).num_parameters():,}"))
    if steps:
        last = steps[-1]
        speed = last["tokens"] / max(last["seconds"], 1e-9)
        shares = sorted(line["share_of_peak"] for line in steps)
        rows += [
            ("steps", f"{last['step']:,}"),
            ("tokens trained on", f"{last['tokens']:,}"),
            ("time of training", duration(last["seconds"])),
            ("tokens a second", f"{speed:,.0f}"),
            ("share of the peak of our matrix product (median step)", f"{shares[len(shares) // 2]:.0%}"),
            ("training loss, last step", f"{last['loss']:.4f} nats a token"),
        ]
    if evaluations:
        last = evaluations[-1]
        names = {
            "training_loss": ("training loss, of some of its tokens", "nats a token"),
            "validation_loss": ("validation loss, of all of it", "nats a token"),
            "training_bits_per_byte": ("training bits a byte, of some of its tokens", ""),
            "validation_bits_per_byte": ("validation bits a byte, of all of it", ""),
        }
        rows += [(title, f"{last[name]:.4f} {unit}".strip()) for name, (title, unit) in names.items() if name in last]
    found = checkpoint.found(folder.checkpoints, stage)
    if found:
        rows.append(("model", f"[{found[-1].path.name}]({found[-1].path.relative_to(folder.path)})"))
    parts = [f"## {stage}\n", *markdown_table(("", ""), rows)]
    if plot is not None:
        parts += ["", f"![losses of {stage}]({plot.relative_to(folder.path)})"]
    if samples:
        last_step = samples[-1]["step"]
        parts.append("\n### Samples, the first and the last\n")
        for line in samples:
            if line["step"] in (samples[0]["step"], last_step):
                parts += [f"After step {line['step']:,}:\n", _quoted(line["sample"]), ""]
    if reasons:
        parts.append("\n### The dial: how each number came about\n")
        parts += markdown_table(
            ("setting", "value", "because"), [(name, *_split(reason)) for name, reason in reasons.items()]
        )
    parts.append("\n### Evaluations\n")
    if not evaluations:
        return [*parts, "None.", ""]
    parts.append("While it trains, on tokens spread evenly over the validation data; at the end, on all of them.\n")
    wanted = ("validation_loss", "validation_bits_per_byte", "validation_tokens")
    columns = [name for name in wanted if any(name in line for line in evaluations)]
    header = ("step", *(name.replace("_", " ") for name in columns))
    table = [tuple(_number(line.get(name)) for name in ("step", *columns)) for line in evaluations]
    return [*parts, *markdown_table(header, table), ""]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def _split(reason: str) -> tuple[str, str]:
    value, _, because = str(reason).partition(": ")
    return value, because


def _quoted(text: str) -> str:
    """A text as an indented block, which nothing in it can end."""
    shown = text if len(text) <= LONGEST_SAMPLE else text[:LONGEST_SAMPLE] + " ..."
    return "\n".join("    " + line for line in printable(shown).split("\n"))


def _plot(folder: RunFolder, stage: str, lines: list[dict[str, Any]]) -> Path | None:
    """plots/STAGE_loss.png: the loss of training and validation over steps; None without a step."""
    steps = [(line["step"], line["loss"]) for line in lines if "loss" in line]
    evaluations = [(line["step"], line["validation_loss"]) for line in lines if "validation_loss" in line]
    if not steps:
        return None

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    places, losses = zip(*steps, strict=True)
    axes.plot(places, losses, color="#b8cbe0", linewidth=0.8, label="training, each step")
    axes.plot(places, running_mean(losses), color="#1d4e89", linewidth=1.5, label="training, running mean")
    if evaluations:
        axes.plot(*zip(*evaluations, strict=True), color="#c1440e", marker="o", markersize=3, label="validation")
    axes.set(xlabel="step", ylabel="loss, nats a token", title=f"{folder.path.name}: {stage}")
    axes.grid(alpha=0.3)
    axes.legend()
    folder.plots.mkdir(exist_ok=True)
    path = folder.plots / f"{stage}_loss.png"
    figure.savefig(path, dpi=120)
    return path


def running_mean(values: tuple[float, ...]) -> list[float]:
    """An exponential mean over about SMOOTHING of all values, unbiased at the start."""
    keep = 1 - 1 / max(1.0, SMOOTHING * len(values))
    mean = weight = 0.0
    smooth = []
    for value in values:
        mean, weight = keep * mean + (1 - keep) * value, keep * weight + (1 - keep)
        smooth.append(mean / weight)
    return smooth
