"""The siblings of this process: finding them, connecting when there is need, asking one or all."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from lumosai.gateway.peers import bounds
from lumosai.gateway.peers.changes import Changes
from lumosai.gateway.peers.connection import Connection, Data
from lumosai.gateway.peers.errors import FrameError, GoneError, PeersError, SilentError
from lumosai.gateway.peers.place import Place, is_listening
from lumosai.gateway.peers.runs import PeerRuns
from lumosai.gateway.peers.service import Service
from lumosai.gateway.peers.topics import PeerTopics
from lumosai.gateway.problems import log
from lumosai.gateway.ticker import Ticker
from lumosai.host import Host
from lumosai.runs.hostid import host_id, is_alive
from lumosai_sdk.errors import LumosError


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sibling answered: *data*, or the *error* that kept it from answering."""

    host_id: str
    data: Any = None
    error: LumosError | None = None

    @property
    def pid(self) -> int:
        """The sibling's process id."""
        return int(self.host_id.split(":")[-2])


class Peers:
    """The processes that share this one's data folder. Until ``open`` there are none."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.own_id = host_id()
        self.is_alive = is_alive
        self.asks: dict[str, Callable[[Connection, Data], Awaitable[Any]]] = {"ping": self._pong}
        self.notes: dict[str, Callable[[Connection, Data], None]] = {}
        self.runs = PeerRuns(self)
        self.topics = PeerTopics(self)
        self.changes = Changes(self)
        self.service = Service(self)
        self.ticker = Ticker(bounds.LOOK_SECONDS)
        self._place: Place | None = None
        self._links: dict[str, Connection] = {}
        self._opening: dict[str, asyncio.Task[Connection]] = {}
        self._shunned: dict[str, float] = {}
        self._taken: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._missed = asyncio.Event()
        """A connection has ended, and with it perhaps a sibling."""

    # --- its life

    @asynccontextmanager
    async def open(self, group: str = "") -> AsyncIterator[None]:
        """Be found by siblings, and find them, while the context is open. Where that cannot be, it is told why.

        Those of one *group* are one service.
        """
        self.service.group = group
        server = await self._listen()
        if server is None:
            yield
            return
        self.host.runs.on_resumed = self.runs.resumed
        self.spawn(self._sweep())
        for sibling in self.siblings():
            self.spawn(self.tell(sibling, "here"))
        try:
            yield
        finally:
            await self._close(server)

    async def _listen(self) -> asyncio.Server | None:
        if os.name == "nt" or not hasattr(socket, "AF_UNIX"):
            log.info("this system has no Unix sockets: runs of other processes are followed by their record")
            return None
        try:
            place = Place(self.host.loaded.data_dir)
            listener = place.listen(self.own_id)
        except PeersError as e:
            self.host.bus.warn(f"other processes with the same data cannot be reached: {e}")
            return None
        self._place = place
        return await asyncio.start_unix_server(self._taken_in, sock=listener)

    async def _close(self, server: asyncio.Server) -> None:
        assert self._place is not None  # noqa: S101 - it is listened in
        self._place.leave(self.own_id)
        self._place = None
        self.host.runs.on_resumed = None
        server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await self.topics.aclose()
        await asyncio.gather(*(c.close() for c in {*self._links.values(), *self._taken}))

    @property
    def is_open(self) -> bool:
        """Whether siblings can be found."""
        return self._place is not None

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that nobody waits for, and that ends with this."""
        task = asyncio.create_task(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: work.close())  # it may have been cancelled before it began

    async def _sweep(self) -> None:
        """Now and then, clear up after siblings that died, and drop those that hang."""
        while self._place is not None:
            if self._place.clear(self.lives):
                self.spawn(self.runs.bury())
            for connection in self.runs.is_following:
                self.spawn(self._check(connection))
            with suppress(TimeoutError):
                async with asyncio.timeout(bounds.SWEEP_SECONDS):
                    await self._missed.wait()
                await asyncio.sleep(bounds.DYING_SECONDS)
            self._missed.clear()

    async def _check(self, connection: Connection) -> None:
        try:
            await connection.ask("ping", {}, bounds.PING_SECONDS)
        except SilentError:
            self._shun(connection.host_id)
            connection.drop()

    # --- who there is

    def siblings(self) -> list[str]:
        """Return the ids of the other processes that can be asked."""
        if self._place is None:
            return []
        return [i for i in self._place.ids() if i != self.own_id and self.is_alive(i)][: bounds.SIBLINGS]

    def lives(self, other: str) -> bool:
        """Tell whether a process lives; one that listens does, where its id says nothing here (another container's)."""
        if other == self.own_id or self.is_alive(other):
            return True
        return self._place is not None and self.has_socket(other) and is_listening(self._place.path(other))

    def may_be_elsewhere(self, other: str) -> bool:
        """Tell whether a host id can be a sibling's, alive or dead."""
        return self.is_open and other != self.own_id

    def has_socket(self, other: str) -> bool:
        """Tell whether a process can be asked."""
        if self._place is None or other == self.own_id:
            return False
        return self._place.has(other)

    async def shared(self) -> None:
        """Return when siblings, if there are any, can read what was written: the next request may go to one of them.

        Raises StorageError.
        """
        if self.siblings():
            await self.host.storage.flush()

    # --- connections

    async def link(self, other: str) -> Connection:
        """Return the connection to a sibling, opening it if need be. Raises GoneError, SilentError."""
        found = self._links.get(other)
        if found is not None and found.is_open:
            return found
        if time.monotonic() < self._shunned.get(other, 0.0):
            raise SilentError(f"the process {other} did not answer a moment ago", hint="try again later")
        if other not in self._opening:
            task = self._opening[other] = asyncio.create_task(self._open_link(other))
            task.add_done_callback(lambda t: self._opened(other, t))
        return await asyncio.shield(self._opening[other])

    def _opened(self, other: str, task: asyncio.Task[Connection]) -> None:
        del self._opening[other]
        if not task.cancelled():
            task.exception()  # those who still wait for it hear of it

    async def _open_link(self, other: str) -> Connection:
        if not self.has_socket(other) or self._place is None:
            raise GoneError(f"the process {other} is gone, or cannot be asked")
        path = str(self._place.path(other))
        try:
            async with asyncio.timeout(bounds.HELLO_SECONDS):
                reader, writer = await asyncio.open_unix_connection(path)
        except (OSError, TimeoutError) as e:
            if isinstance(e, TimeoutError):
                self._shun(other)
            raise GoneError(f"the process {other} cannot be asked: {str(e) or 'it takes no connection'}") from None
        made = Connection(reader, writer, self.asks, self.notes, self._ended)
        try:
            if await made.greet(self.own_id) != other:
                made.drop()
                raise GoneError(f"the socket of {other} is another's")
        except GoneError:
            self._shun(other)
            raise
        self._shunned.pop(other, None)
        self._links[other] = made
        made.start()
        return made

    def _shun(self, other: str) -> None:
        self._shunned[other] = time.monotonic() + bounds.SHUN_SECONDS

    async def _taken_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, self.asks, self.notes, self._ended)
        if len(self._taken) >= bounds.SIBLINGS or self._place is None:
            connection.drop()
            return
        self._taken.add(connection)
        try:
            await connection.greet(self.own_id)
        except GoneError as e:
            log.warning("a connection to this process's socket was refused: %s", e.message)
            return
        await connection.start()

    def _ended(self, connection: Connection) -> None:
        self._taken.discard(connection)
        if self._links.get(connection.host_id) is connection:
            del self._links[connection.host_id]
        self._missed.set()
        self.runs.ended(connection)
        self.topics.ended(connection)

    # --- asking

    async def ask(self, other: str, name: str, data: Mapping[str, Any], seconds: float = bounds.ANSWER_SECONDS) -> Any:
        """Return a sibling's answer. Raises SilentError (GoneError, if it is not there), or what went wrong there."""
        connection = await self.link(other)
        return await connection.ask(name, data, seconds)

    async def tell(self, other: str, name: str, **data: Any) -> None:
        """Tell a sibling something. Raises GoneError, SilentError."""
        connection = await self.link(other)
        connection.tell(name, **data)

    async def gather(self, name: str, data: Mapping[str, Any], seconds: float = bounds.ANSWER_SECONDS) -> list[Answer]:
        """Ask all siblings at once and return what each answered, or why it did not."""
        return await asyncio.gather(*(self._asked(other, name, data, seconds) for other in self.siblings()))

    async def _asked(self, other: str, name: str, data: Mapping[str, Any], seconds: float) -> Answer:
        try:
            return Answer(other, await self.ask(other, name, data, seconds))
        except LumosError as e:
            return Answer(other, error=e)

    async def _pong(self, connection: Connection, data: Data) -> None:
        """Answer, which is all there is to it."""


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except (SilentError, FrameError):
        pass  # it is gone, or hangs: what it would have been told it reads from the record
    except LumosError as e:
        log.warning("%s", e)
