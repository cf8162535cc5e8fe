"""What happens to one page: the stages from the date to the last quality rules, one after the other.

Runs in worker processes, which may die of a page: an extractor that never ends, or takes all memory, is in the middle
of C code where no code of ours is in control. The operating system keeps the limits.
"""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy

from pyllm.data.deduplication import Uint64s, minhash_keys, text_hash
from pyllm.data.document import KEEP, Document, Page, Verdict
from pyllm.data.dropped import MOST_SAMPLE, Dropped
from pyllm.data.extraction import extract_text, is_binary
from pyllm.data.funnel import Funnel
from pyllm.data.language import identify_language
from pyllm.data.pipeline_config import PipelineConfig
from pyllm.data.quality import (
    PageText,
    c4_quality,
    fineweb_quality,
    gopher_quality,
    gopher_repetition,
    refinedweb_quality,
    unwrap,
)
from pyllm.data.url_filter import UrlFilter

MEMORY = Path("/proc/self/statm")
Thresholds = TypeVar("Thresholds")
Stage: TypeAlias = Callable[[Page, Document], Verdict]


@dataclass(slots=True)
class Judged:
    """What became of pages.

    Attributes:
        outcomes: of each, in their order.
        text_hashes: of the documents among them, in their order, and
        keys: (documents, bands): what they are deduplicated by.
        funnel: their counts.
    """

    outcomes: list[Document | Dropped]
    text_hashes: list[int]
    keys: Uint64s
    funnel: Funnel

    def add(self, other: Judged) -> None:
        """Adds the pages that follow."""
        self.outcomes += other.outcomes
        self.text_hashes += other.text_hashes
        self.keys = numpy.concatenate([self.keys, other.keys])
        self.funnel.add(other.funnel)


