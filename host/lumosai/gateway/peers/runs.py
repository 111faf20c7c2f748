"""Runs across processes: who runs one, its events, cancelling it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lumosai.gateway.peers import bounds
from lumosai.gateway.peers.connection import Connection, Data
from lumosai.gateway.peers.errors import FrameError, SilentError
from lumosai.gateway.peers.remote import RemoteRun, Take
from lumosai.gateway.peers.run_feed import RunFeed
from lumosai.gateway.reply import dump
from lumosai.gateway.run_record import recorded_events
from lumosai.runs.recorder import check_owner, owner_of
from lumosai_sdk.errors import NotFoundError
from lumosai_sdk.types.auth import LOCAL, Principal
from lumosai_sdk.types.storage import RunRecord

if TYPE_CHECKING:
    from lumosai.gateway.peers.peers import Peers

_ID_LENGTH = 256


class PeerRuns:
    """The runs of all processes of a data folder, as one of them knows and reaches them."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._host = peers.host
        self._feeds: dict[str, RunFeed] = {}
        self._remotes: dict[str, RemoteRun] = {}
        self._burying = asyncio.Lock()
        self.on_moved: Callable[[str], None] = lambda _: None
        """Told the id of a run with which a sibling goes on."""
        peers.asks.update(follow=self._follow, events=self._events, run=self._run, cancel=self._cancel)
        peers.notes.update(unfollow=self._unfollow, events=self._take, over=self._over, moved=self._moved)

    # --- runs that may be a sibling's

    async def get(self, run_id: str, principal: Principal = LOCAL) -> RunRecord:
        """Return a run's record, also of one that its process has begun and not yet written. Raises NotFoundError."""
        try:
            return await self._host.runs.get(run_id, principal)
        except NotFoundError:
            found = await self._begun(run_id)
            if found is None:
                raise
        check_owner("run", run_id, found.owner, principal)
        return found

    async def _begun(self, run_id: str) -> RunRecord | None:
        if len(run_id) > _ID_LENGTH:
            return None
        for answer in await self._peers.gather("run", {"run": run_id}, bounds.HELLO_SECONDS):
            if isinstance(told := answer.data, dict):
                owner, at = str(told["owner"]), float(told["at"])
                return RunRecord(run_id, str(told["agent"]), "running", owner, None, answer.host_id, at, at)
        return None

    async def cancel(self, run_id: str, principal: Principal) -> None:
        """Cancel a run, wherever it runs. Raises NotFoundError, ConflictError when it has ended, SilentError."""
        if self._host.runs.under_way(run_id) is None:
            record = await self.get(run_id, principal)
            if record.status == "running" and self._peers.may_be_elsewhere(record.host):
                record = await self.unless_dead(record)
            if record.status == "running" and self._peers.has_socket(record.host):
                by = {"id": principal.id, "tenant": principal.tenant, "scopes": sorted(principal.scopes)}
                await self._peers.ask(record.host, "cancel", {"run": run_id, "by": by})
                return
        await self._host.runs.cancel(run_id, principal)

    async def unless_dead(self, record: RunRecord) -> RunRecord:
        """Return the record of a running run; where its process is dead, as it is once that is recorded."""
        if self._peers.lives(record.host):
            return record
        await self.bury()
        return await self._host.runs.get(record.id)

    async def bury(self) -> None:
        """Mark the runs whose processes are dead. Raises StorageError."""
        async with self._burying:
            if count := await self._host.recorder.mark_interrupted(self._peers.lives):
                self._host.bus.warn(f"{count} runs had died with their process; they are marked interrupted")

    def resumed(self, run_id: str) -> None:
        """Tell all siblings that a run goes on here: some may follow it."""
        for host_id in self._peers.siblings():
            self._peers.spawn(self._peers.tell(host_id, "moved", run=run_id))

    # --- following a sibling's run

    async def remote(
        self, host_id: str, run_id: str, key: object, take: Take, on_lost: Callable[[], None]
    ) -> RemoteRun:
        """Follow a run of a sibling's. Raises SilentError when it cannot be asked."""
        connection = await self._peers.link(host_id)
        found = self._remotes.get(run_id)
        if found is None or found.over or found.connection is not connection:
            found = self._remotes[run_id] = RemoteRun(connection, run_id)
        try:
            await found.join(key, take, on_lost)
        except BaseException:
            self.leave(found, key)
            raise
        return found

    def leave(self, remote: RemoteRun, key: object) -> None:
        """Follow a run no more."""
        remote.leave(key)
        if len(remote) or self._remotes.get(remote.run_id) is not remote:
            return
        del self._remotes[remote.run_id]
        if not remote.over:
            remote.over = True
            remote.connection.tell("unfollow", run=remote.run_id)

    async def told_events(self, remote: RemoteRun, after: int) -> list[Mapping[str, Any]]:
        """Return the events so far as the run's own process knows them. Raises SilentError."""
        out: list[Mapping[str, Any]] = []
        while True:
            answer = await remote.connection.ask("events", {"run": remote.run_id, "after": after})
            if not isinstance(answer, dict) or not isinstance(answer.get("events"), list):
                raise SilentError("the answer cannot be read")
            out += answer["events"]
            if not answer.get("more"):
                return out
            after = int(out[-1]["seq"])

    def _take(self, connection: Connection, data: Data) -> None:
        remote = self._remotes.get(str(data.get("run")))
        if remote is None or remote.connection is not connection:
            return
        for event in data["events"]:
            remote.take(event)

    def _over(self, connection: Connection, data: Data) -> None:
        remote = self._remotes.get(str(data.get("run")))
        if remote is not None and remote.connection is connection:
            del self._remotes[remote.run_id]
            remote.end(lost=data.get("why") != "ended")

    def _moved(self, connection: Connection, data: Data) -> None:  # noqa: ARG002 - as the others
        self.on_moved(str(data.get("run")))

    @property
    def is_following(self) -> set[Connection]:
        """The connections over which runs are followed."""
        return {r.connection for r in self._remotes.values()}

    def ended(self, connection: Connection) -> None:
        """Let go what went over a connection."""
        for feed in tuple(self._feeds.values()):
            feed.remove(connection)
        for run_id, remote in tuple(self._remotes.items()):
            if remote.connection is connection:
                del self._remotes[run_id]
                remote.end(lost=True)

    # --- this process's runs, for siblings

    async def _follow(self, connection: Connection, data: Data) -> dict[str, Any]:
        run_id = str(data.get("run"))
        state = self._host.runs.under_way(run_id)
        if state is None:
            return {"active": False}
        state.streaming = True  # from the next call of a model on, if it was not before
        if run_id not in self._feeds:
            self._feeds[run_id] = RunFeed(self._host.bus, run_id, self._forget)
        self._feeds[run_id].add(connection)
        return {"active": True}

    def _forget(self, run_id: str) -> None:
        self._feeds.pop(run_id, None)

    def _unfollow(self, connection: Connection, data: Data) -> None:
        if (feed := self._feeds.get(str(data.get("run")))) is not None:
            feed.remove(connection)

    async def _events(self, connection: Connection, data: Data) -> dict[str, Any]:  # noqa: ARG002 - as the others
        run_id, after = str(data.get("run")), data.get("after")
        if not isinstance(after, int):
            raise FrameError("after is the seq of an event")
        found = await recorded_events(self._host, run_id, after)
        size = 0
        for count, event in enumerate(found):
            size += len(dump(event))
            if size > bounds.PART_BYTES and count:
                return {"events": found[:count], "more": True}
        return {"events": found, "more": False}

    async def _run(self, connection: Connection, data: Data) -> dict[str, Any] | None:  # noqa: ARG002 - as the others
        state = self._host.runs.under_way(str(data.get("run")))
        if state is None:
            return None
        return {"agent": state.plan.agent.id, "owner": owner_of(state.request.principal), "at": state.created_at}

    async def _cancel(self, connection: Connection, data: Data) -> None:  # noqa: ARG002 - as the others
        by = data.get("by")
        if not isinstance(by, dict):
            raise FrameError("by is who cancels")
        principal = Principal(str(by["id"]), str(by["tenant"]), frozenset(map(str, by["scopes"])))
        await self._host.runs.cancel(str(data.get("run")), principal)
