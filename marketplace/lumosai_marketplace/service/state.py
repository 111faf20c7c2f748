"""What all parts of the service share."""

from __future__ import annotations

import asyncio
import hmac
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from lumosai_marketplace import durable
from lumosai_marketplace.service.blobs import Blobs
from lumosai_marketplace.service.judging import Judges
from lumosai_marketplace.service.settings import Settings
from lumosai_sdk.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

    from lumosai_marketplace.authority.instance import Authority
    from lumosai_marketplace.authority.oidc import TokenVerifier
    from lumosai_marketplace.authority.tufrepo import TufRepository
    from lumosai_marketplace.log.store import Log

KEY_BYTES = 32


@dataclass(slots=True)
class Service:
    """One process of the service.

    ``sessions`` may write (on SQLite, one at a time); ``reads`` never wait for who writes. ``authority`` and ``log``
    are None where signatures are of another sigstore instance. ``key`` is the secret for keyed hashes and cookies.
    """

    settings: Settings
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    reads: async_sessionmaker[AsyncSession]
    blobs: Blobs
    key: bytes
    verifier: Judges
    tokens: TokenVerifier
    authority: Authority | None = None
    log: Log | None = None
    tuf: TufRepository | None = None
    clock: Callable[[], float] = time.time
    uploads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(4))
    shared: dict[str, Any] = field(default_factory=dict)
    """What a part keeps for itself, under its module's name: caches, counters."""

    def keyed_hash(self, purpose: str, text: str) -> str:
        """Return a hash that nobody can compute, or look up, without the service's key."""
        return hmac.new(self.key, f"{purpose}\0{text}".encode(), "sha256").hexdigest()


def service(request: Request) -> Service:
    """Return the service of a request, for ``Depends``."""
    found: Service = request.app.state.service
    return found


Shared = Annotated[Service, Depends(service)]
"""The parameter of a route: ``async def route(service: Shared)``."""


def load_key(path: Path) -> bytes:
    """Return the secret in *path*, made when it is not there. Raises ConfigError."""
    try:
        with suppress(FileExistsError):
            durable.write_new(path, os.urandom(KEY_BYTES))
        return _read_key(path)
    except OSError as e:
        raise ConfigError(f"{path}: {e.strerror}") from None


def _read_key(path: Path) -> bytes:
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ConfigError(
            f"{path}: not a key of {KEY_BYTES} bytes", hint="remove it: a new one is made, and sign-ins end"
        )
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise ConfigError(f"{path}: others can read it", hint=f"chmod 600 {path}")
    return key
