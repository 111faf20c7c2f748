"""Agents below ``/plugins/a2a/agents/<agent>``: the card with GET, calls with POST."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from lumosai_plugins.a2a.settings import Settings
from lumosai_sdk.errors import MissingExtraError, NotFoundError, PermissionDeniedError
from lumosai_sdk.types.auth import Principal

if TYPE_CHECKING:
    from a2a.server.routes.jsonrpc_dispatcher import JsonRpcDispatcher

    from lumosai_plugins.a2a.live import Live
    from lumosai_sdk.types.plugins import PluginContext

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
ROOT = "/plugins/a2a/agents"
WELL_KNOWN = ".well-known/agent-card.json"
_AGENT = "lumosai.a2a.agent"


def app(context: PluginContext) -> Mount:
    """Return the ASGI application. Raises ConfigError."""
    return Mount(context, Settings.of(context.settings))


class Mount:
    """Serves the agents that are named, each below its id. Where there are none it needs no SDK."""

    def __init__(self, context: PluginContext, settings: Settings) -> None:
        self._context = context
        self._settings = settings
        self._live: Live | None = None
        self._dispatcher: JsonRpcDispatcher | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises LumosError: NotFoundError for an agent that is not exposed to the caller."""
        who = scope.get("lumosai.principal")
        if not isinstance(who, Principal):
            raise PermissionDeniedError("nobody stands behind this request")
        name, _, rest = scope["path"].removeprefix(ROOT).lstrip("/").partition("/")
        agents = self._exposed(who)
        if not name and scope["method"] == "GET":
            response: App = _Json({"agents": [f"{ROOT}/{a}/{WELL_KNOWN}" for a in sorted(agents)]})
        elif name not in agents:
            raise NotFoundError("agent", name[:100], hint="[plugins.a2a.settings] agents names those for A2A")
        else:
            response = await self._answered(scope, receive, agents[name], rest.rstrip("/"))
        await response(scope, receive, send)

    def _exposed(self, who: Principal) -> dict[str, Mapping[str, Any]]:
        return {str(a["id"]): a for a in self._context.host.agents(self._settings.agents, who)}

    async def _answered(self, scope: Scope, receive: Receive, agent: Mapping[str, Any], rest: str) -> App:
        dispatcher = self._ready()
        if scope["method"] == "GET":
            if rest != WELL_KNOWN:
                raise NotFoundError("page", rest[:100], hint=f"an agent's card is at {WELL_KNOWN}")
            return self._card(scope, agent)
        if rest:
            raise NotFoundError("page", rest[:100], hint="calls are sent to the agent's own URL")
        from starlette.requests import Request

        return await dispatcher.handle_requests(Request({**scope, _AGENT: str(agent["id"])}, receive))

    def _card(self, scope: Scope, agent: Mapping[str, Any]) -> App:
        from lumosai_plugins.a2a.card import card

        base = self._settings.public_url or f"{scope['scheme']}://{_host(scope)}"
        has_token = bool(scope["lumosai.principal"].credential)
        return _Json(card(agent, f"{base}{ROOT}/{agent['id']}", self._context.version, with_token=has_token))

    def _ready(self) -> JsonRpcDispatcher:
        if self._dispatcher is None:
            try:
                from a2a.server.routes.jsonrpc_dispatcher import JsonRpcDispatcher

                from lumosai_plugins.a2a.calls import Calls
            except ImportError:
                raise MissingExtraError("A2A", "a2a") from None
            from lumosai_plugins.a2a.failures import quieten
            from lumosai_plugins.a2a.handler import Handler
            from lumosai_plugins.a2a.live import Live

            quieten()
            self._live = Live(self._settings.max_running, self._settings.max_per_caller)
            handler = Handler(self._context.host, self._live)
            self._dispatcher = JsonRpcDispatcher(handler, Calls(_AGENT), enable_v0_3_compat=True)
        return self._dispatcher

    async def aclose(self) -> None:
        """End the tasks under way."""
        if self._live is not None:
            await self._live.aclose()


def _host(scope: Scope) -> str:
    """Return by which name the host was asked; the gateway has looked whether it is one of its own."""
    return next((v.decode("latin-1") for k, v in scope["headers"] if k == b"host"), "127.0.0.1")


class _Json:
    """An answer that needs no SDK."""

    def __init__(self, value: Any) -> None:
        self._body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        """Send it."""
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(self._body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})
