"""The skills of the configured folders, as they are on the disk now."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from lumosai_plugins.skills.manifest import FILE, Skill, read
from lumosai_sdk.errors import InputError
from lumosai_sdk.threads import in_thread
from lumosai_sdk.types.plugins import PluginContext

_FRESH_SECONDS = 2.0
_MAX_SKILLS = 1000
_MAX_FILES = 500


@dataclass(frozen=True, slots=True)
class Found:
    """The skills that can be opened, and of the folders that hold none that can, why."""

    skills: Mapping[str, Skill] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


class Shelf:
    """Finds skills; agents are given those that a look found a little while ago."""

    def __init__(self, context: PluginContext) -> None:
        self._folders = tuple(context.base / str(f) for f in context.settings.get("folders", ("skills",)))
        self._agents: Mapping[str, Sequence[str]] = context.settings.get("agents", {})
        self._read: dict[Path, tuple[tuple[int, ...], Skill | str]] = {}
        self._found, self._until = Found(), 0.0

    async def of(self, agent: str) -> Mapping[str, Skill]:
        """Return the skills of an agent, by name. Raises MissingExtraError."""
        found = self._found if time.monotonic() < self._until else await in_thread(self.look)
        skills, globs = found.skills, self._agents.get(agent)
        if globs is None:
            return skills
        return {n: s for n, s in skills.items() if any(fnmatchcase(n, g) for g in globs)}

    def look(self) -> Found:
        """Return what is there. Raises MissingExtraError; a folder that is not there holds nothing."""
        self._found = self._look()
        self._until = time.monotonic() + _FRESH_SECONDS
        return self._found

    def _look(self) -> Found:
        skills: dict[str, Skill] = {}
        problems: dict[str, str] = {}
        for folder in self._candidates():
            skill = self._known(folder)
            if isinstance(skill, str):
                problems[str(folder)] = skill
            elif skill.name in skills:
                problems[str(folder)] = f"there is one of this name in {skills[skill.name].folder.parent}"
            else:
                skills[skill.name] = skill
        return Found(skills, problems)

    def _candidates(self) -> Iterator[Path]:
        count = 0
        for folder in self._folders:
            if (folder / FILE).is_file():
                yield folder
                continue
            for inner in sorted(folder.iterdir()) if folder.is_dir() else ():
                if count < _MAX_SKILLS and (inner / FILE).is_file():
                    count += 1
                    yield inner

    def _known(self, folder: Path) -> Skill | str:
        """Return the skill of a folder, read again only when it was changed, or what is wrong with it."""
        try:
            status = (folder / FILE).stat()
            mark = (status.st_ino, status.st_size, status.st_mtime_ns)
            known = self._read.get(folder)
            if known is None or known[0] != mark:
                known = self._read[folder] = mark, _checked(folder)
        except OSError as e:
            return e.strerror or type(e).__name__
        return known[1]


def _checked(folder: Path) -> Skill | str:
    try:
        return read(folder)
    except InputError as e:
        return e.message


def files(skill: Skill) -> list[str]:
    """Return the files of a skill besides its instructions, as paths below its folder."""
    out: list[str] = []
    for at, folders, names in os.walk(skill.folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            path = Path(at, name)
            if path != skill.folder / FILE and not name.startswith(".") and not path.is_symlink():
                out.append(path.relative_to(skill.folder).as_posix())
        if len(out) >= _MAX_FILES:
            break
    return out[:_MAX_FILES]


def content(skill: Skill, file: str, limit: int) -> bytes | None:
    """Return the beginning of a file of a skill, *limit* bytes at most, or None if it has none of that name.

    What links lead out of the folder to is not the skill's.
    """
    try:
        path = (skill.folder / file).resolve(strict=True)
        if not path.is_relative_to(skill.folder.resolve()) or not path.is_file():
            return None
        with path.open("rb") as opened:
            return opened.read(limit)
    except (OSError, ValueError):
        return None
