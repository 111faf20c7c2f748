"""Right ``kv``: small JSON values, kept for this plugin and the tenant it works for."""

from __future__ import annotations

from typing import Any

from lumosai_sdk.host.bridge import call, text


def get(key: str, default: Any = None) -> Any:
    """Return the value, or *default*."""
    value = call("kv.get", key)
    return default if value is None else value


def set(key: str, value: Any, *, ttl: float | None = None) -> None:  # noqa: A001 - kv.set is what it is called
    """Keep a JSON value of at most 64 KiB, for *ttl* seconds if given. None deletes."""
    call("kv.set", key, text(value), "" if ttl is None else text({"ttl": ttl}))


def delete(key: str) -> bool:
    """Delete a value; tell whether there was one."""
    return bool(call("kv.delete", key))


def keys(prefix: str = "") -> list[str]:
    """Return the keys that begin with *prefix*, sorted."""
    return list(call("kv.keys", prefix))
