"""Documents to token shards: the same tokens as one by one, a split that stays, and going on after any interruption."""

import hashlib
import itertools
import json
import random
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy
import pytest
from samples import CODE, PROSE, trained, trained_on

from pyllm import Tokenizer
from pyllm.data import tokenizing
from pyllm.data.document import Document
from pyllm.data.documents import DocumentWriter
from pyllm.data.shards import TokenShards
from pyllm.data.token_source import open_split
from pyllm.data.tokenizing import TokenizedSide, for_validation, tokenize_documents

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

END = "<|endoftext|>"


def tokenizer_of(pattern: str = "cl100k") -> Tokenizer:
    return trained(pattern, special_tokens=(END,))


def texts(count: int, size: int = 200) -> list[str]:
    source = random.Random(count)
    whole = PROSE + CODE + END
    return [whole[(start := source.randrange(len(whole))) : start + source.randrange(size)] for _ in range(count)]


def write_files(folder: Path, *contents: list[str]) -> list[Path]:
    folder.mkdir(exist_ok=True)
    files = []
    for number, content in enumerate(contents):
        files.append(folder / f"{number:05d}.parquet")
        with DocumentWriter(files[-1]) as writer:
            for row, text in enumerate(content):
                writer.append(Document(text, f"page {number} {row}"))
    return files


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def documents_of(folder: Path, tokenizer: Tokenizer) -> list[list[int]]:
    shards = TokenShards(folder, tokenizer)
    shards.verify()
    ids = [int(id) for array in shards.arrays for id in array]
    starts = shards.document_starts.tolist()
    return [ids[begin:end] for begin, end in zip(starts, [*starts[1:], len(ids)], strict=True)]


@pytest.mark.parametrize("pattern", ["gpt2", "cl100k", r"\w+|\W+"])
@pytest.mark.parametrize("batch_bytes", [1, 1000, 1 << 20])
def test_each_side_holds_its_documents_tokens(
    pattern: str, batch_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokenizing, "BATCH_BYTES", batch_bytes)
    named = pattern in ("gpt2", "cl100k")
    tokenizer = tokenizer_of(pattern) if named else trained_on([PROSE], 400, pattern, (END,))
    contents = [texts(80), [], texts(41), ["", "a single one"]]
    files = write_files(tmp_path / "documents", *contents)
    sides = tokenize_documents(files, tokenizer, tmp_path / "out", validation_fraction=0.3, threads=2)
    end = tokenizer.special_tokens[END]
    for side in ("train", "validation"):
        ids, sizes, sources = [], [], []
        for number, content in enumerate(contents):
            kept = [
                text
                for row, text in enumerate(content)
                if for_validation([f"page {number} {row}"], 0.3) == [side == "validation"]
            ]
            ids += [[*tokenizer.encode_ordinary(text), end] for text in kept]
            sizes += [len(text.encode()) for text in kept]
            tokens = sum(map(len, ids)) - sum(source["tokens"] for source in sources)
            sources.append({"file": files[number].name, "documents": len(kept), "tokens": tokens})
        folder = tmp_path / "out" / side
        assert documents_of(folder, tokenizer) == ids
        assert numpy.load(folder / "document_bytes.npy").tolist() == sizes
        assert json.loads((folder / "manifest.json").read_bytes())["sources"] == sources
        assert sides[side] == TokenizedSide(folder, len(ids), sum(map(len, ids))) and len(ids) > 20
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["train", "validation"]


def test_the_split_is_by_id_alone() -> None:
    ids = [f"<urn:uuid:{number:032x}>" for number in range(20_000)]
    apart = {fraction: for_validation(ids, fraction) for fraction in (0, 0.01, 0.05, 0.5, 0.999)}
    for fraction, chosen in apart.items():
        assert abs(sum(chosen) - 20_000 * fraction) <= 4 * (20_000 * fraction * (1 - fraction)) ** 0.5
        assert for_validation(ids[::-1], fraction) == chosen[::-1]
    for smaller, greater in itertools.pairwise(apart.values()):
        assert all(more or not less for less, more in zip(smaller, greater, strict=True))
    share = int.from_bytes(hashlib.sha256("é".encode()).digest()[:8], "big") / 2**64
    assert for_validation(["é"], share + 1e-6) == [True] and for_validation(["é"], share - 1e-6) == [False]


