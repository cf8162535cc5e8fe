"""The whole model in float64 on the reference against finite differences, for every parameter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest
from models import KINDS, Array, config, double, random_ids, random_segments

from pyllm.model import GPT, ModelConfig, Outputs

SHAPE = (2, 7)
SMALL = {"n_embd": 8, "n_hidden": 7, "vocab_size": 11, "context": 8}
SMALL_HEADS = {"gpt2": {"n_head": 2}, "llama": {"n_head": 2, "n_kv_head": 1, "head_dim": 6}}


def small(kind: str, **fields: Any) -> ModelConfig:
    """One layer of a kind; two of the plain ones."""
    n_layer = 2 if kind in SMALL_HEADS else 1
    return config(kind, **{"n_layer": n_layer, **SMALL, **SMALL_HEADS[kind.split()[0]], **fields})


def check_all_parameters(model: GPT, loss: Callable[[], float], step: float = 1e-5) -> None:
    """Compares model.grads with central differences along every parameter."""
    for name, parameter in model.parameters.items():
        expected = numpy.empty(parameter.shape)
        for index in numpy.ndindex(parameter.shape):
            before = parameter[index]
            parameter[index] = before + step
            above = loss()
            parameter[index] = before - step
            below = loss()
            parameter[index] = before
            expected[index] = (above - below) / (2 * step)
        found = model.grads[name]
        assert numpy.abs(expected).max() > 1e-6, f"nothing depends on {name}: the test does not test it"
        numpy.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8, err_msg=name)


def weighted(outputs: Outputs, weights: dict[str, Array]) -> float:
    return sum(float((outputs[name] * weight).sum()) for name, weight in weights.items())


@pytest.mark.parametrize("kind", KINDS)
def test_outputs(kind: str) -> None:
    """Log-probabilities, entropies and values at once, with targets left out and segments."""
    source = numpy.random.default_rng(3)
    model = double(small(kind, value_head=True))
    tokens = random_ids(source, SHAPE, model.cfg.vocab_size)
    targets = random_ids(source, SHAPE, model.cfg.vocab_size)
    targets[source.random(SHAPE) < 0.3] = -1
    segments = random_segments(source, SHAPE)
    weights = {name: source.standard_normal(SHAPE) for name in ("logprobs", "entropies", "values")}
    model.outputs(tokens, targets, segments, want=tuple(weights))
    model.backward(weights["logprobs"], weights["entropies"], weights["values"])
    check_all_parameters(model, lambda: weighted(model.score(tokens, targets, segments, tuple(weights)), weights))


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_loss(kind: str) -> None:
    """The fused path, with a mask."""
    source = numpy.random.default_rng(4)
    model = double(small(kind, n_layer=1))
    tokens, targets = (random_ids(source, SHAPE, model.cfg.vocab_size) for _ in range(2))
    mask = source.random(SHAPE) * (source.random(SHAPE) < 0.7)
    targets[0, 2] = -1
    loss = model.loss_and_backward(tokens, targets, mask)

    def expected_loss() -> float:
        logprobs = model.score(tokens, targets).logprobs
        assert logprobs is not None
        return float(-(mask * logprobs).sum() / mask[targets >= 0].sum())

    assert loss == pytest.approx(expected_loss(), rel=1e-12)
    check_all_parameters(model, expected_loss)
