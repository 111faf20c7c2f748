"""Whose turn it is: so many calls of a guest at a time, and one at a time in each stateful instance."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable

from lumosai_sandbox.guesterror import GuestError
from lumosai_sdk.errors import PluginUnavailableError
from lumosai_sdk.types.caller import Caller


class Gate:
    """Lets *size* in at a time; others wait, first come first served. For one thread, and whatever event loop it runs.

    Somebody who is let in holds a place and must ``leave``.
    """

    __slots__ = ("_free", "_size", "_waiting")

    def __init__(self, size: int) -> None:
        self._size = self._free = size
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def idle(self) -> bool:
        """Whether nobody is in."""
        return self._free == self._size

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def enter_now(self) -> bool:
        """Go in if there is room; tell whether there was."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def enter(self) -> None:
        """Go in, when it is one's turn."""
        if self.enter_now():
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            await future
        except BaseException:
            if future.done() and not future.cancelled() and future.exception() is None:
                self.leave()  # let in, and called away in the same moment
            raise

    def leave(self) -> None:
        """Go out; the place passes to whoever waited longest."""
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done() and not future.get_loop().is_closed():
                future.set_result(None)
                return
        self._free += 1

    def turn_away(self, error: Exception) -> None:
        """Let those who wait raise *error*."""
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done() and not future.get_loop().is_closed():
                future.set_exception(error)


class Turns:
    """The gates of one guest. Stateful calls pass that of their key first: those who wait there take up no room."""

    __slots__ = ("_keys", "_plugin", "_room")

    def __init__(self, plugin: str, concurrency: int) -> None:
        """Let *concurrency* calls in at a time."""
        self._plugin = plugin
        self._room = Gate(concurrency)
        # Keys in use; a gate only where somebody had to wait.
        self._keys: dict[Hashable, Gate | None] = {}

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        return self._room.waiting + sum(g.waiting for g in self._keys.values() if g is not None)

    def nested(self, caller: Caller) -> bool:
        """Tell whether a call comes, by way of the host, out of another call of the same plugin."""
        return self._plugin in caller.chain[:-1]

    def enter_now(self, key: Hashable, nested: bool) -> bool:  # noqa: FBT001 - on the path of every call
        """Begin a call if nobody is in its way; tell whether it has begun."""
        if key is None:
            return nested or self._room.enter_now()
        if key in self._keys or not (nested or self._room.enter_now()):
            return False
        self._keys[key] = None
        return True

    async def enter(self, key: Hashable, nested: bool) -> None:  # noqa: FBT001
        """Begin a call when it is its turn. End it by ``leave``.

        A nested call waits for nothing, since the call it came from would wait for it: it needs no room of its own, and
        raises GuestError (``conflict``) where its instance is in a call.
        """
        if key is not None:
            await self._enter_key(key, nested=nested)
        if nested:
            return
        try:
            await self._room.enter()
        except BaseException:
            if key is not None:
                self._leave_key(key)
            raise

    async def _enter_key(self, key: Hashable, *, nested: bool) -> None:
        if key not in self._keys:
            self._keys[key] = None
            return
        if nested:
            raise GuestError("conflict", f"plugin {self._plugin!r} is in the call that this one came from")
        gate = self._keys[key]
        if gate is None:
            gate = self._keys[key] = Gate(1)
            gate.enter_now()  # for the one that is in
        await gate.enter()

    def leave(self, key: Hashable, nested: bool) -> None:  # noqa: FBT001
        """End a call."""
        if not nested:
            self._room.leave()
        if key is not None:
            self._leave_key(key)

    def _leave_key(self, key: Hashable) -> None:
        gate = self._keys.pop(key)
        if gate is not None:
            gate.leave()
            if not gate.idle:
                self._keys[key] = gate

    def close(self) -> None:
        """Turn those away who wait."""
        error = PluginUnavailableError(self._plugin, "call", "the plugin was stopped")
        for gate in (self._room, *self._keys.values()):
            if gate is not None:
                gate.turn_away(error)
