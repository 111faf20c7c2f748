"""The process that serves nothing itself: it listens, hands connections out, and keeps so many workers alive.

Connections go to whoever has the fewest. A listener that processes share leaves it to the system who accepts, which may
give one of them nine of ten, and several listeners on one port leave it to chance. What a worker has not taken when it
dies goes to another.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator, Sequence

from lumosai.gateway.signals import AT_ONCE
from lumosai.gateway.workers import channel as say
from lumosai.gateway.workers.board import Board
from lumosai.gateway.workers.seat import Seat

QUICK = 10.0
"""A worker that lived for less has died at once: seconds."""
MOST = 5
"""So many that died at once, one after another, and the service ends."""
_FIRST_PAUSE, _LAST_PAUSE = 0.2, 5.0
_ACCEPTS = 64
_AGAIN = 0.02
_KILL = 20.0
"""Seconds beyond ``[server] drain`` after which a worker that was told to stop is made to."""
_STOP = (signal.SIGTERM, AT_ONCE, signal.SIGKILL)
Order = Callable[[int], int]


class Supervisor:
    """Keeps workers alive until it is told to stop."""

    def __init__(
        self,
        listener: socket.socket,
        board: Board,
        command: Sequence[str],
        order: Order,
        *,
        drain: Callable[[], float],
        warn: Callable[[str], None],
    ) -> None:
        """Start workers with *command* and the orders that *order* makes for a process.

        *drain* tells how many seconds they may take to end, *warn* tells an operator.
        """
        self._listener = listener
        self._command = command
        self._order = order
        self._drain = drain
        self._warn = warn
        self._seats = [Seat(n, board) for n in range(board.place.processes)]
        self._starting = asyncio.Lock()
        self._stopped = asyncio.Event()
        self._told = 0
        self._was_up = self._accepting = False

    async def run(self) -> None:
        """Serve until ``stop``. Raises WorkerError when workers cannot begin, or die one after another."""
        self._listener.settimeout(0)
        keeping = [asyncio.create_task(self._keep(seat)) for seat in self._seats]
        try:
            await asyncio.wait(keeping, return_when=asyncio.FIRST_EXCEPTION)
            self.stop()
            await asyncio.wait(keeping)
        finally:
            self._listen(on=False)
            for seat in self._seats:
                seat.signal(signal.SIGKILL)
                seat.close()
        for error in [task.exception() for task in keeping]:
            if error is not None:
                raise error

    def stop(self) -> None:
        """Let all workers end what they have under way; said again, at once, and a third time without a word."""
        self._told += 1
        self._stopped.set()
        self._listen(on=False)
        self._listener.close()
        self._signal(_STOP[min(self._told, len(_STOP)) - 1])
        if self._told == 1:
            asyncio.get_running_loop().call_later(self._drain() + _KILL, self._signal, signal.SIGKILL)

    def _signal(self, number: int) -> None:
        for seat in self._seats:
            seat.signal(number)

    def reread(self) -> None:
        """Have every worker read the configuration again."""
        for seat in self._seats:
            seat.tell(say.REREAD)

    # --- workers

    async def _keep(self, seat: Seat) -> None:
        while not self._stopped.is_set():
            began = asyncio.get_running_loop().time()
            how = await self._lived(seat)
            if self._stopped.is_set():
                return
            lived = asyncio.get_running_loop().time() - began
            seat.deaths = seat.deaths + 1 if lived < QUICK else 1
            failure = seat.failure
            self._vacate(seat)
            if seat.deaths >= MOST or (failure is not None and not self._was_up):
                raise failure or say.WorkerError(f"worker {seat.process} ended {MOST} times at once, {how} at last")
            self._warn(f"worker {seat.process} ended, {how}{_why(failure)}; another takes its place")
            if lived < QUICK:
                await self._pause(min(_FIRST_PAUSE * 2 ** (seat.deaths - 1), _LAST_PAUSE))

    async def _lived(self, seat: Seat) -> str:
        """Have a process take a seat; return how it ended."""
        async with self._starting:
            heard = await seat.take(self._command, self._order(seat.process))
        asyncio.get_running_loop().add_reader(heard, self._heard, seat)
        if self._stopped.is_set():  # told so while it was started
            seat.signal(signal.SIGTERM)
        assert seat.child is not None  # noqa: S101 - it was started
        code = await seat.child.wait()
        self._heard(seat)
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"

    def _vacate(self, seat: Seat) -> None:
        left = list(seat.taken_back())
        heard = seat.vacate()
        asyncio.get_running_loop().remove_reader(heard)
        heard.close()
        self._hand_out(left)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()

    def _heard(self, seat: Seat) -> None:
        if not seat.hear():
            return
        if not seat.is_up:
            self._hand_out(list(seat.taken_back()))
        elif not self._was_up and all(s.is_up for s in self._seats):
            self._was_up = True
            self._seats[0].tell(say.GREET)
        self._listen(on=self._was_up and any(s.is_up for s in self._seats))

    # --- connections

    def _listen(self, *, on: bool) -> None:
        """Accept, or let those who come wait."""
        loop = asyncio.get_running_loop()
        if on and not self._accepting and not self._stopped.is_set():
            loop.add_reader(self._listener, self._accept)
        elif not on and self._accepting:
            loop.remove_reader(self._listener)
        self._accepting = on and not self._stopped.is_set()

    def _accept(self) -> None:
        for connection in self._accepted():
            if not self._given(connection):
                # All have too much waiting: neither do we take more.
                self._hand_out([connection])
                return

    def _accepted(self) -> Iterator[socket.socket]:
        for _ in range(_ACCEPTS):
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as e:  # as when there are too many open files
                self._warn(f"no connection can be accepted now: {e.strerror}")
                self._rest()
                return
            yield connection

    def _rest(self) -> None:
        self._listen(on=False)
        asyncio.get_running_loop().call_later(_AGAIN * 5, self._listen_again)

    def _listen_again(self) -> None:
        self._listen(on=any(s.is_up for s in self._seats))

    def _given(self, connection: socket.socket) -> bool:
        return any(seat.give(connection) for seat in sorted(filter(_is_up, self._seats), key=_load))

    def _hand_out(self, connections: list[socket.socket]) -> None:
        """Give connections to whoever takes them; as long as nobody does, no others are accepted."""
        left = [c for c in connections if not self._given(c)]
        if not left:
            self._listen(on=self._was_up and any(s.is_up for s in self._seats))
            return
        if self._stopped.is_set():
            for connection in left:
                connection.close()
            return
        self._listen(on=False)
        asyncio.get_running_loop().call_later(_AGAIN, self._hand_out, left)


def _is_up(seat: Seat) -> bool:
    return seat.is_up


def _load(seat: Seat) -> int:
    return seat.load


def _why(failure: say.WorkerError | None) -> str:
    return f" ({failure.message})" if failure else ""
