"""Arrays on their way into a CPU kernel: checked, then a pointer to them or one of the structs of csrc/kernels.h.

A small model's training step makes hundreds of calls, so what is right costs a few attribute reads; only an array about
to be refused is looked at closely. Every function raises TypeError for another type and ValueError for another shape
or layout, naming the argument.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy

from pyllm.ops._kernels import ffi

Array = numpy.ndarray[Any, Any]
Shape = tuple[int, ...]

FLOAT32 = numpy.dtype(numpy.float32)
INT32 = numpy.dtype(numpy.int32)
POINTERS = {  # cffi's types, looked up once
    numpy.dtype(kind): ffi.typeof(f"{name} *")
    for kind, name in (
        ("f4", "float"),
        ("f8", "double"),
        ("i4", "int32_t"),
        ("i8", "int64_t"),
        ("u4", "uint32_t"),
        ("u8", "uint64_t"),
    )
}
NULL = ffi.NULL
PACKED = 1  # PYLLM_FLOAT32_PACKED of csrc/kernels.h

# Bits of ndarray.flags.num, as NumPy's C interface numbers them.
CONTIGUOUS, ALIGNED, WRITABLE = 0x1, 0x100, 0x400
READ = CONTIGUOUS | ALIGNED
WRITE = READ | WRITABLE

_float_pointer = POINTERS[FLOAT32]
_matrix = ffi.typeof("pyllm_matrix *")
_heads = ffi.typeof("pyllm_heads *")
_from_buffer = ffi.from_buffer
_new = ffi.new


def dimensions(name: str, array: Array, count: int) -> Shape:
    """The shape of an array of `count` dimensions."""
    try:
        shape: Shape = array.shape
        if len(shape) == count:
            return shape
    except (AttributeError, TypeError):
        pass
    shape = any_shape(name, array)
    raise ValueError(f"{name} must have {count} dimension{'s' * (count > 1)}, got shape {shape}")


def any_shape(name: str, array: Array) -> Shape:
    """The shape of an array of any number of dimensions."""
    if not isinstance(array, numpy.ndarray):
        _refuse_type(name, array)
    shape: Shape = array.shape
    return shape


def floats(name: str, array: Array, shape: Shape) -> Any:
    """A pointer to a float32 array that a kernel reads."""
    try:
        if array.dtype is FLOAT32 and array.shape == shape and array.flags.num & READ == READ:
            return _from_buffer(_float_pointer, array)
    except AttributeError:
        pass
    return _checked(name, array, shape, FLOAT32, READ)


def floats_out(name: str, array: Array, shape: Shape) -> Any:
    """A pointer to a float32 array that a kernel writes."""
    try:
        if array.dtype is FLOAT32 and array.shape == shape and array.flags.num & WRITE == WRITE:
            return _from_buffer(_float_pointer, array)
    except AttributeError:
        pass
    return _checked(name, array, shape, FLOAT32, WRITE)


def optional_floats(name: str, array: Array | None, shape: Shape) -> Any:
    """As floats; a null pointer for None."""
    return NULL if array is None else floats(name, array, shape)


def optional_floats_out(name: str, array: Array | None, shape: Shape) -> Any:
    """As floats_out; a null pointer for None."""
    return NULL if array is None else floats_out(name, array, shape)


def integers(name: str, array: Array, shape: Shape, dtype: Any = INT32, flags: int = READ) -> Any:
    """A pointer to an array of integers: int32, or what dtype says."""
    return _checked(name, array, shape, dtype, flags)


def optional_integers(name: str, array: Array | None, shape: Shape) -> Any:
    """As integers; a null pointer for None."""
    return NULL if array is None else _checked(name, array, shape, INT32, READ)


def per_row(name: str, value: Array | float, rows: int, dtype: Any) -> Any:
    """A pointer to one number a row: those of an array (rows,) of the dtype, or a number for all of them."""
    if isinstance(value, numpy.ndarray):
        return _checked(name, value, (rows,), numpy.dtype(dtype), READ)
    return _from_buffer(POINTERS[numpy.dtype(dtype)], numpy.full(rows, value, dtype))


def matrix(name: str, array: Array, shape: Shape, flags: int = ALIGNED) -> Any:
    """A pyllm_matrix * of a float32 array whose rows may be any distance apart; its columns are contiguous."""
    try:
        rows, columns = array.shape
        stride, step = array.strides
        found = array.flags.num
        if (
            array.dtype is FLOAT32
            and array.shape == shape
            and found & flags == flags
            and (step == 4 or columns == 1 or found & CONTIGUOUS)
            and not stride & 3
        ):
            first_row = array if found & CONTIGUOUS else array[0]
            return _new(_matrix, (_from_buffer(_float_pointer, first_row), 0, rows, columns, stride >> 2))
    except (AttributeError, TypeError, ValueError):
        pass
    return _refuse(name, array, shape, FLOAT32, flags, "its columns")


def packed_matrix(data: Array, shape: tuple[int, int]) -> Any:
    """A pyllm_matrix * of a matrix that was packed into data."""
    return _new(_matrix, (_from_buffer(_float_pointer, data), PACKED, *shape, 0))


def matrix_out(name: str, array: Array, shape: Shape) -> Any:
    """As matrix, for one that a kernel writes."""
    return matrix(name, array, shape, ALIGNED | WRITABLE)


def heads(name: str, array: Array, shape: Shape, flags: int = ALIGNED) -> Any:
    """A pyllm_heads * of a float32 array (B, T, H, D), strided at will but along D."""
    try:
        batch, positions, count, head_dim = array.shape
        batch_stride, position_stride, head_stride, step = array.strides
        found = array.flags.num
        if (
            array.dtype is FLOAT32
            and array.shape == shape
            and found & flags == flags
            and (step == 4 or head_dim == 1 or found & CONTIGUOUS)
            and not (batch_stride | position_stride | head_stride) & 3
        ):
            first_head = array if found & CONTIGUOUS else array[0, 0, 0]
            pointer = _from_buffer(_float_pointer, first_head)
            strides = batch_stride >> 2, position_stride >> 2, head_stride >> 2
            return _new(_heads, (pointer, batch, positions, count, head_dim, *strides))
    except (AttributeError, TypeError, ValueError):
        pass
    return _refuse(name, array, shape, FLOAT32, flags, "its last dimension")


def heads_out(name: str, array: Array, shape: Shape) -> Any:
    """As heads, for one that a kernel writes."""
    return heads(name, array, shape, ALIGNED | WRITABLE)


def _checked(name: str, array: Array, shape: Shape, dtype: Any, flags: int) -> Any:
    """A pointer, after every check in full; equal dtypes need not be the same object."""
    if (
        isinstance(array, numpy.ndarray)
        and array.dtype == dtype
        and array.shape == shape
        and array.flags.num & flags == flags
    ):
        return _from_buffer(POINTERS[dtype], array)
    return _refuse(name, array, shape, dtype, flags, "the array")


def _refuse_type(name: str, array: object) -> NoReturn:
    raise TypeError(f"{name} must be a NumPy array, got {type(array).__name__}")


def _refuse(name: str, array: object, shape: Shape, dtype: Any, flags: int, contiguous: str) -> NoReturn:
    """Says the first thing that is wrong with an array; `contiguous`: what of it must be so."""
    if not isinstance(array, numpy.ndarray):
        _refuse_type(name, array)
    if array.dtype != dtype:
        raise TypeError(f"{name} must be {dtype}, got {array.dtype}")
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    if flags & WRITABLE and not array.flags.writeable:
        raise ValueError(f"{name} is written to, but the array is read-only")
    if not array.flags.aligned:
        raise ValueError(f"{name} must be aligned to its elements' size in memory; a copy of it is")
    raise ValueError(
        f"{name} must be C-contiguous: here {contiguous} of shape {array.shape} with strides of {array.strides} bytes "
        "must have its elements side by side"
    )
