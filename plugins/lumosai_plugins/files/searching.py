"""Finding text in files: no pattern language, and an end to depth, files, bytes, matches and time."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypedDict

from lumosai_plugins.files.places import Place, Places
from lumosai_plugins.files.reading import printable, read_at
from lumosai_plugins.files.walk import MAX_DEPTH, folder, regular_file, subfolder, told
from lumosai_sdk import ToolError

MAX_MATCHES = 100
MAX_FILES = 10_000
MAX_BYTES = 128 * 1024 * 1024
MAX_FILE_BYTES = 2 * 1024 * 1024
MAX_SHOWN = 200


class Match(TypedDict):
    """A line that has the text in it."""

    path: str
    line: int
    text: str


class Found(TypedDict):
    """The matches, and whether the search was given up at one of its limits."""

    files_searched: int
    truncated: bool
    matches: list[Match]


@dataclass
class Search:
    """One search and what it has used up."""

    text: str
    glob: str
    places: Places
    deadline: float
    matches: list[Match] = field(default_factory=list)
    files: int = 0
    bytes: int = 0

    def run(self, place: Place) -> Found:
        """Search a folder and all below it. Raises ToolError."""
        with told(place), folder(place) as opened:
            prefix = () if place.shown == "." else (place.shown,)
            self._folder(opened, prefix, 0)
        return {"files_searched": self.files, "truncated": self.spent, "matches": self.matches}

    @property
    def spent(self) -> bool:
        """Whether a limit is reached."""
        return (
            len(self.matches) >= MAX_MATCHES
            or self.files >= MAX_FILES
            or self.bytes >= MAX_BYTES
            or time.monotonic() > self.deadline
        )

    def _folder(self, opened: int, above: tuple[str, ...], depth: int) -> None:
        for name in self._names(opened):
            if self.spent:
                return
            path = (*above, name)
            try:
                mode = os.stat(name, dir_fd=opened, follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode) and depth < MAX_DEPTH:
                    self._below(opened, name, path, depth)
                elif stat.S_ISREG(mode) and fnmatchcase(name, self.glob):
                    self._file(opened, name, path)
            except (OSError, ToolError):
                # Gone, changed or not readable since it was listed: not part of the answer.
                continue

    def _names(self, opened: int) -> list[str]:
        with os.scandir(opened) as found:
            names: Iterator[str] = (e.name for e in found if self.places.visible(e.name))
            return sorted(name for name, _ in zip(names, range(MAX_FILES), strict=False))

    def _below(self, opened: int, name: str, path: tuple[str, ...], depth: int) -> None:
        inner = subfolder(opened, name)
        try:
            self._folder(inner, path, depth + 1)
        finally:
            os.close(inner)

    def _file(self, opened: int, name: str, path: tuple[str, ...]) -> None:
        self.files += 1
        with regular_file(opened, name, name) as file:
            data = read_at(file, 0, min(MAX_FILE_BYTES, MAX_BYTES - self.bytes))
        self.bytes += len(data)
        if b"\0" in data:
            return
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            if self.text in line.casefold():
                shown = line.strip()[:MAX_SHOWN]
                self.matches.append({"path": printable("/".join(path)), "line": number, "text": shown})
                if self.spent:
                    return
