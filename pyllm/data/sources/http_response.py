"""HTTP responses as crawlers keep them: status line, header, and a body in which HTTP's encodings may still stand.

The header is parsed by fastwarc, and so are chunks, Brotli and Zstandard undone. Its own way through a list of
encodings is not taken: a header that names 100,000 of them ends the process.
"""

from __future__ import annotations

import codecs
import io
import re
import zlib
from collections.abc import Iterator
from typing import Any

from pyllm.data.document import Page
from pyllm.data.extras import data_extra
from pyllm.data.sources.limits import ReadLimits, counted, drop

with data_extra():
    from fastwarc.stream_io import BrotliReader, ChunkedReader, ZstdReader
    from fastwarc.warc import HeaderMap

MOST_ENCODINGS = 4  # one on top of the other; more than two are not met with
PLAIN = "text/plain"
READABLE = frozenset({"text/html", "application/xhtml+xml", PLAIN, ""})
PIECE = 1 << 16  # bytes decoded at a time
CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([^\s"';,]+)""", re.IGNORECASE)
CHUNK_HEAD = re.compile(rb"[0-9A-Fa-f]{1,16}[ \t]*(?:;[^\r\n]*)?\r?\n")
END_OF_HEADER = re.compile(rb"\n\r*\n")
LINE_END = re.compile(rb"\r*\n")
BINARY = {  # what files of these kinds begin with, whatever the header says that they are
    b"%PDF-": "PDF",
    b"\x89PNG\r\n": "PNG",
    b"GIF8": "GIF",
    b"\xff\xd8\xff": "JPEG",
    b"PK\x03\x04": "ZIP",
    b"\x1f\x8b\x08": "gzip",
    b"\x00\x00\x01\x00": "icon",
    b"\x7fELF": "ELF",
    b"wOFF": "WOFF",
    b"wOF2": "WOFF2",
    b"ID3": "MP3",
    b"OggS": "Ogg",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7-Zip",
    b"RIFF": "RIFF",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
}
FIRST_BYTES = tuple(BINARY)


def parsed_header(content: bytes) -> Any:  # a fastwarc HeaderMap
    """The fields below the first line, whose lines may end in LF, CR LF, or CR CR LF."""
    if b"\r\r\n" in content or content.count(b"\n") != content.count(b"\r\n"):
        content = LINE_END.sub(b"\r\n", content)
    header = HeaderMap()
    header.parse(io.BytesIO(content))
    return header


def end_of_header(content: bytes | bytearray, limit: int) -> int:
    """The size of a header, with the empty line that ends it; -1 where that does not come before `limit`."""
    end = content.find(b"\r\n\r\n", 0, limit)
    if end >= 0 and content.find(b"\n\n", 0, end) < 0:
        return end + 4
    match = END_OF_HEADER.search(content, 0, limit)
    return -1 if match is None else match.end()


def read_response(page: Page, block: bytes, limits: ReadLimits) -> Page:
    """Fills a page from an HTTP response: its body, content type and charset, or why there are none."""
    end = end_of_header(block, limits.header_bytes)
    if not block.startswith((b"HTTP/", b"ICY ")):
        return drop(page, "broken_record", "there is no HTTP status line in it")
    if end < 0:
        if len(block) > limits.header_bytes:
            return drop(page, "broken_record", f"its HTTP header is longer than {limits.header_bytes:,} bytes")
        end = len(block)
    try:
        header = parsed_header(block[:end])
        status = header.status_code
        content_type = header.get("Content-Type") or ""
        transfer = header.get("Transfer-Encoding") or ""
        encoding = header.get("Content-Encoding") or ""
    except OSError as error:
        return drop(page, "broken_record", f"its HTTP header cannot be read: {error}")
    if status != 200:
        return drop(page, "http_status", str(status) if status is not None else "no number in the status line")
    set_content_type(page, content_type)
    if page.content_type not in READABLE:
        return drop(page, "not_text", page.content_type)
    body = block[end:]
    del block  # of which the body is a copy
    if transfer or encoding:
        encodings = [name.strip().lower() for name in f"{encoding},{transfer}".split(",")]
        body = decoded(
            page, body, [name for name in encodings if name not in ("", "identity", "none", "utf-8")], limits
        )
        if page.problem is not None:
            return page
    return set_body(page, body, limits)


def set_content_type(page: Page, stated: str) -> None:
    """Splits "text/html; charset=x" and keeps both parts."""
    kind, _, parameters = stated.partition(";")
    page.content_type = kind.strip().lower()
    if parameters:
        match = CHARSET.search(parameters)
        if match is not None:
            page.charset = match[1]


def set_body(page: Page, body: bytes, limits: ReadLimits) -> Page:
    """Gives a page its body: as text where it is plain text, as bytes where it is HTML or may be."""
    if page.content_type not in READABLE:
        return drop(page, "not_text", page.content_type)
    if not body.strip(b" \t\r\n\0"):
        return drop(page, "empty")
    if len(body) > limits.page_bytes:
        return too_large(page, len(body), limits)
    kind = binary_kind(body)
    if kind:
        return drop(page, "not_text", f"{page.content_type or 'no content type'}, but it begins as {kind} does")
    if page.content_type == PLAIN:
        page.text = decoded_text(body, page.charset)
    else:
        page.content = body
    return page


def binary_kind(content: bytes) -> str:
    """What a file that begins with these bytes is; "" where that may be text."""
    return (
        next(kind for first, kind in BINARY.items() if content.startswith(first))
        if content.startswith(FIRST_BYTES)
        else ""
    )


def too_large(page: Page, size: int, limits: ReadLimits, at_least: bool = False) -> Page:
    """Drops a page for its size."""
    least = "at least " if at_least else ""
    return drop(page, "too_large", f"{least}{counted(size, 'byte')}, above {limits.page_bytes:,}")


def decoded_text(content: bytes, charset: str | None = None) -> str:
    """Bytes as text: in the charset stated where they are valid in it, else UTF-8, else windows-1252."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(name, errors="replace")
    for stated in (charset, "utf-8"):
        if stated:
            try:
                return content.decode(stated)
            except (LookupError, ValueError):  # also codecs that are no charsets, "hex"
                pass
    return content.decode("cp1252", errors="replace")


def decoded(page: Page, body: bytes, encodings: list[str], limits: ReadLimits) -> bytes:
    """The body with its encodings undone, the last first. Where that fails, the page has a problem.

    A body that is not in the encoding that its header names is taken as it is: crawlers that store bodies decoded
    often leave the header as it was.
    """
    if len(encodings) > MOST_ENCODINGS:
        drop(page, "bad_encoding", f"{counted(len(encodings), 'encoding')}, one on top of the other")
        return b""
    for name in reversed(encodings):
        source = io.BytesIO(body)
        pieces: list[bytes] = []
        size = 0
        try:
            for piece in _undone(source, name):
                pieces.append(piece)
                size += len(piece)
                if size > limits.page_bytes and name != "chunked":
                    break
        except (OSError, zlib.error, ValueError) as error:
            drop(page, "bad_encoding", f"{name[:40]}: {error}")
            return b""
        if size > limits.page_bytes:
            if size > source.tell() * limits.highest_ratio:
                grown = f"{counted(source.tell(), 'byte')} of {name[:40]} had grown to {counted(size, 'byte')}"
                drop(page, "decompression_bomb", grown)
            else:
                too_large(page, size, limits, at_least=True)
            return b""
        body = b"".join(pieces)
    return body


def _undone(source: io.BytesIO, encoding: str) -> Iterator[bytes]:
    """What is in a source without one encoding, in pieces."""
    begin = source.read(64)
    source.seek(0)
    if encoding == "chunked" and CHUNK_HEAD.match(begin):
        return _read(ChunkedReader(source))
    if encoding in ("gzip", "x-gzip") and begin.startswith(b"\x1f\x8b"):
        return _inflated(source, 31)
    if encoding == "zstd" and begin.startswith(b"\x28\xb5\x2f\xfd"):
        return _read(ZstdReader(source))
    if begin.lstrip().startswith(b"<") or encoding in ("chunked", "gzip", "x-gzip", "zstd"):
        return _read(source)
    if encoding == "br":
        return _read(BrotliReader(source))
    if encoding == "deflate":  # RFC 9110 means zlib's format; some servers send it without its header
        try:
            zlib.decompressobj(15).decompress(begin)
            return _inflated(source, 15)
        except zlib.error:
            return _inflated(source, -15)
    raise ValueError("unknown")


def _inflated(source: io.BytesIO, window: int) -> Iterator[bytes]:
    """A body that was cut off gives what there is of it, as in browsers."""
    decompressor = zlib.decompressobj(window)
    while piece := source.read(PIECE):
        while piece and not decompressor.eof:
            yield decompressor.decompress(piece, PIECE)
            piece = decompressor.unconsumed_tail
    yield decompressor.flush()


def _read(reader: Any) -> Iterator[bytes]:
    while piece := reader.read(PIECE):
        yield piece
