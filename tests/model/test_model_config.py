"""Configurations: what is derived, presets, the dial, counts, rope's frequencies, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy
import pytest
from models import GPT2, KINDS, LLAMA, config

from pyllm.model import GPT, ModelConfig
from pyllm.model.config import GPT2_SIZES, LLAMA_SIZES
from pyllm.model.rope import inverse_frequencies, tables


def test_what_is_derived() -> None:
    cfg = ModelConfig(n_layer=1, n_head=4, n_embd=32, vocab_size=9, context=8)
    assert (cfg.n_kv_head, cfg.head_dim, cfg.n_hidden, cfg.qkv_bias) == (4, 8, 128, True)
    cfg = ModelConfig(n_layer=1, n_head=4, n_embd=768, vocab_size=9, context=8, mlp="swiglu", bias=False)
    assert (cfg.n_hidden, cfg.qkv_bias) == (2048, False)
    assert replace(cfg, vocab_size=10) == ModelConfig(**{**vars(cfg), "vocab_size": 10})
    numbers = ModelConfig(**{**GPT2, "n_layer": numpy.int64(2), "norm_eps": numpy.float32(1)})
    assert (type(numbers.n_layer), type(numbers.norm_eps)) == (int, float)


@pytest.mark.parametrize(
    ("size", "millions"), [("124M", 124.44), ("355M", 354.82), ("774M", 774.03), ("1558M", 1557.61)]
)
def test_gpt2_sizes(size: str, millions: float) -> None:
    assert ModelConfig.gpt2(size).num_parameters() / 1e6 == pytest.approx(millions, abs=0.006)


@pytest.mark.parametrize(
    ("size", "count"),
    [
        ("SmolLM2-135M", 134_515_008),
        ("SmolLM2-360M", 361_821_120),
        ("3.2-1B", 1_235_814_400),
        ("3.2-3B", 3_212_749_824),
        ("2-7B", 6_738_415_616),
    ],
)
def test_llama_sizes(size: str, count: int) -> None:
    """As Hugging Face counts the parameters of the released models."""
    assert ModelConfig.llama(size).num_parameters() == count


def test_presets_take_any_field() -> None:
    assert ModelConfig.gpt2(n_layer=2).n_layer == 2
    cfg = ModelConfig.gpt2("355M", n_embd=64, n_head=4, vocab_size=50, context=16)
    assert (cfg.n_layer, cfg.n_embd, cfg.n_hidden, cfg.norm) == (24, 64, 256, "layernorm")
    cfg = ModelConfig.llama(n_layer=2, n_head=4, n_embd=64, vocab_size=50, context=16)
    assert (cfg.n_kv_head, cfg.head_dim, cfg.n_hidden) == (4, 16, 192)
    assert (cfg.norm, cfg.position, cfg.mlp, cfg.bias) == ("rmsnorm", "rope", "swiglu", False)
    assert ModelConfig.llama(n_layer=2).n_kv_head == 3
    assert set(GPT2_SIZES) == {"124M", "355M", "774M", "1558M"}
    with pytest.raises(ValueError, match=f"no GPT-2 of size '7B' here; those known are {', '.join(GPT2_SIZES)}"):
        ModelConfig.gpt2("7B")
    with pytest.raises(ValueError, match=f"those known are {', '.join(LLAMA_SIZES)}"):
        ModelConfig.llama("124M")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value_head", [True, False])
def test_counts(kind: str, value_head: bool) -> None:
    cfg = config(kind, value_head=value_head)
    model = GPT(cfg)
    assert model.num_parameters() == sum(array.size for array in model.parameters.values())
    matrices = [array.size for name, array in model.parameters.items() if array.ndim == 2 and "score" not in name]
    left_out = cfg.vocab_size * cfg.n_embd * (not cfg.tie_embeddings)
    left_out += cfg.context * cfg.n_embd * (cfg.position == "learned")
    assert cfg.matmul_parameters() == sum(matrices) - left_out


def test_flops() -> None:
    """6 N and 12 L C T, N the weights in matrix products, as bench's peers count."""
    cfg = ModelConfig.gpt2("124M")
    N = 12 * 12 * 768**2 + 50257 * 768
    assert cfg.flops_per_token(256) == 6 * N + 12 * 12 * 768 * 256
    assert GPT(config("gpt2")).flops_per_token(5) == config("gpt2").flops_per_token(5)
    assert replace(cfg, window=100).flops_per_token(256) == cfg.flops_per_token(100)


