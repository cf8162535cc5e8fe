"""AdamW and Muon against their definitions in float64, on small models."""

import math

import numpy
import pytest

import pyllm.ops.cpu
import pyllm.ops.reference
from pyllm.model import GPT, ModelConfig
from pyllm.optim import AdamW, Muon, NonFiniteError, newton_schulz

CONFIGS = {
    "gpt2": ModelConfig(n_layer=2, n_head=2, n_embd=8, vocab_size=11, context=8),
    "llama": ModelConfig(
        n_layer=2, n_head=4, n_kv_head=2, n_embd=16, vocab_size=11, context=8, norm="rmsnorm", position="rope",
        mlp="swiglu", bias=False, tie_embeddings=False, n_hidden=24,
    ),
}  # fmt: skip
OPS = {"reference": pyllm.ops.reference, "cpu": pyllm.ops.cpu}
OUTER = ("wte", "wpe", "embed_tokens", "lm_head")


def random_gradients(model: GPT, source: numpy.random.Generator, size: float) -> dict[str, numpy.ndarray]:
    for gradient in model.grads.values():
        gradient += source.standard_normal(gradient.shape).astype(gradient.dtype) * size
    return {name: gradient.astype(numpy.float64) for name, gradient in model.grads.items()}


def parameters(model: GPT) -> dict[str, numpy.ndarray]:
    return {name: value.astype(numpy.float64) for name, value in model.parameters.items()}


class Definition:
    """AdamW on named arrays, in float64."""

    def __init__(self, start: dict[str, numpy.ndarray], betas: tuple[float, float], eps: float, decay: float) -> None:
        self.p, self.betas, self.eps, self.decay, self.t = start, betas, eps, decay, 0
        self.m = {name: numpy.zeros_like(value) for name, value in start.items()}
        self.v = {name: numpy.zeros_like(value) for name, value in start.items()}

    def step(self, gradients: dict[str, numpy.ndarray], lr: float, max_norm: float | None) -> float:
        norm = math.sqrt(sum(float((g**2).sum()) for g in gradients.values()))
        scale = 1.0 if max_norm is None else min(1.0, max_norm / (norm + 1e-6))
        self.t += 1
        for name, g in gradients.items():
            self.update(name, g * scale, lr)
        return norm

    def update(self, name: str, g: numpy.ndarray, lr: float) -> None:
        b1, b2 = self.betas
        self.m[name] = b1 * self.m[name] + (1 - b1) * g
        self.v[name] = b2 * self.v[name] + (1 - b2) * g**2
        m, v = self.m[name] / (1 - b1**self.t), self.v[name] / (1 - b2**self.t)
        decay = self.decay if g.ndim == 2 else 0.0
        self.p[name] = self.p[name] - lr * (m / (numpy.sqrt(v) + self.eps) + decay * self.p[name])


class MuonDefinition(Definition):
    """Muon by the singular value decomposition: what Newton and Schulz's steps do to each singular value."""

    def __init__(self, *arguments: object, matrix_lr: float, momentum: float, lr: float) -> None:
        super().__init__(*arguments)
        self.ratio, self.momentum = matrix_lr / lr, momentum

    def update(self, name: str, g: numpy.ndarray, lr: float) -> None:
        if g.ndim == 1 or any(part in name for part in OUTER):
            return super().update(name, g, lr)
        conv1d = ".attn.c" in name or ".mlp.c" in name  # (in, out)
        g, p = (g.T, self.p[name].T) if conv1d else (g, self.p[name])
        m = self.m[name].T if conv1d else self.m[name]
        m[...] = self.momentum * m + g
        direction = g + self.momentum * m
        size = p.shape[1] if "c_attn" in name else len(p)  # queries, keys and values apart
        for begin in range(0, len(p), size):
            rows = slice(begin, begin + size)
            update = polynomial_of_singular_values(direction[rows]) * max(1.0, size / p.shape[1]) ** 0.5
            p[rows] = p[rows] * (1 - lr * self.decay) - lr * self.ratio * update
        return None


