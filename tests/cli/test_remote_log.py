"""``lumos plugin dev`` beside a host that runs: its log is shown, and followed again after a restart."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from lumosai.cli.plugins import remote
from lumosai.config.load import Loaded
from lumosai.config.model import Config, ServerConfig


@dataclass
class Notes:
    said: list[Any] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def _say(self, what: Any) -> None:
        self.said.append(what)
        self.came.set()

    def logged(self, level: str, text: str) -> None:
        self._say((level, text))

    def told(self, event: dict[str, Any]) -> None:
        self._say(event)

    def note(self, text: str) -> None:
        self._say(text)

    async def until(self, what: Any) -> None:
        while what not in self.said:
            self.came.clear()
            await self.came.wait()


async def test_what_the_host_tells_is_shown_and_again_after_it_was_away(monkeypatch: Any) -> None:
    monkeypatch.setattr(remote, "AGAIN_SECONDS", 0.01)
    hold = asyncio.Event()
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        body = b': still here\n\nevent: log\ndata: {"level":"error","message":"%d"}\n\n' % len(asked)
        event = b'event: event\ndata: {"type":"plugin.denied","plugin":"p"}\n\n'
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body + event)
        await writer.drain()
        if len(asked) > 1:
            await hold.wait()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        notes = Notes()
        following = asyncio.create_task(
            remote.follow(Loaded(Config(server=ServerConfig(host="127.0.0.1", port=port)), None), "p", notes)
        )
        async with asyncio.timeout(20):
            await notes.until(("error", "2"))
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
        hold.set()
    assert asked[0].startswith(b"GET /v1/plugins/p/log HTTP/1.1\r\n")
    assert notes.said[:2] == [("error", "1"), {"type": "plugin.denied", "plugin": "p"}]
    assert "the host's log has ended; it is followed again when the host is back" in notes.said