class PageFilter:
    """All stages that look at one page alone.

    Args:
        config: their settings.
        page_seconds: of processor time that a page may take before the process is ended; 0: all that it likes.

    Raises:
        OSError, ValueError: a blocklist cannot be read.
    """

    def __init__(self, config: PipelineConfig, page_seconds: float = 0.0) -> None:
        self._config, self._page_seconds = config, page_seconds
        self.url_filter = UrlFilter(config.blocklist, **vars(config.url))
        self._condemned = KEEP
        self._text = PageText("")
        stages: dict[str, Stage] = {
            "read": lambda page, _: KEEP if page.problem is None else page.problem,
            "date": self._date,
            "url": lambda page, _: self.url_filter(page.url),
            "extraction": self._extraction,
            "language": self._language,
            "gopher_repetition": self._rule(gopher_repetition, config.gopher_repetition),
            "gopher_quality": self._rule(gopher_quality, config.gopher_quality),
            "c4_quality": self._rule(c4_quality, config.c4_quality),
            "fineweb_quality": self._rule(fineweb_quality, config.fineweb_quality),
            "refinedweb_quality": self._rule(refinedweb_quality, config.refinedweb_quality),
        }
        self._stages = [(name, stage) for name, stage in stages.items() if name not in config.skip]

    def __call__(self, pages: list[Page], condemned: Verdict = KEEP) -> Judged:
        """Judges pages.

        Args:
            pages: as a source gives them.
            condemned: of pages whose extraction has killed a process: the verdict that they get instead of another one.
        """
        self._condemned = condemned
        funnel = Funnel()
        outcomes: list[Document | Dropped] = []
        for page in pages:
            signal.setitimer(signal.ITIMER_PROF, self._page_seconds)
            outcomes.append(self._judge(page, funnel))
        signal.setitimer(signal.ITIMER_PROF, self._page_seconds)
        start = time.process_time()
        texts = [one.text for one in outcomes if isinstance(one, Document)]
        hashes, minhash = list(map(text_hash, texts)), self._config.minhash
        hashed = time.process_time()
        keys = numpy.empty((len(texts), 0), numpy.uint64)
        if self._config.bands:
            keys = minhash_keys(texts, words=minhash.words, bands=minhash.bands, rows=minhash.rows)
        signal.setitimer(signal.ITIMER_PROF, 0)
        funnel.stages["exact_duplicates"].seconds += hashed - start
        funnel.stages["near_duplicates"].seconds += time.process_time() - hashed
        return Judged(outcomes, hashes, keys, funnel)

    def _judge(self, page: Page, funnel: Funnel) -> Document | Dropped:
        document = Document(
            text=page.text or "",
            id=page.id,
            dump=page.dump or self._config.dump,
            url=page.url,
            date=page.date,
            file_path=page.file_path,
        )
        size = page.size
        for name, stage in self._stages:
            funnel.enter(name, size)
            start = time.process_time()
            try:
                verdict = stage(page, document)
            except MemoryError:
                verdict = Verdict(False, "out_of_memory", f"more than {self._config.memory_megabytes} MB")
            except ImportError:
                raise
            except Exception as error:  # of a library, on a page that nobody has foreseen: the rest must go through
                verdict = Verdict(False, "failed", f"{type(error).__name__}: {error}"[:500])
            if verdict.text is not None:
                funnel.other[f"lines removed by {name}"] += document.text.count("\n") - verdict.text.count("\n")
                document.text = verdict.text
            if name == "extraction" or verdict.text is not None:
                size = len(document.text.encode())
            funnel.stages[name].seconds += time.process_time() - start
            if not verdict.keep:
                funnel.drop(name, verdict.reason)
                sample = document.text or page.content[:MOST_SAMPLE].decode("utf-8", "replace")
                return Dropped(
                    page.id,
                    page.url,
                    page.date,
                    page.file_path,
                    name,
                    verdict.reason,
                    verdict.detail,
                    page.size,
                    sample[:MOST_SAMPLE],
                )
            funnel.leave(name, size)
        return document

    def _rule(self, rule: Callable[[PageText, Thresholds], Verdict], thresholds: Thresholds) -> Stage:
        """A quality rule as a stage; the text is taken apart once for all of them."""

        def stage(_: Page, document: Document) -> Verdict:
            if self._text.text is not document.text:
                self._text = PageText(document.text)
            return rule(self._text, thresholds)

        return stage

    def _date(self, page: Page, document: Document) -> Verdict:
        day = page.date[:10]
        if self._config.before is not None and day and day >= self._config.before:
            return Verdict(False, "too_late", f"{day} is not before {self._config.before}")
        return KEEP

    def _extraction(self, page: Page, document: Document) -> Verdict:
        if not self._condemned:
            return self._condemned
        if page.text is None:
            if is_binary(page.content):
                return Verdict(False, "binary", f"sent as {page.content_type or 'something of no stated type'}")
            document.text = extract_text(page.content, page.charset)
        else:
            document.text = unwrap(page.text)
        return KEEP if document.text.strip() else Verdict(False, "no_text")

    def _language(self, page: Page, document: Document) -> Verdict:
        document.language, document.language_score = identify_language(document.text)
        languages, least = self._config.language or ("en",), self._config.language_score
        if document.language not in languages:
            return Verdict(False, f"language_{document.language or 'unknown'}", f"score {document.language_score:.2f}")
        if document.language_score < least:
            return Verdict(
                False, "language_unsure", f"{document.language} with {document.language_score:.2f}, below {least:.2f}"
            )
        return KEEP


def make_page_filter(config: PipelineConfig) -> Callable[[tuple[list[Page], Verdict]], Judged]:
    """What a worker process calls with pages: a PageFilter within limits.

    A page that takes longer than config.page_seconds of processor time ends the process by SIGPROF; memory beyond
    config.memory_megabytes is refused to it, which raises MemoryError in Python and ends what cannot raise.
    """
    page_filter = PageFilter(config, config.page_seconds)
    identify_language(extract_text(b"<p>Libraries and models are loaded before memory is limited."))
    if MEMORY.exists():  # Linux; elsewhere memory is not limited so
        used = int(MEMORY.read_text().split()[0]) * resource.getpagesize()
        limit = used + config.memory_megabytes * 1_000_000
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
    return lambda message: page_filter(*message)
