# ruff: noqa: PLR2004
from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import delete, event, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tests.marketplace.log.conftest import BOTH, HOST, LogMaker, make_signer

from lumosai_marketplace.authority.keys import LogSigner
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log import note
from lumosai_marketplace.log.note import LogKey
from lumosai_marketplace.log.rows import Head
from lumosai_marketplace.log.store import READS, Log
from lumosai_marketplace.log.tiles import MAX_BODY, TileId
from lumosai_marketplace.log.tree import EMPTY, Frontier, leaf_hash
from lumosai_marketplace.log.verify import open_checkpoint, verify_consistency, verify_inclusion
from lumosai_marketplace.service.db.models import Base, LogEntry, LogHead, LogTile
from lumosai_marketplace.service.settings import Settings
from lumosai_sdk.errors import ConfigError, InputError, NotFoundError


def bodies(count: int, start: int = 0) -> list[bytes]:
    return [b"entry %d" % i for i in range(start, start + count)]


def root(entries: list[bytes]) -> bytes:
    frontier = Frontier()
    for body in entries:
        frontier.append(leaf_hash(body))
    return frontier.root()


async def change(engine: AsyncEngine, *statements: Any) -> None:
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(statement)


@BOTH
async def test_an_empty_log(log: Log, key: LogKey) -> None:
    assert await log.size() == 0
    checkpoint = open_checkpoint(await log.checkpoint(), [key], HOST)
    assert (checkpoint.size, checkpoint.root) == (0, EMPTY)
    assert await log.append([]) == []
    assert await log.entries(0, 10) == []
    assert await log.find(leaf_hash(b"x")) is None
    with pytest.raises(NotFoundError):
        await log.entry(0)


