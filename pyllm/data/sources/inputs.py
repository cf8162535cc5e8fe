"""Which files are meant by a path, a pattern, a folder or a URL, and which reader reads each."""

from __future__ import annotations

import codecs
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

PACKED = (".gz", ".zst", ".bad")  # ends that do not tell the kind
KINDS = {  # by the end of a name before them
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


FIRST_BYTES = {
    b"WARC/": "warc",
    b"filedesc:": "arc",
    b"PAR1": "parquet",
    b"<!doctype html": "html",
    b"<html": "html",
    b'{"': "jsonl",
}


@dataclass(frozen=True, slots=True)
class InputFile:
    """One unit of input: what one process reads, and what is done or not when a run goes on.

    Attributes:
        name: what it is called in reports; no two of a run have the same.
        paths: the files, in order: one, or some HTML files of a folder.
        kind: "warc", "arc", "html", "jsonl", "parquet" or "text".
        url: where it is to be fetched from; "" for what is here. Then there are no paths yet: see `at`.
        folder: what the ids of many HTML files are relative to.
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
        stream.fill(64)
        begin = bytes(stream.data[:64]).removeprefix(codecs.BOM_UTF8).lstrip()
        return next(
            (kind for first, kind in FIRST_BYTES.items() if begin[: len(first)].lower() == first.lower()), "text"
        )
    finally:
        stream.close()


def kind_by_name(name: str) -> str:
    """The kind that a file's name tells; "" where it does not."""
    suffixes = [suffix for suffix in Path(name.lower()).suffixes if suffix not in PACKED]
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
        if source.kind != "html" or len(source.paths) == 1:
            file_size(path)
        if source.kind == "warc":
            yield from WarcReader(path, limits, counts).pages()
        elif source.kind == "arc":
            yield from ArcReader(path, limits, counts).pages()
        elif source.kind == "html":
            yield from read_html(path, limits, os.path.relpath(path, source.folder) if source.folder else path.name)
        elif source.kind == "jsonl":
            yield from read_jsonl(path, limits)
        elif source.kind == "parquet":
            yield from read_parquet(path, limits)
        else:
            yield from read_text(path, limits)


def expand_inputs(inputs: Sequence[str | os.PathLike[str]], limits: ReadLimits = DEFAULT_LIMITS) -> list[InputFile]:
    """The files that paths, patterns, folders and URLs mean: in the order of the arguments, sorted within each.

    Of a folder, files count whose names tell what they are. HTML files make units of up to `limits.html_files`: those
    of a folder by themselves, those of all other arguments together.

    Raises:
        FileNotFoundError: an argument means no file.
        ValueError: there is none, or one is no file and no URL that can be fetched.
    """
    if not inputs:
        raise ValueError("no input was given: a file, a folder, a pattern such as 'crawl/*.warc.gz', or a URL")
    units: dict[str, InputFile] = {}
    seen: set[Path] = set()
    single: list[Path] = []  # HTML files that are no folder's
    for argument in [os.fspath(one) for one in inputs]:
        scheme = urlsplit(argument).scheme.lower() if "://" in argument else ""
        if scheme in ("http", "https"):
            kind = kind_by_name(Path(urlsplit(argument).path).name) or "text"
            units.setdefault(argument, InputFile(argument, (), kind, url=argument))
            continue
        if scheme:
            raise ValueError(f"{argument}: only http and https can be fetched")
        for path in _paths(argument):
            pages: list[Path] = []
            found = _in_folder(path) if path.is_dir() else [(path, kind_of(_regular(path)))]
            if not found:
                names = ", ".join(f"*{end}" for end in KINDS)
                raise FileNotFoundError(f"{path}: no file in this folder has a name that tells what it is: {names}")
            for each, kind in found:
                place = each.resolve()
                if place in seen:
                    continue
                seen.add(place)
                if kind == "html":
                    (pages if path.is_dir() else single).append(each)
                else:
                    units[str(each)] = InputFile(str(each), (each,), kind)
            units |= _batches(pages, path, limits)
    if len(single) == 1:
        units[str(single[0])] = InputFile(str(single[0]), (single[0],), "html")
    elif single:
        units |= _batches(single, Path(os.path.commonpath([path.absolute().parent for path in single])), limits)
    return list(units.values())


def _paths(argument: str) -> list[Path]:
    """What a path or a pattern means."""
    path = Path(argument)
    if path.exists() or not glob.has_magic(argument):
        return [path]
    found = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207 Path.glob takes no absolute patterns
    if not found:
        raise FileNotFoundError(f"{argument}: no file has such a name")
    return [Path(name) for name in found]


def _regular(path: Path) -> Path:
    file_size(path)
    if not path.is_file():
        raise ValueError(f"{path} is neither a file nor a folder")
    return path


def _in_folder(folder: Path) -> list[tuple[Path, str]]:
    """The files in a folder and those below it whose names tell their kind, sorted; hidden ones are left out."""
    found: list[tuple[Path, str]] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            kind = "" if name.startswith(".") else kind_by_name(name)
            if kind and (path := Path(place, name)).is_file():
                found.append((path, kind))
    return sorted(found)


def _batches(pages: list[Path], folder: Path, limits: ReadLimits) -> dict[str, InputFile]:
    units = {}
    for first in range(0, len(pages), limits.html_files):
        paths = tuple(pages[first : first + limits.html_files])
        name = f"{folder}: HTML files {first + 1:,} to {first + len(paths):,}"
        units[name] = InputFile(name, paths, "html", folder=folder)
    return units
