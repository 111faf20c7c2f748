"""Whether what lies in the store is what was verified. Neither sigstore nor a network is needed to tell.

The lock has the hash of the receipt, and the receipt has those of the files.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.store.folder import FILES, RECEIPT, WHEEL, Store
from lumosai_marketplace.store.receipt import MAX_BYTES, Receipt

_CHUNK = 1024 * 1024
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def check(store: Store, sha256: str, digest: str) -> Receipt:
    """Return the receipt of an entry, every file of which is as it was when it was verified.

    *digest* is the receipt's hash in the lock. Raises RefusedError ``lock.missing`` when the entry is not there,
    ``lock.changed`` when anything of it was changed, replaced by a link, or taken away.
    """
    receipt = receipt_of(store, sha256, digest)
    root = store.entry(sha256) / FILES
    _check_folder(root)
    for path, (wanted, size) in receipt.files.items():
        _check_file(root, path, wanted, size)
    return receipt


def receipt_of(store: Store, sha256: str, digest: str | None = None) -> Receipt:
    """Return an entry's receipt, checked against its hash (if that is known), and nothing else. Raises RefusedError."""
    entry = store.entry(sha256)
    if not os.path.lexists(entry):
        raise RefusedError("lock.missing", f"{entry} is not there", hint="lumos plugin install")
    for folder in (store.root, entry):
        _check_folder(folder)
    raw = read(entry / RECEIPT, MAX_BYTES)
    receipt = Receipt.decode(raw)
    if receipt.sha256 != sha256 or (digest is not None and hashlib.sha256(raw).hexdigest() != digest):
        raise changed(entry / RECEIPT, "is not what the lock says")
    return receipt


def wheel_of(store: Store, receipt: Receipt) -> bytes:
    """Return the wheel of an entry. Raises RefusedError ``lock.changed``."""
    path = store.entry(receipt.sha256) / WHEEL
    data = read(path, receipt.size)
    if hashlib.sha256(data).hexdigest() != receipt.sha256:
        raise changed(path, "was changed after it was verified")
    return data


def read(path: Path, limit: int) -> bytes:
    """Return a file of the store. Raises RefusedError ``lock.changed`` for a link, or what is larger than *limit*."""
    descriptor = _opened(path)
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise changed(path, "has grown")
    return data


def _check_file(root: Path, path: str, wanted: str, size: int) -> None:
    parts = path.split("/")
    for depth in range(1, len(parts)):
        _check_folder(root.joinpath(*parts[:depth]))
    file = root.joinpath(*parts)
    descriptor = _opened(file)
    try:
        if os.fstat(descriptor).st_size != size or _sha256(descriptor) != wanted:
            raise changed(file, "was changed after it was verified")
    finally:
        os.close(descriptor)


def _sha256(descriptor: int) -> str:
    digest = hashlib.sha256()
    while chunk := os.read(descriptor, _CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _opened(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | _NOFOLLOW)
    except OSError as e:
        raise changed(path, f"cannot be read ({e.strerror})") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise changed(path, "is no file any more")
    return descriptor


def _check_folder(folder: Path) -> None:
    try:
        mode = folder.lstat().st_mode
    except OSError as e:
        raise changed(folder, f"cannot be read ({e.strerror})") from None
    if not stat.S_ISDIR(mode):
        raise changed(folder, "is a link, or no folder any more")


def changed(path: Path, why: str) -> RefusedError:
    """Return the refusal of something in the store."""
    return RefusedError("lock.changed", f"{path} {why}", hint="lumos plugin install puts back what the lock says")
