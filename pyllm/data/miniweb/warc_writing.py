"""WARC files, as Common Crawl writes them (ISO 28500, version 1.0): a gzip member a record; some of them damaged."""

from __future__ import annotations

import base64
import hashlib
import random
import uuid
import zlib
from datetime import datetime
from typing import BinaryIO


def gzipped(content: bytes, level: int = 6) -> bytes:
    """A gzip member without a time in it."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, 31)
    return compressor.compress(content) + compressor.flush()


class WarcWriter:
    """Writes records into a file.

    Args:
        file: where they go.
        rng: makes the records' ids.
        name: the file's name, for its first record.
        date: of the file's first record.
    """

    def __init__(self, file: BinaryIO, rng: random.Random, name: str, date: datetime) -> None:
        self._file, self._rng = file, rng
        about = [
            "software: pyllm.data.miniweb",
            "isPartOf: miniweb",
            "description: a small internet, made up",
            "format: WARC File Format 1.0",
        ]
        self._info = self._new_id()
        self._record(
            [
                ("WARC-Type", "warcinfo"),
                ("WARC-Date", _stamp(date)),
                ("WARC-Record-ID", self._info),
                ("WARC-Filename", name),
                ("Content-Type", "application/warc-fields"),
            ],
            "".join(line + "\r\n" for line in about).encode(),
        )

    def response(
        self,
        url: str,
        date: datetime,
        content: bytes,
        truncated: str = "",
        missing: int = 0,
        damaged: bool = False,
    ) -> str:
        """Writes a request and the response to it; returns the response's id.

        Args:
            url: what was asked for.
            date: when.
            content: the response as it came: status line, headers, body.
            truncated: why the crawler stopped reading: "length", "time"; "" if it did not.
            missing: so many bytes of the content are announced, but not there.
            damaged: bytes in the middle of the gzip member are overwritten.
        """
        host, _, path = url.partition("://")[2].partition("/")
        address = ".".join(str(self._rng.randint(1, 223)) for _ in range(4))
        request_id, response_id = self._new_id(), self._new_id()
        common = [("WARC-Date", _stamp(date)), ("WARC-Warcinfo-ID", self._info), ("WARC-IP-Address", address)]
        request = [f"GET /{path} HTTP/1.1", "User-Agent: minibot/1.0", "Accept: text/html,*/*;q=0.5", f"Host: {host}"]
        self._record(
            [
                ("WARC-Type", "request"),
                ("WARC-Record-ID", request_id),
                *common,
                ("WARC-Concurrent-To", response_id),
                ("WARC-Target-URI", url),
                ("Content-Type", "application/http; msgtype=request"),
            ],
            "\r\n".join([*request, "Connection: Keep-Alive", "", ""]).encode(),
        )
        headers = [
            ("WARC-Type", "response"),
            ("WARC-Record-ID", response_id),
            *common,
            ("WARC-Concurrent-To", request_id),
            ("WARC-Target-URI", url),
            ("WARC-Payload-Digest", _digest(content.partition(b"\r\n\r\n")[2])),
            ("WARC-Block-Digest", _digest(content)),
            ("Content-Type", "application/http; msgtype=response"),
        ]
        if truncated:
            headers.append(("WARC-Truncated", truncated))
        self._record(headers, content, missing, damaged)
        return response_id

    def _new_id(self) -> str:
        return f"<urn:uuid:{uuid.UUID(int=self._rng.getrandbits(128), version=4)}>"

    def _record(self, headers: list[tuple[str, str]], content: bytes, missing: int = 0, damaged: bool = False) -> None:
        lines = [
            "WARC/1.0",
            *(f"{name}: {value}" for name, value in headers),
            f"Content-Length: {len(content)}",
            "",
            "",
        ]
        if missing:
            record = "\r\n".join(lines).encode() + content[: max(0, len(content) - missing)]
        else:
            record = "\r\n".join(lines).encode() + content + b"\r\n\r\n"
        member = gzipped(record)
        if damaged:
            middle = len(member) * 2 // 3
            noise = self._rng.getrandbits(8 * 64).to_bytes(64, "little")
            member = member[:middle] + noise[: len(member) - middle] + member[middle + 64 :]
        self._file.write(member)


def _stamp(date: datetime) -> str:
    return date.strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(content: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
