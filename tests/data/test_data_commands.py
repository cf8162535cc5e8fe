"""`pyllm data ...`: what a person types, reads, and gets wrong."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pyllm.cli import main

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in an empty folder; returns its status and what it prints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["pyllm", *words])
        status = main()
        return status, *capsys.readouterr()

    return run


def test_from_a_small_internet_to_tokens(data: Command) -> None:
    status, out, _ = data("data", "miniweb", "--out", "web", "--megabytes", "0.1")
    assert status == 0 and "pyllm data run 'web/warc' --out clean --before" in out.replace("web/warc ", "'web/warc' ")
    lists = ["--blocklist", "web/blocklists/adult", "--blocklist", "web/blocklists/malware"]
    status, out, _ = data("data", "run", "web/warc", "--before", "2024-07-01", *lists)
    assert status == 0 and "pages became documents, with" in out and "Next: pyllm data inspect clean" in out
    for name in ("gopher_repetition", "refinedweb_quality", "near_duplicates"):
        assert f" {name} " in out  # whole, at 80 columns
    status, out, _ = data("data", "inspect", "clean", "--stage", "gopher_quality", "--count", "2")
    assert status == 0 and out.count("dropped by gopher_quality: ") == 2
    url = next(line.removeprefix("url: ") for line in out.splitlines() if line.startswith("url: "))
    status, out, _ = data("data", "inspect", "clean", "--page", url)
    assert status == 0 and "dropped by gopher_quality" in out
    status, out, _ = data("data", "grade", "clean", "--truth", "web/truth.gz")
    assert status == 0 and "precision of the kept pages" in out
    status, out, _ = data("tokenizer", "train", "clean/documents", "--vocab-size", "300", "--out", "web.json")
    assert status == 0 and "Trained on clean/documents" in out
    status, out, _ = data("data", "tokenize", "clean/documents", "--tokenizer", "web.json", "--out", "tokens")
    assert status == 0 and "train: " in out and "Next: pyllm pretrain tokens --tokenizer web.json" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run"], "there are no inputs"),
        (["run", "nothing.warc.gz"], "there is no file nothing.warc.gz"),
        (["run", "page.html", "--out", "page.html"], "page.html is a file, not a folder"),
        (["run", "page.html", "--before", "soon"], "before must be a day as YYYY-MM-DD, got 'soon'"),
        (["run", "page.html", "--blocklist", "missing"], "there is no blocklist missing"),
        (["inspect", "."], ". holds no finished run of the data pipeline"),
        (["inspect", ".", "--page", "x"], ". holds no run of the data pipeline"),
        (["miniweb", "--out", "."], ". is not empty: remove it, or give another --out"),
        (["miniweb", "--out", "new", "--megabytes", "0"], "the size must be above 0 MB"),
        (["grade", ".", "--truth", "missing"], "there is no file missing"),
        (["tokenize", "page.html", "--tokenizer", "x.json", "--out", "y"], "page.html is no Parquet file"),
        (["tokenize", ".", "--tokenizer", "x.json", "--out", "y"], "the folder . holds no Parquet files"),
    ],
)
def test_mistakes(data: Command, words: list[str], message: str) -> None:
    Path("page.html").write_text("<p>A page</p>")
    status, out, err = data("data", *words)
    assert status == 1 and out == "" and err.startswith(f"pyllm: {message}") and err.count("\n") == 1, err
