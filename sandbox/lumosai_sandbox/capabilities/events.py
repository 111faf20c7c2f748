"""``events``: what a plugin tells whoever watches."""

from __future__ import annotations

import re
import time

from lumosai_sandbox.capabilities.arguments import limit, value
from lumosai_sandbox.capabilities.percall import PerCall
from lumosai_sandbox.capabilities.plugin import Functions
from lumosai_sdk.errors import InputError
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.events import PluginMessage
from lumosai_sdk.types.plugins import PluginContext

MOST = 100
MAX_DATA = 16 * 1024
_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,63}")


class Events:
    """A plugin's ``plugin.message`` events, at most MOST in a call."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._emitted: PerCall[list[int]] = PerCall(lambda: [0])

    def functions(self) -> Functions:
        return {"events.emit": (2, self._emit)}

    async def _emit(self, caller: Caller, name: str, data: str) -> str:
        if not _NAME.fullmatch(name):
            raise InputError(f"an event's name is a word such as page.fetched ({_NAME.pattern})")
        if len(data.encode("utf-8", "replace")) > MAX_DATA:
            raise limit(f"an event's data have at most {MAX_DATA} bytes")
        found = value(data, "data")
        emitted = self._emitted.of(caller)
        emitted[0] += 1
        if emitted[0] > MOST:
            raise limit(f"a call emits at most {MOST} events")
        context = self._context
        context.emit(PluginMessage(caller.run_id, 0, time.time(), context.name, context.version, "", name, found))
        return "null"

    def release(self, caller: Caller) -> None:
        """A call ended."""
        self._emitted.forget(caller)
