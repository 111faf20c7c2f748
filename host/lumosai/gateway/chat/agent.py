"""A chat completion by an agent: a run like any other, seen through OpenAI's eyes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from lumosai.gateway import messages
from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.chat.body import ChatBody
from lumosai.gateway.chat.wire import Chunks, completion, data
from lumosai.gateway.problems import recorded, stream_error
from lumosai.gateway.reply import json_reply
from lumosai.gateway.run_events import opened, run_header
from lumosai.gateway.stream import EventReply
from lumosai_sdk.errors import ConflictError, InputError, LumosError, RunCancelledError
from lumosai_sdk.types.events import (
    Event,
    ModelDelta,
    ModelStarted,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunSuspended,
)
from lumosai_sdk.types.runs import RunRequest


async def complete(call: Call, body: ChatBody) -> ASGIApp:
    """Run the agent that *body* names as its model. Raises LumosError when the run fails or waits for a person."""
    if body.tools:
        raise InputError(
            f"{body.model!r} is an agent and calls its own tools",
            hint="leave tools out, or name a model as <provider>/<model>",
        )
    request = _request(call, body)
    run_id = str(request.run_id)
    call.scope["lumos.run_id"] = run_id
    runs = call.gate.host.runs
    if body.stream:
        events = runs.stream(request)
        first = await opened(events)
        return EventReply(_Translator(call, body, request).frames(first, events), run_header(run_id))
    result = await runs.run(request)
    if result.status == "suspended":
        raise _waits(run_id)
    answer = completion(f"chatcmpl-{run_id}", body.model, result.text, "stop", result.usage)
    return json_reply(answer, headers=run_header(run_id))


def _request(call: Call, body: ChatBody) -> RunRequest:
    return RunRequest(
        body.model,
        messages.read(body.messages),
        run_id=call.new_run(),
        output=body.output(),
        principal=call.principal,
        metadata=body.metadata or {},
    )


def _waits(run_id: str) -> ConflictError:
    return ConflictError(f"run {run_id!r} waits for a person", hint=f"POST /v1/runs/{run_id}/resume")


class _Translator:
    """Turns the events of one run into chunks."""

    def __init__(self, call: Call, body: ChatBody, request: RunRequest) -> None:
        self._scope = call.scope
        self._chunks = Chunks(f"chatcmpl-{request.run_id}", body.model, with_usage=body.with_usage)
        plan = call.gate.host.planner.plan(call.gate.host.runs.agent(body.model))
        # An answer that may still be sent back or rewritten is not shown piece by piece.
        self._whole = request.output is not None or plan.output is not None or "output" in plan.processors
        self._spoke = False
        self._parted = False

    async def frames(self, first: Event, events: AsyncGenerator[Event, None]) -> AsyncGenerator[bytes, None]:
        """Yield the answer's frames."""
        async with aclosing(events):
            yield self._chunks.role()
            try:
                yield self._frame(first)
                async for event in events:
                    if piece := self._frame(event):
                        yield piece
            except LumosError as e:
                yield data(stream_error(self._scope, e))

    def _frame(self, event: Event) -> bytes:
        """Return the chunks of an event, often none. Raises what ended the run."""
        match event:
            case ModelDelta():
                return b"" if self._whole else self._text(event.text)
            case ModelStarted():
                self._parted = self._spoke
                self._spoke = False
            case RunCompleted():
                rest = b"" if self._spoke or not event.text else self._text(event.text)
                return rest + self._chunks.end("stop", event.usage)
            case RunFailed():
                raise recorded(event.error)
            case RunSuspended():
                raise _waits(event.run_id)
            case RunCancelled():
                raise RunCancelledError(f"run {event.run_id!r} was cancelled")
        return b""

    def _text(self, text: str) -> bytes:
        # What an agent says before it calls a tool, and what it says after, are two paragraphs.
        gap = "\n\n" if self._parted else ""
        self._spoke, self._parted = True, False
        return self._chunks.delta({"content": f"{gap}{text}"})
