"""Rows with FineWeb's columns, of which only `text` must be there: JSONL, plain or gzip, and Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyllm.data.document import Page
from pyllm.data.extras import data_extra
from pyllm.data.sources.http_response import too_large
from pyllm.data.sources.limits import ReadLimits, counted, drop
from pyllm.data.sources.streams import Stream

COLUMNS = ("id", "dump", "url", "date", "file_path")  # beside text
ROWS = 64  # that are decoded at a time
BATCH_BYTES = 64e6  # that they may take, where one can tell before


def read_jsonl(path: Path, limits: ReadLimits) -> Iterator[Page]:
    """The pages of a JSONL file, a line each."""
    most = 6 * limits.page_bytes + limits.header_bytes  # JSON may write one byte as six: \u0001
    stream = Stream(path, limits, is_text=True)
    place = index = 0
    try:
        while True:
            stream.mark(place)
            searched = 0
            while (end := stream.data.find(b"\n", searched)) < 0:
                searched = len(stream.data)
                if stream.end - place > most:
                    stream.let_go(stream.end)
                    searched = 0
                if not stream.fill(stream.end + 1):
                    break
            behind = stream.end if end < 0 else stream.base + end
            page = Page(f"{path.name}#{index}", file_path=str(path), size=behind - place)
            damage = stream.damage if end < 0 else None
            if damage is not None:
                yield drop(page, damage.reason, damage.detail)
                index += 1
                place = stream.resume()
                continue
            if page.size > most:
                yield too_large(page, page.size, limits)
                index += 1
            else:
                line = bytes(stream.data[: page.size]).strip()
                if line:
                    yield _from_line(page, line, limits)
                    index += 1
            if end < 0:
                if index == 0:
                    yield drop(page, "empty", "there is nothing in the file")
                return
            place = behind + 1
    finally:
        stream.close()


def _from_line(page: Page, line: bytes, limits: ReadLimits) -> Page:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return drop(page, "bad_encoding", f"it is not UTF-8 at byte {error.start}")
    except (ValueError, RecursionError) as error:
        return drop(page, "broken_record", f"it is not JSON: {error}")
    if not isinstance(row, dict):
        return drop(page, "broken_record", f"it is a JSON {type(row).__name__}, not an object")
    if "text" not in row:
        return drop(page, "broken_record", "it has no text column")
    return _from_row(page, row, limits)


def _from_row(page: Page, row: dict[str, Any], limits: ReadLimits) -> Page:
    """Fills a page from a row's columns."""
    for name in COLUMNS:
        value = row.get(name)
        if value is not None and value != "":
            setattr(page, name, value if isinstance(value, str) else _as_text(value))
    text = row["text"]
    if not isinstance(text, str):
        return drop(page, "empty" if text is None else "not_text", f"its text is {type(text).__name__}")
    if not text.strip():
        return drop(page, "empty")
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:  # JSON can write half a character of UTF-16
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        size = len(text.encode())
    page.size = page.size or size
    if size > limits.page_bytes:
        return too_large(page, size, limits)
    page.text = text
    return page


def _as_text(value: Any) -> str:
    return str(value.isoformat() if hasattr(value, "isoformat") else value)


def read_parquet(path: Path, limits: ReadLimits) -> Iterator[Page]:
    """The pages of a Parquet file, a row each, a row group after the other.

    A row group that cannot be read is one page with that problem.
    """
    with data_extra():
        import pyarrow
        from pyarrow import parquet

    def lost(begin: int, end: int, reason: str, detail: str) -> Page:
        rows = f"rows {begin:,} to {end - 1:,}: " if end > begin else ""
        return drop(Page(f"{path.name}#{begin}", file_path=str(path)), reason, rows + detail)

    try:
        file = parquet.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        yield lost(0, 0, *_fault(path, error))
        return
    with file:
        names = set(file.schema_arrow.names)
        if "text" not in names:
            yield lost(0, file.metadata.num_rows, "broken_record", "there is no text column")
            return
        columns = [name for name in ("text", *COLUMNS) if name in names]
        first = 0
        for group in range(file.metadata.num_row_groups):
            done = first
            end = first + file.metadata.row_group(group).num_rows
            try:
                rows, grown = _rows_at_once(file.metadata.row_group(group), limits)
                if grown:
                    yield lost(done, end, "decompression_bomb", f"row group {group}: {grown}")
                    first = end
                    continue
                for batch in file.iter_batches(rows, row_groups=[group], columns=columns, use_threads=False):
                    for row in batch.to_pylist():
                        yield _from_row(Page(f"{path.name}#{done}", file_path=str(path)), row, limits)
                        done += 1
            except (pyarrow.ArrowException, OSError, ValueError) as error:
                yield lost(done, end, "broken_record", f"row group {group} cannot be read: {_one_line(error)}")
            first = end
        if first == 0:
            yield lost(0, 0, "empty", "there are no rows in it")


def _rows_at_once(group: Any, limits: ReadLimits) -> tuple[int, str]:
    """How many rows of a row group to decode at a time, and why not to decode it at all.

    A text in a dictionary takes its place once, and stands in any number of rows.
    """
    for index in range(group.num_columns):
        column = group.column(index)
        if column.path_in_schema == "text":
            compressed, size = max(1, column.total_compressed_size), column.total_uncompressed_size
            ratio = size / compressed
            if size > limits.record_bytes and ratio > limits.highest_ratio:
                return 0, f"{counted(compressed, 'byte')} are said to grow to {counted(size, 'byte')}"
            if column.has_dictionary_page and column.dictionary_page_offset is not None:
                dictionary = max(1, column.data_page_offset - column.dictionary_page_offset) * max(1.0, ratio)
                return int(max(1, min(ROWS, BATCH_BYTES // dictionary))), ""
    return ROWS, ""


def _fault(path: Path, error: Exception) -> tuple[str, str]:
    if path.stat().st_size == 0:
        return "empty", "there is nothing in the file"
    return "broken_record", f"it is no Parquet file that can be read: {_one_line(error)}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
