"""The whole way from web pages to a model that one can sample from, in one folder: the main job.

Today: a crawl, documents, a tokenizer, tokens, pretraining. Each part is skipped when its files are there, so that a
run that was stopped anywhere goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tyro.conf import UseAppendAction

from pyllm.files import file_size
from pyllm.model import ModelConfig
from pyllm.options import OptionalFloat, OptionalInt, OptionalSwitch, OptionalText
from pyllm.tokenizer import SPECIAL_TOKENS, Tokenizer
from pyllm.train.pretrain import pretrain_in
from pyllm.train.pretrain_config import PretrainConfig, check_settings
from pyllm.train.result import Result
from pyllm.train.run_folder import RunFolder, going_on, table_of
from pyllm.train.training_config import NOT_STORED

if TYPE_CHECKING:
    from pyllm.data.pipeline import PipelineResult

NAME = "run"
MINUTES = 2.0
MOST_MEGABYTES = 100_000
BYTES_A_MERGE = 1000  # of text: a merge that few places use teaches the model little


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Settings of the whole way; `pyllm pretrain` has many more for its part.

    Args:
        text: a text file to train on as it is; may be given several times.
        warc: web pages to make text of: WARC files, or whatever `pyllm data run` reads; may be given several times.
            Default, without a text: the small internet, which is made for the run.
        megabytes: of clean text in the small internet, about.
        name: of the run; it lives in RUNS/NAME. Default: the first text's or the first crawl's, or "miniweb".
        runs: the folder of all runs.
        depth: the dial: the number of layers, from which the rest of the model and of training follows.
        minutes: how long pretraining may take, about, with evaluation, samples and checkpoints; default: 2, unless
            steps or tokens are given.
        steps: updates, instead of minutes.
        tokens: to train on, instead of minutes.
        vocab_size: ids of the tokenizer; default: what the depth asks for, and less for a short text.
        context: tokens that the model sees at once; default: what the depth asks for.
        optimizer: "adamw", or "muon" for the matrices of the blocks, with AdamW for the rest.
        sample_prompt: what samples go on from.
        seed: of everything that is random.
        threads: default: all cores given to the process.
        resume: go on with the run of that name; all other settings are those it was begun with, but for steps: with
            more of them, a run that is complete goes on, at the learning rates of the longer schedule.
        from_step: with resume: from the checkpoint of this step instead of the last; later ones are set aside.
        progress: show progress; default: on a terminal or in a notebook.
    """

    text: UseAppendAction[tuple[Path, ...]] = ()
    warc: UseAppendAction[tuple[str, ...]] = ()
    megabytes: float = 5.0
    name: OptionalText = None
    runs: Path = Path("runs")
    depth: int = 3
    minutes: OptionalFloat = None
    steps: OptionalInt = None
    tokens: OptionalInt = None
    vocab_size: OptionalInt = None
    context: OptionalInt = None
    optimizer: Literal["adamw", "muon"] = "adamw"
    sample_prompt: OptionalText = None
    seed: int = 0
    threads: OptionalInt = None
    resume: bool = False
    from_step: OptionalInt = None
    progress: OptionalSwitch = None

    @property
    def run_name(self) -> str:
        """The name given, or the default."""
        if self.name is not None:
            return self.name
        if self.text:
            return self.text[0].stem
        return Path(self.warc[0]).name.partition(".")[0].strip("*?") or "crawl" if self.warc else "miniweb"

    @property
    def folder(self) -> RunFolder:
        """Where the run lives. Raises as PretrainConfig.folder does."""
        return PretrainConfig(name=self.run_name, runs=self.runs).folder