def polynomial_of_singular_values(x: numpy.ndarray) -> numpy.ndarray:
    u, s, v = numpy.linalg.svd(x, full_matrices=False)
    s = s / math.sqrt((s**2).sum())
    for _ in range(5):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    return u * s @ v


@pytest.mark.parametrize("ops", OPS)
@pytest.mark.parametrize("family", CONFIGS)
@pytest.mark.parametrize("max_norm", [None, 1.0, 1e9])
def test_adamw_is_its_definition(family: str, ops: str, max_norm: float | None) -> None:
    model = GPT(CONFIGS[family], seed=3, ops=OPS[ops])
    optimizer = AdamW(model, lr=0.01, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.3)
    wanted = Definition(parameters(model), (0.9, 0.95), 1e-8, 0.3)
    source = numpy.random.default_rng(1)
    for step in range(6):
        gradients = random_gradients(model, source, 10.0 ** (step - 3))
        lr, version = 0.01 / (step + 1), model.version
        norm = optimizer.step(lr, max_norm)
        assert norm == pytest.approx(wanted.step(gradients, lr, max_norm), rel=1e-6)
        assert model.version == version + 1 and not model.gradient_arena.any()
    for name, value in model.parameters.items():
        numpy.testing.assert_allclose(value, wanted.p[name], rtol=2e-5, atol=2e-6, err_msg=name)
    assert optimizer.steps == 6


def test_its_own_learning_rate_is_the_default() -> None:
    model, other = (GPT(CONFIGS["gpt2"], seed=3) for _ in range(2))
    for one in (model, other):
        random_gradients(one, numpy.random.default_rng(0), 1.0)
    AdamW(model, lr=0.02).step()
    AdamW(other, lr=0.5).step(0.02)
    assert (model.parameter_arena == other.parameter_arena).all()


@pytest.mark.parametrize("shape", [(16, 16), (16, 48), (48, 16), (5, 33), (33, 5), (1, 7), (96, 128)])
@pytest.mark.parametrize("ops", OPS)
def test_newton_schulz_brings_singular_values_near_one(shape: tuple[int, int], ops: str) -> None:
    source = numpy.random.default_rng(shape[0])
    x = source.standard_normal(shape).astype(numpy.float32) * 37
    side = min(shape)
    scratch = [numpy.empty(size, numpy.float32) for size in (shape, (side, side), (side, side))]
    result = newton_schulz(OPS[ops], x.copy(), *scratch)
    numpy.testing.assert_allclose(result, polynomial_of_singular_values(x.astype(numpy.float64)), atol=2e-4)
    singular = numpy.linalg.svd(result, compute_uv=False)
    lowest = 0.3 if shape[0] == shape[1] else 0.6  # a square Gaussian matrix has singular values near 0
    assert singular.max() < 1.3 and numpy.median(singular) > 0.65 and singular[int(0.9 * side) - 1] > lowest


@pytest.mark.parametrize("ops", OPS)
@pytest.mark.parametrize("family", CONFIGS)
def test_muon_is_its_definition(family: str, ops: str) -> None:
    model = GPT(CONFIGS[family], seed=3, ops=OPS[ops])
    optimizer = Muon(model, lr=0.01, betas=(0.8, 0.9), weight_decay=0.3, matrix_lr=0.05, momentum=0.9)
    start = parameters(model)
    wanted = MuonDefinition(start, (0.8, 0.9), 1e-8, 0.3, matrix_lr=0.05, momentum=0.9, lr=0.01)
    source = numpy.random.default_rng(1)
    for step in range(4):
        gradients = random_gradients(model, source, 0.5)
        lr = 0.01 / (step + 1)
        assert optimizer.step(lr) == pytest.approx(wanted.step(gradients, lr, 1.0), rel=1e-6)
        assert not model.gradient_arena.any()
    for name, value in model.parameters.items():
        numpy.testing.assert_allclose(value, wanted.p[name], atol=1e-4, err_msg=name)


