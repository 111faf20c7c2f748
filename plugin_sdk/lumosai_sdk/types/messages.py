"""Conversation messages, in the shape every OpenAI-compatible server speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, cast

from lumosai_sdk.errors import InputError, ToolError
from lumosai_sdk.jsontext import strict_json

Role = Literal["system", "user", "assistant", "tool"]
ROLES: frozenset[str] = frozenset({"system", "user", "assistant", "tool"})


@dataclass(frozen=True, slots=True)
class TextPart:
    """A piece of text."""

    type: ClassVar[str] = "text"
    text: str

    def to_json(self) -> dict[str, Any]:
        return {"type": "text", "text": self.text}


@dataclass(frozen=True, slots=True)
class ImagePart:
    """An image: ``url`` is ``https:`` or ``data:image/…;base64,…``; ``detail`` is ``low``, ``high`` or ``auto``."""

    type: ClassVar[str] = "image_url"
    url: str
    detail: str = "auto"

    def to_json(self) -> dict[str, Any]:
        return {"type": "image_url", "image_url": {"url": self.url, "detail": self.detail}}


Part = TextPart | ImagePart
Content = str | tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to call a tool. ``arguments`` is the JSON text as the model wrote it, not yet trusted."""

    id: str
    name: str
    arguments: str

    def parse(self) -> dict[str, Any]:
        """Return the arguments as an object. Raises ToolError, worded for the model, when they are not one."""
        try:
            value = strict_json(self.arguments) if self.arguments else {}
        except (ValueError, RecursionError) as e:
            raise ToolError(f"the arguments of {self.name} are not JSON: {e}") from None
        if not isinstance(value, dict):
            raise ToolError(f"the arguments of {self.name} must be a JSON object, not {type(value).__name__}")
        return value

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "type": "function", "function": {"name": self.name, "arguments": self.arguments}}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        try:
            function = data["function"]
            return cls(str(data["id"]), str(function["name"]), str(function.get("arguments") or "{}"))
        except (KeyError, TypeError, AttributeError) as e:
            raise InputError(f"malformed tool call: {e!r}") from None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    ``tool_calls`` only on ``assistant`` messages, ``tool_call_id`` only on ``tool`` messages.
    """

    role: Role
    content: Content = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None

    @property
    def text(self) -> str:
        """The text of the message, images left out."""
        if isinstance(self.content, str):
            return self.content
        return "".join(p.text for p in self.content if isinstance(p, TextPart))

    @classmethod
    def user(cls, content: Content) -> Self:
        return cls("user", content)

    @classmethod
    def system(cls, content: str) -> Self:
        return cls("system", content)

    @classmethod
    def assistant(cls, content: str = "", tool_calls: tuple[ToolCall, ...] = ()) -> Self:
        return cls("assistant", content, tool_calls)

    @classmethod
    def tool(cls, tool_call_id: str, content: str) -> Self:
        return cls("tool", content, (), tool_call_id)

    def to_json(self) -> dict[str, Any]:
        """Return the message as chat-completions JSON."""
        content = self.content
        out: dict[str, Any] = {
            "role": self.role,
            "content": content if isinstance(content, str) else [p.to_json() for p in content],
        }
        if self.tool_calls:
            out["tool_calls"] = [c.to_json() for c in self.tool_calls]
        if self.tool_call_id is not None:
            out["tool_call_id"] = self.tool_call_id
        if self.name is not None:
            out["name"] = self.name
        return out

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Build a message from chat-completions JSON. Raises InputError."""
        if not isinstance(data, dict):
            raise InputError(f"a message must be an object, not {type(data).__name__}")
        role = data.get("role")
        role = "system" if role == "developer" else role
        if not isinstance(role, str) or role not in ROLES:
            raise InputError(f"message role must be one of {', '.join(sorted(ROLES))}, not {role!r}")
        calls = data.get("tool_calls") or ()
        if not isinstance(calls, list | tuple):
            raise InputError("tool_calls must be a list")
        return cls(
            cast("Role", role),
            _content(data.get("content")),
            tuple(ToolCall.from_json(c) for c in calls),
            _text(data, "tool_call_id"),
            _text(data, "name"),
        )


def _text(data: dict[str, Any], key: str) -> str | None:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{key} must be a string, not {type(value).__name__}")
    return value


def _content(value: object) -> Content:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return tuple(_part(p) for p in value)
    raise InputError(f"message content must be a string or a list of parts, not {type(value).__name__}")


def _part(data: Any) -> Part:
    try:
        if data["type"] in {"text", "input_text", "output_text"}:
            return TextPart(str(data["text"]))
        if data["type"] == "image_url":
            image = data["image_url"]
            return ImagePart(str(image["url"]), str(image.get("detail", "auto")))
    except (KeyError, TypeError, AttributeError) as e:
        raise InputError(f"malformed message part: {e!r}") from None
    raise InputError(f"message part of unknown type {data['type']!r}; known: text, image_url")
