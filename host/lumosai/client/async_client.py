"""The client for programs with an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lumosai.client._generated.async_operations import AsyncOperations
from lumosai.client._generated.models import RunEvent
from lumosai.client.errors import ConnectionFailedError, StreamFailedError
from lumosai.client.follow import Place
from lumosai.client.retry import Retries
from lumosai.client.settings import Settings

if TYPE_CHECKING:
    import httpx2


class AsyncClient(AsyncOperations):
    """As ``Client``, for asyncio: its methods are awaited, its streams and pages gone through with ``async for``."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        timeout: float = 600.0,
        retries: Retries = Retries(),  # noqa: B008 - immutable
        insecure: bool = False,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(Settings.checked(base_url, api_key, timeout, retries, insecure=insecure), transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.aclose()

    async def follow_run(self, run_id: str, *, after: int = 0, attempts: int = 10) -> AsyncIterator[RunEvent]:
        """Yield a run's events with ``seq`` above *after*, recorded ones first, until the run stops.

        A connection that breaks is made again where it was, so that no event is missed or told twice; pieces of text
        (``model.delta``) are not recorded, and those of the time in between are in ``model.completed``. Raises
        ConnectionFailedError or StreamFailedError when *attempts* connections in a row brought nothing, ProblemError.
        """
        place = Place(after, attempts)
        while True:
            broke: ConnectionFailedError | StreamFailedError | None = None
            try:
                async with await self.get_run_events_stream(run_id, after=place.seq) as stream:
                    async for event in stream:
                        if place.take(event):
                            yield event
            except (ConnectionFailedError, StreamFailedError) as e:
                broke = e
            if place.is_over or (broke is None and await self._has_stopped(run_id, place)):
                return
            wait = place.again()
            if wait is None:
                raise broke or ConnectionFailedError(f"the events of {run_id} end again and again, and it goes on")
            await asyncio.sleep(wait)

    async def _has_stopped(self, run_id: str, place: Place) -> bool:
        return place.has_stopped or (await self.get_run(run_id))["status"] != "running"
