"""GPT: one model for the families of GPT-2 and Llama, its forward and backward pass, and what holds its memory.

Decoder-only transformer (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"; Touvron et al.
2023, https://arxiv.org/abs/2302.13971). All numeric work is in the kernels of pyllm.ops; here stands which of them is
called on what.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy

from pyllm.model import cache as kv_cache
from pyllm.model import parameters as arena
from pyllm.model.activations import Activations, Workspace
from pyllm.model.blocks import Place, after_attention, before_attention, block_backward, norm, norm_backward
from pyllm.model.cache import KVCache
from pyllm.model.config import ModelConfig
from pyllm.model.inputs import Outputs, checked_gradient, checked_ids, checked_mask, checked_pass
from pyllm.model.parameters import BlockMatrix, ParameterRange, Parameters
from pyllm.model.positions import Positions
from pyllm.threads import checked_integer

Array = numpy.ndarray[Any, numpy.dtype[Any]]


class StaleActivations(RuntimeError):
    """There is no forward pass that backward could belong to."""


@dataclass(slots=True)
class _Pending:
    """What backward needs to know of the last forward pass."""

    activations: Activations
    place: Place
    tokens: Array  # (N)
    targets: Array | None  # (N)
    logsumexp: Array | None  # (N)
    entropies: Array | None  # (N)
    version: int


class GPT:
    """A language model.

    Token ids, targets and segments are int32, C-contiguous. `parameters` and `grads` map Hugging Face's names to views
    of the arenas; call `touch` after writing to parameters.

    Args:
        cfg: its shape.
        seed: of the initial parameters: normal with deviation s = 0.02 sqrt(768 / n_embd), the projections into the
            residual stream with s / sqrt(2 n_layer) (Radford et al. 2019, section 2.3), norms 1, biases 0, the value
            head 0.
        device: "cpu".
        dtype: "float32".
        trainable: False: no gradients and no buffers for the backward pass.
        recompute: keep less for the backward pass: outputs of norms and activation functions are made again in it. The
            results are the same bits.
        ops: the kernels: a module with the functions of pyllm.ops; default: those of the device. With
            pyllm.ops.reference, dtype may also be "float64".

    Raises:
        TypeError, ValueError: an argument is of another type or out of range.
    """

    def __init__(
        self,
        cfg: ModelConfig,
        seed: int = 0,
        device: str = "cpu",
        dtype: str = "float32",
        trainable: bool = True,
        *,
        recompute: bool = True,
        ops: Any = None,
    ) -> None:
        seed = checked_integer(seed, "seed")
        if seed < 0:
            raise ValueError(f"seed must be at least 0, got {seed}")
        self._build(cfg, device, dtype, trainable, recompute, ops)
        arena.initialise(cfg, self.weights, seed)

    def _build(self, cfg: ModelConfig, device: str, dtype: str, trainable: bool, recompute: bool, ops: Any) -> None:
        if not isinstance(cfg, ModelConfig):
            raise TypeError(f"cfg must be a ModelConfig, got {type(cfg).__name__}")
        if device != "cpu":
            raise ValueError(f"device must be 'cpu', got {device!r}")
        if dtype not in (("float32",) if ops is None else ("float32", "float64")):
            raise ValueError(f"dtype must be 'float32', got {dtype!r}")
        if ops is None:
            from pyllm.ops import cpu as ops
        self.cfg, self.device, self.dtype, self.ops, self.recompute = cfg, device, numpy.dtype(dtype), ops, recompute
        self.version = 0
        self.weights = Parameters(cfg, self.dtype)
        self.gradients = Parameters(cfg, self.dtype) if trainable else None
        self.workspace = Workspace(cfg, self.dtype, recompute)
        self.positions = Positions(cfg, self.dtype)
        self._pending: _Pending | None = None

    @classmethod
    def empty(
        cls,
        cfg: ModelConfig,
        device: str = "cpu",
        dtype: str = "float32",
        trainable: bool = True,
        *,
        recompute: bool = True,
        ops: Any = None,
    ) -> GPT:
        """A model whose parameters are all zero, to be filled."""
        model = cls.__new__(cls)
        model._build(cfg, device, dtype, trainable, recompute, ops)
        return model

    # Parameters

    @property
    def trainable(self) -> bool:
        """Whether the model has gradients."""
        return self.gradients is not None

    @property
    def parameters(self) -> Mapping[str, Array]:
        """Hugging Face's names and views of the parameters."""
        return self.weights.named

    @property
    def grads(self) -> Mapping[str, Array]:
        """The same names and views of the gradients; empty when the model is frozen."""
        return MappingProxyType({}) if self.gradients is None else self.gradients.named

    @property
    def parameter_arena(self) -> Array:
        """All parameters, flat, with padding that is zero."""
        return self.weights.arena

    @property
    def gradient_arena(self) -> Array:
        """All gradients, as parameter_arena.

        Raises:
            ValueError: the model is frozen.
        """
        return self._gradients().arena

    def _gradients(self) -> Parameters:
        if self.gradients is None:
            raise ValueError("this model is frozen: it was made with trainable=False and has no gradients")
        return self.gradients

    def parameter_ranges(self) -> list[ParameterRange]:
        """Where each tensor lies in the arenas, and whether it is under weight decay: matrices and embeddings are."""
        return arena.parameter_ranges(self.cfg)

    def block_matrices(self) -> list[BlockMatrix]:
        """Where each matrix of the blocks lies in the arenas; queries, keys, values, gate and up are one each."""
        return list(arena.block_matrices(self.cfg))

    def touch(self) -> None:
        """Says that parameters were written to: `version` goes up, and a pending backward pass is void."""
        self.version += 1

    def zero_grads(self) -> None:
        """Sets all gradients to zero."""
        self._gradients().arena.fill(0)

    def copy(self, trainable: bool = False) -> GPT:
        """A model with the same parameters in memory of its own; by default a frozen one."""
        model = GPT.empty(self.cfg, self.device, self.dtype.name, trainable, recompute=self.recompute, ops=self.ops)
        model.weights.arena[...] = self.weights.arena
        return model

    def resize_vocabulary(self, n: int) -> None:
        """Gives the model n token ids: the last rows go, or new ones come, each the mean of those there are.

        The mean keeps new tokens from standing out before they are trained (Hewitt 2021, "Initializing new word
        embeddings for pretrained language models"). The arenas move: gradients become zero, and optimizers and caches
        must be made anew.

        Raises:
            TypeError, ValueError: n is not an integer of at least 1.
        """
        cfg = replace(self.cfg, vocab_size=n)
        weights = Parameters(cfg, self.dtype)
        for name, old in self.weights.named.items():
            new = weights.named[name]
            if new.shape == old.shape:
                new[...] = old
            else:
                kept = min(cfg.vocab_size, self.cfg.vocab_size)
                new[:kept] = old[:kept]
                new[kept:] = old.mean(axis=0, dtype=numpy.float64)
        trainable = self.trainable
        self.gradients = None
        self.cfg, self.weights = cfg, weights
        self.gradients = Parameters(cfg, self.dtype) if trainable else None
        self.workspace = Workspace(cfg, self.dtype, self.recompute)
        self.positions = Positions(cfg, self.dtype)
        self._pending = None
        self.touch()

    def num_parameters(self) -> int:
        """All parameters; a tied embedding counts once."""
        return self.cfg.num_parameters()

    def flops_per_token(self, T: int) -> int:
        """Floating-point operations of forward and backward a token; see ModelConfig.flops_per_token."""
        return self.cfg.flops_per_token(T)

    def memory_report(self) -> dict[str, int]:
        """Bytes by use: parameters, gradients, activations kept for the backward pass, buffers that layers share."""
        kept, shared = self.workspace.bytes
        gradients = 0 if self.gradients is None else self.gradients.arena.nbytes
        return {"parameters": self.weights.arena.nbytes, "gradients": gradients, "activations": kept, "buffers": shared}

    def save(self, folder: str | os.PathLike[str], *, shard_bytes: int | None = None) -> None:
        """Writes config.json and model.safetensors, as Hugging Face has them; pyllm.load reads them.

        Written under temporary names, flushed, and renamed at the end.

        Args:
            folder: made if need be; other files in it stay.
            shard_bytes: cut the weights into files of at most about so many bytes; default: one file.

        Raises:
            OSError: a file cannot be written.
        """
        from pyllm.model.folders import save

        save(self, folder, shard_bytes)

    # Forward

    def forward(self, tokens: Array, targets: Array, segments: Array | None = None) -> Array:
        """The log-probability (B, T) of each target, in nats; the caller's own copy. `backward` may follow.

        Args:
            tokens: (B, T) ids.
            targets: (B, T) ids, -1 where there is nothing to compute: there the log-probability is 0.
            segments: (B, T), not decreasing along a row: attention stays inside a segment, and positions restart there.

        Raises:
            TypeError, ValueError: an array is of another type, shape or layout; an id is out of range; a row is longer
                than the learned positions.
        """
        logprobs = self.outputs(tokens, targets, segments).logprobs
        assert logprobs is not None
        return logprobs

    def outputs(
        self,
        tokens: Array,
        targets: Array | None,
        segments: Array | None = None,
        want: Sequence[str] = ("logprobs",),
    ) -> Outputs:
        """As forward, but computes what is wanted: some of "logprobs", "entropies" and "values".

        targets may be None when only values are wanted. A frozen model computes as `score` does.
        """
        if self.gradients is None:
            return self.score(tokens, targets, segments, want)
        self._pending = None
        tokens, flat_targets, segments, want = checked_pass(self.cfg, tokens, targets, segments, want)
        B, T = tokens.shape
        place = self.positions.of_rows(B, T, segments)
        activations = self.workspace.for_training(B, T)
        tokens = tokens.reshape(-1).copy()
        self._trunk(tokens, place, activations)
        outputs, logsumexp = self._heads(activations, flat_targets, want)
        entropies = None if outputs.entropies is None else outputs.entropies.reshape(-1).copy()
        if flat_targets is not None:
            flat_targets = flat_targets.copy()
        self._pending = _Pending(activations, place, tokens, flat_targets, logsumexp, entropies, self.version)
        return outputs

    def score(
        self,
        tokens: Array,
        targets: Array | None,
        segments: Array | None = None,
        want: Sequence[str] = ("logprobs",),
    ) -> Outputs:
        """As outputs, without a backward pass: a pending one stays valid."""
        tokens, flat_targets, segments, want = checked_pass(self.cfg, tokens, targets, segments, want)
        B, T = tokens.shape
        activations = self.workspace.for_scoring(B, T)
        self._trunk(tokens.reshape(-1), self.positions.of_rows(B, T, segments), activations)
        return self._heads(activations, flat_targets, want)[0]

    def logits(self, tokens: Array, segments: Array | None = None) -> Array:
        """All logits (B, T, V): for inspection and tests only, they take B T V 4 bytes."""
        tokens, _, segments, _ = checked_pass(self.cfg, tokens, None, segments, ())
        B, T = tokens.shape
        activations = self.workspace.for_scoring(B, T)
        self._trunk(tokens.reshape(-1), self.positions.of_rows(B, T, segments), activations)
        logits = numpy.empty((B * T, self.cfg.vocab_size), self.dtype)
        self.ops.matmul(activations.final, self.weights.head, logits, transpose_b=True)
        return logits.reshape(B, T, -1)

    def embed(self, tokens: Array, place: Place, out: Array) -> None:
        """What enters the first layer: out (N, C), from tokens (N)."""
        w = self.weights
        if w.positions is None:
            self.ops.embedding_forward(tokens, w.embedding, out)
        else:
            positions = place.positions.reshape(-1)
            self.ops.embedding_forward(tokens, w.embedding, out, positions=positions, position_table=w.positions)

    def _trunk(self, tokens: Array, place: Place, a: Activations) -> None:
        """From tokens (N) to a.final."""
        ops, cfg, w = self.ops, self.cfg, self.weights
        self.embed(tokens, place, a.x)
        for block, b in zip(w.blocks, a.layers, strict=True):
            before_attention(ops, cfg, block, b, place)
            ops.attention_forward(b.q, b.k, b.v, b.attended_heads, b.logsumexp, first=place.first)
            after_attention(ops, cfg, block, b)
        norm(ops, cfg, a.last, w.norm, w.norm_bias, a.final, a.mean, a.rstd)

    def _heads(self, a: Activations, targets: Array | None, want: Sequence[str]) -> tuple[Outputs, Array | None]:
        """What is wanted of a.final, and the logsumexp (N) of its logits where they were computed."""
        outputs, logsumexp = Outputs(), None
        N, shape = a.batch * a.time, (a.batch, a.time)
        if "logprobs" in want or "entropies" in want:
            logprobs, logsumexp = numpy.empty(N, self.dtype), numpy.empty(N, self.dtype)
            entropies = numpy.empty(N, self.dtype) if "entropies" in want else None
            self.ops.classifier_forward(
                a.final, self.weights.head, targets, logprobs, logsumexp=logsumexp, entropies=entropies
            )
            outputs.logprobs = logprobs.reshape(shape) if "logprobs" in want else None
            outputs.entropies = None if entropies is None else entropies.reshape(shape)
        if "values" in want:
            self.ops.matmul(a.final, self.weights.score, a.values, transpose_b=True)
            outputs.values = a.values.reshape(shape).copy()
        return outputs, logsumexp

    # Backward

    def backward(
        self, dlogprobs: Array | None = None, dentropies: Array | None = None, dvalues: Array | None = None
    ) -> None:
        """From the gradients (B, T) of what the last forward or outputs gave, adds to `grads`. Valid once.

        Raises:
            StaleActivations: there is no such pass, parameters have changed since, or the model is frozen.
            TypeError, ValueError: a gradient is of another type or shape, or of something that was not asked for.
        """
        if self.gradients is None:
            raise StaleActivations("this model is frozen: it keeps no activations that backward could use")
        pending = self._pending
        if pending is None:
            raise StaleActivations("backward is valid once, after forward or outputs; call one of them first")
        if pending.version != self.version:
            raise StaleActivations("the parameters have changed since the forward pass; call forward or outputs again")
        a, w, grads = pending.activations, self.weights, self.gradients
        assert a.backward is not None
        gradients = {"dlogprobs": dlogprobs, "dentropies": dentropies, "dvalues": dvalues}
        shape = a.batch, a.time
        flat = {
            name: checked_gradient(name, gradient, shape, self.dtype)
            for name, gradient in gradients.items()
            if gradient is not None
        }
        if not flat:
            raise ValueError("backward needs at least one of dlogprobs, dentropies and dvalues")
        if "dlogprobs" in flat and pending.logsumexp is None:
            raise ValueError("dlogprobs was given, but the last pass computed no log-probabilities")
        if "dentropies" in flat and pending.entropies is None:
            raise ValueError("dentropies was given, but the last pass computed no entropies: add them to `want`")
        if "dvalues" in flat and w.score is None:
            raise ValueError("dvalues was given, but the model has no value head")
        self._pending = None
        dfinal = a.backward.dnorm
        from_classifier = "dlogprobs" in flat or "dentropies" in flat
        if from_classifier:
            self.ops.classifier_backward(
                a.final,
                w.head,
                pending.targets,
                pending.logsumexp,
                dfinal,
                grads.head,
                dlogprobs=flat.get("dlogprobs"),
                dentropies=flat.get("dentropies"),
                entropies=pending.entropies,
            )
        if "dvalues" in flat:
            dvalues = flat["dvalues"].reshape(-1, 1)
            self.ops.matmul(dvalues, a.final, grads.score, transpose_a=True, addend=grads.score)
            self.ops.matmul(dvalues, w.score, dfinal, addend=dfinal if from_classifier else None)
        self._trunk_backward(pending.tokens, pending.place, a)

    def loss_and_backward(
        self,
        tokens: Array,
        targets: Array,
        mask: Array | None = None,
        segments: Array | None = None,
        denominator: float | None = None,
    ) -> float:
        """The loss sum(mask nll) / denominator, in nats, whose gradients are added to `grads`: forward and backward.

        Args:
            tokens: as in forward.
            targets: as in forward; those of -1 do not count.
            mask: (B, T), the weight of each target; default: all 1.
            denominator: default: the sum of the mask where there are targets. Over several batches to one step pass the
                sum over all of them: a mean of means weighs tokens unequally.
            segments: as in forward.

        Raises:
            TypeError, ValueError: as forward; no target counts and no denominator is given; the model is frozen.
        """
        grads = self._gradients()
        self._pending = None
        tokens, flat_targets, segments, _ = checked_pass(self.cfg, tokens, targets, segments, ("logprobs",))
        assert flat_targets is not None
        B, T = tokens.shape
        counted = flat_targets >= 0
        if mask is None:
            weights = counted.astype(self.dtype)
        else:
            weights = numpy.where(counted, checked_mask(mask, (B, T)), 0).astype(self.dtype)
            flat_targets = numpy.where(weights != 0, flat_targets, numpy.int32(-1))
        if denominator is None:
            denominator = float(weights.sum(dtype=numpy.float64))
        if not numpy.isfinite(denominator) or denominator == 0:
            raise ValueError(
                f"the loss would be divided by {denominator}: no target counts, or the mask or denominator is wrong"
            )
        place = self.positions.of_rows(B, T, segments)
        a = self.workspace.for_training(B, T)
        assert a.backward is not None
        tokens = tokens.reshape(-1)
        self._trunk(tokens, place, a)
        logprobs = numpy.empty(B * T, self.dtype)
        dlogprobs = weights * self.dtype.type(-1 / denominator)
        self.ops.classifier_forward_backward(
            a.final, self.weights.head, flat_targets, dlogprobs, logprobs, a.backward.dnorm, grads.head
        )
        self._trunk_backward(tokens, place, a)
        return -float((weights * logprobs).sum(dtype=numpy.float64)) / denominator

    def _trunk_backward(self, tokens: Array, place: Place, a: Activations) -> None:
        """From the gradient of a.final, in a.backward.dnorm, to those of all parameters below it."""
        ops, cfg, w, d = self.ops, self.cfg, self.weights, a.backward
        grads = self._gradients()
        assert d is not None
        norm_backward(
            ops, cfg, d.dnorm, a.last, w.norm, a.mean, a.rstd, d.dx, grads.norm, grads.norm_bias, dresidual=None
        )
        for block, dblock, b in zip(reversed(w.blocks), reversed(grads.blocks), reversed(a.layers), strict=True):
            block_backward(ops, cfg, block, dblock, b, d, place, self.recompute)
        if grads.positions is None:
            ops.embedding_backward(tokens, d.dx, grads.embedding)
        else:
            positions = place.positions.reshape(-1)
            ops.embedding_backward(tokens, d.dx, grads.embedding, positions=positions, dposition_table=grads.positions)

    # Generation

    def new_cache(self, batch: int, length: int | None = None) -> KVCache:
        """An empty cache for `batch` rows of up to `length` tokens; default: the context.

        Raises:
            TypeError, ValueError: batch or length is not an integer of at least 1, or beyond the learned positions.
        """
        length = self.cfg.context if length is None else checked_integer(length, "length")
        batch = checked_integer(batch, "batch")
        if batch < 1 or length < 1:
            raise ValueError(f"batch and length must be at least 1, got {batch} and {length}")
        if self.cfg.position == "learned" and length > self.cfg.context:
            raise ValueError(f"length must be at most the model's {self.cfg.context} positions, got {length}")
        return KVCache(self, batch, length)

    def prefill(self, tokens: Array, cache: KVCache, row: int) -> Array:
        """Appends tokens (T) to a row of the cache; returns the logits (V) after the last, the caller's own copy.

        Raises:
            TypeError, ValueError: tokens are of another type, empty, or out of range; the row has no room for them.
        """
        tokens = checked_ids("tokens", tokens, 1, 0, self.cfg.vocab_size)
        return kv_cache.prefill(self, tokens, cache, row)

    def decode(self, tokens: Array, cache: KVCache) -> Array:
        """Appends one token to each of the first n rows of the cache: tokens (n).

        Returns:
            The logits (n, V) after them, valid until the next call. A row's are the same bits for any n.

        Raises:
            TypeError, ValueError: tokens are of another type or out of range, or a row of the cache is full.
        """
        return kv_cache.decode(self, tokens, cache)
