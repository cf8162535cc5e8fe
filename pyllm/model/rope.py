"""The angles of rotary position embeddings (Su et al. 2021, https://arxiv.org/abs/2104.09864)."""

from __future__ import annotations

import math
from typing import Any

import numpy

from pyllm.model.config import ModelConfig

Array = numpy.ndarray[Any, numpy.dtype[Any]]


def inverse_frequencies(cfg: ModelConfig) -> Array:
    """(D / 2,) float64: the angle by which each pair of a head turns from one position to the next, in radians.

    theta^(-2 i / D), scaled as cfg.rope_scaling says: "linear" divides all by its factor (Chen et al. 2023,
    https://arxiv.org/abs/2306.15595). "llama3" divides those whose wavelength is beyond original / low_freq_factor,
    leaves those below original / high_freq_factor, and goes linearly in original / wavelength from one to the other
    (Llama 3.1, https://arxiv.org/abs/2407.21783).
    """
    frequencies: Array = cfg.rope_theta ** -(numpy.arange(0, cfg.head_dim, 2, dtype=numpy.float64) / cfg.head_dim)
    scaling = cfg.rope_scaling
    if scaling is None:
        return frequencies
    divided: Array = frequencies / scaling["factor"]
    if scaling["rope_type"] == "linear":
        return divided
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    turns = scaling["original_max_position_embeddings"] * frequencies / (2 * math.pi)  # within the original context
    kept = numpy.clip((turns - low) / (high - low), 0, 1)
    result: Array = kept * frequencies + (1 - kept) * divided
    return result


def tables(cfg: ModelConfig, rows: int, dtype: Any) -> tuple[Array, Array]:
    """The cosines and sines (rows, D / 2) of the angles at positions 0 ... rows - 1."""
    angles = numpy.arange(rows, dtype=numpy.float64)[:, None] * inverse_frequencies(cfg)
    return numpy.cos(angles).astype(dtype), numpy.sin(angles).astype(dtype)
