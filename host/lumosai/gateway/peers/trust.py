"""Who is at the other end of a Unix socket."""

from __future__ import annotations

import os
import socket
import struct
from typing import Protocol

_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid (unix(7))


class _Options(Protocol):
    def getsockopt(self, level: int, option: int, size: int, /) -> bytes: ...


def is_own(connection: _Options) -> bool:
    """Tell whether the process at the other end is the same user's.

    Where the system does not tell (it has no SO_PEERCRED), the permissions of the socket's folder have told.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    try:
        _, uid, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size))
    except (OSError, struct.error):
        return False
    return bool(uid == os.geteuid())
