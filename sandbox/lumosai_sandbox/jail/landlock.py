"""Landlock: a thread that may reach no file, no port, and nobody by a signal or an abstract socket.

See https://docs.kernel.org/userspace-api/landlock.html; the structure is ``struct landlock_ruleset_attr``.
"""

from __future__ import annotations

import os
import struct

from lumosai_sandbox.jail.kernel import syscall

# The same numbers on every architecture.
_CREATE_RULESET = 444
_RESTRICT_SELF = 446
_VERSION = 1
_FILE_RIGHTS = ((5, 16), (3, 15), (2, 14), (1, 13))
"""From which version on there are how many rights on files."""
_NETWORK_SINCE = 4
_SCOPES_SINCE = 6
_ALL_PORTS = 0b11  # bind and connect
_ALL_SCOPES = 0b11  # abstract sockets and signals


def abi() -> int:
    """Return the version of Landlock this kernel offers, 0 for none."""
    try:
        return syscall(_CREATE_RULESET, None, 0, _VERSION)
    except OSError:
        return 0


def ruleset(version: int) -> bytes:
    """Return the attributes that handle everything Landlock of *version* can, and so, with no rule, forbid it."""
    files = next(count for since, count in _FILE_RIGHTS if version >= since)
    out = struct.pack("=Q", (1 << files) - 1)
    if version >= _NETWORK_SINCE:
        out += struct.pack("=Q", _ALL_PORTS)
    if version >= _SCOPES_SINCE:
        out += struct.pack("=Q", _ALL_SCOPES)
    return out


def restrict() -> int:
    """Forbid this thread, and those it will start, all of it; needs no_new_privs. Returns the version. Raises OSError.

    Files that are open stay as they are.
    """
    version = abi()
    if not version:
        raise OSError("this kernel has no Landlock")
    attributes = ruleset(version)
    fd = syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        syscall(_RESTRICT_SELF, fd, 0)
    finally:
        os.close(fd)
    return version
