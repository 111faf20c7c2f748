"""One pooled HTTP session an event loop, and answers read within limits of time and size."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp
from yarl import URL

from lumosai_plugins.openai.failures import Refusal, refused
from lumosai_plugins.openai.settings import Endpoint
from lumosai_plugins.openai.wire import parse_json
from lumosai_sdk.errors import ModelAuthError, ModelError, ModelResponseError, ModelUnavailableError
from lumosai_sdk.types.trace import trace_headers

_FAILURES: Final = (aiohttp.ClientError, TimeoutError, OSError, ValueError)
_MAX_REFUSAL = 64 * 1024
_MIB = 1024 * 1024
_MAX_URLS = 1000
# Around each word of a stream stand some hundred bytes of JSON.
_STREAM_FACTOR = 8
_LAST_WORDS = 0.05


@dataclass(frozen=True, slots=True)
class Call:
    """One request to be sent: ``path`` below the endpoint's base, ``total`` seconds for all of it."""

    endpoint: Endpoint
    path: str
    model: str = ""
    body: bytes | None = None
    total: float | None = None

    @property
    def seconds(self) -> float:
        """The time the call may take."""
        return self.endpoint.timeouts.total if self.total is None else self.total


@dataclass(frozen=True, slots=True)
class _Door:
    """What a call to an endpoint needs each time, worked out once."""

    headers: dict[str, str]
    secrets: tuple[str, ...]


class Client:
    """Sends calls. Redirects are not followed, cookies not kept, bodies not unpacked (and not asked for packed)."""

    def __init__(self, *, max_connections: int = 100, max_bytes: int = 32 * _MIB, trust_env: bool = False) -> None:
        self._max_connections = max_connections
        self.max_bytes = max_bytes
        self._trust_env = trust_env
        self._sessions: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = (
            weakref.WeakKeyDictionary()
        )
        self._doors: dict[str, _Door] = {}
        self._urls: dict[tuple[str, str, str], URL] = {}
        self._closed = False

    def secrets(self, endpoint: Endpoint) -> tuple[str, ...]:
        """Return what must not show in an error about the endpoint."""
        return self._door(endpoint).secrets

    async def fetch(self, call: Call) -> bytes:
        """Send a call and return the whole body. Raises ModelError."""
        response = await self.open(call)
        try:
            return await self._body(response, call.endpoint)
        except _FAILURES as e:
            raise _broken(call, e) from None
        finally:
            response.release()

    async def open(self, call: Call) -> aiohttp.ClientResponse:
        """Send a call and return the answer, its body unread; release it. Raises ModelError unless it is a success."""
        endpoint, timeouts = call.endpoint, call.endpoint.timeouts
        door = self._door(endpoint)
        limits = aiohttp.ClientTimeout(total=call.seconds, sock_connect=timeouts.connect, sock_read=timeouts.first_byte)
        try:
            response = await self._session().request(
                "GET" if call.body is None else "POST",
                self._url(call),
                data=call.body,
                headers={**door.headers, **trace} if (trace := trace_headers("openai")) else door.headers,
                allow_redirects=False,
                timeout=limits,
            )
        except _FAILURES as e:
            raise _broken(call, e) from None
        if response.status != HTTPStatus.OK or response.headers.get("Content-Encoding", "identity") != "identity":
            raise await self._refusal(response, call, door)
        return response

    async def pieces(self, response: aiohttp.ClientResponse, call: Call) -> AsyncGenerator[bytes, None]:
        """Yield the body as it comes. Raises ModelError when it breaks off, falls silent or never ends."""
        limit = self.max_bytes * (1 if response.content_type == "application/json" else _STREAM_FACTOR)
        seen = 0
        try:
            while piece := await response.content.readany():
                if not seen:
                    _set_patience(response, call.endpoint.timeouts.between_chunks)
                seen += len(piece)
                _check_size(seen, limit, call.endpoint)
                yield piece
        except _FAILURES as e:
            raise _broken(call, e, began=seen > 0) from None

    @staticmethod
    async def release(response: aiohttp.ClientResponse, *, ended: bool) -> None:
        """Give the connection back: to the pool, if the answer *ended* and the server soon says that this was all."""
        with suppress(*_FAILURES):
            if ended and not response.content.at_eof():
                async with asyncio.timeout(_LAST_WORDS):
                    await response.content.readany()
        response.release()

    async def aclose(self) -> None:
        """Close every session; those of other event loops as far as that is possible from here."""
        self._closed = True
        here = asyncio.get_running_loop()
        for loop, session in list(self._sessions.items()):
            if loop is here:
                await session.close()
            elif loop.is_closed():
                _abandon(session)
            else:
                asyncio.run_coroutine_threadsafe(session.close(), loop)
        self._sessions.clear()

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if (session := self._sessions.get(loop)) is not None:
            return session
        if self._closed:
            raise ModelUnavailableError("the openai plugin has been stopped", hint="lumos plugin enable openai")
        for other in [o for o in self._sessions if o.is_closed()]:
            _abandon(self._sessions.pop(other))
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._max_connections, ttl_dns_cache=60),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=self._trust_env,
        )
        self._sessions[loop] = session
        return session

    def _door(self, endpoint: Endpoint) -> _Door:
        if (door := self._doors.get(endpoint.name)) is None:
            headers = {"User-Agent": "lumosai", **endpoint.request_headers()}
            names = {endpoint.key_header, *endpoint.secret_headers}
            secrets = tuple(headers[n].removeprefix("Bearer ") for n in names if n in headers)
            door = self._doors[endpoint.name] = _Door(headers, secrets)
        return door

    def _url(self, call: Call) -> URL:
        key = (call.endpoint.name, call.path, call.model if "{model}" in call.endpoint.base_url else "")
        if (url := self._urls.get(key)) is None:
            url = URL(call.endpoint.url(call.path, call.model), encoded=True)
            if len(self._urls) < _MAX_URLS:
                self._urls[key] = url
        return url

    async def _body(self, response: aiohttp.ClientResponse, endpoint: Endpoint) -> bytes:
        length = response.content_length
        _check_size(length or 0, self.max_bytes, endpoint)
        if length is not None:
            return await response.read()
        body = bytearray()
        while piece := await response.content.readany():
            body += piece
            _check_size(len(body), self.max_bytes, endpoint)
        return bytes(body)

    async def _refusal(self, response: aiohttp.ClientResponse, call: Call, door: _Door) -> ModelError:
        try:
            if response.status == HTTPStatus.OK:
                return ModelResponseError(f"{call.endpoint} sent a compressed answer, which was not asked for")
            refusal = Refusal.of(await _refusal_body(response, door), door.secrets)
        finally:
            response.close()
        error = refused(call.endpoint, response.status, refusal, response.headers, call.model)
        if isinstance(error, ModelAuthError):
            self._doors.pop(call.endpoint.name, None)  # the next call reads the key again: it may have been changed
        return error


