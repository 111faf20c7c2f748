"""What an index's TUF repository says: whom to trust (keys), where to sign, what is revoked.

python-tuf's client does the work (The Update Framework 1.0, its client workflow). Around it: a folder of our own, caps,
no redirect, refusals by name, a revocation list whose serial never goes back, and use without a network for so many
days and no more. A client keeps the versions that it has seen: who shows it older ones is refused.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai_marketplace import durable
from lumosai_marketplace.errors import IndexUnavailableError, RefusedError
from lumosai_marketplace.trust import revocations, shapes, tuferrors
from lumosai_marketplace.trust.revocations import Revocations
from lumosai_marketplace.trust.roots import Roots
from lumosai_marketplace.trust.shapes import Shape

if TYPE_CHECKING:
    from tuf.ngclient.updater import Updater

    from lumosai_marketplace.trust.tuffetch import Fetcher

ROOT = "trusted_root.json"
SIGNING_CONFIG = "signing_config.v0.2.json"
OFFLINE_DAYS = 7.0
"""Days after the last refresh for which what was seen may be used without another."""
ROLES = ("root", "timestamp", "snapshot", "targets")
MAX_TARGET = revocations.MAX_BYTES
_STATE = "state.json"
_LOCK = ".lock"
_DAY = 86_400.0
_SKEW = 600.0


@dataclass(frozen=True, slots=True)
class TrustData:
    """What has been verified. ``versions`` are those of the four roles; ``refreshed`` is when (seconds since 1970).

    ``expires`` is until when the metadata say to go by it. ``signing_config`` is sigstore's, as JSON; empty where the
    repository has none.
    """

    roots: Roots
    signing_config: Mapping[str, Any]
    revocations: Revocations
    versions: Mapping[str, int]
    refreshed: float
    expires: float = 0.0

    def client_trust_config(self) -> dict[str, Any]:
        """Return sigstore's ClientTrustConfig, for ``signing.sign``."""
        return {
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": json.loads(self.roots.text),
            "signingConfig": dict(self.signing_config),
        }


@dataclass(frozen=True, slots=True)
class _State:
    """What is remembered of the last refresh. ``files`` are the digests of targets, ``bootstrap`` of the first root."""

    bootstrap: str
    refreshed: float
    serial: int = 0
    versions: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    expires: float = 0.0


