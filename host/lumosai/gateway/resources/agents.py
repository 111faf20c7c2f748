"""``/v1/agents``: what agents there are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from lumosai.agents.agent import Agent
from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.operation import Operation
from lumosai.gateway.problems import shown_error
from lumosai.gateway.reply import json_reply
from lumosai.gateway.shapes import AgentDetail, AgentView, Listing
from lumosai_sdk.errors import LumosError

EXAMPLE = {
    "id": "assistant",
    "description": "A helpful assistant on the embedded model.",
    "model": "local/smollm2",
    "tools": ["time.*", "calculator.*"],
    "processors": [],
    "memory": [],
    "approve": [],
}
EFFECTIVE = {
    "models": ["local/smollm2"],
    "tools": [
        {
            "id": "calculator.evaluate",
            "name": "calculator_evaluate",
            "description": "Evaluate an arithmetic expression",
            "approval": False,
        }
    ],
    "limits": {"steps": 16, "tokens": None, "seconds": 300.0, "cost": None},
}


async def list_agents(call: Call) -> ASGIApp:
    """Return every agent."""
    agents = call.gate.host.agents
    return json_reply({"data": [agents[i].to_json() for i in sorted(agents)]})


async def get_agent(call: Call) -> ASGIApp:
    """Return one agent, and what it has when it runs. Raises NotFoundError."""
    agent = await call.gate.host.runs.find(call.params["agent_id"], call.principal)
    return json_reply({**agent.to_json(), "effective": _effective(call, agent)})


def _effective(call: Call, agent: Agent) -> dict[str, Any]:
    try:
        plan = call.gate.host.planner.plan(agent)
    except LumosError as e:
        return {"models": [], "tools": [], "limits": None, "error": shown_error(call.scope, e)}
    tools = [
        {"id": t.spec.id, "name": t.name, "description": t.spec.description, "approval": t.approval}
        for t in plan.by_name.values()
    ]
    return {"models": list(plan.models), "tools": tools, "limits": asdict(plan.limits)}


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
        stable=True,
    ),
    Operation(
        "GET",
        "/v1/agents/{agent_id}",
        get_agent,
        "getAgent",
        "Get an agent, and what it has when it runs",
        "agents",
        action="agent.read",
        resource="agent_id",
        description="`effective` has the globs, aliases, routes and defaults resolved, and the host's limits applied.",
        answers=AgentDetail,
        example={**EXAMPLE, "effective": EFFECTIVE},
        stable=True,
    ),
)
