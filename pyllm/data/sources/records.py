"""Records of an archive one behind the other, plain or gzip, whole or damaged.

A record is believed when it ends as records do, or the next one or the end follows. Otherwise it is listed as broken,
and reading goes on at the next line that begins a record, or at the next gzip member that does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pyllm.data.document import Page
from pyllm.data.sources.http_response import too_large
from pyllm.data.sources.limits import ReadLimits, counted, drop
from pyllm.data.sources.streams import Stream

BLANK = re.compile(rb"[\r\n]*")
LEAST_READ = 4096  # bytes more at a time, in search of a header's end
LACKS = "its length is stated as {:,}; there are {{}}"
WRONG_LENGTH = "its length is stated as {:,}; the next record is behind {{}}"


@dataclass(slots=True)
class Record:
    """What a record's header says.

    Attributes:
        page: with what is known of it from the header.
        size: of its block, in bytes; None where the header does not say it: then the page says why.
        kind: its type, lower case; "" where unknown.
        content_type: of its block, as stated.
    """

    page: Page
    size: int | None
    kind: str = ""
    content_type: str = ""


class RecordReader:
    """Goes through the records of a file. Each format says what its records look like.

    Args:
        path: the file.
        limits: what is too large to be read.
        counts: records that are no pages are counted here, by their type.
    """

    next_record: ClassVar[re.Pattern[bytes]]  # group 1: what begins a record
    after_empty_line: ClassVar[re.Pattern[bytes]]  # the same, behind an empty line
    longest_match: ClassVar[int]  # bytes that the two may span
    least_begin: ClassVar[int]  # bytes of a record that `begins` looks at
    record_end: ClassVar[bytes]  # what is behind each block
    not_pages: ClassVar[frozenset[str]] = frozenset()  # types that are only counted

    def __init__(self, path: Path, limits: ReadLimits, counts: Counter[str]) -> None:
        self.path, self.limits, self.counts = path, limits, counts
        self.stream = Stream(path, limits, self.begins)
        self.place = 0  # where the next record begins
        self.index = 0  # its number
        self.dump = ""

    @staticmethod
    def begins(content: bytes) -> bool:
        """Whether a record begins with these bytes, or may, where they are few."""
        raise NotImplementedError

    def header_size(self, content: bytearray, limit: int) -> int:
        """The size of the header that `content` begins with; -1 where it does not end before `limit`."""
        raise NotImplementedError

    def parsed(self, head: bytes) -> Record:
        """What a header says."""
        raise NotImplementedError

    def read_block(self, record: Record, block: bytes) -> Page:
        """Fills the record's page from its block."""
        raise NotImplementedError

    def read_other(self, record: Record, block: bytes) -> None:
        """Looks at the block of a record that is no page."""

    def pages(self) -> Iterator[Page]:
        """The file's pages, in order."""
        stream = self.stream
        try:
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
                    yield drop(self.nameless(), damage.reason, damage.detail)
                    self.index += 1
                    self.place = stream.resume()
                else:
                    if self.index == 0:
                        yield drop(self.nameless(), "empty", "there is nothing in the file")
                    return
        finally:
            stream.close()

    def nameless(self) -> Page:
        """A page of which nothing is known but where it is."""
        return Page(f"{self.path.name}#{self.index}", dump=self.dump, file_path=str(self.path))

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
        stream.fill(begin + self.least_begin)
        if not self.begins(bytes(stream.data[: self.least_begin])):
            return self._go_on(self.nameless(), begin + 1, begin, "no record begins in {}")
        head_size = self._header_size()
        if head_size < 0:
            return self._go_on(self.nameless(), begin + 1, begin, "there is no end of its header in {}")
        record = self.parsed(bytes(stream.data[:head_size]))
        page = self._whole(record, begin + head_size)
        if record.kind in self.not_pages:
            self.counts[record.kind if page is None or page.problem is None else f"{record.kind}, damaged"] += 1
            return None
        return page

    def _whole(self, record: Record, body: int) -> Page | None:
        """The page of a record whose header is read."""
        stream, page, size = self.stream, record.page, record.size
        if size is None:
            return self._go_on(page, body, body)
        end = body + size
        page.size = end - self.place
        if size > self.limits.page_bytes + self.limits.header_bytes:
            return self._skip(page, body, end)
        whole = stream.fill(end)
        start = stream.next_start()
        if not whole or (start is not None and start < end):
            return self._go_on(page, body, body, LACKS.format(size), "truncated_record")
        if not self._ends_at(end):
            return self._go_on(page, body, body, WRONG_LENGTH.format(size))
        block = bytes(stream.data[body - stream.base : end - stream.base])
        stream.let_go(self.place)
        damage = stream.damage
        if damage is not None and self.place == stream.end and end > damage.since:
            self.place = stream.resume()
            return drop(page, damage.reason, damage.detail)
        if record.kind in self.not_pages:
            self.read_other(record, block)
            return None
        return self.read_block(record, block)

    def _header_size(self) -> int:
        """The size of the header at `place`; -1 where it does not end, or another record begins before."""
        stream = self.stream
        reach = LEAST_READ  # the search goes on in steps, so that it costs no more than what it finds is long
        while True:
            start = stream.next_start()
            edge = self.limits.header_bytes if start is None else min(self.limits.header_bytes, start - self.place)
            limit = min(edge, reach, len(stream.data))
            size = self.header_size(stream.data, limit)
            if self.next_record.search(stream.data, 1, limit if size < 0 else size) is not None:
                return -1
            if size >= 0 or limit == edge:
                return size
            reach *= 4
            before = stream.end
            if not stream.fill(self.place + min(reach, edge)) and stream.end == before and limit == len(stream.data):
                return -1

    def _ends_at(self, end: int) -> bool:
        """Whether a record ends at a place: with its line ends, or the next record, or the end behind it.

        Goes to the next record if so.
        """
        stream = self.stream
        stream.fill(end + len(self.record_end) + 1)  # what is behind a gzip member is read after its checksum
        at = end - stream.base
        match = BLANK.match(stream.data, at)
        assert match is not None  # it matches nothing, too
        place = stream.base + match.end()
        if not stream.data.startswith(self.record_end, at):
            stream.fill(place + self.least_begin)
            behind = bytes(stream.data[place - stream.base : place - stream.base + self.least_begin])
            if behind and not self.begins(behind):
                return False
        self.place = place
        return True

    def _go_on(self, page: Page, place: int, begin: int, detail: str = "", reason: str = "broken_record") -> Page:
        """Drops a page and goes to what begins a record behind `place`.

        Where a damage comes before that, it is the reason; otherwise that which the page has already, or `detail`, with
        the size of what lies between `begin` and there.
        """
        stream = self.stream
        self.place = self._seek(place, self.next_record)
        if self.place == stream.end and stream.damage is not None:
            damage = stream.damage
            self.place = stream.resume()
            return drop(page, damage.reason, damage.detail)
        if page.problem is None:
            drop(page, reason, detail.format(counted(self.place - begin, "byte")))
        return page

    def _skip(self, page: Page, body: int, end: int) -> Page:
        """Goes behind a record that is too large to be held."""
        size = end - body
        place = self._seek(body - 4, self.after_empty_line, end)  # the header's own empty line counts
        if place < end:
            return self._go_on(page, place, body, LACKS.format(size), "truncated_record")
        if not self._ends_at(end):
            return self._go_on(page, end, body, WRONG_LENGTH.format(size))
        return too_large(page, size, self.limits)

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
            place = max(place, stream.end - self.longest_match)
            stream.let_go(min(place, stream.end))
            if not stream.fill(stream.end + 1):
                return stream.end
