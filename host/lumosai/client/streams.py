"""Streams of events, as iterators that are closed when they are left."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from lumosai.client.errors import AnswerError, ConnectionFailedError, stream_error

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")
_DONE = "[DONE]"


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """An event of a stream whose events have no one shape; ``data`` is what its JSON says."""

    event: str
    data: Any
    id: str = ""


Show = Callable[[ServerSentEvent], T]


def shown_data(event: ServerSentEvent) -> Any:
    """Return an event's data, for streams whose events are told by their data."""
    return event.data


def shown_event(event: ServerSentEvent) -> ServerSentEvent:
    """Return an event as it is."""
    return event


class _Stream(Generic[T]):
    """What both kinds of streams have. ``run_id`` is the run that was started, if the stream is of one."""

    def __init__(self, response: httpx2.Response, show: Show[T]) -> None:
        self._response = response
        self._show = show

    @property
    def run_id(self) -> str | None:
        """The id of the run behind the stream."""
        return self._response.headers.get("x-lumos-run")

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer."""
        return self._response.headers

    def _read(self, event: httpx2.ServerSentEvent) -> T | None:
        """Return an event, None at the end's mark. Raises StreamFailedError, AnswerError."""
        if event.data == _DONE:
            return None
        try:
            data = json.loads(event.data)
        except (ValueError, RecursionError):
            raise AnswerError("the data of an event is not JSON") from None
        if event.event == "error":
            raise stream_error(data, self.run_id)
        return self._show(ServerSentEvent(event.event, data, event.id))


class EventStream(_Stream[T]):
    """Events as they come. Leaving the ``with`` block, or closing it, hangs up: a run that it started is cancelled."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._response.close()

    def __iter__(self) -> Iterator[T]:
        from httpx2 import EventSource, HTTPError

        try:
            for event in EventSource(self._response):
                if (read := self._read(event)) is None:
                    return
                yield read
        except HTTPError as e:
            raise _broken(e) from None
        finally:
            self._response.close()


class AsyncEventStream(_Stream[T]):
    """As ``EventStream``, for asyncio."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Hang up."""
        await self._response.aclose()

    async def __aiter__(self) -> AsyncIterator[T]:
        from httpx2 import EventSource, HTTPError

        try:
            async for event in EventSource(self._response):
                if (read := self._read(event)) is None:
                    return
                yield read
        except HTTPError as e:
            raise _broken(e) from None
        finally:
            await self._response.aclose()


def _broken(error: Exception) -> ConnectionFailedError:
    return ConnectionFailedError(f"the stream broke: {type(error).__name__}: {error}")
