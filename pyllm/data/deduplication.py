"""Copies of pages, exact and near, found over any number of files with 120 bytes a page.

Two pages are exact copies when their texts differ in whitespace alone. They are near copies when most of their word
5-grams are the same: each page's set of 5-grams is hashed by 14 x 8 permutations, and the least values of 8 of them
make one band. Two sets of Jaccard similarity s agree in one least value with probability s (Broder 1997, "On the
resemblance and containment of documents"), so they share a band with probability 1 - (1 - s^8)^14: 1 % at s = 0.4,
39 % at 0.67, 92 % at 0.8 (Penedo et al. 2024, "The FineWeb Datasets", section 3.4). Pages that share a band, and
pages that share one with these, are a cluster, of which the first page in the order of the input is kept.

A page's keys are the hash of its text and one 64-bit hash a band. Those of a file's pages are one array (1 + bands,
pages) of uint64 in a .npy file: the texts' hashes, then band after band, so that one band is read at a time.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy
from numpy.lib import format as npy

from pyllm.files import file_size, written_whole

Uint32s = numpy.ndarray[Any, numpy.dtype[numpy.uint32]]
Uint64s = numpy.ndarray[Any, numpy.dtype[numpy.uint64]]
Int64s = numpy.ndarray[Any, numpy.dtype[numpy.int64]]
Bools = numpy.ndarray[Any, numpy.dtype[numpy.bool_]]

WORDS, BANDS, ROWS = 5, 14, 8
EXACT_DUPLICATE = "exact_duplicate"
NEAR_DUPLICATE = "near_duplicate"

# Odd numbers of 64 random-looking bits: powers of them weigh characters in a word, words in a 5-gram, values in a band.
_CHARACTER_BASE, _WORD_BASE, _BAND_BASE = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93
_ALL_64 = (1 << 64) - 1
_PIECE_CHARACTERS = 1 << 16  # hashed at a time: bounds the memory for a huge page
_SHINGLES_AT_ONCE = 1 << 11  # their 112 hashes stay in the second-level cache
_BETWEEN_WORDS, _IN_WORD, _MARK = 0, 1, 2  # a mark (an accent by itself) is left out and ends no word


def text_hash(text: str) -> int:
    """A 64-bit hash of a text in which every stretch of whitespace is one space: the same for exact copies."""
    data = " ".join(text.split()).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


def minhash_keys(text: str | Iterable[str], *, words: int = WORDS, bands: int = BANDS, rows: int = ROWS) -> Uint64s:
    """The bands of a page as 64-bit hashes, (bands,) uint64; of several pages (pages, bands).

    Words are runs of letters and digits in lower case without accents; all else stands between them. A page of fewer
    than `words` words is one shingle, the whole of it.

    Args:
        text: of one page, or of several.
        words: in a shingle.
        bands: each a chance for two pages to meet.
        rows: least values that must be the same for that.

    Raises:
        ValueError: words, bands or rows is below 1.
    """
    permutations = _permutations(words, bands, rows)
    if isinstance(text, str):
        return _band_keys(_least_values(_shingles(text, words), *permutations), bands)
    keys = [_band_keys(_least_values(_shingles(one, words), *permutations), bands) for one in text]
    return numpy.array(keys, numpy.uint64).reshape(len(keys), bands)


@lru_cache
def _permutations(words: int, bands: int, rows: int) -> tuple[Uint32s, Uint32s]:
    """Factors and terms, (bands * rows, 1) each, of x -> (factor * x + term) mod 2^32, factors being odd."""
    for name, value in (("words", words), ("bands", bands), ("rows", rows)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
    random = _mixed(numpy.arange(1, 1 + bands * rows, dtype=numpy.uint64) * numpy.uint64(_CHARACTER_BASE))
    factors = (random >> numpy.uint64(32)).astype(numpy.uint32) | numpy.uint32(1)
    return factors[:, None], random.astype(numpy.uint32)[:, None]


def _least_values(shingles: Uint32s, factors: Uint32s, terms: Uint32s) -> Uint32s:
    """The least value (permutations,) of each permutation over a page's shingles (N,), N >= 1."""
    least: Uint32s | None = None
    for begin in range(0, len(shingles), _SHINGLES_AT_ONCE):
        values = factors * shingles[begin : begin + _SHINGLES_AT_ONCE]
        values += terms
        block: Uint32s = values.min(axis=1)
        least = block if least is None else numpy.minimum(least, block)
    assert least is not None
    return least


