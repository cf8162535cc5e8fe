"""What a model holds and when it is valid: activations, gradients, memory, copies; and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
from models import KINDS, Array, assert_close, config, random_ids, random_model

from pyllm.model import GPT, StaleActivations
from pyllm.model.parameters import VOCABULARY_ROWS, layout
from pyllm.ops import cpu

SHAPE = (2, 5)
ONES = numpy.ones(SHAPE, numpy.float32)


def ids(model: GPT, seed: int = 1, shape: tuple[int, int] = SHAPE) -> Array:
    return random_ids(numpy.random.default_rng(seed), shape, model.cfg.vocab_size)


# Activations


def test_backward_is_valid_once() -> None:
    model = random_model(config("gpt2"))
    with pytest.raises(StaleActivations, match="call one of them first"):
        model.backward(ONES)
    model.forward(ids(model), ids(model))
    model.backward(ONES)
    gradients = model.gradient_arena.copy()
    with pytest.raises(StaleActivations, match="valid once"):
        model.backward(ONES)
    numpy.testing.assert_array_equal(model.gradient_arena, gradients)


def test_what_makes_activations_stale() -> None:
    model = random_model(config("gpt2"))
    tokens = ids(model)

    def written_to() -> None:
        model.parameters["transformer.wte.weight"][...] += 1
        model.touch()

    for overtaken in (
        lambda: model.loss_and_backward(tokens, tokens),
        written_to,
        lambda: model.resize_vocabulary(model.cfg.vocab_size + 1),
    ):
        model.forward(tokens, tokens)
        overtaken()
        with pytest.raises(StaleActivations):
            model.backward(ONES)
    # A forward pass that fails has begun to overwrite them.
    model.forward(tokens, tokens)
    with pytest.raises(ValueError, match="targets are needed"):
        model.outputs(tokens, None)
    with pytest.raises(StaleActivations):
        model.backward(ONES)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recompute", [True, False])
def test_what_leaves_activations_alone(kind: str, recompute: bool) -> None:
    """Scoring, generating and inspecting, of other sizes, too, and the caller's arrays that change afterwards."""
    cfg = config(kind, value_head=True)
    one, other = (random_model(cfg, recompute=recompute) for _ in range(2))
    tokens, targets = ids(one), ids(one, 2)
    want = ("logprobs", "entropies", "values")
    one.outputs(tokens, targets, want=want)
    one.backward(ONES, 2 * ONES, 3 * ONES)
    given = [tokens.copy(), targets.copy(), numpy.zeros(SHAPE, numpy.int32)]
    outputs = other.outputs(*given, want=want)
    for array in (*given, *(outputs[name] for name in want)):
        array[...] = 1
    for shape in (SHAPE, (4, 9), (1, 1)):
        other.score(ids(other, 3, shape), ids(other, 4, shape), want=want)
        other.logits(ids(other, 5, shape))
    kv = other.new_cache(2)
    other.prefill(tokens[0], kv, 0)
    other.decode(tokens[0, :1].copy(), kv)
    other.backward(ONES, 2 * ONES, 3 * ONES)
    numpy.testing.assert_array_equal(one.gradient_arena, other.gradient_arena)


def test_outputs_are_the_caller_s_own() -> None:
    model = random_model(config("gpt2", value_head=True))
    want = ("logprobs", "entropies", "values")
    for compute in (model.outputs, model.score):
        outputs = compute(ids(model), ids(model, 2), want=want)
        before = {name: outputs[name].copy() for name in want}
        compute(ids(model, 3), ids(model, 4), want=want)
        for name in want:
            numpy.testing.assert_array_equal(outputs[name], before[name])


