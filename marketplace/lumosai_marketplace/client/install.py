"""Installing a plugin: plan, fetch, judge, ask, witness, place. Nothing is on the disk before the last of them.

TUF refresh, resolution, download, hash, signature, statement, policy, guard, permissions, consent, log; then the store,
and the lock last. Whoever refuses does so with a rule, and leaves neither a file nor a changed lock.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from lumosai_marketplace.client import lock as locks
from lumosai_marketplace.client.consent import Ask, Question, declined
from lumosai_marketplace.client.judge import Fetched, Judged, judge, kinds_of
from lumosai_marketplace.client.lock import Lock, Locked, Seen
from lumosai_marketplace.client.market import Market
from lumosai_marketplace.client.page import File, Project
from lumosai_marketplace.client.resolve import Circumstances, Wanted, choose
from lumosai_marketplace.client.source import Source, Trust
from lumosai_marketplace.client.witness import witness
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.store import place as placing
from lumosai_marketplace.store.check import check
from lumosai_marketplace.store.gc import refer
from lumosai_marketplace.trust.words import RISKS

Step = Literal["trust", "resolve", "download", "verify", "ask", "log", "write"]
Told = Callable[[Step, str, int, int], None]
"""Is told each step: its name, a line for people, bytes done and bytes in all (0: not known)."""


def silent(step: Step, text: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to install. ``frozen`` (``--locked``) refuses whatever would change the lock."""

    ask: Ask
    told: Told = silent
    frozen: bool = False
    native: bool = False
    clock: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class Plan:
    """What is going to be installed, from where, and what the lock said when it was decided."""

    wanted: Wanted
    project: Project
    file: File
    trust: Trust
    lock: Lock
    locked: Locked | None


@dataclass(frozen=True, slots=True)
class Installed:
    """What became of it: the entry of the lock, the version before, and whether anything changed."""

    plugin: Locked
    before: str = ""
    changed: bool = True


async def install(market: Market, source: Source, trust: Trust, wanted: Wanted, options: Options) -> Installed:
    """Install a plugin. *trust* has been refreshed. Raises LumosError; a RefusedError names the rule."""
    made = await plan(market, source, trust, wanted, options)
    if made.locked is not None and made.locked.sha256 == made.file.sha256 and await is_whole(market, made.locked):
        return Installed(made.locked, made.locked.version, changed=False)
    fetched = await fetch(source, made, options)
    options.told("verify", f"verifying {made.file.filename}", 0, 0)
    policy = await asyncio.to_thread(market.read_policy)
    judged = await asyncio.to_thread(judge, fetched, trust, policy, made.locked, options.clock(), native=options.native)
    await agree(judged, made.locked, options)
    options.told("log", "looking at the transparency log", 0, 0)
    seen = made.lock.indexes.get(source.url, Seen(source.url))
    folder, signed = market.folder / "logs", judged.verified
    checkpoint = await witness(source, trust, folder, seen.checkpoint, signed, options.clock(), judged.logs)
    now_seen = replace(seen, tuf={**trust.versions}, checkpoint=checkpoint)
    options.told("write", "writing", 0, 0)
    placed = await asyncio.shield(asyncio.to_thread(place, market, made, judged, now_seen, frozen=options.frozen))
    return Installed(placed, made.locked.version if made.locked else "")


async def plan(market: Market, source: Source, trust: Trust, wanted: Wanted, options: Options) -> Plan:
    """Decide what is meant. Raises RefusedError, NotFoundError, IndexUnavailableError, ConfigError."""
    options.told("resolve", f"asking {source.url} for {wanted.name}", 0, 0)
    lock = market.read_lock()
    locked = lock.plugins.get(wanted.name)
    if options.frozen:
        wanted = _frozen(wanted, locked)
    market.index_of(wanted.name, locked, source.url)
    market.check_free(wanted.name, lock)
    project = await source.project(wanted.name)
    around = Circumstances(locked, trust.revoked.keys(), _newest(market, wanted, options.clock()))
    return Plan(wanted, project, choose(project, wanted, around), trust, lock, locked)


def _frozen(wanted: Wanted, locked: Locked | None) -> Wanted:
    if locked is None or not wanted.versions.contains(locked.version, prereleases=True):
        said = f"the lock has {locked.version}" if locked else "it is not in the lock"
        raise RefusedError(
            "lock.locked",
            f"{wanted.name}{wanted.versions}: {said}, and --locked allows nothing else",
            hint="leave out --locked",
        )
    return replace(wanted, exactly=locked.sha256)


