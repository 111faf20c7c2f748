"""What persons have said of calls that wait for them: bound to what was asked, kept until the call is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lumosai_sdk.errors import InputError
from lumosai_sdk.types.runs import Decision, Pending
from lumosai_sdk.types.storage import RunRecord


@dataclass(slots=True)
class Said:
    """Of one call: leave to make it, or the refusal, and the questions it asked with their answers, in order."""

    leave: Decision | None = None
    answers: list[tuple[str, str]] = field(default_factory=list)


def gives_leave(decision: Decision) -> bool:
    """Tell whether a decision is a plain yes. One with an answer in it was meant for a question, not for leave."""
    return decision.approve and decision.answer is None


def said_of(record: RunRecord, decisions: Mapping[str, Decision]) -> dict[str, Said]:
    """Return what was said before of the calls a run waits for, and what *decisions* add.

    Raises InputError for a decision about another call, or one that does not say what the call waits for.
    """
    waiting = {p.call_id: p for p in record.pending}
    if unknown := set(decisions) - set(waiting):
        ids = ", ".join(sorted(waiting))
        raise InputError(f"run {record.id!r} does not wait for {min(unknown)!r}; it waits for: {ids}")
    said = {call: Said(_leave(kept), [(q, a) for q, a in kept["answers"]]) for call, kept in _kept(record).items()}
    for call_id, decision in decisions.items():
        _add(said.setdefault(call_id, Said()), waiting[call_id], decision)
    return said


def kept_decisions(said: Mapping[str, Said], pending: Sequence[Pending]) -> dict[str, Any]:
    """Return as JSON what was said of the calls that still wait."""
    still = ((p.call_id, said[p.call_id]) for p in pending if p.call_id in said)
    return {i: {"leave": s.leave is not None, "answers": [list(a) for a in s.answers]} for i, s in still}


def _kept(record: RunRecord) -> Mapping[str, Any]:
    kept: Mapping[str, Any] = record.request.get("said", {})
    return kept


def _leave(kept: Mapping[str, Any]) -> Decision | None:
    return Decision() if kept["leave"] else None


def _add(said: Said, pending: Pending, decision: Decision) -> None:
    if not decision.approve:
        said.leave = decision
    elif pending.kind == "question":
        if decision.answer is None:
            raise InputError(f"the call {pending.call_id!r} waits for an answer to: {pending.question}")
        said.answers.append((pending.question, decision.answer))
    elif not gives_leave(decision):
        raise InputError(
            f"the call {pending.call_id!r} of {pending.tool!r} waits for leave, and an answer is none",
            hint="approve it or decline it",
        )
    else:
        said.leave = decision
