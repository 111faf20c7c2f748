"""The ``scorer`` kind."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from lumosai_sdk.types.scores import Sample, Score


@runtime_checkable
class Scorer(Protocol):
    """Judges an answer."""

    async def score(self, sample: Sample) -> Score:
        """Return how good the answer is. Raises LumosError when that cannot be told now."""
        ...
