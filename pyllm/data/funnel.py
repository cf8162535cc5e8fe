"""The funnel: how many pages and bytes went into and came out of each stage, why the others did not, and how fast."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FUNNEL = "funnel.json"

# In the order in which a page meets them.
STAGES = (
    "read",
    "date",
    "url",
    "extraction",
    "language",
    "gopher_repetition",
    "gopher_quality",
    "c4_quality",
    "fineweb_quality",
    "refinedweb_quality",
    "exact_duplicates",
    "near_duplicates",
    "pii",
)


@dataclass(slots=True)
class StageCounts:
    """What one stage did.

    Attributes:
        pages_in, pages_out: pages that met the stage, and that it kept.
        bytes_in, bytes_out: theirs: of the page as crawled before extraction, of its text in UTF-8 after it.
        seconds: of processor time, all processes together; not the same in two runs, unlike everything else here.
        reasons: dropped pages by reason.
    """

    pages_in: int = 0
    bytes_in: int = 0
    pages_out: int = 0
    bytes_out: int = 0
    seconds: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, other: StageCounts) -> None:
        """Adds what the same stage did elsewhere."""
        self.pages_in += other.pages_in
        self.bytes_in += other.bytes_in
        self.pages_out += other.pages_out
        self.bytes_out += other.bytes_out
        self.seconds += other.seconds
        self.reasons.update(other.reasons)


class Funnel:
    """The counts of all stages; `stages` has them by their names, in the order of STAGES.

    Attributes:
        other: what else was counted: records that are no pages, things that were masked.
    """

    def __init__(self) -> None:
        self.stages: dict[str, StageCounts] = {name: StageCounts() for name in STAGES}
        self.other: Counter[str] = Counter()

    def enter(self, stage: str, size: int) -> None:
        """A page of so many bytes meets a stage."""
        counts = self.stages[stage]
        counts.pages_in += 1
        counts.bytes_in += size

    def leave(self, stage: str, size: int) -> None:
        """A stage keeps a page, now of so many bytes."""
        counts = self.stages[stage]
        counts.pages_out += 1
        counts.bytes_out += size

    def drop(self, stage: str, reason: str) -> None:
        """A stage drops a page."""
        self.stages[stage].reasons[reason] += 1

    def add(self, other: Funnel) -> None:
        """Adds what was counted elsewhere."""
        for name, counts in other.stages.items():
            self.stages[name].add(counts)
        self.other.update(other.other)

    @property
    def pages(self) -> int:
        """Pages that came in at the top."""
        return self.stages["read"].pages_in

    @property
    def kept(self) -> int:
        """Pages that came out at the bottom."""
        return self.stages["pii"].pages_out

    def table(self) -> dict[str, Any]:
        """All of it, for JSON."""
        stages = {
            name: {
                **{key: getattr(counts, key) for key in ("pages_in", "bytes_in", "pages_out", "bytes_out")},
                "seconds": round(counts.seconds, 3),
                "reasons": dict(counts.reasons.most_common()),
            }
            for name, counts in self.stages.items()
        }
        return {"stages": stages, "other": dict(sorted((+self.other).items()))}

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Funnel:
        """The funnel that `table` has told of. Raises KeyError or TypeError where it is none."""
        funnel = cls()
        for name in STAGES:
            stage = table["stages"][name]
            funnel.stages[name] = StageCounts(**{**stage, "reasons": Counter(stage["reasons"])})
        funnel.other.update(table["other"])
        return funnel


def read_funnel(folder: Path) -> Funnel:
    """The counts of a finished run. Raises FileNotFoundError, or ValueError where they are damaged."""
    path = folder / FUNNEL
    if not path.exists():
        raise FileNotFoundError(f"{folder} holds no finished run of the data pipeline: it has no funnel.json")
    try:
        return Funnel.from_table(json.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged: {error}") from None
