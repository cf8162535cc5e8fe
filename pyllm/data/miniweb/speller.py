"""Pages of a speller's dictionary: words letter by letter, with what they mean. Held-out words are never spelled."""

from __future__ import annotations

import random

from pyllm.data.miniweb import speller_words as words
from pyllm.data.miniweb.article import Article
from pyllm.data.miniweb.wording import a as with_article
from pyllm.data.miniweb.wording import fill, first_upper, pick, word


def spelled(entry: str) -> str:
    """The word letter by letter: "r-a-b-b-i-t"."""
    return "-".join(entry)


def letters_told(rng: random.Random, entry: str) -> str:
    """A sentence or two about the letters of a word."""
    values = {
        "word": entry,
        "Word": first_upper(entry),
        "spelled": spelled(entry),
        "letters": ", ".join(entry),
        "count": len(entry),
        "first": entry[0],
        "last": entry[-1],
        "reversed": entry[::-1],
        "reversed_letters": spelled(entry[::-1]),
    }
    sentences = [fill(rng, pick(rng, words.SPELLINGS), values)]
    twice = [letter for letter in sorted(set(entry)) if entry.count(letter) > 1]
    if twice and rng.random() < 0.5:
        letter = pick(rng, twice)
        counted = {"letter": letter, "times": entry.count(letter), "word": entry}
        sentences.append(fill(rng, pick(rng, words.REPEATED), counted))
    elif rng.random() < 0.45:
        sentences.append(fill(rng, pick(rng, words.LETTER_FACTS), values))
    return " ".join(sentences)


def meaning(rng: random.Random, entry: str) -> str:
    """What the word means, or a sentence about it."""
    definition = words.definitions().get(entry)
    if definition is not None:
        return fill(rng, pick(rng, words.MEANINGS), {"word": entry, "Word": first_upper(entry), "meaning": definition})
    group = words.groups().get(entry, "story")
    values = {
        "word": entry,
        "a_word": with_article(entry),
        "A_word": first_upper(with_article(entry)),
        "Word": first_upper(entry),
    }
    return fill(rng, pick(rng, words.GROUP_SENTENCES[group]), values)


def write_spelling(rng: random.Random) -> Article:
    """A page of the dictionary: words of one letter, of one group, or mixed, each with its spelling and meaning."""
    entries = words.free_words()
    style = pick(rng, ("letter", "mixed", "mixed", "group"))
    values: dict[str, object] = {"number": rng.randrange(1, 200)}
    if style == "letter":
        letter = pick(rng, pick(rng, entries)[0])
        entries = tuple(entry for entry in entries if entry[0] == letter)
        values["letter"] = letter
    elif style == "group":
        group = pick(rng, tuple(words.GROUP_WORDS))
        entries = tuple(entry for entry in entries if words.groups().get(entry) == group)
        values["group"] = words.GROUP_NAMES[group]
    chosen = rng.sample(entries, min(len(entries), rng.randrange(8, 15)))
    if style != "mixed" or rng.random() < 0.5:
        chosen.sort()
    title = fill(rng, pick(rng, words.TITLES[style]), values)
    blocks = [fill(rng, f"{pick(rng, words.INTROS[style])} {pick(rng, words.ADVICE)}", values)]
    for entry in chosen:
        parts = [letters_told(rng, entry), meaning(rng, entry)]
        if entry in parts[1] and rng.random() < 0.3:
            parts.reverse()
        blocks.append(" ".join(parts))
    blocks.append(word(rng, pick(rng, words.OUTROS)))
    return Article("speller", title, blocks, about=chosen)
