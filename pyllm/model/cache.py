"""Generation: the cache of keys and values, filled by prompts (prefill) and then by one token a row (decode)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy

from pyllm.model.activations import LayerBuffers, Workspace
from pyllm.model.blocks import Place, after_attention, before_attention, norm
from pyllm.model.parameters import Block, Parameters, aligned_zeros
from pyllm.threads import checked_integer

if TYPE_CHECKING:
    from pyllm.model.gpt import GPT

Array = numpy.ndarray[Any, numpy.dtype[Any]]

PREFILL_POSITIONS = 512  # at a time: bounds the memory that a long prompt takes


class KVCache:
    """Keys and values of `batch` rows of up to `length` tokens; made by `GPT.new_cache`.

    keys, values: (L, batch, G, length, D); lengths: (batch,) int32, the tokens that each row holds.
    """

    def __init__(self, model: GPT, batch: int, length: int) -> None:
        cfg = model.cfg
        self.batch, self.length = batch, length
        shape = (cfg.n_layer, 2, batch, cfg.n_kv_head, length, cfg.head_dim)
        data = aligned_zeros(int(numpy.prod(shape, dtype=numpy.int64)), model.dtype).reshape(shape)
        self.keys, self.values = data[:, 0], data[:, 1]
        self.lengths = numpy.zeros(batch, numpy.int32)
        self._workspace = Workspace(cfg, model.dtype, recompute=True)
        self._workspace.for_scoring(batch, 1)
        self._logits = aligned_zeros(batch * cfg.vocab_size, model.dtype)
        self._plans: dict[int, _DecodePlan] = {}

    def reset(self, row: int) -> None:
        """Empties a row."""
        self.lengths[self._checked_row(row, "row")] = 0

    def copy(self, source: int, target: int) -> None:
        """Makes row `target` hold what row `source` does."""
        source, target = self._checked_row(source, "source"), self._checked_row(target, "target")
        length = self.lengths[source]
        if source != target:
            self.keys[:, target, :, :length] = self.keys[:, source, :, :length]
            self.values[:, target, :, :length] = self.values[:, source, :, :length]
            self.lengths[target] = length

    def move(self, source: int, target: int) -> None:
        """Copies row `source` to row `target` and empties `source`."""
        self.copy(source, target)
        if source != target:
            self.reset(source)

    def _checked_row(self, row: int, argument: str) -> int:
        row = checked_integer(row, argument)
        if not 0 <= row < self.batch:
            raise ValueError(f"{argument} must be a row of the cache, 0 to {self.batch - 1}, got {row}")
        return row

    def _plan(self, model: GPT, rows: int) -> _DecodePlan:
        plan = self._plans.get(rows)
        if plan is None or plan.weights is not model.weights:
            _check_fit(model, self)
            plan = self._plans[rows] = _decode_plan(model, self, rows)
        return plan


@dataclass(slots=True)
class _DecodePlan:
    """The views and buffers of decoding for the first n rows of a cache."""

    weights: Parameters
    layers: list[
        tuple[Block, Array, Array, Array, Array]
    ]  # block; keys, values (n, length, G, D); the same, (n, G, length, D)
    buffers: LayerBuffers
    k: Array  # (n, G, D), the new keys; n = 1: (G, D)
    v: Array  # as k
    x: Array  # (n, C)
    final: Array  # (n, C)
    mean: Array
    rstd: Array
    lengths: Array  # (n), of the cache
    seen: Array  # (n) int32, the tokens that each row sees, the new one included
    positions: Array  # (n) int32, of the new tokens
    place: Place
    rows: Any  # the index of the rows: 0 ... n - 1
    logits: Array  # (n, V)


def _decode_plan(model: GPT, cache: KVCache, n: int) -> _DecodePlan:
    activations = cache._workspace.for_scoring(n, 1)
    b = activations.layers[0]
    positions = numpy.zeros((n, 1), numpy.int32)
    layers = [
        (block, keys[:n].transpose(0, 2, 1, 3), values[:n].transpose(0, 2, 1, 3), keys[:n], values[:n])
        for block, keys, values in zip(model.weights.blocks, cache.keys, cache.values, strict=True)
    ]
    V = model.cfg.vocab_size
    return _DecodePlan(
        weights=model.weights,
        layers=layers,
        buffers=b,
        k=b.k[0, 0] if n == 1 else b.k[:, 0],
        v=b.v[0, 0] if n == 1 else b.v[:, 0],
        x=activations.x,
        final=activations.final,
        mean=activations.mean,
        rstd=activations.rstd,
        lengths=cache.lengths[:n],
        seen=numpy.zeros(n, numpy.int32),
        positions=positions[:, 0],
        place=Place(positions, None, *model.positions.tables(cache.length)),
        rows=0 if n == 1 else numpy.arange(n),
        logits=cache._logits[: n * V].reshape(n, V),
    )


def decode(model: GPT, tokens: Array, cache: KVCache) -> Array:
    """One new token for each of the first rows; see GPT.decode."""
    if not isinstance(tokens, numpy.ndarray) or tokens.ndim != 1 or not 1 <= len(tokens) <= cache.batch:
        raise ValueError(f"tokens must be an int32 array of 1 to {cache.batch} ids, one for each row of the cache")
    plan = cache._plan(model, len(tokens))
    ops, cfg, b, w = model.ops, model.cfg, plan.buffers, plan.weights
    positions, seen = plan.positions, plan.seen
    if plan.lengths.max() >= cache.length:
        raise ValueError(f"row {int(plan.lengths.argmax())} of the cache is full: it holds {cache.length} tokens")
    positions[:] = plan.lengths
    numpy.add(positions, 1, out=seen)
    first = None if cfg.window is None else numpy.maximum(seen - numpy.int32(cfg.window), 0)
    at: Any = int(positions[0]) if len(tokens) == 1 else positions
    if w.positions is None:
        ops.embedding_forward(tokens, w.embedding, plan.x)
    else:
        ops.embedding_forward(tokens, w.embedding, plan.x, positions=positions, position_table=w.positions)
    for block, keys, values, key_slots, value_slots in plan.layers:
        before_attention(ops, cfg, block, b, plan.place)
        key_slots[plan.rows, :, at] = plan.k
        value_slots[plan.rows, :, at] = plan.v
        ops.attention_decode(b.q, keys, values, b.attended_heads, seen, first=first)
        after_attention(ops, cfg, block, b)
    norm(ops, cfg, plan.x, w.norm, w.norm_bias, plan.final, plan.mean, plan.rstd)
    ops.matmul(plan.final, w.head, plan.logits, transpose_b=True)
    plan.lengths[:] = seen
    logits: Array = plan.logits
    return logits


def prefill(model: GPT, tokens: Array, cache: KVCache, row: int) -> Array:
    """Appends a prompt to a row; see GPT.prefill."""
    row = cache._checked_row(row, "row")
    _check_fit(model, cache)
    ops, cfg, w = model.ops, model.cfg, model.weights
    end = int(cache.lengths[row])
    if end + len(tokens) > cache.length:
        raise ValueError(
            f"row {row} of the cache holds {end} of {cache.length} tokens: there is no room for {len(tokens)} more"
        )
    for place_in_prompt in range(0, len(tokens), PREFILL_POSITIONS):
        part = tokens[place_in_prompt : place_in_prompt + PREFILL_POSITIONS]
        begin, end = end, end + len(part)
        place = model.positions.following(begin, len(part))
        activations = model.workspace.for_scoring(1, len(part))
        model.embed(part, place, activations.x)
        for block, b, keys, values in zip(w.blocks, activations.layers, cache.keys, cache.values, strict=True):
            before_attention(ops, cfg, block, b, place)
            row_keys, row_values = keys[row].transpose(1, 0, 2), values[row].transpose(1, 0, 2)  # (length, G, D)
            row_keys[begin:end], row_values[begin:end] = b.k[0], b.v[0]
            ops.attention_forward(
                b.q, row_keys[None, :end], row_values[None, :end], b.attended_heads, b.logsumexp, first=place.first
            )
            after_attention(ops, cfg, block, b)
    last = slice(len(part) - 1, len(part))
    a = activations
    norm(ops, cfg, a.last[last], w.norm, w.norm_bias, a.final[last], a.mean[last], a.rstd[last])
    logits = numpy.empty((1, cfg.vocab_size), model.dtype)
    ops.matmul(a.final[last], w.head, logits, transpose_b=True)
    cache.lengths[row] = end
    return logits.reshape(-1)


def _check_fit(model: GPT, cache: KVCache) -> None:
    cfg = model.cfg
    found = cache.keys.shape[0], cache.keys.shape[2], cache.keys.shape[4], len(cache._logits) // cache.batch
    if found != (cfg.n_layer, cfg.n_kv_head, cfg.head_dim, cfg.vocab_size):
        raise ValueError("the cache was made for a model of another shape; new_cache makes one for this")
