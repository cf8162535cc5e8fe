"""WARC and ARC records made by hand, for tests of the readers."""

import uuid
import zlib
from collections import Counter
from pathlib import Path

from fastwarc.stream_io import ZstdWriter

from pyllm.data.document import Page
from pyllm.data.sources import ReadLimits, read_pages

HTTP = "application/http; msgtype=response"
HTML = "<html><body><p>Page {} says: {}</p></body></html>"


def gzipped(content: bytes) -> bytes:
    """One gzip member, without a time in it."""
    compressor = zlib.compressobj(6, zlib.DEFLATED, 31)
    return compressor.compress(content) + compressor.flush()


class Sink:
    """What fastwarc's writers may write to and close."""

    def __init__(self) -> None:
        self.content = b""

    def write(self, data: bytes) -> int:
        self.content += data
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


def zstandard(content: bytes, **options: object) -> bytes:
    """One Zstandard frame."""
    sink = Sink()
    writer = ZstdWriter(sink, **options)
    for begin in range(0, len(content), 1 << 20):  # at once, the frame would ask for a window of all its size
        writer.write(content[begin : begin + (1 << 20)])
    writer.finish()
    writer.close()
    return sink.content


def warc(kind: str, block: bytes, number: int = 0, content_type: str = HTTP, length: object = None) -> bytes:
    """A record; `length` in place of the true one."""
    stated = len(block) if length is None else length
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{uuid.UUID(int=number)}>\r\n"
        f"WARC-Date: 2024-02-20T20:00:{number % 60:02}Z\r\nWARC-Target-URI: https://example.org/{number}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {stated}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def http(body: bytes, content_type: str = "text/html; charset=UTF-8", status: str = "200 OK", more: str = "") -> bytes:
    """A response."""
    typed = f"Content-Type: {content_type}\r\n" if content_type else ""
    return f"HTTP/1.1 {status}\r\nServer: none\r\n{typed}{more}\r\n".encode() + body


def html(number: int, words: int = 40) -> bytes:
    """A page that no other number has."""
    text = " ".join(str((number + 1) * step * step % 10_007) for step in range(1, words))
    return HTML.format(number, text).encode()


def response(number: int, length: object = None, words: int = 40) -> bytes:
    """The record of `html(number)`."""
    return warc("response", http(html(number, words)), number, length=length)


def arc(number: int, length: object = None) -> bytes:
    """The ARC record of `html(number)`."""
    block = http(html(number))
    stated = len(block) if length is None else length
    return (
        f"http://example.org/{number} 127.0.0.1 202402202000{number:02} text/html {stated}\n".encode() + block + b"\n"
    )


def pages(path: Path, content: bytes | None = None, limits: ReadLimits | None = None) -> list[Page]:
    """The pages of a file, which is written first where there is content."""
    if content is not None:
        path.write_bytes(content)
    return list(read_pages(path, limits or ReadLimits()))


def counted(path: Path, content: bytes) -> tuple[list[Page], Counter[str]]:
    """The pages, and how many records are no pages."""
    path.write_bytes(content)
    counts: Counter[str] = Counter()
    return list(read_pages(path, counts=counts)), counts


def shown(found: list[Page]) -> list[object]:
    """The number of each page that is whole, "reason" or "number reason" of the others."""
    result: list[object] = []
    for page in found:
        number = page.url.rpartition("/")[2]
        if page.problem is not None:
            assert not page.problem.keep
            assert page.content == b""
            assert page.text is None
            result.append(f"{number} {page.problem.reason}".strip())
        else:
            assert page.content == html(int(number)), number
            result.append(int(number))
    return result
