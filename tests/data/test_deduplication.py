"""Copies: what makes two pages one, with which probability, and how clusters are found."""

import random
import re
import subprocess
import sys
import time
import tracemalloc
import unicodedata
from math import sqrt
from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyllm.data import deduplication
from pyllm.data.deduplication import (
    Duplicates,
    exact_duplicates,
    find_duplicates,
    minhash_duplicates,
    minhash_keys,
    read_keys,
    text_hash,
    write_keys,
)

SENTENCE = "It was the best of times, it was the worst of times; it was the age of wisdom."


def words_of(text: str) -> list[str]:
    """The words that a page's shingles are made of, said in another way."""
    kept = []
    for character in unicodedata.normalize("NFD", text.lower()):
        category = unicodedata.category(character)
        if category != "Mn":
            kept.append(character if re.match("[LNM]", category) else " ")
    return "".join(kept).split(" ")


def random_words(source: random.Random, count: int) -> list[str]:
    return ["".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=10)) for _ in range(count)]


def pairs(count: int, union: int, shared: int, seed: int) -> list[str]:
    """Texts 2i and 2i + 1 have `shared` of `union` words in common."""
    source = random.Random(seed)
    texts = []
    for _ in range(count):
        words = random_words(source, union)
        cut = shared + (union - shared) // 2
        texts += [" ".join(words[:cut]), " ".join(words[:shared] + words[cut:])]
    return texts


@pytest.mark.parametrize(("union", "shared"), [(100, 50), (100, 67), (100, 75), (100, 85), (12, 9), (3000, 2250)])
def test_pairs_share_a_band_as_often_as_the_formula_says(union: int, shared: int) -> None:
    count = 100 if union > 1000 else 1200
    similarity = shared / union
    keys = minhash_keys(pairs(count, union, shared, seed=union + shared), words=1).reshape(count, 2, 14)
    found = (keys[:, 0] == keys[:, 1]).any(axis=1).mean()
    expected = 1 - (1 - similarity**8) ** 14
    assert abs(found - expected) < 4 * sqrt(expected * (1 - expected) / count)


def test_least_values_agree_as_often_as_sets_overlap_and_independently() -> None:
    count, similarity = 600, 0.7
    keys = minhash_keys(pairs(count, 200, 140, seed=1), words=1, bands=112, rows=1).reshape(count, 2, 112)
    agree = keys[:, 0] == keys[:, 1]
    variance = similarity * (1 - similarity)
    assert abs(agree.mean() - similarity) < 4 * sqrt(variance / agree.size)
    assert 0.75 < agree.mean(axis=1).var() / (variance / 112) < 1.25
    assert abs(agree.mean(axis=0) - similarity).max() < 4.5 * sqrt(variance / count)


def test_bands_and_rows_are_what_they_are_called() -> None:
    texts = pairs(50, 100, 80, seed=2)
    single = minhash_keys(texts, bands=112, rows=1, words=1).reshape(50, 2, 112)
    banded = minhash_keys(texts, bands=14, rows=8, words=1).reshape(50, 2, 14)
    together = (single[:, 0] == single[:, 1]).reshape(50, 14, 8).all(axis=2)
    assert ((banded[:, 0] == banded[:, 1]) == together).all()


@pytest.mark.parametrize("words", [1, 2, 5])
def test_a_shingle_is_so_many_words_in_their_order(words: int) -> None:
    """Words in a circle have the same shingles from wherever one starts."""

    def keys(text: list[str]) -> list[int]:
        return minhash_keys(" ".join(text), words=words).tolist()

    text = random_words(random.Random(3), 40)
    turned = text[20:] + text[:20]
    overlap = words - 1
    assert keys(text + text[:overlap]) == keys(turned + turned[:overlap])
    assert keys(text + text + text[:overlap]) == keys(text + text[:overlap])
    assert (keys(text) == keys(turned)) == (words == 1)
    assert (keys(text) == keys(text[::-1])) == (words == 1)


@given(st.text() | st.text(st.characters(categories=["L", "M", "N", "P", "Z"])))
def test_words_are_letters_and_digits_without_accents(text: str) -> None:
    plain = " ".join(words_of(text)).strip(" ")
    if plain:
        assert (minhash_keys(text, words=1) == minhash_keys(plain, words=1)).all()
        assert (minhash_keys(text) == minhash_keys(plain)).all()


def test_what_makes_no_difference_and_what_does() -> None:
    keys = minhash_keys(SENTENCE)
    for same in (
        SENTENCE.upper(),
        SENTENCE.replace(",", " --").replace(" ", "\n\t "),
        SENTENCE.replace("times", "tímés"),
        "“" + SENTENCE + "” …",
    ):
        assert (minhash_keys(same) == keys).all()
    for other in (SENTENCE.replace(" the", ""), SENTENCE.replace("worst", "wors t"), SENTENCE + " It was", ""):
        assert (minhash_keys(other) != keys).any()
    few = ["", "!", "?", "one", "one two", "two one", "one two three four"]
    assert len({tuple(minhash_keys(text).tolist()) for text in few}) == len(few)
    assert minhash_keys("\ud800 one").shape == (14,)


