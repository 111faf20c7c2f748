"""The host as an MCP server: its catalog, and calls on behalf of who is connected."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lumosai_plugins.mcp.catalog import Item
from lumosai_plugins.mcp.leave import Leave
from lumosai_sdk.errors import LumosError, MissingExtraError, NotFoundError, PermissionDeniedError
from lumosai_sdk.types.auth import Principal

if TYPE_CHECKING:
    from mcp.server import Server
    from mcp.server.context import ServerRequestContext
    from mcp_types import (
        CallToolRequestParams,
        CallToolResult,
        InputRequiredResult,
        ListToolsResult,
        PaginatedRequestParams,
    )

    from lumosai_plugins.mcp.catalog import Catalog
    from lumosai_sdk.types.services import TrustedServices

INSTRUCTIONS = "Tools and agents of a LumosAI host. A tool named agent_<name> asks an agent and returns its answer."


def server(
    services: TrustedServices,
    catalog: Catalog,
    who: Callable[[ServerRequestContext[Any, Any]], Principal],
    version: str,
) -> Server[Any]:
    """Return the MCP server; *who* tells whose call a request is. Raises MissingExtraError."""
    try:
        from mcp.server import Server
    except ImportError:
        raise MissingExtraError("the MCP server", "mcp") from None
    handlers = _Handlers(services, catalog, who)
    return Server(
        "LumosAI",
        version=version,
        instructions=INSTRUCTIONS,
        on_list_tools=handlers.list_tools,
        on_call_tool=handlers.call_tool,
    )


class _Handlers:
    def __init__(
        self, services: TrustedServices, catalog: Catalog, who: Callable[[ServerRequestContext[Any, Any]], Principal]
    ) -> None:
        self._services = services
        self._catalog = catalog
        self._who = who

    async def list_tools(
        self,
        ctx: ServerRequestContext[Any, Any],
        params: PaginatedRequestParams | None,  # noqa: ARG002 - all are on one page
    ) -> ListToolsResult:
        from mcp_types import ListToolsResult

        return ListToolsResult(tools=[_tool(i) for i in self._catalog.items(self._who(ctx))])

    async def call_tool(
        self, ctx: ServerRequestContext[Any, Any], params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool or ask an agent; what fails is the tool's error, told to the model that called."""
        principal = self._who(ctx)
        try:
            item = self._catalog.find(params.name, principal)
            if item is None:
                raise NotFoundError("tool", params.name, [i.name for i in self._catalog.items(principal)])
            leave = Leave(ctx, params, principal)
            if item.kind == "agent":
                from lumosai_plugins.mcp.asking import ask_agent

                return await ask_agent(self._services, item.id, params.arguments or {}, leave)
            return await self._tool(item, params, principal, leave)
        except LumosError as e:
            return error(e)

    async def _tool(
        self, item: Item, params: CallToolRequestParams, principal: Principal, leave: Leave
    ) -> CallToolResult | InputRequiredResult:
        if item.guarded:
            given = await leave.of(item.id, params.arguments or {})
            if not isinstance(given, bool):
                return given
            if not given:
                raise PermissionDeniedError(f"the person declined this call of {item.id!r}")
        return value(await self._services.use_tool(item.id, params.arguments or {}, principal))


def _tool(item: Item) -> Any:
    from mcp_types import Tool, ToolAnnotations

    hints = None if item.side_effects else ToolAnnotations(read_only_hint=True)
    return Tool(name=item.name, description=item.description, input_schema=dict(item.schema), annotations=hints)


def value(result: Any) -> CallToolResult:
    """Return a tool's JSON value as a result."""
    from mcp_types import CallToolResult, TextContent

    text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    structured = result if isinstance(result, dict) else None
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=structured)


def error(failure: LumosError) -> CallToolResult:
    """Return a failure as a result that says it is one: message and hint, nothing of where it happened."""
    from mcp_types import CallToolResult, TextContent

    return CallToolResult(content=[TextContent(type="text", text=str(failure))], is_error=True)
