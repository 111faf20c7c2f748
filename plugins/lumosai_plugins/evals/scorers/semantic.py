"""Likeness by meaning: the cosine of the embeddings of the answer and the expected one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lumosai_plugins.evals.scorers.wanted import answer, unfit
from lumosai_sdk.decorators import scorer
from lumosai_sdk.errors import ModelResponseError
from lumosai_sdk.types.caller import current
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.scores import Sample, Score

_MOST = 20_000


@scorer("evals.semantic")
class Semantic:
    """How near the answer is to the expected one, by ``[plugins.evals.settings] embedding``."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._model: str = context.settings.get("embedding", "local/minilm")

    async def score(self, sample: Sample) -> Score:
        """Return the cosine, what is below 0 as 0. Raises ModelError, PluginUnavailableError."""
        want = answer(sample)
        if want is None or not want.strip():
            return unfit("expected answer")
        if not sample.output.strip():
            return Score(0.0, "the answer is empty")
        request = {"model": self._model, "inputs": [sample.output[:_MOST], want[:_MOST]]}
        found = await self._context.host.embed(request, current(self._context.name))
        value = cosine(*found["vectors"])
        return Score(min(max(value, 0.0), 1.0), f"cosine {value:.3f} by {self._model}")


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the cosine of two vectors. Raises ModelResponseError for such as have none."""
    size = math.hypot(*a) * math.hypot(*b)
    if len(a) != len(b) or not math.isfinite(size) or size == 0:
        raise ModelResponseError("the embedding model gave vectors that cannot be compared")
    return sum(x * y for x, y in zip(a, b, strict=True)) / size