async def _refusal_body(response: aiohttp.ClientResponse, door: _Door) -> object:
    body = bytearray()
    with suppress(*_FAILURES):
        while len(body) < _MAX_REFUSAL and (piece := await response.content.readany()):
            body += piece
    text = bytes(body[:_MAX_REFUSAL])
    try:
        return parse_json(text, door.secrets)
    except ModelResponseError:
        return text.decode(errors="replace")


def _check_size(size: int, limit: int, endpoint: Endpoint) -> None:
    if size > limit:
        raise ModelResponseError(f"{endpoint} sent more than {limit / _MIB:g} MiB in one answer")


def _set_patience(response: aiohttp.ClientResponse, seconds: float) -> None:
    """From now on wait so long for each piece of a body, rather than as long as for the first."""
    connection = response.connection
    if connection is not None and connection.protocol is not None:
        connection.protocol.read_timeout = seconds
        connection.protocol.start_timeout()


def _abandon(session: aiohttp.ClientSession) -> None:
    """Let go of a session whose event loop is gone: nothing of it can be awaited any more."""
    connector = session.connector
    session.detach()
    if connector is not None:
        closing = connector.close().__await__()
        with suppress(RuntimeError, StopIteration):
            next(closing)


def _broken(call: Call, error: Exception, *, began: bool = False) -> ModelError:
    endpoint = call.endpoint
    if isinstance(error, TimeoutError):
        return ModelUnavailableError(f"{endpoint} {_lateness(call, error, began=began)}", retryable=True)
    if isinstance(error, aiohttp.ClientSSLError):
        return ModelUnavailableError(
            f"{endpoint}: no trusted connection: {_reason(error)}", hint=f"check {endpoint.where}.base_url"
        )
    if isinstance(error, aiohttp.ClientConnectorError):
        return ModelUnavailableError(
            f"{endpoint}: cannot connect: {_reason(error)}",
            retryable=True,
            hint=f"is the server running? Its address is {endpoint.where}.base_url",
        )
    if isinstance(error, aiohttp.ClientConnectionError | aiohttp.ClientPayloadError | OSError):
        return ModelUnavailableError(f"{endpoint} cut the connection in the middle of an answer", retryable=True)
    return ModelResponseError(f"{endpoint} does not speak HTTP as it should ({type(error).__name__})")


def _reason(error: aiohttp.ClientConnectorError | aiohttp.ClientSSLError) -> str:
    return str(getattr(error, "strerror", "") or type(error).__name__)


def _lateness(call: Call, error: TimeoutError, *, began: bool) -> str:
    timeouts = call.endpoint.timeouts
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"did not accept a connection within {timeouts.connect:g} s"
    if not isinstance(error, aiohttp.SocketTimeoutError):
        return f"did not finish its answer within {call.seconds:g} s"
    if began:
        return f"fell silent for {timeouts.between_chunks:g} s in the middle of its answer"
    return f"did not begin to answer within {timeouts.first_byte:g} s"
