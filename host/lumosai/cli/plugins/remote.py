"""The log of a plugin in another process, the host that runs: followed over its HTTP service."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

if TYPE_CHECKING:
    from lumosai.config.load import Loaded

AGAIN_SECONDS = 1.0
_LONGEST = 64 * 1024


class Shows(Protocol):
    """Where lines and events go to."""

    def logged(self, level: str, text: str) -> None: ...

    def told(self, event: dict[str, Any]) -> None: ...

    def note(self, text: str) -> None: ...


async def follow(loaded: Loaded, name: str, screen: Shows) -> None:
    """Show what the running host tells of a plugin, until cancelled. One that restarted is followed again."""
    lost = False
    while True:
        stream = _Stream(loaded, name)
        following = asyncio.create_task(asyncio.to_thread(stream.pass_on, asyncio.get_running_loop(), screen))
        try:
            came = await asyncio.shield(following)
        except asyncio.CancelledError:
            stream.stop()
            await following
            raise
        if came or not lost:
            screen.note("the host's log has ended; it is followed again when the host is back")
        lost = True
        await asyncio.sleep(AGAIN_SECONDS)


class _Stream:
    """One connection. It is read in a thread, and ended from another."""

    def __init__(self, loaded: Loaded, name: str) -> None:
        server = loaded.config.server
        self._path = f"/v1/plugins/{quote(name, safe='')}/log"
        # The host says that it is there every 15 seconds: a connection that is quiet for longer is dead.
        self._connection = HTTPConnection(server.host, server.port, timeout=60.0)
        self._socket: socket.socket | None = None
        self._stopped = False

    def pass_on(self, loop: asyncio.AbstractEventLoop, screen: Shows) -> bool:
        """Hand what comes to *screen*, on the loop's thread, until it ends; tell whether anything came."""
        came = False
        try:
            for kind, data in self._frames():
                came = True
                loop.call_soon_threadsafe(_show, screen, kind, data)
        except (OSError, HTTPException, ValueError, AttributeError):
            pass  # it ended, or was ended: what http.client does then depends on where it was
        finally:
            self._connection.close()
        return came

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self._stopped = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _frames(self) -> Iterator[tuple[str, Any]]:
        self._connection.connect()
        self._socket = self._connection.sock  # kept: http.client lets go of that of an answer without a length
        self._connection.request("GET", self._path, headers={"Accept": "text/event-stream"})
        response = self._connection.getresponse()
        kind = ""
        while not self._stopped and response.status == 200 and (line := response.readline(_LONGEST)):  # noqa: PLR2004
            word, _, value = line.decode("utf-8", "replace").rstrip("\n").partition(": ")
            if word == "event":
                kind = value
            elif word == "data":
                yield kind, json.loads(value)


def _show(screen: Shows, kind: str, data: Any) -> None:
    if not isinstance(data, dict):
        return
    if kind == "log":
        screen.logged(str(data.get("level")), str(data.get("message")))
    elif kind == "event":
        screen.told(data)
    elif kind == "left_out":
        screen.note(f"  {data.get('count')} lines were left out: they came too fast")
