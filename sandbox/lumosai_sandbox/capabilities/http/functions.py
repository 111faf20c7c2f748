"""The functions of ``http``, and the streams that calls have open."""

from __future__ import annotations

import asyncio
import json
import secrets as tokens
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

import aiohttp

from lumosai_sandbox.capabilities import arguments
from lumosai_sandbox.capabilities.arguments import limit
from lumosai_sandbox.capabilities.http import body, headers, urls
from lumosai_sandbox.capabilities.http.client import Answer, Client, Request, failure
from lumosai_sandbox.capabilities.http.guard import Guard, Lookup, Lookups
from lumosai_sandbox.capabilities.plugin import Functions, Rights
from lumosai_sandbox.capabilities.secrets import MARK, Secrets
from lumosai_sdk.errors import ConflictError, InputError, NotFoundError
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.trace import trace_headers
from lumosai_sdk.wireerrors import FarError

MAX_SECONDS = 30.0
"""For a whole ``fetch``, for ``open`` until there are headers, and for each ``read``."""
MAX_STREAM = 600.0
MAX_OPEN = 8
MAX_BODY = 1024 * 1024
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_KNOWN = frozenset({"method", "url", "headers", "body", "body_base64", "timeout"})


class _Stream:
    """An answer whose body is being read."""

    def __init__(self, answer: Answer, seconds: float) -> None:
        self.answer = answer
        self.seconds = seconds
        self.busy = False
        self.decoder = body.decoder()
        self.pieces = cast("AsyncGenerator[bytes, None]", _body(answer))
        self.until = asyncio.get_running_loop().time() + MAX_STREAM
        self.timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        self.answer.response.close()
        if self.timer is not None:
            self.timer.cancel()

    async def next(self) -> str | None:
        """Return the next piece of text, or None at the end."""
        async for data in self.pieces:
            if out := self.decoder.decode(data):
                return out
        return self.decoder.decode(b"", final=True) or None


class Http:
    """The requests of one plugin."""

    def __init__(self, rights: Rights, secrets: Secrets, names: Lookup | None) -> None:
        """*names* resolves host names, the system if None."""
        self._plugin = rights.context.name
        self._client = Client(Guard(rights, names or Lookups()), secrets)
        self._streams: dict[Caller, dict[str, _Stream]] = {}

    def functions(self) -> Functions:
        return {
            "http.fetch": (1, self._fetch),
            "http.open": (1, self._open),
            "http.read": (1, self._read),
            "http.close": (1, self._close),
        }

    async def _fetch(self, _: Caller, text: str) -> str:
        request, seconds = self._asked(text)
        async with _in_time(request, seconds):
            answer = await self._client.answer(request)
            try:
                data = b"".join([piece async for piece in _body(answer)])
            finally:
                answer.response.close()
        content = body.told(data, answer.response.headers.get("Content-Type", ""))
        return json.dumps({**_head(answer), **content}, ensure_ascii=False)

    def _asked(self, text: str) -> tuple[Request, float]:
        request, seconds = _request(text)
        # Nothing, unless the owner named the plugin: what a request is part of is nobody's business out there.
        if carried := trace_headers(self._plugin):
            request = replace(request, headers={**request.headers, **carried})
        return request, seconds

    async def _open(self, caller: Caller, text: str) -> str:
        request, seconds = self._asked(text)
        if len(self._streams.get(caller, ())) >= MAX_OPEN:
            raise limit(f"a call has at most {MAX_OPEN} streams open")
        async with _in_time(request, seconds):
            answer = await self._client.answer(request)
        handle = tokens.token_urlsafe(12)
        stream = _Stream(answer, seconds)
        mine = self._streams.setdefault(caller, {})
        if len(mine) >= MAX_OPEN:  # others were opened meanwhile
            stream.close()
            raise limit(f"a call has at most {MAX_OPEN} streams open")
        mine[handle] = stream
        self._rest(caller, handle, stream)
        return json.dumps({"handle": handle, **_head(answer)})

    async def _read(self, caller: Caller, handle: str) -> str:
        stream = self._found(caller, handle)
        if stream.busy:
            raise ConflictError("this stream is being read already")
        if stream.timer is not None:
            stream.timer.cancel()
        stream.busy, piece = True, None
        try:
            left = stream.until - asyncio.get_running_loop().time()
            async with _in_time(stream.answer.request, min(stream.seconds, left)):
                piece = await stream.next()
        finally:
            stream.busy = False
            if piece is None:
                self._drop(caller, handle)
            else:
                self._rest(caller, handle, stream)
        return json.dumps(piece, ensure_ascii=False)

    async def _close(self, caller: Caller, handle: str) -> str:
        self._found(caller, handle)
        self._drop(caller, handle)
        return "null"

    def _found(self, caller: Caller, handle: str) -> _Stream:
        stream = self._streams.get(caller, {}).get(handle)
        if stream is None:
            raise NotFoundError("open stream of this call", handle[:40])
        return stream

    def _rest(self, caller: Caller, handle: str, stream: _Stream) -> None:
        """Close a stream that nobody reads."""
        if self._streams.get(caller, {}).get(handle) is stream:
            stream.timer = asyncio.get_running_loop().call_later(MAX_SECONDS, self._drop, caller, handle)

    def _drop(self, caller: Caller, handle: str) -> None:
        mine = self._streams.get(caller, {})
        if (stream := mine.pop(handle, None)) is not None:
            stream.close()
        if not mine:
            self._streams.pop(caller, None)

    async def release(self, caller: Caller) -> None:
        """Close what a call left open."""
        for stream in self._streams.pop(caller, {}).values():
            stream.close()

    async def aclose(self) -> None:
        """Close everything."""
        for caller in list(self._streams):
            await self.release(caller)
        await self._client.aclose()


