"""The quality rules, the URL filter and the masking of addresses, beside datatrove's own: speed, and the same verdicts.

    python bench/data_filters.py --corpus CORPUS.tar.xz --peers-python PEERS/bin/python

The peers' Python needs datatrove, trafilatura's extras aside, and spacy; no model of it. Pages are windows of 3 kB at
line ends, the same number out of each file of the corpus (by default: Python's own library as one text), and of each
window the rule is asked alone; "all four" are asked one after the other until one drops the page, as in a pipeline.
URLs are made up, part of them out of the lists that come with datatrove; pyllm loads the same lists and words.

Where the verdicts differ it is for these reasons. Gopher speaks of words with a letter: spaCy's tokens, which datatrove
counts, are also punctuation marks, so that texts with much of it fall below 80 %. They take part in its n-grams too.
FineWeb's lines that end as sentences: datatrove's end with the mark itself, ours may close quotes or have spaces behind
it; we join lines of text filled to a width, and take a last line with a sentence in it as one that was cut off. Our URL
filter blocks all that is below a listed domain or URL, datatrove's only a registered domain, its own name, or the URL
letter by letter. Five numbers with dots between are no IP address for us.
"""

from __future__ import annotations

import argparse
import json
import random
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

from data_filter_workers import QUALITY
from pairing import COLUMNS, Bench, Row, Work
from texts import source_code
from worker_process import Worker

LEAST_RATIO = 3.0
WINDOW = 3000
TIMED_PAGES = 300
WINDOWS_A_FILE = 50
PROSE_WINDOWS = 200
TIMED_URLS = 20_000
PROSE = ("austen", "sotu", "web_bible")
MOST_KINDS = 8


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--corpus", type=Path, metavar="FILE", help="a tar archive of texts; default: Python's library")


