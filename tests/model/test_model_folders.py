"""Models in Hugging Face's folders: written and read back, read as others write them, and files that are refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
import safetensors.numpy
from models import KINDS, LLAMA, Array, assert_close, config, random_ids, random_model

from pyllm.model import GPT, ModelConfig, folders, load
from pyllm.model.huggingface import from_hugging_face, to_hugging_face

Tensors = dict[str, tuple[str, Array]]  # a tensor's type and its numbers as they are stored

STORED = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8"}


def bfloat16(array: Array) -> Array:
    """The bits of the nearest bfloat16s, ties to even."""
    bits = array.astype("<f4").view(numpy.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2")


def write_safetensors(path: Path, tensors: Tensors) -> None:
    """A safetensors file, written from its specification."""
    header, parts, begin = {}, [], 0
    for name, (dtype, array) in tensors.items():
        data = array.astype(STORED[dtype]).tobytes()
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [begin, begin + len(data)]}
        begin += len(data)
        parts.append(data)
    write_file(path, json.dumps(header).encode(), b"".join(parts))


def write_file(path: Path, header: bytes, data: bytes) -> None:
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)


def folder_of(tmp_path: Path, model: GPT, **entries: Any) -> Path:
    """A folder of the model with another config.json."""
    model.save(tmp_path / "model")
    write_json(tmp_path / "model" / "config.json", {**to_hugging_face(model.cfg), **entries})
    return tmp_path / "model"


def write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))


def tensors_of(folder: Path) -> dict[str, Array]:
    return dict(safetensors.numpy.load_file(folder / "model.safetensors"))


# There and back


@pytest.mark.parametrize("value_head", [False, True])
@pytest.mark.parametrize("shard_bytes", [None, 4000, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_loaded(kind: str, shard_bytes: int | None, value_head: bool, tmp_path: Path) -> None:
    model = random_model(config(kind, value_head=value_head))
    model.save(tmp_path / "a" / "model", shard_bytes=shard_bytes)
    found = load(tmp_path / "a" / "model")
    assert found.cfg == model.cfg
    numpy.testing.assert_array_equal(found.parameter_arena, model.parameter_arena)
    files = {file.name for file in (tmp_path / "a" / "model").iterdir()}
    if shard_bytes is None:
        assert files == {"config.json", "model.safetensors"}
    else:
        shards = sorted(files - {"config.json", "model.safetensors.index.json"})
        assert shards == [
            f"model-{number:05d}-of-{len(shards):05d}.safetensors" for number in range(1, len(shards) + 1)
        ]
        assert len(shards) == len(model.parameters) if shard_bytes == 1 else 1 < len(shards) < len(model.parameters)


@pytest.mark.parametrize("kind", ["gpt2", "llama untied"])
def test_the_file_is_what_the_safetensors_package_reads(kind: str, tmp_path: Path) -> None:
    model = random_model(config(kind))
    model.save(tmp_path)
    tensors = tensors_of(tmp_path)
    assert set(tensors) == set(model.parameters)
    for name, array in tensors.items():
        assert array.dtype == numpy.float32
        numpy.testing.assert_array_equal(array, model.parameters[name])


def test_config_json_is_hugging_face_s() -> None:
    gpt2 = to_hugging_face(ModelConfig.gpt2("124M"))
    expected = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_layer": 12, "n_head": 12, "n_embd": 768}
    expected |= {"n_positions": 1024, "vocab_size": 50257, "layer_norm_epsilon": 1e-5}
    expected |= {"activation_function": "gelu_new", "tie_word_embeddings": True}
    assert gpt2.items() >= expected.items()
    llama = to_hugging_face(ModelConfig.llama("3.2-1B"))
    expected = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "head_dim": 64}
    expected |= {"intermediate_size": 8192, "num_hidden_layers": 16, "num_attention_heads": 32}
    expected |= {"num_key_value_heads": 8, "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "vocab_size": 128256}
    expected |= {"hidden_act": "silu", "attention_bias": False, "mlp_bias": False, "tie_word_embeddings": True}
    expected |= {"max_position_embeddings": 131072}
    assert llama.items() >= expected.items()
    assert llama["rope_scaling"] == {
        "rope_type": "llama3",
        "factor": 32.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    json.dumps(llama)


@pytest.mark.parametrize(
    ("fields", "model_type"),
    [
        ({}, "llama"),
        ({"bias": True}, "llama"),
        ({"qkv_bias": True, "n_embd": 24}, "qwen2"),
        ({"qk_norm": True}, "qwen3"),
        ({"qk_norm": True, "window": 3}, "qwen3"),
        ({"window": 3}, "mistral"),
        ({"qkv_bias": True, "n_embd": 24, "window": 3}, "qwen2"),
        ({"rope_scaling": {"rope_type": "linear", "factor": 2.0}}, "llama"),
        ({"qkv_bias": True}, "pyllm"),
        ({"mlp": "relu_squared"}, "pyllm"),
        ({"norm": "layernorm"}, "pyllm"),
        ({"bias": True, "window": 3}, "pyllm"),
        ({"bias": True, "qk_norm": True}, "pyllm"),
    ],
)
def test_the_type_that_a_configuration_is_written_as(fields: dict[str, Any], model_type: str) -> None:
    """Hugging Face's where one computes the same, else our own, which transformers refuses."""
    cfg = ModelConfig(**{**LLAMA, **fields})
    content = json.loads(json.dumps(to_hugging_face(cfg)))
    assert content["model_type"] == model_type
    assert from_hugging_face(content) == cfg


