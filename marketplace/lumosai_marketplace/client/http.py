"""HTTP with an index that may be anybody's: its own origin only, TLS or this machine only, and every body has a cap."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import SplitResult, urljoin, urlsplit

from lumosai_marketplace.errors import IndexUnavailableError, RefusedError
from lumosai_marketplace.trust import tls
from lumosai_sdk import safe
from lumosai_sdk.addresses import parse
from lumosai_sdk.errors import InputError
from lumosai_sdk.jsontext import bounded_json

if TYPE_CHECKING:
    import ssl

    import aiohttp

MAX_REDIRECTS = 3
TOTAL_SECONDS = 300.0
SILENCE_SECONDS = 30.0
MAX_PROBLEM = 64 * 1024
_PORTS = {"https": 443, "http": 80}
_CHUNK = 64 * 1024
Origin = tuple[str, str, int]
Told = Callable[[int], None]


def origin_of(url: str) -> Origin:
    """Return scheme, host and port of an index's address.

    Raises InputError for what is no address, RefusedError ``index.insecure`` for one without TLS elsewhere than on this
    machine.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as e:
        raise InputError(f"{url[:200]!r} is no address: {e}") from None
    host = (parts.hostname or "").lower()
    if not host or not port or "@" in parts.netloc or parts.fragment or any(c <= " " for c in url):
        raise InputError(
            f"{_bare(parts)!r} is no index's address", hint="for example https://plugins.example.org/ (no user in it)"
        )
    if parts.scheme != "https" and not is_loopback(host):
        raise RefusedError("index.insecure", f"{host} is not this machine: an index elsewhere has an https:// address")
    return parts.scheme, host, port


def _why(error: Exception) -> str:
    """Return why nothing was answered, in words where it is one of the usual reasons."""
    import aiohttp

    if isinstance(error, asyncio.TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"its certificate is not believed: {error.certificate_error}"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return "what answers there does not speak TLS (https://)"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "there is no host of that name"
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, ConnectionRefusedError):
        return "nothing listens there"
    return f"{type(error).__name__}: {error}"


def _bare(parts: SplitResult) -> str:
    """Return an address without the user it may name, for an error."""
    start = f"{parts.scheme}://" if parts.scheme else ""
    return f"{start}{parts.netloc.rpartition('@')[2]}{parts.path}"[:200]


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, whatever any name server says."""
    address = parse(host.strip("[]"))
    return host == "localhost" or (address is not None and address.is_loopback)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def type(self) -> str:
        """The media type."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def json(self, *, weight: int = 200_000) -> Any:
        """Return the JSON value. Raises RefusedError ``index.format``."""
        try:
            return bounded_json(self.body, depth=64, weight=weight)
        except (ValueError, RecursionError) as e:
            raise RefusedError("index.format", f"the index answered with what is no JSON: {e}") from None


class Http:
    """A connection to one origin. Use it with ``async with``; *token* goes with each request, and to nobody else."""

    def __init__(self, url: str, *, token: str | None = None, session: aiohttp.ClientSession | None = None) -> None:
        """Look at the address. Raises InputError, RefusedError ``index.insecure``."""
        self.origin = origin_of(url)
        self.url = url if url.endswith("/") else f"{url}/"
        self._token = token
        self._session = session
        self._own = session is None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._own and self._session is not None:
            await self._session.close()
            self._session = None

    def at(self, path: str, base: str | None = None) -> str:
        """Return the address of *path* below the index, or as a page at *base* names it.

        Raises RefusedError ``index.origin`` where that is another origin.
        """
        url = urljoin(base or self.url, path)
        try:
            origin = origin_of(url)
        except (InputError, RefusedError):
            origin = None
        if origin != self.origin:
            raise RefusedError("index.origin", f"the index leads elsewhere, to {_shown(url)}")
        return url.partition("#")[0]

    async def get(
        self,
        path: str,
        *,
        limit: int,
        accept: str = "application/json",
        base: str | None = None,
        told: Told | None = None,
    ) -> Answer:
        """Return what is at *path*, at most *limit* bytes of it. Raises RefusedError, IndexUnavailableError."""
        url = self.at(path, base)
        for _ in range(MAX_REDIRECTS + 1):
            async with self._asked("GET", url, {"Accept": accept}, None) as response:
                if response.status in {301, 302, 303, 307, 308}:
                    url = self.at(response.headers.get("Location", ""), url)
                    continue
                return await _read(response, limit, told)
        raise RefusedError("index.redirects", f"the index redirects more than {MAX_REDIRECTS} times")

    async def post(
        self, path: str, data: Any, *, method: str = "POST", content_type: str = "", limit: int = MAX_PROBLEM
    ) -> Answer:
        """Send JSON, a form, or bytes of a *content_type*, and return the answer; a redirect is not followed."""
        body, headers = data, {"Accept": "application/json"}
        if isinstance(data, dict | list):
            body, content_type = json.dumps(data).encode(), "application/json"
        if content_type:
            headers["Content-Type"] = content_type
        async with self._asked(method, self.at(path), headers, body) as response:
            return await _read(response, limit, None)

    @asynccontextmanager
    async def _asked(
        self, method: str, url: str, headers: dict[str, str], body: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        import aiohttp

        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        # As it is: what has to be unpacked can be made to grow a thousandfold.
        headers |= {"Accept-Encoding": "identity", "User-Agent": "lumosai"}
        try:
            async with self._connected().request(
                method, url, headers=headers, data=body, allow_redirects=False
            ) as response:
                yield response
        except (TimeoutError, aiohttp.ClientError, OSError) as e:
            host = f"{self.origin[1]}:{self.origin[2]}"
            raise IndexUnavailableError(f"the index at {host} cannot be asked: {_why(e)[:300]}") from None

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            import aiohttp

            timeout = aiohttp.ClientTimeout(
                total=TOTAL_SECONDS, sock_read=SILENCE_SECONDS, sock_connect=SILENCE_SECONDS
            )
            # A proxy of the environment is for what lies elsewhere. Cookies are none of an index's business.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=_verifying(self.origin)),
                timeout=timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=not is_loopback(self.origin[1]),
            )
        return self._session


def _verifying(origin: Origin) -> ssl.SSLContext | bool:
    """Return how the server's certificate is verified: by the system's CAs, or the owner's. Raises OSError."""
    import ssl

    named = tls.ca_file()
    return ssl.create_default_context(cafile=named) if named and origin[0] == "https" else True


async def _read(response: aiohttp.ClientResponse, limit: int, told: Told | None) -> Answer:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise RefusedError("index.encoding", "the index packs its answers, though it was asked not to")
    if (response.content_length or 0) > limit:
        raise _too_large(response.content_length or 0, limit)
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise _too_large(len(body), limit)
        if told is not None:
            told(len(body))
    return Answer(response.status, response.headers, bytes(body))


def _too_large(size: int, limit: int) -> RefusedError:
    return RefusedError("index.size", f"the index answers with {size} bytes or more, where {limit} are the most")


def _shown(url: str) -> str:
    return safe.line(_bare(urlsplit(url)) if "://" in url else url[:200])
