"""The log's rows: what is read and written, for SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, or_, select, text, update

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log.tiles import Tile, TileId
from lumosai_marketplace.log.tree import EMPTY
from lumosai_marketplace.service.db.models import LogEntry, LogHead, LogTile
from lumosai_sdk.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Row, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

_ID = 0
_FULL = 2
_ENTRY = (LogEntry.index, LogEntry.leaf, LogEntry.body, LogEntry.at, LogEntry.statement)


@dataclass(frozen=True, slots=True)
class Head:
    """How large the tree is, and its root."""

    size: int = 0
    root: bytes = EMPTY


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log. ``statement`` is what was signed, if it is known; the tree does not vouch for it."""

    index: int
    leaf: bytes
    body: bytes
    at: float
    statement: bytes | None = None


async def read_head(connection: AsyncConnection) -> Head | None:
    """Return the head, if there is one yet."""
    found = (await connection.execute(select(LogHead.size, LogHead.root).where(LogHead.id == _ID))).one_or_none()
    return None if found is None else Head(*found)


async def lock_head(connection: AsyncConnection) -> Head | None:
    """Return the head, kept from every other writer until this transaction ends. It is its first statement.

    On SQLite a write takes the one lock there is: what BEGIN IMMEDIATE does, however the transaction was begun.
    """
    if connection.dialect.name == "sqlite":
        await connection.execute(update(LogHead).where(LogHead.id == _ID).values(size=LogHead.size))
        return await read_head(connection)
    query = select(LogHead.size, LogHead.root).where(LogHead.id == _ID).with_for_update()
    found = (await connection.execute(query)).one_or_none()
    return None if found is None else Head(*found)


async def create_head(connection: AsyncConnection) -> None:
    """Write the head of an empty tree, unless there is one."""
    row = {"id": _ID, "size": 0, "root": EMPTY}
    await connection.execute(_upsert(connection, LogHead).values(row).on_conflict_do_nothing())


async def write(
    connection: AsyncConnection, head: Head, entries: Sequence[Entry], tiles: Mapping[TileId, bytes]
) -> None:
    """Add *entries* and put *tiles* in place: the tree is as *head* says from here on."""
    await connection.execute(insert(LogEntry), [_row(e) for e in entries])
    await write_tiles(connection, tiles)
    await connection.execute(update(LogHead).where(LogHead.id == _ID).values(size=head.size, root=head.root))


async def write_tiles(connection: AsyncConnection, tiles: Mapping[TileId, bytes]) -> None:
    """Put tiles in the place of what is there."""
    rows = [{"level": at.level, "number": at.number, "hashes": hashes} for at, hashes in tiles.items()]
    statement = _upsert(connection, LogTile)
    key, new = [LogTile.level, LogTile.number], {"hashes": statement.excluded.hashes}
    await connection.execute(statement.on_conflict_do_update(index_elements=key, set_=new), rows)


async def read_tiles(connection: AsyncConnection, ids: Iterable[TileId]) -> dict[TileId, Tile]:
    """Return those tiles that are there."""
    levels: dict[int, list[int]] = {}
    for at in ids:
        levels.setdefault(at.level, []).append(at.number)
    found: Iterable[Any]
    if connection.dialect.name == "sqlite":
        found = await _read_sqlite_tiles(connection, levels)
    else:
        wanted = [and_(LogTile.level == level, LogTile.number.in_(numbers)) for level, numbers in levels.items()]
        query = select(LogTile.level, LogTile.number, LogTile.hashes).where(or_(*wanted))
        found = await connection.execute(query)
    return {TileId(level, number): Tile(hashes) for level, number, hashes in found}


async def _read_sqlite_tiles(
    connection: AsyncConnection, levels: Mapping[int, Sequence[int]]
) -> Sequence[tuple[int, int, bytes]]:
    """Read tiles by one call to the driver's thread, where SQLAlchemy makes four: a proof waits for nothing else."""
    raw: Any = (await connection.get_raw_connection()).driver_connection
    # Level by level: of pairs in a list, SQLite makes a scan of the whole table.
    wanted = " OR ".join(f"level = ? AND number IN ({','.join('?' * len(n))})" for n in levels.values())
    values = [value for level, numbers in levels.items() for value in (level, *numbers)]
    found: Sequence[tuple[int, int, bytes]] = await raw.execute_fetchall(
        f"SELECT level, number, hashes FROM log_tiles WHERE {wanted}",  # noqa: S608 - nothing in it but places for numbers
        values,
    )
    return found


async def count_tiles(connection: AsyncConnection) -> dict[int, int]:
    """Return how many tiles each level has."""
    query = select(LogTile.level, func.count()).group_by(LogTile.level)
    return {level: count for level, count in await connection.execute(query)}  # noqa: C416 - rows are no pairs to mypy


async def read_entries(connection: AsyncConnection, low: int, high: int) -> list[Entry]:
    """Return the entries ``[low, high)``."""
    query = select(*_ENTRY).where(LogEntry.index >= low, LogEntry.index < high).order_by(LogEntry.index)
    return [_entry(row) for row in await connection.execute(query)]


async def find_leaf(connection: AsyncConnection, leaf: bytes) -> int | None:
    """Return the first index of the entry with that hash."""
    return await _scalar(connection, select(func.min(LogEntry.index)).where(LogEntry.leaf == leaf))


async def last_index(connection: AsyncConnection) -> int | None:
    """Return the highest index of an entry."""
    return await _scalar(connection, select(func.max(LogEntry.index)))


async def check_durable(connection: AsyncConnection) -> None:
    """Raise ConfigError for a database that may forget what it has committed: a log that did would be forked."""
    if connection.dialect.name == "sqlite":
        level = (await connection.execute(text("PRAGMA synchronous"))).scalar_one()
        if int(level) < _FULL:
            raise ConfigError("the log needs a database that forgets nothing: SQLite with PRAGMA synchronous = FULL")
        return
    for setting in ("fsync", "synchronous_commit"):
        if (await connection.execute(text(f"SHOW {setting}"))).scalar_one() == "off":
            raise ConfigError(f"the log needs a database that forgets nothing: PostgreSQL without {setting} = off")


def corrupt(why: str) -> RefusedError:
    """Return the error of a log whose rows do not fit together."""
    return RefusedError(
        "log.corrupt",
        f"the log's database is damaged: {why}",
        hint="restore it from a backup that is not older than the last checkpoint that anybody was given",
    )


def _upsert(connection: AsyncConnection, model: type[LogHead | LogTile]) -> Any:
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite

        return sqlite(model)
    from sqlalchemy.dialects.postgresql import insert as postgresql

    return postgresql(model)


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "index": entry.index,
        "leaf": entry.leaf,
        "body": entry.body,
        "statement": entry.statement,
        "at": entry.at,
    }


def _entry(row: Row[int, bytes, bytes, float, bytes | None]) -> Entry:
    index, leaf, body, at, statement = row
    return Entry(index, leaf, body, at, statement)


async def _scalar(connection: AsyncConnection, query: Select[int]) -> int | None:
    return (await connection.execute(query)).scalar_one_or_none()
