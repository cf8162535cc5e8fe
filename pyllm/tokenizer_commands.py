"""`pyllm tokenizer train | encode | decode | show`."""

from __future__ import annotations

import re
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import tyro
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pyllm import _bpe
from pyllm.data.documents import document_texts
from pyllm.data.python_text import python_text
from pyllm.files import file_size, make_folder
from pyllm.tokenizer import SPECIAL_TOKENS, Tokenizer

DEFAULT_PATH = Path("runs/tokenizer/tokenizer.json")
MOST_COLOURED = 1000
MOST_ROWS = 100
BACKGROUNDS = ("#1d4e89", "#7a3b69", "#1b6b4a", "#8a4b08", "#5b3f8c")
SAMPLE = (
    "def tokenize(text):\n    return [token for token in text.split()]\n\n"
    "It's 2026: naïve café, 12345678 tokens, 你好, 🙂 and a supercalifragilistic word.\n"
)


def train(
    files: tyro.conf.Positional[tuple[Path, ...]] = (),
    /,
    *,
    out: Path = DEFAULT_PATH,
    overwrite: bool = False,
    vocab_size: int = 8192,
    pattern: str = "cl100k",
    special_token: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    no_special_tokens: bool = False,
    threads: int | None = None,
) -> None:
    """Train a tokenizer on text files and show it at work.

    Args:
        files: text files, - for standard input; or Parquet files with a column "text", and folders of such; none: the
            text that every Python carries, the source and help of its standard library.
        out: where to write it: as a tokenizer.json, or, to a name that ends in .tiktoken, as tiktoken's ranks.
        overwrite: replace the file that is there.
        vocab_size: the number of token ids, special tokens included.
        pattern: how text is cut before merging: gpt2, cl100k, o200k, qwen2 or a regular expression.
        special_token: a text that becomes one token, with the last ids; may be given several times. Default: the 18 of
            pyllm.SPECIAL_TOKENS, from <|endoftext|> on.
        no_special_tokens: have none.
        threads: default: all cores given to the process.
    """
    if special_token and no_special_tokens:
        raise ValueError("--special-token and --no-special-tokens exclude each other")
    files = tuple(Path("/dev/stdin") if file == Path("-") else file for file in files)
    documents = parquet_files(files)
    for file in documents or files:
        file_size(file)
    if out.is_dir():
        raise IsADirectoryError(f"{out} is a folder, not a file")
    if out.exists() and not overwrite:
        raise FileExistsError(f"{out} is already there: pass --overwrite to replace it, or another --out")
    make_folder(out.parent)  # first: what cannot be written need not be trained
    start = time.perf_counter()
    special_tokens = () if no_special_tokens else special_token or SPECIAL_TOKENS
    corpus = document_texts(documents) if documents else list(files) or python_text()
    tokenizer = Tokenizer.train(corpus, vocab_size, pattern, special_tokens, threads=threads, progress=True)
    seconds = time.perf_counter() - start
    if out.suffix == ".tiktoken":
        tokenizer.save_tiktoken(out)
    else:
        tokenizer.save(out)
    console = _console()
    _first_and_last_merges(console, tokenizer)
    _show(console, tokenizer, SAMPLE.encode(), rows=0)
    source = ", ".join(map(str, files[:3])) + (", ..." if len(files) > 3 else "")
    console.print(f"\nTrained on {source or 'the text that Python carries'} in {seconds:.2f} s: {tokenizer}")
    console.print(f"Written to {out}")
    where = "" if out == DEFAULT_PATH else f" --tokenizer {shlex.quote(str(out))}"
    console.print(f"Next: pyllm tokenizer show 'a text of yours'{where}")


def encode(
    text: tyro.conf.Positional[tuple[str, ...]] = (),
    /,
    *,
    file: tyro.conf.UseAppendAction[tuple[Path, ...]] = (),
    out: Path | None = None,
    tokenizer: Path = DEFAULT_PATH,
    pattern: str = "cl100k",
    special: Literal["refuse", "take", "plain"] = "refuse",
    end_of_text: str | None = None,
    threads: int | None = None,
) -> None:
    """Print a text's token ids, or encode files into token shards.

    Args:
        text: the text, its words joined by spaces; none: standard input.
        file: a file to encode instead, as plain text; may be given several times.
        out: with --file: a folder for token shards, instead of printing ids.
        tokenizer: a tokenizer.json, or a rank file of tiktoken (.tiktoken).
        pattern: the pattern that goes with a rank file.
        special: what to do with the text of a special token: refuse it, take it as the token, or as plain text.
        end_of_text: with --out: the special token to put behind each file.
        threads: with --out: the number of threads; default: all cores given to the process.
    """
    if file and text:
        raise ValueError("give a text or --file, not both")
    if file and special != "refuse":
        raise ValueError("files are encoded as plain text: --special goes with a text")
    if out is not None and not file:
        raise ValueError("--out needs --file: the files to encode into token shards")
    if end_of_text is not None and out is None:
        raise ValueError("--end-of-text goes with --out")
    encoder = _load(tokenizer, pattern)
    if out is not None:
        print(encoder.encode_file(file, out, end_of_text=end_of_text, threads=threads, progress=True))
    elif file:
        for path in file:
            file_size(path)
            print(*encoder.encode_ordinary(path.read_bytes()))
    else:
        data = _input(text)
        if special == "refuse" and (found := next((t for t in encoder.special_tokens if t.encode() in data), None)):
            raise ValueError(f"the text holds the special token {found!r}: pass --special take, or --special plain")
        print(*encoder.encode(data, allowed_special="all" if special == "take" else (), disallowed_special=()))


