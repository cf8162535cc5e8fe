"""The blocks of the model, forward and backward, in calls of kernels on buffers that were prepared beforehand.

x = x + attention(norm1(x)); x = x + mlp(norm2(x)): the pre-norm residual stream of GPT-2 and Llama. What stands between
the two halves of a block, attention itself, differs between training, prefill and decoding, so the caller does it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy

from pyllm.model.activations import BackwardBuffers, LayerBuffers
from pyllm.model.config import ModelConfig
from pyllm.model.parameters import Block

Array = numpy.ndarray[Any, numpy.dtype[Any]]

ACTIVATIONS = {"gelu": "gelu_tanh", "gelu_erf": "gelu_erf", "relu_squared": "relu_squared"}  # by the names of pyllm.ops


class Place(NamedTuple):
    """Where the tokens of a pass stand: their positions (B, T), the first key (B, T) each sees, and rope's tables."""

    positions: Array
    first: Array | None
    cosines: Array | None
    sines: Array | None


def norm(
    ops: Any, cfg: ModelConfig, x: Array, weight: Array, bias: Array | None, out: Array, mean: Array, rstd: Array
) -> None:
    """LayerNorm or RMSNorm of x (N, C)."""
    if cfg.norm == "layernorm":
        ops.layernorm_forward(x, weight, bias, out, mean, rstd, eps=cfg.norm_eps)
    else:
        ops.rmsnorm_forward(x, weight, out, rstd, eps=cfg.norm_eps)


def norm_backward(
    ops: Any,
    cfg: ModelConfig,
    dout: Array,
    x: Array,
    weight: Array,
    mean: Array,
    rstd: Array,
    dx: Array,
    dweight: Array,
    dbias: Array | None,
    dresidual: Array | None,
) -> None:
    """The gradient of norm: dx = dresidual + that of its input x (N, C); adds to dweight and dbias."""
    if cfg.norm == "layernorm":
        ops.layernorm_backward(dout, x, weight, mean, rstd, dx, dweight, dbias, dresidual=dresidual)
    else:
        ops.rmsnorm_backward(dout, x, weight, rstd, dx, dweight, dresidual=dresidual)


def before_attention(ops: Any, cfg: ModelConfig, w: Block, b: LayerBuffers, place: Place) -> None:
    """From b.x to b.q, b.k and b.v."""
    norm(ops, cfg, b.x, w.norm1, w.norm1_bias, b.norm1, b.mean1, b.rstd1)
    ops.matmul(b.norm1, w.qkv, b.qkv, transpose_b=True, bias=w.qkv_bias)
    if cfg.qk_norm:
        ops.rmsnorm_forward(b.raw_q, w.q_norm, b.q, b.q_rstd, eps=cfg.norm_eps)
        ops.rmsnorm_forward(b.raw_k, w.k_norm, b.k, b.k_rstd, eps=cfg.norm_eps)
    if place.cosines is not None:
        ops.rope_forward(b.rotated, place.positions, place.cosines, place.sines)


def after_attention(ops: Any, cfg: ModelConfig, w: Block, b: LayerBuffers) -> None:
    """From b.attended and b.x to b.out."""
    ops.matmul(b.attended, w.out, b.middle, transpose_b=True, bias=w.out_bias, addend=b.x)
    norm(ops, cfg, b.middle, w.norm2, w.norm2_bias, b.norm2, b.mean2, b.rstd2)
    if cfg.mlp == "swiglu":
        ops.matmul(b.norm2, w.mlp_in, b.hidden, transpose_b=True, bias=w.mlp_in_bias)
        ops.swiglu_forward(b.hidden, b.activated)
    else:
        ops.matmul(
            b.norm2,
            w.mlp_in,
            b.activated,
            transpose_b=True,
            bias=w.mlp_in_bias,
            activation=ACTIVATIONS[cfg.mlp],
            preactivation=b.hidden,
        )
    ops.matmul(b.activated, w.mlp_out, b.out, transpose_b=True, bias=w.mlp_out_bias, addend=b.middle)


