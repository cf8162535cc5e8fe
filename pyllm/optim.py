"""Optimizers over the model's flat arenas: AdamW, and Muon for the matrices of the blocks.

A step reads the gradients once for their norm; then one pass clips, updates and zeroes them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy

from pyllm.model.parameters import BlockMatrix, ParameterRange, aligned_zeros

if TYPE_CHECKING:
    from pyllm.model import GPT

Array = numpy.ndarray[Any, numpy.dtype[Any]]

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # Jordan 2024: the steepest at 0 that still ends near 1
NEWTON_SCHULZ_STEPS = 5


class NonFiniteError(ValueError):
    """A loss or a gradient is infinite or not a number; nothing was updated."""


class AdamW:
    """AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101) on all parameters.

    Matrices and embeddings decay, norms and biases do not.

    Args:
        model: trainable.
        lr: the learning rate of `step`, unless that is given its own.
        betas: how much the averages of gradients and of their squares keep at each step.
        eps: added to the root of the second average.
        weight_decay: each step takes lr weight_decay of a decaying parameter away.

    Raises:
        ValueError: the model is not trainable, or a number is out of range.
    """

    def __init__(
        self,
        model: GPT,
        lr: float = 3e-4,
        betas: tuple[float, float] = (0.9, 0.95),
        eps: float = 1e-8,
        weight_decay: float = 0.1,
    ) -> None:
        if not model.trainable:
            raise ValueError("the model was made with trainable=False: it has no gradients to step along")
        _check("lr", lr, lr > 0, "positive")
        for name, beta in zip(("betas[0]", "betas[1]"), betas, strict=True):
            _check(name, beta, 0 <= beta < 1, "from 0 to below 1")
        _check("eps", eps, eps > 0, "positive")
        _check("weight_decay", weight_decay, weight_decay >= 0, "at least 0")
        self.model = model
        self.lr, self.betas, self.eps, self.weight_decay = lr, betas, eps, weight_decay
        self.steps = 0
        self.m = aligned_zeros(model.parameter_arena.size, model.parameter_arena.dtype)
        self.v = aligned_zeros(model.parameter_arena.size, model.parameter_arena.dtype)
        self._ranges = self._adamw_ranges()
        self._begins = numpy.array([one.begin for one in self._ranges], numpy.int64)
        self._ends = numpy.array([one.end for one in self._ranges], numpy.int64)
        self._weight_decays = numpy.array([weight_decay * one.decays for one in self._ranges], numpy.float32)

    def _adamw_ranges(self) -> list[ParameterRange]:
        return self.model.parameter_ranges()

    def step(self, lr: float | None = None, max_norm: float | None = 1.0) -> float:
        """One update from the gradients that have gathered; they are zero afterwards.

        Args:
            lr: the learning rate of this step; default: the optimizer's.
            max_norm: gradients of a greater norm are scaled down to it (Pascanu et al. 2013,
                https://arxiv.org/abs/1211.5063); None: never.

        Returns:
            The norm of all gradients together, before clipping.

        Raises:
            NonFiniteError: the norm is infinite or not a number; nothing has changed, the gradients neither.
        """
        norm = math.sqrt(self.model.ops.sum_of_squares(self.model.gradient_arena))
        if not math.isfinite(norm):
            raise NonFiniteError(f"the gradient's norm is {norm}: {self._first_non_finite()}")
        scale = 1.0 if max_norm is None else min(1.0, max_norm / (norm + 1e-6))
        self.steps += 1
        self._update(self.lr if lr is None else lr, scale)
        self.model.touch()
        return norm

    def _update(self, lr: float, scale: float) -> None:
        self.model.ops.adamw(
            self.model.parameter_arena,
            self.model.gradient_arena,
            self.m,
            self.v,
            begins=self._begins,
            ends=self._ends,
            weight_decays=self._weight_decays,
            lr=lr,
            betas=self.betas,
            eps=self.eps,
            step=self.steps,
            scale=scale,
        )

    def _first_non_finite(self) -> str:
        for name, gradient in self.model.grads.items():
            if not numpy.isfinite(gradient).all():
                return f"that of {name} holds values that are not finite"
        return "its values are finite, their squares are not"

    def state(self) -> dict[str, Any]:
        """All that it remembers: its numbers, and views of its averages by the names of parameter ranges."""
        state: dict[str, Any] = {"kind": type(self).__name__, "steps": self.steps}
        for one in self._ranges:
            state[f"m.{one.name}"] = self.m[one.begin : one.end]
            state[f"v.{one.name}"] = self.v[one.begin : one.end]
        return state

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Takes over what another optimizer of the same kind and model remembered.

        Raises:
            ValueError: the state is of another kind of optimizer or of another model; nothing has changed.
        """
        if state.get("kind") != type(self).__name__:
            raise ValueError(f"the state is that of the optimizer {state.get('kind')}, not of {type(self).__name__}")
        arrays = {name: value for name, value in self.state().items() if isinstance(value, numpy.ndarray)}
        for name, array in arrays.items():
            other = state.get(name)
            if not isinstance(other, numpy.ndarray) or other.shape != array.shape or other.dtype != array.dtype:
                raise ValueError(f"the optimizer's state has no {name} of {array.size} elements of {array.dtype}")
        self.steps = int(state["steps"])
        for name, array in arrays.items():
            array[...] = state[name]


class Muon(AdamW):
    """Muon (Jordan 2024, https://kellerjordan.github.io/posts/muon/) on the matrices of the blocks, AdamW on the rest.

    A matrix moves by its Nesterov momentum made nearly orthogonal, times matrix_lr max(1, rows / columns)^0.5; queries,
    keys and values, gate and up are matrices of their own. Weight decay is AdamW's, lr weight_decay at each step.

    Args:
        model: trainable.
        lr: AdamW's, for embeddings, norms, biases and the head.
        matrix_lr: Muon's; a `step` with an lr of its own scales it in proportion.
        momentum: how much the average of gradients keeps at each step.
        betas, eps, weight_decay: as AdamW's.
    """

    def __init__(
        self,
        model: GPT,
        lr: float = 3e-4,
        betas: tuple[float, float] = (0.9, 0.95),
        eps: float = 1e-8,
        weight_decay: float = 0.1,
        matrix_lr: float = 0.02,
        momentum: float = 0.95,
    ) -> None:
        _check("matrix_lr", matrix_lr, matrix_lr > 0, "positive")
        _check("momentum", momentum, 0 <= momentum < 1, "from 0 to below 1")
        self.matrices = model.block_matrices()
        self.matrix_lr, self.momentum = matrix_lr, momentum
        super().__init__(model, lr, betas, eps, weight_decay)
        largest = max(one.rows * one.columns for one in self.matrices)
        side = max(min(one.rows, one.columns) for one in self.matrices)
        dtype = model.parameter_arena.dtype
        self._scratch = [aligned_zeros(size, dtype) for size in (largest, largest, side * side, side * side)]

    def _adamw_ranges(self) -> list[ParameterRange]:
        inside = {one.begin for one in self.matrices}
        return [one for one in self.model.parameter_ranges() if one.begin not in inside]

    def _update(self, lr: float, scale: float) -> None:
        ops, model = self.model.ops, self.model
        matrix_lr, keep = self.matrix_lr * lr / self.lr, 1 - lr * self.weight_decay
        for one in self.matrices:
            parameter, gradient, momentum = (
                self._matrix(arena, one) for arena in (model.parameter_arena, model.gradient_arena, self.m)
            )
            direction, other = (_leading(memory, one.rows, one.columns) for memory in self._scratch[:2])
            ops.muon_momentum(gradient, momentum, direction, beta=self.momentum, scale=scale)
            side = min(one.rows, one.columns)
            gram, square = (_leading(memory, side, side) for memory in self._scratch[2:])
            direction = newton_schulz(ops, direction, other, gram, square)
            length = matrix_lr * math.sqrt(max(1.0, one.rows / one.columns))
            ops.linear_combination(keep, parameter, -length, direction, parameter)
        super()._update(lr, scale)

    @staticmethod
    def _matrix(arena: Array, one: BlockMatrix) -> Array:
        return _leading(arena[one.begin :], one.rows, one.columns)

    def state(self) -> dict[str, Any]:
        """As AdamW's; a matrix has m alone, its momentum."""
        matrices = {f"m.{one.name}": self.m[one.begin : one.begin + one.rows * one.columns] for one in self.matrices}
        return super().state() | matrices


def newton_schulz(ops: ModuleType, x: Array, other: Array, gram: Array, square: Array) -> Array:
    """Brings the singular values of x near 1: to about 0.7 ... 1.2, which is near enough for a direction.

    Five times X <- a X + (b A + c A^2) X with A = X X^T, from X of Frobenius norm 1 (Jordan 2024; the iteration:
    Bernstein and Newhouse 2024, https://arxiv.org/abs/2409.20325). A tall X is multiplied from the right, by X^T X.

    Args:
        ops: pyllm.ops.cpu or pyllm.ops.reference.
        x: (rows, columns), written to.
        other: as x.
        gram: (n, n) with n = min(rows, columns), written to.
        square: as gram.

    Returns:
        x or other: the one that holds the result.
    """
    a, b, c = NEWTON_SCHULZ
    wide = x.shape[0] <= x.shape[1]
    ops.linear_combination(1 / (math.sqrt(ops.sum_of_squares(x)) + 1e-7), x, 0.0, x, x)
    for _ in range(NEWTON_SCHULZ_STEPS):
        ops.matmul(x, x, gram, transpose_a=not wide, transpose_b=wide)
        ops.matmul(gram, gram, square)
        ops.linear_combination(b, gram, c, square, gram)
        gram.reshape(-1)[:: len(gram) + 1] += a  # a X + (b A + c A^2) X = (a I + b A + c A^2) X
        ops.matmul(*((gram, x) if wide else (x, gram)), other)
        x, other = other, x
    return x


def _leading(memory: Array, rows: int, columns: int) -> Array:
    return memory[: rows * columns].reshape(rows, columns)


def _check(name: str, value: float, good: bool, wanted: str) -> None:
    if not (good and math.isfinite(value)):
        raise ValueError(f"{name} must be {wanted}, got {value}")
