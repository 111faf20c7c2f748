"""The sandboxed plugins of a checkout of this project, which an embedded marketplace is filled with."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lumosai_marketplace.names import Name
from lumosai_sdk.errors import InputError

NAMESPACE = "lumosai"
_BUILT = frozenset({"dist", "node_modules", "target", "__pycache__"})
_QUICKEST = ("c", "zig", "js", "rust", "python")


@dataclass(frozen=True, slots=True)
class Source:
    """A plugin that can be built: its name and version, its language, its folder."""

    name: Name
    version: str
    language: str
    folder: Path

    def digest(self) -> str:
        """Return what changes when a source does."""
        made = hashlib.sha256()
        for path in _files(self.folder):
            data = path.read_bytes()
            made.update(f"{path.relative_to(self.folder).as_posix()}\0{len(data)}\0".encode() + data)
        return made.hexdigest()


def sources(root: Path) -> list[Source]:
    """Return the plugins of the checkout at *root*, the quickest to build first; none where it is no checkout."""
    found = [s for p in sorted(root.glob("plugins/*/pyproject.toml")) if (s := _source(p)) is not None]
    return sorted(found, key=lambda s: _QUICKEST.index(s.language))


def _source(path: Path) -> Source | None:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        project = data.get("project", {})
        name, version = Name.parse(project["name"]), str(project["version"])
    except (OSError, ValueError, KeyError, TypeError, InputError):
        return None  # whoever works on it is told by the build
    language = _language(data)
    if name.namespace != NAMESPACE or language not in _QUICKEST:
        return None
    return Source(name, version, language, path.parent)


def _language(data: dict[str, Any]) -> str:
    """Return what a sandboxed plugin is written in, nothing for one that is not sandboxed."""
    build = data.get("tool", {}).get("lumos", {}).get("build", {})
    return str(build.get("language", ""))


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.is_file() and not any(p in _BUILT or p.startswith(".") for p in inside):
            yield path
