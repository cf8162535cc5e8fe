"""Generation: the cache of keys and values, filled by prompts (prefill) and then by one token a row (decode)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy

from pyllm.model.activations import Workspace
from pyllm.model.blocks import Place, after_attention, before_attention, norm
from pyllm.model.inputs import checked_ids
from pyllm.model.parameters import Parameters, aligned_zeros
from pyllm.threads import checked_integer

if TYPE_CHECKING:
    from pyllm.model.gpt import GPT

Array = numpy.ndarray[Any, numpy.dtype[Any]]

PREFILL_POSITIONS = 512  # at a time: bounds the memory that a long prompt takes
DECODE_ROWS = 64  # at a time: PYLLM_FEW_ROWS of csrc/kernels.h, up to which a row's bits are those of the row alone


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
        self._logits = aligned_zeros(batch * cfg.vocab_size, model.dtype).reshape(batch, cfg.vocab_size)
        self._plans: dict[tuple[int, int], _DecodePlan] = {}

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

    def _plan(self, model: GPT, begin: int, end: int) -> _DecodePlan:
        plan = self._plans.get((begin, end))
        if plan is None or plan.weights is not model.weights:
            plan = self._plans[begin, end] = _decode_plan(model, self, begin, end)
        return plan


@dataclass(slots=True)
class _DecodePlan:
    """A step of decoding for n rows of a cache: what it reads and writes, and what does it."""

    weights: Parameters
    tokens: Array  # (n) int32, the new ones
    positions: Array  # (n) int32, of the new tokens
    seen: Array  # (n) int32, the tokens that each row sees, the new one included
    first: Array | None  # (n) int32, the first that it sees
    step: Callable[[], None]  # from all these to the cache and its logits


def _decode_plan(model: GPT, cache: KVCache, begin: int, end: int) -> _DecodePlan:
    """The plan for the rows begin ... end - 1."""
    ops, cfg, w = model.ops, model.cfg, model.weights
    activations = cache._workspace.for_scoring(end - begin, 1)
    tokens, positions, seen, starts = numpy.zeros((4, end - begin), numpy.int32)
    first = None if cfg.window is None else starts
    place = Place(positions[:, None], None, *model.positions.tables(cache.length))
    logits = cache._logits[begin:end]
    keys, values = (part[:, begin:end].transpose(0, 1, 3, 2, 4) for part in (cache.keys, cache.values))

    def step() -> None:
        a = activations
        model.embed(tokens, place, a.x)
        for block, b, layer_keys, layer_values in zip(w.blocks, a.layers, keys, values, strict=True):
            before_attention(ops, cfg, block, b, place)
            ops.attention_decode(b.q, b.k, b.v, layer_keys, layer_values, b.attended_heads, seen, first=first)
            after_attention(ops, cfg, block, b)
        norm(ops, cfg, a.last, w.norm, w.norm_bias, a.final, a.mean, a.rstd)
        ops.matmul(a.final, w.head, logits, transpose_b=True)

    return _DecodePlan(w, tokens, positions, seen, first, ops.repeatable(step))


def decode(model: GPT, tokens: Array, cache: KVCache) -> Array:
    """One new token for each of the first rows; see GPT.decode."""
    tokens = checked_ids("tokens", tokens, 1, 0, model.cfg.vocab_size)
    _check_fit(model, cache)
    n = len(tokens)
    if n > cache.batch:
        raise ValueError(f"tokens must be 1 to {cache.batch} ids, one for each row of the cache, got {n}")
    lengths = cache.lengths[:n]
    if lengths.max() >= cache.length:
        raise ValueError(f"row {int(lengths.argmax())} of the cache is full: it holds {cache.length} tokens")
    for begin in range(0, n, DECODE_ROWS):
        end = min(n, begin + DECODE_ROWS)
        plan = cache._plan(model, begin, end)
        plan.tokens[:] = tokens[begin:end]
        plan.positions[:] = lengths[begin:end]
        numpy.add(plan.positions, 1, out=plan.seen)
        if plan.first is not None and (window := model.cfg.window) is not None:
            numpy.maximum(plan.seen - numpy.int32(window), 0, out=plan.first)
        plan.step()
    lengths += 1
    logits: Array = cache._logits[:n]
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
    found = cache.keys.shape[0], cache.keys.shape[2], cache.keys.shape[4], cache._logits.shape[1]
    if found != (cfg.n_layer, cfg.n_kv_head, cfg.head_dim, cfg.vocab_size):
        raise ValueError("the cache was made for a model of another shape; new_cache makes one for this")
