"""A page's text, taken apart once for all the rules that ask for its lines or words."""

from __future__ import annotations

import string
from collections import Counter
from functools import cached_property

PUNCTUATION = string.punctuation + (
    "¡¿§¶·•‣●▪◦…–—―‐‑‘’‚“”„‹›«»′″、。〈〉《》「」『』【】！（），．：；？［］｛｝～।॥،؛؟۔"
)
"""What is stripped from both ends of a word."""


class PageText:
    """A page's text, its lines, paragraphs and words; each is worked out when it is first asked for.

    A word is what whitespace parts, without the punctuation at its two ends. That is fast and serves every language
    that writes spaces. datatrove, which FineWeb was made with, takes spaCy's tokens: there each punctuation mark is a
    token of its own and "don't" is two, so that it counts some 15 % more tokens to a page and a smaller share of them
    with letters.

    Attributes:
        text: the page's text.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def of(cls, text: str | PageText) -> PageText:
        """The text taken apart, unless it already is."""
        return text if isinstance(text, PageText) else cls(text)

    @cached_property
    def all_lines(self) -> list[str]:
        """Its lines, without the whitespace at their ends; blank ones are ""."""
        return [line.strip() for line in self.text.splitlines()]

    @cached_property
    def lines(self) -> list[str]:
        """Its lines that are not blank, without the whitespace at their ends."""
        return list(filter(None, self.all_lines))

    @cached_property
    def paragraphs(self) -> list[str]:
        """What blank lines part."""
        if len(self.all_lines) == len(self.lines):
            return ["\n".join(self.lines)] if self.lines else []
        parts = (part.strip("\n") for part in "\n".join(self.all_lines).split("\n\n"))
        return list(filter(None, parts))

    @cached_property
    def tokens(self) -> list[str]:
        """What whitespace parts."""
        return self.text.split()

    @cached_property
    def words(self) -> list[str]:
        """The tokens without the punctuation at their ends; those that are nothing else are left out."""
        return list(filter(None, [token if token.isalnum() else token.strip(PUNCTUATION) for token in self.tokens]))

    @cached_property
    def word_counts(self) -> Counter[str]:
        """How often each word stands there."""
        return Counter(self.words)

    @cached_property
    def repeated_words(self) -> dict[str, int]:
        """The words that stand there more than once, and how often."""
        return {word: count for word, count in self.word_counts.items() if count > 1}
