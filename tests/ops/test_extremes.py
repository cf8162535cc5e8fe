"""Every implementation on values far from 1, on nothing, and on ids that are out of range.

Supported are finite floats, and -inf as a logit of softmax and sample in a row that has a finite one; what makes a
finite result in float32 must come out.
"""

from __future__ import annotations

import math
from typing import Any

import numpy
import pytest
from calls import REFERENCE, Arguments, Array, Implementation, assert_agrees, in_float64
from examples import (
    adamw,
    attention_backward,
    attention_decode,
    attention_forward,
    classifier_backward,
    classifier_forward,
    classifier_forward_backward,
    embedding_backward,
    embedding_forward,
    empty,
    layernorm_forward,
    matmul,
    normal,
    rmsnorm_forward,
    rope_backward,
    rope_forward,
    softmax_forward,
)


@pytest.fixture
def random() -> numpy.random.Generator:
    return numpy.random.default_rng(20261)


def assert_same_as_reference(implementation: Implementation, op: str, arguments: Arguments) -> dict[str, Array]:
    found = implementation.run(op, arguments)
    assert_agrees(found, REFERENCE.run(op, in_float64(arguments)))
    return found


# ------------------------------------------------------------------------------------------------ logits


def exact_products(
    random: numpy.random.Generator, rows: int, columns: int, size: int, centre: float
) -> tuple[Array, Array]:
    """(rows, size) and (columns, size) whose products are exact: the centre plus a multiple of 1/4, no more than 4."""
    left = numpy.eye(size, dtype=numpy.float32)[random.integers(0, size - 1, rows)]
    right = (random.integers(-16, 17, (columns, size)) / 4).astype(numpy.float32)
    left[:, -1], right[:, -1] = centre / 10, 10
    return left, right


@pytest.mark.parametrize("centre", [-1e4, 0.0, 1e4])
def test_classifier_of_logits_far_from_zero(
    centre: float, random: numpy.random.Generator, implementation: Implementation
) -> None:
    """The results are of size 1, though the logits are not: nothing may cancel."""
    x, weight = exact_products(random, 33, 131, 33, centre)
    for make in (classifier_forward, classifier_forward_backward):
        assert_same_as_reference(implementation, make.__name__, {**make(random, 33, 33, 131), "x": x, "weight": weight})
    forward = {**classifier_forward(random, 33, 33, 131), "x": x, "weight": weight}
    results = assert_same_as_reference(implementation, "classifier_forward", {**forward, "logsumexp": None})
    assert results["entropies"].max() > 1
    saved = implementation.run("classifier_forward", forward)
    backward = classifier_backward(random, 33, 33, 131)
    for name in ("logsumexp", "entropies"):
        backward[name] = saved[name]
    for name in ("x", "weight", "targets"):
        backward[name] = forward[name]
    assert_same_as_reference(implementation, "classifier_backward", backward)


def test_classifier_when_one_token_is_certain(random: numpy.random.Generator, implementation: Implementation) -> None:
    weight = empty(37, 1)
    weight[5] = 1e4
    targets = numpy.int32([5, 0, 36])
    x, three = numpy.ones((3, 1), numpy.float32), numpy.ones(3, numpy.float32)
    outputs = {"logprobs": empty(3), "logsumexp": empty(3), "entropies": empty(3)}
    forward = {"x": x, "weight": weight, "targets": targets}
    found = implementation.run("classifier_forward", {**forward, **outputs})
    assert found["logprobs"].tolist() == [0, -1e4, -1e4]
    assert found["entropies"].tolist() == [0, 0, 0]
    backward = {**forward, **found, "dx": empty(3, 1), "dweight": empty(37, 1)}
    del backward["logprobs"]
    found = implementation.run("classifier_backward", {**backward, "dlogprobs": None, "dentropies": three})
    assert (found["dweight"] == 0).all()
    found = implementation.run("classifier_backward", {**backward, "dlogprobs": three, "dentropies": three})
    expected = empty(37, 1)
    expected[0], expected[5], expected[36] = 1, -2, 1
    assert_agrees({"dweight": found["dweight"]}, {"dweight": expected})


def test_classifier_when_all_tokens_are_alike(random: numpy.random.Generator, implementation: Implementation) -> None:
    made = classifier_forward(random, 7, 5, 1031, masked=0.0)
    made["x"] = empty(7, 5)
    found = implementation.run("classifier_forward", made)
    assert numpy.abs(found["entropies"] - math.log(1031)).max() <= 1e-6 * math.log(1031)
    assert numpy.abs(found["logprobs"] + math.log(1031)).max() <= 1e-6 * math.log(1031)
    backward = classifier_backward(random, 7, 5, 1031, logprobs=False, masked=0.0)
    backward.update(x=made["x"], logsumexp=found["logsumexp"], entropies=found["entropies"], weight=made["weight"])
    dx = implementation.run("classifier_backward", backward)["dx"]
    assert numpy.abs(dx).max() <= 1e-6  # uniform is where the entropy is greatest


