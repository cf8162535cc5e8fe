"""The loader: every row, every target, every segment, in every format; and what it refuses."""

import itertools
import json
import tracemalloc
from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from token_files import byte_tokenizer, write_llm_c, write_nanogpt, write_shards

from pyllm.data import token_source
from pyllm.data.loader import Batch, Loader, evaluation_batches, permuted
from pyllm.data.token_source import TokenSource, open_split, open_tokens

END = 99


def source_of(ids: list[int], starts: list[int] = (), end_of_text: int | None = None, shards: int = 1) -> TokenSource:
    arrays = numpy.array_split(numpy.array(ids, numpy.uint16), shards)
    names = [f"shard {number}" for number in range(shards)]
    return TokenSource(
        arrays, names, vocab_size=1000, end_of_text=end_of_text, document_starts=numpy.array(starts, numpy.int64)
    )


def defined(ids: list[int], starts: list[int], end_of_text: int | None, begin: int, context: int) -> list[list[int]]:
    """A row's tokens, targets and segments, one token at a time."""
    tokens, targets, segments, segment = [], [], [], 0
    for place in range(begin, begin + context):
        known = place < len(ids)
        if known and place > begin:
            after_end = end_of_text is not None and ids[place - 1] == end_of_text
            segment += ids[place] == end_of_text or (place in starts and not after_end)
        tokens.append(ids[place] if known else 0)
        segments.append(segment)
        target = ids[place + 1] if place + 1 < len(ids) else -1
        first = place + 1 in starts and (end_of_text is None or (known and ids[place] != end_of_text))
        targets.append(-1 if first and target != end_of_text else target)
    return [tokens, targets, segments]


def check_rows(batch: Batch, ids: list[int], starts: list[int], end_of_text: int | None) -> None:
    context = batch.tokens.shape[1]
    segments = numpy.zeros_like(batch.tokens) if batch.segments is None else batch.segments
    for row, begin in enumerate(batch.begins):
        tokens, targets, their_segments = defined(ids, starts, end_of_text, begin, context)
        assert batch.tokens[row].tolist() == tokens
        assert batch.targets[row].tolist() == targets
        size = len(ids) - begin
        assert segments[row, :size].tolist() == their_segments[:size]
    assert (batch.targets[len(batch.begins) :] == -1).all() and (numpy.diff(segments, axis=1) >= 0).all()
    assert batch.weight == (batch.targets >= 0).sum()
    for array in (batch.tokens, batch.targets, segments):
        assert array.dtype == numpy.int32 and array.flags.c_contiguous


texts = st.lists(st.lists(st.integers(1, 90), min_size=1, max_size=20), min_size=1, max_size=12)


@given(
    texts,
    st.sampled_from(["behind", "before", "nowhere"]),
    st.sampled_from([END, 0]),
    *(st.booleans(), st.booleans(), st.integers(1, 9), st.integers(1, 4), st.integers(1, 3)),
)
def test_rows_are_as_defined(
    documents: list[list[int]],
    ends: str,
    end: int,
    known: bool,
    listed: bool,
    context: int,
    batch_size: int,
    shards: int,
) -> None:
    ids, starts = [], []
    for document in documents:
        starts.append(len(ids))
        ids += [end] * (ends == "before") + document + [end] * (ends == "behind")
    starts = starts if listed else []
    end_of_text = end if known else None
    source = source_of(ids, starts, end_of_text, shards)
    covered = []
    if len(ids) > 1:
        for batch in evaluation_batches(source, batch_size, context):
            assert batch.tokens.shape == (batch_size, context)
            check_rows(batch, ids, starts, end_of_text)
            covered += [begin + place + 1 for begin in batch.begins for place in range(context)]
        assert [place for place in covered if place < len(ids)] == list(range(1, len(ids)))
    if len(ids) > context:
        loader = Loader(source, batch_size, context)
        for _ in range(5):
            check_rows(loader.take(), ids, starts, end_of_text)


