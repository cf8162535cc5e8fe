"""The whole way, from web pages or a text to an assistant: small, but with all of its parts."""

import hashlib
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import crawls
import numpy
import pytest

from pyllm import checkpoint, threads
from pyllm.data.miniweb.stories import tell
from pyllm.data.shards import TokenShards
from pyllm.model.folders import load
from pyllm.train import PretrainConfig, RunConfig, measuring, pretrain, recipe, run
from pyllm.train.result import Result
from pyllm.train.run_folder import RunFolder

# Where a model that has learned next to nothing is right now and then, so that practice changes it.
PRACTICE = ("letter_counting",)
EXAMINATION = dict.fromkeys(recipe.EXAMINATION, 4)
SMALLER: dict[str, Any] = {
    "PRACTICE": PRACTICE,
    "EXAMINATION": EXAMINATION,
    "MOST_HELD_OUT_PROMPTS": 4,
    "PPO_PROMPTS": 4,
    "BEST_OF": 2,
}
START = f"""if True:
    import sys
    import pyllm.cli
    from pyllm.train import recipe
    vars(recipe).update({SMALLER})
    sys.exit(pyllm.cli.main())
"""
LENGTHS: dict[str, Any] = {
    "pretrain_tokens": 20_000,
    "sft_steps": 3,
    "grpo_steps": 2,
    "preference_prompts": 10,
    "ppo_steps": 5,
}
SMALL: dict[str, Any] = {"depth": 1, "context": 640, "threads": 1, "progress": False, **LENGTHS}
WEB: dict[str, Any] = {**SMALL, "megabytes": 0.2}
STAGES = ("pretrain", "sft", "grpo", "imitation", "reward", "ppo", "overoptimisation")
EXAMINED = {"pretrain": "base", "sft": "sft", "grpo": "grpo", "imitation": "imitation", "ppo": "ppo"}
DATA = ("crawl", "documents", "tokenizer", "tokens")
TRAINING = (
    *("pretrain", "examination of base", "sft", "examination of sft", "grpo", "examination of grpo"),
    *("imitation", "examination of imitation", "preferences", "reward", "ppo", "examination of ppo"),
    "overoptimisation",
)
CLOCK = {"seconds", "tokens_per_second", "share_of_peak", "rollout_seconds", "reward_seconds", "training_seconds"}
CLOCK |= {"rollout_tokens_per_second", "ngram_seconds"}


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of its own, with a recipe for the small."""
    monkeypatch.chdir(tmp_path)
    smaller(monkeypatch)


def smaller(patch: pytest.MonkeyPatch) -> None:
    for name, value in SMALLER.items():
        patch.setattr(recipe, name, value)


def without_report(patch: pytest.MonkeyPatch) -> None:
    """Its plots take longer than all else in a small run."""
    patch.setattr("pyllm.report.write_report", lambda folder: folder.report)


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    without_report(monkeypatch)


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where runs are made that several tests look at."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("together")
        patch.chdir(folder)
        patch.setattr(threads, "_num_threads", 1)
        smaller(patch)
        yield folder


@pytest.fixture(scope="module")
def web(together: Path) -> Result:
    """A run on a small internet, straight from its beginning to its end."""
    return run(RunConfig(**WEB, runs=together / "runs", name="web"))


@pytest.fixture(scope="module")
def book(together: Path) -> Path:
    """A text of stories, in which there is no country."""
    rng = random.Random(0)
    path = together / "book.txt"
    path.write_text("\n\n".join("\n".join(tell(rng).paragraphs) for _ in range(80)))
    return path


@pytest.fixture(scope="module")
def told(together: Path, book: Path) -> Result:
    """A run on the text, straight."""
    with pytest.MonkeyPatch.context() as patch:
        without_report(patch)
        return run(RunConfig(**SMALL, text=(book,), runs=together / "runs"))


def last(folder: Path, stage: str) -> Path:
    return checkpoint.found(folder / "checkpoints", stage)[-1].path


def bits(folder: Path) -> dict[str, Any]:
    """All that a run has come to, but for what its clock said."""
    found: dict[str, Any] = {"tokenizer": hashlib.sha256((folder / "tokenizer.json").read_bytes()).hexdigest()}
    for stage in STAGES:
        path = last(folder, stage)
        for name in ("model.safetensors", "optimizer.npz"):
            found[f"{path.name}, {name}"] = hashlib.sha256((path / name).read_bytes()).hexdigest()
        found[path.name] = {**json.loads((path / "training_state.json").read_bytes()), "seconds": 0}
    for stage in EXAMINED.values():
        examination = json.loads((folder / "examination" / f"{stage}.json").read_bytes())
        found[f"examination of {stage}"] = {**examination, "seconds": 0}
    for path in (
        *(folder / "preferences").iterdir(),
        folder / "ppo_best_of_n.json",
        folder / "reward_calibration.json",
    ):
        found[path.name] = path.read_text()
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    lines = [{name: value for name, value in line.items() if name not in CLOCK} for line in lines if "part" not in line]
    found["metrics"] = [line for line in lines if line["stage"] != "run"]
    found["4-grams"] = {line["ngram_bits_per_byte"] for line in lines if line["stage"] == "run"}
    return found


def parts(folder: Path) -> list[str]:
    return [line["part"] for line in RunFolder(folder).read_metrics("run") if "part" in line and "stopped" not in line]


def test_all_is_there_and_the_report_says_the_same(web: Result) -> None:
    folder = web.run
    assert parts(folder) == [*DATA, *TRAINING]
    assert set(RunFolder(folder).read_tables()) == {"run", "model", *STAGES}
    assert web.checkpoint == last(folder, "ppo") and web.report == folder / "report.md"
    assert {web.step, web.stopped_by} == {checkpoint.verify(web.checkpoint)["step"], None}
    report, page = (folder / "report.md").read_text(), (folder / "report.html").read_text()
    assert "<script src" not in page and "data:image/" in page
    found = {name: json.loads((folder / "examination" / f"{name}.json").read_bytes()) for name in EXAMINED.values()}
    for name, examination in found.items():
        assert examination["stage"] == name and len(examination["answers"]) == 10
        assert {task: one["count"] for task, one in examination["tasks"].items()} == EXAMINATION
    for task in EXAMINATION:
        shares = " | ".join(f"{found[name]['tasks'][task]['correct']:.1%}" for name in found)
        assert f"| {task.replace('_', ' ')} | {shares} |" in report
    for answer in found["sft"]["answers"]:
        assert answer["prompt"] in report and answer["prompt"] in page.replace("&quot;", '"').replace("&#x27;", "'")
    assert len(found["base"]["stories"]) == 5 and "### Stories, not picked" in report and "Story 5:" in report
    for plot in re.findall(r"!\[[^]]*\]\(([^)]+)\)", report):
        assert (folder / plot).stat().st_size > 1000
    for words in (
        *("pages became documents", "## Base model", "## SFT", "## GRPO", "bits a byte of a 4-gram model"),
        *("## Reward model", "calibration error", "## PPO", "## PPO, pushed on", "## Over-optimisation", "best-of-n"),
    ):
        assert words in report
    for part in ("crawl", "documents", "tokenizer", "tokens", "pretrain", "SFT", "GRPO", "imitation"):
        assert re.search(rf"^\| {part} \| \d+:\d\d \| ", report, re.M), part
    assert TokenShards(folder / "tokens" / "train").arrays and TokenShards(folder / "tokens" / "validation").arrays


def test_each_stage_changes_what_the_one_before_it_has_learned(web: Result) -> None:
    arenas = [load(last(web.run, stage)).parameter_arena for stage in STAGES]
    assert len(arenas[0]) < len(arenas[1]) or not numpy.array_equal(arenas[0], arenas[1])
    assert not numpy.array_equal(arenas[1], arenas[2]) and not numpy.array_equal(arenas[1], arenas[3])
    tables = RunFolder(web.run).read_tables()
    assert [tables[stage]["seed"] for stage in STAGES] == [0] * 7
    assert (tables["sft"]["steps"], tables["grpo"]["steps"]) == (3, 2) and tables["imitation"]["tasks"] == [*PRACTICE]
    flops = {line["stage"]: line["flops"] for line in RunFolder(web.run).read_metrics() if "flops" in line}
    a_step = flops["imitation"] / tables["imitation"]["steps"]
    assert abs(flops["imitation"] - flops["grpo"]) <= a_step / 2  # as near as whole steps come


def test_a_complete_run_says_what_it_has_come_to(web: Result) -> None:
    again = run(RunConfig(runs=web.run.parent, name="web", resume=True, progress=False))
    assert again == replace(web, seconds=again.seconds) and abs(again.seconds - web.seconds) < 0.01
    base = run(RunConfig(runs=web.run.parent, name="web", resume=True, stop_after="pretrain", progress=False))
    assert base.checkpoint == last(web.run, "pretrain") and base.bits_per_byte is not None


def process(*arguments: str) -> subprocess.Popen[str]:
    """`pyllm run ...` in a process of its own."""
    words = [sys.executable, "-c", START, "run", "--threads", "1", "--progress", "True", *arguments]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def options(settings: dict[str, Any]) -> list[str]:
    words = [(f"--{name.replace('_', '-')}", str(value)) for name, value in settings.items()]
    return [word for pair in words for word in pair if pair[0] not in ("--progress", "--threads")]


def stopped_in(running: subprocess.Popen[str], part: str, seconds: float, by: signal.Signals) -> str:
    """Sends a signal so long after a part, or one behind it, has begun; returns what the process says from then on."""
    assert running.stderr is not None
    before = []
    for line in running.stderr:
        before.append(line)
        begun = re.match(r"\[(\d+)/18\] ", line)
        if begun and int(begun[1]) > [*DATA, *TRAINING].index(part):
            break
    else:
        raise AssertionError(f"{part} never began: {before}")
    time.sleep(seconds)
    running.send_signal(by)
    said = running.communicate(timeout=60)[1]
    assert "Traceback" not in said, said
    return said


def test_killed_or_stopped_in_any_part_it_goes_on_to_the_same_bits(web: Result) -> None:
    """At random moments: within a file, a step, an examination. Ctrl-C and SIGTERM say how to go on."""
    source = random.Random(time.time_ns())
    moments = [
        (source.choice(among), source.random() * longest, by)
        for among, longest, by in (
            (DATA[:2], 0.3, signal.SIGKILL),
            (DATA[1:2], 0.3, signal.SIGTERM),
            (DATA[2:], 0.05, signal.SIGKILL),
            (TRAINING[:1], 0.1, signal.SIGINT),
            (TRAINING[:3], 0.3, signal.SIGKILL),
            (TRAINING[4:5], 0.3, signal.SIGTERM),
            (TRAINING[4:8], 0.3, signal.SIGKILL),
            (TRAINING[8:10], 0.2, signal.SIGKILL),
            (TRAINING[10:], 0.3, signal.SIGTERM),
        )
    ]
    running = process("--name", "web", *options(WEB))
    for part, seconds, by in moments:
        said = stopped_in(running, part, seconds, by)
        if by == signal.SIGKILL:
            assert running.returncode == -by
        else:
            assert running.returncode == 128 + by, (moments, said)
            assert said.endswith(
                (
                    ". Go on with: pyllm run --name web --resume\n",
                    "\npyllm: stopped at once; --resume goes on with the last that was saved in runs/web\n",
                )
            )
        running = process("--name", "web", "--resume")
    out, err = running.communicate(timeout=120)
    assert running.returncode == 0 and out.endswith("Next: pyllm chat --model runs/web\n"), (moments, err)
    folder = Path("runs/web")
    assert bits(folder) == bits(web.run), moments
    assert set(parts(folder)) == {*DATA, *TRAINING}


def test_what_is_done_but_was_not_noted_is_found_done(web: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when it is killed between the end of a part and the line that says so."""
    monkeypatch.chdir(web.run.parent.parent)
    before = bits(web.run)
    made = {path: path.stat().st_mtime_ns for path in web.run.rglob("*.safetensors")}
    lines = (web.run / "metrics.jsonl").read_text().splitlines(keepends=True)
    (web.run / "metrics.jsonl").write_text("".join(line for line in lines if "part" not in json.loads(line)))
    assert parts(web.run) == []
    run(RunConfig(name="web", runs=web.run.parent, resume=True, progress=False))
    assert bits(web.run) == before and parts(web.run) == [*DATA, *TRAINING]
    assert {path: path.stat().st_mtime_ns for path in web.run.rglob("*.safetensors")} == made


