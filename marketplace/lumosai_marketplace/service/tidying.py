"""What broke off is forgotten: uploads of processes that died, sign-ins that nobody finished."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy import delete, or_, select

from lumosai_marketplace.service import telling
from lumosai_marketplace.service.db.logins import DeviceLogin, Session, SpentToken
from lumosai_marketplace.service.db.models import Release, Token
from lumosai_marketplace.service.state import Service
from lumosai_sdk import safe

log = logging.getLogger("lumosai.marketplace")
SECONDS = 60.0
_DAY = 86_400.0
_BLOBS_SECONDS = 3600.0


async def keep(service: Service) -> None:
    """Tidy up at once, and then every minute. Ends when it is cancelled."""
    pause = min(SECONDS, service.settings.publishing.pending_seconds)
    while True:
        try:
            await tidy(service)
        except Exception as e:  # noqa: BLE001 - tried again
            log.warning("tidying up failed: %s", safe.line(f"{type(e).__name__}: {e}"))
        await asyncio.sleep(pause)


async def tidy(service: Service) -> int:
    """Tidy up once; return how many uploads were forgotten. Raises StorageError."""
    from lumosai_marketplace.service.pending import forget

    now = service.clock()
    stale = now - service.settings.publishing.pending_seconds
    async with service.reads() as session:
        query = select(Release.id, Release.state_reason).where(Release.state == "pending", Release.uploaded < stale)
        found = (await session.execute(query)).all()
    for release_id, lease in found:
        await forget(service, release_id, lease)
    await service.blobs.sweep(now - _BLOBS_SECONDS)
    await telling.publish(service)
    await _forget_logins(service, now)
    return len(found)


async def _forget_logins(service: Service, now: float) -> None:
    async with service.sessions() as session, session.begin():
        for table in (Session, DeviceLogin, SpentToken):
            await session.execute(delete(table).where(table.expires < now))
        gone = or_(Token.expires < now - 30 * _DAY, Token.revoked < now - 30 * _DAY)
        await session.execute(delete(Token).where(gone))
