"""The metadata of a TUF repository that change often: targets, snapshot and timestamp, as one version of all three."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai_marketplace.authority import files
from lumosai_marketplace.authority.keys import KeyStore
from lumosai_sdk.errors import ConfigError

if TYPE_CHECKING:
    from lumosai_marketplace.authority.tufapi import (
        CryptoSigner,
        Metadata,
        Root,
        Snapshot,
        TargetFile,
        Targets,
        Timestamp,
    )

ONLINE: tuple[str, ...] = ("targets", "snapshot", "timestamp")
"""The roles whose keys are online, in the order in which one names the other's version."""

KEY_FIELD = "x-lumosai-key"
"""Where the root says by which name the key store knows a key."""

_MAX_METADATA = 5_000_000


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long metadata are good: a client that is shown old ones notices after that (freeze)."""

    root: timedelta = timedelta(days=365)
    targets: timedelta = timedelta(days=90)
    snapshot: timedelta = timedelta(days=7)
    timestamp: timedelta = timedelta(days=1)

    def of(self, role: str) -> timedelta:
        """Return a role's."""
        lives: dict[str, timedelta] = {
            "root": self.root,
            "targets": self.targets,
            "snapshot": self.snapshot,
            "timestamp": self.timestamp,
        }
        return lives[role]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the three; ``changed`` are those that were not signed yet, each with all that name it."""

    parts: tuple[Targets, Snapshot, Timestamp]
    changed: tuple[str, ...] = field(default=ONLINE)

    @property
    def targets(self) -> dict[str, TargetFile]:
        """What is published, by name."""
        return self.parts[0].targets

    @classmethod
    def load(cls, public: Path) -> Version:
        """Read the version that ``timestamp.json`` names. Raises ConfigError."""
        from lumosai_marketplace.authority.tufapi import Metadata, RepositoryError, Snapshot, Targets, Timestamp

        def read(name: str) -> bytes:
            return files.read(public / name, _MAX_METADATA)

        try:
            timestamp = Metadata[Timestamp].from_bytes(read("timestamp.json")).signed
            snapshot = Metadata[Snapshot].from_bytes(read(f"{timestamp.snapshot_meta.version}.snapshot.json")).signed
            targets = Metadata[Targets].from_bytes(read(f"{snapshot.meta['targets.json'].version}.targets.json")).signed
        except (RepositoryError, KeyError, ValueError) as e:
            raise ConfigError(f"the metadata in {public} are damaged: {e}") from None
        return cls((targets, snapshot, timestamp), ())

    def expires(self) -> dict[str, datetime]:
        """Return when each expires."""
        return {part.type: part.expires for part in self.parts}

    def due(self, lifetimes: Lifetimes, at: datetime) -> tuple[str, ...]:
        """Return the roles to sign anew, and those that name them: what has lived half of its life."""
        for index, part in enumerate(self.parts):
            if part.expires - at < lifetimes.of(part.type) / 2:
                return ONLINE[index:]
        return ()

    def again(self, first: str, lifetimes: Lifetimes, at: datetime) -> Version:
        """Return the version that follows in which *first*, and what names it, are signed anew."""
        parts = deepcopy(self.parts)
        changed = ONLINE[ONLINE.index(first) :]
        for part in parts:
            if part.type in changed:
                part.version += 1
                part.expires = at + lifetimes.of(part.type)
        return Version(parts, changed)

    def sign(self, store: KeyStore, roots: Sequence[Root]) -> list[tuple[str, bytes]]:
        """Return the changed files, in the order to write them: what is named before what names it.

        They are signed by the keys that each of *roots* gives the role. Raises ConfigError for a key that is missing.
        """
        from lumosai_marketplace.authority.tufapi import Metadata, MetaFile

        targets, snapshot, timestamp = self.parts
        out: list[tuple[str, bytes]] = []
        for part in self.parts:
            if part.type in self.changed:
                signed = Metadata[Any](part)
                for signer in _signers(store, roots, part.type):
                    signed.sign(signer, append=True)
                data = signed.to_bytes()
                name = f"{part.type}.json"
                out.append((name if part is timestamp else f"{part.version}.{name}", data))
                meta = MetaFile.from_data(part.version, data, ["sha256"])
                if part is targets:
                    snapshot.meta[name] = meta
                elif part is snapshot:
                    timestamp.snapshot_meta = meta
        return out


def next_version(
    old: Version | None, new: Mapping[str, bytes], remove: Iterable[str], lifetimes: Lifetimes, at: datetime
) -> Version:
    """Return the version that follows *old* with *new* targets; the first one without *old*."""
    from lumosai_marketplace.authority.tufapi import Snapshot, TargetFile, Targets, Timestamp

    if old is None:
        made = Targets(), Snapshot(), Timestamp()
        for part in made:
            part.expires = at + lifetimes.of(part.type)
        following = Version(made)
    else:
        following = old.again("targets", lifetimes, at)
    for name, data in new.items():
        following.targets[name] = TargetFile.from_data(name, data, ["sha256"])
    for name in remove:
        following.targets.pop(name, None)
    return following


def sign_root(root: Metadata[Root], root_store: KeyStore, under: Sequence[Root]) -> None:
    """Sign *root* with every root key at hand. Raises ConfigError when any of *under* would not take it."""
    from lumosai_marketplace.authority.tufapi import UnsignedMetadataError

    root.signatures.clear()
    for signer in _signers(root_store, under, "root", only=root_store.names()):
        root.sign(signer, append=True)
    for each in under:
        try:
            each.verify_delegate("root", root.signed_bytes, root.signatures)
        except UnsignedMetadataError:
            wanted = each.get_delegated_role("root").threshold
            raise ConfigError(
                f"too few keys of root {each.version} are at hand to sign the next one: it takes {wanted}",
                hint="bring the offline keys together in one folder, and name it",
            ) from None


def _signers(
    store: KeyStore, roots: Sequence[Root], role: str, only: Sequence[str] | None = None
) -> list[CryptoSigner]:
    from lumosai_marketplace.authority.tufapi import CryptoSigner, SSlibKey

    found: dict[str, CryptoSigner] = {}
    for root in roots:
        for keyid in root.get_delegated_role(role).keyids:
            key = root.get_key(keyid)
            name = key.unrecognized_fields.get(KEY_FIELD)
            if not isinstance(name, str) or not isinstance(key, SSlibKey):
                raise ConfigError(f"root {root.version} does not say where the key {keyid[:12]} of {role} is")
            if only is None or name in only:
                found[keyid] = CryptoSigner(store.load(name), key)
    return list(found.values())
