"""Opening files step by step from a granted folder, each step relative to the folder opened before it.

``openat`` with ``O_NOFOLLOW`` (POSIX.1-2008): a symbolic link is never followed, and a folder that is swapped for one
between two steps leads nowhere else, because the step goes from the open folder and not from its name.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from lumosai_plugins.files.places import Place
from lumosai_sdk import LumosError, ToolError

MAX_DEPTH = 64
_FOLDER = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_DIRECTORY", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
# Not blocking: opening a pipe would wait for somebody to write into it.
_FILE = os.O_RDONLY | os.O_CLOEXEC | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_LINKS = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EMLINK})


def check_platform() -> None:
    """Raise LumosError on a system that cannot open relative to a folder: there nothing is opened at all."""
    if not (_NOFOLLOW and os.open in os.supports_dir_fd):
        raise LumosError("the files plugin needs openat and O_NOFOLLOW, which this system does not have")


@contextlib.contextmanager
def told(place: Place) -> Iterator[None]:
    """Turn what the system says into what the model is told, without the folder's own path."""
    try:
        yield
    except OSError as e:
        raise ToolError(_words(place.shown, e)) from None


def _words(shown: str, error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return f"there is no {shown!r}"
    if error.errno in _LINKS:
        return f"{shown!r} leads over something that is no folder, or over a symbolic link; links are not followed"
    return f"{shown!r}: {(error.strerror or 'cannot be used').lower()}"


@contextlib.contextmanager
def folder(place: Place, parts: tuple[str, ...] | None = None, *, make: bool = False) -> Iterator[int]:
    """Open a folder below the granted one and yield its descriptor. Raises OSError, ToolError."""
    names = place.parts if parts is None else parts
    if len(names) > MAX_DEPTH:
        raise ToolError(f"{place.shown[:200]!r} is more than {MAX_DEPTH} folders deep")
    if make:
        Path(place.root.folder).mkdir(parents=True, exist_ok=True)
    # The granted folder itself may be a link: where it leads is the owner's choice.
    current = os.open(place.root.folder, _FOLDER)
    try:
        for name in names:
            following = _step(current, name, make=make)
            os.close(current)
            current = following
        yield current
    finally:
        os.close(current)


def _step(current: int, name: str, *, make: bool) -> int:
    if make:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=current)
    return subfolder(current, name)


def subfolder(current: int, name: str) -> int:
    """Open a folder in an open one; the caller closes it. Raises OSError."""
    return os.open(name, _FOLDER | _NOFOLLOW, dir_fd=current)


@contextlib.contextmanager
def regular_file(current: int, name: str, shown: str) -> Iterator[int]:
    """Open a regular file in an open folder and yield its descriptor. Raises OSError, or ToolError for other kinds."""
    # Looked at before it is opened: opening a device can do something.
    check_regular(os.stat(name, dir_fd=current, follow_symlinks=False), shown)
    opened = os.open(name, _FILE, dir_fd=current)
    try:
        check_regular(os.fstat(opened), shown)
        yield opened
    finally:
        os.close(opened)


def check_regular(status: os.stat_result, shown: str) -> None:
    """Raise ToolError, saying what it is instead, for what is no regular file."""
    if not stat.S_ISREG(status.st_mode):
        raise ToolError(f"{shown!r} is no file but a {kind(status.st_mode)}")


def kind(mode: int) -> str:
    """Return what a file mode is called."""
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "folder"
    return "link" if stat.S_ISLNK(mode) else "special file"
