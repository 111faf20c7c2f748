"""One call of a server, and what the server may ask for meanwhile: the person, and a model."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lumosai_plugins.mcp.text import clean
from lumosai_sdk.errors import LumosError, Suspend, ToolError
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.events import PluginMessage
from lumosai_sdk.types.tools import ToolContext

if TYPE_CHECKING:
    from mcp.client import ClientRequestContext
    from mcp_types import (
        CreateMessageRequestParams,
        CreateMessageResult,
        ElicitRequestParams,
        ElicitResult,
        ErrorData,
    )

    from lumosai_plugins.mcp.settings import ServerSettings
    from lumosai_sdk.types.plugins import PluginContext

_BETWEEN_TOLD = 0.2
_MESSAGE = 300


@dataclass(eq=False)
class Call:
    """A call under way: whom it is for, when it must have ended, and what came of a question nobody could answer."""

    context: ToolContext
    caller: Caller
    what: str
    deadline: asyncio.Timeout | None = None
    suspended: Suspend | None = None
    sampled: int = 0
    told: float = field(default=float("-inf"))

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Stop the clock while a person thinks."""
        loop, deadline = asyncio.get_running_loop(), self.deadline
        until = deadline.when() if deadline is not None else None
        left = None if until is None else until - loop.time()
        if deadline is not None and left is not None:
            deadline.reschedule(None)
        try:
            yield
        finally:
            if deadline is not None and left is not None:
                with contextlib.suppress(RuntimeError):  # the call has ended meanwhile
                    deadline.reschedule(loop.time() + left)


CURRENT: ContextVar[Call | None] = ContextVar("lumosai_mcp_call", default=None)


class Calls:
    """The calls of one connection."""

    def __init__(self, settings: ServerSettings, context: PluginContext) -> None:
        self._settings = settings
        self._context = context
        self._turns = asyncio.Semaphore(settings.concurrency)
        self._active: list[Call] = []
        self.idle = asyncio.Event()
        """Set while no call is under way."""
        self.idle.set()

    @contextlib.asynccontextmanager
    async def making(self, call: Call) -> AsyncIterator[Call]:
        """Count a call as under way, in its turn and its time. Raises ToolError when it takes too long, Suspend."""
        limit = self._settings.timeout
        async with self._turns:
            self._active.append(call)
            self.idle.clear()
            before = CURRENT.set(call)
            try:
                async with asyncio.timeout(limit) as call.deadline:
                    yield call
            except TimeoutError:
                raise ToolError(f"{call.what}: no answer in {limit:g} s") from None
            except Exception:
                if call.suspended is None:
                    raise
            finally:
                CURRENT.reset(before)
                self._active.remove(call)
                if not self._active:
                    self.idle.set()
        if call.suspended is not None:
            raise call.suspended

    def _asking(self) -> Call | None:
        """Return the call for which the server asks something, None where that is not certain.

        A server that answers two people at once must not have the one's question answered by the other.
        """
        call = CURRENT.get()
        if call is not None and call in self._active:
            return call
        return self._active[0] if len(self._active) == 1 else None

    async def elicit(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult | ErrorData:  # noqa: ARG002 - the SDK's
        """Put the server's question to the person behind the call."""
        from mcp_types import ElicitResult

        from lumosai_plugins.mcp.elicitation import answered, question

        call = self._asking()
        if call is None:
            return ElicitResult(action="cancel")
        try:
            with call.waiting():
                answer = await call.context.ask(question(self._settings.name, params))
        except Suspend as e:
            call.suspended = e
            return ElicitResult(action="cancel")
        except LumosError:
            return ElicitResult(action="decline")
        return answered(params, answer)

    async def sample(
        self,
        context: ClientRequestContext,  # noqa: ARG002 - the SDK's
        params: CreateMessageRequestParams,
    ) -> CreateMessageResult | ErrorData:
        """Ask the model the owner named, on account of the person behind the call."""
        from mcp_types import INVALID_REQUEST, ErrorData

        from lumosai_plugins.mcp.sampling import sampled

        call, services = self._asking(), self._context.services
        if call is None or services is None:
            return ErrorData(code=INVALID_REQUEST, message="a model is asked in the time of one call only")
        call.sampled += 1
        if call.sampled > self._settings.sampling_max_requests:
            return ErrorData(code=INVALID_REQUEST, message="too many requests to the model (sampling_max_requests)")
        try:
            return await sampled(services, self._settings, params, call.caller)
        except LumosError as e:
            return ErrorData(code=INVALID_REQUEST, message=e.message)

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        """Tell whoever watches the host how far a call is."""
        call, now = CURRENT.get() or self._asking(), time.monotonic()
        if call is None or now - call.told < _BETWEEN_TOLD:
            return
        call.told = now
        data: dict[str, Any] = {"call": call.what, "run_id": call.context.run_id, "call_id": call.context.call_id}
        data |= {"progress": progress, "total": total, "message": clean(message or "", _MESSAGE)}
        context = self._context
        context.emit(
            PluginMessage(at=time.time(), plugin=context.name, version=context.version, name="progress", data=data)
        )
