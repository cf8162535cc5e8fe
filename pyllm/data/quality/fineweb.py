"""FineWeb's own rules, for lists, menus and repeated lines (Penedo et al. 2024, section 3.6)."""

from __future__ import annotations

import regex

from pyllm.data.document import KEEP, Verdict
from pyllm.data.quality.gopher import EMPTY, characters_in_copies
from pyllm.data.quality.line_wrapping import unwrap_lines
from pyllm.data.quality.page_text import PageText
from pyllm.data.quality.thresholds import FINEWEB_QUALITY, FineWebQuality

SENTENCE_MARK = regex.compile(r"\p{Sentence_Terminal}")
CLOSING = "\"'”’»›)]}*_"
"""What may stand behind the mark that ends a line: closing quotes and brackets, and marks of emphasis."""


def fineweb_quality(text: str | PageText, thresholds: FineWebQuality = FINEWEB_QUALITY) -> Verdict:
    """Drops a page with few lines that end as sentences do, with many short lines or with many copies of lines.

    Lines of a text that was filled to a width, in mid-sentence, are joined first: see line_wrapping.

    Args:
        text: the page's text.
        thresholds: shares at which it is dropped.
    """
    page = PageText.of(text)
    if not page.lines:
        return EMPTY
    lines = unwrap_lines(page.all_lines)
    lines = page.lines if lines is page.all_lines else list(filter(None, lines))
    number = len(lines)
    limit = thresholds.min_punctuated_lines
    if limit is not None:
        ends = sum(map(ends_as_a_sentence, lines))
        if ends <= limit * number:
            detail = f"{ends / number:.1%} of the lines end with terminal punctuation, not above {limit:.1%}"
            return Verdict(False, "few_punctuated_lines", detail)
    limit = thresholds.max_duplicate_line_characters
    if limit is not None:
        copied, characters = characters_in_copies(lines), sum(map(len, lines))
        if copied >= limit * characters:
            detail = f"{copied / characters:.1%} of the characters stand in copies of lines, not below {limit:.1%}"
            return Verdict(False, "duplicate_line_share", detail)
    limit = thresholds.max_short_lines
    if limit is not None:
        short = sum(len(line) < thresholds.short_line_length for line in lines)
        if short >= limit * number:
            detail = f"{short / number:.1%} of the lines are shorter than {thresholds.short_line_length} characters"
            return Verdict(False, "many_short_lines", f"{detail}, not below {limit:.1%}")
    limit = thresholds.max_line_breaks_per_word
    if limit is not None and number - 1 > limit * len(page.words):
        detail = f"{(number - 1) / max(len(page.words), 1):.2f} line breaks to a word, above {limit:g}"
        return Verdict(False, "many_line_breaks", detail)
    return KEEP


def ends_as_a_sentence(line: str) -> bool:
    """Whether a line ends with the mark of a sentence's end, in any script, behind which quotes may be closed."""
    last = line[-1]
    if last in CLOSING:
        last = line.rstrip(CLOSING)[-1:]
    return last in ".?!" if last.isascii() else SENTENCE_MARK.match(last) is not None
