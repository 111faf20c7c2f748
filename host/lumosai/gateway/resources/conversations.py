"""``/v1/conversations`` (OpenAI API reference, "Conversations"): the host's threads."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.operation import ONCE, Operation
from lumosai.gateway.reply import json_reply
from lumosai.gateway.responses import threads
from lumosai.gateway.responses.body import Metadata
from lumosai.gateway.responses.input_items import ItemIn, read
from lumosai.gateway.responses.items import messages_of
from lumosai.gateway.responses.lists import ItemsQuery, item_page, listed
from lumosai.gateway.responses.views import ConversationView, DeletedView, ItemListView, ItemView
from lumosai_sdk.errors import NotFoundError

Items = Annotated[list[ItemIn], Field(max_length=20)]


class ConversationBody(BaseModel):
    """A new conversation, with its first items."""

    model_config = ConfigDict(extra="forbid")

    items: Items | None = None
    metadata: Metadata | None = None


class MetadataBody(BaseModel):
    """New metadata, in place of the old."""

    model_config = ConfigDict(extra="forbid")

    metadata: Metadata | None


class ItemsBody(BaseModel):
    """Items to add to the end."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[Items, Field(min_length=1)]


async def create_conversation(call: Call) -> ASGIApp:
    """Make a conversation."""
    body = await call.body(ConversationBody)
    return json_reply(threads.view(await threads.made(call, body.metadata or {}, messages_of(read(body.items or [])))))


async def get_conversation(call: Call) -> ASGIApp:
    """Return a conversation. Raises NotFoundError."""
    return json_reply(threads.view(await threads.found(call)))


async def update_conversation(call: Call) -> ASGIApp:
    """Replace a conversation's metadata. Raises NotFoundError."""
    body = await call.body(MetadataBody)
    thread = await threads.updated(call, await threads.found(call), body.metadata or {})
    return json_reply(threads.view(thread))


async def delete_conversation(call: Call) -> ASGIApp:
    """Delete a conversation with its runs. Raises NotFoundError."""
    thread = await threads.found(call)
    await call.gate.host.storage.delete_thread(thread.id)
    return json_reply({"id": thread.id, "object": "conversation.deleted", "deleted": True})


async def list_items(call: Call) -> ASGIApp:
    """Return a page of a conversation's items. Raises NotFoundError, InvalidFieldsError."""
    query = call.query(ItemsQuery)
    return json_reply(item_page(await threads.items(call, await threads.found(call)), query))


async def create_items(call: Call) -> ASGIApp:
    """Add items to a conversation. Raises NotFoundError."""
    body = await call.body(ItemsBody)
    thread = await threads.found(call)
    return json_reply(listed(await threads.add(call, thread, messages_of(read(body.items)))))


async def get_item(call: Call) -> ASGIApp:
    """Return an item of a conversation. Raises NotFoundError."""
    wanted = call.params["item_id"]
    for item in await threads.items(call, await threads.found(call)):
        if item["id"] == wanted:
            return json_reply(item)
    raise NotFoundError("item", wanted)


async def delete_item(call: Call) -> ASGIApp:
    """Delete an item of a conversation, which is returned. Raises NotFoundError, ConflictError."""
    return json_reply(threads.view(await threads.remove(call, await threads.found(call), call.params["item_id"])))


CONVERSATION = {
    "id": "conv_01985f1e2c4b",
    "object": "conversation",
    "created_at": 1785000000,
    "metadata": {"topic": "trains"},
}
ITEM: dict[str, Any] = {
    "id": "msg_9f2c41",
    "type": "message",
    "role": "user",
    "status": "completed",
    "content": [{"type": "input_text", "text": "When does the train leave?"}],
}
LIST = {"object": "list", "data": [ITEM], "first_id": ITEM["id"], "last_id": ITEM["id"], "has_more": False}
SAID = {"items": [{"role": "user", "content": "When does the train leave?"}]}
ONE, ITEMS, ITEM_PATH = (f"/v1/conversations/{{conversation_id}}{rest}" for rest in ("", "/items", "/items/{item_id}"))


def _operation(method: str, path: str, handler: Any, name: str, summary: str, verb: str, **more: Any) -> Operation:
    resource = "" if path == "/v1/conversations" else "conversation_id"
    return Operation(method, path, handler, name, summary, "openai", action=f"thread.{verb}", resource=resource, **more)


_VIEW: dict[str, Any] = {"answers": ConversationView, "example": CONVERSATION}
_LIST: dict[str, Any] = {"answers": ItemListView, "example": LIST}
_GONE: dict[str, Any] = {
    "answers": DeletedView,
    "example": {"id": CONVERSATION["id"], "object": "conversation.deleted", "deleted": True},
}
_FORGETS = "The runs recorded of the conversation go with it, for they hold it as well."

OPERATIONS = (
    _operation(
        "POST",
        "/v1/conversations",
        create_conversation,
        "createConversation",
        "Make a conversation",
        "write",
        description="A conversation is a thread: `/v1/threads` shows it too.",
        takes=ConversationBody,
        takes_example={**SAID, "metadata": {"topic": "trains"}},
        once=ONCE,
        **_VIEW,
    ),
    _operation("GET", ONE, get_conversation, "getConversation", "Get a conversation", "read", **_VIEW),
    _operation(
        "POST",
        ONE,
        update_conversation,
        "updateConversation",
        "Replace a conversation's metadata",
        "write",
        takes=MetadataBody,
        takes_example={"metadata": {"topic": "trains"}},
        **_VIEW,
    ),
    _operation(
        "DELETE",
        ONE,
        delete_conversation,
        "deleteConversation",
        "Delete a conversation with its runs",
        "delete",
        **_GONE,
    ),
    _operation(
        "GET",
        ITEMS,
        list_items,
        "listConversationItems",
        "List a conversation's items",
        "read",
        query=ItemsQuery,
        **_LIST,
    ),
    _operation(
        "POST",
        ITEMS,
        create_items,
        "createConversationItems",
        "Add items to a conversation",
        "write",
        takes=ItemsBody,
        takes_example=SAID,
        once=ONCE,
        **_LIST,
    ),
    _operation(
        "GET",
        ITEM_PATH,
        get_item,
        "getConversationItem",
        "Get an item of a conversation",
        "read",
        answers=ItemView,
        example=ITEM,
    ),
    _operation(
        "DELETE",
        ITEM_PATH,
        delete_item,
        "deleteConversationItem",
        "Delete an item of a conversation",
        "delete",
        description=_FORGETS,
        **_VIEW,
    ),
)
