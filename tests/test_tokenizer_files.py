"""The files of tokenizers: what is saved comes back, in each format, and nothing is lost when saving fails."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from peers import write_ranks
from samples import CODE, PROSE, TEXT, of_merges, shuffled, through_file, tokenizers, trained, trained_on

from pyllm import SPECIAL_TOKENS, Tokenizer
from pyllm.patterns import ONIGURUMA_PATTERNS
from pyllm.tokenizer_files import HIGHEST_ID

BYTES = {bytes([byte]): byte for byte in range(256)}


def assert_same_ids(one: Tokenizer, other: Tokenizer) -> None:
    for text in (PROSE, CODE, TEXT, bytes(range(256))):
        assert one.encode_ordinary(text) == other.encode_ordinary(text)


# tokenizer.json


@pytest.mark.parametrize("kind", tokenizers())
def test_a_tokenizer_json_comes_back(kind: str, tmp_path: Path) -> None:
    tokenizer = tokenizers()[kind]
    path = tmp_path / "tokenizer.json"
    tokenizer.save(path)
    loaded = Tokenizer.load(str(path))
    assert loaded == tokenizer
    assert (loaded.merges, loaded.pattern) == (tokenizer.merges, tokenizer.pattern)
    assert (loaded.special_tokens, loaded.vocab_size) == (tokenizer.special_tokens, tokenizer.vocab_size)
    assert_same_ids(loaded, tokenizer)
    content = path.read_bytes()
    loaded.save(path)
    assert path.read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == ["tokenizer.json"]  # nothing temporary is left


@given(
    texts=st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=3),
    special=st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5), max_size=3),
    pattern=st.sampled_from(["gpt2", "cl100k", "o200k", "qwen2", r"\w+|\S", ".", '[^"\\\\]+|é']),
)
def test_any_tokenizer_comes_back(texts: list[bytes], special: set[str], pattern: str) -> None:
    tokenizer = trained_on(texts, 300, pattern, sorted(special))
    assert through_file(tokenizer.save, Tokenizer.load) == tokenizer


def test_special_tokens_in_any_order_are_the_same() -> None:
    def read(special: dict[str, int]) -> Tokenizer:
        return through_file(trained("gpt2").save_tiktoken, lambda path: Tokenizer.from_tiktoken(path, "gpt2", special))

    tokenizer = read({"z": 1000, "a": 2000, "m": 900})
    assert tokenizer == read({"m": 900, "a": 2000, "z": 1000}) == through_file(tokenizer.save, Tokenizer.load)
    assert tokenizer != read({"z": 2000, "a": 1000, "m": 900})
    assert tokenizer.vocab_size == 2001
    with pytest.raises(ValueError, match="no token with id 1500"):
        tokenizer.token_bytes(1500)


def test_merges_as_older_files_have_them(tmp_path: Path) -> None:
    tokenizer = trained("o200k", special_tokens=("<|a|>",))
    path = tmp_path / "tokenizer.json"
    tokenizer.save(path)
    content = json.loads(path.read_text())
    content["model"]["merges"] = [" ".join(pair) for pair in content["model"]["merges"]]
    del content["model"]["ignore_merges"], content["model"]["dropout"], content["normalizer"]
    content["post_processor"] = {"type": "ByteLevel"}
    path.write_text(json.dumps(content))
    assert Tokenizer.load(path) == tokenizer


def test_of_a_merge_stated_twice_the_last_place_counts(tmp_path: Path) -> None:
    tokenizer = of_merges([(b"a", b"b"), (b"b", b"c")], "gpt2")
    path, vocab, merges = tmp_path / "tokenizer.json", tmp_path / "vocab.json", tmp_path / "merges.txt"
    tokenizer.save(path)
    tokenizer.save_gpt2(vocab, merges)
    content = json.loads(path.read_text())
    for stated, ids in ((["ab", "bc", "ab"], [97, 257]), (["bc", "ab", "bc"], [256, 99])):
        content["model"]["merges"] = [list(pair) for pair in stated]
        path.write_text(json.dumps(content))
        merges.write_text("".join(" ".join(pair) + "\n" for pair in stated))
        assert Tokenizer.load(path).encode("abc") == Tokenizer.from_gpt2(vocab, merges).encode("abc") == ids
        assert len(Tokenizer.load(path).merges) == 2


def test_a_token_that_no_merge_makes(tmp_path: Path) -> None:
    # With ignore_merges it is what a whole piece becomes; without, it can only be decoded.
    tokenizer = trained_on(["ab ab"], 258, "gpt2")
    path = tmp_path / "tokenizer.json"
    tokenizer.save(path)
    content = json.loads(path.read_text())
    content["model"]["vocab"]["xyz"] = 300
    fingerprints = set()
    for ignore_merges, ids in ((True, [300]), (False, [120, 121, 122])):
        content["model"]["ignore_merges"] = ignore_merges
        path.write_text(json.dumps(content))
        loaded = Tokenizer.load(path)
        assert loaded.encode("xyz") == ids
        assert loaded.encode(" xyz") == [32, 120, 121, 122]
        assert loaded.token_bytes(300) == b"xyz"
        fingerprints.add(loaded.fingerprint)
    assert len(fingerprints) == 2


@pytest.mark.parametrize("name", ["gpt2", *ONIGURUMA_PATTERNS])
def test_named_patterns_are_recognised(name: str, tmp_path: Path) -> None:
    trained(name).save(tmp_path / "tokenizer.json")
    content = json.loads((tmp_path / "tokenizer.json").read_text())
    assert Tokenizer.load(tmp_path / "tokenizer.json").pattern == name
    steps = content["pre_tokenizer"].get("pretokenizers", [content["pre_tokenizer"]])
    assert steps[-1]["type"] == "ByteLevel"
    assert steps[-1]["use_regex"] is (name == "gpt2")  # which is built in there
    assert not steps[-1]["add_prefix_space"]


# tiktoken's ranks


@pytest.mark.parametrize("pattern", ["gpt2", "cl100k", "o200k", "qwen2", r"\w+|\s"])
def test_a_rank_file_comes_back(pattern: str, tmp_path: Path) -> None:
    tokenizer = trained(pattern, special_tokens=SPECIAL_TOKENS)
    path = tmp_path / "ranks"
    tokenizer.save_tiktoken(path)
    loaded = Tokenizer.from_tiktoken(str(path), pattern, tokenizer.special_tokens)
    assert loaded.merges == tokenizer.merges
    assert loaded.special_tokens == tokenizer.special_tokens
    text = TEXT + "".join(SPECIAL_TOKENS)
    assert loaded.encode(text, "all") == tokenizer.encode(text, "all")
    assert loaded.encode_ordinary(text) == tokenizer.encode_ordinary(text)
    content = path.read_bytes()
    loaded.save_tiktoken(path)
    assert path.read_bytes() == content
    # The last newline is not needed, and other line ends are taken too.
    path.write_bytes(content.rstrip().replace(b"\n", b"\r\n"))
    assert Tokenizer.from_tiktoken(path, pattern, tokenizer.special_tokens) == loaded


def test_bytes_in_any_order_and_gaps_between_ranks(tmp_path: Path) -> None:
    ranks = {token: 2 * (255 - byte) for token, byte in BYTES.items()} | {b"ab": 1, b"abc": HIGHEST_ID}
    write_ranks(tmp_path / "ranks", ranks)
    tokenizer = Tokenizer.from_tiktoken(tmp_path / "ranks", "gpt2")
    assert tokenizer.vocab_size == HIGHEST_ID + 1
    assert tokenizer.encode("abcab") == [HIGHEST_ID, 1]
    assert tokenizer.encode("ba") == [2 * (255 - ord("b")), 2 * (255 - ord("a"))]
    with pytest.raises(ValueError, match="no token with id 3"):
        tokenizer.decode([3])


def test_ranks_cannot_say_what_merges_out_of_order_do(tmp_path: Path) -> None:
    path = tmp_path / "ranks"
    path.write_text("precious")
    with pytest.raises(ValueError, match=r"ranks was not written: this vocabulary's ids are not in the order of its"):
        shuffled(trained(), 5).save_tiktoken(path)
    assert path.read_text() == "precious"


# GPT-2's pair


def test_a_gpt2_pair_comes_back(tmp_path: Path) -> None:
    vocab, merges = tmp_path / "vocab.json", tmp_path / "merges.txt"
    for tokenizer in (trained("gpt2", special_tokens=SPECIAL_TOKENS), trained("gpt2"), shuffled(trained("gpt2"), 6)):
        tokenizer.save_gpt2(vocab, merges)
        assert Tokenizer.from_gpt2(vocab, str(merges)) == tokenizer
        assert merges.read_text().startswith("#version: 0.2\n")
    merges.write_bytes(merges.read_bytes().removeprefix(b"#version: 0.2\n").replace(b"\n", b"\r\n"))
    assert Tokenizer.from_gpt2(vocab, merges) == tokenizer


def test_a_gpt2_pair_cannot_hold_a_special_token_twice(tmp_path: Path) -> None:
    vocab, merges = tmp_path / "vocab.json", tmp_path / "merges.txt"
    vocab.write_text("precious")
    merges.write_text("too")
    with pytest.raises(ValueError, match=r"vocab\.json was not written: the special token 'a' is also an ordinary"):
        trained_on(["ab"], 258, "gpt2", ["a"]).save_gpt2(vocab, merges)
    assert (vocab.read_text(), merges.read_text()) == ("precious", "too")


# Saving that fails


def saves(tokenizer: Tokenizer, path: Path):
    yield lambda: tokenizer.save(path)
    yield lambda: tokenizer.save_tiktoken(path)
    yield lambda: tokenizer.save_gpt2(path, path.with_name("other"))


def test_a_file_survives_when_its_successor_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "precious"
    path.write_text("precious")
    monkeypatch.setattr(os, "fsync", no_space)
    for save in saves(trained("gpt2"), path):
        with pytest.raises(OSError, match="No space left on device"):
            save()
        assert path.read_text() == "precious"
        assert [each.name for each in tmp_path.iterdir()] == ["precious"]


def test_a_target_that_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for save in saves(trained("gpt2"), tmp_path / "folder"):
        with pytest.raises(OSError, match="folder"):
            save()
    for save in saves(trained("gpt2"), tmp_path / "missing" / "file"):
        with pytest.raises(FileNotFoundError, match="missing"):
            save()
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]
