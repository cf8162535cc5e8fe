"""What a model looks like: its sizes and the choices that tell GPT-2 and Llama apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from pyllm.threads import checked_integer

NORMS = ("layernorm", "rmsnorm")
POSITIONS = ("learned", "rope")
MLPS = ("gelu", "gelu_erf", "relu_squared", "swiglu")
ROPE_SCALINGS = {  # by Hugging Face's rope_type: the numbers that each needs
    "linear": ("factor",),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"),
}
LARGEST_INTEGER = 2**31 - 1
MOST_LAYERS = 10_000

GPT2_SIZES = {  # Radford et al. 2019, table 2, with the counts that the released models have
    "124M": {"n_layer": 12, "n_head": 12, "n_embd": 768},
    "355M": {"n_layer": 24, "n_head": 16, "n_embd": 1024},
    "774M": {"n_layer": 36, "n_head": 20, "n_embd": 1280},
    "1558M": {"n_layer": 48, "n_head": 25, "n_embd": 1600},
}
_LLAMA_32 = {
    "rope_theta": 500000.0,
    "rope_scaling": {
        "rope_type": "llama3",
        "factor": 32.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    },
    "vocab_size": 128256,
    "context": 131072,
    "tie_embeddings": True,
}
_SMOLLM2 = {"rope_theta": 100000.0, "vocab_size": 49152, "context": 8192, "tie_embeddings": True}
LLAMA_SIZES: dict[str, dict[str, Any]] = {  # as the config.json of each released model says
    "SmolLM2-135M": {"n_layer": 30, "n_head": 9, "n_kv_head": 3, "n_embd": 576, "n_hidden": 1536, **_SMOLLM2},
    "SmolLM2-360M": {"n_layer": 32, "n_head": 15, "n_kv_head": 5, "n_embd": 960, "n_hidden": 2560, **_SMOLLM2},
    "3.2-1B": {
        **{"n_layer": 16, "n_head": 32, "n_kv_head": 8, "n_embd": 2048, "n_hidden": 8192, "head_dim": 64},
        **_LLAMA_32,
    },
    "3.2-3B": {
        **{"n_layer": 28, "n_head": 24, "n_kv_head": 8, "n_embd": 3072, "n_hidden": 8192, "head_dim": 128},
        **_LLAMA_32,
    },
    "2-7B": {
        **{"n_layer": 32, "n_head": 32, "n_kv_head": 32, "n_embd": 4096, "n_hidden": 11008},
        **{"vocab_size": 32000, "context": 4096, "tie_embeddings": False},
    },
}


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The shape of a model. Fields left None are derived from the others when it is made, and never None afterwards.

    The defaults are GPT-2's; `ModelConfig.llama` sets those of Llama. There is no dropout.

    Args:
        n_layer: blocks, each attention and an MLP.
        n_head: query heads.
        n_kv_head: key and value heads, a divisor of n_head (https://arxiv.org/abs/2305.13245); default: n_head.
        n_embd: channels of the residual stream.
        head_dim: channels of a head; default: n_embd / n_head.
        n_hidden: channels inside the MLP; default: 4 n_embd; for "swiglu" 8/3 n_embd, rounded up to a multiple of 64,
            so that its three matrices have as many weights as the two of the others.
        vocab_size: token ids.
        context: positions; learned ones end there.
        norm: "layernorm" or "rmsnorm".
        norm_eps: what the norms add to the variance, or to the mean square.
        position: "learned" or "rope" (https://arxiv.org/abs/2104.09864).
        rope_theta: the base of the rotary wavelengths.
        rope_scaling: None, or as in Hugging Face's config.json: {"rope_type": "linear", "factor": ...}, or "llama3"
            with its four numbers (Llama 3.1, https://arxiv.org/abs/2407.21783).
        mlp: "gelu" (the tanh form, GPT-2's), "gelu_erf", "relu_squared" or "swiglu".
        bias: whether norms (layernorm only) and matrices have biases.
        qkv_bias: the same for queries, keys and values; default: bias.
        qk_norm: RMSNorm on each query and key head, before rope (https://arxiv.org/abs/2302.05442).
        tie_embeddings: whether the classifier reads the token embedding.
        window: a position sees that many positions, itself included (https://arxiv.org/abs/2004.05150); None: all.
        value_head: a scalar for each position, beside the logits: critics and reward models.

    Raises:
        TypeError, ValueError: a field is of another type, out of range, or contradicts another.
    """

    n_layer: int
    n_head: int
    n_kv_head: int = None  # type: ignore[assignment]  # None as an argument only, here and below
    n_embd: int
    head_dim: int = None  # type: ignore[assignment]
    n_hidden: int = None  # type: ignore[assignment]
    vocab_size: int
    context: int
    norm: str = "layernorm"
    norm_eps: float = 1e-5
    position: str = "learned"
    rope_theta: float = 10000.0
    rope_scaling: Mapping[str, Any] | None = None
    mlp: str = "gelu"
    bias: bool = True
    qkv_bias: bool = None  # type: ignore[assignment]
    qk_norm: bool = False
    tie_embeddings: bool = True
    window: int | None = None
    value_head: bool = False

    def __post_init__(self) -> None:
        for name in ("n_layer", "n_head", "n_embd", "vocab_size", "context"):
            self._set(name, self._positive(name))
        if self.n_layer > MOST_LAYERS:
            raise ValueError(f"n_layer must be at most {MOST_LAYERS}, got {self.n_layer}")
        for name, choices in (("norm", NORMS), ("position", POSITIONS), ("mlp", MLPS)):
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, got {getattr(self, name)!r}")
        if self.head_dim is None and self.n_embd % self.n_head:
            raise ValueError(
                f"n_embd must be a multiple of n_head where head_dim is not given, got {self.n_embd} and {self.n_head}"
            )
        derived = {
            "n_kv_head": self.n_head,
            "head_dim": self.n_embd // self.n_head,
            "n_hidden": hidden_channels(self.mlp, self.n_embd),
            "qkv_bias": self.bias,
        }
        for name, value in derived.items():
            if getattr(self, name) is None:
                self._set(name, value)
        for name in ("n_kv_head", "head_dim", "n_hidden"):
            self._set(name, self._positive(name))
        if self.window is not None:
            self._set("window", self._positive("window"))
        for name in ("bias", "qkv_bias", "qk_norm", "tie_embeddings", "value_head"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name} must be True or False, got {getattr(self, name)!r}")
        for name in ("norm_eps", "rope_theta"):
            self._set(name, _positive_number(name, getattr(self, name)))
        if self.n_head % self.n_kv_head:
            raise ValueError(f"n_kv_head must divide n_head, got {self.n_kv_head} and {self.n_head}")
        if self.position == "rope" and self.head_dim % 2:
            raise ValueError(f"head_dim must be even for rope, got {self.head_dim}")
        if self.rope_scaling is not None:
            if self.position != "rope":
                raise ValueError(f"rope_scaling is for position='rope', got position={self.position!r}")
            self._set("rope_scaling", checked_rope_scaling(self.rope_scaling))

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _positive(self, name: str) -> int:
        value = checked_integer(getattr(self, name), name)
        if not 1 <= value <= LARGEST_INTEGER:
            raise ValueError(f"{name} must be between 1 and {LARGEST_INTEGER}, got {value}")
        return value

    # Presets

    @classmethod
    def gpt2(cls, size: str = "124M", **fields: Any) -> ModelConfig:
        """GPT-2 in one of its sizes, a name in GPT2_SIZES; any field overridden by name.

        Raises:
            ValueError: there is no such size.
        """
        base: dict[str, Any] = {"vocab_size": 50257, "context": 1024}
        return cls(**base | _preset(GPT2_SIZES, size, "GPT-2") | fields)

    @classmethod
    def llama(cls, size: str = "SmolLM2-135M", **fields: Any) -> ModelConfig:
        """A model of the Llama family, a name in LLAMA_SIZES; any field overridden by name.

        With another n_embd or n_head, those of n_kv_head, head_dim and n_hidden that are not given are derived again.

        Raises:
            ValueError: there is no such size.
        """
        base: dict[str, Any] = {"norm": "rmsnorm", "position": "rope", "mlp": "swiglu", "bias": False}
        preset = _preset(LLAMA_SIZES, size, "Llama")
        if "n_embd" in fields or "n_head" in fields:
            for name in ("n_kv_head", "head_dim", "n_hidden"):
                preset.pop(name, None)
        return cls(**base | preset | fields)

    @classmethod
    def from_depth(cls, depth: int, *, show: bool = True, **fields: Any) -> ModelConfig:
        """The dial: everything follows from the depth, and any field can be overridden by name.

        Args:
            depth: the number of layers.
            show: print how each value came about.
            fields: values that are given; what follows from them follows from the given ones.

        Raises:
            TypeError, ValueError: a field is unknown, or as ModelConfig raises.
        """
        cfg, derivation = cls.derive(depth, **fields)
        if show:
            print(f"depth {depth} derives a model of {cfg.num_parameters():,} parameters:")
            for line in derivation:
                print(f"  {line.name:<14} {line.value!s:>9}  {line.reason}")
        return cfg

    @classmethod
    def derive(
        cls, depth: int, *, reasons: Mapping[str, str] | None = None, **fields: Any
    ) -> tuple[ModelConfig, list[Derived]]:
        """As from_depth; returns the derivation, too, and prints nothing.

        Args:
            depth: the number of layers.
            reasons: why fields have the values they are given, by their names; default: "given".
            fields: see from_depth.
        """
        depth = checked_integer(depth, "depth")
        if not 1 <= depth <= MOST_LAYERS:
            raise ValueError(f"depth must be between 1 and {MOST_LAYERS}, got {depth}")
        if unknown := set(fields) - set(field_names()):
            raise TypeError(f"a ModelConfig has no field {min(unknown)!r}; it has {', '.join(field_names())}")
        values: dict[str, Any] = {}
        derivation = []

        def derive(name: str, value: Any, reason: str) -> Any:
            if fields.get(name) is not None:
                value, reason = fields[name], (reasons or {}).get(name, "given")
            values[name] = value
            derivation.append(Derived(name, value, reason))
            return value

        n_layer = derive("n_layer", depth, "the depth")
        n_embd = derive("n_embd", 64 * depth, "64 x depth: width grows with depth")
        if (heads := fields.get("n_head")) is None:
            head_dim = derive("head_dim", 64, "fits the attention kernels; enough for a head")
            n_head = derive("n_head", max(1, n_embd // head_dim), "n_embd / head_dim")
        else:  # None where it does not divide: refused as a ModelConfig refuses it
            divides = isinstance(heads, int) and heads > 0 and n_embd % heads == 0
            derive("head_dim", n_embd // heads if divides else None, "n_embd / n_head")
            n_head = derive("n_head", heads, "given")
        derive("n_kv_head", n_head, "n_head: every head has keys and values of its own")
        derive("norm", "rmsnorm", "Llama's: as good as LayerNorm, less work")
        derive("position", "rope", "Llama's: learns relative positions, ends nowhere")
        mlp = derive("mlp", "swiglu", "Llama's: learns more with as many weights")
        size = "8/3 x n_embd, up to a multiple of 64" if mlp == "swiglu" else "4 x n_embd"
        derive("n_hidden", hidden_channels(mlp, n_embd), size)
        derive("bias", False, "Llama's: biases do not pay")
        half = 6 * n_layer * n_embd  # times n_embd: half of the 12 n_layer n_embd^2 weights of the blocks
        vocabulary = min(65536, max(512, 1 << (half.bit_length() - 1)))
        derive("vocab_size", vocabulary, "the power of two that gives the embedding at most half the blocks' weights")
        context = min(2048, max(256, 1 << (n_embd - 1).bit_length()))
        derive("context", context, "the power of two from n_embd up, 256 to 2048")
        derive("tie_embeddings", True, "the embedding is a large share of a small model")
        for name in field_names():
            if fields.get(name) is not None and name not in values:
                derive(name, fields[name], "given")
        return cls(**values), derivation

    # Counts

    @property
    def qkv_channels(self) -> int:
        """The channels of queries, keys and values together."""
        return (self.n_head + 2 * self.n_kv_head) * self.head_dim

    def matmul_parameters(self, classifier: bool = True) -> int:
        """The weights that take part in a matrix product: the blocks' matrices and, if it is asked, the classifier."""
        matrices = 3 if self.mlp == "swiglu" else 2
        block = self.qkv_channels + self.n_head * self.head_dim + matrices * self.n_hidden
        return (self.n_layer * block + classifier * self.vocab_size) * self.n_embd

    def num_parameters(self) -> int:
        """All parameters; a tied embedding counts once."""
        from pyllm.model.parameters import layout

        return sum(math.prod(tensor.shape) for tensor in layout(self))

    def flops_per_token(self, T: int, classifier: bool = True) -> int:
        """Floating-point operations of forward and backward for each token of a sequence of T.

        Two for each weight in the forward pass and four in the backward pass, 6 N in all; and attention's 12 L H D T,
        not halved for causality (Chowdhery et al. 2022, https://arxiv.org/abs/2204.02311, appendix B).
        """
        seen = min(T, self.window or T)
        return 6 * self.matmul_parameters(classifier) + 12 * self.n_layer * self.n_head * self.head_dim * seen


class Derived(NamedTuple):
    """A value that the depth led to, and why."""

    name: str
    value: Any
    reason: str


def field_names() -> tuple[str, ...]:
    """The names of ModelConfig's fields."""
    return tuple(field.name for field in fields(ModelConfig))


def hidden_channels(mlp: str, n_embd: int) -> int:
    """The default of n_hidden."""
    return -(-8 * n_embd // (3 * 64)) * 64 if mlp == "swiglu" else 4 * n_embd


def checked_rope_scaling(scaling: Mapping[str, Any]) -> dict[str, Any]:
    """The scaling's rope_type and its numbers, nothing else.

    Raises:
        TypeError, ValueError: it is of an unknown type, or a number is missing or out of range.
    """
    if not isinstance(scaling, Mapping):
        raise TypeError(f"rope_scaling must be a mapping, got {type(scaling).__name__}")
    kind = scaling.get("rope_type", scaling.get("type"))
    if kind not in ROPE_SCALINGS:
        raise ValueError(f"rope_scaling must have a rope_type of {' or '.join(ROPE_SCALINGS)}, got {kind!r}")
    checked: dict[str, Any] = {"rope_type": kind}
    for name in ROPE_SCALINGS[kind]:
        if name not in scaling:
            raise ValueError(f"rope_scaling of type {kind} needs {name}")
        checked[name] = _positive_number(f"rope_scaling's {name}", scaling[name])
    if kind == "llama3":
        checked["original_max_position_embeddings"] = int(checked["original_max_position_embeddings"])
    if kind == "llama3" and checked["high_freq_factor"] <= checked["low_freq_factor"]:
        raise ValueError("rope_scaling's high_freq_factor must be greater than its low_freq_factor")
    return checked


def _positive_number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    if not 0 < float(value) < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value}")
    return float(value)


def _preset(sizes: Mapping[str, Mapping[str, Any]], size: str, family: str) -> dict[str, Any]:
    if size not in sizes:
        raise ValueError(f"there is no {family} of size {size!r} here; those known are {', '.join(sizes)}")
    return dict(sizes[size])
