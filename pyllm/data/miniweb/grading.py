"""How well a pipeline did on the small internet: what it made of the pages against the truth about them.

This reads files alone, the truth and what `pyllm data run` has written; it knows nothing of how either came about.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyllm.data.document import Document
from pyllm.data.documents import read_documents
from pyllm.data.inspection import dropped_pages
from pyllm.data.pii import mask_pii
from pyllm.files import file_size

WORDS = re.compile(r"\w+")


@dataclass
class Grade:
    """Counts, and the figures that follow from them.

    Attributes:
        pages: in the truth.
        right: documents that are to be kept; of pages that say the same, one.
        wrong: documents that are not, by the truth's reason.
        missed: pages to keep, one of those that say the same, that became no document: by kind, stage and reason.
        near_copies: those that were still there when copies were looked for.
        near_copies_left: those of them that were kept beside another page that says the same.
        addresses: to be masked in the documents that are right.
        addresses_left: that were not.
        characters: of words in the documents that are right.
        characters_added: of words that the clean text does not have, or not so often.
        characters_lost: of words of the clean text that the document lacks.
        unlisted: pages of the truth that are neither among the documents nor among the dropped pages.
    """

    pages: int = 0
    right: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    near_copies: int = 0
    near_copies_left: int = 0
    addresses: int = 0
    addresses_left: int = 0
    characters: int = 0
    characters_added: int = 0
    characters_lost: int = 0
    unlisted: int = 0

    @property
    def precision(self) -> float:
        """Of the documents, the share that is to be kept."""
        return self.right / max(1, self.right + self.wrong.total())

    @property
    def recall(self) -> float:
        """Of the pages to keep, the share that became documents."""
        return self.right / max(1, self.right + self.missed.total())

    @property
    def near_copies_found(self) -> float:
        """Of the near copies, the share that was dropped, or kept in the place of the page that it is a copy of."""
        return 1 - self.near_copies_left / max(1, self.near_copies)

    @property
    def addresses_left_share(self) -> float:
        """Of the addresses to be masked, the share that was not."""
        return self.addresses_left / max(1, self.addresses)

    @property
    def added(self) -> float:
        """Of the documents' characters, the share that the clean text does not have: boilerplate."""
        return self.characters_added / max(1, self.characters)

    @property
    def lost(self) -> float:
        """Of the clean text's characters, the share that the documents do not have."""
        return self.characters_lost / max(1, self.characters - self.characters_added + self.characters_lost)

    def rows(self) -> list[tuple[str, str, str]]:
        """Measure, figure, and what it is counted over."""
        documents = self.right + self.wrong.total()
        return [
            ("precision of the kept pages", f"{self.precision:.4f}", f"{self.right:,} of {documents:,} documents"),
            ("recall", f"{self.recall:.4f}", f"{self.right:,} of {self.right + self.missed.total():,} pages to keep"),
            ("near copies found", f"{self.near_copies_found:.4f}", f"{self.near_copies:,} near copies"),
            ("addresses left", f"{self.addresses_left_share:.2%}", f"{self.addresses_left} of {self.addresses}"),
            ("boilerplate in the kept text", f"{self.added:.2%}", f"{self.characters:,} characters"),
            ("clean text lost", f"{self.lost:.2%}", "of the pages kept"),
            ("pages not listed", f"{self.unlisted}", f"{self.pages:,} pages"),
        ]


def grade(folder: Path, truth: Path) -> Grade:
    """Compares what `pyllm data run` wrote into a folder with the truth about the pages.

    Args:
        folder: of the finished run.
        truth: truth.gz, as write_crawl writes it.

    Raises:
        FileNotFoundError: one of them is not there.
        ValueError: one of them is damaged.
    """
    listed = {line["id"]: line for line in _lines(truth)}
    if not listed:
        raise ValueError(f"{truth} says nothing of any page")
    documents = {
        one.id: one for path in sorted((folder / "documents").glob("*.parquet")) for one in read_documents(path)
    }
    dropped = {one.id: one for one in dropped_pages(folder)}
    result = Grade(pages=len(listed), unlisted=sum(id not in documents and id not in dropped for id in listed))
    if result.unlisted == result.pages:
        raise ValueError(f"{truth} is of another crawl: none of its {result.pages:,} pages is in {folder}")
    clusters: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in listed.values():
        clusters[line.get("cluster") or line["id"]].append(line)
    for lines in clusters.values():
        kept = [line for line in lines if line["id"] in documents]
        looked_at = [
            one
            for one in lines
            if one["id"] in documents or (one["id"] in dropped and dropped[one["id"]].stage.endswith("_duplicates"))
        ]
        near = [line for line in looked_at if line["reason"] == "near_copy"]
        result.near_copies += len(near)
        if not any(line["keep"] for line in lines):
            result.wrong.update(line["reason"] for line in kept)
            continue
        result.near_copies_left += min(max(0, len(kept) - 1), len(near))
        result.wrong.update(line["reason"] or "copy" for line in kept[1:])
        if kept:
            result.right += 1
            _compare(documents[kept[0]["id"]], kept[0], result)
        else:
            original = next(line for line in lines if line["keep"])
            why = dropped.get(original["id"])
            result.missed[original["kind"], why.stage if why else "", why.reason if why else "not listed"] += 1
    return result


def _compare(document: Document, line: dict[str, Any], result: Grade) -> None:
    found, clean = (Counter(WORDS.findall(text)) for text in (document.text, mask_pii(line["text"])))
    result.characters += _characters(found)
    result.characters_added += _characters(found - clean)
    result.characters_lost += _characters(clean - found)
    result.addresses += len(line["pii"])
    result.addresses_left += sum(address in document.text for address in line["pii"])


def _characters(words: Counter[str]) -> int:
    return sum(len(word) * count for word, count in words.items())


def _lines(truth: Path) -> Iterator[dict[str, Any]]:
    file_size(truth)
    number = 0
    try:
        with gzip.open(truth, "rt", encoding="utf-8") as file:
            for text in file:
                number += 1
                line = json.loads(text)
                if missing := [name for name in ("id", "kind", "keep", "reason", "text", "pii") if name not in line]:
                    raise ValueError(f"it has no {missing[0]!r}")
                yield line
    except (OSError, EOFError, ValueError, TypeError, zlib.error) as error:
        raise ValueError(f"{truth} is no truth about a crawl, or damaged: line {number}: {error}") from None
