"""``/v1/runs``: what became of runs, their events, cancelling them, and going on with those that wait."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.errors import BadRequestError
from lumosai.gateway.operation import ONCE, Operation
from lumosai.gateway.pages import PageQuery, Place, after, page_reply, place_of, reply_with
from lumosai.gateway.problems import shown_event, shown_record
from lumosai.gateway.reply import json_reply
from lumosai.gateway.resources.run_start import RESULT, STREAM
from lumosai.gateway.run_events import followed, run_header, streamed
from lumosai.gateway.shapes import EventView, Page, RunResultView, RunSummary, RunView
from lumosai.gateway.stream import EventReply
from lumosai.runs.recorder import owner_of
from lumosai_sdk.errors import ConflictError
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.runs import Decision, RunStatus
from lumosai_sdk.types.storage import RunFilter, RunRecord

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SEQ = re.compile(r"[0-9]{1,18}")
Seq = Annotated[int, Field(ge=0, lt=2**63)]


def _written_out(value: Any) -> Any:
    """Return *value*. Raises ValueError for a number: pydantic would take it for seconds since the epoch."""
    if isinstance(value, str) and not _DATE.match(value):
        raise ValueError("a time is written as 2026-11-23T07:00:00Z")
    return value


class RunsQuery(PageQuery):
    """Which runs."""

    agent: Annotated[str | None, Field(max_length=256, description="Runs of this agent.")] = None
    status: Annotated[RunStatus | None, Field(description="Runs that stand so.")] = None
    thread_id: Annotated[str | None, Field(max_length=256, description="Runs of this conversation.")] = None
    since: Annotated[
        AwareDatetime | None,
        BeforeValidator(_written_out),
        Field(description="Runs that began then or later, such as 2026-11-23T07:00:00Z."),
    ] = None


class EventsQuery(PageQuery):
    """Which events."""

    limit: Annotated[int, Field(ge=1, le=10_000, description="Entries a page.")] = 1000
    after: Annotated[Seq, Field(description="Events with a higher `seq`.")] = 0


class DecisionIn(BaseModel):
    """A person's word on a pending call: leave or refusal, or the answer to its question."""

    model_config = ConfigDict(extra="forbid")

    approve: bool | None = None
    answer: str | None = Field(None, max_length=100_000)
    reason: str = Field("", max_length=10_000)

    @model_validator(mode="after")
    def _said(self) -> DecisionIn:
        if self.approve is None and self.answer is None:
            raise ValueError("say approve: true or false, or give an answer")
        return self

    def decision(self) -> Decision:
        """Return it as the host knows it."""
        return Decision(self.approve is not False, self.answer, self.reason)


class ResumeBody(BaseModel):
    """Decisions by call id."""

    model_config = ConfigDict(extra="forbid")

    decisions: dict[str, DecisionIn] = Field(max_length=256)
    stream: bool = False


class LeaveBody(BaseModel):
    """Which of the calls that wait for leave are meant; none named: all of them."""

    model_config = ConfigDict(extra="forbid")

    call_ids: Annotated[list[str], Field(min_length=1, max_length=256)] | None = Field(
        None, description="Their ids, as `pending` tells them."
    )
    reason: str = Field("", max_length=10_000, description="Why; a model is told why it may not.")
    stream: bool = Field(False, description="Answer with server-sent events.")


def owner_filter(principal: Principal) -> str | None:
    """Return whose runs and threads a caller may list: its own, or (None) everybody's with the scope ``*``."""
    return None if principal.allows("*") else owner_of(principal)


async def list_runs(call: Call) -> ASGIApp:
    """Return a page of the caller's runs, newest first. Raises InvalidFieldsError for a cursor of another list."""
    query, storage = call.query(RunsQuery), call.gate.host.storage
    where = RunFilter(query.agent, query.status, query.thread_id, owner_filter(call.principal))

    def fetch(limit: int, before: str | None) -> Awaitable[Sequence[RunRecord]]:
        return storage.list_runs(replace(where, limit=limit, before=before))

    place = place_of(call, query, (float, str))
    found = await after(place and (place[0], place[1]), query.limit + 1, fetch, storage.get_run, _place)
    begun = [r for r in found if query.since is None or r.created_at >= query.since.timestamp()]
    return page_reply(call, query, begun, _place, lambda r: _summary(call, r))


