"""The buffers of a forward and backward pass: views into flat memory, prepared once for each (B, T).

B batch, T time, N = B T, C channels, H query heads, G key and value heads, D head size. What the backward pass needs
from each layer is in one array, `kept`; what a layer needs only while it runs is in another, `shared`, which all layers
use in turn, and which passes without a backward pass use, too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy

from pyllm.model.config import ModelConfig
from pyllm.model.parameters import BOUNDARY, aligned_zeros

Array = numpy.ndarray[Any, numpy.dtype[Any]]
Shapes = dict[str, tuple[int, ...]]


@dataclass(slots=True)
class LayerBuffers:
    """The activations of one layer. Views of the same memory, where noted, have other names for other shapes."""

    x: Array  # (N, C), the residual stream that enters
    norm1: Array  # (N, C)
    mean1: Array  # (N)
    rstd1: Array  # (N)
    qkv: Array  # (N, (H + 2 G) D)
    raw_q: Array  # (B, T, H, D), of qkv
    raw_k: Array  # (B, T, G, D), of qkv
    q_rstd: Array | None  # (B, T, H), with qk_norm
    k_rstd: Array | None  # (B, T, G), with qk_norm
    rotated: Array  # (B, T, H + G, D): q and k
    q: Array  # (B, T, H, D): of qkv, or with qk_norm of its own
    k: Array  # (B, T, G, D): as q
    v: Array  # (B, T, G, D), of qkv
    attended: Array  # (N, H D)
    attended_heads: Array  # (B, T, H, D), of attended
    logsumexp: Array  # (B, H, T)
    middle: Array  # (N, C), the residual stream after attention
    norm2: Array  # (N, C)
    mean2: Array  # (N)
    rstd2: Array  # (N)
    hidden: Array | None  # (N, n_hidden), or gate, then up: (N, 2 n_hidden); None: not kept
    activated: Array  # (N, n_hidden)
    out: Array  # (N, C), the residual stream that leaves: the next layer's x


@dataclass(slots=True)
class BackwardBuffers:
    """The gradients that all layers use in turn."""

    dx: Array  # (N, C), of the residual stream
    dnorm: Array  # (N, C), of a norm's output
    dqkv: Array  # (N, (H + 2 G) D)
    dq: Array  # (B, T, H, D), of dqkv
    dk: Array  # (B, T, G, D), of dqkv
    dv: Array  # (B, T, G, D), of dqkv
    drotated: Array  # (B, T, H + G, D), of dqkv
    dattended: Array  # (N, H D)
    dattended_heads: Array  # (B, T, H, D), of dattended


@dataclass(slots=True)
class Activations:
    """The buffers of a pass over (B, T) tokens; `backward` is None where there will be no backward pass."""

    batch: int
    time: int
    layers: list[LayerBuffers]
    x: Array  # (N, C): what the embedding writes, the first layer's x
    last: Array  # (N, C): what the last layer writes
    final: Array  # (N, C), after the final norm
    mean: Array  # (N)
    rstd: Array  # (N)
    values: Array  # (N, 1)
    backward: BackwardBuffers | None


class Workspace:
    """Memory that grows to what the largest pass so far needed, and the buffers carved out of it.

    Args:
        recompute: whether outputs of norms and activation functions are made again in the backward pass, rather than
            kept for each layer.
        apart: no two buffers of for_scoring take turns in the same memory.
    """

    def __init__(self, cfg: ModelConfig, dtype: Any, recompute: bool, apart: bool = False) -> None:
        self.cfg, self.dtype, self.recompute, self.apart = cfg, dtype, recompute, apart
        self.kept = self.shared = aligned_zeros(0, dtype)
        self._training: Activations | None = None
        self._training_shared = self.shared
        self._forward_only: dict[tuple[int, int], Activations] = {}

    @property
    def bytes(self) -> tuple[int, int]:
        """What is kept for the backward pass, and what all layers share."""
        return self.kept.nbytes, self.shared.nbytes

    def for_training(self, batch: int, time: int) -> Activations:
        """Buffers for a pass whose activations stay until the next one for training."""
        found = self._training
        if found is None or (found.batch, found.time) != (batch, time) or self._training_shared is not self.shared:
            self._training = None  # so that memory that grows is given back first
            layer, ends, shared = _training_shapes(self.cfg, batch, time, self.recompute)
            size = self.cfg.n_layer * _size(layer) + _size(ends)
            if size > self.kept.size:
                self.kept = aligned_zeros(0, self.dtype)
                self.kept = aligned_zeros(size, self.dtype)
            self._share(_shared_size(shared))
            self._training_shared = self.shared
            found = _training(self.cfg, batch, time, layer, ends, shared, self.kept, self.shared)
            self._training = found
        return found

    def for_scoring(self, batch: int, time: int) -> Activations:
        """Buffers for a pass without a backward pass; they leave what for_training gave untouched."""
        if (batch, time) not in self._forward_only:
            if len(self._forward_only) >= 16:
                self._forward_only = {}
            shapes = _forward_only_shapes(self.cfg, batch, time)
            if self.apart:
                shapes = _Phases(shapes.always | shapes.attention | shapes.mlp, {}, {})
            self._share(_shared_size(shapes))
            self._forward_only[batch, time] = _forward_only(self.cfg, batch, time, shapes, self.shared)
        return self._forward_only[batch, time]

    def _share(self, size: int) -> None:
        if size > self.shared.size:
            self._forward_only = {}
            self.shared = self._training_shared = aligned_zeros(0, self.dtype)  # buffers in use keep theirs alive
            self.shared = aligned_zeros(size, self.dtype)


@dataclass(slots=True)
class _Phases:
    """Shapes that live all the time, and shapes of which attention's and the MLP's take turns in the same memory."""

    always: Shapes
    attention: Shapes
    mlp: Shapes


def _size(shapes: Mapping[str, tuple[int, ...]]) -> int:
    return sum(-(-math.prod(shape) // BOUNDARY) * BOUNDARY for shape in shapes.values())


def _shared_size(shapes: _Phases) -> int:
    return _size(shapes.always) + max(_size(shapes.attention), _size(shapes.mlp))


def _carve(memory: Array, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    arrays, begin = {}, 0
    for name, shape in shapes.items():
        size = math.prod(shape)
        arrays[name] = memory[begin : begin + size].reshape(shape)
        begin += -(-size // BOUNDARY) * BOUNDARY
    return arrays


def _carve_phases(memory: Array, shapes: _Phases) -> dict[str, Array]:
    turns = memory[_size(shapes.always) :]
    return _carve(memory, shapes.always) | _carve(turns, shapes.attention) | _carve(turns, shapes.mlp)


def _hidden_channels(cfg: ModelConfig) -> int:
    return cfg.n_hidden * (2 if cfg.mlp == "swiglu" else 1)


def _norm_shapes(cfg: ModelConfig, N: int, number: str) -> Shapes:
    return {f"mean{number}": (N,) if cfg.norm == "layernorm" else (0,), f"rstd{number}": (N,)}


def _training_shapes(cfg: ModelConfig, B: int, T: int, recompute: bool) -> tuple[Shapes, Shapes, _Phases]:
    """What is kept of each layer, of the two ends, and what layers share."""
    N, C, H, G, D = B * T, cfg.n_embd, cfg.n_head, cfg.n_kv_head, cfg.head_dim
    stream: Shapes = {"norm1": (N, C), "norm2": (N, C)}
    activated: Shapes = {"activated": (N, cfg.n_hidden)}
    normed: Shapes = {"qk": (N, (H + G) * D)} if cfg.qk_norm else {}
    layer: Shapes = {
        "x": (N, C),
        **_norm_shapes(cfg, N, "1"),
        "qkv": (N, cfg.qkv_channels),
        **({"q_rstd": (B, T, H), "k_rstd": (B, T, G)} if cfg.qk_norm else {}),
        "attended": (N, H * D),
        "logsumexp": (B, H, T),
        "middle": (N, C),
        **_norm_shapes(cfg, N, "2"),
        "hidden": (N, _hidden_channels(cfg)),
        **({} if recompute else stream | activated | normed),
    }
    ends: Shapes = {"last": (N, C), "final": (N, C), **_norm_shapes(cfg, N, ""), "values": (N, 1)}
    gradients: Shapes = {"dqkv": (N, cfg.qkv_channels), "dattended": (N, H * D)}
    always: Shapes = {"dx": (N, C), "dnorm": (N, C)}
    if recompute:
        return layer, ends, _Phases(always, gradients | normed, activated)
    return layer, ends, _Phases(always, gradients, {})


def _training(
    cfg: ModelConfig, B: int, T: int, layer: Shapes, ends: Shapes, shapes: _Phases, kept: Array, shared: Array
) -> Activations:
    turns = _carve_phases(shared, shapes)
    # Made again in the backward pass, norms' outputs need memory only while a layer runs: that of a gradient.
    turns |= {"norm1": turns["dnorm"], "norm2": turns["dnorm"]}
    size = _size(layer)
    blocks = [_carve(kept[number * size : (number + 1) * size], layer) for number in range(cfg.n_layer)]
    end = _carve(kept[cfg.n_layer * size :], ends)
    streams = [block["x"] for block in blocks] + [end["last"]]
    layers = [_layer(cfg, B, T, turns | block | {"out": out}) for block, out in zip(blocks, streams[1:], strict=True)]
    q, k, v, rotated = _split(cfg, B, T, turns["dqkv"])
    backward = BackwardBuffers(
        dx=turns["dx"],
        dnorm=turns["dnorm"],
        dqkv=turns["dqkv"],
        dq=q,
        dk=k,
        dv=v,
        drotated=rotated,
        dattended=turns["dattended"],
        dattended_heads=turns["dattended"].reshape(B, T, cfg.n_head, cfg.head_dim),
    )
    return Activations(B, T, layers, streams[0], **end, backward=backward)


def _forward_only_shapes(cfg: ModelConfig, B: int, T: int) -> _Phases:
    N, C, H, G, D = B * T, cfg.n_embd, cfg.n_head, cfg.n_kv_head, cfg.head_dim
    always: Shapes = {"x": (N, C), "norm": (N, C), **_norm_shapes(cfg, N, ""), "values": (N, 1)}
    attention: Shapes = {"qkv": (N, cfg.qkv_channels), "attended": (N, H * D), "logsumexp": (B, H, T)}
    if cfg.qk_norm:
        attention |= {"q_rstd": (B, T, H), "k_rstd": (B, T, G), "qk": (N, (H + G) * D)}
    mlp: Shapes = {"activated": (N, cfg.n_hidden)}
    if cfg.mlp == "swiglu":
        mlp["hidden"] = (N, _hidden_channels(cfg))
    return _Phases(always, attention, mlp)


def _forward_only(cfg: ModelConfig, B: int, T: int, shapes: _Phases, shared: Array) -> Activations:
    """One residual stream, which each layer adds to in place, and one layer's buffers for all."""
    arrays = _carve_phases(shared, shapes)
    x, norm, mean, rstd, values = (arrays[name] for name in ("x", "norm", "mean", "rstd", "values"))
    statistics = {"mean1": mean, "mean2": mean, "rstd1": rstd, "rstd2": rstd}
    layer = _layer(cfg, B, T, arrays | statistics | {"norm1": norm, "norm2": norm, "middle": x, "out": x})
    return Activations(B, T, [layer] * cfg.n_layer, x, x, norm, mean, rstd, values, backward=None)


