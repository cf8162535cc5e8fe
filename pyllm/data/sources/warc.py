"""WARC and WET files (ISO 28500), plain or gzip, whole or damaged.

A record is believed when it ends as records do, or the next one or the end follows. Otherwise it is listed as broken,
and reading goes on at the next line that begins a record, or at the next gzip member that does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyllm.data.document import Page
from pyllm.data.sources.http_response import (
    end_of_header,
    parsed_header,
    read_response,
    set_body,
    set_content_type,
    too_large,
)
from pyllm.data.sources.limits import ReadLimits, counted, drop
from pyllm.data.sources.streams import Stream

MAGIC = b"WARC/"
BLANK = re.compile(rb"[\r\n]*")
CONTENT_LENGTH = re.compile(rb"\ncontent-length[ \t]*:[ \t]*(\d{1,18})[ \t]*\r?\n", re.IGNORECASE)
END = b"\r\n\r\n"  # of a record
NEXT = re.compile(rb"\n(WARC/\d\.\d\r?\n[A-Za-z-]+[ \t]*:)")
AFTER_EMPTY_LINE = re.compile(rb"\n\r?\n(WARC/\d\.\d\r?\n[A-Za-z-]+[ \t]*:)")
LEAST_READ = 4096  # bytes more at a time, in search of a header's end
LONGEST_NEXT = 128  # bytes that NEXT may span
IS_PART_OF = re.compile(rb"^isPartOf[ \t]*:[ \t]*([^\r\n]+)", re.IGNORECASE | re.MULTILINE)
COUNTED = frozenset({"warcinfo", "request", "metadata"})


def begins_warc(content: bytes) -> bool:
    """Whether a WARC record begins with these bytes, or may."""
    return content.startswith(MAGIC) or MAGIC.startswith(content)


def read_warc(path: Path, limits: ReadLimits, counts: Counter[str]) -> Iterator[Page]:
    """The pages of a WARC or WET file; records that are no pages go into `counts` by their type."""
    stream = Stream(path, limits, begins_warc)
    try:
        yield from _Reader(stream, path, limits, counts).pages()
    finally:
        stream.close()


class _Reader:
    """Goes through the records of a stream; `place` is where the next one begins."""

    def __init__(self, stream: Stream, path: Path, limits: ReadLimits, counts: Counter[str]) -> None:
        self.stream, self.path, self.limits, self.counts = stream, path, limits, counts
        self.place = self.index = 0
        self.dump = ""

    def pages(self) -> Iterator[Page]:
        stream = self.stream
        while True:
            self._skip_blank_lines()
            stream.mark(self.place)
            if stream.fill(self.place + 1):
                page = self._record()
                self.index += 1
                if page is not None:
                    yield page
            elif stream.damage is not None:
                damage = stream.damage
                yield self._nameless(damage.reason, damage.detail)
                self.index += 1
                self.place = stream.resume()
            else:
                if self.index == 0:
                    yield self._nameless("empty", "there is nothing in the file")
                return

    def _nameless(self, reason: str, detail: str) -> Page:
        page = Page(f"{self.path.name}#{self.index}", dump=self.dump, file_path=str(self.path))
        return drop(page, reason, detail)

    def _skip_blank_lines(self) -> None:
        stream = self.stream
        while True:
            match = BLANK.match(stream.data, self.place - stream.base)
            assert match is not None  # it matches nothing, too
            self.place = stream.base + match.end()
            if self.place < stream.end or not stream.fill(self.place + 1):
                return
            stream.let_go(self.place)

    def _record(self) -> Page | None:
        """The page of the record at `place`, or None where it is none; goes on behind it."""
        stream, begin = self.stream, self.place
        stream.fill(begin + len(MAGIC))
        if not stream.data.startswith(MAGIC):
            self.place = self._seek(begin, NEXT)
            return self._nameless("broken_record", f"{counted(self.place - begin, 'byte')} in which no record begins")
        head_size = self._header_size()
        if head_size < 0:
            page = self._nameless(
                "broken_record",
                f"its header does not end within {counted(min(len(stream.data), self.limits.header_bytes), 'byte')}",
            )
            return self._go_on(page, begin + len(MAGIC))
        head = bytes(stream.data[:head_size])
        header = parsed_header(head)
        page = self._page(header)
        body = begin + head_size
        lengths = set(CONTENT_LENGTH.findall(head))
        if len(lengths) != 1:
            drop(page, "broken_record", "it has two lengths" if lengths else "it does not say its length")
            return self._go_on(page, body - 1)
        size = int(lengths.pop())
        end = body + size
        page.size = head_size + size
        if size > self.limits.page_bytes + self.limits.header_bytes:
            return self._skip(page, header, body, end)
        whole = stream.fill(end)
        start = stream.next_start()
        if not whole or (start is not None and start < end):
            return self._go_on(_truncated(page, size, (end if start is None else start) - body), body - 1)
        block = bytes(stream.data[head_size : head_size + size])
        if not self._ends_at(end):
            drop(page, "broken_record", f"its length of {counted(size, 'byte')} does not lead to the next record")
            return self._go_on(page, body - 1)
        damage = stream.damage
        if damage is not None and self.place == stream.end and end > damage.since:
            self.place = stream.resume()
            return drop(page, damage.reason, damage.detail)
        return self._read(page, header, block)

    def _header_size(self) -> int:
        """The size of the header at `place`, with the empty line behind it; -1 where it does not end."""
        stream = self.stream
        while True:
            start = stream.next_start()
            edge = self.limits.header_bytes if start is None else min(self.limits.header_bytes, start - self.place)
            size = end_of_header(stream.data, 0, edge)
            if size >= 0 or len(stream.data) >= edge:
                return size
            before = stream.end
            if not stream.fill(before + LEAST_READ) and stream.end == before:
                return -1

    def _ends_at(self, end: int) -> bool:
        """Whether a record ends at a place: with its two line ends, or the next record, or the end behind it.

        Goes to the next record if so.
        """
        stream = self.stream
        stream.fill(end + len(END) + 1)  # what is behind a gzip member is read when its checksum has been compared
        at = end - stream.base
        self.place = end
        ends_well = stream.data.startswith(END, at)
        match = BLANK.match(stream.data, at)
        assert match is not None  # it matches nothing, too
        place = stream.base + match.end()
        if not ends_well:
            stream.fill(place + len(MAGIC))
            ends_well = place >= stream.end or stream.data.startswith(MAGIC, place - stream.base)
        if ends_well:
            self.place = place
        return ends_well

    def _go_on(self, page: Page, place: int) -> Page:
        """Goes to what begins a record behind `place`; where a damage comes first, the page tells of it."""
        stream = self.stream
        self.place = self._seek(place, NEXT)
        if self.place == stream.end and stream.damage is not None:
            damage = stream.damage
            self.place = stream.resume()
            drop(page, damage.reason, damage.detail)
        return page

    def _skip(self, page: Page, header: Any, body: int, end: int) -> Page | None:
        """Goes behind a record that is too large to be held."""
        place = self._seek(body, AFTER_EMPTY_LINE, end)
        if place < end:
            return self._go_on(_truncated(page, end - body, place - body), place - 1)
        if not self._ends_at(end):
            drop(page, "broken_record", f"its length of {counted(end - body, 'byte')} does not lead to the next record")
            return self._go_on(page, end - 1)
        kind = _kind(header)
        if kind in COUNTED:
            self.counts[kind] += 1
            return None
        return too_large(page, end - body, self.limits)

    def _seek(self, place: int, pattern: re.Pattern[bytes], until: int | None = None) -> int:
        """The next place behind `place` where a record begins; `until`, where that comes first; or the stream's end."""
        stream = self.stream
        while True:
            edge = stream.end if until is None else min(until, stream.end)
            start = stream.next_start()
            if start is not None:
                edge = min(edge, start)
            match = pattern.search(stream.data, max(0, place - stream.base), max(0, edge - stream.base))
            if match is not None:
                return stream.base + match.start(1)
            if start is not None and start == edge:
                return start
            if until is not None and stream.end >= until:
                return until
            place = max(place, stream.end - LONGEST_NEXT)
            stream.let_go(min(place, stream.end))
            if not stream.fill(stream.end + 1):
                return stream.end

    def _page(self, header: Any) -> Page:
        return Page(
            header.get("WARC-Record-ID") or f"{self.path.name}#{self.index}",
            url=(header.get("WARC-Target-URI") or "").strip("<>"),
            date=header.get("WARC-Date") or "",
            dump=self.dump,
            file_path=str(self.path),
        )

    def _read(self, page: Page, header: Any, block: bytes) -> Page | None:
        """Fills a page from the block of its record."""
        kind = _kind(header)
        if kind in COUNTED:
            self.counts[kind] += 1
            if kind == "warcinfo":
                match = IS_PART_OF.search(block)
                self.dump = match[1].decode("utf-8", "replace").strip() if match else ""
            return None
        content_type = header.get("Content-Type") or ""
        if kind == "response" and content_type.lower().startswith("application/http"):
            return read_response(page, block, self.limits)
        if kind in ("response", "resource", "conversion"):
            set_content_type(page, content_type)
            return set_body(page, block, self.limits)
        if kind == "revisit":
            return drop(page, "revisit", header.get("WARC-Refers-To-Target-URI") or "")
        return drop(
            page, "broken_record", f"a record of the type {kind[:40]!r}" if kind else "it does not say its type"
        )


def _truncated(page: Page, size: int, there: int) -> Page:
    return drop(page, "truncated_record", f"{counted(there, 'byte')} are there of {size:,}")


def _kind(header: Any) -> str:
    return str(header.get("WARC-Type") or "").strip().lower()
