"""The reference itself: every gradient against central differences in float64, values against independent formulas."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from calls import Array
from examples import starts

from pyllm.ops import reference

STEP = 1e-5
LARGEST_ERROR = 1e-7  # of the greatest element: STEP^2 times third derivatives, and rounding / STEP


@pytest.fixture
def random() -> numpy.random.Generator:
    return numpy.random.default_rng(20260)


def numerical_gradient(function: Callable[[], Array], dout: Array, array: Array) -> Array:
    """The gradient of sum(dout * function()) with respect to an array that the function reads."""
    gradient = numpy.empty_like(array)
    for place in numpy.ndindex(array.shape):
        value = array[place]
        array[place] = value + STEP
        above = (dout * function()).sum()
        array[place] = value - STEP
        below = (dout * function()).sum()
        array[place] = value
        gradient[place] = (above - below) / (2 * STEP)
    return gradient


def assert_close(found: Array, expected: Array, largest: float = LARGEST_ERROR) -> None:
    assert found.dtype == numpy.float64
    assert numpy.abs(found - expected).max() <= largest * max(numpy.abs(expected).max(), 1e-3)


def output(op: Callable[..., None], shape: tuple[int, ...], name: str = "out", **arguments: Any) -> Array:
    """The one output of an op that is asked for; the op must fill it."""
    out = numpy.full(shape, numpy.nan)
    op(**arguments, **{name: out})
    return out


# ------------------------------------------------------------------------------------------------ matmul, norms


@pytest.mark.parametrize("form", ["nn", "nt", "tn", "tt"])
def test_matmul(form: str, random: numpy.random.Generator) -> None:
    a, b = random.normal(size=(3, 5)), random.normal(size=(5, 4))
    bias, addend, out, preactivation = random.normal(size=4), random.normal(size=(3, 4)), *numpy.empty((2, 3, 4))
    stored_a, stored_b = (a.T if form[0] == "t" else a), (b.T if form[1] == "t" else b)
    flags = {"transpose_a": form[0] == "t", "transpose_b": form[1] == "t"}
    product = numpy.array([[sum(a[i, k] * b[k, j] for k in range(5)) for j in range(4)] for i in range(3)])
    reference.matmul(stored_a, stored_b, out, **flags)
    assert_close(out, product, 1e-14)
    reference.matmul(stored_a, stored_b, out, **flags, addend=out)
    assert_close(out, 2 * product, 1e-14)
    options = {"bias": bias, "activation": "relu_squared", "preactivation": preactivation, "addend": addend}
    reference.matmul(stored_a, stored_b, out, **flags, **options)
    assert_close(preactivation, product + bias, 1e-14)
    assert_close(out, numpy.where(product + bias > 0, (product + bias) ** 2, 0) + addend, 1e-14)


def test_bias_backward(random: numpy.random.Generator) -> None:
    dout, bias, x = random.normal(size=(7, 3)), random.normal(size=3), random.normal(size=(7, 3))
    before = random.normal(size=3)
    dbias = before.copy()
    reference.bias_backward(dout, dbias)
    assert_close(dbias - before, numerical_gradient(lambda: x + bias, dout, bias))


def test_layernorm_forward_of_known_numbers() -> None:
    x = numpy.array([[1.0, 2.0, 3.0, 6.0], [5.0, 5.0, 5.0, 5.0]])
    out, mean, rstd = numpy.empty((2, 4)), numpy.empty(2), numpy.empty(2)
    reference.layernorm_forward(x, numpy.full(4, 2.0), numpy.ones(4), out, mean, rstd, eps=0.5)
    assert_close(mean, numpy.array([3.0, 5.0]), 1e-15)
    assert_close(rstd, numpy.array([0.5, math.sqrt(2)]), 1e-15)  # the variance of the first row is 14 / 4
    assert_close(out, numpy.array([[-1.0, 0.0, 1.0, 4.0], [1.0, 1.0, 1.0, 1.0]]), 1e-15)


@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("with_residual", [True, False])
def test_layernorm_backward(with_bias: bool, with_residual: bool, random: numpy.random.Generator) -> None:
    x, residual, dout, dresidual = random.normal(size=(4, 3, 5))
    weight, bias = random.normal(size=(2, 5))
    mean, rstd = numpy.empty((2, 3))
    summed = numpy.empty((3, 5))

    def forward() -> Array:
        """out, and what is normalised: dresidual is the gradient that reaches that by other ways."""
        out = numpy.empty((3, 5))
        options = {"residual": residual, "residual_out": summed} if with_residual else {}
        reference.layernorm_forward(x, weight, bias if with_bias else None, out, mean, rstd, **options)
        return numpy.stack([out, summed if with_residual else x])

    forward()
    normalised = summed.copy() if with_residual else x.copy()
    before = random.normal(size=(2, 5))
    dx, (dweight, dbias) = numpy.full((3, 5), numpy.nan), before.copy()
    reference.layernorm_backward(
        dout,
        normalised,
        weight,
        mean.copy(),
        rstd.copy(),
        dx,
        dweight,
        dbias if with_bias else None,
        dresidual=dresidual,
    )
    alone = numpy.full((3, 5), numpy.nan)
    reference.layernorm_backward(dout, normalised, weight, mean.copy(), rstd.copy(), alone, numpy.zeros(5), None)
    assert_close(alone, dx - dresidual, 1e-14)
    both = numpy.stack([dout, dresidual])
    assert_close(dx, numerical_gradient(forward, both, x))
    assert_close(dweight - before[0], numerical_gradient(forward, both, weight))
    if with_bias:
        assert_close(dbias - before[1], numerical_gradient(forward, both, bias))
    if with_residual:
        assert_close(dx, numerical_gradient(forward, both, residual))


def test_rmsnorm_forward_of_known_numbers() -> None:
    x = numpy.array([[1.0, -1.0, 3.0, 1.0], [0.0, 0.0, 0.0, 0.0]])
    out, rstd = numpy.empty((2, 4)), numpy.empty(2)
    reference.rmsnorm_forward(x, numpy.array([1.0, 2.0, 3.0, 4.0]), out, rstd, eps=1.0)
    assert_close(rstd, numpy.array([0.5, 1.0]), 1e-15)  # the mean square of the first row is 3
    assert_close(out, numpy.array([[0.5, -1.0, 4.5, 2.0], [0, 0, 0, 0]]), 1e-15)


@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 2, 5)])  # rows, and heads of queries and keys
@pytest.mark.parametrize("with_residual", [True, False])
def test_rmsnorm_backward(shape: tuple[int, ...], with_residual: bool, random: numpy.random.Generator) -> None:
    x, residual, dout, dresidual = random.normal(size=(4, *shape))
    weight, rstd, summed = random.normal(size=5), numpy.empty(shape[:-1]), numpy.empty(shape)

    def forward() -> Array:
        out = numpy.empty(shape)
        options = {"residual": residual, "residual_out": summed} if with_residual else {}
        reference.rmsnorm_forward(x, weight, out, rstd, **options)
        return numpy.stack([out, summed if with_residual else x])

    forward()
    normalised = summed.copy() if with_residual else x
    before = random.normal(size=5)
    dx, dweight = numpy.full(shape, numpy.nan), before.copy()
    reference.rmsnorm_backward(dout, normalised, weight, rstd.copy(), dx, dweight, dresidual=dresidual)
    alone = numpy.full(shape, numpy.nan)
    reference.rmsnorm_backward(dout, normalised, weight, rstd.copy(), alone, numpy.zeros(5))
    assert_close(alone, dx - dresidual, 1e-14)
    both = numpy.stack([dout, dresidual])
    assert_close(dx, numerical_gradient(forward, both, x))
    assert_close(dweight - before, numerical_gradient(forward, both, weight))
    if with_residual:
        assert_close(dx, numerical_gradient(forward, both, residual))


# ------------------------------------------------------------------------------------------------ activations


@pytest.mark.parametrize(
    ("activation", "values"),
    [  # at -1, 0, 0.5, 2: computed with Python's decimal to 60 digits
        ("gelu_tanh", [-0.15880800939172329522, 0.0, 0.34571400982514392204, 1.95459769408777501878]),
        ("gelu_erf", [-0.15865525393145705141, 0.0, 0.34573123063700655182, 1.95449973610364158560]),
        ("relu_squared", [0.0, 0.0, 0.25, 4.0]),
    ],
)
def test_activations(activation: str, values: list[float], random: numpy.random.Generator) -> None:
    x = numpy.array([-1.0, 0.0, 0.5, 2.0])
    assert_close(output(reference.activation_forward, (4,), x=x, activation=activation), numpy.array(values), 1e-15)
    x, dout = 2 * random.normal(size=(2, 3, 7))

    def forward() -> Array:
        return output(reference.activation_forward, (3, 7), x=x, activation=activation)

    dx = output(reference.activation_backward, (3, 7), "dx", x=x, dout=dout, activation=activation)
    assert_close(dx, numerical_gradient(forward, dout, x))


def test_no_activation(random: numpy.random.Generator) -> None:
    x, dout = random.normal(size=(2, 5))
    assert (output(reference.activation_forward, (5,), x=x, activation="none") == x).all()
    assert (output(reference.activation_backward, (5,), "dx", x=x, dout=dout, activation="none") == dout).all()


def test_swiglu(random: numpy.random.Generator) -> None:
    gate_up, dout = random.normal(size=(3, 8)), random.normal(size=(3, 4))

    def forward() -> Array:
        return output(reference.swiglu_forward, (3, 4), gate_up=gate_up)

    gate, up = gate_up[:, :4], gate_up[:, 4:]
    assert_close(forward(), gate * (0.5 + 0.5 * numpy.tanh(gate / 2)) * up, 1e-14)  # another form of the sigmoid
    dgate_up = output(reference.swiglu_backward, (3, 8), "dgate_up", gate_up=gate_up, dout=dout)
    assert_close(dgate_up, numerical_gradient(forward, dout, gate_up))


def test_softmax(random: numpy.random.Generator) -> None:
    known = output(reference.softmax_forward, (1, 3), x=numpy.log(numpy.array([[1.0, 2.0, 5.0]])))
    assert_close(known, numpy.array([[0.125, 0.25, 0.625]]), 1e-15)
    x, dout = random.normal(size=(2, 3, 5))

    def forward() -> Array:
        return output(reference.softmax_forward, (3, 5), x=x)

    dx = output(reference.softmax_backward, (3, 5), "dx", out=forward(), dout=dout)
    assert_close(dx, numerical_gradient(forward, dout, x))


# ------------------------------------------------------------------------------------------------ embedding, rope


@pytest.mark.parametrize("with_positions", [True, False])
def test_embedding(with_positions: bool, random: numpy.random.Generator) -> None:
    tokens, positions = numpy.int32([2, 0, 2, 3, 2]), numpy.int32([0, 1, 2, 0, 1])
    table, position_table, dout = random.normal(size=(6, 3)), random.normal(size=(4, 3)), random.normal(size=(5, 3))

    def forward() -> Array:
        options = {"positions": positions, "position_table": position_table} if with_positions else {}
        return output(reference.embedding_forward, (5, 3), tokens=tokens, table=table, **options)

    for row in range(5):
        expected = table[tokens[row]] + (position_table[positions[row]] if with_positions else 0)
        assert_close(forward()[row], expected, 1e-15)
    before, position_before = random.normal(size=(6, 3)), random.normal(size=(4, 3))
    dtable, dposition_table = before.copy(), position_before.copy()
    options = {"positions": positions, "dposition_table": dposition_table} if with_positions else {}
    reference.embedding_backward(tokens, dout, dtable, **options)
    assert_close(dtable - before, numerical_gradient(forward, dout, table))
    assert_close(dposition_table - position_before, numerical_gradient(forward, dout, position_table))


@pytest.mark.parametrize("interleaved", [True, False])
def test_rope(interleaved: bool, random: numpy.random.Generator) -> None:
    x, dout = random.normal(size=(2, 2, 3, 2, 6))
    positions = numpy.int32([[0, 1, 2], [4, 0, 1]])
    angles = random.normal(size=(5, 3))
    tables = {"positions": positions, "cosines": numpy.cos(angles), "sines": numpy.sin(angles)}

    def forward() -> Array:
        out = x.copy()
        reference.rope_forward(out, **tables, interleaved=interleaved)
        return out

    rotated = forward()
    for b, t, h, i in numpy.ndindex(2, 3, 2, 3):  # multiplication by a complex number is a rotation
        first, second = (2 * i, 2 * i + 1) if interleaved else (i, i + 3)
        turned = complex(*x[b, t, h, [first, second]]) * cmath.exp(1j * angles[positions[b, t], i])
        assert_close(rotated[b, t, h, [first, second]], numpy.array([turned.real, turned.imag]), 1e-14)
    dx = dout.copy()
    reference.rope_backward(dx, **tables, interleaved=interleaved)
    assert_close(dx, numerical_gradient(forward, dout, x))


# ------------------------------------------------------------------------------------------------ attention


def plain_attention(q: Array, k: Array, v: Array, first: Array | None, scale: float) -> tuple[Array, Array]:
    """One query at a time, from the words of the definition; (out, logsumexp)."""
    out, logsumexp = numpy.empty(q.shape), numpy.empty((q.shape[0], q.shape[2], q.shape[1]))
    for b, i, h in numpy.ndindex(q.shape[:3]):
        group = h * k.shape[2] // q.shape[2]
        begin = 0 if first is None else first[b, i]
        seen = range(begin, k.shape[1] - q.shape[1] + i + 1)
        weights = [math.exp(scale * float(sum(q[b, i, h] * k[b, j, group]))) for j in seen]
        logsumexp[b, h, i] = math.log(sum(weights))
        out[b, i, h] = sum(w / sum(weights) * v[b, j, group] for w, j in zip(weights, seen, strict=True))
    return out, logsumexp


ATTENTIONS = [(1, 4, 1, 1, 3, "", None), (2, 7, 4, 2, 2, "segments", None), (1, 9, 3, 1, 2, "window", 0.3)]


@pytest.mark.parametrize(("batch", "time", "heads", "groups", "size", "first", "scale"), ATTENTIONS)
def test_attention(
    batch: int,
    time: int,
    heads: int,
    groups: int,
    size: int,
    first: str,
    scale: float | None,
    random: numpy.random.Generator,
) -> None:
    q, dout = random.normal(size=(2, batch, time, heads, size))
    k, v = random.normal(size=(2, batch, time, groups, size))
    begins = starts(random, batch, time, time, first)
    options = {"first": begins, "scale": scale}
    logsumexp = numpy.empty((batch, heads, time))

    def forward() -> Array:
        return output(reference.attention_forward, q.shape, q=q, k=k, v=v, logsumexp=logsumexp, **options)

    out = forward()
    plain_out, plain_logsumexp = plain_attention(q, k, v, begins, scale or size**-0.5)
    assert_close(out, plain_out, 1e-13)
    assert_close(logsumexp, plain_logsumexp, 1e-13)
    dq, dk, dv = (numpy.full(array.shape, numpy.nan) for array in (q, k, v))
    reference.attention_backward(q, k, v, out, logsumexp.copy(), dout, dq, dk, dv, **options)
    assert_close(dq, numerical_gradient(forward, dout, q))
    assert_close(dk, numerical_gradient(forward, dout, k))
    assert_close(dv, numerical_gradient(forward, dout, v))


def test_attention_of_the_last_queries_alone(random: numpy.random.Generator) -> None:
    """A prompt's end against the cache of its beginning: the same rows as the whole prompt at once."""
    q, k, v = random.normal(size=(3, 2, 9, 2, 3))
    first = starts(random, 2, 9, 9, "segments")
    assert first is not None
    out, logsumexp = plain_attention(q, k, v, first, 3**-0.5)
    last_out, last_logsumexp = numpy.empty((2, 4, 2, 3)), numpy.empty((2, 2, 4))
    reference.attention_forward(q[:, 5:], k, v, last_out, last_logsumexp, first=first[:, 5:])
    assert_close(last_out, out[:, 5:], 1e-13)
    assert_close(last_logsumexp, logsumexp[:, :, 5:], 1e-13)


