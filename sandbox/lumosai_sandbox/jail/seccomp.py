"""Seccomp: the system calls a worker may make. All others fail with EPERM, in every thread of the process.

A filter is a program in classic BPF over ``struct seccomp_data`` (linux/seccomp.h): number, architecture, instruction
pointer, six arguments of 64 bits.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from dataclasses import dataclass
from functools import cache

from lumosai_sandbox.jail.kernel import machine, syscall

_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_ERRNO = 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000
_SET_MODE_FILTER, _ACTION_AVAILABLE, _EVERY_THREAD = 1, 2, 1

PROT_EXEC = 4
PROT_GROWS = 0x03000000
# Memory that the limits of the process do not count: shared, growing downwards, locked, huge.
MAP_UNCOUNTED = 0x01 | 0x100 | 0x2000 | 0x40000
CLONE_THREAD = 0x10000
CLONE_NAMESPACES = 0x7E020080
ADVICE = (4, 8, 14, 15)  # DONTNEED, FREE, HUGEPAGE, NOHUGEPAGE


Numbers = dict[str, tuple[int, int]]
"""Names to the numbers on x86_64 and on aarch64, -1 for none."""


@dataclass(frozen=True, slots=True)
class _Check:
    """A condition on an argument: its bits, of the lower half, or its value."""

    argument: int
    none_of: int = 0
    all_of: int = 0
    zero: bool = False
    one_of: tuple[int, ...] = ()


_PLAIN: Numbers = {
    "recvfrom": (45, 207),
    "futex": (202, 98),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "brk": (12, 214),
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "time": (201, -1),
    "getrandom": (318, 278),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getcpu": (309, 168),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "membarrier": (324, 283),
    "rseq": (334, 293),
    "set_robust_list": (273, 99),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
_CHECKED: dict[str, tuple[int, int, tuple[_Check, ...]]] = {
    "sendto": (44, 206, (_Check(4, zero=True),)),
    "mmap": (9, 222, (_Check(2, none_of=PROT_EXEC | PROT_GROWS), _Check(3, none_of=MAP_UNCOUNTED))),
    "mprotect": (10, 226, (_Check(2, none_of=PROT_EXEC | PROT_GROWS),)),
    "madvise": (28, 233, (_Check(2, one_of=ADVICE),)),
    "prlimit64": (302, 261, (_Check(0, zero=True), _Check(2, zero=True))),
}
_CODE = {
    "mmap": (9, 222, (_Check(2, none_of=PROT_GROWS), _Check(3, none_of=MAP_UNCOUNTED))),
    "mprotect": (10, 226, (_Check(2, none_of=PROT_GROWS),)),
}
_THREADS = {"clone": (56, 220, (_Check(0, all_of=CLONE_THREAD), _Check(0, none_of=CLONE_NAMESPACES)))}
# What tokio's threads, which serve WASI, wait with once they run.
_WAITING: Numbers = {
    "epoll_wait": (232, -1),
    "epoll_pwait": (281, 22),
    "epoll_ctl": (233, 21),
}
_CLONE3 = (435, 435)
_SECCOMP = (317, 277)
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


@cache
def program(architecture: str, *, waiting: bool = False, threads: bool = False, code: bool = False) -> bytes:
    """Return the filter for *architecture*.

    With *waiting* a process may wait for events, with *threads* start threads, with *code* make memory executable, as a
    compiler does to what it has compiled.
    """
    which = 0 if architecture == "x86_64" else 1
    plain = {**_PLAIN, **(_WAITING if waiting else {})}
    checked = {**_CHECKED, **(_THREADS if threads else {}), **(_CODE if code else {})}
    out = [_op(_LOAD, _ARCHITECTURE), _op(_EQUAL, _AUDIT[architecture], 1, 0), _op(_RETURN, _KILL)]
    out.append(_op(_LOAD, _NUMBER))
    if architecture == "x86_64":
        out += [_op(_AT_LEAST, _X32, 0, 1), _op(_RETURN, _KILL)]
    for numbers in plain.values():
        if numbers[which] >= 0:
            out += [_op(_EQUAL, numbers[which], 0, 1), _op(_RETURN, _ALLOW)]
    for x86, arm, checks in checked.values():
        block = _block(checks)
        out += [_op(_EQUAL, (x86, arm)[which], 0, len(block)), *block]
    # glibc tries clone, whose flags can be seen here, when it is told that there is no clone3.
    out += [_op(_EQUAL, _CLONE3[which], 0, 1), _op(_RETURN, _ERRNO | errno.ENOSYS)]
    out.append(_op(_RETURN, _ERRNO | errno.EPERM))
    return b"".join(out)


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _block(checks: tuple[_Check, ...]) -> list[bytes]:
    out = [op for check in checks for op in _condition(check)]
    return [*out, _op(_RETURN, _ALLOW)]


def _condition(check: _Check) -> list[bytes]:
    """Return code that falls through when the condition holds. Both halves of an argument are looked at."""
    deny = _op(_RETURN, _ERRNO | errno.EPERM)
    low = _op(_LOAD, _ARGUMENTS + 8 * check.argument)
    high = _op(_LOAD, _ARGUMENTS + 8 * check.argument + 4)
    if check.zero:
        return [low, _op(_EQUAL, 0, 1, 0), deny, high, _op(_EQUAL, 0, 1, 0), deny]
    if check.one_of:
        count = len(check.one_of)
        return [low, *[_op(_EQUAL, v, count - i, 0) for i, v in enumerate(check.one_of)], deny]
    if check.all_of:
        return [low, _op(_ANY_BIT, check.all_of, 1, 0), deny]
    return [low, _op(_ANY_BIT, check.none_of, 0, 1), deny]


def available() -> bool:
    """Tell whether this kernel has filters that can kill a process."""
    if (name := machine()) is None:
        return False
    try:
        syscall(_SECCOMP[0 if name == "x86_64" else 1], _ACTION_AVAILABLE, 0, struct.pack("=I", _KILL))
    except OSError:
        return False
    return True


def restrict(*, waiting: bool = False, threads: bool = False, code: bool = False) -> None:
    """Put every thread of this process behind the filter, for good; needs no_new_privs. Raises OSError."""
    name = machine()
    if name is None:
        raise OSError("no filter for this machine")
    filtering = program(name, waiting=waiting, threads=threads, code=code)
    buffer = ctypes.create_string_buffer(filtering, len(filtering))
    filter_ = struct.pack("=HxxxxxxQ", len(filtering) // 8, ctypes.addressof(buffer))
    # A number that is not 0 is that of a thread which could not be put behind it.
    if syscall(_SECCOMP[0 if name == "x86_64" else 1], _SET_MODE_FILTER, _EVERY_THREAD, filter_):
        raise OSError("a thread could not be put behind the filter")
