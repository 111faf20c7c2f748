"""Items as clients send them (OpenAI API reference, "Create a response", ``input``), checked one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag, field_validator

from lumosai.gateway.messages import MAX_MESSAGES, ImageUrlIn, RefusalIn, TextIn
from lumosai.ids import new_id

Item = dict[str, Any]
"""An item as it is kept and shown: plain JSON, always with its ``id`` and ``type``."""

Name = Annotated[str, Field(min_length=1, max_length=256)]
ItemId = Annotated[str | None, Field(max_length=512)]


class InputImageIn(BaseModel):
    """An image: an ``https:`` address the vendor fetches, or the image itself as ``data:image/…``."""

    type: Literal["input_image"]
    image_url: str
    detail: Literal["auto", "low", "high"] | None = None

    @field_validator("image_url")
    @classmethod
    def _url(cls, v: str) -> str:
        return ImageUrlIn(url=v).url


_PARTS = {"text": "<text>", "input_text": "<text>", "output_text": "<text>", "input_image": "<image>"}


def _part_branch(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else None
    return _PARTS.get(kind, "<refusal>") if isinstance(kind, str) else "<refusal>"


PartIn = Annotated[
    Annotated[TextIn, Tag("<text>")] | Annotated[InputImageIn, Tag("<image>")] | Annotated[RefusalIn, Tag("<refusal>")],
    Discriminator(_part_branch),
]


def _texts_branch(value: Any) -> str:
    return "<parts>" if isinstance(value, list) else "<text>"


ContentIn = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[list[PartIn], Field(max_length=1000), Tag("<parts>")],
    Discriminator(_texts_branch),
]


class MessageItemIn(BaseModel):
    """A message; one of the assistant's may be given back as it came."""

    type: Literal["message"] = "message"
    id: ItemId = None
    role: Literal["user", "assistant", "system", "developer"]
    content: ContentIn

    def item(self) -> Item:
        """Return it as it is kept."""
        parts = [TextIn(type="text", text=self.content)] if isinstance(self.content, str) else self.content
        content = [_part(p, spoken=self.role == "assistant") for p in parts]
        head = {"id": self.id or new_id("msg"), "type": "message", "role": self.role}
        return {**head, "status": "completed", "content": content}


class FunctionCallIn(BaseModel):
    """A call the model made, given back as it came."""

    type: Literal["function_call"]
    id: ItemId = None
    call_id: Name
    name: Name
    arguments: str

    def item(self) -> Item:
        """Return it as it is kept."""
        return function_call(self.call_id, self.name, self.arguments, self.id)


class FunctionOutputIn(BaseModel):
    """What a function of the client's returned."""

    type: Literal["function_call_output"]
    id: ItemId = None
    call_id: Name
    output: ContentIn

    def item(self) -> Item:
        """Return it as it is kept."""
        return function_output(self.call_id, _text(self.output), self.id)


class HostedCallIn(BaseModel):
    """A call of one of an agent's own tools, given back as it came."""

    type: Literal["mcp_call"]
    id: ItemId = None
    server_label: str = ""
    name: Name
    arguments: str
    output: str | None = None
    error: Any = None

    def item(self) -> Item:
        """Return it as it is kept."""
        return hosted_call(self.name, self.arguments, self.output or "", item_id=self.id)


class ApprovalIn(BaseModel):
    """A person's word on a call that an agent asked leave for."""

    type: Literal["mcp_approval_response"]
    id: ItemId = None
    approval_request_id: Annotated[str, Field(max_length=512)]
    approve: bool
    reason: str | None = Field(None, max_length=10_000)

    def item(self) -> Item:
        """Return it as it is kept."""
        head = {"id": self.id or new_id("mcpa"), "type": self.type, "approval_request_id": self.approval_request_id}
        return {**head, "approve": self.approve, "reason": self.reason}


