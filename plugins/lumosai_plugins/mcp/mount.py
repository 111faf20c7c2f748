"""The MCP server below ``/plugins/mcp/rpc`` of the host's own service, for whoever it knows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import Context
from typing import TYPE_CHECKING, Any

from lumosai_sdk.errors import PermissionDeniedError
from lumosai_sdk.types.auth import Principal

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from lumosai_sdk.types.plugins import PluginContext

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


def app(context: PluginContext) -> Mount:
    """Return the ASGI application. Raises ConfigError."""
    from lumosai_plugins.mcp.settings import Settings

    return Mount(context, Settings.of(context.settings, context.base))


class Mount:
    """Serves MCP over streamable HTTP, without sessions: each request is its caller's, and nothing else's."""

    def __init__(self, context: PluginContext, settings: Any) -> None:
        self._context = context
        self._expose = settings.expose
        self._manager: StreamableHTTPSessionManager | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._starting = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises MissingExtraError, PluginUnavailableError."""
        if not self._expose:
            await _answer(send, 404, "nothing is exposed: [plugins.mcp.settings.expose] in lumos.toml names what is")
            return
        manager = await self._started()
        await manager.handle_request(scope, receive, send)

    async def _started(self) -> StreamableHTTPSessionManager:
        async with self._starting:
            if self._manager is None:
                ready: asyncio.Future[StreamableHTTPSessionManager] = asyncio.get_running_loop().create_future()
                # It outlives the request that found it missing, and knows nothing of its caller.
                self._keeper = asyncio.create_task(self._keep(ready), name="lumos-mcp-http", context=Context())
                self._manager = await ready
            return self._manager

    async def _keep(self, ready: asyncio.Future[StreamableHTTPSessionManager]) -> None:
        try:
            manager = self._made()
            async with manager.run():
                ready.set_result(manager)
                await self._stop.wait()
        except Exception as e:
            if ready.done():
                raise
            ready.set_exception(e)

    def _made(self) -> StreamableHTTPSessionManager:
        from lumosai_plugins.mcp.catalog import Catalog
        from lumosai_plugins.mcp.server import server

        services = self._context.host
        made = server(services, Catalog(services, self._expose), caller, self._context.version)
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
        from mcp.server.transport_security import TransportSecuritySettings

        # Host and Origin were looked at by the gateway, which knows by which names it is reached.
        checked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        return StreamableHTTPSessionManager(made, stateless=True, security_settings=checked)

    async def aclose(self) -> None:
        """End it; requests under way are cut off."""
        self._stop.set()
        if self._keeper is not None:
            await asyncio.wait([self._keeper])


def caller(ctx: ServerRequestContext[Any, Any]) -> Principal:
    """Return whose request it is, as the gateway found. Raises PermissionDeniedError when it does not say."""
    request = ctx.request
    found = None if request is None else request.scope.get("lumosai.principal")
    if not isinstance(found, Principal):
        raise PermissionDeniedError("nobody stands behind this request")
    return found


async def _answer(send: Send, status: int, message: str) -> None:
    body = json.dumps({"status": status, "detail": message}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
