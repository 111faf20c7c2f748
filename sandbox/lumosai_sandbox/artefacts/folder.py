"""A folder that belongs to this user alone, and files in it that nobody else could have written.

Everything goes by the folder's descriptor: what its name means may change while we look.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Self

KEY_SIZE = 32
_KEY = "key"
_PRIVATE = 0o700
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
TEMPORARY = "tmp-"


class NotOursError(OSError):
    """A folder that is a link, somebody else's, or not to be had."""


class Folder:
    """An open folder. Close it, or use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Open *path*, made if missing. Raises OSError; NotOursError if another user owns it or it is a link."""
        path.mkdir(_PRIVATE, parents=True, exist_ok=True)
        self.path = path
        self.fd = os.open(path, READ | os.O_DIRECTORY)
        found = os.fstat(self.fd)
        if found.st_uid != os.geteuid():
            os.close(self.fd)
            raise NotOursError(f"{path} belongs to another user")
        if stat.S_IMODE(found.st_mode) != _PRIVATE:
            os.fchmod(self.fd, _PRIVATE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)

    def read(self, name: str, most: int) -> bytes | None:
        """Return the content of a sound file (see ``opened``) of at most *most* bytes; None for any other."""
        fd = self.opened(name)
        if fd is None:
            return None
        with os.fdopen(fd, "rb") as f:
            data = f.read(most + 1)
        return data if len(data) <= most else None

    def opened(self, name: str) -> int | None:
        """Return a descriptor of a file that only this user can have written and that has no other name; else None."""
        try:
            fd = os.open(name, READ, dir_fd=self.fd)
        except OSError:
            return None
        if is_ours(os.fstat(fd)):
            return fd
        os.close(fd)
        return None

    def create(self) -> tuple[int, str]:
        """Return a new file, open for reading and writing, and its name for the time being."""
        name = f"{TEMPORARY}{secrets.token_hex(8)}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(name, flags, 0o600, dir_fd=self.fd), name

    def keep(self, fd: int, temporary: str, name: str) -> None:
        """Give a finished file its name: whole or not at all, also when the power fails."""
        os.fchmod(fd, 0o400)
        os.fsync(fd)
        os.rename(temporary, name, src_dir_fd=self.fd, dst_dir_fd=self.fd)

    def write(self, name: str, data: bytes) -> None:
        """Write a whole file."""
        fd, temporary = self.create()
        with os.fdopen(fd, "wb") as f:
            f.write(data)
            f.flush()
            self.keep(f.fileno(), temporary, name)
        os.fsync(self.fd)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.fd)

    def key(self) -> bytes:
        """Return the secret that proves what this user wrote; made when there is none, or one that proves nothing."""
        return self._key() or self._new_key()

    def _key(self) -> bytes | None:
        found = self.read(_KEY, KEY_SIZE)
        return found if found is not None and len(found) == KEY_SIZE else None

    def _new_key(self) -> bytes:
        # Of two processes that do this at once the later one's stays; what the other has written is compiled again.
        made = secrets.token_bytes(KEY_SIZE)
        self.write(_KEY, made)
        return self._key() or made


def is_ours(found: os.stat_result) -> bool:
    """Tell whether it is a plain file of this user's that nobody else may touch, with no other name elsewhere."""
    return (
        stat.S_ISREG(found.st_mode)
        and found.st_uid == os.geteuid()
        and not found.st_mode & 0o077
        and found.st_nlink == 1
    )
