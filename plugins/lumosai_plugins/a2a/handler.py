"""What A2A clients ask for (A2A 1.0, section 3), done by the host on behalf of who asks.

A task is a run and its context a thread: they are kept where the host keeps them, seen by whom the host lets see them,
and what was begun here can be gone on with by the host's own API, and the other way round.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, NoReturn
from uuid import uuid4

from a2a import types as a2a
from a2a.server.request_handlers.request_handler import RequestHandler, validate_request_params
from a2a.utils.errors import (
    ExtendedAgentCardNotConfiguredError,
    InvalidParamsError,
    PushNotificationNotSupportedError,
    TaskNotCancelableError,
    TaskNotFoundError,
    UnsupportedOperationError,
)

from lumosai_plugins.a2a import reading, telling
from lumosai_plugins.a2a.failures import told
from lumosai_sdk.errors import ConflictError
from lumosai_sdk.types.runs import FINISHED, RunRequest
from lumosai_sdk.types.storage import RunFilter

if TYPE_CHECKING:
    from a2a.server.context import ServerCallContext
    from a2a.server.events import Event

    from lumosai_plugins.a2a.live import Following, Live
    from lumosai_sdk.types.auth import Principal
    from lumosai_sdk.types.services import TrustedServices
    from lumosai_sdk.types.storage import RunRecord

PAGE = 50
_LISTED = 1000


class Handler(RequestHandler):
    """Answers the calls of the protocol; ``context.state`` holds the caller and the agent that was called."""

    def __init__(self, services: TrustedServices, live: Live) -> None:
        self._services = services
        self._live = live

    @validate_request_params
    async def on_message_send(self, params: a2a.SendMessageRequest, context: ServerCallContext) -> a2a.Task:
        """Begin a task or go on with one; return it when it has ended or waits, or at once if that is asked for."""
        with told():
            following = await self._taken(params, context)
            return await following.task(at_once=params.configuration.return_immediately)

    @validate_request_params
    async def on_message_send_stream(
        self, params: a2a.SendMessageRequest, context: ServerCallContext
    ) -> AsyncGenerator[Event]:
        """Begin a task or go on with one, and yield it and its updates."""
        with told():
            following = await self._taken(params, context)
            async with aclosing(following.follow()) as updates:
                async for update in updates:
                    yield update

    async def _taken(self, params: a2a.SendMessageRequest, context: ServerCallContext) -> Following:
        message = params.message
        if params.configuration.HasField("task_push_notification_config"):
            raise PushNotificationNotSupportedError
        if message.context_id and not reading.CONTEXT.match(message.context_id):
            raise InvalidParamsError("a contextId has up to 128 letters, digits and _.:-")
        return await self._resumed(message, context) if message.task_id else self._begun(message, context)

    def _begun(self, message: a2a.Message, context: ServerCallContext) -> Following:
        who, agent = caller(context), agent_of(context)
        thread = message.context_id or f"a2a-{uuid4().hex}"
        request = RunRequest(agent, (reading.given(message),), thread, principal=who, metadata={"via": "a2a"})
        return self._live.begin(lambda: self._services.stream(request), thread, who)

    async def _resumed(self, message: a2a.Message, context: ServerCallContext) -> Following:
        who = caller(context)
        record = await self._record(message.task_id, context)
        thread = record.thread_id or record.id
        if message.context_id and message.context_id != thread:
            raise InvalidParamsError("the task is of another contextId")
        if record.status != "suspended":
            raise UnsupportedOperationError(f"the task is {record.status}, and waits for no message")
        decided = reading.decisions(message, record.pending)
        return self._live.begin(lambda: self._services.stream_resumed(record.id, decided, who), thread, who)

    @validate_request_params
    async def on_get_task(self, params: a2a.GetTaskRequest, context: ServerCallContext) -> a2a.Task:
        """Return a task of the caller's."""
        with told():
            record = await self._record(params.id, context)
            return telling.task(record, _history(params))

    @validate_request_params
    async def on_list_tasks(self, params: a2a.ListTasksRequest, context: ServerCallContext) -> a2a.ListTasksResponse:
        """Return the caller's tasks with the agent, newest first."""
        with told():
            wanted = [r for r in await self._records(params, context) if _is_wanted(r, params)]
            size = min(params.page_size or PAGE, 2 * PAGE)
            start = next((i + 1 for i, r in enumerate(wanted) if r.id == params.page_token), 0)
            page = wanted[start : start + size]
            # Leave to read each is asked for as it would be one by one.
            found = [telling.task(await self._record(r.id, context), _history(params)) for r in page]
            more = page[-1].id if page and start + size < len(wanted) else ""
            return a2a.ListTasksResponse(
                tasks=found, next_page_token=more, page_size=len(found), total_size=len(wanted)
            )

    async def _records(self, params: a2a.ListTasksRequest, context: ServerCallContext) -> list[RunRecord]:
        who = owner(caller(context))
        where = RunFilter(agent_of(context), None, params.context_id or None, who, _LISTED)
        return list(await self._services.storage().list_runs(where))

    @validate_request_params
    async def on_cancel_task(self, params: a2a.CancelTaskRequest, context: ServerCallContext) -> a2a.Task:
        """Cancel a task of the caller's, and return it once that is done."""
        with told():
            who = caller(context)
            await self._record(params.id, context)
            following = self._live.find(params.id)
            try:
                await self._services.cancel(params.id, who)
            except ConflictError as e:
                raise TaskNotCancelableError(e.message) from None
            if following is not None:
                await following.ended.wait()
            return telling.task(await self._record(params.id, context))

    @validate_request_params
    async def on_subscribe_to_task(
        self, params: a2a.SubscribeToTaskRequest, context: ServerCallContext
    ) -> AsyncGenerator[Event]:
        """Yield a task that is under way here, and its updates from now on."""
        with told():
            record = await self._record(params.id, context)
            following = self._live.find(params.id)
            if following is None:
                state = "over" if record.status in FINISHED else "not under way here"
                raise UnsupportedOperationError(f"the task is {state}: get it instead")
            async with aclosing(following.join()) as updates:
                async for update in updates:
                    yield update

    async def _record(self, task_id: str, context: ServerCallContext) -> RunRecord:
        """Return the run behind a task. Raises TaskNotFoundError for one of another agent, NotFoundError."""
        record = await self._services.find_run(task_id, caller(context))
        if record.agent != agent_of(context):
            raise TaskNotFoundError
        return record

    async def on_get_extended_agent_card(
        self,
        params: a2a.GetExtendedAgentCardRequest,  # noqa: ARG002 - there is one card
        context: ServerCallContext,  # noqa: ARG002
    ) -> a2a.AgentCard:
        """There is no other card than the one that is served."""
        raise ExtendedAgentCardNotConfiguredError

    async def on_create_task_push_notification_config(
        self, params: a2a.TaskPushNotificationConfig, context: ServerCallContext
    ) -> a2a.TaskPushNotificationConfig:
        """Refuse: the host calls no address that a client names."""
        _no_push(params, context)

    async def on_get_task_push_notification_config(
        self, params: a2a.GetTaskPushNotificationConfigRequest, context: ServerCallContext
    ) -> a2a.TaskPushNotificationConfig:
        """Refuse."""
        _no_push(params, context)

    async def on_list_task_push_notification_configs(
        self, params: a2a.ListTaskPushNotificationConfigsRequest, context: ServerCallContext
    ) -> a2a.ListTaskPushNotificationConfigsResponse:
        """Refuse."""
        _no_push(params, context)

    async def on_delete_task_push_notification_config(
        self, params: a2a.DeleteTaskPushNotificationConfigRequest, context: ServerCallContext
    ) -> None:
        """Refuse."""
        _no_push(params, context)


def _no_push(*_: object) -> NoReturn:
    raise PushNotificationNotSupportedError


def _history(params: a2a.GetTaskRequest | a2a.ListTasksRequest) -> int | None:
    return params.history_length if params.HasField("history_length") else None


def _is_wanted(record: RunRecord, params: a2a.ListTasksRequest) -> bool:
    if params.status and telling.STATES[record.status] != params.status:
        return False
    after = params.status_timestamp_after.ToNanoseconds() if params.HasField("status_timestamp_after") else None
    return after is None or record.updated_at * 1e9 > after


def caller(context: ServerCallContext) -> Principal:
    """Return whose call it is."""
    found: Principal = context.state["principal"]
    return found


def agent_of(context: ServerCallContext) -> str:
    """Return the id of the agent that is called."""
    return str(context.state["agent"])


def owner(who: Principal) -> str:
    """Return to whom a caller's runs belong."""
    return f"{who.tenant}/{who.id}"
