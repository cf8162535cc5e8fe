"""The same thing computed in two ways: on the CPU and the reference, in parts and whole, packed and apart, ..."""

from __future__ import annotations

from collections.abc import Iterator

import numpy
import pytest
from models import KINDS, Array, assert_close, config, double, random_ids, random_model, random_segments

import pyllm
from pyllm.model import GPT
from pyllm.model.config import ModelConfig
from pyllm.optim import AdamW

SHAPE = (3, 9)
WANT = ("logprobs", "entropies", "values")
# Large enough for kernels to leave the paths of small and odd sizes.
LARGE = {"n_embd": 96, "n_head": 4, "head_dim": None, "n_hidden": None, "vocab_size": 301, "context": 150, "n_layer": 1}


@pytest.fixture
def threads() -> Iterator[None]:
    """Puts the number of threads back."""
    before = pyllm.get_num_threads()
    yield
    pyllm.set_num_threads(before)


def batch(cfg: ModelConfig, shape: tuple[int, int] = SHAPE, seed: int = 1) -> tuple[Array, Array, Array]:
    """Tokens, targets, of which some are left out, and segments."""
    source = numpy.random.default_rng(seed)
    tokens, targets = (random_ids(source, shape, cfg.vocab_size) for _ in range(2))
    targets[source.random(shape) < 0.2] = -1
    return tokens, targets, random_segments(source, shape, 3 / shape[1])


def upstream(shape: tuple[int, int], seed: int = 2) -> list[Array]:
    """dlogprobs, dentropies and dvalues."""
    source = numpy.random.default_rng(seed)
    return [source.standard_normal(shape).astype(numpy.float32) for _ in WANT]


def assert_same_gradients(model: GPT, expected: dict[str, Array], tolerance: float = 1e-5) -> None:
    assert set(model.grads) == set(expected)
    for name, gradient in model.grads.items():
        assert_close(gradient, expected[name], name, tolerance)


def gradients(model: GPT) -> dict[str, Array]:
    return {name: gradient.copy() for name, gradient in model.grads.items()}