def test_masked_targets_are_not_computed() -> None:
    """The classifier is the largest matrix: what the mask leaves out, it should skip."""
    seen = []

    def recording(x: Array, weight: Array, targets: Array, *rest: Array) -> None:
        seen.append(targets.copy())
        cpu.classifier_forward_backward(x, weight, targets, *rest)

    model = random_model(config("gpt2"), ops=SimpleNamespace(**{**vars(cpu), "classifier_forward_backward": recording}))
    targets, mask = ids(model, 2), ONES.copy()
    mask[0, :3] = 0
    model.loss_and_backward(ids(model), targets, mask)
    assert seen[0].tolist() == [-1, -1, -1, *targets.reshape(-1)[3:]]


def test_shapes_change_from_pass_to_pass() -> None:
    """Memory is used again, whatever was there."""
    cfg = config("llama with everything")
    model = random_model(cfg)
    for shape in ((2, 5), (3, 7), (1, 2), (2, 5), (7, 3)):
        tokens, targets = ids(model, 1, shape), ids(model, 2, shape)
        fresh = random_model(cfg)
        model.zero_grads()
        assert model.loss_and_backward(tokens, targets) == fresh.loss_and_backward(tokens, targets)
        numpy.testing.assert_array_equal(model.gradient_arena, fresh.gradient_arena)


def test_gradients_add_up() -> None:
    model = random_model(config("gpt2"))
    for times in (1, 2, 3):
        model.loss_and_backward(ids(model), ids(model, 2))
        if times == 1:
            once = model.gradient_arena.copy()
        assert_close(model.gradient_arena, times * once)
    model.zero_grads()
    assert not model.gradient_arena.any()


# Frozen models and copies


def test_a_frozen_model_has_no_gradients_and_no_buffers_for_them() -> None:
    model = random_model(config("gpt2", value_head=True))
    frozen = model.copy()
    assert not frozen.trainable
    expected = model.forward(ids(model), ids(model))
    numpy.testing.assert_array_equal(frozen.forward(ids(model), ids(model)), expected)
    assert frozen.outputs(ids(model), None, want=["values"]).values is not None
    report = frozen.memory_report()
    assert report["gradients"] == report["activations"] == 0
    assert not frozen.grads
    assert report["buffers"] < model.memory_report()["activations"]
    size = model.parameter_arena.nbytes
    assert _arrays_as_large_as(model, size, {id(model.parameter_arena.base)})
    assert not _arrays_as_large_as(frozen, size, {id(frozen.parameter_arena.base)})
    with pytest.raises(StaleActivations, match="frozen"):
        frozen.backward(ONES)
    for use in (lambda: frozen.loss_and_backward(ids(model), ids(model)), lambda: frozen.gradient_arena):
        with pytest.raises(ValueError, match="frozen"):
            use()


def _arrays_as_large_as(holder: Any, size: int, known: set[int]) -> list[Array]:
    """The arrays of at least so many bytes that an object holds, at any depth."""
    if isinstance(holder, numpy.ndarray):
        owner = holder if holder.base is None else holder.base
        return [owner] if owner.nbytes >= size and id(owner) not in known else []
    if isinstance(holder, (list, tuple)):
        parts = list(holder)
    elif isinstance(holder, dict):
        parts = list(holder.values())
    elif type(holder).__module__.startswith("pyllm.model"):
        names = getattr(type(holder), "__slots__", None) or vars(holder)
        parts = [getattr(holder, name) for name in names]
    else:
        return []
    return [array for part in parts for array in _arrays_as_large_as(part, size, known)]


def test_copies_are_independent() -> None:
    model = random_model(config("llama"))
    tokens = ids(model)
    before = model.logits(tokens)
    for trainable in (False, True):
        copy = model.copy(trainable)
        assert copy.trainable == trainable
        copy.parameters["model.norm.weight"][...] = 0
        copy.touch()
        numpy.testing.assert_array_equal(model.logits(tokens), before)
        assert not copy.logits(tokens).any()


def test_version_counts_writes() -> None:
    model = random_model(config("gpt2"))
    version = model.version
    model.forward(ids(model), ids(model))
    model.loss_and_backward(ids(model), ids(model))
    assert model.version == version
    model.touch()
    assert model.version == version + 1
    model.resize_vocabulary(30)
    assert model.version == version + 2


