"""What is told of a plugin from its record alone: whether it may run and why not, and how listings show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lumosai.plugins.index import Record, is_built_in, is_delivered


def why_off(record: Record, *, enabled: bool, safe_mode: bool, refused: Mapping[str, str] | None = None) -> str | None:
    """Return why a plugin that is not broken may not run, or None when it may.

    *refused* are the indexes, and why, whose plugins the owner does not run now. Safe mode is told first: as long as it
    holds, enabling the plugin would not help.
    """
    if safe_mode and not is_built_in(record):
        return "safe mode"
    if not enabled:
        return f"disabled; lumos plugin enable {record['name']}"
    why = (refused or {}).get(record["delivered"]["index"]) if is_delivered(record) else None
    return f"[marketplace] stale: {why}" if why else None


def may_run(record: Record, *, enabled: bool, safe_mode: bool, refused: Mapping[str, str] | None = None) -> bool:
    """Tell whether a plugin is in order and neither its owner nor safe mode keeps it off."""
    return "error" not in record and why_off(record, enabled=enabled, safe_mode=safe_mode, refused=refused) is None


def contributions(record: Record) -> Iterator[tuple[str, Record]]:
    """Yield ``(kind, contribution)`` of what the manifest declares."""
    for kind, items in record.get("contributes", {}).items():
        for item in items:
            yield kind, item


def listed(record: Record, state: str, reason: str | None = None) -> dict[str, Any]:
    """Return a plugin as listings show it."""
    out = {
        "name": record["name"],
        "version": record.get("version", "?"),
        "state": state,
        "runtime": record.get("runtime", "?"),
        "distribution": record["dist"],
        "built_in": is_built_in(record),
        **({"delivered": record["delivered"]["plugin"]} if is_delivered(record) else {}),
        "description": record.get("description", ""),
        "contributes": {k: [c["id"] for c in v] for k, v in record.get("contributes", {}).items()},
    }
    return {**out, "reason": reason} if reason else out
