"""Where tokens stand: positions and segments, as arrays that the kernels take."""

from __future__ import annotations

from typing import Any

import numpy

from pyllm.model import rope
from pyllm.model.blocks import Place
from pyllm.model.config import ModelConfig

Array = numpy.ndarray[Any, numpy.dtype[Any]]


class Positions:
    """Makes the places of a model's passes; keeps rope's tables, which grow with the positions asked for."""

    def __init__(self, cfg: ModelConfig, dtype: Any) -> None:
        self.cfg, self.dtype = cfg, dtype
        self._tables: tuple[Array, Array] | None = None
        self._whole_rows: dict[tuple[int, int], Place] = {}

    def of_rows(self, batch: int, time: int, segments: Array | None = None) -> Place:
        """The place of (batch, time) tokens, positions restarting where a row's segment changes.

        Raises:
            ValueError: positions go beyond those learned.
        """
        if segments is None:
            if (batch, time) not in self._whole_rows:
                if len(self._whole_rows) >= 16:
                    self._whole_rows = {}
                positions = numpy.arange(time, dtype=numpy.int32)
                self._whole_rows[batch, time] = self._place(numpy.tile(positions, (batch, 1)), None, time)
            return self._whole_rows[batch, time]
        starts = segment_starts(segments)
        positions = numpy.arange(time, dtype=numpy.int32) - starts
        return self._place(positions, starts if starts[:, -1].any() else None, int(positions.max()) + 1)

    def following(self, before: int, count: int) -> Place:
        """The place (1, count) of tokens behind `before` others.

        Raises:
            ValueError: positions go beyond those learned.
        """
        positions = numpy.arange(before, before + count, dtype=numpy.int32)[None]
        return self._place(positions, None, before + count)

    def _place(self, positions: Array, starts: Array | None, end: int) -> Place:
        """Keys are counted as attention counts them: the last stands with the last position."""
        cfg = self.cfg
        if cfg.position == "learned" and end > cfg.context:
            raise ValueError(f"the model has {cfg.context} positions, but the tokens take {end}")
        first = starts
        if cfg.window is not None and end > cfg.window:
            key = positions if starts is None else positions + starts
            first = numpy.maximum(key - (cfg.window - 1), 0 if starts is None else starts).astype(numpy.int32)
        cosines, sines = self.tables(end)
        return Place(positions, first, cosines, sines)

    def tables(self, rows: int) -> tuple[Array, Array] | tuple[None, None]:
        """Rope's cosines and sines for at least so many positions; None without rope."""
        if self.cfg.position != "rope":
            return None, None
        if self._tables is None or len(self._tables[0]) < rows:
            self._tables = rope.tables(self.cfg, max(256, 1 << (rows - 1).bit_length()), self.dtype)
        return self._tables


def segment_starts(segments: Array) -> Array:
    """(B, T) int32: where the segment of each position starts, from segments (B, T).

    Raises:
        ValueError: a row's segments decrease.
    """
    change = numpy.diff(segments, axis=1)
    if (change < 0).any():
        row = int(numpy.argmax((change < 0).any(axis=1)))
        raise ValueError(f"segments must not decrease along a row, but those of row {row} do")
    starts = numpy.zeros(segments.shape, numpy.int32)
    starts[:, 1:] = numpy.where(change > 0, numpy.arange(1, segments.shape[1], dtype=numpy.int32), 0)
    result: Array = numpy.maximum.accumulate(starts, axis=1)
    return result
