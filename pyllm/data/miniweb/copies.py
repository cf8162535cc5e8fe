"""Near copies of a page, and how pages are kept from being so by accident."""

from __future__ import annotations

import random
import re
import zlib

from pyllm.data.miniweb.wording import pick

LEAST_SIMILARITY = 0.8  # of a near copy and its original: Jaccard's of their word 5-grams

_WORD = re.compile(r"\w+")

# What an editor may put for a word, whatever stands around it.
_SYNONYMS = {
    "big": "large", "large": "big", "often": "frequently", "quickly": "fast", "begin": "start", "people": "folk",
    "very": "really", "small": "little", "said": "replied", "happy": "glad", "called": "named", "house": "home",
    "walk": "stroll", "looked": "glanced", "shop": "store", "began": "started", "nice": "lovely", "asked": "inquired",
    "everyone": "everybody", "everybody": "everyone", "nobody": "no one", "someone": "somebody", "until": "till",
    "answered": "replied", "maybe": "perhaps", "perhaps": "maybe", "near": "close to", "also": "likewise",
    "many": "numerous", "shops": "stores", "best": "finest", "loved": "adored", "liked": "loved",
    "child": "kid", "children": "kids", "grandmother": "grandma", "mother": "mom", "father": "dad", "cannot": "can not",
}  # fmt: skip
_TITLES = ("{} (copy)", "{}, once more", "From the archive: {}", "{} - reader's edition")
_LAST_LINES = (
    "This text was first published on another site.", "Thanks to the author for this page.", "Saved for our archive.",
    "Passed on with kind regards.", "Last checked by our editors in spring.",
    "Found on the web and kept here for friends.",
)  # fmt: skip


def similarity(one: str, other: str) -> float:
    """Jaccard's similarity of two texts' word 5-grams, in lower case, without punctuation."""
    left, right = (_grams(text) for text in (one, other))
    return len(left & right) / max(1, len(left | right))


def _grams(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return {tuple(words[at : at + 5]) for at in range(max(1, len(words) - 4))}


def make_near_copy(rng: random.Random, title: str, blocks: list[str], posted: str) -> tuple[str, list[str]]:
    """A page that says nearly the same: another heading, a date, a few other words, a sentence more or less.

    Args:
        rng: makes all choices.
        title: the original's heading.
        blocks: its paragraphs.
        posted: a date as people write it.
    """
    text = "\n".join([title, *blocks])
    for attempt in range(8):
        strength = 0.02 / (1 + attempt)
        new_title, new = title, [_reworded(rng, block, strength) for block in blocks]
        if rng.random() < 0.5:
            new_title = pick(
                rng, ("{} (copy)", "{}, once more", "From the archive: {}", "{} - reader's edition")
            ).format(title)
        if rng.random() < 0.5:
            new.insert(0, pick(rng, ("Last changed on {}.", "Updated: {}.", "As of {}.")).format(posted))
        if rng.random() < 0.5:
            new.append(pick(rng, _LAST_LINES))
        if rng.random() < 0.3 and attempt < 5:
            place = rng.randrange(len(new))
            sentences = re.split(r"(?<=[.!?]) ", new[place])
            if len(sentences) > 2:
                del sentences[rng.randrange(len(sentences))]
                new[place] = " ".join(sentences)
        copy = "\n".join([new_title, *new])
        if copy != text and similarity(text, copy) >= LEAST_SIMILARITY:
            return new_title, new
    return title, [*blocks, f"{posted}."]


def _reworded(rng: random.Random, text: str, share: float) -> str:
    """Text with some of its words exchanged, or written with a letter too many or too few."""
    words = text.split(" ")
    for place, word in enumerate(words):
        if rng.random() >= share or not word.islower() or not word.isalpha():
            continue
        if word in _SYNONYMS:
            words[place] = _SYNONYMS[word]
        elif len(word) > 3:
            at = rng.randrange(1, len(word) - 1)
            words[place] = word[:at] + (word[at + 1 :] if rng.random() < 0.5 else word[at] + word[at:])
    return " ".join(words)


class Sketches:
    """Knows whether a text like this one was there before, in a fixed amount of memory.

    A text's word 5-grams are spread over 64 bins by a hash, the least of each bin is its sketch, and each 4
    neighbouring bins make a key: texts with a similarity of 0.7 share one of the 16 keys with probability 0.99. Keys
    are kept in a Bloom filter: that it sometimes takes a new text for an old one costs only another attempt.

    Args:
        megabytes: of text that will come.
    """

    BINS, ROWS = 64, 4

    def __init__(self, megabytes: float) -> None:
        self._bits = 1 << min(30, max(20, int(megabytes * 8_000_000).bit_length()))
        self._filter = bytearray(self._bits // 8)

    def add(self, text: str) -> bool:
        """Adds a text; False, and nothing added, where one like it was there before."""
        keys = self._keys(text)
        if any(self._filter[key >> 3] >> (key & 7) & 1 for key in keys):
            return False
        for key in keys:
            self._filter[key >> 3] |= 1 << (key & 7)
        return True

    def _keys(self, text: str) -> list[int]:
        data = text.lower().encode()
        spans = [match.span() for match in re.finditer(rb"[^\W_]+", data)]
        least = [0xFFFFFFFF] * self.BINS
        for (start, _), (_, end) in zip(spans, spans[4:], strict=False):
            code = zlib.crc32(data[start:end])
            bin = code & 63
            if code < least[bin]:
                least[bin] = code
        keys = []
        for at in range(0, self.BINS, self.ROWS):
            band = least[at : at + self.ROWS]
            if min(band) < 0xFFFFFFFF:
                keys.append(zlib.crc32(repr((at, band)).encode()) % self._bits)
        return keys
