"""Files for their owner alone, and none that is larger than it may be."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from lumosai_sdk.errors import ConfigError

LOCK = ".lock"
"""What whoever writes in a folder holds meanwhile."""
_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
_POSIX = os.name == "posix"


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