def decode(
    ids: tyro.conf.Positional[tuple[str, ...]] = (),
    /,
    *,
    tokenizer: Path = DEFAULT_PATH,
    pattern: str = "cl100k",
) -> None:
    """Print the text of token ids.

    Args:
        ids: the ids, also with commas or as a JSON list; none: those on standard input.
        tokenizer: a tokenizer.json, or a rank file of tiktoken (.tiktoken).
        pattern: the pattern that goes with a rank file.
    """
    decoder = _load(tokenizer, pattern)
    words = re.sub(r"[\[\],]", " ", " ".join(ids) if ids else sys.stdin.read()).split()
    for word in words:
        if not re.fullmatch(r"-?[0-9]{1,30}", word):
            raise ValueError(f"token ids must be integers, got {word[:40]!r}")
    sys.stdout.buffer.write(decoder.decode_bytes([int(word) for word in words]))


def show(
    text: tyro.conf.Positional[tuple[str, ...]] = (),
    /,
    *,
    file: Path | None = None,
    tokenizer: Path = DEFAULT_PATH,
    pattern: str = "cl100k",
) -> None:
    """Show a text with its tokens in colour, and each token's id and bytes.

    Args:
        text: the text, its words joined by spaces; none: standard input. Special tokens in it are taken as such.
        file: a file to show instead.
        tokenizer: a tokenizer.json, or a rank file of tiktoken (.tiktoken).
        pattern: the pattern that goes with a rank file.
    """
    if file is not None and text:
        raise ValueError("give a text or --file, not both")
    encoder = _load(tokenizer, pattern)
    if file is not None:
        file_size(file)
    data = file.read_bytes() if file is not None else _input(text)
    if not data:
        raise ValueError(f"{file if file is not None else 'the text'} is empty")
    _show(_console(), encoder, data, rows=MOST_ROWS)


COMMANDS: dict[str, Callable[..., None]] = {"train": train, "encode": encode, "decode": decode, "show": show}


def parquet_files(paths: Sequence[Path]) -> list[Path]:
    """The Parquet files among paths, and in folders among them; none where there is another file.

    Raises:
        FileNotFoundError: a folder holds none.
        ValueError: there are both Parquet files and others.
    """
    found: list[Path] = []
    others: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.glob("**/*.parquet"))
            if not inside:
                raise FileNotFoundError(f"the folder {path} holds no Parquet files")
            found += inside
        else:
            (found if path.suffix == ".parquet" else others).append(path)
    if found and others:
        raise ValueError(f"{found[0]} and {others[0]} are of two kinds: give either Parquet files or text files")
    return found


def _console() -> Console:
    return Console(highlight=False, markup=False, soft_wrap=True)


def _input(words: tuple[str, ...]) -> bytes:
    if not words:
        return sys.stdin.buffer.read()
    return " ".join(words).encode("utf-8", "surrogateescape")  # what was not UTF-8 on the command line


def _load(path: Path, pattern: str) -> Tokenizer:
    if path == DEFAULT_PATH and not path.exists():
        raise ValueError(f"there is no {path} yet: run `pyllm tokenizer train` first, or pass --tokenizer")
    file_size(path)
    if path.suffix == ".tiktoken":
        return Tokenizer.from_tiktoken(path, pattern)
    return Tokenizer.load(path)


def _first_and_last_merges(console: Console, tokenizer: Tokenizer) -> None:
    merges = tokenizer.merges
    if merges:
        for title, some in (("First merges", merges[:12]), ("Last merges", merges[-6:])):
            pairs = (f"{_visible(left, space='␣')} {_visible(right, space='␣')}" for left, right in some)
            console.print(f"{title}: {' | '.join(pairs)}")
        console.print()


def _show(console: Console, tokenizer: Tokenizer, data: bytes, rows: int) -> None:
    ids = tokenizer.encode(data, allowed_special="all")
    # With few colours or none neighbours can look alike: bars tell tokens apart.
    colourful = console.color_system in ("256", "truecolor") and not console.no_color
    coloured = Text()
    for place, id in enumerate(ids[:MOST_COLOURED]):
        coloured.append(_visible(tokenizer.token_bytes(id), newline="↵\n"), _style(place))
        coloured.append("" if colourful else "│")
    console.print(coloured)
    if len(ids) > MOST_COLOURED:
        console.print(f"... and {len(ids) - MOST_COLOURED} more tokens")
    special = set(tokenizer.special_tokens.values())
    table = Table("place", "id", "token", "bytes", box=None, header_style="bold")
    for place, id in enumerate(ids[:rows]):
        token = tokenizer.token_bytes(id)
        shown = Text(_visible(token, space="␣"), "bold" if id in special else _style(place))
        table.add_row(str(place), str(id), shown, token.hex(" "))
    if rows:
        console.print(table)
        if len(ids) > rows:
            console.print(f"... and {len(ids) - rows} more tokens")
    console.print(
        f"\nbytes: {len(data)}, tokens: {len(ids)}, bytes a token: {len(data) / max(len(ids), 1):.2f}, "
        f"pattern: {tokenizer.pattern}, Unicode: {_bpe.unicode_version}"
    )


def _style(place: int) -> str:
    return f"white on {BACKGROUNDS[place % len(BACKGROUNDS)]}"


def _visible(token: bytes, newline: str = "↵", space: str = " ") -> str:
    """A token as text; what would not be seen, or is not whole UTF-8, as symbols and hexadecimal."""
    symbols = {"\n": newline, "\t": "→", " ": space}

    def visible(character: str) -> str:
        if character in symbols:
            return symbols[character]
        if 0xDC80 <= ord(character) <= 0xDCFF:  # a byte that is not UTF-8
            return f"‹{ord(character) - 0xDC00:02x}›"
        return character if character.isprintable() else f"‹U+{ord(character):04X}›"

    return "".join(map(visible, token.decode("utf-8", "surrogateescape")))
