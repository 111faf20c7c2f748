"""From what a plugin calls a file to a granted folder and the names below it. By name: nothing is opened here.

Where one folder is granted, paths are relative to it. Where several are, a path's first part is a folder's own name
(``docs`` for ``read /srv/docs``); two folders of one name cannot be told apart, which is said in words. Names that
begin with a dot are left alone, as is the host's configuration where it could be written: it says what plugins may do.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from lumosai_sandbox.capabilities.plugin import Rights, toml_text
from lumosai_sdk.errors import InputError, PermissionDeniedError

Mode = Literal["read", "write"]
MAX_LENGTH = 4096
MAX_DEPTH = 64
_CONFIGURATION = "lumos.toml"
# What the kernel shows as files is not meant by a grant of all there is.
_PSEUDO = tuple(PurePosixPath(p) for p in ("/dev", "/proc", "/sys"))


@dataclass(frozen=True, slots=True)
class Place:
    """A granted folder, the names that lead on from it, and what the plugin calls it."""

    folder: str
    parts: tuple[str, ...]
    shown: str


class Places:
    """The folders of one plugin."""

    def __init__(self, rights: Rights) -> None:
        self._rights = rights
        self._roots: dict[PurePosixPath, Mode] = {}
        for rule in rights.permissions.file_rules():
            folder = PurePosixPath(rule.root)
            if folder.is_absolute() and self._roots.get(folder) != "write":
                self._roots[folder] = rule.mode

    def find(self, path: str, mode: Mode) -> Place:
        """Return where a path leads. Raises InputError if it is malformed, PermissionDeniedError if not granted."""
        parts = _parts(path)
        if not self._roots:
            raise self._rights.denied("no folder is granted", f'files = ["{mode} ./folder"]')
        folder, below = self._root(parts)
        shown = "/".join(parts) or "."
        whole = folder.joinpath(*below)
        if mode == "write" and self._roots[folder] == "read":
            raise self._rights.denied(
                f"{toml_text(shown)} may not be written", f"files = [{toml_text(f'write {folder}', MAX_LENGTH)}]"
            )
        if any(whole.is_relative_to(p) and not folder.is_relative_to(p) for p in _PSEUDO):
            raise PermissionDeniedError(f"{toml_text(shown)} is no file of the disk's")
        if mode == "write" and self._is_configuration(whole):
            raise PermissionDeniedError(f"{whole.name} says what plugins may do: it is the owner's to write")
        return Place(str(folder), below, shown)

    def _root(self, parts: tuple[str, ...]) -> tuple[PurePosixPath, tuple[str, ...]]:
        if len(self._roots) == 1:
            return next(iter(self._roots)), parts
        named = [r for r in self._roots if parts and r.name == parts[0]]
        if len(named) > 1:
            raise InputError(f"several granted folders are called {parts[0]!r}: their owner must rename one")
        if not named:
            have = ", ".join(sorted({r.name for r in self._roots}))
            raise InputError(f"a path begins with the name of a granted folder: {have}")
        return named[0], parts[1:]

    def _is_configuration(self, path: PurePosixPath) -> bool:
        if path.name.casefold() == _CONFIGURATION:
            return True
        used: Path | None = self._rights.context.config
        return used is not None and os.path.realpath(path).casefold() == os.path.realpath(used).casefold()


def _parts(path: str) -> tuple[str, ...]:
    if len(path) > MAX_LENGTH:
        raise InputError(f"a path has at most {MAX_LENGTH} characters")
    if path.startswith("/"):
        raise InputError("a path is relative to a granted folder")
    if not path.isprintable():  # control characters, line breaks, halves of characters
        raise InputError("a path has none but printable characters")
    parts = tuple(p for p in path.split("/") if p not in {"", "."})
    if len(parts) > MAX_DEPTH:
        raise InputError(f"a path has at most {MAX_DEPTH} parts")
    for part in parts:
        if part == "..":
            raise InputError("a path goes from a granted folder down, without '..'")
        if part.startswith("."):
            raise PermissionDeniedError("names that begin with a dot are left alone")
    return parts
