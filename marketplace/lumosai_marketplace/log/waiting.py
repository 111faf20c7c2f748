"""Entries on their way into a log: several callers' in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from lumosai_marketplace.log.rows import Entry
from lumosai_marketplace.log.tiles import MAX_BODY
from lumosai_marketplace.log.tree import leaf_hash
from lumosai_sdk.errors import InputError

MAX_STATEMENT = 256 * 1024


@dataclass(slots=True)
class Waiting:
    """Entries of one caller, on their way."""

    bodies: Sequence[bytes]
    statements: Sequence[bytes | None]
    at: float
    done: asyncio.Future[list[int]] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


def check(waiting: Waiting) -> None:
    """Raise InputError for entries that cannot be."""
    if len(waiting.statements) != len(waiting.bodies):
        raise InputError("there are not as many statements as entries")
    if not all(0 < len(body) <= MAX_BODY for body in waiting.bodies):
        raise InputError(f"an entry of the log has 1 to {MAX_BODY} bytes")
    if any(s is not None and len(s) > MAX_STATEMENT for s in waiting.statements):
        raise InputError(f"a statement has at most {MAX_STATEMENT} bytes")


def rows_of(batch: Sequence[Waiting], first: int) -> list[Entry]:
    """Return the rows of a batch whose first entry has the index *first*."""
    flat = [(b, s, w.at) for w in batch for b, s in zip(w.bodies, w.statements, strict=True)]
    return [Entry(first + i, leaf_hash(body), body, at, statement) for i, (body, statement, at) in enumerate(flat)]


def tell(batch: Sequence[Waiting], first: int) -> None:
    """Tell each caller the indexes of its entries."""
    for waiting in batch:
        after = first + len(waiting.bodies)
        if not waiting.done.done():
            waiting.done.set_result(list(range(first, after)))
        first = after


def fail(batch: Sequence[Waiting], error: Exception) -> None:
    """Tell each caller what went wrong."""
    for waiting in batch:
        if not waiting.done.done():
            waiting.done.set_exception(error)
