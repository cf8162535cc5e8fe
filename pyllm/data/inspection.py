"""Looking at what a run of the data pipeline dropped and kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyllm.data.document import Document
from pyllm.data.documents import read_documents
from pyllm.data.dropped import Dropped, read_dropped


def dropped_pages(
    folder: Path, stage: str | None = None, reason: str | None = None, with_sample: bool = False
) -> Iterator[Dropped]:
    """The pages that a run dropped.

    Args:
        folder: of the run.
        stage: only those that this stage dropped.
        reason: only those dropped for this.
        with_sample: only those whose text was kept to be looked at.

    Raises:
        FileNotFoundError: the folder holds no run.
        ValueError: a file is damaged.
    """
    for path in _files(folder, "dropped"):
        for one in read_dropped(path):
            if (
                (stage is None or one.stage == stage)
                and (reason is None or one.reason == reason)
                and (one.sample or not with_sample)
            ):
                yield one


def page_named(folder: Path, name: str) -> Iterator[Document | Dropped]:
    """What became of the pages of this URL, id or file. Raises as dropped_pages does."""
    for path in _files(folder, "documents"):
        yield from (one for one in read_documents(path) if name in (one.url, one.id, one.file_path))
    yield from (one for one in dropped_pages(folder) if name in (one.url, one.id, one.file_path))


def _files(folder: Path, kind: str) -> list[Path]:
    if not (folder / kind).is_dir():
        raise FileNotFoundError(f"{folder} holds no run of the data pipeline: it has no folder {kind}")
    return sorted((folder / kind).glob("*.parquet"))