def test_a_row_by_hand() -> None:
    source = source_of([1, 2, END, 3, END, 4, 5, 6], end_of_text=END)
    (batch,) = evaluation_batches(source, 1, 7)
    assert batch.tokens.tolist() == [[1, 2, END, 3, END, 4, 5]]
    assert batch.targets.tolist() == [[2, END, 3, END, 4, 5, 6]]
    assert batch.segments.tolist() == [[0, 0, 1, 1, 2, 2, 2]]
    source = source_of([1, 2, 3, 4, 5, 6], starts=[0, 2, 3])
    (batch,) = evaluation_batches(source, 1, 5)
    assert batch.targets.tolist() == [[2, -1, -1, 5, 6]] and batch.weight == 3
    assert batch.segments.tolist() == [[0, 0, 1, 2, 2]]


def test_no_segments_where_there_are_none() -> None:
    (batch,) = evaluation_batches(source_of([1, 2, 3]), 2, 2)
    assert batch.segments is None and batch.targets.tolist() == [[2, 3], [-1, -1]]


@given(st.integers(1, 300), st.integers(0, 2**70), st.integers(0, 5))
def test_a_shuffle_is_a_permutation(count: int, seed: int, epoch: int) -> None:
    assert sorted(permuted(index, count, seed, epoch) for index in range(count)) == list(range(count))


def test_shuffles_are_many() -> None:
    """All orders of 4 rows come up, about equally often; neighbours do not stay neighbours."""
    counts: dict[tuple[int, ...], int] = {}
    for seed in range(2400):
        order = tuple(permuted(index, 4, seed) for index in range(4))
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 24 and min(counts.values()) >= 60 and max(counts.values()) <= 145  # 100 expected
    order = [permuted(index, 1000, 1, 2) for index in range(1000)]
    assert sum(abs(a - b) == 1 for a, b in itertools.pairwise(order)) < 10
    assert abs(numpy.corrcoef(order, range(1000))[0, 1]) < 0.1


def test_an_epoch_visits_every_row_once_and_cuts_elsewhere() -> None:
    source = source_of(list(range(1, 104)))
    loader = Loader(source, 3, 10, seed=4)
    offsets = []
    for epoch in range(6):
        rows, begins = loader.rows_in(epoch), []
        offsets.append(loader.offset_of(epoch))
        assert rows == (102 - offsets[-1]) // 10
        loader.load_state({**loader.state(), "epoch": epoch, "row": 0})
        while len(begins) < rows:
            begins += loader.take().begins
        assert sorted(begins[:rows]) == [offsets[-1] + 10 * row for row in range(rows)]
        assert begins[:rows] != sorted(begins[:rows])
    assert len(set(offsets)) > 2 and max(offsets) < 10
    assert loader.state()["epoch"] >= 5


def test_one_row_is_enough() -> None:
    loader = Loader(source_of([7, 8, 9]), 2, 2)
    assert loader.take().tokens.tolist() == [[7, 8], [7, 8]]


@given(st.integers(0, 40), st.integers(0, 3))
def test_its_state_is_small_json_and_goes_on_exactly(batches: int, seed: int) -> None:
    source = source_of(list(range(1, 60)), shards=3)
    straight, resumed = Loader(source, 4, 5, seed), Loader(source, 4, 5, seed)
    for _ in range(batches):
        straight.take()
    text = json.dumps(straight.state())
    assert len(text) < 200
    resumed.load_state(json.loads(text))
    for _ in range(12):
        one, other = straight.take(), resumed.take()
        assert one.begins == other.begins and (one.tokens == other.tokens).all()


def test_a_seed_is_an_order() -> None:
    source = source_of(list(range(1, 500)))
    orders = [[Loader(source, 8, 5, seed).take().begins for _ in range(2)] for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tokens": 5}, "the data are not those of the checkpoint: tokens is 59, not 5"),
        ({"seed": 9}, "the data are not those of the checkpoint: seed is 0, not 9"),
        ({"row": -1}, "the checkpoint's place in the data is damaged"),
        ({"row": 100}, "the checkpoint's place in the data is damaged"),
        ({"epoch": None}, "the checkpoint's place in the data is damaged"),
    ],
)
def test_states_refused(change: dict[str, object], message: str) -> None:
    loader = Loader(source_of(list(range(1, 60))), 4, 5)
    with pytest.raises(ValueError, match=f"^{message}"):
        loader.load_state({**loader.state(), **change})


