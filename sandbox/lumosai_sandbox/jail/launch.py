"""Starts another program that is to be held: ``python -I -m lumosai_sandbox.jail.launch POLICY COMMAND ARGUMENT…``.

POLICY is JSON: ``read`` and ``write`` are files and folders, ``network`` and ``memory`` what it may use of either,
``env`` the names of the variables it is handed. Where the kernel cannot hold it, ``require`` decides: it is not
started, or started with what there is. The program takes this one's place: its pipes and process id are this one's.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import stat
import struct
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from lumosai_sandbox.jail import kernel, landlock, seccomp

NOT_HELD = 125
NOT_STARTED = 127
_ADD_RULE = 445
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TRUNCATE = 1 << 14
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_DEVICES_KEPT = ("/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero")
_SIGKILL = 9
_OPEN_FILES = 4096
_FILE_SIZE = 4 * 1024**3
_FAMILIES = (2, 10, 16)  # IPv4, IPv6, and what tells of interfaces
_SOCKET = (41, 198)
_REFUSED = ((425, 425), (426, 426), (427, 427), (101, 117))  # io_uring, which seccomp does not see into, and ptrace


def main(arguments: list[str]) -> int:
    """Become the program; returns only where it cannot be started."""
    policy, command = json.loads(arguments[0]), arguments[1:]
    try:
        hold(policy)
    except OSError as e:
        print(f"lumosai: not isolated: {e.strerror or e}", file=sys.stderr)  # noqa: T201 - who starts it reads this
        if policy["require"]:
            return NOT_HELD
    env = {name: os.environ[name] for name in policy["env"] if name in os.environ}
    try:
        os.execvpe(command[0], command, env)  # noqa: S606 - that is what it is for
    except OSError as e:
        print(f"{command[0]}: {e.strerror}", file=sys.stderr)  # noqa: T201
    return NOT_STARTED


def hold(policy: Mapping[str, Any]) -> None:
    """Limit this process for good: what it may take, then what it may reach. Raises OSError where that is not to be."""
    limit(policy["memory"])
    if not policy["isolate"]:
        return
    if kernel.machine() is None:
        raise OSError("this system has neither Landlock nor seccomp")
    kernel.prctl(kernel.PR_SET_PDEATHSIG, _SIGKILL)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    network = bool(policy["network"])
    confine_files(policy["read"], policy["write"], network=network)
    filter_sockets(network=network)


def limit(memory: int) -> None:
    """Limit memory, files and dumps, as far as the system has such limits."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        wishes = (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_DATA, memory),
            (resource.RLIMIT_FSIZE, _FILE_SIZE),
            (resource.RLIMIT_NOFILE, _OPEN_FILES),
        )
        for name, most in wishes:
            hard = resource.getrlimit(name)[1]
            bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(name, (bound, bound))


def confine_files(read: Iterable[str], write: Iterable[str], *, network: bool) -> int:
    """Leave this process the files below *read* and *write* and no others; returns Landlock's version. Raises OSError.

    Without *network* it can open no TCP port either; and from version 6 on it reaches nobody by a signal or an abstract
    socket who is not held as it is.
    """
    if not (version := landlock.abi()):
        raise OSError("this kernel has no Landlock")
    attributes = landlock.ruleset(version)
    handled = struct.unpack("=Q", attributes[:8])[0]
    if network and len(attributes) > 8:  # noqa: PLR2004 - the second field is the network's
        attributes = attributes[:8] + struct.pack("=Q", 0) + attributes[16:]
    ruleset = kernel.syscall(landlock._CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path in read:
            _allow(ruleset, path, _READ & handled)
        for path in write:
            _allow(ruleset, path, handled)
        for path in _DEVICES_KEPT:
            _allow(ruleset, path, (_READ_FILE | _WRITE_FILE | _TRUNCATE) & handled)
        kernel.syscall(landlock._RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Add a rule of ``struct landlock_path_beneath_attr``; what is not there needs none."""
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _OF_A_FILE
        kernel.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, fd), 0)
    finally:
        os.close(fd)


def filter_sockets(*, network: bool) -> None:
    """Refuse sockets: all, or with *network* those that lead to other programs of this machine. Raises OSError."""
    if not seccomp.available():
        raise OSError("this kernel has no seccomp filters")
    name = kernel.machine() or ""
    filtering = program(name, _FAMILIES if network else ())
    buffer = ctypes.create_string_buffer(filtering, len(filtering))
    prepared = struct.pack("=HxxxxxxQ", len(filtering) // 8, ctypes.addressof(buffer))
    which = 0 if name == "x86_64" else 1
    kernel.syscall(seccomp._SECCOMP[which], seccomp._SET_MODE_FILTER, 0, prepared)


def program(architecture: str, families: tuple[int, ...]) -> bytes:
    """Return a filter that lets through all system calls but those for sockets of other *families*, and a few more."""
    which, op = 0 if architecture == "x86_64" else 1, seccomp._op
    deny, allow = op(seccomp._RETURN, seccomp._ERRNO | 1), op(seccomp._RETURN, seccomp._ALLOW)
    out = [op(seccomp._LOAD, seccomp._ARCHITECTURE), op(seccomp._EQUAL, seccomp._AUDIT[architecture], 1, 0)]
    out += [op(seccomp._RETURN, seccomp._KILL), op(seccomp._LOAD, seccomp._NUMBER)]
    if architecture == "x86_64":
        out += [op(seccomp._AT_LEAST, seccomp._X32, 0, 1), op(seccomp._RETURN, seccomp._KILL)]
    for numbers in _REFUSED:
        out += [op(seccomp._EQUAL, numbers[which], 0, 1), deny]
    out += [op(seccomp._EQUAL, _SOCKET[which], 1, 0), allow, op(seccomp._LOAD, seccomp._ARGUMENTS)]
    for family in families:
        out += [op(seccomp._EQUAL, family, 0, 1), allow]
    return b"".join([*out, deny])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
