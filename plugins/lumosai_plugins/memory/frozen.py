"""Copies that nobody else can change, of values that are JSON and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lumosai_sdk.errors import InputError
from lumosai_sdk.types.messages import ImagePart, Message
from lumosai_sdk.types.runs import Pending
from lumosai_sdk.types.storage import RunRecord, Thread

_MESSAGE_BYTES = 200


def _default(value: object) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=_default).encode


def encode(value: Any, what: str) -> str:
    """Return *value* as JSON. Raises InputError naming *what*."""
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError) as e:
        raise InputError(f"{what} cannot be stored as JSON: {e}") from None


def encode_events(run_id: str, events: Sequence[Mapping[str, Any]]) -> str:
    """Return events as JSON. Raises InputError when one has no ``seq``."""
    for event in events:
        if type(event.get("seq")) is not int:
            raise InputError(f"an event of run {run_id!r} has no seq: {event.get('seq')!r}")
    return encode(events, f"an event of run {run_id!r}")


def _copy(value: Mapping[str, Any], what: str) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(encode(value, what)) if value else {}
    return copied


def thread(given: Thread) -> Thread:
    """Return a thread whose metadata is its own."""
    return replace(given, metadata=_copy(given.metadata, f"thread {given.id!r}"))


def run(given: RunRecord) -> RunRecord:
    """Return a run of which nothing can change."""
    what = f"run {given.id!r}"
    changes: dict[str, Any] = {}
    if given.metadata:
        changes["metadata"] = _copy(given.metadata, what)
    if given.error is not None:
        changes["error"] = _copy(given.error, what)
    if given.pending:
        changes["pending"] = tuple(Pending.from_json(_copy(p.to_json(), what)) for p in given.pending)
    return replace(given, **changes) if changes else given


def size_of(messages: Sequence[Message]) -> int:
    """Return about how many bytes messages take."""
    return sum(_MESSAGE_BYTES + _content(m) + sum(len(c.arguments) + 100 for c in m.tool_calls) for m in messages)


def _content(message: Message) -> int:
    if isinstance(message.content, str):
        return len(message.content)
    return sum(len(p.url if isinstance(p, ImagePart) else p.text) for p in message.content)
