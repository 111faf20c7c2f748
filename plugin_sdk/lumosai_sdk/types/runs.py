"""A run: one request to an agent, from its input to its answer, however many steps that takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from lumosai_sdk.types.auth import LOCAL, Principal
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import NO_USAGE, OutputSchema, Usage

RunStatus = Literal["running", "suspended", "completed", "failed", "cancelled", "interrupted"]
FINISHED: frozenset[str] = frozenset({"completed", "failed", "cancelled", "interrupted"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run stops: model calls, tokens in and out, seconds of wall time, US dollars.

    Each can only narrow what the host allows; None leaves that as it is.
    """

    steps: int | None = None
    tokens: int | None = None
    seconds: float | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """What a suspended run waits for: leave to make a tool call, or an answer to a question the tool asked."""

    call_id: str
    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    kind: Literal["approval", "question"] = "approval"
    question: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "call_id": self.call_id,
            "tool": self.tool,
            "arguments": dict(self.arguments),
            "kind": self.kind,
            "question": self.question,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["call_id"], data["tool"], data["arguments"], data["kind"], data["question"])


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on a pending call: leave or refusal with a reason, or the answer to its question."""

    approve: bool = True
    answer: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a caller asks of an agent.

    ``input`` is text or whole messages; ``thread_id`` continues a conversation; ``limits`` narrow the agent's own;
    ``metadata`` is the caller's, kept with the run; ``instructions`` follow the agent's own, and no conversation keeps
    them.
    """

    agent: str
    input: str | Sequence[Message]
    thread_id: str | None = None
    run_id: str | None = None
    output: OutputSchema | None = None
    limits: Limits | None = None
    principal: Principal = LOCAL
    metadata: Mapping[str, Any] = field(default_factory=dict)
    instructions: str = ""

    def messages(self) -> tuple[Message, ...]:
        return (Message.user(self.input),) if isinstance(self.input, str) else tuple(self.input)


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run stands when it stops: ``completed``, or ``suspended`` with what it waits for.

    ``output`` is the parsed answer where a schema was asked for; ``messages`` are those the run added.
    """

    run_id: str
    agent: str
    status: RunStatus
    text: str = ""
    output: Any = None
    messages: tuple[Message, ...] = ()
    usage: Usage = NO_USAGE
    steps: int = 0
    thread_id: str | None = None
    pending: tuple[Pending, ...] = ()

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {
            "run_id": self.run_id,
            "agent": self.agent,
            "status": self.status,
            "text": self.text,
            "usage": self.usage.to_json(),
            "steps": self.steps,
            "messages": [m.to_json() for m in self.messages],
        }
        if self.thread_id is not None:
            out["thread_id"] = self.thread_id
        if self.output is not None:
            out["output"] = self.output
        if self.pending:
            out["pending"] = [p.to_json() for p in self.pending]
        return out
