"""Dropped pages in Parquet files: each with the stage that dropped it, the reason, and some with their text.

All are listed; the text is kept of the first few of each reason in a file, for a person to look at.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pyllm.data.documents import RowWriter, opened, raw_batches

SAMPLES = 10  # of a reason in a file
MOST_SAMPLE = 20_000  # characters of one
BATCH_ROWS = 512

TYPES = {
    "id": "string",
    "url": "string",
    "date": "string",
    "file_path": "string",
    "stage": "string",
    "reason": "string",
    "detail": "string",
    "size": "int64",
    "sample": "string",
}


@dataclass(frozen=True, slots=True)
class Dropped:
    """A page that a stage dropped, why, its size as crawled, and the beginning of what the stage saw of it."""

    id: str
    url: str
    date: str
    file_path: str
    stage: str
    reason: str
    detail: str
    size: int
    sample: str


class DroppedWriter(RowWriter):
    """Writes dropped pages into a Parquet file; see RowWriter."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path, TYPES, "sample")
        self._samples: Counter[tuple[str, str]] = Counter()

    def append(self, row: Dropped) -> None:
        """Adds a page; its sample only where there are few of this reason yet."""
        reason = (row.stage, row.reason)
        self._samples[reason] += bool(row.sample)
        super().append(row if self._samples[reason] <= SAMPLES else replace(row, sample=""))


def read_dropped(path: str | os.PathLike[str]) -> Iterator[Dropped]:
    """The dropped pages of a file.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is damaged, or not of dropped pages.
    """
    path = Path(path)
    with opened(path) as file:
        if missing := sorted(set(TYPES) - set(file.schema_arrow.names)):
            raise ValueError(f"{path} does not hold dropped pages: it has no column {missing[0]!r}")
        for batch in raw_batches(path, file, BATCH_ROWS, list(TYPES)):
            columns = [batch.column(name).to_pylist() for name in TYPES]
            for values in zip(*columns, strict=True):
                yield Dropped(**dict(zip(TYPES, values, strict=True)))
