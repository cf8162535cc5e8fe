"""A report as data, from which report.md and report.html are made: nothing in here knows of either.

All text is plain: what makes a file of it escapes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """Something to type, or a name as it stands in a file."""

    text: str


@dataclass(frozen=True)
class File:
    """A file or folder of the run: its name, and its path from the run's folder."""

    name: str
    path: str


Span = str | Code | File
Line = Span | tuple[Span, ...]


@dataclass(frozen=True)
class Paragraph:
    """A line of text; quiet: a remark on what stands before it."""

    line: Line
    quiet: bool = False


@dataclass(frozen=True)
class Command:
    """What to type, and what for."""

    purpose: str
    command: str


@dataclass(frozen=True)
class Table:
    """Rows under a header; without a header: names and values. The first `words` columns are text, others numbers."""

    header: tuple[str, ...]
    rows: Sequence[tuple[Line, ...]]
    words: int = 1


@dataclass(frozen=True)
class Quote:
    """A text that a model has written."""

    text: str
    label: str = ""


@dataclass(frozen=True)
class Answer:
    """What one model says; note: what is to be known of it, such as that it was cut off."""

    text: str
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """Prompts, and beside each what several models answer; None: that one was not asked."""

    models: tuple[str, ...]
    rows: Sequence[tuple[str, tuple[Answer | None, ...]]]


@dataclass(frozen=True)
class Curve:
    """Points to be joined.

    Attributes:
        label: in the legend.
        places, values: of the points.
        colour: one of pyllm.report.plots.COLOURS.
        noisy: shown as its running mean, with the values themselves faint behind it.
        marked: every point has a mark.
    """

    label: str
    places: Sequence[float]
    values: Sequence[float]
    colour: str
    noisy: bool = False
    marked: bool = False


@dataclass(frozen=True)
class Panel:
    """One pair of axes.

    Attributes:
        title: what is shown.
        across, up: what the axes count, with units.
        curves: at least one.
        shares: the values are shares, shown as percentages from 0 to 100.
        levels: horizontal lines to compare with: value and label.
        across_shares: so is what is counted across.
    """

    title: str
    across: str
    up: str
    curves: Sequence[Curve]
    shares: bool = False
    levels: Sequence[tuple[float, str]] = ()
    across_shares: bool = False


@dataclass(frozen=True)
class Dots:
    """Shares of several things (rows), by model (dots in its colour), and what is reached without skill (a tick).

    Attributes:
        title: what is shown.
        across: what is counted.
        rows: name, share of each model or None, share without skill or None.
        models: label and colour of each.
        unskilled: what the tick means.
    """

    title: str
    across: str
    rows: Sequence[tuple[str, tuple[float | None, ...], float | None]]
    models: Sequence[tuple[str, str]]
    unskilled: str


@dataclass(frozen=True)
class Plot:
    """A picture to be drawn: panels beside each other, or dots; `name` is that of its file, without an ending."""

    name: str
    alt: str
    content: Sequence[Panel] | Dots


@dataclass(frozen=True)
class Picture:
    """A picture that is there, as a PNG file: its path from the run's folder."""

    path: str
    alt: str


@dataclass(frozen=True)
class Folded:
    """Blocks that are shown when asked for."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Section:
    """Blocks under a heading; sections within it are one level down."""

    title: str
    blocks: Sequence[Block]


Block = Paragraph | Command | Table | Quote | Comparison | Plot | Picture | Folded | Section


@dataclass(frozen=True)
class Report:
    """All of it."""

    title: str
    blocks: Sequence[Block]
