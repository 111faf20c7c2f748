"""Agents below ``/plugins/agui/agents/<agent>``: a POST of a RunAgentInput is answered with the run's events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from lumosai_sdk.errors import (
    InputError,
    MissingExtraError,
    NotFoundError,
    PermissionDeniedError,
)
from lumosai_sdk.types.auth import Principal

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
ROOT = "/plugins/agui/agents"
MAX_BODY = 8 * 1024 * 1024


def app(context: PluginContext) -> Mount:
    """Return the ASGI application."""
    return Mount(context)


class Mount:
    """Serves the agents that are named, each below its id."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._agents = tuple(context.settings.get("agents", ()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises LumosError: NotFoundError for an agent that is not exposed to the caller."""
        who = scope.get("lumosai.principal")
        if not isinstance(who, Principal):
            raise PermissionDeniedError("nobody stands behind this request")
        name = scope["path"].removeprefix(ROOT).strip("/")
        agent = self._exposed(name, who)
        try:
            from lumosai_plugins.agui.answering import Answering
        except ImportError:
            raise MissingExtraError("AG-UI", "agui") from None
        await Answering(self._context.host, agent, who).answer(await _body(receive), receive, send)

    def _exposed(self, name: str, who: Principal) -> dict[str, Any]:
        agents = self._context.host.agents(self._agents, who)
        found = next((a for a in agents if a["id"] == name), None)
        if found is None:
            raise NotFoundError("agent", name[:100], hint="[plugins.agui.settings] agents names those for AG-UI")
        return dict(found)


async def _body(receive: Receive) -> bytes:
    out = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InputError("the request ended before its body did")
        out += message.get("body", b"")
        if len(out) > MAX_BODY:
            raise InputError(f"the body is larger than {MAX_BODY} bytes")
        if not message.get("more_body", False):
            return bytes(out)
