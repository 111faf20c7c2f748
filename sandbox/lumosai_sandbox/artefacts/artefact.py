"""Compiled code, ready to be loaded by this process or another one."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lumosai_sandbox.artefacts.folder import READ, is_ours
from lumosai_sandbox.artefacts.shape import Shape
from lumosai_sandbox.engine.errors import UnfitError

Identity = tuple[int, int, int, int, int]


class StaleError(UnfitError):
    """Compiled code that is gone, or no longer what was verified: ``prepare`` makes it anew."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """Code at *path*, with its own SHA-256 *code*, compiled from the component whose SHA-256 is *digest*."""

    path: Path
    digest: str
    shape: Shape
    code: str
    seen: list[Identity] = field(default_factory=list, compare=False, repr=False)

    def open(self) -> int:
        """Return a read-only descriptor of the verified code, which the caller closes. Raises StaleError.

        Hand it to another process, or load it by ``path_of``. The code is read
        again only if the file has changed in any way since.
        """
        try:
            fd = os.open(self.path, READ)
        except OSError:
            raise StaleError("its compiled code is gone") from None
        found = os.fstat(fd)
        if is_ours(found) and (identity(found) in self.seen or self._verified(fd, found)):
            return fd
        os.close(fd)
        raise StaleError("its compiled code was changed")

    def _verified(self, fd: int, found: os.stat_result) -> bool:
        if digest_of(fd) != self.code:
            return False
        self.seen[:] = [identity(found)]
        return True

    @contextmanager
    def loadable(self) -> Iterator[str]:
        """Yield a path for ``Guest.from_file``, good within the block, that leads to what was verified."""
        fd = self.open()
        try:
            yield path_of(fd)
        finally:
            os.close(fd)


def path_of(fd: int) -> str:
    """Return a path that leads to an open descriptor of this process, whatever has become of the file's name."""
    return f"/proc/self/fd/{fd}" if sys.platform == "linux" else f"/dev/fd/{fd}"


def identity(found: os.stat_result) -> Identity:
    """Return what changes when a file is written, replaced, or its attributes are set."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def digest_of(fd: int) -> str:
    """Return the SHA-256 of a whole file, in hex."""
    os.lseek(fd, 0, os.SEEK_SET)
    with os.fdopen(fd, "rb", closefd=False) as f:
        return hashlib.file_digest(f, "sha256").hexdigest()
