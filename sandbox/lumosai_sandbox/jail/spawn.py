"""The host's end of the zygote: one process for all jailed plugins, started when the first worker is wished for."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from functools import cache

from lumosai_sandbox.limits import Limits

COMMAND = (sys.executable, "-I", "-m", "lumosai_sandbox.jail.zygote")
ENDS_WITHIN = 5.0
"""Seconds within which a zygote that was told to end does."""


class Zygote:
    """Starts workers. Usable from any thread and event loop; nothing here waits for the process.

    ``hold`` and ``release`` count its users: with the last one it ends, and every worker with it.
    """

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        """Run *command*, given a descriptor and the number of this process, when it is needed."""
        self._command = command
        self._lock = threading.Lock()
        self._users = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """The process, None while there is none."""
        return self._process.pid if self._process is not None else None

    def hold(self) -> None:
        """Count one more user."""
        with self._lock:
            self._users += 1

    def release(self) -> None:
        """Count one less; the last one ends the process, and waits the few milliseconds that takes."""
        with self._lock:
            self._users -= 1
            if not self._users:
                self._stop()

    def spawn(self, wish: bytes, artefact: int, channel: int) -> None:
        """Ask for a worker that talks over *channel*. Raises OSError; whether it comes to life is told on the channel.

        The descriptors are copied; they stay the caller's.
        """
        with self._lock:
            if self._control is not None:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    socket.send_fds(self._control, [wish], [artefact, channel], socket.MSG_DONTWAIT)
                    return
                self._stop()
            socket.send_fds(self._start(), [wish], [artefact, channel], socket.MSG_DONTWAIT)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [*self._command, str(theirs.fileno()), str(os.getpid())]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this very interpreter, and numbers
                command,
                env={},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # what is typed at a terminal is for the host, which ends it in good order
            )
        self._control = ours
        return ours

    def _stop(self) -> None:
        control, process = self._control, self._process
        self._control = self._process = None
        if control is not None:
            control.close()
        if process is not None:
            try:
                process.wait(ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wish(limits: Limits, *, generic: bool, stateful: bool) -> bytes:
    """Return the wish for a worker, as the zygote takes it."""
    return json.dumps({"limits": limits.to_json(), "generic": generic, "stateful": stateful}).encode()


def channel(zygote: Zygote, wish: bytes, artefact: int) -> socket.socket:
    """Return the host's end of the channel of a worker that was asked for. Raises OSError."""
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            zygote.spawn(wish, artefact, theirs.fileno())
        except BaseException:
            ours.close()
            raise
    return ours


@cache
def shared() -> Zygote:
    """Return the one of this process."""
    return Zygote()
