"""Small crawls for tests: WARC files of pages of ordinary sentences."""

import gzip
import random
from collections.abc import Iterable
from pathlib import Path

NOUNS = """teacher farmer neighbour captain cousin baker child boat lamp letter door garden wall box map river mountain
    hospital library kitchen village engine window horse bridge market station painting forest harbour""".split()
QUALITIES = """old young quiet wooden small long green heavy famous broken bright distant narrow simple careful gentle
    hidden modern ancient friendly""".split()
VERBS = """carried painted described repaired remembered borrowed measured collected opened visited noticed followed
    admired ignored protected explained""".split()


def prose(seed: int, sentences: int = 30) -> str:
    """Paragraphs of plain English that no two seeds share."""
    source = random.Random(seed)

    def thing() -> str:
        return f"{source.choice(('the', 'a', 'that', 'our'))} {source.choice(QUALITIES)} {source.choice(NOUNS)}"

    made = []
    for _ in range(sentences):
        sentence = f"{thing()} {source.choice(VERBS)} {thing()} {source.choice(('and', 'with', 'of', 'to'))} {thing()}."
        made.append(sentence.capitalize())
    return "\n".join(" ".join(made[begin : begin + 5]) for begin in range(0, sentences, 5))


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
                text = "Write to someone@real-mail.com. " + text
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
