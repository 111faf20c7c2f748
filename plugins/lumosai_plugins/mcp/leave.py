"""A person's leave and answers, through the MCP client the person sits at (elicitation).

Clients of 2026-07-28 are told with the result that something is wanted, and call again with it; older ones are asked
while the call waits. Whether there is a person, only the client knows: so a caller without the right to decide for runs
(``run.resume``) is not asked at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lumosai_sdk import safe
from lumosai_sdk.errors import PermissionDeniedError
from lumosai_sdk.types.runs import Decision, Pending

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from mcp_types import CallToolRequestParams, InputRequiredResult

    from lumosai_sdk.types.auth import Principal

RIGHT = "run.resume"
_LEAVE = "leave"


class Leave:
    """What a client can be asked in the time of one call."""

    def __init__(
        self, ctx: ServerRequestContext[Any, Any], params: CallToolRequestParams, principal: Principal
    ) -> None:
        self.ctx = ctx
        self.principal = principal
        self.state = params.request_state
        self._given: Mapping[str, Any] = params.input_responses or {}

    @property
    def may_decide(self) -> bool:
        return self.principal.allows(RIGHT)

    @property
    def is_modern(self) -> bool:
        """Tell whether the client is told with the result what is wanted."""
        from mcp_types.version import MODERN_PROTOCOL_VERSIONS

        return self.ctx.protocol_version in MODERN_PROTOCOL_VERSIONS

    async def of(self, tool: str, arguments: Mapping[str, Any]) -> bool | InputRequiredResult:
        """Return whether a call may be made, or what the client is to ask first. Raises PermissionDeniedError."""
        pending = Pending(_LEAVE, tool, arguments)
        if not self.may_decide:
            raise PermissionDeniedError(
                f"each call of {tool!r} needs a person's leave", hint=f"give the caller the scope {RIGHT!r}"
            )
        if not self.is_modern:
            decided = await self.decide(pending)
            return decided is not None and decided.approve
        found = self._decision(pending)
        return self.wanted([pending], None) if found is None else found.approve

    def decisions(self, pending: Sequence[Pending]) -> dict[str, Decision]:
        """Return what came back with this call, by call id."""
        found = ((p.call_id, self._decision(p)) for p in pending)
        return {call: d for call, d in found if d is not None}

    def _decision(self, pending: Pending) -> Decision | None:
        answer = self._given.get(pending.call_id)
        return None if answer is None else _decided(pending, answer)

    def wanted(self, pending: Sequence[Pending], state: str | None) -> InputRequiredResult:
        """Return what the client is to ask the person before it calls again."""
        from mcp_types import ElicitRequest, InputRequiredResult

        requests = {p.call_id: ElicitRequest(params=_form(p)) for p in pending}
        return InputRequiredResult(input_requests=dict(requests), request_state=state)

    async def decide(self, pending: Pending) -> Decision | None:
        """Ask the client while the call waits; None where it cannot be asked."""
        from mcp.shared.exceptions import MCPError

        form = _form(pending)
        try:
            answer = await self.ctx.session.elicit_form(form.message, form.requested_schema, self.ctx.request_id)
        except (MCPError, RuntimeError):  # it does not know how, or has no way to ask
            return None
        return _decided(pending, answer)


def _form(pending: Pending) -> Any:
    from mcp_types import ElicitRequestFormParams

    if pending.kind == "question":
        schema = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
        return ElicitRequestFormParams(message=pending.question, requested_schema=schema)
    shown = safe.arguments(pending.arguments)
    schema = {"type": "object", "properties": {"approve": {"type": "boolean"}}, "required": ["approve"]}
    return ElicitRequestFormParams(message=f"May {pending.tool} be called with {shown}?", requested_schema=schema)


def _decided(pending: Pending, answer: Any) -> Decision:
    """Read an answer: leave is what says so in so many words."""
    content = (answer.content if answer.action == "accept" else None) or {}
    if pending.kind == "question":
        said = content.get("answer")
        return Decision(approve=isinstance(said, str), answer=said if isinstance(said, str) else None)
    return Decision(approve=content.get("approve") is True, reason="" if answer.action == "accept" else answer.action)
