"""Verifying what is installed once more, all of it, without a network: as it was when it was installed."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from lumosai_marketplace.client.install import entry_of
from lumosai_marketplace.client.judge import Fetched, Judged, judge
from lumosai_marketplace.client.keeper import Keeper
from lumosai_marketplace.client.lock import Locked
from lumosai_marketplace.client.market import Market
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.store.check import changed, check, read, wheel_of
from lumosai_marketplace.store.place import provenance_path

MAX_PROVENANCE = 4 * 1024 * 1024


def verify_installed(market: Market, keeper: Keeper, locked: Locked, now: float, *, native: bool = False) -> Judged:
    """Verify an installed plugin: its files, its signature, the owner's rules, the guard, and what the lock says.

    Whom to trust is what the index has told before; that may be some days ago. It blocks: call it in a thread. Raises
    RefusedError with the rule that refuses now.
    """
    receipt = check(market.store, locked.sha256, locked.receipt)
    fetched = Fetched(
        name=locked.name,
        version=locked.version,
        filename=locked.file,
        sha256=locked.sha256,
        data=wheel_of(market.store, receipt),
        provenance=provenance_of(market, locked),
        index=locked.index,
    )
    trust = keeper.known(locked.index, now)
    judged = judge(fetched, trust, market.read_policy(), locked, now, native=native)
    if replace(entry_of(judged, receipt.digest), rule=locked.rule) != locked:
        raise RefusedError(
            "lock.changed",
            f"{locked.name}: lumos.lock is not what installing it has written there",
            hint=f"lumos plugin remove {locked.name}, and install it anew",
        )
    return judged


def provenance_of(market: Market, locked: Locked) -> bytes:
    """Return the signatures of an installed plugin. Raises RefusedError ``lock.changed``."""
    path = provenance_path(market.store.entry(locked.sha256), locked.bundle)
    data = read(path, MAX_PROVENANCE)
    if hashlib.sha256(data).hexdigest() != locked.bundle:
        raise changed(path, "was changed after it was verified")
    return data
