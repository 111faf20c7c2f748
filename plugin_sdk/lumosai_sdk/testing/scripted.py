"""A model that says what it is told to: for tests without a network, demos, and measuring what the host itself costs.

Deterministic: the same requests in the same order get the same answers, the same chunks, the same usage.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import TypeAlias

from lumosai_sdk.errors import ModelError
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import ModelChunk, ModelInfo, ModelRequest, ModelResponse, ToolCallDelta, Usage

Answer: TypeAlias = str | ToolCall | tuple[ToolCall, ...] | ModelResponse | Exception
"""Text, one or several tool calls, a whole response, or an exception to raise."""
Reply: TypeAlias = Answer | Callable[[ModelRequest], Answer | Awaitable[Answer]]
"""An answer, or a function (plain or ``async``) of the request that makes one."""

_WORD = re.compile(r"\s*\S+|\s+")


class ScriptedModel:
    """A ChatProvider that answers from a script and keeps the requests it saw in ``requests``.

    *replies* is a list, used in order, or a single reply that answers every request. The model's name is not looked
    at. Asked for more than the list holds, it raises ModelError. ``chunk_size`` cuts streams into so many
    characters; 0 cuts them at words.
    """

    def __init__(self, replies: Reply | list[Reply] = "", *, chunk_size: int = 0) -> None:
        self._chunk_size = chunk_size
        self.requests: list[ModelRequest] = []
        self.script(replies)

    def script(self, replies: Reply | list[Reply]) -> None:
        """Answer from now on with *replies*, from the first."""
        self._replies = list(replies) if isinstance(replies, list) else [replies]
        self._repeats = not isinstance(replies, list)
        self._served = 0

    @property
    def last(self) -> ModelRequest:
        """The latest request. Raises IndexError when there was none."""
        return self.requests[-1]

    async def models(self) -> Sequence[ModelInfo]:
        """Return one model, ``scripted``."""
        return (ModelInfo("scripted", description="answers from a script"),)

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Return the next reply of the script, or raise it."""
        self.requests.append(request)
        return await respond(self._next(), request)

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        """Yield the next reply of the script in pieces, or raise it."""
        for chunk in chunks(await self.complete(request), self._chunk_size):
            yield chunk

    def _next(self) -> Reply:
        if self._repeats:
            return self._replies[0]
        if self._served >= len(self._replies):
            raise ModelError(
                f"the script is at its end after {self._served} replies", hint="give ScriptedModel a longer list"
            )
        self._served += 1
        return self._replies[self._served - 1]


async def respond(reply: Reply, request: ModelRequest) -> ModelResponse:
    """Return *reply* as a model's response to *request*. Raises it if it is, or makes, an exception."""
    if type(reply) is str:
        return text_response(reply, request)
    if callable(reply):
        made = reply(request)
        reply = await made if inspect.isawaitable(made) else made
    return _response(reply, request)


def _response(answer: Answer, request: ModelRequest) -> ModelResponse:
    if isinstance(answer, str):
        return text_response(answer, request)
    if isinstance(answer, ModelResponse):
        return answer
    if isinstance(answer, Exception):
        raise answer.with_traceback(None)
    return calls_response((answer,) if isinstance(answer, ToolCall) else answer, request)


def text_response(text: str, request: ModelRequest) -> ModelResponse:
    """Return a response of plain text."""
    return ModelResponse(Message("assistant", text), "stop", _usage(request, len(text)), request.model)


def calls_response(calls: tuple[ToolCall, ...], request: ModelRequest) -> ModelResponse:
    """Return a response that calls tools."""
    usage = _usage(request, sum(len(c.name) + len(c.arguments) for c in calls))
    return ModelResponse(Message("assistant", "", calls), "tool_calls", usage, request.model)


def call_id(request: ModelRequest, index: int = 0) -> str:
    """Return an id for a tool call that is the same every time and occurs once in a conversation."""
    return f"call_{len(request.messages)}_{index}"


def chunks(response: ModelResponse, chunk_size: int = 0) -> Iterator[ModelChunk]:
    """Cut a response into the chunks of a stream: text, then tool calls in pieces, then how it ended."""
    for piece in _pieces(response.message.text, chunk_size):
        yield ModelChunk(piece)
    for index, call in enumerate(response.message.tool_calls):
        yield ModelChunk(tool_calls=(ToolCallDelta(index, call.id, call.name),))
        for piece in _pieces(call.arguments, chunk_size):
            yield ModelChunk(tool_calls=(ToolCallDelta(index, arguments=piece),))
    yield ModelChunk(finish_reason=response.finish_reason, usage=response.usage)


def _pieces(text: str, size: int) -> list[str]:
    if size <= 0:
        return _WORD.findall(text)
    return [text[i : i + size] for i in range(0, len(text), size)]


def _usage(request: ModelRequest, answered: int) -> Usage:
    # Four characters a token, as a rule of thumb: what matters is that it is the same every time.
    asked = 0
    for message in request.messages:
        content = message.content
        asked += len(content if type(content) is str else message.text)
    return Usage((asked + 3) >> 2, (answered + 3) >> 2)
