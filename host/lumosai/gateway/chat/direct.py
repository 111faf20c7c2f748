"""A chat completion by a model itself, the client's own tools passed through."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.chat.body import ChatBody
from lumosai.gateway.chat.wire import Chunks, completion, data, tool_call_delta
from lumosai.gateway.direct import told
from lumosai.gateway.problems import stream_error
from lumosai.gateway.reply import json_reply
from lumosai.gateway.stream import EventReply
from lumosai.ids import new_id
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types.models import NO_USAGE, ModelChunk


async def complete(call: Call, body: ChatBody) -> ASGIApp:
    """Ask the model that *body* names. Raises LumosError."""
    direct, answer_id = call.gate.direct, f"chatcmpl-{new_id('call')}"
    if body.stream:
        spoken = await direct.stream(body.model, body.request(), call.principal)
        chunks = Chunks(answer_id, spoken.ref, with_usage=body.with_usage)
        return EventReply(_frames(call, chunks, spoken.first, spoken.rest), told(spoken.ref))
    answer = await direct.complete(body.model, body.request(), call.principal)
    response, message = answer.response, answer.response.message
    made = completion(answer_id, answer.ref, message.text, response.finish_reason, response.usage, message.tool_calls)
    return json_reply(made, headers=told(answer.ref))


async def _frames(
    call: Call, made: Chunks, first: ModelChunk, rest: AsyncGenerator[ModelChunk, None]
) -> AsyncGenerator[bytes, None]:
    finish, used = first.finish_reason, first.usage
    async with aclosing(rest):
        yield made.role() + _pieces(made, first)
        try:
            async for chunk in rest:
                finish, used = chunk.finish_reason or finish, chunk.usage or used
                if piece := _pieces(made, chunk):
                    yield piece
        except LumosError as e:
            yield data(stream_error(call.scope, e))
            return
    yield made.end(finish or "stop", used or NO_USAGE)


def _pieces(made: Chunks, chunk: ModelChunk) -> bytes:
    out = made.delta({"content": chunk.text}) if chunk.text else b""
    if chunk.tool_calls:
        out += made.delta({"tool_calls": [tool_call_delta(p) for p in chunk.tool_calls]})
    return out
