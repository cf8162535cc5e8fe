"""From a crawl to documents: two passes over the files of a crawl, with the search for copies between them.

A folder holds:

    plan.json         the settings and the input files; what is started again with other ones is refused
    documents/        00000.parquet, ... : the documents of each input file, with FineWeb's columns
    dropped/          00000.parquet, ... : the pages that became none, and why
    funnel.json, funnel.png, report.md
    tokens/           token shards for training and validation, where there is a tokenizer
    downloads/        what came from addresses
    work/             what the first pass leaves for the second; gone at the end

Every file is written under another name and renamed, so that a run that was killed goes on with the files that are not
there yet, to the same bytes. Which documents are copies depends on all files, in their order, and on nothing else.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy

from pyllm.data.deduplication import Duplicates, Int64s, find_duplicates
from pyllm.data.documents import read_batches
from pyllm.data.download import download
from pyllm.data.file_stages import (
    DOCUMENTS,
    DUPLICATE_STAGES,
    KEYS,
    WRITTEN,
    Copy,
    FilterTask,
    WriteTask,
    make_filter_file,
    make_write_file,
)
from pyllm.data.funnel import FUNNEL, Funnel, read_funnel
from pyllm.data.funnel_report import write_report
from pyllm.data.page_filter import PageFilter
from pyllm.data.pipeline_config import PipelineConfig
from pyllm.data.quality.thresholds import ENGLISH_STOP_WORDS
from pyllm.data.sources import InputFile, expand_inputs
from pyllm.data.tokenizing import tokenize_documents
from pyllm.data.worker import WorkerDied, WorkerPool
from pyllm.files import LOCK, held, make_folder, write_whole
from pyllm.progress import Progress
from pyllm.threads import available_cores
from pyllm.tokenizer import Tokenizer

PLAN, WORK, DOWNLOADS = "plan.json", "work", "downloads"
FORMAT = "pyllm data 1"
SECONDS_BETWEEN_LOOKS = 0.2
NOT_PLANNED = ("out", "inputs", "processes", "progress")  # may change when a run goes on


@dataclass(frozen=True)
class PipelineResult:
    """What a run has made.

    Attributes:
        folder: all of it.
        documents: the Parquet files.
        funnel: the counts.
        tokens: the folder of token shards, where there is a tokenizer.
    """

    folder: Path
    documents: list[Path]
    funnel: Funnel
    tokens: Path | None


def run(config: PipelineConfig) -> PipelineResult:
    """Runs the pipeline, or what is left of it; see the head of this module.

    Raises:
        OSError: a file cannot be read or written.
        ValueError: a setting or an input is wrong, or the folder holds a run with other ones.
    """
    config = dataclasses.replace(config, out=Path(config.out))
    config.check()
    processes = config.processes or available_cores()
    if problems := PageFilter(config).url_filter.problems:  # or raises, before anything is done
        warnings.warn(
            f"lines of the blocklists that were left out: {len(problems):,}; first {problems[0]}", stacklevel=2
        )
    if config.language and "en" not in config.language and config.gopher_quality.stop_words == ENGLISH_STOP_WORDS:
        warnings.warn(
            f"gopher_quality looks for English stop words: give those of {', '.join(config.language)} as "
            "--gopher-quality.stop-words, or --gopher-quality.min-stop-words None",
            stacklevel=2,
        )
    inputs = expand_inputs(config.inputs)
    make_folder(config.out)
    with held(config.out):
        is_new = _keep_plan(config, inputs)
        if not (config.out / FUNNEL).exists():
            try:
                inputs = [_fetched(file, config) for file in inputs]
            except BaseException:
                if is_new:  # nothing is there yet that other settings could spoil; what came of a file is
                    (config.out / PLAN).unlink()
                raise
            _make_documents(config, inputs, processes)
        shutil.rmtree(config.out / WORK, ignore_errors=True)
        funnel = read_funnel(config.out)
        documents = sorted((config.out / "documents").glob("*.parquet"))
        tokens = None
        if config.tokenizer is not None:
            tokens = config.out / "tokens"
            tokenize_documents(
                documents,
                Tokenizer.load(config.tokenizer),
                tokens,
                validation_fraction=config.validation_fraction,
                threads=processes,
                progress=config.progress,
            )
        return PipelineResult(config.out, documents, funnel, tokens)


def _fetched(file: InputFile, config: PipelineConfig) -> InputFile:
    """The file, downloaded if it is an address; that may end in #sha256=..., to be compared."""
    if not file.url:
        return file
    url, _, sha256 = file.url.partition("#sha256=")
    most = int(config.most_gigabytes * 1e9)
    return file.at(
        download(url, config.out / DOWNLOADS, most_bytes=most, sha256=sha256 or None, progress=config.progress)
    )


