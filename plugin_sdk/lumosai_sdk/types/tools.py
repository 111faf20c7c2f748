"""What a tool is to the model, and what it is handed when it is called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from lumosai_sdk.errors import Suspend, ToolError
from lumosai_sdk.permissions import NOTHING, Permissions
from lumosai_sdk.types.auth import LOCAL, Principal

Approval = Literal["never", "always"]
EMPTY_SCHEMA: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the model sees it.

    ``input_schema`` and ``output_schema`` are JSON Schema (draft 2020-12); ``timeout`` in seconds, None for the host's
    default; ``approval="always"`` makes every call wait for a person; ``side_effects`` marks tools that change
    something outside the run.
    """

    id: str
    description: str = ""
    input_schema: Mapping[str, Any] = field(default_factory=lambda: EMPTY_SCHEMA)
    output_schema: Mapping[str, Any] | None = None
    approval: Approval = "never"
    timeout: float | None = None
    side_effects: bool = False

    @property
    def name(self) -> str:
        """The id in the alphabet that model vendors accept for function names (``[A-Za-z0-9_-]``)."""
        return self.id.replace(".", "_")

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {
            "id": self.id,
            "description": self.description,
            "input_schema": dict(self.input_schema),
            "approval": self.approval,
            "side_effects": self.side_effects,
        }
        if self.output_schema is not None:
            out["output_schema"] = dict(self.output_schema)
        if self.timeout is not None:
            out["timeout"] = self.timeout
        return out


async def _nobody(question: str) -> str:
    raise Suspend(question)


class HandOver(Protocol):
    """Hands the conversation over to another agent. Raises ToolError, NotFoundError, PermissionDeniedError."""

    async def __call__(self, agent: str, *, keep: bool = True) -> None: ...


async def _no_run(agent: str, *, keep: bool = True) -> None:  # noqa: ARG001 - its shape is HandOver's
    raise ToolError(f"only in the run of an agent can a conversation be handed over to {agent!r}")


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may know about the call it serves.

    ``permissions`` is what the plugin asked for and its owner granted; ``ask`` puts a question to the person behind
    the run and returns the answer. When nobody is there it suspends the run: on resume the tool is called again from
    its start, this time with the answer, so do nothing irrevocable before asking. ``callers`` are the plugins through
    which the call came, outermost first; none when the model itself made it. ``hand_over`` lets another agent go on
    with the run, once all tools of this step have ended: with its own instructions, model, tools and processors, for
    the same person, and within what is left of the limits. With ``keep``, later messages to this agent on the thread go
    to the other one, too.
    """

    run_id: str = ""
    agent: str = ""
    call_id: str = ""
    thread_id: str | None = None
    principal: Principal = LOCAL
    permissions: Permissions = NOTHING
    ask: Callable[[str], Awaitable[str]] = _nobody
    callers: tuple[str, ...] = ()
    hand_over: HandOver = _no_run
