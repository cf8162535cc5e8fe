"""The two passes over a crawl, each a pure function from a file to a file, in a process of its own.

1. filter_file: an input file → a folder with the documents that its pages became, the dropped pages with their
   reasons, what deduplication compares the documents by, and the funnel's counts.
2. write_file, once it is known which documents are copies: such a folder → the final documents and dropped pages.

Both write under a temporary name and rename at the end, so that what has its name is complete.
"""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy

from pyllm.data.deduplication import Uint64s, write_keys
from pyllm.data.document import KEEP, Document, Page, Verdict
from pyllm.data.documents import DocumentWriter, read_documents
from pyllm.data.dropped import MOST_SAMPLE, Dropped, DroppedWriter, read_dropped
from pyllm.data.funnel import FUNNEL, Funnel
from pyllm.data.page_filter import Judged, make_page_filter
from pyllm.data.pii import mask_and_count
from pyllm.data.pipeline_config import PipelineConfig
from pyllm.data.sources import InputFile, ReadLimits, read_pages
from pyllm.data.worker import Worker, WorkerDied, WorkerPool
from pyllm.files import write_whole
from pyllm.tokenizer import Tokenizer

BATCH_PAGES = 32
BATCH_BYTES = 1 << 20
DOCUMENTS, DROPPED, KEYS = "documents.parquet", "dropped.parquet", "keys.npy"
WRITTEN = "written.json"  # the second pass over the folder is done
DUPLICATE_STAGES = ("exact_duplicates", "near_duplicates")

Tell = Callable[[object], None]


@dataclass(frozen=True, slots=True)
class FilterTask:
    """One input file, and the folder to make of it."""

    file: InputFile
    folder: Path

    @property
    def size(self) -> int:
        """Bytes to read, as they stand in the file."""
        return self.file.size


@dataclass(frozen=True, slots=True)
class Copy:
    """A document that goes: its row, the stage that found it, and the id of the document that is kept."""

    row: int
    stage: str
    original: str


@dataclass(frozen=True, slots=True)
class WriteTask:
    """A folder that filter_file has made, the copies among its documents, and the final files."""

    folder: Path
    copies: list[Copy]
    documents: Path
    dropped: Path

    @property
    def size(self) -> int:
        """Bytes to read, as they stand in the file."""
        return (self.folder / DOCUMENTS).stat().st_size


def make_filter_file(config: PipelineConfig, workers: int) -> Callable[[FilterTask, Tell], None]:
    """What a worker process calls with FilterTasks; it has so many processes of its own to judge pages."""
    pool = WorkerPool(workers, make_page_filter, config)  # they end with this process
    return lambda task, tell: filter_file(task, config, pool, tell)


