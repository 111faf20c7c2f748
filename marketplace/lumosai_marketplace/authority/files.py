"""Files that a process killed at any moment leaves whole, and one writer at a time."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lumosai_sdk.errors import ConfigError

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
_POSIX = os.name == "posix"


def write(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put *data* at *path*: whoever reads sees what was there before, or all of it. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with os.fdopen(os.open(temporary, _NEW, mode), "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync(path.parent)


def sync(folder: Path) -> None:
    """Have the folder's entries outlive a power cut."""
    if not _POSIX:
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def read(path: Path, most: int) -> bytes:
    """Read a file of at most *most* bytes, not through a link. Raises ConfigError that names it."""
    try:
        with os.fdopen(os.open(path, _READ), "rb") as f:
            data = f.read(most + 1)
    except OSError as e:
        raise ConfigError(f"{path} cannot be read: {e.strerror}") from None
    if len(data) > most:
        raise ConfigError(f"{path} has more than {most} bytes")
    return data


def private_folder(folder: Path) -> None:
    """Make *folder* if it is not there, for its owner alone. Raises ConfigError when others can look into it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_private(folder)


def check_private(path: Path) -> None:
    """Raise ConfigError unless *path* is its user's own, and closed to everybody else."""
    if not _POSIX:
        return
    try:
        found = path.lstat()
    except OSError as e:
        raise ConfigError(f"{path} cannot be read: {e.strerror}") from None
    if stat.S_ISLNK(found.st_mode):
        raise ConfigError(f"{path} is a symbolic link: private keys are kept in a place of their own")
    if found.st_uid != os.geteuid():
        raise ConfigError(f"{path} belongs to another user", hint=f"chown {os.geteuid()} {path}")
    if found.st_mode & 0o077:
        right = "700" if stat.S_ISDIR(found.st_mode) else "600"
        raise ConfigError(
            f"{path} holds private keys and is open to others (mode {stat.S_IMODE(found.st_mode):o})",
            hint=f"chmod {right} {path}",
        )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep every other writer of *folder*, in this process or another, out until the block ends."""
    fd = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        _lock(fd)
        yield
    finally:
        os.close(fd)


def clear_leftovers(folder: Path) -> None:
    """Remove what a killed writer did not come to rename; call it with the folder locked."""
    for path in folder.glob(".*.tmp"):
        with suppress(OSError):
            path.unlink()


def _lock(fd: int) -> None:
    try:
        import fcntl
    except ImportError:
        _lock_windows(fd)
    else:
        fcntl.flock(fd, fcntl.LOCK_EX)


def _lock_windows(fd: int) -> None:
    import importlib
    import time
    from typing import Any

    msvcrt: Any = importlib.import_module("msvcrt")
    while True:
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            time.sleep(0.05)
        else:
            return
