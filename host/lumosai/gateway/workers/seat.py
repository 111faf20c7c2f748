"""One worker, as its supervisor sees it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Iterator, Sequence

from lumosai.gateway.workers import channel as say
from lumosai.gateway.workers.board import Board

_UNHEEDED = {signal.SIGINT, signal.SIGHUP} if hasattr(signal, "SIGHUP") else {signal.SIGINT}


class Seat:
    """A place for a worker, which one process after another takes."""

    def __init__(self, process: int, board: Board) -> None:
        self.process = process
        self.child: asyncio.subprocess.Process | None = None
        self.is_up = False
        self.deaths = 0
        """How many died, one after another, before they had done much."""
        self._board = board
        self._passed = 0
        self._said = b""
        self._ours, self._theirs = say.pair()

    @property
    def load(self) -> int:
        """How many connections it has."""
        return self._passed - self._board.ended(self.process)

    @property
    def failure(self) -> say.WorkerError | None:
        """Why it could not begin, if it said so."""
        return say.failure(self._said)

    async def take(self, command: Sequence[str], orders: int) -> socket.socket:
        """Start a process, with *orders*; return the socket that it is heard from. Raises OSError."""
        handed = (self._theirs.fileno(), self._board.fd, orders)
        # Ctrl-C is typed for all processes of the terminal. Until the worker can, the mask it inherits overhears it.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _UNHEEDED)
        try:
            self.child = await asyncio.create_subprocess_exec(
                *command, *map(str, handed), pass_fds=handed, stdin=asyncio.subprocess.DEVNULL
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            os.close(orders)
        return self._ours

    def hear(self) -> bool:
        """Read what the worker says; tell whether it is up or not has changed."""
        with contextlib.suppress(BlockingIOError):
            self._said += self._ours.recv(65536)
        was, mark = self.is_up, self._said[-1:]
        if say.FAILED not in self._said and mark:
            self.is_up = mark == say.READY
        return was != self.is_up

    def tell(self, message: bytes) -> None:
        """Say something to the worker."""
        with contextlib.suppress(OSError):
            self._ours.send(message)

    def give(self, connection: socket.socket) -> bool:
        """Hand a connection over; False when the worker has too many waiting already."""
        try:
            socket.send_fds(self._ours, [say.CONNECTION], [connection.fileno()])
        except OSError:
            return False
        self._passed += 1
        connection.close()
        return True

    def taken_back(self) -> Iterator[socket.socket]:
        """Yield the connections that were handed over, and that the worker has not taken."""
        for _, connection in say.messages(self._theirs, 1 << 20):
            if connection is not None:
                self._passed -= 1
                yield connection

    def signal(self, number: int) -> None:
        """Send its process a signal, if there is one."""
        if self.child is not None:
            with contextlib.suppress(ProcessLookupError):
                self.child.send_signal(number)

    def vacate(self) -> socket.socket:
        """Make ready for the next process; return the socket that nothing will be heard from any more."""
        old = self._ours
        self._theirs.close()
        self._ours, self._theirs = say.pair()
        self._board.strike(self.process)
        self.is_up, self._passed, self._said, self.child = False, 0, b"", None
        return old

    def close(self) -> None:
        """Let go of the channel."""
        self._ours.close()
        self._theirs.close()
