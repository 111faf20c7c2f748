"""The keys of the index's TUF repository, and how long what they signed is good."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai_marketplace.service import audit
from lumosai_sdk.errors import ConflictError

if TYPE_CHECKING:
    from lumosai_marketplace.authority.tufrepo import Role, TufRepository
    from lumosai_marketplace.service.state import Service


async def rotate(service: Service, actor: str, role: Role, offline: Path | None = None) -> None:
    """Give a role of the TUF repository new keys. *offline* is where the root's keys are, if they were taken elsewhere.

    Raises ConfigError when they are not there.
    """
    tuf, passphrase = _tuf(service), service.settings.secret(service.settings.trust.passphrase)
    await asyncio.to_thread(tuf.rotate, role, offline=offline, root_passphrase=passphrase)
    await _recorded(service, actor, "keys.rotate", f"tuf-{role}")


async def renew(service: Service, actor: str, offline: Path | None = None) -> datetime:
    """Sign the root anew with the keys it has, and return when it expires. Raises ConfigError as ``rotate`` does."""
    tuf, passphrase = _tuf(service), service.settings.secret(service.settings.trust.passphrase)
    await asyncio.to_thread(tuf.renew_root, offline=offline, root_passphrase=passphrase)
    await _recorded(service, actor, "keys.renew", "tuf-root")
    return tuf.expires()["root"]


def expires(service: Service) -> dict[str, datetime]:
    """Return when each role's metadata expires. Raises ConfigError."""
    return _tuf(service).expires()


def _tuf(service: Service) -> TufRepository:
    if service.tuf is None:
        raise ConflictError("this service has no TUF repository", hint="lumos marketplace init")
    return service.tuf


async def _recorded(service: Service, actor: str, action: str, subject: str) -> None:
    async with service.sessions() as session, session.begin():
        await audit.record(session, service.clock(), actor, action, subject, {})
