"""Every kernel of csrc/kernels.h on the CPU, by its name: NumPy arrays in, results into arrays that the caller passes.

Arrays are float32 and C-contiguous unless a function says otherwise; token ids, positions and targets are int32. B
batch, T time, C channels, H heads, G key/value heads, D head size, V vocabulary, N rows. Arrays named dX are gradients
of X. pyllm/ops/reference.py defines what each function computes, and csrc/kernels.h says which arrays may be the same.

Raises:
    TypeError: an argument is not an array, or of another element type.
    ValueError: an array has another shape or layout, is read-only but written to, or holds an id, position or target
        out of its range; some number is out of its range.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from pyllm.ops._kernels import ffi
from pyllm.ops.arguments import (
    NULL,
    WRITE,
    Array,
    any_shape,
    dimensions,
    floats,
    floats_out,
    heads,
    heads_out,
    integers,
    matrix,
    matrix_out,
    optional_floats,
    optional_floats_out,
    optional_integers,
    packed_matrix,
    per_row,
)
from pyllm.ops.library import KernelError, Repeatable, library

ACTIVATIONS = {"none": 0, "gelu_tanh": 1, "gelu_erf": 2, "relu_squared": 3}  # by their numbers in csrc/kernels.h


def matmul(
    a: Array,
    b: Array | Packed,
    out: Array,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    bias: Array | None = None,
    activation: str = "none",
    preactivation: Array | None = None,
    addend: Array | None = None,
) -> None:
    """Matrix product: out = activation(op(a) op(b) + bias) + addend, where op transposes if its flag is set.

    op(a): (M, K); op(b): (K, N); out, addend: (M, N), and addend may be out; the rows of these four may be strided.
    bias: (N,); preactivation: (M, N), receives op(a) op(b) + bias; activation: a name in ACTIVATIONS. b may be what
    `pack` returned, if it is transposed and a is not.
    """
    packed = isinstance(b, Packed)
    shape_a, shape_b = dimensions("a", a, 2), b.shape if isinstance(b, Packed) else dimensions("b", b, 2)
    rows, inner = shape_a if not transpose_a else shape_a[::-1]
    inner_b, columns = shape_b if not transpose_b else shape_b[::-1]
    if inner != inner_b:
        raise ValueError(
            f"op(a) has {inner} columns and op(b) {inner_b} rows: a has shape {shape_a}{' transposed' * transpose_a}, "
            f"b {shape_b}{' transposed' * transpose_b}"
        )
    if packed and (transpose_a or not transpose_b):
        raise ValueError("a packed b must be transposed, and its a must not")
    if addend is out and activation != "none":
        raise ValueError(f"addend cannot be out itself when there is an activation, here {activation!r}")
    shape = (rows, columns)
    library().call(
        "pyllm_matmul",
        matrix("a", a, shape_a),
        transpose_a,
        b.matrix() if isinstance(b, Packed) else matrix("b", b, shape_b),
        transpose_b,
        NULL if bias is None else floats("bias", bias, (columns,)),
        _activation(activation),
        NULL if preactivation is None else floats_out("preactivation", preactivation, shape),
        NULL if addend is None else matrix("addend", addend, shape),
        matrix_out("out", out, shape),
    )


class Packed:
    """A matrix (N, K) that matmul takes as its transposed b, in the order in which it reads it fastest; made by `pack`.

    The order is that of the kernel library in use: another one, later, makes its own.
    """

    def __init__(self, source: Array) -> None:
        rows, columns = dimensions("b", source, 2)
        self.shape = rows, columns
        self.source = source
        self._isa = ""
        self._matrix: Any = None

    def update(self) -> None:
        """Takes over what the source now holds."""
        current = library()
        if self._isa != current.isa:
            size = current.kernels.pyllm_packed_size(*self.shape)
            memory = numpy.empty(size + 16, numpy.float32)
            offset = -memory.ctypes.data % 64 // 4  # vectors that do not cross cache lines
            self._data = memory[offset : offset + size]
            self._matrix, self._isa = packed_matrix(self._data, self.shape), current.isa
        current.kernels.pyllm_pack(
            current.context(),
            matrix("b", self.source, self.shape),
            floats_out("packed", self._data, self._data.shape),
        )

    def matrix(self) -> Any:
        """What the kernels take."""
        if self._isa != library().isa:
            self.update()
        return self._matrix


def pack(b: Array, packed: Packed | None = None) -> Packed:
    """Makes b (N, K) ready for many products of which it is the transposed b; see Packed.

    packed: what pack returned for the same array before, to be brought up to date.
    """
    if packed is None or packed.source is not b:
        packed = Packed(b)
    packed.update()
    return packed


def bias_backward(dout: Array, dbias: Array) -> None:
    """A bias's gradient: dbias (C,) += the column sums of dout (N, C), whose rows may be strided."""
    shape = dimensions("dout", dout, 2)
    library().call("pyllm_bias_backward", matrix("dout", dout, shape), floats_out("dbias", dbias, shape[1:]))


