"""The sides of the benches of whole models: `python model_workers.py LIBRARY` serves one (see sides.py).

Both sides train GPT-2 on the same batch of random tokens, or on the same batches of a text's bytes.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy
import sides

LEARNING_RATE, WEIGHT_DECAY = 1e-4, 0.1
MOST_NORM, GRADIENT = 1.0, 1e-2  # where the optimizer alone is timed, all gradients are the same number


def random_batch(batch: int, length: int, vocab_size: int) -> tuple[Any, Any]:
    """Tokens and targets, (B, T) int32 each."""
    data = numpy.random.default_rng(0).integers(0, vocab_size, (batch, length + 1), dtype=numpy.int32)
    return data[:, :-1].copy(), data[:, 1:].copy()


class Text:
    """The bytes of a file, trained on by nanoGPT's recipe for tinyshakespeare on a CPU.

    The first 90 % of it, epoch after epoch, cut into rows at a place of each epoch's own and shuffled, as pyllm's
    loader does it (nanoGPT's rows begin anywhere, which costs both sides 0.02 nats); a learning rate that rises to
    1e-3 over 100 steps and falls to 1e-4 as half a cosine. Betas 0.9 and 0.99, weight decay 0.1, clipping at 1 are the
    optimizer's business.
    """

    LEARNING_RATE, LEAST_LEARNING_RATE, WARM_UP = 1e-3, 1e-4, 100

    def __init__(self, path: str, batch: int, length: int, steps: int) -> None:
        data = numpy.fromfile(path, numpy.uint8).astype(numpy.int32)
        cut = int(0.9 * len(data))
        self.training, self.validation = data[:cut], data[cut:]
        self._batch, self._length, self._steps = batch, length, steps
        self._begins = self._shuffled(numpy.random.default_rng(1337))
        self._step = 0

    def _shuffled(self, source: numpy.random.Generator) -> Iterator[int]:
        while True:
            begins = numpy.arange(source.integers(self._length), len(self.training) - self._length, self._length)
            yield from source.permutation(begins)

    def take(self) -> tuple[Any, Any, float]:
        """The next step's tokens and targets, (B, T) int32 each, and its learning rate."""
        begins = numpy.array([next(self._begins) for _ in range(self._batch)])
        rows = self.training[begins[:, None] + numpy.arange(self._length + 1)]
        self._step += 1
        return rows[:, :-1].copy(), rows[:, 1:].copy(), self._learning_rate(self._step - 1)

    def _learning_rate(self, step: int) -> float:
        if step < self.WARM_UP:
            return self.LEARNING_RATE * (step + 1) / (self.WARM_UP + 1)
        done = min(1.0, (step - self.WARM_UP) / (self._steps - self.WARM_UP))
        least = self.LEAST_LEARNING_RATE
        return least + 0.5 * (self.LEARNING_RATE - least) * (1 + math.cos(math.pi * done))

    def windows(self, rows: int = 64) -> Iterator[tuple[Any, Any]]:
        """Tokens and targets that cover the whole validation part once; the last row is a shorter one."""
        whole = (len(self.validation) - 1) // self._length
        tokens, targets = self.validation[:-1], self.validation[1:]
        end = whole * self._length
        for first in range(0, end, rows * self._length):
            part = slice(first, min(first + rows * self._length, end))
            yield tokens[part].reshape(-1, self._length), targets[part].reshape(-1, self._length)
        if end < len(targets):
            yield tokens[None, end:], targets[None, end:]


class Side(sides.Side):
    """A library that trains and runs a GPT-2. `make` comes first.

    make(batch, length, betas, max_norm, ..., and a model's sizes): a model, an optimizer and a batch; a subclass says
    what else. update(tokens, targets, lr): trains one step; returns its loss. negative_log_likelihood(tokens, targets):
    the sum over them, in nats.
    """

    make: Callable[..., None]
    update: Callable[[Any, Any, float], float]
    negative_log_likelihood: Callable[[Any, Any], float]
    batch: tuple[Any, Any]

    def step(self) -> float:
        """Trains one step on the batch; returns its loss."""
        return self.update(*self.batch, LEARNING_RATE)

    def read_text(self, path: str, batch: int, length: int, steps: int) -> None:
        """Takes a text to train on from now on."""
        self.text = Text(path, batch, length, steps)

    def train_on_text(self, steps: int) -> float:
        """Seconds of the next steps on the text."""
        return sides.timed(lambda: [self.update(*self.text.take()) for _ in range(steps)])[0]

    def validation_loss(self) -> float:
        """The mean loss over the whole validation part, in nats a byte."""
        return sum(self.negative_log_likelihood(*window) for window in self.text.windows()) / (
            len(self.text.validation) - 1
        )

    def curve(self, steps: int, evaluations: int) -> list[tuple[int, float]]:
        """Trains on the text; steps done and validation loss at so many places."""
        points = []
        for part in range(evaluations):
            begin, end = steps * part // evaluations, steps * (part + 1) // evaluations
            self.train_on_text(end - begin)
            points.append((end, self.validation_loss()))
        return points

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
        from pyllm import model, ops, optim

        pyllm.set_num_threads(sides.THREADS)
        self._models, self._optimizers = model, optim
        # What is loaded when it is first asked for belongs to no model's memory: kernels, NumPy's random numbers.
        ops.sum_of_squares(numpy.zeros(1, numpy.float32))
        random_batch(1, 1, 1)

    def make(
        self,
        *,
        batch: int,
        length: int,
        save_to: str = "",
        optimizer: str = "AdamW",
        betas: tuple[float, float] = (0.9, 0.95),
        max_norm: float | None = MOST_NORM,
        **size: Any,
    ) -> None:
        self.model = self._models.GPT(self._models.ModelConfig(**size))
        if save_to:
            numpy.savez(save_to, **self.model.parameters)
        kind = getattr(self._optimizers, optimizer)
        self.optimizer = kind(self.model, Text.LEARNING_RATE, betas, weight_decay=WEIGHT_DECAY)
        self.batch = random_batch(batch, length, size["vocab_size"])
        self.max_norm = max_norm

    def update(self, tokens: Any, targets: Any, lr: float) -> float:
        loss = self.model.loss_and_backward(tokens, targets)
        self.optimizer.step(lr, self.max_norm)
        return loss

    def negative_log_likelihood(self, tokens: Any, targets: Any) -> float:
        return -float(self.model.score(tokens, targets)["logprobs"].sum(dtype=numpy.float64))

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

    def make_rollouts(self, depth: int, batch: int, prompt: int, new: int, save_to: str, **fields: int) -> None:
        """A model by the dial, but for the fields given, prompts for it, and an engine."""
        from pyllm.engine import Engine

        cfg = self._models.ModelConfig.from_depth(depth, show=False, **fields)
        model = self._models.GPT(cfg, trainable=False)
        numpy.savez(save_to, **model.parameters)
        self.prompts = list(random_batch(batch, prompt, cfg.vocab_size)[0])
        self.engine, self.new = Engine(model), new

    def greedy_logprobs(self) -> list[list[float]]:
        """Those of the likeliest tokens behind each prompt."""
        samples = self.engine.generate(self.prompts, max_new_tokens=self.new, temperature=0.0)
        return [sample.logprobs for sample in samples]

    def rollout_seconds(self, times: int) -> float:
        """Seconds of generating behind all prompts at temperature 1: the median of some times."""
        return statistics.median(
            sides.timed(lambda: self.engine.generate(self.prompts, max_new_tokens=self.new))[0] for _ in range(times)
        )


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

    def make(
        self,
        *,
        batch: int,
        length: int,
        load_from: str = "",
        compiled: bool = False,
        betas: tuple[float, float] = (0.9, 0.95),
        max_norm: float | None = None,
        **size: Any,
    ) -> None:
        from torch_gpt import GPT

        self.model = GPT(**size)
        if load_from:
            self.model.take(numpy.load(load_from))
        self.forward = self._torch.compile(self.model) if compiled else self.model
        groups = self.model.decaying_groups(WEIGHT_DECAY)
        self.optimizer = self._torch.optim.AdamW(groups, LEARNING_RATE, tuple(betas), fused=True)
        self.batch = tuple(map(self._tensor, random_batch(batch, length, size["vocab_size"])))
        self.max_norm = max_norm

    def _tensor(self, ids: Any) -> Any:
        return ids if isinstance(ids, self._torch.Tensor) else self._torch.from_numpy(ids).long()

    def update(self, tokens: Any, targets: Any, lr: float) -> float:
        loss = self.forward(self._tensor(tokens), self._tensor(targets))
        loss.backward()
        if self.max_norm is not None:
            self._torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.max_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss.item()

    def negative_log_likelihood(self, tokens: Any, targets: Any) -> float:
        with self._torch.inference_mode():
            return self.model(self._tensor(tokens), self._tensor(targets)).item() * targets.size

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

    def make_rollouts(self, batch: int, prompt: int, new: int, load_from: str, compiled: bool, **size: int) -> None:
        from torch_gpt import Llama

        self.model = Llama(**size, compiled=compiled)
        self.model.take(numpy.load(load_from))
        self.model.prepare(batch, prompt + new)
        self.prompts, self.new = self._tensor(random_batch(batch, prompt, size["vocab_size"])[0]), new
        self.model.generate(self.prompts, 2)  # which compiles

    def greedy_logprobs(self) -> list[list[float]]:
        return self.model.generate(self.prompts, self.new, greedy=True)[1].tolist()

    def rollout_seconds(self, times: int) -> float:
        return statistics.median(
            sides.timed(lambda: self.model.generate(self.prompts, self.new))[0] for _ in range(times)
        )


if __name__ == "__main__":
    sides.serve(*Side.__subclasses__())
