"""Token shards: what encode_file writes, and what reading refuses."""

import itertools
import json
import random
from pathlib import Path

import numpy
import pytest
from samples import CODE, PROSE, trained, trained_on
from texts import damaged, random_text

from pyllm import Tokenizer
from pyllm.data import shards
from pyllm.data.shards import TokenShards

PATTERNS = ["gpt2", "cl100k", "o200k", "qwen2"]
SPECIAL = ("<|endoftext|>",)


def file_of(folder: Path, content: bytes, name: str = "text") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def tokens_of(folder: Path, tokenizer: Tokenizer) -> list[int]:
    opened = TokenShards(folder, tokenizer)
    opened.verify()
    return [int(id) for array in opened.arrays for id in array]


def awkward_bytes(seed: int, size: int) -> bytes:
    """Text of all kinds, with stretches in which no block can end."""
    source = random.Random(seed)
    parts = [PROSE.encode(), b"a" * 3000, CODE.encode(), b" " * 2000, b"\n" * 1500, b"1" * 2500, "中".encode() * 900]
    while sum(map(len, parts)) < size:
        parts.append(damaged(source, random_text(source, 40)))
        parts.append(source.choice(parts[:7]))
    source.shuffle(parts)
    return b"".join(parts)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("block_bytes", [16, 1000, 4096])
def test_the_ids_are_those_of_the_whole_file(
    pattern: str, threads: int, block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "BLOCK_BYTES", block_bytes)
    tokenizer = trained(pattern)
    content = awkward_bytes(block_bytes, 60_000)
    manifest = tokenizer.encode_file(file_of(tmp_path, content), tmp_path / "shards", threads=threads)
    assert manifest == tmp_path / "shards" / "manifest.json"
    assert tokens_of(tmp_path / "shards", tokenizer) == tokenizer.encode_ordinary(content)


def test_a_file_of_several_blocks_at_their_real_size(tmp_path: Path) -> None:
    tokenizer = trained("cl100k")
    content = awkward_bytes(5, 100_000) * 35 + b"x" * 2_500_000 + b"the end"
    tokenizer.encode_file(file_of(tmp_path, content), tmp_path / "shards")
    assert tokens_of(tmp_path / "shards", tokenizer) == tokenizer.encode_ordinary(content)


def test_a_pattern_of_ones_own(tmp_path: Path) -> None:
    tokenizer = trained_on([PROSE], 400, r"\w+|\W+")
    content = awkward_bytes(6, 20_000)
    tokenizer.encode_file(file_of(tmp_path, content), tmp_path / "shards")
    assert tokens_of(tmp_path / "shards", tokenizer) == tokenizer.encode_ordinary(content)


@pytest.mark.parametrize("shard_tokens", [1, 7, 100, 10**6])
def test_several_documents_in_several_shards(shard_tokens: int, tmp_path: Path) -> None:
    tokenizer = trained("cl100k", special_tokens=SPECIAL)
    end = tokenizer.special_tokens[SPECIAL[0]]
    contents = [b"one document", "ein zweites, größeres".encode(), b"<|endoftext|>"]
    files = [file_of(tmp_path, content, str(place)) for place, content in enumerate(contents)]
    tokenizer.encode_file(files, tmp_path / "shards", end_of_text=SPECIAL[0], shard_tokens=shard_tokens)
    encoded = [[*tokenizer.encode_ordinary(content), end] for content in contents]
    assert tokens_of(tmp_path / "shards", tokenizer) == list(itertools.chain(*encoded))
    assert encoded[2] != [end, end], "the text of a special token is plain text"

    manifest = json.loads((tmp_path / "shards" / "manifest.json").read_bytes())
    sizes = list(map(len, encoded))
    assert manifest["tokens"] == sum(sizes)
    assert [shard["tokens"] for shard in manifest["shards"][:-1]] == [shard_tokens] * (len(manifest["shards"]) - 1)
    assert manifest["sources"] == [
        {"file": str(path), "documents": 1, "tokens": size} for path, size in zip(files, sizes, strict=True)
    ]
    starts, lengths = (tmp_path / "shards" / f"document_{what}.npy" for what in ("starts", "bytes"))
    assert numpy.load(starts).tolist() == [sum(sizes[:place]) for place in range(len(files))]
    assert numpy.load(lengths).tolist() == list(map(len, contents))
    assert (manifest["tokenizer"], manifest["vocab_size"]) == (tokenizer.fingerprint, tokenizer.vocab_size)


def test_the_type_is_the_smallest_that_fits(tmp_path: Path) -> None:
    small = trained("cl100k")
    large = Tokenizer(small._vocabulary.__class__(**vars(small._vocabulary) | {"special_tokens": {"<|x|>": 1 << 16}}))
    path = file_of(tmp_path, PROSE.encode())
    for tokenizer, dtype in ((small, "uint16"), (large, "uint32")):
        folder = tmp_path / dtype
        tokenizer.encode_file(path, folder, end_of_text="<|x|>" if tokenizer is large else None)
        assert TokenShards(folder).arrays[0].dtype == dtype
        assert numpy.load(folder / "shard_00000.npy").dtype == dtype
    assert tokens_of(tmp_path / "uint32", large) == [*large.encode_ordinary(PROSE), 1 << 16]


