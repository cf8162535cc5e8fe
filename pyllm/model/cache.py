"""Generation: the cache of keys and values, filled by prompts and then by one token a row and step.

A step is a plan of kernel calls, from the tokens to the logits, or on to the next tokens: see ops.repeatable. Where the
weights are few, the plan reads a copy of them that is packed for the products.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy

from pyllm.model.activations import Workspace
from pyllm.model.blocks import Place, after_attention, before_attention, norm
from pyllm.model.inputs import checked_ids
from pyllm.model.parameters import Block, Parameters, aligned_zeros
from pyllm.threads import checked_integer

if TYPE_CHECKING:
    from pyllm.model.gpt import GPT

Array = numpy.ndarray[Any, numpy.dtype[Any]]

PREFILL_POSITIONS = 512  # at a time: bounds the memory that prompts take
DECODE_ROWS = 64  # at a time: PYLLM_FEW_ROWS of csrc/kernels.h, up to which a row's bits are those of the row alone
SHORT_PROMPT = 64  # tokens, up to which prompts go through the model together
PACKED_BYTES = 64 << 20  # of weights: fewer are packed; more would take long to copy, and too much memory twice


@dataclass(frozen=True)
class Draws:
    """How the next token of each row is drawn, for the rows of a cache; arguments of ops.sample, and its results."""

    seeds: Array  # (batch) uint64
    counters: Array  # (batch, 4) uint32; the third is the place of the token that is drawn
    temperatures: Array  # (batch) float64
    top_ks: Array  # (batch) int32
    top_ps: Array  # (batch) float64
    tokens: Array  # (batch) int32: a row's last token, then the one that was drawn
    logprobs: Array  # (batch), of the one that was drawn


class KVCache:
    """Keys and values of `batch` rows of up to `length` tokens; made by `GPT.new_cache`.

    keys, values: (L, batch, G, length, D); lengths: (batch,) int32, the tokens that each row holds; draws: see `step`.
    """

    def __init__(self, model: GPT, batch: int, length: int) -> None:
        cfg = model.cfg
        self.batch, self.length = batch, length
        shape = (cfg.n_layer, 2, batch, cfg.n_kv_head, length, cfg.head_dim)
        data = aligned_zeros(int(numpy.prod(shape, dtype=numpy.int64)), model.dtype).reshape(shape)
        self.keys, self.values = data[:, 0], data[:, 1]
        self.lengths, tokens, top_ks = numpy.zeros((3, batch), numpy.int32)
        temperatures, top_ps = numpy.ones((2, batch))
        self.draws = Draws(
            seeds=numpy.zeros(batch, numpy.uint64),
            counters=numpy.zeros((batch, 4), numpy.uint32),
            temperatures=temperatures,
            top_ks=top_ks,
            top_ps=top_ps,
            tokens=tokens,
            logprobs=numpy.zeros(batch, model.dtype),
        )
        self._seen, self._first = numpy.zeros((2, batch), numpy.int32)
        self._workspace = Workspace(cfg, model.dtype, recompute=True, apart=True)
        self._workspace.for_scoring(min(batch, DECODE_ROWS), 1)
        self._logits = aligned_zeros(batch * cfg.vocab_size, model.dtype).reshape(batch, cfg.vocab_size)
        self._weights: _Weights | None = None
        self._plans: dict[tuple[int, int, bool], Callable[[], None]] = {}

    def reset(self, row: int) -> None:
        """Empties a row."""
        self.lengths[self._checked_row(row, "row")] = 0

    def copy(self, source: int, target: int, length: int | None = None) -> None:
        """Makes row `target` hold the first `length` tokens of row `source`; default: all."""
        source, target = self._checked_row(source, "source"), self._checked_row(target, "target")
        held = int(self.lengths[source])
        length = held if length is None else checked_integer(length, "length")
        if not 0 <= length <= held:
            raise ValueError(f"row {source} of the cache holds {held} tokens: {length} of them cannot be copied")
        if source != target:
            self.keys[:, target, :, :length] = self.keys[:, source, :, :length]
            self.values[:, target, :, :length] = self.values[:, source, :, :length]
        self.lengths[target] = length

    def move(self, source: int, target: int) -> None:
        """Makes row `target` what row `source` is, with how its tokens are drawn, and empties `source`."""
        self.copy(source, target)
        if source != target:
            for field in fields(self.draws):
                array = getattr(self.draws, field.name)
                array[target] = array[source]
            self.reset(source)

    def step(self, model: GPT, n: int) -> None:
        """For each of the first n rows: appends draws.tokens, then draws the next token into it, and its logprobs.

        draws.counters count on. A row's token and log-probability are the same bits for any n.

        Raises:
            ValueError: a row is full, the cache is not for this model, or settings of draws are out of range.
        """
        _forward(model, self, n, draw=True)
        self.draws.counters[:n, 2] += 1

    def feed(self, model: GPT, prompts: Sequence[Array], rows: Sequence[int]) -> None:
        """Makes rows hold prompts, which may be empty; short ones go through the model together.

        What a row then holds has the same bits in any company.

        Raises:
            ValueError: a prompt is longer than the cache, or the cache is not for this model.
        """
        most = PREFILL_POSITIONS if self._current_weights(model).packed else DECODE_ROWS
        together: list[tuple[Array, int]] = []
        for prompt, row in zip(prompts, rows, strict=True):
            self.reset(row)
            if len(prompt) > SHORT_PROMPT:
                prefill(model, prompt, self, row)
                continue
            if together and sum(len(other) for other, _ in together) + len(prompt) > most:
                _feed_together(model, together, self)
                together = []
            if len(prompt):
                together.append((prompt, row))
        if together:
            _feed_together(model, together, self)

    def _checked_row(self, row: int, argument: str) -> int:
        row = checked_integer(row, argument)
        if not 0 <= row < self.batch:
            raise ValueError(f"{argument} must be a row of the cache, 0 to {self.batch - 1}, got {row}")
        return row

    def _current_weights(self, model: GPT) -> _Weights:
        weights = self._weights
        if weights is None or weights.source is not model.weights:
            _check_fit(model, self)
            self._plans = {}
            weights = self._weights = _Weights(model)
        weights.update(model)
        return weights

    def _planned(self, model: GPT, n: int, draw: bool) -> Iterator[Callable[[], None]]:
        """The plans of a step for the first n rows, DECODE_ROWS of them at a time."""
        weights = self._current_weights(model)
        for begin in range(0, n, DECODE_ROWS):
            rows = (begin, min(n, begin + DECODE_ROWS), draw)
            if rows not in self._plans:
                self._plans[rows] = _plan(model, weights, self, *rows)
            yield self._plans[rows]


class _Weights:
    """The parameters as decoding reads them: packed, if there are not too many, or as they are."""

    def __init__(self, model: GPT) -> None:
        self.source: Parameters = model.weights
        self.packed = model.cfg.matmul_parameters() * model.dtype.itemsize <= PACKED_BYTES
        self.blocks: list[Block] = self.source.blocks
        self.head: Any = self.source.head
        self._version: int | None = None if self.packed else model.version

    def update(self, model: GPT) -> None:
        """Takes over parameters that have changed."""
        if not self.packed or self._version == model.version:
            return
        pack, first = model.ops.pack, self._version is None
        blocks = []
        for source, old in zip(self.source.blocks, self.blocks, strict=True):
            names = ("qkv", "out", "mlp_in", "mlp_out")
            packed = {name: pack(getattr(source, name), None if first else getattr(old, name)) for name in names}
            blocks.append(replace(source, **packed) if first else old)
        self.blocks, self.head = blocks, pack(self.source.head, None if first else self.head)
        self._version = model.version


def _plan(model: GPT, w: _Weights, cache: KVCache, begin: int, end: int, draw: bool) -> Callable[[], None]:
    """A step for the rows begin ... end - 1: from draws.tokens, lengths and so on to the logits, or to draws.tokens."""
    ops, cfg, draws, rows = model.ops, model.cfg, cache.draws, slice(begin, end)
    a = cache._workspace.for_scoring(end - begin, 1)
    place = Place(cache.lengths[rows, None], None, *model.positions.tables(cache.length))
    seen, first = cache._seen[rows], None if cfg.window is None else cache._first[rows]
    keys, values = (part[:, rows].transpose(0, 1, 3, 2, 4) for part in (cache.keys, cache.values))
    logits = cache._logits[rows]

    def work() -> None:
        model.embed(draws.tokens[rows], place, a.x)
        for block, b, layer_keys, layer_values in zip(w.blocks, a.layers, keys, values, strict=True):
            before_attention(ops, cfg, block, b, place)
            ops.attention_decode(b.q, b.k, b.v, layer_keys, layer_values, b.attended_heads, seen, first=first)
            after_attention(ops, cfg, block, b)
        norm(ops, cfg, a.last, w.source.norm, w.source.norm_bias, a.final, a.mean, a.rstd)
        ops.matmul(a.final, w.head, logits, transpose_b=True)
        if draw:
            ops.sample(
                logits,
                draws.tokens[rows],
                draws.logprobs[rows],
                seed=draws.seeds[rows],
                counters=draws.counters[rows],
                temperature=draws.temperatures[rows],
                top_k=draws.top_ks[rows],
                top_p=draws.top_ps[rows],
            )

    step: Callable[[], None] = ops.repeatable(work)
    return step


def _forward(model: GPT, cache: KVCache, n: int, draw: bool) -> None:
    """Puts draws.tokens of the first n rows through the model."""
    lengths, seen = cache.lengths[:n], cache._seen[:n]
    numpy.add(lengths, 1, out=seen)
    if (window := model.cfg.window) is not None:
        numpy.maximum(seen - numpy.int32(window), 0, out=cache._first[:n])
    for plan in cache._planned(model, n, draw):
        plan()
    lengths += 1


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
    cache.draws.tokens[:n] = tokens
    _forward(model, cache, n, draw=False)
    logits: Array = cache._logits[:n]
    return logits


def _feed_together(model: GPT, prompts: Sequence[tuple[Array, int]], cache: KVCache) -> None:
    """One pass over the tokens of all prompts; each is a query of its own, as in decoding. No logits."""
    ops, cfg, w = model.ops, model.cfg, cache._current_weights(model)
    lengths = [len(prompt) for prompt, _ in prompts]
    if max(lengths) > cache.length:
        raise ValueError(f"a prompt has {max(lengths)} tokens, but the cache's rows hold {cache.length}")
    tokens = numpy.concatenate([prompt for prompt, _ in prompts])
    rows = numpy.repeat(numpy.array([row for _, row in prompts], numpy.int32), lengths)
    positions = numpy.concatenate([numpy.arange(length, dtype=numpy.int32) for length in lengths])
    seen = positions + numpy.int32(1)
    first = None if cfg.window is None else numpy.maximum(seen - numpy.int32(cfg.window), numpy.int32(0))
    place = Place(positions[:, None], None, *model.positions.tables(cache.length))
    a = model.workspace.for_scoring(len(tokens), 1)
    model.embed(tokens, place, a.x)
    for number, (block, b) in enumerate(zip(w.blocks, a.layers, strict=True)):
        before_attention(ops, cfg, block, b, place)
        keys, values = (part[number].transpose(0, 2, 1, 3) for part in (cache.keys, cache.values))
        if number == cfg.n_layer - 1:  # nobody reads what comes of its queries
            keys[rows, positions], values[rows, positions] = b.k[:, 0], b.v[:, 0]
            break
        ops.attention_decode(b.q, b.k, b.v, keys, values, b.attended_heads, seen, rows=rows, first=first)
        after_attention(ops, cfg, block, b)
    for prompt, row in prompts:
        cache.lengths[row] = len(prompt)


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