# Parameters


@pytest.mark.parametrize("kind", KINDS)
def test_the_arena(kind: str) -> None:
    """Each tensor starts on a 256-byte boundary, padding stays zero, and each element has one name."""
    cfg = config(kind, value_head=True)
    model = GPT(cfg)
    address = model.parameter_arena.ctypes.data
    for arena, named in ((model.parameter_arena, model.parameters), (model.gradient_arena, model.grads)):
        assert arena.ctypes.data % 256 == 0
        arena[...] = 0
        for array in named.values():
            array[...] += 1
        assert sum(array.size for array in named.values()) == cfg.num_parameters() == arena.sum()
        assert set(numpy.unique(arena)) == {0.0, 1.0}
    for begin, one in zip([tensor.begin for tensor in layout(cfg)], model.parameter_ranges(), strict=True):
        assert begin % 64 == 0
        assert (model.parameter_arena[one.begin : one.end] == 1).all()
    assert all((array.ctypes.data - address) % 4 == 0 for array in model.parameters.values())
    assert model.weights.embedding.shape[0] == cfg.vocab_size
    rows = (layout(cfg)[0].stored_end - layout(cfg)[0].begin) // cfg.n_embd
    assert rows >= VOCABULARY_ROWS > cfg.vocab_size

    for tokens in (ids(model), ids(model, 2)):
        model.loss_and_backward(tokens, tokens)
    between = numpy.ones(len(model.gradient_arena), bool)
    for one in model.parameter_ranges():
        between[one.begin : one.end] = False
    assert between.any()
    assert not model.gradient_arena[between].any()


def test_matrices_and_embeddings_decay() -> None:
    model = GPT(config("gpt2", qk_norm=True, value_head=True, tie_embeddings=False))
    for one, tensor in zip(model.parameter_ranges(), layout(model.cfg), strict=True):
        assert one.decays == (len(tensor.shape) == 2), one.name


@pytest.mark.parametrize("kind", KINDS)
def test_block_matrices_are_the_matrices_by_name(kind: str) -> None:
    model = random_model(config(kind))
    found = {}
    for one in model.block_matrices():
        part = model.parameter_arena[one.begin : one.begin + one.rows * one.columns]
        found[one.name] = part.reshape(one.rows, one.columns)
    parameters, last = model.parameters, f"{model.cfg.n_layer - 1}."
    if kind.startswith("gpt2"):
        whole = parameters[f"transformer.h.{last}attn.c_attn.weight"].T
        numpy.testing.assert_array_equal(numpy.concatenate([found[last + part] for part in "qkv"]), whole)
        numpy.testing.assert_array_equal(
            found[last + "mlp_out"], parameters[f"transformer.h.{last}mlp.c_proj.weight"].T
        )
    else:
        for name, ours in (("self_attn.k_proj", "k"), ("self_attn.o_proj", "out"), ("mlp.down_proj", "mlp_out")):
            numpy.testing.assert_array_equal(found[last + ours], parameters[f"model.layers.{last}{name}.weight"])
    matrices = sum(matrix.size for matrix in found.values())
    assert matrices == model.cfg.matmul_parameters() - model.cfg.vocab_size * model.cfg.n_embd