def _place(record: RunRecord) -> Place:
    return float(record.created_at), record.id


async def get_run(call: Call) -> ASGIApp:
    """Return a run with its messages. Raises NotFoundError."""
    record = await call.gate.peers.runs.get(call.params["run_id"], call.principal)
    return json_reply({**_summary(call, record), "messages": [m.to_json() for m in record.messages]})


async def run_events(call: Call) -> ASGIApp:
    """Return a page of a run's recorded events, or follow them. Raises NotFoundError."""
    query = call.query(EventsQuery)
    place = place_of(call, query, (int,))
    record = await call.gate.peers.runs.get(call.params["run_id"], call.principal)
    if call.wants_events:
        return EventReply(followed(call.scope, call.gate.peers, record.id, max(query.after, _last_event(call))))
    stored = await call.gate.host.storage.events(record.id, max(query.after, place[0] if place else 0))
    kept = stored[: query.limit]
    following = [int(kept[-1]["seq"])] if len(stored) > query.limit else None
    return reply_with(call, query, [shown_event(call.scope, e) for e in kept], following)


def _last_event(call: Call) -> int:
    given = call.header(b"last-event-id")
    if not given:
        return 0
    if not _SEQ.fullmatch(given):
        raise BadRequestError("Last-Event-ID is the seq of an event")
    return int(given)


async def cancel_run(call: Call) -> ASGIApp:
    """Cancel a run. Raises NotFoundError, ConflictError when it has ended."""
    run_id = call.params["run_id"]
    await call.gate.peers.runs.cancel(run_id, call.principal)
    return json_reply({"run_id": run_id, "status": "cancelled"}, 202)


async def resume_run(call: Call) -> ASGIApp:
    """Go on with a suspended run. Raises NotFoundError, ConflictError, InputError, or what made the run fail."""
    body = await call.body(ResumeBody)
    return await _go_on(call, {i: d.decision() for i, d in body.decisions.items()}, stream=body.stream)


async def approve_run(call: Call) -> ASGIApp:
    """Give a run leave for calls that wait for it, and go on. Raises as ``resume_run`` does."""
    return await _decide(call, approve=True)


async def decline_run(call: Call) -> ASGIApp:
    """Refuse a run leave for calls that wait for it, and go on. Raises as ``resume_run`` does."""
    return await _decide(call, approve=False)


async def _decide(call: Call, *, approve: bool) -> ASGIApp:
    body = await call.body(LeaveBody)
    meant = body.call_ids
    if meant is None:
        record = await call.gate.peers.runs.get(call.params["run_id"], call.principal)
        meant = _waiting(record.id, [p.call_id for p in record.pending if p.kind == "approval"])
    decision = Decision(approve, None, body.reason)
    return await _go_on(call, dict.fromkeys(meant, decision), stream=body.stream)


def _waiting(run_id: str, calls: list[str]) -> list[str]:
    if not calls:
        raise ConflictError(f"no call of run {run_id!r} waits for leave", hint=f"GET /v1/runs/{run_id} tells its state")
    return calls


async def _go_on(call: Call, decisions: dict[str, Decision], *, stream: bool) -> ASGIApp:
    run_id, runs = call.params["run_id"], call.gate.host.runs
    call.scope["lumos.run_id"] = run_id
    if stream or call.wants_events:
        events = runs.stream_resume(run_id, decisions, principal=call.principal)
        return await streamed(call.scope, events, run_id)
    result = await runs.resume(run_id, decisions, principal=call.principal)
    return json_reply(result.to_json(), headers=run_header(run_id))


