"""``/v1/runs``: what became of runs, their events, cancelling them, and going on with those that wait."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.errors import BadRequestError
from lumosai.gateway.operation import ONCE, Operation
from lumosai.gateway.pages import PageQuery, page
from lumosai.gateway.problems import shown_event, shown_record
from lumosai.gateway.reply import json_reply
from lumosai.gateway.resources.run_start import RESULT, STREAM
from lumosai.gateway.run_events import followed, run_header, streamed
from lumosai.gateway.shapes import EventView, Listing, Page, RunResultView, RunSummary, RunView
from lumosai.gateway.stream import EventReply
from lumosai.runs.recorder import owner_of
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.runs import Decision, RunStatus
from lumosai_sdk.types.storage import RunFilter, RunRecord

_SEQ = re.compile(r"[0-9]{1,18}")
Seq = Annotated[int, Field(ge=0, lt=2**63)]


class RunsQuery(PageQuery):
    """Which runs."""

    agent: Annotated[str | None, Field(max_length=256, description="Runs of this agent.")] = None
    status: Annotated[RunStatus | None, Field(description="Runs that stand so.")] = None
    thread_id: Annotated[str | None, Field(max_length=256, description="Runs of this conversation.")] = None


class EventsQuery(BaseModel):
    """Which events."""

    model_config = ConfigDict(extra="forbid")

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


def owner_filter(principal: Principal) -> str | None:
    """Return whose runs and threads a caller may list: its own, or (None) everybody's with the scope ``*``."""
    return None if principal.allows("*") else owner_of(principal)


async def list_runs(call: Call) -> ASGIApp:
    """Return a page of the caller's runs, newest first."""
    query = call.query(RunsQuery)
    where = RunFilter(
        query.agent, query.status, query.thread_id, owner_filter(call.principal), query.limit + 1, query.cursor
    )
    found = await call.gate.host.storage.list_runs(where)
    return json_reply(page(found, query, lambda r: r.id, lambda r: _summary(call, r)))


async def get_run(call: Call) -> ASGIApp:
    """Return a run with its messages. Raises NotFoundError."""
    record = await call.gate.peers.runs.get(call.params["run_id"], call.principal)
    return json_reply({**_summary(call, record), "messages": [m.to_json() for m in record.messages]})


async def run_events(call: Call) -> ASGIApp:
    """Return a run's recorded events, or follow them. Raises NotFoundError."""
    query = call.query(EventsQuery)
    record = await call.gate.peers.runs.get(call.params["run_id"], call.principal)
    if call.wants_events:
        return EventReply(followed(call.scope, call.gate.peers, record.id, max(query.after, _last_event(call))))
    stored = await call.gate.host.storage.events(record.id, query.after)
    return json_reply({"data": [shown_event(call.scope, e) for e in stored]})


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
    run_id, runs = call.params["run_id"], call.gate.host.runs
    decisions = {i: d.decision() for i, d in body.decisions.items()}
    call.scope["lumos.run_id"] = run_id
    if body.stream or call.wants_events:
        events = runs.stream_resume(run_id, decisions, principal=call.principal)
        return await streamed(call.scope, events, run_id)
    result = await runs.resume(run_id, decisions, principal=call.principal)
    return json_reply(result.to_json(), headers=run_header(run_id))


def _summary(call: Call, record: RunRecord) -> dict[str, Any]:
    out = {**record.to_json(), "error": shown_record(call.scope, record.id, record.error)}
    del out["host"], out["messages"]  # which process ran it is nobody's business; messages are asked for run by run
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
        example={"data": [SUMMARY], "next": None},
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
        answers=Listing[EventView],
        example={"data": [EVENT]},
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
)