def test_softmax_of_logits_far_from_zero(random: numpy.random.Generator, implementation: Implementation) -> None:
    x = (random.integers(-16, 17, (17, 131)) / 4).astype(numpy.float32)
    near = implementation.run("softmax_forward", {"x": x, "out": empty(17, 131)})
    for shift in (1e4, -1e4):
        far = implementation.run("softmax_forward", {"x": x + numpy.float32(shift), "out": empty(17, 131)})
        assert_agrees(far, near, largest=1e-6)


def test_softmax_of_minus_infinity_is_zero(implementation: Implementation) -> None:
    for width in (2, 9, 37):
        for place in range(width):
            x = numpy.full((1, width), -numpy.inf, numpy.float32)
            x[0, place] = -3
            x[0, width - 1 - place] = -3
            out = implementation.run("softmax_forward", {"x": x, "out": empty(1, width)})["out"]
            expected = numpy.where(numpy.isneginf(x), 0, 1 / numpy.isfinite(x).sum())
            assert (out == expected.astype(numpy.float32)).all()


def test_softmax_of_what_is_too_small_is_zero(implementation: Implementation) -> None:
    x = numpy.tile(numpy.float32([0, -1e4, -200, -1e30, 0]), (1, 7))
    out = implementation.run("softmax_forward", {"x": x, "out": empty(1, 35)})["out"]
    assert_agrees({"out": out}, {"out": numpy.tile([1 / 14, 0, 0, 0, 1 / 14], (1, 7))}, largest=1e-6)


# ------------------------------------------------------------------------------------------------ attention


@pytest.mark.parametrize("first", ["", "segments"])
def test_attention_of_scores_far_from_zero(
    first: str, random: numpy.random.Generator, implementation: Implementation
) -> None:
    """Scores of 1e4 that are exact in float32, so that their differences, up to 8, are what decides."""
    arguments = attention_forward(random, 1, 257, 257, 2, 1, 5, first, 1.0)
    q, k = exact_products(random, 2 * 257, 257, 5, 1e4)
    arguments["q"], arguments["k"] = q.reshape(1, 257, 2, 5), k.reshape(1, 257, 1, 5)
    found = assert_same_as_reference(implementation, "attention_forward", arguments)
    backward = attention_backward(random, 1, 257, 2, 1, 5, first, 1.0)
    backward.update({name: arguments[name] for name in ("q", "k", "v", "first")}, **found)
    assert_same_as_reference(implementation, "attention_backward", backward)
    decode = attention_decode(random, 3, 257, 2, 1, 5, scale=1.0)
    decode["q"] = arguments["q"][0, :3, None]
    decode["keys"] = numpy.where(numpy.isnan(decode["keys"]), decode["keys"], arguments["k"])
    decode["k"] = arguments["k"][0, decode["lengths"] - 1][:, None]
    assert_same_as_reference(implementation, "attention_decode", decode)


def test_attention_to_the_best_key_alone(implementation: Implementation) -> None:
    """Scores so far apart that all weights but one are 0, the best key late or early."""
    for best in (0, 3, 99, 127):
        k = numpy.full((1, 130, 1, 1), -1.0, numpy.float32)
        k[0, best] = 1
        arguments = {
            "q": numpy.full((1, 130, 1, 1), 1e6, numpy.float32),
            "k": k,
            "v": numpy.arange(130, dtype=numpy.float32).reshape(1, 130, 1, 1),
            "out": empty(1, 130, 1, 1),
            "logsumexp": empty(1, 1, 130),
        }
        found = implementation.run("attention_forward", arguments)
        assert (found["out"][0, best:, 0, 0] == best).all()
        assert (found["logsumexp"][0, 0, best:] == 1e6).all()
        before = numpy.arange(best) / 2  # the mean of the values up to a position
        assert_agrees({"out": found["out"][0, :best, 0, 0]}, {"out": before})


# ------------------------------------------------------------------------------------------------ norms, activations


@pytest.mark.parametrize("magnitude", [1e-30, 1e-12, 1e-3, 1e3, 1e15])
def test_norms_of_rows_of_any_magnitude(
    magnitude: float, random: numpy.random.Generator, implementation: Implementation
) -> None:
    for make in (layernorm_forward, rmsnorm_forward):
        arguments = make(random, 3, 131)
        arguments["x"] = normal(random, 3, 131, scale=magnitude)
        assert_same_as_reference(implementation, make.__name__, arguments)