def test_names_and_shapes_are_hugging_face_s() -> None:
    gpt2 = GPT(config("gpt2", n_layer=1))
    assert {name: array.shape for name, array in gpt2.parameters.items()} == {
        "transformer.wte.weight": (19, 12),
        "transformer.wpe.weight": (11, 12),
        "transformer.h.0.ln_1.weight": (12,),
        "transformer.h.0.ln_1.bias": (12,),
        "transformer.h.0.attn.c_attn.weight": (12, 36),
        "transformer.h.0.attn.c_attn.bias": (36,),
        "transformer.h.0.attn.c_proj.weight": (12, 12),
        "transformer.h.0.attn.c_proj.bias": (12,),
        "transformer.h.0.ln_2.weight": (12,),
        "transformer.h.0.ln_2.bias": (12,),
        "transformer.h.0.mlp.c_fc.weight": (12, 48),
        "transformer.h.0.mlp.c_fc.bias": (48,),
        "transformer.h.0.mlp.c_proj.weight": (48, 12),
        "transformer.h.0.mlp.c_proj.bias": (12,),
        "transformer.ln_f.weight": (12,),
        "transformer.ln_f.bias": (12,),
    }
    llama = GPT(config("llama", n_layer=1, tie_embeddings=False, value_head=True, qk_norm=True))
    assert {name: array.shape for name, array in llama.parameters.items()} == {
        "model.embed_tokens.weight": (19, 12),
        "model.layers.0.input_layernorm.weight": (12,),
        "model.layers.0.self_attn.q_proj.weight": (24, 12),
        "model.layers.0.self_attn.k_proj.weight": (12, 12),
        "model.layers.0.self_attn.v_proj.weight": (12, 12),
        "model.layers.0.self_attn.q_norm.weight": (6,),
        "model.layers.0.self_attn.k_norm.weight": (6,),
        "model.layers.0.self_attn.o_proj.weight": (12, 24),
        "model.layers.0.post_attention_layernorm.weight": (12,),
        "model.layers.0.mlp.gate_proj.weight": (10, 12),
        "model.layers.0.mlp.up_proj.weight": (10, 12),
        "model.layers.0.mlp.down_proj.weight": (12, 10),
        "model.norm.weight": (12,),
        "lm_head.weight": (19, 12),
        "score.weight": (1, 12),
    }


def test_initial_parameters() -> None:
    cfg = config("gpt2", n_layer=8, n_embd=96, vocab_size=500, value_head=True)
    model = GPT(cfg, seed=3)
    deviation = 0.02 * 8**0.5  # GPT-2's at 768 channels
    deviations = {
        "c_proj.weight": deviation / 4,
        **dict.fromkeys(("c_attn.weight", "c_fc.weight", "wte.weight"), deviation),
    }
    for name, array in model.parameters.items():
        expected = next((value for end, value in deviations.items() if name.endswith(end)), None)
        if expected is not None:
            assert array.std() == pytest.approx(expected, rel=0.03), name
            assert abs(array.mean()) < 5 * expected / array.size**0.5, name
        elif name.endswith("bias") or name == "score.weight":
            assert not array.any(), name
        elif name.endswith(("ln_1.weight", "ln_2.weight", "ln_f.weight")):
            assert (array == 1).all(), name
    numpy.testing.assert_array_equal(model.parameter_arena, GPT(cfg, seed=3).parameter_arena)
    assert (model.parameter_arena != GPT(cfg, seed=4).parameter_arena).any()
    first, second = (model.parameters[f"transformer.h.{layer}.attn.c_attn.weight"] for layer in (0, 1))
    assert (first != second).all()


@pytest.mark.parametrize("kind", ["gpt2", "llama untied"])
@pytest.mark.parametrize("size", [7, 19, 130])
def test_resize_vocabulary(kind: str, size: int) -> None:
    model = random_model(config(kind))
    old = {name: array.copy() for name, array in model.parameters.items()}
    tokens = numpy.minimum(ids(model), 6)
    logits = model.logits(tokens)
    model.loss_and_backward(tokens, tokens)
    model.resize_vocabulary(size)
    assert model.cfg.vocab_size == size
    assert not model.gradient_arena.any()
    kept = min(size, 19)
    for name, array in model.parameters.items():
        if array.shape == old[name].shape:
            numpy.testing.assert_array_equal(array, old[name])
        else:
            assert array.shape == (size, 12)
            numpy.testing.assert_array_equal(array[:kept], old[name][:kept])
            assert_close(array[kept:], numpy.tile(old[name].mean(axis=0), (size - kept, 1)))
    assert_close(model.logits(tokens)[:, :, :kept], logits[:, :, :kept])
    assert model.loss_and_backward(tokens, tokens) > 0
    assert all(gradient.any() for gradient in model.grads.values())


