"""From what an agent calls a file to a granted folder and the steps below it. By name: nothing is opened here."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from lumosai_sdk import PermissionDeniedError, Permissions, ToolError

Mode = Literal["read", "write"]
MAX_LENGTH = 4096
_CONFIGURATION = "lumos.toml"
_PSEUDO = tuple(PurePosixPath(p) for p in ("/dev", "/proc", "/sys"))


@dataclass(frozen=True, slots=True)
class Root:
    """A granted folder."""

    folder: PurePosixPath
    mode: Mode

    def covers(self, path: PurePosixPath, mode: Mode) -> bool:
        """Tell whether *path* lies here and may be used so."""
        if self.mode == "read" and mode == "write":
            return False
        # What the kernel shows as files is not meant by a grant of all there is.
        if any(path.is_relative_to(p) and not self.folder.is_relative_to(p) for p in _PSEUDO):
            return False
        return path.is_relative_to(self.folder)


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder: the granted folder it is below, the names that lead there, and what the agent calls it."""

    root: Root
    parts: tuple[str, ...]
    shown: str


class Places:
    """The folders one call may use."""

    def __init__(self, permissions: Permissions, base: str, *, hidden: bool, configuration: str | None = None) -> None:
        rules = permissions.file_rules()
        self._roots = [Root(_absolute(base, r.root), r.mode) for r in rules if r.root != "*"]
        self._hidden = hidden
        self._configuration = configuration

    def roots(self) -> list[str]:
        """Return what the granted folders are called: by their names, as long as those differ."""
        return [self._name(folder) for folder in self._folders()]

    def find(self, path: str, mode: Mode) -> Place:
        """Return where a path leads. Raises ToolError if it is malformed, PermissionDeniedError if not granted."""
        parts = _parts(path)
        absolute = PurePosixPath("/", *parts) if path.startswith("/") else self._below_a_root(path, parts, mode)
        fitting = [r for r in self._roots if r.covers(absolute, mode)]
        if not fitting:
            raise _denied(absolute, mode)
        root = max(fitting, key=lambda r: len(r.folder.parts))
        place = Place(root, absolute.relative_to(root.folder).parts, "/".join(parts) or ".")
        self._refuse_hidden(place.parts)
        if mode == "write" and self._is_configuration(absolute):
            raise PermissionDeniedError(f"{absolute.name} says what agents may do: it is the owner's to write")
        return place

    def _is_configuration(self, path: PurePosixPath) -> bool:
        if path.name.casefold() == _CONFIGURATION:
            return True
        # The one in use may have another name, and a granted folder may lead to it by a link.
        used = self._configuration
        return used is not None and os.path.realpath(path).casefold() == os.path.realpath(used).casefold()

    def visible(self, name: str) -> bool:
        """Tell whether a name may be shown: one that begins with a dot only if the owner says so."""
        return self._hidden or not name.startswith(".")

    def _refuse_hidden(self, parts: Sequence[str]) -> None:
        for part in parts:
            if not self.visible(part):
                raise PermissionDeniedError(
                    f"{part!r} is hidden: names that begin with a dot are left alone",
                    hint="set hidden = true under [plugins.files.settings] in lumos.toml",
                )

    def _below_a_root(self, path: str, parts: Sequence[str], mode: Mode) -> PurePosixPath:
        folders = self._folders()
        if len(folders) == 1:
            return folders[0].joinpath(*parts)
        for folder in folders:
            if parts and parts[0] == self._name(folder):
                return folder.joinpath(*parts[1:])
        if not folders:
            raise _denied(PurePosixPath(path), mode)
        raise ToolError(f"a path begins with one of {', '.join(self.roots())}")

    def _folders(self) -> list[PurePosixPath]:
        return list(dict.fromkeys(r.folder for r in self._roots))

    def _name(self, folder: PurePosixPath) -> str:
        same = [f for f in self._folders() if f.name == folder.name]
        return folder.name if len(same) == 1 and folder.name else str(folder)


def _absolute(base: str, root: str) -> PurePosixPath:
    return PurePosixPath(os.path.abspath(os.path.join(base, root)))  # noqa: PTH100, PTH118 - by name, not by file


def _parts(path: str) -> tuple[str, ...]:
    if len(path) > MAX_LENGTH:
        raise ToolError(f"the path has {len(path)} characters; at most {MAX_LENGTH} are taken")
    parts = tuple(p for p in path.split("/") if p not in {"", "."})
    if ".." in parts:
        raise ToolError(f"{path[:200]!r} goes up; name files from a granted folder down, without '..'")
    if any(ord(c) < ord(" ") or "\x7f" <= c <= "\x9f" or "\ud800" <= c <= "\udfff" for c in path):
        raise ToolError("a path has no control characters")
    return parts


def _denied(path: PurePosixPath, mode: Mode) -> PermissionDeniedError:
    verb = "read" if mode == "read" else "written"
    folder = path.parent if path.is_absolute() else "./folder"
    return PermissionDeniedError(
        f"{str(path)[:200]!r} may not be {verb}",
        hint=f'in lumos.toml, under [plugins.files.grant]: files = ["{mode} {str(folder)[:200]}"]',
    )
