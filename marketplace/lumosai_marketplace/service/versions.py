"""Which release of a project is its latest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version
from sqlalchemy import select

from lumosai_marketplace.service.db.models import Project, Release

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


def parsed(text: str) -> Version:
    """Return a version to sort by; what is none sorts first."""
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0.dev0")


async def refresh_latest(session: AsyncSession, project: Project) -> None:
    """Set ``latest_id`` anew: the newest active release that is no pre-release, else the newest active one."""
    query = select(Release.id, Release.version).where(Release.project_id == project.id, Release.state == "active")
    found = [(parsed(version), release_id) for release_id, version in (await session.execute(query))]
    final = [f for f in found if not f[0].is_prerelease]
    project.latest_id = max(final or found)[1] if found else None


async def equal_to(session: AsyncSession, project: Project, version: str) -> Release | None:
    """Return the release whose version means the same: ``1.0`` and ``1.0.0`` are one (PEP 440)."""
    query = select(Release.id, Release.version).where(Release.project_id == project.id)
    wanted = parsed(version)
    for release_id, known in await session.execute(query):
        if known == version or parsed(known) == wanted:
            return await session.get(Release, release_id)
    return None
