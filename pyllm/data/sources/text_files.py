"""HTML files, a page each, and plain text files, a page each unless they are larger than one may be."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from pyllm.data.document import Page
from pyllm.data.sources.http_response import binary_kind, decoded_text, set_body, too_large
from pyllm.data.sources.limits import ReadLimits, drop
from pyllm.data.sources.streams import Stream

BREAKS = (re.compile(rb"\n[ \t\r]*\n"), re.compile(rb"\n"), re.compile(rb"[ \t]"))  # where to cut, the best first


def read_html(path: Path, limits: ReadLimits, name: str = "") -> Iterator[Page]:
    """The page that an HTML file is; `name` stands for the file in its id."""
    page = Page(f"{name or path.name}#0", file_path=str(path), content_type="text/html")
    try:
        stream = Stream(path, limits)
    except FileNotFoundError:  # one of many, and gone since they were listed
        yield drop(page, "missing_file", "it was there when the folder was listed")
        return
    try:
        stream.fill(limits.page_bytes + 1)
        page.size = stream.end
        if stream.damage is not None:
            yield drop(page, stream.damage.reason, stream.damage.detail)
        elif stream.end > limits.page_bytes:
            yield too_large(page, stream.end, limits, at_least=True)
        else:
            yield set_body(page, bytes(stream.data), limits)
    finally:
        stream.close()


def read_text(path: Path, limits: ReadLimits) -> Iterator[Page]:
    """The text of a file; where it is larger than a page may be, in parts that end where a paragraph does."""
    stream = Stream(path, limits, is_text=True)
    most = limits.page_bytes
    place = index = 0
    try:
        while True:
            stream.let_go(place)
            more = stream.fill(place + most + 1)
            content = bytes(stream.data[: most + 1])
            end = _last_break(content[:most]) if more else len(content)
            content = content[:end]
            place += end
            damage = stream.damage if not more else None
            page = Page(f"{path.name}#{index}", file_path=str(path), size=end, content_type="text/plain")
            index += 1
            if damage is not None:
                place = stream.resume()
                yield drop(page, damage.reason, damage.detail)
                continue
            kind = binary_kind(content) or ("a binary file" if b"\0" in content[:4096] else "")
            if kind:
                yield drop(page, "not_text", f"it begins as {kind} does")
                return
            if content.strip() or index == 1:
                page.text = decoded_text(content)
                yield page if content.strip() else drop(page, "empty")
            if not more:
                return
    finally:
        stream.close()


def _last_break(content: bytes) -> int:
    """Where to cut: behind the last paragraph of the second half, else its last line, else its last word."""
    for pattern in BREAKS:
        last = deque(pattern.finditer(content, len(content) // 2), maxlen=1)
        if last:
            return last[0].end()
    end = len(content)
    while end > len(content) - 3 and content[end - 1] & 0xC0 == 0x80:  # not within a character of UTF-8
        end -= 1
    return end - 1 if end > 1 and content[end - 1] >= 0xC0 else end or 1
