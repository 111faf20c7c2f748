"""Cutting where the subject changes: sentences whose meanings are far apart do not come into one chunk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from lumosai_plugins.knowledge.chunking.splitting import Span, sentences, together

Embed: TypeAlias = Callable[[Sequence[str]], Awaitable[Sequence[Sequence[float]]]]
_PERCENTILE = 90
_FEWEST_SENTENCES, _MOST_SENTENCES = 3, 20_000


async def semantic(text: str, size: int, embed: Embed) -> list[Span]:
    """Return spans of at most *size* characters, cut where neighbouring sentences differ most."""
    parts = list(sentences(text, size))
    if not _FEWEST_SENTENCES <= len(parts) <= _MOST_SENTENCES:
        return together(parts, size, 0)
    vectors = np.asarray(await embed([text[a:b] for a, b in parts]), np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    distances = 1 - (vectors[:-1] * vectors[1:]).sum(axis=1)
    cuts = [0, *(np.flatnonzero(distances >= np.percentile(distances, _PERCENTILE)) + 1).tolist(), len(parts)]
    return [span for a, b in pairwise(cuts) for span in together(parts[a:b], size, 0)]
