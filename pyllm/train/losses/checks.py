"""What all losses return, and what they check."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy

Array = numpy.ndarray[Any, numpy.dtype[Any]]


class Loss(NamedTuple):
    """What a loss function returns.

    Attributes:
        loss: to be made smaller.
        gradients: of the loss, by the names of model.backward's arguments.
        metrics: figures to log.
    """

    loss: float
    gradients: dict[str, Array]
    metrics: dict[str, float]


def checked(name: str, array: Array, mask: Array) -> tuple[Array, Array, Any]:
    """What a loss is a function of, 0 where the mask is, and the mask, both float64; and the type that it had.

    Raises:
        TypeError: they are not floating-point numbers, or the mask is not an array of numbers.
        ValueError: they are not both of the same shape (B, T), or the mask is negative or not finite somewhere.
    """
    if not isinstance(array, numpy.ndarray) or array.dtype.kind != "f":
        found = getattr(array, "dtype", type(array).__name__)
        raise TypeError(f"{name} must be an array of floating-point numbers, got {found}")
    if not isinstance(mask, numpy.ndarray) or mask.dtype.kind not in "bfiu":
        raise TypeError(f"mask must be an array of numbers, got {getattr(mask, 'dtype', type(mask).__name__)}")
    if array.ndim != 2 or not array.size:
        raise ValueError(f"{name} must be of shape (B, T) and not empty, got {array.shape}")
    if mask.shape != array.shape:
        raise ValueError(f"mask must have the shape of {name} {array.shape}, got {mask.shape}")
    weights = mask.astype(numpy.float64)
    if not (numpy.isfinite(weights) & (weights >= 0)).all():
        raise ValueError("mask must be finite and not negative")
    return numpy.where(weights > 0, array, 0.0).astype(numpy.float64), weights, array.dtype


def checked_constants(name: str, array: Array, mask: Array) -> Array:
    """Log-probabilities that are not differentiated, float64, 0 where the mask is."""
    array = numpy.asarray(array, numpy.float64)
    if array.shape != mask.shape:
        raise ValueError(f"{name} must be of shape {mask.shape}, got {array.shape}")
    wrong = (mask > 0) & ~numpy.isfinite(array)
    if wrong.any():
        place = tuple(int(index) for index in numpy.argwhere(wrong)[0])
        raise ValueError(f"{name} must be finite where the mask is not 0, got {array[place]} at {list(place)}")
    return numpy.where(mask > 0, array, 0.0)


def checked_advantages(advantages: Array, rows: int) -> Array:
    advantages = numpy.asarray(advantages, numpy.float64)
    if advantages.shape != (rows,):
        raise ValueError(f"advantages must be one a row, of shape ({rows},), got {advantages.shape}")
    if not numpy.isfinite(advantages).all():
        row = int((~numpy.isfinite(advantages)).argmax())
        raise ValueError(f"advantages must be finite, got {advantages[row]} for row {row}")
    return advantages


def checked_rewards(rewards: Array) -> Array:
    rewards = numpy.asarray(rewards, numpy.float64)
    if rewards.ndim != 2 or rewards.shape[0] < 1 or rewards.shape[1] < 2:
        raise ValueError(
            f"rewards must be of shape (prompts, samples), with at least 2 samples a prompt, got {rewards.shape}"
        )
    if not numpy.isfinite(rewards).all():
        prompt, sample = (int(index) for index in numpy.argwhere(~numpy.isfinite(rewards))[0])
        raise ValueError(
            f"rewards must be finite, got {rewards[prompt, sample]} for sample {sample} of prompt {prompt}"
        )
    return rewards


def checked_denominator(given: float | None, own: float, nothing: str) -> float:
    if given is None:
        if not own > 0:
            raise ValueError(nothing)
        return float(own)
    check_number("denominator", given, positive=True)
    return float(given)


def check_number(name: str, number: float, *, positive: bool = False) -> None:
    if not math.isfinite(number) or number < 0 or (positive and number == 0):
        raise ValueError(f"{name} must be {'positive' if positive else 'at least 0'} and finite, got {number}")


def as_gradients(dlogprobs: Array, dtype: Any) -> dict[str, Array]:
    return {"dlogprobs": dlogprobs.astype(dtype)}
