"""Right ``files``. Paths are relative to the granted folder; with several, the first part is the folder's name."""

from __future__ import annotations

import base64
from typing import Any

from lumosai_sdk.host.bridge import call, text


def read(path: str, *, offset: int = 0, limit: int | None = None) -> str:
    """Return a text file (UTF-8), at most 1 MiB of it; *offset* and *limit* (bytes) name a part."""
    return str(call("files.read", path, text(_part(offset, limit))))


def read_bytes(path: str, *, offset: int = 0, limit: int | None = None) -> bytes:
    """Return a file's bytes, as ``read`` does."""
    return base64.b64decode(call("files.read", path, text({**_part(offset, limit), "encoding": "base64"})))


def write(path: str, content: str | bytes, *, append: bool = False) -> None:
    """Write a file, at most 1 MiB at a time, and the folders that lead to it. It appears whole or not at all."""
    options: dict[str, Any] = {"append": True} if append else {}
    if isinstance(content, bytes):
        content, options["encoding"] = base64.b64encode(content).decode(), "base64"
    call("files.write", path, content, text(options))


def list_folder(path: str = "") -> list[dict[str, Any]]:
    """Return ``{"name", "kind": "file" | "folder", "size"}`` of each entry, sorted by name."""
    return list(call("files.list-folder", path))


def _part(offset: int, limit: int | None) -> dict[str, Any]:
    return {"offset": offset} if limit is None else {"offset": offset, "limit": limit}
