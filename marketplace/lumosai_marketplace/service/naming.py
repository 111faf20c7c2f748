"""Names that are too near to others: ``acrne-weather`` is no honest neighbour of ``acme-weather``."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.service.db.models import Namespace, Project

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

RESERVED = frozenset({
    "admin", "api", "local", "lumos", "lumosai", "lumosaiplugins", "lumosaisdk", "marketplace", "official", "plugin",
    "plugins", "python", "root", "security", "simple", "support", "system", "test",
})  # fmt: skip
"""Namespaces that would speak for somebody else; ``local`` is what policies call one's own work."""

_LOOKALIKES = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "3": "e", "8": "b"})
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_SHORT, _LONG = 5, 12


def skeleton(text: str) -> str:
    """Return what is left of a name to a quick eye."""
    seen = re.sub(r"[-_.]", "", text.lower()).translate(_LOOKALIKES)
    for pair, single in _PAIRS:
        seen = seen.replace(pair, single)
    return seen.removesuffix("s")


def nearest(new: str, others: Sequence[str]) -> str | None:
    """Return the one of *others* that *new* could be taken for, or None."""
    mine, sorted_mine = skeleton(new), sorted(new.split("-"))
    for other in others:
        if skeleton(other) == mine or ("-" in new and sorted(other.split("-")) == sorted_mine):
            return other
    if len(new) < _SHORT:
        return None
    from rapidfuzz import process
    from rapidfuzz.distance import DamerauLevenshtein

    most = 2 if len(new) >= _LONG else 1
    found = process.extractOne(new, others, scorer=DamerauLevenshtein.distance, score_cutoff=most)
    return None if found is None else str(found[0])


async def check_plugin(session: AsyncSession, name: Name) -> None:
    """Refuse the name of a new plugin that could be taken for one of somebody else: ``index.squat``."""
    query = select(Project.wire).where(~Project.wire.startswith(f"{name.namespace}-"))
    await _check(name.wire, (await session.scalars(query)).all(), f"lumos marketplace namespace allow {name}")


async def check_namespace(session: AsyncSession, name: str) -> None:
    """Refuse a new namespace that is reserved, or could be taken for another: ``index.reserved``, ``index.squat``."""
    if name in RESERVED:
        raise RefusedError("index.reserved", f"the namespace {name!r} is reserved")
    names = (await session.scalars(select(Namespace.name).where(Namespace.name != name, Namespace.proof != ""))).all()
    await _check(name, names, f"lumos marketplace namespace add {name}")


async def _check(new: str, others: Iterable[str], command: str) -> None:
    found = await asyncio.to_thread(nearest, new, list(others))
    if found is not None:
        raise RefusedError(
            "index.squat",
            f"{new!r} could be taken for {found!r}, which is somebody else's",
            hint=f"choose another name, or ask who runs this index to allow it: {command}",
        )
