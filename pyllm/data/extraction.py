"""The text of a web page: markup in any charset in, its paragraphs out, a line each, without what surrounds them.

Four steps, each cheap enough for one pass over the page, and all the parsing in compiled code (resiliparse, lexbor):

1. Elements that are no part of the text go: scripts, navigation, what is hidden, and what is named after what it does
   ("share-buttons", "cookie-notice", "related").
2. Where one element that is named as the article holds most of the paragraphs, only that element stays.
3. Of the blocks of text that are left, the run with the highest sum of scores stays, text for and links against
   (Pasternack and Roth 2009, "Extracting Article Text from the Web with Maximum Subsequence Segmentation").
4. Blocks inside that are mostly links go.
"""

from __future__ import annotations

import codecs
import html as entities
import re
from dataclasses import dataclass

from pyllm.data.extras import data_extra

with data_extra():
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import detect_encoding, detect_mime, map_encoding_to_html5
    from resiliparse.parse.html import ElementNode, HTMLTree

# --- step 1: what is no part of the text

UNSEEN = "script, style, noscript, template, iframe"
FURNITURE = (
    "nav, aside, footer, form, fieldset, button, select, menu, dialog, svg, canvas, object, video, audio, figure, "
    "figcaption, [role=navigation], [role=banner], [role=contentinfo], [role=complementary], [role=search], "
    "[role=dialog], [role=alertdialog], [role=menu], [role=menubar], [role=toolbar], "
    "[hidden], [aria-hidden=true], [style*='display:none' i], [style*='display: none' i], "
    "[style*='visibility:hidden' i], [style*='visibility: hidden' i], "
    "[style*='position:fixed' i], [style*='position: fixed' i]"  # bars that stay when one scrolls
)
PARTS_OF_NAMES = (
    "share social cookie consent gdpr related recommend newsletter subscribe signup login buttons sidebar comment "
    "footer breadcrumb navigation navbar menu pagination popup modal overlay banner advert sponsor promo widget byline "
    "tags copyright trending profile gallery slideshow caption credit"
)
WHOLE_NAMES = "nav ad ads meta"  # too short to look for inside of others
NAMES_OF_TEXT = "body content column main text"  # "content-with-sidebar"
WHOLE_NAMES_OF_TEXT = "article post entry story hentry"  # "post tag-cookies", but "post-share"
LARGEST_SHARE = 0.4  # of the page's text in an element that may go: names lie, as those of forms around whole pages do
LARGEST_UNCOUNTED = 200  # characters that may go whatever their share
MOST_MEASURED = 50  # times the page's text that is read to decide

NAMED_FURNITURE = (
    f"{FURNITURE}, :is(div, section, ul, ol, p, span, header, table, li, dl):is("
    + ", ".join(f"[class*='{name}' i], [id*='{name}' i]" for name in PARTS_OF_NAMES.split())
    + ", "
    + ", ".join(
        f"[class~='{name}'], [class^='{name}-'], [class*=' {name}-'], [id='{name}']" for name in WHOLE_NAMES.split()
    )
    + "):not("
    + ", ".join(f"[class*='{name}' i], [id*='{name}' i]" for name in NAMES_OF_TEXT.split())
    + ", "
    + ", ".join(f"[class~='{name}' i]" for name in WHOLE_NAMES_OF_TEXT.split())
    + ")"
)

# --- step 2: what is named as the article

ARTICLES = (
    "[itemprop=articleBody]",
    "[class*='article-body' i], [class*='articlebody' i], [class*='article__body' i], [class*='article-content' i], "
    "[class*='article-text' i], [class*='articletext' i], [class*='entry-content' i], [class*='post-content' i], "
    "[class*='post-body' i], [class*='story-body' i]",
    "article, main, [role=main]",
)
SMALLEST_SHARE = 0.6  # of the text in paragraphs: what is named so may be a teaser
SMALLEST_ARTICLE = 200  # characters in paragraphs
MOST_TRIED = 30  # elements of a kind: pages of teasers have hundreds of articles

# --- steps 3 and 4: blocks of text

LINKED = 0.5  # a block with more of its text in links is against
DROPPED = 0.6  # a block with more of its text in links goes even where it stands between text
# Bytes of a text in no paragraph, and in a p element, by whether it ends as a sentence: a smaller one is a label.
SMALLEST = {False: {"": 160, "p": 80}, True: {"": 40}}
NOTICE = 300  # bytes: a longer text with a copyright sign in it is about something else
IN_PARAGRAPHS = 0.7  # of a run's text in p elements: text at its ends that is in none is something else
LEAST = 200  # a run's score: less is no text that a page is about, so that one of these has another shape:
FEW_LINKS = 0.02  # of its text: snippets, tables, verses
MANY_LINKS = 0.8  # of its text: lists of links, which are then what the page is about