@pytest.mark.usefixtures("no_report")
def test_a_text_and_stops_after_each_part(told: Result, book: Path) -> None:
    assert told.run.name == "book" and parts(told.run) == ["tokenizer", *TRAINING]
    assert not {"crawl", "data", "tokens"} & {path.name for path in told.run.iterdir()}
    run(RunConfig(**SMALL, text=(book,), name="slowly", stop_after="tokenizer"))
    folder = Path("runs/slowly")
    assert not (folder / "checkpoints").exists()
    again = RunConfig(name="slowly", resume=True, progress=False)
    for number, stage in enumerate(STAGES[:3], 1):
        result = run(replace(again, stop_after=stage))
        assert result.checkpoint == last(folder, stage) and parts(folder) == ["tokenizer", *TRAINING[: 2 * number]]
    with pytest.raises(ValueError, match=r"^stop_after is crawl, a part that a run on text does not have$"):
        run(replace(again, stop_after="crawl"))
    run(again)
    assert bits(folder) == bits(told.run)


@pytest.mark.usefixtures("no_report")
def test_stops_among_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(RunConfig(**WEB, stop_after="crawl"))
    folder = Path("runs/miniweb")
    assert (first.checkpoint, first.step, first.validation_loss) == (None, 0, None) and first.report is not None
    again = RunConfig(resume=True, progress=False)
    made = {"crawl": "crawl/truth.gz", "documents": "data/documents", "tokenizer": "tokenizer.json", "tokens": "tokens"}
    for number, part in enumerate(DATA, 1):
        run(replace(again, stop_after=part))  # type: ignore[arg-type]
        assert [(folder / path).exists() for path in made.values()] == [True] * number + [False] * (4 - number)
        if part == "crawl":
            shutil.rmtree(folder / "crawl")  # it can be made again, and is
    (folder / "tokenizer.json").rename("kept.json")
    with pytest.raises(FileNotFoundError, match=r"^pretrain: there is no file runs/miniweb/tokenizer\.json$"):
        run(again)
    Path("kept.json").rename(folder / "tokenizer.json")
    shutil.rmtree(folder / "tokens")
    with pytest.raises(FileNotFoundError, match=r"^pretrain: there is no file .*/runs/miniweb/tokens$"):
        run(again)


