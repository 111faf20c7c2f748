"""One follower's ear to a run, in whichever process it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lumosai.gateway.peers.errors import SilentError
from lumosai.gateway.peers.remote import RemoteRun, Take
from lumosai.gateway.problems import log
from lumosai.gateway.run_record import recorded_events
from lumosai.gateway.told import told
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.storage import RunRecord

if TYPE_CHECKING:
    from lumosai.gateway.peers.peers import Peers


class Follow:
    """Hears the events of a run of this process from the start; those of a sibling's once it has joined there.

    *take* is given each event as JSON; *on_lost* is called when a sibling's events may have been missed: the record
    tells them. Close it when done.
    """

    def __init__(self, peers: Peers, run_id: str, take: Take, on_lost: Callable[[], None]) -> None:
        self._peers = peers
        self._run_id = run_id
        self._take = take
        self._on_lost = on_lost
        self._remote: RemoteRun | None = None
        self._stop = peers.host.bus.listen(self._local, run_id)

    def _local(self, event: Event) -> None:
        self._take(told(event))

    @property
    def is_live(self) -> bool:
        """Whether what happens in the run comes here by itself."""
        return self._is_joined or self._peers.host.runs.under_way(self._run_id) is not None

    @property
    def _is_joined(self) -> bool:
        return self._remote is not None and not self._remote.over

    async def join(self, record: RunRecord) -> RunRecord:
        """Follow the run where it runs, if that is a sibling that can be asked; return how it stands then.

        What happens from then on comes; what was before, ``events`` tells. A run whose process is dead is marked so.
        Raises StorageError.
        """
        if self._is_joined or record.status != "running" or not self._peers.may_be_elsewhere(record.host):
            return record
        self._leave()
        runs = self._peers.runs
        try:
            self._remote = await runs.remote(record.host, self._run_id, self, self._take, self._on_lost)
        except SilentError:
            return await runs.unless_dead(record)
        return record

    async def events(self, after: int) -> Sequence[Mapping[str, Any]]:
        """Return the events of the run so far, with ``seq`` above *after*.

        Its own process knows what it has not written yet; where that is out of reach, the record has to do. Raises
        StorageError.
        """
        remote = self._remote
        if remote is not None and remote.connection.is_open:
            try:
                return await self._peers.runs.told_events(remote, after)
            except LumosError as e:
                log.info("run %s is read from the record: %s", self._run_id, e)
        return await recorded_events(self._peers.host, self._run_id, after)

    def _leave(self) -> None:
        remote, self._remote = self._remote, None
        if remote is not None:
            self._peers.runs.leave(remote, self)

    def close(self) -> None:
        """Hear no more."""
        self._stop()
        self._leave()
