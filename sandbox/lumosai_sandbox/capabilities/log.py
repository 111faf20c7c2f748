"""``log``: lines in the host's log that cannot pretend to be another's, and not without end."""

from __future__ import annotations

import json
import logging

from lumosai_sandbox.capabilities.arguments import value
from lumosai_sandbox.capabilities.percall import PerCall
from lumosai_sandbox.capabilities.plugin import Functions
from lumosai_sdk import safe
from lumosai_sdk.errors import InputError
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.plugins import PluginContext

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

LINE = 8
"""Bytes that a line counts for at least: a loop of empty ones is a flood too."""


class _Written:
    __slots__ = ("cut", "size")

    def __init__(self) -> None:
        self.size = 0
        self.cut = False


class Log:
    """A plugin's log. A line too many is not an error to it: the host says once that there were more."""

    def __init__(self, context: PluginContext, limit: int) -> None:
        """Take at most *limit* bytes a call."""
        self._log = context.log
        self._limit = limit
        self._written: PerCall[_Written] = PerCall(_Written)

    def functions(self) -> Functions:
        return {"log.write": (3, self._write)}

    async def _write(self, caller: Caller, level: str, message: str, fields: str) -> str:
        number = LEVELS.get(level)
        if number is None:
            raise InputError(f"level must be one of {', '.join(LEVELS)}")
        written = self._written.of(caller)
        if written.cut:
            return "null"
        written.size += max(LINE, len(message.encode("utf-8", "replace")) + len(fields))
        if written.size > self._limit:
            written.cut = True
            self._log.warning("… cut: the call wrote more than %d bytes", self._limit)
            return "null"
        self._log.log(number, "%s", safe.line(message + _told(fields)))
        return "null"

    def release(self, caller: Caller) -> None:
        """A call ended."""
        self._written.forget(caller)


def _told(fields: str) -> str:
    """Return fields as they stand at the end of a line. Raises InputError."""
    if not fields:
        return ""
    found = value(fields, "fields")
    if not isinstance(found, dict):
        raise InputError("fields must be a JSON object")
    return f" {json.dumps(found, ensure_ascii=False)}" if found else ""
