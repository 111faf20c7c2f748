"""The records of what a marketplace delivered: what ``lumos.lock`` says, if the store still holds exactly that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai.plugins.build import plain, problem
from lumosai.plugins.index import MANIFEST, STORE, Delivered, Record, close_stamp
from lumosai_sdk.errors import LumosError, ManifestError
from lumosai_sdk.manifest import load as load_manifest

if TYPE_CHECKING:
    from lumosai_marketplace.client.lock import Locked
    from lumosai_marketplace.store import Receipt, Store

Stamps = list[tuple[str, list[int]]]


def delivered_records(delivered: Delivered) -> tuple[list[Record], Stamps]:
    """Return the records, and the stamps of all that was read in the store.

    A plugin whose files are not those that were verified, or that was revoked, is a record with ``error``.
    """
    from lumosai_marketplace.client.lock import read
    from lumosai_marketplace.store import Store

    try:
        lock = read(Path(delivered.lock))
    except LumosError as e:
        return [_broken_lock(delivered, e)], []
    store, revoked, stamps = Store(Path(delivered.store)), _revoked(delivered.revoked), list[tuple[str, list[int]]]()
    return [_record(store, locked, revoked, stamps) for _, locked in sorted(lock.plugins.items())], stamps


def _broken_lock(delivered: Delivered, error: LumosError) -> Record:
    """Return a record that stands for all that the lock would have told."""
    told = f"{error.message}; {error.hint}" if error.hint else error.message
    where = os.path.dirname(delivered.lock)
    return {"name": "lumos.lock", "package": "", "dist": "lumos.lock-0", "folder": "", "root": where, "error": told}


def _revoked(path: str) -> dict[str, str]:
    """Return why wheels were revoked, by hash, as indexes last said, whichever it was."""
    from lumosai_marketplace.client.keeper import read_revoked

    return {sha: why for revoked in read_revoked(Path(path)).values() for sha, why in revoked.items()}


def _record(store: Store, locked: Locked, revoked: dict[str, str], stamps: Stamps) -> Record:
    record = _known(locked) | {"root": str(store.entry(locked.sha256))}
    try:
        receipt = _checked(store, locked, stamps)
        record |= _placed(store, receipt)
        record |= plain(manifest := load_manifest(Path(record["root"]) / MANIFEST))
        if why := _revocation(locked, revoked):
            record |= {"error": why, "revoked": True}
        elif why := problem(manifest, locked.name.plugin):
            record["error"] = why
    except ManifestError as e:
        record["error"] = f"{e.what}: {e.why}"
    except LumosError as e:
        record["error"] = f"{e.message}; lumos plugin install {locked.name}"
    return record


def _revocation(locked: Locked, revoked: dict[str, str]) -> str | None:
    if locked.sha256 not in revoked:
        return None
    return f"revoked: {revoked[locked.sha256] or 'no reason is told'}; lumos plugin remove {locked.name}"


def _known(locked: Locked) -> Record:
    return {
        "name": locked.name.plugin,
        "package": "",
        "dist": f"{locked.name.wire}-{locked.version}",
        "folder": "",
        "version": locked.version,
        "origin": STORE,
        "delivered": {
            "plugin": locked.name.screen,
            "index": locked.index,
            "sha256": locked.sha256,
            "signer": locked.signer.to_json(),
            "granted": locked.permissions.to_json(),
        },
    }


def _checked(store: Store, locked: Locked, stamps: Stamps) -> Receipt:
    from lumosai_marketplace.store.check import check, receipt_of
    from lumosai_marketplace.store.folder import FILES, RECEIPT

    entry = store.entry(locked.sha256)
    # Stamped before they are read: what changes in between has another stamp, and is read again.
    stamps.extend(_stamped([store.root, entry, entry / RECEIPT]))
    receipt = receipt_of(store, locked.sha256, locked.receipt)
    folders = {str(p) for path in receipt.files for p in Path(path).parents}
    stamps.extend(_stamped([entry / FILES / p for p in sorted({*folders, *receipt.files})]))
    return check(store, locked.sha256, locked.receipt)


def _stamped(paths: list[Path]) -> Stamps:
    return [(str(p), close_stamp(str(p))) for p in paths]


def _placed(store: Store, receipt: Receipt) -> dict[str, Any]:
    """Return where the plugin's package is, and the hashes of what is loaded later."""
    from lumosai_marketplace.store.folder import FILES

    root = store.entry(receipt.sha256) / FILES
    below = f"{receipt.home}/"
    return {
        "package": receipt.package,
        "root": str(root / receipt.home),
        "hashes": {p.removeprefix(below): sha for p, (sha, _) in receipt.files.items() if p.startswith(below)},
    }
