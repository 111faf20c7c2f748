"""An operation: a method on a path, who may, what it takes, what it answers, and how it is documented."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumosai.gateway.asgi import ASGIApp, Receive, Scope, Send
from lumosai.gateway.call import Call
from lumosai.gateway.deprecation import Deprecation
from lumosai.gateway.errors import MethodNotAllowedError
from lumosai.gateway.etags import tagged
from lumosai.gateway.gate import Gate
from lumosai.gateway.idempotency.key import key_of
from lumosai.gateway.idempotency.once import once
from lumosai.gateway.problems import failure
from lumosai.gateway.reply import Reply
from lumosai_sdk.errors import ConflictError, LumosError, Suspend
from lumosai_sdk.types.storage import RunRecord

if TYPE_CHECKING:
    from pydantic import BaseModel

LATER = "later"
"""The resource of an operation that asks for leave itself, once it knows what for."""

Handler = Callable[[Call], Awaitable[ASGIApp]]


@dataclass(frozen=True, slots=True)
class Once:
    """How an operation is done once, however often it is sent with the same ``Idempotency-Key``.

    *again* makes its answer from the record of the run it made, None while that cannot be; without it, an answer that
    is not kept (a stream, or one that is too long) is told to be gone.
    """

    again: Callable[[Call, RunRecord], Awaitable[ASGIApp | None]] | None = None


ONCE = Once()


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the service.

    *action* is what ``lumos_authorize`` (or the caller's scopes) must allow, on the path parameter *resource* names; an
    operation without an action is open to every caller. *takes*, *answers* and the examples are for the document.
    An operation without *once* changes nothing, or may be repeated at will. What is *stable* changes rarely: clients
    that have it already are told so by its ``ETag``. *problems* are what it refuses besides what every such operation
    does.
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
    once: Once | None = None
    stable: bool = False
    deprecated: Deprecation | None = None
    problems: tuple[type[LumosError], ...] = ()

    async def answer(self, call: Call) -> ASGIApp:
        """Return the answer to a call. Raises PermissionDeniedError, or what the handler raises."""
        if self.action and self.resource != LATER:
            await call.allow(self.action, self.resource_of(call))
        reply = await self.handler(call)
        return tagged(call.scope, reply) if self.stable and isinstance(reply, Reply) else reply

    def resource_of(self, call: Call) -> str:
        """Return what the path says is acted on, or nothing."""
        return call.params.get(self.resource, "")


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
        if operation.deprecated is not None:
            scope.setdefault("lumos.headers", []).extend(operation.deprecated.headers)
        call = Call(self._gate, scope, receive)
        if operation.once is not None and (key := key_of(call)):
            return await once(call, operation, key)
        return await operation.answer(call)
