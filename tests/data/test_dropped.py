"""Dropped pages in files: all listed, a few with their text, damage told of."""

from pathlib import Path

import pytest

from pyllm.data.document import Document
from pyllm.data.documents import DocumentWriter
from pyllm.data.dropped import SAMPLES, Dropped, DroppedWriter, read_dropped


def page(number: int, reason: str = "too_few_words", sample: str = "Some text.") -> Dropped:
    url = f"https://a.example/{number * 7919}"
    return Dropped(f"<{number}>", url, "2024-01-02", "a.warc.gz", "gopher_quality", reason, "3 words", number, sample)


def written(path: Path, pages: list[Dropped]) -> Path:
    with DroppedWriter(path) as writer:
        for one in pages:
            writer.append(one)
    return path


def test_all_are_listed_and_the_first_of_each_reason_keep_their_text(tmp_path: Path) -> None:
    pages = [page(number, "a" if number % 2 else "b") for number in range(100)]
    found = list(read_dropped(written(tmp_path / "pages.parquet", pages)))
    assert [one.id for one in found] == [one.id for one in pages]
    assert found[: 2 * SAMPLES] == pages[: 2 * SAMPLES]
    assert not any(one.sample for one in found[2 * SAMPLES :])


def test_pages_without_text_take_nobodys_place(tmp_path: Path) -> None:
    pages = [page(number, sample="") for number in range(50)] + [page(number) for number in range(SAMPLES)]
    assert list(read_dropped(written(tmp_path / "pages.parquet", pages))) == pages


def test_a_damaged_file(tmp_path: Path) -> None:
    path = written(tmp_path / "pages.parquet", [page(number) for number in range(3000)])
    content = bytearray(path.read_bytes())
    for place in (len(content) // 3, len(content) // 3 + 50):
        content[place] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"pages\.parquet is damaged"):
        list(read_dropped(path))


def test_a_file_of_something_else(tmp_path: Path) -> None:
    with DocumentWriter(tmp_path / "documents.parquet") as writer:
        writer.append(Document("A text.", "1"))
    with pytest.raises(ValueError, match=r"documents\.parquet does not hold dropped pages: it has no column 'detail'"):
        list(read_dropped(tmp_path / "documents.parquet"))
