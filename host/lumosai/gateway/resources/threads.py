"""``/v1/threads``: conversations and their messages."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from lumosai.gateway import messages
from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.message_shapes import MessageView
from lumosai.gateway.messages import Messages
from lumosai.gateway.operation import ONCE, Operation
from lumosai.gateway.pages import PageQuery, Place, after, page_reply, place_of, reply_with
from lumosai.gateway.reply import json_reply, no_content
from lumosai.gateway.resources.run_start import ThreadId
from lumosai.gateway.resources.runs import owner_filter
from lumosai.gateway.responses.body import Metadata
from lumosai.gateway.responses.threads import check_metadata, shown_metadata, updated
from lumosai.gateway.shapes import Listing, Page, ThreadView
from lumosai.ids import new_id
from lumosai.runs.recorder import check_owner, owner_of
from lumosai_sdk.errors import ConflictError, NotFoundError
from lumosai_sdk.kinds.storage import Storage
from lumosai_sdk.types.storage import Thread

TAKING = "lumos.threads"
TAKEN_SECONDS = 60.0
Title = Annotated[str, Field(max_length=256)]


class ThreadBody(BaseModel):
    """A new conversation."""

    model_config = ConfigDict(extra="forbid")

    id: ThreadId | None = Field(None, description="Its name, of your choosing; made up where it is left out.")
    title: Title = Field("", description="What lists show.")
    metadata: Metadata = Field(default_factory=dict, description="Up to 16 texts by name.")


class ThreadChange(BaseModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    title: Title | None = Field(None, description="What lists show.")
    metadata: Metadata | None = Field(None, description="New metadata, in place of the old.")


class MessagesBody(BaseModel):
    """Messages to add to the end."""

    model_config = ConfigDict(extra="forbid")

    messages: Messages


class MessagesQuery(PageQuery):
    """Which messages."""

    limit: Annotated[int, Field(ge=1, le=10_000, description="The last so many messages.")] = 200


async def list_threads(call: Call) -> ASGIApp:
    """Return a page of the caller's conversations, last used first. Raises InvalidFieldsError for another's cursor."""
    query, storage = call.query(PageQuery), call.gate.host.storage
    owner = owner_filter(call.principal)

    def fetch(limit: int, before: str | None) -> Awaitable[Sequence[Thread]]:
        return storage.list_threads(owner, limit, before)

    place = place_of(call, query, (float, str))
    found = await after(place and (place[0], place[1]), query.limit + 1, fetch, storage.get_thread, _place)
    return page_reply(call, query, found, _place, _view)


def _place(thread: Thread) -> Place:
    return float(thread.updated_at), thread.id


async def create_thread(call: Call) -> ASGIApp:
    """Make a conversation of the caller's. Raises ConflictError where there is one of that id, whoever's it is."""
    body, storage, now = await call.body(ThreadBody), call.gate.host.storage, time.time()
    thread = Thread(body.id or new_id("thread"), owner_of(call.principal), body.title, now, now, dict(body.metadata))
    check_metadata(body.metadata)
    if body.id is not None and not await _is_free(storage, body.id):
        raise ConflictError(f"there is a thread {body.id!r}", hint="choose another id, or leave it out")
    await storage.put_thread(thread)
    await call.gate.peers.shared()
    return json_reply(_view(thread), 201, [(b"location", f"/v1/threads/{thread.id}".encode())])


async def _is_free(storage: Storage, thread_id: str) -> bool:
    if await storage.get_thread(thread_id) is not None:
        return False
    # Of two who want the same name at once, in different processes too, one must not take the other's.
    return await storage.kv_add(TAKING, thread_id, thread_id, TAKEN_SECONDS)


async def get_thread(call: Call) -> ASGIApp:
    """Return a conversation. Raises NotFoundError."""
    return json_reply(_view(await _owned(call)))


async def update_thread(call: Call) -> ASGIApp:
    """Change a conversation's title or metadata. Raises NotFoundError, InputError for a key that is the host's own."""
    body = await call.body(ThreadChange)
    async with call.gate.host.runs.turns.alone_on(call.params["thread_id"]):
        thread = await _owned(call)
        if body.title is not None:
            thread = replace(thread, title=body.title)
        metadata = shown_metadata(thread) if body.metadata is None else body.metadata
        if body.title is not None or body.metadata is not None:
            thread = await updated(call, thread, metadata)
        return json_reply(_view(thread))


async def delete_thread(call: Call) -> ASGIApp:
    """Delete a conversation with its messages and runs. Raises NotFoundError."""
    thread, storage = await _owned(call), call.gate.host.storage
    await storage.delete_thread(thread.id)
    await storage.kv_delete(TAKING, thread.id)
    return no_content()


async def thread_messages(call: Call) -> ASGIApp:
    """Return a conversation's last messages, oldest first, or those before them. Raises NotFoundError."""
    query, storage = call.query(MessagesQuery), call.gate.host.storage
    place, thread = place_of(call, query, (int,)), await _owned(call)
    found = await storage.messages(thread.id, query.limit + 1 if place is None else None)
    if place is None and len(found) > query.limit:
        found = await storage.messages(thread.id)  # a place is counted from the beginning, which stays what it is
    end = len(found) if place is None else max(0, min(place[0], len(found)))
    start = max(0, end - query.limit)
    return reply_with(call, query, [m.to_json() for m in found[start:end]], [start] if start else None)