class PassedOverIn(BaseModel):
    """What says nothing to the next model: reasoning, and requests for leave, given back as they came."""

    type: Literal["reasoning", "mcp_approval_request"]

    def item(self) -> Item | None:
        """Return nothing to keep."""
        return None


_ITEMS = {
    "message": "<message>",
    "function_call": "<function_call>",
    "function_call_output": "<function_call_output>",
    "mcp_call": "<mcp_call>",
    "mcp_approval_response": "<mcp_approval_response>",
    "mcp_approval_request": "<passed>",
    "reasoning": "<passed>",
}


class UnknownIn(BaseModel):
    """An item of a kind that is not taken."""

    type: str

    @field_validator("type")
    @classmethod
    def _refuse(cls, v: str) -> str:
        raise ValueError(f"items of type {v[:64]!r} are not taken; there are: {', '.join(sorted(_ITEMS))}")

    def item(self) -> Item | None:
        """Return nothing: there is none that came this far."""
        return None


def _item_branch(value: Any) -> str:
    kind = value.get("type", "message") if isinstance(value, dict) else "message"
    return _ITEMS.get(kind, "<unknown>") if isinstance(kind, str) else "<unknown>"


ItemIn = Annotated[
    Annotated[MessageItemIn, Tag("<message>")]
    | Annotated[FunctionCallIn, Tag("<function_call>")]
    | Annotated[FunctionOutputIn, Tag("<function_call_output>")]
    | Annotated[HostedCallIn, Tag("<mcp_call>")]
    | Annotated[ApprovalIn, Tag("<mcp_approval_response>")]
    | Annotated[PassedOverIn, Tag("<passed>")]
    | Annotated[UnknownIn, Tag("<unknown>")],
    Discriminator(_item_branch),
]
InputIn = Annotated[
    Annotated[str, Field(min_length=1), Tag("<text>")]
    | Annotated[list[ItemIn], Field(min_length=1, max_length=MAX_MESSAGES), Tag("<parts>")],
    Discriminator(_texts_branch),
]


def read(given: str | Sequence[ItemIn]) -> list[Item]:
    """Return a response's input as the items it is kept as."""
    if isinstance(given, str):
        return [MessageItemIn(role="user", content=given).item()]
    made: list[Item | None] = [i.item() for i in given]
    return [item for item in made if item is not None]


def function_call(call_id: str, name: str, arguments: str, item_id: str | None = None) -> Item:
    """Return a call of a function of the client's."""
    head = {"id": item_id or new_id("fc"), "type": "function_call", "status": "completed"}
    return {**head, "call_id": call_id, "name": name, "arguments": arguments}


def function_output(call_id: str, output: str, item_id: str | None = None) -> Item:
    """Return what a function of the client's returned."""
    head = {"id": item_id or new_id("fco"), "type": "function_call_output", "status": "completed"}
    return {**head, "call_id": call_id, "output": output}


def hosted_call(tool: str, arguments: str, output: str | None, *, item_id: str | None = None) -> Item:
    """Return a call of an agent's own tool, which the host made; it has no output while it is under way."""
    return {
        "id": item_id or new_id("mcp"),
        "type": "mcp_call",
        "server_label": tool.partition(".")[0],
        "name": tool,
        "arguments": arguments,
        "output": output,
        "error": None,
        "status": "in_progress" if output is None else "completed",
        "approval_request_id": None,
    }


def _part(part: TextIn | InputImageIn | RefusalIn, *, spoken: bool) -> Item:
    if isinstance(part, InputImageIn):
        return {"type": "input_image", "image_url": part.image_url, "detail": part.detail or "auto"}
    if isinstance(part, RefusalIn):
        return {"type": "refusal", "refusal": part.refusal}
    return output_text(part.text) if spoken else {"type": "input_text", "text": part.text}


def output_text(text: str) -> Item:
    """Return a piece of an answer."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _text(content: str | Sequence[TextIn | InputImageIn | RefusalIn]) -> str:
    if isinstance(content, str):
        return content
    return "".join(p.text for p in content if isinstance(p, TextIn))
