"""What the tests of the model share: small configurations of every kind, and random inputs for them."""

from __future__ import annotations

from typing import Any

import numpy

from pyllm.model import GPT, ModelConfig
from pyllm.ops import reference

Array = numpy.ndarray[Any, numpy.dtype[Any]]

GPT2: dict[str, Any] = {"n_layer": 2, "n_head": 3, "n_embd": 12, "vocab_size": 19, "context": 11}
LLAMA: dict[str, Any] = {
    **{"n_layer": 2, "n_head": 4, "n_kv_head": 2, "n_embd": 12, "head_dim": 6, "n_hidden": 10, "vocab_size": 19},
    **{"context": 16, "norm": "rmsnorm", "position": "rope", "mlp": "swiglu", "bias": False},
}
KINDS: dict[str, dict[str, Any]] = {
    "gpt2": GPT2,
    "gpt2 without biases, untied": {**GPT2, "bias": False, "tie_embeddings": False},
    "gpt2 with everything": {**GPT2, "n_kv_head": 1, "qk_norm": True, "mlp": "gelu_erf", "window": 3},
    "llama": LLAMA,
    "llama untied": {**LLAMA, "tie_embeddings": False, "qkv_bias": True, "window": 4},
    "llama with everything": {**LLAMA, "qk_norm": True, "bias": True, "mlp": "relu_squared"},
}


def config(kind: str, **fields: Any) -> ModelConfig:
    return ModelConfig(**{**KINDS[kind], **fields})


def random_model(cfg: ModelConfig, seed: int = 0, scale: float = 0.3, **arguments: Any) -> GPT:
    """A model with parameters large enough that every one matters, biases and norms included."""
    model = GPT(cfg, **arguments)
    source = numpy.random.default_rng(seed)
    for name, array in model.parameters.items():
        around = 1.0 if name.endswith("weight") and array.ndim == 1 else 0.0
        array[...] = around + scale * source.standard_normal(array.shape).astype(numpy.float32)
    model.touch()
    return model


def double(cfg: ModelConfig, seed: int = 0, **arguments: Any) -> GPT:
    """The same in float64 on the reference."""
    return random_model(cfg, seed, dtype="float64", ops=reference, **arguments)


def random_ids(source: numpy.random.Generator, shape: tuple[int, ...], vocab_size: int) -> Array:
    return source.integers(0, vocab_size, shape, dtype=numpy.int32)


def random_segments(source: numpy.random.Generator, shape: tuple[int, int], probability: float = 0.3) -> Array:
    """Segments that begin anywhere, with numbers that do not all follow one another."""
    steps = source.integers(1, 4, shape) * (source.random(shape) < probability)
    return numpy.cumsum(steps, axis=1).astype(numpy.int32)


def assert_close(found: Array, expected: Array, what: str = "", tolerance: float = 1e-5) -> None:
    """The difference's length is at most `tolerance` of the length of what is expected."""
    assert found.shape == expected.shape, what
    expected = expected.astype(numpy.float64)
    difference, size = (float(numpy.sqrt((x**2).sum())) for x in (found - expected, expected))
    assert difference <= tolerance * size, f"{what} differs by {difference}, its size is {size}"
