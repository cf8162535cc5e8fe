"""What goes through the pipeline: pages as a source gives them, documents as they are kept, and a filter's verdict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a filter says of a page: to keep it, or why not. True where it is kept.

    Attributes:
        keep: whether to keep the page.
        reason: why not: a name in snake_case that is counted, the same for all pages with this fault.
        detail: the figures behind it, for a person: "34 % of the lines are copies, above 30 %".
        text: the page's text, where the filter has mended it.
    """

    keep: bool
    reason: str = ""
    detail: str = ""
    text: str | None = None

    def __bool__(self) -> bool:
        return self.keep


KEEP = Verdict(True)


@dataclass(slots=True)
class Page:
    """One item of a source, as it was found.

    Attributes:
        id: the record's own (WARC-Record-ID, an id column); otherwise file name and place in there, "crawl.html#0".
        content: the page's bytes, as sent after HTTP's own encodings are undone; b"" where `text` is given.
        text: where the source holds text and no markup (WET, JSONL, Parquet, plain text).
        url: "" where unknown.
        date: when it was fetched, ISO 8601; "" where unknown.
        dump: the crawl that it is of; "" where unknown.
        file_path: the file that it comes from.
        content_type: as stated, without parameters, lower case; "" where unknown.
        charset: as stated in the header; None where it is not.
        size: bytes that it took in the source, uncompressed.
        problem: why it cannot be read: a verdict that drops it; None where it can.
    """

    id: str
    content: bytes = b""
    text: str | None = None
    url: str = ""
    date: str = ""
    dump: str = ""
    file_path: str = ""
    content_type: str = ""
    charset: str | None = None
    size: int = 0
    problem: Verdict | None = None


@dataclass(slots=True)
class Document:
    """A page's text, with FineWeb's columns (Penedo et al. 2024, "The FineWeb Datasets", section 3)."""

    text: str
    id: str
    dump: str = ""
    url: str = ""
    date: str = ""
    file_path: str = ""
    language: str = ""
    language_score: float = 0.0
    token_count: int | None = None
