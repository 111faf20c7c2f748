"""One response in the making: what is asked, what came before, and how it looks at every moment."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lumosai.gateway.call import Call
from lumosai.gateway.responses import items, kept
from lumosai.gateway.responses.body import ResponseBody
from lumosai.gateway.responses.input_items import Item, read
from lumosai.gateway.responses.shape import usage_view
from lumosai.ids import new_id
from lumosai.runs.recorder import check_owner
from lumosai_sdk.errors import NotFoundError
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import Usage


@dataclass(slots=True)
class Turn:
    """A response in the making. ``before`` is the conversation that it continues, as far as the host has kept it."""

    body: ResponseBody
    given: list[Item]
    before: Sequence[Message] = ()
    id: str = field(default_factory=lambda: new_id("resp"))
    created_at: int = field(default_factory=lambda: int(time.time()))
    model: str = ""
    """Which model answers, as soon as that is known and another than was named."""

    @property
    def run_id(self) -> str:
        """The id of the run behind it, where there is one: the same but for the prefix."""
        return "run" + self.id.removeprefix("resp")

    def messages(self) -> list[Message]:
        """Return the conversation so far with what was given now. Raises InvalidFieldsError if calls are left open."""
        out = [*self.before, *items.messages_of(self.given)]
        items.check_calls(out)
        return out

    def view(self, status: str, output: Sequence[Item] = (), usage: Usage | None = None, **more: Any) -> dict[str, Any]:
        """Return the response (OpenAI API reference, "The Response object")."""
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created_at,
            "status": status,
            "background": bool(self.body.background),
            "completed_at": int(time.time()) if status == "completed" else None,
            "error": None,
            "incomplete_details": None,
            **_repeated(self.body),
            "model": self.model or self.body.model,
            "output": list(output),
            "usage": None if usage is None else usage_view(usage),
            **more,
        }


async def begun(call: Call, body: ResponseBody, *, is_agent: bool) -> Turn:
    """Return the turn of a request, with what came before it. Raises NotFoundError, InputError."""
    given = read(body.input)
    if body.previous_response_id is not None:
        return Turn(body, given, await kept.history(call, body.previous_response_id))
    if body.thread_id is None:
        return Turn(body, given)
    storage = call.gate.host.storage
    thread = await storage.get_thread(body.thread_id)
    if thread is None:
        raise NotFoundError("conversation", body.thread_id, hint="POST /v1/conversations makes one")
    check_owner("conversation", thread.id, thread.owner, call.principal)
    # An agent's run reads its conversation itself.
    return Turn(body, given, () if is_agent else await storage.messages(thread.id))


def _repeated(body: ResponseBody) -> Mapping[str, Any]:
    text, choice = body.text, body.tool_choice
    format_ = text.format.shown() if text else {"type": "text"}
    return {
        "instructions": body.instructions,
        "previous_response_id": body.previous_response_id,
        "conversation": {"id": body.thread_id} if body.thread_id else None,
        "store": body.keep,
        "tools": [{"description": None, "parameters": None, "strict": None, **_plain(t)} for t in body.tools or ()],
        "tool_choice": "auto" if choice is None else choice if isinstance(choice, str) else _plain(choice),
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "max_output_tokens": body.max_output_tokens,
        "max_tool_calls": None,
        "temperature": body.temperature,
        "top_p": body.top_p,
        "top_logprobs": 0,
        "truncation": "disabled",
        "text": {"format": format_, **({"verbosity": text.verbosity} if text and text.verbosity else {})},
        "reasoning": {"effort": body.reasoning.effort if body.reasoning else None, "summary": None},
        "metadata": body.metadata or {},
        "user": body.user,
    }


def _plain(value: Any) -> dict[str, Any]:
    out: dict[str, Any] = value.model_dump(exclude_none=True)
    return out
