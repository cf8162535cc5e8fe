"""What is told of learning from preferences: how far the reward model can be trusted, and what PPO makes of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from pyllm.report.blocks import Block, Command, Curve, Line, Panel, Paragraph, Plot, Section, Table
from pyllm.report.commands import again
from pyllm.report.record import Lines, Record, is_number, numbers

ACCURACIES = {  # of a reward model, on held-out pairs
    "validation_accuracy": "held-out pairs told the right way round",
    "validation_accuracy_of_longer": "of those whose better answer is longer",
    "validation_accuracy_of_shorter": "of those whose better answer is shorter",
    "validation_calibration_error": "calibration error",
}
SCORES = {"reward": "reward model's score", "gold_reward": "judge's score"}  # of answers
PREFERRED = {"preferred": "preferred by the reward model", "gold_preferred": "preferred by the judge"}
REWARD_MODELS = ("reward",)  # stages
OPTIMISERS = {  # stages that follow a reward model: what they are called, and in which colour
    "ppo": ("PPO", "blue"),
    "overoptimisation": ("PPO, pushed on", "red"),
}
BEST_OF_N = ("best-of-n", "green")


def figures_of_reward_model(record: Record, stage: str) -> list[tuple[Line, ...]]:
    """How it does on held-out pairs, at the end; nothing where there is no such stage."""
    rows: list[tuple[Line, ...]] = []
    for name, title in ACCURACIES.items():
        if values := numbers(record.lines[stage], name):
            rows.append((title, f"{values[-1][1]:.1%}"))
    return rows


def curves_of_reward_model(record: Record, stage: str) -> list[Block]:
    """Its accuracy as it learns, and its calibration."""
    accuracy = numbers(record.lines[stage], "validation_accuracy")
    if not accuracy:
        return []
    panels = [Panel("Held-out pairs", "step", "share told right", [_curve("all", accuracy, "red")], shares=True)]
    bins = [
        (one["sure"], one["right"])
        for one in record.calibrations.get(stage, ())
        if is_number(one.get("sure")) and is_number(one.get("right"))
    ]
    if bins:
        curves = [
            _curve("the reward model", bins, "red"),
            Curve("as sure as right", (0.5, 1.0), (0.5, 1.0), "sky"),
        ]
        panels.append(
            Panel("Calibration", "how sure it is", "how often it is right", curves, shares=True, across_shares=True)
        )
    remark = (
        "Sure: the probability that its scores give the answer it prefers. The labels of held-out pairs are right; of "
        "those that it was trained on a share is not, so that it has reason to be less sure than it could be."
    )
    return [Plot(f"{stage}_accuracy", "accuracy and calibration", panels), Paragraph(remark, quiet=True)]


def overoptimisation(record: Record) -> list[Block]:
    """Scores over the divergence, of best-of-n and of PPO; nothing where PPO has no held-out prompts."""
    ways = dict(_ways(record))
    if "ppo" not in ways:
        return []
    blocks: list[Block] = [
        Paragraph(
            "How much better answers to held-out prompts get, for how far the model goes from the one it began with. "
            "What is optimised is the reward model's score; what is wanted is the judge's, whom the reward model "
            "only imitates. Where the first still rises and the second falls, the reward model is being gamed."
        )
    ]
    for names, title, shares in ((SCORES, "scores", False), (PREFERRED, "preferences", True)):
        panels = []
        for name, up in names.items():
            curves = [
                _curve(label, [(math.sqrt(max(0.0, kl)), value) for kl, value in points], colour)
                for label, colour, lines in ways.values()
                if (points := _pairs(lines, name))
            ]
            if curves:
                panels.append(Panel(up.capitalize(), "square root of the divergence, nats", up, curves, shares))
        if panels:
            blocks.append(Plot(f"overoptimisation_{title}", f"{title} over the divergence", panels))
    rows = [
        ("" if place else label, *(_shown(line, name) for name in ("kl", *SCORES, *PREFERRED)))
        for label, _, lines in ways.values()
        for place, line in enumerate(lines)
    ]
    header = ("", "nats an answer", *SCORES.values(), *PREFERRED.values())
    blocks.append(Table(header, rows))
    blocks.append(
        Paragraph(
            "Preferred: to the first model's answers to the same prompts, drawn at random; a tie counts half. The "
            "divergence of best-of-n is log n - (n - 1) / n, for n = 1, 2, 4, ...; that of PPO is estimated from its "
            "answers. Little gets further for the same divergence than best-of-n does (Yang et al. 2024, "
            "arxiv.org/abs/2404.01730), but the answers it takes grow exponentially. As in Gao et al. 2022, "
            "arxiv.org/abs/2210.10760.",
            quiet=True,
        )
    )
    if (command := again(record)) is not None:
        blocks.append(Command("Again", command))
    return [Section("Over-optimisation", blocks)]


def _ways(record: Record) -> Iterator[tuple[str, tuple[str, str, Lines]]]:
    """Each way to follow the reward model: its label, its colour, and lines with kl and what it reaches."""
    for found in record.best_of_n.values():
        lines = found["best_of"]
        if _pairs(lines, "reward"):
            yield "best_of_n", (*BEST_OF_N, lines)
    for stage, (label, colour) in OPTIMISERS.items():
        lines = [_held_out(line) for line in record.lines.get(stage, ())]
        lines = [line for line in lines if is_number(line.get("kl"))]
        if lines:
            yield stage, (label, colour, lines)


def _held_out(line: dict[str, Any]) -> dict[str, Any]:
    """The figures of held-out prompts in a line of metrics."""
    return {name.removeprefix("held_out_"): value for name, value in line.items() if name.startswith("held_out_")}


def _pairs(lines: Lines, name: str) -> list[tuple[float, float]]:
    return [(line["kl"], line[name]) for line in lines if is_number(line.get("kl")) and is_number(line.get(name))]


def _shown(line: dict[str, Any], name: str) -> str:
    value = line.get(name)
    if not is_number(value):
        return ""
    return f"{value:.1%}" if name in PREFERRED else f"{value:.2f}"


def _curve(label: str, points: list[tuple[float, float]], colour: str) -> Curve:
    places, values = zip(*points, strict=True)
    return Curve(label, places, values, colour, marked=True)
