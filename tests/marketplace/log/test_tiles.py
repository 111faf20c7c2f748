# ruff: noqa: PLR2004
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumosai_marketplace.log.growing import Edge
from lumosai_marketplace.log.tiles import (
    WIDTH,
    Place,
    Tile,
    TileCache,
    TileId,
    bundle,
    edge,
    hashes_of,
    needed,
    parse_path,
    path,
    place,
    width_in,
)
from lumosai_marketplace.log.tree import Frontier, Node, inclusion_plan, inclusion_root, leaf_hash

LEAVES = [leaf_hash(i.to_bytes(4, "big")) for i in range(70_000)]


def test_nodes_have_their_place() -> None:
    assert place(Node(0, 0)) == Place(TileId(0, 0), 0, 0)
    assert place(Node(0, 257)) == Place(TileId(0, 1), 0, 1)
    assert place(Node(7, 3)) == Place(TileId(0, 1), 7, 1)
    assert place(Node(8, 3)) == Place(TileId(1, 0), 0, 3)
    assert place(Node(7, 3)).width == 256
    assert place(Node(1, 2)).width == 6


@pytest.mark.parametrize(
    ("level", "number", "width", "text"),
    [
        (0, 0, WIDTH, "0/000"),
        (3, 1_234_067, WIDTH, "3/x001/x234/067"),
        (1, 999, 112, "1/999.p/112"),
        (None, 1000, 1, "entries/x001/000.p/1"),
    ],
)
def test_paths_are_those_of_the_specification(level: int | None, number: int, width: int, text: str) -> None:
    assert path(level, number, width) == text
    assert parse_path(text) == (level, number, width)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0/0",
        "0/x000/000",
        "00/000",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/01",
        "8/000",
        "0/1000",
        "0/000/",
        "-1/000",
        "entries/000.p/300",
        "0/\u0660\u0660\u0660",
        "0/" + "x999/" * 7 + "999",
        "0/../0/000",
    ],
)
def test_there_is_one_spelling_of_a_path(text: str) -> None:
    with pytest.raises(ValueError, match="no path of a tile"):
        parse_path(text)


def test_a_bundle_has_each_entry_after_its_length() -> None:
    assert bundle([b"ab", b"", b"x" * 258]) == b"\0\2ab\0\0\1\2" + b"x" * 258


@pytest.mark.parametrize("size", [0, 33, 257 * 32])
def test_a_tile_has_1_to_256_hashes(size: int) -> None:
    with pytest.raises(ValueError, match="a tile has"):
        Tile(bytes(size))


def grown(sizes: list[int]) -> tuple[Edge, dict[TileId, Tile]]:
    made, tiles, at = Edge(), dict[TileId, bytes](), 0
    for size in sizes:
        made, changed = made.grown(LEAVES[at : at + size])
        tiles |= changed
        at += size
    return made, {k: Tile(v) for k, v in tiles.items()}


@given(st.lists(st.integers(0, 700), max_size=6))
@settings(max_examples=30, deadline=None)
def test_tiles_are_the_same_however_a_tree_has_grown(sizes: list[int]) -> None:
    size = sum(sizes)
    made, tiles = grown(sizes)
    once, all_at_once = grown([size])
    assert {k: t.encode(WIDTH) for k, t in tiles.items()} == {k: t.encode(WIDTH) for k, t in all_at_once.items()}
    assert {k: t.width for k, t in tiles.items()} == {k: width_in(k, size) for k in tiles}
    assert made == once
    assert Edge.of(size, tiles).frontier == made.frontier
    if size:
        index = size * 2 // 3
        plan = inclusion_plan(index, size)
        proof = hashes_of(plan, {k: tiles[k] for k in needed(plan)})
        assert inclusion_root(LEAVES[index], index, size, proof) == made.frontier.root()


def test_three_levels_of_tiles() -> None:
    made, tiles = grown([65_536, 300])
    assert {k.level for k in tiles} == {0, 1, 2}
    assert tiles[TileId(2, 0)].width == 1
    assert edge(65_836) == {TileId(0, 257): 44, TileId(1, 1): 1, TileId(2, 0): 1}
    frontier = Frontier()
    for leaf in LEAVES[:65_836]:
        frontier.append(leaf)
    assert made.frontier == frontier == Edge.of(65_836, tiles).frontier
    assert width_in(TileId(1, 1), 65_836) == 1
    assert width_in(TileId(1, 2), 65_836) == 0


def test_growing_leaves_the_edge_before_as_it_was() -> None:
    before, _ = grown([300])
    kept = Edge(before.frontier.copy(), {k: list(v) for k, v in before.partial.items()})
    before.grown(LEAVES[300:900])
    assert before == kept


def test_a_cache_keeps_what_was_used_last_and_gives_no_tile_that_is_too_short() -> None:
    cache = TileCache(2)
    for number in range(3):
        cache.put(TileId(0, number), Tile(bytes(64)))
    assert cache.get(TileId(0, 0), 1) is None
    assert cache.get(TileId(0, 1), 3) is None
    assert cache.get(TileId(0, 1), 2) is not None
    cache.put(TileId(0, 3), Tile(bytes(32)))
    assert cache.get(TileId(0, 2), 1) is None
