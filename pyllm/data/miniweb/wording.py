"""Templates: text with alternatives, "(small|little)", and slots, "{name}"."""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias, TypeVar

TEMPLATES = 4096  # that are kept parsed: more than the 2,500 that there are, so that none is parsed twice

Choice = TypeVar("Choice")
Part: TypeAlias = "str | tuple[tuple[Part, ...], ...]"  # a piece of text, or alternatives


def choices(text: str) -> tuple[str, ...]:
    """The options that stand between bars, "one|two", without the line breaks around them."""
    return tuple(option.strip() for option in text.split("|"))


def pick(rng: random.Random, options: Sequence[Choice]) -> Choice:
    """One of the options; as random.choice, at a third of its time."""
    return options[int(rng.random() * len(options))]


def pick_common(rng: random.Random, options: Sequence[str]) -> str:
    """One of the options, the earlier the more often, as words are in any language: about as 1 / place (Zipf's law).

    What comes often is learned soon, and what a model has learned to do with that it does with the rest (Chan et al.
    2022, "Data distributional properties drive emergent in-context learning in transformers").
    """
    return options[int((len(options) + 1) ** rng.random()) - 1]


def pick_some(rng: random.Random, options: Sequence[Choice], count: int) -> list[Choice]:
    """Some of the options, each once, in the order in which they stand."""
    return [options[place] for place in sorted(rng.sample(range(len(options)), min(count, len(options))))]


def word(rng: random.Random, template: str) -> str:
    """The template with its alternatives chosen; slots are left as they stand.

    Raises:
        ValueError: a parenthesis is not closed, or was never opened.
    """
    chosen: list[str] = []
    _choose(rng, _parsed(template), chosen)
    return "".join(chosen)


def fill(rng: random.Random, template: str, values: Mapping[str, object]) -> str:
    """The template with its alternatives chosen and its slots filled.

    Raises:
        KeyError: a slot has no value.
        ValueError: a parenthesis is not closed, or was never opened.
    """
    return word(rng, template).format_map(values)


def a(noun: str) -> str:
    """The noun phrase with "a" or "an" before it."""
    return f"an {noun}" if _begins_with_a_vowel(noun) else f"a {noun}"


def first_upper(text: str) -> str:
    """The text with a capital at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]


def listed(things: Sequence[str]) -> str:
    """Things as a sentence lists them: "bread, milk and eggs"."""
    return " and ".join([", ".join(things[:-1]), things[-1]] if len(things) > 1 else things)


def words_of(template: str) -> list[str]:
    """All words of a template, of every alternative, without slots."""
    return re.findall(r"[A-Za-z]+(?:'[a-z]+)?", re.sub(r"\{\w+\}", " ", template))


def sentences(text: str) -> list[str]:
    """The sentences of a text, with what closes them; lines are apart."""
    return [sentence for sentence in re.split(r"(?<=[.?!])(?<!\bM[rs]\.)(?<!\bMrs\.) |\n", text) if sentence]


def wordiness(text: str) -> tuple[float, float]:
    """How much of a text is words: of the words and numbers, the share that has a letter, and the mean length.

    Both are 0 for a text that has neither words nor numbers.
    """
    found = [re.sub(r"^\W+|\W+$", "", token) for token in text.split()]
    found = [token for token in found if token]
    lettered = sum(any(map(str.isalpha, token)) for token in found)
    return lettered / max(1, len(found)), sum(map(len, found)) / max(1, len(found))


def _begins_with_a_vowel(noun: str) -> bool:
    if re.match(r"(uni|use|usu|one\b|eu|uk)", noun, re.IGNORECASE):
        return False
    return noun[:1].lower() in "aeiou" or bool(re.match(r"(hour|honest|8|11\b|18\b)", noun, re.IGNORECASE))


def _choose(rng: random.Random, parts: tuple[Part, ...], chosen: list[str]) -> None:
    for part in parts:
        if isinstance(part, str):
            chosen.append(part)
        else:
            _choose(rng, part[int(rng.random() * len(part))], chosen)


@functools.lru_cache(maxsize=TEMPLATES)
def _parsed(template: str) -> tuple[Part, ...]:
    """Strings, and tuples of the alternatives' own parts."""
    options, end = _parse(template, 0)
    if end != len(template) or len(options) > 1:
        raise ValueError(f"not a template: {template!r}: see character {end}")
    return options[0]


def _parse(template: str, place: int) -> tuple[tuple[tuple[Part, ...], ...], int]:
    """The alternatives that begin here, up to the parenthesis that closes them or the end."""
    options: list[tuple[Part, ...]] = []
    parts: list[Part] = []
    while place < len(template) and template[place] != ")":
        if template[place] == "(":
            inner, place = _parse(template, place + 1)
            if place == len(template):
                raise ValueError(f"not a template: {template!r}: a parenthesis is not closed")
            parts.append(inner)
            place += 1
        elif template[place] == "|":
            options.append(tuple(parts))
            parts = []
            place += 1
        else:
            end = place
            while end < len(template) and template[end] not in "(|)":
                end += 1
            parts.append(template[place:end])
            place = end
    options.append(tuple(parts))
    return tuple(options), place