@BOTH
async def test_what_was_appended_is_there_with_its_proof(log: Log, another: LogMaker, key: LogKey) -> None:
    logged = bodies(600)
    assert await log.append(logged[:1], at=12.5, statements=[b"statement"]) == [0]
    assert await log.append(logged[1:]) == list(range(1, 600))
    for reader in (log, another()):
        first = await reader.entry(0)
        assert (first.body, first.at, first.statement, first.leaf) == (
            logged[0],
            12.5,
            b"statement",
            leaf_hash(logged[0]),
        )
        assert [e.body for e in await reader.entries(255, 258)] == logged[255:258]
        assert await reader.find(leaf_hash(logged[300])) == 300
        for size in (1, 256, 300, 600):
            checkpoint = open_checkpoint(await reader.checkpoint(size), [key], HOST)
            assert (checkpoint.size, checkpoint.root) == (size, root(logged[:size]))
            for index in {0, size // 2, size - 1}:
                verify_inclusion(logged[index], index, checkpoint, await reader.proof(index, size))
            now = open_checkpoint(await reader.checkpoint(), [key], HOST)
            verify_consistency(checkpoint, now, await reader.consistency(size, 600))


@BOTH
async def test_appends_that_come_together_share_transactions_and_none_gets_anothers_place(
    log: Log, engine: AsyncEngine
) -> None:
    await log.open()
    commits = 0

    def count(_connection: Any) -> None:
        nonlocal commits
        commits += 1

    event.listen(engine.sync_engine, "commit", count)
    logged = [bodies(1 + i % 3, i * 10) for i in range(200)]
    places = await asyncio.gather(*(log.append(b) for b in logged))
    event.remove(engine.sync_engine, "commit", count)
    assert commits < 20
    assert sorted(i for p in places for i in p) == list(range(sum(map(len, logged))))
    for expected, place in zip(logged, places, strict=True):
        assert place == list(range(place[0], place[0] + len(expected)))
        assert [e.body for e in await log.entries(place[0], place[-1] + 1)] == expected
    await log.audit()


@BOTH
async def test_services_that_take_turns_make_one_tree(log: Log, another: LogMaker, key: LogKey) -> None:
    other, seen = another(), []
    for turn in range(20):
        await (log, other)[turn % 2].append(bodies(1 + turn * 7, turn * 1000))
        seen.append(open_checkpoint(await (other, log)[turn % 2].checkpoint(), [key], HOST))
    await other.audit()
    for before, after in pairwise(seen):
        verify_consistency(before, after, await log.consistency(before.size, after.size))


@BOTH
async def test_services_that_append_at_once_make_one_tree(log: Log, another: LogMaker) -> None:
    logs = [log, another(), another()]
    places = await asyncio.gather(*(logs[i % 3].append([b"%d" % i]) for i in range(240)))
    assert sorted(p[0] for p in places) == list(range(240))
    assert (await log.audit()).size == 240
    for i, (place,) in enumerate(places):
        assert (await log.entry(place)).body == b"%d" % i


@BOTH
async def test_a_log_that_was_closed_goes_on_where_it_was(log: Log, another: LogMaker, key: LogKey) -> None:
    await log.append(bodies(300))
    before = open_checkpoint(await log.checkpoint(), [key], HOST)
    await log.aclose()
    again = another()
    assert await again.open() == 0
    assert await again.append([b"more"]) == [300]
    after = open_checkpoint(await again.checkpoint(), [key], HOST)
    verify_consistency(before, after, await again.consistency(300, 301))


async def test_a_log_may_be_in_memory(signer: LogSigner) -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    log = Log(engine, signer, HOST)
    places = await asyncio.gather(*(log.append([b"%d" % i]) for i in range(50)), *(log.size() for _ in range(50)))
    assert len(places) == 100
    assert (await log.audit()).size == 50
    await engine.dispose()


@pytest.mark.parametrize("body", [b"", bytes(MAX_BODY + 1)])
async def test_an_entry_of_another_size_is_refused_and_harms_no_other(log: Log, body: bytes) -> None:
    good, bad = await asyncio.gather(log.append([b"good"]), log.append([b"ok", body]), return_exceptions=True)
    assert good == [0]
    assert isinstance(bad, InputError)
    assert await log.size() == 1


async def test_statements_are_one_each_and_not_too_long(log: Log) -> None:
    with pytest.raises(InputError, match="as many"):
        await log.append([b"a"], statements=[])
    with pytest.raises(InputError, match="at most"):
        await log.append([b"a"], statements=[bytes(300_000)])


async def test_an_append_that_was_cancelled_holds_up_no_other(log: Log) -> None:
    await log.open()
    gone = asyncio.create_task(log.append([b"gone"]))
    await asyncio.sleep(0)
    stays = asyncio.create_task(log.append([b"stays"]))
    await asyncio.sleep(0)
    gone.cancel()
    place = await stays
    assert (await log.entry(place[0])).body == b"stays"
    await log.audit()


async def test_the_writers_end_ends_those_who_wait(log: Log) -> None:
    await log.open()
    waiting = asyncio.create_task(log.append([b"a"]))
    await asyncio.sleep(0)
    (writer,) = [t for t in asyncio.all_tasks() if t.get_name() == "log writer"]
    writer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await log.append([b"b"]) == [await log.size() - 1]
    await log.audit()


@BOTH
async def test_a_transaction_that_fails_leaves_nothing_and_the_next_goes_on(log: Log, engine: AsyncEngine) -> None:
    await log.append(bodies(260))

    def fail(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "UPDATE log_head SET size=" in statement and "root" in statement:
            raise RuntimeError("the disk is full")

    event.listen(engine.sync_engine, "before_cursor_execute", fail)
    with pytest.raises(RuntimeError, match="disk is full"):
        await log.append([b"lost"])
    event.remove(engine.sync_engine, "before_cursor_execute", fail)
    assert await log.append([b"kept"]) == [260]
    assert (await log.audit()).size == 261
    assert await log.find(leaf_hash(b"lost")) is None


async def test_readers_do_not_wait_for_writers(log: Log, engine: AsyncEngine) -> None:
    await log.append(bodies(3))
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))  # as the service begins: a writer, on SQLite
        async with asyncio.timeout(5):
            assert await log.size() == 3
            assert len(await log.proof(1, 3)) == 2
    reading = engine.execution_options(**{READS: True})
    assert reading is not engine


# --- what is not there


async def test_there_is_no_proof_beyond_the_end(log: Log) -> None:
    await log.append(bodies(5))
    for call in (
        log.proof(5, 5),
        log.proof(0, 6),
        log.proof(0, 0),
        log.proof(0, -1),
        log.consistency(1, 6),
        log.checkpoint(6),
        log.checkpoint(-1),
        log.entry(5),
        log.entry(-1),
        log.entry(1 << 70),
        log.tile(TileId(0, 0), 6),
        log.tile(TileId(0, 1), 1),
        log.tile(TileId(1, 0), 1),
        log.tile(TileId(7, 1 << 54), 256),
    ):
        with pytest.raises(NotFoundError):
            await call
    with pytest.raises(InputError):
        await log.consistency(4, 3)
    assert await log.consistency(0, 5) == []


async def test_tiles_are_given_as_they_are_asked_for(log: Log) -> None:
    logged = bodies(300)
    await log.append(logged)
    leaves = [leaf_hash(b) for b in logged]
    assert await log.tile(TileId(0, 0)) == b"".join(leaves[:256])
    assert await log.tile(TileId(0, 1), 44) == b"".join(leaves[256:])
    assert await log.tile(TileId(0, 1), 3) == b"".join(leaves[256:259])
    assert await log.tile(TileId(1, 0), 1) == root(logged[:256])


