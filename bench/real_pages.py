"""Real pages and texts with their gold: downloaded by package name, checked, and never part of this repository.

What cannot be had is left out, with a note that says why.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import html
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """A file of a package registry. options: those of pip download, beside the folder; none: Debian's."""

    name: str
    file: str
    sha256: str
    options: tuple[str, ...] = ()


SOURCE = ("--no-binary", ":all:")
WHEEL = ("--only-binary", ":all:")
PACKAGES = {
    package.name.partition("==")[0]: package
    for package in (
        Package(
            "newspaper4k==0.9.6",
            "newspaper4k-0.9.6.tar.gz",
            "a3f2f0e017dddb6f1019ee77aaa8980e13e6ecea0b949abc7167aae4770d2d0e",
            SOURCE,
        ),
        Package(
            "inscriptis==2.7.6",
            "inscriptis-2.7.6.tar.gz",
            "b8fe23c5ae4db33c9d1c5e1b7d000dbfa1decbea7b605ac87e0f5d8f8abc3ce6",
            SOURCE,
        ),
        Package(
            "html2text==2024.2.26",
            "html2text-2024.2.26.tar.gz",
            "05f8e367d15aaabc96415376776cdd11afd5127a77fce6e36afc60c563ca2c32",
            SOURCE,
        ),
        Package(
            "installation-guide-amd64",
            "installation-guide-amd64_20230508+deb12u1_all.deb",
            "812c43e1dc906daf671e3efe953dc023205c238e5bd5a3021ce4ca142793573a",
        ),
        Package(
            "pywb==2.10.0",
            "pywb-2.10.0-py2.py3-none-any.whl",
            "885767217656f6e9833eb4c58180ec6b2a4757d8ff30b9ee6d8e743dcb47660d",
            WHEEL,
        ),
        Package(
            "eld==1.0.6",
            "eld-1.0.6-py3-none-any.whl",
            "175f570537e8cdf65d48b6e3d2c14438e236d9e5ac5b5b5005d07cd8dab797b2",
            WHEEL,
        ),
    )
}


@dataclass(frozen=True)
class GoldPage:
    """A page as it was sent, and its text as a person or a reference gives it."""

    name: str
    content: bytes
    text: str


def add_gold_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="FOLDER",
        default=Path.home() / ".cache" / "pyllm-bench",
        help="where downloaded packages are kept (default: ~/.cache/pyllm-bench)",
    )
    parser.add_argument(
        "--articles",
        type=Path,
        metavar="FOLDER",
        help="a checkout of scrapinghub/article-extraction-benchmark: 181 news pages; left out where not given",
    )
    parser.add_argument(
        "--readability",
        type=Path,
        metavar="FOLDER",
        help="a checkout of mozilla/readability: 130 pages; left out where not given",
    )


class Downloads:
    """The packages' files, unpacked.

    Args:
        cache: where the downloads stay.
        note: is told what is missing, and why.
    """

    def __init__(self, cache: Path, note: Callable[[str], None]) -> None:
        self._cache, self._note = cache, note

    def folder(self, name: str) -> Path | None:
        """Where the package is unpacked; None, with a note, where it cannot be had."""
        package = PACKAGES[name]
        self._cache.mkdir(parents=True, exist_ok=True)
        path = self._cache / package.file
        unpacked = self._cache / f"{package.file}.unpacked"
        try:
            if not path.exists():
                self._download(package)
            if (found := hashlib.sha256(path.read_bytes()).hexdigest()) != package.sha256:
                raise OSError(f"{package.file} has the SHA-256 {found}, not {package.sha256}")
            if not unpacked.exists():
                self._unpack(path, unpacked)
        except (OSError, subprocess.CalledProcessError) as error:
            message = getattr(error, "stderr", None) or str(error)
            self._note(f"skipped: {package.name}: {message.strip().splitlines()[-1]}")
            return None
        return unpacked

    def _download(self, package: Package) -> None:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *package.options, package.name]
        if not package.options:
            command = ["apt-get", "download", package.name]
        subprocess.run(command, cwd=self._cache, check=True, capture_output=True, text=True)

    @staticmethod
    def _unpack(path: Path, folder: Path) -> None:
        if path.suffix == ".deb":
            subprocess.run(["dpkg", "-x", path, folder], check=True, capture_output=True, text=True)
        elif path.suffix == ".whl":
            with zipfile.ZipFile(path) as archive:
                archive.extractall(folder)
        else:
            with tarfile.open(path) as archive:
                archive.extractall(folder, filter="data")