@pytest.mark.parametrize("large", [False, True], ids=["odd", "large"])
@pytest.mark.parametrize("kind", KINDS)
def test_cpu_is_the_reference(kind: str, large: bool) -> None:
    shape = (2, 130) if large else SHAPE
    cfg = config(kind, value_head=True, **(LARGE if large else {}))
    scale = 0.05 if large else 0.3
    fast, exact = random_model(cfg, scale=scale), double(cfg, scale=scale)
    inputs = batch(cfg, shape)
    found, expected = (model.outputs(*inputs, want=WANT) for model in (fast, exact))
    for name in WANT:
        assert_close(found[name], expected[name], name)
    for model in (fast, exact):
        model.backward(*upstream(shape))
    assert_same_gradients(fast, gradients(exact))

    mask = numpy.random.default_rng(0).random(shape).astype(numpy.float32)
    tokens, targets, segments = inputs
    fast.zero_grads(), exact.zero_grads()
    losses = [model.loss_and_backward(tokens, targets, mask, segments) for model in (fast, exact)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    assert_same_gradients(fast, gradients(exact))


@pytest.mark.parametrize("kind", KINDS)
def test_recomputing_changes_no_bit(kind: str) -> None:
    cfg = config(kind, value_head=True, **{**LARGE, "n_layer": 3})
    results = []
    for recompute in (True, False):
        model = random_model(cfg, scale=0.05, recompute=recompute)
        shape = (2, 130)
        tokens, targets, segments = batch(cfg, shape)
        outputs = model.outputs(tokens, targets, segments, want=WANT)
        model.backward(*upstream(shape))
        loss = model.loss_and_backward(tokens, targets, segments=segments)
        results.append((loss, *(outputs[name] for name in WANT), model.gradient_arena.copy(), model.memory_report()))
    first, second = results
    assert first[0] == second[0]
    for one, other in zip(first[1:-1], second[1:-1], strict=True):
        numpy.testing.assert_array_equal(one, other)
    assert first[-1]["activations"] < 0.75 * second[-1]["activations"]


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_accumulated_micro_batches_are_one_batch(kind: str) -> None:
    """Also when their masks count unequal numbers of targets: a mean of means would not be."""
    cfg = config(kind, **LARGE)
    shape = (6, 40)
    tokens, targets, segments = batch(cfg, shape)
    source = numpy.random.default_rng(5)
    mask = (source.random(shape) < numpy.linspace(0.1, 1, len(tokens))[:, None]).astype(numpy.float32)
    mask[3] *= 2.5
    whole, parts = random_model(cfg, scale=0.05), random_model(cfg, scale=0.05)
    expected = whole.loss_and_backward(tokens, targets, mask, segments)
    denominator = float(mask[targets >= 0].sum())
    total = 0.0
    for rows in (slice(0, 1), slice(1, 3), slice(3, 6)):
        total += parts.loss_and_backward(tokens[rows], targets[rows], mask[rows], segments[rows], denominator)
    assert total == pytest.approx(expected, rel=1e-6)
    assert_same_gradients(parts, gradients(whole))


@pytest.mark.parametrize("kind", KINDS)
def test_packed_documents_are_separate_documents(kind: str) -> None:
    cfg = config(kind, value_head=True)
    source = numpy.random.default_rng(6)
    lengths = ((3, 1, 5), (4, 4, 1))
    packed, apart = random_model(cfg), random_model(cfg)
    tokens, targets = (random_ids(source, (2, 9), cfg.vocab_size) for _ in range(2))
    segments = numpy.array([numpy.repeat([4, 5, 9], row) for row in lengths], numpy.int32)
    derivatives = upstream((2, 9))
    found = packed.outputs(tokens, targets, segments, want=WANT)
    packed.backward(*derivatives)
    for row, sizes in enumerate(lengths):
        for end, size in zip(numpy.cumsum(sizes), sizes, strict=True):
            part = (slice(row, row + 1), slice(end - size, end))
            one = (numpy.ascontiguousarray(array[part]) for array in (tokens, targets))
            expected = apart.outputs(*one, want=WANT)
            apart.backward(*(derivative[part] for derivative in derivatives))
            for name in WANT:
                assert_close(found[name][part], expected[name], name)
    assert_same_gradients(packed, gradients(apart))


@pytest.mark.parametrize("kind", ["gpt2 with everything", "llama untied"])
def test_a_window_hides_what_lies_before_it(kind: str) -> None:
    cfg = config(kind, n_layer=1)
    assert cfg.window is not None
    model = random_model(cfg)
    tokens = random_ids(numpy.random.default_rng(7), (1, 10), cfg.vocab_size)
    before = model.logits(tokens)
    tokens[0, 3] = (tokens[0, 3] + 1) % cfg.vocab_size
    changed = numpy.abs(model.logits(tokens) - before).max(axis=(0, 2)) > 0
    assert changed.tolist() == [3 <= position < 3 + cfg.window for position in range(10)]


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_threads_change_next_to_nothing(kind: str, threads: None) -> None:
    cfg = config(kind, value_head=True, **LARGE)
    found = []
    for count in (1, 2, 2):
        pyllm.set_num_threads(count)
        model = random_model(cfg, scale=0.05)
        outputs = model.outputs(*batch(cfg, (4, 60)), want=WANT)
        model.backward(*upstream((4, 60)))
        found.append((outputs, gradients(model)))
    (one, one_gradients), (two, two_gradients), (again, gradients_again) = found
    for name in WANT:
        assert_close(two[name], one[name], name)
        numpy.testing.assert_array_equal(two[name], again[name])
    for name, gradient in one_gradients.items():
        assert_close(two_gradients[name], gradient, name)
        numpy.testing.assert_array_equal(two_gradients[name], gradients_again[name])


def test_outputs_and_loss_agree() -> None:
    cfg = config("llama")
    tokens, targets, segments = batch(cfg)
    one, other = random_model(cfg), random_model(cfg)
    counted = targets >= 0
    logprobs = one.forward(tokens, targets, segments)
    assert (logprobs[~counted] == 0).all()
    assert (logprobs[counted] < 0).all()
    one.backward((counted / -counted.sum()).astype(numpy.float32))
    loss = other.loss_and_backward(tokens, targets, segments=segments)
    assert loss == pytest.approx(-logprobs.sum() / counted.sum(), rel=1e-6)
    assert_same_gradients(other, gradients(one))


def test_logits_are_what_the_outputs_come_from() -> None:
    cfg = config("gpt2")
    model = random_model(cfg)
    tokens, targets, segments = batch(cfg)
    logits = model.logits(tokens, segments).astype(numpy.float64)
    logp = logits - numpy.log(numpy.exp(logits).sum(axis=2, keepdims=True))
    expected = numpy.take_along_axis(logp, numpy.maximum(targets, 0)[:, :, None], 2)[:, :, 0] * (targets >= 0)
    outputs = model.outputs(tokens, targets, segments, want=("entropies", "logprobs"))
    assert_close(outputs["logprobs"], expected)
    assert_close(outputs["entropies"], -(numpy.exp(logp) * logp).sum(axis=2) * (targets >= 0))


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_step_takes_no_matrix_product_of_numpy(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cfg = config(kind, value_head=True)
    model = random_model(cfg)
    optimizer = AdamW(model, lr=1e-3)
    tokens, targets, segments = batch(cfg)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a matrix product of NumPy's in a training step")

    for name in ("matmul", "dot", "einsum", "inner", "outer", "vdot", "tensordot"):
        monkeypatch.setattr(numpy, name, refuse)
    for name in ("matmul", "multi_dot", "norm", "outer", "tensordot"):
        monkeypatch.setattr(numpy.linalg, name, refuse, raising=False)
    _refuse_products_of_arrays(model)
    model.loss_and_backward(tokens, targets, segments=segments)
    optimizer.step()
    model.outputs(tokens, targets, segments, want=WANT)
    model.backward(*upstream(SHAPE))
    optimizer.step()
    model.score(tokens, targets)


class _Refusing(numpy.ndarray):
    """An array that refuses `@` and every function of NumPy's that multiplies matrices."""

    def __matmul__(self, other: object) -> None:  # type: ignore[override]
        raise AssertionError("a @ of NumPy's in a training step")

    __rmatmul__ = __imatmul__ = __matmul__  # type: ignore[assignment]

    def dot(self, *_: object, **__: object) -> None:  # type: ignore[override]
        raise AssertionError("an ndarray.dot in a training step")


def _refuse_products_of_arrays(model: GPT) -> None:
    """Makes every array that the model holds refuse matrix products, and with them whatever is computed from one."""

    def refusing(holder: object) -> None:
        for name in getattr(type(holder), "__slots__", None) or vars(holder):
            value = getattr(holder, name)
            if type(value) is numpy.ndarray:
                object.__setattr__(holder, name, value.view(_Refusing))

    for parameters in (model.weights, model.gradients):
        assert parameters is not None
        refusing(parameters)
        for block in parameters.blocks:
            refusing(block)
    refusing(model.workspace)
    activations = model.workspace.for_training(*SHAPE)
    for holder in (activations, activations.backward, *activations.layers):
        refusing(holder)
