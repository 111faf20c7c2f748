"""Make a service of its settings, for as long as it is open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from lumosai_marketplace.service.blobs import Blobs
from lumosai_marketplace.service.db import engine as db
from lumosai_marketplace.service.judging import Judges
from lumosai_marketplace.service.settings import Settings
from lumosai_marketplace.service.state import Service, load_key

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from lumosai_marketplace.authority.instance import Authority
    from lumosai_marketplace.authority.oidc import TokenVerifier
    from lumosai_marketplace.authority.tufrepo import TufRepository
    from lumosai_marketplace.log.store import Log
    from lumosai_marketplace.trust.roots import Roots

AUTHORITY, TUF = "authority", "tuf"


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Service]:
    """Open database, files and keys; the tables are brought to this version's shape first.

    Raises ConfigError for what cannot be had, StorageError.
    """
    settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = db.make_engine(settings)
    async with db.upgraded(engine):
        authority = await asyncio.to_thread(open_authority, settings)
        log = _log(engine, authority)
        made = Service(
            settings=settings,
            engine=engine,
            sessions=db.sessions(engine),
            reads=db.reads(engine),
            blobs=Blobs.of(settings),
            key=load_key(settings.folder / "service.key"),
            verifier=Judges(authority, _other_roots(settings)),
            tokens=_tokens(settings),
            authority=authority,
            log=log,
            tuf=await asyncio.to_thread(_tuf, settings),
            uploads=asyncio.Semaphore(settings.limits.uploads),
        )
        try:
            yield made
        finally:
            if log is not None:
                await log.aclose()


def open_authority(settings: Settings) -> Authority | None:
    """Open the private sigstore instance, if there is to be one. Raises ConfigError."""
    if not settings.trust.private:
        return None
    from lumosai_marketplace.authority.instance import Authority

    return Authority.open(settings.folder / AUTHORITY, settings.secret(settings.trust.passphrase))


def _other_roots(settings: Settings) -> tuple[Roots, ...]:
    if settings.trust.root is None:
        return ()
    from lumosai_marketplace.trust.roots import Roots

    return (Roots.from_file(settings.path(settings.trust.root)),)


def _tokens(settings: Settings) -> TokenVerifier:
    from lumosai_marketplace.authority.issuers import TrustedIssuer
    from lumosai_marketplace.authority.oidc import TokenVerifier

    trusted = [TrustedIssuer(i.url, i.kind, i.jwks_url, i.server) for i in settings.trust.issuers]
    return TokenVerifier(trusted)


def _log(engine: AsyncEngine, authority: Authority | None) -> Log | None:
    if authority is None:
        return None
    from lumosai_marketplace.log.store import Log

    return Log(engine, CurrentSigner(authority), authority.origin)


def _tuf(settings: Settings) -> TufRepository:
    from lumosai_marketplace.authority.tufrepo import TufRepository

    return TufRepository.open(settings.folder / TUF, settings.secret(settings.trust.passphrase))


class CurrentSigner:
    """Signs with the log's key of the moment, so that a rotation is followed."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    @property
    def key_id(self) -> bytes:
        """The key's id."""
        return self._authority.log_signer.key_id

    def sign(self, data: bytes) -> bytes:
        """Return a signature in DER."""
        return self._authority.log_signer.sign(data)