def test_attention_decode(random: numpy.random.Generator) -> None:
    q, (k, v) = random.normal(size=(3, 1, 4, 5)), random.normal(size=(2, 3, 1, 2, 5))
    cache = random.normal(size=(2, 3, 8, 2, 5))
    lengths, first = numpy.int32([1, 8, 5]), numpy.int32([0, 3, 4])
    for begins in (first, None):
        keys, values = before = cache.copy()
        out = output(
            reference.attention_decode, q.shape, q=q, k=k, v=v, keys=keys, values=values, lengths=lengths, first=begins
        )
        new = range(3), lengths - 1
        assert_close(keys[new], k[:, 0], 0)
        assert_close(values[new], v[:, 0], 0)
        before[(slice(None), *new)] = cache[(slice(None), *new)]
        assert_close(before, cache, 0)
        keys[new], values[new] = k[:, 0], v[:, 0]
        for row in range(3):
            seen = slice(0 if begins is None else begins[row], lengths[row])
            plain_out, _ = plain_attention(q[[row]], keys[[row], seen], values[[row], seen], None, 5**-0.5)
            assert_close(out[[row]], plain_out, 1e-13)


# ------------------------------------------------------------------------------------------------ classifier


def test_classifier(random: numpy.random.Generator) -> None:
    x, weight = random.normal(size=(5, 4)), random.normal(size=(7, 4))
    targets = numpy.int32([6, -1, 0, 3, -1])
    logsumexp, entropies = numpy.empty((2, 5))
    dlogprobs, dentropies = random.normal(size=(2, 5))

    def forward() -> Array:
        logprobs = numpy.full(5, numpy.nan)
        reference.classifier_forward(x, weight, targets, logprobs, logsumexp=logsumexp, entropies=entropies)
        return numpy.stack([logprobs, entropies])

    logprobs, _ = forward()
    for row, target in enumerate(targets):
        if target == -1:
            assert logprobs[row] == logsumexp[row] == entropies[row] == 0
            continue
        weights = [math.exp(sum(x[row] * weight[token])) for token in range(7)]
        p = [w / sum(weights) for w in weights]
        assert math.isclose(logprobs[row], math.log(p[target]), rel_tol=1e-13)
        assert math.isclose(entropies[row], -sum(q * math.log(q) for q in p), rel_tol=1e-13)
        assert math.isclose(logsumexp[row], math.log(sum(weights)), rel_tol=1e-13)

    saved = {"logsumexp": logsumexp.copy(), "entropies": entropies.copy()}
    before = random.normal(size=(7, 4))
    for given in (
        {"dlogprobs": dlogprobs, "dentropies": dentropies},
        {"dlogprobs": dlogprobs},
        {"dentropies": dentropies},
    ):
        douts = numpy.stack([given.get("dlogprobs", numpy.zeros(5)), given.get("dentropies", numpy.zeros(5))])
        dx, dweight = numpy.full((5, 4), numpy.nan), before.copy()
        reference.classifier_backward(x, weight, targets, dx=dx, dweight=dweight, **saved, **given)
        assert_close(dx, numerical_gradient(forward, douts, x))
        assert_close(dweight - before, numerical_gradient(forward, douts, weight))
        reference.classifier_backward(x, weight, targets, dx=x.copy(), dweight=None, **saved, **given)

    fused_logprobs, fused_dx, fused_dweight = numpy.empty(5), numpy.full((5, 4), numpy.nan), before.copy()
    reference.classifier_forward_backward(x, weight, targets, dlogprobs, fused_logprobs, fused_dx, fused_dweight)
    douts = numpy.stack([dlogprobs, numpy.zeros(5)])
    assert (fused_logprobs == logprobs).all()
    assert_close(fused_dx, numerical_gradient(forward, douts, x))
    assert_close(fused_dweight - before, numerical_gradient(forward, douts, weight))