def layernorm_forward(
    x: Array,
    weight: Array,
    bias: Array | None,
    out: Array,
    mean: Array,
    rstd: Array,
    *,
    eps: float = 1e-5,
    residual: Array | None = None,
    residual_out: Array | None = None,
) -> None:
    """LayerNorm (Ba et al. 2016, https://arxiv.org/abs/1607.06450) of x, or of residual_out = residual + x.

    x, out, residual, residual_out: (N, C); weight, bias: (C,); mean, rstd: (N,), written for the backward pass.
    """
    shape = rows, columns = dimensions("x", x, 2)
    _together("residual", residual, "residual_out", residual_out)
    library().call(
        "pyllm_layernorm_forward",
        floats("x", x, shape),
        optional_floats("residual", residual, shape),
        floats("weight", weight, (columns,)),
        optional_floats("bias", bias, (columns,)),
        optional_floats_out("residual_out", residual_out, shape),
        floats_out("out", out, shape),
        floats_out("mean", mean, (rows,)),
        floats_out("rstd", rstd, (rows,)),
        rows,
        columns,
        eps,
    )


def layernorm_backward(
    dout: Array,
    x: Array,
    weight: Array,
    mean: Array,
    rstd: Array,
    dx: Array,
    dweight: Array,
    dbias: Array | None,
    *,
    dresidual: Array | None = None,
) -> None:
    """The gradient of what was normalised, x: dx is written, dweight and dbias are added to.

    dout, x, dx, dresidual: (N, C), dresidual is added to dx and may be dx; mean, rstd: (N,); weight, dweight, dbias:
    (C,).
    """
    shape = rows, columns = dimensions("x", x, 2)
    library().call(
        "pyllm_layernorm_backward",
        floats("dout", dout, shape),
        floats("x", x, shape),
        floats("weight", weight, (columns,)),
        floats("mean", mean, (rows,)),
        floats("rstd", rstd, (rows,)),
        optional_floats("dresidual", dresidual, shape),
        floats_out("dx", dx, shape),
        floats_out("dweight", dweight, (columns,)),
        optional_floats_out("dbias", dbias, (columns,)),
        rows,
        columns,
    )


def rmsnorm_forward(
    x: Array,
    weight: Array,
    out: Array,
    rstd: Array,
    *,
    eps: float = 1e-5,
    residual: Array | None = None,
    residual_out: Array | None = None,
) -> None:
    """RMSNorm (Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467) of x, or of residual_out = residual + x.

    x, out: (N, C), or views (B, T, H, D), strided at will but along D, each head normalised; weight: (C,) or (D,);
    rstd: (N,) or (B, T, H), written for the backward pass; residual, residual_out: as x, then all of them contiguous.
    """
    x, out, views = _as_heads(x), _as_heads(out), x
    shape = dimensions("x", x, 4)
    _together("residual", residual, "residual_out", residual_out)
    if residual is not None:
        floats("x", x, shape), floats("out", out, shape)
    library().call(
        "pyllm_rmsnorm_forward",
        heads("x", x, shape),
        optional_floats("residual", residual, views.shape),
        floats("weight", weight, shape[3:]),
        optional_floats_out("residual_out", residual_out, views.shape),
        heads_out("out", out, shape),
        floats_out("rstd", rstd, views.shape[:-1]),
        eps,
    )