def _layer(cfg: ModelConfig, B: int, T: int, arrays: Mapping[str, Array]) -> LayerBuffers:
    q, k, v, rotated = _split(cfg, B, T, arrays["qkv"])
    views = {"raw_q": q, "raw_k": k, "q": q, "k": k, "v": v, "rotated": rotated}
    if cfg.qk_norm:
        heads = arrays["qk"].reshape(B, T, cfg.n_head + cfg.n_kv_head, cfg.head_dim)
        views |= {"q": heads[:, :, : cfg.n_head], "k": heads[:, :, cfg.n_head :], "rotated": heads}
    views["attended_heads"] = arrays["attended"].reshape(B, T, cfg.n_head, cfg.head_dim)
    found = dict(arrays) | views
    return LayerBuffers(**{field.name: found.get(field.name) for field in fields(LayerBuffers)})  # type: ignore[arg-type]


def _split(cfg: ModelConfig, B: int, T: int, qkv: Array) -> tuple[Array, Array, Array, Array]:
    """The heads of queries, of keys, of values, and of queries and keys together."""
    H, G = cfg.n_head, cfg.n_kv_head
    heads = qkv.reshape(B, T, H + 2 * G, cfg.head_dim)
    return heads[:, :, :H], heads[:, :, H : H + G], heads[:, :, H + G :], heads[:, :, : H + G]
