"""The events of a streamed response, numbered from 0 (OpenAI API reference, "Streaming events")."""

from __future__ import annotations

from typing import Any

from lumosai.gateway.responses.input_items import Item, function_call, hosted_call, output_text
from lumosai.gateway.responses.items import said
from lumosai.gateway.stream import frame
from lumosai.ids import new_id
from lumosai_sdk.types.models import ToolCallDelta

_ENDINGS = {"completed", "incomplete", "failed"}


class Script:
    """Writes the events of one response and keeps what they add up to in ``output``. Each method returns frames."""

    def __init__(self) -> None:
        self.output: list[Item] = []
        self._seq = 0
        self._text: list[str] | None = None
        self._calls: dict[int, tuple[int, list[str]]] = {}
        self._hosted: dict[str, int] = {}

    def event(self, kind: str, **fields: Any) -> bytes:
        """Return an event."""
        number, self._seq = self._seq, self._seq + 1
        return frame(kind, {"type": kind, "sequence_number": number, **fields})

    def begin(self, response: dict[str, Any]) -> bytes:
        """Return the first events."""
        return self.event("response.created", response=response) + self.event("response.in_progress", response=response)

    def end(self, response: dict[str, Any]) -> bytes:
        """Return the last event: how the response, whose output must be closed, ended."""
        status = response["status"]
        return self.event(f"response.{status if status in _ENDINGS else 'failed'}", response=response)

    # --- what the model says

    def text(self, piece: str) -> bytes:
        """Return the events of a piece of text."""
        head = b"" if self._text is not None else self._open_text()
        assert self._text is not None  # noqa: S101 - opened above
        self._text.append(piece)
        return head + self.event("response.output_text.delta", **self._place(), delta=piece, logprobs=[])

    def _open_text(self) -> bytes:
        self._text = []
        item = {**said("", new_id("msg")), "status": "in_progress", "content": []}
        added = self._add(item)
        part = self.event("response.content_part.added", **self._place(), part=output_text(""))
        return added + part

    def close_text(self, status: str = "completed") -> bytes:
        """Return the events that end a message, if one is open."""
        if self._text is None:
            return b""
        text, place = "".join(self._text), self._place()
        self._text = None
        done = self.event("response.output_text.done", **place, text=text, logprobs=[])
        done += self.event("response.content_part.done", **place, part=output_text(text))
        return done + self._done(place["output_index"], status=status, content=[output_text(text)])

    def _place(self) -> dict[str, Any]:
        # Of messages the open one is always the latest item.
        return {"item_id": self.output[-1]["id"], "output_index": len(self.output) - 1, "content_index": 0}

    # --- functions of the client's

    def call(self, piece: ToolCallDelta) -> bytes:
        """Return the events of a piece of a call."""
        head = b""
        if piece.index not in self._calls:
            head = self.close_text() + self._add({**function_call(piece.id, piece.name, ""), "status": "in_progress"})
            self._calls[piece.index] = (len(self.output) - 1, [])
        index, parts = self._calls[piece.index]
        if piece.name and not self.output[index]["name"]:
            self.output[index]["name"] = piece.name
        if not piece.arguments:
            return head
        parts.append(piece.arguments)
        where = {"item_id": self.output[index]["id"], "output_index": index}
        return head + self.event("response.function_call_arguments.delta", **where, delta=piece.arguments)

    def close_calls(self, status: str = "completed") -> bytes:
        """Return the events that end the calls, in their order."""
        out = b""
        for index, parts in self._calls.values():
            item, arguments = self.output[index], "".join(parts)
            out += self.event(
                "response.function_call_arguments.done",
                item_id=item["id"],
                output_index=index,
                name=item["name"],
                arguments=arguments,
            )
            out += self._done(index, status=status, arguments=arguments)
        self._calls = {}
        return out

    # --- tools of an agent's own

    def hosted(self, call_id: str, tool: str, arguments: str) -> bytes:
        """Return the events of a call that the host makes."""
        out = self.close_text() + self._add(hosted_call(tool, arguments, None))
        index = self._hosted[call_id] = len(self.output) - 1
        where = {"item_id": self.output[index]["id"], "output_index": index}
        out += self.event("response.mcp_call.in_progress", **where)
        out += self.event("response.mcp_call_arguments.delta", **where, delta=arguments)
        return out + self.event("response.mcp_call_arguments.done", **where, arguments=arguments)

    def returned(self, call_id: str, tool: str, content: str) -> bytes:
        """Return the events of its end. A call the host refused to make ends without having begun."""
        out = b"" if call_id in self._hosted else self.hosted(call_id, tool, "{}")
        index = self._hosted.pop(call_id)
        out += self.event("response.mcp_call.completed", item_id=self.output[index]["id"], output_index=index)
        return out + self._done(index, status="completed", output=content)

    # --- items

    def whole(self, item: Item) -> bytes:
        """Return the events of an item that is whole from the start."""
        return self.close_text() + self._add(item) + self._done(len(self.output) - 1)

    def close(self, status: str = "completed") -> bytes:
        """Return the events that end whatever is open."""
        out = self.close_text(status) + self.close_calls(status)
        for index in self._hosted.values():
            out += self._done(index, status="incomplete")
        self._hosted = {}
        return out

    def _add(self, item: Item) -> bytes:
        self.output.append(item)
        return self.event("response.output_item.added", output_index=len(self.output) - 1, item=item)

    def _done(self, index: int, **changes: Any) -> bytes:
        item = self.output[index] = {**self.output[index], **changes}
        return self.event("response.output_item.done", output_index=index, item=item)
