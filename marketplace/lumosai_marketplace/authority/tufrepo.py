"""A TUF repository (The Update Framework 1.0, consistent snapshots) in a folder.

``repository/`` is what clients see, ``keys/`` are the keys of targets, snapshot and timestamp, ``offline/`` those of
the root: they are needed for rotations alone, and kept elsewhere otherwise. What changes becomes visible by one rename,
of ``timestamp.json`` or of the next root: a writer that is killed leaves one version, and whoever reads sees one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lumosai_marketplace import durable
from lumosai_marketplace.authority import files
from lumosai_marketplace.authority.keys import FOLDER, KeyStore, open_store
from lumosai_marketplace.authority.tufmeta import ONLINE, Lifetimes, Version, next_version, sign_root
from lumosai_marketplace.authority.tufroot import first_root, prune, renewed, rotated
from lumosai_marketplace.authority.tufsettings import TufSettings
from lumosai_sdk.errors import ConfigError, ConflictError, InputError

if TYPE_CHECKING:
    from lumosai_marketplace.authority.tufapi import Metadata, Root

Role = Literal["root", "targets", "snapshot", "timestamp"]
MAX_TARGET = 16 * 1024 * 1024
_PUBLIC = 0o644
_MAX_ROOT = 512_000
_MAX_ROOTS = 256
"""As many rotations as clients follow at once; a repository is made anew before."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TufRepository:
    """The repository in *folder*. Writers, in any process, wait for one another."""

    folder: Path
    settings: TufSettings
    store: KeyStore

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        passphrase: str | None = None,
        root_passphrase: str | None = None,
        offline: Path | None = None,
        root_keys: int = 3,
        threshold: int = 2,
        keys: str = FOLDER,
        lifetimes: Lifetimes | None = None,
    ) -> TufRepository:
        """Make a repository without targets; *threshold* of *root_keys* keys sign roots.

        Raises ConflictError when there is one, InputError for a threshold that cannot be.
        """
        if not 1 <= threshold <= root_keys <= 16:  # noqa: PLR2004
            raise InputError("the threshold of root keys is at least 1, and no more than there are keys (16 at most)")
        settings = TufSettings(keys, lifetimes or Lifetimes())
        files.private_folder(folder)
        with durable.locked(folder / files.LOCK):
            if any((folder / name).exists() for name in ("keys", "offline", "repository")):
                raise ConflictError(
                    f"{folder} holds a TUF repository, or half of one", hint="give an empty folder, or remove it"
                )
            root_store = open_store(FOLDER, offline or folder / "offline", root_passphrase, create=True)
            made = cls(folder, settings, open_store(keys, folder / "keys", passphrase, create=True))
            (made.public / "targets").mkdir(parents=True)
            root = first_root(made.store, root_store, root_keys, threshold, settings.lifetimes.root, _now())
            sign_root(root, root_store, [root.signed])
            made._write_root(root)
            made._write(next_version(None, {}, [], settings.lifetimes, _now()), root)
            settings.save(folder)
        return made

    @classmethod
    def open(cls, folder: Path, passphrase: str | None = None) -> TufRepository:
        """Open a repository. Raises ConfigError: not there, not whole, keys open to others, the passphrase wrong."""
        if folder.exists():
            files.check_private(folder)
        settings = TufSettings.load(folder)
        made = cls(folder, settings, open_store(settings.keys, folder / "keys", passphrase))
        made.expires()
        return made

    @property
    def public(self) -> Path:
        """The folder that clients see."""
        return self.folder / "repository"

    def bootstrap(self) -> bytes:
        """Return the first root: what a client that knows nothing is given by hand."""
        return files.read(self.public / "1.root.json", _MAX_ROOT)

    def expires(self) -> dict[str, datetime]:
        """Return when each role's metadata expires."""
        version = self._version()
        return {"root": self._root().signed.expires, **version.expires()}

    def targets(self) -> dict[str, bytes]:
        """Return what is published."""
        return {name: self._target(name, info.hashes["sha256"]) for name, info in self._version().targets.items()}

    def publish(self, new: Mapping[str, bytes], *, remove: Iterable[str] = (), at: datetime | None = None) -> bool:
        """Publish *new* in place of what has their names; the rest stays. Tells whether anything changed.

        Raises InputError for a name that is none, or more than 16 MiB.
        """
        for name, data in new.items():
            if not _NAME.fullmatch(name) or len(data) > MAX_TARGET:
                raise InputError(f"{name[:80]!r} cannot be published: a plain name, and {MAX_TARGET} bytes at most")
        with durable.locked(self.folder / files.LOCK):
            durable.clear_leftovers(self.public)
            durable.clear_leftovers(self.public / "targets")
            old = self._version()
            for name, data in new.items():
                path = self.public / "targets" / f"{sha256(data).hexdigest()}.{name}"
                if not path.exists():
                    durable.replace(path, data, _PUBLIC)
            fresh = next_version(old, new, remove, self.settings.lifetimes, at or _now())
            if fresh.targets == old.targets:
                return False
            self._write(fresh, self._root())
        return True

    def resign(self, at: datetime | None = None) -> tuple[str, ...]:
        """Sign anew what has lived half of its life, so that clients never see it expired. Returns which roles."""
        now = at or _now()
        with durable.locked(self.folder / files.LOCK):
            old = self._version()
            due = old.due(self.settings.lifetimes, now)
            if due:
                self._write(old.again(due[0], self.settings.lifetimes, now), self._root())
        return due

    def rotate(self, role: Role, *, offline: Path | None = None, root_passphrase: str | None = None) -> None:
        """Give *role* new keys, by a new root that a threshold of the old root's keys sign, and of the new one's.

        Raises ConfigError when too few root keys are in *offline*, InputError for an unknown role.
        """
        if role not in {"root", *ONLINE}:
            raise InputError(f"there is no role {role!r}", hint=f"one of root, {', '.join(ONLINE)}")
        self._new_root(role, offline, root_passphrase)

    def renew_root(self, *, offline: Path | None = None, root_passphrase: str | None = None) -> None:
        """Sign the root anew with the keys it has, before it expires. Raises ConfigError as ``rotate`` does."""
        self._new_root(None, offline, root_passphrase)

    def _new_root(self, role: Role | None, offline: Path | None, passphrase: str | None) -> None:
        root_store = open_store(FOLDER, offline or self.folder / "offline", passphrase)
        with durable.locked(self.folder / files.LOCK):
            old = self._root()
            if old.signed.version >= _MAX_ROOTS:
                raise ConfigError(f"{self.public} has had {_MAX_ROOTS} roots, and clients follow no more")
            prune(old.signed, self.store, root_store)
            life, now = self.settings.lifetimes.root, _now()
            new = renewed(old, life, now) if role is None else rotated(old, role, self.store, root_store, life, now)
            sign_root(new, root_store, (old.signed, new.signed))  # before anything is written: keys may be missing
            if role in ONLINE:
                # Good under the old root and the new one, so that no client falls between the two.
                self._write(self._version().again(str(role), self.settings.lifetimes, now), old, new)
            self._write_root(new)
            prune(new.signed, self.store, root_store)

    def _write_root(self, root: Metadata[Root]) -> None:
        durable.replace(self.public / f"{root.signed.version}.root.json", root.to_bytes(), _PUBLIC)

    def _write(self, version: Version, *roots: Metadata[Root]) -> None:
        for name, data in version.sign(self.store, [r.signed for r in roots]):
            durable.replace(self.public / name, data, _PUBLIC)

    def _root(self) -> Metadata[Root]:
        from lumosai_marketplace.authority.tufapi import Metadata, Root

        number = 1
        while (self.public / f"{number + 1}.root.json").exists():
            number += 1
        data = files.read(self.public / f"{number}.root.json", _MAX_ROOT)
        return Metadata[Root].from_bytes(data)

    def _version(self) -> Version:
        return Version.load(self.public)

    def _target(self, name: str, digest: str) -> bytes:
        data = files.read(self.public / "targets" / f"{digest}.{name}", MAX_TARGET)
        if sha256(data).hexdigest() != digest:
            raise ConfigError(f"{name} in {self.public} is not what was published")
        return data


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