DEEP_LISTS = ":is(ul, ol) " * 64
LINK = re.compile(r'<a href="[^"]*">([^<]*(?:<(?!/?a\b)[^<]*)*)</a>')
ELEMENT = re.compile(r"<(p|h[1-6]|li|pre)\b")
TAG = re.compile(r"</?[a-z0-9]+[^>]*>")
SENTENCE_END = re.compile(r"[.!?:;,…。！？][\"'”’»)\]]*$")
RIGHTS = re.compile(r"©|\(c\) (19|20)\d\d|\ball rights reserved\b|^copyright\b", re.IGNORECASE)
LINES = "br"  # in place of the name: one of the lines of a p or pre element
START, END = "\x01", "\x02"  # of a link
NO_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\ufeff\ufffe\uffff]")

# --- charsets

MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# What browsers read for a name: the larger charset of the same family, as pages use its letters too.
LARGER = {"gbk": "gb18030", "big5": "big5hkscs", "euc_kr": "cp949", "shift_jis": "cp932", "iso8859-9": "cp1254"}
SEVEN_BITS = "iso2022_jp"
META = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
META_BYTES = 4096
DETECTION_BYTES = 65536
GARBLED = re.compile("[\u00c0-\u00ff]{4,}")  # Cyrillic or Greek words that were read as Western European
CONTROLS = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))
MOST_CONTROLS = 0.02  # of all bytes: some pages have a few, compressed data a tenth
PRINTED = ("application/pdf", "application/postscript", "application/rtf")  # which may have none


def extract_text(html: bytes | str, charset: str | None = None) -> str:
    """The main text of a page, a paragraph, heading or list item a line; "" where there is none.

    Args:
        html: the page; plain text, too, is a page without markup.
        charset: of the bytes, as the HTTP header says; None where it does not.
    """
    if not isinstance(html, (bytes, str)):
        raise TypeError(f"html must be bytes or str, got {type(html).__name__}")
    # A str may hold halves of surrogate pairs, which UTF-8 cannot.
    tree = HTMLTree.parse(html.encode("utf-8", "replace").decode() if isinstance(html, str) else decoded(html, charset))
    if tree.body is None:  # a page of frames
        return ""
    _remove_furniture(tree.body)
    _keep_article(tree.body)
    if tree.body.query_selector(DEEP_LISTS):  # they would be indented, which takes memory as the square of the depth
        return " ".join(NO_TEXT.sub("", extract_plain_text(tree, preserve_formatting=False)).split())
    marked = extract_plain_text(tree, preserve_formatting="minimal_html", links=True, alt_texts=False)
    return entities.unescape("\n".join(block.text for block in _main_blocks(_blocks(NO_TEXT.sub("", marked)))))


def is_binary(content: bytes) -> bool:
    """Whether the bytes are no text, whatever their content type says: an image, an archive, a PDF."""
    head = content[:META_BYTES]
    if head.startswith(tuple(MARKS)) or _unmarked_utf16(head):
        return False
    controls = len(head) - len(head.translate(None, CONTROLS))
    return controls > MOST_CONTROLS * len(head) or detect_mime(head) in PRINTED


def decoded(content: bytes, charset: str | None = None) -> str:
    """The bytes of a page as text: what they can only be, then what is said that they are, then what they look like.

    Args:
        content: the page.
        charset: as the HTTP header says; None where it does not.
    """
    for mark, encoding in MARKS.items():
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    if utf16 := _unmarked_utf16(content[:META_BYTES]):
        return content.decode(utf16, "replace")
    meta = META.search(content, 0, META_BYTES)
    said = [_codec(name) for name in (charset, meta and meta[1].decode("ascii", "replace")) if name]
    if content.isascii():
        return content.decode(SEVEN_BITS if SEVEN_BITS in said else "ascii", "replace")
    text = content.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    # Bytes that are letters in UTF-8 are so by no accident. A few that are not are damage: a text that was cut off.
    if wrong == 0 or 4 * wrong < len(text) - len(text.encode("ascii", "ignore")):
        return text
    for name in said:
        if name and name != "utf-8":
            text = content.decode(name, "replace")
            if not (name == "cp1252" and GARBLED.search(text)) and text.count("\ufffd") < wrong:
                return text
    return content.decode(_codec(detect_encoding(content[:DETECTION_BYTES]) or "") or "cp1252", "replace")


def _codec(charset: str) -> str | None:
    """Python's name of the charset that browsers take for this name; None where it is unknown."""
    name = map_encoding_to_html5(charset.strip().lower(), fallback_utf8=False)
    return LARGER.get(name, name) if name else None


def _unmarked_utf16(head: bytes) -> str | None:
    """UTF-16's name if every other byte is 0, as in markup that has no byte order mark."""
    for first, name in ((0, "utf-16-be"), (1, "utf-16-le")):
        zeros = head[first::2].count(0)
        if zeros > 8 and zeros > 0.7 * len(head[first::2]) and head[1 - first :: 2].count(0) < 0.1 * zeros:
            return name
    return None


