"""Between items and rows."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import orjson
from numpy.typing import NDArray

from lumosai_sdk.errors import InputError
from lumosai_sdk.filters import Scalar, values
from lumosai_sdk.types.vectors import VectorItem

Floats: TypeAlias = NDArray[np.float32]
Row: TypeAlias = tuple[str, Floats, str, str, str]
_HEAD = struct.Struct(">HH")


def pack(vector: Floats) -> bytes:
    """Return a vector as pgvector's ``vector_recv`` takes it: the length, two spare bytes, big-endian numbers."""
    return _HEAD.pack(len(vector), 0) + vector.astype(">f4").tobytes()


def unpack(data: bytes) -> list[float]:
    """Return the vector that ``vector_send`` has told."""
    numbers: list[float] = np.frombuffer(data, ">f4", offset=_HEAD.size).tolist()
    return numbers


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


def rows(items: Sequence[VectorItem], dimensions: int) -> list[Row]:
    """Return items as rows, by id: so that two writers never wait for each other. Raises InputError."""
    made = checked([i.vector for i in items], dimensions)
    packed = [
        (i.id, v, i.text, orjson.dumps(dict(i.metadata)).decode(), facts(i.metadata))
        for i, v in zip(items, made, strict=True)
    ]
    return sorted(packed, key=lambda r: r[0])


def facts(metadata: Mapping[str, Any]) -> str:
    """Return metadata as conditions look at it: every value a list, so that one element is enough."""
    return orjson.dumps({k: [scalar(v) for v in values(value)] for k, value in metadata.items()}).decode()


def scalar(value: Scalar) -> Scalar:
    """Return a scalar as PostgreSQL compares it exactly: whole numbers as such, whatever they are in Python."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
