"""Calls of the ops by their argument names, and implementations of the ops that are called with them.

A call is a dictionary of arguments. An implementation runs it on copies of the arrays that lie in memory full of NaN,
with what the op writes set to NaN before, and looks afterwards whether anything changed that must not. The same array
under two names stays one array: that is how a call says that an output is one of the inputs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy

from pyllm.ops import reference
from pyllm.ops.library import use_library

Array = numpy.ndarray[Any, Any]
Arguments = dict[str, Any]

LARGEST_ERROR = 1e-5

# Outputs that an op writes, whatever they held; and those that it changes: adds to, turns, sets to 0.
WRITTEN = {
    "matmul": ("out", "preactivation"),
    "layernorm_forward": ("out", "mean", "rstd", "residual_out"),
    "layernorm_backward": ("dx",),
    "rmsnorm_forward": ("out", "rstd", "residual_out"),
    "rmsnorm_backward": ("dx",),
    "activation_forward": ("out",),
    "activation_backward": ("dx",),
    "swiglu_forward": ("out",),
    "swiglu_backward": ("dgate_up",),
    "softmax_forward": ("out",),
    "softmax_backward": ("dx",),
    "embedding_forward": ("out",),
    "attention_forward": ("out", "logsumexp"),
    "attention_backward": ("dq", "dk", "dv"),
    "attention_decode": ("out",),
    "classifier_forward": ("logprobs", "logsumexp", "entropies"),
    "classifier_backward": ("dx",),
    "classifier_forward_backward": ("logprobs", "dx"),
    "muon_momentum": ("out",),
    "linear_combination": ("out",),
    "sample": ("ids", "logprobs"),
}
CHANGED = {
    "bias_backward": ("dbias",),
    "layernorm_backward": ("dweight", "dbias"),
    "rmsnorm_backward": ("dweight",),
    "embedding_backward": ("dtable", "dposition_table"),
    "rope_forward": ("x",),
    "rope_backward": ("dx",),
    "attention_decode": ("keys", "values"),
    "classifier_backward": ("dweight",),
    "classifier_forward_backward": ("dweight",),
    "adamw": ("parameters", "gradients", "m", "v"),
    "muon_momentum": ("gradient", "momentum"),
}
# Arrays that need not be contiguous but along their last dimension.
STRIDED = {
    "matmul": ("a", "b", "out", "addend"),
    "bias_backward": ("dout",),
    "rmsnorm_forward": ("x", "out"),
    "rmsnorm_backward": ("dout", "x", "dx"),
    "embedding_forward": ("table", "position_table"),
    "embedding_backward": ("dtable", "dposition_table"),
    "rope_forward": ("x",),
    "rope_backward": ("dx",),
    "attention_forward": ("q", "k", "v", "out"),
    "attention_backward": ("q", "k", "v", "out", "dout", "dq", "dk", "dv"),
    "attention_decode": ("q", "k", "v", "keys", "values", "out"),
    "classifier_forward": ("weight",),
    "classifier_backward": ("weight", "dweight"),
    "classifier_forward_backward": ("weight", "dweight"),
    "sample": ("logits",),
}


def outputs_of(op: str, arguments: Mapping[str, Any]) -> list[str]:
    """The names of the arrays that a call changes."""
    names = WRITTEN.get(op, ()) + CHANGED.get(op, ())
    return [name for name in names if arguments.get(name) is not None]


# ------------------------------------------------------------------------------------------------ memory around arrays

# Elements before and after an array. Under AddressSanitizer there are none after it: the sanitizer sees each access
# beyond the end, where NaN shows only those that matter. The odd number leaves arrays aligned to 4 bytes alone.
BEFORE = 3
AFTER = 0 if "libasan" in os.environ.get("LD_PRELOAD", "") else 61
NAN_OR_LOWEST = {"f": numpy.nan, "i": -(2**31), "u": 2**32 - 1}  # by dtype.kind

Shape = tuple[int, ...]
Layout = Callable[[Shape], Shape]  # the strides of a shape, in elements


def contiguous(shape: Shape) -> Shape:
    return tuple(int(numpy.prod(shape[axis + 1 :], dtype=int)) for axis in range(len(shape)))


def spread(shape: Shape) -> Shape:
    """Gaps between rows of the last dimension; in (B, T, H, D), more between positions than between heads."""
    return contiguous(tuple(size + gap for size, gap in zip(shape, (0, 0, 1, 3)[-len(shape) :], strict=True)))


def heads_first(shape: Shape) -> Shape:
    """(B, T, H, D) stored as (B, H, T, D), as the cache has it."""
    batch, time, heads, size = shape
    strides = contiguous((batch, heads, time, size))
    return strides[0], strides[2], strides[1], strides[3]


class Placed:
    """A copy of an array in memory that is otherwise full of NaN, on an implementation's device."""

    def __init__(self, array: Array, layout: Layout, implementation: Implementation) -> None:
        strides = layout(array.shape)
        length = 1 + sum((size - 1) * stride for size, stride in zip(array.shape, strides, strict=True))
        length = length if array.size else 0
        self._filling = NAN_OR_LOWEST[array.dtype.kind]
        self._base = implementation.to_device(numpy.full(BEFORE + length + AFTER, self._filling, array.dtype))
        self.view = implementation.xp.lib.stride_tricks.as_strided(
            self._base[BEFORE : BEFORE + length], array.shape, tuple(array.itemsize * stride for stride in strides)
        )
        self.view[...] = implementation.to_device(array)
        self._to_host = implementation.to_host

    def poison(self) -> None:
        self.view[...] = self._filling

    def values(self) -> Array:
        return numpy.array(self._to_host(self.view))

    def surroundings_changed(self) -> bool:
        """Whether anything but the array itself was written; its values are lost."""
        self.poison()
        base = self._to_host(self._base)
        filled = numpy.isnan(base) if base.dtype.kind == "f" else base == self._filling
        return not filled.all()


