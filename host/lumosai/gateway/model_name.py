"""What the ``model`` of an OpenAI client's request names: an agent, or a model."""

from __future__ import annotations

from lumosai.agents.versions.version import parted
from lumosai.gateway.caching import heed
from lumosai.gateway.call import Call
from lumosai_sdk.errors import NotFoundError


async def names_agent(call: Call, name: str) -> bool:
    """Tell whether *name* is an agent's, else it is a model's. Raises PermissionDeniedError, NotFoundError."""
    heed(call)
    host = call.gate.host
    if name in host.agents:
        await call.allow("agent.run", name)
        return True
    if (version := parted(name)) is not None and version[0] in host.agents:
        await call.allow("agent.run", name)
        await host.runs.find(name, call.principal)
        return True
    await call.allow("model.call", name)
    names = host.planner.names
    if "/" not in name and name not in names:
        hint = "a model is an agent, an alias, a route, or <provider>/<model>: GET /v1/models lists them"
        raise NotFoundError("model", name, [*host.agents, *names], hint=hint)
    return False
