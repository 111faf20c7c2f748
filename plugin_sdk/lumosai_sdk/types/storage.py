"""What is kept: threads, runs, and pages of them. Times are seconds since the epoch (UTC)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import NO_USAGE, Usage
from lumosai_sdk.types.runs import Pending, RunStatus


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation. ``owner`` is the tenant and person it belongs to."""

    id: str
    owner: str = "default/local"
    title: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "owner": self.owner,
            "title": self.title,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "metadata": dict(self.metadata),
        }


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as it is kept. ``messages`` are those of the run, its input first; a suspended run resumes from them.

    ``host`` is the id of the host process that runs it, so that a later start can tell which runs died with theirs;
    ``request`` is what the host needs besides to resume it.
    """

    id: str
    agent: str
    status: RunStatus
    owner: str = "default/local"
    thread_id: str | None = None
    host: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0
    steps: int = 0
    usage: Usage = NO_USAGE
    messages: tuple[Message, ...] = ()
    pending: tuple[Pending, ...] = ()
    text: str = ""
    error: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    request: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "agent": self.agent,
            "status": self.status,
            "owner": self.owner,
            "thread_id": self.thread_id,
            "host": self.host,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "steps": self.steps,
            "usage": self.usage.to_json(),
            "messages": [m.to_json() for m in self.messages],
            "pending": [p.to_json() for p in self.pending],
            "text": self.text,
            "error": dict(self.error) if self.error is not None else None,
            "metadata": dict(self.metadata),
            "request": dict(self.request),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunRecord:
        return cls(
            **{
                **data,
                "usage": Usage(**data["usage"]),
                "messages": tuple(Message.from_json(m) for m in data["messages"]),
                "pending": tuple(Pending.from_json(p) for p in data["pending"]),
            }
        )


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs to list, newest first: ``before`` is the id of the last run of the page before."""

    agent: str | None = None
    status: str | None = None
    thread_id: str | None = None
    owner: str | None = None
    limit: int = 50
    before: str | None = None
