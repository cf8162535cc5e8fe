"""config.json of Hugging Face's transformers, to and from ModelConfig.

Models of the types gpt2, llama, mistral, qwen2 and qwen3 are read. A configuration that one of them can express is
written as that; any other as a type of our own, "pyllm", so that transformers refuses it instead of computing something
else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pyllm.model.config import ModelConfig, field_names

GPT2_ACTIVATIONS = {"gelu": "gelu_new", "gelu_erf": "gelu", "relu_squared": "relu2"}  # ours: Hugging Face's name
GPT2_MLPS = {
    "gelu_new": "gelu",
    "gelu_pytorch_tanh": "gelu",
    "gelu": "gelu_erf",
    "relu2": "relu_squared",
}
LLAMA_TYPES = ("llama", "mistral", "qwen2", "qwen3")
CLASSES = {"gpt2": "GPT2", "llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2", "qwen3": "Qwen3", "pyllm": "Pyllm"}
SEQUENCE_CLASSIFIER = "ForSequenceClassification"


class _Content:
    """A config.json whose entries are asked for by name."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content

    def get(self, name: str, default: Any = None) -> Any:
        """The entry; the default where it is missing or null."""
        value = self.content.get(name)
        return default if value is None else value

    def needed(self, *names: str) -> Any:
        """The first entry there is of these names."""
        for name in names:
            if self.content.get(name) is not None:
                return self.content[name]
        raise ValueError(f"it has no {' or '.join(names)}")

    def refuse_unless(self, name: str, default: Any, *accepted: Any) -> None:
        value = self.get(name, default)
        if value not in accepted:
            raise ValueError(f"its {name} is {value!r}, where pyllm computes only {' or '.join(map(repr, accepted))}")


def from_hugging_face(content: Mapping[str, Any]) -> ModelConfig:
    """The configuration that a config.json describes; without a value head, which the weights tell.

    Raises:
        TypeError, ValueError: it describes a model that pyllm does not compute, or an entry is missing or out of range.
    """
    entries = _Content(content)
    kind = entries.get("model_type")
    if entries.get("quantization_config") is not None:
        raise ValueError("its weights are quantised (quantization_config), which pyllm does not read")
    if kind == "gpt2":
        return _from_gpt2(entries)
    if kind in LLAMA_TYPES:
        return _from_llama(entries, kind)
    if kind == "pyllm":
        fields = {name: content[name] for name in field_names() if name in content}
        for name in ("n_layer", "n_head", "n_embd", "vocab_size", "context"):
            entries.needed(name)
        return ModelConfig(**fields)
    raise ValueError(f"its model_type is {kind!r}; pyllm reads gpt2, {', '.join(LLAMA_TYPES)}")


def is_sequence_classifier(content: Mapping[str, Any]) -> bool:
    """Whether the model was saved as a sequence classifier, which has no classifier over the vocabulary."""
    architectures = content.get("architectures")
    return isinstance(architectures, list) and any(str(name).endswith(SEQUENCE_CLASSIFIER) for name in architectures)


def _from_gpt2(entries: _Content) -> ModelConfig:
    entries.refuse_unless("activation_function", "gelu_new", *GPT2_MLPS)
    entries.refuse_unless("scale_attn_weights", True, True)
    entries.refuse_unless("scale_attn_by_inverse_layer_idx", False, False)
    entries.refuse_unless("add_cross_attention", False, False)
    return ModelConfig(
        n_layer=entries.needed("n_layer"),
        n_head=entries.needed("n_head"),
        n_embd=entries.needed("n_embd"),
        n_hidden=entries.get("n_inner"),
        vocab_size=entries.needed("vocab_size"),
        context=entries.needed("n_positions", "n_ctx"),
        norm_eps=entries.get("layer_norm_epsilon", 1e-5),
        mlp=GPT2_MLPS[entries.get("activation_function", "gelu_new")],
        tie_embeddings=entries.get("tie_word_embeddings", True),
    )


def _from_llama(entries: _Content, kind: str) -> ModelConfig:
    entries.refuse_unless("hidden_act", "silu", "silu")
    attention_bias = entries.get("attention_bias", False)
    mlp_bias = entries.get("mlp_bias", False)
    if kind == "llama" and attention_bias != mlp_bias:
        raise ValueError("its attention_bias and mlp_bias differ, which pyllm does not compute")
    if kind != "llama" and (attention_bias or mlp_bias):
        raise ValueError(f"a {kind} model with attention_bias or mlp_bias is none that pyllm computes")
    layers = entries.needed("num_hidden_layers")
    theta, scaling = _rope(entries)
    return ModelConfig(
        n_layer=layers,
        n_head=entries.needed("num_attention_heads"),
        n_kv_head=entries.get("num_key_value_heads"),
        n_embd=entries.needed("hidden_size"),
        head_dim=entries.get("head_dim", 128 if kind == "qwen3" else None),
        n_hidden=entries.needed("intermediate_size"),
        vocab_size=entries.needed("vocab_size"),
        context=entries.needed("max_position_embeddings"),
        norm="rmsnorm",
        norm_eps=entries.get("rms_norm_eps", 1e-6),
        position="rope",
        rope_theta=theta,
        rope_scaling=scaling,
        mlp="swiglu",
        bias=mlp_bias,
        qkv_bias=attention_bias or kind == "qwen2",
        qk_norm=kind == "qwen3",
        tie_embeddings=entries.get("tie_word_embeddings", False),
        window=_window(entries, kind, layers),
    )


