"""Generation with a cache: what it gives is what a full forward pass gives."""

from __future__ import annotations

import numpy
import pytest
from models import KINDS, Array, assert_close, config, double, random_ids, random_model

import pyllm
from pyllm.model import GPT, KVCache, cache
from pyllm.ops.library import available_isas, library, use_library

LENGTH = 11


def generated(model: GPT, rows: Array, prompt: int, kv: KVCache | None = None) -> Array:
    """(B, T - prompt + 1, V): the logits after the prompts and after each further token of rows (B, T)."""
    kv = kv or model.new_cache(len(rows), LENGTH)
    logits = [numpy.stack([model.prefill(row[:prompt], kv, number) for number, row in enumerate(rows)])]
    for column in range(prompt, rows.shape[1]):
        logits.append(model.decode(numpy.ascontiguousarray(rows[:, column]), kv).copy())
    return numpy.stack(logits, axis=1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("exact", [True, False], ids=["reference", "cpu"])
def test_cached_is_the_full_forward_pass(kind: str, exact: bool) -> None:
    model = double(config(kind)) if exact else random_model(config(kind))
    rows = random_ids(numpy.random.default_rng(1), (3, LENGTH), model.cfg.vocab_size)
    expected = model.logits(rows)
    for prompt in (1, 6, LENGTH):
        found = generated(model, rows, prompt)
        assert_close(found, expected[:, prompt - 1 :], tolerance=1e-12 if exact else 1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_prompt_in_parts_is_the_prompt(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefilled in several calls, and in the parts that long prompts are cut into."""
    model = random_model(config(kind))
    tokens = random_ids(numpy.random.default_rng(2), (LENGTH,), model.cfg.vocab_size)
    expected = model.logits(tokens[None])[0, -1]
    kv = model.new_cache(2, LENGTH)
    assert_close(model.prefill(tokens, kv, 0), expected)
    model.prefill(tokens[:4], kv, 1)
    assert_close(model.prefill(tokens[4:], kv, 1), expected)
    monkeypatch.setattr(cache, "PREFILL_POSITIONS", 3)
    kv.reset(1)
    assert_close(model.prefill(tokens, kv, 1), expected)
    assert kv.lengths.tolist() == [LENGTH, LENGTH]


@pytest.mark.parametrize("kind", KINDS)
def test_batched_is_one_by_one(kind: str) -> None:
    """Bit for bit, also with rows of different lengths: a logit sums in the same order for any batch."""
    cfg = config(kind, n_embd=96, n_head=4, head_dim=None, n_hidden=None, vocab_size=301, context=40)
    model = random_model(cfg, scale=0.05)
    source = numpy.random.default_rng(3)
    prompts = [random_ids(source, (size,), 301) for size in (3, 17, 1, 9, 30)]
    following = random_ids(source, (5, len(prompts)), 301)
    together, alone = model.new_cache(len(prompts)), model.new_cache(1)
    for row, prompt in enumerate(prompts):
        model.prefill(prompt, together, row)
    batched = [model.decode(tokens, together).copy() for tokens in following]
    for row, prompt in enumerate(prompts):
        alone.reset(0)
        model.prefill(prompt, alone, 0)
        for step, tokens in enumerate(following):
            numpy.testing.assert_array_equal(model.decode(tokens[row : row + 1], alone)[0], batched[step][row])


def test_many_rows_are_one_by_one() -> None:
    """Also more rows than a step takes at a time, which is what the product sums in one order."""
    assert library().kernels.PYLLM_FEW_ROWS == cache.DECODE_ROWS
    rows = 2 * cache.DECODE_ROWS + 3
    model = random_model(config("llama", vocab_size=67))
    source = numpy.random.default_rng(9)
    together, alone = model.new_cache(rows, 4), model.new_cache(1, 4)
    prompts, following = random_ids(source, (rows, 2), 67), random_ids(source, (2, rows), 67)
    for row, prompt in enumerate(prompts):
        model.prefill(prompt[: 1 + row % 2], together, row)
    batched = [model.decode(tokens, together).copy() for tokens in following]
    assert together.lengths.tolist() == [3 + row % 2 for row in range(rows)]
    for row, prompt in enumerate(prompts):
        alone.reset(0)
        model.prefill(prompt[: 1 + row % 2], alone, 0)
        for step, tokens in enumerate(following):
            numpy.testing.assert_array_equal(model.decode(tokens[row : row + 1], alone)[0], batched[step][row])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("exact", [True, False], ids=["reference", "cpu"])
@pytest.mark.parametrize("packed_bytes", [cache.PACKED_BYTES, 0])
def test_prompts_fed_together(kind: str, exact: bool, packed_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the full forward pass has them, one of them empty; and with the bits of each alone."""
    monkeypatch.setattr(cache, "PACKED_BYTES", packed_bytes)
    model = double(config(kind)) if exact else random_model(config(kind))
    tokens = random_ids(numpy.random.default_rng(8), (4, LENGTH), model.cfg.vocab_size)
    lengths, rows = (6, 0, 1, LENGTH - 1), (2, 0, 3, 1)
    together = model.new_cache(4, LENGTH)
    together.feed(model, [ids[:length] for ids, length in zip(tokens, lengths, strict=True)], rows)
    following = numpy.empty(4, numpy.int32)
    for ids, length, row in zip(tokens, lengths, rows, strict=True):
        assert together.lengths[row] == length
        following[row] = ids[length]
    found = model.decode(following, together).copy()
    for ids, length, row in zip(tokens, lengths, rows, strict=True):
        expected = model.logits(ids[None, : length + 1])[0, -1]
        assert_close(found[row], expected, tolerance=1e-12 if exact else 1e-5)
        alone = model.new_cache(1, LENGTH)
        alone.feed(model, [ids[:length]], [0])
        assert exact or numpy.array_equal(model.decode(ids[length : length + 1], alone)[0], found[row])
    with pytest.raises(ValueError, match="a prompt has 5 tokens, but the cache's rows hold 4"):
        model.new_cache(1, 4).feed(model, [tokens[0, :5]], [0])


def test_a_step_draws_what_the_logits_say() -> None:
    model = random_model(config("llama"))
    tokens = random_ids(numpy.random.default_rng(10), (3, 4), model.cfg.vocab_size)
    drawn, decoded = model.new_cache(3, LENGTH), model.new_cache(3, LENGTH)
    for one in (drawn, decoded):
        one.feed(model, list(tokens[:, :-1]), range(3))
    draws = drawn.draws
    draws.tokens[:], draws.seeds[:], draws.counters[:, 0] = tokens[:, -1], (1, 2, 2), (0, 0, 5)
    draws.temperatures[:], draws.top_ks[:], draws.top_ps[:] = (1, 0, 2), (0, 0, 9), (1, 1, 0.9)
    ids, logprobs = tokens[:, -1].copy(), numpy.empty(3, numpy.float32)
    for place in range(5):
        logits = model.decode(ids, decoded)
        counters = numpy.array([[0, 0, place, 0], [0, 0, place, 0], [5, 0, place, 0]], numpy.uint32)
        settings = {
            "seed": draws.seeds,
            "temperature": draws.temperatures,
            "top_k": draws.top_ks,
            "top_p": draws.top_ps,
        }
        model.ops.sample(logits, ids, logprobs, counters=counters, **settings)
        drawn.step(model, 3)
        assert draws.tokens.tolist() == ids.tolist() and draws.logprobs.tolist() == logprobs.tolist()
    drawn.move(2, 0)
    assert draws.seeds[0] == 2 and draws.counters[0].tolist() == [5, 0, 5, 0] and draws.tokens[0] == ids[2]
    drawn.step(model, 1)
    drawn.lengths[0] = LENGTH
    with pytest.raises(ValueError, match=r"row 0: length 12, .* in a cache of 11 positions"):
        drawn.step(model, 1)


def test_another_library_and_other_threads_in_between() -> None:
    """A step of decoding remembers its calls of kernels: they must be made with the library and the threads of now."""
    model = random_model(config("gpt2"))
    tokens = random_ids(numpy.random.default_rng(6), (1, LENGTH), model.cfg.vocab_size)
    kv = model.new_cache(1, LENGTH)
    model.prefill(tokens[0, :1], kv, 0)
    before, threads = library().isa, pyllm.get_num_threads()
    try:
        for column, isa in enumerate((*available_isas(), before), start=1):
            use_library(isa)
            pyllm.set_num_threads(1 + column % 2)
            found = model.decode(tokens[0, column : column + 1], kv)[0]
            assert_close(found, model.logits(tokens[:, : column + 1])[0, -1])
    finally:
        use_library(before)
        pyllm.set_num_threads(threads)


def test_rows_come_go_and_move() -> None:
    model = random_model(config("llama"))
    source = numpy.random.default_rng(4)
    first, second, third = (random_ids(source, (size,), model.cfg.vocab_size) for size in (4, 6, 3))
    kv = model.new_cache(3, LENGTH)
    for row, prompt in enumerate((first, second, third)):
        model.prefill(prompt, kv, row)
    kv.move(2, 0)  # the first row is done, the last takes its place
    assert kv.lengths.tolist() == [3, 6, 0]
    kv.copy(1, 2)
    assert kv.lengths.tolist() == [3, 6, 6]
    tokens = random_ids(source, (3,), model.cfg.vocab_size)
    found = model.decode(tokens, kv)
    for row, prompt in enumerate((third, second, second)):
        assert_close(found[row], model.logits(numpy.append(prompt, tokens[row])[None])[0, -1])
    kv.copy(0, 1, 2)
    assert kv.lengths.tolist() == [4, 2, 7]
    with pytest.raises(ValueError, match="row 1 of the cache holds 2 tokens: 3 of them cannot be copied"):
        kv.copy(1, 0, 3)
    kv.copy(2, 1)
    kv.move(1, 1)
    assert kv.lengths.tolist() == [4, 7, 7]


def test_fewer_rows_than_the_cache_has() -> None:
    model = random_model(config("gpt2"))
    tokens = random_ids(numpy.random.default_rng(5), (2, 3), model.cfg.vocab_size)
    kv = model.new_cache(3, LENGTH)
    for row in range(3):
        model.prefill(tokens[row % 2], kv, row)
    kept = kv.keys[:, 2].copy(), kv.values[:, 2].copy()
    assert model.decode(tokens[:, 0].copy(), kv).shape == (2, model.cfg.vocab_size)
    assert kv.lengths.tolist() == [4, 4, 3]
    numpy.testing.assert_array_equal(kv.keys[:, 2], kept[0])
    numpy.testing.assert_array_equal(kv.values[:, 2], kept[1])


def test_parameters_that_change_are_seen() -> None:
    """A cache reads the parameters as they are, and serves another model of the same shape, too."""
    model = random_model(config("llama"))
    tokens = numpy.array([1, 2, 3], numpy.int32)
    kv = model.new_cache(1, LENGTH)
    before = generated(model, tokens[None], 1, kv)
    model.parameters["model.norm.weight"][...] *= 2
    model.touch()
    other = model.copy()
    other.parameters["model.norm.weight"][...] *= 2
    for factor, one in ((2, model), (4, other), (2, model)):
        kv.reset(0)
        found = generated(one, tokens[None], 1, kv)
        assert_close(found, one.logits(tokens[None]))
        assert_close(found, factor * before)


def test_what_does_not_fit_is_refused_and_changes_nothing() -> None:
    model = random_model(config("gpt2"))
    kv = model.new_cache(2, 4)
    three = numpy.array([1, 2, 3], numpy.int32)
    model.prefill(three, kv, 0)
    with pytest.raises(ValueError, match="row 0 of the cache holds 3 of 4 tokens: there is no room for 3 more"):
        model.prefill(three, kv, 0)
    model.decode(three[:1], kv)
    with pytest.raises(ValueError, match="row 0 of the cache is full: it holds 4 tokens"):
        model.decode(three[:1], kv)
    with pytest.raises(ValueError, match="row of the cache, 0 to 1, got 2"):
        model.prefill(three, kv, 2)
    with pytest.raises(ValueError, match="ids from 0 to 18, got 19"):
        model.prefill(numpy.array([19], numpy.int32), kv, 1)
    with pytest.raises(ValueError, match="tokens"):
        model.decode(numpy.array([-1], numpy.int32), model.new_cache(1, 4))
    with pytest.raises(ValueError, match="1 to 2 ids"):
        model.decode(three, kv)
    with pytest.raises(TypeError, match="tokens must be"):
        model.decode(three[:1].astype(numpy.int64), model.new_cache(1, 4))
    with pytest.raises(ValueError, match="not empty"):
        model.prefill(three[:0], kv, 1)
    assert kv.lengths.tolist() == [4, 0]
    with pytest.raises(ValueError, match="at most the model's 11 positions, got 12"):
        model.new_cache(1, 12)
    with pytest.raises(ValueError, match="at least 1"):
        model.new_cache(0)
    with pytest.raises(ValueError, match="made for a model of another shape"):
        random_model(config("llama")).decode(three[:1], model.new_cache(1, 4))
    with pytest.raises(ValueError, match="made for a model of another shape"):
        random_model(config("llama")).prefill(three, kv, 1)
