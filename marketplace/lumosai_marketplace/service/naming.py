"""Names that are too near to others: ``acrne-weather`` is no honest neighbour of ``acme-weather``."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.service.db.models import Namespace, Project
from lumosai_marketplace.wheels import squat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

    from lumosai_marketplace.service.state import Service

RESERVED = frozenset({
    "admin", "api", "local", "lumos", "lumosai", "lumosaiplugins", "lumosaisdk", "marketplace", "official", "plugin",
    "plugins", "python", "root", "security", "simple", "support", "system", "test",
})  # fmt: skip
"""Namespaces that would speak for somebody else; ``local`` is what policies call one's own work."""

REFUSED = 80.0
"""How near is too near (``squat.Near.score``): what looks the same, is a slip of the finger, or adds ``official``."""

_LONG = 5


@dataclass(slots=True)
class Names:
    """The names of all plugins, made ready once and then added to."""

    known: squat.Known = field(default_factory=squat.Known)
    last_id: int = 0

    async def refreshed(self, session: AsyncSession) -> squat.Known:
        """Return the names there are now."""
        query = select(Project.id, Project.wire).where(Project.id > self.last_id).order_by(Project.id)
        new = (await session.execute(query)).all()
        total = await session.scalar(select(func.count()).select_from(Project)) or 0
        if total != len(self.known) + len(new):  # some are gone
            self.known = squat.Known()
            new = (await session.execute(select(Project.id, Project.wire).order_by(Project.id))).all()
        await asyncio.to_thread(_add_all, self.known, [wire for _, wire in new])
        self.last_id = new[-1][0] if new else self.last_id
        return self.known


def _add_all(known: squat.Known, wires: Sequence[str]) -> None:
    for wire in wires:
        known.add(wire)


async def check_plugin(service: Service, name: Name) -> None:
    """Refuse the name of a new plugin that could be taken for one of somebody else: ``index.squat``."""
    async with service.reads() as session:
        if await session.scalar(select(Project.id).where(Project.wire == name.wire)) is not None:
            return
        names: Names = service.shared.setdefault("naming.names", Names())
        known = await names.refreshed(session)
    near = await asyncio.to_thread(squat.near, name, known)
    if near and near[0].score >= REFUSED:
        raise _squat(name.screen, near[0].name, f"lumos marketplace namespace allow {name}")


async def check_namespace(session: AsyncSession, name: str) -> None:
    """Refuse a new namespace that is reserved, or could be taken for another: ``index.reserved``, ``index.squat``."""
    if name in RESERVED:
        raise RefusedError("index.reserved", f"the namespace {name!r} is reserved")
    query = select(Namespace.name).where(Namespace.name != name, Namespace.proof != "")
    found = await asyncio.to_thread(nearest, name, (await session.scalars(query)).all())
    if found is not None:
        raise _squat(name, found, f"lumos marketplace namespace add {name}")


def nearest(new: str, others: Sequence[str]) -> str | None:
    """Return the one of *others* that looks like *new*, or is one key away from it."""
    from rapidfuzz.distance import OSA

    mine = squat.skeleton(new)
    for other in others:
        theirs = squat.skeleton(other)
        if theirs == mine or (len(new) >= _LONG and OSA.distance(mine, theirs, score_cutoff=1) <= 1):
            return other
    return None


def _squat(new: str, other: str, command: str) -> RefusedError:
    return RefusedError(
        "index.squat",
        f"{new!r} could be taken for {other!r}, which is somebody else's",
        hint=f"choose another name, or ask who runs this index to allow it: {command}",
    )
