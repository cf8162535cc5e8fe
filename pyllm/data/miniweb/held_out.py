"""What examinations ask and training never shows: split by a hash of the thing itself, before anything is written.

The split is the same for every seed and size, so that no two files of different seeds can leak into each other.
"""

from __future__ import annotations

import hashlib
from typing import Literal

Kind = Literal["country", "operands", "word", "story"]

# The share that is held out. Countries: from questions and answers only; the encyclopedia has all of them. Stories:
# from the requests of training's conversations only; the pages tell and ask for any.
SHARES: dict[Kind, float] = {"country": 0.3, "operands": 0.2, "word": 0.2, "story": 0.2}


def is_held_out(kind: Kind, key: str) -> bool:
    """Whether examinations alone may ask for this.

    Args:
        kind: "country": never in a question or its answer; "operands": never a problem of homework; "word": never in
            the speller's dictionary; "story": never asked for in training's conversations.
        key: the country's name, the operands as `operands_key` writes them, the word in lower case, what a story's hero
            is and the thing that it turns on: "rabbit, red kite".
    """
    digest = hashlib.sha256(f"{kind}:{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < SHARES[kind] * 2**64


def operands_key(left: int, operator: str, right: int) -> str:
    """A problem's key: the same for 3 + 4 and 4 + 3."""
    if operator in "+*×":
        left, right = sorted((left, right))
    return f"{left}{operator}{right}"