def test_evaluation_on_a_part_is_spread_evenly() -> None:
    source = source_of(list(range(1, 102)))
    begins = [begin for batch in evaluation_batches(source, 3, 10, most_tokens=40) for begin in batch.begins]
    assert begins == [0, 20, 50, 70]
    assert len(list(evaluation_batches(source, 3, 10, most_tokens=1))) == 1
    with pytest.raises(ValueError, match=r"^1 tokens are too few to evaluate on"):
        next(evaluation_batches(source.part(0, 1), 3, 10))


def read(source: TokenSource, begin: int = 0, end: int | None = None) -> list[int]:
    out = numpy.empty((len(source) if end is None else end) - begin, numpy.int32)
    source.read(begin, out)
    return out.tolist()


def test_our_shards(tmp_path: Path) -> None:
    tokenizer = byte_tokenizer("<|endoftext|>")
    documents = [list(range(start, start + size)) for start, size in ((1, 70), (5, 3), (50, 41))]
    folder = write_shards(tmp_path / "shards", documents, tokenizer, end=256)
    source = open_tokens([folder], tokenizer=tokenizer)
    ids = [id for document in documents for id in [*document, 256]]
    assert read(source) == ids and len(source) == len(ids) and source.vocab_size == 257 and source.end_of_text == 256
    assert source.documents_starting(1, 117).tolist() == [70, 74]
    assert source.place(60) == f"token 10 of {folder}/shard_00001.npy"
    part = source.part(60, 100)
    assert read(part, 5, 20) == ids[65:80] and part.documents_starting(0, 40).tolist() == [11, 15]
    alone = open_tokens([folder])
    assert alone.vocab_size == 257 and alone.end_of_text is None and alone.fingerprint == tokenizer.fingerprint
    twice = open_tokens([folder, write_shards(tmp_path / "more", documents[:1], tokenizer, end=256)])
    assert len(twice) == 188 and twice.documents_starting(100, 188).tolist() == [17]


def test_nanogpt(tmp_path: Path) -> None:
    ids = [5, 50256, 7, 8, 9] * 20
    write_nanogpt(tmp_path / "train.bin", ids)
    source = open_tokens([tmp_path / "train.bin"])
    assert read(source) == ids and source.vocab_size == 50257 and source.end_of_text == 50256
    write_nanogpt(tmp_path / "val.bin", ids[:10])
    training, validation = open_split([tmp_path])
    assert len(training) == 100 and read(validation) == ids[:10]
    write_nanogpt(tmp_path / "characters.bin", [1, 2, 64])
    small = open_tokens([tmp_path / "characters.bin"], vocab_size=65)
    assert small.vocab_size == 65 and small.end_of_text is None and read(small) == [1, 2, 64]


@pytest.mark.parametrize(("magic", "version", "end"), [(20240520, 1, 50256), (20240801, 7, 128000)])
def test_llm_c(magic: int, version: int, end: int, tmp_path: Path) -> None:
    ids = [end, 1, 2, end, 3]
    files = [write_llm_c(tmp_path / f"{name}.bin", ids, magic, version) for name in "ab"]
    source = open_tokens(files)
    assert read(source) == ids * 2 and source.end_of_text == end and source.vocab_size in (50257, 128256)
    (batch,) = evaluation_batches(source, 1, 9)
    assert batch.segments.tolist() == [[0, 0, 0, 1, 1, 2, 2, 2, 3]] and (batch.targets >= 0).all()


def test_the_end_is_kept_for_validation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_nanogpt(tmp_path / "x.bin", list(range(1115)))
    for fraction in (0.1, None):
        training, validation = open_split([path], validation_fraction=fraction)
        assert len(training) == int(1115 * 0.9) and read(validation) == list(range(1003, 1115))
    monkeypatch.setattr(token_source, "MOST_VALIDATION_TOKENS", 15)
    assert read(open_split([path])[1]) == list(range(1100, 1115))
    assert len(open_split([path], validation_fraction=0.1)[1]) == 112
    assert open_split([path], validation_fraction=0)[1] is None
    with pytest.raises(ValueError, match=r"^validation_fraction must be from 0 to below 1, got 1"):
        open_split([path], validation_fraction=1)