# ------------------------------------------------------------------------------------------------ optimizers


def test_sum_of_squares() -> None:
    assert reference.sum_of_squares(numpy.array([[3.0, -4.0], [0.0, 12.0]])) == 169.0
    assert isinstance(reference.sum_of_squares(numpy.ones(3, numpy.float32)), float)


def test_adamw_follows_the_paper(random: numpy.random.Generator) -> None:
    """Three steps, element by element, as algorithm 2 of https://arxiv.org/abs/1711.05101 has them."""
    parameters, m, v = random.normal(size=11), numpy.zeros(11), numpy.zeros(11)
    ranges = {"begins": numpy.int64([1, 6]), "ends": numpy.int64([4, 10]), "weight_decays": numpy.float32([0.5, 0])}
    decays = {**dict.fromkeys((1, 2, 3), 0.5), **dict.fromkeys((6, 7, 8, 9), 0.0)}
    expected = parameters.copy()
    first, second = dict.fromkeys(decays, 0.0), dict.fromkeys(decays, 0.0)
    for step in (1, 2, 3):
        gradients = random.normal(size=11)
        for i, decay in decays.items():
            g = 0.25 * gradients[i]
            first[i] = 0.9 * first[i] + 0.1 * g
            second[i] = 0.99 * second[i] + 0.01 * g**2
            update = first[i] / (1 - 0.9**step) / (math.sqrt(second[i] / (1 - 0.99**step)) + 1e-3)
            expected[i] = expected[i] - 0.1 * update - 0.1 * decay * expected[i]
        outside = [i for i in range(11) if i not in decays]
        untouched = gradients[outside].copy()
        options = {"lr": 0.1, "betas": (0.9, 0.99), "eps": 1e-3, "step": step, "scale": 0.25}
        reference.adamw(parameters, gradients, m, v, **ranges, **options)
        assert_close(parameters, expected, 1e-14)
        assert (gradients[list(decays)] == 0).all() and (gradients[outside] == untouched).all()
        assert (m[outside] == 0).all() and (v[outside] == 0).all()