async def add_messages(call: Call) -> ASGIApp:
    """Add messages to the end of a conversation. Raises NotFoundError."""
    body = await call.body(MessagesBody)
    added = messages.read(body.messages)
    async with call.gate.host.runs.turns.alone_on(call.params["thread_id"]):
        thread = await _owned(call)
        await call.gate.host.storage.append_messages(thread.id, added, thread.owner)
    await call.gate.peers.shared()
    return json_reply({"data": [m.to_json() for m in added]}, 201)


async def _owned(call: Call) -> Thread:
    thread_id = call.params["thread_id"]
    thread = await call.gate.host.storage.get_thread(thread_id)
    if thread is None:
        raise NotFoundError("thread", thread_id, hint="GET /v1/threads")
    check_owner("thread", thread_id, thread.owner, call.principal)
    return thread


def _view(thread: Thread) -> dict[str, Any]:
    return {**thread.to_json(), "metadata": shown_metadata(thread)}


THREAD = {
    "id": "trip-to-oslo",
    "owner": "default/local",
    "title": "When does the train leave?",
    "created_at": 1785000000.0,
    "updated_at": 1785000060.0,
    "metadata": {"topic": "trains"},
}
MESSAGE = {"role": "user", "content": "When does the train leave?"}
ONE, MESSAGES = "/v1/threads/{thread_id}", "/v1/threads/{thread_id}/messages"

OPERATIONS = (
    Operation(
        "GET",
        "/v1/threads",
        list_threads,
        "listThreads",
        "List conversations",
        "threads",
        action="thread.read",
        description="The caller's own, last used first; a caller with the scope `*` sees everybody's.",
        query=PageQuery,
        answers=Page[ThreadView],
        example={"data": [THREAD], "has_more": False, "next_cursor": None},
    ),
    Operation(
        "POST",
        "/v1/threads",
        create_thread,
        "createThread",
        "Make a conversation",
        "threads",
        action="thread.write",
        description="A run with a `thread_id` that is new makes it as well.",
        takes=ThreadBody,
        takes_example={"id": "trip-to-oslo", "metadata": {"topic": "trains"}},
        answers=ThreadView,
        example=THREAD,
        status=201,
        once=ONCE,
        problems=(ConflictError,),
    ),
    Operation(
        "GET",
        ONE,
        get_thread,
        "getThread",
        "Get a conversation",
        "threads",
        action="thread.read",
        resource="thread_id",
        answers=ThreadView,
        example=THREAD,
    ),
    Operation(
        "PATCH",
        ONE,
        update_thread,
        "updateThread",
        "Change a conversation's title or metadata",
        "threads",
        action="thread.write",
        resource="thread_id",
        takes=ThreadChange,
        takes_example={"title": "When does the train leave?"},
        answers=ThreadView,
        example=THREAD,
    ),
    Operation(
        "DELETE",
        ONE,
        delete_thread,
        "deleteThread",
        "Delete a conversation",
        "threads",
        action="thread.delete",
        resource="thread_id",
        description="Its messages and runs go with it.",
        status=204,
    ),
    Operation(
        "GET",
        MESSAGES,
        thread_messages,
        "getThreadMessages",
        "Get a conversation's messages",
        "threads",
        action="thread.read",
        resource="thread_id",
        description="The last ones, oldest first; the next page has those before them.",
        query=MessagesQuery,
        answers=Page[MessageView],
        example={"data": [MESSAGE], "has_more": False, "next_cursor": None},
    ),
    Operation(
        "POST",
        MESSAGES,
        add_messages,
        "addThreadMessages",
        "Add messages to a conversation",
        "threads",
        action="thread.write",
        resource="thread_id",
        description="To the end, all or none; no agent runs.",
        takes=MessagesBody,
        takes_example={"messages": [MESSAGE]},
        answers=Listing[MessageView],
        example={"data": [MESSAGE]},
        status=201,
        once=ONCE,
    ),
)