def _rope(entries: _Content) -> tuple[Any, Any]:
    """The base of the wavelengths and the scaling, from the entries of transformers 4 or those of 5."""
    parameters = entries.get("rope_parameters", {})
    scaling = entries.get("rope_scaling") or parameters
    if not isinstance(parameters, dict) or not isinstance(scaling, dict):
        raise ValueError("its rope_scaling or rope_parameters is not an object")
    for found in (scaling.get("partial_rotary_factor"), entries.get("partial_rotary_factor")):
        if found not in (None, 1, 1.0):
            raise ValueError(f"its partial_rotary_factor is {found}, where pyllm computes only 1")
    theta = scaling.get("rope_theta", entries.get("rope_theta", 10000.0))
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    return theta, None if kind == "default" else scaling


def _window(entries: _Content, kind: str, layers: int) -> Any:
    """The sliding window of all layers; models in which only some have one are refused."""
    kinds = entries.get("layer_types")
    if kinds is not None:
        alike = isinstance(kinds, list) and kinds and len(kinds) == layers and all(kind == kinds[0] for kind in kinds)
        if not alike or kinds[0] not in ("full_attention", "sliding_attention"):
            raise ValueError("its layer_types are not all full_attention or all sliding_attention")
        return entries.needed("sliding_window") if kinds[0] == "sliding_attention" else None
    if kind == "mistral":
        return entries.content.get("sliding_window", 4096)
    if kind in ("qwen2", "qwen3") and entries.get("use_sliding_window", False):
        full_layers = entries.get("max_window_layers", 28)
        if full_layers >= layers:
            return None
        if full_layers:
            raise ValueError("only some of its layers have a sliding window (max_window_layers)")
        return entries.get("sliding_window", 4096)
    return None


def to_hugging_face(cfg: ModelConfig) -> dict[str, Any]:
    """The config.json of a model."""
    kind = model_type(cfg)
    content: dict[str, Any] = {
        "architectures": [CLASSES[kind] + (SEQUENCE_CLASSIFIER if cfg.value_head else _language_model(kind))],
        "model_type": kind,
    }
    if kind == "pyllm":
        content |= asdict(cfg)
    elif kind == "gpt2":
        content |= {
            "n_layer": cfg.n_layer,
            "n_head": cfg.n_head,
            "n_embd": cfg.n_embd,
            "n_inner": cfg.n_hidden,
            "n_positions": cfg.context,
            "layer_norm_epsilon": cfg.norm_eps,
            "activation_function": GPT2_ACTIVATIONS[cfg.mlp],
            "attn_pdrop": 0.0,
            "embd_pdrop": 0.0,
            "resid_pdrop": 0.0,
        }
    else:
        content |= {
            "num_hidden_layers": cfg.n_layer,
            "num_attention_heads": cfg.n_head,
            "num_key_value_heads": cfg.n_kv_head,
            "hidden_size": cfg.n_embd,
            "head_dim": cfg.head_dim,
            "intermediate_size": cfg.n_hidden,
            "max_position_embeddings": cfg.context,
            "rms_norm_eps": cfg.norm_eps,
            "rope_theta": cfg.rope_theta,
            "rope_scaling": None if cfg.rope_scaling is None else dict(cfg.rope_scaling),
            "hidden_act": "silu",
            "attention_dropout": 0.0,
        }
        if kind == "llama":
            content |= {"attention_bias": cfg.bias, "mlp_bias": cfg.bias}
        elif kind == "mistral":
            content["sliding_window"] = cfg.window
        else:
            content |= {"use_sliding_window": cfg.window is not None, "sliding_window": cfg.window}
            content["max_window_layers"] = 0 if cfg.window is not None else cfg.n_layer
    if kind != "pyllm":
        content |= {"vocab_size": cfg.vocab_size, "tie_word_embeddings": cfg.tie_embeddings}
        content |= {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None, "torch_dtype": "float32"}
        if cfg.value_head:
            content |= {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}
    return content


def model_type(cfg: ModelConfig) -> str:
    """The type of Hugging Face's that computes what cfg says, or "pyllm"."""
    if cfg.norm == "layernorm" and cfg.position == "learned" and cfg.mlp in GPT2_ACTIVATIONS:
        plain = cfg.bias and cfg.qkv_bias and not cfg.qk_norm and cfg.window is None
        same_heads = cfg.n_kv_head == cfg.n_head and cfg.n_head * cfg.head_dim == cfg.n_embd
        return "gpt2" if plain and same_heads else "pyllm"
    if (cfg.norm, cfg.position, cfg.mlp) != ("rmsnorm", "rope", "swiglu"):
        return "pyllm"
    if cfg.qk_norm:
        return "pyllm" if cfg.bias or cfg.qkv_bias else "qwen3"
    if cfg.bias != cfg.qkv_bias:
        return "qwen2" if cfg.qkv_bias and cfg.n_head * cfg.head_dim == cfg.n_embd else "pyllm"
    if cfg.window is not None:
        return "pyllm" if cfg.bias else "mistral"
    return "llama"


def _language_model(kind: str) -> str:
    return "LMHeadModel" if kind == "gpt2" else "ForCausalLM"
