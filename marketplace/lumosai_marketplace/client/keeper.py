"""Whom to believe about an index: its TUF repository is asked, from the root that the owner has got elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai_marketplace import durable
from lumosai_marketplace.client import own
from lumosai_marketplace.client.http import origin_of
from lumosai_marketplace.client.market import Market
from lumosai_marketplace.client.source import Trust
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.trust.rules import LOCAL
from lumosai_sdk.errors import ConflictError, InputError

if TYPE_CHECKING:
    from lumosai_marketplace.trust.tufclient import TrustData, TufClient
    from lumosai_marketplace.trust.verify import Verifier

MAX_ROOT = 512_000
_ODD = re.compile(r"[^A-Za-z0-9.-]+")


def slug(url: str) -> str:
    """Return the name of files about an index. Raises InputError, RefusedError ``index.insecure``."""
    _, host, port = origin_of(url)
    path = url.partition("://")[2].partition("/")[2].strip("/")
    return _ODD.sub("_", "_".join(p for p in (host, str(port), path) if p))[:120]


class Keeper:
    """Asks for trust, and keeps the verifiers it made: one costs more than what it verifies."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._verifiers: dict[str, Verifier] = {}

    async def refresh(self, url: str) -> Trust:
        """Return whom to believe about the index at *url*, asked now. Raises RefusedError ``tuf.*``, LumosError."""
        return await asyncio.to_thread(lambda: self.read(url, self.client(url).refresh()))

    def known(self, url: str, now: float | None = None) -> Trust:
        """Return whom to believe about an index by what it told last, or about one's own work. Nobody is asked.

        Raises RefusedError ``tuf.stale`` where that is too long ago, ``trust.own``.
        """
        if url == LOCAL:
            return own.trust(self._market)
        return self.read(url, self.client(url).offline(now))

    def client(self, url: str) -> TufClient:
        """Return the client of an index's TUF repository. Raises RefusedError ``tuf.no-root``."""
        from lumosai_marketplace.trust.tufclient import TufClient

        return TufClient(f"{url.rstrip('/')}/tuf/", self.folder(url), self.root(url))

    def folder(self, url: str) -> Path:
        """Return where is kept what an index's TUF repository has shown."""
        return self._market.folder / "tuf" / slug(url)

    def root(self, url: str) -> bytes:
        """Return the root of an index that the owner trusts. Raises RefusedError ``tuf.no-root``."""
        path = root_path(self._market, url)
        try:
            with path.open("rb") as f:
                return f.read(MAX_ROOT)
        except OSError:
            raise RefusedError(
                "tuf.no-root",
                f"{url} is not trusted yet: there is no {path.parent.name}/{path.name}",
                hint=f"lumos trust index {url}",
            ) from None

    def read(self, url: str, data: TrustData) -> Trust:
        """Return what a TUF repository has told, and note what it revokes for the next start of the host."""
        revoked = {r.sha256: r.reason for r in data.revocations.revoked}
        note_revoked(self._market, url, revoked)
        text = data.roots.text
        if text not in self._verifiers:
            from lumosai_marketplace.trust.verify import Verifier

            self._verifiers[text] = Verifier(data.roots)
        return Trust(url, self._verifiers[text], data.versions, revoked, data.client_trust_config())


def note_revoked(market: Market, url: str, revoked: Mapping[str, str]) -> None:
    """Write down what an index revokes, where a host looks when it starts."""
    market.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with durable.locked(market.folder / ".guard"):
        known = read_revoked(market.revoked)
        if known.get(url, {}) != revoked:
            durable.replace(market.revoked, json.dumps({**known, url: dict(revoked)}, sort_keys=True).encode())


def read_revoked(path: Path) -> dict[str, dict[str, str]]:
    """Return what indexes revoke, by their address; nothing where nothing was noted, or it cannot be read."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return {u: dict(r) for u, r in found.items()} if isinstance(found, dict) else {}


def root_path(market: Market, url: str) -> Path:
    """Return where the trusted root of an index lies: beside lumos-trust.toml, to be committed with it."""
    return market.roots / f"{slug(url)}.root.json"


async def first_root(url: str) -> bytes:
    """Return the first root that an index shows. Whether it is the right one only its owner can tell.

    Raises RefusedError, IndexUnavailableError, InputError.
    """
    from lumosai_marketplace.client.http import Http

    async with Http(url) as http:
        answer = await http.get("tuf/1.root.json", limit=MAX_ROOT, accept="*/*")
    if answer.status != 200:  # noqa: PLR2004
        raise InputError(f"{http.url} has no TUF repository (HTTP {answer.status})", hint="is that an index's address?")
    return answer.body


def fingerprint(root: bytes) -> str:
    """Return what people compare of a root."""
    return hashlib.sha256(root).hexdigest()


def trust_root(market: Market, url: str, root: bytes, *, replace: bool = False) -> Path:
    """Trust an index by its *root*. Raises ConflictError when it is trusted by another, InputError for none."""
    _check_root(root)
    path = root_path(market, url)
    if path.exists() and path.read_bytes() != root and not replace:
        raise ConflictError(
            f"{url} is trusted by another root, {fingerprint(path.read_bytes())[:16]}…",
            hint=f"if its owner has told you so: lumos trust index {url} --replace",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    durable.replace(path, root, 0o644)
    return path


def _check_root(root: bytes) -> None:
    try:
        signed = json.loads(root)["signed"]
        if signed["_type"] != "root" or len(root) > MAX_ROOT:
            raise ValueError("no root")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError("that is no root of a TUF repository: 1.root.json is") from None
