"""`pyllm chat`: through a pipe, with one question, and on a terminal."""

import io
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from assistants import CONTEXT, save_assistant
from samples import trained
from terminals import Terminal

import pyllm
from pyllm import checkpoint
from pyllm.chat_commands import chat
from pyllm.cli import _run

Chat = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("one")
    save_assistant(path)
    return path


@pytest.fixture
def talk(run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Chat:
    """Runs `pyllm chat ...` on these bytes of standard input; returns its status and what it printed."""

    def call(*arguments: str, typed: bytes = b"", model: Path = run) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed), "utf-8"))
        status = _run(chat, "pyllm chat", ["--model", str(model), "--temperature", "0", *arguments])
        return status, *capsys.readouterr()

    return call


def test_one_question(talk: Chat, run: Path) -> None:
    assert talk("Who", "are", "you?") == (0, "I am very small.\n", "")
    assert talk("1+1?", model=checkpoint.path_of(run / "checkpoints", "sft", 150)) == (0, "It is 2: ②.\n", "")


def test_a_pipe_of_messages(talk: Chat) -> None:
    status, out, err = talk(typed=b"Hello!\n\n  Who are you?  \n1+1?\n/quit\nHello!\n")
    assert (status, err) == (0, "")
    assert out == "Hello, my friend.\nI am very small.\nIt is 2: ②.\n"
    assert talk(typed=b"Hello!")[1] == "Hello, my friend.\n"  # no newline at the end
    assert talk() == (0, "", "")
    status, out, _ = talk(typed=b"\xff\xfe\n")
    assert status == 0 and out  # whatever it says to that


def test_commands(talk: Chat) -> None:
    status, out, err = talk(typed=b"/again\nHello!\n/again\n/new\n/again\n/foo\n/help\n/etc/passwd Hello!\n/quit\n")
    assert status == 0
    assert out.startswith("Hello, my friend.\nHello, my friend.\n") and out.count("\n") == 3
    notes = [
        "pyllm: note: there is no message yet to answer again",
        "pyllm: note: a new conversation",
        "pyllm: note: there is no message yet to answer again",
        "pyllm: note: there is no command /foo; there are /new, /again, /quit, /help",
    ]
    assert err.splitlines()[:4] == notes
    assert "/new: begin another conversation" in err


def test_the_context_and_answers_that_are_cut(talk: Chat) -> None:
    status, out, err = talk(typed=b"Hello!\n" * 20)
    assert status == 0 and out == "Hello, my friend.\n" * 20
    assert err.count("from now on the oldest messages are left out") == 1
    _, out, err = talk("Hello!", "--max-new-tokens", "2")
    assert "Hello, my friend.".startswith(out.strip()) and out.strip()
    assert err == "pyllm: note: the answer was cut at 2 tokens; --max-new-tokens allows more\n"
    status, out, err = talk(typed=b"a " * 200 + b"\nHello!\n")
    assert status == 0 and out == "\nHello, my friend.\n"
    assert f"tokens leave no room for an answer in its context of {CONTEXT}" in err
    status, out, err = talk("a " * 200)
    assert status == 1 and "this is too long for the model" in err


def save_babbler(run: Path, context: int) -> None:
    """Writes a pretrained model that says nothing but a."""
    tok = trained("cl100k", special_tokens=pyllm.SPECIAL_TOKENS)
    model = pyllm.GPT(pyllm.ModelConfig(n_layer=1, n_head=2, n_embd=8, vocab_size=tok.vocab_size, context=context))
    for array in model.parameters.values():
        array[...] = 0
    model.parameters["transformer.wte.weight"][ord("a")] = 1
    model.parameters["transformer.ln_f.bias"][...] = 1
    model.touch()
    checkpoint.save(run / "checkpoints" / "pretrain_00000001", model, pyllm.AdamW(model), {}, tok)


def test_a_full_context_is_told(talk: Chat, tmp_path: Path) -> None:
    save_babbler(tmp_path, 16)
    status, out, err = talk("a", model=tmp_path)
    assert status == 0 and set(out) == {"a", "\n"} and out.count("a") == 16 - 5
    assert "has only been pretrained and has never seen a conversation" in err
    assert err.endswith("the answer was cut: the model's context of 16 tokens is full; /new begins anew\n")


def test_mistakes(talk: Chat, tmp_path: Path) -> None:
    assert talk("a", model=tmp_path / "none") == (1, "", f"pyllm: there is no folder {tmp_path / 'none'}\n")
    status, _, err = talk("a", "--temperature", "-1")
    assert status == 1 and "temperature must be 0 or a positive number" in err
    tok = trained("gpt2")
    model = pyllm.GPT(pyllm.ModelConfig(n_layer=1, n_head=2, n_embd=8, vocab_size=tok.vocab_size, context=16))
    model.save(tmp_path / "foreign")
    tok.save(tmp_path / "foreign" / "tokenizer.json")
    status, _, err = talk("a", model=tmp_path / "foreign")
    assert status == 1 and "has no special tokens for conversations: tune it first with `pyllm sft`" in err


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def make(run: Path, *arguments: str) -> Terminal:
        words = ["--model", str(run), "--temperature", "0", *arguments]
        opened.append(Terminal("from pyllm.chat_commands import chat as command", words))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def test_on_a_terminal(run: Path, terminal: Callable[..., Terminal]) -> None:
    screen = terminal(run)
    screen.wait_for(f"whose context is {CONTEXT} tokens; /help shows the commands")
    screen.wait_for("> ")
    screen.type("1+1?\n")
    screen.wait_for("think: easy\r\nIt is 2: ②.\r\n")
    screen.wait_for("> ")
    screen.type("\x04")
    assert screen.process.wait(30) == 0


def test_ctrl_c_stops_an_answer_and_then_the_conversation(tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    save_babbler(tmp_path, 30_000)
    screen = terminal(tmp_path, "--max-new-tokens", "30000")
    screen.wait_for("> ")
    screen.type("go on\n")
    screen.wait_for("aaaaaaaa")
    screen.process.send_signal(signal.SIGINT)
    screen.wait_for("stopped; what has been said so far stays in the conversation")
    screen.wait_for("> ")
    for _ in range(30):  # one that comes between readline's prompt and its waiting for keys is not seen by it
        screen.process.send_signal(signal.SIGINT)
        try:
            assert screen.process.wait(1) != 0
            return
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError("the conversation did not end")
