"""Whose call it is and of which agent, for the handlers of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from a2a.auth.user import User
from a2a.server.context import ServerCallContext
from a2a.server.routes.common import ServerCallContextBuilder

if TYPE_CHECKING:
    from starlette.requests import Request


class Caller(User):
    """Somebody whom the gateway knows."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def user_name(self) -> str:
        return self._name


class Calls(ServerCallContextBuilder):
    """Makes the context of a call of what the gateway found out; nothing a client says of itself is in it."""

    def __init__(self, agent_key: str) -> None:
        self._agent_key = agent_key

    def build(self, request: Request) -> ServerCallContext:
        """Return the context of a request."""
        who = request.scope["lumosai.principal"]
        state = {"principal": who, "agent": request.scope[self._agent_key], "headers": dict(request.headers)}
        return ServerCallContext(user=Caller(f"{who.tenant}/{who.id}"), state=state)
