"""What the models can do: the same tasks and the same prompts, after each stage."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from typing import Any

from pyllm import checkpoint
from pyllm.report.blocks import Answer, Block, Command, Comparison, Dots, Paragraph, Plot, Section, Table
from pyllm.report.record import Record, is_number

STAGES = ("base", "sft", "dpo", "grpo", "imitation", "ppo")  # others follow
LABELS = {"sft": "SFT", "dpo": "DPO", "grpo": "GRPO", "ppo": "PPO"}
STAGE_COLOURS = {"base": "blue", "sft": "orange", "dpo": "sky", "grpo": "green", "imitation": "purple", "ppo": "red"}
SCORES = {  # beside the share of right answers
    "ended": ("Answers that end of themselves", ".1%"),
    "well_formed": ("Answers in the form that was asked for", ".1%"),
    "by_steps": ("Answers that show their steps", ".1%"),
    "tokens": ("Tokens in an answer, on average", ".1f"),
}
NOTES = {"length": "cut off: too long", "context": "cut off: the context is full"}


def label(stage: str) -> str:
    """A stage's name as a reader sees it."""
    return LABELS.get(stage, stage)


def examination_sections(record: Record) -> list[Block]:
    """Scores by task and stage, and answers side by side; none where no model was examined."""
    found = record.examinations
    stages = [stage for stage in (*STAGES, *(one for one in found if one not in STAGES)) if stage in found]
    if not stages:
        return []
    blocks = _scores(record, stages)
    if answers := _answers([found[stage] for stage in stages], stages):
        blocks.append(Section("The same prompts, answered after each stage", answers))
    return blocks


def _scores(record: Record, stages: list[str]) -> list[Block]:
    tables = {stage: record.examinations[stage]["tasks"] for stage in stages}
    tasks = list(dict.fromkeys(task for table in tables.values() for task in table))
    if not tasks:
        return []

    def score(stage: str, task: str, name: str) -> float | None:
        value = tables[stage].get(task, {}).get(name)
        return value if is_number(value) else None

    def first(task: str, name: str) -> float | None:
        """Of what depends on the task alone."""
        return next((value for stage in stages if (value := score(stage, task, name)) is not None), None)

    rows = []
    for task in tasks:
        cells = [_shown(score(stage, task, "correct"), ".1%") for stage in stages]
        rows.append(
            (_words(task), *cells, _shown(first(task, "commonest"), ".1%"), _shown(first(task, "count"), ",.0f"))
        )
    header = ("task", *map(label, stages), "commonest answer", "problems")
    counts = [count for task in tasks if (count := first(task, "count"))]
    margin = f" A share of {min(counts):,.0f} is exact to ±{_margin(min(counts)):.1%} or better" if counts else ""
    dots = Dots(
        "Right answers to held-out problems",
        "share of the answers",
        [
            (_words(task), tuple(score(stage, task, "correct") for stage in stages), first(task, "commonest"))
            for task in tasks
        ],
        [(label(stage), STAGE_COLOURS.get(stage, "red")) for stage in stages],
        "always the\ncommonest answer",
    )
    blocks: list[Block] = [
        Paragraph(
            "Right answers, of problems whose things (numbers, words, countries) no stage has trained on. What "
            "counts is what an answer says; its form is counted apart, below. The commonest answer is what always "
            "answering alike would score. The base model is asked within a text, as it has never seen a conversation."
        ),
        Plot("examination", "right answers by task and stage", dots),
        Table(header, rows),
    ]
    if margin:
        blocks.append(Paragraph(f"{margin.strip()} (19 times in 20).", quiet=True))
    for name, (title, form) in SCORES.items():
        shown = [(_words(task), *(_shown(score(stage, task, name), form) for stage in stages)) for task in tasks]
        if any(any(cells[1:]) for cells in shown):
            blocks.append(Section(title, [Table(("task", *map(label, stages)), shown)]))
    blocks += [Command(f"Again, {label(stage)}", command) for stage in stages if (command := _again(record, stage))]
    return [Section("Examination", blocks)]


def _again(record: Record, stage: str) -> str | None:
    """What examines a stage's model again; None: it is not there."""
    found = checkpoint.found(record.folder.checkpoints, "pretrain" if stage == "base" else stage)
    if not found:
        return None
    examined = record.examinations[stage]
    words = ["pyllm", "evaluate", "--model", str(found[-1].path)]
    for name, one in examined["tasks"].items():
        words += ["--tasks", f"{name}={int(one['count'])}" if is_number(one.get("count")) else str(name)]
    if examined.get("seed"):
        words += ["--seed", str(examined["seed"])]
    return shlex.join(words + ["--document"] * (stage == "base"))


def _answers(examinations: list[Mapping[str, Any]], stages: list[str]) -> list[Block]:
    answered = [{str(one.get("prompt")): one for one in found.get("answers", ())} for found in examinations]
    prompts = dict.fromkeys(prompt for answers in answered for prompt in answers)

    def answer(one: Mapping[str, Any] | None) -> Answer | None:
        return None if one is None else Answer(str(one.get("answer", "")), NOTES.get(str(one.get("finish")), ""))

    rows = [(prompt, tuple(answer(answers.get(prompt)) for answers in answered)) for prompt in prompts]
    return [Comparison(tuple(map(label, stages)), rows)] if rows else []


def _margin(count: float) -> float:
    """Half the width of the widest 95 % interval of a share of so many (Wilson 1927), at a share of a half."""
    z = 1.96
    return z * math.sqrt(count / 4 + z * z / 4) / (count + z * z)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _shown(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
