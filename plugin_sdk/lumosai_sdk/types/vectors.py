"""Texts by their vectors: what is put into a vector store, and what is found there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Metric = Literal["cosine", "dot", "l2"]
Where = Mapping[str, Any]
"""A condition on metadata: ``{"source": "a.md"}``, ``{"year": {"gte": 2020}}``; see ``lumosai_sdk.filters``."""


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """Texts that are searched together: the length of their vectors, how these are compared, how many there are.

    ``metadata`` is what whoever made it wrote down, such as the embedding model.
    """

    name: str
    dimensions: int
    metric: Metric = "cosine"
    count: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VectorItem:
    """A text with its vector. ``metadata`` holds JSON scalars, or lists of them."""

    id: str
    vector: Sequence[float]
    text: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VectorHit:
    """What was found: ``score`` is higher for what is closer; it says nothing across collections or ways to search."""

    id: str
    score: float
    text: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
