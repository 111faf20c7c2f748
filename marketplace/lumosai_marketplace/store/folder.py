"""Where installed plugins lie: one folder a wheel, named by its hash, in a folder that nobody else may write.

::

    store/.guard                          locked by whoever changes anything
    store/.tmp-…                          being written, or left by somebody who was killed
    store/refs/<hash>                     the path of a lumos.lock that uses this store
    store/sha256-<hex>/receipt.json       the hash of every file
    store/sha256-<hex>/plugin.whl         what was signed
    store/sha256-<hex>/provenance-….json  the signatures
    store/sha256-<hex>/files/             what runs
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lumosai_marketplace.durable import locked
from lumosai_marketplace.errors import RefusedError

TEMPORARY = ".tmp-"
RECEIPT = "receipt.json"
WHEEL = "plugin.whl"
FILES = "files"
_ENTRY = re.compile(r"sha256-([0-9a-f]{64})", re.ASCII)
_OTHERS = 0o022


class Store:
    """A store in the folder *root*, which is made when something is first put there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def entry(self, sha256: str) -> Path:
        """Return the folder of a wheel, whether it is there or not."""
        return self.root / f"sha256-{sha256}"

    def entries(self) -> list[str]:
        """Return the hashes of the wheels that are there, whole or not."""
        if not self.root.is_dir():
            return []
        return sorted(m[1] for p in self.root.iterdir() if (m := _ENTRY.fullmatch(p.name)))

    def open(self) -> None:
        """Make the folder, or see that it is ours alone. Raises RefusedError ``lock.store``."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self.root.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise _unsafe(self.root, "is a link, or no folder")
        if os.name == "posix" and found.st_uid != os.geteuid():
            raise _unsafe(self.root, "belongs to somebody else")
        if os.name == "posix" and found.st_mode & _OTHERS:
            raise _unsafe(self.root, "may be written by others", f"chmod 700 {self.root}")

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Keep everybody else from changing the store, and the locks that use it. Blocks until they are done."""
        self.open()
        with locked(self.root / ".guard"):
            yield

    def temporary(self) -> Path:
        """Return a new folder inside of the store."""
        return Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=self.root))

    def sweep(self) -> None:
        """Remove what was left half-written. To be called under ``guard``: then nobody is writing."""
        for path in self.root.glob(f"{TEMPORARY}*"):
            discard(path)

    def remove(self, sha256: str) -> None:
        """Take a wheel's folder away in one step, then delete it. To be called under ``guard``."""
        entry = self.entry(sha256)
        if os.path.lexists(entry):
            aside = Path(tempfile.mktemp(prefix=TEMPORARY, dir=self.root))  # noqa: S306 - nobody else writes here
            entry.rename(aside)
            discard(aside)


def discard(path: Path) -> None:
    """Delete a folder, or whatever has taken its place."""
    if path.is_symlink() or path.is_file():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path, ignore_errors=True)


def _unsafe(root: Path, why: str, hint: str | None = None) -> RefusedError:
    return RefusedError("lock.store", f"{root}: the plugin store {why}", hint=hint or f"move {root} out of the way")