async def test_a_proof_in_a_tree_that_grew_elsewhere_is_found(log: Log, another: LogMaker) -> None:
    await log.append(bodies(3))
    await log.proof(0, 3)  # the tile is kept, with three hashes
    await another().append(bodies(3, 3))
    assert len(await log.proof(0, 6)) == 3


# --- a key that changes


async def test_a_key_that_is_rotated_is_followed(engine: AsyncEngine, key: LogKey, signer: LogSigner) -> None:
    now = signer
    log = Log(engine, lambda: now, HOST)
    await log.append([b"a"])
    open_checkpoint(await log.checkpoint(), [key], HOST)
    now = make_signer()
    with pytest.raises(RefusedError, match="not among those trusted"):
        open_checkpoint(await log.checkpoint(), [key], HOST)
    open_checkpoint(await log.checkpoint(), [LogKey.from_der(now.public_der)], HOST)


# --- rows that do not fit together


DAMAGE = {
    "an entry of another body": (update(LogEntry).where(LogEntry.index == 299).values(body=b"other"),),
    "an entry of another hash": (update(LogEntry).where(LogEntry.index == 299).values(leaf=bytes(32)),),
    "an entry changed, hash and all": (
        update(LogEntry).where(LogEntry.index == 299).values(body=b"other", leaf=leaf_hash(b"other")),
    ),
    "the last entry gone": (delete(LogEntry).where(LogEntry.index == 299),),
    "an entry near the end gone": (delete(LogEntry).where(LogEntry.index == 280),),
    "the head behind": (update(LogHead).values(size=299),),
    "the head ahead": (update(LogHead).values(size=301),),
    "another root": (update(LogHead).values(root=bytes(32)),),
    "the head gone": (delete(LogHead),),
}


@pytest.mark.parametrize("name", DAMAGE)
async def test_a_damaged_log_is_not_opened(name: str, log: Log, another: LogMaker, engine: AsyncEngine) -> None:
    await log.append(bodies(300))
    await change(engine, *DAMAGE[name])
    for call in (another().open(), another().append([b"x"]), another().checkpoint()):
        with pytest.raises(RefusedError) as refused:
            await call
        assert refused.value.rule == "log.corrupt"


@pytest.mark.parametrize(
    "statement",
    [
        delete(LogTile),
        delete(LogTile).where(LogTile.level == 0, LogTile.number == 0),
        delete(LogTile).where(LogTile.level == 1),
        update(LogTile).where(LogTile.level == 0, LogTile.number == 2).values(hashes=bytes(32)),
        update(LogTile).where(LogTile.level == 1).values(hashes=bytes(64)),
    ],
)
async def test_tiles_that_are_lost_or_wrong_are_made_anew(
    statement: Any, log: Log, another: LogMaker, engine: AsyncEngine
) -> None:
    await log.append(bodies(600))
    expected = await log.checkpoint()
    await change(engine, statement)
    again = another()
    assert await again.open() > 0
    assert note.parse(await again.checkpoint())[0].root == note.parse(expected)[0].root
    await again.audit()
    assert await again.append([b"more"]) == [600]


async def test_an_audit_finds_what_lies_far_from_the_end(log: Log, another: LogMaker, engine: AsyncEngine) -> None:
    await log.append(bodies(600))
    await change(engine, update(LogTile).where(LogTile.level == 0, LogTile.number == 0).values(hashes=bytes(256 * 32)))
    again = another()
    assert await again.open() == 0
    with pytest.raises(RefusedError, match="tile"):
        await again.audit()
    with pytest.raises(RefusedError) as refused:  # no root is signed that the whole tree does not vouch for
        await again.checkpoint(100)
    assert refused.value.rule == "log.corrupt"


async def test_a_tile_that_was_lost_while_the_log_was_open_is_told(
    log: Log, another: LogMaker, engine: AsyncEngine
) -> None:
    await log.append(bodies(10))
    again = another()
    await again.open()
    await change(engine, delete(LogTile))
    with pytest.raises(RefusedError) as refused:
        await again.proof(0, 10)
    assert refused.value.rule == "log.corrupt"


async def test_a_database_that_forgets_is_refused(settings: Settings, engine: AsyncEngine, signer: LogSigner) -> None:
    forgetful = create_async_engine(engine.url)

    @event.listens_for(forgetful.sync_engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.cursor().execute("PRAGMA synchronous=NORMAL")

    with pytest.raises(ConfigError, match="synchronous"):
        await Log(forgetful, signer, HOST).open()
    assert await Log(forgetful, signer, HOST, durable=False).size() == 0
    await forgetful.dispose()


async def test_the_head_is_what_was_appended(log: Log) -> None:
    await log.append(bodies(2))
    assert await log.head() == Head(2, root(bodies(2)))
