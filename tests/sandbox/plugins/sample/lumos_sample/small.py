"""A tool, a step, a processor and a monitor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lumosai_sdk import monitor, processor, step, tool
from lumosai_sdk.errors import BlockedError, InputError, ToolError
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.messages import ToolCall
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.processors import RunInfo


@tool
def divide(a: float, b: float) -> float:
    """Divide one number by another.

    Args:
        a: The dividend.
        b: The divisor, not zero.
    """
    if not b:
        raise ToolError("cannot divide by zero")
    return a / b


@step
def double(value: Any, context: RunInfo) -> Any:
    """Double the number in ``n``."""
    if not isinstance(value, dict) or not isinstance(value.get("n"), int):
        raise InputError("there is no number in n")
    return {"n": 2 * value["n"], "run": context.run_id}


@processor("input", "tool_call", "tool_result", "output")
def polite(value: Any, context: RunInfo) -> Any:
    """Let all pass but rude words and one tool."""
    if isinstance(value, ToolCall) and value.name == "format_disk":
        raise BlockedError("that tool is not called here")
    if isinstance(value, str):
        return _kind(value)
    if isinstance(value, tuple):
        return tuple(replace(m, content=_kind(m.content)) if isinstance(m.content, str) else m for m in value)
    return value


def _kind(text: str) -> str:
    return text.replace("darn", "dear")


@monitor("sample.count")
class Count:
    """Counts events by their type."""

    def __init__(self, context: PluginContext) -> None:
        self.context = context
        self.seen: Counter[str] = Counter()

    async def export(self, events: Sequence[Event]) -> None:
        self.seen.update(e.type for e in events)

    async def aclose(self) -> None:
        self.seen.clear()
