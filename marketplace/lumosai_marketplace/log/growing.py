"""The right edge of a tree in tiles: what an append changes, worked out without a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lumosai_marketplace.log.tiles import HEIGHT, WIDTH, Tile, TileId, edge, hashes_of
from lumosai_marketplace.log.tree import Frontier, cover


@dataclass(slots=True)
class Edge:
    """A tree's frontier, and its tiles that are not full: their hashes by level."""

    frontier: Frontier = field(default_factory=Frontier)
    partial: dict[int, list[bytes]] = field(default_factory=dict)

    @classmethod
    def of(cls, size: int, tiles: Mapping[TileId, Tile]) -> Edge:
        """Return the edge of the tree of *size*, of the tiles that ``tiles.edge`` names.

        Raises KeyError for a tile that is not there, IndexError for one that is too short.
        """
        hashes = hashes_of([[node] for node in cover(0, size)], tiles)
        partial = {at.level: [tiles[at].node(0, i) for i in range(width)] for at, width in edge(size).items()}
        return cls(Frontier(size, hashes), partial)

    def grown(self, leaves: Iterable[bytes]) -> tuple[Edge, dict[TileId, bytes]]:
        """Return the edge after *leaves* were added, and the tiles that changed. This edge stays as it is."""
        made = Edge(self.frontier.copy(), {level: list(hashes) for level, hashes in self.partial.items()})
        return made, made._grow(leaves)

    def _grow(self, leaves: Iterable[bytes]) -> dict[TileId, bytes]:
        frontier, partial = self.frontier, self.partial
        out: dict[TileId, bytes] = {}
        changed: set[int] = set()

        def made(level: int, hash_: bytes) -> None:
            up, within = divmod(level, HEIGHT)
            if within:
                return
            changed.add(up)
            hashes = partial.setdefault(up, [])
            hashes.append(hash_)
            if len(hashes) == WIDTH:
                out[TileId(up, frontier.size >> level + HEIGHT)] = b"".join(hashes)
                hashes.clear()

        for leaf in leaves:
            frontier.append(leaf, made)
        return out | {at: hashes for at, hashes in self.unfinished().items() if at.level in changed}

    def unfinished(self) -> dict[TileId, bytes]:
        """Return the tiles that are not full."""
        size = self.frontier.size
        return {
            TileId(up, size >> HEIGHT * (up + 1)): b"".join(hashes) for up, hashes in self.partial.items() if hashes
        }