def test_a_frozen_model_stays_frozen_when_resized() -> None:
    model = random_model(config("gpt2"), trainable=False)
    model.resize_vocabulary(40)
    assert not model.trainable
    with pytest.raises(ValueError, match="vocab_size must be between 1"):
        model.resize_vocabulary(0)


# Memory


def test_memory_of_activations() -> None:
    """What is kept of each layer with recomputation, in multiples of tokens x channels, and once for all sizes."""
    cfg = config("gpt2", n_layer=6, n_embd=64, n_head=4, context=64)
    model = GPT(cfg)
    tokens = ids(model, shape=(4, 64))
    model.loss_and_backward(tokens, tokens)
    report = model.memory_report()
    stream = 4 * 64 * 64 * 4
    # Two residual streams, q, k, v, what attention gives, what goes into the GELU; then statistics of a row or head.
    assert report["activations"] < (6 * 10.2 + 2.2) * stream
    assert report["buffers"] < 6.1 * stream
    smaller = tokens[:3, :50].copy()
    model.loss_and_backward(smaller, smaller)
    assert model.memory_report() == report
    for _ in range(2):
        model.score(tokens, tokens)
        model.score(smaller, smaller)
        model.loss_and_backward(tokens, tokens)
        assert model.memory_report()["activations"] == report["activations"]
        assert model.memory_report()["buffers"] < 6.3 * stream


def test_memory_that_grew_replaces_what_was_smaller() -> None:
    model = GPT(config("llama", n_hidden=40))
    for shape in ((2, 5), (3, 8), (2, 4)):
        for _ in range(2):
            tokens = ids(model, shape=shape)
            model.loss_and_backward(tokens, tokens)
            model.score(tokens, tokens)
        held = {id(array): array.nbytes for array in _arrays_as_large_as(model.workspace, 1, set())}
        report = model.memory_report()
        assert len(held) == 2
        assert sum(held.values()) == report["activations"] + report["buffers"] + 2 * 256  # to begin on a boundary


