"""Every op in NumPy: the definition that the C++ and CUDA kernels are held to, written to be read.

The functions have the names and arguments of pyllm.ops; what they mean is said here. Results go into arrays that the
caller passes, by their last names: `out`, gradients as dX for dL/dX. Gradients of weights are added to, those of
activations are written. Any floating-point type works, and the computation has the type of its inputs: in float64 this
is what finite differences check and what float32 kernels are compared with. An output may be one of the inputs.

Shapes: B batch, T time, C channels, H heads, G heads of keys and values, D head size, V vocabulary, N rows (often
B*T), M x K times K x N in a matrix product.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy

Array = numpy.ndarray[Any, numpy.dtype[Any]]

# ---------------------------------------------------------------------------------------------------- matmul


def matmul(
    a: Array,
    b: Array,
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

    op(a): (M, K), so a is (K, M) with transpose_a; op(b): (K, N), so b is (N, K) with transpose_b; out: (M, N);
    bias: (N,); addend: (M, N), out itself to accumulate, without an activation; preactivation: (M, N), receives
    op(a) op(b) + bias; activation: "none" or one of activation_forward's.
    """
    result = (a.T if transpose_a else a) @ (b.T if transpose_b else b)
    if bias is not None:
        result = result + bias
    if preactivation is not None:
        preactivation[...] = result
    result, _ = _value_and_slope(result, activation)
    out[...] = result if addend is None else result + addend


def pack(b: Array, packed: Array | None = None) -> Array:
    """b, unchanged: what matmul takes as its transposed b, and a faster implementation in an order of its own.

    b: (N, K); packed: what pack returned before, to be overwritten.
    """
    if packed is None or packed.shape != b.shape:
        return b.copy()
    packed[...] = b
    return packed


def bias_backward(dout: Array, dbias: Array) -> None:
    """A bias's gradient: dbias (C,) += the sum of the rows of dout (N, C)."""
    dbias += dout.sum(axis=0)


# ---------------------------------------------------------------------------------------------------- norms


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
    """LayerNorm (Ba et al. 2016, https://arxiv.org/abs/1607.06450) of s = x, or of s = residual + x.

    mean = sum s / C; rstd = 1 / sqrt(sum (s - mean)^2 / C + eps); out = (s - mean) rstd weight + bias

    x, residual, out: (N, C); weight, bias: (C,); mean, rstd: (N,), for the backward pass; residual_out: (N, C),
    receives s where there is a residual, and is needed with it.
    """
    if residual is not None and residual_out is not None:
        residual_out[...] = x = residual + x
    mean[...] = x.mean(axis=1)
    centred = x - mean[:, None]
    rstd[...] = 1 / numpy.sqrt((centred * centred).mean(axis=1) + eps)
    result = centred * rstd[:, None] * weight
    out[...] = result if bias is None else result + bias


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
    """The gradient of LayerNorm with respect to what it normalised, x (with a residual: its residual_out).

    With xhat = (x - mean) rstd and g = dout weight:
    dx = rstd (g - sum g / C - xhat sum(g xhat) / C) + dresidual; dweight += sum dout xhat; dbias += sum dout

    dout, x, dx: (N, C); mean, rstd: (N,), from the forward pass; weight, dweight, dbias: (C,); dresidual: (N, C), the
    gradient that reaches x by other ways, may be dx itself.
    """
    normalised = (x - mean[:, None]) * rstd[:, None]
    dweight += (dout * normalised).sum(axis=0)
    if dbias is not None:
        dbias += dout.sum(axis=0)
    g = dout * weight
    along = (g * normalised).mean(axis=1, keepdims=True)
    result = rstd[:, None] * (g - g.mean(axis=1, keepdims=True) - normalised * along)
    dx[...] = result if dresidual is None else result + dresidual


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
    """RMSNorm (Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467) of s = x, or of s = residual + x.

    rstd = 1 / sqrt(sum s^2 / C + eps); out = s rstd weight

    x, residual, out: (N, C), with weight (C,) and rstd (N,); or, to normalise each head of queries or keys,
    (B, T, H, D), with weight (D,) and rstd (B, T, H). residual_out: as x, receives s where there is a residual, and is
    needed with it.
    """
    if residual is not None and residual_out is not None:
        residual_out[...] = x = residual + x
    rstd[...] = 1 / numpy.sqrt((x * x).mean(axis=-1) + eps)
    out[...] = x * rstd[..., None] * weight


