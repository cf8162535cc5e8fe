"""Which files are meant by a path, a pattern, a folder or a URL, and which reader reads each."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pyllm.data.document import Page
from pyllm.data.sources.arc import ArcReader
from pyllm.data.sources.limits import DEFAULT_LIMITS, ReadLimits
from pyllm.data.sources.rows import read_jsonl, read_parquet
from pyllm.data.sources.streams import Stream
from pyllm.data.sources.text_files import read_html, read_text
from pyllm.data.sources.warc import WarcReader
from pyllm.files import file_size

KINDS = {  # by the end of a name, less .gz
    ".warc": "warc",
    ".wet": "warc",
    ".wat": "warc",
    ".arc": "arc",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".txt": "text",
    ".text": "text",
    ".md": "text",
}


FIRST_BYTES = {b"WARC/": "warc", b"filedesc:": "arc", b"PAR1": "parquet"}


@dataclass(frozen=True, slots=True)
class InputFile:
    """One unit of input: what one process reads, and what is done or not when a run goes on.

    Attributes:
        name: what it is called in reports; no two of a run have the same.
        paths: the files, in order: one, or some HTML files of a folder.
        kind: "warc", "arc", "html", "jsonl", "parquet" or "text".
        url: where it is to be fetched from; "" for what is here. Then there are no paths yet: see `at`.
        folder: what the ids of HTML files are relative to.
    """

    name: str
    paths: tuple[Path, ...]
    kind: str
    url: str = ""
    folder: Path | None = None

    def at(self, path: Path) -> InputFile:
        """The same, fetched to a path."""
        return InputFile(self.name, (path,), kind_of(path), self.url)

    @property
    def identity(self) -> dict[str, str | int]:
        """What tells that an input is still the same, for JSON; of a URL that alone."""
        if self.url:
            return {"name": self.name}
        return {"name": self.name, "files": len(self.paths), "bytes": self.size}

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(path.stat().st_size for path in self.paths)


def kind_of(path: Path) -> str:
    """How to read a file: by its name where that tells, else by what it begins with; anything else is text.

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: one cannot read it as a file.
    """
    file_size(path)
    named = kind_by_name(path.name)
    if named:
        return named
    stream = Stream(path)
    try:
        stream.fill(16)
        return next((kind for first, kind in FIRST_BYTES.items() if stream.data.startswith(first)), "text")
    finally:
        stream.close()


def kind_by_name(name: str) -> str:
    """The kind that a file's name tells; "" where it does not."""
    suffixes = [suffix for suffix in Path(name.lower()).suffixes if suffix not in (".gz", ".bad")]
    return KINDS.get(suffixes[-1], "") if suffixes else ""


def read_pages(
    source: Path | InputFile, limits: ReadLimits = DEFAULT_LIMITS, counts: Counter[str] | None = None
) -> Iterator[Page]:
    """The pages of a file, in order, whatever its state: what cannot be read is a page with a problem.

    Args:
        source: a file, or one of what `expand_inputs` gives.
        limits: what is too large to be read.
        counts: records that are no pages are counted here, by their type.

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: at the first page; one cannot read it as a file.
    """
    counts = Counter() if counts is None else counts
    if isinstance(source, Path):
        source = InputFile(str(source), (source,), kind_of(source))
    for path in source.paths:
        file_size(path)
        if source.kind == "warc":
            yield from WarcReader(path, limits, counts).pages()
        elif source.kind == "arc":
            yield from ArcReader(path, limits, counts).pages()
        elif source.kind == "html":
            name = path.relative_to(source.folder).as_posix() if source.folder is not None else path.name
            yield from read_html(path, limits, name)
        elif source.kind == "jsonl":
            yield from read_jsonl(path, limits)
        elif source.kind == "parquet":
            yield from read_parquet(path, limits)
        else:
            yield from read_text(path, limits)


def expand_inputs(inputs: Sequence[str | os.PathLike[str]], limits: ReadLimits = DEFAULT_LIMITS) -> list[InputFile]:
    """The files that paths, patterns, folders and URLs mean: in the order of the arguments, sorted within each.

    Of a folder, files whose names tell what they are count; its HTML files are units of 1,000.

    Raises:
        FileNotFoundError: an argument means no file.
        ValueError: there is none, or a URL is none that can be fetched.
    """
    if not inputs:
        raise ValueError("no input was given: a file, a folder, a pattern as *.warc.gz, or a URL")
    found: dict[str, InputFile] = {}
    for argument in inputs:
        for unit in _expanded(os.fspath(argument), limits):
            found.setdefault(unit.name, unit)
    return list(found.values())


def _expanded(argument: str, limits: ReadLimits) -> list[InputFile]:
    scheme = urlsplit(argument).scheme.lower() if "://" in argument else ""
    if scheme in ("http", "https"):
        name = Path(urlsplit(argument).path).name
        return [InputFile(argument, (), kind_by_name(name) or "text", url=argument)]
    if scheme:
        raise ValueError(f"{argument}: only http and https can be fetched")
    path = Path(argument)
    if path.is_dir():
        units = _folder(path, limits)
        if not units:
            raise FileNotFoundError(f"{argument}: there is no file in this folder that can be read: {_named()}")
        return units
    if path.exists() or not glob.has_magic(argument):
        file_size(path)
        return [_unit(path)]
    units = []
    for name in sorted(glob.glob(argument, recursive=True)):  # noqa: PTH207 Path.glob takes no absolute pattern
        each = Path(name)
        units += _folder(each, limits) if each.is_dir() else [_unit(each)]
    if not units:
        raise FileNotFoundError(f"{argument}: no file has such a name")
    return units


def _unit(path: Path) -> InputFile:
    return InputFile(str(path), (path,), kind_of(path))


def _folder(folder: Path, limits: ReadLimits) -> list[InputFile]:
    """What is in a folder and those below it, in the order of the names; HTML files together, at the end."""
    units: list[InputFile] = []
    pages: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            kind = "" if name.startswith(".") else kind_by_name(name)
            if kind == "html":
                pages.append(Path(place, name))
            elif kind:
                units.append(_unit(Path(place, name)))
    units.sort(key=lambda unit: unit.name)
    pages.sort(key=str)
    step = limits.html_files
    for first in range(0, len(pages), step):
        batch = tuple(pages[first : first + step])
        name = f"{folder}: HTML files {first + 1} to {first + len(batch)}"
        units.append(InputFile(name, batch, "html", folder=folder))
    return units


def _named() -> str:
    return ", ".join(f"*{end}" for end in KINDS)
