"""``/v1/agents``: what agents there are."""

from __future__ import annotations

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.operation import Operation
from lumosai.gateway.reply import json_reply
from lumosai.gateway.shapes import AgentView, Listing

EXAMPLE = {
    "id": "assistant",
    "description": "A helpful assistant on the embedded model.",
    "model": "local/smollm2",
    "tools": ["time.*", "calculator.*"],
    "processors": [],
    "approve": [],
}


async def list_agents(call: Call) -> ASGIApp:
    """Return every agent."""
    agents = call.gate.host.agents
    return json_reply({"data": [agents[i].to_json() for i in sorted(agents)]})


async def get_agent(call: Call) -> ASGIApp:
    """Return one agent. Raises NotFoundError."""
    return json_reply(call.gate.host.runs.agent(call.params["agent_id"]).to_json())


OPERATIONS = (
    Operation(
        "GET",
        "/v1/agents",
        list_agents,
        "listAgents",
        "List agents",
        "agents",
        action="agent.read",
        answers=Listing[AgentView],
        example={"data": [EXAMPLE]},
    ),
    Operation(
        "GET",
        "/v1/agents/{agent_id}",
        get_agent,
        "getAgent",
        "Get an agent",
        "agents",
        action="agent.read",
        resource="agent_id",
        answers=AgentView,
        example=EXAMPLE,
    ),
)
