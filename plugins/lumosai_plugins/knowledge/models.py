"""Asking the host's models, on account of whoever is served."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lumosai_sdk.types import caller

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext

BATCH = 64
_AT_ONCE = 4


async def embed(context: PluginContext, model: str, texts: Sequence[str]) -> list[Sequence[float]]:
    """Return one vector a text. Raises LumosError."""
    services, who = context.host, caller.current(context.name)
    turns = asyncio.Semaphore(_AT_ONCE)

    async def batch(start: int) -> Sequence[Sequence[float]]:
        async with turns:
            answer = await services.embed({"model": model, "inputs": texts[start : start + BATCH]}, who)
        vectors: Sequence[Sequence[float]] = answer["vectors"]
        return vectors

    found = await asyncio.gather(*(batch(start) for start in range(0, len(texts), BATCH)))
    return [vector for vectors in found for vector in vectors]


async def answered(context: PluginContext, model: str, question: str, schema: Mapping[str, Any]) -> str:
    """Return a model's answer to a question, meant to be JSON of a schema. Raises LumosError."""
    request = {
        "model": model,
        "messages": [{"role": "user", "content": question}],
        "output_schema": dict(schema),
        "temperature": 0.0,
    }
    answer = await context.host.complete(request, caller.current(context.name))
    return str(answer["text"])