def _summary(call: Call, record: RunRecord) -> dict[str, Any]:
    out = {**record.to_json(), "error": shown_record(call.scope, record.id, record.error)}
    # Which process ran it, and what it needs to go on, is the host's business; messages are asked for run by run.
    del out["host"], out["request"], out["messages"]
    return out


class Cancelled(BaseModel):
    """The run is being cancelled."""

    run_id: str
    status: Literal["cancelled"]


SUMMARY = {
    "id": "run_01JD3X9K7Q",
    "agent": "assistant",
    "status": "completed",
    "owner": "default/local",
    "thread_id": "trip-to-oslo",
    "created_at": 1785000000.0,
    "updated_at": 1785000000.4,
    "steps": 2,
    "usage": RESULT["usage"],
    "pending": [],
    "text": "17 × 4 is 68.",
    "error": None,
    "metadata": {"source": "docs"},
}
EVENT = {"type": "run.started", "run_id": "run_01JD3X9K7Q", "seq": 1, "at": 1785000000.0, "agent": "assistant"}

OPERATIONS = (
    Operation(
        "GET",
        "/v1/runs",
        list_runs,
        "listRuns",
        "List runs",
        "runs",
        action="run.read",
        description="The caller's own runs, newest first; a caller with the scope `*` sees everybody's.",
        query=RunsQuery,
        answers=Page[RunSummary],
        example={"data": [SUMMARY], "has_more": False, "next_cursor": None},
    ),
    Operation(
        "GET",
        "/v1/runs/{run_id}",
        get_run,
        "getRun",
        "Get a run",
        "runs",
        action="run.read",
        resource="run_id",
        answers=RunView,
        example={**SUMMARY, "messages": RESULT["messages"]},
    ),
    Operation(
        "GET",
        "/v1/runs/{run_id}/events",
        run_events,
        "getRunEvents",
        "Get or follow a run's events",
        "runs",
        action="run.read",
        resource="run_id",
        description="With `Accept: text/event-stream` the recorded events come first, from `after` or `Last-Event-ID` "
        "on, then those that happen, until the run stops. Pieces of text (`model.delta`) are not recorded.",
        query=EventsQuery,
        answers=Page[EventView],
        example={"data": [EVENT], "has_more": False, "next_cursor": None},
        stream_example=STREAM,
    ),
    Operation(
        "POST",
        "/v1/runs/{run_id}/cancel",
        cancel_run,
        "cancelRun",
        "Cancel a run",
        "runs",
        action="run.cancel",
        resource="run_id",
        answers=Cancelled,
        example={"run_id": "run_01JD3X9K7Q", "status": "cancelled"},
        status=202,
    ),
    Operation(
        "POST",
        "/v1/runs/{run_id}/resume",
        resume_run,
        "resumeRun",
        "Go on with a suspended run",
        "runs",
        action="run.resume",
        resource="run_id",
        takes=ResumeBody,
        takes_example={"decisions": {"call_1": {"approve": True}}},
        answers=RunResultView,
        example=RESULT,
        stream_example=STREAM,
        once=ONCE,
    ),
    Operation(
        "POST",
        "/v1/runs/{run_id}/approve",
        approve_run,
        "approveRun",
        "Give leave for the calls a run waits with",
        "runs",
        action="run.resume",
        resource="run_id",
        description="Every call that waits for leave, or those named, may be made, and the run goes on. Questions that "
        "tools ask are answered with `resume`, which can also decide call by call.",
        takes=LeaveBody,
        takes_example={},
        answers=RunResultView,
        example=RESULT,
        stream_example=STREAM,
        once=ONCE,
    ),
    Operation(
        "POST",
        "/v1/runs/{run_id}/decline",
        decline_run,
        "declineRun",
        "Refuse leave for the calls a run waits with",
        "runs",
        action="run.resume",
        resource="run_id",
        description="Every call that waits for leave, or those named, is not made; the model is told so, and the run "
        "goes on.",
        takes=LeaveBody,
        takes_example={"reason": "not on a Sunday"},
        answers=RunResultView,
        example=RESULT,
        stream_example=STREAM,
        once=ONCE,
    ),
)
