"""`pyllm tokenizer train | encode | decode | show`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import tyro
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pyllm import _bpe
from pyllm.data.python_text import python_text
from pyllm.tokenizer import SPECIAL_TOKENS, Tokenizer

DEFAULT_PATH = Path("runs/tokenizer/tokenizer.json")
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
    vocab_size: int = 8192,
    pattern: str = "cl100k",
    special_tokens: tuple[str, ...] = SPECIAL_TOKENS,
    threads: int | None = None,
) -> None:
    """Train a tokenizer on text files and show it at work.

    Args:
        files: the text files; none: the text that every Python carries, the source and help of its standard library.
        out: where to write the tokenizer.json.
        vocab_size: the number of token ids, special tokens included.
        pattern: how text is cut before merging: gpt2, cl100k, o200k or a regular expression.
        special_tokens: texts that become one token each, with the last ids.
        threads: default: all cores given to the process.
    """
    out.parent.mkdir(parents=True, exist_ok=True)  # first: what cannot be written need not be trained
    if out.is_dir():
        raise IsADirectoryError(f"{out} is a folder, not a file")
    start = time.perf_counter()
    corpus = list(files) or python_text()
    tokenizer = Tokenizer.train(corpus, vocab_size, pattern, special_tokens, threads=threads, progress=True)
    seconds = time.perf_counter() - start
    tokenizer.save(out)
    source = ", ".join(map(str, files[:3])) + (", ..." if len(files) > 3 else "")
    console = _console()
    console.print(f"Trained on {source or 'the text that Python carries'} in {seconds:.2f} s: {tokenizer}")
    console.print(f"Written to {out}\n")
    _first_and_last_merges(console, tokenizer)
    _show(console, tokenizer, SAMPLE.encode())
    where = "" if out == DEFAULT_PATH else f" --tokenizer {out}"
    console.print(f"\nNext: pyllm tokenizer show 'a text of yours'{where}")


def encode(
    text: tyro.conf.Positional[str | None] = None,
    /,
    *,
    file: tuple[Path, ...] = (),
    out: Path | None = None,
    tokenizer: Path = DEFAULT_PATH,
    pattern: str = "cl100k",
    special: bool = False,
    end_of_text: str | None = None,
    threads: int | None = None,
) -> None:
    """Print a text's token ids, or encode files into token shards.

    Args:
        text: the text; none: standard input.
        file: files to encode instead, as plain text.
        out: with --file: a folder for token shards, instead of printing ids.
        tokenizer: a tokenizer.json, or a rank file of tiktoken (.tiktoken).
        pattern: the pattern that goes with a rank file.
        special: take special tokens in the text as such; otherwise a text that holds one is refused.
        end_of_text: with --out: the special token to put behind each file.
        threads: default: all cores given to the process.
    """
    encoder = _load(tokenizer, pattern)
    if out is not None:
        if not file:
            raise ValueError("--out needs --file: the files to encode into token shards")
        manifest = encoder.encode_file(file, out, end_of_text=end_of_text, threads=threads, progress=True)
        print(manifest)
        return
    for ids in (
        [encoder.encode_ordinary(path.read_bytes()) for path in file]
        if file
        else [encoder.encode(_input(text), allowed_special="all" if special else ())]
    ):
        print(*ids)


def decode(
    ids: tyro.conf.Positional[tuple[int, ...]] = (),
    /,
    *,
    tokenizer: Path = DEFAULT_PATH,
    pattern: str = "cl100k",
) -> None:
    """Print the text of token ids.

    Args:
        ids: the ids; none: those on standard input, between spaces or line ends.
        tokenizer: a tokenizer.json, or a rank file of tiktoken (.tiktoken).
        pattern: the pattern that goes with a rank file.
    """
    decoder = _load(tokenizer, pattern)
    if not ids:
        words = sys.stdin.read().split()
        try:
            ids = tuple(map(int, words))
        except ValueError:
            bad = next(word for word in words if not word.lstrip("-").isdecimal())
            raise ValueError(f"token ids must be integers, standard input holds {bad[:40]!r}") from None
    sys.stdout.buffer.write(decoder.decode_bytes(ids))


def show(
    text: tyro.conf.Positional[str | None] = None,
    /,
    *,
    file: Path | None = None,
    tokenizer: Path = DEFAULT_PATH,
    pattern: str = "cl100k",
) -> None:
    """Show a text with its tokens in colour, and each token's id and bytes.

    Args:
        text: the text; none: standard input. Special tokens in it are taken as such.
        file: a file to show instead.
        tokenizer: a tokenizer.json, or a rank file of tiktoken (.tiktoken).
        pattern: the pattern that goes with a rank file.
    """
    encoder = _load(tokenizer, pattern)
    data = file.read_bytes() if file is not None else _input(text)
    if not data:
        raise ValueError(f"{file if file is not None else 'the text'} is empty")
    _show(_console(), encoder, data)


COMMANDS: dict[str, Callable[..., None]] = {"train": train, "encode": encode, "decode": decode, "show": show}


def _console() -> Console:
    return Console(highlight=False, markup=False, soft_wrap=True)


def _input(text: str | None) -> bytes:
    if text is None:
        return sys.stdin.buffer.read()
    return text.encode("utf-8", "surrogateescape")  # what was not UTF-8 on the command line


def _load(path: Path, pattern: str) -> Tokenizer:
    if path == DEFAULT_PATH and not path.exists():
        raise ValueError(f"there is no {path} yet: run `pyllm tokenizer train` first, or pass --tokenizer")
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


def _show(console: Console, tokenizer: Tokenizer, data: bytes) -> None:
    ids = tokenizer.encode(data, allowed_special="all")
    coloured = Text()
    separator = "" if console.color_system else "│"  # without colours, bars tell tokens apart
    for place, id in enumerate(ids):
        coloured.append(_visible(tokenizer.token_bytes(id), newline="↵\n"), _style(place))
        coloured.append(separator)
    console.print(coloured)
    table = Table("place", "id", "token", "bytes", box=None, header_style="bold")
    special = set(tokenizer.special_tokens.values())
    for place, id in enumerate(ids[:MOST_ROWS]):
        token = tokenizer.token_bytes(id)
        shown = Text(_visible(token, space="␣"), "bold" if id in special else _style(place))
        table.add_row(str(place), str(id), shown, token.hex(" "))
    console.print(table)
    if len(ids) > MOST_ROWS:
        console.print(f"... and {len(ids) - MOST_ROWS} more tokens")
    console.print(
        f"\n{len(data)} bytes, {len(ids)} tokens, {len(data) / max(len(ids), 1):.2f} bytes a token; "
        f"pattern {tokenizer.pattern}, Unicode {_bpe.unicode_version}"
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
