"""``/v1/tools``: what tools there are, and calling them without an agent."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lumosai.agents.plan import listed_tool, tool_view
from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.operation import LATER, ONCE, Operation
from lumosai.gateway.reply import json_reply
from lumosai.gateway.shapes import JsonSchema, Listing, ToolResult, ToolView


class ToolCallBody(BaseModel):
    """The arguments, as the tool's ``input_schema`` wants them."""

    model_config = ConfigDict(extra="forbid")

    arguments: dict[str, Any] = Field({}, description="Arguments by name.")


async def list_tools(call: Call) -> ASGIApp:
    """Return every tool; one whose plugin cannot be loaded is listed with its error."""
    return json_reply({"data": [listed_tool(e) for e in call.gate.host.registry.entries("tool")]})


async def get_tool(call: Call) -> ASGIApp:
    """Return one tool. Raises NotFoundError, PluginUnavailableError, PluginLoadError."""
    return json_reply(tool_view(call.gate.host.registry.get("tool", call.params["tool_id"])))


async def tool_schema(call: Call) -> ASGIApp:
    """Return the JSON Schema of a tool's arguments. Raises as ``get_tool`` does."""
    view = tool_view(call.gate.host.registry.get("tool", call.params["tool_id"]))
    return json_reply(view["input_schema"])


async def call_tool(call: Call) -> ASGIApp:
    """Call a tool. Raises NotFoundError, InputError, ToolError, PermissionDeniedError, PluginError."""
    body = await call.body(ToolCallBody)
    tool_id, host = call.params["tool_id"], call.gate.host
    value = await host.call_tool(tool_id, body.arguments, principal=call.principal)
    try:
        return json_reply({"result": value})
    except TypeError as e:
        entry = host.registry.get("tool", tool_id)
        raise entry.generation.failure(f"tool {tool_id!r} returned what is not JSON", e) from e


TOOL = {
    "id": "calculator.evaluate",
    "plugin": "calculator",
    "description": "Evaluate an arithmetic expression",
    "input_schema": {"type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"]},
    "approval": "never",
    "side_effects": False,
}

OPERATIONS = (
    Operation(
        "GET",
        "/v1/tools",
        list_tools,
        "listTools",
        "List tools",
        "tools",
        action="tool.read",
        answers=Listing[ToolView],
        example={"data": [TOOL]},
        stable=True,
    ),
    Operation(
        "GET",
        "/v1/tools/{tool_id}",
        get_tool,
        "getTool",
        "Get a tool and its schema",
        "tools",
        action="tool.read",
        resource="tool_id",
        answers=ToolView,
        example=TOOL,
        stable=True,
    ),
    Operation(
        "GET",
        "/v1/tools/{tool_id}/schema",
        tool_schema,
        "getToolSchema",
        "Get the JSON Schema of a tool's arguments",
        "tools",
        action="tool.read",
        resource="tool_id",
        answers=JsonSchema,
        example=TOOL["input_schema"],
        stable=True,
    ),
    Operation(
        "POST",
        "/v1/tools/{tool_id}/call",
        call_tool,
        "callTool",
        "Call a tool",
        "tools",
        action="tool.call",
        resource=LATER,
        description="The arguments are checked against the tool's schema. The plugin's own permissions hold.",
        takes=ToolCallBody,
        takes_example={"arguments": {"expression": "17*4"}},
        answers=ToolResult,
        example={"result": 68},
        once=ONCE,
    ),
)
