"""Parquet files of documents: FineWeb's columns there and back, others' files, damaged ones."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pyllm.data import documents
from pyllm.data.document import Document
from pyllm.data.documents import DocumentWriter, count_documents, read_batches, read_documents

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def some_documents(count: int, size: int = 100) -> list[Document]:
    source = random.Random(count)
    return [
        Document(
            text="".join(source.choices("Some text with ümläuts, 日本 and\nlines. ", k=source.randint(0, 2 * size))),
            id=f"<urn:uuid:{number:032x}>",
            dump="CC-MAIN-2024-10",
            url=f"https://example.org/{number}",
            date="2024-02-20T23:59:59Z",
            file_path="crawl.warc.gz",
            language="en",
            language_score=source.random(),
            token_count=None if number % 3 else number,
        )
        for number in range(count)
    ]


def written(path: Path, items: list[Document]) -> Path:
    with DocumentWriter(path) as writer:
        for document in items:
            writer.append(document)
        assert len(writer) == len(items)
    return path


def foreign(path: Path, **columns: object) -> Path:
    parquet.write_table(pyarrow.table(columns), path)
    return path


def refused(path: Path, message: str, read: Callable[[Path], object] = lambda path: list(read_documents(path))) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        read(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_documents_come_back_as_they_were(tmp_path: Path) -> None:
    items = some_documents(1000)
    path = written(tmp_path / "some.parquet", items)
    assert list(read_documents(path)) == items
    assert count_documents(path) == 1000
    assert (
        written(tmp_path / "none.parquet", []).stat().st_size and list(read_documents(tmp_path / "none.parquet")) == []
    )


def test_the_columns_and_types_are_finewebs(tmp_path: Path) -> None:
    schema = parquet.read_schema(written(tmp_path / "some.parquet", some_documents(3)))
    assert [(field.name, str(field.type)) for field in schema] == [
        ("text", "string"),
        ("id", "string"),
        ("dump", "string"),
        ("url", "string"),
        ("date", "string"),
        ("file_path", "string"),
        ("language", "string"),
        ("language_score", "double"),
        ("token_count", "int64"),
    ]
    metadata = parquet.read_metadata(tmp_path / "some.parquet")
    assert {metadata.row_group(0).column(column).compression for column in range(9)} == {"LZ4"}


def test_row_groups_are_bounded_and_bytes_are_always_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = some_documents(500)
    whole = written(tmp_path / "whole.parquet", items).read_bytes()
    assert written(tmp_path / "again.parquet", items).read_bytes() == whole
    monkeypatch.setattr(documents, "ROW_GROUP_BYTES", 2000)
    by_bytes = written(tmp_path / "bytes.parquet", items)
    monkeypatch.setattr(documents, "ROW_GROUP_ROWS", 4)
    by_rows = written(tmp_path / "rows.parquet", items)
    assert parquet.read_metadata(by_rows).num_row_groups == 125
    metadata = parquet.read_metadata(by_bytes)
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    assert len(groups) > 20 and max(group.column(0).total_uncompressed_size for group in groups) < 2 * 2000 + 1000
    assert list(read_documents(by_bytes)) == list(read_documents(by_rows)) == items


def test_lone_surrogates_are_replaced(tmp_path: Path) -> None:
    items = [Document("one \ud800 two", "\udfff"), Document("plain", "2")]
    first, second = read_documents(written(tmp_path / "some.parquet", items))
    assert (first.text, first.id) == ("one \ufffd two", "\ufffd") and second == items[1]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = written(tmp_path / "some.parquet", some_documents(5))
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt), DocumentWriter(path) as writer:
        for document in some_documents(7):
            writer.append(document)
        raise KeyboardInterrupt
    with pytest.raises((TypeError, pyarrow.ArrowException)), DocumentWriter(path) as writer:
        writer.append(Document("text", id=3.5))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["some.parquet"]
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        DocumentWriter(tmp_path / "none" / "some.parquet")


def test_reading_holds_a_few_batches(tmp_path: Path) -> None:
    items = some_documents(300, size=20_000)
    path = written(tmp_path / "some.parquet", items)
    batches = [batch.nbytes for batch in read_batches(path, ["text"], 1 << 18)]
    assert len(batches) > 10 and max(batches) < 1 << 20
    assert max(batch.num_rows for batch in read_batches(path, ["id"], 1)) == 1
    del items
    before = pyarrow.total_allocated_bytes()
    held = max(pyarrow.total_allocated_bytes() for _ in read_batches(path, ["text"], 1 << 18))
    assert held - before < path.stat().st_size + (16 << 20)


# Others' files


def test_a_file_with_text_alone(tmp_path: Path) -> None:
    path = foreign(tmp_path / "texts.parquet", text=["one", "two"])
    assert list(read_documents(path)) == [Document("one", "texts.parquet#0"), Document("two", "texts.parquet#1")]
    many = foreign(tmp_path / "many.parquet", text=["x" * 1000] * 3000, other=[[1]] * 3000)
    assert [document.id for document in read_documents(many)] == [f"many.parquet#{row}" for row in range(3000)]


def test_columns_of_other_types_and_nulls(tmp_path: Path) -> None:
    path = foreign(
        tmp_path / "other.parquet",
        text=pyarrow.array(["one", "two"], pyarrow.large_string()).dictionary_encode(),
        id=pyarrow.array([7, None], pyarrow.int32()),
        date=[date(2024, 2, 20), None],
        url=pyarrow.nulls(2),
        language=["en", None],
        language_score=pyarrow.array([0.5, None], pyarrow.float32()),
        token_count=pyarrow.array([3, None], pyarrow.int32()),
        comment=[{"a": 1}, {"a": 2}],
    )
    one, two = read_documents(path)
    expected = Document("one", "7", date="2024-02-20", language="en", language_score=0.5, token_count=3)
    assert one == expected
    assert two == replace(Document("two", "other.parquet#1"))


def test_columns_that_cannot_be_read(tmp_path: Path) -> None:
    for columns, message in (
        ({"id": ["a"]}, "has no column 'text'; its columns are id"),
        ({"text": [1, 2]}, "its column 'text' holds int64, not string"),
        ({"text": [b"a"]}, "its column 'text' holds binary, not string"),
        ({"text": pyarrow.nulls(1)}, "its column 'text' holds null, not string"),
        ({"text": [["a"]]}, "its column 'text' holds list"),
        ({"text": ["a"], "id": [["a"]]}, "its column 'id' holds list.*, not string"),
        ({"text": ["a"], "token_count": ["many"]}, "its column 'token_count' holds string, not int64"),
        ({"text": ["a"], "token_count": [0.5]}, "is damaged, or no Parquet file: .*truncated"),
        ({"text": ["a", None, "b", None]}, "the text of row 1 is null, and so are 1 more"),
        ({"text": ["a"] * 5000 + [None]}, "the text of row 5000 is null$"),
    ):
        refused(foreign(tmp_path / "foreign.parquet", **columns), message)
    table = pyarrow.Table.from_arrays([pyarrow.array(["a"])] * 2, names=["text", "text"])
    parquet.write_table(table, tmp_path / "twice.parquet")
    refused(tmp_path / "twice.parquet", "more than one column 'text'")


def test_what_is_no_utf8_is_refused(tmp_path: Path) -> None:
    for bad in (b"\xff", b"\xed\xa0\x80", b"abc\xc3"):
        column = pyarrow.Array.from_buffers(
            pyarrow.string(),
            1,
            [None, pyarrow.py_buffer(b"\0\0\0\0" + bytes([len(bad), 0, 0, 0])), pyarrow.py_buffer(bad)],
        )
        refused(foreign(tmp_path / "bytes.parquet", text=column), "is damaged, or no Parquet file: .*UTF8")


# Damaged files


def test_damaged_files(tmp_path: Path) -> None:
    path = written(tmp_path / "some.parquet", some_documents(300))
    whole = path.read_bytes()
    source = random.Random(1)
    cut = [whole[:size] for size in (0, 3, 4, 100, len(whole) // 2, len(whole) - 9, len(whole) - 1)]
    wrong = [source.randbytes(size) for size in (1, 12, 5000)]
    length = len(whole) - 8
    sizes = [whole[:length] + size.to_bytes(4, "little") + b"PAR1" for size in (0, 1, 1 << 31, (1 << 32) - 1)]
    for content in (*cut, *wrong, *sizes, b"PAR1" + source.randbytes(500) + b"PAR1", b"PAR1" * 4):
        path.write_bytes(content)
        refused(path, "is damaged, or no Parquet file: .")
        refused(path, "is damaged, or no Parquet file: .", count_documents)
    with pytest.raises(FileNotFoundError, match=r"there is no file .*none\.parquet"):
        list(read_documents(tmp_path / "none.parquet"))
    with pytest.raises(IsADirectoryError, match="is a folder"):
        list(read_documents(tmp_path))


def test_changed_bytes_are_told_or_make_no_difference(tmp_path: Path) -> None:
    """The data is checksummed; in the footer some bytes, such as the writer's name, have no meaning."""
    items = some_documents(60)
    path = written(tmp_path / "some.parquet", items)
    whole = path.read_bytes()
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    source = random.Random(2)
    told = 0
    for place in [*range(4, footer, 97), *range(footer, len(whole), 23)]:
        content = bytearray(whole)
        content[place] ^= 1 << source.randrange(8)
        path.write_bytes(content)
        try:
            found = list(read_documents(path))
        except (ValueError, MemoryError) as error:
            assert str(path) in str(error)
            told += 1
        else:
            assert place > footer or found == items
    assert told > 20
