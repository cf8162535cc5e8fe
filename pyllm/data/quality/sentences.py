"""Where sentences end: at the end of a line, and inside of one."""

from __future__ import annotations

import re
from itertools import islice

import regex

SENTENCE_MARK = regex.compile(r"\p{Sentence_Terminal}")
CLOSING = "\"'”’»›)]}*_"
"""What may stand behind the mark that ends a sentence: closing quotes and brackets, and signs of emphasis."""

# Where a sentence ends inside a line: behind a mark, its closing quotes and a space; no small letter follows. Titles
# that stand before a name end none. All of bounded length, so that the time is linear in that of the line.
SENTENCE_BREAK = re.compile(
    r"[.?!…](?<!\bMr\.)(?<!\bMrs\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bSt\.)(?<!\bProf\.)[\"'”’»)\]]{0,3}\s(?=[^a-z])|[。？！](?=.)"
)


def count_sentences(line: str, enough: int) -> int:
    """How many sentences a line that is not blank has, at most `enough`; a heading or a list's item counts as one."""
    return 1 + sum(1 for _ in islice(SENTENCE_BREAK.finditer(line), enough - 1))


def ends_as_a_sentence(line: str) -> bool:
    """Whether a line ends with the mark of a sentence's end, in any script, behind which quotes may be closed."""
    last = line[-1]
    if last in CLOSING:
        last = line.rstrip(CLOSING)[-1:]
    return last in (".", "?", "!") if last.isascii() else SENTENCE_MARK.match(last) is not None