def test_muon_momentum_is_nesterovs(random: numpy.random.Generator) -> None:
    momentum, out = numpy.zeros((2, 3)), numpy.empty((2, 3))
    gradients = random.normal(size=(3, 2, 3))
    for gradient in gradients:
        last = gradient.copy()
        reference.muon_momentum(last, momentum, out, beta=0.5, scale=2.0)
        assert (last == 0).all()
    expected = 2 * (0.25 * gradients[0] + 0.5 * gradients[1] + gradients[2])
    assert_close(momentum, expected, 1e-14)
    assert_close(out, 2 * gradients[2] + 0.5 * expected, 1e-14)


def test_linear_combination(random: numpy.random.Generator) -> None:
    x, y = random.normal(size=(2, 5))
    out = output(reference.linear_combination, (5,), a=2.0, x=x, b=-3.0, y=y)
    assert_close(out, numpy.array([2 * p - 3 * q for p, q in zip(x, y, strict=True)]), 1e-15)


# ------------------------------------------------------------------------------------------------ sampling


@pytest.mark.parametrize(
    ("key", "counter", "words"),
    [  # the known answers of Random123, kat_vectors
        ([0, 0], [0, 0, 0, 0], [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([0xFFFFFFFF] * 2, [0xFFFFFFFF] * 4, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0xA4093822, 0x299F31D0],
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_philox(key: list[int], counter: list[int], words: list[int]) -> None:
    counters = numpy.array([counter, [1, 2, 3, 4], counter], numpy.uint32)
    made = reference.philox(key, counters)
    assert made[0].tolist() == made[2].tolist() == words and made[1].tolist() != words
    assert reference.uniform_numbers(key[0] | key[1] << 32, counters)[0] == (words[0] + 0.5) / 2**32


def test_kept_probabilities() -> None:
    logits = numpy.log(numpy.array([0.1, 0.4, 0.2, 0.2, 0.1]))
    for arguments, expected in [
        ((1.0, 0, 1.0), [0.1, 0.4, 0.2, 0.2, 0.1]),
        ((0.5, 0, 1.0), numpy.array([1, 16, 4, 4, 1]) / 26),
        ((1.0, 2, 1.0), [0, 2 / 3, 1 / 3, 0, 0]),  # of equals the lower id
        ((1.0, 9, 1.0), [0.1, 0.4, 0.2, 0.2, 0.1]),
        ((1.0, 0, 0.39), [0, 1, 0, 0, 0]),
        ((1.0, 0, 0.41), [0, 2 / 3, 1 / 3, 0, 0]),
        ((1.0, 0, 0.81), [0.4 / 3.6, 1.6 / 3.6, 0.8 / 3.6, 0.8 / 3.6, 0]),
        ((1.0, 2, 0.6), [0, 1, 0, 0, 0]),  # top_p of what top_k has left: 2/3 is enough
    ]:
        assert_close(reference.kept_probabilities(logits, *arguments), numpy.array(expected), 1e-12)
    many_equal = numpy.zeros(1024)
    for arguments in ((1.0, 3, 1.0), (1.0, 0, 3 / 1024)):  # three reach exactly three parts of 1024
        assert numpy.flatnonzero(reference.kept_probabilities(many_equal, *arguments)).tolist() == [0, 1, 2]
    sawtooth = numpy.arange(1024) % 7
    assert numpy.flatnonzero(reference.kept_probabilities(sawtooth, 1.0, 3, 1.0)).tolist() == [6, 13, 20]


def test_sample(random: numpy.random.Generator) -> None:
    logits, counters = random.normal(size=(200, 5)), random.integers(0, 2**32, (200, 4), numpy.uint32)
    logits[:, 2] = -numpy.inf
    u = reference.uniform_numbers(11, counters)
    for options in ({}, {"temperature": 0.5}, {"top_k": 2}, {"top_p": 0.7}, {"temperature": 0.0}):
        ids, logprobs = numpy.zeros(200, numpy.int32), numpy.empty(200)
        reference.sample(logits, ids, logprobs, seed=11, counters=counters, **options)
        for row, (id, logprob) in enumerate(zip(ids, logprobs, strict=True)):
            weights = [math.exp(z) for z in logits[row]]
            assert math.isclose(logprob, math.log(weights[id] / sum(weights)), rel_tol=1e-12)
            if options.get("temperature") == 0:
                assert weights[id] == max(weights)
                continue
            p = reference.kept_probabilities(logits[row], **{"temperature": 1.0, "top_k": 0, "top_p": 1.0, **options})
            assert sum(p[:id]) <= u[row] < sum(p[: id + 1])
