"""GPT-2 and Llama in plain PyTorch, the peers of the model benches; their parameters have Hugging Face's names."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class Attention(nn.Module):
    def __init__(self, channels: int, heads: int, bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.c_attn = nn.Linear(channels, 3 * channels, bias)
        self.c_proj = nn.Linear(channels, channels, bias)

    def forward(self, x: Tensor, cache: Tensor | None, begin: int) -> Tensor:
        B, T, C = x.shape
        q, k, v = self.c_attn(x).view(B, T, 3, self.heads, -1).permute(2, 0, 3, 1, 4)  # each (B, H, T, D)
        if cache is not None:  # (2, B, H, positions, D)
            cache[:, :, :, begin : begin + T] = torch.stack((k, v))
            k, v = cache[:, :, :, : begin + T]
        out = functional.scaled_dot_product_attention(q, k, v, is_causal=T > 1)
        return self.c_proj(out.transpose(1, 2).reshape(B, T, C))


class MLP(nn.Module):
    def __init__(self, channels: int, bias: bool) -> None:
        super().__init__()
        self.c_fc = nn.Linear(channels, 4 * channels, bias)
        self.c_proj = nn.Linear(4 * channels, channels, bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(functional.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, channels: int, heads: int, bias: bool) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(channels, bias=bias), nn.LayerNorm(channels, bias=bias)
        self.attn, self.mlp = Attention(channels, heads, bias), MLP(channels, bias)

    def forward(self, x: Tensor, cache: Tensor | None = None, begin: int = 0) -> Tensor:
        x = x + self.attn(self.ln_1(x), cache, begin)
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """Learned positions, a tied head, no dropout."""

    def __init__(
        self, n_layer: int, n_head: int, n_embd: int, vocab_size: int, context: int, bias: bool = True
    ) -> None:
        super().__init__()
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(vocab_size, n_embd),
                "wpe": nn.Embedding(context, n_embd),
                "h": nn.ModuleList(Block(n_embd, n_head, bias) for _ in range(n_layer)),
                "ln_f": nn.LayerNorm(n_embd, bias=bias),
            }
        )
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                into_residual = name.endswith("c_proj.weight")
                nn.init.normal_(parameter, std=0.02 / (2 * n_layer) ** 0.5 if into_residual else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def trunk(self, tokens: Tensor, caches: list[Tensor] | None = None, begin: int = 0) -> Tensor:
        """What the head reads, (B, T, C). caches: keys and values of each layer, of which `begin` positions are set."""
        parts: Any = self.transformer
        x = parts["wte"](tokens) + parts["wpe"].weight[begin : begin + tokens.shape[1]]
        for layer, block in enumerate(parts["h"]):
            x = block(x, caches[layer] if caches else None, begin)
        return parts["ln_f"](x)

    def forward(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """The mean loss."""
        weight: Any = self.transformer["wte"].weight
        return functional.cross_entropy(functional.linear(self.trunk(tokens), weight).flatten(0, 1), targets.flatten())

    def last_logits(self, tokens: Tensor, caches: list[Tensor], begin: int) -> Tensor:
        """The logits (B, V) behind the last of the tokens, which are put into the caches."""
        weight: Any = self.transformer["wte"].weight
        return functional.linear(self.trunk(tokens, caches, begin)[:, -1], weight)

    def take(self, arrays: Any) -> None:
        """Takes parameters over by name, as Hugging Face lays them out: (in, out) for the matrices of the blocks."""
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                array = torch.from_numpy(arrays[name])
                in_block = ".h." in name and parameter.dim() > 1
                parameter.copy_(array.t() if in_block else array)

    def decaying_groups(self, weight_decay: float) -> list[dict[str, Any]]:
        """The parameters for an optimizer: matrices and embeddings decay, norms and biases do not."""
        parameters = list(self.parameters())
        return [
            {"params": [one for one in parameters if one.dim() > 1], "weight_decay": weight_decay},
            {"params": [one for one in parameters if one.dim() == 1], "weight_decay": 0.0},
        ]


class LlamaBlock(nn.Module):
    """RMSNorm, rotary positions, SwiGLU, no biases; queries, keys and values are one matrix, gate and up another."""

    def __init__(self, channels: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.RMSNorm(channels, 1e-5), nn.RMSNorm(channels, 1e-5)
        self.qkv, self.out = nn.Linear(channels, 3 * channels, False), nn.Linear(channels, channels, False)
        self.gate_up, self.down = nn.Linear(channels, 2 * hidden, False), nn.Linear(hidden, channels, False)

    def forward(
        self, x: Tensor, cosines: Tensor, sines: Tensor, cache: Tensor, places: Tensor, end: int, mask: Tensor | None
    ) -> Tensor:
        """cache: (2, B, H, positions, D), written at `places`; its first `end` positions are read, as the mask says."""
        B, T, C = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(B, T, 3, self.heads, -1).permute(2, 0, 3, 1, 4)  # each (B, H, T, D)
        cache[0].index_copy_(2, places, rotated(k, cosines, sines))
        cache[1].index_copy_(2, places, v)
        keys, values = cache[:, :, :, :end]
        q = rotated(q, cosines, sines)
        attended = functional.scaled_dot_product_attention(q, keys, values, mask, is_causal=mask is None and T > 1)
        x = x + self.out(attended.transpose(1, 2).reshape(B, T, C))
        gate, up = self.gate_up(self.norm2(x)).chunk(2, -1)
        return x + self.down(functional.silu(gate) * up)


def rotated(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """RoPE: the pairs (i, i + D / 2) of x (B, H, T, D), by cosines and sines (T, D / 2)."""
    first, second = x.chunk(2, -1)
    return torch.cat((first * cosines - second * sines, first * sines + second * cosines), -1)


class Llama(nn.Module):
    """A model of the Llama family that samples, with a cache that is allocated once.

    Args:
        compiled: decode with torch.compile. Its shapes then never change, so it reads the whole cache through a mask,
            where the eager one reads what is filled.
    """

    def __init__(
        self, n_layer: int, n_head: int, n_embd: int, n_hidden: int, vocab_size: int, compiled: bool = False
    ) -> None:
        super().__init__()
        self.head_dim = n_embd // n_head
        self.embedding = nn.Embedding(vocab_size, n_embd)
        self.blocks = nn.ModuleList(LlamaBlock(n_embd, n_head, n_hidden) for _ in range(n_layer))
        self.norm = nn.RMSNorm(n_embd, 1e-5)
        self.compiled = compiled
        self.decode = torch.compile(self.logits, fullgraph=True) if compiled else self.logits

    def take(self, arrays: Any) -> None:
        """Takes parameters over by Hugging Face's names."""
        parts: dict[str, tuple[str, ...]] = {
            "norm1": ("input_layernorm",),
            "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
            "out": ("self_attn.o_proj",),
            "norm2": ("post_attention_layernorm",),
            "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
            "down": ("mlp.down_proj",),
        }
        with torch.no_grad():
            self.embedding.weight.copy_(torch.from_numpy(arrays["model.embed_tokens.weight"]))
            self.norm.weight.copy_(torch.from_numpy(arrays["model.norm.weight"]))
            for layer, block in enumerate(self.blocks):
                for name, sources in parts.items():
                    tensors = [torch.from_numpy(arrays[f"model.layers.{layer}.{source}.weight"]) for source in sources]
                    getattr(block, name).weight.copy_(torch.cat(tensors))

    def prepare(self, batch: int, positions: int) -> None:
        """Allocates the cache (L, 2, B, H, positions, D) and the tables of rotary positions."""
        heads = self.embedding.embedding_dim // self.head_dim
        self.cache = torch.zeros(len(self.blocks), 2, batch, heads, positions, self.head_dim)
        frequencies = 10000.0 ** (-torch.arange(0, self.head_dim, 2) / self.head_dim)
        angles = torch.outer(torch.arange(positions), frequencies)
        self.cosines, self.sines = angles.cos(), angles.sin()
        self.masks = torch.ones(positions, positions, dtype=torch.bool).tril()

    def logits(self, tokens: Tensor, places: Tensor, end: int, mask: Tensor | None) -> Tensor:
        """The logits (B, V) behind the last of the tokens (B, T), which stand at `places` (T), `end` the last and 1."""
        x = self.embedding(tokens)
        cosines, sines = self.cosines[places], self.sines[places]
        for block, cache in zip(self.blocks, self.cache, strict=True):
            x = block(x, cosines, sines, cache, places, end, mask)
        return functional.linear(self.norm(x[:, -1]), self.embedding.weight)

    @torch.inference_mode()
    def generate(self, prompts: Tensor, new: int, greedy: bool = False) -> tuple[Tensor, Tensor]:
        """Samples (B, new) tokens at temperature 1 behind prompts (B, T) of one length; they and their logprobs."""
        T, positions = prompts.shape[1], self.cache.shape[4]
        ids, logprobs = torch.empty(len(prompts), new, dtype=torch.long), torch.empty(len(prompts), new)
        logits = self.logits(prompts, torch.arange(T), T, None)
        for step in range(new):
            all_logprobs = logits.log_softmax(-1)
            token = all_logprobs.argmax(-1, keepdim=True) if greedy else torch.multinomial(all_logprobs.exp(), 1)
            ids[:, step], logprobs[:, step] = token[:, 0], all_logprobs.gather(1, token)[:, 0]
            if step < new - 1:
                place = T + step
                end, mask = (positions, self.masks[place : place + 1]) if self.compiled else (place + 1, None)
                logits = self.decode(token, torch.tensor([place]), end, mask)
        return ids, logprobs
