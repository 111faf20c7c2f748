"""The service as an ASGI application."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.routing import Route

from lumosai.gateway.audit import Audit
from lumosai.gateway.body_limit import BodyLimit
from lumosai.gateway.boundary import Boundary, http_error
from lumosai.gateway.gate import Gate
from lumosai.gateway.identity import Door
from lumosai.gateway.openapi import document
from lumosai.gateway.operation import Endpoint
from lumosai.gateway.resources import (
    agents,
    chat,
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
)
from lumosai.gateway.resources.root import Documents
from lumosai.gateway.security import Security
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
    threads,
    conversations,
    embeddings,
    models,
    plugins,
    panels,
    health,
    metrics,
    plugin_routes,
)


def create_app(host: Host) -> FastAPI:
    """Return the service of a host that is open. What a caller must be or bring is told in ``gateway.security``."""
    gate = Gate(host)
    app = _App(Documents([o for resource in RESOURCES for o in resource.OPERATIONS]), Sockets(host))
    for path, operations in groupby(app.documents.operations, key=lambda o: o.path):
        same = list(operations)
        # Without methods: an endpoint itself says what its path takes.
        app.router.routes.append(Route(path, Endpoint(gate, same), name=same[0].id))
    app.router.routes.append(Route(PATH, app.sockets, name="websocket"))
    app.add_middleware(BodyLimit, limit=host.config.server.max_body)
    # As it is when the address is bound: a file that changes meanwhile must not open the door.
    app.add_middleware(Security, host=host, door=Door(host, host.config.server.auth))
    app.add_middleware(Boundary, audit=Audit(host.bus))
    app.add_exception_handler(HTTPException, _http_error)
    return app


class _App(FastAPI):
    """FastAPI with the host's operations, sockets and errors; routers of an embedding program may be included."""

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

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        return document(self.documents.operations)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    return http_error(request.scope, error)  # type: ignore[return-value]