# The dial


def test_from_depth(capsys: pytest.CaptureFixture[str]) -> None:
    cfg = ModelConfig.from_depth(6)
    assert (cfg.n_layer, cfg.n_embd, cfg.n_head, cfg.head_dim, cfg.n_hidden) == (6, 384, 6, 64, 1024)
    assert (cfg.vocab_size, cfg.context) == (8192, 512)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"depth 6 derives a model of {cfg.num_parameters():,} parameters:"
    printed = {line.split()[0]: line.split()[1] for line in lines[1:]}
    assert {name: str(getattr(cfg, name)) for name in printed} == printed
    assert set(printed) >= {"n_layer", "n_embd", "n_head", "n_hidden", "vocab_size", "context", "norm", "position"}


@pytest.mark.parametrize("depth", [1, 2, 4, 12, 20, 40])
def test_every_depth(depth: int) -> None:
    cfg, derivation = ModelConfig.derive(depth)
    assert cfg.n_layer == depth
    assert cfg.n_embd == cfg.n_head * cfg.head_dim == 64 * depth
    assert 256 <= cfg.context <= 2048
    assert 512 <= cfg.vocab_size <= 65536
    assert math.log2(cfg.vocab_size).is_integer()
    assert cfg.vocab_size == 512 or cfg.vocab_size * cfg.n_embd <= 6 * depth * cfg.n_embd**2
    assert all(line.reason != "given" for line in derivation)


def test_what_is_given_to_the_dial_is_kept_and_followed() -> None:
    cfg, derivation = ModelConfig.derive(4, n_embd=512, mlp="gelu", rope_theta=5e5, qk_norm=True)
    assert (cfg.n_head, cfg.n_kv_head, cfg.n_hidden, cfg.context) == (8, 8, 2048, 512)
    assert (cfg.rope_theta, cfg.qk_norm) == (5e5, True)
    given = {line.name: line.value for line in derivation if line.reason == "given"}
    assert given == {"n_embd": 512, "mlp": "gelu", "rope_theta": 5e5, "qk_norm": True}
    _, derivation = ModelConfig.derive(4, reasons={"mlp": "a preset"}, n_embd=512, mlp="gelu")
    assert {(line.name, line.reason) for line in derivation} >= {("mlp", "a preset"), ("n_embd", "given")}
    assert ModelConfig.from_depth(4, show=False, n_embd=128, n_head=4).head_dim == 32
    assert ModelConfig.from_depth(4, show=False, n_embd=128, n_head=4, head_dim=48).head_dim == 48
    with pytest.raises(ValueError, match="n_embd must be a multiple of n_head where head_dim is not given, got 128"):
        ModelConfig.derive(4, n_embd=128, n_head=3)
    everything = vars(config("llama"))
    assert vars(ModelConfig.from_depth(3, show=False, **everything)) == everything
    with pytest.raises(TypeError, match="no field 'width'; it has n_layer, n_head"):
        ModelConfig.derive(4, width=3)
    with pytest.raises(ValueError, match="depth must be between 1"):
        ModelConfig.derive(0)
    with pytest.raises(TypeError, match="depth must be an integer"):
        ModelConfig.derive(4.0)  # type: ignore[arg-type]


# Rope


