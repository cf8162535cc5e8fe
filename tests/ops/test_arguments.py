"""Bad arguments of every op on the CPU: one sentence that names the argument, nothing written, never a crash."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
from calls import STRIDED, Arguments, Array, outputs_of
from examples import (
    activation_backward,
    activation_forward,
    adamw,
    attention_backward,
    attention_decode,
    attention_forward,
    bias_backward,
    classifier_backward,
    classifier_forward,
    classifier_forward_backward,
    embedding_backward,
    embedding_forward,
    layernorm_backward,
    layernorm_forward,
    linear_combination,
    matmul,
    muon_momentum,
    rmsnorm_backward,
    rmsnorm_forward,
    rope_backward,
    rope_forward,
    sample,
    softmax_backward,
    softmax_forward,
    sum_of_squares,
    swiglu_backward,
    swiglu_forward,
)

import pyllm.ops
from pyllm.ops import reference

# A call of each op with every optional array.
CALLS: dict[str, Callable[[], Arguments]] = {
    make.__name__: lambda make=make, sizes=sizes, options=options: make(numpy.random.default_rng(1), *sizes, **options)
    for make, sizes, options in [
        (matmul, (3, 5, 7), {"bias": True, "preactivation": True, "addend": "other"}),
        (bias_backward, (3, 5), {}),
        (layernorm_forward, (3, 5), {"residual": True}),
        (layernorm_backward, (3, 5), {"dresidual": "other"}),
        (rmsnorm_forward, (3, 5), {"residual": True}),
        (rmsnorm_backward, (3, 5), {"dresidual": "other"}),
        (activation_forward, (3, 5), {"activation": "gelu_tanh"}),
        (activation_backward, (3, 5), {"activation": "gelu_tanh"}),
        (swiglu_forward, (3, 5), {}),
        (swiglu_backward, (3, 5), {}),
        (softmax_forward, (3, 5), {}),
        (softmax_backward, (3, 5), {}),
        (embedding_forward, (3, 5, 7), {}),
        (embedding_backward, (3, 5, 7), {}),
        (rope_forward, (2, 3, 2, 4), {}),
        (rope_backward, (2, 3, 2, 4), {}),
        (attention_forward, (2, 3, 5, 4, 2, 6), {"first": "window"}),
        (attention_backward, (2, 3, 4, 2, 6), {"first": "window"}),
        (attention_decode, (2, 5, 4, 2, 6), {"first": True, "cache_rows": 2}),
        (classifier_forward, (3, 5, 7), {}),
        (classifier_backward, (3, 5, 7), {}),
        (classifier_forward_backward, (3, 5, 7), {}),
        (sum_of_squares, (3, 5), {}),
        (adamw, (31,), {}),
        (muon_momentum, (3, 5), {}),
        (linear_combination, (3, 5), {}),
        (sample, (3, 5), {}),
    ]
}
OPS = pytest.mark.parametrize("op", CALLS)


def test_every_op_is_here() -> None:
    assert set(CALLS) == set(pyllm.ops.__all__)


@OPS
def test_the_reference_has_the_same_signature(op: str) -> None:
    parameters = inspect.signature(getattr(pyllm.ops, op)).parameters
    expected = inspect.signature(getattr(reference, op)).parameters
    assert [(p.name, p.kind, p.default) for p in parameters.values()] == [
        (p.name, p.kind, p.default) for p in expected.values()
    ]


def refuses(op: str, arguments: Arguments, error: type[Exception] | tuple[type[Exception], ...], *names: str) -> str:
    """The call raises the error, in one sentence that has one of the names, and writes nothing; returns the message."""
    outputs = {name: arguments[name] for name in outputs_of(op, arguments) if type(arguments[name]) is numpy.ndarray}
    before = {name: array.copy() for name, array in outputs.items()}
    with pytest.raises(error) as raised:
        getattr(pyllm.ops, op)(**arguments)
    message = str(raised.value)
    assert any(re.search(rf"\b{name}\b", message) for name in names), f"none of {names} in: {message}"
    assert "\n" not in message
    for name, array in outputs.items():
        assert array.tobytes() == before[name].tobytes(), f"{name} was written to"
    return message


def arrays_of(arguments: Arguments) -> dict[str, Array]:
    return {name: value for name, value in arguments.items() if isinstance(value, numpy.ndarray)}


@OPS
def test_another_element_type(op: str) -> None:
    for name, array in arrays_of(CALLS[op]()).items():
        for dtype in (numpy.float64, numpy.float16, numpy.uint8, numpy.complex64, object, array.dtype.newbyteorder()):
            refuses(op, {**CALLS[op](), name: numpy.zeros(array.shape, dtype)}, TypeError, name)


class DeviceArray:
    """What an array on a GPU looks like from outside: CuPy's."""

    def __init__(self, array: Array) -> None:
        self._array = array

    def __getattr__(self, name: str) -> Any:
        if name in ("shape", "dtype", "strides", "ndim", "size", "nbytes", "itemsize"):
            return getattr(self._array, name)
        if name == "flags":
            return SimpleNamespace(c_contiguous=True, f_contiguous=False, owndata=True)
        raise AttributeError(name)

    def __getitem__(self, place: Any) -> DeviceArray:
        return DeviceArray(self._array[place])

    def __len__(self) -> int:
        return len(self._array)

    def __array__(self, *_: Any, **__: Any) -> Array:
        raise TypeError("an array of a GPU does not turn into NumPy's by itself")