def rmsnorm_backward(
    dout: Array,
    x: Array,
    weight: Array,
    rstd: Array,
    dx: Array,
    dweight: Array,
    *,
    dresidual: Array | None = None,
) -> None:
    """The gradient of what was normalised, x: dx is written, dweight is added to.

    dout, x, dx: (N, C), or views (B, T, H, D), and dx may be dout; weight, dweight: (C,) or (D,); rstd: (N,) or (B, T,
    H); dresidual: as x, is added to dx, may be dx, then both contiguous.
    """
    dout, x, dx, views = _as_heads(dout), _as_heads(x), _as_heads(dx), x
    shape = dimensions("x", x, 4)
    if dresidual is not None:
        floats("dx", dx, shape)
    library().call(
        "pyllm_rmsnorm_backward",
        heads("dout", dout, shape),
        heads("x", x, shape),
        floats("weight", weight, shape[3:]),
        floats("rstd", rstd, views.shape[:-1]),
        optional_floats("dresidual", dresidual, views.shape),
        heads_out("dx", dx, shape),
        floats_out("dweight", dweight, shape[3:]),
    )


def activation_forward(x: Array, out: Array, *, activation: str) -> None:
    """Element by element, any shape: out = activation(x), a name in ACTIVATIONS; out may be x."""
    shape = any_shape("x", x)
    pointers = floats("x", x, shape), floats_out("out", out, shape)
    library().call("pyllm_activation_forward", *pointers, x.size, _activation(activation))


def activation_backward(x: Array, dout: Array, dx: Array, *, activation: str) -> None:
    """Element by element, any shape: dx = dout activation'(x); dx may be dout."""
    shape = any_shape("x", x)
    pointers = floats("x", x, shape), floats("dout", dout, shape), floats_out("dx", dx, shape)
    library().call("pyllm_activation_backward", *pointers, x.size, _activation(activation))


def swiglu_forward(gate_up: Array, out: Array) -> None:
    """SwiGLU (Shazeer 2020, https://arxiv.org/abs/2002.05202): out (N, H) = silu(gate) up.

    A row of gate_up (N, 2 H) is gate, then up.
    """
    shape = rows, columns = dimensions("out", out, 2)
    pointers = floats("gate_up", gate_up, (rows, 2 * columns)), floats_out("out", out, shape)
    library().call("pyllm_swiglu_forward", *pointers, rows, columns)


def swiglu_backward(gate_up: Array, dout: Array, dgate_up: Array) -> None:
    """From dout (N, H), the gradient dgate_up (N, 2 H), which may be gate_up."""
    shape = rows, columns = dimensions("dout", dout, 2)
    doubled = (rows, 2 * columns)
    library().call(
        "pyllm_swiglu_backward",
        floats("gate_up", gate_up, doubled),
        floats("dout", dout, shape),
        floats_out("dgate_up", dgate_up, doubled),
        rows,
        columns,
    )


def softmax_forward(x: Array, out: Array) -> None:
    """Each row of out (N, V) = the softmax of that of x (N, V); out may be x."""
    shape = dimensions("x", x, 2)
    library().call("pyllm_softmax_forward", floats("x", x, shape), floats_out("out", out, shape), *shape)


def softmax_backward(out: Array, dout: Array, dx: Array) -> None:
    """From the forward pass's out and dout, the gradient dx, all (N, V); dx may be dout."""
    shape = dimensions("out", out, 2)
    pointers = floats("out", out, shape), floats("dout", dout, shape), floats_out("dx", dx, shape)
    library().call("pyllm_softmax_backward", *pointers, *shape)


def embedding_forward(
    tokens: Array,
    table: Array,
    out: Array,
    *,
    positions: Array | None = None,
    position_table: Array | None = None,
) -> None:
    """The rows of tables: out (N, C) = table[tokens] + position_table[positions].

    tokens, positions: (N,); table: (V, C), position_table: (context, C), whose rows may be strided.
    """
    _together("positions", positions, "position_table", position_table)
    shape = rows, columns = dimensions("out", out, 2)
    _call_on_data(
        "pyllm_embedding_forward",
        integers("tokens", tokens, (rows,)),
        optional_integers("positions", positions, (rows,)),
        _table("table", table, columns),
        NULL if position_table is None else _table("position_table", position_table, columns),
        floats_out("out", out, shape),
        rows,
    )


