"""The plots of a report, drawn with matplotlib: one style, in colours that the colour-blind tell apart."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyllm.report.blocks import Curve, Dots, Panel, Plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMOOTHING = 0.02  # of the points: a noisy curve is shown as a running mean over so many,
LEAST_SMOOTHING = 8  # and of few points, over at least so many, but a quarter of them at most
MOST_POINTS = 2000  # of a curve; more are not told apart
DOTS_A_INCH = 144
BETWEEN_DOTS = 0.14  # of a row: those of several models do not hide one another
COLOURS = {  # Okabe and Ito 2008, https://jfly.uni-koeln.de/color/
    "blue": "#0072b2",
    "orange": "#e69f00",
    "green": "#009e73",
    "purple": "#cc79a7",
    "red": "#d55e00",
    "sky": "#56b4e9",
}


@dataclass(frozen=True)
class Surroundings:
    """The colours of a page: paper, text, lines of the grid."""

    paper: str
    ink: str
    grid: str


LIGHT = Surroundings("#ffffff", "#3c434d", "#e4e7eb")
DARK = Surroundings("#15171b", "#aab2bd", "#2c3138")


def png(plot: Plot, surroundings: Surroundings = LIGHT) -> bytes:
    """A plot as a PNG file."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    ink = surroundings.ink
    style: dict[str, Any] = {
        **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), surroundings.paper),
        **dict.fromkeys(("text.color", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color"), ink),
        "axes.edgecolor": surroundings.grid,
        "grid.color": surroundings.grid,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.titlelocation": "left",
        "axes.titlesize": 11,
        "axes.titlepad": 10,
        "axes.labelsize": 9,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "legend.frameon": False,
        "legend.fontsize": 8.5,
        "font.family": "DejaVu Sans",
    }
    with rc_context(style):  # type: ignore[arg-type]  # newer versions list every key as a literal
        if isinstance(plot.content, Dots):
            figure = Figure(figsize=(8, 1.3 + 0.36 * len(plot.content.rows)), layout="constrained")
            _draw_dots(figure.add_subplot(), plot.content, ink)
        else:
            figure = Figure(figsize=(8, 3.6), layout="constrained")
            for place, panel in enumerate(plot.content, 1):
                _draw_panel(figure.add_subplot(1, len(plot.content), place), panel, ink)
        FigureCanvasAgg(figure)
        file = io.BytesIO()
        figure.savefig(file, dpi=DOTS_A_INCH, format="png")
    return file.getvalue()


def _draw_panel(axes: Axes, panel: Panel, ink: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

    for curve in panel.curves:
        _draw_curve(axes, curve)
    for value, label in panel.levels:
        axes.axhline(value, color=ink, linewidth=1, linestyle=(0, (4, 3)), label=label)
    axes.set(xlabel=panel.across, ylabel=panel.up)
    axes.set_title(panel.title)
    axes.grid(axis="y")
    if panel.across_shares:
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    else:
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    if panel.shares:
        axes.set_ylim(-0.02, 1.02)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    elif (top := _top(panel)) is not None:
        low = min(min(curve.values) for curve in panel.curves)
        if low < top:  # of values that are all the same, matplotlib's own choice
            axes.set_ylim(low - 0.05 * (top - low), top)
    if len(panel.curves) + len(panel.levels) > 1:
        axes.legend()


def _draw_curve(axes: Axes, curve: Curve) -> None:
    colour = COLOURS[curve.colour]
    every = max(1, len(curve.places) // MOST_POINTS)
    if curve.noisy:
        axes.plot(curve.places[::every], curve.values[::every], color=colour, linewidth=0.7, alpha=0.3)
        smooth = running_mean(curve.values)
        axes.plot(curve.places[::every], smooth[::every], color=colour, linewidth=1.8, label=curve.label)
    else:
        mark = "o" if curve.marked else ""
        axes.plot(
            *(curve.places[::every], curve.values[::every]),
            color=colour,
            linewidth=1.8,
            marker=mark,
            markersize=3.5,
            label=curve.label,
        )


def _top(panel: Panel) -> float | None:
    """Where to cut off a curve that falls from far above, so that its end can be read; None: nowhere."""
    values = [value for curve in panel.curves for value in curve.values]
    low, middle, high = min(values), sorted(values)[len(values) // 2], max(values)
    if high - low <= 4 * (middle - low):
        return None
    level = max((value for value, _ in panel.levels), default=low)
    return max(low + 4 * (middle - low), level + 0.1 * (level - low)) or None


def _draw_dots(axes: Axes, dots: Dots, ink: str) -> None:
    from matplotlib.ticker import PercentFormatter

    for number, (label, colour) in enumerate(dots.models):
        across, rows_of = _known([shares[number] for _, shares, _ in dots.rows])
        down = [row + BETWEEN_DOTS * (number - (len(dots.models) - 1) / 2) for row in rows_of]
        axes.scatter(across, down, s=42, color=COLOURS[colour], label=label, zorder=3, clip_on=False)
    across, rows_of = _known([share for _, _, share in dots.rows])
    if across:
        axes.scatter(across, rows_of, s=300, marker="|", color=ink, label=dots.unskilled, zorder=2)
    axes.set_yticks(range(len(dots.rows)), [name for name, _, _ in dots.rows])
    axes.set(xlim=(-0.02, 1.02), ylim=(len(dots.rows) - 0.5, -0.5), xlabel=dots.across)
    axes.set_title(dots.title)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid()
    axes.spines["left"].set_visible(False)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.0)


def _known(shares: Sequence[float | None]) -> tuple[list[float], list[int]]:
    """Those that are not None, and their places."""
    found = [(share, place) for place, share in enumerate(shares) if share is not None]
    return [share for share, _ in found], [place for _, place in found]


def running_mean(values: Sequence[float]) -> list[float]:
    """A mean over about SMOOTHING of all values; weights fall exponentially to both sides: it does not lag behind."""
    over = max(SMOOTHING * len(values), min(LEAST_SMOOTHING, len(values) / 4))
    keep = 1 - 1 / max(1.0, over / 2)  # half of them before each, half behind it
    ones = [1.0] * len(values)
    sums, weights = _sums_to_both_sides(values, keep), _sums_to_both_sides(ones, keep)
    return [one / weight for one, weight in zip(sums, weights, strict=True)]


def _sums_to_both_sides(values: Sequence[float], keep: float) -> list[float]:
    """The sum of all values, each times `keep` to the power of how far away it is."""
    forth, back = _sums_so_far(values, keep), _sums_so_far(values[::-1], keep)[::-1]
    return [one + other - value for one, other, value in zip(forth, back, values, strict=True)]


def _sums_so_far(values: Sequence[float], keep: float) -> list[float]:
    return list(itertools.accumulate(values, lambda sum, value: keep * sum + value))