@OPS
def test_what_is_not_an_array(op: str) -> None:
    for name, array in arrays_of(CALLS[op]()).items():
        for bad in (array.tolist(), DeviceArray(array), array.tobytes(), memoryview(array), 1.0, "abc"):
            message = refuses(op, {**CALLS[op](), name: bad}, TypeError, name)
            assert type(bad).__name__ in message
        parameter = inspect.signature(getattr(pyllm.ops, op)).parameters[name]
        if "None" not in str(parameter.annotation):
            refuses(op, {**CALLS[op](), name: None}, TypeError, name)


GROWS = {  # dimensions whose size no other argument fixes
    ("bias_backward", "dout", 0),
    ("rope_forward", "x", 2),
    ("rope_backward", "dx", 2),
    ("embedding_forward", "table", 0),
    ("embedding_forward", "position_table", 0),
    ("embedding_backward", "dtable", 0),
    ("embedding_backward", "dposition_table", 0),
    ("classifier_forward", "weight", 0),
    ("sample", "logits", 1),
    ("sum_of_squares", "x", 0),
    ("sum_of_squares", "x", 1),
}


@OPS
def test_another_shape(op: str) -> None:
    for name, array in arrays_of(CALLS[op]()).items():
        all_names = tuple(CALLS[op]())
        for axis in range(array.ndim):
            longer = numpy.concatenate([array, array.take([0], axis)], axis)
            shorter = numpy.ascontiguousarray(array.take(range(array.shape[axis] - 1), axis))
            if (op, name, axis) not in GROWS:
                refuses(op, {**CALLS[op](), name: longer}, ValueError, *all_names)
                refuses(op, {**CALLS[op](), name: shorter}, ValueError, *all_names)
        if op != "sum_of_squares":
            refuses(op, {**CALLS[op](), name: array[None]}, ValueError, *all_names)
            refuses(op, {**CALLS[op](), name: array[0]}, (TypeError, ValueError), *all_names)


def apart(array: Array) -> Array:
    """The same numbers, but every second element of the last dimension."""
    doubled = numpy.repeat(array, 2, axis=-1)
    return doubled[..., ::2]


def gaps(array: Array) -> Array:
    """The same numbers with a gap after each row."""
    return numpy.concatenate([array, array], axis=-1)[..., : array.shape[-1]]


@OPS
def test_not_contiguous(op: str) -> None:
    for name, array in arrays_of(CALLS[op]()).items():
        bad = [apart(array), numpy.ascontiguousarray(array[..., ::-1])[..., ::-1]]
        if array.ndim > 1:
            bad.append(numpy.asfortranarray(array))
            if name not in STRIDED.get(op, ()):
                bad.append(gaps(array))
        for one in bad:
            assert "contiguous" in refuses(op, {**CALLS[op](), name: one}, ValueError, name)


@OPS
def test_strides_where_they_are_allowed(op: str) -> None:
    """With none of the optional arrays that would ask for more."""
    arguments = CALLS[op]()
    for name in STRIDED.get(op, ()):
        strided = {**arguments, name: gaps(arguments[name])}
        for optional in ("residual", "residual_out", "dresidual"):
            if optional in strided:
                strided[optional] = None
        getattr(pyllm.ops, op)(**strided)


@OPS
def test_not_aligned(op: str) -> None:
    for name, array in arrays_of(CALLS[op]()).items():
        memory = numpy.zeros(array.nbytes + 1, numpy.uint8)
        bad = memory[1:].view(array.dtype).reshape(array.shape)
        bad[...] = array
        refuses(op, {**CALLS[op](), name: bad}, ValueError, name)


