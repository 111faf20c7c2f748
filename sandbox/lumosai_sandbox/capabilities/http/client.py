"""One request with its redirects, each judged as if it had been asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import aiohttp
from yarl import URL  # noqa: TC002 - read at run time

from lumosai_sandbox.capabilities.http import headers, urls
from lumosai_sandbox.capabilities.http.guard import Guard
from lumosai_sandbox.capabilities.scrub import Scrubber
from lumosai_sandbox.capabilities.secrets import Secrets, named, put_in
from lumosai_sdk.errors import InputError, LumosError, PermissionDeniedError
from lumosai_sdk.wireerrors import FarError

MAX_REDIRECTS = 5
_SEE_OTHER = 303
_REDIRECTS = frozenset({301, 302, _SEE_OTHER, 307, 308})
_MAX_HEADERS = 128
_MAX_LINE = 16 * 1024
_IDLE = 15.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for next; ``headers`` still hold handles where secrets will stand."""

    method: str
    url: URL
    headers: Mapping[str, str]
    data: bytes | None


@dataclass(slots=True)
class Answer:
    """A final answer whose body is still to be read."""

    response: aiohttp.ClientResponse
    request: Request
    scrubber: Scrubber | None

    @property
    def shown_url(self) -> str:
        return self.scrubber.text(str(self.request.url)) if self.scrubber else str(self.request.url)

    def shown_headers(self) -> dict[str, str]:
        """Return the headers without the secrets."""
        found = headers.received(self.response.headers.items())
        if self.scrubber is None:
            return found
        return {self.scrubber.text(n): self.scrubber.text(v) for n, v in found.items()}


class Client:
    """Makes the requests of one plugin. Connections are kept a few seconds, for the host they were approved for."""

    def __init__(self, guard: Guard, secrets: Secrets) -> None:
        self._guard = guard
        self._secrets = secrets
        self._session: aiohttp.ClientSession | None = None

    async def answer(self, request: Request) -> Answer:
        """Return the final answer. Raises LumosError, which tells of the host that was asked and nothing more."""
        scrubber = await self._secrets.scrubber()
        if scrubber is not None and request.headers.keys() & {"range", "if-range"}:
            raise InputError("a plugin that holds secrets asks for whole answers, not for ranges of them")
        for _ in range(MAX_REDIRECTS + 1):
            outcome = await self._hop(request, scrubber)
            if isinstance(outcome, Answer):
                return outcome
            request = outcome
        raise FarError(
            "unavailable", f"more than {MAX_REDIRECTS} redirects; the last led to {urls.origin(request.url)}"
        )

    async def _hop(self, request: Request, scrubber: Scrubber | None) -> Answer | Request:
        self._guard.check(request.method, request.url)
        sent = await self._with_secrets(request)
        try:
            response = await self._opened().request(
                request.method, request.url, headers=sent, data=request.data, allow_redirects=False
            )
        except (aiohttp.ClientError, OSError, ValueError) as e:
            raise failure(urls.origin(request.url), e) from None
        location = response.headers.get("Location")
        if response.status not in _REDIRECTS or location is None:
            return Answer(response, request, scrubber)
        response.close()
        if scrubber is not None and scrubber.within(location):
            raise PermissionDeniedError(f"{urls.origin(request.url)} redirects to a place that has a secret in its URL")
        return redirected(request, response.status, location)

    async def _with_secrets(self, request: Request) -> dict[str, str]:
        names = {n for v in request.headers.values() for n in named(v)}
        if not names:
            return dict(request.headers)
        url, host, port = request.url, request.url.raw_host or "", urls.port_of(request.url)
        for name in names:
            self._secrets.check_may_go(name, host, port)
        if url.scheme != "https" and not self._guard.is_local(url):
            raise PermissionDeniedError(f"secrets go out encrypted only: {urls.origin(url)} is not https")
        values = await self._secrets.values(names)
        for name, value in values.items():
            if not headers.is_value(value):
                raise FarError("unavailable", f"the secret {name!r} has characters that no header can hold")
        return {n: put_in(v, values) for n, v in request.headers.items()}

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=self._guard,
                use_dns_cache=False,
                keepalive_timeout=_IDLE,
                limit=64,
                socket_factory=self._guard.open_socket,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(),
                max_line_size=_MAX_LINE,
                max_field_size=_MAX_LINE,
                max_headers=_MAX_HEADERS,
            )
        return self._session

    async def aclose(self) -> None:
        """Let go of all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def redirected(request: Request, status: int, location: str) -> Request:
    """Return the request a redirect asks for (RFC 9110 section 15.4). Raises InputError for a malformed location."""
    try:
        url = urls.read(location, request.url)
    except InputError as e:
        raise FarError("unavailable", f"{urls.origin(request.url)} redirects to nowhere: {e.message}") from None
    out = replace(request, url=url)
    if url.origin() != request.url.origin():
        out = replace(out, headers=headers.for_another_origin(out.headers))
    if (status == _SEE_OTHER and request.method != "HEAD") or (status in {301, 302} and request.method == "POST"):
        out = replace(out, method="GET", data=None, headers=headers.without_body(out.headers))
    return out


def failure(where: str, error: Exception) -> LumosError:
    """Return the error for the plugin: the kind of failure and the host, nothing of what was sent or received."""
    if isinstance(error, TimeoutError):
        return FarError("timeout", f"{where} did not answer in time")
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return FarError("unavailable", f"{where} could not prove who it is: its certificate or TLS is not valid")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return FarError("unavailable", f"{where} has no address")
    if isinstance(error, aiohttp.ClientConnectorError):
        return FarError("unavailable", f"{where} cannot be reached")
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError | OSError):
        return FarError("unavailable", f"{where} closed the connection before its answer was complete")
    return FarError("unavailable", f"{where} answered with something that is not HTTP, or too much of it")