def _band_keys(least: Uint32s, bands: int) -> Uint64s:
    values = least.reshape(bands, -1)
    return _mixed(values @ _powers(_BAND_BASE, values.shape[1] + 1)[1:])


def _shingles(text: str, words: int) -> Uint32s:
    """The hashes of a text's shingles, with repeats: at least one."""
    hashes = _word_hashes(text)
    if not len(hashes):
        return numpy.array([text_hash(text) >> 32], numpy.uint32)
    words = min(words, len(hashes))
    count = len(hashes) - words + 1
    shingles = hashes[:count].copy()
    for word in range(1, words):
        shingles *= numpy.uint64(_WORD_BASE)
        shingles += hashes[word : word + count]
    return (_mixed(shingles) >> numpy.uint64(32)).astype(numpy.uint32)


def _word_hashes(text: str) -> Uint64s:
    """A 64-bit hash of each word: the sum of its characters' codes c, each times a power of a base B.

    With S_i = sum over j < i of c_j B^j for the whole text, the word from i to k has (S_k - S_i) B^-i.
    """
    pieces = [_word_hashes_of_piece(piece) for piece in _pieces(text.lower())]
    return pieces[0] if len(pieces) == 1 else numpy.concatenate(pieces)


def _word_hashes_of_piece(text: str) -> Uint64s:
    kinds = _character_kinds()
    if text.isascii():
        characters: numpy.ndarray[Any, Any] = numpy.frombuffer(text.encode(), numpy.uint8)
        kind = kinds[characters]
    else:
        data = unicodedata.normalize("NFD", text).encode("utf-32-le", "surrogatepass")
        characters = numpy.frombuffer(data, "<u4")
        kind = kinds[numpy.minimum(characters, len(kinds) - 1)]
        beyond = characters >= len(kinds)
        if beyond.any():
            codes, places = numpy.unique(characters[beyond], return_inverse=True)
            kind[beyond] = numpy.fromiter(map(_character_kind, codes.tolist()), numpy.uint8)[places]
        if (marks := kind == _MARK).any():
            characters, kind = characters[~marks], kind[~marks]
    if not len(kind):
        return numpy.zeros(0, numpy.uint64)
    edges = numpy.empty(len(kind) + 1, numpy.bool_)  # where a word starts or has ended
    edges[1:-1] = kind[1:] != kind[:-1]
    edges[0], edges[-1] = kind[0] == _IN_WORD, kind[-1] == _IN_WORD
    places = edges.nonzero()[0]
    sums = numpy.zeros(len(kind) + 1, numpy.uint64)
    numpy.cumsum(characters * _powers(_CHARACTER_BASE, _PIECE_CHARACTERS)[: len(kind)], out=sums[1:])
    starts = places[::2]
    hashes = sums[places[1::2]] - sums[starts]
    hashes *= _powers(pow(_CHARACTER_BASE, -1, 1 << 64), _PIECE_CHARACTERS)[starts]
    return _mixed(hashes)


def _pieces(text: str) -> Iterator[str]:
    """A text in pieces of bounded size, cut at spaces; where there is none for so long, within a word."""
    begin, most = 0, _PIECE_CHARACTERS // 4  # decomposed, a character becomes at most four
    while len(text) - begin > most:
        cut = text.rfind(" ", begin + 1, begin + most)
        end = cut if cut > 0 else begin + most
        yield text[begin:end]
        begin = end
    yield text[begin:] if begin else text


