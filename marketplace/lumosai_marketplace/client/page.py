"""What an index says of a project (PEP 691, 700, 592, 714, 740 and 792). All of it may be a lie: see ``judge``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version  # noqa: TC002 - a type of a field

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name

Status = Literal["active", "archived", "quarantined", "deprecated"]
STATUSES = ("active", "archived", "quarantined", "deprecated")
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
MAX_FILES = 20_000
MAX_FILENAME = 200
MAX_PYTHON = 500
"""Characters of the versions of Python that a file is for: reading them takes long."""
_PURE = "-py3-none-any.whl"


@dataclass(frozen=True, slots=True)
class File:
    """A wheel that an index offers. ``yanked`` is the reason, or None; ``uploaded`` is what the index says of it."""

    filename: str
    version: Version
    url: str
    sha256: str
    size: int
    requires_python: str
    yanked: str | None
    provenance: str
    metadata_sha256: str
    uploaded: float | None


@dataclass(frozen=True, slots=True)
class Project:
    """What an index says of a project, its pure wheels with a hash and a size; ``url`` is the page's."""

    name: Name
    url: str
    status: Status
    reason: str
    files: tuple[File, ...]


def read_page(name: Name, url: str, page: Any) -> Project:
    """Read the JSON of a project's page. Raises RefusedError ``index.format``, ``index.name``."""
    try:
        if not str(page["meta"]["api-version"]).startswith("1."):
            raise RefusedError(
                "index.format", f"the index speaks version {page['meta']['api-version']} of its language"
            )
        if canonicalize_name(_text(page["name"])) != name.wire:
            raise RefusedError("index.name", f"the index answered for {page['name']!r} when asked for {name.wire!r}")
        status = page.get("project-status") or page["meta"].get("project-status") or {}
        if isinstance(status, str):
            status = {"status": status}
        if len(page["files"]) > MAX_FILES:
            raise RefusedError("index.format", f"the index names more than {MAX_FILES} files")
        state = status.get("status", "active")
        if state not in STATUSES:
            raise RefusedError(
                "index.format", f"the index says the project is {str(state)[:40]!r}, which means nothing"
            )
        reason = str(status.get("reason") or page["meta"].get("project-status-reason") or "")
        return Project(name, url, state, reason, tuple(_files(name, page["files"])))
    except (KeyError, TypeError, AttributeError, ValueError) as e:
        why = f"{type(e).__name__}: {e}"[:200]
        raise RefusedError("index.format", f"the page of {name} is not as PEP 691 says: {why}") from None


def _files(name: Name, files: list[Mapping[str, Any]]) -> Iterator[File]:
    for data in files:
        filename = _text(data["filename"])
        version = version_of(name, filename)
        sha256 = data["hashes"].get("sha256")
        if version is None or not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
            continue  # no wheel of this project, or none that could be checked
        yield _file(data, filename, version, sha256)


def _file(data: Mapping[str, Any], filename: str, version: Version, sha256: str) -> File:
    yanked, size = data.get("yanked", False), data.get("size", 0)
    core = data.get("core-metadata") or {}
    uploaded = data.get("upload-time")
    return File(
        filename=filename,
        version=version,
        url=_text(data["url"]),
        sha256=sha256,
        size=size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else 0,
        requires_python=_text(data.get("requires-python") or ""),
        yanked=None if yanked is False else str(yanked if isinstance(yanked, str) else ""),
        provenance=_text(data.get("provenance") or ""),
        metadata_sha256=_text(core.get("sha256", "")) if isinstance(core, Mapping) else "",
        uploaded=datetime.fromisoformat(_text(uploaded)).timestamp() if uploaded else None,
    )


def version_of(name: Name, filename: str) -> Version | None:
    """Return the version of a pure wheel of the project, or None for any other file."""
    # A name of 5 kB can stand for a billion tags, which are all made.
    if len(filename) > MAX_FILENAME or not filename.endswith(_PURE):
        return None
    try:
        project, version, build, tags = parse_wheel_filename(filename)
    except (InvalidWheelFilename, ValueError):
        return None
    pure = {(t.interpreter, t.abi, t.platform) for t in tags} == {("py3", "none", "any")}
    return version if project == name.wire and pure and not build else None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where a text should be")
    return value
