"""Conversations as OpenAI's clients see them: the host's threads, and their messages as items with ids."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lumosai.gateway.call import Call
from lumosai.gateway.responses.input_items import Item
from lumosai.gateway.responses.items import stored_items
from lumosai.ids import new_id
from lumosai.runs.recorder import check_owner, owner_of
from lumosai_sdk.errors import ConflictError, InputError, NotFoundError
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.storage import Thread

_OURS = "lumosai."
"""What names in a thread's metadata begin with that only the host writes."""
_GONE = "lumosai.deleted"
"""Metadata of a thread: the numbers of its deleted messages, so that the ids of the others stay."""


def view(thread: Thread) -> dict[str, Any]:
    """Return a conversation."""
    metadata = shown_metadata(thread)
    return {"id": thread.id, "object": "conversation", "created_at": int(thread.created_at), "metadata": metadata}


def shown_metadata(thread: Thread) -> dict[str, Any]:
    """Return a thread's metadata without what is the host's own."""
    return {k: v for k, v in thread.metadata.items() if not k.startswith(_OURS)}


async def made(call: Call, metadata: Mapping[str, str], messages: Sequence[Message]) -> Thread:
    """Make a conversation of the caller's. Raises InputError for a key of its metadata that is the host's own."""
    check_metadata(metadata)
    now, first = time.time(), next((m.text for m in messages if m.role == "user"), "")
    title = first[:80].encode("utf-8", "replace").decode()
    thread = Thread(new_id("conv"), owner_of(call.principal), title, now, now, dict(metadata))
    storage = call.gate.host.storage
    await storage.put_thread(thread)
    if messages:
        await storage.append_messages(thread.id, messages, thread.owner)
    await call.gate.peers.shared()
    return thread


async def found(call: Call) -> Thread:
    """Return the conversation the path names. Raises NotFoundError."""
    thread_id = call.params["conversation_id"]
    thread = await call.gate.host.storage.get_thread(thread_id)
    if thread is None:
        raise NotFoundError("conversation", thread_id)
    check_owner("conversation", thread_id, thread.owner, call.principal)
    return thread


def check_metadata(metadata: Mapping[str, str]) -> None:
    """Raise InputError for a key that is the host's own."""
    if found := next((k for k in metadata if k.startswith(_OURS)), None):
        raise InputError(f"the key {found[:64]!r} is the host's own", hint=f"leave out {_OURS}*")


async def updated(call: Call, thread: Thread, metadata: Mapping[str, str]) -> Thread:
    """Replace a conversation's metadata. Raises InputError for a key that is the host's own."""
    check_metadata(metadata)
    kept = {k: v for k, v in thread.metadata.items() if k.startswith(_OURS)}
    thread = replace(thread, metadata={**metadata, **kept}, updated_at=time.time())
    await call.gate.host.storage.put_thread(thread)
    await call.gate.peers.shared()
    return thread


async def items(call: Call, thread: Thread) -> list[Item]:
    """Return a conversation's items, oldest first."""
    messages = await call.gate.host.storage.messages(thread.id)
    return [item for _, _, item in _numbered(thread, messages)]


async def add(call: Call, thread: Thread, messages: Sequence[Message]) -> list[Item]:
    """Add messages to the end and return their items."""
    storage = call.gate.host.storage
    async with call.gate.host.runs.turns.alone_on(thread.id):
        await storage.append_messages(thread.id, messages, thread.owner)
        stored = await storage.messages(thread.id)
    await call.gate.peers.shared()
    start = len(stored) - len(messages)
    return [item for position, _, item in _numbered(thread, stored) if position >= start]


async def remove(call: Call, thread: Thread, item_id: str) -> Thread:
    """Delete an item. The runs recorded of the conversation go too, for they hold it as well.

    Raises NotFoundError, ConflictError while a run is at work on the conversation.
    """
    runs, storage = call.gate.host.runs, call.gate.host.storage
    if runs.turns.works_on(thread.id):
        raise ConflictError(f"a run is at work on conversation {thread.id!r}", hint="try again when it has ended")
    async with runs.turns.alone_on(thread.id):
        messages = list(await storage.messages(thread.id))
        position, part = _place(thread, messages, item_id)
        if (left := _without(messages[position], part)) is not None:
            messages[position] = left
        else:
            gone = sorted({*_gone(thread), _numbers(thread, len(messages))[position]})
            thread = replace(thread, metadata={**thread.metadata, _GONE: gone})
            del messages[position]
        await storage.delete_thread(thread.id)
        await storage.put_thread(thread)
        if messages:
            await storage.append_messages(thread.id, messages, thread.owner)
    await call.gate.peers.shared()
    return thread


def _place(thread: Thread, messages: Sequence[Message], item_id: str) -> tuple[int, str]:
    for position, part, item in _numbered(thread, messages):
        if item["id"] == item_id:
            return position, part
    raise NotFoundError("item", item_id)


def _without(message: Message, part: str) -> Message | None:
    """Return a message without one of its items, or None if nothing is left of it."""
    if part == "message":
        return replace(message, content="") if message.tool_calls else None
    calls = tuple(c for c in message.tool_calls if f"call {c.id}" != part)
    return replace(message, tool_calls=calls) if part != "output" and (message.content or calls) else None


def _numbered(thread: Thread, messages: Sequence[Message]) -> list[tuple[int, str, Item]]:
    """Return each item with its message's position and what tells it from that message's others."""
    out = []
    for position, (number, message) in enumerate(zip(_numbers(thread, len(messages)), messages, strict=True)):
        for part, item in stored_items(message):
            prefix = {"message": "msg", "function_call": "fc"}.get(item["type"], "fco")
            key = hashlib.sha256(f"{thread.id} {number} {part}".encode("utf-8", "replace")).hexdigest()[:27]
            out.append((position, part, {**item, "id": f"{prefix}_{key}"}))
    return out


def _numbers(thread: Thread, count: int) -> list[int]:
    """Return the numbers of *count* messages: counted from 0 as they were added, the deleted ones left out."""
    gone, number = set(_gone(thread)), 0
    out: list[int] = []
    while len(out) < count:
        if number not in gone:
            out.append(number)
        number += 1
    return out


def _gone(thread: Thread) -> list[int]:
    gone: list[int] = thread.metadata.get(_GONE, [])
    return gone
