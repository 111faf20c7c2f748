"""What a plugin logs and what is told of it, followed as it happens."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from lumosai.gateway.stream import frame
from lumosai.host import Host
from lumosai_sdk.errors import ConflictError
from lumosai_sdk.types.events import Event

MAX_FOLLOWERS = 16
"""Of one plugin's log."""
KEPT = 1000
"""Lines that wait for a client that is slow; the oldest make room."""
_LONGEST = 8192
_LEVELS = ((logging.ERROR, "error"), (logging.WARNING, "warning"), (logging.INFO, "info"))
_following: WeakKeyDictionary[Host, set[_Follower]] = WeakKeyDictionary()
_followed: dict[str, tuple[int, int]] = {}
"""Loggers that are followed: how often, and the level that they had before."""


class _Follower(logging.Handler):
    """Holds what was not sent yet. Lines come from any thread, events from the loop's."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[str, Mapping[str, Any]]] = deque(maxlen=KEPT)
        self._left_out = 0
        self._wake = asyncio.Event()
        self._ended = False

    def end(self) -> None:
        """Let the frames end."""
        self._ended = True
        self._wake.set()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line of the log."""
        level = next((word for least, word in _LEVELS if record.levelno >= least), "debug")
        line = {"at": record.created, "level": level, "message": record.getMessage()[:_LONGEST]}
        try:
            self._loop.call_soon_threadsafe(self._take, "log", line)
        except RuntimeError:  # the loop is closed: nobody follows any more
            return

    def event(self, event: Event) -> None:
        """Take an event, if it is about the plugin."""
        if getattr(event, "plugin", None) == self._name:
            self._take("event", event.to_json())

    def _take(self, kind: str, data: Mapping[str, Any]) -> None:
        self._left_out += len(self._waiting) == KEPT
        self._waiting.append((kind, data))
        self._wake.set()

    async def frames(self) -> AsyncGenerator[bytes]:
        """Yield what comes, until the host stops."""
        yield frame("following", {"plugin": self._name})
        while not self._ended:
            await self._wake.wait()
            self._wake.clear()
            if self._left_out:
                yield frame("left_out", {"count": self._left_out})
                self._left_out = 0
            while self._waiting:
                yield frame(*self._waiting.popleft())


def check_room(name: str) -> None:
    """Raise ConflictError where too many follow a plugin's log already."""
    count, _ = _followed.get(_logger(name).name, (0, 0))
    if count >= MAX_FOLLOWERS:
        raise ConflictError(f"{count} clients follow the log of {name!r} already")


def _logger(name: str) -> logging.Logger:
    return logging.getLogger(f"lumosai.plugin.{name}")


async def followed(host: Host, name: str) -> AsyncGenerator[bytes]:
    """Yield frames: ``following``, then ``log`` and ``event`` as they come, ``left_out`` for those that were too many.

    While somebody follows, the plugin's logger takes lines of all levels. Raises ConflictError for too many followers.
    """
    check_room(name)
    log = _logger(name)
    count, before = _followed.get(log.name, (0, log.level))
    follower = _Follower(name)
    stop = host.bus.listen(follower.event)
    _followed[log.name] = count + 1, before
    log.setLevel(logging.DEBUG)
    log.addHandler(follower)
    others = _following.setdefault(host, set())
    others.add(follower)
    try:
        async for piece in follower.frames():
            yield piece
    finally:
        others.discard(follower)
        log.removeHandler(follower)
        stop()
        _left(log)


def end_followers(host: Host) -> None:
    """End what follows the logs of a host that stops."""
    for follower in tuple(_following.get(host, ())):
        follower.end()


def _left(log: logging.Logger) -> None:
    count, before = _followed.pop(log.name)
    if count > 1:
        _followed[log.name] = count - 1, before
    else:
        log.setLevel(before)
