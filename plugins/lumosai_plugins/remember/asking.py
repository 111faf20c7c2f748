"""Models that memories ask, on account of whom they work for.

Whoever configured the memory decided that its models are asked: a person needs no right of their own to them. What it
costs counts for that person's credential.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lumosai_sdk.errors import ConfigError, ModelResponseError
from lumosai_sdk.types import caller
from lumosai_sdk.types.messages import Message

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext

_EVERYTHING = frozenset({"*"})


async def embed(context: PluginContext, model: str, texts: Sequence[str]) -> list[list[float]]:
    """Return a vector for each text. Raises LumosError."""
    answer = await context.host.embed({"model": model, "inputs": list(texts)}, _account(context))
    vectors: list[list[float]] = answer["vectors"]
    if len(vectors) != len(texts):
        raise ModelResponseError(f"{model} made {len(vectors)} vectors of {len(texts)} texts")
    return vectors


async def complete(context: PluginContext, model: str, instructions: str, text: str, max_tokens: int) -> str:
    """Return what a model makes of a text. Raises LumosError."""
    request = {
        "model": model,
        "messages": [Message.system(instructions).to_json(), Message.user(text).to_json()],
        "max_tokens": max_tokens,
    }
    answer = await context.host.complete(request, _account(context))
    return str(answer["text"]).strip()


def model_for(context: PluginContext, configured: str, agent: str, key: str) -> str:
    """Return the configured model, or else the agent's own. Raises ConfigError where neither is named."""
    if configured:
        return configured
    found = next((a.get("model") for a in context.host.agents() if a["id"] == agent), None)
    model = found if isinstance(found, str) or found is None else found[0]
    if not model:
        raise ConfigError(
            f"no model is named for {key} of the agent {agent!r}",
            hint=f'[plugins.remember.settings.{key}] model = "<provider>/<model>"',
        )
    return str(model)


def _account(context: PluginContext) -> caller.Caller:
    return replace(caller.current(context.name), run_id="", scopes=_EVERYTHING, allowance=None)
