"""`pyllm label`: what a person types, where the next sitting goes on, and that nothing is lost."""

import io
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from assistants import save_assistant
from samples import trained
from terminals import Terminal

import pyllm
from pyllm.cli import _run
from pyllm.files import held
from pyllm.label import LabelStore
from pyllm.label_commands import edited, label

Label = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("one")
    save_assistant(path)
    return path


@pytest.fixture
def sit(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Label:
    """Runs `pyllm label ...` on typed lines in a folder of its own; returns its status and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    Path("prompts.txt").write_text("Hello!\n\n  Who are you?\n1+1?\n")

    def call(*arguments: str, typed: str = "", model: Path = run) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode()), "utf-8"))
        status = _run(label, "pyllm label", ["--model", str(model), "--out", "labels", *arguments])
        return status, *capsys.readouterr()

    return call


def exported(name: str) -> list[dict]:
    return [json.loads(line) for line in Path("labels", f"{name}.jsonl").read_text().splitlines()]


def said() -> list[tuple[str, object]]:
    """Each prompt that was answered, and the answer."""
    return [(one["messages"][-2]["content"], one["messages"][-1]["content"]) for one in exported("conversations")]


def test_a_sitting_and_the_next_one(sit: Label) -> None:
    status, out, err = sit("prompts.txt", "--samples", "1", "--temperature", "0", typed="m 1\nHi!\n\na 1\nq\n")
    assert (status, err) == (0, "")
    assert "prompt 1 of 3" in out and "Hello, my friend." in out and "I am very small." in out and "②" not in out
    assert "answer 1 mended and kept; left: 2 of 3 prompts." in out
    assert out.endswith(
        "3 prompts: 2 answered, 0 ranked, 0 skipped, 1 left\n"
        "labels/conversations.jsonl: 2 lines\nlabels/preferences.jsonl: 1 line\n"
    )
    assert said() == [("Hello!", "Hi!"), ("Who are you?", "I am very small.")]
    assert exported("preferences") == [{"prompt": "Hello!", "chosen": "Hi!", "rejected": "Hello, my friend."}]
    status, out, err = sit("--samples", "1", "--temperature", "0", typed="a 1\n\n")  # goes on where it stopped
    assert (status, err) == (0, "")
    assert "prompt 3 of 3" in out and "think: easy" in out and "prompt 1 of 3" not in out
    parts = [{"type": "think", "text": "easy"}, {"type": "text", "text": "It is 2: ②."}]
    assert said()[2] == ("1+1?", parts)
    status, out, err = sit("prompts.txt")
    assert (status, err) == (0, "pyllm: note: all prompts are done\n")
    assert "3 prompts: 3 answered" in out


def test_answers_of_a_model_are_ranked(sit: Label) -> None:
    status, out, _ = sit("prompts.txt", "--temperature", "3", "--max-new-tokens", "9", typed="2 > 3 = 1 > 4\n")
    assert status == 0 and "ranking kept" in out and "answer 4" in out and "answer 5" not in out
    with LabelStore(Path("labels/labels.sqlite")) as store:
        assert [sample.rank for sample in store.prompt(1).samples] == [2, 1, 2, 3]
        texts = [sample.content for sample in store.prompt(1).samples]
        assert len(set(map(str, texts))) == 4  # of one prompt, each drawn by itself
    assert len(exported("preferences")) == 5
    _, out, _ = sit("--temperature", "3", "--max-new-tokens", "9", typed="b\n1 2\nq\n")
    assert "answer 1, rank 2" in out
    assert len(exported("preferences")) == 1


def test_writing_skipping_and_mistakes(sit: Label) -> None:
    typed = "\n?\nzz\nm 5\nm\n1 2\nm 1\n\nw  A first \nb\ns\nw\n\nw\nA second one.\n\nw third\n"
    status, out, err = sit("prompts.txt", "--samples", "1", "--temperature", "0", typed=typed)
    assert status == 0
    notes = [line.removeprefix("pyllm: note: ") for line in err.splitlines()]
    assert notes == [
        "nothing has been said about this prompt yet; s skips it, ? shows what can be said",
        "'zz' says nothing here; ? shows what can be said",
        "expected the number of an answer, from 1 to 1, got '5'",
        "expected the number of an answer, from 1 to 1, got ''",
        "there is no answer 2: they are numbered from 1 to 1",
        "nothing was mended, and nothing is kept; a takes an answer as it is",
        "this is the first prompt",
        "an empty answer is not kept",
    ]
    assert out.count("skip this prompt") == 2
    assert said() == [("Hello!", "A first"), ("Who are you?", "A second one."), ("1+1?", "third")]


def test_without_a_model(sit: Label, tmp_path: Path) -> None:
    status, out, err = sit("prompts.txt", "--samples", "0", typed="a 1\nw Good day.\n", model=tmp_path / "none")
    assert (status, err) == (0, "pyllm: note: there is no answer of a model here: w writes one\n")
    assert said() == [("Hello!", "Good day.")]
    status, out, err = sit("--export-only", model=tmp_path / "none")
    assert (status, err) == (0, "") and out.startswith("3 prompts: 1 answered")


def test_prompts_of_files_and_tasks(sit: Label) -> None:
    Path("talks.jsonl").write_text(
        '{"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "A"}, '
        '{"role": "assistant", "content": "B"}]}\n{"prompt": "P"}\nnonsense\n'
    )
    arguments = ["talks.jsonl", "prompts.txt", "--tasks", "spelling", "--count", "2", "--samples", "0"]
    status, out, err = sit(*arguments)
    assert status == 0 and "prompt 1 of 7" in out
    assert "talks.jsonl: 1 of 3 records was skipped; line 3: it is not JSON" in err
    with LabelStore(Path("labels/labels.sqlite")) as store:
        assert [message["content"] for message in store.prompt(1).messages] == ["S", "A"]
        assert store.prompt(2).messages == [{"role": "user", "content": "P"}]
    assert "7 prompts: 0 answered, 0 ranked, 0 skipped, 7 left\n" in sit(*arguments)[1]


def test_a_prompt_that_is_too_long_for_the_model_can_still_be_answered(sit: Label) -> None:
    Path("long.txt").write_text("a " * 300)
    status, _, err = sit("long.txt", typed="w Too long.\n")
    assert status == 0 and "leave no room for an answer in its context" in err
    assert said()[0][1] == "Too long."


def test_mistakes(sit: Label, tmp_path: Path) -> None:
    def error(*arguments: str, model: Path = tmp_path / "none") -> str:
        status, out, err = sit(*arguments, model=model)
        assert (status, out) == (1, "")
        return err

    assert error() == "pyllm: there are no prompts yet in labels: name a file of prompts, or pass --tasks\n"
    assert "must be within 0 ... 4, got 5" in error("prompts.txt", "--samples", "5")
    assert "--count must be at least 1, got 0" in error("prompts.txt", "--count", "0")
    assert "there is no task 'none'; the tasks are addition" in error("--tasks", "none")
    assert "none.txt" in error("none.txt") and "none.jsonl" in error("none.jsonl")
    assert not Path("labels").exists()
    tok = trained("gpt2")
    model = pyllm.GPT(pyllm.ModelConfig(n_layer=1, n_head=2, n_embd=8, vocab_size=tok.vocab_size, context=16))
    model.save(tmp_path / "foreign")
    tok.save(tmp_path / "foreign" / "tokenizer.json")
    status, out, err = sit("prompts.txt", model=tmp_path / "foreign")
    assert (
        status == 1
        and "tune it first with `pyllm sft`, or write answers yourself with `pyllm label --samples 0`" in err
    )
    assert out.startswith("3 prompts: 0 answered")  # they are kept all the same
    with held(Path("labels")):
        assert "another process is at work on labels" in error()


def test_on_a_terminal_without_an_editor(run: Path, tmp_path: Path) -> None:
    """The model's answer stands in the line already; Ctrl-C loses nothing."""
    (tmp_path / "prompts.txt").write_text("Hello!\n1+1?\n")
    arguments = ["prompts.txt", "--out", "labels", "--model", str(run), "--samples", "1", "--temperature", "0"]
    environment = {"PATH": str(tmp_path), "EDITOR": "", "VISUAL": ""}
    screen = Terminal("from pyllm.label_commands import label as command", arguments, tmp_path, environment)
    try:
        screen.wait_for("label> ")
        screen.type("m 1\n")
        screen.wait_for("mended> Hello, my friend.")
        screen.type(" Welcome.\n")
        screen.wait_for("answer 1 mended and kept; left: 1 of 2 prompts.")
        screen.wait_for("label> ")
        screen.process.send_signal(signal.SIGINT)
        screen.wait_for("2 prompts: 1 answered, 0 ranked, 0 skipped, 1 left")
        assert screen.process.wait(30) == 130
    finally:
        screen.close()
    pair = {"prompt": "Hello!", "chosen": "Hello, my friend. Welcome.", "rejected": "Hello, my friend."}
    assert json.loads((tmp_path / "labels" / "preferences.jsonl").read_text()) == pair


def test_an_answer_is_mended_in_an_editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Screen())
    monkeypatch.delenv("VISUAL", raising=False)
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\ntr a-z A-Z < "$2" > "$2.new" && printf "$1\\n" >> "$2.new" && mv "$2.new" "$2"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", f"{editor} 'the end'")
    assert edited("one\ntwo ", "> ") == "ONE\nTWO the end"
    monkeypatch.setenv("VISUAL", "false")
    with pytest.raises(ValueError, match="the editor false failed, and nothing is kept"):
        edited("one", "> ")
    monkeypatch.setenv("VISUAL", str(tmp_path / "none"))
    with pytest.raises(ValueError, match="none failed, and nothing is kept"):
        edited("one", "> ")