def filter_file(task: FilterTask, config: PipelineConfig, pool: WorkerPool, tell: Tell) -> None:
    """Reads an input file and writes what its pages became into a folder; see the head of this module.

    Args:
        task: what to do.
        config: settings.
        pool: processes that judge pages.
        tell: called now and then with the number of pages so far.
    """
    temporary = task.folder.with_name(f".{task.folder.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    funnel = Funnel()
    waiting: deque[Future[Judged]] = deque()
    hashes: list[int] = []
    keys: list[Uint64s] = [numpy.empty((0, config.bands), numpy.uint64)]
    with (
        DocumentWriter(temporary / DOCUMENTS) as documents,
        DroppedWriter(temporary / DROPPED) as dropped,
    ):

        def take() -> None:
            judged = waiting.popleft().result()
            for outcome in judged.outcomes:
                if isinstance(outcome, Document):
                    documents.append(outcome)
                else:
                    dropped.append(outcome)
            hashes.extend(judged.text_hashes)
            keys.append(judged.keys)
            funnel.add(judged.funnel)
            tell(funnel.pages)

        for batch in _batches(task.file, config, funnel):
            waiting.append(pool.submit((batch, KEEP), when_it_dies=_one_by_one(batch, config)))
            if len(waiting) > 2 * len(pool):
                take()
        while waiting:
            take()
    write_keys(temporary / KEYS, hashes, numpy.concatenate(keys))
    write_whole(temporary / FUNNEL, json.dumps(funnel.table()).encode())
    temporary.rename(task.folder)


def _batches(file: InputFile, config: PipelineConfig, funnel: Funnel) -> Iterator[list[Page]]:
    """The pages of a file, a few at a time; the time of reading goes into the funnel."""
    limits = ReadLimits(page_bytes=int(config.page_megabytes * 1e6))
    counts: Counter[str] = Counter()
    pages = read_pages(file, limits, counts)
    batch: list[Page] = []
    size = 0
    while True:
        start = time.thread_time()
        page = next(pages, None)
        funnel.stages["read"].seconds += time.thread_time() - start
        if page is None:
            break
        if file.url:
            page.file_path = file.url.partition("#sha256=")[0]
        batch.append(page)
        size += len(page.content) + len(page.text or "")
        if len(batch) == BATCH_PAGES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
    funnel.other.update(counts)


def _one_by_one(batch: list[Page], config: PipelineConfig) -> Callable[[Worker, WorkerDied], Judged]:
    """After a batch has killed its process: judges each page by itself, and condemns the one that kills again."""

    def judge(worker: Worker, _: WorkerDied) -> Judged:
        judged: Judged | None = None
        for page in batch:
            try:
                one: Judged = worker.call(([page], KEEP))
            except WorkerDied as death:
                if death.signal == signal.SIGPROF:
                    verdict = Verdict(False, "took_too_long", f"more than {config.page_seconds:g} s of processor time")
                else:
                    name = signal.Signals(death.signal).name if death.signal else "an error"
                    verdict = Verdict(False, "crashed", f"the process that read it ended by {name}")
                one = worker.call(([page], verdict))
            if judged is None:
                judged = one
            else:
                judged.add(one)
        assert judged is not None
        return judged

    return judge


def make_write_file(config: PipelineConfig) -> Callable[[WriteTask, Tell], None]:
    """What a worker process calls with WriteTasks."""
    tokenizer = None if config.tokenizer is None else Tokenizer.load(config.tokenizer)
    return lambda task, tell: write_file(task, config, tokenizer, tell)


def write_file(task: WriteTask, config: PipelineConfig, tokenizer: Tokenizer | None, tell: Tell) -> None:
    """Writes the final documents and dropped pages of what filter_file has made; see the head of this module.

    Args:
        task: what to do.
        config: settings.
        tokenizer: to count tokens with.
        tell: called now and then with the number of documents so far.
    """
    funnel = Funnel()
    copies = {copy.row: copy for copy in task.copies}
    with DocumentWriter(task.documents) as documents, DroppedWriter(task.dropped) as dropped:
        for one in read_dropped(task.folder / DROPPED):
            dropped.append(one)
        rows = enumerate(read_documents(task.folder / DOCUMENTS))
        while batch := list(islice(rows, BATCH_PAGES)):
            kept = []
            for row, document in batch:
                size = len(document.text.encode())
                if _is_kept(document, size, copies.get(row), funnel, dropped):
                    _mask(document, size, config, funnel)
                    kept.append(document)
            if tokenizer is not None:
                for document, ids in zip(kept, tokenizer.encode_batch([one.text for one in kept], 1), strict=True):
                    document.token_count = len(ids)
            for document in kept:
                documents.append(document)
            tell(batch[-1][0] + 1)
    write_whole(task.folder / WRITTEN, json.dumps(funnel.table()).encode())


def _is_kept(document: Document, size: int, copy: Copy | None, funnel: Funnel, dropped: DroppedWriter) -> bool:
    """Whether a document, whose text has so many bytes, is no copy; one that is goes to the dropped pages."""
    for stage in DUPLICATE_STAGES:
        funnel.enter(stage, size)
        if copy is not None and copy.stage == stage:
            funnel.drop(stage, "copy")
            row = {name: getattr(document, name) for name in ("id", "url", "date", "file_path")}
            sample = document.text[:MOST_SAMPLE]
            dropped.append(
                Dropped(**row, stage=stage, reason="copy", detail=f"of {copy.original}", size=size, sample=sample)
            )
            return False
        funnel.leave(stage, size)
    return True


def _mask(document: Document, size: int, config: PipelineConfig, funnel: Funnel) -> None:
    """Masks e-mail and IP addresses in a document's text, which has so many bytes."""
    start = time.process_time()
    funnel.enter("pii", size)
    if "pii" not in config.skip:
        masked = mask_and_count(document.text)
        if masked.text != document.text:
            document.text, size = masked.text, len(masked.text.encode())
        funnel.other["emails_masked"] += masked.emails
        funnel.other["ip_addresses_masked"] += masked.ip_addresses
    funnel.leave("pii", size)
    funnel.stages["pii"].seconds += time.process_time() - start
