"""Clients that do not take what they asked for: their connection, and the memory of what waits for them, comes back."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from contextlib import suppress

SECONDS = 30.0
LEAST = 16 * 1024
"""Bytes that a client takes in so long, if it takes anything: what is slower holds a connection for its own sake."""


class Unread:
    """Watches a transport that has more to send than the system takes, and ends it when nothing moves."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Begin, if there is something to be read."""
        if self._timer is None and (left := self._transport.get_write_buffer_size()):
            self._timer = self._loop.call_later(SECONDS, self._look, left)

    def stop(self) -> None:
        """It moves."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, before: int) -> None:
        self._timer = None
        left = self._transport.get_write_buffer_size()
        if left > before - LEAST and left:
            self._cut()
        else:
            self.watch()

    def _cut(self) -> None:
        """End the connection at once: closing it would wait until all is read, and so would the system's own buffer."""
        told = self._transport.get_extra_info("socket")
        with suppress(OSError), socket.socket(fileno=os.dup(told.fileno())) as same:
            same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
