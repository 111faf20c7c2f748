"""The maths of the tree (RFC 6962, section 2.1): over hashes alone, wherever they are kept.

A *node* is a complete subtree: ``Node(level, number)`` covers ``1 << level`` leaves from ``number << level`` on. What a
proof is made of is told as nodes (``inclusion_plan``, ``consistency_plan``), so that whoever keeps hashes fetches those
it needs at once; each step of a plan is one hash of the proof, and ``fold`` makes it of the step's nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

HASH = 32
EMPTY = sha256(b"").digest()
MAX_LEVEL = 63
"""No tree is larger than 2**63 leaves: what databases and languages count up to."""


class Node(NamedTuple):
    """A complete subtree of ``2**level`` leaves."""

    level: int
    number: int


Plan = list[list[Node]]


def leaf_hash(body: bytes) -> bytes:
    """Return the hash of an entry."""
    return sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the hash of neighbouring complete subtrees, the largest first: a tree's root, or a subtree at its edge."""
    if not hashes:
        return EMPTY
    out = hashes[-1]
    for left in reversed(hashes[:-1]):
        out = node_hash(left, out)
    return out


def cover(low: int, high: int) -> list[Node]:
    """Return the nodes that make the subtree over the leaves ``[low, high)``, as RFC 6962 splits it, left to right."""
    out: list[Node] = []
    while low < high:
        level = (high - low).bit_length() - 1
        out.append(Node(level, low >> level))
        low += 1 << level
    return out


def inclusion_plan(index: int, size: int) -> Plan:
    """Return what proves that the leaf *index* is in the tree of *size*, the lowest sibling first.

    Raises ValueError when it is not.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} has no leaf {index}")
    return _siblings(index, index + 1, 0, size)


def consistency_plan(old: int, new: int) -> Plan:
    """Return what proves that the tree of *old* leaves is where the tree of *new* leaves begins.

    Nothing is needed for an empty tree, nor between equals. Raises ValueError when *old* is larger than *new*.
    """
    if not 0 <= old <= new:
        raise ValueError(f"no tree of {new} begins with one of {old}")
    if old in {0, new}:
        return []
    whole = old & -old  # the last complete subtree of the old tree: what both trees have, and the proof begins with
    seed = [] if whole == old else [[Node(whole.bit_length() - 1, (old - whole) // whole)]]
    return seed + _siblings(old - whole, old, 0, new)


def _siblings(low: int, high: int, begin: int, end: int) -> Plan:
    """Return what is beside the way from the subtree ``[low, high)`` up to ``[begin, end)``, the lowest first."""
    out: Plan = []
    while (begin, end) != (low, high):
        split = begin + (1 << ((end - begin - 1).bit_length() - 1))
        if low < split:
            out.append(cover(split, end))
            end = split
        else:
            out.append(cover(begin, split))
            begin = split
    return out[::-1]


def inclusion_root(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that *proof* leads to from the hash *leaf* (RFC 9162, section 2.1.3.2).

    Raises ValueError for a proof that has not the length it must have.
    """
    if not 0 <= index < size <= 1 << MAX_LEVEL:
        raise ValueError(f"a tree of {size} has no leaf {index}")
    inner = (index ^ (size - 1)).bit_length()
    border = (index >> inner).bit_count()
    _check(proof, inner + border)
    return _climb(leaf, index, inner, proof)


def consistency_roots(old: int, new: int, proof: Sequence[bytes], old_root: bytes) -> tuple[bytes, bytes]:
    """Return the roots of the old and of the new tree as *proof* has them, for ``0 < old < new``.

    *old_root* is taken for the proof's first hash where that is left out, as the old tree is complete. Raises
    ValueError for a proof that has not the length it must have.
    """
    if not 0 < old < new <= 1 << MAX_LEVEL:
        raise ValueError(f"there is nothing to prove between trees of {old} and {new}")
    low = (old & -old).bit_length() - 1
    index, last = (old >> low) - 1, (new - 1) >> low
    hashes = [old_root, *proof] if index == 0 else list(proof)
    inner = (index ^ last).bit_length()
    border = (index >> inner).bit_count()
    _check(hashes, 1 + inner + border)
    seed, path = hashes[0], hashes[1:]
    before = seed
    for at, sibling in enumerate(path):
        if at >= inner or index >> at & 1:
            before = node_hash(sibling, before)
    return before, _climb(seed, index, inner, path)


def _climb(seed: bytes, index: int, inner: int, path: Sequence[bytes]) -> bytes:
    """Return the root above *seed*: up to the tree's right edge by the bits of *index*, then along that edge."""
    out = seed
    for at, sibling in enumerate(path):
        left = at >= inner or index >> at & 1
        out = node_hash(sibling, out) if left else node_hash(out, sibling)
    return out


def _check(proof: Sequence[bytes], length: int) -> None:
    if len(proof) != length:
        raise ValueError(f"the proof has {len(proof)} hashes where {length} are needed")
    if any(len(h) != HASH for h in proof):
        raise ValueError(f"a hash of the proof has not {HASH} bytes")


@dataclass(slots=True)
class Frontier:
    """The right edge of a growing tree: the hashes of the complete subtrees that it is made of, the largest first."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    @classmethod
    def before(cls, index: int, proof: Sequence[bytes]) -> Frontier:
        """Return the edge of the tree of *index* leaves, of the proof for the leaf *index* in the tree of one more.

        Raises ValueError for a proof of another length.
        """
        _check(proof, index.bit_count())
        return cls(index, list(reversed(proof)))

    def append(self, leaf: bytes, made: Callable[[int, bytes], None] | None = None) -> None:
        """Add the hash *leaf*. *made* is told the level and hash of each subtree that became complete by it."""
        level, out = 0, leaf
        if made is not None:
            made(level, out)
        while self.size >> level & 1:
            out = node_hash(self.hashes.pop(), out)
            level += 1
            if made is not None:
                made(level, out)
        self.hashes.append(out)
        self.size += 1

    def root(self) -> bytes:
        """Return the tree's hash."""
        return fold(self.hashes)

    def copy(self) -> Frontier:
        """Return another that grows apart from this one."""
        return Frontier(self.size, list(self.hashes))
