"""A WebSocket client for tests: frames in, frames out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp


class Client:
    """One connection, and what has been received over it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.seen: list[dict[str, Any]] = []

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send_json({"type": kind, **fields})

    async def next(self, *kinds: str) -> dict[str, Any]:
        """Return the next frame, or the next of these kinds."""
        async with asyncio.timeout(15):
            while True:
                frame: dict[str, Any] = await self.socket.receive_json()
                self.seen.append(frame)
                if not kinds or frame["type"] in kinds:
                    return frame

    async def ask(self, kind: str, *kinds: str, **fields: Any) -> dict[str, Any]:
        """Send a frame and return the next of these kinds, or what went wrong."""
        await self.send(kind, **fields)
        return await self.next("problem", *kinds)

    async def refused(self, kind: str, **fields: Any) -> tuple[int, str]:
        """Send a frame and return status and code of the problem that answers it."""
        frame = await self.ask(kind, **fields)
        return frame["problem"]["status"], frame["problem"]["code"]

    async def until(self, event: str) -> list[dict[str, Any]]:
        """Return the events up to one of that type."""
        found = [f["event"] for f in self.seen if f["type"] == "event"]
        while not found or found[-1]["type"] != event:
            found.append((await self.next("event"))["event"])
        return found

    async def closed(self) -> int:
        """Read to the end and return the code it closed with."""
        async with asyncio.timeout(15):
            while (message := await self.socket.receive()).type is aiohttp.WSMsgType.TEXT:
                self.seen.append(message.json())
        return self.socket.close_code or 0


@asynccontextmanager
async def connected(url: str, *, welcome: bool = True, **options: Any) -> AsyncIterator[Client]:
    """Open a WebSocket to a service and yield its client."""
    query = options.pop("query", "")
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}/v1/ws{query}", max_msg_size=0, **options) as socket,
    ):
        client = Client(socket)
        if welcome:
            assert (await client.next())["type"] == "welcome"
        yield client
