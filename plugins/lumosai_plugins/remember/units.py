"""What of a conversation belongs together: a call of tools and the results of it are shown both, or not at all."""

from __future__ import annotations

from collections.abc import Sequence

from lumosai_sdk.types.messages import Message

Unit = tuple[Message, ...]


def units(messages: Sequence[Message]) -> list[Unit]:
    """Return the messages in order, each with what must not be parted from it.

    Calls of which not all results are there, and results without their call, are left out: vendors refuse them.
    """
    out: list[Unit] = []
    at = 0
    while at < len(messages):
        message = messages[at]
        end = at + 1
        while end < len(messages) and messages[end].role == "tool":
            end += 1
        if message.role == "tool" or not _answered(message, messages[at + 1 : end]):
            at = end
            continue
        end = end if message.tool_calls else at + 1
        out.append(tuple(messages[at:end]))
        at = end
    return out


def _answered(message: Message, results: Sequence[Message]) -> bool:
    return not message.tool_calls or {c.id for c in message.tool_calls} == {r.tool_call_id for r in results}


def from_user(parts: Sequence[Unit]) -> Sequence[Unit]:
    """Return the units from the first that a person said: vendors refuse conversations that begin otherwise."""
    start = next((i for i, unit in enumerate(parts) if unit[0].role == "user"), len(parts))
    return parts[start:]
