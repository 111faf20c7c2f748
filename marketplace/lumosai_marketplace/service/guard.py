"""What stands before every request: an id, limits of what may be asked and sent; and what every answer carries."""

from __future__ import annotations

import asyncio
import secrets
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from starlette.datastructures import MutableHeaders

from lumosai_marketplace.service.metrics import Metrics
from lumosai_marketplace.service.problems import HttpError, problem, unexpected
from lumosai_marketplace.service.ratelimit import Limiter, address_of, network_of
from lumosai_marketplace.service.settings import Settings
from lumosai_sdk.errors import LumosError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

UPLOAD = "/legacy/"
_SLACK = 256 * 1024
"""Bytes that the borders of a multipart body may take."""

_DIGITS = 18
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}


class Guard:
    """Pure ASGI middleware, the outermost."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._limiter = Limiter(settings.limits.requests_per_minute, 60)
        self._names = {(urlsplit(settings.url).hostname or "").lower(), "localhost", *settings.server.hosts}
        self._headers = dict(_HEADERS)
        if settings.url.startswith("https:"):
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        request_id = scope["lumos.request_id"] = secrets.token_hex(8)
        begun, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(message, request_id)
            await send(message)

        try:
            limit = self._check(scope)
            await self._app(scope, _Body(receive, limit, self._settings.limits.body_seconds).receive, answer)
        except LumosError as e:
            if not status:
                await problem(request_id, e)(scope, receive, answer)
        except Exception as e:  # noqa: BLE001 - whoever asked is told no more than an id
            reply = unexpected(request_id, e)
            if not status:
                await reply(scope, receive, answer)
        finally:
            self._metrics.request(_method(scope), _route(scope), status, time.perf_counter() - begun)

    def _check(self, scope: Scope) -> int:
        """Refuse what need not be looked at; return the most bytes that the body may have."""
        headers = dict(scope["headers"])
        if "\0" in scope["path"]:
            raise HttpError(400, "a path holds no NUL character")
        self._check_host(headers.get(b"host", b"").decode("latin-1"))
        address = scope["lumos.address"] = address_of(scope, self._settings.server.proxies)
        if scope["path"] != "/health":
            self._limiter.take(network_of(address))
        if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
            raise HttpError(415, "compressed bodies are not unpacked", hint="send it as it is")
        limits = self._settings.limits
        most = limits.wheel + limits.attestations + limits.fields + _SLACK if scope["path"] == UPLOAD else limits.body
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > _DIGITS or int(length) > most:
            raise HttpError(413, f"a request here has at most {most} bytes")
        return most

    def _check_host(self, host: str) -> None:
        """Refuse names that are not ours: a page elsewhere could have turned its own name to this address."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
            if name in self._names:
                return
            ip_address(name)
        except ValueError:
            raise HttpError(421, "this service has another name", hint="[server] hosts in marketplace.toml") from None

    def _dress(self, message: Message, request_id: str) -> None:
        headers = MutableHeaders(scope=message)
        headers["x-request-id"] = request_id
        if "location" in headers:
            headers["location"] = _inside(headers["location"])
        for name, value in self._headers.items():
            headers.setdefault(name, value)


class _Body:
    """A request's body, no longer and no slower than it may be."""

    def __init__(self, receive: Receive, limit: int, seconds: float) -> None:
        self._receive = receive
        self._left = limit
        self._limit = limit
        self._deadline = time.monotonic() + seconds
        self._done = False

    async def receive(self) -> Message:
        if self._done:
            return await self._receive()  # waits for the client to leave
        try:
            async with asyncio.timeout(max(0.0, self._deadline - time.monotonic())):
                message = await self._receive()
        except TimeoutError:
            raise HttpError(408, "the request's body did not arrive in time") from None
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HttpError(413, f"a request here has at most {self._limit} bytes")
        self._done = message["type"] != "http.request" or not message.get("more_body", False)
        return message


def _inside(location: str) -> str:
    """Return a redirect as one within this service: never to the name or the scheme that a request came with.

    What stands behind a proxy is asked by HTTP; who was sent there would leave TLS.
    """
    parts = urlsplit(location)
    if not parts.scheme and not parts.netloc:
        return location
    return urlunsplit(("", "", f"/{parts.path.lstrip('/')}", parts.query, parts.fragment))


def _method(scope: Scope) -> str:
    method = str(scope["method"])
    return method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "none"))
