"""The whole way from web pages to an assistant that one can talk to, in one folder: the main job.

A run is a list of parts: data, a tokenizer, tokens, a base model, supervised fine-tuning, practice on answers that can
be checked, and imitation with the same compute beside it; preferences, a reward model of them, PPO against that, and
PPO pushed on until it is gamed; behind each model an examination. A part that has been done
says so in metrics.jsonl, so that a run that was stopped anywhere goes on from there.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyllm import checkpoint
from pyllm.files import file_size
from pyllm.model import ModelConfig
from pyllm.ops.library import library
from pyllm.progress import Outline
from pyllm.threads import checked_threads, set_num_threads
from pyllm.tokenizer import SPECIAL_TOKENS, Tokenizer
from pyllm.train import recipe
from pyllm.train.loop import Outcome
from pyllm.train.ppo_config import CRITIC, PpoConfig
from pyllm.train.pretrain import pretrain_in
from pyllm.train.pretrain_config import PretrainConfig, check_settings
from pyllm.train.result import Result, result_of
from pyllm.train.run_config import LENGTHS, SMALLEST_VOCABULARY, RunConfig, check, check_stop, megabytes_of
from pyllm.train.run_folder import RunFolder, going_on, table_of
from pyllm.train.training_config import NOT_STORED, AnyConfig

if TYPE_CHECKING:
    from pyllm.data.pipeline import PipelineResult

NAME = "run"
COMMAND = "pyllm run"
FEW = 0.5  # of the tokens of a run without minutes, below which its tasks are hardly learned
BYTES_A_MERGE = 1000  # of text: a merge that few places use teaches the model little
COMMANDS = ("pretrain", "sft", "grpo", "reward")  # stages that a command of their own can go on with
EXAMINED = {"pretrain": "base", "sft": "sft", "grpo": "grpo", "imitation": "imitation", "ppo": "ppo"}
PUSHED = "overoptimisation"
LOOKED_AT = 50  # conversations of each task, to see whether they fit into the context
ALWAYS_GIVEN = NOT_STORED | {"stop_after"}


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
    if config.resume:
        config = going_on(_stored(folder), config, ALWAYS_GIVEN, ("threads",))
        check_stop(config)
        return config
    if config.minutes is None:
        config = _with_lengths(config)
    if not config.text and not config.warc and config.megabytes is None:
        megabytes = recipe.MEGABYTES if config.minutes is None else recipe.megabytes_in(config.minutes)
        config = replace(config, megabytes=megabytes)
    settings = _pretraining(folder, replace(config, pretrain_tokens=config.pretrain_tokens or 1))
    check_settings(replace(settings, seed=config.seed))
    _store(folder, config)
    return config


def _stored(folder: RunFolder) -> RunConfig:
    """The settings that a run was begun with.

    Raises:
        ValueError: it is no run of this kind, or its table is damaged.
    """
    table = folder.read_tables().get(NAME)
    if table is None:
        raise ValueError(f"{folder.path} is not from `{COMMAND}`: go on with it by the command that began it")
    if unknown := set(table) - {field.name for field in fields(RunConfig)}:
        raise ValueError(f"{folder.config} has the unknown setting {min(unknown)!r} in its table {NAME}")
    text, warc = table.get("text", ()), table.get("warc", ())
    config = RunConfig(**{**table, "text": tuple(map(Path, text)), "warc": tuple(warc)})
    return config if config.minutes is not None else _with_lengths(config)


def _with_lengths(config: RunConfig) -> RunConfig:
    """The settings with the default's lengths where none are given."""
    return replace(config, **{name: getattr(recipe.DEFAULT, name) for name in LENGTHS if getattr(config, name) is None})