def run(config: RunConfig) -> Result:
    """Trains a tokenizer on a text, and a model on its tokens; leaves all there is to know in RUNS/NAME.

    Raises:
        OSError, ValueError, NonFiniteError: as pretrain does, and the data pipeline.
        ImportError: web pages need the libraries of the extra `pyllm[data]`, and one is missing.
    """
    for path in config.text:
        if not file_size(path):
            raise ValueError(f"{path} is empty")
    folder = config.folder
    if config.text and config.warc:
        raise ValueError("text and warc exclude each other: give either text or web pages")
    if not 0 < config.megabytes <= MOST_MEGABYTES:
        raise ValueError(f"megabytes must be above 0, up to {MOST_MEGABYTES:,}, got {config.megabytes}")
    with folder.at_work(config.resume):
        pretraining = _pretraining(folder, config)
        check_settings(pretraining)
        absolute = tuple(one if "://" in one else str(Path(one).absolute()) for one in config.warc)
        config = replace(config, text=tuple(path.absolute() for path in config.text), warc=absolute)
        if NAME in (tables := folder.read_tables()):
            stored = tables[NAME]
            stored |= {"text": tuple(map(Path, stored["text"])), "warc": tuple(stored["warc"])}
            config = going_on(RunConfig(**stored), config, NOT_STORED, frozenset(("steps", "threads")))
        else:
            folder.write_config(NAME, {k: v for k, v in table_of(config).items() if k not in NOT_STORED})
        if config.text:
            _tokenizer(folder, config, config.text, sum(map(file_size, config.text)))
        else:
            from pyllm.data.documents import document_texts
            from pyllm.data.tokenizing import tokenize_documents

            result = _documents(folder, config)
            tokenizer = _tokenizer(
                folder, config, document_texts(result.documents), result.funnel.stages["pii"].bytes_out
            )
            tokenize_documents(
                result.documents, tokenizer, folder.tokens, threads=config.threads, progress=config.progress
            )
        if "pretrain" not in tables:
            pretraining = _pretraining(folder, config)
        return pretrain_in(folder, pretraining, "pyllm run")


def _documents(folder: RunFolder, config: RunConfig) -> PipelineResult:
    """The documents of the run's web pages."""
    from pyllm.data.miniweb import CUT_OFF_DATE, TRUTH, WARC, write_crawl
    from pyllm.data.pipeline import run as run_pipeline
    from pyllm.data.pipeline_config import PipelineConfig

    inputs, before = config.warc, None
    blocklists: tuple[Path, ...] = ()
    if not inputs:
        if not (folder.crawl / TRUTH).exists():  # it is written last
            write_crawl(folder.crawl, megabytes=config.megabytes, seed=config.seed, progress=config.progress)
        inputs, before = (str(folder.crawl / WARC),), CUT_OFF_DATE
        blocklists = tuple(sorted((folder.crawl / "blocklists").iterdir()))
    pipeline = PipelineConfig(
        inputs=inputs,
        out=folder.documents,
        before=before,
        blocklist=blocklists,
        processes=config.threads,
        progress=config.progress,
    )
    result = run_pipeline(pipeline)
    if not result.funnel.kept:
        raise ValueError(f"of {result.funnel.pages:,} pages none became a document: see {result.folder / 'report.md'}")
    return result


def _tokenizer(folder: RunFolder, config: RunConfig, corpus: Sequence[Path] | Iterator[str], size: int) -> Tokenizer:
    """The run's tokenizer, trained on a corpus of so many bytes at the first call."""
    if folder.tokenizer.exists():
        return Tokenizer.load(folder.tokenizer)
    smallest, wanted = 256 + len(SPECIAL_TOKENS), ModelConfig.derive(config.depth)[0].vocab_size
    tokenizer = Tokenizer.train(
        corpus,
        config.vocab_size or min(wanted, smallest + size // BYTES_A_MERGE),
        special_tokens=SPECIAL_TOKENS,
        threads=config.threads,
        progress=config.progress,
    )
    tokenizer.save(folder.tokenizer)
    return tokenizer


def _pretraining(folder: RunFolder, config: RunConfig) -> PretrainConfig:
    """The settings of its pretraining; for one that has begun, those that are not stored or may change."""
    ours: dict[str, Any] = {
        name: getattr(config, name) for name in ("runs", "threads", "resume", "from_step", "progress")
    }
    ours["name"] = config.run_name
    if "pretrain" in folder.read_tables():
        return PretrainConfig(steps=config.steps, **ours)
    minutes = MINUTES if config.minutes is None and config.steps is None and config.tokens is None else config.minutes
    return PretrainConfig(
        data=config.text or (folder.tokens,),
        tokenizer=folder.tokenizer,
        depth=config.depth,
        minutes=minutes,
        steps=config.steps,
        tokens=config.tokens,
        context=config.context,
        optimizer=config.optimizer,
        sample_prompt=config.sample_prompt,
        seed=config.seed,
        **ours,
    )
