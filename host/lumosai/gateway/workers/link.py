"""A worker's side: connections are handed to it, and it is told when to read its configuration again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable

from lumosai.gateway.source import Connect
from lumosai.gateway.workers import channel as say
from lumosai.gateway.workers.board import Board


class Link:
    """The source of a worker's connections: its supervisor."""

    def __init__(
        self,
        channel: socket.socket,
        board: Board,
        *,
        reread: Callable[[], Awaitable[None]],
        greet: Callable[[], None],
    ) -> None:
        """Await *reread* and call *greet* when the supervisor says so."""
        self.sockets: list[socket.socket] = []
        self.board: Board | None = board
        self._board = board
        self._channel = channel
        self._loop = asyncio.get_running_loop()
        self._reread = reread
        self._greet = greet
        self._taken = 0
        self._tasks: set[asyncio.Future[object]] = set()

    def begin(self, connect: Connect) -> None:
        """Take connections from now on."""
        self._connect = connect
        self._loop.add_reader(self._channel, self._read)
        self._say(say.READY)

    def count(self, connections: int) -> None:
        """Tell how many are left."""
        self._board.note_ended(self._taken - connections)

    def end(self) -> None:
        """Take no more; what was sent and not taken is taken back by the supervisor."""
        self._loop.remove_reader(self._channel)
        self._say(say.LEAVING)

    def _say(self, message: bytes) -> None:
        with contextlib.suppress(OSError):  # the supervisor is gone, and this process is about to be told
            self._channel.send(message)

    def _read(self) -> None:
        for message, connection in say.messages(self._channel):
            if connection is not None:
                self._taken += 1
                self._do(self._served(connection))
            elif message == say.REREAD:
                self._do(self._reread())
            elif message == say.GREET:
                self._greet()
            elif not message:
                self._loop.remove_reader(self._channel)

    def _do(self, work: Awaitable[object]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _served(self, connection: socket.socket) -> None:
        connection.settimeout(0)
        try:
            await self._loop.connect_accepted_socket(self._connect, connection)
        except OSError:
            connection.close()  # the client has gone meanwhile


def end_with(channel: socket.socket, seconds: float) -> None:
    """Stop this process as SIGTERM does when the other end of *channel* is gone, and end it some *seconds* later."""
    own = os.dup(channel.fileno())

    def wait() -> None:
        poll = select.poll()
        poll.register(own, 0)  # only that it hung up
        poll.poll()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(seconds)
        os._exit(1)

    threading.Thread(target=wait, name="lumos-supervisor-lives", daemon=True).start()
