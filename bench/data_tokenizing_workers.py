"""The sides of bench/data_tokenizing.py: the same documents in Parquet files and in memory."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy
from sides import Side, serve, timed
from tokenizer_workers import documents_of, read_ranks

from pyllm import Tokenizer
from pyllm.data.document import Document
from pyllm.data.documents import DocumentWriter
from pyllm.data.shards import TokenShards
from pyllm.data.tokenizing import SIDES, for_validation, tokenize_documents

END = "<|endoftext|>"
FRACTION = 0.05


class Pyllm(Side):
    package = "pyllm"

    def load(self, ranks: str) -> None:
        self._tokenizer = Tokenizer.from_tiktoken(ranks, special_tokens={END: max(read_ranks(ranks).values()) + 1})

    def cut(self, path: str, characters: int) -> int:
        """Takes the documents of a text; returns its size in bytes."""
        text = Path(path).read_bytes().decode()
        self._texts = list(documents_of(text, characters))
        return len(text.encode())

    def _id(self, place: int) -> str:
        return f"<urn:uuid:00000000-0000-0000-0000-{place:012d}>"

    def write_parquet(self, folder: str, files: int) -> None:
        """Writes the documents into Parquet files, as the data pipeline does."""
        Path(folder).mkdir()
        size = -(-len(self._texts) // files)
        for number in range(files):
            with DocumentWriter(Path(folder) / f"{number:05d}.parquet") as writer:
                for place in range(number * size, min((number + 1) * size, len(self._texts))):
                    url = f"https://example.org/pages/{place}"
                    writer.append(Document(self._texts[place], self._id(place), "CC-MAIN-2024-10", url, language="en"))

    def tokenize(self, folder: str, threads: int, times: int = 1) -> float:
        """Seconds from Parquet files to shards; of each file so many times over."""
        out = tempfile.mkdtemp(dir=Path(folder).parent)
        try:
            files = sorted(Path(folder).iterdir()) * times
            return timed(
                lambda: tokenize_documents(
                    files, self._tokenizer, out, validation_fraction=FRACTION, threads=threads, progress=False
                )
            )[0]
        finally:
            shutil.rmtree(out)

    def encode(self, threads: int) -> float:
        """Seconds to encode the documents in memory."""
        return timed(lambda: self._tokenizer.encode_batch(self._texts, threads))[0]

    def same_tokens(self, folder: str) -> bool:
        """Whether the shards hold what encode_batch gives, document by document."""
        out = tempfile.mkdtemp(dir=Path(folder).parent)
        files = sorted(Path(folder).iterdir())
        tokenize_documents(files, self._tokenizer, out, validation_fraction=FRACTION, threads=2, progress=False)
        encoded = self._tokenizer.encode_batch(self._texts)
        apart = for_validation(map(self._id, range(len(encoded))), FRACTION)
        end = numpy.array([self._tokenizer.special_tokens[END]])
        same = True
        for place, side in enumerate(SIDES):
            expected = [part for ids, one in zip(encoded, apart, strict=True) if one == place for part in (ids, end)]
            found = numpy.concatenate(TokenShards(Path(out) / side).arrays)
            same = same and numpy.array_equal(found, numpy.concatenate(expected))
        shutil.rmtree(out)
        return same


if __name__ == "__main__":
    serve(Pyllm)
