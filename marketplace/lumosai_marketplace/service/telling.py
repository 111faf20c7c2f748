"""What the index's TUF repository tells clients: whom to trust, and which wheels no host should run any more."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from lumosai_marketplace.names import Name
from lumosai_marketplace.service.db.models import Audit, Project, Release
from lumosai_marketplace.trust import revocations
from lumosai_marketplace.trust.revocations import Revocations, Revoked
from lumosai_marketplace.trust.tufclient import ROOT, SIGNING_CONFIG

if TYPE_CHECKING:
    from lumosai_marketplace.service.state import Service

_CHANGES = ("quarantine", "release", "project.quarantine", "project.release")


async def publish(service: Service) -> bool:
    """Publish what changed, and sign anew what grows old. Tells whether anything changed. Raises ConfigError."""
    if service.tuf is None:
        return False
    targets = {revocations.NAME: (await revoked(service)).to_json(), **await asyncio.to_thread(_trust, service)}
    changed = await asyncio.to_thread(service.tuf.publish, targets)
    await asyncio.to_thread(service.tuf.resign)
    return changed


async def revoked(service: Service) -> Revocations:
    """Return the wheels in quarantine. The serial is the number of the last change in the audit log, and 1 more."""
    async with service.reads() as session:
        serial = await session.scalar(select(func.max(Audit.id)).where(Audit.action.in_(_CHANGES))) or 0
        query = (
            select(Release, Project)
            .join(Project, Project.id == Release.project_id)
            .where(Release.state != "pending", or_(Release.state == "quarantined", Project.status == "quarantined"))
            .order_by(Release.id.desc())
            .limit(revocations.MAX_ENTRIES)
        )
        rows = (await session.execute(query)).all()
    return Revocations(serial + 1, tuple(_entry(release, project) for release, project in rows))


def _entry(release: Release, project: Project) -> Revoked:
    reason = release.state_reason if release.state == "quarantined" else project.status_reason
    return Revoked(release.sha256, Name.parse(project.wire).screen, release.version, reason[:1000])


def _trust(service: Service) -> dict[str, bytes]:
    """Return the documents of the instance whose signatures count, the private one before another."""
    if service.authority is not None:
        documents = {ROOT: service.authority.trusted_root(), SIGNING_CONFIG: service.authority.signing_config()}
        return {name: json.dumps(document, sort_keys=True).encode() for name, document in documents.items()}
    settings, trust = service.settings, service.settings.trust
    files = {ROOT: trust.root, SIGNING_CONFIG: trust.signing_config}
    return {name: settings.path(path).read_bytes() for name, path in files.items() if path is not None}
