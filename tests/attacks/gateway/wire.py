"""Bytes to a service and back, as no HTTP client would send them."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import uvloop

PATIENCE = 10.0
HOST = b"Host: localhost\r\n"
CLOSE = b"Connection: close\r\n"
BODY = b'{"input":"x"}'
CHUNKS = b"d\r\n" + BODY + b"\r\n0\r\n\r\n"
RUN = b"POST /v1/agents/echo/runs HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
HIDDEN = b"GET /v1/agents/hidden HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"
"""A request inside another: an answer to it would name the agent."""
_LENGTH = re.compile(rb"\ncontent-length: (\d+)", re.IGNORECASE)


class Answer(NamedTuple):
    """What came back for a request."""

    status: int
    head: bytes
    body: bytes


class Target:
    """A service that runs in another thread."""

    def __init__(self) -> None:
        self.address: tuple[str, int] = ("", 0)
        self._task: asyncio.Task[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, main: Coroutine[Any, Any, None]) -> None:
        """Run *main* until it is ended, on the event loop that ``lumos up`` takes."""
        with suppress(asyncio.CancelledError), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main)

    def begin(self) -> None:
        """Remember what is to be ended."""
        self._task, self._loop = asyncio.current_task(), asyncio.get_running_loop()

    def serves(self, url: str) -> None:
        """Remember where it is served."""
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self.address = (parts.hostname, parts.port)

    def end(self) -> None:
        """Stop serving."""
        assert self._loop is not None
        assert self._task is not None
        self._loop.call_soon_threadsafe(self._task.cancel)

    def connect(self, receive_buffer: int = 0) -> socket.socket:
        """Return a new connection, whose system takes no more than so many bytes unread."""
        made = socket.socket()
        if receive_buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        made.settimeout(PATIENCE)
        made.connect(self.address)
        return made

    def exchange(self, *pieces: bytes) -> bytes:
        """Send pieces, each when the one before had the time to arrive alone; return what comes until the end."""
        with self.connect() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i, piece in enumerate(pieces):
                if i:
                    self.alive()
                with suppress(ConnectionError):
                    connection.sendall(piece)
            return until_end(connection)

    def answers(self, *pieces: bytes) -> list[Answer]:
        """Return the answers to what is sent."""
        return parsed(self.exchange(*pieces))

    def one(self, *pieces: bytes) -> Answer:
        """Return the answer to what is sent, which must be a single one."""
        [answer] = self.answers(*pieces)
        return answer

    def alive(self) -> None:
        """Return when the service answered somebody else: it has read by then what came before."""
        with self.connect() as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")
            assert until_end(connection).startswith(b"HTTP/1.1 200 ")


def until_end(connection: socket.socket) -> bytes:
    """Return all that comes until the other side closes."""
    parts: list[bytes] = []
    with suppress(ConnectionError):
        while data := connection.recv(65536):
            parts.append(data)
    return b"".join(parts)


def parsed(stream: bytes) -> list[Answer]:
    """Return the answers in a stream of them, each of which must tell its length."""
    out = []
    while stream:
        head, _, rest = stream.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 "), head[:200]
        told = _LENGTH.search(head)
        length = int(told[1]) if told else 0
        out.append(Answer(int(head[9:12]), head.lower(), rest[:length]))
        stream = rest[length:]
    return out
