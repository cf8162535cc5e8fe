"""RefinedWeb's rule against shouting (Penedo et al. 2023, "The RefinedWeb Dataset", section 3.2 and appendix G.2).

Of its line-wise corrections this is the one that spam falls to and prose does not; the others (lines of one word, of
numbers, of counters) take away what extraction leaves of a page's furniture here, and names under letters with it.
"""

from __future__ import annotations

import string

from pyllm.data.document import KEEP, Verdict
from pyllm.data.quality.page_text import PageText
from pyllm.data.quality.thresholds import REFINEDWEB_QUALITY, RefinedWebQuality

UPPER, LOWER = string.ascii_uppercase.encode(), string.ascii_lowercase.encode()


def refinedweb_quality(text: str | PageText, thresholds: RefinedWebQuality = REFINEDWEB_QUALITY) -> Verdict:
    """Drops a page on which too many of the words stand in lines that are mainly upper case.

    Args:
        text: the page's text.
        thresholds: the share above which it is dropped.
    """
    page, limit = PageText.of(text), thresholds.max_upper_case
    if limit is None or not page.words:
        return KEEP
    shouted = sum(len(line.split()) for line in page.lines if is_mainly_upper_case(line))
    share = shouted / len(page.tokens)
    if share > limit:
        return Verdict(False, "upper_case", f"{share:.1%} of the words stand in lines of capitals, above {limit:.1%}")
    return KEEP


def is_mainly_upper_case(line: str) -> bool:
    """Whether more than half of a line's letters are capitals; of letters that there are in both cases."""
    if line.isascii():  # several times as fast
        letters = line.encode()
        return len(letters.translate(None, UPPER)) < len(letters.translate(None, LOWER))
    return sum(map(str.isupper, line)) > sum(map(str.islower, line))
