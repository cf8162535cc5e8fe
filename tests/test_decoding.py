"""Decoding, and what a tokenizer tells about itself."""

import pickle
import random

import numpy
import pytest
from samples import shuffled, tokenizers, trained, trained_on
from texts import random_text


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i2", ">i4", ">i8", ">u4"])
def test_decoding_arrays(dtype: str) -> None:
    tokenizer = trained()
    for text in ("hello 1, 2, 3!", ""):
        ids = [id for id in tokenizer.encode(text) if fits(id, dtype)]
        array = numpy.array(ids, dtype)
        assert tokenizer.decode(array) == tokenizer.decode(ids)
        assert tokenizer.decode(numpy.repeat(array, 2)[::2]) == tokenizer.decode(ids)
        assert tokenizer.decode_bytes(array[::-1]) == tokenizer.decode_bytes(ids[::-1])


def test_decoding_other_sequences() -> None:
    tokenizer = trained()
    assert tokenizer.decode([]) == tokenizer.decode(()) == tokenizer.decode(numpy.array([], numpy.int32)) == ""
    assert tokenizer.decode((104, 105)) == tokenizer.decode(range(104, 106)) == "hi"
    assert tokenizer.decode([numpy.int64(104), numpy.uint8(105)]) == "hi"


@pytest.mark.parametrize("id", [-1, 900, 1 << 20, 1 << 31, -(1 << 31), (1 << 32) + 97, 1 << 63, 1 << 70, -(1 << 70)])
def test_decoding_an_id_that_is_none(id: int) -> None:
    tokenizer = trained()
    assert tokenizer.vocab_size == 900
    arrays = [numpy.array([97, id], dtype) for dtype in ("i4", "i8", "u8") if fits(id, dtype)]
    for ids in ([97, id], (id, 97), *arrays):
        with pytest.raises(ValueError, match=rf"no token with id {id}: this tokenizer's ids go from 0 to 899"):
            tokenizer.decode(ids)
    with pytest.raises(ValueError, match=rf"no token with id {id}\b"):
        tokenizer.token_bytes(id)


def fits(id: int, dtype: str) -> bool:
    return numpy.iinfo(dtype).min <= id <= numpy.iinfo(dtype).max


@pytest.mark.parametrize(
    "ids",
    ["a", b"a", 5, None, [1.0], ["a"], [None], [[97]], numpy.array([1.0]), numpy.array([True]), numpy.array(["a"])],
)
def test_decoding_what_is_no_ids(ids: object) -> None:
    with pytest.raises(TypeError):
        trained().decode(ids)


# What it tells about itself


def test_tokens_and_merges() -> None:
    tokenizer = trained("cl100k", special_tokens=("<|a|>", "<|é|>"))
    assert tokenizer.vocab_size == 900
    assert [tokenizer.token_bytes(id) for id in range(256)] == [bytes([byte]) for byte in range(256)]
    assert len(tokenizer.merges) == 900 - 256 - 2
    for id, (left, right) in enumerate(tokenizer.merges, 256):
        assert tokenizer.token_bytes(id) == left + right
    assert tokenizer.special_tokens == {"<|a|>": 898, "<|é|>": 899}
    assert tokenizer.token_bytes(899) == "<|é|>".encode()
    assert tokenizer.pattern == "cl100k"
    assert repr(tokenizer) == "Tokenizer(vocab_size=900, pattern=cl100k, special_tokens=2)"
    assert trained(r"\w+|\s").pattern == r"\w+|\s"


def test_a_tokenizer_cannot_be_changed_through_what_it_gives_out() -> None:
    tokenizer = trained("cl100k", special_tokens=("<|a|>", "<|é|>"))
    before = tokenizer.fingerprint
    tokenizer.special_tokens.clear()
    tokenizer.merges.clear()
    assert tokenizer.fingerprint == before


def test_equality_is_of_all_that_decides_the_ids() -> None:
    texts = ["hello world, hello there"]
    base = trained_on(texts, 270, "cl100k", ["<|a|>"])
    same = trained_on(texts, 270, "cl100k", ["<|a|>"])
    assert base == same and hash(base) == hash(same) and base.fingerprint == same.fingerprint
    others = [
        trained_on(texts, 269, "cl100k", ["<|a|>"]),
        trained_on(texts, 270, "gpt2", ["<|a|>"]),
        trained_on(texts, 270, "cl100k", ["<|b|>"]),
        trained_on(texts, 270, "cl100k"),
        trained_on(["other words"], 270, "cl100k", ["<|a|>"]),
        shuffled(base, 3),
    ]
    assert len({base.fingerprint, *(other.fingerprint for other in others)}) == len(others) + 1
    assert all(base != other for other in others)
    assert base != "a string"


@pytest.mark.parametrize("kind", tokenizers())
def test_a_pickle(kind: str) -> None:
    tokenizer = tokenizers()[kind]
    copy = pickle.loads(pickle.dumps(tokenizer))
    assert copy == tokenizer and copy.special_tokens == tokenizer.special_tokens
    text = random_text(random.Random(11), 200)
    assert copy.encode_ordinary(text) == tokenizer.encode_ordinary(text)


def test_an_id_beyond_all_integers_among_others() -> None:
    tokenizer = trained_on(["a b"], 256, "cl100k")
    for ids in ([1 << 70], iter([97, 1 << 70]), [97, -(1 << 70), "a"]):
        with pytest.raises(ValueError, match=r"there is no token with id -?1180591620717411303424"):
            tokenizer.decode(ids)  # type: ignore[arg-type]
    assert tokenizer.decode(iter([97])) == "a"  # type: ignore[arg-type]