def block_backward(
    ops: Any,
    cfg: ModelConfig,
    w: Block,
    dw: Block,
    b: LayerBuffers,
    d: BackwardBuffers,
    place: Place,
    recompute: bool,
) -> None:
    """From d.dx, the gradient of b.out, to d.dx, the gradient of b.x; adds to dw. Overwrites activations of b."""
    # The MLP. Its activation's buffer becomes that of its gradient.
    if cfg.mlp == "swiglu":
        if recompute:
            ops.swiglu_forward(b.hidden, b.activated)
        _linear_backward(ops, d.dx, b.activated, dw.mlp_out, dw.mlp_out_bias)
        ops.matmul(d.dx, w.mlp_out, b.activated)
        ops.swiglu_backward(b.hidden, b.activated, b.hidden)
        dhidden: Any = b.hidden
    else:
        if recompute:
            ops.activation_forward(b.hidden, b.activated, activation=ACTIVATIONS[cfg.mlp])
        _linear_backward(ops, d.dx, b.activated, dw.mlp_out, dw.mlp_out_bias)
        ops.matmul(d.dx, w.mlp_out, b.activated)
        ops.activation_backward(b.hidden, b.activated, b.activated, activation=ACTIVATIONS[cfg.mlp])
        dhidden = b.activated
    if recompute:
        norm(ops, cfg, b.middle, w.norm2, w.norm2_bias, b.norm2, b.mean2, b.rstd2)
    _linear_backward(ops, dhidden, b.norm2, dw.mlp_in, dw.mlp_in_bias)
    ops.matmul(dhidden, w.mlp_in, d.dnorm)
    norm_backward(ops, cfg, d.dnorm, b.middle, w.norm2, b.mean2, b.rstd2, d.dx, dw.norm2, dw.norm2_bias, dresidual=d.dx)

    # Attention.
    _linear_backward(ops, d.dx, b.attended, dw.out, dw.out_bias)
    ops.matmul(d.dx, w.out, d.dattended)
    if cfg.qk_norm and recompute:
        ops.rmsnorm_forward(b.raw_q, w.q_norm, b.q, b.q_rstd, eps=cfg.norm_eps)
        ops.rmsnorm_forward(b.raw_k, w.k_norm, b.k, b.k_rstd, eps=cfg.norm_eps)
        if place.cosines is not None:
            ops.rope_forward(b.rotated, place.positions, place.cosines, place.sines)
    ops.attention_backward(
        b.q, b.k, b.v, b.attended_heads, b.logsumexp, d.dattended_heads, d.dq, d.dk, d.dv, first=place.first
    )
    if place.cosines is not None:
        ops.rope_backward(d.drotated, place.positions, place.cosines, place.sines)
    if cfg.qk_norm:
        ops.rmsnorm_backward(d.dq, b.raw_q, w.q_norm, b.q_rstd, d.dq, dw.q_norm)
        ops.rmsnorm_backward(d.dk, b.raw_k, w.k_norm, b.k_rstd, d.dk, dw.k_norm)
    if recompute:
        norm(ops, cfg, b.x, w.norm1, w.norm1_bias, b.norm1, b.mean1, b.rstd1)
    _linear_backward(ops, d.dqkv, b.norm1, dw.qkv, dw.qkv_bias)
    ops.matmul(d.dqkv, w.qkv, d.dnorm)
    norm_backward(ops, cfg, d.dnorm, b.x, w.norm1, b.mean1, b.rstd1, d.dx, dw.norm1, dw.norm1_bias, dresidual=d.dx)


def _linear_backward(ops: Any, dout: Array, x: Array, dweight: Array, dbias: Array | None) -> None:
    """Adds the gradients of out = x weight^T + bias: dweight += dout^T x, dbias += the column sums of dout."""
    ops.matmul(dout, x, dweight, transpose_a=True, addend=dweight)
    if dbias is not None:
        ops.bias_backward(dout, dbias)