def _request(text: str) -> tuple[Request, float]:
    """Read a request. Raises InputError, FarError; neither repeats what stands in it."""
    data = arguments.fields(text, "request", _KNOWN)
    method = arguments.text(data, "method", "GET").upper()
    if method not in METHODS:
        raise InputError(f"method must be one of {', '.join(sorted(METHODS))}")
    seconds = arguments.number(data, "timeout", MAX_SECONDS, 0.001, 86_400.0) or MAX_SECONDS
    sent = headers.checked(data.get("headers") or {})
    content = _content(data)
    if content is not None and "body" in data:
        sent.setdefault("content-type", "text/plain; charset=utf-8")
    return Request(method, urls.read(arguments.text(data, "url")), sent, content), min(seconds, MAX_SECONDS)


def _content(data: dict[str, Any]) -> bytes | None:
    plain, packed = data.get("body"), data.get("body_base64")
    if plain is None and packed is None:
        return None
    if plain is not None and packed is not None:
        raise InputError("a request has 'body' or 'body_base64', not both")
    which = "body" if packed is None else "body_base64"
    given = arguments.text(data, which)
    content = given.encode("utf-8", "replace") if packed is None else arguments.unpacked(given, which)
    if len(content) > MAX_BODY:
        raise limit(f"a request's body has at most {MAX_BODY} bytes")
    if MARK.encode() in content:
        raise InputError("a secret's handle may stand in the value of a header, not in a body")
    return content


def _head(answer: Answer) -> dict[str, Any]:
    return {"status": answer.response.status, "url": answer.shown_url, "headers": answer.shown_headers()}


async def _body(answer: Answer) -> AsyncIterator[bytes]:
    encoding = ", ".join(answer.response.headers.getall("Content-Encoding", []))
    try:
        async for piece in body.pieces(answer.response.content.iter_any(), encoding, answer.scrubber):
            yield piece
    except (aiohttp.ClientError, OSError, ValueError) as e:
        raise failure(urls.origin(answer.request.url), e) from None


@asynccontextmanager
async def _in_time(request: Request, seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(max(seconds, 0.0)):
            yield
    except TimeoutError:
        raise FarError("timeout", f"{urls.origin(request.url)} did not answer within {seconds:g} s") from None
