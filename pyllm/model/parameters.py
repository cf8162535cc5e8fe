"""The arena: all parameters of a model in one flat array, and the names under which its parts are known.

Every tensor starts on a 256-byte boundary. Inside, a linear weight is (out, in); queries, keys and values are one
matrix, and so are gate and up; the vocabulary's rows are padded to a multiple of 128 with zeros. Outside, the names and
shapes are Hugging Face's, as views: transposed for GPT-2's Conv1D, rows of the larger matrices for Llama, without the
padding. A tied classifier is the embedding and is listed once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy

from pyllm.model.config import ModelConfig

Array = numpy.ndarray[Any, numpy.dtype[Any]]

BOUNDARY = 64  # elements: 256 bytes of float32
VOCABULARY_ROWS = 128

INITIAL_DEVIATION = 0.02  # GPT-2's, for its 768 channels

GPT2_BLOCK = "transformer.h.{}."
GPT2_NAMES = {
    "embedding": "transformer.wte.weight",
    "positions": "transformer.wpe.weight",
    "norm": "transformer.ln_f.weight",
    "norm_bias": "transformer.ln_f.bias",
    "norm1": GPT2_BLOCK + "ln_1.weight",
    "norm1_bias": GPT2_BLOCK + "ln_1.bias",
    "qkv": GPT2_BLOCK + "attn.c_attn.weight",
    "qkv_bias": GPT2_BLOCK + "attn.c_attn.bias",
    "q_norm": GPT2_BLOCK + "attn.q_norm.weight",
    "k_norm": GPT2_BLOCK + "attn.k_norm.weight",
    "out": GPT2_BLOCK + "attn.c_proj.weight",
    "out_bias": GPT2_BLOCK + "attn.c_proj.bias",
    "norm2": GPT2_BLOCK + "ln_2.weight",
    "norm2_bias": GPT2_BLOCK + "ln_2.bias",
    "mlp_in": GPT2_BLOCK + "mlp.c_fc.weight",
    "mlp_in_bias": GPT2_BLOCK + "mlp.c_fc.bias",
    "mlp_out": GPT2_BLOCK + "mlp.c_proj.weight",
    "mlp_out_bias": GPT2_BLOCK + "mlp.c_proj.bias",
}
GPT2_TRANSPOSED = ("qkv", "out", "mlp_in", "mlp_out")  # Conv1D's weights are (in, out)
LLAMA_BLOCK = "model.layers.{}."
LLAMA_NAMES = {
    "embedding": "model.embed_tokens.weight",
    "positions": "model.embed_positions.weight",
    "norm": "model.norm.weight",
    "norm_bias": "model.norm.bias",
    "norm1": LLAMA_BLOCK + "input_layernorm.weight",
    "norm1_bias": LLAMA_BLOCK + "input_layernorm.bias",
    "q_norm": LLAMA_BLOCK + "self_attn.q_norm.weight",
    "k_norm": LLAMA_BLOCK + "self_attn.k_norm.weight",
    "out": LLAMA_BLOCK + "self_attn.o_proj.weight",
    "out_bias": LLAMA_BLOCK + "self_attn.o_proj.bias",
    "norm2": LLAMA_BLOCK + "post_attention_layernorm.weight",
    "norm2_bias": LLAMA_BLOCK + "post_attention_layernorm.bias",
    "mlp_out": LLAMA_BLOCK + "mlp.down_proj.weight",
    "mlp_out_bias": LLAMA_BLOCK + "mlp.down_proj.bias",
}
COMMON_NAMES = {"head": "lm_head.weight", "score": "score.weight"}


@dataclass(slots=True)
class Block:
    """The parameters of one layer, or their gradients; None where the configuration has none."""

    norm1: Array  # (C)
    norm1_bias: Array | None  # (C)
    qkv: Array  # ((H + 2 G) D, C)
    qkv_bias: Array | None
    q_norm: Array | None  # (D)
    k_norm: Array | None  # (D)
    out: Array  # (C, H D)
    out_bias: Array | None  # (C)
    norm2: Array  # (C)
    norm2_bias: Array | None  # (C)
    mlp_in: Array  # (n_hidden, C), or gate, then up: (2 n_hidden, C)
    mlp_in_bias: Array | None
    mlp_out: Array  # (C, n_hidden)
    mlp_out_bias: Array | None  # (C)


class Tensor(NamedTuple):
    """A tensor of the arena: `name` in the block `layer`, or outside the blocks (None)."""

    name: str
    layer: int | None
    shape: tuple[int, ...]  # without padding
    begin: int  # elements from the arena's start
    end: int
    stored_end: int  # with padding: where the next tensor begins
    decays: bool  # under weight decay: matrices and embeddings do, norms and biases do not
    deviation: float | None  # of the initial normal distribution; None: constant
    constant: float


class ParameterRange(NamedTuple):
    """Elements begin ... end - 1 of the arena are one tensor; `decays`: under weight decay."""

    name: str
    begin: int
    end: int
    decays: bool


class BlockMatrix(NamedTuple):
    """A matrix of the blocks by itself, queries, keys and values apart: rows x columns from `begin` in the arena."""

    name: str
    begin: int
    rows: int
    columns: int


def layout(cfg: ModelConfig) -> list[Tensor]:
    """The tensors of the arena, in order."""
    C, V, D = cfg.n_embd, cfg.vocab_size, cfg.head_dim
    inner = cfg.n_head * D
    mlp_rows = cfg.n_hidden * (2 if cfg.mlp == "swiglu" else 1)
    initial = INITIAL_DEVIATION * math.sqrt(768 / C)
    residual = initial / math.sqrt(2 * cfg.n_layer)
    norm_bias = cfg.bias and cfg.norm == "layernorm"
    tensors: list[Tensor] = []
    begin = 0

    def add(name: str, layer: int | None, shape: tuple[int, ...], deviation: float | None, constant: float = 0) -> None:
        nonlocal begin
        end = stored_end = begin + math.prod(shape)
        if name in ("embedding", "head"):
            stored_end = begin + -(-V // VOCABULARY_ROWS) * VOCABULARY_ROWS * C
        stored_end = -(-stored_end // BOUNDARY) * BOUNDARY
        tensors.append(Tensor(name, layer, shape, begin, end, stored_end, len(shape) == 2, deviation, constant))
        begin = stored_end

    def add_norm(name: str, layer: int | None) -> None:
        add(name, layer, (C,), None, 1)
        if norm_bias:
            add(f"{name}_bias", layer, (C,), None)

    def add_linear(name: str, layer: int, rows: int, columns: int, bias: bool, deviation: float) -> None:
        add(name, layer, (rows, columns), deviation)
        if bias:
            add(f"{name}_bias", layer, (rows,), None)

    add("embedding", None, (V, C), initial)
    if cfg.position == "learned":
        add("positions", None, (cfg.context, C), initial)
    for layer in range(cfg.n_layer):
        add_norm("norm1", layer)
        add_linear("qkv", layer, cfg.qkv_channels, C, cfg.qkv_bias, initial)
        if cfg.qk_norm:
            add("q_norm", layer, (D,), None, 1)
            add("k_norm", layer, (D,), None, 1)
        add_linear("out", layer, C, inner, cfg.bias, residual)
        add_norm("norm2", layer)
        add_linear("mlp_in", layer, mlp_rows, C, cfg.bias, initial)
        add_linear("mlp_out", layer, C, cfg.n_hidden, cfg.bias, residual)
    add_norm("norm", None)
    if not cfg.tie_embeddings:
        add("head", None, (V, C), initial)
    if cfg.value_head:  # zero: a new critic says nothing, rather than noise
        add("score", None, (1, C), None)
    return tensors


def has_gpt2_names(cfg: ModelConfig) -> bool:
    """Whether the parameters have the names of Hugging Face's GPT-2; otherwise they have Llama's."""
    return cfg.norm == "layernorm" and cfg.position == "learned" and cfg.mlp != "swiglu"


class NamedRows(NamedTuple):
    """A parameter's name outside, and which rows of its tensor it is, transposed or not."""

    name: str
    begin: int
    end: int
    transposed: bool


