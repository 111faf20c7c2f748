"""Locking a process up: everything it will need is open and loaded, from here on it can only lose."""

from __future__ import annotations

import contextlib
import os
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lumosai_sandbox.jail import kernel, landlock, rlimits, seccomp
from lumosai_sandbox.limits import Limits

_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION = 0x20080522
_CAPABILITIES = 64
_FIRST_TO_GO = b"1000"


@dataclass(frozen=True, slots=True)
class Support:
    """What this machine can hold a worker with. ``reason`` says in words what is missing, None when all is there."""

    landlock: int
    seccomp: bool
    reason: str | None

    def __bool__(self) -> bool:
        return self.reason is None


@cache
def supported() -> Support:
    """Tell whether workers can be jailed on this machine."""
    import sys

    if sys.platform != "linux":
        return Support(0, seccomp=False, reason=f"Landlock and seccomp are Linux’s; this is {sys.platform}")
    if kernel.machine() is None:
        return Support(0, seccomp=False, reason=f"there is no filter for {os.uname().machine} processors")
    found = Support(landlock.abi(), seccomp.available(), None)
    if not found.landlock:
        why = "the kernel has no Landlock (Linux 5.13; it must be in its `lsm=` list), or a container forbids it"
        return Support(0, found.seccomp, why)
    if not found.seccomp:
        return Support(found.landlock, seccomp=False, reason="the kernel has no seccomp filters")
    return found


def confine(limits: Limits, *, stateful: bool = False) -> int:
    """Give up privileges, memory beyond the limits, files, network and signals; return Landlock's version.

    Files that are open stay open. To be called before the process has threads: each of these is a property of the
    thread, which those it starts later inherit. Raises OSError.
    """
    with contextlib.suppress(OSError):  # a wish only, that it dies before others when memory is short
        Path("/proc/self/oom_score_adj").write_bytes(_FIRST_TO_GO)
    give_up_privileges()
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    rlimits.apply(limits, stateful=stateful)
    return landlock.restrict()


def seal(*, waiting: bool = False) -> None:
    """Give up every system call but those for computing and for talking over what is open. Raises OSError.

    With *waiting* threads that run already may go on waiting for what they have open, as those do that serve WASI.
    """
    rlimits.no_more_files()
    seccomp.restrict(waiting=waiting)


def confine_compiler() -> None:
    """Give up everything but computing, on threads too, and making code; what is open stays so. Raises OSError."""
    give_up_privileges()
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    landlock.restrict()
    seccomp.restrict(threads=True, code=True)


@cache  # processes that are forked after it have nothing left to give up
def give_up_privileges() -> None:
    """Give up capabilities, groups, and the way to any more. Raises OSError."""
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    with contextlib.suppress(PermissionError):
        os.setgroups([])
    kernel.prctl(kernel.PR_CAP_AMBIENT, kernel.PR_CAP_AMBIENT_CLEAR_ALL)
    for capability in range(_CAPABILITIES):
        try:
            kernel.prctl(kernel.PR_CAPBSET_DROP, capability)
        except OSError:  # the last one there is was dropped, or none may be
            break
    machine = kernel.machine()
    if machine is None:
        raise OSError("unknown machine")
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    kernel.syscall(_CAPSET[machine], header, bytes(24))
