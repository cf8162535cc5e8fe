"""`pyllm run | pretrain | sample`: what they print, mistakes in one line, nothing lost when they are killed."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
from token_files import byte_tokenizer, write_llm_c, write_shards

from pyllm import checkpoint, cli, optim
from pyllm.model.folders import load
from pyllm.train import pretrain_data

START = "import sys, pyllm.cli; sys.exit(pyllm.cli.main())"
SIZES = {"n-layer": 1, "n-head": 2, "n-embd": 16, "head-dim": 8, "n-hidden": 32, "context": 16, "batch-size": 4}
TINY = [word for name, size in SIZES.items() for word in (f"--{name}", str(size))] + ["--threads", "1"]
Pyllm = Callable[..., tuple[int, str, str]]


@pytest.fixture
def pyllm(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Pyllm:
    """Runs `pyllm ...` in a folder that holds text.txt; returns its status and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    source = random.Random(0)
    Path("text.txt").write_text(" ".join(source.choice(["one", "two", "three", "four"]) for _ in range(900)))

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["pyllm", *arguments])
        try:
            status = cli.main()
        except SystemExit as stop:
            status = int(stop.code or 0)
        return status, *capsys.readouterr()

    return call


def test_pretrain_then_sample(pyllm: Pyllm) -> None:
    status, out, err = pyllm("pretrain", "text.txt", "--byte-level", *TINY, "--steps", "8", "--name", "one")
    assert status == 0, err
    assert re.fullmatch(
        r"Validation loss: \d\.\d{4} nats a token, \d\.\d{4} bits a byte\nReport: runs/one/report\.md\n"
        r"Next: pyllm sample 'a text of yours' --model runs/one\n",
        out,
    )
    assert "step 0: validation loss " in err and "pretrain: step 1 of 8, loss " in err and "step 8, a sample:\n" in err
    options = ["--max-new-tokens", "9", "--temperature", "0"]
    samples = [
        pyllm("sample", "one", "two", *options, *model)
        for model in ([], ["--model", "runs/one"], ["--model", "runs/one/checkpoints/pretrain_00000008"])
    ]
    assert samples[0] == samples[1] == samples[2] and samples[0][0] == 0
    assert samples[0][1].startswith("one two") and len(samples[0][1].encode("utf-8", "replace")) >= len("one two") + 9
    several = pyllm("sample", "--n", "2", "--seed", "4", "--max-new-tokens", "5")
    assert several[0] == 0 and several[1].startswith("1:\n") and "\n2:\n" in several[1]


def test_a_sample_that_fills_the_context_says_so(pyllm: Pyllm) -> None:
    """And the command that comes next can be pasted, whatever the run is called."""
    status, out, _ = pyllm("pretrain", "text.txt", "--byte-level", *TINY, "--steps", "2", "--name", "my book")
    assert status == 0 and out.endswith("Next: pyllm sample 'a text of yours' --model 'runs/my book'\n")
    note = "pyllm: note: stopped at 16 tokens, the model's context\n"
    for options, err in (
        (["--max-new-tokens", "99"], note),
        (["--max-new-tokens", "99", "--n", "2"], note),
        (["--max-new-tokens", "13"], ""),
        (["--max-new-tokens", "5"], ""),
    ):
        status, out, printed = pyllm("sample", "one", "--model", "runs/my book", *options)
        assert (status, printed) == (0, err) and "one" in out


def test_run(pyllm: Pyllm) -> None:
    """On a text that is too short for anything but a base model; the whole way: see test_run.py."""
    settings = ["--text", "text.txt", "--depth", "1", "--context", "16", "--threads", "1", "--pretrain-tokens", "5000"]
    status, out, err = pyllm("run", *settings, "--stop-after", "tokenizer")
    assert status == 0, err
    report = "Report: runs/text/report.md, and as one page: runs/text/report.html\n"
    assert out == f"{report}Next: pyllm run --name text --resume\n"
    assert re.search(r"^\[1/2\] tokenizer\n(.*\n)*\[2/2\] report\n", err, re.M)
    status, out, err = pyllm("run", "--name", "text", "--resume", "--stop-after", "pretrain")
    assert status == 0, err
    assert out == f"{report}Next: pyllm sample 'a text of yours' --model runs/text\n"
    assert re.search(
        r"^depth 1: a model of [\d,]+ parameters, trained on 8,192 tokens\n  n_layer +1  the depth\n", err, re.M
    )
    assert pyllm("sample", "one", "--max-new-tokens", "3")[0] == 0
    again = pyllm("run", "--name", "text", "--resume", "--stop-after", "pretrain")
    assert again[0] == 0 and again[1] == out
    one_line(pyllm("run", "--name", "text", "--resume", "--depth", "2"), "depth is 1 in this run, not 2: leave it out")


