"""``/v1/threads``: conversations and their messages."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.operation import Operation
from lumosai.gateway.pages import PageQuery, page
from lumosai.gateway.reply import json_reply, no_content
from lumosai.gateway.resources.runs import owner_filter
from lumosai.gateway.shapes import Listing, Page, ThreadView
from lumosai.runs.recorder import check_owner
from lumosai_sdk.errors import NotFoundError


class MessagesQuery(BaseModel):
    """Which messages."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=10_000, description="The last so many messages.")] = 200


async def list_threads(call: Call) -> ASGIApp:
    """Return a page of the caller's conversations, last used first."""
    query = call.query(PageQuery)
    owner = owner_filter(call.principal)
    found = await call.gate.host.storage.list_threads(owner, query.limit + 1, query.cursor)
    return json_reply(page(found, query, lambda t: t.id, lambda t: t.to_json()))


async def thread_messages(call: Call) -> ASGIApp:
    """Return a conversation's last messages, oldest first. Raises NotFoundError."""
    query = call.query(MessagesQuery)
    thread_id = await _owned(call)
    found = await call.gate.host.storage.messages(thread_id, query.limit)
    return json_reply({"data": [m.to_json() for m in found]})


async def delete_thread(call: Call) -> ASGIApp:
    """Delete a conversation with its messages and runs. Raises NotFoundError."""
    await call.gate.host.storage.delete_thread(await _owned(call))
    return no_content()


async def _owned(call: Call) -> str:
    thread_id = call.params["thread_id"]
    thread = await call.gate.host.storage.get_thread(thread_id)
    if thread is None:
        raise NotFoundError("thread", thread_id, hint="GET /v1/threads")
    check_owner("thread", thread_id, thread.owner, call.principal)
    return thread_id


class StoredMessage(BaseModel):
    """A message, in the shape of chat completions."""

    model_config = ConfigDict(extra="allow")

    role: str


THREAD = {
    "id": "trip-to-oslo",
    "owner": "default/local",
    "title": "When does the train leave?",
    "created_at": 1785000000.0,
    "updated_at": 1785000060.0,
    "metadata": {},
}
MESSAGE = {"role": "user", "content": "When does the train leave?"}

OPERATIONS = (
    Operation(
        "GET",
        "/v1/threads",
        list_threads,
        "listThreads",
        "List conversations",
        "threads",
        action="thread.read",
        query=PageQuery,
        answers=Page[ThreadView],
        example={"data": [THREAD], "next": None},
    ),
    Operation(
        "GET",
        "/v1/threads/{thread_id}/messages",
        thread_messages,
        "getThreadMessages",
        "Get a conversation's messages",
        "threads",
        action="thread.read",
        resource="thread_id",
        query=MessagesQuery,
        answers=Listing[StoredMessage],
        example={"data": [MESSAGE]},
    ),
    Operation(
        "DELETE",
        "/v1/threads/{thread_id}",
        delete_thread,
        "deleteThread",
        "Delete a conversation",
        "threads",
        action="thread.delete",
        resource="thread_id",
        description="Its messages and runs go with it.",
        status=204,
    ),
)
