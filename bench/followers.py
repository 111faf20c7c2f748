"""Who follows a run in the bench of streams: a WebSocket, or server-sent events, read by no more than is needed."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from typing import Any, ClassVar, Final

#: What tells that a run is over, and so all its streams.
OVER: Final = (b"run.completed", b"run.failed", b"run.cancelled")
#: The words of the bench's slow model are times, in seconds: this begins one.
WORD: Final = b'"text":"1'


class Follower(asyncio.Protocol):
    """One stream. Counts its events by their age.

    Args:
        run_id: whom to follow.
    """

    #: Seconds from when a word of the model was due to when it was read here, of all streams together.
    late: ClassVar[list[float]] = []

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._head = b""
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Ask for the stream."""
        self._transport = transport
        transport.write(self.request())

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that the stream has ended."""
        self.lost = True
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionError(f"refused: {self._head[:300]!r}"))

    def request(self) -> bytes:
        """Return the request that opens the stream."""
        raise NotImplementedError

    def _count(self, data: bytes) -> None:
        if any(each in data for each in OVER):
            self.lost = True
        now, at = time.time(), data.find(WORD)
        while at >= 0:
            end = data.find(b'"', at + len(WORD))
            if end < 0:
                return  # cut in two: one of very many
            self.late.append(now - float(data[at + len(WORD) - 1 : end]))
            at = data.find(WORD, end)


class Socket(Follower):
    """A WebSocket that subscribes to the run's topic."""

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self._open = False

    def request(self) -> bytes:
        """Return the handshake."""
        key = base64.b64encode(os.urandom(16)).decode()
        return (
            f"GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        ).encode()

    def data_received(self, data: bytes) -> None:
        """Subscribe when welcomed; then answer pings and count."""
        if not self._open:
            self._head += data
            if b'"welcome"' in self._head:
                self._open, self._head = True, b""
                self._transport.write(masked({"type": "subscribe", "topic": f"run.{self._run_id}"}))
            return
        if b"\x89" in data[:1]:  # a ping of no other sort than uvicorn's: four bytes
            self._transport.write(b"\x8a\x84" + bytes(4) + data[2:6])
            data = data[6:]
        if not self.ready.done() and b'"subscribed"' in data:
            self.ready.set_result(None)
        self._count(data)


class Events(Follower):
    """Server-sent events of the run."""

    def request(self) -> bytes:
        """Return the request."""
        return (
            f"GET /v1/runs/{self._run_id}/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
        ).encode()

    def data_received(self, data: bytes) -> None:
        """Count; ready at the first event."""
        if not self.ready.done():
            self._head += data
            if b"\nevent: " in self._head or b"\nid: " in self._head:
                self.ready.set_result(None)
                self._head = b""
        self._count(data)


FOLLOWERS: Final[dict[str, type[Follower]]] = {"ws": Socket, "sse": Events}


def masked(value: Any) -> bytes:
    """Return a short message as the frame of a client."""
    data = json.dumps(value).encode()
    return bytes([0x81, 0x80 | len(data)]) + bytes(4) + data