def test_plain_frequencies() -> None:
    numpy.testing.assert_allclose(inverse_frequencies(config("llama")), 10000.0 ** -(numpy.arange(3) / 3))
    cosines, sines = tables(config("llama", rope_theta=100.0), 5, numpy.float32)
    assert cosines.dtype == sines.dtype == numpy.float32
    assert sines[3, 1] == pytest.approx(math.sin(3 * 100 ** (-1 / 3)))
    assert cosines[4, 0] == pytest.approx(math.cos(4))


def test_linear_scaling() -> None:
    cfg = config("llama", rope_scaling={"type": "linear", "factor": 4})
    assert cfg.rope_scaling == {"rope_type": "linear", "factor": 4.0}
    numpy.testing.assert_allclose(inverse_frequencies(cfg), inverse_frequencies(config("llama")) / 4)


def test_llama3_scaling() -> None:
    """High frequencies stay, low ones are divided, between them both in part (golden: Llama 3.1's own numbers)."""
    cfg = ModelConfig.llama("3.2-1B")
    found, plain = inverse_frequencies(cfg), inverse_frequencies(replace(cfg, rope_scaling=None))
    share = found / plain
    wavelengths = 2 * math.pi / plain
    assert (share[wavelengths < 8192 / 4] == 1).all()
    numpy.testing.assert_allclose(share[wavelengths > 8192], 1 / 32)
    between = (wavelengths >= 8192 / 4) & (wavelengths <= 8192)
    smooth = (8192 / wavelengths[between] - 1) / 3
    numpy.testing.assert_allclose(share[between], (1 - smooth) / 32 + smooth)
    assert between.sum() == 3


# What is refused


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"n_layer": 0}, ValueError, "n_layer must be between 1 and 2147483647, got 0"),
        ({"n_layer": 10**6}, ValueError, "n_layer must be at most 10000, got 1000000"),
        ({"n_layer": 2.0}, TypeError, "n_layer must be an integer, got float"),
        ({"vocab_size": True}, TypeError, "vocab_size must be an integer, got bool"),
        ({"context": 2**31}, ValueError, "context must be between 1"),
        ({"n_embd": 13}, ValueError, "n_embd must be a multiple of n_head where head_dim is not given, got 13 and 3"),
        ({"n_kv_head": 2}, ValueError, "n_kv_head must divide n_head, got 2 and 3"),
        ({"head_dim": -1}, ValueError, "head_dim must be between 1"),
        ({"n_hidden": 0}, ValueError, "n_hidden must be between 1"),
        ({"window": 0}, ValueError, "window must be between 1"),
        ({"norm": "batchnorm"}, ValueError, "norm must be one of layernorm, rmsnorm, got 'batchnorm'"),
        ({"position": "alibi"}, ValueError, "position must be one of learned, rope, got 'alibi'"),
        ({"mlp": "gelu_tanh"}, ValueError, "mlp must be one of gelu, gelu_erf, relu_squared, swiglu"),
        ({"norm_eps": 0}, ValueError, "norm_eps must be positive and finite, got 0"),
        ({"rope_theta": math.inf}, ValueError, "rope_theta must be positive and finite, got inf"),
        ({"norm_eps": "1e-5"}, TypeError, "norm_eps must be a number, got str"),
        ({"bias": 1}, TypeError, "bias must be True or False, got 1"),
        ({"position": "rope", "head_dim": 5}, ValueError, "head_dim must be even for rope, got 5"),
        ({"rope_scaling": {"rope_type": "linear", "factor": 2}}, ValueError, "rope_scaling is for position='rope'"),
        ({**LLAMA, "rope_scaling": 3}, TypeError, "rope_scaling must be a mapping, got int"),
        ({**LLAMA, "rope_scaling": {"rope_type": "yarn"}}, ValueError, "linear or llama3, got 'yarn'"),
        ({**LLAMA, "rope_scaling": {"rope_type": "linear"}}, ValueError, "of type linear needs factor"),
        ({**LLAMA, "rope_scaling": {"type": "linear", "factor": -1}}, ValueError, "factor must be positive"),
    ],
)
def test_refused(fields: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ModelConfig(**{**GPT2, **fields})
