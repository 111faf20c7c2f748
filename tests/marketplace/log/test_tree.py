"""The vectors are those of RFC 6962's reference implementation (certificate-transparency, merkle tree tests)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumosai_marketplace.log.tree import (
    EMPTY,
    Frontier,
    Node,
    consistency_plan,
    consistency_roots,
    cover,
    fold,
    inclusion_plan,
    inclusion_root,
    leaf_hash,
    node_hash,
)

ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(e) for e in ENTRIES]


def root(leaves: Sequence[bytes]) -> bytes:
    """The definition, as it is written in section 2.1."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else EMPTY
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(root(leaves[:k]), root(leaves[k:]))


def hashes(plan: Sequence[Sequence[Node]], leaves: Sequence[bytes]) -> list[bytes]:
    return [fold([root(leaves[n.number << n.level : n.number + 1 << n.level]) for n in step]) for step in plan]


def numbered(count: int) -> list[bytes]:
    return [leaf_hash(i.to_bytes(4, "big")) for i in range(count)]


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert Frontier().root() == EMPTY == fold([])
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_roots_are_those_of_the_reference_implementation() -> None:
    frontier = Frontier()
    for leaf, expected in zip(LEAVES, ROOTS, strict=True):
        frontier.append(leaf)
        assert frontier.root().hex() == expected


@pytest.mark.parametrize(
    ("index", "size", "expected"),
    [
        (0, 1, []),
        (0, 8, ["96a296d2", "5f083f0a", "6b47aaf2"]),
        (5, 8, ["bc1a0643", "ca854ea1", "d37ee418"]),
        (2, 3, ["fac54203"]),
        (1, 5, ["6e340b9c", "5f083f0a", "bc1a0643"]),
    ],
)
def test_inclusion_proofs_are_those_of_the_reference_implementation(index: int, size: int, expected: list[str]) -> None:
    proof = hashes(inclusion_plan(index, size), LEAVES)
    assert [h.hex()[:8] for h in proof] == expected
    assert inclusion_root(LEAVES[index], index, size, proof).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (1, 1, []),
        (1, 8, ["96a296d2", "5f083f0a", "6b47aaf2"]),
        (6, 8, ["0ebc5d34", "ca854ea1", "d37ee418"]),
        (2, 5, ["5f083f0a", "bc1a0643"]),
    ],
)
def test_consistency_proofs_are_those_of_the_reference_implementation(old: int, new: int, expected: list[str]) -> None:
    proof = hashes(consistency_plan(old, new), LEAVES)
    assert [h.hex()[:8] for h in proof] == expected
    if old < new:
        before, after = consistency_roots(old, new, proof, bytes.fromhex(ROOTS[old - 1]))
        assert (before.hex(), after.hex()) == (ROOTS[old - 1], ROOTS[new - 1])


@given(st.integers(0, 70))
def test_a_frontier_has_the_root_of_the_definition(count: int) -> None:
    frontier = Frontier()
    for leaf in numbered(count):
        frontier.append(leaf)
    assert (frontier.size, frontier.root()) == (count, root(numbered(count)))
    assert len(frontier.hashes) == count.bit_count()
    assert frontier.hashes == hashes([[n] for n in cover(0, count)], numbered(count))


@given(st.data(), st.integers(1, 90))
def test_every_leaf_is_proven_and_no_other(data: st.DataObject, size: int) -> None:
    leaves = numbered(size)
    index = data.draw(st.integers(0, size - 1))
    proof = hashes(inclusion_plan(index, size), leaves)
    assert inclusion_root(leaves[index], index, size, proof) == root(leaves)
    for other in {0, (index + 1) % size, size - 1} - {index}:
        assert _inclusion(leaves[other], index, size, proof) != root(leaves)
        assert _inclusion(leaves[index], other, size, proof) != root(leaves)


@given(st.data(), st.integers(1, 90))
def test_every_proof_of_inclusion_that_was_changed_fails(data: st.DataObject, size: int) -> None:
    leaves = numbered(size)
    index = data.draw(st.integers(0, size - 1))
    proof = hashes(inclusion_plan(index, size), leaves)
    changed = data.draw(mutations(proof))
    assert _inclusion(leaves[index], index, size, changed) != root(leaves)


@given(st.data(), st.integers(2, 90))
def test_every_smaller_tree_is_proven_and_no_other(data: st.DataObject, new: int) -> None:
    leaves = numbered(new)
    old = data.draw(st.integers(1, new - 1))
    roots = root(leaves[:old]), root(leaves)
    proof = hashes(consistency_plan(old, new), leaves)
    assert consistency_roots(old, new, proof, roots[0]) == roots
    other = root([leaf_hash(b"other"), *leaves[1:old]])
    assert _consistency(old, new, proof, other) != (other, roots[1])
    for wrong in {old - 1, old + 1} - {0, new}:
        assert _consistency(wrong, new, proof, roots[0]) != roots


@given(st.data(), st.integers(2, 90))
def test_every_proof_of_consistency_that_was_changed_fails(data: st.DataObject, new: int) -> None:
    leaves = numbered(new)
    old = data.draw(st.integers(1, new - 1))
    proof = hashes(consistency_plan(old, new), leaves)
    roots = root(leaves[:old]), root(leaves)
    assert _consistency(old, new, data.draw(mutations(proof)), roots[0]) != roots


@given(st.integers(1, 90))
@settings(max_examples=40)
def test_the_proof_of_the_last_leaf_is_the_edge_before_it(size: int) -> None:
    leaves = numbered(size)
    edge = Frontier.before(size - 1, hashes(inclusion_plan(size - 1, size), leaves))
    edge.append(leaves[-1])
    assert edge.root() == root(leaves)


@pytest.mark.parametrize(("index", "size"), [(-1, 1), (1, 1), (0, 0), (5, 2)])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_plan(index, size)
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_root(LEAVES[0], index, size, [])


def test_a_tree_does_not_begin_with_a_larger_one() -> None:
    with pytest.raises(ValueError, match="no tree"):
        consistency_plan(3, 2)
    with pytest.raises(ValueError, match="nothing to prove"):
        consistency_roots(3, 3, [], EMPTY)


def test_hashes_of_another_length_are_no_proof() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        inclusion_root(LEAVES[0], 0, 2, [LEAVES[1] + b"\0"])


@st.composite
def mutations(draw: st.DrawFn, proof: list[bytes]) -> list[bytes]:
    """A hash changed by one bit, left out, doubled, or put in another's place; one too many where there is none."""
    if not proof:
        return [draw(st.binary(min_size=32, max_size=32))]
    at = draw(st.integers(0, len(proof) - 1))
    kind = draw(st.sampled_from(["bit", "drop", "double", "swap"]))
    if kind == "bit":
        bit = draw(st.integers(0, 255))
        flipped = (int.from_bytes(proof[at], "big") ^ 1 << bit).to_bytes(32, "big")
        return [*proof[:at], flipped, *proof[at + 1 :]]
    if kind == "swap" and len(proof) > 1:
        other = (at + 1) % len(proof)
        swapped = list(proof)
        swapped[at], swapped[other] = swapped[other], swapped[at]
        return swapped
    return [*proof[:at], *proof[at + 1 :]] if kind == "drop" else [*proof[:at], proof[at], *proof[at:]]


def _inclusion(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes | None:
    try:
        return inclusion_root(leaf, index, size, proof)
    except ValueError:
        return None


def _consistency(old: int, new: int, proof: list[bytes], old_root: bytes) -> tuple[bytes, bytes] | None:
    try:
        return consistency_roots(old, new, proof, old_root)
    except ValueError:
        return None
