"""The text of a web page: bytes in any charset in, paragraphs as lines out, without what surrounds them."""

from __future__ import annotations

import codecs
import re

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import detect_encoding, detect_mime, map_encoding_to_html5
from resiliparse.parse.html import HTMLTree

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
SPACES = re.compile(r"[^\S\n]+")
NEWLINES = re.compile(r" ?\n[\s]*")


def extract_text(html: bytes | str, charset: str | None = None) -> str:
    """The main text of a page, a paragraph a line; "" where there is none.

    Args:
        html: the page.
        charset: of the bytes, as the HTTP header says; None where it does not.
    """
    markup = html if isinstance(html, str) else _decoded(html, charset)
    text = extract_plain_text(
        HTMLTree.parse(markup), main_content=True, alt_texts=False, list_bullets=False, comments=False, post_meta=False
    )
    return NEWLINES.sub("\n", SPACES.sub(" ", UNPRINTABLE.sub("", text))).strip()


def is_binary(content: bytes) -> bool:
    """Whether bytes are no text: an image, an archive, a PDF, whatever their content type says."""
    return not detect_mime(content[:4096]).startswith(("text/", "application/xhtml", "application/xml"))


def _decoded(content: bytes, charset: str | None) -> str:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if content.startswith(mark):
            return content[len(mark) :].decode(name, "replace")
    stated = charset and map_encoding_to_html5(charset, fallback_utf8=False)
    try:
        return content.decode(stated or detect_encoding(content, from_html_meta=True) or "utf-8")
    except (UnicodeDecodeError, LookupError):
        return content.decode(detect_encoding(content) or "utf-8", "replace")
