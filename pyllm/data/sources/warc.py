"""WARC and WET files (ISO 28500)."""

from __future__ import annotations

import re

from pyllm.data.document import Page
from pyllm.data.sources.http_response import (
    end_of_header,
    parsed_header,
    read_response,
    set_body,
    set_content_type,
)
from pyllm.data.sources.limits import drop
from pyllm.data.sources.records import Record, RecordReader

MAGIC = b"WARC/"
BEGIN = rb"(WARC/\d\.\d\r*\n[A-Za-z-]+[ \t]*:)"
CONTENT_LENGTH = re.compile(rb"\ncontent-length[ \t]*:[ \t]*(\d{1,18})[ \t]*\r*\n", re.IGNORECASE)
IS_PART_OF = re.compile(rb"^isPartOf[ \t]*:[ \t]*([^\r\n]+)", re.IGNORECASE | re.MULTILINE)


class WarcReader(RecordReader):
    """The pages of a WARC or WET file."""

    next_record = re.compile(BEGIN)  # what is before it may be cut off in a line
    after_empty_line = re.compile(rb"\n\r*\n" + BEGIN)
    longest_match = 128
    least_begin = len(MAGIC)
    record_end = b"\r\n\r\n"
    not_pages = frozenset({"warcinfo", "request", "metadata"})

    @staticmethod
    def begins(content: bytes) -> bool:
        return content.startswith(MAGIC) or MAGIC.startswith(content)

    def header_size(self, content: bytearray, limit: int) -> int:
        return end_of_header(content, limit)

    def parsed(self, head: bytes) -> Record:
        try:
            header = parsed_header(head)
        except OSError as error:
            return Record(drop(self.nameless(), "broken_record", f"its header cannot be read: {error}"), None)
        page = Page(
            header.get("WARC-Record-ID") or f"{self.path.name}#{self.index}",
            url=(header.get("WARC-Target-URI") or "").strip("<>"),
            date=header.get("WARC-Date") or "",
            dump=self.dump,
            file_path=str(self.path),
        )
        kind = (header.get("WARC-Type") or "").strip().lower()
        lengths = set(CONTENT_LENGTH.findall(head))
        if len(lengths) != 1:
            drop(page, "broken_record", "it states two lengths" if lengths else "it states no length")
        elif (why := header.get("WARC-Truncated")) and kind in ("response", "resource", "conversion"):
            drop(page, "truncated_record", f"the crawler stopped reading: {why.strip()[:40]}")
        return Record(page, int(lengths.pop()) if len(lengths) == 1 else None, kind, header.get("Content-Type") or "")

    def read_block(self, record: Record, block: bytes) -> Page:
        page, kind = record.page, record.kind
        if kind == "response" and record.content_type.lower().startswith("application/http"):
            return read_response(page, block, self.limits)
        if kind in ("response", "resource", "conversion"):
            set_content_type(page, record.content_type)
            return set_body(page, block, self.limits)
        if kind == "revisit":
            return drop(page, "revisit", "the same as on an earlier visit")
        return drop(page, "broken_record", f"a record of the type {kind[:40]!r}" if kind else "it states no type")

    def read_other(self, record: Record, block: bytes) -> None:
        if record.kind == "warcinfo":
            match = IS_PART_OF.search(block)
            self.dump = match[1].decode("utf-8", "replace").strip() if match else ""