def test_the_split_of_a_page_does_not_depend_on_its_file(tmp_path: Path) -> None:
    tokenizer = tokenizer_of()
    together = write_files(tmp_path / "a", texts(100))
    tokenize_documents(together, tokenizer, tmp_path / "one")
    table = parquet.read_table(together[0])
    parts = [tmp_path / f"part {number}.parquet" for number in range(3)]
    for number, path in enumerate(parts):
        parquet.write_table(table.slice(number * 40, 40).select(["id", "text"]), path)
    tokenize_documents(parts, tokenizer, tmp_path / "three")
    for side in ("train", "validation"):
        assert documents_of(tmp_path / "one" / side, tokenizer) == documents_of(tmp_path / "three" / side, tokenizer)


def test_any_number_of_threads_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizing, "BATCH_BYTES", 500)
    files = write_files(tmp_path / "documents", texts(60), texts(61), texts(7))
    results = []
    for threads in (1, 2, 5):
        tokenize_documents(files, tokenizer_of(), tmp_path / str(threads), threads=threads)
        results.append(content_of(tmp_path / str(threads)))
    assert results[0] == results[1] == results[2]


# Interruptions

KILLED_AT_EACH_STEP = """
import os, shutil, sys
from pathlib import Path
from pyllm import Tokenizer
from pyllm.data import tokenizing

tokenizing.BATCH_BYTES = 2000
os.fsync = lambda _: None  # the processes die, not the machine
folder = Path(sys.argv[1])
tokenizer = Tokenizer.load(folder / "tokenizer.json")
files = sorted((folder / "documents").iterdir())
out = folder / "out"
left = None

def count(event, arguments):
    global left
    writes = event == "open" and isinstance(arguments[1], str) and arguments[1][:1] in "wx"
    if left is not None and (writes or event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir")):
        left -= 1
        if left == 0:
            os._exit(9)

def tokenize(last_step):
    global left
    left = last_step
    tokenizing.tokenize_documents(files, tokenizer, out, validation_fraction=0.3, threads=1, progress=False)
    left = None

def content():
    return {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}

def child(last_step):
    pid = os.fork()
    if pid == 0:
        tokenize(last_step)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

sys.addaudithook(count)
assert child(None) == 0
whole = content()
for step in range(1, 1000):
    shutil.rmtree(out, ignore_errors=True)
    status = child(step)
    if status == 0:
        break
    assert status == 9
    if step % 4 == 0:
        assert child(step // 3 + 1) in (0, 9)
    assert child(None) == 0
    assert content() == whole, step
print(step, len(whole))
"""


