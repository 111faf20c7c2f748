"""Whether the rows of a log are one tree, and tiles made anew where only they are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lumosai_marketplace.log import rows
from lumosai_marketplace.log.growing import Edge
from lumosai_marketplace.log.rows import Head, corrupt
from lumosai_marketplace.log.tiles import HEIGHT, WIDTH, Tile, TileId, edge
from lumosai_marketplace.log.tree import EMPTY, HASH, leaf_hash

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_CHUNK = 16 * WIDTH


async def check_open(connection: AsyncConnection) -> tuple[Head, int]:
    """Return the head, and how many tiles had to be made anew, once the log is found whole at its edge.

    Takes the head's lock. Checked are: as many entries as the head says, the bodies of the last of them against their
    hashes, these against the last tile, the edge's tiles against the root, and the number of tiles. Raises RefusedError
    ``log.corrupt`` for what tiles made anew do not mend.
    """
    await rows.create_head(connection)
    head = await rows.lock_head(connection)
    if head is None:
        raise corrupt("its head is missing")
    last = await rows.last_index(connection)
    if (-1 if last is None else last) + 1 != head.size:
        raise corrupt(f"the head counts {head.size} entries, and the last is {last}")
    leaves = await _tail(connection, head.size)
    if await _edge_fits(connection, head, leaves) and await _tiles_counted(connection, head.size):
        return head, 0
    return head, await rebuild(connection, head)


async def load_edge(connection: AsyncConnection, head: Head) -> Edge:
    """Return the edge of the tree. Raises RefusedError ``log.corrupt`` when it is not the one with that root."""
    made = await _edge(connection, head)
    if made is None:
        raise corrupt(f"the tiles do not make the root of the tree of {head.size}")
    return made


async def _edge(connection: AsyncConnection, head: Head) -> Edge | None:
    wanted = edge(head.size)
    tiles = await rows.read_tiles(connection, wanted) if wanted else {}
    try:
        made = Edge.of(head.size, tiles)
    except (KeyError, IndexError):
        return None
    return made if made.frontier.root() == head.root else None


async def audit(connection: AsyncConnection, head: Head) -> None:
    """Check every row of the tree of *head*: bodies, hashes, tiles, root. Raises RefusedError ``log.corrupt``."""
    await _walk(connection, head, repair=False)


async def rebuild(connection: AsyncConnection, head: Head) -> int:
    """Make tiles anew of the entries, and return how many were wrong; raises RefusedError if the root is another."""
    return await _walk(connection, head, repair=True)


async def _walk(connection: AsyncConnection, head: Head, *, repair: bool) -> int:
    made, wrong = Edge(), 0
    for low in range(0, head.size, _CHUNK):
        leaves = await _leaves(connection, low, min(low + _CHUNK, head.size))
        made, tiles = made.grown(leaves)
        full = {at: h for at, h in tiles.items() if len(h) == WIDTH * HASH}
        wrong += await _compare(connection, full, repair=repair)
    wrong += await _compare(connection, made.unfinished(), repair=repair)
    if made.frontier.root() != head.root:
        raise corrupt(f"the {head.size} entries do not make the root of the head")
    return wrong


async def _compare(connection: AsyncConnection, tiles: Mapping[TileId, bytes], *, repair: bool) -> int:
    """Compare tiles with what is there; return how many were others, or raise RefusedError if they are to stay."""
    there = await rows.read_tiles(connection, tiles) if tiles else {}
    other = {at: h for at, h in tiles.items() if at not in there or there[at].encode(WIDTH) != h}
    if other and not repair:
        raise corrupt(f"the tile {tuple(next(iter(other)))} is not what the entries make")
    if other:
        await rows.write_tiles(connection, other)
    return len(other)


async def _tail(connection: AsyncConnection, size: int) -> list[bytes]:
    return await _leaves(connection, max(size - 1, 0) // WIDTH * WIDTH, size)


async def _leaves(connection: AsyncConnection, low: int, high: int) -> list[bytes]:
    """Return the hashes of the entries ``[low, high)``, once each is there and is that of its body."""
    entries = await rows.read_entries(connection, low, high)
    if [e.index for e in entries] != list(range(low, high)):
        raise corrupt(f"not all entries from {low} to {high - 1} are there")
    for entry in entries:
        if leaf_hash(entry.body) != entry.leaf:
            raise corrupt(f"entry {entry.index} is not the one that was logged")
    return [e.leaf for e in entries]


async def _edge_fits(connection: AsyncConnection, head: Head, leaves: list[bytes]) -> bool:
    if not head.size:
        return head.root == EMPTY
    at = TileId(0, (head.size - 1) // WIDTH)
    last: Tile | None = (await rows.read_tiles(connection, [at])).get(at)
    return last is not None and last.encode(WIDTH) == b"".join(leaves) and await _edge(connection, head) is not None


async def _tiles_counted(connection: AsyncConnection, size: int) -> bool:
    expected: dict[int, int] = {}
    level, count = 0, size
    while count:
        expected[level] = -(-count // WIDTH)
        level, count = level + 1, count >> HEIGHT
    return await rows.count_tiles(connection) == expected
