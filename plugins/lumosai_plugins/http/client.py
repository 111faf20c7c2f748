"""One request with its redirects, each judged as if it had been asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

import aiohttp
from yarl import URL  # noqa: TC002 - read at run time

from lumosai_plugins.http import body, headers, urls
from lumosai_plugins.http.guard import Guard
from lumosai_sdk import ToolError

MAX_REDIRECTS = 5
_SEE_OTHER = 303
_REDIRECTS = frozenset({301, 302, _SEE_OTHER, 307, 308})
_MAX_HEADERS = 128
_MAX_HEADER_BYTES = 8190


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for next."""

    method: str
    url: URL
    headers: Mapping[str, str]
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A final response."""

    status: int
    url: URL
    content_type: str
    body: body.Body


async def fetch(request: Request, guard: Guard, *, max_bytes: int, seconds: float) -> Answer:
    """Return the answer to a request. Raises PermissionDeniedError, or ToolError for what is wrong out there."""
    try:
        async with asyncio.timeout(seconds), _session(guard) as session:
            for _ in range(MAX_REDIRECTS + 1):
                guard.allow(request.method, request.url)
                outcome = await _hop(session, request, max_bytes)
                if isinstance(outcome, Answer):
                    return outcome
                request = outcome
    except TimeoutError:
        raise ToolError(f"{urls.origin(request.url)} did not answer completely within {seconds:g} s") from None
    raise ToolError(f"more than {MAX_REDIRECTS} redirects; the last one went to {urls.origin(request.url)}")


def _session(guard: Guard) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        resolver=guard, use_dns_cache=False, force_close=True, limit=4, socket_factory=guard.open_socket
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=aiohttp.ClientTimeout(),
        max_line_size=_MAX_HEADER_BYTES,
        max_field_size=_MAX_HEADER_BYTES,
        max_headers=_MAX_HEADERS,
    )


async def _hop(session: aiohttp.ClientSession, request: Request, max_bytes: int) -> Answer | Request:
    """Return the answer, or the request that a redirect asks for."""
    try:
        async with session.request(
            request.method, request.url, headers=request.headers, data=request.data, allow_redirects=False
        ) as response:
            location = response.headers.get("Location")
            if response.status not in _REDIRECTS or location is None:
                return await _answer(response, request, max_bytes)
            return redirected(request, response.status, location)
    except (aiohttp.ClientError, OSError, ValueError) as e:
        if isinstance(e, TimeoutError):
            raise
        raise _failure(urls.origin(request.url), e) from None


async def _answer(response: aiohttp.ClientResponse, request: Request, max_bytes: int) -> Answer:
    encoding = ", ".join(response.headers.getall("Content-Encoding", []))
    content = await body.read(response.content.iter_any(), encoding, max_bytes)
    return Answer(response.status, request.url, response.headers.get("Content-Type", ""), content)


def redirected(request: Request, status: int, location: str) -> Request:
    """Return the request a redirect asks for (RFC 9110 section 15.4). Raises ToolError for a malformed location."""
    url = urls.read(location, request.url)
    out = replace(request, url=url)
    if not urls.same_origin(request.url, url):
        out = replace(out, headers=headers.for_another_origin(out.headers))
    to_get = (status == _SEE_OTHER and request.method != "HEAD") or (status in {301, 302} and request.method == "POST")
    if to_get:
        out = replace(out, method="GET", data=None, headers=headers.without_body(out.headers))
    return out


def _failure(where: str, error: Exception) -> ToolError:
    """Return the error for the model: the kind of failure and the host, nothing of what was sent or received."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return ToolError(f"{where} could not prove who it is: its certificate or TLS is not valid")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return ToolError(f"{where} has no address: check the name")
    if isinstance(error, aiohttp.ClientConnectorError):
        return ToolError(f"{where} cannot be reached: {error.os_error.strerror or 'no connection'}")
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError | OSError):
        return ToolError(f"{where} closed the connection before its answer was complete")
    return ToolError(f"{where} answered with something that is not HTTP, or too much of it: {type(error).__name__}")
