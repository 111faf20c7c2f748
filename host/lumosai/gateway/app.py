"""The service as an ASGI application."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from lumosai.gateway.asgi import ASGIApp, Receive, Scope, Send
from lumosai.gateway.audit import Audit
from lumosai.gateway.body_limit import BodyLimit
from lumosai.gateway.boundary import Boundary, http_error
from lumosai.gateway.gate import Gate
from lumosai.gateway.identity import Door
from lumosai.gateway.openapi import document
from lumosai.gateway.operation import Endpoint
from lumosai.gateway.resources import (
    agent_versions,
    agents,
    chat,
    config,
    conversations,
    embeddings,
    health,
    metrics,
    models,
    panels,
    plugin_routes,
    plugins,
    responses,
    run_start,
    runs,
    threads,
    tools,
    usage,
)
from lumosai.gateway.resources.root import Documents
from lumosai.gateway.router import Router
from lumosai.gateway.security import Security
from lumosai.gateway.workers.board import Board
from lumosai.gateway.ws.opening import PATH
from lumosai.gateway.ws.sockets import Sockets
from lumosai.host import Host
from lumosai.version import __version__

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

# Routes are tried in this order: what is asked for most comes first.
RESOURCES = (
    run_start,
    chat,
    responses,
    tools,
    runs,
    agents,
    agent_versions,
    threads,
    conversations,
    embeddings,
    models,
    usage,
    plugins,
    config,
    panels,
    health,
    metrics,
    plugin_routes,
)


def create_app(host: Host, board: Board | None = None) -> Application:
    """Return the service of a host that is open. What a caller must be or bring is told in ``gateway.security``."""
    gate = Gate(host)
    documents = Documents([o for resource in RESOURCES for o in resource.OPERATIONS])
    app = Application(documents, Sockets(gate.peers))
    # Without methods: an endpoint itself says what its path takes.
    endpoints: list[tuple[str, ASGIApp]] = [
        (path, Endpoint(gate, list(same))) for path, same in groupby(documents.operations, key=lambda o: o.path)
    ]
    inner = Router([*endpoints, (PATH, app.sockets)], otherwise=app.included)
    limited = BodyLimit(inner, limit=host.config.server.max_body)
    # As it is when the address is bound: a file that changes meanwhile must not open the door.
    guarded = Security(limited, host=host, door=Door(host, host.config.server.auth), board=board)
    app.service = Boundary(guarded, audit=Audit(host.bus), names=host.config.host.log == "json")
    app.add_exception_handler(HTTPException, _http_error)
    return app


class Application(FastAPI):
    """FastAPI with the host's operations, sockets and errors; routers of an embedding program may be included.

    The host's own operations go past FastAPI, whose layers cost more than a run; what the program included goes
    through it, behind the same guards.
    """

    service: ASGIApp

    def __init__(self, documents: Documents, sockets: Sockets) -> None:
        super().__init__(
            title="LumosAI",
            version=__version__,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
        )
        self.documents = documents
        self.sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.service(scope, receive, send)

    async def included(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is none of the host's own operations."""
        await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        return document(self.documents.operations)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    return http_error(request.scope, error)  # type: ignore[return-value]
