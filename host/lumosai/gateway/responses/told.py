"""The events of a run, told as those of a response."""

from __future__ import annotations

from typing import assert_never

from lumosai.gateway.problems import recorded
from lumosai.gateway.responses.script import Script
from lumosai.gateway.responses.settling import approvals
from lumosai.gateway.responses.shape import approval_request
from lumosai.host import Host
from lumosai_sdk.errors import RunCancelledError
from lumosai_sdk.types.events import (
    Event,
    ModelCompleted,
    ModelDelta,
    ModelStarted,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunSuspended,
    ToolCalled,
    ToolReturned,
)
from lumosai_sdk.types.models import NO_USAGE


class Told:
    """Turns the events of one run into those of a response; ``usage`` is known when it has ``ended``."""

    def __init__(self, host: Host, agent_id: str, script: Script, *, whole: bool) -> None:
        plan = host.planner.plan(host.runs.agent(agent_id))
        # An answer that may still be sent back or rewritten is not shown piece by piece.
        self._whole = whole or plan.output is not None or "output" in plan.processors
        self._script = script
        self._spoke = False
        self.ended = False
        self.usage = NO_USAGE

    def frames(self, event: Event) -> bytes:
        """Return the frames of an event, often none. Raises what ended the run."""
        match event:
            case ModelDelta():
                return b"" if self._whole else self._said(event.text)
            case ModelStarted():
                self._spoke = False
                return self._script.close_text()
            case ModelCompleted():
                self.usage += event.usage
            case ToolCalled():
                return self._script.hosted(event.call_id, event.tool, event.arguments)
            case ToolReturned():
                return self._script.returned(event.call_id, event.tool, event.content)
            case RunCompleted() | RunFailed() | RunCancelled() | RunSuspended():
                return self._ended(event)
        return b""

    def _said(self, text: str) -> bytes:
        self._spoke = True
        return self._script.text(text)

    def _ended(self, event: RunCompleted | RunFailed | RunCancelled | RunSuspended) -> bytes:
        self.ended = True
        match event:
            case RunCompleted():
                self.usage = event.usage
                rest = b"" if self._spoke or not event.text else self._said(event.text)
                return rest + self._script.close()
            case RunSuspended():
                wanted = approvals(event.run_id, event.pending)
                requests = b"".join(self._script.whole(approval_request(event.run_id, p)) for p in wanted)
                return requests + self._script.close()
            case RunFailed():
                raise recorded(event.error)
            case RunCancelled():
                raise RunCancelledError(f"run {event.run_id!r} was cancelled")
            case _:
                assert_never(event)