def _store(folder: RunFolder, config: RunConfig) -> None:
    folder.write_config(NAME, {name: value for name, value in table_of(config).items() if name not in ALWAYS_GIVEN})


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
        done = {line["part"] for line in folder.read_metrics(NAME) if "part" in line and "stopped" not in line}
        with Outline([*(part.name for part in parts), "report"], config.progress) as outline:
            for part in parts:
                if part.name in done:
                    outline.skip(part.name)
                    continue
                start = time.monotonic()
                with outline.part(part.name), _named(part.name):
                    result = part.work()
                    stopped = result is not None and result.stopped_by is not None
                    if stopped:
                        outline.stop()
                with folder.metrics_writer(NAME) as write:
                    seconds = round(time.monotonic() - start, 2)
                    write(0, part=part.name, seconds=seconds, **({"stopped": True} if stopped else {}))
                if result is not None and stopped:
                    return result
            with outline.part("report"):
                report = write_report(folder)
        return replace(self._result([part.name for part in parts if part.name in EXAMINED]), report=report)

    def _result(self, stages: list[str]) -> Result:
        """What came of the last of some stages, which are complete; where there is none, what is known of the run."""
        if not stages:
            return result_of(self.folder, NAME, Outcome(), None)
        path, state = self._checkpoint(stages[-1])
        step, seconds, loss = int(state["step"]), float(state["seconds"]), float(state["loss"])
        outcome = Outcome(step=step, seconds=seconds, loss=loss, checkpoint=path)
        return result_of(self.folder, stages[-1], outcome, None)

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
            ("preferences", self._preferences),
            ("reward", self._reward),
            ("ppo", self._ppo),
            (PUSHED, self._push_on),
        ):
            yield _Part(stage, train)
            if stage in EXAMINED:
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
        if not own:
            self._crawl()  # which somebody may have removed
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
        wanted = max(recipe.VOCABULARY, ModelConfig.derive(config.depth)[0].vocab_size)
        tokenizer = Tokenizer.train(
            corpus,
            config.vocab_size or min(wanted, SMALLEST_VOCABULARY + size // BYTES_A_MERGE),
            pattern=recipe.PATTERN,
            special_tokens=SPECIAL_TOKENS,
            threads=config.threads,
            progress=config.progress,
        )
        tokenizer.save(self.folder.tokenizer)

    def _own_tokenizer(self) -> Tokenizer:
        """The run's tokenizer, which has been trained."""
        file_size(self.folder.tokenizer)
        return Tokenizer.load(self.folder.tokenizer)

    def _tokens(self) -> None:
        from pyllm.data.tokenizing import tokenize_documents

        config, folder = self.config, self.folder
        documents = self._run_pipeline().documents
        tokenizer = self._own_tokenizer()
        tokenize_documents(documents, tokenizer, folder.tokens, threads=config.threads, progress=config.progress)

    # Stages of training

    def _pretrain(self) -> Result:
        if any(getattr(self.config, name) is None for name in LENGTHS):
            self._measure()
        if "pretrain" not in self.folder.read_tables() and self.config.stop_after != "pretrain":
            self._check_context()
        return pretrain_in(self.folder, self._settings_of("pretrain", _pretraining(self.folder, self.config)), COMMAND)

    def _measure(self) -> None:
        """Turns the minutes into lengths of the stages, and stores them in their place."""
        config = self.config
        assert config.minutes
        vocab_size = self._own_tokenizer().vocab_size
        lengths = recipe.lengths_in(config.minutes, config.depth, vocab_size, config.context)
        measured = {name: getattr(lengths, name) for name in LENGTHS if getattr(config, name) is None}
        self.config = replace(config, **measured)
        _store(self.folder, self.config)
        tokens, usual = self.config.pretrain_tokens, recipe.DEFAULT.pretrain_tokens
        if tokens and tokens < FEW * usual:
            warnings.warn(
                f"minutes is {config.minutes:g}, enough to see every stage at work, not for an assistant: its base "
                f"model reads {tokens:,} tokens, that of a run without --minutes {usual:,}",
                stacklevel=2,
            )

    def _check_context(self) -> None:
        """Looks, before the longest part begins, whether what fine-tuning shows fits into the model's context.

        Raises:
            ValueError: none of it does.
        """
        from pyllm.tasks.registry import chosen_tasks
        from pyllm.train.mixture import Renderer, TaskPart, weights_of

        config = self.config
        tok = self._own_tokenizer()
        context = ModelConfig.derive(config.depth, context=config.context)[0].context
        renderer, left_out = Renderer(tok, context), []
        tasks = chosen_tasks(list(weights_of(recipe.TASKS)))
        for name, task in tasks.items():
            part = TaskPart(task, renderer, config.seed)
            too_long = sum(part.rendered(index) is None for index in range(LOOKED_AT))
            if too_long:
                left_out.append(f"{too_long / LOOKED_AT:.0%} of {name}")
        if left_out:
            warnings.warn(
                f"a context of {context} tokens is too short for some conversations of fine-tuning, which are left "
                f"out: {', '.join(left_out)}",
                stacklevel=2,
            )
        if left_out == [f"100% of {name}" for name in tasks]:
            raise ValueError(
                f"a context of {context} tokens is too short for any conversation: give a longer one, or stop after "
                "pretrain"
            )

    def _sft(self) -> Result:
        from pyllm.train.sft import sft_in

        config, folder = self.config, self.folder
        assert config.sft_steps
        replay = folder.shards if config.text else folder.tokens
        settings = recipe.tuning((replay,), config.depth, config.context, config.sft_steps)
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

    def _preferences(self) -> None:
        """Lets the model answer, and the judge of the run prefer."""
        from pyllm.train.rlhf import story_practice, write_preferences
        from pyllm.train.trained_models import open_model

        if self.config.preference_prompts is None:  # of a run from before there were such
            self._measure()
        config = self.config
        assert config.preference_prompts
        held_out = recipe.held_out_prompts(config.preference_prompts)
        practice = story_practice(self._model("pretrain"), config.seed, held_out, config.preference_prompts)
        model, tok = open_model(self._model("grpo"), trainable=False)
        write_preferences(self.folder, model, tok, practice, config.seed, config.progress)

    def _reward(self) -> Result:
        from pyllm.train.reward import reward_in
        from pyllm.train.rlhf import HELD_OUT, TRAINING

        files = [self.folder.preferences / name for name in (TRAINING, HELD_OUT)]
        settings = recipe.rewarding(files[0], files[1], self.config.depth)
        return reward_in(self.folder, self._settings_of("reward", settings), COMMAND, self._model("grpo"))

    def _ppo(self) -> Result:
        return self._optimise("ppo", self._model("grpo"), recipe.optimising)

    def _push_on(self) -> Result:
        start, reference = self._model("ppo"), self._model("grpo")

        def settings(*lengths: int) -> PpoConfig:
            return replace(recipe.pushing(*lengths), reference=reference, critic=start / CRITIC)

        return self._optimise(PUSHED, start, settings)

    def _optimise(self, stage: str, start: Path, settings_of: Callable[..., PpoConfig]) -> Result:
        from pyllm.train.ppo import ppo_in
        from pyllm.train.rlhf import answer_length, story_practice

        config = self.config
        assert config.ppo_steps and config.preference_prompts
        held_out = recipe.held_out_prompts(config.preference_prompts)
        longest = answer_length(ModelConfig.derive(config.depth, context=config.context)[0].context)
        settings = self._settings_of(stage, settings_of(config.ppo_steps, held_out, config.depth, longest))
        practice = story_practice(self._model("pretrain"), config.seed + 1, held_out)
        return ppo_in(self.folder, settings, COMMAND, start, self._model("reward"), practice, stage)

    def _examine(self, stage: str) -> None:
        from pyllm.train.run_examination import examine_stage

        examine_stage(self.folder, self.config, stage, EXAMINED[stage], self._model(stage))

    def _settings_of(self, stage: str, settings: AnyConfig) -> AnyConfig:
        """A stage's settings within this run; where it has begun, those that are not stored."""
        config = self.config
        if stage in self.folder.read_tables():
            settings, resume = type(settings)(), True
            if checkpoint.found(self.folder.checkpoints, stage):
                self._checkpoint(stage)
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
        return self._checkpoint(stage)[0]

    def _checkpoint(self, stage: str) -> tuple[Path, dict[str, Any]]:
        """The last checkpoint of a stage, and its training state.

        Raises:
            FileNotFoundError: there is none.
            ValueError: it is damaged.
        """
        again = f"`pyllm {stage} {self.config.options} --resume --from-step {{step}}` goes on from there"
        try:
            found, state = checkpoint.newest(
                self.folder.checkpoints, stage, offer=again if stage in COMMANDS else "remove the damaged one to go on"
            )
        except FileNotFoundError:
            raise FileNotFoundError(
                f"there is no checkpoint of {stage} in {self.folder.checkpoints}, but metrics.jsonl says that it is "
                "done: begin another run under another name"
            ) from None
        return found.path, state


@contextmanager
def _named(part: str) -> Iterator[None]:
    """Errors for people that come out of it begin with the part's name."""
    try:
        yield
    except (ValueError, OSError) as error:
        if len(error.args) == 1:  # and not the system's own, which names a file
            error.args = (f"{part}: {error}",)
        raise


def _examination(name: str) -> str:
    return f"examination of {name}"