def test_a_long_text_is_hashed_in_pieces_as_if_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    source = random.Random(4)
    text = " ".join(random_words(source, 500)) + " élan, vital " * 50
    whole = minhash_keys(text)
    monkeypatch.setattr(deduplication, "_PIECE_CHARACTERS", 256)
    monkeypatch.setattr(deduplication, "_SHINGLES_AT_ONCE", 7)
    assert (minhash_keys(text) == whole).all()
    assert minhash_keys("x" * 5000).shape == (14,)  # no space to cut at


def test_keys_are_the_same_in_every_process_and_version() -> None:
    program = (
        "from pyllm.data.deduplication import minhash_keys, text_hash;"
        "t = 'Höher, schneller und weiter: 3 mal!'; print(text_hash(t), *minhash_keys(t)[[0, 13]])"
    )
    for seed in ("0", "1"):
        result = subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        assert result.stdout.split() == GOLDEN


GOLDEN = ["4092695169773974154", "5816163534555190829", "15912315040964240457"]


def test_the_hash_of_a_text_knows_all_but_whitespace() -> None:
    assert text_hash(" a\n\n b\u00a0c ") == text_hash("a b c") < 1 << 64
    assert len({text_hash(text) for text in ("a b", "ab", "A b", "a  b.", "", "\ud800")}) == 6


def test_bad_options() -> None:
    for option in ("words", "bands", "rows"):
        with pytest.raises(ValueError, match=f"{option} must be at least 1, got 0"):
            minhash_keys("text", **{option: 0})


# Clusters


def write(folder: Path, columns: numpy.ndarray, sizes: list[int]) -> list[Path]:
    """Key files of so many pages each, from keys (1 + bands, pages)."""
    files, begin = [], 0
    for number, size in enumerate(sizes):
        part = columns[:, begin : begin + size]
        files.append(folder / f"{number}.npy")
        write_keys(files[-1], part[0], part[1:].T)
        begin += size
    return files


def clusters(columns: numpy.ndarray) -> list[int]:
    """The kept page of each, by comparing all pairs until nothing changes."""
    count = columns.shape[1]
    kept = list(range(count))
    changed = True
    while changed:
        changed = False
        for one in range(count):
            for other in range(count):
                if kept[other] < kept[one] and (columns[:, one] == columns[:, other]).any():
                    kept[one], changed = kept[other], True
    return kept


@pytest.mark.parametrize("seed", range(12))
def test_clusters_are_those_of_all_pairs(seed: int, tmp_path: Path) -> None:
    random_keys = numpy.random.default_rng(seed)
    pages = 40
    keys = random_keys.integers(0, 30 + 20 * seed, (5, pages), dtype=numpy.uint64) + (1 << 63)
    found = find_duplicates(write(tmp_path, keys, [10, 0, 25, 5]))
    assert found.kept.tolist() == clusters(keys)
    hashes = keys[0].tolist()
    assert found.exact.tolist() == [value in hashes[:place] for place, value in enumerate(hashes)]
    assert found.starts.tolist() == [0, 10, 10, 35, 40]
    for page in range(pages):
        file, row = found.place(page)
        assert found.starts[file] + row == page < found.starts[file + 1]
        assert found.is_kept(file)[row] == (found.kept[page] == page)
        expected = "" if found.kept[page] == page else "exact_duplicate" if found.exact[page] else "near_duplicate"
        assert found.reason(page) == expected
    assert 1 < len(set(found.kept.tolist())) < pages or seed in (0, 1)


def test_chains_are_one_cluster(tmp_path: Path) -> None:
    """Each page shares a band with the next of a shuffled order: the worst case for joining."""
    pages, random_keys = 3000, numpy.random.default_rng(5)
    order = random_keys.permutation(pages)
    keys = random_keys.integers(0, 1 << 63, (3, pages), dtype=numpy.uint64)
    for place in range(pages - 1):
        keys[1 + place % 2, order[place + 1]] = keys[1 + place % 2, order[place]]
    assert (find_duplicates(write(tmp_path, keys, [pages])).kept == 0).all()


def test_the_first_is_kept_however_pages_are_spread_over_files(tmp_path: Path) -> None:
    texts = [SENTENCE, "Another text that has at least six words.", SENTENCE.upper(), SENTENCE + "  ", SENTENCE]
    hashes = numpy.array([text_hash(text) for text in texts], numpy.uint64)
    keys = numpy.vstack([hashes, minhash_keys(texts).T])
    results = []
    for name, sizes in (("a", [5]), ("b", [1, 1, 1, 1, 1]), ("c", [2, 0, 3])):
        (tmp_path / name).mkdir()
        results.append(find_duplicates(write(tmp_path / name, keys, sizes)))
    for found in results:
        assert found.kept.tolist() == [0, 1, 0, 0, 0]
        reasons = [found.reason(page) for page in range(5)]
        assert reasons == ["", "", "near_duplicate", "exact_duplicate", "exact_duplicate"]


