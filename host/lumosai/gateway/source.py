"""Where connections come from: the service's own listener, or whoever hands them to this process."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol

from lumosai.gateway.listening import url_of
from lumosai.gateway.workers.board import Board

Connect = Callable[[], asyncio.Protocol]


class Source(Protocol):
    """Gives connections to a server. ``sockets`` are those that the server itself listens on."""

    sockets: list[socket.socket]
    board: Board | None

    def begin(self, connect: Connect) -> None:
        """The server can take connections, each with a protocol made by *connect*."""
        ...

    def count(self, connections: int) -> None:
        """Learn now and then how many there are."""
        ...

    def end(self) -> None:
        """The server takes no more."""
        ...


class Listener:
    """The service's own listener: the server does it all. Who waits for it is told the URL."""

    board: Board | None = None

    def __init__(self, listener: socket.socket, on_ready: Callable[[str], None] | None) -> None:
        self.sockets = [listener]
        self._on_ready = on_ready

    def begin(self, connect: Connect) -> None:  # noqa: ARG002 - the server makes its protocols itself
        """Tell the URL."""
        if self._on_ready is not None:
            self._on_ready(url_of(self.sockets[0]))

    def count(self, connections: int) -> None:
        """Nobody asks."""

    def end(self) -> None:
        """The server closes the listener."""
