"""Messages of A2A clients as input for an agent, and as a person's word on what a run waits for."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from a2a.utils.errors import ContentTypeNotSupportedError, InvalidParamsError

from lumosai_sdk.types.messages import ImagePart, Message, Part, TextPart
from lumosai_sdk.types.runs import Decision, Pending

if TYPE_CHECKING:
    from a2a import types as a2a

MAX_PARTS = 64
CONTEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}\Z")
_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_YES = frozenset({"approve", "approved", "yes"})
_NO = frozenset({"decline", "declined", "deny", "no", "reject"})


def given(message: a2a.Message) -> Message:
    """Return a client's message. Raises A2AError for what no agent can read: nothing is fetched for a client."""
    if not message.parts or len(message.parts) > MAX_PARTS:
        raise InvalidParamsError(f"a message has one to {MAX_PARTS} parts")
    parts = tuple(_part(p) for p in message.parts)
    if all(isinstance(p, TextPart) for p in parts):
        text = "\n".join(p.text for p in parts if isinstance(p, TextPart))
        if not text.strip():
            raise InvalidParamsError("the message is empty")
        return Message.user(text)
    return Message.user(parts)


def _part(part: a2a.Part) -> Part:
    kind = part.WhichOneof("content")
    if kind == "text":
        return TextPart(part.text)
    if kind == "data":
        return TextPart(json.dumps(_data(part), ensure_ascii=False))
    if kind == "raw" and part.media_type in _IMAGES:
        return ImagePart(f"data:{part.media_type};base64,{base64.b64encode(part.raw).decode()}")
    what = {"url": "files by URL are not fetched", "raw": f"files of the type {part.media_type[:60]!r} are not read"}
    raise ContentTypeNotSupportedError(what.get(kind or "", "a part is empty"))


def _data(part: a2a.Part) -> Any:
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(part.data)


def decisions(message: a2a.Message, pending: Sequence[Pending]) -> dict[str, Decision]:
    """Return what a message says of the calls a run waits for. Raises InvalidParamsError when it says nothing of them.

    A data part ``{"decisions": {call: {"approve", "answer", "reason"}}}`` speaks of any of them, text of a single one:
    the answer to a question, or one word of leave or refusal. Other words are no leave.
    """
    told = [_data(p).get("decisions") for p in message.parts if _is_object(p)]
    named = next((d for d in told if isinstance(d, dict)), None)
    if named is not None:
        return {str(call): _decision(d) for call, d in named.items()}
    text = "\n".join(p.text for p in message.parts if p.WhichOneof("content") == "text").strip()
    if len(pending) != 1 or not text:
        raise InvalidParamsError(f"say what is decided in a data part: {json.dumps(_wanted(pending))}")
    only = pending[0]
    if only.kind == "question":
        return {only.call_id: Decision(answer=text)}
    word = text.lower().rstrip(".!")
    if word not in _YES | _NO:
        raise InvalidParamsError(f"the call of {only.tool!r} waits for leave: say 'approve' or 'decline'")
    return {only.call_id: Decision(approve=word in _YES)}


def _is_object(part: a2a.Part) -> bool:
    return bool(part.WhichOneof("content") == "data" and part.data.WhichOneof("kind") == "struct_value")


def _wanted(pending: Sequence[Pending]) -> Mapping[str, Any]:
    return {"decisions": {p.call_id: {"answer": ""} if p.kind == "question" else {"approve": True} for p in pending}}


def _decision(data: Any) -> Decision:
    if not isinstance(data, dict):
        raise InvalidParamsError("a decision is an object with approve, answer or reason")
    answer, reason = data.get("answer"), data.get("reason", "")
    approve = data.get("approve", answer is not None)
    if not isinstance(approve, bool) or not isinstance(answer, str | None) or not isinstance(reason, str):
        raise InvalidParamsError("of a decision approve is a boolean, answer and reason are texts")
    return Decision(approve, answer, reason)
