"""The client for programs that wait."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lumosai.client._generated.models import RunEvent
from lumosai.client._generated.operations import Operations
from lumosai.client.errors import ConnectionFailedError, StreamFailedError
from lumosai.client.follow import Place
from lumosai.client.retry import Retries
from lumosai.client.settings import Settings

if TYPE_CHECKING:
    import httpx2


class Client(Operations):
    """A LumosAI service, each of its operations a method.

    *base_url* is the service's address, *api_key* the key or token it shall know the caller by. *timeout* is in
    seconds, for one answer: a run answers when it has stopped. *retries* says how often what came to nothing is tried
    again. A key goes to other machines over https only, unless *insecure* is set. *transport* replaces the network,
    for tests.

    Methods raise ProblemError for an answer that is an error, ConnectionFailedError where none came. Used as a context
    manager it is closed at the end. Threads may share it. Raises ValueError for an address or a key that cannot be
    used, ModuleNotFoundError without the extra ``client``.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        timeout: float = 600.0,
        retries: Retries = Retries(),  # noqa: B008 - immutable
        insecure: bool = False,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        super().__init__(Settings.checked(base_url, api_key, timeout, retries, insecure=insecure), transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def follow_run(self, run_id: str, *, after: int = 0, attempts: int = 10) -> Iterator[RunEvent]:
        """Yield a run's events with ``seq`` above *after*, recorded ones first, until the run stops.

        A connection that breaks is made again where it was, so that no event is missed or told twice; pieces of text
        (``model.delta``) are not recorded, and those of the time in between are in ``model.completed``. Raises
        ConnectionFailedError or StreamFailedError when *attempts* connections in a row brought nothing, ProblemError.
        """
        place = Place(after, attempts)
        while True:
            broke: ConnectionFailedError | StreamFailedError | None = None
            try:
                with self.get_run_events_stream(run_id, after=place.seq) as stream:
                    yield from (event for event in stream if place.take(event))
            except (ConnectionFailedError, StreamFailedError) as e:
                broke = e
            if place.is_over or (broke is None and self._has_stopped(run_id, place)):
                return
            wait = place.again()
            if wait is None:
                raise broke or ConnectionFailedError(f"the events of {run_id} end again and again, and it goes on")
            time.sleep(wait)

    def _has_stopped(self, run_id: str, place: Place) -> bool:
        return place.has_stopped or self.get_run(run_id)["status"] != "running"
