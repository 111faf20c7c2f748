"""The HTTP client for one remote agent: to its origin alone, at an address that was looked at, and bounded.

A name is resolved here, every address of it is judged, and the connection is made to one of just those: a name that
leads elsewhere the next time (DNS rebinding) is judged the next time. Nothing follows a redirect.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from typing import Any

import httpx

from lumosai_plugins.a2a.settings import RemoteSettings, is_forbidden, is_private

Lookup = Callable[[str], Awaitable[list[str]]]
_CONNECT = 15.0


async def lookup(host: str) -> list[str]:
    """Return the addresses of a host name. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


def client(settings: RemoteSettings) -> httpx.AsyncClient:
    """Return the client. Raises ConfigError for a token that is not set."""
    headers = {"User-Agent": "LumosAI", "Accept-Encoding": "identity"}
    if settings.token is not None:
        headers["Authorization"] = f"Bearer {settings.token.reveal()}"
    return httpx.AsyncClient(
        transport=Guard(httpx.AsyncHTTPTransport(verify=_authorities(), trust_env=False), settings),
        headers=headers,
        timeout=httpx.Timeout(_CONNECT, read=settings.timeout),
        follow_redirects=False,
        trust_env=False,
    )


@cache
def _authorities() -> ssl.SSLContext:
    """Return whom to trust for certificates. Reading them takes longer than many a call."""
    return httpx.create_ssl_context(trust_env=False)


class Guard(httpx.AsyncBaseTransport):
    """Looks at where each request goes, and at how much comes back."""

    def __init__(self, inner: httpx.AsyncBaseTransport, settings: RemoteSettings, lookup: Lookup = lookup) -> None:
        self._inner = inner
        self._settings = settings
        self._home = httpx.URL(settings.url)
        self._lookup = lookup

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises httpx.RequestError for what is not done or not taken."""
        if origin(request.url) != origin(self._home):
            raise httpx.UnsupportedProtocol("that is not where the agent is", request=request)
        response = await self._sent(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise httpx.ReadError("the answer is packed, which was not asked for", request=request)
        stream: Any = response.stream
        response.stream = _Bounded(stream, self._settings.max_message, request)
        return response

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        failure: httpx.RequestError | None = None
        for address in await self._addresses(request):
            host = f"[{address}]" if ":" in address else address
            extensions = {**request.extensions, "sni_hostname": request.url.host}
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=host),
                headers=request.headers,
                stream=request.stream,
                extensions=extensions,
            )
            try:
                return await self._inner.handle_async_request(pinned)
            except httpx.ConnectError as e:
                failure = e
        raise failure or httpx.ConnectError("it has no address", request=request)

    async def _addresses(self, request: httpx.Request) -> list[str]:
        host = request.url.host
        try:
            found = await self._lookup(host)
        except OSError:
            raise httpx.ConnectError(f"{host} has no address", request=request) from None
        wrong = is_forbidden if self._settings.allow_private else is_private
        if any(wrong(a) for a in found):
            hint = f"[plugins.a2a.settings.remotes.{self._settings.name}] allow_private = true allows a private one"
            raise httpx.ConnectError(f"{host} leads to no public address ({hint})", request=request)
        return found

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Bounded(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, most: int, request: httpx.Request) -> None:
        self._inner = inner
        self._left = most
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            self._left -= len(piece)
            if self._left < 0:
                raise httpx.ReadError("the answer is too large (max_message_kib)", request=self._request)
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Return a URL's origin, its port written out."""
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)
