"""What goes into a pass of the model and what comes out of it: arguments checked, results by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from pyllm.model.config import ModelConfig

Array = numpy.ndarray[Any, numpy.dtype[Any]]

OUTPUTS = ("logprobs", "entropies", "values")


@dataclass(slots=True)
class Outputs:
    """What a pass computed, each (B, T) and the caller's own; None: not asked for. Also by name: outputs["values"].

    logprobs: of the targets, in nats; entropies: of the distributions over the vocabulary, in nats; values: of the
    value head. Where a target is -1, logprobs and entropies are 0.
    """

    logprobs: Array | None = None
    entropies: Array | None = None
    values: Array | None = None

    def __getitem__(self, name: str) -> Any:
        if name not in OUTPUTS:
            raise KeyError(f"there is no output {name!r}; there are {', '.join(OUTPUTS)}")
        return getattr(self, name)


def checked_pass(
    cfg: ModelConfig, tokens: Array, targets: Array | None, segments: Array | None, want: Sequence[str]
) -> tuple[Array, Array | None, Array | None, Sequence[str]]:
    """The arguments of a pass; targets come back flat.

    Raises:
        TypeError, ValueError: an array is of another type, shape or layout, an id is out of range, or what is wanted
            needs something that is not there.
    """
    tokens = checked_ids("tokens", tokens, 2, 0, cfg.vocab_size)
    if isinstance(want, str) or not set(want) <= set(OUTPUTS):
        raise ValueError(f"want must be a list of some of {', '.join(OUTPUTS)}, got {want!r}")
    if "values" in want and not cfg.value_head:
        raise ValueError("values are wanted, but the model has no value head")
    if targets is not None:
        targets = checked_ids("targets", targets, 2, -1, cfg.vocab_size)
        if targets.shape != tokens.shape:
            raise ValueError(f"targets must have tokens' shape {tokens.shape}, got {targets.shape}")
        targets = targets.reshape(-1)
    elif "logprobs" in want or "entropies" in want:
        raise ValueError("targets are needed unless only values are wanted")
    if segments is not None:
        _check_integers("segments", segments, 2)
        if segments.shape != tokens.shape:
            raise ValueError(f"segments must have tokens' shape {tokens.shape}, got {segments.shape}")
    return tokens, targets, segments, want


def checked_ids(name: str, array: Array, dimensions: int, lowest: int, vocab_size: int) -> Array:
    """The array, of int32 from `lowest` to below vocab_size; its shape (B, T), or (T,) for one dimension."""
    _check_integers(name, array, dimensions)
    smallest, greatest = int(array.min()), int(array.max())
    if smallest < lowest or greatest >= vocab_size:
        wrong = smallest if smallest < lowest else greatest
        raise ValueError(f"{name} must be ids from {lowest} to {vocab_size - 1}, got {wrong}")
    return array


def checked_mask(mask: Array, shape: tuple[int, int]) -> Array:
    """The mask, flat."""
    if not isinstance(mask, numpy.ndarray) or mask.dtype.kind not in "bfiu":
        raise TypeError(f"mask must be an array of numbers, got {getattr(mask, 'dtype', type(mask).__name__)}")
    if mask.shape != shape:
        raise ValueError(f"mask must have tokens' shape {shape}, got {mask.shape}")
    return mask.reshape(-1)


def checked_gradient(name: str, gradient: Array, shape: tuple[int, int], dtype: Any) -> Array:
    """The gradient of an output, flat."""
    if not isinstance(gradient, numpy.ndarray) or gradient.dtype.kind != "f":
        raise TypeError(
            f"{name} must be an array of {dtype}, got {getattr(gradient, 'dtype', type(gradient).__name__)}"
        )
    if gradient.shape != shape:
        raise ValueError(f"{name} must have the last pass's shape {shape}, got {gradient.shape}")
    return numpy.ascontiguousarray(gradient, dtype).reshape(-1)


def _check_integers(name: str, array: Array, dimensions: int) -> None:
    if not isinstance(array, numpy.ndarray) or array.dtype != numpy.int32:
        raise TypeError(f"{name} must be an int32 array, got {getattr(array, 'dtype', type(array).__name__)}")
    if array.ndim != dimensions or not array.size:
        shape = "(B, T)" if dimensions == 2 else "(T,)"
        raise ValueError(f"{name} must be of shape {shape} and not empty, got {array.shape}")
    if not array.flags.c_contiguous:
        raise ValueError(f"{name} must be C-contiguous; numpy.ascontiguousarray makes it so")
