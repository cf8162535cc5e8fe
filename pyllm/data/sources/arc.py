"""ARC files, in which the Internet Archive and early crawls of Common Crawl keep pages (Burner and Kahle 1996).

A record is a line, an HTTP response and a line end. The line of version 1 is: URL, IP address, date, content type and
length; version 2 puts more between the last two.
"""

from __future__ import annotations

import re

from pyllm.data.document import Page
from pyllm.data.sources.http_response import read_response, set_body, set_content_type
from pyllm.data.sources.limits import drop
from pyllm.data.sources.records import Record, RecordReader

SCHEME = rb"(?:https?|filedesc|dns|ftp|warcinfo|metadata):"
FIRST = b"filedesc:"
BEGIN = re.compile(SCHEME, re.IGNORECASE)
LINE = re.compile(rb"(\S+) (\S*) (\d{4,20}) (.*?) ?(\S+)\r*\n")
LEAST_BEGIN = 10


class ArcReader(RecordReader):
    """The pages of an ARC file."""

    next_record = re.compile(rb"(?<=\n)(" + SCHEME + rb"\S{1,8000} \S{0,100} \d{4,20} [^\n]{1,1000}\n)", re.IGNORECASE)
    after_empty_line = next_record
    longest_match = 10_000
    least_begin = LEAST_BEGIN
    record_end = b"\n"
    not_pages = frozenset({"filedesc"})

    @staticmethod
    def begins(content: bytes) -> bool:
        return BEGIN.match(content) is not None or FIRST.startswith(content)

    def header_size(self, content: bytearray, limit: int) -> int:
        return content.find(b"\n", 0, limit) + 1 or -1

    def parsed(self, head: bytes) -> Record:
        page = self.nameless()
        match = LINE.fullmatch(head)
        if match is None:
            return Record(drop(page, "broken_record", "its first line is not that of an ARC record"), None)
        url, _, date, content_type, length = (part.decode("utf-8", "replace") for part in match.groups())
        page.url = url
        page.date = _iso(date)
        if not length.isascii() or not length.isdigit() or len(length) > 18:
            drop(page, "broken_record", f"its length is {length[:40]!r}")
        return Record(
            page,
            None if page.problem is not None else int(length),
            "filedesc" if url.startswith("filedesc:") else "",
            content_type.partition(" ")[0],
        )

    def read_block(self, record: Record, block: bytes) -> Page:
        page = record.page
        if page.url.lower().startswith("http"):
            return read_response(page, block, self.limits)
        set_content_type(page, record.content_type)
        return set_body(page, block, self.limits)


def _iso(date: str) -> str:
    """20140216050221 as 2014-02-16T05:02:21Z; what is no such date as it is."""
    if len(date) < 14:
        return date
    return f"{date[:4]}-{date[4:6]}-{date[6:8]}T{date[8:10]}:{date[10:12]}:{date[12:14]}Z"
