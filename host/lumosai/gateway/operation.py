"""An operation: a method on a path, who may, what it takes, what it answers, and how it is documented."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumosai.gateway.asgi import ASGIApp, Receive, Scope, Send
from lumosai.gateway.call import Call
from lumosai.gateway.errors import MethodNotAllowedError
from lumosai.gateway.gate import Gate
from lumosai.gateway.problems import failure
from lumosai_sdk.errors import ConflictError, LumosError, Suspend

if TYPE_CHECKING:
    from pydantic import BaseModel

LATER = "later"
"""The resource of an operation that asks for leave itself, once it knows what for."""

Handler = Callable[[Call], Awaitable[ASGIApp]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the service.

    *action* is what ``lumos_authorize`` (or the caller's scopes) must allow, on the path parameter *resource* names; an
    operation without an action is open to every caller. *takes*, *answers* and the examples are for the document.
    """

    method: str
    path: str
    handler: Handler
    id: str
    summary: str
    tag: str
    action: str = ""
    resource: str = ""
    description: str = ""
    takes: type[BaseModel] | None = None
    takes_example: Any = None
    query: type[BaseModel] | None = None
    answers: type[BaseModel] | None = None
    example: Any = None
    status: int = 200
    media_type: str = "application/json"
    stream_example: str = ""
    open_answer: bool = False


class Endpoint:
    """All operations of one path, as an ASGI application: FastAPI's own way to call them costs more than a run."""

    def __init__(self, gate: Gate, operations: Sequence[Operation]) -> None:
        self._gate = gate
        self._operations = {o.method: o for o in operations}
        if "GET" in self._operations:
            self._operations.setdefault("HEAD", self._operations["GET"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            reply = await self._reply(scope, receive)
        except LumosError as e:
            reply = failure(scope, e)
        except Suspend as e:
            # A tool asked a person, and behind a single request there is none.
            reply = failure(scope, ConflictError(f"a person has to answer first: {e.question}"))
        await reply(scope, receive, send)

    async def _reply(self, scope: Scope, receive: Receive) -> ASGIApp:
        operation = self._operations.get(scope["method"])
        if operation is None:
            raise MethodNotAllowedError(scope["method"], self._operations)
        scope["lumos.action"] = operation.action
        call = Call(self._gate, scope, receive)
        if operation.action and operation.resource != LATER:
            await call.allow(operation.action, call.params.get(operation.resource, ""))
        return await operation.handler(call)
