"""FineWeb's own rules, for lists, menus and repeated lines (Penedo et al. 2024, section 3.6)."""

from __future__ import annotations

from pyllm.data.document import KEEP, Verdict
from pyllm.data.quality.gopher import EMPTY, characters_in_copies
from pyllm.data.quality.line_wrapping import unwrap_lines
from pyllm.data.quality.page_text import PageText
from pyllm.data.quality.sentences import SENTENCE_BREAK, ends_as_a_sentence
from pyllm.data.quality.thresholds import FINEWEB_QUALITY, FineWebQuality


def fineweb_quality(text: str | PageText, thresholds: FineWebQuality = FINEWEB_QUALITY) -> Verdict:
    """Drops a page with few lines that end as sentences do, with many short lines or with many copies of lines.

    Two things that the paper does not speak of keep running text from being taken for a list. Lines of a text that was
    filled to a width are joined first: see line_wrapping. And the last line counts as punctuated where a sentence ends
    inside it: a text that was cut off ends in mid-sentence.

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
        ends += not ends_as_a_sentence(lines[-1]) and SENTENCE_BREAK.search(lines[-1]) is not None
        if ends / number <= limit:
            detail = f"{ends / number:.1%} of the lines end with terminal punctuation, not above {limit:.1%}"
            return Verdict(False, "few_punctuated_lines", detail)
    limit = thresholds.max_duplicate_line_characters
    if limit is not None:
        copied, characters = characters_in_copies(lines), sum(map(len, lines))
        if copied / characters >= limit:
            detail = f"{copied / characters:.1%} of the characters stand in copies of lines, not below {limit:.1%}"
            return Verdict(False, "duplicate_line_share", detail)
    limit = thresholds.max_short_lines
    if limit is not None:
        short = sum(len(line) < thresholds.short_line_length for line in lines)
        if short / number >= limit:
            detail = f"{short / number:.1%} of the lines are shorter than {thresholds.short_line_length} characters"
            return Verdict(False, "many_short_lines", f"{detail}, not below {limit:.1%}")
    limit = thresholds.max_line_breaks_per_word
    if limit is not None and (number - 1) / max(len(page.words), 1) > limit:
        detail = f"{(number - 1) / max(len(page.words), 1):.2f} line breaks to a word, above {limit:g}"
        return Verdict(False, "many_line_breaks", detail)
    return KEEP
