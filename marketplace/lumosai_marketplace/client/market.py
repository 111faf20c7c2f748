"""What a host's owner has decided about marketplaces, and where it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lumosai_marketplace.client import lock as locks
from lumosai_marketplace.client.lock import Lock, Locked
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.store import Store
from lumosai_marketplace.trust.policy import FILE_NAME, Policy
from lumosai_sdk.errors import InputError

NAMING = '[marketplace] index = "https://…" in lumos.toml, or --index URL'


@dataclass(frozen=True, slots=True)
class Market:
    """The files of one host, and the indexes it uses.

    ``folder`` is where what was seen of indexes is kept; ``roots`` has the TUF root of each index that is trusted.
    ``index`` is used for plugins that ``indexes`` (by namespace, or by whole name) gives to no other; ``taken`` are the
    names of plugins that came otherwise, and whence. ``own`` is where the instance is with which the owner signs,
    ``naming`` how to name an index where none is.
    """

    lock: Path
    store: Store
    policy: Path
    roots: Path
    folder: Path
    index: str = ""
    indexes: Mapping[str, str] = field(default_factory=dict)
    taken: Mapping[str, str] = field(default_factory=dict)
    own: Path | None = None
    naming: str = NAMING

    @classmethod
    def at(cls, base: Path, data_dir: Path, *, lock: Path | None = None) -> Market:
        """Return the market of a configuration in the folder *base* that keeps its data in *data_dir*."""
        return cls(
            lock=lock or base / locks.FILE_NAME,
            store=Store(data_dir / "store"),
            policy=base / FILE_NAME,
            roots=base / "lumos-trust",
            folder=data_dir / "marketplace",
        )

    @property
    def revoked(self) -> Path:
        """Where hosts read, when they start, which wheels were revoked."""
        return self.folder / "revoked.json"

    def read_lock(self) -> Lock:
        """Return the lock. Raises ConfigError."""
        return locks.read(self.lock)

    def read_policy(self) -> Policy:
        """Return the owner's rules. Raises ConfigError."""
        return Policy.load(self.policy)

    def index_of(self, name: Name, locked: Locked | None = None, asked: str | None = None) -> str:
        """Return the one index that a plugin is got from.

        Raises RefusedError ``index.other`` where *asked* is another than it is bound to, InputError without any.
        """
        bound = locked.index if locked else self.indexes.get(name.screen) or self.indexes.get(name.namespace, "")
        if bound and asked and not same_index(bound, asked):
            why = "is installed from" if locked else "is got, as lumos.toml says, from"
            hint = f"lumos plugin remove {name}" if locked else "[marketplace.indexes] in lumos.toml"
            raise RefusedError("index.other", f"{name} {why} {bound}, and not from {asked}", hint=hint)
        if url := bound or asked or self.index:
            return url if url.endswith("/") else f"{url}/"
        raise InputError(
            f"no index is named to get {name} from",
            hint=self.naming,
        )

    def check_free(self, name: Name, lock: Lock) -> None:
        """Refuse a plugin whose name in the host is taken: ``lock.name``."""
        other = next((n for n in lock.plugins if n.plugin == name.plugin and n != name), None)
        owner = str(other) if other else self.taken.get(name.plugin)
        if owner:
            hint = f"lumos plugin remove {other}" if other else None
            raise RefusedError("lock.name", f"{name}: there is a plugin {name.plugin!r} already, {owner}", hint=hint)


def same_index(a: str, b: str) -> bool:
    """Tell whether two addresses are the same, but for a slash at the end."""
    return a.rstrip("/") == b.rstrip("/")
