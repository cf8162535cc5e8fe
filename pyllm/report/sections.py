"""What is told of a whole run: where and how it was made, where its time went, its data, the numbers behind it."""

from __future__ import annotations

import platform
import shlex
import subprocess
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pyllm
from pyllm.data.funnel import FUNNEL, read_funnel
from pyllm.data.funnel_report import PLOT, REPORT, STAGES_HEADER, stage_rows, summary
from pyllm.devices import devices
from pyllm.report.blocks import Block, Code, Command, File, Folded, Line, Paragraph, Picture, Report, Section, Table
from pyllm.report.commands import again, command_of
from pyllm.report.examination import examination_sections, label
from pyllm.report.preferences import OPTIMISERS, REWARD_MODELS, overoptimisation
from pyllm.report.record import Record
from pyllm.report.stages import practice_against_imitation, stage_section
from pyllm.threads import available_cores
from pyllm.train.display import duration
from pyllm.train.training_config import DERIVATION
from pyllm.version import __version__

GIT_SECONDS = 5.0


def report_of(record: Record) -> Report:
    """All that can be told of a run; what it has no data of is left out."""
    before = [stage for stage in record.stages if stage in ("pretrain", "sft", "dpo")]
    after = [stage for stage in record.stages if stage not in before]
    by_preferences = [stage for stage in after if stage in (*REWARD_MODELS, *OPTIMISERS)]
    after = [stage for stage in after if stage not in by_preferences]
    parts: list[Callable[[Record], list[Block]]] = [
        _origin,
        _time,
        _data,
        lambda _: [stage_section(record, stage) for stage in before],
        examination_sections,
        lambda _: [stage_section(record, stage) for stage in after],
        practice_against_imitation,
        lambda _: [stage_section(record, stage) for stage in by_preferences],
        overoptimisation,
        _derivations,
    ]
    return Report(record.folder.path.name, [block for part in parts for block in part(record)])


def _origin(record: Record) -> list[Block]:
    machine = devices()[0]
    facts: list[tuple[Line, ...]] = [("Python", platform.python_version())]
    if made_by := next(record.told("commit", str), None) or commit():
        facts.append(("commit", Code(made_by)))
    if (command := command_of(record)) is not None:
        facts.append(("command", Code(command)))
    return [
        Paragraph(
            f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC, pyllm {__version__}, on {machine.processor} "
            f"(cores: {available_cores()}, threads: {machine.threads}, instruction set: {machine.instruction_set})"
        ),
        Table((), facts, words=2),
    ]


def commit() -> str | None:
    """What git calls the checkout that pyllm runs from; None: it does not run from one."""
    source = Path(pyllm.__file__).parent.parent
    if not (source / ".git").exists():
        return None
    command = ["git", "-C", str(source), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=GIT_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):  # no git, or not this user's checkout
        return None
    return done.stdout.strip() or None


def _time(record: Record) -> list[Block]:
    parts = record.parts()
    if not parts:
        return []
    seconds = sum(part.seconds for part in parts)
    rows = []
    for part in parts:
        rate = part.tokens / part.seconds if part.tokens and part.seconds else None
        tokens = "" if part.tokens is None else f"{part.tokens:,}"
        rows.append(
            (
                label(part.name),
                duration(part.seconds),
                f"{part.seconds / max(seconds, 1e-9):.1%}",
                tokens,
                "" if rate is None else f"{rate:,.0f}",
            )
        )
    rows.append(("in all", duration(seconds), "100.0%", "", ""))
    blocks: list[Block] = [
        Table(("part", "time", "of all", "tokens", "tokens/s"), rows),
        Paragraph(
            "By the clock, with evaluations, samples and saving; the speed of training alone stands with each stage.",
            quiet=True,
        ),
    ]
    if (command := again(record)) is not None:
        blocks.append(Command("Again", command))
    return [Section("Time", blocks)]


def _data(record: Record) -> list[Block]:
    folder = record.folder
    if not (folder.documents / FUNNEL).exists():
        return []
    funnel, place = read_funnel(folder.documents), folder.documents.relative_to(folder.path)
    blocks: list[Block] = [
        Paragraph((f"{summary(funnel)} Why the others did not: ", File(f"{place}/{REPORT}", f"{place}/{REPORT}"))),
        Table(STAGES_HEADER, stage_rows(funnel)),
    ]
    if (folder.documents / PLOT).exists():
        blocks.append(Picture(f"{place}/{PLOT}", "the funnel"))
    blocks.append(
        Command("Some of the pages that were dropped", f"pyllm data inspect {shlex.quote(str(folder.documents))}")
    )
    return [Section("Data", blocks)]


def _derivations(record: Record) -> list[Block]:
    folded: list[Block] = []
    for stage in record.stages:
        if reasons := record.tables[stage].get(DERIVATION):
            rows = [(name, *_split(reason)) for name, reason in reasons.items()]
            folded.append(Folded(label(stage), [Table(("setting", "value", "because"), rows, words=3)]))
    return [Section("The dial: how each number came about", folded)] if folded else []


def _split(reason: object) -> tuple[str, str]:
    value, _, because = str(reason).partition(": ")
    return value, because