def _remove_furniture(body: ElementNode) -> None:
    """Step 1: takes out elements that are no part of the text."""
    for element in body.query_selector_all(UNSEEN).values():
        element.remove()
    total = _length(body)
    measured = 0
    for element in body.query_selector_all(NAMED_FURNITURE).values():
        size = _length(element)
        measured += size
        if size <= max(LARGEST_UNCOUNTED, LARGEST_SHARE * total):
            element.remove()
        if measured > MOST_MEASURED * total:  # elements within elements within ...: no page is built so
            return


def _keep_article(body: ElementNode) -> None:
    """Step 2: leaves only the element that is named as the article, if one has most of the paragraphs."""
    total = _paragraphs(body)
    for selector in ARTICLES:
        tried = body.query_selector_all(selector).values()[:MOST_TRIED]
        size, place = max(((_paragraphs(element), -place) for place, element in enumerate(tried)), default=(0, 0))
        if size >= max(SMALLEST_ARTICLE, SMALLEST_SHARE * total):
            article = tried[-place]
            titles = body.query_selector_all("h1").values()
            # The title stands above the article on many pages. Where it is a link, it is the site's name.
            outside = len(titles) == 1 and not article.query_selector("h1") and not titles[0].query_selector("a")
            body.replace_children(*titles[:outside], article)
            return


def _paragraphs(element: ElementNode) -> int:
    """Characters in the paragraphs of an element."""
    return sum(_length(paragraph) for paragraph in element.query_selector_all("p").values())


def _length(element: ElementNode) -> int:
    return len(element.text or "")


@dataclass(slots=True)
class _Block:
    """A block of text. size, linked: its bytes in UTF-8 and those of them in links.

    Bytes, for a letter of Chinese or Thai says more than one of English.
    """

    tag: str
    text: str
    size: int
    linked: int

    def score(self) -> int:
        """What the block adds to the run that it is in: above 0 for text, below for links and what stands between."""
        if self.linked > LINKED * self.size:
            return -20 - self.linked
        if self.tag.startswith("h"):
            return -10  # a new part of the page must be worth it
        if self.size < NOTICE and RIGHTS.search(self.text):
            return -50
        # A label, a date, a cell of a table: short, or what would be short for a sentence and ends as none.
        if self.size < SMALLEST[bool(SENTENCE_END.search(self.text))].get(self.tag, 0):
            return -2
        return self.size - 2 * self.linked - 10


def _blocks(marked: str) -> list[_Block]:
    """The lines of what extract_plain_text gives: p, h1 ... h6, li, pre, br and a have tags there, all else none."""
    blocks: list[_Block] = []
    inside = False  # of a link, which may hold several lines
    element = ""  # whose end is yet to come: p and pre hold several lines
    for line in LINK.sub(f"{START}\\1{END}", marked).split("\n"):
        found = ELEMENT.search(line)
        tag = element or (found[1] if found else "")
        if tag in ("p", "pre", LINES):
            ends = "</p" in line
            tag, element = (tag, "") if ends else (LINES, LINES)
        plain = TAG.sub("", line)
        linked = 0
        if inside or START in plain:
            parts = plain.replace(END, START).split(START)
            linked = sum(len(part.encode()) for part in parts[not inside :: 2])
            inside ^= len(parts) % 2 == 0
            plain = "".join(parts)
        if text := " ".join(plain.split()):
            blocks.append(_Block(tag, text, len(text.encode()), linked))
    return blocks


def _main_blocks(blocks: list[_Block]) -> list[_Block]:
    """Steps 3 and 4: the run of blocks with the highest sum of scores, less those that are links."""
    links = sum(block.linked for block in blocks)
    total = sum(block.size for block in blocks)
    best = running = begin = 0
    first, last = 0, len(blocks)
    for place, block in enumerate(blocks):
        running += block.score()
        if running <= 0:
            running, begin = 0, place + 1
        elif running > best:
            best, first, last = running, begin, place + 1
    if best < LEAST and not FEW_LINKS * total < links < MANY_LINKS * total:
        return blocks
    run = blocks[first:last]
    if sum(block.size for block in run if block.tag in ("p", LINES)) > IN_PARAGRAPHS * sum(block.size for block in run):
        while blocks[first].tag == "":
            first += 1
        while blocks[last - 1].tag == "":
            last -= 1
    if first and blocks[first - 1].tag in ("h1", "h2", "h3") and blocks[first - 1].linked == 0:
        first -= 1
    if links >= MANY_LINKS * total:
        return blocks[first:last]
    return [block for block in blocks[first:last] if block.linked <= DROPPED * block.size or block.tag == "p"]
