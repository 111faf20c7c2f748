"""Which host process a run belongs to, told so that a later start can see whether that process still lives."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def host_id() -> str:
    """Return ``machine:pid:start``: a recycled pid has another start."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def is_alive(host: str) -> bool:
    """Tell whether the process of a host id still runs. One on another machine counts as alive: it cannot be asked."""
    machine, _, rest = host.rpartition(":")
    machine, _, pid = machine.rpartition(":")
    if machine != socket.gethostname() or not pid.isdecimal():
        return bool(machine) and machine != socket.gethostname()
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _started(int(pid)) == rest


def _started(pid: int) -> str:
    """Return a process's start time in clock ticks (Linux, proc(5)), or nothing where that is not told.

    One that has ended and whose parent has not noticed yet has no start any more.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()
    return "ended" if state in {"Z", "X"} else rest[18]