class TufClient:
    """The repository at *url*, remembered in *folder*; *bootstrap* is a root that the owner has got from elsewhere.

    Without *needs_revocations* the repository may do without a revocation list, as public sigstore's does. *fetcher*
    makes what fetches its files, where that is not the network.
    """

    def __init__(
        self,
        url: str,
        folder: Path,
        bootstrap: bytes,
        *,
        offline_days: float = OFFLINE_DAYS,
        needs_revocations: bool = True,
        fetcher: Callable[[], Fetcher] | None = None,
    ) -> None:
        self._fetcher = fetcher
        self.url = url.rstrip("/") + "/"
        self.folder = folder
        self.bootstrap = bootstrap
        self.offline_days = offline_days
        self.needs_revocations = needs_revocations

    def refresh(self) -> TrustData:
        """Ask the repository, verify, remember. It blocks: call it in a thread.

        Raises RefusedError ``tuf.rollback`` (older than seen), ``tuf.expired`` (held back), ``tuf.signature``,
        ``tuf.changed`` (other bytes than were signed), ``tuf.size``, ``tuf.missing``, ``tuf.revocations``,
        ``tuf.metadata``, and IndexUnavailableError when it does not answer.
        """
        self._make_folders()
        with durable.locked(self.folder / _LOCK):
            before = self._state()
            found, versions = self._fetched()
            data = self._understood(found, versions, time.time(), self._expires())
            if before is not None and data.revocations.serial < before.serial:
                raise RefusedError(
                    "tuf.rollback",
                    f"{self.url}: the revocations have the serial {data.revocations.serial}, and had {before.serial}",
                )
            self._remember(found, data)
        return data

    def offline(self, now: float | None = None) -> TrustData:
        """Return what the last refresh has seen, for *offline_days* after it.

        Raises RefusedError ``tuf.stale`` when that is longer ago, or nothing has been seen, and ``tuf.changed`` when
        the files are not those that were seen.
        """
        state, at = self._state(), time.time() if now is None else now
        if state is None:
            raise RefusedError("tuf.stale", f"{self.url} has never been asked whom to trust", hint=_ASK)
        days = (at - state.refreshed) / _DAY
        if days > self.offline_days or state.refreshed > at + _SKEW:
            raise RefusedError(
                "tuf.stale",
                f"{self.url} was last asked whom to trust, and what is revoked, {abs(days):.1f} days"
                f" {'ago' if days > 0 else 'in the future'}; {self.offline_days:g} are allowed",
                hint=_ASK,
            )
        return self._understood(
            {n: self._kept(n, digest) for n, digest in state.files.items()},
            state.versions,
            state.refreshed,
            state.expires,
        )

    def _make_folders(self) -> None:
        for name in ("metadata", "targets", "seen"):
            (self.folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)

    def _fetched(self) -> tuple[dict[str, bytes], dict[str, int]]:
        from lumosai_marketplace.trust.tuffetch import Fetcher

        fetcher = (self._fetcher or Fetcher)()
        try:
            with tuferrors.named(self.url):
                updater = self._updater(fetcher)
                updater.refresh()
                names = (ROOT, SIGNING_CONFIG, revocations.NAME)
                found = {n: data for n in names if (data := self._target(updater, n)) is not None}
            return found, self._versions()
        finally:
            fetcher.close()

    def _updater(self, fetcher: Any) -> Updater:
        from tuf.ngclient.config import UpdaterConfig
        from tuf.ngclient.updater import Updater

        config = UpdaterConfig(max_root_rotations=256, max_delegations=0, targets_max_length=1_000_000)
        return Updater(
            str(self.folder / "metadata"),
            self.url,
            str(self.folder / "targets"),
            f"{self.url}targets/",
            fetcher=fetcher,
            config=config,
            bootstrap=self.bootstrap,
        )

    def _target(self, updater: Updater, name: str) -> bytes | None:
        info = updater.get_targetinfo(name)
        if info is None:
            return None
        if info.length > MAX_TARGET:
            raise RefusedError("tuf.size", f"{self.url}: {name} has {info.length} bytes, at most {MAX_TARGET} are read")
        return Path(updater.find_cached_target(info) or updater.download_target(info)).read_bytes()

    def _versions(self) -> dict[str, int]:
        """Return the versions of the roles, from the files that have just been verified."""
        out = {}
        for role in ROLES:
            text = (self.folder / "metadata" / f"{role}.json").read_bytes()
            out[role] = int(json.loads(text)["signed"]["version"])
        return out

    def _expires(self) -> float:
        """Return when the first of the roles expires, from the files that have just been verified."""
        texts = [(self.folder / "metadata" / f"{role}.json").read_bytes() for role in ROLES]
        return min(datetime.fromisoformat(json.loads(t)["signed"]["expires"]).timestamp() for t in texts)

    def _understood(
        self, found: Mapping[str, bytes], versions: Mapping[str, int], at: float, expires: float
    ) -> TrustData:
        needed = (ROOT, revocations.NAME) if self.needs_revocations else (ROOT,)
        if missing := [n for n in needed if n not in found]:
            raise RefusedError("tuf.missing", f"{self.url}: the repository has no {missing[0]}")
        config = found.get(SIGNING_CONFIG)
        return TrustData(
            roots=Roots.from_json(found[ROOT]),
            signing_config={}
            if config is None
            else shapes.parse(config, "the signing configuration", rule="tuf.metadata", most=MAX_TARGET),
            revocations=Revocations.from_json(found[revocations.NAME]) if revocations.NAME in found else Revocations(),
            versions=dict(versions),
            refreshed=at,
            expires=expires,
        )

    def _kept(self, name: str, digest: str) -> bytes:
        try:
            with self._seen(name, digest).open("rb") as f:
                data = f.read(MAX_TARGET + 1)
        except OSError as e:
            raise RefusedError("tuf.changed", f"{name} of {self.url} cannot be read: {e.strerror}", hint=_ASK) from None
        if sha256(data).hexdigest() != digest:
            raise RefusedError("tuf.changed", f"{name} of {self.url} is not what was seen", hint=_ASK)
        return data

    def _state(self) -> _State | None:
        """Return what is remembered; None where nothing is, or of another first root: then the owner begins anew."""
        try:
            text = (self.folder / _STATE).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as e:
            raise IndexUnavailableError(f"{self.folder / _STATE}: {e.strerror}") from None
        state = _read_state(text, self.folder / _STATE)
        return state if state.bootstrap == self._first() else None

    def _seen(self, name: str, digest: str) -> Path:
        """Return where what was accepted is kept: apart from where python-tuf puts what it has just fetched."""
        return self.folder / "seen" / f"{digest}.{name}"

    def _remember(self, found: Mapping[str, bytes], data: TrustData) -> None:
        """Keep what was accepted, by one rename at the end; then what nothing names any more goes."""
        digests = {n: sha256(b).hexdigest() for n, b in found.items()}
        kept = {self._seen(n, d) for n, d in digests.items()}
        for name, path in ((n, self._seen(n, d)) for n, d in digests.items()):
            if not path.exists():
                durable.replace(path, found[name])
        body = {
            "bootstrap": self._first(),
            "refreshed": data.refreshed,
            "expires": data.expires,
            "serial": data.revocations.serial,
            "versions": dict(data.versions),
            "files": digests,
        }
        durable.replace(self.folder / _STATE, json.dumps(body, sort_keys=True, indent=1).encode())
        for path in (self.folder / "seen").iterdir():
            if path not in kept:
                path.unlink(missing_ok=True)

    def _first(self) -> str:
        return sha256(self.bootstrap).hexdigest()


_ASK = "connect it once: lumos plugin audit asks again"


def _read_state(text: bytes, path: Path) -> _State:
    """Read what ``_remember`` wrote. Whoever can write it can also remove it: a file that is broken is said to be."""
    shape = Shape(str(path), "tuf.state")
    table = shapes.parse(text, str(path), rule="tuf.state", most=64 * 1024)
    shape.table(table, "it", ("bootstrap", "refreshed", "serial", "versions", "files"), ("expires",))
    try:
        files = {n: str(d) for n, d in table["files"].items() if n in {ROOT, SIGNING_CONFIG, revocations.NAME}}
        versions = {r: int(table["versions"][r]) for r in ROLES}
        return _State(
            str(table["bootstrap"]),
            float(table["refreshed"]),
            int(table["serial"]),
            versions,
            files,
            float(table.get("expires", 0)),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise shape.refused("it is not as it was written; remove it to begin anew") from None
