"""Messages as clients send them, in the shape of chat completions, checked field by field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag, field_validator, model_validator

from lumosai_sdk.types.messages import Content, ImagePart, Message, TextPart, ToolCall

MAX_MESSAGES = 10_000


class TextIn(BaseModel):
    """A piece of text."""

    type: Literal["text", "input_text", "output_text"]
    text: str


class ImageUrlIn(BaseModel):
    """Where an image is: an ``https:`` address the vendor fetches, or the image itself as ``data:image/…``."""

    url: str
    detail: Literal["auto", "low", "high"] = "auto"

    @field_validator("url")
    @classmethod
    def _url(cls, v: str) -> str:
        if not v.startswith(("https://", "data:image/")):
            raise ValueError("an image is https://… or data:image/…;base64,…")
        return v


class ImageIn(BaseModel):
    """An image."""

    type: Literal["image_url"]
    image_url: ImageUrlIn


class RefusalIn(BaseModel):
    """What the assistant said instead of an answer."""

    type: Literal["refusal"]
    refusal: str


class FunctionIn(BaseModel):
    """The function an assistant called, and the JSON text it wrote as arguments."""

    name: str = Field(min_length=1, max_length=256)
    arguments: str = "{}"


class ToolCallIn(BaseModel):
    """A call the assistant made."""

    id: str = Field(min_length=1, max_length=256)
    type: Literal["function"] = "function"
    function: FunctionIn


_KINDS = {"text": "<text>", "input_text": "<text>", "output_text": "<text>", "image_url": "<image>"}


def _kind(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else None
    return _KINDS.get(kind, "<refusal>") if isinstance(kind, str) else "<refusal>"


PartIn = Annotated[
    Annotated[TextIn, Tag("<text>")] | Annotated[ImageIn, Tag("<image>")] | Annotated[RefusalIn, Tag("<refusal>")],
    Discriminator(_kind),
]


def _branch(value: Any) -> str:
    return "<parts>" if isinstance(value, list) else "<none>" if value is None else "<text>"


ContentIn = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[list[PartIn], Tag("<parts>")] | Annotated[None, Tag("<none>")],
    Discriminator(_branch),
]


class MessageIn(BaseModel):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: ContentIn = None
    tool_calls: list[ToolCallIn] | None = Field(None, max_length=128)
    tool_call_id: str | None = Field(None, max_length=256)
    name: str | None = Field(None, max_length=256)

    @model_validator(mode="after")
    def _whole(self) -> MessageIn:
        if self.role == "tool" and not self.tool_call_id:
            raise ValueError("a tool message needs the tool_call_id it answers")
        if self.content is None and not self.tool_calls and self.role != "assistant":
            raise ValueError(f"a {self.role} message needs content")
        return self

    def message(self) -> Message:
        """Return the message as the host knows it."""
        calls = tuple(ToolCall(c.id, c.function.name, c.function.arguments) for c in self.tool_calls or ())
        role = "system" if self.role == "developer" else self.role
        return Message(role, _content(self.content), calls, self.tool_call_id, self.name)


Messages = Annotated[list[MessageIn], Field(min_length=1, max_length=MAX_MESSAGES)]


def read(messages: Sequence[MessageIn]) -> tuple[Message, ...]:
    """Return messages as the host knows them."""
    return tuple(m.message() for m in messages)


def _content(value: str | list[TextIn | ImageIn | RefusalIn] | None) -> Content:
    if isinstance(value, list):
        return tuple(_part(p) for p in value)
    return value or ""


def _part(part: TextIn | ImageIn | RefusalIn) -> TextPart | ImagePart:
    if isinstance(part, ImageIn):
        return ImagePart(part.image_url.url, part.image_url.detail)
    return TextPart(part.refusal if isinstance(part, RefusalIn) else part.text)