def test_muon_has_every_parameter_once() -> None:
    """What Muon and AdamW step on are the arena's tensors, none twice and none left out."""
    for config in CONFIGS.values():
        model = GPT(config)
        optimizer = Muon(model)
        touched = numpy.zeros(model.parameter_arena.size, int)
        for one in optimizer.matrices:
            touched[one.begin : one.begin + one.rows * one.columns] += 1
        for one in optimizer._ranges:
            touched[one.begin : one.end] += 1
        wanted = numpy.zeros_like(touched)
        for one in model.parameter_ranges():
            wanted[one.begin : one.end] = 1
        assert (touched == wanted).all()


@pytest.mark.parametrize("kind", [AdamW, Muon])
@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_a_gradient_that_is_not_finite_changes_nothing(kind: type[AdamW], bad: float) -> None:
    model = GPT(CONFIGS["gpt2"])
    optimizer = kind(model)
    random_gradients(model, numpy.random.default_rng(0), 1.0)
    model.grads["transformer.h.1.mlp.c_fc.weight"][3, 4] = bad
    before = [array.copy() for array in (model.parameter_arena, model.gradient_arena, optimizer.m, optimizer.v)]
    message = r"the gradient's norm is (nan|inf): that of transformer\.h\.1\.mlp\.c_fc\.weight holds values"
    with pytest.raises(NonFiniteError, match=message):
        optimizer.step()
    for old, new in zip(before, (model.parameter_arena, model.gradient_arena, optimizer.m, optimizer.v), strict=True):
        numpy.testing.assert_array_equal(old, new)
    assert optimizer.steps == 0 and model.version == 0


@pytest.mark.parametrize("kind", [AdamW, Muon])
def test_state_goes_on_to_the_same_bits(kind: type[AdamW]) -> None:
    straight, resumed = GPT(CONFIGS["llama"], seed=5), GPT(CONFIGS["llama"], seed=6)
    one, other = kind(straight), kind(resumed)
    sources = [numpy.random.default_rng(2), numpy.random.default_rng(2)]
    for _ in range(3):
        random_gradients(straight, sources[0], 1.0)
        one.step()
        random_gradients(resumed, sources[1], 1.0)
    resumed.zero_grads()
    resumed.parameter_arena[...] = straight.parameter_arena
    other.load_state({name: numpy.copy(value) if name != "kind" else value for name, value in one.state().items()})
    for _ in range(3):
        for optimizer, source in zip((one, other), sources, strict=True):
            random_gradients(optimizer.model, source, 1.0)
            optimizer.step()
    assert (straight.parameter_arena == resumed.parameter_arena).all() and other.steps == 6


def test_states_refused() -> None:
    adamw, muon = AdamW(GPT(CONFIGS["gpt2"])), Muon(GPT(CONFIGS["gpt2"]))
    with pytest.raises(ValueError, match=r"^the state is that of the optimizer Muon, not of AdamW$"):
        adamw.load_state(muon.state())
    state = AdamW(GPT(CONFIGS["llama"])).state()
    with pytest.raises(ValueError, match=r"^the optimizer's state has no m\.embedding of 88 elements of float32$"):
        adamw.load_state(state)
    assert not adamw.m.any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lr": 0.0}, r"^lr must be positive, got 0\.0$"),
        ({"lr": math.nan}, r"^lr must be positive, got nan$"),
        ({"betas": (0.9, 1.0)}, r"^betas\[1\] must be from 0 to below 1, got 1\.0$"),
        ({"eps": -1.0}, r"^eps must be positive, got -1\.0$"),
        ({"weight_decay": -0.1}, r"^weight_decay must be at least 0, got -0\.1$"),
        ({"matrix_lr": 0.0}, r"^matrix_lr must be positive, got 0\.0$"),
        ({"momentum": 1.0}, r"^momentum must be from 0 to below 1, got 1\.0$"),
    ],
)
def test_refusals(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Muon(GPT(CONFIGS["gpt2"]), **arguments)


def test_a_frozen_model_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^the model was made with trainable=False"):
        AdamW(GPT(CONFIGS["gpt2"], trainable=False))
