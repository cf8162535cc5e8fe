"""The sides of the benches of single kernels: `python kernel_workers.py LIBRARY` serves one (see sides.py).

All sides make the same arrays from the same seeds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy
import sides

LEAST_SECONDS = 0.05  # of one timing: shorter work is repeated
TRANSPOSED = {"a b": (False, False), "a b^T": (False, True), "a^T b": (True, False)}  # by the product's form


def random(seed: int, *shape: int) -> Any:
    return numpy.random.default_rng(seed).standard_normal(shape, dtype=numpy.float32)


def operands(shape: Sequence[int], form: str) -> tuple[Any, Any]:
    """The arrays of a product of (M, K) and (K, N), each lying as its form says."""
    M, K, N = shape
    transpose_a, transpose_b = TRANSPOSED[form]
    return random(1, *((K, M) if transpose_a else (M, K))), random(2, *((N, K) if transpose_b else (K, N)))


class Side(sides.Side):
    """A library of kernels. A method for each kernel returns a function that runs it once, and what it writes."""

    def prepare(self, kernel: str, **arguments: Any) -> list[float]:
        """Makes a kernel ready and runs it; returns some of the numbers that it wrote, to compare with other sides."""
        self._run, outputs = getattr(self, kernel)(**arguments)
        for _ in range(2):
            seconds, result = sides.timed(self._run)
        self._repetitions = max(1, round(LEAST_SECONDS / seconds))
        results = (numpy.asarray(each).ravel() for each in outputs or result)
        return [float(each) for one in results for each in one[:: max(1, one.size // 50)]]

    def seconds(self) -> float:
        """Seconds of one run."""
        start = time.perf_counter()
        for _ in range(self._repetitions):
            self._run()
        return (time.perf_counter() - start) / self._repetitions


Prepared = tuple[Callable[[], Any], Sequence[Any]]


class Pyllm(Side):
    package = "pyllm"

    def __init__(self) -> None:
        import pyllm
        from pyllm import ops

        pyllm.set_num_threads(sides.THREADS)
        self._ops = ops

    def matmul(self, shape: Sequence[int], form: str) -> Prepared:
        (a, b), (transpose_a, transpose_b) = operands(shape, form), TRANSPOSED[form]
        out = numpy.empty((shape[0], shape[2]), numpy.float32)
        matmul = self._ops.matmul
        return lambda: matmul(a, b, out, transpose_a=transpose_a, transpose_b=transpose_b), [out]

    def attention_forward(self, B: int, T: int, H: int, D: int) -> Prepared:
        qkv, out = random(3, B, T, 3, H, D), numpy.empty((B, T, H, D), numpy.float32)
        logsumexp = numpy.empty((B, H, T), numpy.float32)
        q, k, v = (qkv[:, :, part] for part in range(3))
        return lambda: self._ops.attention_forward(q, k, v, out, logsumexp), [out]

    def attention_backward(self, B: int, T: int, H: int, D: int) -> Prepared:
        qkv, out, dout = random(3, B, T, 3, H, D), numpy.empty((B, T, H, D), numpy.float32), random(4, B, T, H, D)
        logsumexp, dqkv = numpy.empty((B, H, T), numpy.float32), numpy.empty_like(qkv)
        q, k, v = (qkv[:, :, part] for part in range(3))
        gradients = [dqkv[:, :, part] for part in range(3)]
        self._ops.attention_forward(q, k, v, out, logsumexp)
        return lambda: self._ops.attention_backward(q, k, v, out, logsumexp, dout, *gradients), gradients


class Torch(Side):
    package = "torch"

    def __init__(self) -> None:
        import torch

        torch.set_num_threads(sides.THREADS)
        self._torch = torch

    def matmul(self, shape: Sequence[int], form: str) -> Prepared:
        a, b = (
            self._torch.from_numpy(array).t() if transposed else self._torch.from_numpy(array)
            for array, transposed in zip(operands(shape, form), TRANSPOSED[form], strict=True)
        )
        out = self._torch.empty(shape[0], shape[2])
        return lambda: self._torch.mm(a, b, out=out), [out]

    def _heads(self, B: int, T: int, H: int, D: int) -> tuple[list[Any], Any]:
        """q, k and v (B, H, T, D) as a model has them, views of one array; and attention's output."""
        qkv = self._torch.from_numpy(random(3, B, T, 3, H, D))
        heads = [qkv[:, :, part].transpose(1, 2).requires_grad_() for part in range(3)]
        return heads, self._torch.nn.functional.scaled_dot_product_attention(*heads, is_causal=True)

    def attention_forward(self, B: int, T: int, H: int, D: int) -> Prepared:
        heads, _ = self._heads(B, T, H, D)
        attention = self._torch.nn.functional.scaled_dot_product_attention

        def run() -> list[Any]:
            return [attention(*heads, is_causal=True).detach().transpose(1, 2)]

        return run, []

    def attention_backward(self, B: int, T: int, H: int, D: int) -> Prepared:
        heads, out = self._heads(B, T, H, D)
        dout = self._torch.from_numpy(random(4, B, T, H, D)).transpose(1, 2)

        def run() -> list[Any]:
            gradients = self._torch.autograd.grad(out, heads, dout, retain_graph=True)
            return [gradient.transpose(1, 2) for gradient in gradients]

        return run, []


class Numpy(Side):
    package = "numpy"

    def matmul(self, shape: Sequence[int], form: str) -> Prepared:
        a, b = (
            array.T if transposed else array
            for array, transposed in zip(operands(shape, form), TRANSPOSED[form], strict=True)
        )
        out = numpy.empty((shape[0], shape[2]), numpy.float32)
        return lambda: numpy.matmul(a, b, out=out), [out]


if __name__ == "__main__":
    sides.serve(*Side.__subclasses__())
