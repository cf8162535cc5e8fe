"""The sides of bench/data_deduplication.py: texts in memory to clusters of near copies, on one core."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import struct
import tempfile
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import sides
from sides import serve, timed

WORDS, BANDS, ROWS = 5, 14, 8


class Side(sides.Side):
    """Finds near copies among texts. clusters_of gives for each text the place of the first one of its cluster."""

    def load(self, path: str) -> None:
        self._texts: list[str] = json.loads(Path(path).read_text())

    def clusters_of(self, texts: list[str]) -> Sequence[int]:
        raise NotImplementedError

    def deduplicate(self) -> float:
        """Seconds from texts to clusters."""
        return timed(lambda: self.clusters_of(self._texts))[0]

    def clusters(self) -> list[int]:
        return [int(place) for place in self.clusters_of(self._texts)]


class Pyllm(Side):
    """Exact copies too: what the data pipeline does with each page, and then with their keys in a file."""

    package = "pyllm"

    def clusters_of(self, texts: list[str]) -> Sequence[int]:
        from pyllm.data.deduplication import find_duplicates, minhash_keys, text_hash, write_keys

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "keys.npy"
            write_keys(path, [text_hash(text) for text in texts], [minhash_keys(text) for text in texts])
            kept: Sequence[int] = find_duplicates([path]).kept.tolist()
        return kept

    def find_duplicates(self, pages: int, folder: str) -> tuple[float, float]:
        """Seconds to cluster random keys, a fifth of the pages being copies; and the highest memory, bytes a page."""
        import numpy

        from pyllm.data.deduplication import find_duplicates, write_keys

        random = numpy.random.default_rng(1)
        keys = random.integers(0, 1 << 63, (1 + BANDS, pages), dtype=numpy.uint64)
        originals, copies = random.integers(0, pages, (2, pages // 5))
        bands = random.integers(1, 1 + BANDS, pages // 5)
        keys[bands, copies] = keys[bands, originals]
        files = [Path(folder) / f"{name}.npy" for name in ("first", "second")]
        for file, part in zip(files, numpy.array_split(keys, 2, axis=1), strict=True):
            write_keys(file, part[0], part[1:].T)
        del keys
        seconds, _ = timed(lambda: find_duplicates(files))
        tracemalloc.start()
        find_duplicates(files)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return seconds, peak / pages


class Datatrove(Side):
    """Its three steps, one after the other in this process, on a folder of its own."""

    package = "datatrove"

    def clusters_of(self, texts: list[str]) -> Sequence[int]:
        from datatrove.data import Document
        from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
        from datatrove.pipeline.dedup.minhash import MinhashConfig
        from loguru import logger

        logger.remove()
        config = MinhashConfig(n_grams=WORDS, num_buckets=BANDS, hashes_per_bucket=ROWS)
        folder = Path(tempfile.mkdtemp())
        signatures, buckets, clusters = (str(folder / name) for name in ("signatures", "buckets", "clusters"))
        documents = (Document(text=text, id=str(place)) for place, text in enumerate(texts))
        MinhashDedupSignature(signatures, config=config).run(documents, rank=0)
        for band in range(BANDS):
            MinhashDedupBuckets(signatures, buckets, config=config).run(None, band, BANDS)
        MinhashDedupCluster(buckets, clusters, config=config, save_cluster_id=True).run(None, 0, 1)
        kept = list(range(len(texts)))
        first: dict[int, int] = {}
        for file in Path(clusters).glob("*.clusters"):
            for place, cluster in sorted(struct.iter_unpack("<2I", file.read_bytes())):
                kept[place] = first.setdefault(cluster, place)
        shutil.rmtree(folder)
        return kept


class Datasketch(Side):
    """MinHash and MinHashLSH; clusters through what each text's query returns."""

    package = "datasketch"

    def __init__(self) -> None:
        import datasketch

        self._library = datasketch

    def clusters_of(self, texts: list[str]) -> Sequence[int]:
        library = self._library
        index = library.MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
        kept = list(range(len(texts)))

        def root(place: int) -> int:
            while kept[place] != place:
                place = kept[place]
            return place

        for place, text in enumerate(texts):
            words = re.findall(r"\w+", text.lower())
            grams = zip(*(itertools.islice(words, start, None) for start in range(WORDS)), strict=False)
            sketch = library.MinHash(num_perm=BANDS * ROWS)
            sketch.update_batch([" ".join(gram).encode() for gram in grams])
            for other in index.query(sketch):
                one, two = sorted((root(place), root(other)))
                kept[two] = one
            index.insert(place, sketch)
        return [root(place) for place in range(len(texts))]


if __name__ == "__main__":
    serve(Pyllm, Datatrove, Datasketch)
