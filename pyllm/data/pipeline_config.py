"""The settings of the data pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import tyro

from pyllm.data.deduplication import BANDS, ROWS, WORDS
from pyllm.data.quality import C4Quality, FineWebQuality, GopherQuality, GopherRepetition, RefinedWebQuality
from pyllm.data.url_filter import SOFT_WORDS, STRICT_WORDS, SUBWORDS
from pyllm.files import file_size
from pyllm.options import OptionalInt, OptionalPath, OptionalSwitch, OptionalText

Skippable = Literal[
    "url",
    "language",
    "gopher_repetition",
    "gopher_quality",
    "c4_quality",
    "fineweb_quality",
    "refinedweb_quality",
    "duplicates",
    "near_duplicates",
    "pii",
]


@dataclass(frozen=True)
class UrlRules:
    """What drops a page for its URL; see pyllm.data.url_filter.

    Attributes:
        banned_words: one of these as a whole word drops the page.
        soft_banned_words: several of these do.
        soft_threshold: how many different ones.
        banned_subwords: one of these anywhere drops the page.
        built_in: whether the built-in domains are blocked as well as those of the blocklists.
    """

    banned_words: tuple[str, ...] = STRICT_WORDS
    soft_banned_words: tuple[str, ...] = SOFT_WORDS
    soft_threshold: int = 2
    banned_subwords: tuple[str, ...] = SUBWORDS
    built_in: bool = True


@dataclass(frozen=True)
class MinHash:
    """When two pages are near copies; see pyllm.data.deduplication.

    Attributes:
        words: in a shingle.
        bands: each a chance for two pages to meet.
        rows: least values that must be the same for that.
    """

    words: int = WORDS
    bands: int = BANDS
    rows: int = ROWS


@dataclass(frozen=True, kw_only=True)
class PipelineConfig:
    """Settings of `pyllm data run`: from pages to documents, and to tokens where there is a tokenizer.

    Args:
        inputs: WARC, WET and ARC files, HTML, JSONL, Parquet with a column "text", plain text; each a file, a folder of
            such, a glob in quotes, or an http(s) address.
        out: the folder for documents, the report and all else. When it holds a run of the same settings that was
            stopped, this goes on with it.
        before: keep pages fetched before this day only (YYYY-MM-DD); those without a date are kept.
        blocklist: domains and addresses to leave out, in the format of the UT1 lists: a file whose name begins with
            "domains" or "urls", or a folder of such; may be given several times.
        language: to keep, by its ISO 639-1 code; may be given several times.
        language_score: the least probability of that language.
        skip: a stage to leave out; may be given several times.
        page_megabytes: larger pages are dropped.
        page_seconds: of processor time for one page; a page that takes longer is dropped.
        memory_megabytes: for the processing of one page; a page that takes more is dropped.
        most_gigabytes: to download from one address.
        dump: what stands in the column "dump" where a crawl does not name itself.
        tokenizer: a tokenizer.json; with it the column token_count is filled, and OUT/tokens holds token shards.
        validation_fraction: of the documents, by a hash of their ids, whose tokens are kept apart for validation.
        processes: default: as many as there are cores given to the process.
        progress: show progress; default: on a terminal or in a notebook.
    """

    inputs: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="INPUT ...")] = ()
    out: Path = Path("clean")
    before: OptionalText = None
    blocklist: tyro.conf.UseAppendAction[tuple[Path, ...]] = ()
    language: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    language_score: float = 0.65
    skip: tyro.conf.UseAppendAction[tuple[Skippable, ...]] = ()
    page_megabytes: float = 10.0
    page_seconds: float = 10.0
    memory_megabytes: int = 1000
    most_gigabytes: float = 100.0
    dump: str = ""
    tokenizer: OptionalPath = None
    validation_fraction: float = 0.05
    processes: OptionalInt = None
    progress: OptionalSwitch = None
    url: UrlRules = field(default_factory=UrlRules)
    gopher_repetition: GopherRepetition = field(default_factory=GopherRepetition)
    gopher_quality: GopherQuality = field(default_factory=GopherQuality)
    c4_quality: C4Quality = field(default_factory=C4Quality)
    fineweb_quality: FineWebQuality = field(default_factory=FineWebQuality)
    refinedweb_quality: RefinedWebQuality = field(default_factory=RefinedWebQuality)
    minhash: MinHash = field(default_factory=MinHash)

    @property
    def bands(self) -> int:
        """How many bands of MinHash a document's keys have; 0: near copies are not looked for."""
        return 0 if {"duplicates", "near_duplicates"}.intersection(self.skip) else self.minhash.bands

    def check(self) -> None:
        """Raises ValueError, or FileNotFoundError, for a setting that cannot be."""
        if isinstance(self.inputs, (str, Path)):
            raise TypeError(
                f"inputs must be a tuple or list of files, folders, globs or addresses, got {self.inputs!r}"
            )
        if not self.inputs:
            raise ValueError("there are no inputs: give files, folders, globs or addresses")
        if self.before is not None:
            try:
                date.fromisoformat(self.before)
            except ValueError:
                raise ValueError(f"before must be a day as YYYY-MM-DD, got {self.before!r}") from None
        for code in self.language:
            if not (2 <= len(code) <= 3 and code.isascii() and code.isalpha() and code.islower()):
                raise ValueError(f"language must be an ISO 639-1 code such as en, got {code!r}")
        for name in ("language_score", "validation_fraction"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be from 0 to 1, got {getattr(self, name)}")
        for name in ("page_megabytes", "page_seconds", "memory_megabytes", "most_gigabytes"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        for name in ("words", "bands", "rows"):
            if getattr(self.minhash, name) < 1:
                raise ValueError(f"minhash.{name} must be at least 1, got {getattr(self.minhash, name)}")
        if self.processes is not None and self.processes < 1:
            raise ValueError(f"processes must be at least 1, got {self.processes}")
        if self.tokenizer is not None:
            file_size(self.tokenizer)
