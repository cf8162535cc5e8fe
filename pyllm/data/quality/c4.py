"""C4's rules: removes lines that are no text, drops pages of code and dummy text (Raffel et al. 2020, section 2.2)."""

from __future__ import annotations

import re

from pyllm.data.document import KEEP, Verdict
from pyllm.data.quality.gopher import EMPTY
from pyllm.data.quality.page_text import PageText
from pyllm.data.quality.sentences import count_sentences
from pyllm.data.quality.thresholds import C4_QUALITY, C4Quality

BRACKET = re.compile(r"([\[\]])")
POLICIES = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
LINE_ENDS = (".", "?", "!", '"', "'", "”", "’", "。", "？", "！")
ELLIPSES = ("...", "…")


def c4_quality(text: str | PageText, thresholds: C4Quality = C4_QUALITY) -> Verdict:
    """Removes lines that are no text of the page; drops pages of code or dummy text, and those with too little left.

    Lines are looked at one by one: first citation marks are cut out, then a line is removed when it has too long a
    word or too few words; a line that is left drops the page when it has a curly bracket or dummy text in it, and is
    removed when it speaks of scripts or policies.

    Args:
        text: the page's text.
        thresholds: which rules apply, with which bounds.

    Returns:
        KEEP where nothing was removed; otherwise a verdict with the mended text, in which blank lines still part
        paragraphs. Mending that text once more changes nothing.
    """
    page = PageText.of(text)
    if not page.lines:
        return EMPTY
    lowered = page.text.lower()
    unwanted = [phrase for phrase in unwanted_phrases(thresholds) if phrase in lowered]
    longest = thresholds.max_word_length
    if longest is not None and (len(page.text) <= longest or max(map(len, page.tokens)) <= longest):
        longest = None
    cite = thresholds.citations and "[" in page.text

    kept: list[str] = []
    removed = 0
    sentences, enough = 0, thresholds.min_sentences or 0
    fewest = thresholds.min_words_per_line or 0
    for line in page.all_lines:
        mended = without_citations(line) if cite else line
        if not mended:
            removed += bool(line)
            if kept and kept[-1]:
                kept.append("")
            continue
        if (
            len(mended.split(None, fewest)) < fewest
            or (longest is not None and max(map(len, mended.split())) > longest)
            or (thresholds.terminal_punctuation and (not mended.endswith(LINE_ENDS) or mended.endswith(ELLIPSES)))
        ):
            removed += 1
            continue
        if thresholds.curly_brackets and "{" in mended:
            return Verdict(False, "curly_bracket", f"in the line {mended[:80]!r}")
        if unwanted:
            lowered = mended.lower()
            if thresholds.lorem_ipsum and "lorem ipsum" in lowered:
                return Verdict(False, "lorem_ipsum", f"in the line {mended[:80]!r}")
            if any(phrase in lowered for phrase in unwanted):
                removed += 1
                continue
        if mended != line:
            removed += 1
        kept.append(mended)
        if sentences < enough:
            sentences += count_sentences(mended, enough - sentences)
    if sentences < enough:
        return Verdict(False, "too_few_sentences", f"{sentences} in the lines that are left, below {enough}")
    if not removed:
        return KEEP
    if not kept:
        return EMPTY
    return Verdict(True, text="\n".join(kept).rstrip("\n"))


def unwanted_phrases(thresholds: C4Quality) -> list[str]:
    """In lower case: what removes a line or drops a page."""
    phrases = list(POLICIES) if thresholds.policies else []
    if thresholds.javascript:
        phrases.append("javascript")
    if thresholds.lorem_ipsum:
        phrases.append("lorem ipsum")
    return phrases


def without_citations(line: str) -> str:
    """A line without citation marks, and without those that come about when one inside another is cut out."""
    output: list[str] = []
    openings: list[int] = []
    for part in BRACKET.split(line):
        if part == "[":
            openings.append(len(output))
        elif part == "]" and openings:
            inside = "".join(output[openings[-1] + 1 :])
            if inside in ("", "edit", "citation needed") or inside.isdecimal():
                del output[openings.pop() :]
                continue
            openings.clear()  # what surrounds this bracket cannot be a mark either: each part is looked at once
        output.append(part)
    return "".join(output).strip()