def test_norms_of_constant_rows(random: numpy.random.Generator, implementation: Implementation) -> None:
    for make in (layernorm_forward, rmsnorm_forward):
        arguments = make(random, 3, 131)
        arguments["x"] = numpy.repeat(numpy.float32([[0], [0.5], [-4]]), 131, axis=1)
        assert_same_as_reference(implementation, make.__name__, arguments)


def test_gradients_of_norms_of_one_column(random: numpy.random.Generator, implementation: Implementation) -> None:
    """A row of one element is its own mean, so what is left of the gradient is rounding."""
    common = {"dout": normal(random, 7, 1), "x": normal(random, 7, 1), "weight": normal(random, 1)}
    outputs = {"dx": empty(7, 1), "dweight": empty(1)}
    layernorm = {"mean": common["x"][:, 0].copy(), "rstd": numpy.full(7, 1e-5**-0.5, numpy.float32), "dbias": empty(1)}
    dx = implementation.run("layernorm_backward", {**common, **layernorm, **outputs})["dx"]
    assert numpy.abs(dx).max() <= 1e-5 * 1e-5**-0.5
    rmsnorm = {"rstd": 1 / numpy.abs(common["x"][:, 0])}
    dx = implementation.run("rmsnorm_backward", {**common, **rmsnorm, **outputs})["dx"]
    assert (numpy.abs(dx[:, 0]) <= 1e-5 * rmsnorm["rstd"]).all()


EXTREMES = [0, 1e-30, 1e-6, 0.1, 1, 3, 5, 7, 10, 20, 50, 88, 89, 100, 1e3, 1e4, 1e6]
EXTREME_VALUES = numpy.float32([sign * value for value in EXTREMES for sign in (1, -1)])


@pytest.mark.parametrize("activation", ["gelu_tanh", "gelu_erf", "relu_squared"])
def test_activations_of_any_magnitude(activation: str, implementation: Implementation) -> None:
    """Errors against the size of the element itself, not of the greatest."""
    x, ones = EXTREME_VALUES, numpy.ones_like(EXTREME_VALUES)
    forward = {"x": x, "out": empty(len(x)), "activation": activation}
    out, expected = (run["out"] for run in both(implementation, "activation_forward", forward))
    assert (numpy.abs(out - expected) <= 1e-6 * numpy.maximum(numpy.abs(x), numpy.abs(expected))).all()
    backward = {"x": x, "dout": ones, "dx": empty(len(x)), "activation": activation}
    dx, expected = (run["dx"] for run in both(implementation, "activation_backward", backward))
    assert (numpy.abs(dx - expected) <= 2e-6 * numpy.maximum(1, numpy.abs(expected))).all()


def test_swiglu_of_any_magnitude(implementation: Implementation) -> None:
    gate, ones = EXTREME_VALUES[None], numpy.ones((1, len(EXTREME_VALUES)), numpy.float32)
    gate_up = numpy.concatenate([gate, ones], axis=1)
    forward = {"gate_up": gate_up, "out": numpy.zeros_like(ones)}
    out, expected = (run["out"] for run in both(implementation, "swiglu_forward", forward))
    assert (numpy.abs(out - expected) <= 1e-6 * numpy.abs(gate)).all()
    backward = {"gate_up": gate_up, "dout": ones, "dgate_up": numpy.zeros_like(gate_up)}
    dgate_up, expected = (run["dgate_up"] for run in both(implementation, "swiglu_backward", backward))
    assert (numpy.abs(dgate_up - expected) <= 2e-6 * numpy.maximum(1, numpy.abs(expected))).all()


def both(implementation: Implementation, op: str, arguments: Arguments) -> tuple[dict[str, Array], dict[str, Array]]:
    return implementation.run(op, arguments), REFERENCE.run(op, in_float64(arguments))


# ------------------------------------------------------------------------------------------------ optimizers


def test_sum_of_squares_beyond_float32(implementation: Implementation) -> None:
    total = implementation.run("sum_of_squares", {"x": numpy.full(1003, 1e30, numpy.float32)})["returned"]
    assert math.isclose(total, 1003e60, rel_tol=1e-6)
    many = numpy.full(1_000_003, 0.1, numpy.float32)
    total = implementation.run("sum_of_squares", {"x": many})["returned"]
    assert math.isclose(total, 1_000_003 * float(many[0]) ** 2, rel_tol=1e-6)


@pytest.mark.parametrize("value", [numpy.nan, numpy.inf, -numpy.inf])
def test_a_number_that_is_none_shows_in_the_sum_of_squares(value: float, implementation: Implementation) -> None:
    """Wherever it stands: this is how a training step notices."""
    for place in (0, 1, 15, 16, 63, 64, 69, 70):
        x = numpy.ones(71, numpy.float32)
        x[place] = value
        assert not numpy.isfinite(implementation.run("sum_of_squares", {"x": x})["returned"])


