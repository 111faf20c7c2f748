"""Opening below a granted folder: no symbolic link is followed, and none that is put there meanwhile either.

``openat2`` (Linux 5.6) does so in one system call. Elsewhere, and where folders are made on the way, each step goes
from the folder opened before it with ``O_NOFOLLOW``: one that is swapped for a link between two steps leads nowhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import stat
import sys
from collections.abc import Iterator
from functools import cache

from lumosai_sandbox.capabilities.files.places import Place
from lumosai_sdk.errors import ConflictError, InputError, LumosError, NotFoundError
from lumosai_sdk.wireerrors import FarError

_NO_MAGIC_LINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_OPENAT2 = 437  # the same number on every architecture that came by it after 2019, and on these two
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
FOLDER = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_DIRECTORY", 0)
# Not blocking: opening a pipe would wait for somebody at its other end.
READ = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
APPEND = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_LINKS = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EMLINK, errno.EXDEV})
_RACES = 8


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


@cache
def has_openat2() -> bool:
    """Tell whether this system opens below a folder in one call."""
    if sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"}:
        return False
    try:
        os.close(_openat2("/", ("etc",), FOLDER))
    except OSError as e:
        return e.errno not in {errno.ENOSYS, errno.EPERM}
    return True


def open_below(place: Place, flags: int, mode: int = 0) -> int:
    """Return a descriptor of what is at a place. Raises OSError."""
    if not place.parts:
        return os.open(place.folder, flags)
    if has_openat2():
        for _ in range(_RACES):
            try:
                return _openat2(place.folder, place.parts, flags, mode)
            except OSError as e:
                if e.errno != errno.EAGAIN:  # something was renamed on the way
                    raise
    with folder(place, place.parts[:-1]) as above:
        return os.open(place.parts[-1], flags | _NOFOLLOW, mode, dir_fd=above)


def _openat2(root: str, parts: tuple[str, ...], flags: int, mode: int = 0) -> int:
    # The granted folder itself may be a link: where it leads is its owner's choice.
    above = os.open(root, FOLDER)
    try:
        how = _How(flags, mode, _BENEATH | _NO_SYMLINKS | _NO_MAGIC_LINKS)
        path = os.fsencode("/".join(parts))
        found = _libc().syscall(_OPENAT2, above, path, ctypes.byref(how), ctypes.c_size_t(ctypes.sizeof(how)))
        if found < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return int(found)
    finally:
        os.close(above)


@contextlib.contextmanager
def folder(place: Place, parts: tuple[str, ...], *, make: bool = False) -> Iterator[int]:
    """Open a folder step by step, made on the way if it is to be, and yield its descriptor. Raises OSError."""
    if not (_NOFOLLOW and os.open in os.supports_dir_fd):
        raise FarError("unavailable", "files need openat and O_NOFOLLOW, which this system does not have")
    if make:
        os.makedirs(place.folder, exist_ok=True)  # noqa: PTH103 - the granted folder, by its owner's name
    current = os.open(place.folder, FOLDER)
    try:
        for name in parts:
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, dir_fd=current)
            following = os.open(name, FOLDER | _NOFOLLOW, dir_fd=current)
            os.close(current)
            current = following
        yield current
    finally:
        os.close(current)


def check_regular(status: os.stat_result, shown: str) -> None:
    """Raise InputError for what is no file: a folder, a pipe, a device, a socket, a link."""
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{shown!r} is no regular file")


@contextlib.contextmanager
def told(place: Place) -> Iterator[None]:
    """Turn what the system says into words, without the granted folder's own path."""
    try:
        yield
    except OSError as e:
        raise _words(place.shown, e) from None


def _words(shown: str, error: OSError) -> LumosError:
    if error.errno == errno.ENOENT:
        return NotFoundError("file or folder", shown)
    if error.errno in _LINKS:
        return InputError(f"{shown!r} leads over something that is no folder, or over a link; links are not followed")
    if error.errno in {errno.EISDIR, errno.EEXIST}:
        return ConflictError(f"{shown!r} is a folder")
    if error.errno == errno.ENXIO:  # a socket, or a pipe that nobody reads
        return InputError(f"{shown!r} is no regular file")
    return FarError("unavailable", f"{shown!r}: {(error.strerror or 'it cannot be used').lower()}")