def test_pretrain_takes_the_tokenizer_that_was_trained(pyllm: Pyllm) -> None:
    status, _, err = pyllm("pretrain", "text.txt", *TINY)
    assert status == 1 and err == (
        "pyllm: text.txt is text, and there is no runs/tokenizer/tokenizer.json yet to encode it with: "
        "run `pyllm tokenizer train` first, or pass --tokenizer or --byte-level\n"
    )
    Path("runs/tokenizer").mkdir(parents=True)
    byte_tokenizer("<|endoftext|>").save("runs/tokenizer/tokenizer.json")
    assert pyllm("pretrain", "text.txt", *TINY, "--steps", "2")[0] == 0
    assert load(Path("runs/pretrain/checkpoints/pretrain_00000002")).cfg.vocab_size == 257


def one_line(outcome: tuple[int, str, str], message: str) -> None:
    status, out, err = outcome
    assert status == 1 and not out and re.fullmatch(r"pyllm: [^\n]+\n", err), err
    assert message in err


def test_every_mistake_is_one_line(pyllm: Pyllm, tmp_path: Path) -> None:
    quick = ["--byte-level", *TINY, "--steps", "4", "--name"]
    one_line(pyllm("pretrain", "nothing.txt", *quick, "a"), "there is no file nothing.txt")
    one_line(pyllm("run", "--text", "nothing.txt"), "there is no file nothing.txt")
    one_line(pyllm("run", "--text", "."), "pyllm: . is a folder, not a file")
    one_line(pyllm("run", "--text", "text.txt", "--runs", "text.txt"), "pyllm: text.txt is a file, not a folder")
    one_line(pyllm("pretrain"), "there is nothing to train on")
    one_line(pyllm("pretrain", "missing", *quick, "a"), "there is no file missing")
    one_line(pyllm("run", "--text", "text.txt", "--threads", "100000"), "threads must be at most ")
    one_line(pyllm("sample", "--model", "missing"), "there is no folder missing")
    Path("runs/empty").mkdir(parents=True)
    one_line(pyllm("run", "--name", "empty", "--resume"), "there is no run runs/empty to go on with")
    Path("runs/empty").rmdir()
    Path("empty.txt").touch()
    one_line(pyllm("pretrain", "empty.txt", *quick, "a"), "empty.txt is empty")
    one_line(pyllm("run", "--text", "empty.txt"), "empty.txt is empty")
    Path("short.txt").write_text("short")
    one_line(pyllm("pretrain", "short.txt", *quick, "a"), "short.txt has 4 tokens for training, fewer than one row")
    short = pyllm("run", "--text", "short.txt", "--stop-after", "pretrain", "--progress", "False")
    one_line(short, "/short.txt has 5 tokens for training, fewer than one row of ")
    write_llm_c(Path("ids.bin"), [1, 2, 70, 3] * 30)
    one_line(pyllm("pretrain", "ids.bin", "--vocab-size", "70", *TINY), "ids.bin holds the token id 70 at place ")
    content = Path("ids.bin").read_bytes()
    Path("ids.bin").write_bytes(content[:-1])
    one_line(pyllm("pretrain", "ids.bin", *TINY), "ids.bin is damaged: its header counts 120 tokens")
    write_shards(Path("shards"), [list(range(100))], byte_tokenizer("<|endoftext|>"))
    byte_tokenizer().save("tokenizer.json")
    Path("nothing").mkdir()
    one_line(pyllm("pretrain", "nothing", *TINY), "nothing is not a folder of token shards: it has no manifest.json")
    one_line(pyllm("pretrain", "shards", "--tokenizer", "tokenizer.json", *TINY), "were made by another tokenizer")
    one_line(pyllm("sample"), "there is no run with a checkpoint in runs/ yet")
    one_line(pyllm("sample", "--model", "shards"), "there is no shards/tokenizer.json: pass --tokenizer")
    assert not list(Path("runs").iterdir())

    assert pyllm("pretrain", "text.txt", *quick, "a", "--save-every", "2")[0] == 0
    one_line(pyllm("pretrain", "text.txt", *quick, "a"), "runs/a is already there: pass --resume to go on with it")
    one_line(pyllm("pretrain", "--name", "b", "--resume"), "there is no run runs/b to go on with")
    one_line(pyllm("pretrain", "--name", "a", "--resume", "--seed", "5"), "seed is 0 in this run, not 5")
    one_line(pyllm("sample", "x" * 16, "--model", "runs/a"), "context")
    one_line(pyllm("sample", "--n", "0", "--model", "runs/a"), "--n must be at least 1, got 0")
    one_line(pyllm("sample", "--n", "2", "--top-p", "0", "--model", "runs/a"), "top_p must be above 0 and at most 1")
    byte_tokenizer("<|other|>").save("other.json")
    one_line(pyllm("sample", "--model", "runs/a", "--tokenizer", "other.json"), "other.json is another tokenizer than")
    weights = Path("runs/a/checkpoints/pretrain_00000004/model.safetensors")
    weights.write_bytes(weights.read_bytes()[:-7])
    offered = "The one before it, of step 2, is whole: pass "
    one_line(pyllm("pretrain", "--name", "a", "--resume"), offered + "--from-step 2")
    one_line(pyllm("sample", "--model", "runs/a"), offered + "--model runs/a/checkpoints/pretrain_00000002")
    assert pyllm("sample", "--max-new-tokens", "2", "--model", "runs/a/checkpoints/pretrain_00000002")[0] == 0


