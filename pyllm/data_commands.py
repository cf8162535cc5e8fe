"""`pyllm data run | inspect | tokenize | miniweb | grade`."""

from __future__ import annotations

import shlex
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from pyllm.data.document import Document
from pyllm.data.dropped import Dropped
from pyllm.data.funnel import read_funnel
from pyllm.data.funnel_report import print_funnel, print_table, summary
from pyllm.data.inspection import dropped_pages, page_named
from pyllm.data.pipeline import run as run_pipeline
from pyllm.data.pipeline_config import PipelineConfig
from pyllm.files import file_size
from pyllm.options import OptionalInt, OptionalText
from pyllm.tokenizer import Tokenizer
from pyllm.tokenizer_commands import parquet_files
from pyllm.train.display import printable

Pipeline = Annotated[PipelineConfig, tyro.conf.arg(name="")]


def run(config: Pipeline) -> None:
    """Make documents of web pages: extract, filter, deduplicate, mask; then tokens.

    Ctrl-C stops; the same command goes on with what is not finished.
    """
    config = replace(config, progress=True) if config.progress is None else config
    try:
        result = run_pipeline(config)
    except KeyboardInterrupt:
        print("\npyllm: what is finished stays: the same command goes on", file=sys.stderr)
        raise
    console = Console(highlight=False)
    print_funnel(result.funnel, console)
    console.print(f"\n{summary(result.funnel)}", soft_wrap=True)
    shown = shlex.quote(str(result.folder))
    print(f"Documents: {result.folder / 'documents'}\nReport:    {result.folder / 'report.md'}")
    if result.tokens is not None:
        print(f"Tokens:    {result.tokens}")
    print(f"Next: pyllm data inspect {shown}")


def inspect(
    folder: tyro.conf.Positional[Path],
    /,
    *,
    stage: OptionalText = None,
    reason: OptionalText = None,
    page: OptionalText = None,
    count: int = 3,
    characters: int = 1500,
) -> None:
    """Show the funnel of a run, or pages that were dropped and why.

    Args:
        folder: what `pyllm data run` has written.
        stage: show pages that this stage dropped.
        reason: show pages that were dropped for this reason.
        page: a URL, an id or a file: show what became of it, or of those in it.
        count: how many pages to show.
        characters: of each page.
    """
    console = Console(highlight=False, markup=False, soft_wrap=True)
    if page is not None:
        found = list(page_named(folder, page))
        if not found:
            raise ValueError(f"{folder} knows no page {page}")
        for one in found:
            _show(console, one, characters)
        return
    funnel = read_funnel(folder)
    if stage is None and reason is None:
        print_funnel(funnel, console)
        console.print(f"\n{summary(funnel)}")
        reasons = [(name, why) for name, counts in funnel.stages.items() for why in counts.reasons]
        if reasons:
            name, why = reasons[-1]
            console.print(f"Next: pyllm data inspect {shlex.quote(str(folder))} --stage {name} --reason {why}")
        return
    known = [
        (name, why)
        for name, counts in funnel.stages.items()
        for why in counts.reasons
        if stage in (None, name) and reason in (None, why)
    ]
    if not known:
        what = " ".join(filter(None, (stage, reason)))
        raise ValueError(f"nothing was dropped by {what!r}; `pyllm data inspect {folder}` lists the stages and reasons")
    some = list(islice(dropped_pages(folder, stage, reason, with_sample=True), count))
    for one in some or islice(dropped_pages(folder, stage, reason), count):
        _show(console, one, characters)


def tokenize(
    documents: tyro.conf.Positional[tuple[Path, ...]],
    /,
    *,
    tokenizer: Path,
    out: Path,
    validation_fraction: float = 0.05,
    threads: OptionalInt = None,
) -> None:
    """Make token shards of Parquet files of documents, ready for `pyllm pretrain`.

    Args:
        documents: Parquet files with a column "text", or folders of such.
        tokenizer: a tokenizer.json.
        out: the folder for the shards: train and validation in it.
        validation_fraction: of the documents, by a hash of their ids.
        threads: default: all cores given to the process.
    """
    from pyllm.data.tokenizing import tokenize_documents

    files = parquet_files(documents)
    if not files:
        raise ValueError(f"{documents[0]} is no Parquet file: give those of documents, or folders of such")
    file_size(tokenizer)
    sides = tokenize_documents(
        files,
        Tokenizer.load(tokenizer),
        out,
        validation_fraction=validation_fraction,
        threads=threads,
        progress=True,
    )
    for name, side in sides.items():
        print(f"{name}: {side.tokens:,} tokens of {side.documents:,} documents")
    print(f"Tokens: {out}\nNext: pyllm pretrain {shlex.quote(str(out))} --tokenizer {shlex.quote(str(tokenizer))}")


def miniweb(*, out: Path = Path("miniweb"), megabytes: float = 5.0, seed: int = 0) -> None:
    """Make a small internet: WARC files like a crawl's, and the truth about each page.

    Args:
        out: the folder for them.
        megabytes: of clean text.
        seed: of all that is random: the same seed makes the same bytes.
    """
    from pyllm.data.miniweb import CUT_OFF_DATE, WARC, write_crawl

    if out.is_dir() and any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty: remove it, or give another --out")
    write_crawl(out, megabytes=megabytes, seed=seed, progress=True)
    lists = [f"--blocklist {shlex.quote(str(path))}" for path in sorted((out / "blocklists").iterdir())]
    pages = shlex.quote(str(out / WARC))
    print(f"Written to {out}")
    print(f"Next: pyllm data run {pages} --out clean --before {CUT_OFF_DATE} {' '.join(lists)}")


def grade(
    folder: tyro.conf.Positional[Path],
    /,
    *,
    truth: Path,
) -> None:
    """Compare what `pyllm data run` made of the small internet with the truth about its pages.

    Args:
        folder: what `pyllm data run` has written.
        truth: the truth.gz that `pyllm data miniweb` has written.
    """
    from pyllm.data.miniweb.grading import grade

    graded = grade(folder, truth)
    if graded.unlisted:
        warnings.warn(f"{graded.unlisted:,} of the {graded.pages:,} pages in {truth} are not in {folder}", stacklevel=1)
    console = Console(highlight=False)
    print_table(console, "Against the truth", ("measure", "figure", "over"), graded.rows(), words=1)
    wrong = [(reason, f"{count:,}") for reason, count in graded.wrong.most_common()]
    if wrong:
        print_table(console, "Kept, but not to be kept: why not", ("truth", "pages"), wrong, words=1)
    missed = [(*why, f"{count:,}") for why, count in graded.missed.most_common()]
    if missed:
        print_table(console, "Dropped, but to be kept", ("kind", "stage", "reason", "pages"), missed, words=3)


COMMANDS: dict[str, Callable[..., None]] = {
    "run": run,
    "inspect": inspect,
    "tokenize": tokenize,
    "miniweb": miniweb,
    "grade": grade,
}


def _show(console: Console, one: Document | Dropped, characters: int) -> None:
    console.rule(style="dim")
    if isinstance(one, Dropped):
        why = f"dropped by {one.stage}: {one.reason}" + (f" ({one.detail})" if one.detail else "")
        text = one.sample
    else:
        why, text = f"kept: {one.language} {one.language_score:.2f}", one.text
    for name, value in (("url", one.url), ("id", one.id), ("date", one.date), ("file", one.file_path), ("", why)):
        if value:
            console.print(printable(f"{name}: {value}" if name else value), style="bold" if not name else "dim")
    cut = " ..." if len(text) > characters else ""
    console.print("\n" + printable(text[:characters]) + cut + "\n")
