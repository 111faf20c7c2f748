"""Sending requests and waiting for their answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from lumosai.client import exchange
from lumosai.client.request import EVENTS, Answer, Request
from lumosai.client.settings import Settings
from lumosai.client.streams import EventStream, Show

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")


class Transport:
    """One pool of connections to one service."""

    def __init__(self, settings: Settings, transport: httpx2.BaseTransport | None = None) -> None:
        self._settings = settings
        self._http: httpx2.Client = exchange.library().Client(**exchange.options(settings), transport=transport)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._settings.base_url!r})"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _json(self, request: Request) -> Any:
        return exchange.parsed(self._send(request))

    def _text(self, request: Request) -> str:
        return self._send(request).text

    def _nothing(self, request: Request) -> None:
        self._send(request)

    def _whole(self, request: Request) -> Answer:
        return exchange.whole(self._send(request))

    def _events(self, request: Request, show: Show[T]) -> EventStream[T]:
        return EventStream(self._send(request), show)

    def _pages(self, fetch: Callable[[str | None], Mapping[str, Any]], cursor: str) -> Iterator[Any]:
        """Yield the entries of every page; *cursor* names what the next one is asked with."""
        after: str | None = None
        while True:
            page = fetch(after)
            yield from page["data"]
            following = page[cursor] if page.get("has_more", True) else None
            if not following or following == after:
                return
            after = following

    def _send(self, request: Request) -> httpx2.Response:
        """Return an answer that is none of an error, its body read unless it is a stream.

        Raises ProblemError, ConnectionFailedError.
        """
        request, done = request.keyed(), 0
        while True:
            done += 1
            wait = self._attempt(request, done)
            if not isinstance(wait, float):
                return wait
            time.sleep(wait)

    def _attempt(self, request: Request, done: int) -> httpx2.Response | float:
        """Return the answer, or how long to wait before asking again."""
        http, retries = exchange.library(), self._settings.retries
        try:
            response = self._http.send(exchange.sent(self._http, request, self._settings), stream=True)
            if response.is_success and request.accept == EVENTS:
                return response
            try:
                response.read()
            finally:
                response.close()
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
