"""The outermost layer: every request gets an id, and nothing that goes wrong gets out as it is."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from lumosai.gateway.asgi import ASGIApp, Message, Receive, Scope, Send
from lumosai.gateway.audit import Audit
from lumosai.gateway.errors import ClientGoneError, MethodNotAllowedError, NoSuchPathError, StoppingError
from lumosai.gateway.problems import failure, log, unexpected
from lumosai.gateway.tracing import REQUEST_ID, trace_of
from lumosai.gateway.ws.opening import PATH, as_request
from lumosai.ids import token
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types.trace import TRACE

if TYPE_CHECKING:
    from starlette.exceptions import HTTPException

_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")
_NOSNIFF = (b"x-content-type-options", b"nosniff")


class Boundary:
    """Pure ASGI middleware: request ids, audits, unexpected errors; WebSockets are opened by requests like others."""

    def __init__(self, app: ASGIApp, audit: Audit, *, names: bool = False) -> None:
        """Guard *app*; with *names* what is logged during a request can tell which it was."""
        self._app = app
        self._audit = audit
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            request, nothing, answer = as_request(scope, receive, send, self._audit)
            if scope["path"] == PATH:
                await self._serve(request, nothing, answer)
            else:
                error = NoSuchPathError(f"no WebSocket is served at {scope['path']!r}", hint=f"there is one at {PATH}")
                await failure(request, error)(request, nothing, answer)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, traced = _read(scope)
        scope["lumos.request_id"] = request_id
        if self._names:
            REQUEST_ID.set(request_id)  # a request is a task of its own
        if traced and (trace := trace_of(scope)) is not None:
            before = TRACE.set(trace)
            try:
                await self._answer(scope, receive, send, request_id)
            finally:
                TRACE.reset(before)
        else:
            await self._answer(scope, receive, send, request_id)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        header = (b"x-request-id", request_id.encode())
        started = False

        async def tagged(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", ()), header, _NOSNIFF, *scope.get("lumos.headers", ())]
                self._audit.answered(scope, message["status"])
            await send(message)

        try:
            await self._app(scope, receive, tagged)
        except ClientGoneError:
            return
        except asyncio.CancelledError:
            # The server stops and its patience with this request is over.
            if started:
                raise
            await failure(scope, StoppingError("the host is stopping"))(scope, receive, tagged)
        except Exception as e:  # noqa: BLE001 - the last line of defence
            if started:
                log.exception("request %s broke off", request_id)
                return  # the server sees an unfinished answer and closes the connection
            await _told(scope, e)(scope, receive, tagged)


def _told(scope: Scope, error: Exception) -> ASGIApp:
    if isinstance(error, LumosError):
        return failure(scope, error)
    return unexpected(scope, error)


def http_error(scope: Scope, error: HTTPException) -> ASGIApp:
    """Return the answer to what the router says by exception: nothing there, or not by that method."""
    if error.status_code == MethodNotAllowedError.status:
        allowed = (error.headers or {}).get("Allow", "").split(", ")
        return failure(scope, MethodNotAllowedError(scope["method"], allowed))
    return failure(scope, NoSuchPathError(f"nothing is served at {scope['path']!r}", hint="GET / names the documents"))


def _read(scope: Scope) -> tuple[str, bool]:
    """Return the id of a request, its own if it has one, and whether it says where it comes from."""
    request_id, traced = "", False
    for name, value in scope["headers"]:
        if name == b"x-request-id" and not request_id and _ID.fullmatch(value):
            request_id = str(value, "ascii")
        elif name == b"traceparent":
            traced = True
    return request_id or f"req_{token()}", traced
