"""System calls that Python has no name for. Importing this works everywhere, calling it on Linux only."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from ctypes import c_long, c_void_p
from functools import cache
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4


@cache
def _libc() -> Any:
    libc: Any = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = c_long
    return libc


def machine() -> str | None:
    """Return ``x86_64`` or ``aarch64``, or None where the process is of no kind this package knows."""
    known = sys.platform == "linux" and sys.maxsize > 2**32 and sys.byteorder == "little"
    return name if known and (name := platform.machine()) in {"x86_64", "aarch64"} else None


def syscall(number: int, *arguments: int | bytes | None) -> int:
    """Make a system call; bytes are passed by address. Raises OSError."""
    given = [a if isinstance(a, bytes) else c_void_p() if a is None else c_long(a) for a in arguments]
    return _checked(_libc().syscall(c_long(number), *given))


def prctl(option: int, argument: int = 0) -> int:
    """Change a property of this thread or process. Raises OSError."""
    return _checked(_libc().prctl(option, *[c_long(n) for n in (argument, 0, 0, 0)]))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
