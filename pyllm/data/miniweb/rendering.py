"""From text to what a server sends: HTML of a site's design, its bytes in some charset, and the response's headers."""

from __future__ import annotations

import html
import random
import re
from datetime import datetime
from html.entities import codepoint2name

from pyllm.data.miniweb.site_designs import DESIGNS
from pyllm.data.miniweb.site_furniture import MONTHS
from pyllm.data.miniweb.sites import PageParts, Site, make_parts
from pyllm.data.miniweb.warc_writing import gzipped
from pyllm.data.miniweb.wording import pick

INLINE_TAGS = ("em", "b", "strong", "i", "span", "a")
SERVERS = ("nginx", "Apache", "Apache/2.4.41 (Ubuntu)", "cloudflare", "Microsoft-IIS/8.5", "lighttpd/1.4.35")

# What pages that call themselves Latin-1 are written in, as all browsers know.
CODECS = {"iso-8859-1": "windows-1252"}

_QUOTE_OPENS = re.compile(r"(^|[\s(\[–])\"")
_SINGLE_OPENS = re.compile(r"(^|[\s(\[–“])'")


def typographic(text: str) -> str:
    """Text with curly quotation marks, long dashes and an ellipsis."""
    text = _QUOTE_OPENS.sub("\\1“", text).replace('"', "”")
    text = _SINGLE_OPENS.sub("\\1‘", text).replace("'", "’")
    return text.replace(" - ", " – ").replace("...", "…")


def to_html(rng: random.Random, text: str, named_entities: bool = False, inline: bool = True) -> str:
    """A paragraph as HTML; some with a word in a tag of its own.

    Args:
        rng: makes all choices.
        text: plain text.
        named_entities: letters beyond ASCII by their names.
        inline: whether a word may have a tag of its own.
    """
    words = html.escape(text, quote=False).split(" ")
    if inline and len(words) > 4 and rng.random() < 0.15:
        place = rng.randrange(len(words))
        tag = pick(rng, INLINE_TAGS)
        more = ' href="/more"' if tag == "a" else ' class="k"' if tag == "span" else ""
        words[place] = f"<{tag}{more}>{words[place]}</{tag}>"
    if inline and rng.random() < 0.1:  # lines broken in the source, as an editor leaves them
        text = "\n".join(" ".join(words[at : at + 12]) for at in range(0, len(words), 12))
    else:
        text = " ".join(words)
    if named_entities:
        text = "".join(_named(letter) if ord(letter) > 127 else letter for letter in text)
    return text


def _named(letter: str) -> str:
    name = codepoint2name.get(ord(letter))
    return f"&{name};" if name else f"&#{ord(letter)};"


def posted(date: datetime) -> str:
    """A date as people write it."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def render(
    rng: random.Random,
    site: Site,
    title: str,
    blocks: list[str],
    date: datetime,
    block_html: list[str] | None = None,
) -> tuple[str, str]:
    """A page of a site: its address and its HTML.

    Args:
        rng: makes all choices.
        site: whose page it is.
        title: the heading, as plain text.
        blocks: the paragraphs, as plain text.
        date: when it was fetched.
        block_html: the paragraphs as HTML, where they are more than text.
    """
    named = rng.random() < 0.08
    meta = ""
    if site.declared in ("meta", "both", "wrong header"):
        if rng.random() < 0.5:
            meta = f'<meta charset="{site.charset}">'
        else:
            meta = f'<meta http-equiv="Content-Type" content="text/html; charset={site.charset}">'
    if block_html is None:
        block_html = [to_html(rng, block, named) for block in blocks]
    parts: PageParts = make_parts(rng, site, to_html(rng, title, named, inline=False), block_html, posted(date), meta)
    page = DESIGNS[site.design](site, parts)
    scheme = "https" if rng.random() < 0.7 else "http"
    return f"{scheme}://{site.domain}{html.unescape(parts.path)}", page


def encode(page: str, charset: str) -> bytes:
    """A page's bytes; what the charset lacks is written as numbers."""
    if charset == "utf-16":
        return b"\xff\xfe" + page.encode("utf-16-le")
    return page.encode(CODECS.get(charset, charset), "xmlcharrefreplace")


def content_type(site: Site) -> str:
    """The Content-Type header of a site's pages."""
    if site.declared in ("header", "both"):
        return f"text/html; charset={site.charset}"
    if site.declared == "wrong header":
        return f"text/html; charset={'ISO-8859-1' if site.charset.startswith('utf') else 'UTF-8'}"
    return "text/html"


def response(
    rng: random.Random,
    body: bytes,
    kind: str,
    date: datetime,
    status: str = "200 OK",
    more: str = "",
) -> bytes:
    """A response as it comes from a server.

    Args:
        rng: makes all choices, among them how the body is sent: as it is, compressed, in chunks.
        body: what is sent.
        kind: its content type.
        date: when it was sent.
        status: the status.
        more: further header lines.
    """
    headers = [f"HTTP/1.1 {status}", date.strftime("Date: %a, %d %b %Y %H:%M:%S GMT"), f"Server: {pick(rng, SERVERS)}"]
    headers.append(f"Content-Type: {kind}")
    if more:
        headers.append(more)
    way = rng.random()
    if way < 0.06 and body:
        body = gzipped(body)
        headers.append("Content-Encoding: gzip")
    if way > 0.95 or way < 0.02:
        body = _chunked(rng, body)
        headers.append("Transfer-Encoding: chunked")
    else:
        headers.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*headers, "", ""]).encode() + body


def _chunked(rng: random.Random, body: bytes) -> bytes:
    chunks = []
    at = 0
    while at < len(body):
        size = rng.randint(500, 8000)
        chunk = body[at : at + size]
        chunks.append(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        at += size
    return b"".join(chunks) + b"0\r\n\r\n"
