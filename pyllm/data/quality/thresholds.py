"""Every threshold of the quality rules, with its published value as the default.

A rule whose threshold is None is off. "Share" is a fraction from 0 to 1. The sources:

- Rae et al. 2021, "Scaling Language Models: Methods, Analysis & Insights from Training Gopher", appendix A.1.1, with
  the repetition thresholds of its table A1. https://arxiv.org/abs/2112.11446
- Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", section 2.2
  (the C4 data set). https://arxiv.org/abs/1910.10683
- Penedo et al. 2023, "The RefinedWeb Dataset for Falcon LLM", section 3.2 and appendix G.2, of which FineWeb keeps
  less. https://arxiv.org/abs/2306.01116
- Penedo et al. 2024, "The FineWeb Datasets", sections 3.3 to 3.6. https://arxiv.org/abs/2406.17557
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import arg

Share = Annotated[float | None, arg(metavar="FLOAT|None")]
Count = Annotated[int | None, arg(metavar="INT|None")]

ENGLISH_STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
"""Gopher's eight (appendix A.1.1). For pages in another language pass common words of that as stop_words."""


@dataclass(frozen=True)
class GopherRepetition:
    """A page is dropped when a share is above its threshold. All: Rae et al. 2021, table A1.

    Attributes:
        duplicate_lines: lines that stood before on the page, of all lines.
        duplicate_paragraphs: the same for paragraphs, which blank lines part.
        duplicate_line_characters: characters in lines that stood before, of the page's.
        duplicate_paragraph_characters: the same for paragraphs.
        top_2_gram: characters in the most frequent pair of words, times how often it stands there, of the page's.
        top_3_gram: the same for three words in a row.
        top_4_gram: the same for four.
        duplicate_5_grams: characters of words in sequences of five that stood before, of the page's. As for FineWeb
            they are looked for from left to right, and behind one that stood before the next begins.
        duplicate_6_grams: the same for six, and so on.
        duplicate_7_grams: seven.
        duplicate_8_grams: eight.
        duplicate_9_grams: nine.
        duplicate_10_grams: ten.
    """

    duplicate_lines: Share = 0.30
    duplicate_paragraphs: Share = 0.30
    duplicate_line_characters: Share = 0.20
    duplicate_paragraph_characters: Share = 0.20
    top_2_gram: Share = 0.20
    top_3_gram: Share = 0.18
    top_4_gram: Share = 0.16
    duplicate_5_grams: Share = 0.15
    duplicate_6_grams: Share = 0.14
    duplicate_7_grams: Share = 0.13
    duplicate_8_grams: Share = 0.12
    duplicate_9_grams: Share = 0.11
    duplicate_10_grams: Share = 0.10


@dataclass(frozen=True)
class GopherQuality:
    """A page is dropped when a figure is outside its bounds; one equal to a bound is inside. Rae et al. 2021, A.1.1.

    Attributes:
        min_words: fewest words.
        max_words: most words.
        min_mean_word_length: shortest mean length of its words, in characters.
        max_mean_word_length: longest.
        max_hashes_per_word: number signs to a word.
        max_ellipses_per_word: ellipses, "..." or "…", to a word.
        max_bullet_lines: share of lines that start with a bullet.
        max_ellipsis_lines: share of lines that end with an ellipsis.
        min_alphabetic_words: share of words with at least one letter.
        min_stop_words: how many different stop words must stand on the page.
        stop_words: which words these are, in lower case; Gopher's are English.
    """

    min_words: Count = 50
    max_words: Count = 100_000
    min_mean_word_length: Share = 3.0
    max_mean_word_length: Share = 10.0
    max_hashes_per_word: Share = 0.1
    max_ellipses_per_word: Share = 0.1
    max_bullet_lines: Share = 0.9
    max_ellipsis_lines: Share = 0.3
    min_alphabetic_words: Share = 0.8
    min_stop_words: Count = 2
    stop_words: tuple[str, ...] = ENGLISH_STOP_WORDS


@dataclass(frozen=True)
class C4Quality:
    """Lines are removed and pages dropped. Raffel et al. 2020, section 2.2, and the code that made C4, as in FineWeb.

    Attributes:
        min_sentences: fewest sentences in the lines that are left. Raffel et al. 2020, as FineWeb has it.
        min_words_per_line: a line with fewer words is removed. Raffel et al. 2020, as FineWeb has it.
        max_word_length: a line with a longer word is removed. C4's code.
        terminal_punctuation: remove lines that do not end with . ? ! or a quotation mark. Raffel et al. 2020; off, for
            FineWeb found that this rule alone drops 30 % of all tokens (Penedo et al. 2024, section 3.5).
        javascript: remove lines that contain "javascript". Raffel et al. 2020.
        policies: remove lines about cookies, privacy and terms of use. C4's code.
        citations: remove the marks that encyclopedias leave in a text: [1], [], [edit], [citation needed]. C4's code.
        lorem_ipsum: drop pages with "lorem ipsum". Raffel et al. 2020.
        curly_brackets: drop pages with "{". Raffel et al. 2020.
    """

    min_sentences: Count = 5
    min_words_per_line: Count = 3
    max_word_length: Count = 1000
    terminal_punctuation: bool = False
    javascript: bool = True
    policies: bool = True
    citations: bool = True
    lorem_ipsum: bool = True
    curly_brackets: bool = True


@dataclass(frozen=True)
class FineWebQuality:
    """A page is dropped when a share is at its threshold or past it. Penedo et al. 2024, section 3.6.

    Attributes:
        min_punctuated_lines: dropped at or below this share of lines that end with terminal punctuation.
        max_duplicate_line_characters: dropped at or above this share of characters in lines that stood before. The
            paper's value; the code published beside it says 0.01.
        max_short_lines: dropped at or above this share of short lines.
        short_line_length: a line with fewer characters is short.
        max_line_breaks_per_word: dropped above this many line breaks to a word. Not in the paper, so off; the code
            published beside it says 0.3.
    """

    min_punctuated_lines: Share = 0.12
    max_duplicate_line_characters: Share = 0.1
    max_short_lines: Share = 0.67
    short_line_length: int = 30
    max_line_breaks_per_word: Share = None


@dataclass(frozen=True)
class RefinedWebQuality:
    """A page is dropped when a share is above its threshold. Penedo et al. 2023, appendix G.2.

    Attributes:
        max_upper_case: words in lines that are mainly upper case, of the page's.
    """

    max_upper_case: Share = 0.05


GOPHER_REPETITION = GopherRepetition()
GOPHER_QUALITY = GopherQuality()
C4_QUALITY = C4Quality()
FINEWEB_QUALITY = FineWebQuality()
REFINEDWEB_QUALITY = RefinedWebQuality()
