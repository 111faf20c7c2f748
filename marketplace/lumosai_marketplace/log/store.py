"""The log in a database: one tree, however many services append to it.

Whoever appends locks the head's row first, and writes entries, tiles and the new head in one transaction: they are all
there, or none is. Appends that arrive while a transaction is on its way share the next one (group commit).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log import checking, note, rows
from lumosai_marketplace.log.growing import Edge
from lumosai_marketplace.log.note import Checkpoint, NoteSigner
from lumosai_marketplace.log.rows import Entry, Head, corrupt
from lumosai_marketplace.log.tiles import WIDTH, Tile, TileCache, TileId, hashes_of, needed, width_in
from lumosai_marketplace.log.tree import (
    Plan,
    consistency_plan,
    consistency_roots,
    cover,
    fold,
    inclusion_plan,
)
from lumosai_marketplace.log.waiting import Waiting, check, fail, rows_of, tell
from lumosai_sdk.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

READS = "lumos_reads"
"""The option that the service's connections know a transaction by that only reads: it waits for nobody."""
MAX_BATCH = 2048
"""The most entries of one transaction, unless one caller brings more."""


class Log:
    """A log. *origin* is its name in checkpoints: the host name that its clients reach it at (``note.origin_of``).

    *signer* may be a function, asked each time: a key that is rotated is followed. With *durable*, a database that may
    forget what it has committed is refused when the log is opened.
    """

    def __init__(
        self, engine: AsyncEngine, signer: NoteSigner | Callable[[], NoteSigner], origin: str, *, durable: bool = True
    ) -> None:
        from sqlalchemy.pool import StaticPool

        self.origin = origin
        self._signer = signer
        self._engine = engine
        self._reading = engine.execution_options(**{READS: True})
        self._durable = durable
        self._alone = asyncio.Lock() if isinstance(engine.pool, StaticPool) else None
        self._opening = asyncio.Lock()
        self._opened = False
        self._seen = Head()
        self._edge: Edge | None = None
        self._cache = TileCache()
        self._pending: deque[Waiting] = deque()
        self._writing: list[Waiting] = []
        self._writer: asyncio.Task[None] | None = None
        self._note = (Head(-1), b""), ""

    @property
    def signer(self) -> NoteSigner:
        """Who signs now."""
        return self._signer() if callable(self._signer) else self._signer

    # --- opening and closing

    async def open(self) -> int:
        """Check that the log is whole (``checking.check_open``); return how many tiles had to be made anew.

        Every method does so when it is called first. Raises RefusedError ``log.corrupt``, ConfigError.
        """
        async with self._opening:
            if self._opened:
                return 0
            async with self._transaction() as connection:
                if self._durable:
                    await rows.check_durable(connection)
                self._seen, mended = await checking.check_open(connection)
            self._opened = True
            return mended

    async def audit(self) -> Head:
        """Check every row, which takes some seconds per million of them. Raises RefusedError ``log.corrupt``."""
        async with self._connect() as connection:
            head = await rows.read_head(connection)
            if head is None:
                raise corrupt("its head is missing")
            await checking.audit(connection, head)
        return head

    async def aclose(self) -> None:
        """Wait for the appends that are on their way."""
        while self._writer is not None:
            await asyncio.wait([self._writer])

    # --- appending

    async def append(
        self, bodies: Sequence[bytes], at: float | None = None, statements: Sequence[bytes | None] | None = None
    ) -> list[int]:
        """Add entries, all or none, and return their indexes once they are there for good.

        *statements* are kept beside them, one each. An append that was cancelled may still be done. Not to be awaited
        within a transaction of the same database: on SQLite it would wait for that one's end. Raises InputError for an
        entry that is empty or too long, RefusedError ``log.corrupt`` and ``log.rollback``.
        """
        waiting = Waiting(
            bodies, [None] * len(bodies) if statements is None else statements, time.time() if at is None else at
        )
        check(waiting)
        if not bodies:
            return []
        await self._ready()
        self._pending.append(waiting)
        if self._writer is None:
            self._start()
        return await waiting.done

    def _start(self) -> None:
        self._writer = asyncio.create_task(self._write(), name="log writer")
        self._writer.add_done_callback(self._ended)

    def _ended(self, writer: asyncio.Task[None]) -> None:
        """Begin anew for those who came while the writer ended; if it was cancelled, so are they."""
        self._writer = None
        if writer.cancelled():
            for waiting in (*self._writing, *self._pending):
                waiting.done.cancel()  # does nothing to those that are done
            self._pending.clear()
        elif self._pending:
            self._start()

    async def _write(self) -> None:
        """Commit what is waiting until nothing is."""
        while self._pending:
            self._writing = batch = self._batch()
            try:
                first = await self._commit(batch)
            except Exception as e:  # noqa: BLE001 - told to each of those who wait
                fail(batch, e)
            else:
                tell(batch, first)

    def _batch(self) -> list[Waiting]:
        out = [self._pending.popleft()]
        count = len(out[0].bodies)
        while self._pending and (count := count + len(self._pending[0].bodies)) <= MAX_BATCH:
            out.append(self._pending.popleft())
        return out

    async def _commit(self, batch: Sequence[Waiting]) -> int:
        """Write a batch in one transaction; return the index of its first entry."""
        edge, self._edge = self._edge, None  # loaded anew, should this fail
        async with self._transaction() as connection:
            head = await rows.lock_head(connection)
            if head is None:
                raise corrupt("its head is missing")
            if edge is None or (edge.frontier.size, edge.frontier.root()) != (head.size, head.root):
                _check_grown(self._seen, head)
                edge = await checking.load_edge(connection, head)
            new_entries = rows_of(batch, head.size)
            edge, tiles = edge.grown([e.leaf for e in new_entries])
            new = Head(edge.frontier.size, edge.frontier.root())
            await rows.write(connection, new, new_entries, tiles)
        self._edge = edge
        self._seen = max(self._seen, new, key=lambda h: h.size)
        return head.size

    # --- reading

    async def head(self) -> Head:
        """Return size and root. Raises RefusedError ``log.rollback`` if the tree has become smaller."""
        await self._ready()
        seen = self._seen  # before the query: another call may see more while this one waits
        async with self._connect() as connection:
            head = await rows.read_head(connection)
        if head is None:
            raise corrupt("its head is missing")
        _check_grown(seen, head)
        if head.size > self._seen.size:
            self._seen = head
        return head

    async def size(self) -> int:
        """Return how many entries there are."""
        return (await self.head()).size

    async def entry(self, index: int) -> Entry:
        """Return an entry. Raises NotFoundError."""
        found = await self.entries(index, index + 1) if 0 <= index < 1 << 63 else []
        if not found:
            raise NotFoundError("log entry", str(index))
        return found[0]

    async def entries(self, low: int, high: int) -> list[Entry]:
        """Return those of the entries ``[low, high)`` that there are."""
        await self._ready()
        async with self._connect() as connection:
            return await rows.read_entries(connection, low, high)

    async def find(self, leaf: bytes) -> int | None:
        """Return the first index of the entry with the hash *leaf*, if there is one."""
        await self._ready()
        async with self._connect() as connection:
            return await rows.find_leaf(connection, leaf)

    async def proof(self, index: int, size: int) -> list[bytes]:
        """Return the inclusion proof of an entry in the tree of *size*. Raises NotFoundError."""
        await self._has(size)
        if not 0 <= index < size:
            raise NotFoundError("log entry", str(index), hint=f"the tree that was asked for has {size} entries")
        return await self._hashes(inclusion_plan(index, size))

    async def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of *new* begins with that of *old*. Raises NotFoundError, InputError."""
        await self._has(new)
        if not 0 <= old <= new:
            raise InputError(f"no tree of {new} entries begins with one of {old}")
        return await self._hashes(consistency_plan(old, new))

    async def tile(self, id: TileId, width: int = WIDTH) -> bytes:  # noqa: A002
        """Return the first *width* hashes of a tile. Raises NotFoundError."""
        size = await self._at_least((id.number * WIDTH + width) << 8 * id.level)
        if not 0 < width <= width_in(id, size):
            raise NotFoundError("tile", f"{id.level}/{id.number}.p/{width}")
        return (await self._tiles({id: width}))[id].encode(width)

    async def checkpoint(self, size: int | None = None) -> str:
        """Return the signed checkpoint of the tree of *size*, or of the whole one. Raises NotFoundError."""
        head = await self.head()
        if size is not None and size != head.size:
            head = await self._earlier(head, size)
        signer = self.signer
        wanted = (head, signer.key_id)
        if self._note[0] != wanted:
            unsigned = Checkpoint(self.origin, head.size, head.root)
            self._note = wanted, await asyncio.to_thread(note.sign, unsigned, signer)
        return self._note[1]

    async def _earlier(self, head: Head, size: int) -> Head:
        """Return the head that there was; a root that the whole tree does not vouch for is not signed."""
        if not 0 <= size < head.size:
            raise NotFoundError("tree", str(size), hint=f"the log has {head.size} entries")
        root = fold(await self._hashes([[node] for node in cover(0, size)]))
        if size:
            proof = await self._hashes(consistency_plan(size, head.size))
            if consistency_roots(size, head.size, proof, root) != (root, head.root):
                raise corrupt(f"the tiles do not make one tree of {size} and of {head.size} entries")
        return Head(size, root)

    # --- underneath

    async def _ready(self) -> None:
        if not self._opened:
            await self.open()

    async def _has(self, size: int) -> None:
        if size < 0 or await self._at_least(size) < size:
            raise NotFoundError("tree", str(size))

    async def _at_least(self, size: int) -> int:
        """Return the tree's size, read anew only when it was last seen smaller than *size*."""
        await self._ready()
        return self._seen.size if self._seen.size >= size else await self.size()

    async def _hashes(self, plan: Plan) -> list[bytes]:
        return hashes_of(plan, await self._tiles(needed(plan)))

    async def _tiles(self, wanted: dict[TileId, int]) -> dict[TileId, Tile]:
        """Return tiles that have the hashes wanted: those read before, the others with one query."""
        out = {at: tile for at, width in wanted.items() if (tile := self._cache.get(at, width)) is not None}
        missing = [at for at in wanted if at not in out]
        if missing:
            async with self._connect() as connection:
                read = await rows.read_tiles(connection, missing)
            for at in missing:
                if at not in read or read[at].width < wanted[at]:
                    raise corrupt(f"the tile {tuple(at)} is missing, or has less than {wanted[at]} hashes")
                self._cache.put(at, read[at])
            out |= read
        return out

    @asynccontextmanager
    async def _connect(self, engine: AsyncEngine | None = None) -> AsyncIterator[AsyncConnection]:
        """Yield a connection, to read; a database in memory has but one, and transactions on it must not mix."""
        async with self._alone or nullcontext(), (engine or self._reading).connect() as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        """Yield a connection in a transaction that sees what others have committed once a lock was waited for."""
        async with self._connect(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                await connection.execution_options(isolation_level="READ COMMITTED")
            async with connection.begin():
                yield connection


def _check_grown(before: Head, now: Head) -> None:
    if now.size < before.size or (now.size == before.size and now.root != before.root):
        raise RefusedError(
            "log.rollback",
            f"the log's database went back from {before.size} entries to {now.size}, or to others; this service signs"
            " no tree that its clients would have to refuse",
            hint="was an old backup restored? Restore one that is not older than the last checkpoint",
        )
