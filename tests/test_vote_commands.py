"""`pyllm vote`: what a key does, where the next sitting goes on, and that nothing is lost."""

import io
import json
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from assistants import save_assistant
from terminals import Terminal

from pyllm import label
from pyllm.cli import _run
from pyllm.label import LabelStore
from pyllm.train import RewardConfig, reward
from pyllm.train.trained_models import model_folder
from pyllm.vote_commands import vote

Vote = Callable[..., tuple[int, str, str]]
PROMPTS = ("Hello!", "Who are you?", "1+1?")
PAIR = ("{} Yes.", "{} No.")


@pytest.fixture
def sit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Vote:
    """Runs `pyllm vote ...` on typed lines, in a folder whose prompts are answered; returns status and output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "90")
    answered(tmp_path)  # so that no model is needed

    def call(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode()), "utf-8"))
        status = _run(vote, "pyllm vote", ["--out", "labels", *arguments])
        return status, *capsys.readouterr()

    return call


def answered(folder: Path, pair: tuple[str, ...] = PAIR) -> None:
    """A store whose prompts have answers."""
    (folder / "labels").mkdir(exist_ok=True)
    with LabelStore(folder / "labels" / "labels.sqlite") as store:
        store.add_prompts([[{"role": "user", "content": prompt}] for prompt in PROMPTS])
        for id, prompt in enumerate(PROMPTS, 1):
            store.add_samples(id, [one.format(prompt) for one in pair], "some model")


def exported(folder: Path = Path()) -> list[tuple[str, str]]:
    lines = (folder / "labels" / "preferences.jsonl").read_text().splitlines()
    return [(one["chosen"], one["rejected"]) for one in map(json.loads, lines)]


def test_votes_ties_and_the_next_sitting(sit: Vote) -> None:
    status, out, err = sit(typed="2\nt\nq\n")
    assert (status, err) == (0, "")
    assert "prompt 1 of 3, 0 voted on" in out and "Hello! Yes." in out and "Hello! No." in out
    assert "3 prompts: 0 answered, 2 ranked, 0 skipped, 1 left" in out
    assert exported() == [("Hello! No.", "Hello! Yes.")]  # a tie is no preference
    assert "Next: pyllm reward --data labels/preferences.jsonl" in out
    status, out, err = sit(typed="1\n")  # goes on where it stopped
    assert status == 0 and "prompt 3 of 3" in out and "prompt 1 of 3" not in out
    assert "that was the last pair: u takes the vote back, any other key ends" in err
    assert exported() == [("Hello! No.", "Hello! Yes."), ("1+1? Yes.", "1+1? No.")]
    status, out, err = sit()
    assert (status, err) == (0, "pyllm: note: all prompts are done\n")


def test_undo_and_skip(sit: Vote) -> None:
    status, _, err = sit(typed="u\n1\ns\nu\n2\n1\nu\nu\n1\n\n2\nq\n")
    # Skips the second, takes that back and votes; votes on the third, takes back that and the second's, votes again.
    assert status == 0 and "this is the first pair" in err and "'' says nothing here" in err
    pairs = [(f"{prompt} Yes.", f"{prompt} No.") for prompt in PROMPTS]
    assert exported() == [pairs[0], pairs[1], pairs[2][::-1]]


def test_a_model_answers(sit: Vote) -> None:
    save_assistant(Path("runs/one"))
    Path("more.txt").write_text("Are you there?\n")
    arguments = ["more.txt", "--model", "runs/one", "--temperature", "3", "--max-new-tokens", "9"]
    status, out, _ = sit(*arguments, typed="1\n1\n1\n1\nq\n")
    assert status == 0 and "prompt 4 of 4" in out and len(exported()) == 4
    with LabelStore(Path("labels/labels.sqlite")) as store:
        assert sum(sample.rank is not None for sample in store.prompt(4).samples) == 2


def test_answers_that_are_the_same_are_no_pair(sit: Vote) -> None:
    save_assistant(Path("runs/one"))
    Path("more.txt").write_text("Hello!\nWho are you?\n")
    arguments = ["more.txt", "--model", "runs/one", "--temperature", "0", "--out", "others"]
    status, _, err = sit(*arguments)
    assert status == 0
    assert err.count("has no two different answers to choose from, and is left out") == 2
    assert Path("others/preferences.jsonl").read_text() == ""


def test_votes_train_a_reward_model(sit: Vote) -> None:
    sit(typed="2\n2\n2\n")
    save_assistant(Path("runs/one"))
    model = model_folder(Path("runs/one"))
    settings = {"epochs": 12.0, "lr": 3e-3, "validation_data": (Path("labels/preferences.jsonl"),), "progress": False}
    reward(RewardConfig(model=model, data=(Path("labels/preferences.jsonl"),), **settings))  # type: ignore[arg-type]
    lines = [json.loads(line) for line in Path("runs/reward/metrics.jsonl").read_text().splitlines()]
    assert [line["validation_accuracy"] for line in lines if "validation_accuracy" in line][-1] == 1


def test_a_database_that_another_process_has_locked(sit: Vote, monkeypatch: pytest.MonkeyPatch) -> None:
    """The vote is refused by a sentence, and taken when the lock is gone."""
    monkeypatch.setattr(label, "SECONDS_FOR_OTHERS", 0.05)
    other = sqlite3.connect("labels/labels.sqlite", isolation_level=None)
    rank, calls = LabelStore.rank, []

    def locked_at_first(store: LabelStore, *arguments: object) -> None:
        calls.append(arguments)
        other.execute("BEGIN IMMEDIATE" if len(calls) == 1 else "ROLLBACK")
        rank(store, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(LabelStore, "rank", locked_at_first)
    status, out, err = sit(typed="1\n2\nq\n")
    assert status == 0 and len(calls) == 2
    assert "labels/labels.sqlite is locked by another program: nothing was changed; try again when that has" in err
    assert exported() == [("Hello! No.", "Hello! Yes.")]
    other.execute("BEGIN EXCLUSIVE")
    status, out, err = sit(typed="1\n")
    assert (status, out) == (1, "") and err.startswith("pyllm: labels/labels.sqlite is locked by another program")
    other.close()
    assert exported() == [("Hello! No.", "Hello! Yes.")]


def test_on_a_terminal_a_key_is_enough(tmp_path: Path) -> None:
    """Two answers stand side by side; Ctrl-C loses nothing."""
    answered(tmp_path)
    screen = Terminal("from pyllm.vote_commands import vote as command", ["--out", "labels"], tmp_path)
    try:
        screen.wait_for("Yes.")
        screen.wait_for("vote> ")
        screen.type("\x1b[A")  # an arrow
        screen.wait_for("says nothing here")
        screen.wait_for("vote> ")
        screen.type("2")
        screen.wait_for("prompt 2 of 3, 1 voted on")
        screen.wait_for("vote> ")
        screen.type("1")
        screen.wait_for("vote> ")
        screen.process.send_signal(signal.SIGINT)
        screen.wait_for("3 prompts: 0 answered, 2 ranked, 0 skipped, 1 left")
        assert screen.process.wait(30) == 130
    finally:
        screen.close()
    assert exported(tmp_path) == [("Hello! No.", "Hello! Yes."), ("Who are you? Yes.", "Who are you? No.")]


def test_without_prompts(sit: Vote) -> None:
    status, out, err = sit("--out", "none")
    assert (status, out) == (1, "")
    assert err == "pyllm: there are no prompts yet in none: name a file of prompts, or pass --tasks\n"
