"""Gopher's rules: drops pages that repeat themselves, and pages that are no prose (Rae et al. 2021, appendix A.1.1)."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice

from pyllm.data.document import KEEP, Verdict
from pyllm.data.quality.page_text import PageText
from pyllm.data.quality.thresholds import GOPHER_QUALITY, GOPHER_REPETITION, GopherQuality, GopherRepetition

EMPTY = Verdict(False, "empty", "no text")
BULLETS = ("•", "-", "*", "‣", "◦", "●", "▪", "·")
ELLIPSES = ("...", "…")
FIVE_REPEATED_WORDS = re.compile(rb"\x01{5,}")


def gopher_repetition(text: str | PageText, thresholds: GopherRepetition = GOPHER_REPETITION) -> Verdict:
    """Drops a page with too many copies of its own lines, paragraphs or word sequences.

    Args:
        text: the page's text.
        thresholds: shares above which it is dropped.
    """
    page = PageText.of(text)
    if not page.lines:
        return EMPTY
    size = len(page.text)
    for name, parts, part_limit, character_limit in (
        ("paragraph", page.paragraphs, thresholds.duplicate_paragraphs, thresholds.duplicate_paragraph_characters),
        ("line", page.lines, thresholds.duplicate_lines, thresholds.duplicate_line_characters),
    ):
        copies = len(parts) - len(set(parts))
        if not copies:
            continue
        if part_limit is not None and copies / len(parts) > part_limit:
            return above(f"duplicate_{name}s", f"of the {name}s are copies", copies / len(parts), part_limit)
        characters = characters_in_copies(parts)
        if character_limit is not None and characters / size > character_limit:
            reason = f"duplicate_{name}_characters"
            return above(reason, f"of the characters stand in copies of {name}s", characters / size, character_limit)
    verdict = top_n_grams(page, thresholds)
    return duplicate_n_grams(page, thresholds) if verdict else verdict


def above(reason: str, what: str, figure: float, limit: float) -> Verdict:
    """A page is dropped for a share above its limit."""
    return Verdict(False, reason, f"{figure:.1%} {what}, above {limit:.1%}")


def characters_in_copies(parts: list[str]) -> int:
    """How many characters those parts have that stood before in the list."""
    return sum(map(len, parts)) - sum(map(len, set(parts)))


def top_n_grams(page: PageText, thresholds: GopherRepetition) -> Verdict:
    """Drops a page in which one sequence of two to four words takes too much of the text.

    An n-gram that stands only once repeats nothing and does not count. Of several that are equally frequent the
    longest does, so that their order on the page is of no matter.
    """
    words, size = page.words, len(page.text)
    for n, limit in ((2, thresholds.top_2_gram), (3, thresholds.top_3_gram), (4, thresholds.top_4_gram)):
        if limit is None or not may_take(limit * size * (1 - 1e-9), n, page):
            continue
        counts = Counter(zip(*(islice(words, start, None) for start in range(n)), strict=False))
        most = max(counts.values(), default=0)
        if most < 2:
            continue
        length = max(sum(map(len, gram)) for gram, count in counts.items() if count == most) + n - 1
        if most * length / size > limit:
            return above(f"top_{n}_gram", f"of the text is one sequence of {n} words", most * length / size, limit)
    return KEEP


def may_take(characters: float, n: int, page: PageText) -> bool:
    """Whether any sequence of n words might take more than so many characters, so that counting them is worth while.

    A sequence is no more frequent than any word in it, and no longer than n times its longest word and the spaces
    between. So that longest word takes enough when it is counted n times, and the others are no longer and no rarer
    than a sequence of that length must be. On most pages no word, or no n in a row, are such.
    """
    repeated = page.repeated_words
    longest = max(
        (len(word) for word, count in repeated.items() if count * (n * len(word) + n - 1) > characters), default=0
    )
    if not longest:
        return False
    rarest = characters / (n * longest + n - 1)
    suitable = {word for word, count in repeated.items() if count > rarest and len(word) <= longest}
    return b"\x01" * n in bytes(map(suitable.__contains__, page.words))


def duplicate_n_grams(page: PageText, thresholds: GopherRepetition) -> Verdict:
    """Drops a page in which sequences of five to ten words that stood before take too much of the text.

    As for FineWeb they are looked for from left to right, and behind one that stood before the next begins: so no
    character counts twice.
    """
    words, size = page.words, len(page.text)
    limits = (
        (5, thresholds.duplicate_5_grams),
        (6, thresholds.duplicate_6_grams),
        (7, thresholds.duplicate_7_grams),
        (8, thresholds.duplicate_8_grams),
        (9, thresholds.duplicate_9_grams),
        (10, thresholds.duplicate_10_grams),
    )
    # A sequence that stands twice is made of words that do, and what it starts with stands twice as well: the longer
    # ones need to be looked for only where shorter ones were found. In most pages that is nowhere.
    stretches = FIVE_REPEATED_WORDS.finditer(bytes(map(page.repeated_words.__contains__, words)))
    starts = [start for stretch in stretches for start in range(stretch.start(), stretch.end() - 4)]
    for n, limit in limits:
        grams = [tuple(words[start : start + n]) for start in starts if start + n <= len(words)]
        counts = Counter(grams)
        if len(counts) == len(grams):
            return KEEP
        repeated = [(start, gram) for start, gram in zip(starts, grams, strict=False) if counts[gram] > 1]
        if limit is not None:
            characters = characters_of_copies(repeated, n)
            if characters / size > limit:
                what = f"of the text stands in sequences of {n} words that stood before"
                return above(f"duplicate_{n}_grams", what, characters / size, limit)
        starts = [start for start, _ in repeated]
    return KEEP


def characters_of_copies(grams: list[tuple[int, tuple[str, ...]]], n: int) -> int:
    """How many characters those sequences have that stood before, of all given with their places, in order."""
    seen: set[tuple[str, ...]] = set()
    characters = free = 0
    for start, gram in grams:
        if start < free:
            continue
        if gram in seen:
            characters += sum(map(len, gram))
            free = start + n
        else:
            seen.add(gram)
    return characters


def gopher_quality(text: str | PageText, thresholds: GopherQuality = GOPHER_QUALITY) -> Verdict:
    """Drops a page with too few or too many words, or words and lines unlike those of prose.

    Args:
        text: the page's text.
        thresholds: bounds outside of which it is dropped.
    """
    page = PageText.of(text)
    words, lines, tokens = page.words, page.lines, page.tokens
    if not lines:
        return EMPTY
    number = len(words)
    if thresholds.min_words is not None and number < thresholds.min_words:
        return Verdict(False, "too_few_words", f"{number} words, below {thresholds.min_words}")
    if thresholds.max_words is not None and number > thresholds.max_words:
        return Verdict(False, "too_many_words", f"{number} words, above {thresholds.max_words}")
    length = sum(map(len, words)) / max(number, 1)
    if thresholds.min_mean_word_length is not None and length < thresholds.min_mean_word_length:
        return Verdict(False, "short_words", f"mean length {length:.2f}, below {thresholds.min_mean_word_length:g}")
    if thresholds.max_mean_word_length is not None and length > thresholds.max_mean_word_length:
        return Verdict(False, "long_words", f"mean length {length:.2f}, above {thresholds.max_mean_word_length:g}")

    hashes, limit = page.text.count("#"), thresholds.max_hashes_per_word
    if limit is not None and hashes / len(tokens) > limit:
        return Verdict(False, "too_many_hashes", f"{hashes / len(tokens):.3f} number signs to a word, above {limit:g}")
    ellipses, limit = sum(map(page.text.count, ELLIPSES)), thresholds.max_ellipses_per_word
    if limit is not None and ellipses / len(tokens) > limit:
        return Verdict(False, "too_many_ellipses", f"{ellipses / len(tokens):.3f} ellipses to a word, above {limit:g}")
    bullets, limit = sum(line.startswith(BULLETS) for line in lines), thresholds.max_bullet_lines
    if limit is not None and bullets / len(lines) > limit:
        return above("too_many_bullets", "of the lines start with a bullet", bullets / len(lines), limit)
    limit = thresholds.max_ellipsis_lines
    if limit is not None and ellipses:
        endings = sum(line.endswith(ELLIPSES) for line in lines)
        if endings / len(lines) > limit:
            return above("too_many_ellipsis_lines", "of the lines end with an ellipsis", endings / len(lines), limit)

    limit = thresholds.min_alphabetic_words
    if limit is not None:
        counts = page.word_counts
        alphabetic = sum(count for word, count in counts.items() if word.isalpha() or any(map(str.isalpha, word)))
        if alphabetic / len(tokens) < limit:
            share = alphabetic / len(tokens)
            return Verdict(
                False, "too_few_alphabetic_words", f"{share:.1%} of the words have a letter, below {limit:.1%}"
            )
    least = thresholds.min_stop_words
    if least is not None:
        counts = page.word_counts
        found = sum(
            word in counts or word.capitalize() in counts or word.upper() in counts
            for word in set(thresholds.stop_words)
        )
        if found < least:
            return Verdict(False, "too_few_stop_words", f"{found} different stop words, below {least}")
    return KEEP
