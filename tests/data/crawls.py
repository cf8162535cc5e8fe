"""Small crawls for tests: WARC files of pages of ordinary sentences."""

import gzip
import random
from collections.abc import Iterable
from pathlib import Path

SUBJECTS = [
    "the old teacher",
    "a young farmer",
    "my neighbour",
    "the captain",
    "our cousin",
    "the baker",
    "a quiet child",
]
VERBS = [
    "carried",
    "painted",
    "described",
    "repaired",
    "remembered",
    "borrowed",
    "measured",
    "forgot",
    "collected",
    "opened",
]
OBJECTS = [
    "the wooden boat",
    "a small lamp",
    "the long letter",
    "that green door",
    "the garden wall",
    "a heavy box",
    "the map",
]
ENDS = ["before the rain came", "with great care", "in the middle of the night", "after a long walk", "near the river"]


def prose(seed: int, sentences: int = 30) -> str:
    """Paragraphs of plain English that no two seeds share."""
    source = random.Random(seed)
    lines, line = [], []
    for index in range(sentences):
        words = (source.choice(SUBJECTS), source.choice(VERBS), source.choice(OBJECTS), source.choice(ENDS))
        number = source.randrange(10**6)
        line.append(f"On day {number} {' '.join(words)}, and that was the end of it.")
        if index % 5 == 4:
            lines.append(" ".join(line))
            line = []
    return "\n".join([*lines, " ".join(line)]).strip()


def html(text: str, title: str = "A page") -> bytes:
    """A page whose paragraphs are the text's lines."""
    paragraphs = "".join(f"<p>{line}</p>\n" for line in text.split("\n"))
    return f"<html><head><title>{title}</title></head><body><article>{paragraphs}</article></body></html>".encode()


def record(url: str, body: bytes, number: int, date: str = "2024-05-06T07:08:09Z") -> bytes:
    """A WARC response record in a gzip member of its own."""
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number:032x}>\r\nWARC-Date: {date}\r\n"
        f"WARC-Target-URI: {url}\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}"
    )
    return gzip.compress(head.encode() + b"\r\n\r\n" + http + b"\r\n\r\n", mtime=0)


def write_warc(path: Path, pages: Iterable[tuple[str, bytes]], first: int = 0) -> Path:
    """A WARC file of (URL, body) pages, whose ids count from `first`."""
    path.write_bytes(b"".join(record(url, body, first + index) for index, (url, body) in enumerate(pages)))
    return path


def mixed_crawl(folder: Path, files: int = 3, pages: int = 40) -> list[Path]:
    """WARC files with good pages, copies of pages in other files, an address to mask, and pages to drop."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for file in range(files):
        listed = []
        for index in range(pages):
            number = file * pages + index
            url = f"https://site{file}.example/page/{number}"
            text = prose(number)
            if index % 8 == 1:
                text = prose(max(0, number - 1)) + "  "  # the page before it, again
            elif index % 8 == 2:
                text = text.replace("On day", "Write to someone@real-mail.com on day", 1)
            elif index % 8 == 3:
                text = "Der Hund lief über die Straße und bellte laut, weil er die Katze gesehen hatte. " * 10
            elif index % 8 == 4:
                text = "This page has nothing to say about it, and so it ends here."
            elif index % 8 == 5:
                url = f"https://freeporn.example/{number}"
            elif index % 8 == 6 and file:
                text = prose(index)  # as in the first file
            listed.append((url, html(text)))
        paths.append(write_warc(folder / f"crawl-{file:02}.warc.gz", listed, file * pages))
    return paths