def embedding_backward(
    tokens: Array,
    dout: Array,
    dtable: Array | None,
    *,
    positions: Array | None = None,
    dposition_table: Array | None = None,
) -> None:
    """The tables' gradients: dtable[tokens] += dout, dposition_table[positions] += dout; either may be None.

    tokens, positions: (N,); dout: (N, C); dtable: (V, C), dposition_table: (context, C), whose rows may be strided.
    """
    _together("positions", positions, "dposition_table", dposition_table)
    shape = rows, columns = dimensions("dout", dout, 2)
    _call_on_data(
        "pyllm_embedding_backward",
        integers("tokens", tokens, (rows,)),
        optional_integers("positions", positions, (rows,)),
        floats("dout", dout, shape),
        NULL if dtable is None else _table("dtable", dtable, columns, written=True),
        NULL if dposition_table is None else _table("dposition_table", dposition_table, columns, written=True),
        rows,
    )


def rope_forward(x: Array, positions: Array, cosines: Array, sines: Array, *, interleaved: bool = False) -> None:
    """RoPE (Su et al. 2021, https://arxiv.org/abs/2104.09864): rotates the heads of x in place by their position.

    x: view (B, T, H, D), strided at will but along D; positions: (B, T); cosines, sines: (table rows, D / 2). Pairs are
    (i, i + D / 2), as Hugging Face has it, or (2 i, 2 i + 1) if interleaved.
    """
    _rope("pyllm_rope_forward", "x", x, positions, cosines, sines, interleaved)


def rope_backward(dx: Array, positions: Array, cosines: Array, sines: Array, *, interleaved: bool = False) -> None:
    """Turns a gradient dx back, in place; arguments as rope_forward's."""
    _rope("pyllm_rope_backward", "dx", dx, positions, cosines, sines, interleaved)


