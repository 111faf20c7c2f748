"""What is written in one turn of the event loop leaves in one piece: a head and its body are one system call."""

from __future__ import annotations

import asyncio
from typing import Any

from lumosai.gateway.unread import Unread

FULL = 64 * 1024
"""Bytes that are not held back: only the transport below can say that its reader is slow."""


class Joined:
    """A transport whose writes wait for the end of the turn; everything else is the transport's own."""

    __slots__ = ("_loop", "_parts", "_size", "below")

    def __init__(self, below: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.below = below
        self._loop = loop
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Take what is to be sent."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)
        self._size += len(data)
        if self._size >= FULL:
            self._flush()

    def _flush(self) -> None:
        parts = self._parts
        if not parts:
            return
        self._parts, self._size = [], 0
        if not self.below.is_closing():
            self.below.write(parts[0] if len(parts) == 1 else b"".join(parts))

    def is_closing(self) -> bool:
        """Tell whether the transport is, or was, being closed."""
        return self.below.is_closing()

    def close(self) -> None:
        """Send what is left to a client that reads it, and close."""
        self._flush()
        self.below.close()
        Unread(self.below, self._loop).watch()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.below, name)
