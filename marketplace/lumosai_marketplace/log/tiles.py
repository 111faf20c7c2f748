"""Tiles: the tree's hashes in rows of 256 (C2SP tlog-tiles), which never change once they are full.

A tile of level *L* holds nodes of the level ``8 * L``; what is between is hashed anew from them. One that is not full
only grows at its end, so that whoever has its first hashes has what any smaller tree needs of it.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from lumosai_marketplace.log.tree import HASH, Node, Plan, fold

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
MAX_BODY: Final = 0xFFFF
"""The longest entry: bundles of entries tell lengths in two bytes."""
_PATH = re.compile(
    r"(?P<level>entries|0|[1-9][0-9]?)/(?P<number>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?", re.ASCII
)
_LENGTH = 2
_MAX_PATH = 80
_MAX_LEVEL = 7
_MAX_NUMBER = 1 << 55


class TileId(NamedTuple):
    """Which tile."""

    level: int
    number: int


class Place(NamedTuple):
    """Where a node is: in *tile*, the *number*-th of the *level* above its hashes."""

    tile: TileId
    level: int
    number: int

    @property
    def width(self) -> int:
        """How many hashes the tile must have for the node to be in it."""
        return (self.number + 1) << self.level


def place(node: Node) -> Place:
    """Return where a node is."""
    level = node.level % HEIGHT
    wide = HEIGHT - level
    return Place(TileId(node.level // HEIGHT, node.number >> wide), level, node.number & ((1 << wide) - 1))


class Tile:
    """Up to 256 hashes, and those above them once they were asked for."""

    __slots__ = ("_rows",)

    def __init__(self, hashes: bytes) -> None:
        if not hashes or len(hashes) % HASH or len(hashes) > WIDTH * HASH:
            raise ValueError(f"a tile has 1 to {WIDTH} hashes, and no {len(hashes)} bytes")
        self._rows = [hashes]

    @property
    def width(self) -> int:
        """How many hashes it has."""
        return len(self._rows[0]) // HASH

    def node(self, level: int, number: int) -> bytes:
        """Return the hash of the complete subtree of ``2**level`` of its hashes. Raises IndexError."""
        while len(self._rows) <= level:
            self._rows.append(_above(self._rows[-1]))
        found = self._rows[level][number * HASH : (number + 1) * HASH]
        if len(found) != HASH:
            raise IndexError(number)
        return found

    def encode(self, width: int) -> bytes:
        """Return the first *width* hashes, one after another."""
        return self._rows[0][: width * HASH]


def _above(row: bytes) -> bytes:
    """Return the hashes of pairs of hashes; one without a neighbour is left out."""
    pairs = range(0, len(row) - HASH, 2 * HASH)
    return b"".join([sha256(b"\x01" + row[at : at + 2 * HASH]).digest() for at in pairs])


class TileCache:
    """Tiles that were read, those used last: 16 KiB each. They never go bad: a tree only grows."""

    def __init__(self, most: int = 4096) -> None:
        self._most = most
        self._tiles: OrderedDict[TileId, Tile] = OrderedDict()

    def get(self, id: TileId, width: int) -> Tile | None:  # noqa: A002
        """Return a tile if there is one with *width* hashes at least."""
        found = self._tiles.get(id)
        if found is None or found.width < width:
            return None
        self._tiles.move_to_end(id)
        return found

    def put(self, id: TileId, tile: Tile) -> None:  # noqa: A002
        """Keep a tile."""
        self._tiles[id] = tile
        self._tiles.move_to_end(id)
        if len(self._tiles) > self._most:
            self._tiles.popitem(last=False)

    def clear(self) -> None:
        """Forget all."""
        self._tiles.clear()


def needed(plan: Plan) -> dict[TileId, int]:
    """Return the tiles that a plan is made of, each with how many hashes it must have."""
    out: dict[TileId, int] = {}
    for node in (n for step in plan for n in step):
        at = place(node)
        out[at.tile] = max(out.get(at.tile, 0), at.width)
    return out


def hashes_of(plan: Plan, tiles: Mapping[TileId, Tile]) -> list[bytes]:
    """Return the hashes that a plan tells, of the tiles that it needs."""
    return [fold([_node(n, tiles) for n in step]) for step in plan]


def _node(node: Node, tiles: Mapping[TileId, Tile]) -> bytes:
    at = place(node)
    return tiles[at.tile].node(at.level, at.number)


def edge(size: int) -> dict[TileId, int]:
    """Return the tiles at the right edge of a tree that are not full, with how many hashes each has."""
    out: dict[TileId, int] = {}
    level, count = 0, size
    while count:
        if count % WIDTH:
            out[TileId(level, count // WIDTH)] = count % WIDTH
        level, count = level + 1, count // WIDTH
    return out


def width_in(id: TileId, size: int) -> int:  # noqa: A002
    """Return how many hashes a tile has in a tree of *size*; none, if it is not there."""
    return max(0, min(WIDTH, (size >> HEIGHT * id.level) - id.number * WIDTH))


def path(level: int | None, number: int, width: int = WIDTH) -> str:
    """Return a tile's path after ``tile/``; *level* None for a bundle of entries."""
    groups = []
    while True:
        groups.append(f"{number % 1000:03}")
        number //= 1000
        if not number:
            break
    written = "/".join([*(f"x{g}" for g in groups[:0:-1]), groups[0]])
    partial = "" if width == WIDTH else f".p/{width}"
    return f"{'entries' if level is None else level}/{written}{partial}"


def parse_path(text: str) -> tuple[int | None, int, int]:
    """Read what ``path`` wrote: level, number, width. Raises ValueError for any other spelling."""
    found = _PATH.fullmatch(text) if len(text) <= _MAX_PATH else None
    if found is not None:
        level = None if found["level"] == "entries" else int(found["level"])
        number = int(found["number"].replace("/", "").replace("x", ""))
        width = int(found["width"] or WIDTH)
        fits = (level or 0) <= _MAX_LEVEL and number < _MAX_NUMBER and width <= WIDTH
        if fits and path(level, number, width) == text:
            return level, number, width
    raise ValueError(f"{text[:80]!r} is no path of a tile")


def bundle(bodies: Iterable[bytes]) -> bytes:
    """Return entries as C2SP bundles them: each after its length in two bytes."""
    return b"".join(len(b).to_bytes(_LENGTH, "big") + b for b in bodies)
