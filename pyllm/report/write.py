"""Writes the files of a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pyllm.files import write_whole
from pyllm.report.blocks import Block, Folded, Plot, Section
from pyllm.report.html import Images, page
from pyllm.report.markdown import markdown
from pyllm.report.plots import DARK, LIGHT, png
from pyllm.report.record import Record
from pyllm.report.sections import report_of
from pyllm.train.run_folder import RunFolder

HTML = "report.html"


def write_report(folder: RunFolder) -> Path:
    """Writes report.md, report.html and plots/; returns the path of report.md.

    Raises:
        OSError, ValueError: the run's files cannot be read, or are damaged.
    """
    report = report_of(Record.of(folder))
    plots = {plot.name: (png(plot, LIGHT), png(plot, DARK)) for plot in _plots(report.blocks)}
    if plots:
        folder.plots.mkdir(exist_ok=True)
    for name, (light, _) in plots.items():
        write_whole(folder.plots / f"{name}.png", light)

    def picture(path: str) -> bytes | None:
        file = folder.path / path
        return file.read_bytes() if file.is_file() else None

    write_whole(folder.path / HTML, page(report, Images(plots, picture)).encode())
    write_whole(folder.report, markdown(report).encode())
    return folder.report


def _plots(blocks: Iterable[Block]) -> Iterator[Plot]:
    for block in blocks:
        if isinstance(block, Plot):
            yield block
        elif isinstance(block, (Section, Folded)):
            yield from _plots(block.blocks)