def test_value_heads(tmp_path: Path) -> None:
    plain = random_model(config("llama untied"))
    plain.save(tmp_path / "plain")
    critic = load(tmp_path / "plain", value_head=True)
    assert critic.cfg.value_head
    assert not critic.parameters["score.weight"].any()
    critic.parameters["score.weight"][...] = 3
    critic.save(tmp_path / "critic")
    assert load(tmp_path / "critic").parameters["score.weight"].tolist() == [[3.0] * 12]
    content = json.loads((tmp_path / "critic" / "config.json").read_text())
    assert content["architectures"] == ["PyllmForSequenceClassification"]
    assert load(tmp_path / "plain").cfg.value_head is False


def test_a_sequence_classifier_without_a_head_over_the_vocabulary(tmp_path: Path) -> None:
    """As transformers saves one of an untied model."""
    model = random_model(config("llama", tie_embeddings=False, value_head=True))
    folder = folder_of(tmp_path, model)
    assert json.loads((folder / "config.json").read_text())["id2label"] == {"0": "LABEL_0"}
    tensors = tensors_of(folder)
    del tensors["lm_head.weight"]
    safetensors.numpy.save_file(tensors, folder / "model.safetensors")
    tokens = random_ids(numpy.random.default_rng(1), (2, 4), 19)
    expected = model.score(tokens, None, want=["values"])
    assert_close(load(folder).score(tokens, None, want=["values"])["values"], expected["values"])


def test_a_frozen_model(tmp_path: Path) -> None:
    random_model(config("gpt2")).save(tmp_path)
    model = load(tmp_path, trainable=False)
    assert not model.trainable
    assert model.memory_report()["gradients"] == 0


# As others write


@pytest.mark.parametrize("dtype", ["F64", "F32", "F16", "BF16"])
@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_types_of_numbers(kind: str, dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "PART", 50)  # several parts to a tensor
    model = random_model(config(kind))
    folder = folder_of(tmp_path, model)
    if dtype == "BF16":
        stored: Tensors = {name: (dtype, bfloat16(array)) for name, array in model.parameters.items()}
        expected = {name: (bits.astype(numpy.uint32) << 16).view("<f4") for name, (_, bits) in stored.items()}
    else:
        stored = {name: (dtype, array) for name, array in model.parameters.items()}
        expected = {name: array.astype(STORED[dtype]).astype("<f4") for name, array in model.parameters.items()}
    write_safetensors(folder / "model.safetensors", stored)
    found = load(folder)
    for name, array in found.parameters.items():
        numpy.testing.assert_array_equal(array, expected[name], name)
    worst = {"BF16": 2**-8, "F16": 2**-11}.get(dtype, 0)
    for name, array in model.parameters.items():
        assert (abs(found.parameters[name] - array) <= worst * abs(array) + 1e-7 * (worst > 0)).all()


def test_files_of_the_trunk_alone_and_with_constants(tmp_path: Path) -> None:
    """As OpenAI's GPT-2 is published: no prefix, the causal mask among the weights, a tied head written out."""
    model = random_model(config("gpt2"))
    folder = folder_of(tmp_path, model)
    tensors = {name.removeprefix("transformer."): ("F32", array) for name, array in model.parameters.items()}
    tensors["h.0.attn.bias"] = ("F32", numpy.ones((1, 1, 11, 11)))
    tensors["h.0.attn.masked_bias"] = ("F32", numpy.array([-1e4]))
    tensors["lm_head.weight"] = tensors["wte.weight"]
    write_safetensors(folder / "model.safetensors", tensors)
    numpy.testing.assert_array_equal(load(folder).parameter_arena, model.parameter_arena)


