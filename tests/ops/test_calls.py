"""What runs the ops in the other tests notices an implementation that does what it must not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy
import pytest
from calls import AFTER, Arguments, Array, Implementation, assert_agrees, heads_first, relative_error, spread
from examples import empty, normal


def run(combine: Any, layouts: Any = None, shape: tuple[int, ...] = (3, 5)) -> dict[str, Array]:
    """Calls one function in place of linear_combination, on ones and twos."""
    arguments: Arguments = {"x": empty(*shape) + 1, "y": empty(*shape) + 2, "out": empty(*shape)}
    implementation = Implementation("made up", SimpleNamespace(linear_combination=combine))
    return implementation.run("linear_combination", arguments, layouts)


def memory_behind(array: Array, count: int) -> Array:
    """`count` elements that follow an array's own."""
    return numpy.lib.stride_tricks.as_strided(array.reshape(-1)[-1:], (count + 1,), (4,))[1:]


def add(x: Array, y: Array, out: Array) -> None:
    out[...] = x + y


def test_a_right_one_passes() -> None:
    for layouts, shape in (
        (None, (3, 5)),
        ({"x": spread, "out": spread}, (3, 5)),
        ({"out": heads_first}, (2, 3, 4, 5)),
    ):
        found = run(add, layouts, shape)
        assert found.keys() == {"out"} and (found["out"] == 3).all() and found["out"].shape == shape


def test_what_is_not_written_is_nan() -> None:
    found = run(lambda x, y, out: add(x[:2], y[:2], out[:2]))
    with pytest.raises(AssertionError, match="out"):
        assert_agrees(found, {"out": empty(3, 5) + 3})


def test_a_changed_input() -> None:
    def changes_x(x: Array, y: Array, out: Array) -> None:
        add(x, y, out)
        x[1, 2] += 1e-6

    with pytest.raises(AssertionError, match="changed its input x"):
        run(changes_x)


@pytest.mark.skipif(AFTER == 0, reason="under AddressSanitizer nothing lies behind an array")
def test_a_write_beside_an_array() -> None:
    def writes_on(x: Array, y: Array, out: Array) -> None:
        add(x, y, out)
        memory_behind(out, 1)[0] = 0

    with pytest.raises(AssertionError, match="wrote beside out"):
        run(writes_on)


def test_a_write_between_rows() -> None:
    def writes_on(x: Array, y: Array, out: Array) -> None:
        add(x, y, out)
        numpy.lib.stride_tricks.as_strided(out, (1, 6), out.strides)[0, 5] = 0

    with pytest.raises(AssertionError, match="wrote beside out"):
        run(writes_on, {"out": spread})


def test_relative_error() -> None:
    expected = normal(numpy.random.default_rng(3), 100).clip(-2, 2)
    expected[7] = -2
    off = expected.copy()
    off[50] += 0.5
    assert relative_error(expected, expected) == 0 and abs(relative_error(off, expected) - 0.25) < 1e-6
    for value in (numpy.nan, numpy.inf):
        off[50] = value
        assert not relative_error(off, expected) < 1
        assert relative_error(off, off) == 0 and relative_error(expected, off) == numpy.inf
    assert relative_error(empty(3), empty(3)) == 0 and relative_error(empty(3) + 1, empty(3)) == numpy.inf
