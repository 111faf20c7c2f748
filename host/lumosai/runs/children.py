"""Runs that are begun in the course of another one: on its account, with what is left of it, and not too deep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lumosai.agents.limits import narrowed
from lumosai.runs.limits import check_spent
from lumosai.runs.state import RunState
from lumosai_sdk.errors import ConflictError, InputError, LimitExceededError
from lumosai_sdk.types.models import NO_USAGE, Usage
from lumosai_sdk.types.runs import Limits, RunRequest

OURS = "lumos."
"""What names in a run's metadata begin with that only the host writes."""
PARENT = "lumos.parent"
DEPTH = "lumos.depth"
MAX_DEPTH = 5
_ALL = Limits()


def check_metadata(metadata: Mapping[str, Any]) -> None:
    """Raise InputError for a name that only the host writes."""
    if found := next((name for name in metadata if str(name).startswith(OURS)), None):
        raise InputError(f"metadata: {found[:64]!r} is a name of the host's own", hint=f"leave out {OURS}*")


def begun_in(parent: RunState, request: RunRequest, used: Usage = NO_USAGE) -> RunRequest:
    """Return a request as it may be made in the course of *parent*, whose id its metadata has.

    *used* is what the run has used already, if it goes on. Raises LimitExceededError where nothing is left, or too
    deep; ConflictError for the thread that *parent* is at work on, which would wait for itself.
    """
    check_spent(parent)
    depth = _depth(parent.request.metadata) + 1
    if depth > MAX_DEPTH:
        raise LimitExceededError("agents that ask agents", MAX_DEPTH, hint="one of them asks for itself again")
    if request.thread_id is not None and request.thread_id == parent.request.thread_id:
        raise ConflictError(f"run {parent.id!r} is at work on the thread {request.thread_id!r} itself")
    return replace(
        request,
        limits=narrowed(request.limits or _ALL, _left(parent, used)),
        metadata={**request.metadata, PARENT: parent.id, DEPTH: depth},
    )


def _left(parent: RunState, used: Usage) -> Limits:
    limits, usage = parent.limits, parent.usage
    return Limits(
        limits.steps,
        None if limits.tokens is None else max(1, limits.tokens - usage.total_tokens + used.total_tokens),
        None if limits.seconds is None else max(0.001, limits.seconds - parent.elapsed),
        None if limits.cost is None else max(1e-9, limits.cost - (usage.cost or 0.0) + (used.cost or 0.0)),
    )


def _depth(metadata: Any) -> int:
    found = metadata.get(DEPTH)
    return max(0, found) if type(found) is int else 0