def names_of(cfg: ModelConfig, tensor: Tensor) -> list[NamedRows]:
    """The Hugging Face names of a tensor, one or, for Llama's fused matrices and their biases, several."""
    name, rows = tensor.name, tensor.shape[0]
    if name in COMMON_NAMES:
        return [NamedRows(COMMON_NAMES[name], 0, rows, False)]
    if has_gpt2_names(cfg):
        return [NamedRows(GPT2_NAMES[name].format(tensor.layer), 0, rows, name in GPT2_TRANSPOSED)]
    if name in LLAMA_NAMES:
        return [NamedRows(LLAMA_NAMES[name].format(tensor.layer), 0, rows, False)]
    matrix = name.removesuffix("_bias")
    if matrix == "qkv":
        queries, keys = cfg.n_head * cfg.head_dim, cfg.n_kv_head * cfg.head_dim
        parts = {"self_attn.q_proj": queries, "self_attn.k_proj": keys, "self_attn.v_proj": keys}
    elif cfg.mlp == "swiglu":
        parts = {"mlp.gate_proj": cfg.n_hidden, "mlp.up_proj": cfg.n_hidden}
    else:
        parts = {"mlp.up_proj": cfg.n_hidden}
    kind = "bias" if name.endswith("_bias") else "weight"
    named, begin = [], 0
    for part, size in parts.items():
        named.append(NamedRows(f"{LLAMA_BLOCK.format(tensor.layer)}{part}.{kind}", begin, begin + size, False))
        begin += size
    return named


