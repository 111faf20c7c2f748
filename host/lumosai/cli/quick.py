# ruff: noqa: PTH100, PTH113, PTH118, PTH120, PTH123
"""What can be told of plugins without opening a host, and without importing what a host needs: not even pathlib."""

from __future__ import annotations

import os
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from lumosai.plugins import index
from lumosai.plugins.index import Delivered, Record, delivered_to, user_data
from lumosai.plugins.listing import contributions, listed, may_run, why_off

FILE_NAME = "lumos.toml"
_MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Flags:
    """The little of a configuration that decides which plugins there are and which may run."""

    plugin_paths: list[str] = field(default_factory=list)
    enabled: dict[str, bool] = field(default_factory=dict)
    safe_mode: bool = False
    refuses_stale: bool = False
    delivered: Delivered = field(default_factory=lambda: delivered_to(user_data(), user_data()))


def flags(explicit: str | None = None) -> Flags:
    """Read the flags. The whole configuration is read instead, and checked, where a short look cannot be sure.

    Raises ConfigError.
    """
    named = explicit or os.environ.get("LUMOS_CONFIG")
    if any(k.upper().startswith(("LUMOS_HOST__", "LUMOS_PLUGINS__", "LUMOS_MARKETPLACE__")) for k in os.environ):
        return _from_config(explicit)
    if not named and not os.path.isfile(FILE_NAME):
        return Flags()
    return _short_look(named or FILE_NAME) or _from_config(explicit)


def _short_look(path: str) -> Flags | None:
    from lumosai.config import toml

    try:
        with open(path, "rb") as f:
            raw = f.read(_MAX_BYTES + 1)
        data = toml.loads(raw.decode()) if len(raw) <= _MAX_BYTES else None
    except (OSError, ValueError):
        return None
    return _read(path, data)


def _read(path: str, data: Any) -> Flags | None:
    """Return the flags, or None where only the whole configuration tells what is meant, or what is wrong."""
    try:
        host, plugins = data.get("host", {}), data.get("plugins", {})
        stale = data.get("marketplace", {}).get("stale", "warn")
        paths, safe = host.get("plugin_paths", []), host.get("safe_mode", False)
        data = host.get("data_dir", ".lumos")
        enabled = {name: table.get("enabled", True) for name, table in plugins.items()}
    except AttributeError:
        return None
    # As a string "false" is true to Python, and what ".." means where links are is not told by the path.
    plain = isinstance(paths, list) and all(isinstance(p, str) and ".." not in p for p in (path, data, *paths))
    if not plain or any(p.startswith("~") for p in (path, data)):
        return None
    if not all(isinstance(v, bool) for v in (safe, *enabled.values())) or stale not in ("warn", "refuse"):
        return None
    base = os.path.dirname(os.path.abspath(path))
    delivered = delivered_to(base, os.path.normpath(os.path.join(base, data)))
    return Flags([os.path.normpath(os.path.join(base, p)) for p in paths], enabled, safe, stale == "refuse", delivered)


def _from_config(explicit: str | None) -> Flags:
    from lumosai.config.load import load

    loaded = load(explicit)
    enabled = {name: plugin.enabled for name, plugin in loaded.config.plugins.items()}
    refuses = loaded.config.marketplace.stale == "refuse"
    return Flags(loaded.plugin_paths, enabled, loaded.config.host.safe_mode, refuses, loaded.delivered)


def plugins(explicit: str | None = None, *, safe_mode: bool = False) -> list[dict[str, Any]]:
    """Return each installed plugin as listings show it, by name. Raises ConfigError."""
    chosen = flags(explicit)
    records = index.load(chosen.plugin_paths, delivered=chosen.delivered)
    refused = _refused(records, chosen)
    shown = [_shown(r, chosen, refused, safe_mode=safe_mode or chosen.safe_mode) for r in records]
    return sorted(shown, key=lambda p: (not p["built_in"], p["name"]))


def stale_indexes(explicit: str | None = None) -> list[str]:
    """Return what is to be said of indexes whose revocations are too old to go by. Raises ConfigError."""
    chosen = flags(explicit)
    return list(_stale(index.load(chosen.plugin_paths, delivered=chosen.delivered), chosen).values())


def _stale(records: list[Record], chosen: Flags) -> dict[str, str]:
    if not any(index.is_delivered(r) for r in records):
        return {}
    from lumosai.plugins.revoking import stale

    return stale(records, chosen.delivered)


def _refused(records: list[Record], chosen: Flags) -> dict[str, str]:
    return _stale(records, chosen) if chosen.refuses_stale else {}


def _shown(record: Record, chosen: Flags, refused: dict[str, str], *, safe_mode: bool) -> dict[str, Any]:
    if error := record.get("error"):
        return listed(record, "broken", error)
    enabled = chosen.enabled.get(record["name"], True)
    why = why_off(record, enabled=enabled, safe_mode=safe_mode, refused=refused)
    return listed(record, "disabled" if why else "installed", why)


def plugin_commands() -> dict[str, dict[str, Any]]:
    """Return the commands that enabled plugins add, by the word they are called with.

    A configuration that cannot be read must not take the help away: then there are none.
    """
    from lumosai.cli.table import COMMANDS
    from lumosai_sdk.errors import LumosError

    try:
        chosen = flags()
        records = index.load(chosen.plugin_paths, delivered=chosen.delivered)
    except (LumosError, OSError):
        return {}
    out: dict[str, dict[str, Any]] = {}
    refused = _refused(records, chosen)
    for record in records:
        enabled = chosen.enabled.get(record["name"], True)
        if may_run(record, enabled=enabled, safe_mode=chosen.safe_mode, refused=refused):
            _add_commands(out, record, COMMANDS)
    return dict(sorted(out.items()))


def _add_commands(out: dict[str, dict[str, Any]], record: Record, taken: Container[str]) -> None:
    for kind, command in contributions(record):
        word = command["id"].rpartition(".")[2]
        if kind == "command" and word not in taken:
            told = {"plugin": record["name"], "id": command["id"], "description": command.get("description", "")}
            out.setdefault(word, told)
