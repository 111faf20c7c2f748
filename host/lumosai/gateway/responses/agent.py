"""A response by an agent: a run, or the resumption of one that asked for leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.errors import InvalidFieldsError
from lumosai.gateway.problems import log
from lumosai.gateway.reply import json_reply
from lumosai.gateway.responses import kept, settling
from lumosai.gateway.responses.direct import failed
from lumosai.gateway.responses.script import Script
from lumosai.gateway.responses.shape import asked_of
from lumosai.gateway.responses.told import Told
from lumosai.gateway.responses.turn import Turn
from lumosai.gateway.run_events import FELL_BEHIND, opened, run_header
from lumosai.gateway.stream import EventReply
from lumosai.ids import MadeId
from lumosai_sdk.errors import ConflictError, LumosError
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.runs import Decision, RunRequest, RunResult


@dataclass(frozen=True, slots=True)
class Work:
    """What the host is to do: run *request*, or, with *decisions*, go on with the run *run_id*.

    The first *skip* messages of the run are no part of the response; below zero, all up to the last of the user's.
    Of an answer that has to be *whole* no pieces are shown.
    """

    run_id: str
    skip: int
    request: RunRequest
    decisions: Mapping[str, Decision]
    whole: bool

    def events(self, call: Call) -> AsyncGenerator[Event, None]:
        """Do it, event by event."""
        runs = call.gate.host.runs
        if self.decisions:
            return runs.stream_resume(self.run_id, self.decisions, principal=call.principal)
        return runs.stream(self.request)

    async def result(self, call: Call) -> RunResult:
        """Do it. Raises LumosError."""
        runs = call.gate.host.runs
        if self.decisions:
            return await runs.resume(self.run_id, self.decisions, principal=call.principal)
        return await runs.run(self.request)


async def respond(call: Call, turn: Turn) -> ASGIApp:
    """Run the agent that the request names. Raises LumosError when the run fails."""
    turn.body.check_for_agent()
    work = await _work(call, turn)
    call.scope["lumos.run_id"] = work.run_id
    if turn.body.stream or turn.body.background:
        events = work.events(call)
        first = await opened(events)
        if turn.body.background:
            return await _left_alone(call, turn, work, events)
        return EventReply(_frames(call, turn, work, first, events), run_header(work.run_id))
    result = await work.result(call)
    output = settling.outcome(call.gate.host, work.run_id, result, work.skip)
    made = turn.view("completed", output, result.usage)
    if turn.body.keep:
        await kept.keep(call, made, turn.given)
    return json_reply(made, headers=run_header(work.run_id))


async def _work(call: Call, turn: Turn) -> Work:
    """Return what is to be done. Raises InvalidFieldsError, NotFoundError, PermissionDeniedError."""
    run_id, decisions = _decided(turn)
    if decisions:
        return await _resumption(call, turn, run_id, decisions)
    body, host = turn.body, call.gate.host
    plan = host.planner.plan(host.runs.agent(body.model))
    given = turn.messages()
    skip = -1 if "input" in plan.processors else len(given)  # a processor may have made more of it, or less
    request = RunRequest(
        body.model,
        given,
        body.thread_id,
        MadeId(turn.run_id),
        body.output(),
        principal=call.principal,
        metadata=body.metadata or {},
        instructions=body.instructions or "",
    )
    return Work(turn.run_id, skip, request, {}, request.output is not None)


async def _resumption(call: Call, turn: Turn, run_id: str, decisions: Mapping[str, Decision]) -> Work:
    await call.allow("run.resume", run_id)
    record = await call.gate.host.runs.get(run_id, call.principal)
    if record.agent != turn.body.model:
        raise _wrong(f"run {run_id!r} is of the agent {record.agent!r}")
    request = RunRequest(record.agent, ())  # what it really was the record tells
    return Work(run_id, len(record.messages), request, decisions, "output" in record.request)


def _decided(turn: Turn) -> tuple[str, dict[str, Decision]]:
    """Return the run that goes on and what was said of its calls, if that is what the input is."""
    words = [i for i in turn.given if i["type"] == "mcp_approval_response"]
    if not words:
        return "", {}
    asked = [asked_of(w["approval_request_id"]) for w in words]
    runs = {run_id for run_id, _ in asked}
    if len(words) < len(turn.given) or len(runs) > 1 or "" in runs:
        raise _wrong("words on approvals come alone, for requests of one response of this host's")
    said = {c: Decision(w["approve"], None, w["reason"] or "") for (_, c), w in zip(asked, words, strict=True)}
    return runs.pop(), said


def _wrong(message: str) -> InvalidFieldsError:
    return InvalidFieldsError([{"field": "input", "message": message}])


async def _left_alone(call: Call, turn: Turn, work: Work, events: AsyncGenerator[Event, None]) -> ASGIApp:
    """Answer at once, and let the run go on."""
    made = turn.view("in_progress")
    try:
        await kept.keep(call, made, turn.given, work.run_id, work.skip)
    except LumosError:
        await events.aclose()  # what nobody could ever read need not be made
        raise
    task = asyncio.create_task(_drained(events))
    call.gate.background.add(task)
    task.add_done_callback(call.gate.background.discard)
    return json_reply(made, headers=run_header(work.run_id))


async def _drained(events: AsyncGenerator[Event, None]) -> None:
    """Follow a run to its end, whose record tells the rest."""
    try:
        async with aclosing(events):
            async for _ in events:
                pass
    except LumosError as e:
        log.warning("a response in the background: %s", e)


async def _frames(
    call: Call, turn: Turn, work: Work, first: Event, events: AsyncGenerator[Event, None]
) -> AsyncGenerator[bytes, None]:
    script = Script()
    told = Told(call.gate.host, turn.body.model, script, whole=work.whole)
    async with aclosing(events):
        yield script.begin(turn.view("in_progress")) + told.frames(first)
        try:
            async for event in events:
                if piece := told.frames(event):
                    yield piece
            if not told.ended:
                raise ConflictError(FELL_BEHIND, hint=f"GET /v1/runs/{work.run_id} tells")
            made = turn.view("completed", script.output, told.usage)
            if turn.body.keep:
                await kept.keep(call, made, turn.given)
            yield script.end(made)
        except LumosError as e:
            yield script.close("incomplete") + script.end(await failed(call, turn, script, e))
