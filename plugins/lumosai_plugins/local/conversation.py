"""What the embedded model is shown of a conversation, and what there is in it to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumosai_plugins.local.relevance import ToolResult
from lumosai_sdk.errors import InputError, ToolError
from lumosai_sdk.types.messages import ImagePart, Message, ToolCall

if TYPE_CHECKING:
    from lumosai_plugins.local.talk import Example
    from lumosai_sdk.types.tools import ToolSpec

HISTORY = 8
"""How many earlier turns are shown. More only confuse a model of this size."""

BRIEFLY = "Answer in one short sentence."
"""Without it this model does not stop. Put behind an agent's own instructions, too."""

DEFAULT_SYSTEM = "You are a helpful assistant."


@dataclass(frozen=True, slots=True)
class Conversation:
    """The last question, what tools said to it since, the instructions, and the turns before."""

    question: str
    results: tuple[ToolResult, ...]
    system: str
    history: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> Conversation:
        """Read a request's messages. Raises InputError when there is no question, or it is an image."""
        at = next((i for i in range(len(messages) - 1, -1, -1) if messages[i].role == "user"), None)
        if at is None:
            raise InputError("the conversation has no message of the user")
        if any(isinstance(p, ImagePart) for p in messages[at].content):
            raise InputError("the embedded model reads text only", hint="use a model that sees images")
        system = "\n".join(m.text for m in messages if m.role == "system")
        history = [(m.role, m.text) for m in messages[:at] if m.role in {"user", "assistant"} and m.text]
        since = messages[at + 1 :] if messages[-1].role == "tool" else ()
        results = _results(since, {t.name: t.id for t in tools})
        return cls(messages[at].text, results, system or DEFAULT_SYSTEM, tuple(history[-HISTORY:]))

    def turns(self, example: Example | None = None) -> list[tuple[str, str]]:
        """Return the turns of the prompt: instructions, example, history, question with what the tools said."""
        shown = [("user", example.said), ("assistant", example.told)] if example else []
        told = "\n".join(r.content for r in self.results)
        question = f"Information: {told}\n\n{self.question}" if told else self.question
        return [("system", f"{self.system} {BRIEFLY}"), *shown, *self.history, ("user", question)]


def _results(since: Sequence[Message], ids: Mapping[str, str]) -> tuple[ToolResult, ...]:
    calls = {c.id: c for m in since for c in m.tool_calls}
    return tuple(_result(m, calls.get(m.tool_call_id or ""), ids) for m in since if m.role == "tool")


def _result(message: Message, call: ToolCall | None, ids: Mapping[str, str]) -> ToolResult:
    if call is None:
        return ToolResult(message.name or "tool", message.text)
    return ToolResult(ids.get(call.name, call.name), message.text, _arguments(call))


def _arguments(call: ToolCall) -> dict[str, Any]:
    try:
        return call.parse()
    except ToolError:
        return {}