@cache
def _character_kinds() -> numpy.ndarray[Any, numpy.dtype[numpy.uint8]]:
    """What the characters of Unicode's first plane are to words."""
    return numpy.fromiter(map(_character_kind, range(1 << 16)), numpy.uint8)


def _character_kind(code: int) -> int:
    category = unicodedata.category(chr(code))
    if category == "Mn":
        return _MARK
    return _IN_WORD if category[0] in "LNM" else _BETWEEN_WORDS


@lru_cache
def _powers(base: int, count: int) -> Uint64s:
    """base^0 ... base^(count - 1), mod 2^64."""
    factors = numpy.full(count, base & _ALL_64, numpy.uint64)
    factors[0] = 1
    return numpy.multiply.accumulate(factors)


def _mixed(values: Uint64s) -> Uint64s:
    """The values, in place, so that each bit of one depends on each it had; one to one.

    The finalizer of MurmurHash3 (Appleby, public domain).
    """
    shift = numpy.uint64(33)
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        values ^= values >> shift
        values *= numpy.uint64(factor)
    values ^= values >> shift
    return values


# Keys in files


def write_keys(path: Path, hashes: Sequence[int] | Uint64s, keys: Sequence[Uint64s] | Uint64s) -> None:
    """Writes the keys of a file's pages, in their order.

    Args:
        path: of the .npy file; written whole or not at all.
        hashes: text_hash of each page.
        keys: minhash_keys of each page; none, where only exact copies are to be found.

    Raises:
        ValueError: there are keys, but not as many as hashes.
    """
    if len(keys) not in (0, len(hashes)):
        raise ValueError(f"there are {len(hashes)} hashes of texts, but the bands of {len(keys)} pages")
    columns = [numpy.array(hashes, "<u8")]
    if len(keys):
        columns += list(numpy.array(keys, "<u8").T)
    with written_whole(path) as file:
        numpy.save(file, numpy.stack(columns), allow_pickle=False)


def read_keys(path: str | os.PathLike[str]) -> Uint64s:
    """The keys in a file, memory-mapped: (1 + bands, pages).

    Raises:
        OSError: the file cannot be read.
        ValueError: it does not hold keys.
    """
    path = Path(path)
    file_size(path)
    try:
        keys: Uint64s = npy.open_memmap(path, mode="r")
    except (ValueError, EOFError, OverflowError) as error:
        raise ValueError(f"{path} is no file of page keys, or damaged: {' '.join(str(error).split())[:200]}") from None
    if keys.dtype != "<u8" or keys.ndim != 2 or not len(keys) or not keys.flags.c_contiguous:
        raise ValueError(
            f"{path} is no file of page keys: it holds {keys.dtype} of shape {keys.shape}, not uint64 of shape "
            f"(1 + bands, pages) in C's order"
        )
    return keys


# Clusters


@dataclass(frozen=True)
class Duplicates:
    """Which pages of several files are copies of which. Pages are counted through all files.

    Attributes:
        kept: (pages,) for each page the one that is kept of its cluster: itself, or an earlier one.
        exact: (pages,) whether an earlier page has the same text.
        starts: (files + 1,) the first page of each file, and the number of pages.
    """

    kept: Int64s
    exact: Bools
    starts: Int64s

    def is_kept(self, file: int) -> Bools:
        """For each page of a file whether it is kept."""
        begin, end = self.starts[file : file + 2]
        return numpy.equal(self.kept[begin:end], numpy.arange(begin, end))

    def reason(self, page: int) -> str:
        """Why a page is dropped: EXACT_DUPLICATE or NEAR_DUPLICATE; "" where it is kept."""
        if self.kept[page] == page:
            return ""
        return EXACT_DUPLICATE if self.exact[page] else NEAR_DUPLICATE

    def place(self, page: int) -> tuple[int, int]:
        """The file that a page is in, and its place in there."""
        file = int(numpy.searchsorted(self.starts, page, side="right")) - 1
        return file, page - int(self.starts[file])


