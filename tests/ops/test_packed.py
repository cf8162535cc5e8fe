"""Products with a packed matrix: what they are, to which bits, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator

import numpy
import pytest
from calls import LARGEST_ERROR, Array, relative_error
from examples import normal

import pyllm
from pyllm.ops import cpu, reference
from pyllm.ops.library import available_isas, library, use_library

SIZES = [
    (1, 1, 1),
    (1, 33, 129),
    (3, 67, 5),
    (13, 129, 515),
    (14, 31, 1031),
    (15, 17, 31),
    (64, 131, 390),
    (131, 65, 257),
]


@pytest.fixture(autouse=True, params=available_isas())
def isa(request: pytest.FixtureRequest) -> Iterator[str]:
    before, threads = use_library(request.param), pyllm.get_num_threads()
    yield request.param
    use_library(before)
    pyllm.set_num_threads(threads)


def strided(array: Array) -> Array:
    """The same in rows that are further apart."""
    wide = numpy.full((len(array), array.shape[1] + 3), numpy.nan, numpy.float32)
    wide[:, : array.shape[1]] = array
    return wide[:, : array.shape[1]]


@pytest.mark.parametrize(("rows", "columns", "depth"), SIZES)
def test_packed_is_the_product(rows: int, columns: int, depth: int) -> None:
    random = numpy.random.default_rng(rows + columns)
    a, b, bias = normal(random, rows, depth), normal(random, columns, depth), normal(random, columns)
    addend, out, found = normal(random, rows, columns), *numpy.empty((2, rows, columns), numpy.float32)
    packed = cpu.pack(strided(b))
    for threads in (1, 2, 3):
        pyllm.set_num_threads(threads)
        for options in ({}, {"bias": bias}, {"addend": addend}, {"bias": bias, "activation": "gelu_tanh"}):
            reference.matmul(a, reference.pack(b), out, transpose_b=True, **options)
            cpu.matmul(strided(a), packed, found, transpose_b=True, **options)
            assert relative_error(found, out) < LARGEST_ERROR
        preactivation = numpy.empty_like(out)
        cpu.matmul(
            a, packed, found, transpose_b=True, bias=bias, preactivation=preactivation, activation="relu_squared"
        )
        assert numpy.array_equal(found, numpy.maximum(preactivation, 0) ** 2)
        assert relative_error(preactivation, a @ b.T + bias) < LARGEST_ERROR


@pytest.mark.parametrize("depth", [5, 390, 1031])
def test_its_bits_are_those_of_a_product_of_many_rows(depth: int) -> None:
    random = numpy.random.default_rng(depth)
    a, b = normal(random, 131, depth), normal(random, 157, depth)
    whole = numpy.empty((131, 157), numpy.float32)
    cpu.matmul(a, b, whole, transpose_b=True)
    packed = cpu.pack(b)
    for threads in (1, 2, 3):
        pyllm.set_num_threads(threads)
        for rows in (slice(0, 131), slice(3, 4), slice(7, 9), slice(0, 13), slice(100, 131), slice(1, 65)):
            found = numpy.empty_like(whole[rows])
            cpu.matmul(a[rows], packed, found, transpose_b=True)
            assert found.tobytes() == whole[rows].tobytes()


def test_what_changed_is_packed_again(isa: str) -> None:
    random = numpy.random.default_rng(5)
    a, b = normal(random, 3, 40), normal(random, 50, 40)
    packed, out = cpu.pack(b), numpy.empty((3, 50), numpy.float32)
    b *= 2
    assert cpu.pack(b, packed) is packed
    cpu.matmul(a, packed, out, transpose_b=True)
    assert relative_error(out, a @ b.T) < LARGEST_ERROR
    other = b.copy() + 1
    assert cpu.pack(other, packed) is not packed
    for one in available_isas():  # each packs in an order of its own
        use_library(one)
        cpu.matmul(a, packed, out, transpose_b=True)
        assert relative_error(out, a @ b.T) < LARGEST_ERROR
        assert library().isa == one


def test_refusals() -> None:
    a, b, out = numpy.ones((2, 3), numpy.float32), numpy.ones((5, 3), numpy.float32), numpy.empty((2, 5), numpy.float32)
    packed = cpu.pack(b)
    square = numpy.ones((3, 3), numpy.float32)
    for options in ({}, {"transpose_a": True, "transpose_b": True}):
        with pytest.raises(ValueError, match="a packed b must be transposed, and its a must not"):
            cpu.matmul(square, cpu.pack(square), square.copy(), **options)
    with pytest.raises(ValueError, match=r"op\(a\) has 2 columns"):
        cpu.matmul(a[:, :2].copy(), packed, out, transpose_b=True)
    with pytest.raises(TypeError, match="b must be float32"):
        cpu.pack(b.astype(numpy.float64))