# Arguments


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m, t: m.forward(t.tolist(), t), TypeError, "tokens must be an int32 array, got list"),
        (lambda m, t: m.forward(t.astype(numpy.int64), t), TypeError, "tokens must be an int32 array, got int64"),
        (lambda m, t: m.forward(t, t.astype(numpy.float32)), TypeError, "targets must be an int32 array, got float32"),
        (lambda m, t: m.forward(t[0], t), ValueError, r"tokens must be of shape \(B, T\) and not empty, got \(5,\)"),
        (lambda m, t: m.forward(t[:, :0], t), ValueError, "not empty"),
        (lambda m, t: m.forward(t[:, ::2], t), ValueError, "tokens must be C-contiguous"),
        (lambda m, t: m.forward(t, t[:1]), ValueError, r"targets must have tokens' shape \(2, 5\), got \(1, 5\)"),
        (lambda m, t: m.forward(t + 19, t), ValueError, "tokens must be ids from 0 to 18, got"),
        (lambda m, t: m.forward(t - 19, t), ValueError, "tokens must be ids from 0 to 18, got -"),
        (lambda m, t: m.forward(t, t - 20), ValueError, "targets must be ids from -1 to 18, got -"),
        (lambda m, t: m.forward(t, t, t[:1]), ValueError, "segments must have tokens' shape"),
        (lambda m, t: m.forward(t, t, -numpy.arange(10, dtype=numpy.int32).reshape(2, 5)), ValueError, "of row 0 do"),
        (lambda m, t: m.forward(t, t, t.astype(bool)), TypeError, "segments must be an int32 array, got bool"),
        (lambda m, t: m.outputs(t, t, want="logprobs"), ValueError, "want must be a list of some of logprobs"),
        (lambda m, t: m.outputs(t, t, want=["logits"]), ValueError, "want must be a list of some of logprobs"),
        (lambda m, t: m.score(t, t, want=["values"]), ValueError, "the model has no value head"),
        (lambda m, t: m.score(t, None), ValueError, "targets are needed"),
        (
            lambda m, t: m.forward(numpy.tile(t, 3), numpy.tile(t, 3)),
            ValueError,
            "11 positions, but the tokens take 15",
        ),
        (lambda m, t: m.loss_and_backward(t, t, ONES[:1]), ValueError, "mask must have tokens' shape"),
        (lambda m, t: m.loss_and_backward(t, t, "ones"), TypeError, "mask must be an array of numbers, got str"),
        (lambda m, t: m.loss_and_backward(t, t, 0 * ONES), ValueError, "no target counts"),
        (lambda m, t: m.loss_and_backward(t, 0 * t - 1), ValueError, "no target counts"),
        (lambda m, t: m.loss_and_backward(t, t, denominator=float("nan")), ValueError, "divided by nan"),
        (lambda m, t: m.backward(), ValueError, "at least one of dlogprobs, dentropies and dvalues"),
        (lambda m, t: m.backward(ONES[:1]), ValueError, "dlogprobs must have the last pass's shape"),
        (lambda m, t: m.backward(t), TypeError, "dlogprobs must be an array of float32, got int32"),
        (lambda m, t: m.backward(ONES, ONES), ValueError, "no entropies: add them to `want`"),
        (lambda m, t: m.backward(dvalues=ONES), ValueError, "the model has no value head"),
        (lambda m, t: GPT(m.cfg, seed=-1), ValueError, "seed must be at least 0, got -1"),
        (lambda m, t: GPT(m.cfg, seed=1.5), TypeError, "seed must be an integer, got float"),
        (lambda m, t: GPT({"n_layer": 1}), TypeError, "cfg must be a ModelConfig, got dict"),
        (lambda m, t: GPT(m.cfg, device="tpu"), ValueError, "device must be 'cpu', got 'tpu'"),
        (lambda m, t: GPT(m.cfg, dtype="float16"), ValueError, "dtype must be 'float32', got 'float16'"),
    ],
)
def test_arguments_refused(call: Callable[[GPT, Array], Any], error: type[Exception], message: str) -> None:
    model = random_model(config("gpt2"))
    tokens = ids(model)
    model.forward(tokens, tokens)
    with pytest.raises(error, match=message):
        call(model, tokens)
    assert not model.gradient_arena.any()


def test_gradients_of_what_was_not_computed() -> None:
    model = random_model(config("gpt2", value_head=True))
    model.outputs(ids(model), None, want=("values",))
    with pytest.raises(ValueError, match="computed no log-probabilities"):
        model.backward(ONES)
    model.backward(dvalues=ONES)
    assert model.grads["score.weight"].any()
    with pytest.raises(KeyError, match="there is no output 'logits'"):
        model.score(ids(model), ids(model))["logits"]


def test_an_explicit_denominator_allows_a_batch_without_targets() -> None:
    """A micro-batch of padding is nothing, rather than an error."""
    model = random_model(config("gpt2"))
    assert model.loss_and_backward(ids(model), ids(model), 0 * ONES, denominator=3.0) == 0
    assert not model.gradient_arena.any()


def test_positions_restart_in_segments_so_longer_rows_fit() -> None:
    model = random_model(config("gpt2"))
    tokens = ids(model, shape=(2, 15))
    segments = numpy.tile(numpy.repeat([0, 1], [11, 4]), (2, 1)).astype(numpy.int32)
    assert_close(model.logits(tokens, segments)[:, :11], model.logits(tokens[:, :11].copy()))
    assert_close(model.logits(tokens, segments)[:, 11:], model.logits(tokens[:, 11:].copy()))


def test_rope_goes_beyond_the_context() -> None:
    model = random_model(config("llama"))
    tokens = ids(model, shape=(1, 300))
    assert_close(model.logits(tokens)[:, :16], model.logits(tokens[:, :16].copy()))