def _make_documents(config: PipelineConfig, inputs: Sequence[InputFile], processes: int) -> None:
    for name in (WORK, "documents", "dropped"):
        make_folder(config.out / name)
    folders = [config.out / WORK / f"{index:05d}" for index in range(len(inputs))]
    workers = -(-processes // len(inputs))
    tasks = [FilterTask(file, folder) for file, folder in zip(inputs, folders, strict=True) if not folder.exists()]
    with Progress("Filtering", "pages", show=config.progress) as bar:
        _for_each(tasks, processes, bar, make_filter_file, config, workers)
    funnel = Funnel()
    copies = _copies(folders, config, funnel)
    left = [
        WriteTask(
            folder,
            copies[index],
            config.out / "documents" / f"{folder.name}.parquet",
            config.out / "dropped" / f"{folder.name}.parquet",
        )
        for index, folder in enumerate(folders)
        if not (folder / WRITTEN).exists()
    ]
    with Progress("Writing", "documents", show=config.progress) as bar:
        _for_each(left, processes, bar, make_write_file, config)
    for folder in folders:
        for name in (FUNNEL, WRITTEN):
            funnel.add(Funnel.from_table(json.loads((folder / name).read_bytes())))
    write_report(funnel, config.out)
    write_whole(config.out / FUNNEL, json.dumps(funnel.table(), indent=1).encode())


def _for_each(
    tasks: Sequence[FilterTask] | Sequence[WriteTask],
    processes: int,
    bar: Progress,
    make: Callable[..., Callable[..., None]],
    *arguments: object,
) -> None:
    """Has worker processes, which call make(*arguments), do the tasks, as many at a time as there are processes."""
    if not tasks:
        return
    done = [0] * len(tasks)
    sizes = [task.size for task in tasks]

    def tell(index: int, count: int) -> None:
        done[index] = count

    with WorkerPool(min(processes, len(tasks)), make, *arguments) as pool:
        indices = {pool.submit(task, partial(tell, index)): index for index, task in enumerate(tasks)}
        waiting = set(indices)
        while waiting:
            finished, waiting = wait(waiting, SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
            for future in finished:
                try:
                    future.result()
                except WorkerDied as death:
                    raise OSError(
                        f"{death} (9: killed, perhaps for want of memory); what is finished stays: the same command "
                        "goes on"
                    ) from None
            through = [index for future, index in indices.items() if future not in waiting]
            if through:  # those that are not will have as many to the byte
                share = sum(sizes[index] for index in through) / max(sum(sizes), 1)
                bar.set_total(max(sum(done), round(sum(done[index] for index in through) / max(share, 1e-9))))
            bar.update(sum(done), at_once=not waiting)


def _copies(folders: Sequence[Path], config: PipelineConfig, funnel: Funnel) -> list[list[Copy]]:
    """For each folder, those of its documents that are copies of others."""
    copies: list[list[Copy]] = [[] for _ in folders]
    if "duplicates" in config.skip:
        return copies
    start = time.process_time()
    duplicates = find_duplicates([folder / KEYS for folder in folders])
    funnel.stages["near_duplicates"].seconds += time.process_time() - start
    dropped = numpy.flatnonzero(duplicates.kept != numpy.arange(len(duplicates.kept)))
    originals = _ids(folders, duplicates, numpy.unique(duplicates.kept[dropped]))
    for page in dropped.tolist():
        file, row = duplicates.place(page)
        stage = DUPLICATE_STAGES[not duplicates.exact[page]]
        copies[file].append(Copy(row, stage, originals[int(duplicates.kept[page])]))
    return copies


def _ids(folders: Sequence[Path], duplicates: Duplicates, pages: Int64s) -> dict[int, str]:
    """The ids of documents, which are counted through all folders; the files are read one after the other."""
    ids: dict[int, str] = {}
    for file, folder in enumerate(folders):
        begin, end = duplicates.starts[file : file + 2]
        wanted = pages[numpy.searchsorted(pages, begin) : numpy.searchsorted(pages, end)]
        if len(wanted):
            for batch in read_batches(folder / DOCUMENTS, ("id",)):
                here = wanted[(wanted >= begin) & (wanted < begin + len(batch))]
                ids.update((int(page), batch.column("id")[int(page - begin)].as_py()) for page in here)
                begin += len(batch)
    return ids


def _keep_plan(config: PipelineConfig, inputs: Sequence[InputFile]) -> bool:
    """Writes plan.json, or compares with the one that is there; returns whether it is new.

    Raises:
        ValueError: the folder holds a run with other settings or inputs, or something else.
    """
    path = config.out / PLAN
    settings = {name: value for name, value in dataclasses.asdict(config).items() if name not in NOT_PLANNED}
    plan = json.loads(
        json.dumps({"format": FORMAT, "settings": settings, "inputs": [one.identity for one in inputs]}, default=str)
    )
    if not path.exists():
        if any(one.name not in (LOCK, DOWNLOADS) for one in config.out.iterdir()):
            raise FileExistsError(
                f"{config.out} is not empty, and holds no run of the data pipeline: give another --out"
            )
        write_whole(path, json.dumps(plan, indent=1).encode())
        return True
    try:
        there = json.loads(path.read_bytes())
        changed = [name for name in ("format", "inputs") if there[name] != plan[name]]
        changed += [name for name, value in plan["settings"].items() if there["settings"].get(name) != value]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{path} is damaged: give another --out") from None
    if changed:
        raise ValueError(
            f"{config.out} holds a run with other settings ({', '.join(changed)} differ): give them as they were to "
            "go on with it, or another --out"
        )
    return False