def gold_pages(downloads: Downloads, options: argparse.Namespace) -> dict[str, list[GoldPage]]:
    """Sets of pages by name: of news, of a book, and of snippets whose whole text is wanted."""
    sets: dict[str, list[GoldPage]] = {}
    if folder := downloads.folder("newspaper4k"):
        data = next(folder.glob("*/tests/data"))
        sets["newspaper4k"] = paired(data / "html", data / "txt", ".txt")
    if folder := downloads.folder("installation-guide-amd64"):
        sets["installation-guide"] = guide(folder / "usr/share/doc/installation-guide-amd64")
    if folder := downloads.folder("inscriptis"):
        tests = next(folder.glob("*/tests/html"))
        sets["inscriptis"] = paired(tests, tests, ".txt")
    if folder := downloads.folder("html2text"):
        tests = next(folder.glob("*/test"))
        sets["html2text"] = paired(tests, tests, ".md")
    if options.articles and (options.articles / "ground-truth.json").exists():
        truth = json.loads((options.articles / "ground-truth.json").read_bytes())
        sets["article-extraction-benchmark"] = [
            GoldPage(
                name, gzip.decompress((options.articles / "html" / f"{name}.html.gz").read_bytes()), one["articleBody"]
            )
            for name, one in truth.items()
        ]
    if options.readability and (tests := options.readability / "test" / "test-pages").exists():
        sets["readability"] = [
            GoldPage(
                path.parent.name,
                (path.parent / "source.html").read_bytes(),
                without_tags(path.read_text("utf-8")),
            )
            for path in sorted(tests.glob("*/expected.html"))
        ]
    return sets


def paired(pages: Path, texts: Path, suffix: str) -> list[GoldPage]:
    """NAME.html with NAME + suffix."""
    return [
        GoldPage(path.stem, path.read_bytes(), text.read_text("utf-8", "replace"))
        for path in sorted(pages.glob("*.html"))
        if (text := texts / f"{path.stem}{suffix}").exists()
    ]


def without_tags(markup: str) -> str:
    """The text of clean markup: a tag stands between words."""
    return html.unescape(re.sub(r"<[^>]*>", " ", markup))


def guide(folder: Path, languages: tuple[str, ...] = ("en", "de", "es", "fr")) -> list[GoldPage]:
    """Sections of a book that is there as pages and as one text, in which each begins at its title."""
    pages = []
    for language in languages:
        titles: dict[str, Path] = {}
        for path in sorted((folder / language).glob("*.html")):
            if found := re.search(r"<title>(.*?)</title>", path.read_text("utf-8"), re.DOTALL):
                titles[_spaced(html.unescape(found[1]))] = path
        lines = gzip.decompress((folder / language / f"install.{language}.txt.gz").read_bytes()).decode().split("\n")
        # The table of contents has the titles, too: the last place is the section's own.
        places = {_spaced(line): number for number, line in enumerate(lines) if _spaced(line) in titles}
        ends = [*sorted(places.values())[1:], len(lines)]
        for (title, begin), end in zip(sorted(places.items(), key=lambda one: one[1]), ends, strict=True):
            path = titles[title]
            if "s" in path.stem:  # "ch01s02": a section; a chapter's own page is a table of contents
                pages.append(GoldPage(f"{language}/{path.stem}", path.read_bytes(), "\n".join(lines[begin:end])))
    return pages


def _spaced(text: str) -> str:
    return " ".join(text.split())


def labelled_sentences(downloads: Downloads) -> list[tuple[str, str]]:
    """(ISO 639-1 code, sentence), 1,000 in each of 60 languages."""
    folder = downloads.folder("eld")
    if not folder:
        return []
    lines = (folder / "eld" / "tests" / "data" / "big-test.txt").read_text("utf-8").splitlines()
    return [(code, text) for code, tab, text in (line.partition("\t") for line in lines) if tab]
