"""GPT-2 in plain PyTorch, the peer of the model benches; its parameters have Hugging Face's names."""

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
