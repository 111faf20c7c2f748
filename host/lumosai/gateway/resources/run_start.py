"""``POST /v1/agents/{agent_id}/runs``: run an agent and wait for its answer, or follow it as it works."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from lumosai.config.model import RunLimits
from lumosai.gateway import messages
from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.caching import heed
from lumosai.gateway.call import Call
from lumosai.gateway.messages import Messages
from lumosai.gateway.operation import Once, Operation
from lumosai.gateway.problems import recorded
from lumosai.gateway.reply import json_reply
from lumosai.gateway.run_events import followed, run_header, streamed
from lumosai.gateway.shapes import RunResultView
from lumosai.gateway.stream import EventReply
from lumosai.runs import output
from lumosai_sdk.errors import InputError, LumosError, RunCancelledError
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import OutputSchema
from lumosai_sdk.types.runs import RunRequest, RunResult
from lumosai_sdk.types.storage import RunRecord

MAX_SCHEMA = 64 * 1024
ThreadId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$")]


def _branch(value: Any) -> str:
    return "<messages>" if isinstance(value, list) else "<text>"


InputIn = Annotated[
    Annotated[str, Field(min_length=1), Tag("<text>")] | Annotated[Messages, Tag("<messages>")], Discriminator(_branch)
]


class RunBody(BaseModel):
    """What is asked of an agent."""

    model_config = ConfigDict(extra="forbid")

    input: InputIn = Field(description="Text, or messages in the shape of chat completions.")
    thread_id: ThreadId | None = Field(None, description="The conversation to continue; it is made when it is new.")
    output_schema: dict[str, Any] | None = Field(None, description="JSON Schema the answer must satisfy.")
    limits: RunLimits | None = Field(None, description="Narrower limits for this run.")
    metadata: dict[str, Any] = Field(default_factory=dict, description="Anything; it is kept with the run.")
    stream: bool = Field(
        False, description="Answer with server-sent events. `Accept: text/event-stream` does the same."
    )


async def start_run(call: Call) -> ASGIApp:
    """Run an agent. Raises LumosError when the run fails."""
    body = await call.body(RunBody)
    heed(call)
    runs = call.gate.host.runs
    await runs.find(call.params["agent_id"], call.principal)
    request = run_request(call.params["agent_id"], body, call.new_run(), call.principal)
    call.scope["lumos.run_id"] = request.run_id
    if body.stream or call.wants_events:
        return await streamed(call.scope, runs.stream(request), str(request.run_id))
    result = await runs.run(request)
    return json_reply(result.to_json(), headers=run_header(result.run_id))


async def run_again(call: Call, record: RunRecord) -> ASGIApp | None:
    """Answer for a run that was made before: its events, or how it stands; None while it is under way."""
    body, gate = await call.body(RunBody), call.gate
    if body.stream or call.wants_events:
        return EventReply(followed(call.scope, gate.peers, record.id, 0), run_header(record.id))
    if record.status == "running":
        return None
    if record.status == "cancelled":
        raise RunCancelledError(f"run {record.id!r} was cancelled")
    if record.error is not None:
        raise recorded(record.error)
    result = await _result(call, body, record)
    return json_reply(result.to_json(), headers=run_header(record.id))


async def _result(call: Call, body: RunBody, record: RunRecord) -> RunResult:
    wanted, host = checked_output(body.output_schema), call.gate.host
    if wanted is None:
        with suppress(LumosError):  # the agent has gone since
            wanted = host.planner.plan(await host.runs.find(record.agent, call.principal)).output
    return RunResult(
        record.id,
        record.agent,
        record.status,
        record.text,
        output.read(record.text, wanted)[0] if wanted and record.status == "completed" else None,
        record.messages,
        record.usage,
        record.steps,
        record.thread_id,
        record.pending,
    )


def run_request(agent_id: str, body: RunBody, run_id: str, principal: Principal) -> RunRequest:
    """Return what a caller asks of an agent. Raises InputError."""
    return RunRequest(
        agent_id,
        run_input(body.input),
        body.thread_id,
        run_id,
        checked_output(body.output_schema),
        None if body.limits is None else body.limits.narrow(),
        principal,
        body.metadata,
    )


def run_input(given: str | list[messages.MessageIn]) -> str | Sequence[Message]:
    """Return a run's input as the host knows it."""
    return given if isinstance(given, str) else messages.read(given)


def checked_output(schema: Mapping[str, Any] | None, name: str = "output") -> OutputSchema | None:
    """Return the schema an answer must satisfy.

    Raises InputError when it is none, or larger than MAX_SCHEMA bytes, before any model is paid for.
    """
    if schema is None:
        return None
    if len(json.dumps(schema, ensure_ascii=False).encode("utf-8", "replace")) > MAX_SCHEMA:
        raise InputError(f"the schema of an answer has at most {MAX_SCHEMA // 1024} KiB")
    wanted = OutputSchema(schema, name)
    output.validator(wanted)  # kept for when the answer has come
    return wanted


RESULT = {
    "run_id": "run_01JD3X9K7Q",
    "agent": "assistant",
    "status": "completed",
    "text": "17 × 4 is 68.",
    "usage": {"input_tokens": 91, "output_tokens": 23, "cached_tokens": 0},
    "steps": 2,
    "messages": [
        {"role": "user", "content": "What is 17 times 4?"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "calculator_evaluate", "arguments": '{"expression": "17*4"}'},
                }
            ],
        },
        {"role": "tool", "content": "68", "tool_call_id": "call_1"},
        {"role": "assistant", "content": "17 × 4 is 68."},
    ],
}
STREAM = """event: run.started
id: 1
data: {"type":"run.started","run_id":"run_01JD3X9K7Q","seq":1,"at":1785000000.0,"agent":"assistant","thread_id":null,"input":"Hello"}

event: model.delta
id: 3
data: {"type":"model.delta","run_id":"run_01JD3X9K7Q","seq":3,"at":1785000000.2,"text":"Hi"}

event: run.completed
id: 5
data: {"type":"run.completed","run_id":"run_01JD3X9K7Q","seq":5,"at":1785000000.3,"agent":"assistant","text":"Hi"}

"""  # noqa: E501 - an event's data is one line

OPERATIONS = (
    Operation(
        "POST",
        "/v1/agents/{agent_id}/runs",
        start_run,
        "startRun",
        "Run an agent",
        "runs",
        action="agent.run",
        resource="agent_id",
        description="The answer comes when the run has stopped: completed, or suspended until a person has decided. "
        "With `stream` the run's events come as they happen; closing the connection then cancels the run. "
        "A run that fails is a problem with its `run_id`.",
        takes=RunBody,
        takes_example={"input": "What is 17 times 4?"},
        answers=RunResultView,
        example=RESULT,
        stream_example=STREAM,
        once=Once(run_again),
    ),
)
