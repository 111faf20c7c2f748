"""What ``lumos plugin dev`` shows: what was saved and taken up, and what the plugin says meanwhile."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from typing import Any

from lumosai.cli import style
from lumosai.cli.output import cut, say, say_json, tell
from lumosai.cli.plugins.logged import LEVELS, level_of
from lumosai_sdk import safe
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types.events import Event, PluginDenied, PluginFailed

_MAX_NAMES = 3


class Screen(logging.Handler):
    """Lines on standard error. It is the handler of the plugin's logger, and a listener of the host's events."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def emit(self, record: logging.LogRecord) -> None:
        """Show a line of the plugin's log."""
        self.logged(level_of(record), record.getMessage())

    def logged(self, level: str, text: str) -> None:
        """Show a line of the plugin's log."""
        self._line(level, LEVELS.get(level, style.CYAN), text)

    def event(self, event: Event) -> None:
        """Show an event that is about the plugin."""
        self.told(event.to_json())

    def told(self, event: Mapping[str, Any]) -> None:
        """Show an event that is about the plugin, as JSON has it."""
        kind, detail = str(event.get("type", "")), str(event.get("detail", ""))
        if event.get("plugin") != self._name or kind in _TOLD_OTHERWISE:
            return
        if kind in _MARKED:
            self._line(*_MARKED[kind], detail)
        else:
            self._line("event", style.CYAN, f"{kind} {detail} {_data(event)}".strip())

    def _line(self, word: str, code: str, text: str) -> None:
        stamp = style.paint(time.strftime("%H:%M:%S"), style.DIM, sys.stderr)
        tell(f"  {stamp} {style.paint(f'{word:<7}', code, sys.stderr)} {safe.line(text)}")

    def good(self, text: str) -> None:
        """Say that something went well."""
        self._mark("✓", style.GREEN, text)

    def saved(self, names: list[str]) -> None:
        """Say which sources were saved."""
        more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
        self._mark("↻", style.CYAN, ", ".join(names[:_MAX_NAMES]) + more)

    def note(self, text: str) -> None:
        """Say something by the way."""
        tell(style.paint(safe.line(text), style.DIM, sys.stderr))

    def bad(self, error: LumosError, *, goes_on: str = "") -> None:
        """Say what went wrong, and what goes on nevertheless."""
        self._mark("✗", style.RED, error.message)
        if error.hint:
            tell(f"  {style.paint('hint:', style.CYAN, sys.stderr)} {safe.lines(error.hint)}")
        if goes_on:
            self.note(f"  {goes_on}")

    def _mark(self, mark: str, code: str, text: str) -> None:
        first, *rest = safe.lines(text).splitlines() or [""]
        tell(f"{style.paint(mark, code, sys.stderr)} {first}")
        for line in rest:
            tell(f"  {line}")

    def answer(self, tool: str, value: Any, seconds: str) -> None:
        """Show what a tool answered."""
        self._mark("→", style.CYAN, f"{tool} answered in {seconds}")
        if isinstance(value, str):
            say(safe.lines(value))
        else:
            say_json(value)
        sys.stdout.flush()


_MARKED = {PluginDenied.type: ("denied", style.YELLOW), PluginFailed.type: ("failed", style.RED)}
_TOLD_OTHERWISE = frozenset({"plugin.added", "plugin.swapped", "plugin.enabled", "plugin.removed", "plugin.disabled"})
_NOT_DATA = frozenset({"type", "at", "plugin", "version", "seq", "run_id", "detail"})


def _data(told: Mapping[str, Any]) -> str:
    import json

    data = {k: v for k, v in told.items() if k not in _NOT_DATA and v not in ("", None)}
    return cut(json.dumps(data, ensure_ascii=False, default=str), 400) if data else ""
