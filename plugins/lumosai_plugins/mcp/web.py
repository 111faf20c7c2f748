"""The HTTP client for servers that are elsewhere: bounded, and to nobody but whom the owner named.

The SDK follows a redirect only within the origin of the URL. What else it asks for, an authorization server's metadata
and tokens, a server can name: those requests go to public addresses over https; those of a server that is itself
private may go to private ones as well.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx2

from lumosai_sdk.addresses import parse, reach
from lumosai_sdk.errors import ToolError

if TYPE_CHECKING:
    from lumosai_plugins.mcp.settings import ServerSettings

_CONNECT = 30.0
_EVENTS = "text/event-stream"


def client(settings: ServerSettings, auth: httpx2.Auth | None) -> httpx2.AsyncClient:
    """Return the client for one server. Raises ConfigError for a secret that is not set."""
    secrets = {n: s.reveal() for n, s in settings.secret_headers.items()}
    return httpx2.AsyncClient(
        transport=Guard(httpx2.AsyncHTTPTransport(trust_env=False), settings.url or "", settings.max_message),
        headers={"User-Agent": "LumosAI", **settings.headers, **secrets, "Accept-Encoding": "identity"},
        timeout=httpx2.Timeout(_CONNECT, read=max(_CONNECT, settings.timeout) + _CONNECT),
        auth=auth,
        follow_redirects=False,
        trust_env=False,
    )


class Guard(httpx2.AsyncBaseTransport):
    """Looks at where each request goes, and at how much comes back."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, url: str, most: int) -> None:
        self._inner = inner
        self._home = httpx2.URL(url)
        self._most = most

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request. Raises httpx2.UnsupportedProtocol, httpx2.ReadError for what is not done or not taken."""
        if _origin(request.url) != _origin(self._home):
            await self._check_elsewhere(request)
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise httpx2.ReadError("the answer is packed, which was not asked for", request=request)
        if not response.headers.get("content-type", "").startswith(_EVENTS):  # of a stream the SDK bounds each event
            stream: Any = response.stream
            response.stream = _Bounded(stream, self._most, request)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _check_elsewhere(self, request: httpx2.Request) -> None:
        is_home_private = any(map(_is_private, await _addresses(self._home)))
        found = await _addresses(request.url)
        if is_home_private and found and all(map(_is_private, found)):
            return
        if request.url.scheme != "https":
            raise httpx2.UnsupportedProtocol(f"{_shown(request.url)}: only https leaves the server", request=request)
        if not found or (any(map(_is_private, found)) and not is_home_private):
            raise httpx2.ConnectError(f"{_shown(request.url)}: that is no public address", request=request)


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, most: int, request: httpx2.Request) -> None:
        self._inner = inner
        self._left = most
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            self._left -= len(piece)
            if self._left < 0:
                raise httpx2.ReadError("the answer is too large (max_message_kib)", request=self._request)
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _shown(url: httpx2.URL) -> str:
    return f"{url.scheme}://{url.host}{'' if url.port is None else f':{url.port}'}"


def _is_private(address: str) -> bool:
    found = parse(address)
    return found is None or reach(found) != "public"


async def _addresses(url: httpx2.URL) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
    except OSError as e:
        raise ToolError(f"{_shown(url)}: {e.strerror}") from None
    return [str(entry[4][0]).partition("%")[0] for entry in found]
