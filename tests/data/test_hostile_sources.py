"""Files made to do harm: read within seconds and megabytes, in a process whose memory is measured."""

import gzip
import json
import random
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from archives import gzipped, html, http, response, warc, zstandard

MEGABYTES, SECONDS = 50, 3.0
READER = """
import collections, json, pathlib, resource, sys, time
from pyllm.data.sources import read_pages

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

list(read_pages(pathlib.Path(sys.argv[1])))  # loads what is loaded once
found, before, start = collections.Counter(), peak(), time.process_time()
for page in read_pages(pathlib.Path(sys.argv[2])):
    found[page.problem.reason if page.problem is not None else "read"] += 1
    del page
print(json.dumps([found, peak() - before, time.process_time() - start]))
"""


def of_zeros(begin: bytes, size: int) -> bytes:
    """One gzip member of `begin` and `size` zeros, made by repeating the bytes that a megabyte of them takes."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = compressor.compress(begin) + compressor.flush(zlib.Z_FULL_FLUSH)
    block = compressor.compress(bytes(1 << 20)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return head + block * (size >> 20) + b"\x03\0" + b"wrong checksum"[:8]


def read(folder: Path, content: bytes, name: str = "a.warc") -> tuple[dict[str, int], float, float]:
    """Why pages were dropped, MB of memory, seconds."""
    small, path = folder / f"small-{name}", folder / name
    small.write_bytes(gzipped(b"x") if name.endswith(".gz") else b"x")
    path.write_bytes(content)
    result = subprocess.run(
        [sys.executable, "-c", READER, str(small), str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    found, megabytes, seconds = json.loads(result.stdout)
    return found, megabytes, seconds


FIRST, LAST = response(0), response(2)
GROWING = of_zeros(b"", 10 << 30)
ENCODED = "Content-Encoding: gzip\r\n"
NOISE = random.Random(0).randbytes(100_000_000)


@pytest.fixture(scope="module", autouse=True)
def forget_what_is_large() -> Iterator[None]:
    yield
    globals().update(GROWING=b"", NOISE=b"")


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: gzipped(FIRST) + GROWING + gzipped(LAST), {"read": 2, "decompression_bomb": 1}),
        (lambda: gzipped(FIRST) + of_zeros(b"", 200 << 20) + gzipped(LAST), {"read": 2, "decompression_bomb": 1}),
        (
            lambda: zstandard(FIRST) + zstandard(bytes(200 << 20)) + zstandard(LAST),
            {"read": 2, "decompression_bomb": 1},
        ),
        (
            lambda: gzipped(FIRST) + of_zeros(warc("response", b"", length=10**11)[:-4], 10 << 30) + gzipped(LAST),
            {"read": 2, "decompression_bomb": 1},
        ),
        (
            lambda: gzipped(FIRST) + of_zeros(b"WARC/1.0\r\nX: ", 10 << 30) + gzipped(LAST),
            {"read": 2, "decompression_bomb": 1},
        ),
        (
            lambda: gzipped(warc("response", http(GROWING[:9_900_000], more=ENCODED))) + gzipped(LAST),
            {"read": 1, "decompression_bomb": 1},
        ),
        (
            lambda: warc("response", http(gzip.compress(GROWING), more="Content-Encoding: gzip, gzip\r\n")) + LAST,
            {"read": 1, "decompression_bomb": 1},
        ),
        (lambda: FIRST + warc("response", http(NOISE)) + LAST, {"read": 2, "too_large": 1}),
        (
            lambda: gzipped(FIRST) + gzipped(warc("response", http(NOISE[:30_000_000]))) + gzipped(LAST),
            {"read": 2, "too_large": 1},
        ),
        (lambda: FIRST + b"WARC/1.0\r\n" + b"X: y\r\n" * 10_000_000 + LAST, {"read": 2, "broken_record": 1}),
        (lambda: FIRST + b"WARC/1.0\r\nX: " + b"y" * 50_000_000 + LAST, {"read": 2, "broken_record": 1}),
        (lambda: FIRST + b"WARC/" * 2_000_000 + LAST, {"read": 2, "broken_record": 1}),
        (lambda: FIRST + b"WARC/1.0\r\nA: b\r\n" * 100_000 + LAST, {"read": 2, "broken_record": 100_000}),
        (
            lambda: FIRST + b"WARC/1.0\r\nContent-Length: 9000000\r\n\r\n" * 100_000 + LAST,
            {"read": 2, "truncated_record": 100_000},
        ),
        (lambda: gzipped(FIRST) + b"\x1f\x8b\x08\0" * 1_000_000 + gzipped(LAST), {"read": 2, "broken_record": 1}),
    ],
    ids=[
        "member",
        "small member",
        "frame",
        "record",
        "header",
        "body",
        "body twice",
        "100 MB page",
        "30 MB page in gzip",
        "endless header",
        "endless line",
        "no record at all",
        "headers without end",
        "lengths that are lies",
        "members that are none",
    ],
)
def test_archives(tmp_path: Path, make: object, expected: dict[str, int]) -> None:
    found, megabytes, seconds = read(tmp_path, make())
    assert found == expected
    assert megabytes < MEGABYTES
    assert seconds < SECONDS


@pytest.mark.parametrize(
    ("name", "begin", "expected"),
    [
        ("a.html.gz", b"<html>", {"too_large": 1}),
        ("a.jsonl.gz", b'{"text": "', {"decompression_bomb": 1}),
        ("a.txt.gz", b"", {"not_text": 1}),
    ],
)
def test_other_files(tmp_path: Path, name: str, begin: bytes, expected: dict[str, int]) -> None:
    found, megabytes, seconds = read(tmp_path, of_zeros(begin, 10 << 30), name)
    assert found == expected
    assert megabytes < 2 * MEGABYTES  # a line of JSON may be six times as long as its page
    assert seconds < SECONDS


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(count: int) -> float:
        content = b"".join(gzipped(warc("response", http(html(number, 3000)), number)) for number in range(count))
        found, megabytes, _ = read(tmp_path, content, "a.warc.gz")
        assert found == {"read": count}
        return megabytes

    assert peak(3000) < peak(300) + 3
