"""Markdown for reports."""

from __future__ import annotations

from collections.abc import Sequence


def markdown_table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The lines of a table."""
    return ["| " + " | ".join(cells) + " |" for cells in (header, ("---",) * len(header), *rows)]
