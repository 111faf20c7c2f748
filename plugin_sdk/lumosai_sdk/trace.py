"""Where an exception came from, for the plugin's author: the last places in the code, oldest first.

No values are told, only places, lines of the source and the exceptions' own words: it goes to the plugin's log, and
never to a model.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from traceback import walk_tb
from types import CodeType
from typing import Protocol

FRAMES = 8
"""Places told of one exception: the last ones, which are the deepest."""
_CAUSES = 3
_BUILT = re.compile(r"/\d+/")
"""Where componentize-py has what it builds: its folders, by number."""
_WIDTH = 200
_MAX_SOURCE = 256 * 1024


class Sources(Protocol):
    """Where lines of the source come from."""

    def __call__(self, file: str, line: int) -> str:
        """Return a line of a file; an empty text where it is not known."""
        ...


def lines(error: BaseException, *, source: Sources | None = None, skip: tuple[str, ...] = ()) -> list[str]:
    """Return the lines that tell of *error* and of what it was raised from, the first cause first.

    The outermost places are left out for as long as they lie in a package named in *skip*: those are the caller's.
    """
    found = source or _from_files
    out: list[str] = []
    for at, one in enumerate(_chain(error)):
        if at:
            out.append("which led to:" if one.__cause__ is None else "which was raised anew as:")
        out += _places(one, found, skip)
        out += _said(one)
    return out


def _chain(error: BaseException) -> list[BaseException]:
    """Return an exception and its causes, the first cause first."""
    found = [error]
    while len(found) < _CAUSES:
        last = found[-1]
        cause = last.__cause__ or (None if last.__suppress_context__ else last.__context__)
        if cause is None or cause in found:
            break
        found.append(cause)
    return found[::-1]


def _said(error: BaseException) -> list[str]:
    first, *rest = str(error).strip().splitlines()[:20] or [""]
    name = type(error).__name__
    return [f"{name}: {first}"[:_WIDTH] if first else name, *(f"  {r}"[:_WIDTH] for r in rest)]


def _places(error: BaseException, source: Sources, skip: tuple[str, ...]) -> Iterator[str]:
    places = [(f.f_code, line) for f, line in walk_tb(error.__traceback__)]
    while places and skip and short(places[0][0].co_filename).startswith(skip):
        places.pop(0)
    if len(places) > FRAMES:
        yield f"  … {len(places) - FRAMES} places more"
    for code, line in places[-FRAMES:]:
        yield from _place(code, line, source)


def _place(code: CodeType, line: int, source: Sources) -> Iterator[str]:
    yield f'  File "{short(code.co_filename)}", line {line}, in {code.co_name}'[:_WIDTH]
    if text := source(code.co_filename, line).strip():
        yield f"    {text}"[:_WIDTH]


def short(file: str) -> str:
    """Return a file's path from the folder that it was imported from: ``lumosai_x/tools.py``."""
    if built := _BUILT.match(file):
        return file[built.end() :]
    roots = [r for p in sys.path if p and file.startswith(r := p.rstrip("/\\") + "/")]
    return file[len(max(roots, key=len)) :] if roots else file


def _from_files(file: str, line: int) -> str:
    from linecache import getline

    return getline(file, line)


class Kept:
    """The sources of some modules, read while there is a file system: a guest has none when it fails."""

    def __init__(self) -> None:
        self._files: dict[str, list[str]] = {}

    def keep(self, modules: Mapping[str, object], package: str) -> None:
        """Read the sources of a package's modules, as far as they are there to be read."""
        for name, module in modules.items():
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and (name == package or name.startswith(f"{package}.")):
                self._read(file)

    def _read(self, file: str) -> None:
        try:
            with open(file, encoding="utf-8") as f:  # noqa: PTH123 - a guest has no pathlib to spare
                self._files[file] = f.read(_MAX_SOURCE).split("\n")
        except (OSError, ValueError):
            return

    def __call__(self, file: str, line: int) -> str:
        """Return a line of what was kept."""
        found = self._files.get(file, [])
        return found[line - 1] if 0 < line <= len(found) else ""
