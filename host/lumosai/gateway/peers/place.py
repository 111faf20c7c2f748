"""Where the sockets of one data folder's processes lie: a private folder, in it a socket a process."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lumosai.gateway.peers import bounds
from lumosai.gateway.peers.errors import PeersError

SUFFIX = ".sock"
_NEW = ".new"
_PATH_BYTES = 107 if sys.platform == "linux" else 103  # unix(7), and unix(4) of BSD; the closing zero left out
_ID_BYTES = len(":4194304:") + 12
"""Of a host id, besides the machine's name, at most."""


class Place:
    """The folder of sockets. Raises PeersError when it cannot be made, or is not this user's alone."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self.folder = _private(folder_of(data_dir))

    def path(self, host_id: str) -> Path:
        """Return where the socket of a process is. Raises PeersError for an id that is no name of a file."""
        if not host_id or "/" in host_id or "\0" in host_id or host_id.startswith("."):
            raise PeersError(f"{host_id!r} is no id of a host")
        return self.folder / f"{host_id}{SUFFIX}"

    def listen(self, host_id: str) -> socket.socket:
        """Return the listening socket of this process; it is found only once it listens. Raises PeersError."""
        path = self.path(host_id)
        _private(self.folder)  # a sibling that stopped in this moment may have taken it away
        if is_listening(path):
            raise PeersError(f"{path} is listened on already: two hosts in one process share a data folder")
        early = path.with_name(path.name.removesuffix(SUFFIX) + _NEW)
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            early.unlink(missing_ok=True)
            made.bind(str(early))
            early.chmod(0o600)
            made.listen(bounds.SIBLINGS)
            early.rename(path)
        except OSError as e:
            made.close()
            raise PeersError(f"{path}: {e.strerror or e}") from None
        made.settimeout(0)
        return made

    def leave(self, host_id: str) -> None:
        """Remove the socket of a process; and the folder, if that was the last and it is not among the data."""
        with suppress(OSError):
            self.path(host_id).unlink()
        if self.folder.parent != Path(os.path.realpath(self._data_dir)):
            with suppress(OSError):
                self.folder.rmdir()

    def ids(self) -> list[str]:
        """Return the ids of all processes that have a socket here, dead ones among them."""
        with suppress(OSError), os.scandir(self.folder) as entries:
            found = (e.name for e in entries if e.name.endswith(SUFFIX) and _is_socket(e))
            return sorted(name.removesuffix(SUFFIX) for name in found)
        return []

    def has(self, host_id: str) -> bool:
        """Tell whether a process has a socket here; a link to one is none."""
        try:
            return stat.S_ISSOCK(self.path(host_id).lstat().st_mode)
        except (OSError, PeersError):
            return False

    def clear(self, is_alive: Callable[[str], bool]) -> list[str]:
        """Remove the sockets of processes that are dead, and return their ids."""
        dead = [i for i in self.ids() if not is_alive(i)]
        for host_id in dead:
            self.leave(host_id)
        return dead


def folder_of(data_dir: Path) -> Path:
    """Return the folder for the sockets: below the data, or a short one where a socket's path would be too long."""
    data = os.path.realpath(data_dir)
    chosen = Path(data, "run")
    room = _PATH_BYTES - _ID_BYTES - len(socket.gethostname().encode()) - len(SUFFIX) - 1
    if len(os.fsencode(chosen)) <= room:
        return chosen
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    mark = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(base, f"lumosai-{os.geteuid()}-{mark}")


def is_listening(path: Path) -> bool:
    """Tell whether somebody listens on a socket; one that is too busy to be connected to counts."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0)
        try:
            probe.connect(str(path))
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True


def _is_socket(entry: os.DirEntry[str]) -> bool:
    try:
        return stat.S_ISSOCK(entry.stat(follow_symlinks=False).st_mode)
    except OSError:
        return False


def _private(folder: Path) -> Path:
    """Return the folder, made if need be, that nobody but this user gets into. Raises PeersError."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        # Opened without following a link, so that what is looked at is what is there.
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as e:
        raise PeersError(f"{folder}: {e.strerror or e}", hint="it has to be a folder of this user's") from None
    try:
        found = os.fstat(held)
        if found.st_uid != os.geteuid():
            raise PeersError(f"{folder} is somebody else's", hint="remove it, or choose another [host] data_dir")
        if found.st_mode & 0o077:
            os.fchmod(held, 0o700)
    finally:
        os.close(held)
    return folder
