"""Encoding: round trips, ids against the reference, batches, threads."""

import itertools
import random
import threading

import bpe_reference
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import CODE, PROSE, TEXT, of_merges, shuffled, through_file, tokenizers, trained, trained_on
from texts import any_bytes, any_text, random_texts

import pyllm
from pyllm import Tokenizer

KINDS = list(tokenizers())
every_kind = pytest.mark.parametrize("kind", KINDS)


def reference_ids(tokenizer: Tokenizer, text: str | bytes) -> list[int]:
    """Piece by piece by the plain Python encoder."""
    ranks = bpe_reference.ranks(tokenizer.merges)
    id_of = {tokenizer.token_bytes(id): id for id in range(256 + len(set(map(b"".join, tokenizer.merges))))}
    return [id_of[part] for piece in tokenizer.split(text) for part in bpe_reference.encode(piece, ranks)]


# Round trips


@every_kind
@given(data=any_bytes())
def test_any_bytes_come_back(kind: str, data: bytes) -> None:
    tokenizer = tokenizers()[kind]
    ids = tokenizer.encode_ordinary(data)
    assert tokenizer.decode_bytes(ids) == data
    assert tokenizer.encode_ordinary(bytearray(data)) == ids
    assert tokenizer.encode_ordinary(memoryview(data)) == ids
    assert tokenizer.encode(memoryview(data), disallowed_special=()) == ids


@every_kind
@given(text=any_text())
def test_any_text_comes_back(kind: str, text: str) -> None:
    tokenizer = tokenizers()[kind]
    ids = tokenizer.encode(text, disallowed_special=())
    assert tokenizer.decode(ids) == text
    assert tokenizer.encode_ordinary(text) == ids == tokenizer.encode_ordinary(text.encode())
    assert all(type(id) is int for id in ids)


def test_bytes_that_are_no_text_decode_to_replacement_characters() -> None:
    tokenizer = trained()
    assert tokenizer.decode(tokenizer.encode(b"a\xff\xe4\xb8")) == "a\ufffd\ufffd"


def test_surrogates_become_replacement_characters() -> None:
    for tokenizer in tokenizers().values():
        for text, joined in (("a\ud800b", "a\ufffdb"), ("\ud83d\ude00!", "😀!"), ("\udc00\ud800", "\ufffd\ufffd")):
            ids = tokenizer.encode_ordinary(joined)
            assert tokenizer.encode_ordinary(text) == tokenizer.encode(text) == ids
            assert tokenizer.encode(text, allowed_special="all") == ids
            assert tokenizer.encode_batch([text])[0].tolist() == ids


# The ids


@every_kind
def test_ids_are_those_of_the_reference(kind: str) -> None:
    tokenizer = tokenizers()[kind]
    for text in (PROSE, CODE, PROSE.upper(), *random_texts(5, 60, 40)):
        assert tokenizer.encode_ordinary(text) == reference_ids(tokenizer, text)


@given(text=st.text("ab", max_size=60), corpus=st.text("ab", min_size=2, max_size=40), seed=st.integers(0, 99))
def test_ids_of_repetitive_texts_are_those_of_the_reference(text: str, corpus: str, seed: int) -> None:
    tokenizer = trained_on([corpus], 276)
    for each in (tokenizer, shuffled(tokenizer, seed)):
        assert each.encode(text) == reference_ids(each, text)


def test_a_cached_piece_keeps_its_ids() -> None:
    # Pieces of up to 15 bytes are remembered, with at most four tokens: around both limits, asked for twice, and with
    # so many in between that they drop out of the cache.
    tokenizer = trained()
    source = random.Random(6)
    words = ["".join(source.choice("abcdeé1") for _ in range(source.randint(1, 18))) for _ in range(300)]
    first = [tokenizer.encode(word) for word in words]
    assert first == [reference_ids(tokenizer, word) for word in words]
    tokenizer.encode(" ".join(f"{number:x}g" for number in range(200_000)))
    assert [tokenizer.encode(word) for word in words] == first
    joined = tokenizer.encode("\n".join(words + words))
    assert joined == reference_ids(tokenizer, "\n".join(words + words))


def test_pieces_that_are_almost_the_same_do_not_share_a_place_in_the_cache() -> None:
    # Alike in the first eight bytes, or but for a zero byte at the end; so many that some fall into the same set; and
    # of three or four tokens, for those of more are not remembered. Pieces given as such go around the cache.
    source = random.Random(10)
    signs = [*range(1, 9), *range(14, 28), *b'!"#$%&()*+,-./:;<=>?@[]^_`{|}~', *range(0x80, 0xC0)]
    parts = [bytes(source.choices(signs, k=4)) for _ in range(200)]
    merges = [(part[:size], part[size : size + 1]) for part in parts for size in (1, 2, 3)]
    tokenizer = of_merges(list(dict.fromkeys(merges)), "gpt2")
    pieces = []
    for left, right, last in itertools.product(parts, parts, b"!#+-:?|~"):
        piece = b"%b%b%c" % (left, right, last)
        pieces += [b"a", piece, b"a", piece + b"\0"]
    assert tokenizer.encode(b"".join(pieces)) == tokenizer._encoder.encode_pieces(pieces)


