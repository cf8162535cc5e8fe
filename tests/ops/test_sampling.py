"""Sampling: which id is drawn, how often, and where it is certain which one it must be."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from calls import Array, Implementation
from examples import empty, normal

import pyllm
from pyllm.ops import reference

# Counters (n, 0, 0, 0) for which Philox with key 0 makes a word that is nearly 2^32, and one that is nearly 0.
NEARLY_ONE, NEARLY_ZERO = 38471471, 163350662


@pytest.fixture
def random() -> numpy.random.Generator:
    return numpy.random.default_rng(20262)


def counters_from(numbers: Any) -> Array:
    counters = numpy.zeros((len(numbers), 4), numpy.uint32)
    counters[:, 0] = numbers
    return counters


def draw(implementation: Implementation, logits: Array, **options: Any) -> tuple[Array, Array]:
    """(ids, logprobs) of rows of logits; one row of logits alone is drawn from for every counter."""
    options = {"seed": 0, "counters": counters_from(range(len(logits))), **options}
    rows = len(options["counters"])
    logits = numpy.broadcast_to(logits, (rows, logits.shape[-1])).astype(numpy.float32)
    outputs = {"ids": numpy.zeros(rows, numpy.int32), "logprobs": empty(rows)}
    found = implementation.run("sample", {"logits": logits, **outputs, **options})
    return found["ids"], found["logprobs"]


@pytest.mark.parametrize("width", [2, 3, 7, 16, 17, 131, 300])
def test_the_lowest_of_equal_logits_is_the_greatest(
    width: int, random: numpy.random.Generator, implementation: Implementation
) -> None:
    first, second = random.integers(0, width, (2, 50))
    logits = normal(random, 50, width).clip(-3, 3)
    logits[range(50), first] = logits[range(50), second] = 5
    lowest = numpy.minimum(first, second)
    for options in (
        {"temperature": 0.0},
        {"top_k": 1},
        {"top_p": 1e-9},
        {"temperature": 0.0, "top_k": 3, "top_p": 0.5},
    ):
        ids, logprobs = draw(implementation, logits, **options)
        assert ids.tolist() == lowest.tolist()
        expected = [reference.kept_probabilities(row, 1, 0, 1)[i] for row, i in zip(logits, ids, strict=True)]
        assert numpy.abs(logprobs - numpy.log(expected)).max() < 1e-5


def test_cuts_keep_the_lowest_of_equals(implementation: Implementation) -> None:
    counters = counters_from(range(300))
    for width in (8, 131, 1031):
        equal = numpy.zeros((1, width))
        for options, kept in (({"top_k": 3}, 3), ({"top_p": 4 / width - 1e-9}, 4), ({"top_k": 6, "top_p": 0.45}, 3)):
            ids, _ = draw(implementation, equal, counters=counters, **options)
            assert set(ids.tolist()) == set(range(kept)), options
    ids, _ = draw(implementation, numpy.zeros((1, 8)), counters=counters, top_p=0.5)
    assert set(ids.tolist()) == {0, 1, 2, 3}  # four eighths reach a half


def test_ids_are_those_of_the_definition(random: numpy.random.Generator, implementation: Implementation) -> None:
    """For thousands of random numbers, but where one lies within 1e-6 of the border between two ids."""
    logits = normal(random, 1, 1031, scale=2)
    counters = random.integers(0, 2**32, (2000, 4), numpy.uint32)
    seed = 2**64 - 3
    u = reference.uniform_numbers(seed, counters)
    for temperature, top_k, top_p in [(1.0, 0, 1.0), (0.7, 0, 1.0), (1.3, 40, 1.0), (1.0, 0, 0.8), (0.9, 100, 0.9)]:
        options = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
        sums = numpy.cumsum(reference.kept_probabilities(logits[0], temperature, top_k, top_p))
        low, high = (numpy.searchsorted(sums, (u + shift) * sums[-1], side="right") for shift in (-1e-6, 1e-6))
        for threads in (1, 2):
            pyllm.set_num_threads(threads)
            ids, _ = draw(implementation, logits, seed=seed, counters=counters, **options)
            assert ((low <= ids) & (ids <= high)).all()
            assert (low != high).sum() < 20


@pytest.mark.parametrize(
    "options", [{}, {"temperature": 0.5}, {"temperature": 2.0, "top_k": 5}, {"top_p": 0.8}], ids=str
)
def test_how_often_an_id_is_drawn(options: dict[str, Any], implementation: Implementation) -> None:
    """Pearson's chi-squared test, with the bound that 1 of 1000 samples would exceed."""
    logits = numpy.array([0.5, -1.0, 2.0, 0.0, 1.0, -2.0, 1.5, 0.25], numpy.float32)
    ids, _ = draw(implementation, logits[None], seed=7, counters=counters_from(range(20000)), **options)
    p = reference.kept_probabilities(logits, **{"temperature": 1.0, "top_k": 0, "top_p": 1.0, **options})
    counts, kept = numpy.bincount(ids, minlength=8), p > 0
    assert (counts[~kept] == 0).all()
    statistic = ((counts - 20000 * p)[kept] ** 2 / (20000 * p[kept])).sum()
    bound = {4: 16.27, 5: 18.47, 8: 24.32}[kept.sum()]  # quantiles of the distribution of 3, 4 and 7 degrees of freedom
    assert statistic < bound


