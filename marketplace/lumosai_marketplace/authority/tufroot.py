"""The roots of a TUF repository: which keys sign for which role, and how one root follows another."""

from __future__ import annotations

import re
import secrets
from copy import deepcopy
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lumosai_marketplace.authority.keys import KeyStore
from lumosai_marketplace.authority.tufmeta import KEY_FIELD, ONLINE

if TYPE_CHECKING:
    from lumosai_marketplace.authority.tufapi import Metadata, Root, SSlibKey

_OURS = re.compile(r"tuf-(?P<role>root|targets|snapshot|timestamp)-[0-9a-f]{12}", re.ASCII)


def first_root(
    store: KeyStore, root_store: KeyStore, count: int, threshold: int, life: timedelta, at: datetime
) -> Metadata[Root]:
    """Return the first root, not signed yet."""
    from lumosai_marketplace.authority.tufapi import Metadata, Root

    root = Root(expires=at + life, consistent_snapshot=True)
    for role in ONLINE:
        root.add_key(_new_key(store, role), role)
    for _ in range(count):
        root.add_key(_new_key(root_store, "root"), "root")
    root.roles["root"].threshold = threshold
    return Metadata(root)


def renewed(old: Metadata[Root], life: timedelta, at: datetime) -> Metadata[Root]:
    """Return the root that follows *old* with the same keys, not signed yet."""
    from lumosai_marketplace.authority.tufapi import Metadata

    root = deepcopy(old.signed)
    root.version += 1
    root.expires = at + life
    return Metadata(root)


def rotated(
    old: Metadata[Root], role: str, store: KeyStore, root_store: KeyStore, life: timedelta, at: datetime
) -> Metadata[Root]:
    """Return the root that follows *old* with as many new keys for *role*, not signed yet."""
    new = renewed(old, life, at)
    keys = list(new.signed.roles[role].keyids)
    for keyid in keys:
        new.signed.revoke_key(keyid, role)
    for _ in keys:
        new.signed.add_key(_new_key(root_store if role == "root" else store, role), role)
    return new


def prune(root: Root, store: KeyStore, root_store: KeyStore) -> None:
    """Delete the keys that *root* gives no role: those that were rotated away, or whose rotation was killed."""
    used = {key.unrecognized_fields.get(KEY_FIELD) for key in root.keys.values()}
    for each in (store, root_store):
        for name in each.names():
            if _OURS.fullmatch(name) and name not in used:
                each.delete(name)


def _new_key(store: KeyStore, role: str) -> SSlibKey:
    from lumosai_marketplace.authority.tufapi import SSlibKey

    name = f"tuf-{role}-{secrets.token_hex(6)}"
    key = SSlibKey.from_crypto(store.generate(name).public_key())
    key.unrecognized_fields[KEY_FIELD] = name
    return key
