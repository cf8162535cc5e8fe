"""The sides of the benches of whole models: `python model_workers.py LIBRARY` serves one (see sides.py).

Both sides train GPT-2 with AdamW (betas 0.9 and 0.95, weight decay 0.1) on the same batch of random tokens.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy
import sides

LEARNING_RATE, BETAS, WEIGHT_DECAY = 1e-4, (0.9, 0.95), 0.1
MOST_NORM, GRADIENT = 1.0, 1e-2  # where the optimizer alone is timed, all gradients are the same number


def random_batch(batch: int, length: int, vocab_size: int) -> tuple[Any, Any]:
    """Tokens and targets, (B, T) int32 each."""
    data = numpy.random.default_rng(0).integers(0, vocab_size, (batch, length + 1), dtype=numpy.int32)
    return data[:, :-1].copy(), data[:, 1:].copy()


class Side(sides.Side):
    """A library that trains and runs a GPT-2. `make` comes first."""

    make: Callable[..., None]  # a model of compute.Size's arguments, an optimizer and a batch
    step: Callable[[], float]  # trains one step; returns its loss

    def seconds(self, steps: int = 1) -> float:
        """Seconds of one step: the median of a few."""
        return statistics.median(sides.timed(self.step)[0] for _ in range(steps))

    def losses(self, steps: int) -> list[float]:
        """Trains some steps; returns their losses."""
        return [self.step() for _ in range(steps)]


class Pyllm(Side):
    package = "pyllm"

    def __init__(self) -> None:
        import pyllm

        pyllm.set_num_threads(sides.THREADS)

    def make(
        self, *, batch: int, length: int, save_to: str = "", max_norm: float | None = MOST_NORM, **size: Any
    ) -> None:
        from pyllm.model import GPT, ModelConfig
        from pyllm.optim import AdamW

        self.model = GPT(ModelConfig(**size))
        if save_to:
            numpy.savez(save_to, **self.model.parameters)
        self.optimizer = AdamW(self.model, LEARNING_RATE, BETAS, weight_decay=WEIGHT_DECAY)
        self.batch = random_batch(batch, length, size["vocab_size"])
        self.max_norm = max_norm

    def step(self) -> float:
        loss = self.model.loss_and_backward(*self.batch)
        self.optimizer.step(max_norm=self.max_norm)
        return loss

    def share_outside(self, steps: int) -> float:
        """The share of the time of steps that is spent outside the kernels: in Python, NumPy and cffi."""
        from pyllm.ops.library import library

        with clocked(library()) as inside:
            shares = []
            for _ in range(steps):
                before = inside[0]
                seconds = sides.timed(self.step)[0]
                shares.append(1 - (inside[0] - before) / seconds)
        return statistics.median(shares)

    def optimizer_seconds(self) -> float:
        """Seconds of norm, clipping, AdamW and zeroing."""
        for gradient in self.model.grads.values():
            gradient.fill(GRADIENT)
        return sides.timed(lambda: self.optimizer.step(max_norm=MOST_NORM))[0]

    def num_parameters(self) -> int:
        return self.model.num_parameters()

    def memory(self) -> dict[str, int]:
        """Bytes by their use, as the model knows them, with the optimizer's."""
        return {**self.model.memory_report(), "moments": self.optimizer.m.nbytes + self.optimizer.v.nbytes}

    def decode_seconds(self, prompt: int, new: int) -> float:
        """Seconds of one token behind a prompt, generated one by one, the likeliest each time."""
        from pyllm.engine import Engine

        stream = Engine(self.model).stream(list(range(prompt)), new + 1, temperature=0.0)
        next(stream)
        seconds, ids = sides.timed(lambda: list(stream))
        assert len(ids) == new
        return seconds / new


@contextmanager
def clocked(library: Any) -> Iterator[list[float]]:
    """A list whose one number is the seconds spent so far in the kernels of a pyllm.ops.library.Library."""
    inside = [0.0]

    class Kernels:
        def __init__(self, kernels: Any) -> None:
            self._kernels = kernels

        def __getattr__(self, name: str) -> Any:
            kernel = getattr(self._kernels, name)

            def run(*arguments: Any) -> Any:
                start = time.perf_counter()
                try:
                    return kernel(*arguments)
                finally:
                    inside[0] += time.perf_counter() - start

            setattr(self, name, run)
            return run

    kernels = library.kernels
    library.kernels = Kernels(kernels)
    try:
        yield inside
    finally:
        library.kernels = kernels


class Torch(Side):
    package = "torch"

    def __init__(self) -> None:
        import torch

        torch.set_num_threads(sides.THREADS)
        self._torch = torch

    def make(self, *, batch: int, length: int, load_from: str = "", compiled: bool = False, **size: Any) -> None:
        from torch_gpt import GPT

        self.model = GPT(**size)
        if load_from:
            self.model.take(numpy.load(load_from))
        self.forward = self._torch.compile(self.model) if compiled else self.model
        groups = self.model.decaying_groups(WEIGHT_DECAY)
        self.optimizer = self._torch.optim.AdamW(groups, LEARNING_RATE, BETAS, fused=True)
        self.batch = [self._torch.from_numpy(array).long() for array in random_batch(batch, length, size["vocab_size"])]

    def step(self) -> float:
        loss = self.forward(*self.batch)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss.item()

    def optimizer_seconds(self) -> float:
        parameters = list(self.model.parameters())
        for parameter in parameters:
            parameter.grad = self._torch.full_like(parameter, GRADIENT)

        def work() -> None:
            self._torch.nn.utils.clip_grad_norm_(parameters, MOST_NORM)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)

        return sides.timed(work)[0]

    def decode_seconds(self, prompt: int, new: int) -> float:
        model, torch = self.model, self._torch
        first = model.transformer["h"][0].attn
        shape = (2, 1, first.heads, model.transformer["wpe"].num_embeddings, first.c_proj.in_features // first.heads)
        with torch.inference_mode():
            caches = [torch.zeros(shape) for _ in model.transformer["h"]]
            token = model.last_logits(torch.arange(prompt)[None], caches, 0).argmax(-1)
            start = time.perf_counter()
            for position in range(prompt, prompt + new):
                token = model.last_logits(token[None], caches, position).argmax(-1)
            return (time.perf_counter() - start) / new


if __name__ == "__main__":
    sides.serve(*Side.__subclasses__())
