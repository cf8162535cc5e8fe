"""Texts made to be slow: megabytes without a break, or of nothing but breaks, encoded as one text on one thread.

    python bench/tokenizer_hostile.py --peers-python PEERS/bin/python --corpus CORPUS --cl100k RANKS

Ten times as much text should take about ten times as long. tiktoken gets a few seconds for the short text; where that
suffices, its ids must be pyllm's.
"""

from __future__ import annotations

import random
import string
from functools import partial
from pathlib import Path

from pairing import Bench, Row, shown
from texts import Corpus, Vocabulary, add_text_options, add_vocabulary_options, loaded, vocabularies
from worker_process import Worker, WorkerError

SMALL, LARGE = 1_000_000, 10_000_000  # bytes
MOST_SECONDS = {SMALL: 0.25, LARGE: 12 * 0.25}
PEER_SECONDS = 5.0


def hostile_texts(size: int) -> dict[str, str]:
    """The texts of a size, by name."""
    generator = random.Random(size)
    return {
        "one letter": "a" * size,
        "random letters": "".join(generator.choices(string.ascii_lowercase, k=size)),
        "ab": "ab" * (size // 2),
        "spaces": " " * size,
        "newlines": "\n" * size,
        "digits": "".join(generator.choices(string.digits, k=size)),
    }


def encode(worker: Worker, path: Path) -> float:
    return worker.call("encode_text", path=str(path))


def peer_outcome(peer: Worker, ours: Worker, path: Path) -> str:
    """What to write for a peer that is not done in time; nothing where it is, with the ids that pyllm has."""
    try:
        theirs = peer.call("text_fingerprint", path=str(path), time_limit=PEER_SECONDS)
    except TimeoutError:
        return f"> {PEER_SECONDS:g} s"
    except WorkerError:
        return "fails"
    if theirs != ours.call("text_fingerprint", path=str(path)):
        raise SystemExit(f"{path.stem}: pyllm's ids are not {peer.library}'s")
    return ""


def rows(bench: Bench, vocabulary: Vocabulary, name: str, paths: dict[int, Path]) -> None:
    ours, peer = loaded(bench, "pyllm", vocabulary), loaded(bench, "tiktoken", vocabulary)
    assert ours
    for path in paths.values():
        ours.call("text_fingerprint", path=str(path))  # raises where the ids do not decode to the text
    sides = [partial(encode, ours, paths[SMALL]), partial(encode, ours, paths[LARGE])]
    outcome = peer_outcome(peer, ours, paths[SMALL]) if peer else "not installed"
    if peer and not outcome:
        sides.append(partial(encode, peer, paths[SMALL]))
    rounds = bench.rounds(*sides)
    for side, (size, most) in enumerate(MOST_SECONDS.items()):
        row = Row(f"{name}, {vocabulary.name}, {size / 1e6:.0f} MB", "", target=f"≤ {most:g} s")
        row.met = bench.verdict(bool(rounds.seconds[0]) and rounds.median(side) <= most, rounds)
        row.details = {"seconds": rounds.seconds[side], "repeated": rounds.repeated}
        if rounds.seconds[0]:
            row.pyllm = shown(rounds.median(side))
            if size == LARGE:
                row.details["growth"] = rounds.ratio(side)
                row.measure += f" ({rounds.ratio(side):.1f}× the time of 1 MB)"
            elif outcome:
                row.peer = f"tiktoken {outcome}"
            else:
                row.peer, row.ratio = f"tiktoken {shown(rounds.median(2))}", f"{rounds.ratio(2):.2f}×"
                row.details["peer_seconds"] = rounds.seconds[2]
        bench.add(row)
    for worker in (ours, peer):
        if worker:
            worker.close()


def main() -> None:
    with Bench("Hostile texts", __doc__, add_text_options, add_vocabulary_options) as bench:
        paths: dict[str, dict[int, Path]] = {}
        for size in (SMALL, LARGE):
            for name, text in hostile_texts(size).items():
                path = bench.folder / f"{name} {size}.txt"
                path.write_text(text, newline="")
                paths.setdefault(name, {})[size] = path
        for vocabulary in vocabularies(bench, Corpus(bench)):
            for name in paths:
                rows(bench, vocabulary, name, paths[name])


if __name__ == "__main__":
    main()
