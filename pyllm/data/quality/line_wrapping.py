"""Undoing hard line breaks: plain text that was filled to a width, so that its lines end in mid-sentence.

Rules about lines mean lines as a page's author set them: headings, items, paragraphs. A book typed at 70 characters a
line has none of these; joined to paragraphs it has the lines that it would have as a web page.
"""

from __future__ import annotations

from itertools import pairwise

NARROWEST = 40
WIDEST = 120
FULL_LINES = 0.7
SMALL_LETTERS = 0.5


def unwrap(text: str) -> str:
    """A text with the lines of each paragraph joined where it was filled to a width; any other text as it is."""
    lines = [line.strip() for line in text.splitlines()]
    joined = unwrap_lines(lines)
    return text if joined is lines else "\n".join(joined)


def unwrap_lines(lines: list[str]) -> list[str]:
    """The lines of a text, joined where it was filled to a width; the list itself where it was not.

    A line was broken to keep to a width when the next word would not have fitted. The width is the length that nine
    lines of ten keep to. The text counts as filled when seven of ten breaks inside paragraphs are such, and half of
    these go on with a small letter, which lines of a list, a table or a log do not.

    Args:
        lines: without whitespace at their ends; "" parts paragraphs.
    """
    lengths = sorted(filter(None, map(len, lines)))
    if len(lengths) < 2 or not NARROWEST <= lengths[-1] <= WIDEST:
        return lines
    width = lengths[len(lengths) * 9 // 10]
    breaks = full = small = 0
    joins = [False]
    for line, following in pairwise(lines):
        join = False
        if line and following:
            breaks += 1
            join = len(line) + 1 + len(following.split(None, 1)[0]) > width
            full += join
            small += join and following[0].islower()
        joins.append(join)
    if not full or full < FULL_LINES * breaks or small < SMALL_LETTERS * full:
        return lines
    paragraphs: list[list[str]] = []
    for line, join in zip(lines, joins, strict=True):
        if join:
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
    return [" ".join(parts) for parts in paragraphs]