def test_zero_bytes_in_pieces() -> None:
    # A short piece is padded with zeros inside: those of the text must not be confused with them.
    tokenizer = trained_on([b"\0\0\0\0!\0!\0" * 5], 262, "gpt2")
    texts = [b"\0", b"\0\0", b"\0\0\0", b"!", b"!\0", b"!\0\0", b"\0!", *(b"\0" * length for length in range(13, 18))]
    for text in texts * 2 + texts[::-1]:
        assert tokenizer.split(text) == [text]
        assert tokenizer.encode(text) == reference_ids(tokenizer, text)
        assert tokenizer.decode_bytes(tokenizer.encode(text)) == text


# Many texts at once


@every_kind
@pytest.mark.parametrize("threads", [1, 2])
def test_a_batch_is_its_texts_one_by_one(kind: str, threads: int) -> None:
    tokenizer = tokenizers()[kind]
    texts: list[str | bytes] = [*random_texts(8, 200, 30), "", b"", PROSE.encode(), b"\xff\0", TEXT, "<|a|>"]
    arrays = tokenizer.encode_batch(iter(texts), threads=threads)
    assert [array.tolist() for array in arrays] == [tokenizer.encode_ordinary(text) for text in texts]
    assert {array.dtype for array in arrays} == {numpy.dtype(numpy.int32)}
    assert {array.ndim for array in arrays} == {1}


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_batch_larger_than_its_blocks(threads: int) -> None:
    # More ids than the 2^18 of a block, of texts both small and larger than one.
    tokenizer = trained()
    source = random.Random(9)
    texts = [source.randbytes(source.randint(0, 3_000)) for _ in range(300)]
    texts[100:100] = [source.randbytes(400_000), b"", b"x" * 300_000]
    arrays = tokenizer.encode_batch(texts, threads=threads)
    assert [tokenizer.decode_bytes(array) for array in arrays] == texts
    assert arrays[100].tolist() == tokenizer.encode_ordinary(texts[100])
    # Each array keeps the block alive that it lies in.
    last, copies = arrays[-1], arrays[-1].copy()
    del arrays
    assert numpy.array_equal(last, copies)


def test_the_ids_of_shards() -> None:
    # As small as they fit: 65,536 is one more than the highest id of 16 bits.
    for special, dtype in (({"<|a|>": 65_535}, "uint16"), ({"<|a|>": 65_536}, "uint32")):
        for pattern in ("cl100k", r"\w+|\s"):
            tokenizer = through_file(
                trained("cl100k").save_tiktoken,
                lambda path, pattern=pattern, special=special: Tokenizer.from_tiktoken(path, pattern, special),
            )
            assert tokenizer.shard_dtype == dtype
            for text in (TEXT, TEXT.encode(), "", "<|a|>"):
                ids = tokenizer.encode_to_shard(text)
                assert ids.dtype == dtype
                assert ids.tolist() == tokenizer.encode_ordinary(text)
            with pytest.raises(TypeError, match="a text must be str or bytes"):
                tokenizer.encode_to_shard(5)


def test_a_batch_of_nothing() -> None:
    for tokenizer in tokenizers().values():
        assert tokenizer.encode_batch([]) == []
        assert [array.tolist() for array in tokenizer.encode_batch(["", ""], threads=2)] == [[], []]


def test_threads_at_once_give_the_same_ids() -> None:
    tokenizer = trained()
    texts = list(random_texts(10, 40, 200))
    wanted = [tokenizer.encode_ordinary(text) for text in texts]
    wrong: list[str] = []

    def work(first: int) -> None:
        for index in range(len(texts) * 5):
            index = (index * 7 + first) % len(texts)
            if tokenizer.encode_ordinary(texts[index]) != wanted[index]:
                wrong.append(texts[index])
            if tokenizer.decode(wanted[index]) != texts[index]:
                wrong.append(texts[index])
            if tokenizer.encode_batch(texts[index : index + 3], threads=2)[0].tolist() != wanted[index]:
                wrong.append(texts[index])

    threads = [threading.Thread(target=work, args=(first,)) for first in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# Arguments that are no texts, no threads


@pytest.mark.parametrize("text", [None, 5, ["a"], 1.5])
def test_what_is_no_text(text: object) -> None:
    for tokenizer in tokenizers().values():
        for method in (tokenizer.encode, tokenizer.encode_ordinary, tokenizer.split):
            with pytest.raises(TypeError, match="a text must be str or bytes, got"):
                method(text)
        with pytest.raises(TypeError, match="a text must be str or bytes, got"):
            tokenizer.encode_batch(["a", text])


def test_one_text_is_no_batch() -> None:
    for text in ("a b", b"a b", bytearray(b"a"), memoryview(b"a")):
        with pytest.raises(TypeError, match="texts must be an iterable of texts, got one"):
            trained().encode_batch(text)


def test_a_buffer_with_gaps() -> None:
    gaps = memoryview(b"a_b_c_")[::2]
    with pytest.raises(ValueError, match="not contiguous"):
        trained().encode_ordinary(gaps)
    assert trained(r"\w").encode_ordinary(gaps) == [97, 98, 99]  # copied before it is split


def test_the_number_of_threads() -> None:
    for threads, error in ((0, ValueError), (-1, ValueError), (1.5, TypeError), ("2", TypeError), (True, TypeError)):
        with pytest.raises(error, match="threads must be"):
            trained().encode_batch(["a"], threads=threads)
        with pytest.raises(error, match="threads must be"):
            Tokenizer.train(iter(["a b"]), 256, threads=threads)
        with pytest.raises(error, match="threads must be"):
            pyllm.set_num_threads(threads)
    assert pyllm.get_num_threads() >= 1
    trained().encode_batch(["a"] * 3, threads=100)