def test_settings_of_each_row(random: numpy.random.Generator, implementation: Implementation) -> None:
    """Each row is drawn by its own settings, as it would be alone."""
    logits, counters = normal(random, 40, 300, scale=2), random.integers(0, 2**32, (40, 4), numpy.uint32)
    settings = {
        "seed": random.integers(0, 2**64, 40, numpy.uint64),
        "temperature": random.choice([0.0, 0.5, 1.0, 3.0], 40),
        "top_k": random.choice([0, 1, 7, 299, 2**31 - 1], 40).astype(numpy.int32),
        "top_p": random.choice([1.0, 0.9, 0.1], 40),
    }
    ids, logprobs = draw(implementation, logits, counters=counters, **settings)
    assert len(set(ids.tolist())) > 5
    for row in range(40):
        own = {name: values[row].item() for name, values in settings.items()}
        alone = draw(implementation, logits[row : row + 1], counters=counters[row : row + 1], **own)
        assert (ids[row], logprobs[row]) == (alone[0][0], alone[1][0])
    for name, value in (("temperature", -1.0), ("temperature", numpy.nan), ("top_k", -1), ("top_p", 0.0)):
        wrong = settings[name].copy()
        wrong[17] = value
        with pytest.raises(ValueError, match=f"{name} must be .* in row 17"):
            draw(implementation, logits, counters=counters, **{**settings, name: wrong})


def test_seeds_and_counters_matter(implementation: Implementation) -> None:
    """Every word of the counter, and both halves of the seed."""
    logits = numpy.zeros((1, 30000))
    counters = numpy.zeros((6, 4), numpy.uint32)
    counters[[1, 2, 3, 4], [0, 1, 2, 3]] = 1
    ids = [draw(implementation, logits, counters=counters, seed=seed)[0].tolist() for seed in (0, 1, 1 << 32, 0)]
    assert len(set(ids[0])) == 5 and ids[0][0] == ids[0][5]
    assert ids[0] == ids[3] and len({tuple(run) for run in ids}) == 3


def test_minus_infinity_is_never_drawn(random: numpy.random.Generator, implementation: Implementation) -> None:
    counters = counters_from([NEARLY_ZERO, NEARLY_ONE, *range(500)])
    for width in (3, 17, 131, 300):
        logits = normal(random, width)
        logits[::2] = -numpy.inf
        logits[-1] = -numpy.inf
        for options in ({}, {"temperature": 3.0}, {"top_k": width}, {"top_k": width - 1}, {"top_p": 0.9999}):
            ids, logprobs = draw(implementation, logits[None], counters=counters, **options)
            assert numpy.isfinite(logits[ids]).all() and numpy.isfinite(logprobs).all()
        logits[:] = -numpy.inf
        logits[width // 2] = -7
        for options in ({}, {"temperature": 0.0}, {"top_k": 2}, {"top_p": 0.5}):
            ids, logprobs = draw(implementation, logits[None], counters=counters, **options)
            assert (ids == width // 2).all() and (logprobs == 0).all()


def test_the_ends_of_the_unit_interval(random: numpy.random.Generator, implementation: Implementation) -> None:
    """Random numbers that float32 would round to 0 or 1 lead to the first and the last id that is kept."""
    counters = counters_from([NEARLY_ONE, NEARLY_ZERO])
    for width in (1, 7, 131, 1031):
        logits = normal(random, 1, width)
        ids, _ = draw(implementation, logits, counters=counters)
        assert ids.tolist() == [width - 1, 0]
        for options in ({"top_k": 5}, {"top_p": 0.3}, {"temperature": 0.5, "top_k": 50, "top_p": 0.5}):
            settings = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, **options}
            kept = numpy.flatnonzero(reference.kept_probabilities(logits[0], **settings))
            ids, _ = draw(implementation, logits, counters=counters, **options)
            assert ids.tolist() == [kept[-1], kept[0]]


def test_logits_and_temperatures_far_from_one(implementation: Implementation) -> None:
    logits = numpy.tile(numpy.float32([0, 1e4, -1e4, 1e4 - 1]), (1, 5))
    counters = counters_from(range(200))
    ids, logprobs = draw(implementation, logits, counters=counters)
    assert set((ids % 4).tolist()) == {1, 3}
    for id, logprob in zip(ids, logprobs, strict=True):
        expected = -numpy.log(5 * (1 + numpy.exp(-1))) - (id % 4 == 3)
        assert abs(logprob - expected) < 1e-5
    for temperature in (1e-3, 1e-30, 5e-324):
        ids, _ = draw(implementation, logits, counters=counters, temperature=temperature)
        assert set((ids % 4).tolist()) == {1}
    ids, _ = draw(implementation, logits, counters=counters, temperature=1e30)
    assert set((ids % 4).tolist()) == {0, 1, 2, 3}


@pytest.mark.parametrize("value", [numpy.nan, numpy.inf, -numpy.inf])
def test_what_cannot_be_drawn_from(
    value: float, random: numpy.random.Generator, implementation: Implementation
) -> None:
    """A row with NaN or infinity, or of -infinity alone, is named; temperature 0 makes no difference."""
    logits = normal(random, 5, 37)
    if value == -numpy.inf:
        logits[3] = value
    else:
        logits[3, 36] = value
    for temperature in (0.0, 1.0):
        with pytest.raises(ValueError, match="3"):
            draw(implementation, logits, temperature=temperature)