def test_entries_of_transformers_4_and_5() -> None:
    llama = to_hugging_face(config("llama", n_embd=24))
    scaling = {"rope_type": "linear", "factor": 2.0}
    for entries, theta, expected in (
        ({"rope_theta": 5e5}, 5e5, None),
        ({"rope_theta": 5e5, "rope_scaling": scaling}, 5e5, scaling),
        ({"rope_theta": None, "rope_parameters": {"rope_theta": 7e5, "rope_type": "default"}}, 7e5, None),
        ({"rope_theta": None, "rope_parameters": {"rope_theta": 7e5, **scaling}}, 7e5, scaling),
        ({"rope_theta": None}, 1e4, None),
    ):
        cfg = from_hugging_face({**llama, **entries})
        assert (cfg.rope_theta, cfg.rope_scaling) == (theta, expected)
    old = {name: value for name, value in llama.items() if name not in ("head_dim", "num_key_value_heads", "mlp_bias")}
    cfg = from_hugging_face({**old, "tie_word_embeddings": None})
    assert (cfg.n_kv_head, cfg.head_dim, cfg.tie_embeddings) == (4, 6, False)
    gpt2 = to_hugging_face(config("gpt2"))
    del gpt2["n_positions"], gpt2["tie_word_embeddings"]
    assert from_hugging_face({**gpt2, "n_ctx": 11, "n_inner": None}) == config("gpt2")
    mistral = {**llama, "model_type": "mistral"}
    assert from_hugging_face(mistral).window == 4096
    assert from_hugging_face({**mistral, "sliding_window": None}).window is None
    qwen = {**llama, "model_type": "qwen3", "sliding_window": 5}
    assert from_hugging_face(qwen).window is None
    assert from_hugging_face({**qwen, "layer_types": ["sliding_attention"] * 2}).window == 5
    assert from_hugging_face({**qwen, "use_sliding_window": True, "max_window_layers": 2}).window is None


# Saving whole or not at all