def test_in_memory() -> None:
    texts = [SENTENCE, "b", SENTENCE.lower(), "b ", SENTENCE, "B."]
    assert exact_duplicates(texts).tolist() == [0, 1, 2, 1, 0, 5]
    assert minhash_duplicates(texts).tolist() == [0, 1, 0, 1, 0, 1]
    assert exact_duplicates(iter([])).tolist() == minhash_duplicates(iter([])).tolist() == []
    near = pairs(1, 400, 360, seed=6)
    assert minhash_duplicates(near, words=1).tolist() == [0, 0]
    assert minhash_duplicates(near, words=1, bands=1, rows=200).tolist() == [0, 1]


def test_near_copies_are_found_and_others_are_not() -> None:
    """One word in 100 changed leaves a similarity of about 0.9; half of the page another's one of 0.33."""
    source = random.Random(7)
    pages, near, far = [], [], []
    for _ in range(150):
        words = random_words(source, 300)
        pages.append(" ".join(words))
        for place in range(50, 300, 100):
            words[place] = "changed"
        near.append(" ".join(words))
        far.append(" ".join(words[:150] + random_words(source, 150)))
    found = minhash_duplicates([*pages, *near])
    assert (found[150:] == numpy.arange(150)).mean() >= 0.98
    assert (found[:150] == numpy.arange(150)).all()
    assert (minhash_duplicates([*pages, *far])[150:] >= 150).mean() >= 0.98


def test_memory_and_state_a_page(tmp_path: Path) -> None:
    pages, random_keys = 200_000, numpy.random.default_rng(8)
    keys = random_keys.integers(0, 1 << 63, (15, pages), dtype=numpy.uint64)
    keys[3, ::2] = keys[3, 1::2]
    files = write(tmp_path, keys, [pages // 2, pages // 2])
    assert sum(file.stat().st_size for file in files) <= pages * 120 + 1000
    del keys
    tracemalloc.start()
    found = find_duplicates(files)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.kept != numpy.arange(pages)).sum() == pages // 2
    assert peak <= pages * (60 + 8)


# Files


def test_keys_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "pages.npy"
    write_keys(path, [text_hash(text) for text in ("a", "b")], [minhash_keys(text) for text in ("a", "b")])
    keys = read_keys(path)
    assert keys[0].tolist() == [text_hash("a"), text_hash("b")]
    assert numpy.array_equal(keys[1:].T, minhash_keys(["a", "b"]))
    write_keys(path, [], [])
    assert find_duplicates([path, path]).kept.tolist() == []
    write_keys(path, [1, 2, 1], [])
    found = find_duplicates([path])
    assert isinstance(found, Duplicates) and found.kept.tolist() == [0, 1, 0]
    with pytest.raises(ValueError, match="2 hashes of texts, but the bands of 1 page"):
        write_keys(path, [1, 2], [minhash_keys("a")])
    assert find_duplicates([]).kept.tolist() == []


def test_hostile_key_files(tmp_path: Path) -> None:
    path, good = tmp_path / "bad.npy", tmp_path / "good.npy"
    write_keys(good, [1], [minhash_keys("a")])
    content = good.read_bytes()
    shapes = [
        numpy.zeros(15, "<u8"),
        numpy.zeros((15, 2), "<i8"),
        numpy.zeros((0, 2), "<u8"),
        numpy.array([{}], object),
    ]
    for number, array in enumerate(shapes):
        numpy.save(tmp_path / f"{number}.npy", array)
    fortran = numpy.asfortranarray(numpy.zeros((15, 2), "<u8"))
    numpy.save(tmp_path / "fortran.npy", fortran)
    wrong = [(tmp_path / f"{name}.npy").read_bytes() for name in (0, 1, 2, 3, "fortran")]
    cut = [content[:size] for size in (0, 5, 60, 127, 128, len(content) - 1)]
    other = [b"PK\x03\x04" * 9, random.Random(9).randbytes(500), content.replace(b"(15, 1)", b"(-1, 1)")]
    for bad in (*wrong, *cut, *other, content.replace(b"(15, 1)", b"(15, 9)")):
        path.write_bytes(bad)
        with pytest.raises(ValueError, match=r"bad\.npy is no file of page keys"):
            find_duplicates([good, path])
    with pytest.raises(FileNotFoundError, match=r"there is no file .*none"):
        find_duplicates([tmp_path / "none"])
    write_keys(path, [1], [minhash_keys("a", bands=3)])
    with pytest.raises(ValueError, match=r"good\.npy holds keys of 14 bands, .*bad\.npy of 3"):
        find_duplicates([good, path])


@pytest.mark.slow
def test_a_million_pages(tmp_path: Path) -> None:
    pages, random_keys = 1_000_000, numpy.random.default_rng(10)
    keys = random_keys.integers(0, 1 << 63, (15, pages), dtype=numpy.uint64)
    copies = random_keys.integers(0, pages, (2, 200_000))
    keys[random_keys.integers(1, 15, 200_000), copies[1]] = keys[7, copies[0]]
    files = write(tmp_path, keys, [300_000, 700_000])
    start = time.process_time()
    assert find_duplicates(files).kept.shape == (pages,)
    assert time.process_time() - start < 30
