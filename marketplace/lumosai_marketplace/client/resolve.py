"""Which version is meant, of those that an index offers. It offers what it likes: this chooses, and trusts nothing."""

from __future__ import annotations

import platform
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from lumosai_marketplace.client.lock import Locked
from lumosai_marketplace.client.page import MAX_PYTHON, File, Project
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_sdk.errors import InputError


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. ``older`` lets an earlier version follow a later one; ``exactly`` is the hash in the lock."""

    name: Name
    versions: SpecifierSet = SpecifierSet()  # noqa: RUF009 - it does not change
    pre: bool = False
    older: bool = False
    exactly: str = ""

    @classmethod
    def parse(cls, text: str, *, pre: bool = False) -> Wanted:
        """Read ``acme/weather`` or ``acme/weather==1.2``, with any specifier of PEP 440. Raises InputError."""
        end = next((i for i, c in enumerate(text) if c in "=<>!~ "), len(text))
        try:
            return cls(Name.parse(text[:end]), SpecifierSet(text[end:]), pre=pre)
        except InvalidSpecifier:
            raise InputError(f"{text[end:][:80]!r} is no version", hint="for example acme/weather==1.2") from None

    def pinned(self, version: Version) -> bool:
        """Tell whether exactly this version was asked for."""
        return any(s.operator in {"==", "==="} and s.version == str(version) for s in self.versions)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else decides: what is installed, the wheels that were revoked, and how old a version has to be by now."""

    locked: Locked | None = None
    revoked: Collection[str] = ()
    newest: float | None = None


def choose(project: Project, wanted: Wanted, around: Circumstances) -> File:
    """Return the newest wheel that may be meant.

    Raises RefusedError ``index.quarantined``, ``index.none``, ``index.yanked``, ``tuf.revoked``, ``trust.min-age``,
    ``index.python``, ``index.changed`` (other bytes for a version that is installed) and ``lock.older``.
    """
    name = wanted.name
    if project.status == "quarantined":
        raise RefusedError("index.quarantined", f"{name} is quarantined{_because(project.reason)}")
    if wanted.exactly:
        return _exact(project, wanted, around)
    found = [f for f in project.files if wanted.versions.contains(f.version, prereleases=True)]
    if not found:
        raise RefusedError("index.none", f"there is no {name}{wanted.versions} in the index{_have(project)}")
    for rule, why, keeps in _sieves(wanted, around):
        left = [f for f in found if keeps(f)]
        if not left:
            raise RefusedError(rule, f"{name}{wanted.versions}: {why(found[-1])}")
        found = left
    chosen = max(found, key=lambda f: f.version)
    _check_one(chosen, found, name)
    _check_against(chosen, wanted, around.locked)
    return chosen


_Sieve = tuple[str, Callable[[File], str], Callable[[File], bool]]


def _sieves(wanted: Wanted, around: Circumstances) -> Iterator[_Sieve]:
    def stable(file: File) -> bool:
        return wanted.pre or not file.version.is_prerelease or wanted.pinned(file.version)

    def unyanked(file: File) -> bool:
        return file.yanked is None

    def old_enough(file: File) -> bool:
        return around.newest is None or file.uploaded is None or file.uploaded <= around.newest

    yield "tuf.revoked", lambda _: "what fits was revoked", lambda f: f.sha256 not in around.revoked
    yield "index.yanked", lambda f: f"what fits was yanked{_because(f.yanked or '')}", unyanked
    yield "index.pre-release", lambda _: "what fits are pre-releases: ask for one by its version, or --pre", stable
    yield "index.python", lambda f: f"it needs Python {f.requires_python[:80]}", _fits_python
    yield "trust.min-age", lambda _: "what fits is younger than lumos-trust.toml asks (min_age)", old_enough


def _exact(project: Project, wanted: Wanted, around: Circumstances) -> File:
    found = next((f for f in project.files if f.sha256 == wanted.exactly), None)
    if found is None:
        same = around.locked and next((f for f in project.files if str(f.version) == around.locked.version), None)
        what = f"{wanted.name} {around.locked.version if around.locked else ''}"
        if same:
            hint = "if lumos.lock was edited, restore it; if not, the index has changed what it serves"
            raise RefusedError("index.changed", f"{what} has other bytes in the index than lumos.lock says", hint=hint)
        raise RefusedError("index.none", f"{what} is not in the index any more")
    if found.sha256 in around.revoked:
        raise RefusedError("tuf.revoked", f"{wanted.name} {found.version} was revoked")
    return found


def check_python(name: Name, requires: str) -> None:
    """Refuse what is for another Python: ``index.python``."""
    if not _runs_here(requires):
        raise RefusedError("index.python", f"{name}: it needs Python {requires[:80]}")


def _fits_python(file: File) -> bool:
    return _runs_here(file.requires_python)


def _runs_here(requires: str) -> bool:
    if len(requires) > MAX_PYTHON:
        return False
    try:
        return SpecifierSet(requires).contains(platform.python_version(), prereleases=True)
    except ValueError:  # InvalidSpecifier is one
        return False


def _check_one(chosen: File, found: list[File], name: Name) -> None:
    same = [f for f in found if f.version == chosen.version]
    if len(same) > 1:
        raise RefusedError("index.ambiguous", f"the index has {len(same)} files for {name} {chosen.version}")


def _check_against(chosen: File, wanted: Wanted, locked: Locked | None) -> None:
    if locked is None:
        return
    installed = Version(locked.version)
    if chosen.version == installed and chosen.sha256 != locked.sha256:
        raise RefusedError(
            "index.changed",
            f"{wanted.name} {chosen.version} has other bytes than when it was installed: a version does not change",
            hint="do not install it before its publisher has explained this",
        )
    if chosen.version < installed and not wanted.older:
        raise RefusedError(
            "lock.older",
            f"{wanted.name} {chosen.version} is older than {installed}, which is installed",
            hint=f"lumos plugin rollback {wanted.name} --to {chosen.version}",
        )


def _because(reason: str) -> str:
    return f": {reason[:300]}" if reason else ""


def _have(project: Project) -> str:
    newest = sorted({f.version for f in project.files}, reverse=True)[:5]
    return f"; it has {', '.join(map(str, newest))}" if newest else ""
