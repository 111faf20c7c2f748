"""The vectors of a collection in memory, searched exactly.

At 100,000 vectors of 384 numbers a search takes about as long as one commit to a disk; an approximate index would save
milliseconds, and forget some of what is close.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lumosai_sdk.errors import InputError
from lumosai_sdk.types.vectors import Metric

Floats: TypeAlias = NDArray[np.float32]
Rows: TypeAlias = NDArray[np.int64]
_GROWTH = 1.5
_LEAST = 256
_EXACT = 8


def checked(vectors: Sequence[Sequence[float]], dimensions: int) -> Floats:
    """Return vectors as a matrix. Raises InputError for other lengths, and for what is no finite number."""
    try:
        with np.errstate(over="ignore"):
            made = np.asarray(vectors, dtype=np.float32)
    except (TypeError, ValueError) as e:
        raise InputError(f"vectors must be {dimensions} numbers each: {e}") from None
    if made.shape != (len(vectors), dimensions):
        raise InputError(f"vectors must be {dimensions} numbers each, these are {made.shape[1:] or 'none'}")
    if not np.isfinite(made).all():
        raise InputError("vectors must be finite numbers of 32 bits")
    return made


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Vectors with the rows they are of, in ascending order; those of the metric ``cosine`` have the length 1."""

    metric: Metric
    rows: Rows
    vectors: Floats

    def closest(self, vector: Floats, limit: int, among: Rows | None = None) -> list[tuple[int, float]]:
        """Return at most *limit* rows (of *among*, if given) with their scores, closest first."""
        rows, vectors = self.rows, self.vectors
        if among is not None:
            at = np.flatnonzero(np.isin(rows, among))
            rows, vectors = rows[at], vectors[at]
        if self.metric == "l2" and len(rows) > _EXACT * limit:
            # The squares are quick to tell, and too rough only between neighbours.
            near = np.argpartition(_squares(vectors, vector), _EXACT * limit)[: _EXACT * limit]
            rows, vectors = rows[near], vectors[near]
        return _best(rows, scores(vectors, vector, self.metric), limit)


def scores(vectors: Floats, vector: Floats, metric: Metric) -> Floats:
    """Return how close each vector is: the cosine, the dot product, or the negative distance."""
    found: Floats
    if metric == "l2":
        found = -np.linalg.norm(vectors - vector, axis=1)
    else:
        found = vectors @ (unit(vector[None])[0] if metric == "cosine" else vector)
    return found


def _squares(vectors: Floats, vector: Floats) -> Floats:
    found: Floats = np.einsum("ij,ij->i", vectors, vectors) - 2 * (vectors @ vector)
    return found


def unit(vectors: Floats) -> Floats:
    """Return the vectors with the length 1; those of the length 0 as they are."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    made: Floats = (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
    return made


def _best(rows: Rows, found: Floats, limit: int) -> list[tuple[int, float]]:
    if limit < len(found):
        top = np.argpartition(-found, limit)[:limit]
        rows, found = rows[top], found[top]
    order = np.lexsort((rows, -found))
    return [(int(rows[i]), float(found[i])) for i in order[:limit]]


class Matrix:
    """A snapshot that grows. What was taken before stays as it was."""

    def __init__(self, dimensions: int, metric: Metric) -> None:
        self._metric: Metric = metric
        self._rows: Rows = np.empty(0, np.int64)
        self._vectors: Floats = np.empty((0, dimensions), np.float32)
        self._count = 0
        self.deletions = 0

    @property
    def last(self) -> int:
        """The highest row."""
        return int(self._rows[self._count - 1]) if self._count else 0

    @property
    def nbytes(self) -> int:
        return self._vectors.nbytes

    def add(self, rows: Sequence[int], blobs: Sequence[bytes]) -> None:
        """Append vectors of rows higher than all before."""
        dimensions = self._vectors.shape[1]
        more: Floats = np.frombuffer(b"".join(blobs), np.float32).reshape(-1, dimensions)
        if self._metric == "cosine":
            more = unit(more)
        end = self._count + len(rows)
        if end > len(self._rows):
            self._grow(max(end, int(self._count * _GROWTH), _LEAST))
        self._rows[self._count : end] = rows
        self._vectors[self._count : end] = more
        self._count = end

    def keep(self, rows: Sequence[int]) -> None:
        """Let go of all but *rows*, which are in ascending order."""
        kept = np.isin(self._rows[: self._count], np.asarray(rows, np.int64), assume_unique=True)
        self._rows, self._vectors = self._rows[: self._count][kept], self._vectors[: self._count][kept]
        self._count = len(self._rows)

    def snapshot(self) -> Snapshot:
        """Return what is there now."""
        return Snapshot(self._metric, self._rows[: self._count], self._vectors[: self._count])

    def _grow(self, size: int) -> None:
        rows, vectors = np.empty(size, np.int64), np.empty((size, self._vectors.shape[1]), np.float32)
        rows[: self._count], vectors[: self._count] = self._rows[: self._count], self._vectors[: self._count]
        self._rows, self._vectors = rows, vectors
