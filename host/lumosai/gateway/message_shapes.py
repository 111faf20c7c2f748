"""The shapes of messages in answers: those of chat completions."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class TextPartView(BaseModel):
    """A piece of text."""

    type: Literal["text"]
    text: str


class ImageUrlView(BaseModel):
    """Where an image is, or the image itself as ``data:image/…``."""

    url: str
    detail: str


class ImagePartView(BaseModel):
    """An image."""

    type: Literal["image_url"]
    image_url: ImageUrlView


class FunctionCallView(BaseModel):
    """The function that was called, and the JSON text the model wrote as arguments."""

    name: str
    arguments: str


class ToolCallView(BaseModel):
    """A call the assistant made."""

    id: str
    type: Literal["function"]
    function: FunctionCallView


class MessageView(BaseModel):
    """A message of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[TextPartView | ImagePartView]
    tool_calls: list[ToolCallView] | None = None
    tool_call_id: str | None = None
    name: str | None = None
