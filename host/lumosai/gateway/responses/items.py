"""Items and the host's messages, each told in the other's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest

from lumosai.gateway.errors import InvalidFieldsError
from lumosai.gateway.responses.input_items import Item, function_call, function_output, hosted_call, output_text
from lumosai.ids import new_id
from lumosai_sdk.types.messages import ImagePart, Message, Part, Role, TextPart, ToolCall


def messages_of(items: Iterable[Item]) -> list[Message]:
    """Return the messages that items stand for. Calls in a row are one message, as a model makes them."""
    out: list[Message] = []
    for item in items:
        kind = item["type"]
        if kind == "message":
            out.append(_message(item))
        elif kind == "function_call":
            _add_call(out, ToolCall(item["call_id"], item["name"], item["arguments"]))
        elif kind == "function_call_output":
            out.append(Message.tool(item["call_id"], item["output"]))
        elif kind == "mcp_call" and item["output"] is not None:
            _add_call(out, ToolCall(item["id"], item["name"].replace(".", "_"), item["arguments"]))
            out.append(Message.tool(item["id"], item["output"]))
    return out


def _message(item: Item) -> Message:
    role: Role = "system" if item["role"] == "developer" else item["role"]
    parts = item["content"]
    if any(p["type"] == "input_image" for p in parts):
        return Message(role, tuple(_part(p) for p in parts))
    return Message(role, "".join(_words(p) for p in parts))


def _part(part: Item) -> Part:
    if part["type"] == "input_image":
        return ImagePart(part["image_url"], part["detail"])
    return TextPart(_words(part))


def _words(part: Item) -> str:
    words: str = part["refusal"] if part["type"] == "refusal" else part["text"]
    return words


def _add_call(out: list[Message], call: ToolCall) -> None:
    if out and out[-1].role == "assistant":
        out[-1] = Message("assistant", out[-1].content, (*out[-1].tool_calls, call))
    else:
        out.append(Message.assistant("", (call,)))


def check_calls(messages: Iterable[Message]) -> None:
    """Return if every call has its output and every output its call. Raises InvalidFieldsError: vendors refuse it."""
    made: set[str] = set()
    answered: set[str | None] = set()
    for message in messages:
        made.update(c.id for c in message.tool_calls)
        if message.role == "tool":
            if message.tool_call_id not in made:
                raise _wrong(f"no call {message.tool_call_id!r} is known that this could be the output of")
            answered.add(message.tool_call_id)
    if left := sorted(made - answered):
        raise _wrong(f"the call {left[0]!r} has no output: send a function_call_output with its call_id")


def _wrong(message: str) -> InvalidFieldsError:
    return InvalidFieldsError([{"field": "input", "message": message}])


def said(text: str, item_id: str | None = None) -> Item:
    """Return an answer's message."""
    head = {"id": item_id or new_id("msg"), "type": "message", "role": "assistant"}
    return {**head, "status": "completed", "content": [output_text(text)]}


def answer_items(message: Message) -> Iterator[Item]:
    """Yield the items of a model's answer: what it said, then the client's functions it calls."""
    if message.text or not message.tool_calls:
        yield said(message.text)
    for call in message.tool_calls:
        yield function_call(call.id, call.name, call.arguments)


def run_items(messages: Sequence[Message], skip: int, tool_id: Callable[[str], str]) -> Iterator[Item]:
    """Yield what a run added after its first *skip* messages: what the agent said, and its calls that have a result.

    *tool_id* tells which tool a model means by a name.
    """
    calls = {c.id: c for m in messages for c in m.tool_calls}
    for message, following in zip_longest(messages[skip:], messages[skip + 1 :]):
        if message.role == "assistant" and message.text:
            # What the user seems to have answered was sent back to the model, for it broke the schema.
            if following is None or following.role != "user":
                yield said(message.text)
        elif message.role == "tool" and (call := calls.get(message.tool_call_id or "")) is not None:
            yield hosted_call(tool_id(call.name), call.arguments, message.text)


def stored_items(message: Message) -> Iterator[tuple[str, Item]]:
    """Yield the items of a conversation's message, each with what tells it from the message's other ones."""
    if message.role == "tool":
        yield "output", function_output(message.tool_call_id or "", message.text, "-")
        return
    if message.content or not message.tool_calls:
        yield "message", _stored(message)
    for call in message.tool_calls:
        yield f"call {call.id}", function_call(call.id, call.name, call.arguments, "-")


def _stored(message: Message) -> Item:
    parts = (TextPart(message.content),) if isinstance(message.content, str) else message.content
    content = [_shown(p, spoken=message.role == "assistant") for p in parts]
    return {"id": "-", "type": "message", "role": message.role, "status": "completed", "content": content}


def _shown(part: Part, *, spoken: bool) -> Item:
    if isinstance(part, ImagePart):
        return {"type": "input_image", "image_url": part.url, "detail": part.detail}
    return output_text(part.text) if spoken else {"type": "input_text", "text": part.text}
