"""Finding near copies: MinHash with 14 bands of 8 over word 5-grams, beside datatrove's and datasketch's.

    python bench/data_deduplication.py --corpus CORPUS --peers-python PYTHON

Texts in memory become clusters, on one core. datatrove runs its steps for signatures, buckets and clusters as FineWeb's
example does, with its English word tokenizer (spaCy's blank one, which needs no model); datasketch gets the lower-case
words of a regular expression. Then pages of random words with known similarity: which share of the pairs each finds.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from pairing import Bench, Row, Work, shown
from texts import Corpus, add_text_options

PAGES = 400
PAGE_CHARACTERS = 3000
CLUSTERED_PAGES = 1_000_000
MOST_SECONDS = 30.0
MOST_BYTES_A_PAGE = 60 + 8
PAIRS = 150  # at each similarity
WORDS = 300
CHANGED_WORDS = (3, 6, 9, 13, 20, 30)  # of a copy, spread over it: each of them is in five 5-grams
LEAST_RATIO = 3.0
LEAST_FOUND = 0.95  # of the pairs of a similarity of at least 0.85


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pages", type=int, default=PAGES, metavar="N", help=f"of the corpus (default: {PAGES})")


def words_of(source: random.Random, count: int) -> list[str]:
    return ["".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=8)) for _ in range(count)]


def similarity(one: list[str], other: list[str]) -> float:
    """The Jaccard similarity of two texts' sets of word 5-grams."""
    a, b = ({tuple(words[start : start + 5]) for start in range(len(words) - 4)} for words in (one, other))
    return len(a & b) / len(a | b)


def copies(count: int) -> tuple[list[str], list[float]]:
    """Pages, each followed by its changed copy; and the similarity of each such pair."""
    source = random.Random(1)
    texts, similarities = [], []
    for changed in CHANGED_WORDS:
        for _ in range(count):
            page = words_of(source, WORDS)
            copy = list(page)
            for part in range(changed):
                copy[(2 * part + 1) * WORDS // (2 * changed)] = words_of(source, 1)[0]
            texts += [" ".join(page), " ".join(copy)]
            similarities.append(similarity(page, copy))
    return texts, similarities


def write_texts(path: Path, texts: list[str]) -> str:
    path.write_text(json.dumps(texts))
    return str(path)


def main() -> None:
    title = "Near copies: signatures and clusters"
    with Bench(title, __doc__, add_text_options, add_options, workers="data_deduplication_workers") as bench:
        corpus = Corpus(bench)
        count = 40 if bench.options.quick else bench.options.pages
        text = corpus.head(2 * count * PAGE_CHARACTERS).read_text()
        pages = [text[start : start + PAGE_CHARACTERS] for start in range(0, count * PAGE_CHARACTERS, PAGE_CHARACTERS)]
        pages = write_texts(bench.folder / "pages.json", pages)
        ours, *peers = bench.sides("pyllm", "datatrove", "datasketch", threads=1)
        for side in (ours, *peers):
            side.call("load", path=pages)
            side.call("deduplicate")
        for peer in peers:
            bench.compare(
                f"signatures and clusters, {count} pages of {PAGE_CHARACTERS / 1000:g} kB; {peer.library}",
                ours.timing("deduplicate"),
                {peer.library: peer.timing("deduplicate")},
                work=Work(count, "pages/s"),
                least_ratio=LEAST_RATIO,
            )

        many = 10_000 if bench.options.quick else CLUSTERED_PAGES
        seconds, bytes_a_page = ours.call("find_duplicates", pages=many, folder=str(bench.folder))
        bench.add(
            Row(
                f"find_duplicates, {many:,} pages' keys from files",
                f"{shown(seconds)}, {bytes_a_page:.0f} bytes a page",
                target=f"< {MOST_SECONDS:g} s, ≤ {MOST_BYTES_A_PAGE} bytes",
                met=bench.verdict(seconds < MOST_SECONDS and bytes_a_page <= MOST_BYTES_A_PAGE),
                details={"seconds": seconds, "bytes_a_page": bytes_a_page},
            )
        )

        each = 10 if bench.options.quick else PAIRS
        texts, similarities = copies(each)
        path = write_texts(bench.folder / "copies.json", texts)
        found = {}
        for side in (ours, *peers):
            side.call("load", path=path)
            found[side.library] = side.call("clusters")
        for place, changed in enumerate(CHANGED_WORDS):
            some = range(place * each, (place + 1) * each)
            jaccard = sum(similarities[pair] for pair in some) / each
            shares = {
                name: sum(kept[2 * pair] == kept[2 * pair + 1] for pair in some) / each for name, kept in found.items()
            }
            expected = sum(1 - (1 - similarities[pair] ** 8) ** 14 for pair in some) / each
            least = LEAST_FOUND if jaccard >= 0.85 else None
            bench.add(
                Row(
                    f"copies found, {changed} of {WORDS} words changed: similarity {jaccard:.2f}",
                    f"{shares['pyllm']:.1%}",
                    ", ".join(f"{name} {share:.1%}" for name, share in shares.items() if name != "pyllm"),
                    limit=f"{expected:.1%} expected",
                    target=f"≥ {least:.0%}" if least else "",
                    met=bench.verdict(shares["pyllm"] >= least) if least else "",
                    details={"similarity": jaccard, "expected": expected, "found": shares},
                )
            )
        false = {name: sum(kept[page] // 2 != page // 2 for page in range(len(kept))) for name, kept in found.items()}
        bench.add(
            Row(
                f"pages taken for another's copy, of {len(texts):,}",
                str(false["pyllm"]),
                ", ".join(f"{name} {number}" for name, number in false.items() if name != "pyllm"),
                target="0",
                met=bench.verdict(false["pyllm"] == 0),
                details={"false": false},
            )
        )


if __name__ == "__main__":
    main()
