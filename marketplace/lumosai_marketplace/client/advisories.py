"""Whether an advisory is about a version (OSV schema 1.7, the parts that packages of Python use)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from packaging.version import InvalidVersion, Version

_FIRST = Version("0.dev0")
_SEVERITIES = frozenset({"LOW", "MODERATE", "MEDIUM", "HIGH", "CRITICAL"})


def affects(advisory: Mapping[str, Any], names: Sequence[str], version: str) -> bool:
    """Tell whether *advisory* is about this version of a plugin that goes by any of *names*.

    What cannot be read is taken to be about it: a malformed advisory must not hide anything.
    """
    if advisory.get("withdrawn"):
        return False
    try:
        affected = [a for a in advisory["affected"] if a["package"]["name"] in names]
        return any(
            _listed(a, version) or any(_within(r, Version(version)) for r in a.get("ranges", ())) for a in affected
        )
    except (KeyError, TypeError, AttributeError, InvalidVersion):
        return True


def _listed(affected: Mapping[str, Any], version: str) -> bool:
    return version in affected.get("versions", ())


def _within(given: Mapping[str, Any], version: Version) -> bool:
    if given.get("type") == "GIT":
        return False
    inside = False
    for kind, at in sorted(_events(given), key=lambda e: e[1]):
        if kind == "introduced" and version >= at:
            inside = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            inside = False
    return inside


def _events(given: Mapping[str, Any]) -> list[tuple[str, Version]]:
    pairs = [(kind, text) for event in given["events"] for kind, text in event.items()]
    return [(k, _FIRST if (k, t) == ("introduced", "0") else Version(t)) for k, t in pairs if k != "limit"]


def severity(advisory: Mapping[str, Any]) -> str:
    """Return how bad it is, in the words of the database, or ``unknown``."""
    said = advisory.get("database_specific")
    word = str(said.get("severity", "")).upper() if isinstance(said, Mapping) else ""
    return word.lower() if word in _SEVERITIES else "unknown"
