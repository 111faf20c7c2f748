"""Sending requests and awaiting their answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from lumosai.client import exchange
from lumosai.client.request import EVENTS, Answer, Request
from lumosai.client.settings import Settings
from lumosai.client.streams import AsyncEventStream, Show

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")


class AsyncTransport:
    """One pool of connections to one service."""

    def __init__(self, settings: Settings, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        made = exchange.library().AsyncClient(**exchange.options(settings), transport=transport)
        self._http: httpx2.AsyncClient = made

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._settings.base_url!r})"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _json(self, request: Request) -> Any:
        return exchange.parsed(await self._send(request))

    async def _text(self, request: Request) -> str:
        return (await self._send(request)).text

    async def _nothing(self, request: Request) -> None:
        await self._send(request)

    async def _whole(self, request: Request) -> Answer:
        return exchange.whole(await self._send(request))

    async def _events(self, request: Request, show: Show[T]) -> AsyncEventStream[T]:
        return AsyncEventStream(await self._send(request), show)

    async def _pages(
        self, fetch: Callable[[str | None], Awaitable[Mapping[str, Any]]], cursor: str
    ) -> AsyncIterator[Any]:
        """Yield the entries of every page; *cursor* names what the next one is asked with."""
        after: str | None = None
        while True:
            page = await fetch(after)
            for entry in page["data"]:
                yield entry
            following = page[cursor] if page.get("has_more", True) else None
            if not following or following == after:
                return
            after = following

    async def _send(self, request: Request) -> httpx2.Response:
        """Return an answer that is none of an error, its body read unless it is a stream.

        Raises ProblemError, ConnectionFailedError.
        """
        request, done = request.keyed(), 0
        while True:
            done += 1
            wait = await self._attempt(request, done)
            if not isinstance(wait, float):
                return wait
            await asyncio.sleep(wait)

    async def _attempt(self, request: Request, done: int) -> httpx2.Response | float:
        """Return the answer, or how long to wait before asking again."""
        http, retries = exchange.library(), self._settings.retries
        try:
            response = await self._http.send(exchange.sent(self._http, request, self._settings), stream=True)
            if response.is_success and request.accept == EVENTS:
                return response
            try:
                await response.aread()
            finally:
                await response.aclose()
        except http.HTTPError as e:
            wait = retries.after_failure(request, done, sent=not exchange.before_sending(e))
            if wait is None:
                raise exchange.failed(e, request) from None
            return wait
        if response.is_success:
            return response
        problem = exchange.refused(response)
        wait = retries.after_problem(problem, done)
        if wait is None:
            raise problem
        return wait
