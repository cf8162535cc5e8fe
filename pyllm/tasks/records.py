"""Records of a user's file: JSON lines or a JSON list, also compressed. What is wrong is counted and skipped."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pyllm.data.sources.limits import ReadLimits, counted
from pyllm.data.sources.streams import Stream
from pyllm.files import file_size

Made = TypeVar("Made")
Tell = Callable[[str], None]

MOST_LINE_BYTES = 16 << 20
MOST_LIST_BYTES = 1 << 30
LONGEST_REASON = 200  # characters

_LIMITS = ReadLimits(page_bytes=MOST_LINE_BYTES)
_SPACE = " \t\r\n"


def tell_on_stderr(sentence: str) -> None:
    """Says a sentence to the person at the terminal."""
    print(sentence, file=sys.stderr, flush=True)


def read_records(
    path: Path | str, make: Callable[[Mapping[str, Any]], Made], expected: str, tell: Tell = tell_on_stderr
) -> list[Made]:
    """What can be made of a file's records.

    Args:
        path: JSON objects, a line each, or a JSON list of them.
        make: makes one; raises ValueError, with the reason as a sentence's end, where it cannot.
        expected: what a record should be, for errors.
        tell: called with a sentence if records were skipped.

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: one cannot read the file.
        ValueError: nothing can be made of any of its records.
    """
    path = Path(path)
    file_size(path)
    return collect(path, _values(path), make, expected, tell)


def collect(
    path: Path, values: Iterable[tuple[str, Any]], make: Callable[[Mapping[str, Any]], Made], expected: str, tell: Tell
) -> list[Made]:
    """As read_records, of values that were read already: each one's place, and what was found there."""
    made: list[Made] = []
    total = bad = 0
    first = ""
    for place, value in values:
        total += 1
        try:
            if isinstance(value, Broken):
                raise ValueError(value.reason)
            if not isinstance(value, dict):
                raise ValueError(f"it is a JSON {type(value).__name__}, not an object")
            made.append(make(value))
        except ValueError as error:
            bad += 1
            first = first or f"{place}: {str(error)[:LONGEST_REASON]}"
    if not total:
        raise ValueError(f"{path} is empty: expected {expected}")
    if not made:
        raise ValueError(f"{path} has no record that can be used, expected {expected}; {first}")
    if bad:
        tell(f"{path}: {bad:,} of {counted(total, 'record')} {'was' if bad == 1 else 'were'} skipped; {first}")
    return made


class Broken:
    """A record that cannot be read."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def _values(path: Path) -> Iterator[tuple[str, Any]]:
    """Each record's place and its value, or what is wrong with it."""
    listed = _listed(path)
    if listed is not None:
        for number, value in enumerate(listed, 1):
            yield f"entry {number:,}", value
        return
    for number, line in _lines(path):
        yield f"line {number:,}", line if isinstance(line, Broken) else _parsed(line)


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return Broken(f"it is not UTF-8 at byte {error.start}")
    except (ValueError, RecursionError) as error:
        return Broken(f"it is not JSON: {error}")


def _listed(path: Path) -> list[Any] | None:
    """The values of a file that is a JSON list, as far as they can be read; None: it is none."""
    stream = Stream(path, _LIMITS, is_text=True)
    try:
        stream.fill(1 << 10)
        if not bytes(stream.data).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
            return None
        stream.fill(MOST_LIST_BYTES + 1)
        broken = f"the file is damaged there: {stream.damage.detail}" if stream.damage else ""
        if stream.end > MOST_LIST_BYTES:
            broken = f"the list goes on, but only {MOST_LIST_BYTES:,} bytes of one are read: use lines"
        text = bytes(stream.data[:MOST_LIST_BYTES]).decode("utf-8-sig", "replace")
    finally:
        stream.close()
    decoder = json.JSONDecoder()
    values: list[Any] = []
    place = _behind_space(text, text.index("[") + 1)
    if text[place : place + 1] != "]":
        while True:
            try:
                value, place = decoder.raw_decode(text, place)
            except (ValueError, RecursionError) as error:
                values.append(Broken(broken or f"it is not JSON: {error}"))
                return values if len(values) > 1 else None
            values.append(value)
            place = _behind_space(text, place)
            if text[place : place + 1] != ",":
                break
            place = _behind_space(text, place + 1)
    if text[place : place + 1] != "]":
        values.append(Broken(broken or "the list breaks off, or has no comma"))
        return values
    # Where more stands behind it, it is the first one of lines.
    return values if _behind_space(text, place + 1) == len(text) else None


def _behind_space(text: str, place: int) -> int:
    while place < len(text) and text[place] in _SPACE:
        place += 1
    return place


def _lines(path: Path) -> Iterator[tuple[int, bytes | Broken]]:
    """The lines that are not blank, with their numbers; damage stands in the place of the line that it is in."""
    stream = Stream(path, _LIMITS, is_text=True)
    number, place = 1, 0
    try:
        while True:
            stream.mark(place)
            searched, too_long = 0, False
            while (end := stream.data.find(b"\n", searched)) < 0:
                searched = len(stream.data)
                if searched > MOST_LINE_BYTES:
                    too_long = True
                    stream.let_go(stream.end)
                    searched = 0
                if not stream.fill(stream.end + 1):
                    break
            if end < 0 and stream.damage is not None:
                yield number, Broken(f"the file is damaged there: {stream.damage.detail}")
                place = stream.resume()
            else:
                line = bytes(stream.data if end < 0 else stream.data[:end])
                if too_long or len(line) > MOST_LINE_BYTES:
                    yield number, Broken(f"it is longer than {MOST_LINE_BYTES:,} bytes")
                elif line.strip(b" \t\r\xef\xbb\xbf"):
                    yield number, line
                if end < 0:
                    return
                place = stream.base + end + 1
            number += 1
    finally:
        stream.close()