def test_saving_replaces_what_an_earlier_save_left(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("kept")
    for shard_bytes in (4000, None, 2000, 3000):
        model = random_model(config("gpt2"), seed=shard_bytes or 1)
        model.save(tmp_path, shard_bytes=shard_bytes)
        numpy.testing.assert_array_equal(load(tmp_path).parameter_arena, model.parameter_arena)
        files = {file.name for file in tmp_path.iterdir()}
        assert ("model.safetensors" in files) == (shard_bytes is None)
        assert ("model.safetensors.index.json" in files) == (shard_bytes is not None)
        counts = {file.split("-of-")[1] for file in files if "-of-" in file}
        assert len(counts) == (shard_bytes is not None)
    assert (tmp_path / "tokenizer.json").read_text() == "kept"


def test_a_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = random_model(config("gpt2"))
    first.save(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    write = folders._write_safetensors
    calls = []

    def full(file: Any, tensors: Any) -> None:
        write(file, tensors)
        calls.append(file)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, "_write_safetensors", full)
    with pytest.raises(OSError, match="No space left"):
        random_model(config("gpt2"), seed=2).save(tmp_path, shard_bytes=4000)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_where_a_model_cannot_be_saved(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="file is a file, not a folder"):
        GPT(config("gpt2")).save(tmp_path / "file")
    with pytest.raises(ValueError, match="shard_bytes must be at least 1, got 0"):
        GPT(config("gpt2")).save(tmp_path / "model", shard_bytes=0)
    assert not (tmp_path / "model").exists()


# What is refused


def changed(path: Path, change: Callable[[dict[str, Array]], Any]) -> None:
    tensors = tensors_of(path)
    change(tensors)
    safetensors.numpy.save_file(tensors, path / "model.safetensors")


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: changed(folder, lambda tensors: tensors.pop(name))


def put(name: str, array: Array) -> Callable[[Path], None]:
    return lambda folder: changed(folder, lambda tensors: tensors.update({name: array}))


def entries(**values: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        write_json(path, {**json.loads(path.read_text()), **values})

    return change


def truncate(size: int) -> Callable[[Path], None]:
    return lambda folder: (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:size])


def header(text: str | bytes, data: bytes = bytes(8)) -> Callable[[Path], None]:
    content = text.encode() if isinstance(text, str) else text
    return lambda folder: write_file(folder / "model.safetensors", content, data)


NORM = "model.norm.weight"
ONE = '{"a":{"dtype":"%s","shape":%s,"data_offsets":%s}}'


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (remove(NORM), ValueError, f"holds no tensor {NORM}, which its config.json asks for"),
        (put(NORM, numpy.ones(13, "f4")), ValueError, rf"tensor {NORM} has shape \(13,\), expected \(12,\)"),
        (put(NORM, numpy.ones((12, 1), "f4")), ValueError, r"has shape \(12, 1\), expected \(12,\)"),
        (put(NORM, numpy.ones(12, "i8")), ValueError, f"the tensor {NORM} is of type I64, not F64, F32, F16, BF16"),
        (put("extra", numpy.ones(1, "f4")), ValueError, "holds the tensor extra, which the model of its config.json"),
        (put("lm_head.weight", numpy.ones((19, 12), "f4")), None, ""),
        (truncate(0), ValueError, "model.safetensors is not a whole safetensors file"),
        (truncate(7), ValueError, "model.safetensors is not a whole safetensors file"),
        (truncate(100), ValueError, "model.safetensors is not a whole safetensors file"),
        (truncate(-1), ValueError, "model.safetensors is not a whole safetensors file"),
        (header("{"), ValueError, "model.safetensors is not a whole safetensors file"),
        (header("[]"), ValueError, "model.safetensors is not a whole safetensors file"),
        (header('{"a":' * 50_000), ValueError, "model.safetensors is not a whole safetensors file"),
        (header(b"\xff\xfe\x00"), ValueError, "model.safetensors is not a whole safetensors file"),
        (header(ONE % ("F32", "[2]", "[0,16]")), ValueError, "model.safetensors is not a whole safetensors file"),
        (header(ONE % ("F32", "[3]", "[0,8]")), ValueError, "model.safetensors is not a whole safetensors file"),
        (header(ONE % ("F32", "[-2]", "[0,8]")), ValueError, "model.safetensors is not a whole safetensors file"),
        (header(ONE % ("F32", f"[{2**62},{2**62}]", "[0,8]")), ValueError, "not a whole safetensors file"),
        (header(ONE % ("F32", "[2]", "[-8,0]")), ValueError, "model.safetensors is not a whole safetensors file"),
        (header(ONE % ("F33", "[2]", "[0,8]")), ValueError, "model.safetensors is not a whole safetensors file"),
        (header(ONE % ("F32", "[2]", "[0,8]")), ValueError, "holds no tensor model.embed_tokens.weight"),
        (
            lambda folder: (folder / "model.safetensors").write_bytes((2**63).to_bytes(8, "little") + bytes(64)),
            ValueError,
            "model.safetensors is not a whole safetensors file",
        ),
        (lambda folder: (folder / "model.safetensors").unlink(), FileNotFoundError, "no file .*model.safetensors"),
        (lambda folder: (folder / "config.json").unlink(), FileNotFoundError, "no file .*config.json"),
        (lambda folder: (folder / "config.json").write_text("{"), ValueError, "config.json is not JSON"),
        (lambda folder: (folder / "config.json").write_bytes(b"\xff"), ValueError, "config.json is not JSON"),
        (lambda folder: (folder / "config.json").write_text("[" * 10**5), ValueError, "config.json is not JSON"),
        (lambda folder: (folder / "config.json").write_text("3"), ValueError, "must hold a JSON object, got int"),
        (entries(model_type="bert"), ValueError, "model_type is 'bert'; pyllm reads gpt2, llama"),
        (entries(model_type=None), ValueError, "its model_type is None"),
        (entries(hidden_size=None), ValueError, "config.json does not describe .*: it has no hidden_size"),
        (entries(hidden_size="12"), ValueError, "n_embd must be an integer, got str"),
        (entries(hidden_size=24), ValueError, r"embed_tokens.weight has shape \(19, 12\), expected \(19, 24\)"),
        (entries(num_hidden_layers=3), ValueError, "holds no tensor model.layers.2.input_layernorm.weight"),
        (entries(num_hidden_layers=1), ValueError, "holds the tensor model.layers.1"),
        (entries(num_hidden_layers=2**40), ValueError, "n_layer must be between 1"),
        (entries(vocab_size=2**31 - 1), ValueError, r"embed_tokens.weight has shape \(19, 12\), expected"),
        (entries(hidden_act="gelu"), ValueError, "its hidden_act is 'gelu', where pyllm computes only 'silu'"),
        (entries(hidden_act=["silu"]), ValueError, "its hidden_act is"),
        (entries(attention_bias=True), ValueError, "attention_bias and mlp_bias differ"),
        (entries(rope_scaling={"rope_type": "yarn", "factor": 2}), ValueError, "linear or llama3, got 'yarn'"),
        (entries(rope_scaling=[1]), ValueError, "rope_scaling or rope_parameters is not an object"),
        (entries(partial_rotary_factor=0.5), ValueError, "its partial_rotary_factor is 0.5"),
        (entries(quantization_config={"bits": 4}), ValueError, "its weights are quantised"),
        (entries(layer_types=["full_attention", "sliding_attention"]), ValueError, "its layer_types are not all"),
        (
            entries(layer_types=["full_attention"] * 2, num_hidden_layers=2**40),
            ValueError,
            "its layer_types are not all",
        ),
        (entries(layer_types=[["full_attention"]] * 2), ValueError, "its layer_types are not all"),
        (entries(layer_types=[], num_hidden_layers=0), ValueError, "its layer_types are not all"),
        (entries(layer_types=3), ValueError, "its layer_types are not all"),
        (entries(model_type="qwen2", attention_bias=True), ValueError, "qwen2 model with attention_bias or mlp_bias"),
        (entries(rms_norm_eps=math.nan), ValueError, "norm_eps must be positive and finite"),
        (entries(tie_word_embeddings=False), ValueError, "holds no tensor lm_head.weight"),
    ],
)
def test_damaged_folders(
    damage: Callable[[Path], Any], error: type[Exception] | None, message: str, tmp_path: Path
) -> None:
    folder = folder_of(tmp_path, random_model(config("llama")))
    damage(folder)
    if error is None:
        load(folder)
        return
    with pytest.raises(error, match=message) as caught:
        load(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activation_function": "silu"}, "its activation_function is 'silu', where pyllm computes only 'gelu_new'"),
        ({"scale_attn_weights": False}, "its scale_attn_weights is False"),
        ({"scale_attn_by_inverse_layer_idx": True}, "its scale_attn_by_inverse_layer_idx is True"),
        ({"add_cross_attention": True}, "its add_cross_attention is True"),
        ({"n_positions": None}, "it has no n_positions or n_ctx"),
    ],
)
def test_gpt2_that_is_another(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_hugging_face({**to_hugging_face(config("gpt2")), **changes})


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (lambda folder, index: (folder / "model-00002-of-00003.safetensors").unlink(), FileNotFoundError, "00002-of"),
        (lambda folder, index: index.pop("weight_map"), ValueError, "has no weight_map from tensors to files"),
        (lambda folder, index: index.update(weight_map=[1]), ValueError, "has no weight_map from tensors to files"),
        (lambda folder, index: index["weight_map"].update(a=3), ValueError, "has no weight_map from tensors to files"),
        (
            lambda folder, index: index["weight_map"].update(a="../model.safetensors"),
            ValueError,
            "'../model.safetensors', which is not one beside it",
        ),
        (
            lambda folder, index: index["weight_map"].update(a="model-00001-of-00003.safetensors"),
            ValueError,
            "model-00001-of-00003.safetensors holds no tensor a, which model.safetensors.index.json says it does",
        ),
        (
            lambda folder, index: [index["weight_map"].pop(name) for name in [*index["weight_map"]][:30]],
            ValueError,
            "holds no tensor",
        ),
    ],
)
def test_damaged_shards(
    damage: Callable[[Path, dict[str, Any]], Any], error: type[Exception], message: str, tmp_path: Path
) -> None:
    model = random_model(config("llama"))
    model.save(tmp_path, shard_bytes=5000)
    path = tmp_path / "model.safetensors.index.json"
    index = json.loads(path.read_text())
    assert set(index["weight_map"]) == set(model.parameters)
    assert index["metadata"]["total_size"] == 4 * model.num_parameters()
    damage(tmp_path, index)
    write_json(path, index)
    with pytest.raises(error, match=message):
        load(tmp_path)


def test_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nothing"):
        load(tmp_path / "nothing")
