"""Changing the texts of messages, wherever they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from lumosai_sdk.types.messages import Content, Message, TextPart

Change = Callable[[str], str]


def changed(messages: Sequence[Message], change: Change) -> tuple[Message, ...]:
    """Return messages with *change* made to each text and to the arguments of each call; the same where none did."""
    return tuple(_changed(m, change) for m in messages)


def _changed(message: Message, change: Change) -> Message:
    content = message.content
    if isinstance(content, str):
        made: Content = change(content)
    else:
        made = tuple(replace(p, text=change(p.text)) if isinstance(p, TextPart) else p for p in content)
    calls = tuple(replace(c, arguments=change(c.arguments)) for c in message.tool_calls)
    if made == content and calls == message.tool_calls:
        return message
    return replace(message, content=made, tool_calls=calls)
