"""Runs that are begun in the course of another one: never with more than is left of that, nor deeper than some."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lumosai.agents.limits import narrowed
from lumosai.runs.limits import check_spent
from lumosai.runs.state import RunState
from lumosai_sdk.errors import ConflictError, LimitExceededError
from lumosai_sdk.types.models import NO_USAGE, Usage
from lumosai_sdk.types.runs import Limits, RunRequest

PARENT = "lumos.parent"
DEPTH = "lumos.depth"
MAX_DEPTH = 5
_ALL = Limits()


def begun_in(parent: RunState, request: RunRequest) -> RunRequest:
    """Return a request as it may be made in the course of *parent*, whose id its metadata has.

    Raises LimitExceededError where nothing is left, or too deep; ConflictError for the thread that *parent* is at work
    on, which would wait for itself.
    """
    check_spent(parent)
    depth = _depth(parent.request.metadata) + 1
    if depth > MAX_DEPTH:
        raise LimitExceededError("agents that ask agents", MAX_DEPTH, hint="one of them asks for itself again")
    if request.thread_id is not None and request.thread_id == parent.request.thread_id:
        raise ConflictError(f"run {parent.id!r} is at work on the thread {request.thread_id!r} itself")
    return replace(
        request,
        limits=narrowed(request.limits or _ALL, _left(parent)),
        metadata={**request.metadata, PARENT: parent.id, DEPTH: depth},
    )


def used_by(parent: RunState, usage: Usage, before: Usage = NO_USAGE) -> None:
    """Count what a run used against the one in whose course it was begun."""
    cost = None if usage.cost is None else usage.cost - (before.cost or 0.0)
    parent.usage = parent.usage + Usage(
        usage.input_tokens - before.input_tokens,
        usage.output_tokens - before.output_tokens,
        usage.cached_tokens - before.cached_tokens,
        cost,
    )


def _left(parent: RunState) -> Limits:
    limits, usage = parent.limits, parent.usage
    return Limits(
        limits.steps,
        None if limits.tokens is None else max(1, limits.tokens - usage.total_tokens),
        None if limits.seconds is None else max(0.001, limits.seconds - parent.elapsed),
        None if limits.cost is None else max(1e-9, limits.cost - (usage.cost or 0.0)),
    )


def _depth(metadata: Any) -> int:
    # A caller may write into the metadata of its own run what it likes; of the others the host does.
    found = metadata.get(DEPTH)
    return max(0, found) if type(found) is int else 0