def test_nothing_is_copied(tmp_path: Path) -> None:
    path = write_nanogpt(tmp_path / "x.bin", [1] * 2_000_000)
    tracemalloc.start()
    loader = Loader(open_split([path])[0], 2, 16)
    for _ in range(3):
        loader.take()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200_000


def refused(path: Path, message: str, **options: object) -> None:
    with pytest.raises((ValueError, OSError)) as caught:
        Loader(open_tokens([path], **options), 1, 3)
    assert message in str(caught.value) and str(path) in str(caught.value)


def test_hostile_bin_files(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    refused(path, "there is no file")
    path.write_bytes(b"")
    refused(path, "is empty")
    path.write_bytes(b"abc")
    refused(path, "has 3 bytes, which is not a whole number of uint16 tokens")
    refused(write_nanogpt(path, [1, 2]), "has 2 tokens for training, fewer than one row: a context of 3 and")
    refused(write_nanogpt(path, [1, 2, 60000, 4]), "holds the token id 60000 at place 2; the vocabulary has 50257")
    refused(write_llm_c(path, [1, 2, 3], count=4), "its header counts 4 tokens of 2 bytes, but 6 bytes follow it")
    refused(write_llm_c(path, [1, 2, 3], count=-1), "its header counts -1 tokens")
    refused(write_llm_c(path, [1, 2, 3], version=2), "has the version 2 of llm.c's token files; 1 is known")
    refused(write_llm_c(path, []), "holds no tokens")
    refused(write_llm_c(path, [1, 2, 1 << 31, 4], 20240801, 7), "holds the token id 2147483648 at place 2")
    path.write_bytes(write_llm_c(path, [1, 2, 3]).read_bytes()[:500])
    refused(path, "is truncated")


def test_hostile_shards(tmp_path: Path) -> None:
    tokenizer = byte_tokenizer()
    folder = write_shards(tmp_path / "shards", [[1, 2, 3, 4, 5]], tokenizer)
    refused(folder, "were made by another tokenizer", tokenizer=byte_tokenizer("<|endoftext|>"))
    manifest = folder / "manifest.json"
    stated = json.loads(manifest.read_bytes())
    documents = [{"source": "0", "bytes": 5, "start": 0, "tokens": 5}]
    good = json.dumps(stated | {"format": "pyllm token shards 1", "documents": documents})
    for old, new, message in (
        ('"start": 0', '"start": -1', "a document does not start within the 5 tokens"),
        ('"start": 0', '"start": "x"', "a document does not start within the 5 tokens"),
        ('"start": 0', '"begin": 0', "is not a manifest of token shards: 'start'"),
        ('"vocab_size": 256', '"vocab_size": null', "is not a manifest of token shards"),
        ('"documents"', '"papers"', "is not a manifest of token shards: 'documents'"),
    ):
        manifest.write_text(good.replace(old, new))
        refused(folder, message)
    for new in ([], {}, {"count": 1}, {"count": "x"}, stated["documents"] | {"count": 2}):
        manifest.write_text(json.dumps(stated | {"documents": new}))
        refused(folder, "manifest")
    manifest.write_text(json.dumps(stated))
    shard = folder / "shard_00000.npy"
    content = bytearray(shard.read_bytes())
    content[-1] ^= 1
    shard.write_bytes(content)
    refused(folder, "is damaged: its checksum is not that in its manifest")
    shard.write_bytes(content[:-2])
    refused(folder, "shard_00000.npy is damaged")
    manifest.unlink()
    refused(folder, "manifest.json")


def test_kinds_do_not_mix(tmp_path: Path) -> None:
    one, other = write_nanogpt(tmp_path / "a.bin", [1, 2]), write_llm_c(tmp_path / "b.bin", [1, 2])
    with pytest.raises(ValueError, match=r"a\.bin and .*b\.bin hold tokens of different kinds"):
        open_tokens([one, other])
    with pytest.raises(ValueError, match=r"^batch_size must be at least 1, got 0$"):
        Loader(source_of([1, 2, 3]), 0, 2)
