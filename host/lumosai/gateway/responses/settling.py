"""What a run's record, or its result, makes of the response that it is behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lumosai.gateway.call import Call
from lumosai.gateway.problems import recorded
from lumosai.gateway.responses.input_items import Item
from lumosai.gateway.responses.items import run_items
from lumosai.gateway.responses.shape import approval_request, error_view, usage_view
from lumosai.host import Host
from lumosai_sdk.errors import ConflictError, LumosError, NotFoundError
from lumosai_sdk.types.runs import Pending, RunResult
from lumosai_sdk.types.storage import RunRecord

_CANCELLED = {"status": "cancelled"}


async def settled(call: Call, run_id: str, skip: int) -> dict[str, Any] | None:
    """Return what the end of a run changes about its response, or None while the run goes on."""
    try:
        record = await call.gate.peers.runs.get(run_id, call.principal)
    except NotFoundError as e:
        return {"status": "failed", "error": error_view(call.scope, e)}
    if record.status == "running":
        return None
    if record.status == "cancelled":
        return _CANCELLED
    if record.error is not None:
        return {"status": "failed", "error": error_view(call.scope, recorded(record.error))}
    try:
        output = outcome(call.gate.host, record.id, record, skip)
    except LumosError as e:
        return {"status": "failed", "error": error_view(call.scope, e)}
    now = int(time.time())
    return {"status": "completed", "completed_at": now, "output": output, "usage": usage_view(record.usage)}


def outcome(host: Host, run_id: str, run: RunResult | RunRecord, skip: int) -> list[Item]:
    """Return what a run put out after its first *skip* messages (below zero: the user's last).

    Raises ConflictError when it waits for the answer to a question, which the protocol has no words for.
    """
    messages = run.messages
    if skip < 0:
        skip = max((i for i, m in enumerate(messages, 1) if m.role == "user"), default=0)
    items = run_items(messages, skip, tool_ids(host, run.agent))
    return [*items, *(approval_request(run_id, p) for p in approvals(run_id, run.pending))]


def approvals(run_id: str, pending: tuple[Pending, ...]) -> tuple[Pending, ...]:
    """Return what a run waits for leave for. Raises ConflictError if it waits for an answer."""
    if any(p.kind == "question" for p in pending):
        hint = f"POST /v1/runs/{run_id}/resume"
        raise ConflictError(f"run {run_id!r} waits for a person's answer to a question", hint=hint)
    return pending


def tool_ids(host: Host, agent_id: str) -> Callable[[str], str]:
    """Return what tells which of an agent's tools a model means by a name."""
    try:
        by_name = host.planner.plan(host.runs.agent(agent_id)).by_name
    except LumosError:  # the agent has gone since
        return str
    return lambda name: by_name[name].spec.id if name in by_name else name
