"""Byte-pair encoding in plain Python, written to be read: what the C++ trainer and encoder are held to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise

Pair = tuple[bytes, bytes]
NO_MERGE = 1 << 30  # above every rank


def train(pieces: Mapping[bytes, int], count: int) -> list[Pair]:
    """Up to `count` merges: always the most frequent pair, of several the greatest (left bytes, right bytes)."""
    words = [([bytes([byte]) for byte in piece], times) for piece, times in pieces.items()]
    merges: list[Pair] = []
    while len(merges) < count:
        counts: Counter[Pair] = Counter()
        for parts, times in words:
            for pair in pairwise(parts):  # overlapping ones too: "aaa" holds two
                counts[pair] += times
        if not counts:
            break
        merges.append(max(counts, key=lambda pair: (counts[pair], pair)))
        words = [(merged(parts, merges[-1]), times) for parts, times in words]
    return merges


def merged(parts: list[bytes], pair: Pair) -> list[bytes]:
    """The parts with the pair joined wherever it stands, from left to right."""
    result: list[bytes] = []
    at = 0
    while at < len(parts):
        found = tuple(parts[at : at + 2]) == pair
        result.append(parts[at] + parts[at + 1] if found else parts[at])
        at += 2 if found else 1
    return result


def ranks(merges: Iterable[Pair]) -> dict[Pair, int]:
    """What `encode` takes: the place of each merge."""
    return {pair: rank for rank, pair in enumerate(merges)}


def encode(piece: bytes, rank_of: Mapping[Pair, int]) -> list[bytes]:
    """The tokens of a piece: while some pair is a merge, joins the one of lowest rank, of several the leftmost."""
    parts = [bytes([byte]) for byte in piece]
    lowest = [rank_of.get(pair, NO_MERGE) for pair in pairwise(parts)]
    while lowest and (best := min(lowest)) < NO_MERGE:
        at = lowest.index(best)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
        del lowest[at]
        for left in (at - 1, at):
            if 0 <= left < len(lowest):
                lowest[left] = rank_of.get((parts[left], parts[left + 1]), NO_MERGE)
    return parts
