"""A response by a model itself: its calls of functions are the client's to make."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.direct import told
from lumosai.gateway.errors import InvalidFieldsError
from lumosai.gateway.reply import json_reply
from lumosai.gateway.responses import items, kept
from lumosai.gateway.responses.input_items import Item
from lumosai.gateway.responses.script import Script
from lumosai.gateway.responses.shape import error_view
from lumosai.gateway.responses.turn import Turn
from lumosai.gateway.stream import EventReply
from lumosai.runs.recorder import owner_of
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types.models import NO_USAGE, ModelChunk, Usage

_CUT = {"length": "max_output_tokens", "content_filter": "content_filter"}


async def respond(call: Call, turn: Turn) -> ASGIApp:
    """Ask the model that the request names. Raises LumosError."""
    if turn.body.background:
        raise InvalidFieldsError([{"field": "background", "message": "only agents work in the background"}])
    request, direct = turn.body.request(turn.messages()), call.gate.direct
    if turn.body.stream:
        spoken = await direct.stream(turn.body.model, request, call.principal)
        turn.model = spoken.ref
        return EventReply(_frames(call, turn, spoken.first, spoken.rest), told(spoken.ref))
    answer = await direct.complete(turn.body.model, request, call.principal)
    turn.model, response = answer.ref, answer.response
    output = list(items.answer_items(response.message))
    made = await _ended(call, turn, output, response.finish_reason, response.usage)
    return json_reply(made, headers=told(answer.ref))


async def _ended(call: Call, turn: Turn, output: Sequence[Item], finish: str, used: Usage) -> dict[str, Any]:
    """Return the whole response, kept and added to its conversation as far as it was asked for."""
    cut = _CUT.get(finish)
    details = {"incomplete_details": {"reason": cut}} if cut else {}
    made = turn.view("incomplete" if cut else "completed", output, used, **details)
    if turn.body.keep:
        await kept.keep(call, made, turn.given)
    if turn.body.thread_id is not None:
        said = items.messages_of([*turn.given, *output])
        await call.gate.host.storage.append_messages(turn.body.thread_id, said, owner_of(call.principal))
        await call.gate.peers.shared()
    return made


async def _frames(
    call: Call, turn: Turn, first: ModelChunk, rest: AsyncGenerator[ModelChunk, None]
) -> AsyncGenerator[bytes, None]:
    script, finish, used = Script(), first.finish_reason, first.usage
    async with aclosing(rest):
        yield script.begin(turn.view("in_progress")) + _pieces(script, first)
        try:
            async for chunk in rest:
                finish, used = chunk.finish_reason or finish, chunk.usage or used
                if piece := _pieces(script, chunk):
                    yield piece
            told = script.close("incomplete" if finish in _CUT else "completed")
            yield told + script.end(await _ended(call, turn, script.output, finish or "stop", used or NO_USAGE))
        except LumosError as e:
            yield script.close("incomplete") + script.end(await failed(call, turn, script, e))


async def failed(call: Call, turn: Turn, script: Script, error: LumosError) -> dict[str, Any]:
    """Return a response that failed on its way, kept if it was to be."""
    made = turn.view("failed", script.output, error=error_view(call.scope, error))
    if turn.body.keep:
        await kept.keep(call, made, turn.given)
    return made


def _pieces(script: Script, chunk: ModelChunk) -> bytes:
    out = script.text(chunk.text) if chunk.text else b""
    return out + b"".join(script.call(piece) for piece in chunk.tool_calls)