def test_adamw_without_gradients(random: numpy.random.Generator, implementation: Implementation) -> None:
    arguments = adamw(random, 131)
    arguments.update(gradients=empty(131), m=empty(131), v=empty(131))
    arguments["weight_decays"] = numpy.zeros_like(arguments["weight_decays"])
    found = implementation.run("adamw", arguments)
    assert (found["parameters"] == arguments["parameters"]).all()
    assert (found["m"] == 0).all() and (found["v"] == 0).all()


@pytest.mark.parametrize(("magnitude", "step"), [(1e-18, 1), (1e-18, 10**6), (1e15, 1), (1.0, 10**6)])
def test_adamw_of_any_magnitude(
    magnitude: float, step: int, random: numpy.random.Generator, implementation: Implementation
) -> None:
    arguments = {**adamw(random, 1031, step=step), "gradients": normal(random, 1031, scale=magnitude)}
    arguments.update(m=normal(random, 1031, scale=magnitude), v=normal(random, 1031, scale=magnitude) ** 2)
    assert_same_as_reference(implementation, "adamw", arguments)


# ------------------------------------------------------------------------------------------------ nothing to do


def test_no_rows(random: numpy.random.Generator, implementation: Implementation) -> None:
    """Nothing happens, and what is added to stays as it is."""
    for make, sizes in [
        (classifier_forward, (0, 5, 7)),
        (classifier_backward, (0, 5, 7)),
        (classifier_forward_backward, (0, 5, 7)),
        (embedding_forward, (0, 5, 7)),
        (embedding_backward, (0, 5, 7)),
        (softmax_forward, (0, 5)),
        (layernorm_forward, (0, 5)),
        (matmul, (0, 5, 7)),
    ]:
        arguments = make(random, *sizes)
        for name, values in implementation.run(make.__name__, arguments).items():
            numpy.testing.assert_array_equal(values, arguments[name])


def test_a_product_over_nothing_is_zero(random: numpy.random.Generator, implementation: Implementation) -> None:
    out = implementation.run("matmul", matmul(random, 3, 5, 0))["out"]
    assert (out == 0).all()
    arguments = matmul(random, 3, 5, 0, bias=True, addend="other")
    out = implementation.run("matmul", arguments)["out"]
    assert (out == arguments["bias"] + arguments["addend"]).all()


# ------------------------------------------------------------------------------------------------ ids out of range


def refuses(implementation: Implementation, op: str, arguments: Arguments, name: str, place: Any, value: int) -> None:
    """The call with one bad number raises an error that names it."""
    bad = arguments[name].copy()
    bad[place] = value
    with pytest.raises(ValueError, match=rf"(?<![\d-]){value}(?!\d)") as raised:
        implementation.run(op, {**arguments, name: bad})
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("place", [0, 7, 16])
def test_ids_out_of_range(place: int, random: numpy.random.Generator, implementation: Implementation) -> None:
    for value in (-1, 11, 2**31 - 1, -(2**31)):
        for embedding in (embedding_forward, embedding_backward):
            arguments = embedding(random, 17, 5, 11)
            refuses(implementation, embedding.__name__, arguments, "tokens", place, value)
            refuses(implementation, embedding.__name__, arguments, "positions", place, 13 if value == 11 else value)
        for rope in (rope_forward, rope_backward):
            arguments = rope(random, 1, 17, 1, 4)  # the tables have 19 rows
            refuses(implementation, rope.__name__, arguments, "positions", (0, place), 19 if value == 11 else value)
        for classifier in (classifier_forward, classifier_backward, classifier_forward_backward):
            arguments = classifier(random, 17, 5, 11)
            refuses(implementation, classifier.__name__, arguments, "targets", place, -2 if value == -1 else value)


def test_keys_out_of_range(random: numpy.random.Generator, implementation: Implementation) -> None:
    arguments = attention_decode(random, 3, 17, 2, 1, 5, first=True)
    for row in range(3):
        for length in (0, -1, 18, 2**31 - 1):
            refuses(implementation, "attention_decode", arguments, "lengths", row, length)
        for begin in (-1, int(arguments["lengths"][row])):
            refuses(implementation, "attention_decode", arguments, "first", row, begin)
    arguments = attention_forward(random, 2, 17, 17, 2, 1, 5, "window")
    refuses(implementation, "attention_forward", arguments, "first", (1, 9), 2)  # before it 4, after it 6
    arguments = attention_backward(random, 2, 17, 2, 1, 5, "window")
    refuses(implementation, "attention_backward", arguments, "first", (1, 9), 2)
