"""The process workers are forked from: it has loaded the engine, and nothing else ever happens in it.

``python -I -m lumosai_sandbox.jail.zygote SOCKET HOST``: a descriptor, and the process whose end is this one's too. On
the socket come the wishes for workers, each with two descriptors: the compiled component and the worker's channel.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource  # noqa: F401 - workers need it when they can read no file any more
import select
import signal
import socket
import sys
from dataclasses import replace
from itertools import product
from typing import Any, NoReturn

from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.engine import Engine
from lumosai_sandbox.engine.errors import EngineError
from lumosai_sandbox.generic.guest import MEMORIES, GenericGuest
from lumosai_sandbox.jail import frames, kernel, lock, rlimits, seccomp, waking
from lumosai_sandbox.jail.beat import Beat
from lumosai_sandbox.jail.generic import GenericWorker
from lumosai_sandbox.jail.worker import Worker
from lumosai_sandbox.limits import Limits
from lumosai_sdk import wit

LONGEST = 16 * 1024
CHANNEL, ARTEFACT = 3, 4
_engines: dict[tuple[bool, bool], Engine] = {}
"""By whether it counts fuel, and whether it is for components that are none of ours."""


def main(arguments: list[str]) -> None:
    """Serve until the host is gone."""
    control, host = socket.socket(fileno=int(arguments[0])), int(arguments[1])
    watched = os.pidfd_open(host)
    if os.getppid() != host:
        return
    os.environ.clear()
    os.chdir("/")
    _prepare()
    for fuel, generic in product((False, True), repeat=2):
        _engines[fuel, generic] = Engine(fuel=fuel, generic=generic, native_ticker=False)
    gc.collect()
    gc.freeze()  # what is shared with the workers should stay so
    _Zygote(control, watched).serve()
    os._exit(0)  # at once: there is nothing to tidy up, and the host waits


def _prepare() -> None:
    """Do once what every worker would do for itself: read the contract, give up privileges, write the filters."""
    wit.imports(), wit.exports()
    lock.give_up_privileges()
    rlimits.budget(Limits(), stateful=False)
    for waiting in (False, True):
        seccomp.program(kernel.machine() or "", waiting=waiting)


class _Zygote:
    def __init__(self, control: socket.socket, host: int) -> None:
        self._control = control
        self._host = host
        self._children: dict[int, int] = {}
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._poll.register(host, select.POLLIN)

    def serve(self) -> None:
        while True:
            for fd, _ in self._poll.poll():
                if fd == self._host or (fd == self._control.fileno() and not self._wish()):
                    self._end()
                    return
                if fd in self._children:
                    self._reap(fd)

    def _wish(self) -> bool:
        """Start a worker; tell whether the host is still there."""
        data, fds, _, _ = socket.recv_fds(self._control, LONGEST, 2)
        if not data:
            return False
        if len(fds) == 2:  # noqa: PLR2004 - its channel and its component
            with contextlib.suppress(
                OSError, ValueError, LookupError, TypeError
            ):  # no wish, or no more processes: the channel closes
                self._fork(data, fds[0], fds[1])
        for fd in fds:
            os.close(fd)
        return True

    def _fork(self, data: bytes, artefact: int, channel: int) -> None:
        zygote = os.getpid()
        wish = json.loads(data)
        if wish["generic"]:
            waking.prepare(_engines[wish["limits"]["fuel"] is not None, True])
        if (pid := os.fork()) == 0:
            _child(zygote, wish, artefact, channel)
        fd = os.pidfd_open(pid)
        self._children[fd] = pid
        self._poll.register(fd, select.POLLIN)

    def _reap(self, fd: int) -> None:
        self._poll.unregister(fd)
        os.waitpid(self._children.pop(fd), 0)
        os.close(fd)

    def _end(self) -> None:
        for fd in list(self._children):
            signal.pidfd_send_signal(fd, signal.SIGKILL)
        for fd in list(self._children):
            self._reap(fd)


def _child(zygote: int, wish: dict[str, Any], artefact: int, channel: int) -> NoReturn:
    try:
        _worker(zygote, wish, artefact, channel)
    finally:
        os._exit(0)


def _worker(zygote: int, wish: dict[str, Any], artefact: int, channel: int) -> None:
    _dies_with(zygote)
    _keep_only(artefact, channel)
    sock = socket.socket(fileno=CHANNEL)
    me = os.pidfd_open(os.getpid())
    socket.send_fds(sock, [frames.frame(frames.BORN, 0)], [me])
    os.close(me)
    try:
        ready = serving(sock, wish)
    except (EngineError, OSError) as e:
        sock.sendall(frames.texts_frame(frames.FAILED, 0, b"start", f"{type(e).__name__}: {e}".encode()))
        return
    ready.serve()


def serving(channel: socket.socket, wish: dict[str, Any]) -> Worker | GenericWorker:
    """Load, lock up, say so, and return the worker, ready to serve. Raises OSError, EngineError.

    The guest's code runs for the first time when everything is locked.
    """
    limits = Limits(**wish["limits"])
    engine = _engines[limits.fuel is not None, wish["generic"]]
    compiled = Guest.loaded(engine, f"/proc/self/fd/{ARTEFACT}")
    os.close(ARTEFACT)
    guest = GenericGuest(engine, compiled, limits) if wish["generic"] else Guest(engine, compiled)
    # A generic guest may have some memories, each as large as all may be: their sum is held by the process's limit.
    held = replace(limits, concurrency=1, memories=MEMORIES) if wish["generic"] else limits
    version = lock.confine(held, stateful=wish["stateful"])
    beat = Beat(engine.address)
    made = Worker(channel, guest, limits, beat) if isinstance(guest, Guest) else GenericWorker(channel, guest, beat)
    if isinstance(guest, GenericGuest) and guest.wasi:
        waking.wake(engine)
    lock.seal(waiting=wish["generic"])
    channel.sendall(frames.frame(frames.READY, 0, json.dumps({"landlock": version, "pid": os.getpid()}).encode()))
    made.warm_up()
    return made


def _dies_with(parent: int) -> None:
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _keep_only(artefact: int, channel: int) -> None:
    """Close every descriptor but the three that lead nowhere, the channel and the component."""
    high = max(artefact, channel, ARTEFACT) + 1
    os.dup2(channel, high)
    os.dup2(artefact, high + 1)
    os.dup2(high, CHANNEL)
    os.dup2(high + 1, ARTEFACT)
    os.closerange(ARTEFACT + 1, os.sysconf("SC_OPEN_MAX"))


if __name__ == "__main__":
    main(sys.argv[1:])