def test_pages_given_and_stopped_among_their_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    crawls.mixed_crawl(tmp_path / "pages", files=2, pages=24)
    config = RunConfig(**{**SMALL, "context": 256}, warc=(str(tmp_path / "pages"),))
    with monkeypatch.context() as patch:
        patch.setattr("pyllm.data.pipeline.find_duplicates", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(config)
    folder = Path("runs/pages")
    finished = {path: path.stat().st_mtime_ns for path in (folder / "data" / "work").rglob("documents.parquet")}
    assert len(finished) == 2
    with pytest.warns(UserWarning, match=r"left out: .*100% of stories$"):
        result = run(RunConfig(name="pages", resume=True, progress=False))
    assert result.run == folder and parts(folder) == [*DATA[1:], *TRAINING] and not (folder / "crawl").exists()
    assert "pages became documents" in (folder / "report.md").read_text() and (folder / "report.html").exists()
    run(replace(config, name="undisturbed", stop_after="tokens"))
    tokens = [(Path("runs") / name / "tokens").rglob("*.npy") for name in ("pages", "undisturbed")]
    one, other = ({path.relative_to(path.parent.parent): path.read_bytes() for path in files} for files in tokens)
    assert one and one == other


@pytest.mark.usefixtures("no_report")
def test_minutes_become_lengths_once(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "MEASURED_SECONDS", 0.02)
    config = RunConfig(**{**SMALL, **dict.fromkeys(LENGTHS), "sft_steps": 2}, text=(book,), minutes=0.01)
    with pytest.warns(UserWarning, match=r"^minutes is 0\.01, enough to see every stage at work, not for an"):
        measured = run(config)
    table = RunFolder(measured.run).read_tables()["run"]
    assert table["pretrain_tokens"] > 1000 and table["sft_steps"] == 2 and table["grpo_steps"] >= 1
    assert run(RunConfig(name="book", resume=True, progress=False)).step == measured.step
    lengths = {name: table[name] for name in LENGTHS}
    fixed = run(replace(config, **lengths, minutes=None, name="fixed"))
    assert bits(fixed.run) == bits(measured.run)


@pytest.mark.usefixtures("no_report")
def test_a_run_from_before_there_were_preferences_goes_on(told: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(told.run, "runs/book")
    folder = RunFolder("runs/book")
    table = folder.read_tables()["run"]
    folder.write_config("run", {name: value for name, value in table.items() if name not in list(LENGTHS)[3:]})
    monkeypatch.setattr(recipe, "DEFAULT", recipe.Lengths(**LENGTHS))
    run(RunConfig(name="book", resume=True, progress=False, stop_after="ppo"))
    assert bits(folder.path) == bits(told.run)


@pytest.mark.usefixtures("no_report")
def test_a_context_that_is_too_short(book: Path) -> None:
    config = RunConfig(**{**SMALL, "context": 16}, text=(book,))
    assert run(replace(config, stop_after="pretrain")).step == -(-20_000 // recipe.TOKENS_OF_UPDATE)
    with (
        pytest.warns(UserWarning, match="are left out: 100% of addition, 100% of addition_steps, "),
        pytest.raises(ValueError, match=r"^pretrain: a context of 16 tokens is too short for any conversation: give a"),
    ):
        run(replace(config, name="other"))
    assert not Path("runs/other").exists()
    with pytest.warns(UserWarning, match=r"^a context of 64 tokens is too short for some conversations of fine-tun"):
        assert run(replace(config, context=64, stop_after="sft", name="another")).step == 3


@pytest.mark.usefixtures("no_report")
def test_a_checkpoint_that_is_damaged_or_gone(book: Path) -> None:
    result = run(RunConfig(**SMALL, text=(book,), stop_after="pretrain"))
    assert result.checkpoint is not None
    again = RunConfig(name="book", resume=True, progress=False)
    weights = result.checkpoint / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1])
    with pytest.raises(ValueError, match=r"^sft: the checkpoint .* is damaged.* `(pyllm pretrain .*)` goes on") as told:
        run(again)
    command = re.search("`pyllm pretrain (.*)`", str(told.value))
    assert command is not None and command[1] == f"--name book --resume --from-step {result.step - 1}"
    pretrain(PretrainConfig(name="book", resume=True, from_step=result.step - 1, progress=False))
    assert weights.read_bytes() == whole
    shutil.rmtree(result.checkpoint.parent)
    with pytest.raises(FileNotFoundError, match=r"^sft: there is no checkpoint of pretrain in runs/book/checkpoints, "):
        run(again)


@pytest.mark.usefixtures("no_report")
def test_what_cannot_be_gone_on_with(told: Result, book: Path) -> None:
    again = RunConfig(name="book", runs=told.run.parent, resume=True, progress=False)
    before = {path: path.stat().st_mtime_ns for path in told.run.rglob("*") if path.name != ".lock"}
    for changed, message in (
        ({"sft_steps": 9}, "sft_steps is 3 in this run, not 9: leave it out, or begin another run under another name"),
        ({"depth": 2}, "depth is 1 in this run, not 2: leave it out"),
        ({"seed": 3}, "seed is 0 in this run, not 3: leave it out"),
        ({"minutes": 2.0}, "minutes is None in this run, not 2.0: leave it out"),
    ):
        with pytest.raises(ValueError, match=f"^{message}"):
            run(replace(again, **changed))
    assert {path: path.stat().st_mtime_ns for path in told.run.rglob("*") if path.name != ".lock"} == before
    tokens = PretrainConfig(data=(book,), byte_level=True, depth=1, context=16, steps=1, progress=False)
    alone = pretrain(tokens)
    with pytest.raises(ValueError, match=r"^runs/pretrain is not from `pyllm run`: go on with it by the command that"):
        run(RunConfig(name="pretrain", resume=True, progress=False))
    folder = RunFolder(alone.run)
    folder.write_config("run", {"text": [], "warc": [], "steps": 4})
    with pytest.raises(ValueError, match=r"config\.toml has the unknown setting 'steps' in its table run$"):
        run(RunConfig(name="pretrain", resume=True, progress=False))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"text": (Path("missing"),)}, "there is no file missing"),
        ({"text": (Path("empty.txt"),)}, "empty.txt is empty"),
        ({"text": (Path("text.txt"),), "warc": ("x",)}, "text and warc exclude each other"),
        ({"text": (Path("text.txt"),), "stop_after": "tokens"}, "stop_after is tokens, a part that a run on text does"),
        ({"text": (Path("text.txt"),), "megabytes": 2.0}, "megabytes are of the small internet: leave them out"),
        ({"warc": ("x",), "stop_after": "crawl"}, "stop_after is crawl, a part that a run on web pages of yours does"),
        ({"warc": ("nothing.warc.gz",)}, "nothing.warc.gz"),
        ({"warc": ("text.txt",)}, "documents: of 1 pages none became a document: see "),
        ({"megabytes": 0}, "megabytes must be above 0"),
        ({"sft_steps": 0}, "sft_steps must be above 0, up to 1,000,000,000,000, got 0"),
        ({"minutes": float("nan")}, "minutes must be above 0"),
        ({"pretrain_tokens": -5}, "pretrain_tokens must be above 0"),
        ({"vocab_size": 200}, "vocab_size must be at least 274, 256 bytes and 18 special tokens, got 200"),
        ({"depth": 0}, "depth must be between 1 and "),
        ({"seed": -1}, "seed must be from 0 to 9223372036854775807, got -1"),
        ({"threads": 0}, "threads must be at least 1, got 0"),
        ({"context": 1}, "context must be at least 2"),
        ({"name": "../x"}, "name must be the name of one folder, got '../x'"),
        ({"name": "nobody", "resume": True}, "there is no run runs/nobody to go on with"),
        ({"name": "there"}, "runs/there is already there: pass --resume"),
    ],
)
def test_refusals(settings: dict[str, Any], message: str) -> None:
    Path("text.txt").write_text("some text")
    Path("empty.txt").touch()
    Path("runs/there").mkdir(parents=True)
    with pytest.raises((ValueError, OSError)) as caught:
        run(RunConfig(progress=False, **settings))
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert [path.name for path in Path("runs").iterdir()] == ["there"] or "documents:" in message
