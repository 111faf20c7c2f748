"""What the ``model`` of an OpenAI client's request names: an agent, or a model."""

from __future__ import annotations

from lumosai.gateway.caching import heed
from lumosai.gateway.call import Call
from lumosai_sdk.errors import NotFoundError


async def names_agent(call: Call, name: str) -> bool:
    """Tell whether *name* is an agent's, else it is a model's. Raises PermissionDeniedError, NotFoundError."""
    heed(call)
    if name in call.gate.host.agents:
        await call.allow("agent.run", name)
        return True
    await call.allow("model.call", name)
    names = call.gate.host.planner.names
    if "/" not in name and name not in names:
        hint = "a model is an agent, an alias, a route, or <provider>/<model>: GET /v1/models lists them"
        raise NotFoundError("model", name, [*call.gate.host.agents, *names], hint=hint)
    return False
