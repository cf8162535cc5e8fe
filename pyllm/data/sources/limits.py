"""How much of a source is read at most, and how what cannot be read is listed."""

from __future__ import annotations

from dataclasses import dataclass

from pyllm.data.document import Page, Verdict


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What a reader holds in memory or spends time on at most.

    Attributes:
        page_bytes: of a page, its encodings undone; a larger one is listed as "too_large".
        record_bytes: that a record may decompress to before its ratio is looked at.
        highest_ratio: of decompressed to compressed bytes beyond that; a higher one is a "decompression_bomb".
        header_bytes: of a record's header, or of HTTP's; the parser takes 32 kB at most.
        html_files: HTML files of a folder that are read as one input.
    """

    page_bytes: int = 10_000_000
    record_bytes: int = 100_000_000
    highest_ratio: float = 100.0
    header_bytes: int = 32 << 10
    html_files: int = 1000

    def __post_init__(self) -> None:
        for name in ("page_bytes", "record_bytes", "header_bytes", "html_files"):
            number = getattr(self, name)
            if number < 1:
                raise ValueError(f"{name} must be at least 1, got {number}")
        if not self.highest_ratio > 1:
            raise ValueError(f"highest_ratio must be above 1, got {self.highest_ratio}")


DEFAULT_LIMITS = ReadLimits()


def drop(page: Page, reason: str, detail: str = "") -> Page:
    """The page as one that cannot be read, without its content."""
    page.content, page.text = b"", None
    page.problem = Verdict(False, reason, detail)
    return page


def counted(number: int, unit: str) -> str:
    """As in: 1 byte, 2,000 bytes."""
    return f"{number:,} {unit}" + ("" if number == 1 else "s")
