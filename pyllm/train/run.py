"""The whole way from web pages to an assistant that one can talk to, in one folder: the main job.

A run is a list of parts: data, a tokenizer, tokens, a base model, supervised fine-tuning, practice on answers that can
be checked, and imitation with the same compute beside it; behind each model an examination. A part that has been done
says so in metrics.jsonl, so that a run that was stopped anywhere goes on from there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyllm import checkpoint
from pyllm.files import file_size, write_whole
from pyllm.model import ModelConfig
from pyllm.ops.library import library
from pyllm.progress import Outline, Progress
from pyllm.threads import checked_threads, set_num_threads
from pyllm.tokenizer import SPECIAL_TOKENS, Tokenizer
from pyllm.train import recipe
from pyllm.train.pretrain import pretrain_in
from pyllm.train.pretrain_config import PretrainConfig, check_settings
from pyllm.train.result import Result
from pyllm.train.run_config import LENGTHS, RunConfig, check, megabytes_of
from pyllm.train.run_folder import RunFolder, going_on, table_of
from pyllm.train.training_config import NOT_STORED, AnyConfig

if TYPE_CHECKING:
    from pyllm.data.pipeline import PipelineResult

NAME = "run"
COMMAND = "pyllm run"
BYTES_A_MERGE = 1000  # of text: a merge that few places use teaches the model little
EXAMINED = {"pretrain": "base", "sft": "sft", "grpo": "grpo", "imitation": "imitation"}
MOST_NGRAM_TOKENS = 20_000_000  # beyond, counting them takes gigabytes
STORY_TOKENS = 200
STORY_TEMPERATURE = 0.8


@dataclass(frozen=True)
class _Part:
    """A part of a run: its name, and what does it; a Result where it is a stage of training."""

    name: str
    work: Callable[[], Result | None]


def run(config: RunConfig) -> Result:
    """Does it all; leaves all there is to know in RUNS/NAME, with a report.

    Returns:
        The result of the last stage of training, or of the one that was stopped.

    Raises:
        OSError, ValueError, NonFiniteError: as the stages do, and the data pipeline.
        ImportError: web pages need the libraries of the extra `pyllm[data]`, and one is missing.
    """
    check(config)
    library()
    checked_threads(config.threads)
    folder = config.folder
    with folder.at_work(config.resume):
        return _Run(folder, _settings(folder, config)).go()


def _settings(folder: RunFolder, config: RunConfig) -> RunConfig:
    """The settings of a new run, stored; or those that it was begun with."""
    absolute = tuple(one if "://" in one else str(Path(one).absolute()) for one in config.warc)
    config = replace(config, text=tuple(path.absolute() for path in config.text), warc=absolute)
    if NAME in (tables := folder.read_tables()):
        stored = dict(tables[NAME])
        stored |= {"text": tuple(map(Path, stored["text"])), "warc": tuple(stored["warc"])}
        return going_on(RunConfig(**stored), config, NOT_STORED, frozenset(("stop_after", "threads")))
    if config.minutes is None:
        defaults = {name: getattr(recipe.DEFAULT, name) for name in LENGTHS if getattr(config, name) is None}
        config = replace(config, **defaults)
    if not config.text and not config.warc and config.megabytes is None:
        megabytes = recipe.MEGABYTES if config.minutes is None else recipe.megabytes_in(config.minutes)
        config = replace(config, megabytes=megabytes)
    check_settings(_pretraining(folder, replace(config, pretrain_tokens=config.pretrain_tokens or 1)))
    _store(folder, config)
    return config


def _store(folder: RunFolder, config: RunConfig) -> None:
    folder.write_config(NAME, {name: value for name, value in table_of(config).items() if name not in NOT_STORED})


def _pretraining(folder: RunFolder, config: RunConfig) -> PretrainConfig:
    assert config.pretrain_tokens
    data = config.text or (folder.tokens,)
    return recipe.pretraining(data, folder.tokenizer, config.depth, config.context, config.pretrain_tokens)


class _Run:
    """A run's parts, and what they share."""

    def __init__(self, folder: RunFolder, config: RunConfig) -> None:
        self.folder, self.config = folder, config

    def go(self) -> Result:
        """Does the parts that are not done."""
        from pyllm.report import write_report

        config, folder = self.config, self.folder
        if config.threads is not None:
            set_num_threads(config.threads)
        parts = list(self._parts())
        done = {line["part"] for line in folder.read_metrics(NAME) if "part" in line}
        result = None
        with Outline([*(part.name for part in parts), "report"], config.progress) as outline:
            for part in parts:
                if part.name in done:
                    outline.skip(part.name)
                    continue
                start = time.monotonic()
                with outline.part(part.name):
                    came = part.work()
                if came is not None:
                    result = came
                    if came.stopped_by:
                        return came
                with folder.metrics_writer(NAME) as write:
                    write(0, part=part.name, seconds=round(time.monotonic() - start, 2))
            with outline.part("report"):
                report = write_report(folder)
        return replace(result or self._last_result(), report=report)

    def _parts(self) -> Iterator[_Part]:
        """The parts in their order, up to the last one that is wanted."""
        for part in self._all_parts():
            yield part
            if part.name == (self.config.stop_after if part.name not in EXAMINED else None):
                return
            if self.config.stop_after in EXAMINED and part.name == _examination(EXAMINED[self.config.stop_after]):
                return

    def _all_parts(self) -> Iterator[_Part]:
        config = self.config
        if not config.text:
            if not config.warc:
                yield _Part("crawl", self._crawl)
            yield _Part("documents", self._documents)
        yield _Part("tokenizer", self._tokenizer)
        if not config.text:
            yield _Part("tokens", self._tokens)
        for stage, train in (
            ("pretrain", self._pretrain),
            ("sft", self._sft),
            ("grpo", self._grpo),
            ("imitation", self._imitation),
        ):
            yield _Part(stage, train)
            yield _Part(_examination(EXAMINED[stage]), lambda stage=stage: self._examine(stage))  # type: ignore[misc]

    # Data

    def _crawl(self) -> None:
        from pyllm.data.miniweb import TRUTH, write_crawl

        config, crawl = self.config, self.folder.crawl
        if not (crawl / TRUTH).exists():  # it is written last
            write_crawl(crawl, megabytes=megabytes_of(config), seed=config.seed, progress=config.progress)

    def _documents(self) -> None:
        """The documents of the run's web pages."""
        result = self._run_pipeline()
        if not result.funnel.kept:
            raise ValueError(
                f"of {result.funnel.pages:,} pages none became a document: see {result.folder / 'report.md'}"
            )

    def _run_pipeline(self) -> PipelineResult:
        """Makes the documents, or finds them made."""
        from pyllm.data.miniweb import CUT_OFF_DATE, WARC
        from pyllm.data.pipeline import run as run_pipeline
        from pyllm.data.pipeline_config import PipelineConfig

        config, folder = self.config, self.folder
        own = bool(config.warc)
        pipeline = PipelineConfig(
            inputs=config.warc if own else (str(folder.crawl / WARC),),
            out=folder.documents,
            before=None if own else CUT_OFF_DATE,
            blocklist=() if own else tuple(sorted((folder.crawl / "blocklists").iterdir())),
            processes=config.threads,
            progress=config.progress,
        )
        return run_pipeline(pipeline)

    def _tokenizer(self) -> None:
        """Trains the run's tokenizer on its text."""
        config = self.config
        if config.text:
            self._train_tokenizer(config.text, sum(map(file_size, config.text)))
        else:
            from pyllm.data.documents import document_texts

            result = self._run_pipeline()
            self._train_tokenizer(document_texts(result.documents), result.funnel.stages["pii"].bytes_out)

    def _train_tokenizer(self, corpus: Any, size: int) -> None:
        config = self.config
        smallest, wanted = 256 + len(SPECIAL_TOKENS), ModelConfig.derive(config.depth)[0].vocab_size
        tokenizer = Tokenizer.train(
            corpus,
            config.vocab_size or min(wanted, smallest + size // BYTES_A_MERGE),
            pattern=recipe.PATTERN,
            special_tokens=SPECIAL_TOKENS,
            threads=config.threads,
            progress=config.progress,
        )
        tokenizer.save(self.folder.tokenizer)

    def _tokens(self) -> None:
        from pyllm.data.tokenizing import tokenize_documents

        config, folder = self.config, self.folder
        documents = self._run_pipeline().documents
        tokenizer = Tokenizer.load(folder.tokenizer)
        tokenize_documents(documents, tokenizer, folder.tokens, threads=config.threads, progress=config.progress)

    # Stages of training

    def _pretrain(self) -> Result:
        if self.config.pretrain_tokens is None:
            self._measure()
        return pretrain_in(self.folder, self._settings_of("pretrain", _pretraining(self.folder, self.config)), COMMAND)

    def _measure(self) -> None:
        """Turns the minutes into lengths of the stages, and stores them in their place."""
        config = self.config
        assert config.minutes
        vocab_size = Tokenizer.load(self.folder.tokenizer).vocab_size
        lengths = recipe.lengths_in(config.minutes, config.depth, vocab_size, config.context)
        measured = {name: getattr(lengths, name) for name in LENGTHS if getattr(config, name) is None}
        self.config = replace(config, **measured)
        _store(self.folder, self.config)

    def _sft(self) -> Result:
        from pyllm.train.sft import sft_in

        config, folder = self.config, self.folder
        assert config.sft_steps
        replay = folder.shards if config.text else folder.tokens
        settings = recipe.tuning((replay,), config.depth, config.sft_steps)
        return sft_in(folder, self._settings_of("sft", settings), COMMAND, self._model("pretrain"))

    def _grpo(self) -> Result:
        from pyllm.train.grpo import grpo_in

        assert self.config.grpo_steps
        settings = recipe.practising(self.config.grpo_steps)
        return grpo_in(self.folder, self._settings_of("grpo", settings), COMMAND, start=self._model("sft"))

    def _imitation(self) -> Result:
        from pyllm.train.imitation import imitation_config
        from pyllm.train.sft import sft_in
        from pyllm.train.sft_config import SftConfig
        from pyllm.train.training_config import read_settings

        stored = read_settings(self.folder, "sft", SftConfig())
        assert stored is not None
        settings = imitation_config(self.folder, stored[0])
        return sft_in(
            self.folder, self._settings_of("imitation", settings), COMMAND, self._model("sft"), stage="imitation"
        )

    def _settings_of(self, stage: str, settings: AnyConfig) -> AnyConfig:
        """A stage's settings within this run; where it has begun, those that are not stored."""
        config = self.config
        if stage in self.folder.read_tables():
            settings, resume = type(settings)(), True
        else:
            settings, resume = replace(settings, seed=config.seed), False
        return replace(
            settings,
            name=config.run_name,
            runs=config.runs,
            threads=config.threads,
            resume=resume,
            progress=config.progress,
        )

    def _model(self, stage: str) -> Path:
        """The last checkpoint of a stage that has come to its end."""
        return checkpoint.newest(self.folder.checkpoints, stage)[0].path

    def _last_result(self) -> Result:
        """What there is to say of a run all of whose parts had been done."""
        none = {
            "loss": float("nan"),
            "validation_loss": None,
            "bits_per_byte": None,
            "stopped_by": None,
            "report": None,
        }
        return Result(run=self.folder.path, checkpoint=None, step=0, seconds=0.0, **none)  # type: ignore[arg-type]

    # Examinations

    def _examine(self, stage: str) -> None:
        """Asks the model of a stage held-out problems, and writes examination/STAGE.json."""
        from pyllm.tasks.examination import examine
        from pyllm.train.trained_models import open_model

        config, folder, name = self.config, self.folder, EXAMINED[stage]
        model, tok = open_model(self._model(stage), trainable=False)
        with Progress(f"examining {name}", "%", total=100, show=config.progress) as bar:
            found = examine(
                model,
                tok,
                list(recipe.EXAMINATION),
                recipe.EXAMINATION,
                seed=config.seed,
                stage=name,
                as_document=stage == "pretrain",
                show=lambda share: bar.update(int(100 * share)),
            )
        folder.examinations.mkdir(exist_ok=True)
        write_whole(folder.examinations / f"{name}.json", json.dumps(found, indent=1).encode())
        if stage == "pretrain":
            self._compare_base(model, tok)

    def _compare_base(self, model: Any, tok: Tokenizer) -> None:
        """The base model's stories, and what a model of 4-grams makes of the same tokens."""
        from pyllm.engine import Engine
        from pyllm.train.evaluation import token_lengths
        from pyllm.train.ngram import ngram_bits_per_byte
        from pyllm.train.pretrain_config import PretrainConfig
        from pyllm.train.pretrain_data import tokens_of
        from pyllm.train.training_config import read_settings

        folder, special = self.folder, tok.special_tokens
        stored = read_settings(folder, "pretrain", PretrainConfig())
        assert stored is not None
        training, validation = tokens_of(folder, stored[0], tok)
        prompt = [special["<|endoftext|>"], *tok.encode_ordinary(recipe.STORY_BEGINNING)]
        stories = Engine(model, tok).generate(
            [prompt],
            n=recipe.STORIES,
            max_new_tokens=min(STORY_TOKENS, model.cfg.context - len(prompt)),
            temperature=STORY_TEMPERATURE,
            stop="<|endoftext|>",
            seed=self.config.seed,
        )
        with folder.metrics_writer(NAME) as write:
            for story in stories:
                ids = [id for id in prompt + story.ids if id not in special.values()]
                write(0, story=tok.decode(ids))
            if validation is not None and len(training) <= MOST_NGRAM_TOKENS:
                start = time.monotonic()
                lengths = token_lengths(tok, model.cfg.vocab_size)
                _, bits, _ = ngram_bits_per_byte(training, validation, lengths)
                if bits is not None:
                    seconds = round(time.monotonic() - start, 2)
                    write(0, ngram_bits_per_byte=bits, ngram_order=4, ngram_seconds=seconds)


def _examination(name: str) -> str:
    return f"examination of {name}"
