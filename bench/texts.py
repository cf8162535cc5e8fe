"""The texts that the tokenizer benches work on, and the vocabularies that all sides load."""

from __future__ import annotations

import argparse
import random
import shutil
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy
from pairing import Bench
from worker_process import Worker

import pyllm
from pyllm.patterns import PATTERNS

OWN_VOCABULARY = 32768
TRAINING_BYTES = 50_000_000
CL100K = Path(__file__).parents[2] / "shared" / "data" / "vocab" / "cl100k_base.tiktoken"


def add_text_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--corpus", type=Path, metavar="FILE", help="a text in UTF-8; default: the source code of Python's own library"
    )


def add_vocabulary_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ranks", type=Path, metavar="FILE", help="a vocabulary as tiktoken's rank file; default: trains one of 32,768"
    )
    parser.add_argument(
        "--cl100k",
        type=Path,
        metavar="FILE",
        default=CL100K,
        help="tiktoken's rank file of cl100k_base; left out where there is no such file",
    )


def source_code(seed: int | None = None) -> bytes:
    """Python's own library as one text: by the files' names, or shuffled."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    files = sorted(file for file in folder.rglob("*.py") if "site-packages" not in file.parts)
    if seed is not None:
        random.Random(seed).shuffle(files)
    return b"".join(file.read_bytes().decode("utf-8", "replace").encode() for file in files)


class Corpus:
    """The text to work on, from --corpus or Python's own library; parts of it become files in the bench's folder."""

    def __init__(self, bench: Bench) -> None:
        self._folder = bench.folder
        if bench.options.corpus:
            self._path = bench.options.corpus
        else:
            self._path = self._folder / "corpus.txt"
            self._path.write_bytes(source_code())
        self.size = self._path.stat().st_size

    def head(self, size: int) -> Path:
        """A file of the first `size` bytes, cut at a character; of the whole corpus, where it is smaller."""
        path = self._folder / f"corpus_{size}.txt"
        if not path.exists():
            with self._path.open("rb") as file:
                path.write_bytes(file.read(size).decode("utf-8", "ignore").encode())
        return path


def random_words(size: int, seed: int) -> bytes:
    """About `size` bytes of lower-case words of 2 to 12 random letters, 12 words a line."""
    generator = numpy.random.default_rng(seed)
    lengths = generator.integers(2, 13, size // 8)
    ends = numpy.cumsum(lengths + 1) - 1
    letters = generator.integers(ord("a"), ord("z") + 1, ends[-1] + 1, dtype=numpy.uint8)
    letters[ends] = ord(" ")
    letters[ends[11::12]] = ord("\n")
    return letters.tobytes()


@dataclass
class Vocabulary:
    """What a worker loads: the paths of a rank file and a tokenizer.json, and the pattern as tiktoken has it."""

    name: str
    ranks: str
    tokenizer_json: str
    pattern: str = PATTERNS["cl100k"]

    def arguments(self) -> dict[str, str]:
        return asdict(self)


def own_vocabulary(bench: Bench, corpus: Corpus) -> Vocabulary:
    """The vocabulary of --ranks, or 32,768 tokens trained on the corpus."""
    ranks, tokenizer_json = bench.folder / "own.tiktoken", bench.folder / "own.json"
    if bench.options.ranks:
        shutil.copyfile(bench.options.ranks, ranks)
        tokenizer = pyllm.Tokenizer.from_tiktoken(ranks)
    else:
        text = corpus.head(5_000_000 if bench.options.quick else TRAINING_BYTES)
        tokenizer = pyllm.Tokenizer.train([text], OWN_VOCABULARY, pattern="cl100k", progress=False)
        tokenizer.save_tiktoken(ranks)
    tokenizer.save(tokenizer_json)
    return Vocabulary(f"{tokenizer.vocab_size // 1024}k", str(ranks), str(tokenizer_json))


def vocabularies(bench: Bench, corpus: Corpus) -> list[Vocabulary]:
    """Our own vocabulary, and cl100k_base where its file is there."""
    found = [own_vocabulary(bench, corpus)]
    ranks = bench.options.cl100k
    if ranks.exists():
        tokenizer_json = bench.folder / "cl100k.json"
        pyllm.Tokenizer.from_tiktoken(ranks).save(tokenizer_json)
        found.append(Vocabulary("cl100k", str(ranks), str(tokenizer_json)))
    else:
        bench.note("cl100k_base is left out: there is no file of its ranks (see --cl100k)")
    return found


def loaded(bench: Bench, library: str, vocabulary: Vocabulary) -> Worker | None:
    """A new process of a library that has loaded a vocabulary."""
    worker = bench.worker(library)
    if worker:
        worker.call("load", **vocabulary.arguments())
    return worker
