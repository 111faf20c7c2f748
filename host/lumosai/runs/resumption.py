"""What has to be kept of a run, so that it can go on where it was suspended or interrupted, in another process too.

A run is interrupted by its host's stop. What it had is in its record: its messages, up to the last step that was whole,
and the results of tools that had ended. A call that had begun, of a tool that changes things outside, may or may not
have been made: a person has to say whether to make it again. Of a run that died with its host nobody knows what it had
begun; it does not go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lumosai.runs.decisions import Said, kept_decisions
from lumosai.runs.loop import unanswered_calls
from lumosai.runs.state import RunState
from lumosai_sdk.errors import ConflictError, LumosError, ToolError
from lumosai_sdk.types.auth import Allowance, Budget, Principal
from lumosai_sdk.types.messages import ToolCall
from lumosai_sdk.types.models import OutputSchema
from lumosai_sdk.types.runs import Limits, Pending, RunRequest
from lumosai_sdk.types.storage import RunRecord

AGAIN = "it may have been made when the host stopped"


class RunInterruptedError(LumosError):
    """The host stopped before the run ended. What it had done is kept, and it can go on."""

    code = "interrupted"
    status = 503

    def __init__(self, run_id: str) -> None:
        super().__init__(
            "the host stopped before the run ended",
            hint=f"it can go on: POST /v1/runs/{run_id}/resume, or lumos runs resume {run_id}",
        )


def kept_interrupted(state: RunState) -> tuple[dict[str, Any], tuple[Pending, ...]]:
    """Return as JSON what the record of an interrupted run does not say otherwise, and the calls to be asked about."""
    pending = tuple(p for call in unanswered_calls(state.messages) if (p := _unsure(state, call)) is not None)
    # Leave that was given holds for a call that is made once.
    kept = {**kept_request(state, {}, ()), "unsure": [p.call_id for p in pending]}
    if not state.begun:
        kept["unread"] = True  # its input has not passed the processors that look at it
    return kept, pending


def _unsure(state: RunState, call: ToolCall) -> Pending | None:
    """Return a call that was under way, or was so when the run was interrupted before, and that changes things."""
    bound = state.plan.by_name.get(call.name)
    if bound is None or not bound.spec.side_effects or call.id not in (state.calling | state.unsure):
        return None
    try:
        return Pending(call.id, bound.spec.id, call.parse(), "approval", AGAIN)
    except ToolError:
        return Pending(call.id, bound.spec.id, {}, "approval", AGAIN)


def check_resumable(record: RunRecord) -> None:
    """Return if a run can go on. Raises ConflictError."""
    if record.status == "suspended" or (record.status == "interrupted" and record.request):
        return
    if record.status == "interrupted":
        raise ConflictError(
            f"run {record.id!r} died with its host: what it had begun is not known", hint="run it again"
        )
    raise ConflictError(f"run {record.id!r} is {record.status}, not suspended")


def unsure_calls(record: RunRecord) -> frozenset[str]:
    """Return the calls of a run that is to go on of which nobody knows whether they were made."""
    return frozenset(record.request.get("unsure", ()))


def kept_request(state: RunState, said: Mapping[str, Said], pending: Sequence[Pending]) -> dict[str, Any]:
    """Return as JSON what the record of a suspended run does not say otherwise."""
    request = state.request
    kept: dict[str, Any] = {"scopes": sorted(request.principal.scopes)}
    if request.principal.credential:
        kept["credential"] = request.principal.credential
    if (allowance := request.principal.allowance) is not None:
        kept["models"] = list(allowance.models)
        kept["budget"] = None if allowance.budget is None else allowance.budget.to_json()
    if state.plan.agent.id != state.agent:
        kept["agent"] = state.plan.agent.id
    if state.handover is not None:
        kept["handover"] = [state.handover.plan.agent.id, state.handover.keep]
    if state.unsure:
        kept["unsure"] = sorted(state.unsure)
    # Of the agents that had it in between, only these limits tell.
    limits = state.limits if len(state.trail) > 1 else request.limits
    if limits is not None:
        kept["limits"] = asdict(limits)
    if request.instructions:
        kept["instructions"] = request.instructions
    if (output := request.output) is not None:
        kept["output"] = {"schema": output.schema, "name": output.name}
    if decided := kept_decisions(said, pending):
        kept["said"] = decided
    return kept


def resumed_request(record: RunRecord, by: Principal) -> RunRequest:
    """Return the request a run goes on with, resumed *by* somebody.

    The run stays its owner's, with the rights that both the owner had and *by* has: who gives leave for one call does
    not lend the rest of the run his own.
    """
    kept = record.request
    tenant, _, person = record.owner.partition("/")
    return RunRequest(
        record.agent,
        (),
        record.thread_id,
        record.id,
        output=OutputSchema(**kept["output"]) if "output" in kept else None,
        limits=Limits(**kept["limits"]) if "limits" in kept else None,
        principal=Principal(person, tenant, _common(kept, by.scopes), kept.get("credential", ""), _allowed(kept, by)),
        metadata=record.metadata,
        instructions=kept.get("instructions", ""),
    )


def _allowed(kept: Mapping[str, Any], by: Principal) -> Allowance | None:
    """Return what the run may spend and name: what its owner's credential may now, or could when it stopped."""
    if by.credential == kept.get("credential", ""):
        return by.allowance
    if "models" not in kept:
        return None
    budget = kept.get("budget")
    return Allowance(budget=None if budget is None else Budget(**budget), models=tuple(kept["models"]))


def _common(kept: Mapping[str, Any], scopes: frozenset[str]) -> frozenset[str]:
    if "scopes" not in kept:
        return scopes
    had = frozenset(kept["scopes"])
    if "*" in had:
        return scopes
    return had if "*" in scopes else had & scopes
