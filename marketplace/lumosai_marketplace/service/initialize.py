"""Make what a service needs and does not have yet: tables, keys, a private sigstore instance, a TUF repository."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from lumosai_marketplace.service import telling
from lumosai_marketplace.service.opening import AUTHORITY, TUF, opened
from lumosai_marketplace.service.settings import Settings


@dataclass(frozen=True, slots=True)
class Initialized:
    """``made`` is what was not there before. ``root`` is the first TUF root: clients get it by a way they trust."""

    folder: Path
    made: tuple[str, ...]
    root: bytes


async def initialize(settings: Settings) -> Initialized:
    """Make what is missing; what is there stays as it is. Raises ConfigError, StorageError."""
    settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = await asyncio.to_thread(_keys, settings)
    async with opened(settings) as service:
        await telling.publish(service)
        root = service.tuf.bootstrap() if service.tuf is not None else b""
    return Initialized(settings.folder, tuple(made), root)


def _keys(settings: Settings) -> list[str]:
    from lumosai_marketplace.authority.instance import Authority
    from lumosai_marketplace.authority.tufrepo import TufRepository

    made, passphrase = [], settings.secret(settings.trust.passphrase)
    if settings.trust.private and not (settings.folder / AUTHORITY).exists():
        Authority.create(settings.folder / AUTHORITY, url=settings.url, passphrase=passphrase)
        made.append("private sigstore instance")
    if not (settings.folder / TUF).exists():
        TufRepository.create(settings.folder / TUF, passphrase=passphrase, root_passphrase=passphrase)
        made.append("TUF repository")
    return made
