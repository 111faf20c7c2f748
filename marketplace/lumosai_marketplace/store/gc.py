"""What of the store nobody needs any more."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection
from pathlib import Path

from lumosai_marketplace.durable import replace
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.store.check import receipt_of
from lumosai_marketplace.store.folder import Store
from lumosai_sdk.errors import LumosError

SPARE = 2
_REFS = "refs"


def refer(store: Store, lock: Path) -> None:
    """Note that *lock* uses the store: what it names is kept. To be called under ``store.guard()``."""
    name = hashlib.sha256(str(lock).encode()).hexdigest()[:32]
    (store.root / _REFS).mkdir(mode=0o700, exist_ok=True)
    path, text = store.root / _REFS / name, str(lock).encode()
    if not path.is_file() or path.read_bytes() != text:
        replace(path, text)


def collect(store: Store, named: Callable[[Path], Collection[str]], *, spare: int = SPARE) -> list[str]:
    """Remove, and return, the wheels that no lock names. To be called under ``store.guard()``.

    *named* returns the hashes in a lock. Of each plugin that some lock names, *spare* earlier wheels stay, for a
    rollback. A lock that cannot be read may name anything: then nothing is removed.
    """
    store.sweep()
    try:
        kept = {sha for lock in _locks(store) for sha in named(lock)}
    except LumosError:
        return []
    spared = _spared(store, kept, spare)
    gone = [sha for sha in store.entries() if sha not in kept and sha not in spared]
    for sha in gone:
        store.remove(sha)
    return gone


def _locks(store: Store) -> list[Path]:
    found = []
    folder = store.root / _REFS
    for ref in sorted(folder.iterdir()) if folder.is_dir() else ():
        lock = Path(ref.read_text(encoding="utf-8"))
        if lock.is_file():
            found.append(lock)
        else:
            ref.unlink()
    return found


def _spared(store: Store, kept: Collection[str], spare: int) -> set[str]:
    """Return the newest wheels of the plugins that are in use, besides those in use."""
    plugins = {_plugin(store, sha) for sha in kept} - {None}
    others: defaultdict[str, list[str]] = defaultdict(list)
    newest_first = sorted(store.entries(), key=lambda sha: store.entry(sha).lstat().st_mtime_ns, reverse=True)
    for sha in newest_first:
        plugin = _plugin(store, sha)
        if sha not in kept and plugin is not None and plugin in plugins:
            others[plugin].append(sha)
    return {sha for shas in others.values() for sha in shas[:spare]}


def _plugin(store: Store, sha256: str) -> str | None:
    try:
        return receipt_of(store, sha256).plugin
    except RefusedError:
        return None