@pytest.mark.parametrize(
    ("options", "variables", "message"),
    [
        (["--seed", "-1"], {}, "seed must be from 0 to "),
        (["--context", "1"], {}, "context must be at least 2"),
        (["--threads", "0"], {}, "threads must be at least 1, got 0"),
        ([], {"PYLLM_ISA": "sse9"}, "there is no instruction set 'sse9' here"),
    ],
)
def test_refusals_come_first(
    options: list[str], variables: dict[str, str], message: str, pyllm: Pyllm, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pyllm("pretrain", "text.txt", "--byte-level", *TINY, "--steps", "1", "--name", "one")[0] == 0
    monkeypatch.setattr("pyllm.ops.library._library", None)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    commands = [["run", "--text", "text.txt"], ["pretrain", "text.txt", "--byte-level", "--steps", "1"]]
    if variables:
        commands.append(["sample", "one", "two"])
    for words in commands:
        one_line(pyllm(*words, "--progress", "True", *options) if words[0] != "sample" else pyllm(*words), message)
    assert [path.name for path in Path("runs").iterdir()] == ["one"]


def command(*arguments: str) -> subprocess.Popen[str]:
    """`pyllm ...` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", START, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def steps_done(metrics: Path) -> int:
    lines = metrics.read_text().splitlines()[:-1] if metrics.exists() else []
    return max((json.loads(line)["step"] for line in lines), default=0)


def wait_for_step(process: subprocess.Popen[str], metrics: Path, step: int) -> None:
    end = time.monotonic() + 60
    while steps_done(metrics) < step:
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.001)


def test_killed_at_a_random_step_it_resumes_to_the_same_bits(pyllm: Pyllm) -> None:
    """SIGKILL twice, wherever it hits: while a step is computed, a checkpoint is written, a line is appended."""
    settings = ["--byte-level", *TINY, "--steps", "150", "--save-every", "5", "--evaluate-every", "50"]
    assert pyllm("pretrain", "text.txt", *settings, "--name", "straight")[0] == 0
    process = command("pretrain", "text.txt", *settings, "--name", "killed")
    source = random.Random(time.time_ns())
    folder = Path("runs/killed")
    for after in (source.randint(1, 60), source.randint(70, 140)):
        wait_for_step(process, folder / "metrics.jsonl", after)
        time.sleep(source.random() / 200)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        process.communicate()
        process = command("pretrain", "--name", "killed", "--resume")
    err = process.communicate(timeout=120)[1]
    assert process.returncode == 0, err
    for name in ("model.safetensors", "optimizer.npz"):
        files = [Path("runs", run, "checkpoints", "pretrain_00000150", name) for run in ("straight", "killed")]
        assert files[0].read_bytes() == files[1].read_bytes(), after
    metrics = [
        [
            {k: v for k, v in json.loads(line).items() if k not in ("seconds", "tokens_per_second", "share_of_peak")}
            for line in Path("runs", run, "metrics.jsonl").read_text().splitlines()
        ]
        for run in ("straight", "killed")
    ]
    assert metrics[0] == metrics[1]
    assert sorted(path.name[-3:] for path in (folder / "checkpoints").iterdir()) == ["145", "150"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_and_says_how_to_go_on(number: signal.Signals, pyllm: Pyllm) -> None:
    process = command("pretrain", "text.txt", "--byte-level", *TINY, "--steps", "100000", "--name", "one")
    wait_for_step(process, Path("runs/one/metrics.jsonl"), 5)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number and not out and "Traceback" not in err
    last = err.splitlines()[-1]
    step = re.match(rf"stopped by {number.name} after step ([\d,]+) of 100,000, ", last)[1].replace(",", "")
    assert last.endswith(". Go on with: pyllm pretrain --name one --resume")
    assert f"saved in runs/one/checkpoints/pretrain_{int(step):08d}" in last
    assert pyllm("sample", "one", "--max-new-tokens", "2")[0] == 0
    status, _, err = pyllm("pretrain", "--name", "one", "--resume", "--steps", str(int(step) + 3))
    assert status == 0 and f"pretrain: step {int(step) + 1:,} of {int(step) + 3:,}" in err
    assert steps_done(Path("runs/one/metrics.jsonl")) == int(step) + 3


def test_a_second_ctrl_c_stops_at_once(pyllm: Pyllm, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ["--byte-level", *TINY, "--steps", "6", "--save-every", "2", "--name", "one"]
    step = optim.AdamW.step

    def interrupted(self: optim.AdamW, *arguments: float) -> float:
        if self.steps == 4:
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGINT)
        return step(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(optim.AdamW, "step", interrupted)
        status, _, err = pyllm("pretrain", "text.txt", *settings)
    assert status == 130 and err.endswith(
        "\npyllm: stopped at once; --resume goes on with the last that was saved in runs/one\n"
    )
    assert pyllm("pretrain", "--name", "one", "--resume")[0] == 0


def test_stopped_before_training_it_leaves_nothing(pyllm: Pyllm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrain_data, "open_split", lambda *_, **__: os.kill(os.getpid(), signal.SIGINT))
    status, _, err = pyllm("pretrain", "text.txt", "--byte-level", *TINY)
    assert (status, err) == (130, "\npyllm: stopped\n") and not list(Path("runs").iterdir())


def test_two_at_once_are_kept_apart(pyllm: Pyllm) -> None:
    process = command("pretrain", "text.txt", "--byte-level", *TINY, "--steps", "100000", "--name", "one")
    wait_for_step(process, Path("runs/one/metrics.jsonl"), 2)
    one_line(pyllm("pretrain", "--name", "one", "--resume"), "another process is at work on runs/one; stop it first")
    process.terminate()
    assert process.wait(60) == 128 + signal.SIGTERM
    process.communicate()


def test_a_model_that_diverges(pyllm: Pyllm) -> None:
    """A poisoned checkpoint stands for it: the message names step, rows and what to type."""
    settings = ["--byte-level", *TINY, "--steps", "6", "--save-every", "3", "--name", "one"]
    assert pyllm("pretrain", "text.txt", *settings)[0] == 0
    path = Path("runs/one/checkpoints/pretrain_00000006")
    model = load(path)
    model.parameters["model.norm.weight"][0] = numpy.nan
    state = checkpoint.verify(path)
    optimizer = optim.AdamW(model)
    checkpoint.load_optimizer(path, optimizer, state)
    checkpoint.save(path, model, optimizer, {**state})
    one_line(
        pyllm("pretrain", "--name", "one", "--resume", "--steps", "9"),
        "stopped at step 7, nothing was updated: the loss of micro-batch 1 of 1 is nan, on the rows of 16 tokens from ",
    )