# ------------------------------------------------------------------------------------------------ implementations


@dataclass(frozen=True)
class Implementation:
    """One implementation of the ops: a module, or an object, that has them as functions.

    Args:
        name: shown in the tests' names.
        ops: the functions.
        xp: the module that the arrays are of.
        isa: of the kernel library for CPUs.
        same_bits: a row of a product has the same bits in any product, for any number of threads.
        to_device, to_host: between NumPy's arrays and those that the functions take.
    """

    name: str
    ops: Any
    xp: Any = numpy
    isa: str | None = None
    same_bits: bool = False
    to_device: Callable[[Array], Any] = numpy.array
    to_host: Callable[[Any], Array] = numpy.asarray

    def activate(self) -> None:
        if self.isa:
            use_library(self.isa)

    def run(self, op: str, arguments: Arguments, layouts: Mapping[str, Layout] | None = None) -> dict[str, Array]:
        """Calls an op; returns its outputs by name, and what it returns as "returned" where that is not None."""
        layouts = layouts or {}
        outputs = outputs_of(op, arguments)
        placed: dict[int, Placed] = {}
        call = dict(arguments)
        for name, value in arguments.items():
            if isinstance(value, numpy.ndarray):
                if id(value) not in placed:
                    placed[id(value)] = Placed(value, layouts.get(name, contiguous), self)
                call[name] = placed[id(value)].view
        inputs = {id(value) for name, value in arguments.items() if name not in WRITTEN.get(op, ())}
        for name in outputs:
            if id(arguments[name]) not in inputs:
                placed[id(arguments[name])].poison()
        returned = getattr(self.ops, op)(**call)
        results = {name: placed[id(arguments[name])].values() for name in outputs}
        if returned is not None:
            results["returned"] = numpy.array(returned)
        for name, value in arguments.items():
            if isinstance(value, numpy.ndarray) and id(value) in placed:
                memory = placed.pop(id(value))
                if not any(value is arguments[output] for output in outputs):
                    numpy.testing.assert_array_equal(memory.values(), value, f"{op} changed its input {name}")
                assert not memory.surroundings_changed(), f"{op} wrote beside {name}"
        return results


REFERENCE = Implementation("reference", reference)


def in_float64(arguments: Arguments) -> Arguments:
    """The same call with float64 arrays in place of float32 ones."""
    copies: dict[int, Array] = {}
    result = dict(arguments)
    for name, value in arguments.items():
        if isinstance(value, numpy.ndarray) and value.dtype == numpy.float32:
            result[name] = copies.setdefault(id(value), value.astype(numpy.float64))
    return result


def relative_error(found: Array, expected: Array) -> float:
    """The error against the scale of the data, max |found - expected| / max |expected|: 0 where both are 0.

    What is infinite or not a number must be so in both.
    """
    found, expected = found.astype(numpy.float64), expected.astype(numpy.float64)
    finite = numpy.isfinite(expected)
    if not numpy.array_equal(found[~finite], expected[~finite], equal_nan=True):
        return numpy.inf
    if not finite.any():
        return 0.0
    found, expected = found[finite], expected[finite]
    error, scale = float(numpy.abs(found - expected).max()), float(numpy.abs(expected).max())
    return error / scale if scale else error and numpy.inf


def assert_agrees(
    found: Mapping[str, Array], expected: Mapping[str, Array], where: str = "", largest: float = LARGEST_ERROR
) -> None:
    """Every output is within the largest relative error."""
    assert found.keys() == expected.keys()
    for name, values in found.items():
        error = relative_error(values, expected[name])
        assert error <= largest, f"{name} {where} is off by {error:.3g} of its greatest element"
