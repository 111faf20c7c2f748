"""The monitor: batches in, lines out."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, Final, TextIO

from lumosai_plugins.console.lines import CONTENT, LEVELS, Level, describe, level_of
from lumosai_plugins.console.safe import safe
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.plugins import PluginContext

_COLOURS: Final[dict[Level, str]] = {"debug": "\x1b[2m", "info": "", "warning": "\x1b[33m", "error": "\x1b[31m"}
_RESET: Final = "\x1b[0m"
_LONGEST_LINE: Final = 4000
_ID_SHOWN: Final = 12


class ConsoleMonitor:
    """Writes a line an event to standard error, in another thread: a reader that stalls stalls nothing else.

    Colours only on a terminal that wants them (https://no-color.org). Whatever an event holds stays on its line.
    """

    def __init__(self, context: PluginContext) -> None:
        settings = context.settings
        self._least = LEVELS.index(settings.get("level", "info"))
        self._line = self._json if settings.get("format", "text") == "json" else self._text
        self._content = bool(settings.get("content", False))
        self._max_text = int(settings.get("max_text", 200))

    async def export(self, events: Sequence[Event]) -> None:
        stream = sys.stderr
        shown = [e for e in events if LEVELS.index(level_of(e)) >= self._least]
        if not shown or stream is None:
            return
        colour = _wants_colour(stream)
        lines = [self._line(e, colour) for e in shown]
        await asyncio.to_thread(_write, stream, "\n".join(lines) + "\n")

    async def aclose(self) -> None:
        return

    def _text(self, event: Event, colour: bool) -> str:  # noqa: FBT001 - one of two ways to write a line
        level = level_of(event)
        what, said = describe(event)
        run = f" {safe(event.run_id[-_ID_SHOWN:], _ID_SHOWN)}" if event.run_id else ""
        line = f"{time.strftime('%H:%M:%S', time.localtime(event.at))} {level:7}{run} {safe(what, _LONGEST_LINE)}"
        if said and self._content:
            line += f" | {safe(said, self._max_text)}"
        start = _COLOURS[level] if colour else ""
        return f"{start}{line}{_RESET}" if start else line

    def _json(self, event: Event, colour: bool) -> str:  # noqa: ARG002, FBT001 - as _text
        fields = event.to_json()
        kept = fields if self._content else {k: v for k, v in fields.items() if k not in CONTENT}
        text = json.dumps({"level": level_of(event), **self._cut(kept)}, separators=(",", ":"), default=repr)
        return text.replace("\x7f", "\\u007f")

    def _cut(self, fields: dict[str, Any]) -> dict[str, Any]:
        limit = self._max_text
        return {
            k: v[:limit] + "…" if k in CONTENT and isinstance(v, str) and len(v) > limit else v
            for k, v in fields.items()
        }


def _wants_colour(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _write(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()
