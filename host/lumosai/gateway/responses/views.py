"""The shapes of answers, for the document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class ResponseView(BaseModel):
    """A response (OpenAI API reference, "The Response object"). What the request said is repeated beside this."""

    model_config = ConfigDict(extra="allow")

    id: str
    object: Literal["response"]
    created_at: int
    status: Literal["completed", "failed", "in_progress", "cancelled", "incomplete"]
    model: str
    output: list[dict[str, Any]]
    error: dict[str, Any] | None
    incomplete_details: dict[str, Any] | None
    usage: dict[str, Any] | None
    previous_response_id: str | None
    conversation: dict[str, Any] | None


class DeletedView(BaseModel):
    """Something that is no more."""

    id: str
    object: Literal["response.deleted", "conversation.deleted"]
    deleted: Literal[True]


class ItemView(BaseModel):
    """An item; what else it has depends on its type."""

    model_config = ConfigDict(extra="allow")

    id: str
    type: str


class ItemListView(BaseModel):
    """A page of items."""

    object: Literal["list"]
    data: list[ItemView]
    first_id: str
    last_id: str
    has_more: bool


class ConversationView(BaseModel):
    """A conversation."""

    id: str
    object: Literal["conversation"]
    created_at: int
    metadata: dict[str, Any]
