"""Telling others what happened to a plugin: the search, and webhooks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lumosai_marketplace.names import Name
from lumosai_marketplace.service import webhooks
from lumosai_marketplace.service.search import indexing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from lumosai_marketplace.service.db.models import Project, Release
    from lumosai_marketplace.service.state import Service


async def told(
    service: Service, session: AsyncSession, event: str, project: Project, release: Release | None = None
) -> None:
    """Tell, for when the session's transaction is there for good."""
    body: dict[str, Any] = {
        "event": event,
        "at": service.clock(),
        "plugin": Name.parse(project.wire).screen,
        "status": project.status,
        "url": f"{service.settings.url}/simple/{project.wire}/",
    }
    if release is not None:
        signer = json.loads(release.signer_json)
        body |= {"version": release.version, "state": release.state, "sha256": release.sha256, "signer": signer}
    await indexing.refresh(session, project)
    await webhooks.emit(session, event, project.wire, body)