def windows(text: str, number: int, source: random.Random) -> list[str]:
    """Stretches of about 3 kB from random places, which begin and end at line ends where there are any."""
    pages = []
    while len(pages) < number:
        start = source.randrange(max(1, len(text) - WINDOW))
        start = text.find("\n", start, start + WINDOW) + 1 or start
        end = text.rfind("\n", start, start + WINDOW)
        pages.append(text[start : end if end > start + WINDOW // 2 else start + WINDOW])
    return pages


def pages_of(corpus: Path | None, number: int) -> dict[str, list[str]]:
    """Windows of each text of the corpus, more of those that are nothing but prose."""
    source = random.Random(4)
    most = max(number, PROSE_WINDOWS)
    if corpus is None:
        return {"python": windows(source_code().decode(), 19 * number, source)}
    pages = {}
    with tarfile.open(corpus) as archive:
        for member in sorted(archive, key=lambda member: member.name):
            if file := archive.extractfile(member):
                name = Path(member.name).stem
                text = file.read().decode("utf-8", "replace")
                pages[name] = windows(text, most if name in PROSE else number, source)
    return pages


def urls_of(lists: dict[str, Any], number: int) -> list[str]:
    """Made-up URLs: nine of ten ordinary, the others with a domain, a URL or words out of the lists."""
    source = random.Random(5)
    syllables = (
        "ba be bo da do fi ga go ha hi ka la le li lo ma mi mo na no pa po ra re ri ro sa se so ta te to".split()
    )
    words = [word for kind in lists["words"].values() for word in kind]

    def name() -> str:
        return "".join(source.choices(syllables, k=source.randint(2, 4)))

    def path() -> str:
        return "/".join("-".join(name() for _ in range(source.randint(1, 6))) for _ in range(source.randint(1, 4)))

    urls = []
    for _ in range(number):
        host = f"{source.choice(['www.', 'blog.', ''])}{name()}.{source.choice(['com', 'org', 'co.uk', 'de', 'net'])}"
        kind, rest = source.random(), path() + source.choice(["", ".html", "/", f"?id={source.randrange(10**6)}"])
        if kind < 0.03:
            host = source.choice(["", "www.", "m."]) + source.choice(lists["domains"])
        elif kind < 0.04:
            urls.append("http://" + source.choice(lists["urls"]))
            continue
        elif kind < 0.1:
            rest = f"{source.choice(words)}-{rest}" if kind < 0.08 else f"{source.choice(words)}/{source.choice(words)}"
        urls.append(f"https://{host}/{rest}")
    return urls


class Comparison:
    """Both sides' work on the same items, and its rows.

    Args:
        bench: to add rows to.
        ours, peer: the workers; no peer where it is not installed.
    """

    def __init__(self, bench: Bench, ours: Worker, peer: Worker | None) -> None:
        self._bench, self._ours, self._peer = bench, ours, peer

    def read(self, kind: str, items: list[str]) -> None:
        """Gives both sides the items."""
        path = self._bench.folder / f"{kind}.json"
        path.write_text(json.dumps(items))
        for worker in filter(None, (self._ours, self._peer)):
            worker.call("read", kind=kind, path=str(path))

    def add(self, measure: str, rule: str, kind: str, number: int, what: str = "reasons") -> None:
        """Times a rule and says in how much of all items both sides agree."""
        mine = self._ours.call(what, rule=rule, kind=kind)
        theirs = self._peer.call(what, rule=rule, kind=kind) if self._peer else mine
        keep = (lambda answer: answer == "") if what == "reasons" else (lambda answer: answer)
        agree = sum(keep(one) == keep(other) for one, other in zip(mine, theirs, strict=True)) / len(mine)
        arguments = {"rule": rule, "kind": kind, "number": number}
        differences = Counter(
            f"{one or 'kept'} / {other or 'kept'}"
            for one, other in zip(mine, theirs, strict=True)
            if what == "reasons" and keep(one) != keep(other)
        )
        self._bench.compare(
            measure,
            self._ours.timing("seconds", **arguments),
            {"datatrove's": self._peer.timing("seconds", **arguments)} if self._peer else {},
            work=Work(number, "URLs/s" if kind == "urls" else "pages/s"),
            least_ratio=LEAST_RATIO,
            agreement=agree,
            items=len(mine),
            differences=dict(differences.most_common()),
        )
        if self._peer:
            self._bench.rows[-1].limit = f"{agree:.1%} of {len(mine):,}"
            if differences:
                listed = ", ".join(f"{pair} {count}" for pair, count in differences.most_common(MOST_KINDS))
                self._bench.note(f"{measure}, where the verdicts differ (pyllm / datatrove): {listed}.")


def main() -> None:
    columns = COLUMNS | {"limit": "same verdict"}
    with Bench("Filters", __doc__, add_options, workers="data_filter_workers", columns=columns) as bench:
        quick = bench.options.quick
        ours, peer = bench.worker("pyllm", threads=1), bench.worker("datatrove", threads=1)
        assert ours
        pages = pages_of(bench.options.corpus, 4 if quick else WINDOWS_A_FILE)
        mixed = [page for group in zip(*pages.values(), strict=False) for page in group]
        comparison = Comparison(bench, ours, peer)
        comparison.read("pages", mixed)
        number = min(len(mixed), 40 if quick else TIMED_PAGES)
        for rule in QUALITY:
            comparison.add(rule.replace("_", " "), rule, "pages", number)
        comparison.add("all four", "four", "pages", number)
        comparison.add("e-mail and IP addresses", "pii", "pages", number, what="texts")
        if peer:
            lists = peer.call("lists")
            ours.call("load_lists", folder=lists["folder"], words=lists["words"])
            comparison.read("urls", urls_of(lists, 1000 if quick else TIMED_URLS))
            comparison.add("URL filter", "url", "urls", 1000 if quick else TIMED_URLS)
        for name in filter(pages.__contains__, PROSE):
            comparison.read(name, pages[name])
            kept = [reason == "" for reason in ours.call("reasons", rule="four", kind=name)]
            share = sum(kept) / len(kept)
            row = Row(f"{name}: windows kept", f"{share:.1%}", target="≥ 95 %", met=bench.verdict(share >= 0.95))
            if peer:
                theirs = [reason == "" for reason in peer.call("reasons", rule="four", kind=name)]
                row.peer = f"datatrove's {sum(theirs) / len(theirs):.1%}"
            bench.add(row)


if __name__ == "__main__":
    main()