def test_killed_at_any_step_and_started_again(tmp_path: Path) -> None:
    """Before each single change to a file or folder; at times once more a third of the way; then undisturbed."""
    tokenizer_of().save(tmp_path / "tokenizer.json")
    write_files(tmp_path / "documents", texts(30), texts(31), [])
    result = subprocess.run(
        [sys.executable, "-c", KILLED_AT_EACH_STEP, tmp_path], capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    steps, files = map(int, result.stdout.split())
    assert steps > 40 and files == 10


def interrupted(files: list[Path], folder: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """A run in which writing fails after so many batches."""
    append = tokenizing._PartWriter.append
    left = after

    def fail(*arguments: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(28, "No space left on device")
        append(*arguments)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(tokenizing._PartWriter, "append", fail)
        tokenize_documents(files, tokenizer_of(), folder, validation_fraction=0.3)


def test_finished_files_are_not_encoded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizing, "BATCH_BYTES", 1 << 30)  # a batch a file
    files = write_files(tmp_path / "documents", texts(30), texts(31), texts(32))
    straight, resumed = tmp_path / "straight", tmp_path / "resumed"
    tokenize_documents(files, tokenizer_of(), straight, validation_fraction=0.3)
    interrupted(files, resumed, monkeypatch, after=2)
    assert not (resumed / "train" / "manifest.json").exists()
    first, second = (resumed / "train" / f"shard_0000{number}.npy" for number in (0, 1))
    assert not list(resumed.rglob("*00002*"))
    written = first.stat().st_mtime_ns
    shard = bytearray(second.read_bytes())  # lost in a crash of the machine: found by its checksum
    shard[-1] ^= 1
    second.write_bytes(shard)
    encoded = []
    encode = tokenizing._encode
    monkeypatch.setattr(tokenizing, "_encode", lambda task, *more: encoded.append(task.index) or encode(task, *more))
    tokenize_documents(files, tokenizer_of(), resumed, validation_fraction=0.3)
    assert sorted(encoded) == [1, 2] and first.stat().st_mtime_ns == written
    assert content_of(resumed) == content_of(straight)

    before = {path: path.stat().st_mtime_ns for path in resumed.rglob("*")}
    (resumed / "unfinished").mkdir()  # as a run that was killed at its very end leaves it
    sides = tokenize_documents(files, tokenizer_of(), resumed, validation_fraction=0.3)
    assert sorted(encoded) == [1, 2] and sides["train"].documents + sides["validation"].documents == 93
    assert {path: path.stat().st_mtime_ns for path in resumed.rglob("*")} == before


@pytest.mark.parametrize("is_complete", [False, True])
def test_another_run_is_not_gone_on_with(is_complete: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = write_files(tmp_path / "documents", texts(30), texts(31))
    folder = tmp_path / "out"
    if is_complete:
        tokenize_documents(files, tokenizer_of(), folder, validation_fraction=0.3)
    else:
        interrupted(files, folder, monkeypatch, after=1)
    before = content_of(folder)
    other = write_files(tmp_path / "others", texts(30), [*texts(30), "one more"])
    for arguments in (
        {"validation_fraction": 0.2},
        {"end_of_text": None},
        {"tokenizer": tokenizer_of("gpt2")},
        {"files": files[::-1]},
        {"files": other},
    ):
        options = {
            "files": files,
            "tokenizer": tokenizer_of(),
            "folder": folder,
            "validation_fraction": 0.3,
        } | arguments
        with pytest.raises(FileExistsError, match="holds tokens of other documents"):
            tokenize_documents(**options)
    assert content_of(folder) == before
    for path in (folder / "train" / "manifest.json", folder / "unfinished" / "settings.json"):
        if path.exists():
            for content in (b"", b"[]", b"{}", b"[" * 10_000, b"\xff"):
                path.write_bytes(content)
                with pytest.raises(FileExistsError, match="holds tokens of other documents"):
                    tokenize_documents(files, tokenizer_of(), folder, validation_fraction=0.3)


def test_other_things_in_the_folder(tmp_path: Path) -> None:
    files = write_files(tmp_path / "documents", texts(5))
    (tmp_path / "text").write_text(PROSE)
    shards = tmp_path / "shards"
    tokenizer_of().encode_file(tmp_path / "text", shards)
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "notes").write_text("mine")
    for folder in (shards, tmp_path):
        with pytest.raises(FileExistsError, match=r"already holds .*; nothing was written"):
            tokenize_documents(files, tokenizer_of(), folder)
    with pytest.raises(NotADirectoryError, match="is a file"):
        tokenize_documents(files, tokenizer_of(), tmp_path / "text")


# What goes in


def test_documents_without_ids(tmp_path: Path) -> None:
    tokenizer, path = tokenizer_of(), tmp_path / "plain.parquet"
    content = texts(50)
    parquet.write_table(pyarrow.table({"text": content}), path)
    tokenize_documents([path], tokenizer, tmp_path / "out", validation_fraction=0.3, end_of_text=None)
    apart = for_validation([f"plain.parquet#{row}" for row in range(50)], 0.3)
    for side in (False, True):
        expected = [tokenizer.encode_ordinary(text) for text, one in zip(content, apart, strict=True) if one == side]
        assert documents_of(tmp_path / "out" / ("train", "validation")[side], tokenizer) == expected
    parquet.write_table(pyarrow.table({"text": content, "id": pyarrow.nulls(50)}), path)
    tokenize_documents([path], tokenizer, tmp_path / "again", validation_fraction=0.3, end_of_text=None)
    shards = ("train/shard_00000.npy", "validation/shard_00000.npy")
    assert [(tmp_path / "again" / name).read_bytes() for name in shards] == [
        (tmp_path / "out" / name).read_bytes() for name in shards
    ]


def test_large_vocabularies(tmp_path: Path) -> None:
    small = tokenizer_of()
    large = Tokenizer(small._vocabulary.__class__(**vars(small._vocabulary) | {"special_tokens": {END: 1 << 16}}))
    files = write_files(tmp_path / "documents", ["one", "two"])
    tokenize_documents(files, large, tmp_path / "out", validation_fraction=0)
    assert TokenShards(tmp_path / "out" / "train").arrays[0].dtype == numpy.uint32
    assert documents_of(tmp_path / "out" / "train", large) == [
        [*large.encode_ordinary(text), 1 << 16] for text in ("one", "two")
    ]


def test_rows_of_a_column() -> None:
    tokenizer = tokenizer_of()
    data, offsets = b"one twothree", numpy.array([0, 4, 7, 7, 12], numpy.int32)
    ids, counts = tokenizer.encode_rows_to_shard(data, offsets, numpy.array([3, 0, 2]), 5)
    expected = [[*tokenizer.encode_ordinary(text), 5] for text in ("three", "one ", "")]
    assert ids.tolist() == list(itertools.chain(*expected)) and counts.tolist() == list(map(len, expected))
    assert ids.dtype == numpy.uint16 and tokenizer.encode_rows_to_shard(data, offsets, counts[:0])[0].size == 0
    for row in (-1, 4, 1 << 40):
        with pytest.raises(IndexError, match=f"there is no row {row}"):
            tokenizer.encode_rows_to_shard(data, offsets, numpy.array([row]))
    for bad in ([0, 13], [-1, 3], [5, 4]):
        with pytest.raises(ValueError, match="row 0 lies outside of the data"):
            tokenizer.encode_rows_to_shard(data, numpy.array(bad, numpy.int32), numpy.array([0]))
    with pytest.raises(ValueError, match="end_of_text is no id"):
        tokenizer.encode_rows_to_shard(data, offsets, numpy.array([0]), 1 << 20)


def test_refusals(tmp_path: Path) -> None:
    good, empty, damaged = write_files(tmp_path / "documents", texts(5), [], texts(300))
    damaged.write_bytes(damaged.read_bytes()[:-9])
    nulls = tmp_path / "nulls.parquet"
    parquet.write_table(pyarrow.table({"text": ["a", None]}), nulls)
    for files, options, error, message in (
        ([], {}, ValueError, "no files of documents"),
        ([empty], {}, ValueError, r"there are no documents in .*00001\.parquet$"),
        ([empty, empty], {}, ValueError, "and the other files"),
        ([good, damaged], {}, ValueError, r"00002\.parquet is damaged"),
        ([good, nulls], {}, ValueError, r"nulls\.parquet: the text of row 1 is null"),
        ([good, tmp_path / "none"], {}, FileNotFoundError, "there is no file .*none"),
        ([good], {"end_of_text": "<|x|>"}, ValueError, r"'<\|x\|>' is not a special token"),
        ([good], {"validation_fraction": 1}, ValueError, "validation_fraction must be from 0 to below 1, got 1"),
        ([good], {"threads": 0}, ValueError, "threads must be at least 1, got 0"),
    ):
        with pytest.raises(error, match=message):
            tokenize_documents(files, tokenizer_of(), tmp_path / "out", **options)
        assert not (tmp_path / "out" / "train" / "manifest.json").exists()


def test_memory_is_flat_in_the_number_of_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizing, "BATCH_BYTES", 1 << 14)
    monkeypatch.setattr(tokenizing, "PLACES_AT_ONCE", 1000)
    peaks = []
    for name, count in (("few", 2000), ("many", 20_000)):
        files = write_files(tmp_path / name, texts(count))
        pyarrow.default_memory_pool().release_unused()
        tracemalloc.start()
        tokenize_documents(files, tokenizer_of(), tmp_path / f"{name} tokens", threads=2)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 4 * 18_000  # bytes: four for each document more would be too many


# Training on it


def test_training_opens_the_folder(tmp_path: Path) -> None:
    tokenizer = tokenizer_of()
    files = write_files(tmp_path / "documents", texts(40), texts(41))
    sides = tokenize_documents(files, tokenizer, tmp_path / "out", validation_fraction=0.3)
    train, validation = open_split([tmp_path / "out"], tokenizer=tokenizer)
    assert validation is not None
    for source, side in ((train, sides["train"]), (validation, sides["validation"])):
        assert side.folder is not None and len(source) == side.tokens and str(side.folder) in source.name
        assert len(source.documents_starting(0, len(source))) == side.documents
    own = open_split([tmp_path / "out"], [tmp_path / "out" / "train"])[1]
    assert own is not None and len(own) == len(train)

    sides = tokenize_documents(files, tokenizer, tmp_path / "all", validation_fraction=0)
    assert sides["validation"] == TokenizedSide(None, 0, 0) and not (tmp_path / "all" / "validation").exists()
    train, validation = open_split([tmp_path / "all"])
    assert validation is not None and len(train) + len(validation) == sides["train"].tokens

    (tmp_path / "out" / "train" / "manifest.json").unlink()
    with pytest.raises(FileNotFoundError, match="not a folder of token shards"):
        open_split([tmp_path / "out"])
