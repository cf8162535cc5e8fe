"""What a person reads of the funnel: report.md, funnel.png, and the same tables on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from pyllm.data.funnel import Funnel, StageCounts
from pyllm.files import write_whole
from pyllm.markdown import markdown_table
from pyllm.version import __version__

if TYPE_CHECKING:
    from rich.console import Console

REPORT, PLOT = "report.md", "funnel.png"
SMALLEST_SHARE = 0.004  # of the pages: what is narrower in the plot is not told apart
STAGES_HEADER = ("stage", "pages in", "pages out", "kept", "MB in", "MB out", "pages/s", "MB/s")
REASONS_HEADER = ("stage", "reason", "pages", "of all")


def write_report(funnel: Funnel, folder: Path) -> Path:
    """Writes report.md and funnel.png into a folder; returns the report's path."""
    write_plot(funnel, folder / PLOT, f"{folder.name}: what became of {funnel.pages:,} pages")
    other = [(name.replace("_", " "), f"{count:,}") for name, count in sorted((+funnel.other).items())]
    parts = [
        f"# {folder.name}: from pages to documents\n",
        f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC, pyllm {__version__}. {summary(funnel)}\n",
        f"![the funnel]({PLOT})\n",
        "Bytes are those of the pages as crawled down to extraction, and of their text in UTF-8 after it. Speeds are "
        "those of one core: a stage's pages and bytes over the processor time of all processes in it.\n",
        *markdown_table(STAGES_HEADER, stage_rows(funnel)),
        "\n## Why pages were dropped\n",
        *markdown_table(REASONS_HEADER, reason_rows(funnel)),
        f"\nTo see some: `pyllm data inspect {folder}`\n",
    ]
    if other:
        parts += ["## Also counted\n", *markdown_table(("what", "count"), other), ""]
    write_whole(folder / REPORT, "\n".join(parts).encode())
    return folder / REPORT


def print_funnel(funnel: Funnel, console: Console) -> None:
    """Prints both tables."""
    print_table(console, "The funnel", STAGES_HEADER, stage_rows(funnel), words=1)
    if reasons := reason_rows(funnel):
        print_table(console, "Why pages were dropped", REASONS_HEADER, reasons, words=2)


def print_table(console: Console, title: str, header: Sequence[str], rows: Iterable[Sequence[str]], words: int) -> None:
    """Prints a table whose first columns are words, the others numbers."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=None, header_style="dim")
    for place, name in enumerate(header):
        table.add_column(name, justify="left" if place < words else "right", no_wrap=place < words)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def summary(funnel: Funnel) -> str:
    """One sentence."""
    size = megabytes(funnel.stages["pii"].bytes_out)
    return f"{funnel.kept:,} of {funnel.pages:,} pages became documents, with {size} MB of text."


def stage_rows(funnel: Funnel) -> list[tuple[str, ...]]:
    """A line a stage that pages met: name, pages in and out, kept share, MB in and out, pages/s, MB/s."""
    rows: list[tuple[str, ...]] = []
    for name, counts in funnel.stages.items():
        if counts.pages_in:
            rate = counts.seconds or float("nan")
            rows.append(
                (
                    name,
                    f"{counts.pages_in:,}",
                    f"{counts.pages_out:,}",
                    f"{counts.pages_out / counts.pages_in:.1%}",
                    megabytes(counts.bytes_in),
                    megabytes(counts.bytes_out),
                    f"{counts.pages_in / rate:,.0f}" if counts.seconds else "",
                    f"{counts.bytes_in / 1e6 / rate:,.1f}" if counts.seconds else "",
                )
            )
    return rows


def megabytes(size: int) -> str:
    """Bytes as MB: with three decimals where there is less than one."""
    return f"{size / 1e6:,.1f}" if size >= 1e6 else f"{size / 1e6:.3f}"


def reason_rows(funnel: Funnel) -> list[tuple[str, ...]]:
    """A line a reason: stage, reason, pages, share of all pages that came in."""
    return [
        (name, reason, f"{count:,}", f"{count / max(funnel.pages, 1):.2%}")
        for name, counts in funnel.stages.items()
        for reason, count in counts.reasons.most_common()
    ]


def write_plot(funnel: Funnel, path: Path, title: str) -> None:
    """A bar for each stage: the pages that are left, and by colour, why the others are not."""
    from matplotlib import colormaps
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    met = {name: counts for name, counts in funnel.stages.items() if counts.pages_in}
    figure = Figure(figsize=(11, 1.2 + 0.42 * len(met)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    total, colours = max(funnel.pages, 1), colormaps["tab20"]
    for place, counts in enumerate(met.values()):
        axes.barh(place, counts.pages_out, color="#1d4e89", height=0.7)
        left = counts.pages_out
        for index, (reason, count) in enumerate(_grouped(counts.reasons, total)):
            axes.barh(place, count, left=left, color=colours(index % 10 * 2 + 1), height=0.7)
            if count >= 0.07 * total:
                axes.text(left + count / 2, place, reason.replace("_", " "), ha="center", va="center", fontsize=9)
            left += count
        axes.text(left + 0.01 * total, place, _dropped_text(counts), va="center", fontsize=9, color="#444444")
    axes.set_yticks(range(len(met)), [name.replace("_", " ") for name in met])
    axes.set(xlabel="pages", xlim=(0, 1.75 * total), ylim=(len(met) - 0.4, -0.6), title=title)
    ticks = [value for value in axes.get_xticks() if value <= total]
    axes.set_xticks(ticks, [f"{value:,.0f}" for value in ticks])
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


def _grouped(reasons: Counter[str], total: int) -> Iterable[tuple[str, int]]:
    wide = [(reason, count) for reason, count in reasons.most_common() if count >= SMALLEST_SHARE * total]
    rest = reasons.total() - sum(count for _, count in wide)
    return [*wide, ("others", rest)] if rest else wide


def _dropped_text(counts: StageCounts) -> str:
    text = f"{counts.pages_out:,} left"
    top = counts.reasons.most_common(2)
    if top:
        more = len(counts.reasons) - len(top)
        text += "; dropped: " + ", ".join(f"{reason.replace('_', ' ')} {count:,}" for reason, count in top)
        text += f", {more} more" if more else ""
    return text
