"""Whether what is installed is still as it should be: on this disk, and in the eyes of the index it came from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from packaging.version import Version

from lumosai_marketplace.client import own
from lumosai_marketplace.client.advisories import affects, severity
from lumosai_marketplace.client.index import Index
from lumosai_marketplace.client.lock import Locked
from lumosai_marketplace.client.market import Market
from lumosai_marketplace.client.page import File, Project
from lumosai_marketplace.client.source import Trust
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.store.check import check
from lumosai_sdk.errors import LumosError, NotFoundError


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about an installed plugin. ``rule`` is stable; ``bad`` says that it should not stay as it is."""

    plugin: str
    version: str
    rule: str
    text: str
    hint: str = ""
    bad: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        told = {"plugin": self.plugin, "version": self.version, "rule": self.rule, "text": self.text, "bad": self.bad}
        return {**told, "hint": self.hint} if self.hint else told


class Asked(Protocol):
    """How an audit gets at indexes and at whom is believed about them."""

    def index(self, url: str) -> Index: ...

    async def trust(self, url: str) -> Trust: ...


async def audit(market: Market, asked: Asked) -> list[Finding]:
    """Look at every plugin of the lock: its files, revocations, yanks, quarantine, advisories. Raises ConfigError.

    An index that cannot be asked is a finding itself.
    """
    lock = await asyncio.to_thread(market.read_lock)
    found: list[Finding] = []
    for locked in lock.plugins.values():
        found += await asyncio.to_thread(_on_disk, market, locked)
        try:
            if own.is_own(locked):
                found += await asyncio.to_thread(_of_own, market, locked)
                continue
            async for finding in _in_index(locked, asked):
                found.append(finding)
        except LumosError as e:
            rule = e.rule if isinstance(e, RefusedError) else e.code
            found.append(_finding(locked, rule, f"what became of it cannot be told: {e.message}", e.hint or ""))
    return found


def _on_disk(market: Market, locked: Locked) -> list[Finding]:
    try:
        check(market.store, locked.sha256, locked.receipt)
    except RefusedError as e:
        return [_finding(locked, e.rule, e.message, f"lumos plugin install {locked.name}")]
    return []


def _of_own(market: Market, locked: Locked) -> list[Finding]:
    """Look at a plugin of one's own: what indexes revoke is revoked here, too. Raises RefusedError ``trust.own``."""
    if why := own.trust(market).revoked.get(locked.sha256):
        return [_finding(locked, "tuf.revoked", f"it was revoked: {why}", f"lumos plugin remove {locked.name}")]
    return []


async def _in_index(locked: Locked, asked: Asked) -> AsyncIterator[Finding]:
    trust = await asked.trust(locked.index)
    if why := trust.revoked.get(locked.sha256):
        yield _finding(locked, "tuf.revoked", f"it was revoked: {why}", f"lumos plugin remove {locked.name}")
    index = asked.index(locked.index)
    project = await _project(locked, index)
    for finding in _on_page(locked, project, trust):
        yield finding
    async for finding in _advised(locked, index, project, trust):
        yield finding


async def _project(locked: Locked, index: Index) -> Project | None:
    try:
        return await index.project(locked.name)
    except NotFoundError:
        return None


async def _advised(locked: Locked, index: Index, project: Project | None, trust: Trust) -> AsyncIterator[Finding]:
    try:
        advisories = await index.advisories(locked.name)
    except RefusedError as e:
        if e.rule != "index.not-found":
            raise
        yield _finding(locked, "index.no-advisories", "the index tells no advisories", bad=False)
        return
    names = (locked.name.screen, locked.name.wire)
    about = [a for a in advisories if affects(a, names, locked.version)]

    def fine(file: File) -> bool:
        return file.sha256 not in trust.revoked and not any(affects(a, names, str(file.version)) for a in advisories)

    for advisory in about:
        told = str(advisory.get("summary") or advisory.get("details") or "")[:300]
        text = f"{str(advisory.get('id'))[:80]} ({severity(advisory)}): {told}"
        yield _finding(locked, "advisory", text, _way_out(locked, project, fine))


def _on_page(locked: Locked, project: Project | None, trust: Trust) -> Iterator[Finding]:
    remove = f"lumos plugin remove {locked.name}"
    if project is None:
        yield _finding(locked, "index.none", "the index does not know it any more", remove)
        return
    reason = f": {project.reason[:300]}" if project.reason else ""
    if project.status == "quarantined":
        yield _finding(locked, "index.quarantined", f"it is quarantined{reason}", remove)
    elif project.status != "active":
        yield _finding(locked, f"index.{project.status}", f"it is {project.status}{reason}", bad=False)
    file = next((f for f in project.files if f.filename == locked.file), None)
    if file is None:
        yield _finding(locked, "index.none", f"the index does not have {locked.file} any more", remove)
    elif file.sha256 != locked.sha256:
        yield _finding(locked, "index.changed", f"the index has other bytes for {locked.file} now", remove)
    elif file.yanked is not None:
        why = f"it was yanked{': ' + file.yanked[:300] if file.yanked else ''}"
        hint = _way_out(locked, project, lambda f: f.sha256 not in trust.revoked)
        yield _finding(locked, "index.yanked", why, hint)


def _way_out(locked: Locked, project: Project | None, fine: Callable[[File], bool]) -> str:
    """Return the command that leads to a version that is *fine*: to a later one, to the one before, or away."""
    at = Version(locked.version)
    others = project.files if project is not None and project.status != "quarantined" else ()
    left = [f.version for f in others if f.yanked is None and not f.version.is_prerelease and fine(f)]
    if any(v > at for v in left):
        return f"lumos plugin update {locked.name}"
    if earlier := [v for v in left if v < at]:
        return f"lumos plugin rollback {locked.name} --to {max(earlier)}"
    return f"lumos plugin remove {locked.name}"


def _finding(locked: Locked, rule: str, text: str, hint: str = "", *, bad: bool = True) -> Finding:
    return Finding(locked.name.screen, locked.version, rule, text, hint, bad)