class Parameters:
    """An arena of zeros and its views: of the parameters, or of their gradients.

    `arena` is flat; `blocks` and the attributes beside it are the tensors as the model computes with them; `named` maps
    Hugging Face's names to their views.
    """

    def __init__(self, cfg: ModelConfig, dtype: Any) -> None:
        tensors = layout(cfg)
        self.arena = aligned_zeros(tensors[-1].stored_end, dtype)
        outside: dict[str, Array] = {}
        blocks: list[dict[str, Array]] = [{} for _ in range(cfg.n_layer)]
        named: dict[str, Array] = {}
        for tensor in tensors:
            array = self.arena[tensor.begin : tensor.end].reshape(tensor.shape)
            (outside if tensor.layer is None else blocks[tensor.layer])[tensor.name] = array
            for rows in names_of(cfg, tensor):
                part = array[rows.begin : rows.end]
                named[rows.name] = part.T if rows.transposed else part
        self.named: Mapping[str, Array] = MappingProxyType(named)
        self.blocks = [Block(**{field.name: block.get(field.name) for field in fields(Block)}) for block in blocks]  # type: ignore[arg-type]
        self.embedding = outside["embedding"]  # (V, C)
        self.positions = outside.get("positions")  # (context, C)
        self.norm, self.norm_bias = outside["norm"], outside.get("norm_bias")  # (C)
        self.head = outside.get("head", self.embedding)  # (V, C)
        self.score = outside.get("score")  # (1, C)


def aligned_zeros(size: int, dtype: Any) -> Array:
    """A flat array of zeros that starts on a 256-byte boundary; the system gives it memory as it is written to."""
    itemsize = numpy.dtype(dtype).itemsize
    memory = numpy.zeros(size + 256 // itemsize, dtype)
    offset = -memory.ctypes.data % 256 // itemsize
    return memory[offset : offset + size]


def initialise(cfg: ModelConfig, parameters: Parameters, seed: int) -> None:
    """Fills an arena of zeros: normal with deviation s, the two projections into the residual stream with
    s / sqrt(2 n_layer) (Radford et al. 2019, section 2.3), norms 1, biases 0.

    s is 0.02 sqrt(768 / n_embd): GPT-2's at the width that it was chosen for, and outputs as large at any other (LeCun
    et al. 1998, "Efficient BackProp", section 4.6).

    Each tensor has a random stream of its own, so that its values do not depend on the sizes of the others.
    """
    for number, tensor in enumerate(layout(cfg)):
        values = parameters.arena[tensor.begin : tensor.end]
        if tensor.deviation is None:
            values[...] = tensor.constant
            continue
        source = numpy.random.default_rng([seed, number])
        for begin in range(0, len(values), 1 << 20):
            part = values[begin : begin + (1 << 20)]
            part[...] = source.standard_normal(len(part), numpy.float32)
            part *= tensor.deviation


def parameter_ranges(cfg: ModelConfig) -> list[ParameterRange]:
    """Where each tensor lies in the arena; what is between them is padding."""
    return [
        ParameterRange(
            tensor.name if tensor.layer is None else f"{tensor.layer}.{tensor.name}",
            tensor.begin,
            tensor.end,
            tensor.decays,
        )
        for tensor in layout(cfg)
    ]


def block_matrices(cfg: ModelConfig) -> Iterator[BlockMatrix]:
    """The matrices of the blocks, each that is a linear map of its own."""
    for tensor in layout(cfg):
        if tensor.layer is None or len(tensor.shape) != 2:
            continue
        prefix, columns = f"{tensor.layer}.", tensor.shape[1]
        if tensor.name == "qkv":
            queries, keys = cfg.n_head * cfg.head_dim, cfg.n_kv_head * cfg.head_dim
            parts = {"q": queries, "k": keys, "v": keys}
        elif tensor.name == "mlp_in" and cfg.mlp == "swiglu":
            parts = {"gate": cfg.n_hidden, "up": cfg.n_hidden}
        else:
            parts = {tensor.name: tensor.shape[0]}
        begin = tensor.begin
        for name, rows in parts.items():
            yield BlockMatrix(prefix + name, begin, rows, columns)
            begin += rows * columns
