"""Those who call: most do it well, some go away in the middle, some read slowly, some only look in."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

BODY: Final = json.dumps({"input": "Hello there, how are you?"}).encode()
PATIENCE: Final = 30.0
Caller = Callable[["Crowd"], Awaitable[None]]


@dataclass(slots=True)
class Crowd:
    """Where all call, and how that went. Well-formed requests whose caller stayed are *asked*; *failed* says how."""

    port: int
    rate: float
    until: float
    asked: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    rude: Counter[str] = field(default_factory=Counter)

    @property
    def is_over(self) -> bool:
        return asyncio.get_running_loop().time() >= self.until

    def judge(self, status: int, body: bytes, wanted: bytes) -> None:
        """Count an answer."""
        self.asked += 1
        if status != 200:  # noqa: PLR2004
            self.failed[f"{status} {body[:160].decode('utf-8', 'replace')}"] += 1
        elif wanted not in body:
            self.failed[f"another answer: {body[:160].decode('utf-8', 'replace')}"] += 1


class Line:
    """A connection that posts runs and reads whole answers, as cheaply as Python can."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str) -> tuple[int, bytes]:
        """Return status and body of the answer. Raises OSError, IncompleteReadError, TimeoutError."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request(path, self._port))
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
            at = head.lower().index(b"content-length:") + 15
            body = await reader.readexactly(int(head[at : head.index(b"\r", at)]))
        return int(head[9:12]), body

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def request(path: str, port: int, body: bytes = BODY) -> bytes:
    """Return a POST of JSON as bytes."""
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


async def steady(crowd: Crowd) -> None:
    """Run the plain agent at the crowd's rate of one, and wait for each answer."""
    loop, line = asyncio.get_running_loop(), Line(crowd.port)
    due = loop.time() + random.random() / crowd.rate
    while not crowd.is_over:
        await asyncio.sleep(max(0.0, due - loop.time()))
        due = max(due + 1 / crowd.rate, loop.time() - 1.0)
        await _asked(crowd, line, "/v1/agents/plain/runs", b'"status":"completed"')
    line.close()


async def shaken(crowd: Crowd) -> None:
    """Run the agent whose tool is not to be relied on: the run answers all the same."""
    line = Line(crowd.port)
    while not crowd.is_over:
        await _asked(crowd, line, "/v1/agents/shaky/runs", b'"status":"completed"')
        await asyncio.sleep(random.uniform(0.05, 0.2))
    line.close()


async def _asked(crowd: Crowd, line: Line, path: str, wanted: bytes) -> None:
    try:
        status, body = await line.post(path)
    except (OSError, ValueError, EOFError, TimeoutError) as e:
        line.close()
        crowd.asked += 1
        crowd.failed[f"{type(e).__name__}: {e}"] += 1
    else:
        crowd.judge(status, body, wanted)


async def leaving(crowd: Crowd) -> None:
    """Go away before the answer, or in the middle of the request."""
    while not crowd.is_over:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", crowd.port)
            whole = request("/v1/agents/plain/runs", crowd.port)
            writer.write(whole[: random.choice((len(whole), len(whole) - 5, 30))])
            await asyncio.sleep(random.uniform(0, 0.01))
            writer.transport.abort()
            crowd.rude["left early"] += 1
        await asyncio.sleep(random.uniform(0.01, 0.1))


async def dawdling(crowd: Crowd) -> None:
    """Begin to follow a run as a stream, read a few bytes now and then, and drop it."""
    body = json.dumps({"input": "word " * 2000, "stream": True}).encode()
    while not crowd.is_over:
        with suppress(OSError, TimeoutError):
            reader, writer = await asyncio.open_connection("127.0.0.1", crowd.port, limit=1024)
            writer.write(request("/v1/agents/plain/runs", crowd.port, body))
            for _ in range(random.randint(1, 8)):
                async with asyncio.timeout(5):
                    await reader.read(64)
                await asyncio.sleep(0.5)
            writer.transport.abort()
            crowd.rude["read slowly"] += 1


async def visiting(crowd: Crowd) -> None:
    """Open a WebSocket, follow topics, have a run, and close it or just vanish."""
    url = f"ws://127.0.0.1:{crowd.port}/v1/ws"
    async with aiohttp.ClientSession() as session:
        while not crowd.is_over:
            try:
                async with asyncio.timeout(PATIENCE), session.ws_connect(url) as socket:
                    crowd.asked += 1
                    if random.choice((True, False)):
                        await socket.send_json({"type": "subscribe", "topic": "plugin.*"})
                    await socket.send_json({"type": "run", "agent": "plain", "input": "hello"})
                    await _until_completed(socket)
                    if random.choice((True, False)):
                        socket._writer.transport.abort()  # noqa: SLF001 - aiohttp itself always says goodbye
            except (OSError, aiohttp.ClientError, TimeoutError, ValueError) as e:
                crowd.failed[f"WebSocket: {type(e).__name__}: {e}"] += 1
            await asyncio.sleep(random.uniform(0.1, 0.5))


async def _until_completed(socket: aiohttp.ClientWebSocketResponse) -> None:
    while True:
        frame: dict[str, Any] = await socket.receive_json()
        if frame["type"] == "problem":
            raise ValueError(str(frame)[:200])
        if frame["type"] == "event" and frame["event"]["type"] == "run.completed":
            return
