# ruff: noqa: PTH100, PTH113, PTH118, PTH120, PTH123
"""What can be told of plugins without opening a host, and without importing what a host needs: not even pathlib."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from lumosai.plugins import index
from lumosai.plugins.index import Record

FILE_NAME = "lumos.toml"
_MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Flags:
    """The little of a configuration that decides which plugins there are and which may run."""

    plugin_paths: list[str] = field(default_factory=list)
    enabled: dict[str, bool] = field(default_factory=dict)
    safe_mode: bool = False


def flags(explicit: str | None = None) -> Flags:
    """Read the flags. The whole configuration is read instead, and checked, where a short look cannot be sure.

    Raises ConfigError.
    """
    path = explicit or os.environ.get("LUMOS_CONFIG") or FILE_NAME
    if any(k.upper().startswith(("LUMOS_HOST__", "LUMOS_PLUGINS__")) for k in os.environ):
        return _from_config(explicit)
    if not os.path.isfile(path):
        return _from_config(explicit) if path != FILE_NAME else Flags()
    return _short_look(path) or _from_config(explicit)


def _short_look(path: str) -> Flags | None:
    import tomllib

    try:
        with open(path, "rb") as f:
            data = tomllib.loads(f.read(_MAX_BYTES).decode())
        host, plugins = data.get("host", {}), data.get("plugins", {})
        base = os.path.dirname(os.path.abspath(path))
        paths = [os.path.join(base, str(p)) for p in host.get("plugin_paths", [])]
        enabled = {name: bool(table.get("enabled", True)) for name, table in plugins.items()}
        return Flags(paths, enabled, bool(host.get("safe_mode", False)))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, AttributeError, TypeError):
        return None


def _from_config(explicit: str | None) -> Flags:
    from lumosai.config.load import load

    loaded = load(explicit)
    host = loaded.config.host
    paths = [str(loaded.base / p) for p in host.plugin_paths]
    return Flags(paths, {n: p.enabled for n, p in loaded.config.plugins.items()}, host.safe_mode)


def plugins(explicit: str | None = None, *, safe_mode: bool = False) -> list[dict[str, Any]]:
    """Return each installed plugin as listings show it, by name. Raises ConfigError."""
    chosen = flags(explicit)
    shown = [_shown(r, chosen, safe_mode=safe_mode or chosen.safe_mode) for r in index.load(chosen.plugin_paths)]
    return sorted(shown, key=lambda p: (not p["built_in"], p["name"]))


def _shown(record: Record, chosen: Flags, *, safe_mode: bool) -> dict[str, Any]:
    name, dist = str(record["name"]), str(record["dist"])
    built_in = index.is_built_in(record)
    out = {
        "name": name,
        "version": record.get("version", ""),
        "state": "installed",
        "runtime": record.get("runtime", ""),
        "distribution": dist,
        "built_in": built_in,
        "description": record.get("description", ""),
        "contributes": {k: [c["id"] for c in v] for k, v in record.get("contributes", {}).items()},
    }
    if error := record.get("error"):
        if "already taken by" in error:
            out["name"] = f"{name} ({dist})"
        return {**out, "state": "broken", "reason": error}
    if not chosen.enabled.get(name, True):
        return {**out, "state": "disabled", "reason": f"lumos plugin enable {name}"}
    if safe_mode and not built_in:
        return {**out, "state": "disabled", "reason": "safe mode"}
    return out


def plugin_commands() -> dict[str, dict[str, Any]]:
    """Return the commands that enabled plugins add, by the word they are called with.

    A configuration that cannot be read must not take the help away: then there are none.
    """
    from lumosai.cli.table import COMMANDS
    from lumosai_sdk.errors import LumosError

    try:
        chosen = flags()
        records = index.load(chosen.plugin_paths)
    except (LumosError, OSError):
        return {}
    out: dict[str, dict[str, Any]] = {}
    for record in records:
        if _shown(record, chosen, safe_mode=chosen.safe_mode)["state"] != "installed":
            continue
        for command in record.get("contributes", {}).get("command", ()):
            word = command["id"].rpartition(".")[2]
            if word not in COMMANDS:
                out.setdefault(
                    word,
                    {"plugin": record["name"], "id": command["id"], "description": command.get("description", "")},
                )
    return dict(sorted(out.items()))
