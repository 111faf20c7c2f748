"""What of a request has to be kept, so that a run can go on where it was suspended, in another process too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lumosai.runs.decisions import Said, kept_decisions
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.models import OutputSchema
from lumosai_sdk.types.runs import Limits, Pending, RunRequest
from lumosai_sdk.types.storage import RunRecord


def kept_request(request: RunRequest, said: Mapping[str, Said], pending: Sequence[Pending]) -> dict[str, Any]:
    """Return as JSON what the record of a suspended run does not say otherwise."""
    kept: dict[str, Any] = {"scopes": sorted(request.principal.scopes)}
    if request.limits is not None:
        kept["limits"] = asdict(request.limits)
    if request.instructions:
        kept["instructions"] = request.instructions
    if (output := request.output) is not None:
        kept["output"] = {"schema": output.schema, "name": output.name}
    if decided := kept_decisions(said, pending):
        kept["said"] = decided
    return kept


def resumed_request(record: RunRecord, by: Principal) -> RunRequest:
    """Return the request a suspended run goes on with, resumed *by* somebody.

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
        principal=Principal(person, tenant, _common(kept, by.scopes)),
        metadata=record.metadata,
        instructions=kept.get("instructions", ""),
    )


def _common(kept: Mapping[str, Any], scopes: frozenset[str]) -> frozenset[str]:
    if "scopes" not in kept:
        return scopes
    had = frozenset(kept["scopes"])
    if "*" in had:
        return scopes
    return had if "*" in scopes else had & scopes
