"""The command line: what it prints, and that every mistake becomes one line."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from samples import CODE, PROSE

from pyllm import Tokenizer, _bpe, cli
from pyllm.tokenizer_commands import _visible


class Outcome:
    """What a command returned and printed."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def pyllm(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path):
    """Runs `pyllm ...` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["pyllm", *arguments])
        try:
            status = cli.main()
        except SystemExit as stop:  # the option parser's own refusals
            status = int(stop.code or 0)
        out, err = capsysbinary.readouterr()
        return Outcome(status, out.decode(), err.decode())

    return run


@pytest.fixture
def trained(pyllm) -> Path:
    """The default tokenizer, trained on a small file in the current folder."""
    Path("corpus.txt").write_text(PROSE + CODE)
    outcome = pyllm("tokenizer", "train", "corpus.txt", "--vocab-size", "500")
    assert outcome.status == 0, outcome.err
    return Path("runs/tokenizer/tokenizer.json")


def test_train_and_show_at_work(pyllm, trained: Path) -> None:
    tokenizer = Tokenizer.load(trained)
    assert tokenizer.vocab_size == 500 and "<|endoftext|>" in tokenizer.special_tokens
    again = pyllm("tokenizer", "train", "corpus.txt", "--vocab-size", "300", "--out", "a/b.json", "--pattern", "gpt2")
    assert again.status == 0
    assert "Trained on corpus.txt" in again.out and "Written to a/b.json" in again.out
    assert "First merges:" in again.out and "bytes a token:" in again.out
    assert Tokenizer.load("a/b.json").pattern == "gpt2"


def test_train_on_the_text_that_python_carries(pyllm) -> None:
    outcome = pyllm("tokenizer", "train", "--vocab-size", "400")
    assert outcome.status == 0 and "the text that Python carries" in outcome.out
    assert Tokenizer.load("runs/tokenizer/tokenizer.json").vocab_size == 400


def test_a_corpus_that_fills_less(pyllm) -> None:
    Path("tiny.txt").write_text("abc abc")
    outcome = pyllm("tokenizer", "train", "tiny.txt", "--vocab-size", "1000")
    assert outcome.status == 0
    assert outcome.err.startswith("pyllm: note: the corpus fills only 277 of 1000 ids")


def test_encode_and_decode(pyllm, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = Tokenizer.load(trained)
    text = "naïve <|think|> 🙂\n"
    refused = pyllm("tokenizer", "encode", text)
    assert (
        refused.err == "pyllm: the text holds the special token '<|think|>': pass --special take, or --special plain\n"
    )
    assert refused.status == 1 and not refused.out
    plain = pyllm("tokenizer", "encode", text, "--special", "plain")
    assert plain.out.split() == list(map(str, tokenizer.encode_ordinary(text)))
    encoded = pyllm("tokenizer", "encode", text, "--special", "take")
    assert encoded.out.split() == list(map(str, tokenizer.encode(text, allowed_special="all")))
    assert pyllm("tokenizer", "decode", *encoded.out.split()).out == text
    assert pyllm("tokenizer", "decode", str(tokenizer.encode_ordinary("a list"))).out == "a list"
    Path("text").write_text(text)
    assert pyllm("tokenizer", "encode", "--file", "text").out.split() == list(map(str, tokenizer.encode_ordinary(text)))


def test_standard_input(trained: Path) -> None:
    def piped(command: str, data: bytes) -> subprocess.CompletedProcess[bytes]:
        arguments = [sys.executable, "-c", "import sys, pyllm.cli; sys.exit(pyllm.cli.main())", "tokenizer", command]
        return subprocess.run(arguments, input=data, capture_output=True, check=False)

    data = b"bytes \xff\x00 in\r\nand out"
    encoded = piped("encode", data)
    assert encoded.returncode == 0 and piped("decode", encoded.stdout).stdout == data
    assert piped("decode", b"12 x").stderr == b"pyllm: token ids must be integers, got 'x'\n"


def test_shards(pyllm, trained: Path) -> None:
    assert pyllm("tokenizer", "encode", "--file", "corpus.txt", "--out", "shards").out == "shards/manifest.json\n"
    again = pyllm("tokenizer", "encode", "--file", "corpus.txt", "--out", "shards")
    assert again.status == 1 and "already holds manifest.json; nothing was written" in again.err
    assert pyllm("tokenizer", "encode", "text", "--out", "x").err.startswith("pyllm: --out needs --file")


def test_show(pyllm, trained: Path) -> None:
    text = "the é <|user|>\tx\n"
    shown = pyllm("tokenizer", "show", text)
    tokenizer = Tokenizer.load(trained)
    ids = tokenizer.encode(text, allowed_special="all")
    assert shown.status == 0 and f"bytes: {len(text.encode())}, tokens: {len(ids)}," in shown.out
    for place, id in enumerate(ids):
        row = rf"{place} +{id} +\S+ +{tokenizer.token_bytes(id).hex(' ')}"
        assert re.search(row, shown.out), row
    assert f"Unicode: {_bpe.unicode_version}" in shown.out


def test_show_says_what_it_leaves_out(pyllm, trained: Path) -> None:
    assert "... and 100 more tokens" in pyllm("tokenizer", "show", "1 " * 100).out
    long = pyllm("tokenizer", "show", "1 " * 5000).out
    assert "... and 9000 more tokens" in long and "... and 9900 more tokens" in long and len(long) < 20000


def test_bars_where_colours_do_not_tell_tokens_apart(pyllm, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for variables, bars in (
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True),
    ):
        with monkeypatch.context() as context:
            for name, value in variables.items():
                context.setenv(name, value)
            context.delenv("COLORTERM", raising=False)
            assert ("│" in pyllm("tokenizer", "show", "the tokens").out) == bars, variables


def test_special_tokens(pyllm) -> None:
    Path("text").write_text(PROSE)
    train = ("tokenizer", "train", "--vocab-size", "300", "--out", "t.json")
    assert pyllm(*train, "--special-token", "<|a|>", "--special-token", "<|b|>", "text").status == 0
    assert Tokenizer.load("t.json").special_tokens == {"<|a|>": 298, "<|b|>": 299}
    assert pyllm(*train, "--no-special-tokens", "--overwrite", "text").status == 0
    assert Tokenizer.load("t.json").special_tokens == {}


def test_ranks_are_written_to_a_name_of_theirs(pyllm) -> None:
    Path("text").write_text(PROSE)
    out = pyllm("tokenizer", "train", "--vocab-size", "300", "--no-special-tokens", "--out", "r.tiktoken", "text")
    assert out.status == 0, out.err
    assert pyllm("tokenizer", "encode", "the", "--tokenizer", "r.tiktoken").out.split() == list(
        map(str, Tokenizer.from_tiktoken("r.tiktoken").encode("the"))
    )


def test_visible() -> None:
    token = b"a \t\n\xff\xc3\xa9\x00" + "\u200b".encode()
    assert _visible(token, space="_") == "a_→↵‹ff›é‹U+0000›‹U+200B›"


def test_top_level(pyllm) -> None:
    assert pyllm().out == pyllm("--help").out == cli.USAGE
    assert re.fullmatch(r"pyllm \S+ \(Unicode [\d.]+, from regex \S+\)\n", pyllm("--version").out)
    unknown = pyllm("frobnicate")
    assert unknown.status == 2 and unknown.err.startswith("pyllm: there is no command 'frobnicate'")
    assert "train" in pyllm("tokenizer", "--help").out
    assert pyllm("tokenizer", "frobnicate").status == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "x"], "there is no runs/tokenizer/tokenizer.json yet: run `pyllm tokenizer train` first"),
        (["train", "missing.txt"], "there is no file missing.txt"),
        (["train", "."], "the folder . holds no Parquet files"),
        (["train", "empty"], "the corpus is empty: nothing to train on in empty"),
        (["train", "text", "--vocab-size", "100"], "vocab_size must be at least 274"),
        (["train", "text", "--pattern", "("], "the pattern '(' does not compile"),
        (["train", "text", "--pattern", "a*"], "the pattern 'a*' matches the empty string"),
        (["train", "text", "--pattern", "gpt4"], "there is no pattern named 'gpt4'; the named ones are"),
        (["train", "text", "--threads", "0"], "threads must be at least 1, got 0"),
        (["train", "text", "--special-token", "<a>", "--special-token", "<a>"], "special_tokens holds '<a>' twice"),
        (["train", "text", "--out", "text/x.json"], "text is a file, not a folder"),
        (["train", "text", "--out", "text/a/x.json"], "text is a file, not a folder"),
        (["train", "text", "--out", "good.json"], "good.json is already there: pass --overwrite to replace it, or"),
        (["train", "text", "--out", "."], ". is a folder, not a file"),
        (["train", "text", "--special-token", "a", "--no-special-tokens"], "--special-token and --no-special-tokens"),
        (["encode", "x", "--file", "text"], "give a text or --file, not both"),
        (["encode", "x", "--end-of-text", "<a>"], "--end-of-text goes with --out"),
        (["encode", "--file", "text", "--special", "take"], "files are encoded as plain text"),
        (["show", "x", "--file", "text"], "give a text or --file, not both"),
        (["show", "x", "--tokenizer", "missing.json"], "there is no file missing.json"),
        (["show", "x", "--tokenizer", "text"], "text is not JSON"),
        (["show", "x", "--tokenizer", "ranks.tiktoken"], "ranks.tiktoken, line 1: expected a token in base64"),
        (["encode", "--file", "missing", "--tokenizer", "good.json"], "there is no file missing"),
        (["encode", "--file", "empty", "--out", "x", "--tokenizer", "good.json"], "empty is empty"),
        (["show", "--file", "empty", "--tokenizer", "good.json"], "empty is empty"),
        (["decode", "99999", "--tokenizer", "good.json"], "there is no token with id 99999"),
        (["decode", "--tokenizer", "good.json", "[1,-1]"], "there is no token with id -1"),
    ],
)
def test_mistakes(pyllm, arguments: list[str], message: str) -> None:
    Path("empty").touch()
    Path("text").write_text("some text")
    Path("ranks.tiktoken").write_bytes(b"\x00\xff no ranks")
    Tokenizer.train(iter([PROSE]), 300).save("good.json")
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    outcome = pyllm("tokenizer", *arguments)
    assert outcome.status == 1 and outcome.out == ""
    assert outcome.err.startswith(f"pyllm: {message}"), outcome.err
    assert outcome.err.count("\n") == 1 and "Traceback" not in outcome.err
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_a_folder_without_permission(pyllm, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("text").write_text("some text")
    Path("locked").mkdir()
    Tokenizer.train(iter([PROSE]), 300).save("good.json")
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != Path("locked") and access(path, mode))
    message = "pyllm: there is no permission to write into the folder locked\n"
    assert pyllm("tokenizer", "train", "text", "--out", "locked/t.json").err == message
    encode = ("tokenizer", "encode", "--file", "text", "--tokenizer", "good.json", "--out", "locked")
    assert pyllm(*encode).err == message
    refuse = PermissionError(13, "Permission denied")
    monkeypatch.setattr(Path, "mkdir", lambda path, *_, **__: (_ for _ in ()).throw(refuse))  # root would not be
    assert pyllm("tokenizer", "train", "text", "--out", "locked/below/t.json").err == message
    assert not list(Path("locked").iterdir())


def test_ctrl_c(tmp_path: Path) -> None:
    """Training on a pipe that gives nothing more ends at once, with nothing written."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = [sys.executable, "-c", "import sys, pyllm.cli; sys.exit(pyllm.cli.main())", "tokenizer", "train"]
    process = subprocess.Popen([*command, str(pipe)], cwd=tmp_path, stderr=subprocess.PIPE)
    with pipe.open("wb") as writer:  # opens when the reader has
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        writer.write(b"the end")  # wakes the reader, which finds that it is to stop
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and err == b"\npyllm: stopped\n"
    assert not list((tmp_path / "runs").rglob("*.json"))


def test_ctrl_c_while_a_command_is_imported() -> None:
    program = """if True:
        import os, signal, sys
        from pyllm import cli
        class Stop:
            def find_spec(self, *_):
                os.kill(os.getpid(), signal.SIGINT)
        sys.meta_path.insert(0, Stop())
        sys.exit(cli.main())
    """
    stopped = subprocess.run([sys.executable, "-c", program, "sample", "x"], capture_output=True, check=False)
    assert (stopped.returncode, stopped.stdout, stopped.stderr) == (130, b"", b"\npyllm: stopped\n")
