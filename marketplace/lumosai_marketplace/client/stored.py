"""Earlier versions of installed plugins, from the store, where they are kept for this: no index is asked for them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from lumosai_marketplace.client import install as installing
from lumosai_marketplace.client.install import Installed, Options, Plan
from lumosai_marketplace.client.judge import Fetched, Judged, judge
from lumosai_marketplace.client.lock import Locked
from lumosai_marketplace.client.market import Market
from lumosai_marketplace.client.page import File, Project
from lumosai_marketplace.client.resolve import Wanted, check_python
from lumosai_marketplace.client.source import Trust
from lumosai_marketplace.client.verify import MAX_PROVENANCE
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.store import Receipt
from lumosai_marketplace.store.check import changed, check, read, receipt_of, wheel_of
from lumosai_marketplace.store.place import provenance_path
from lumosai_sdk.errors import InputError

_MOST = 8
"""Kept signatures of one wheel that are tried: each is a file that somebody's update has left."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A version that is in the store, whole; whether it may be installed is judged anew."""

    receipt: Receipt
    version: Version


def earlier(market: Market, locked: Locked, to: str | None) -> Earlier | None:
    """Return the version *to*, or the newest before the installed one, if the store has it. It blocks."""
    installed, wanted = Version(locked.version), _version(to) if to else None
    found = [e for e in _of(market, locked) if (e.version < installed if wanted is None else e.version == wanted)]
    for each in sorted(found, key=lambda e: e.version, reverse=True):
        try:
            check(market.store, each.receipt.sha256, each.receipt.digest)
        except RefusedError:
            continue  # it was changed: only the index has it whole
        return each
    return None


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        raise InputError(f"{text[:80]!r} is no version", hint="for example --to 1.2.0") from None


def _of(market: Market, locked: Locked) -> Iterator[Earlier]:
    for sha in market.store.entries():
        try:
            receipt = receipt_of(market.store, sha)
            if receipt.plugin == locked.name.screen and receipt.version != locked.version:
                yield Earlier(receipt, Version(receipt.version))
        except (RefusedError, InvalidVersion):
            continue


async def back(market: Market, trust: Trust, locked: Locked, found: Earlier, options: Options) -> Installed:
    """Install a version of the store in the place of the installed one.

    It is judged like one that was just downloaded: its signatures, the rules, what is revoked. How the log has grown
    is not asked: that was seen when the version was installed. Raises RefusedError, LumosError.
    """
    receipt, name = found.receipt, locked.name
    options.told("verify", f"verifying {receipt.filename}, from the store", 0, 0)
    lock = await asyncio.to_thread(market.read_lock)
    judged = await asyncio.to_thread(_judged, market, trust, locked, receipt, options)
    await installing.agree(judged, locked, options)
    options.told("write", "writing", 0, 0)
    python = judged.wheel.requires_python
    file = File(receipt.filename, found.version, "", receipt.sha256, receipt.size, python, None, "", "", None)
    project = Project(name, locked.index, "active", "", (file,))
    made = Plan(Wanted(name, pre=True, older=True), project, file, trust, lock, locked)
    placed = await asyncio.shield(asyncio.to_thread(installing.place, market, made, judged, None))
    return Installed(placed, locked.version)


def _judged(market: Market, trust: Trust, locked: Locked, receipt: Receipt, options: Options) -> Judged:
    """Judge it by the signatures that were kept with it: by those that hold, where it was signed more than once."""
    data, policy = wheel_of(market.store, receipt), market.read_policy()
    refused: RefusedError | None = None
    for provenance in _provenances(market, receipt):
        fetched = Fetched(
            locked.name, receipt.version, receipt.filename, receipt.sha256, data, provenance, locked.index
        )
        try:
            judged = judge(fetched, trust, policy, locked, options.clock(), native=options.native)
        except RefusedError as e:
            if not e.rule.startswith("signature."):
                raise
            refused = refused or e
        else:
            check_python(locked.name, judged.wheel.requires_python)
            return judged
    raise refused or RefusedError("signature.missing", f"the store has no signatures of {receipt.filename} any more")


def _provenances(market: Market, receipt: Receipt) -> Iterator[bytes]:
    """Yield the kept signatures of a wheel, the newest first. Raises RefusedError ``lock.changed``."""
    entry = market.store.entry(receipt.sha256)
    kept = sorted(entry.glob("provenance-*.json"), key=_written, reverse=True)
    for path in kept[:_MOST]:
        data = read(path, MAX_PROVENANCE)
        if provenance_path(entry, hashlib.sha256(data).hexdigest()) != path:
            raise changed(path, "was changed after it was verified")
        yield data


def _written(path: Path) -> int:
    return path.lstat().st_mtime_ns