def test_nothing_is_overwritten_and_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = trained("cl100k")
    path, folder = file_of(tmp_path, PROSE.encode()), tmp_path / "shards"
    tokenizer.encode_file(path, folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(FileExistsError, match="already holds"):
        tokenizer.encode_file(path, folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shards, "write_whole", full_disk)
    with pytest.raises(OSError, match="No space"):
        tokenizer.encode_file(path, tmp_path / "other", shard_tokens=20)
    assert not (tmp_path / "other").exists()


def test_the_first_format_is_read(tmp_path: Path) -> None:
    tokenizer, folder = trained("cl100k"), tmp_path / "shards"
    files = [file_of(tmp_path, content, str(place)) for place, content in enumerate((b"one text", b"two"))]
    manifest = tokenizer.encode_file(files, folder)
    new = json.loads(manifest.read_bytes())
    second = len(tokenizer.encode_ordinary("one text"))
    starts = TokenShards(folder).document_starts.tolist()
    assert starts == [0, second]
    documents = [{"source": "0", "bytes": 8, "start": 0, "tokens": second}, {"source": "1", "start": second}]
    manifest.write_text(json.dumps(new | {"format": "pyllm token shards 1", "documents": documents}))
    for name in ("starts", "bytes"):
        (folder / f"document_{name}.npy").unlink()
    assert tokens_of(folder, tokenizer) == tokenizer.encode_ordinary("one text") + tokenizer.encode_ordinary("two")
    assert TokenShards(folder).document_starts.tolist() == starts


def test_refusals(tmp_path: Path) -> None:
    tokenizer, folder = trained("cl100k"), tmp_path / "shards"
    path = file_of(tmp_path, b"text")
    for files, keywords, error, message in [
        (tmp_path / "missing", {}, FileNotFoundError, "there is no file .*missing"),
        (tmp_path, {}, IsADirectoryError, "is a folder"),
        ([path, file_of(tmp_path, b"", "nothing")], {}, ValueError, "nothing is empty"),
        ([], {}, ValueError, "no files"),
        (path, {"end_of_text": "<|x|>"}, ValueError, "'<|x|>' is not a special token".replace("|", r"\|")),
        (path, {"shard_tokens": 0}, ValueError, "shard_tokens must be an integer of at least 1, got 0"),
        (path, {"threads": 0}, ValueError, "threads must be at least 1, got 0"),
    ]:
        with pytest.raises(error, match=message):
            tokenizer.encode_file(files, folder, **keywords)
        assert not (folder / "manifest.json").exists()


def test_damaged_shards_are_told(tmp_path: Path) -> None:
    tokenizer, folder = trained("cl100k"), tmp_path / "shards"
    tokenizer.encode_file(file_of(tmp_path, PROSE.encode()), folder, shard_tokens=100)
    with pytest.raises(ValueError, match="made by another tokenizer"):
        TokenShards(folder, trained("gpt2"))
    shard, manifest = folder / "shard_00001.npy", folder / "manifest.json"
    whole = shard.read_bytes()

    shard.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ValueError, match=r"shard_00001\.npy is damaged: its checksum"):
        TokenShards(folder).verify()
    for content in (whole[:-10], whole[:5], b"", random.Random(1).randbytes(300), whole.replace(b"(100,)", b"(99,) ")):
        shard.write_bytes(content)
        with pytest.raises(ValueError, match=r"shard_00001\.npy is damaged"):
            TokenShards(folder)
    shard.unlink()
    with pytest.raises(FileNotFoundError):
        TokenShards(folder)
    shard.write_bytes(whole)

    starts = folder / "document_starts.npy"
    whole = starts.read_bytes()
    starts.write_bytes(whole[:-8] + (5).to_bytes(8, "little"))
    with pytest.raises(ValueError, match=r"document_starts\.npy is damaged: its checksum"):
        TokenShards(folder).verify()
    for content in (whole[:-8] + b"\xff" * 8, whole[:-8] + b"\x7f" * 8, whole[:-3], b"PK\x03\x04", b""):
        starts.write_bytes(content)
        with pytest.raises(ValueError, match=r"document_starts\.npy is damaged"):
            TokenShards(folder)
    starts.write_bytes(whole)

    stated = json.loads(manifest.read_bytes())
    for content in (b"", b"[]", b"{}", b"\xff", json.dumps(stated | {"format": "other"}).encode(), b"[" * 10000):
        manifest.write_bytes(content)
        with pytest.raises(ValueError, match=r"manifest\.json is not a manifest"):
            TokenShards(folder)
    stated["shards"][0]["file"] = "../../secret.npy"
    manifest.write_bytes(json.dumps(stated).encode())
    with pytest.raises(FileNotFoundError, match=r"shards/secret\.npy"):
        TokenShards(folder)
