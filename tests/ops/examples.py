"""Calls of every op, made from sizes and a random generator.

What a backward op needs of its forward op comes from the reference in float64, rounded.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy
from calls import REFERENCE, Arguments, Array, Layout, in_float64

Random = numpy.random.Generator


@dataclass(frozen=True, eq=False)
class Example:
    """One call of an op.

    Args:
        op: its name.
        label: the sizes, for the test's name.
        make: from a random generator to the arguments, by name.
        layouts: of the arrays that are not contiguous.
    """

    op: str
    label: str
    make: Callable[[Random], Arguments]
    layouts: dict[str, Layout] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.op}-{self.label}"

    def arguments(self) -> Arguments:
        """The same at every call."""
        return self.make(numpy.random.default_rng(zlib.crc32(str(self).encode())))


def example(
    make: Callable[..., Arguments], *sizes: Any, layouts: dict[str, Layout] | None = None, **options: Any
) -> Example:
    """An example of the op that `make` is named after."""
    label = "x".join(str(size) for size in sizes)
    label += "".join(f"-{name}={value}" for name, value in options.items())
    label += "".join(sorted({f"-{layout.__name__}" for layout in (layouts or {}).values()}))
    return Example(make.__name__, label, partial(_make, make, sizes, options), layouts or {})


def _make(make: Callable[..., Arguments], sizes: tuple[Any, ...], options: dict[str, Any], random: Random) -> Arguments:
    return make(random, *sizes, **options)


def normal(random: Random, *shape: int, scale: float = 1.0) -> Array:
    return random.normal(0, scale, shape).astype(numpy.float32)


def empty(*shape: int) -> Array:
    return numpy.zeros(shape, numpy.float32)


def with_forward(op: str, arguments: Arguments, *names: str) -> Arguments:
    """What a forward op puts into outputs that the backward op reads, rounded to float32."""
    results = REFERENCE.run(op, in_float64(arguments))
    return {name: results[name].astype(numpy.float32) for name in names}


# ------------------------------------------------------------------------------------------------ one function an op


def matmul(
    random: Random,
    m: int,
    n: int,
    k: int,
    form: str = "nn",
    bias: bool = False,
    activation: str = "none",
    preactivation: bool = False,
    addend: str = "",
) -> Arguments:
    """form: n or t (transposed) for each operand; addend: "other" or "out"."""
    out = normal(random, m, n)
    return {
        "a": normal(random, *((k, m) if form[0] == "t" else (m, k))),
        "b": normal(random, *((n, k) if form[1] == "t" else (k, n)), scale=k**-0.5 if k else 1),
        "out": out,
        "transpose_a": form[0] == "t",
        "transpose_b": form[1] == "t",
        "bias": normal(random, n) if bias else None,
        "activation": activation,
        "preactivation": empty(m, n) if preactivation else None,
        "addend": {"": None, "other": normal(random, m, n), "out": out}[addend],
    }


def bias_backward(random: Random, rows: int, columns: int) -> Arguments:
    return {"dout": normal(random, rows, columns), "dbias": normal(random, columns)}


def layernorm_forward(
    random: Random, rows: int, columns: int, bias: bool = True, residual: bool = False, mean: float = 0.5
) -> Arguments:
    return {
        "x": normal(random, rows, columns) + numpy.float32(mean),
        "weight": normal(random, columns),
        "bias": normal(random, columns) if bias else None,
        "out": empty(rows, columns),
        "mean": empty(rows),
        "rstd": empty(rows),
        "residual": normal(random, rows, columns) if residual else None,
        "residual_out": empty(rows, columns) if residual else None,
        "eps": 1e-5,
    }


def layernorm_backward(
    random: Random, rows: int, columns: int, bias: bool = True, dresidual: str = "", mean: float = 0.5
) -> Arguments:
    """dresidual: "other" or "dx"."""
    forward = layernorm_forward(random, rows, columns, mean=mean)
    dx = normal(random, rows, columns)
    return {
        "dout": normal(random, rows, columns),
        "x": forward["x"],
        "weight": forward["weight"],
        **with_forward("layernorm_forward", forward, "mean", "rstd"),
        "dx": dx,
        "dweight": normal(random, columns),
        "dbias": normal(random, columns) if bias else None,
        "dresidual": {"": None, "other": normal(random, rows, columns), "dx": dx}[dresidual],
    }


def rmsnorm_forward(random: Random, *shape: int, residual: bool = False, eps: float = 1e-5) -> Arguments:
    return {
        "x": normal(random, *shape),
        "weight": normal(random, shape[-1]),
        "out": empty(*shape),
        "rstd": empty(*shape[:-1]),
        "residual": normal(random, *shape) if residual else None,
        "residual_out": empty(*shape) if residual else None,
        "eps": eps,
    }


def rmsnorm_backward(random: Random, *shape: int, dresidual: str = "", in_place: bool = False) -> Arguments:
    """dresidual: "other" or "dx"; in_place: dx is dout."""
    forward = rmsnorm_forward(random, *shape)
    dout = normal(random, *shape)
    dx = dout if in_place else empty(*shape)
    return {
        "dout": dout,
        "x": forward["x"],
        "weight": forward["weight"],
        **with_forward("rmsnorm_forward", forward, "rstd"),
        "dx": dx,
        "dweight": normal(random, shape[-1]),
        "dresidual": {"": None, "other": normal(random, *shape), "dx": dx}[dresidual],
    }


def activation_forward(random: Random, *shape: int, activation: str, in_place: bool = False) -> Arguments:
    x = normal(random, *shape, scale=3)
    return {"x": x, "out": x if in_place else empty(*shape), "activation": activation}


def activation_backward(random: Random, *shape: int, activation: str, in_place: bool = False) -> Arguments:
    dout = normal(random, *shape)
    x = normal(random, *shape, scale=3)
    return {"x": x, "dout": dout, "dx": dout if in_place else empty(*shape), "activation": activation}


def swiglu_forward(random: Random, rows: int, columns: int) -> Arguments:
    return {"gate_up": normal(random, rows, 2 * columns, scale=3), "out": empty(rows, columns)}


def swiglu_backward(random: Random, rows: int, columns: int, in_place: bool = False) -> Arguments:
    gate_up = normal(random, rows, 2 * columns, scale=3)
    dgate_up = gate_up if in_place else empty(rows, 2 * columns)
    return {"gate_up": gate_up, "dout": normal(random, rows, columns), "dgate_up": dgate_up}


def softmax_forward(random: Random, rows: int, columns: int, in_place: bool = False, scale: float = 3.0) -> Arguments:
    x = normal(random, rows, columns, scale=scale)
    return {"x": x, "out": x if in_place else empty(rows, columns)}


def softmax_backward(random: Random, rows: int, columns: int, in_place: bool = False) -> Arguments:
    dout = normal(random, rows, columns)
    out = with_forward("softmax_forward", softmax_forward(random, rows, columns), "out")
    return {**out, "dout": dout, "dx": dout if in_place else empty(rows, columns)}


def integers(random: Random, end: int, *shape: int) -> Array:
    return random.integers(0, end, shape).astype(numpy.int32)


def embedding_forward(random: Random, rows: int, columns: int, vocabulary: int, positions: bool = True) -> Arguments:
    return {
        "tokens": integers(random, vocabulary, rows),
        "table": normal(random, vocabulary, columns),
        "out": empty(rows, columns),
        "positions": integers(random, 13, rows) if positions else None,
        "position_table": normal(random, 13, columns) if positions else None,
    }


def embedding_backward(
    random: Random, rows: int, columns: int, vocabulary: int, table: bool = True, positions: bool = True
) -> Arguments:
    return {
        "tokens": integers(random, vocabulary, rows),
        "dout": normal(random, rows, columns),
        "dtable": normal(random, vocabulary, columns) if table else None,
        "positions": integers(random, 13, rows) if positions else None,
        "dposition_table": normal(random, 13, columns) if positions else None,
    }


def _rope(random: Random, name: str, batch: int, time: int, heads: int, size: int, interleaved: bool) -> Arguments:
    angles = numpy.arange(time + 2)[:, None] * 10000.0 ** -(numpy.arange(size // 2) / max(1, size // 2))
    return {
        name: normal(random, batch, time, heads, size),
        "positions": integers(random, time + 2, batch, time),
        "cosines": numpy.cos(angles).astype(numpy.float32),
        "sines": numpy.sin(angles).astype(numpy.float32),
        "interleaved": interleaved,
    }


def rope_forward(random: Random, batch: int, time: int, heads: int, size: int, interleaved: bool = False) -> Arguments:
    return _rope(random, "x", batch, time, heads, size, interleaved)


def rope_backward(random: Random, batch: int, time: int, heads: int, size: int, interleaved: bool = False) -> Arguments:
    return _rope(random, "dx", batch, time, heads, size, interleaved)


def starts(random: Random, batch: int, queries: int, keys: int, first: str) -> Array | None:
    """first: "segments" of random lengths, or a "window" of 5 keys."""
    if not first:
        return None
    positions = numpy.arange(keys - queries, keys)
    if first == "window":
        return numpy.tile(numpy.maximum(positions - 4, 0), (batch, 1)).astype(numpy.int32)
    begins = random.random((batch, keys)) < 0.1
    all_starts = numpy.maximum.accumulate(numpy.where(begins, numpy.arange(keys), 0), axis=1)
    result: Array = all_starts[:, keys - queries :].astype(numpy.int32)
    return result


def attention_forward(
    random: Random,
    batch: int,
    queries: int,
    keys: int,
    heads: int,
    shared_heads: int,
    size: int,
    first: str = "",
    scale: float | None = None,
) -> Arguments:
    return {
        "q": normal(random, batch, queries, heads, size),
        "k": normal(random, batch, keys, shared_heads, size),
        "v": normal(random, batch, keys, shared_heads, size),
        "out": empty(batch, queries, heads, size),
        "logsumexp": empty(batch, heads, queries),
        "first": starts(random, batch, queries, keys, first),
        "scale": scale,
    }


def attention_backward(
    random: Random,
    batch: int,
    time: int,
    heads: int,
    shared_heads: int,
    size: int,
    first: str = "",
    scale: float | None = None,
) -> Arguments:
    forward = attention_forward(random, batch, time, time, heads, shared_heads, size, first, scale)
    return {
        **forward,
        **with_forward("attention_forward", forward, "out", "logsumexp"),
        "dout": normal(random, batch, time, heads, size),
        "dq": empty(batch, time, heads, size),
        "dk": empty(batch, time, shared_heads, size),
        "dv": empty(batch, time, shared_heads, size),
    }


def attention_decode(
    random: Random,
    batch: int,
    longest: int,
    heads: int,
    shared_heads: int,
    size: int,
    first: bool = False,
    scale: float | None = None,
    cache_rows: int = 0,
) -> Arguments:
    """What lies outside a row's keys in the cache is NaN, and so are the places of the new ones.

    cache_rows: fewer than queries, which then take these rows in turn, each the position behind that of the one before.
    """
    slots = cache_rows or batch
    rows, turns = numpy.arange(batch, dtype=numpy.int32) % slots, numpy.arange(batch, dtype=numpy.int32) // slots
    held = numpy.append(random.integers(0, longest - turns[-1], slots - 1), longest - 1 - turns[-1])
    lengths = (held[rows] + turns + 1).astype(numpy.int32)
    held_begins = ((held + 1) * random.random(slots)).astype(numpy.int32) if first else numpy.zeros(slots, numpy.int32)
    begins = held_begins[rows]
    outside = numpy.arange(longest) >= held[:, None]
    outside |= numpy.arange(longest) < held_begins[:, None]
    keys, values = (normal(random, slots, longest, shared_heads, size) for _ in range(2))
    keys[outside], values[outside] = numpy.nan, numpy.nan
    return {
        "q": normal(random, batch, 1, heads, size),
        "k": normal(random, batch, 1, shared_heads, size),
        "v": normal(random, batch, 1, shared_heads, size),
        "keys": keys,
        "values": values,
        "out": empty(batch, 1, heads, size),
        "lengths": lengths,
        **({"rows": rows} if cache_rows else {}),
        "first": begins if first else None,
        "scale": scale,
    }


def classifier_forward(
    random: Random,
    rows: int,
    columns: int,
    vocabulary: int,
    entropies: bool = True,
    logsumexp: bool = True,
    masked: float = 0.3,
    scale: float = 1.0,
) -> Arguments:
    """masked: the share of rows with target -1; scale: of the logits."""
    targets = integers(random, vocabulary, rows)
    targets[random.random(rows) < masked] = -1
    return {
        "x": normal(random, rows, columns),
        "weight": normal(random, vocabulary, columns, scale=scale * columns**-0.5),
        "targets": targets,
        "logprobs": empty(rows),
        "logsumexp": empty(rows) if logsumexp else None,
        "entropies": empty(rows) if entropies else None,
    }


def classifier_backward(
    random: Random,
    rows: int,
    columns: int,
    vocabulary: int,
    logprobs: bool = True,
    entropies: bool = True,
    dweight: bool = True,
    masked: float = 0.3,
    scale: float = 1.0,
) -> Arguments:
    forward = classifier_forward(random, rows, columns, vocabulary, masked=masked, scale=scale)
    results = with_forward("classifier_forward", forward, "logsumexp", "entropies")
    return {
        "x": forward["x"],
        "weight": forward["weight"],
        "targets": forward["targets"],
        "logsumexp": results["logsumexp"],
        "dx": empty(rows, columns),
        "dweight": normal(random, vocabulary, columns) if dweight else None,
        "dlogprobs": normal(random, rows) if logprobs else None,
        "dentropies": normal(random, rows) if entropies else None,
        "entropies": results["entropies"] if entropies else None,
    }


def classifier_forward_backward(
    random: Random, rows: int, columns: int, vocabulary: int, dweight: bool = True, masked: float = 0.3
) -> Arguments:
    forward = classifier_forward(random, rows, columns, vocabulary, masked=masked)
    return {
        **{name: forward[name] for name in ("x", "weight", "targets", "logprobs")},
        "dlogprobs": normal(random, rows),
        "dx": empty(rows, columns),
        "dweight": normal(random, vocabulary, columns) if dweight else None,
    }


def sum_of_squares(random: Random, *shape: int) -> Arguments:
    return {"x": normal(random, *shape)}


def adamw(random: Random, count: int, step: int = 1, scale: float = 1.0) -> Arguments:
    """Three ranges with gaps, where count allows it."""
    cuts = numpy.sort(random.choice(count + 1, min(6, (count + 1) // 2 * 2), replace=False)).astype(numpy.int64)
    return {
        "parameters": normal(random, count),
        "gradients": normal(random, count, scale=0.01),
        "m": normal(random, count, scale=0.01),
        "v": normal(random, count, scale=0.01) ** 2,
        "begins": numpy.ascontiguousarray(cuts[::2]),
        "ends": numpy.ascontiguousarray(cuts[1::2]),
        "weight_decays": numpy.resize(numpy.float32([0.1, 0, 0.01]), len(cuts) // 2),
        "lr": 0.01,
        "betas": (0.9, 0.95),
        "eps": 1e-8,
        "step": step,
        "scale": scale,
    }


def muon_momentum(random: Random, *shape: int, scale: float = 1.0) -> Arguments:
    gradient, momentum = normal(random, *shape), normal(random, *shape)
    return {"gradient": gradient, "momentum": momentum, "out": empty(*shape), "beta": 0.95, "scale": scale}


def linear_combination(random: Random, *shape: int, out: str = "") -> Arguments:
    """out: "x" or "y", where it is one of these."""
    x, y = normal(random, *shape), normal(random, *shape)
    return {"a": 0.75, "x": x, "b": -1.5, "y": y, "out": {"": empty(*shape), "x": x, "y": y}[out]}


def sample(random: Random, rows: int, vocabulary: int, **options: Any) -> Arguments:
    return {
        "logits": normal(random, rows, vocabulary, scale=3),
        "ids": numpy.zeros(rows, numpy.int32),
        "logprobs": empty(rows),
        "seed": 0x123456789ABCDEF,
        "counters": random.integers(0, 2**32, (rows, 4), numpy.uint32),
        **options,
    }