def _newest(market: Market, wanted: Wanted, now: float) -> float | None:
    """Return the latest time at which a version may have been published, by the rules that decide about it."""
    from lumosai_marketplace.trust.rules import seconds

    ages = [seconds(r.min_age) if r.min_age else 0.0 for r in market.read_policy().candidates(wanted.name)]
    return now - min(ages) if ages and min(ages) > 0 else None


async def fetch(source: Source, made: Plan, options: Options) -> Fetched:
    """Download wheel and signatures into memory. Raises RefusedError, IndexUnavailableError."""
    file = made.file

    def told(done: int) -> None:
        options.told("download", f"downloading {file.filename}", done, file.size)

    told(0)
    data, provenance = await asyncio.gather(
        source.download(made.project, file, told), source.provenance(made.project, file)
    )
    return Fetched(
        name=made.wanted.name,
        version=str(file.version),
        filename=file.filename,
        sha256=file.sha256,
        data=data,
        provenance=provenance,
        index=source.url,
        published=file.uploaded,
    )


async def agree(judged: Judged, locked: Locked | None, options: Options) -> None:
    """Ask the owner. Raises RefusedError ``consent.*``."""
    if locked is not None and locked.sha256 == judged.fetched.sha256 and not judged.asks_for_more:
        return  # the very same again, put back in its place
    question = _question(judged, locked)
    options.told("ask", f"{question.name} {question.version}", 0, 0)
    if not await options.ask(question):
        raise declined(question)


def _question(judged: Judged, locked: Locked | None) -> Question:
    fetched, manifest = judged.fetched, judged.wheel.manifest
    return Question(
        name=fetched.name,
        version=fetched.version,
        before=locked.version if locked else "",
        runtime=manifest.runtime,
        description=manifest.description,
        # The worst stands last: where a screen scrolls, it is what stands above the question.
        rights=tuple(sorted(judged.rights, key=lambda r: RISKS.index(r.risk))),
        changes=judged.changes,
        signer=judged.verified.signer,
        signed=judged.verified.signed,
        index=fetched.index,
        rule=judged.rule,
        allowed_unasked=judged.allowed_unasked,
    )


def place(market: Market, made: Plan, judged: Judged, seen: Seen | None, *, frozen: bool = False) -> Locked:
    """Put the plugin in the store and then in the lock: whoever is killed in between has installed nothing.

    *seen* is what the index has shown, if it was asked. Raises RefusedError ``lock.raced``, StorageError; then neither
    has changed.
    """
    store, wheel, fetched = market.store, judged.wheel, judged.fetched
    with store.guard():
        lock = market.read_lock()
        locks.check_same(made.lock, lock, fetched.name)
        market.check_free(fetched.name, lock)
        receipt, new = placing.place(store, fetched.data, wheel, fetched.provenance)
        try:
            entry = entry_of(judged, receipt.digest)
            if frozen:
                _check_unchanged(entry, lock.plugins.get(fetched.name))
                return entry
            refer(store, market.lock)
            now = lock.having(entry)
            locks.write(market.lock, now if seen is None else now.seeing(seen))
        except BaseException:
            if new:
                store.remove(wheel.sha256)
            raise
    return entry


def entry_of(judged: Judged, receipt: str) -> Locked:
    """Return what the lock is to say."""
    fetched, verified = judged.fetched, judged.verified
    return Locked(
        name=fetched.name,
        version=fetched.version,
        runtime=judged.wheel.manifest.runtime,
        index=fetched.index,
        file=fetched.filename,
        sha256=fetched.sha256,
        bundle=hashlib.sha256(fetched.provenance).hexdigest(),
        receipt=receipt,
        signer=verified.signer,
        signed=float(int(verified.signed)),
        log_id=verified.log_id,
        log_index=verified.log_index,
        log_root=str(verified.entry["inclusionProof"].get("rootHash", "")),
        wasm=judged.wheel.facts.wasm_sha256,
        rule=judged.rule,
        permissions=judged.permissions,
        kinds=tuple(sorted(kinds_of(judged.wheel))),
    )


def _check_unchanged(entry: Locked, locked: Locked | None) -> None:
    if locked is None or replace(entry, bundle=locked.bundle, rule=locked.rule) != locked:
        raise RefusedError("lock.locked", f"{entry.name}: the lock would change", hint="leave out --locked")


async def is_whole(market: Market, locked: Locked) -> bool:
    """Tell whether a plugin lies in the store as the lock says."""
    try:
        await asyncio.to_thread(check, market.store, locked.sha256, locked.receipt)
    except RefusedError:
        return False
    return True
