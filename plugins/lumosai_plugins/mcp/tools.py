"""A server's tools, as the host knows tools; and the tools that reach its resources and prompts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumosai_plugins.mcp import results
from lumosai_plugins.mcp.text import clean
from lumosai_sdk.types.tools import ToolContext, ToolSpec

if TYPE_CHECKING:
    from mcp import Client

    from lumosai_plugins.mcp.connection import Connection
    from lumosai_plugins.mcp.offers import Offer
    from lumosai_plugins.mcp.settings import ServerSettings

PERSON = 3600.0
"""Seconds a person may take to answer, in all."""
_MARGIN = 10.0
_LISTED = 200


class RemoteTool:
    """A tool of a server, as it was accepted. ``withheld`` tells why it is not called now."""

    def __init__(self, id: str, offer: Offer, connection: Connection) -> None:  # noqa: A002
        self.offer = offer
        self.withheld: str | None = None
        self._connection = connection
        settings = connection.settings
        self.spec = ToolSpec(
            id,
            offer.description,
            offer.input_schema,
            approval="always" if settings.needs_leave(offer.name) else "never",
            timeout=longest(settings),
            side_effects=offer.writes or not settings.changes_nothing(offer.name),
        )

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        """Call it on the server. Raises ToolError, Suspend when the server asks and nobody can answer."""

        async def act(client: Client) -> Any:
            progress = self._connection.calls.progress
            result = await client.call_tool(self.offer.name, dict(arguments), progress_callback=progress)
            return results.value(result, self._connection.settings.max_result)

        return await self._connection.call(self.spec.id, context, act, lambda: self.withheld)


Act = Callable[["Client", Mapping[str, Any], int], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Extra:
    """What a tool of this plugin's own does with a server."""

    name: str
    description: str
    act: Act
    schema: Mapping[str, Any]


class ExtraTool:
    """Reaches the resources or prompts of one server."""

    def __init__(self, id: str, extra: Extra, connection: Connection) -> None:  # noqa: A002
        self._extra = extra
        self._connection = connection
        settings = connection.settings
        self.spec = ToolSpec(
            id,
            extra.description.format(server=settings.name),
            extra.schema,
            approval="always" if settings.needs_leave(extra.name) else "never",
            timeout=longest(settings),
            side_effects=not settings.changes_nothing(extra.name),
        )

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        """Ask the server. Raises ToolError, Suspend."""

        async def act(client: Client) -> Any:
            return await self._extra.act(client, arguments, self._connection.settings.max_result)

        return await self._connection.call(self.spec.id, context, act, lambda: None)


def longest(settings: ServerSettings) -> float:
    """Return the seconds after which the host gives a call up, whatever it waits for."""
    return settings.timeout + settings.start_timeout + _MARGIN + (PERSON if settings.elicitation else 0.0)


async def _list_resources(client: Client, _: Mapping[str, Any], most: int) -> Any:
    resources = (await client.list_resources()).resources
    templates = (await client.list_resource_templates()).resource_templates
    out = [{"uri": str(r.uri), **_about(r)} for r in resources[:_LISTED]]
    return _fitting([*out, *({"uri_template": t.uri_template, **_about(t)} for t in templates[:_LISTED])], most)


async def _read_resource(client: Client, arguments: Mapping[str, Any], most: int) -> Any:
    return results.resource(await client.read_resource(arguments["uri"]), most)


async def _list_prompts(client: Client, _: Mapping[str, Any], most: int) -> Any:
    prompts = (await client.list_prompts()).prompts
    return _fitting(
        [{"name": p.name, **_about(p), "arguments": [a.name for a in p.arguments or ()]} for p in prompts[:_LISTED]],
        most,
    )


async def _get_prompt(client: Client, arguments: Mapping[str, Any], most: int) -> Any:
    return results.prompt(await client.get_prompt(arguments["name"], arguments.get("arguments") or {}), most)


def _about(thing: Any) -> dict[str, str]:
    return {"title": clean(thing.title or thing.name, 200), "description": clean(thing.description or "", 500)}


def _fitting(rows: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """Return as many of the rows as fit."""
    out, left = [], most
    for row in rows:
        left -= len(str(row))
        if left < 0:
            break
        out.append(row)
    return out


def _schema(**properties: Mapping[str, Any]) -> Mapping[str, Any]:
    required = [n for n, p in properties.items() if p["type"] == "string"]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


_NAME = {"type": "string", "minLength": 1, "maxLength": 4096}
RESOURCES = (
    Extra("list_resources", "List the resources of the MCP server {server}.", _list_resources, _schema()),
    Extra(
        "read_resource", "Read a resource of the MCP server {server} by its URI.", _read_resource, _schema(uri=_NAME)
    ),
)
PROMPTS = (
    Extra("list_prompts", "List the prompts of the MCP server {server}.", _list_prompts, _schema()),
    Extra(
        "get_prompt",
        "Get a prompt of the MCP server {server} by its name, filled in with arguments.",
        _get_prompt,
        _schema(name=_NAME, arguments={"type": "object", "additionalProperties": {"type": "string"}}),
    ),
)