def rmsnorm_backward(
    dout: Array, x: Array, weight: Array, rstd: Array, dx: Array, dweight: Array, *, dresidual: Array | None = None
) -> None:
    """The gradient of RMSNorm with respect to what it normalised, x (with a residual: its residual_out).

    With xhat = x rstd and g = dout weight:
    dx = rstd (g - xhat sum(g xhat) / C) + dresidual; dweight += sum dout xhat

    dout, x, dx: (N, C), with weight, dweight (C,) and rstd (N,); or (B, T, H, D), with (D,) and (B, T, H). dresidual:
    as x, the gradient that reaches x by other ways, may be dx itself.
    """
    normalised = x * rstd[..., None]
    dweight += (dout * normalised).sum(axis=tuple(range(x.ndim - 1)))
    g = dout * weight
    along = (g * normalised).mean(axis=-1, keepdims=True)
    result = rstd[..., None] * (g - normalised * along)
    dx[...] = result if dresidual is None else result + dresidual


# ---------------------------------------------------------------------------------------------------- activations

_erf = numpy.vectorize(math.erf, otypes=[float])


def _value_and_slope(x: Array, activation: str) -> tuple[Array, Array]:
    if activation == "none":
        return x, numpy.ones_like(x)
    if activation == "gelu_tanh":
        tanh = numpy.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
        tanh_slope = (1 - tanh**2) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)
        return 0.5 * x * (1 + tanh), 0.5 * (1 + tanh) + 0.5 * x * tanh_slope
    if activation == "gelu_erf":
        share = 0.5 * (1 + _erf(x * math.sqrt(0.5)).astype(x.dtype))  # of the normal distribution below x
        density = numpy.exp(-0.5 * x**2) / math.sqrt(2 * math.pi)
        return x * share, share + x * density
    if activation == "relu_squared":
        return numpy.maximum(x, 0) ** 2, 2 * numpy.maximum(x, 0)
    raise ValueError(f"activation must be none, gelu_tanh, gelu_erf or relu_squared, got {activation!r}")


def activation_forward(x: Array, out: Array, *, activation: str) -> None:
    """Element by element, out = activation(x); x and out have the same shape, any.

    gelu_erf: x/2 (1 + erf(x / sqrt(2))), and its approximation gelu_tanh, GPT-2's:
    x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) (Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415);
    relu_squared: max(x, 0)^2 (So et al. 2021, https://arxiv.org/abs/2109.08668).
    """
    out[...], _ = _value_and_slope(x, activation)


def activation_backward(x: Array, dout: Array, dx: Array, *, activation: str) -> None:
    """Element by element, dx = dout activation'(x); x is what activation_forward was given."""
    _, slope = _value_and_slope(x, activation)
    dx[...] = dout * slope