def _rope(kernel: str, name: str, x: Array, positions: Array, cosines: Array, sines: Array, interleaved: bool) -> None:
    shape = dimensions(name, x, 4)
    if shape[3] % 2:
        raise ValueError(f"{name} must have an even head size, got {shape[3]}")
    table_rows = dimensions("cosines", cosines, 2)[0]
    table = (table_rows, shape[3] // 2)
    _call_on_data(
        kernel,
        heads_out(name, x, shape),
        integers("positions", positions, shape[:2]),
        floats("cosines", cosines, table),
        floats("sines", sines, table),
        table_rows,
        interleaved,
    )


def attention_forward(
    q: Array,
    k: Array,
    v: Array,
    out: Array,
    logsumexp: Array,
    *,
    first: Array | None = None,
    scale: float | None = None,
) -> None:
    """Causal attention, flash-style (https://arxiv.org/abs/2205.14135): out = softmax(scale q k^T) v.

    q, out: views (B, Tq, H, D), strided at will but along D; k, v: views (B, Tk, G, D): query head h reads head h G //
    H; query i sees keys first[i] ... Tk - Tq + i. logsumexp: (B, H, Tq) of the scaled scores, written for the backward
    pass; first: (B, Tq), never decreasing along Tq, default 0; scale: default 1 / sqrt(D).
    """
    shape, keys = _attention_shapes(q, k)
    if keys[1] < shape[1]:
        raise ValueError(f"k must have at least q's {shape[1]} positions, got {keys[1]}")
    _call_on_data(
        "pyllm_attention_forward",
        heads("q", q, shape),
        heads("k", k, keys),
        heads("v", v, keys),
        optional_integers("first", first, shape[:2]),
        shape[3] ** -0.5 if scale is None else scale,
        heads_out("out", out, shape),
        floats_out("logsumexp", logsumexp, (shape[0], shape[2], shape[1])),
    )


def attention_backward(
    q: Array,
    k: Array,
    v: Array,
    out: Array,
    logsumexp: Array,
    dout: Array,
    dq: Array,
    dk: Array,
    dv: Array,
    *,
    first: Array | None = None,
    scale: float | None = None,
) -> None:
    """Writes dq, dk and dv. Arguments as attention_forward's, with Tq = Tk."""
    shape, keys = _attention_shapes(q, k)
    if keys[1] != shape[1]:
        raise ValueError(f"k must have q's {shape[1]} positions, got {keys[1]}")
    _call_on_data(
        "pyllm_attention_backward",
        heads("q", q, shape),
        heads("k", k, keys),
        heads("v", v, keys),
        heads("out", out, shape),
        floats("logsumexp", logsumexp, (shape[0], shape[2], shape[1])),
        heads("dout", dout, shape),
        optional_integers("first", first, shape[:2]),
        shape[3] ** -0.5 if scale is None else scale,
        heads_out("dq", dq, shape),
        heads_out("dk", dk, keys),
        heads_out("dv", dv, keys),
    )


def attention_decode(
    q: Array,
    k: Array,
    v: Array,
    keys: Array,
    values: Array,
    out: Array,
    lengths: Array,
    *,
    rows: Array | None = None,
    first: Array | None = None,
    scale: float | None = None,
) -> None:
    """Attention of one new position a query over its row of the cache, which k and v enter first, at lengths[b] - 1.

    Query b sees keys first[b] ... lengths[b] - 1 of row rows[b]. Queries may share a row, at positions of their own.

    q, out: views (B, 1, H, D); k, v: views (B, 1, G, D); keys, values: the cache, views (R, Tmax, G, D), changed;
    lengths: (B,), within 1 ... Tmax; rows: (B,), default b, and then R = B; first: (B,), default 0; scale: default 1 /
    sqrt(D).
    """
    name = "keys (B, Tmax, G, D)" if rows is None else "keys (R, Tmax, G, D)"
    shape, slots = _attention_shapes(q, keys, name, same_batch=rows is None)
    if shape[1] != 1:
        raise ValueError(f"q must have one position a row, got {shape[1]}")
    new = (shape[0], 1, *slots[2:])
    _call_on_data(
        "pyllm_attention_decode",
        heads("q", q, shape),
        heads("k", k, new),
        heads("v", v, new),
        heads_out("keys", keys, slots),
        heads_out("values", values, slots),
        optional_integers("rows", rows, shape[:1]),
        optional_integers("first", first, shape[:1]),
        integers("lengths", lengths, shape[:1]),
        shape[3] ** -0.5 if scale is None else scale,
        heads_out("out", out, shape),
    )


def _attention_shapes(
    q: Array, k: Array, name: str = "k (B, Tk, G, D)", *, same_batch: bool = True
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shapes of q and k, which fit each other; name: k's, for messages."""
    shape, keys = dimensions("q", q, 4), dimensions(name.split()[0], k, 4)
    fits = keys[0] == shape[0] or not same_batch
    if not fits or keys[3] != shape[3] or not shape[3] or not keys[2] or shape[2] % keys[2]:
        raise ValueError(
            f"q (B, Tq, H, D) and {name} must have the same {'B and D' if same_batch else 'D'}, D above 0, and G must "
            f"divide H: got shapes {shape} and {keys}"
        )
    return shape, keys


def classifier_forward(
    x: Array,
    weight: Array,
    targets: Array,
    logprobs: Array,
    *,
    logsumexp: Array | None = None,
    entropies: Array | None = None,
) -> None:
    """The targets' log-probabilities under softmax(x weight^T), in nats, and its entropies; no logits kept.

    x: (N, C); weight: (V, C), whose rows may be strided; targets: (N,), -1 is not computed and gets 0; logprobs,
    logsumexp, entropies: (N,), written.
    """
    rows, columns = shape = dimensions("x", x, 2)
    _call_on_data(
        "pyllm_classifier_forward",
        floats("x", x, shape),
        _table("weight", weight, columns),
        integers("targets", targets, (rows,)),
        floats_out("logprobs", logprobs, (rows,)),
        optional_floats_out("entropies", entropies, (rows,)),
        optional_floats_out("logsumexp", logsumexp, (rows,)),
        rows,
    )


def classifier_backward(
    x: Array,
    weight: Array,
    targets: Array,
    logsumexp: Array,
    dx: Array,
    dweight: Array | None,
    *,
    dlogprobs: Array | None = None,
    dentropies: Array | None = None,
    entropies: Array | None = None,
) -> None:
    """From dlogprobs and dentropies (N,), dx (N, C), written, and dweight (V, C), added to.

    x, weight, targets: as classifier_forward's; logsumexp, entropies: (N,), from it; entropies is needed with
    dentropies.
    """
    rows, columns = shape = dimensions("x", x, 2)
    if dentropies is not None and entropies is None:
        raise ValueError("entropies of the forward pass are needed with dentropies")
    _call_on_data(
        "pyllm_classifier_backward",
        floats("x", x, shape),
        _table("weight", weight, columns),
        integers("targets", targets, (rows,)),
        floats("logsumexp", logsumexp, (rows,)),
        optional_floats("entropies", entropies, (rows,)),
        optional_floats("dlogprobs", dlogprobs, (rows,)),
        optional_floats("dentropies", dentropies, (rows,)),
        floats_out("dx", dx, shape),
        NULL if dweight is None else matrix_out("dweight", dweight, weight.shape),
        rows,
    )


def classifier_forward_backward(
    x: Array,
    weight: Array,
    targets: Array,
    dlogprobs: Array,
    logprobs: Array,
    dx: Array,
    dweight: Array | None,
) -> None:
    """Both in one pass over the logits, where dlogprobs (N,) is known beforehand; arguments as theirs."""
    rows, columns = shape = dimensions("x", x, 2)
    _call_on_data(
        "pyllm_classifier_forward_backward",
        floats("x", x, shape),
        _table("weight", weight, columns),
        integers("targets", targets, (rows,)),
        floats("dlogprobs", dlogprobs, (rows,)),
        floats_out("logprobs", logprobs, (rows,)),
        floats_out("dx", dx, shape),
        NULL if dweight is None else matrix_out("dweight", dweight, weight.shape),
        rows,
    )


def sum_of_squares(x: Array) -> float:
    """The sum of squares of an array of any shape, in double precision."""
    result = ffi.new("double *")
    library().call("pyllm_sum_of_squares", floats("x", x, any_shape("x", x)), x.size, result)
    return float(result[0])


def adamw(
    parameters: Array,
    gradients: Array,
    m: Array,
    v: Array,
    *,
    begins: Array,
    ends: Array,
    weight_decays: Array,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    step: int,
    scale: float = 1.0,
) -> None:
    """One step of AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101); gradients become zero.

    parameters, gradients, m, v: (n,), all written; begins, ends: (ranges,) int64, ascending, not overlapping: elements
    between ranges are left alone; weight_decays: (ranges,); step: from 1; scale: multiplies gradients, for clipping.
    """
    shape = dimensions("parameters", parameters, 1)
    ranges = dimensions("begins", begins, 1)
    pointers = (
        integers("begins", begins, ranges, numpy.dtype(numpy.int64)),
        integers("ends", ends, ranges, numpy.dtype(numpy.int64)),
        floats("weight_decays", weight_decays, ranges),
    )
    edges = numpy.stack((begins, ends), axis=1).reshape(-1)
    if edges.size and (edges[0] < 0 or edges[-1] > shape[0] or (edges[1:] < edges[:-1]).any()):
        raise ValueError(f"begins and ends must be ascending ranges within 0 ... {shape[0]} that do not overlap")
    if step < 1:
        raise ValueError(f"step must be at least 1, got {step}")
    library().call(
        "pyllm_adamw",
        floats_out("parameters", parameters, shape),
        floats_out("gradients", gradients, shape),
        floats_out("m", m, shape),
        floats_out("v", v, shape),
        *pointers,
        ranges[0],
        lr,
        *betas,
        eps,
        1 - betas[0] ** step,
        1 - betas[1] ** step,
        scale,
    )


def muon_momentum(gradient: Array, momentum: Array, out: Array, *, beta: float, scale: float = 1.0) -> None:
    """Muon's Nesterov momentum (Jordan 2024, https://kellerjordan.github.io/posts/muon/); zeroes gradient.

    momentum = beta momentum + g with g = scale gradient; out = g + beta momentum. All three of one shape.
    """
    shape = any_shape("gradient", gradient)
    library().call(
        "pyllm_muon_momentum",
        floats_out("gradient", gradient, shape),
        floats_out("momentum", momentum, shape),
        floats_out("out", out, shape),
        gradient.size,
        beta,
        scale,
    )


def linear_combination(a: float, x: Array, b: float, y: Array, out: Array) -> None:
    """Element by element, any shape: out = a x + b y; out may be x or y."""
    shape = any_shape("x", x)
    pointer_x, pointer_y = floats("x", x, shape), floats("y", y, shape)
    library().call("pyllm_linear_combination", a, pointer_x, b, pointer_y, floats_out("out", out, shape), x.size)


def sample(
    logits: Array,
    ids: Array,
    logprobs: Array,
    *,
    seed: int | Array,
    counters: Array,
    temperature: float | Array = 1.0,
    top_k: int | Array = 0,
    top_p: float | Array = 1.0,
) -> None:
    """Draws one id a row from softmax(logits / temperature), cut to the top_k greatest, then to the nucleus top_p.

    logits: (N, V), rows may be strided; ids: (N,) int32, written; logprobs: (N,), written: at temperature 1, without
    cuts, in nats; counters: (N, 4) uint32 and seed (below 2^64) make a row's random number: (w + 0.5) / 2^32, w the
    first word of Philox4x32-10 (Salmon et al. 2011, https://doi.org/10.1145/2063384.2063405). temperature 0 takes the
    greatest logit, the lowest id among equals; top_k 0 and top_p 1 keep all; the nucleus:
    https://arxiv.org/abs/1904.09751. seed, temperature, top_k and top_p: a number for all rows, or an array (N,) of
    uint64, float64, int32 and float64.
    """
    rows, columns = shape = dimensions("logits", logits, 2)
    if not columns:
        raise ValueError("logits must have at least one column")
    if not isinstance(seed, numpy.ndarray) and not 0 <= seed < 1 << 64:
        raise ValueError(f"seed must be within 0 ... 2^64 - 1, got {seed}")
    if not isinstance(top_k, numpy.ndarray):
        top_k = max(-1, min(top_k, columns))
    _call_on_data(
        "pyllm_sample",
        matrix("logits", logits, shape),
        per_row("temperature", temperature, rows, numpy.float64),
        per_row("top_k", top_k, rows, numpy.int32),
        per_row("top_p", top_p, rows, numpy.float64),
        per_row("seed", seed, rows, numpy.uint64),
        integers("counters", counters, (shape[0], 4), numpy.dtype(numpy.uint32)),
        integers("ids", ids, shape[:1], flags=WRITE),
        floats_out("logprobs", logprobs, shape[:1]),
    )


def repeatable(work: Callable[[], None]) -> Callable[[], None]:
    """What does the same as work, which only calls kernels on arrays that stay in place; see library.Repeatable."""
    return Repeatable(work)


def _activation(name: str) -> int:
    try:
        return ACTIVATIONS[name]
    except KeyError:
        raise ValueError(f"there is no activation {name!r}; those known are {', '.join(ACTIVATIONS)}") from None


def _together(name: str, array: Array | None, other_name: str, other: Array | None) -> None:
    if (array is None) != (other is None):
        raise ValueError(f"{name} and {other_name} go together: give both or neither")


def _as_heads(array: Array) -> Array:
    """(N, C) as the view (1, N, 1, C); anything else as it is."""
    return array[None, :, None] if isinstance(array, numpy.ndarray) and array.ndim == 2 else array


def _table(name: str, array: Array, columns: int, *, written: bool = False) -> Any:
    """A matrix of any number of rows of the given length."""
    shape = (dimensions(name, array, 2)[0], columns)
    return matrix_out(name, array, shape) if written else matrix(name, array, shape)


def _call_on_data(kernel: str, *arguments: Any) -> None:
    """Calls a kernel that looks at its data, which are the caller's: what it finds wrong in them is a ValueError."""
    try:
        library().call(kernel, *arguments)
    except KernelError as error:
        raise ValueError(str(error)) from None
