"""Texts that are hard for tokenizers: characters of every class, in the company that makes them tricky."""

import random
from collections.abc import Iterator

from hypothesis import strategies as st

# A few characters of each class that a pattern names, and of those that it does not.
CHARACTERS = {
    "upper": "AZSTDMLVREÀΣЖ𝐀𐐀",
    "title": "ǅǈῼ",
    "lower": "azstdmlvreßñж𝒶ſK",
    "modifier": "ʰˑ々ー",
    "other letter": "中語あハ한אعकªº𒀀",
    "mark": "\u0301\u0327\u093f\u0903\u20dd\ufe0f\U000e0101",
    "number": "0123456789²½Ⅷ٣६𝟘〇",
    "space": " \t\v\f\x1c\x85\xa0\u1680\u2003\u2028\u3000",
    "newline": "\r\n",
    "apostrophe": "'’",
    "slash": "/",
    "punctuation": '!.,-_#"(){}$€«»—…※',
    "symbol": "😀👍🏽🇩🇪√☃\u200d",
    "no class": "\0\x7f\xad\u200b\ufeff\ue000\ufffd\uffff\u0378\U0001ffff\U0010fffd\U0010ffff",
}
# What only means something together.
FRAGMENTS = [
    *("'s", "'S", "'t", "'T", "'re", "'Re", "'RE", "'ve", "'vE", "'m", "'M", "'ll", "'LL", "'lL", "'d", "'D"),
    *("'ſ", "'l", "'v", "'r", "''", "'’s", "'é", "'sa", "x's", "X'S", "1's", " 's", "!'s"),
    *(" ", "  ", "   ", " \n", "\n ", "\r\n", "\n\n", "\n\r", " \r\n ", "\t\t", "\t ", " \u3000", "\u3000\n", "\xa0 "),
    *("hello", " world", "Hello", "HELLO", "helloWorld", "HTTPServer", "McDonald", "ǅaǅ", "aʰB", "ʰA", "Aʰ", "中A中a"),
    *("1", "12", "123", "1234", "1234567", " 12", "1a", "a1", "٣٣٣٣", "½½½½"),
    *("e\u0301", "\u0301e", " \u0301", "\u0301\u0301", "A\u0301b", "1\u0301", "!\u0301", "\n\u0301", "\u0301'"),
    *("//", "/\n", "!/\r\n/", "?!", "...", "--\n\n", " !", " !\n", "#\r", "</a>", "👨‍👩‍👧", "🇩🇪", "🙂\n"),
]


def random_text(random: random.Random, length: int) -> str:
    """About `length` characters or fragments, each kind as likely as any other, with runs of one kind."""
    kinds = list(CHARACTERS.values())
    parts: list[str] = []
    while len(parts) < length:
        choice = random.random()
        if choice < 0.35:
            parts.append(random.choice(FRAGMENTS))
        elif choice < 0.9:
            parts.append(random.choice(random.choice(kinds)))
        else:
            kind = random.choice(kinds)
            parts += [random.choice(kind) for _ in range(random.choice((2, 3, 4, 7, 20)))]
    return "".join(parts)


def damaged(random: random.Random, text: str) -> bytes:
    """The text as UTF-8 with some bytes cut off, changed, or put in."""
    data = bytearray(text.encode())
    for _ in range(random.randint(1, 4)):
        at = random.randint(0, len(data))
        invalid = random.choice(
            (b"\x80", b"\xff", b"\xc3", b"\xe4\xb8", b"\xf0\x9f\x98", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80")
        )
        data[at : at + random.randint(0, 2)] = invalid
    return bytes(data)


def random_texts(seed: int, count: int, length: int) -> Iterator[str]:
    """Texts of up to `length` parts, the same for the same seed."""
    source = random.Random(seed)
    for _ in range(count):
        yield random_text(source, source.randint(1, length))


def any_text() -> st.SearchStrategy[str]:
    """Any text without surrogates, most often of the characters and fragments above."""
    tricky = st.sampled_from(FRAGMENTS + [character for kind in CHARACTERS.values() for character in kind])
    return st.lists(tricky | st.characters(exclude_categories=["Cs"]), max_size=40).map("".join)


def any_bytes() -> st.SearchStrategy[bytes]:
    """Any bytes, most often those of text with something invalid in it."""
    part = any_text().map(str.encode) | st.binary(max_size=8)
    return st.lists(part, max_size=4).map(b"".join)