def _sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), in a form that does not overflow."""
    result: Array = numpy.exp(numpy.minimum(x, 0)) / (1 + numpy.exp(-numpy.abs(x)))
    return result


def swiglu_forward(gate_up: Array, out: Array) -> None:
    """SwiGLU (Shazeer 2020, https://arxiv.org/abs/2002.05202): out = silu(gate) up, silu(g) = g / (1 + e^-g).

    gate_up: (N, 2 C), each row gate, then up; out: (N, C).
    """
    gate, up = numpy.split(gate_up, 2, axis=1)
    out[...] = gate * _sigmoid(gate) * up


def swiglu_backward(gate_up: Array, dout: Array, dgate_up: Array) -> None:
    """SwiGLU's gradient: dgate = dout up s (1 + gate (1 - s)) with s = 1 / (1 + e^-gate); dup = dout gate s.

    gate_up: (N, 2 C), as swiglu_forward was given; dout: (N, C); dgate_up: (N, 2 C), may be gate_up itself.
    """
    gate, up = numpy.split(gate_up, 2, axis=1)
    s = _sigmoid(gate)
    dgate_up[...] = numpy.concatenate([dout * up * s * (1 + gate * (1 - s)), dout * gate * s], axis=1)


def _logsumexp(z: Array) -> Array:
    """The logarithm of sum e^z over the last axis, which stays, of length 1; from the greatest z: no overflow."""
    greatest = z.max(axis=-1, keepdims=True)
    result: Array = greatest + numpy.log(numpy.exp(z - greatest).sum(axis=-1, keepdims=True))
    return result


def softmax_forward(x: Array, out: Array) -> None:
    """Softmax of each row of x (N, V): out_i = e^x_i / sum_j e^x_j. Of -inf it is 0; not all of a row may be -inf."""
    out[...] = numpy.exp(x - _logsumexp(x))


def softmax_backward(out: Array, dout: Array, dx: Array) -> None:
    """Softmax's gradient: dx = out (dout - sum(dout out)) in each row; all (N, V), out from the forward pass."""
    dx[...] = out * (dout - (dout * out).sum(axis=1, keepdims=True))


# ---------------------------------------------------------------------------------------------------- embedding


def _check_ids(ids: Array, rows: int, name: str) -> None:
    outside = ids[(ids < 0) | (ids >= rows)]
    if outside.size:
        raise ValueError(f"{name} holds {outside[0]}, which is outside its table of {rows} rows")


def embedding_forward(
    tokens: Array, table: Array, out: Array, *, positions: Array | None = None, position_table: Array | None = None
) -> None:
    """Rows of tables: out[n] = table[tokens[n]] + position_table[positions[n]].

    tokens, positions: (N,) int32; table: (V, C); position_table: (context, C), with positions or not at all;
    out: (N, C).

    Raises:
        ValueError: a token or a position is outside its table.
    """
    _check_ids(tokens, len(table), "tokens")
    result = table[tokens]
    if positions is not None and position_table is not None:
        _check_ids(positions, len(position_table), "positions")
        result = result + position_table[positions]
    out[...] = result


def embedding_backward(
    tokens: Array,
    dout: Array,
    dtable: Array | None,
    *,
    positions: Array | None = None,
    dposition_table: Array | None = None,
) -> None:
    """The tables' gradients: dtable[tokens[n]] += dout[n]; dposition_table[positions[n]] += dout[n].

    Shapes and errors as in embedding_forward.
    """
    if dtable is not None:
        _check_ids(tokens, len(dtable), "tokens")
        numpy.add.at(dtable, tokens, dout)
    if positions is not None and dposition_table is not None:
        _check_ids(positions, len(dposition_table), "positions")
        numpy.add.at(dposition_table, positions, dout)


# ---------------------------------------------------------------------------------------------------- rope


def rope_forward(x: Array, positions: Array, cosines: Array, sines: Array, *, interleaved: bool = False) -> None:
    """Rotary position embedding (Su et al. 2021, https://arxiv.org/abs/2104.09864), in place.

    Each pair (a, b) of a head becomes (a cos - b sin, a sin + b cos), with pair i's angle at the head's position.

    x: (B, T, H, D); positions: (B, T) int32; cosines, sines: (context, D/2), of position * frequency; interleaved: pair
    i is elements (2i, 2i + 1), as in the paper, otherwise (i, i + D/2), as in Hugging Face's Llama.

    Raises:
        ValueError: a position is outside the tables.
    """
    _rotate(x, positions, cosines, sines, interleaved)


def rope_backward(dx: Array, positions: Array, cosines: Array, sines: Array, *, interleaved: bool = False) -> None:
    """Turns the gradient dx (B, T, H, D) back by the same angles, in place: the inverse of a rotation is its transpose.

    Raises:
        ValueError: a position is outside the tables.
    """
    _rotate(dx, positions, cosines, -sines, interleaved)


def _rotate(x: Array, positions: Array, cosines: Array, sines: Array, interleaved: bool) -> None:
    _check_ids(positions.reshape(-1), len(cosines), "positions")
    half = x.shape[-1] // 2
    first, second = (slice(0, None, 2), slice(1, None, 2)) if interleaved else (slice(half), slice(half, None))
    cos, sin = cosines[positions][:, :, None], sines[positions][:, :, None]  # (B, T, 1, D/2)
    a, b = x[..., first].copy(), x[..., second].copy()
    x[..., first] = a * cos - b * sin
    x[..., second] = a * sin + b * cos


# ---------------------------------------------------------------------------------------------------- attention


def _scores(q: Array, k: Array, first: Array | None, scale: float | None) -> tuple[Array, float]:
    """(B, H, Tq, Tk) scores, -inf where a query does not see a key, and the scale."""
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = numpy.einsum("bihd,bjhd->bhij", q, _for_each_query_head(k, q.shape[2])) * scale
    queries, keys = scores.shape[2:]
    position = numpy.arange(queries)[:, None] + keys - queries  # the last query stands at the last key
    key = numpy.arange(keys)[None, :]
    seen = (key <= position)[None]
    if first is not None:
        seen = seen & (key >= first[:, :, None])
    return numpy.where(seen[:, None], scores, -numpy.inf), scale


def _for_each_query_head(k: Array, heads: int) -> Array:
    """(B, T, G, D) to (B, T, H, D): query head h reads head h // (H / G)."""
    return numpy.repeat(k, heads // k.shape[2], axis=2)


def _sum_over_query_heads(dk: Array, heads: int) -> Array:
    """(B, T, H, D) to (B, T, G, D): the gradients of all query heads that read a head, added."""
    batch, time, query_heads, size = dk.shape
    result: Array = dk.reshape(batch, time, heads, query_heads // heads, size).sum(axis=3)
    return result


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
    """Causal attention (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762): out = softmax(scale q k^T) v.

    Query i sees the keys first[i] ... Tk - Tq + i. Heads are grouped (Ainslie et al. 2023,
    https://arxiv.org/abs/2305.13245): query head h reads head h // (H / G) of k and v.

    q, out: (B, Tq, H, D); k, v: (B, Tk, G, D), with Tk >= Tq and G a divisor of H; logsumexp: (B, H, Tq), of the scaled
    scores that each query sees, for the backward pass; first: (B, Tq) int32, the start of the query's segment or
    window, never decreasing, default 0; scale: default 1 / sqrt(D).
    """
    scores, _ = _scores(q, k, first, scale)
    total = _logsumexp(scores)
    logsumexp[...] = total[..., 0]
    out[...] = numpy.einsum("bhij,bjhd->bihd", numpy.exp(scores - total), _for_each_query_head(v, q.shape[2]))


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
    """The gradients of attention, in the form of Dao et al. 2022 (https://arxiv.org/abs/2205.14135, section B.2).

    With p = exp(scale q k^T - logsumexp): dv = p^T dout; ds = p (dout v^T - sum(dout out)); dq = scale ds k;
    dk = scale ds^T q. Heads of k and v add up over the query heads that read them.

    q, k, v, first, scale: as in attention_forward, with Tq = Tk; out, logsumexp: from there; dout, dq: (B, T, H, D);
    dk, dv: (B, T, G, D).
    """
    heads, shared_heads = q.shape[2], k.shape[2]
    scores, scale = _scores(q, k, first, scale)
    p = numpy.exp(scores - logsumexp[..., None])
    dp = numpy.einsum("bihd,bjhd->bhij", dout, _for_each_query_head(v, heads))
    ds = p * (dp - numpy.einsum("bihd,bihd->bhi", dout, out)[..., None]) * scale
    new_dq = numpy.einsum("bhij,bjhd->bihd", ds, _for_each_query_head(k, heads))
    dk[...] = _sum_over_query_heads(numpy.einsum("bhij,bihd->bjhd", ds, q), shared_heads)
    dv[...] = _sum_over_query_heads(numpy.einsum("bhij,bihd->bjhd", p, dout), shared_heads)
    dq[...] = new_dq


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
    """Attention of one new position a query against its row of a cache, into which all k and v are written first.

    Query b's go to lengths[b] - 1 of row rows[b], and it sees the row's keys first[b] ... lengths[b] - 1.

    q, out: (B, 1, H, D); k, v: (B, 1, G, D); keys, values: (R, Tmax, G, D), where what lies outside a row's keys is not
    read; lengths: (B,) int32, from 1 to Tmax; rows: (B,) int32, default b; no two queries have the same row and length;
    first: (B,) int32, below lengths, default 0; scale: default 1 / sqrt(D).
    """
    rows = numpy.arange(len(q)) if rows is None else rows
    keys[rows, lengths - 1], values[rows, lengths - 1] = k[:, 0], v[:, 0]
    for query, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        seen = slice(0 if first is None else first[query], length)
        logsumexp = numpy.empty((1, q.shape[2], 1), q.dtype)
        one, of_cache = slice(query, query + 1), slice(row, row + 1)
        attention_forward(q[one], keys[of_cache, seen], values[of_cache, seen], out[one], logsumexp, scale=scale)


# ---------------------------------------------------------------------------------------------------- classifier


def classifier_forward(
    x: Array,
    weight: Array,
    targets: Array,
    logprobs: Array,
    *,
    logsumexp: Array | None = None,
    entropies: Array | None = None,
) -> None:
    """The log-probabilities of targets: with z = x weight^T and log p = z - log sum e^z, log p[target].

    Rows with target -1 are not computed: they get 0 everywhere.

    x: (N, C); weight: (V, C); targets: (N,) int32, -1 or an id below V; logprobs: (N,); logsumexp: (N,), log sum e^z,
    for the backward pass; entropies: (N,), H = -sum p log p, in nats.

    Raises:
        ValueError: a target is out of range.
    """
    rows = _rows_with_target(targets, len(weight))
    z = x[rows] @ weight.T
    total = _logsumexp(z)
    logp = z - total
    for array, values in (
        (logprobs, logp[numpy.arange(len(rows)), targets[rows]]),
        (logsumexp, total[:, 0]),
        (entropies, -(numpy.exp(logp) * logp).sum(axis=1)),
    ):
        if array is not None:
            array[...] = 0
            array[rows] = values


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
    """The classifier's gradient: dz_i = dlogprob (1[i = target] - p_i) - dentropy p_i (log p_i + H), from which
    dx = dz weight and dweight += dz^T x.

    x, weight, targets: as in classifier_forward; logsumexp, entropies: (N,), from there, entropies only with
    dentropies; dx: (N, C), 0 where the target is -1; dweight: (V, C); dlogprobs, dentropies: (N,), default 0.

    Raises:
        ValueError: a target is out of range.
    """
    rows = _rows_with_target(targets, len(weight))
    logp = x[rows] @ weight.T - logsumexp[rows, None]
    p = numpy.exp(logp)
    dz = numpy.zeros_like(p)
    if dlogprobs is not None:
        is_target = numpy.arange(len(weight))[None, :] == targets[rows, None]
        dz += dlogprobs[rows, None] * (is_target - p)
    if dentropies is not None and entropies is not None:
        dz -= dentropies[rows, None] * p * (logp + entropies[rows, None])
    if dweight is not None:
        dweight += dz.T @ x[rows]
    dx[...] = 0
    dx[rows] = dz @ weight


def classifier_forward_backward(
    x: Array, weight: Array, targets: Array, dlogprobs: Array, logprobs: Array, dx: Array, dweight: Array | None
) -> None:
    """classifier_forward and classifier_backward in one, where dlogprobs (N,) is known beforehand."""
    logsumexp = numpy.empty_like(logprobs)
    classifier_forward(x, weight, targets, logprobs, logsumexp=logsumexp)
    classifier_backward(x, weight, targets, logsumexp, dx, dweight, dlogprobs=dlogprobs)


def _rows_with_target(targets: Array, vocabulary: int) -> Array:
    """The numbers of the rows whose target is not -1."""
    rows = numpy.flatnonzero(targets != -1)
    _check_ids(targets[rows], vocabulary, "targets")
    return rows


# ---------------------------------------------------------------------------------------------------- optimizers


def sum_of_squares(x: Array) -> float:
    """The sum of x^2 over an array of any shape, in float64."""
    return float(numpy.square(x, dtype=numpy.float64).sum())


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
    """One step of AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101, algorithm 2), in place.

    g = scale gradient; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
    p -= lr (m / (1 - beta1^step) / (sqrt(v / (1 - beta2^step)) + eps) + weight_decay p); gradient = 0

    parameters, gradients, m, v: flat, of one length; begins, ends, weight_decays: (ranges,) int64, int64, float32: the
    elements begins[i] <= index < ends[i] have weight_decays[i], and nothing changes outside the ranges; step: counts
    from 1; scale: what clipping the gradient's norm asks for.
    """
    beta1, beta2 = betas
    for begin, end, weight_decay in zip(begins, ends, weight_decays, strict=True):
        part = slice(int(begin), int(end))
        g = scale * gradients[part]
        m[part] = beta1 * m[part] + (1 - beta1) * g
        v[part] = beta2 * v[part] + (1 - beta2) * g * g
        direction = m[part] / (1 - beta1**step) / (numpy.sqrt(v[part] / (1 - beta2**step)) + eps)
        parameters[part] -= lr * (direction + float(weight_decay) * parameters[part])
        gradients[part] = 0


def muon_momentum(gradient: Array, momentum: Array, out: Array, *, beta: float, scale: float = 1.0) -> None:
    """Muon's Nesterov momentum (Jordan 2024, https://kellerjordan.github.io/posts/muon/), in place.

    g = scale gradient; momentum = beta momentum + g; out = g + beta momentum; gradient = 0. All of one shape, any.
    """
    g = scale * gradient
    momentum[...] = beta * momentum + g
    out[...] = g + beta * momentum
    gradient[...] = 0


def linear_combination(a: float, x: Array, b: float, y: Array, out: Array) -> None:
    """Element by element, out = a x + b y; all of one shape, any."""
    out[...] = a * x + b * y


# ---------------------------------------------------------------------------------------------------- sampling


def philox(key: Sequence[int], counters: Array) -> Array:
    """Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3).

    key: two words of 32 bits; counters: (N, 4) uint32. Returns (N, 4) uint32, four random words a counter.
    """
    key0, key1 = (numpy.uint64(word) for word in key)
    low_half = numpy.uint64(0xFFFFFFFF)
    c0, c1, c2, c3 = counters.astype(numpy.uint64).T
    for _ in range(10):
        product0, product1 = c0 * numpy.uint64(0xD2511F53), c2 * numpy.uint64(0xCD9E8D57)
        c0, c1 = product1 >> numpy.uint64(32) ^ c1 ^ key0, product1 & low_half
        c2, c3 = product0 >> numpy.uint64(32) ^ c3 ^ key1, product0 & low_half
        key0 = key0 + numpy.uint64(0x9E3779B9) & low_half
        key1 = key1 + numpy.uint64(0xBB67AE85) & low_half
    return numpy.stack([c0, c1, c2, c3], axis=1).astype(numpy.uint32)


def uniform_numbers(seed: int, counters: Array) -> Array:
    """(N,) float64 in (0, 1): (w + 1/2) / 2^32 with w the first word that Philox makes of seed and counters (N, 4)."""
    words = philox((seed & 0xFFFFFFFF, seed >> 32), counters)
    result: Array = (words[:, 0] + 0.5) / 2**32
    return result


def kept_probabilities(logits: Array, temperature: float, top_k: int, top_p: float) -> Array:
    """(V,) float64: the probabilities that `sample` draws from, for one row of logits (V,).

    softmax(logits / temperature), cut to the top_k greatest and scaled up to sum to 1, then cut to the fewest,
    greatest first, whose sum reaches top_p and scaled up again (nucleus sampling, Holtzman et al. 2020,
    https://arxiv.org/abs/1904.09751). Of equals the lower id counts as greater.
    """
    z = (logits.astype(numpy.float64) - logits.max()) / temperature
    greatest_first = numpy.argsort(-z, kind="stable")
    p = numpy.exp(z[greatest_first])
    if top_k > 0:
        p[top_k:] = 0
    p /= p.sum()
    if top_p < 1:
        sum_before = numpy.concatenate([[0.0], numpy.cumsum(p)[:-1]])
        p[sum_before >= top_p] = 0
        p /= p.sum()
    by_id: Array = numpy.empty_like(p)
    by_id[greatest_first] = p
    return by_id


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
    """Draws one id a row: the first with p_0 + ... + p_id > u, with p of kept_probabilities and the row's uniform u.

    Temperature 0 takes the greatest logit, the lowest id among equals. A logit of -inf is never drawn.

    logits: (N, V); ids: (N,) int32; logprobs: (N,), log softmax(logits)[id], at temperature 1 and without cuts; seed:
    64 bits; counters: (N, 4) uint32, different for each number drawn with a seed; temperature: at least 0; top_k: 0
    keeps all; top_p: above 0, 1 keeps all. These four: one number for all rows, or (N,).
    """
    settings = (numpy.broadcast_to(setting, len(ids)).tolist() for setting in (seed, temperature, top_k, top_p))
    for row, (one_seed, one_temperature, k, p) in enumerate(zip(*settings, strict=True)):
        if one_temperature == 0:
            ids[row] = logits[row].argmax()
        else:
            (u,) = uniform_numbers(one_seed, counters[row : row + 1])
            sums = numpy.cumsum(kept_probabilities(logits[row], one_temperature, k, p))
            ids[row] = numpy.searchsorted(sums, u * sums[-1], side="right")
    logprobs[...] = (logits - _logsumexp(logits))[numpy.arange(len(ids)), ids]


def repeatable(work: Callable[[], None]) -> Callable[[], None]:
    """The work itself."""
    return work
