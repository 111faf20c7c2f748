"""Who did what to what. Whatever changes a project is written here, in the transaction that changes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from lumosai_marketplace.service.db.models import Audit, Project
from lumosai_sdk import safe

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

ACTOR_MOST, SUBJECT_MOST = 320, 255


async def record(
    session: AsyncSession,
    at: float,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write a line. *subject* is a project's wire name, a namespace's name, or a person's.

    A project is locked first: its lines are numbered in the order in which they become visible, and ``serial`` counts
    on that.
    """
    await session.execute(select(Project.id).where(Project.wire == subject).with_for_update())
    text = json.dumps(dict(detail or {}), sort_keys=True)
    session.add(
        Audit(at=at, actor=safe.line(actor)[:ACTOR_MOST], action=action, subject=subject[:SUBJECT_MOST], detail=text)
    )
    await session.flush()


async def serial(session: AsyncSession, subject: str) -> int:
    """Return a number that is another after each change of *subject*."""
    return await session.scalar(select(func.max(Audit.id)).where(Audit.subject == subject)) or 0


async def last(session: AsyncSession) -> int:
    """Return a number that is another after each change of anything."""
    return await session.scalar(select(func.max(Audit.id))) or 0