def find_duplicates(files: Sequence[str | os.PathLike[str]]) -> Duplicates:
    """Clusters of copies among the pages whose keys are in files.

    The result depends on the keys and the order of the files alone. Memory: about 50 bytes a page.

    Args:
        files: written by write_keys, all with the same options of minhash_keys.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file does not hold keys, or another number of bands than the first.
    """
    keys = [read_keys(file) for file in files]
    bands = {len(one) - 1: file for file, one in zip(files, keys, strict=True) if one.shape[1]}
    if len(bands) > 1:
        (one, first), (other, second) = list(bands.items())[:2]
        raise ValueError(f"{first} holds keys of {one} bands, {second} of {other}")
    return _duplicates(keys)


def exact_duplicates(texts: Iterable[str]) -> Int64s:
    """For each text the place of the first one that differs from it in whitespace alone: its own, where it is first."""
    hashes = numpy.array([text_hash(text) for text in texts], numpy.uint64)
    return _duplicates([hashes[None]]).kept


def minhash_duplicates(texts: Iterable[str], *, words: int = WORDS, bands: int = BANDS, rows: int = ROWS) -> Int64s:
    """For each text the place of the first one of its cluster of near copies: its own, where it is that.

    Args and Raises as minhash_keys.
    """
    keys = minhash_keys(texts if not isinstance(texts, str) else [texts], words=words, bands=bands, rows=rows)
    kept = numpy.arange(len(keys))
    for band in keys.T:
        _join(kept, *_runs(band))
    return _roots(kept, kept)


def _duplicates(keys: Sequence[Uint64s]) -> Duplicates:
    starts = numpy.zeros(len(keys) + 1, numpy.int64)
    numpy.cumsum([one.shape[1] for one in keys], out=starts[1:])
    kept = numpy.arange(starts[-1])
    exact = numpy.zeros(len(kept), numpy.bool_)
    keys = [one for one in keys if one.shape[1]]
    for band in range(len(keys[0]) if keys else 0):
        pages, runs = _runs(numpy.concatenate([one[band] for one in keys]))
        if band == 0:
            exact[pages] = True
            exact[numpy.minimum.reduceat(pages, runs) if len(runs) else pages] = False
        _join(kept, pages, runs)
    return Duplicates(_roots(kept, kept), exact, starts)


def _runs(column: Uint64s) -> tuple[Int64s, Int64s]:
    """The pages whose value another page has too, those of one value together; and where each value's pages start."""
    order = numpy.argsort(column)
    column = column[order]
    same = numpy.zeros(len(column) + 1, numpy.bool_)  # as the one before
    same[1:-1] = column[1:] == column[:-1]
    shared = same[:-1] | same[1:]
    return order[shared], numpy.flatnonzero(~same[:-1][shared])


def _join(parents: Int64s, pages: Int64s, runs: Int64s) -> None:
    """Joins the clusters of the pages of each run. parents: each page's, which is no later one; roots are their own.

    All runs at once: the root of each page goes below the least root in the page's run, until all in a run are one. A
    root that several runs pull at goes to the least; the next round joins what is left, at most half as many.
    """
    if not len(runs):
        return
    sizes = numpy.diff(runs, append=len(pages))
    while True:
        roots = _roots(parents, pages)
        least = numpy.repeat(numpy.minimum.reduceat(roots, runs), sizes)
        apart = roots != least
        if not apart.any():
            return
        numpy.minimum.at(parents, roots[apart], least[apart])


def _roots(parents: Int64s, pages: Int64s) -> Int64s:
    """The roots of pages; their parents become these."""
    roots = parents[pages]
    while True:
        above = parents[roots]
        if numpy.array_equal(above, roots):
            break
        roots = above
    parents[pages] = roots
    return roots
