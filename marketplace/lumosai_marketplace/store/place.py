"""Putting a verified wheel in the store, all of it or nothing."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai_marketplace.durable import sync, write_new
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.store.check import check
from lumosai_marketplace.store.folder import FILES, RECEIPT, WHEEL, Store, discard
from lumosai_marketplace.store.receipt import Receipt
from lumosai_sdk.errors import StorageError

if TYPE_CHECKING:
    from lumosai_marketplace.wheels import Wheel


def place(store: Store, data: bytes, wheel: Wheel, provenance: bytes) -> tuple[Receipt, bool]:
    """Put a wheel that was verified in the store; tell whether it is new there. To be called under ``store.guard()``.

    An entry that is there and whole is left as it is, one that was changed is replaced. Raises StorageError when the
    disk does not take it; nothing is left behind then.
    """
    receipt = Receipt.of(wheel)
    try:
        store.sweep()
        if _is_whole(store, receipt):
            _add_provenance(store.entry(wheel.sha256), provenance)
            return receipt, False
        temporary = store.temporary()
        try:
            _fill(temporary, data, wheel, receipt, provenance)
            store.remove(wheel.sha256)
            temporary.rename(store.entry(wheel.sha256))
        except BaseException:
            discard(temporary)
            raise
        sync(store.root)
    except OSError as e:
        raise StorageError(f"{store.root}: the plugin cannot be written: {e.strerror or e}") from None
    return receipt, True


def _fill(folder: Path, data: bytes, wheel: Wheel, receipt: Receipt, provenance: bytes) -> None:
    from lumosai_marketplace.wheels import extract

    files = folder / FILES
    files.mkdir(mode=0o700)
    extract(data, wheel, files)
    write_new(folder / WHEEL, data)
    _add_provenance(folder, provenance)
    write_new(folder / RECEIPT, receipt.encode())
    sync(folder)


def _is_whole(store: Store, receipt: Receipt) -> bool:
    try:
        check(store, receipt.sha256, receipt.digest)
    except RefusedError:
        return False
    return True


def provenance_path(entry: Path, digest: str) -> Path:
    """Return where the signatures of an entry lie that have the hash *digest*."""
    return entry / f"provenance-{digest[:32]}.json"


def _add_provenance(entry: Path, provenance: bytes) -> None:
    path = provenance_path(entry, hashlib.sha256(provenance).hexdigest())
    if os.path.lexists(path):
        if not path.is_symlink() and path.read_bytes() == provenance:
            return
        path.unlink()
    write_new(path, provenance)
    sync(entry)
