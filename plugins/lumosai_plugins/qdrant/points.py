"""Between items and points.

A point's payload has the item as it was put, and what is looked for: ``facts``, one text for each key and each pair of
key and value, and ``numbers``, for ranges. Keys of metadata are never paths into the payload.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import orjson
from numpy.typing import NDArray

from lumosai_plugins.qdrant.words import weights
from lumosai_sdk.errors import InputError
from lumosai_sdk.filters import Scalar, kind, values
from lumosai_sdk.types.vectors import VectorHit, VectorItem

if TYPE_CHECKING:
    from qdrant_client import models

Floats: TypeAlias = NDArray[np.float32]
DENSE: Final = "dense"
WORDS: Final = "words"
SHOWN: Final = ["id", "text", "metadata"]
_AT_ONCE: Final = 256
_BYTES_AT_ONCE: Final = 4 * 1024**2  # a server takes 32 MiB by default


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


def point_id(item_id: str) -> str:
    """Return the UUID of an item: Qdrant takes no texts for ids."""
    return str(uuid.UUID(bytes=hashlib.blake2b(item_id.encode(), digest_size=16).digest()))


def points(items: Sequence[VectorItem], vectors: Floats) -> Iterator[list[models.PointStruct]]:
    """Yield the points of items, as many at a time as a request takes."""
    some: list[models.PointStruct] = []
    size = 0
    for item, vector in zip(items, vectors, strict=True):
        some.append(_point(item, vector))
        size += 12 * len(vector) + 4 * len(item.text)
        if len(some) == _AT_ONCE or size > _BYTES_AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


def _point(item: VectorItem, vector: Floats) -> models.PointStruct:
    from qdrant_client import models

    named: dict[str, Any] = {DENSE: vector.tolist()}
    if found := weights(item.text):
        named[WORDS] = models.SparseVector(indices=list(found), values=list(found.values()))
    payload = {
        "id": item.id,
        "text": item.text,
        "metadata": orjson.dumps(dict(item.metadata)).decode(),
        "length": float(np.linalg.norm(vector.astype(np.float64))),
        "facts": _facts(item.metadata),
        "numbers": _numbers(item.metadata),
    }
    return models.PointStruct(id=point_id(item.id), vector=named, payload=payload)


def _facts(metadata: Mapping[str, Any]) -> list[str]:
    found = {fact(k): None for k in metadata}
    found.update((fact(k, v), None) for k, value in metadata.items() for v in values(value))
    return list(found)


def _numbers(metadata: Mapping[str, Any]) -> dict[str, list[Scalar]]:
    found = {number_key(k): [v for v in values(value) if kind(v) == "number"] for k, value in metadata.items()}
    return {k: v for k, v in found.items() if v}


def fact(key: str, *value: Scalar) -> str:
    """Return the text that stands for a key that is there, or for one of its values; equal numbers are one."""
    same = [int(v) if isinstance(v, float) and v.is_integer() else v for v in value]
    return orjson.dumps([key, *same]).decode()


def number_key(key: str) -> str:
    """Return the name of a key within ``numbers``, of characters that mean nothing in a path."""
    return f"k{key.encode().hex()}"


def item(point: models.Record, *, is_unit: bool) -> VectorItem:
    """Return the item of a point; with the metric ``cosine`` Qdrant keeps vectors with the length 1."""
    payload, named = point.payload or {}, point.vector
    vector = np.asarray(named[DENSE] if isinstance(named, dict) else named, np.float64)
    if is_unit:
        vector *= payload["length"]
    return VectorItem(payload["id"], vector.tolist(), payload["text"], orjson.loads(payload["metadata"]))


def hit(point: models.ScoredPoint, score: float) -> VectorHit:
    """Return what was found."""
    payload = point.payload or {}
    return VectorHit(payload["id"], score, payload["text"], orjson.loads(payload["metadata"]))