@OPS
def test_read_only(op: str) -> None:
    arguments = CALLS[op]()
    outputs = outputs_of(op, arguments)
    for name in outputs:
        bad = arguments[name].copy()
        bad.flags.writeable = False
        assert "read-only" in refuses(op, {**CALLS[op](), name: bad}, ValueError, name)
    for array in arrays_of({name: value for name, value in arguments.items() if name not in outputs}).values():
        array.flags.writeable = False
    getattr(pyllm.ops, op)(**arguments)  # inputs may be


@pytest.mark.parametrize(
    ("op", "changes", "names"),
    [
        ("matmul", {"activation": "gelu"}, ["activation"]),
        ("matmul", {"activation": None}, ["activation"]),
        ("matmul", {"a": numpy.zeros((3, 6), numpy.float32)}, ["a"]),
        ("layernorm_forward", {"residual": None}, ["residual"]),
        ("layernorm_forward", {"residual_out": None}, ["residual_out"]),
        ("rmsnorm_forward", {"residual": None}, ["residual"]),
        ("rmsnorm_forward", {"residual_out": None}, ["residual_out"]),
        ("activation_forward", {"activation": "relu"}, ["activation"]),
        ("activation_backward", {"activation": ""}, ["activation"]),
        ("embedding_forward", {"positions": None}, ["positions"]),
        ("embedding_forward", {"position_table": None}, ["position_table"]),
        ("embedding_backward", {"positions": None}, ["positions"]),
        ("classifier_backward", {"entropies": None}, ["entropies"]),
        ("adamw", {"step": 0}, ["step"]),
        ("adamw", {"begins": numpy.int64([-1, 4, 9])}, ["begins"]),
        ("adamw", {"begins": numpy.int64([5, 4, 9]), "ends": numpy.int64([7, 6, 31])}, ["begins"]),
        ("adamw", {"begins": numpy.int64([0, 4, 9]), "ends": numpy.int64([4, 9, 32])}, ["ends"]),
        ("adamw", {"begins": numpy.int64([0, 4, 9]), "ends": numpy.int64([4, 3, 31])}, ["ends"]),
        ("sample", {"temperature": -0.5}, ["temperature"]),
        ("sample", {"temperature": numpy.nan}, ["temperature"]),
        ("sample", {"temperature": numpy.inf}, ["temperature"]),
        ("sample", {"top_k": -1}, ["top_k"]),
        ("sample", {"top_p": 0.0}, ["top_p"]),
        ("sample", {"top_p": 1.5}, ["top_p"]),
        ("sample", {"top_p": numpy.nan}, ["top_p"]),
        ("sample", {"seed": -1}, ["seed"]),
        ("sample", {"seed": 1 << 64}, ["seed"]),
        ("sample", {"logits": numpy.zeros((3, 0), numpy.float32)}, ["logits"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, (dict, list)) else value,
)
def test_arguments_that_do_not_go_together(op: str, changes: Arguments, names: list[str]) -> None:
    refuses(op, {**CALLS[op](), **changes}, ValueError, *names)


def test_an_activation_in_place_of_its_addend() -> None:
    arguments = {**CALLS["matmul"](), "activation": "gelu_tanh"}
    refuses("matmul", {**arguments, "addend": arguments["out"]}, ValueError, "addend")


def test_heads_that_do_not_fit() -> None:
    random = numpy.random.default_rng(2)
    for changes in ({"heads": 3}, {"shared_heads": 0}, {"size": 0}):
        arguments = attention_forward(
            random, **{"batch": 2, "queries": 3, "keys": 5, "heads": 4, "shared_heads": 2, "size": 6, **changes}
        )
        refuses("attention_forward", arguments, ValueError, "k", "q")
    refuses("attention_forward", attention_forward(random, 2, 6, 5, 4, 2, 6), ValueError, "k")
    backward, longer = attention_backward(random, 2, 3, 4, 2, 6), attention_backward(random, 2, 5, 4, 2, 6)
    mixed = {**backward, **{name: longer[name] for name in ("k", "v", "dk", "dv")}}
    refuses("attention_backward", mixed, ValueError, "k")
    decode = {**attention_decode(random, 2, 5, 4, 2, 6), **{n: longer[n] for n in ("q", "out")}}
    refuses("attention_decode", decode, ValueError, "q")
    arguments = rope_forward(random, 2, 3, 2, 5)
    refuses("rope_forward", arguments, ValueError, "x")
