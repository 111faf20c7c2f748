"""``/v1/responses`` (OpenAI API reference, "Responses"): by an agent, or by a model."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.errors import BadRequestError, InvalidFieldsError
from lumosai.gateway.model_name import names_agent
from lumosai.gateway.operation import LATER, ONCE, Operation
from lumosai.gateway.reply import json_reply
from lumosai.gateway.responses import agent, direct, kept
from lumosai.gateway.responses.body import ResponseBody
from lumosai.gateway.responses.lists import ItemsQuery, item_page
from lumosai.gateway.responses.turn import begun
from lumosai.gateway.responses.views import DeletedView, ItemListView, ResponseView
from lumosai_sdk.errors import ConflictError


async def create_response(call: Call) -> ASGIApp:
    """Answer as the agent or model that is named. Raises NotFoundError, InputError, or what went wrong."""
    body = await call.body(ResponseBody)
    is_agent = await names_agent(call, body.model)
    turn = await begun(call, body, is_agent=is_agent)
    if call.run_id:
        turn.id = "resp" + call.run_id.removeprefix("run")
    return await (agent.respond(call, turn) if is_agent else direct.respond(call, turn))


class RetrieveQuery(BaseModel):
    """How to read a response. ``include`` is passed over."""

    stream: bool = Field(False, description="Not served: a response is read whole.")


async def get_response(call: Call) -> ASGIApp:
    """Return a stored response. Raises NotFoundError."""
    if call.query(RetrieveQuery).stream:
        raise InvalidFieldsError([{"field": "stream", "message": "a stored response is read whole; leave this out"}])
    return json_reply((await kept.load(call, call.params["response_id"])).response)


async def delete_response(call: Call) -> ASGIApp:
    """Delete a stored response. Raises NotFoundError."""
    response_id = call.params["response_id"]
    await kept.delete(call, response_id)
    return json_reply({"id": response_id, "object": "response.deleted", "deleted": True})


async def cancel_response(call: Call) -> ASGIApp:
    """Cancel a response that is made in the background, and return it. Raises NotFoundError, BadRequestError."""
    found = await kept.load(call, call.params["response_id"])
    if not found.response["background"]:
        raise BadRequestError("only a response with background: true can be cancelled; of others close the connection")
    if not found.unsettled:
        return json_reply(found.response)
    try:
        await call.gate.peers.runs.cancel(found.run_id, call.principal)
    except ConflictError:  # it has ended in this very moment
        return json_reply((await kept.load(call, call.params["response_id"])).response)
    cancelled = {**found.response, "status": "cancelled"}
    return json_reply(cancelled)


async def input_items(call: Call) -> ASGIApp:
    """Return a page of what a stored response was made from. Raises NotFoundError, InvalidFieldsError."""
    found = await kept.load(call, call.params["response_id"])
    return json_reply(item_page(found.input, call.query(ItemsQuery)))


MESSAGE = {
    "id": "msg_01985f1e2c4d",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "17 × 4 is 68.", "annotations": [], "logprobs": []}],
}
EXAMPLE: dict[str, Any] = {
    "id": "resp_01985f1e2c4c",
    "object": "response",
    "created_at": 1785000000,
    "status": "completed",
    "background": False,
    "completed_at": 1785000001,
    "error": None,
    "incomplete_details": None,
    "model": "assistant",
    "instructions": None,
    "previous_response_id": None,
    "conversation": None,
    "store": True,
    "output": [MESSAGE],
    "usage": {
        "input_tokens": 91,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 23,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 114,
    },
}
ASKED = {**MESSAGE, "role": "user", "content": [{"type": "input_text", "text": "What is 17 times 4?"}]}
STREAM = """event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_01985f1e2c4d","output_index":0,"content_index":0,"delta":"17","logprobs":[]}

event: response.output_text.done
data: {"type":"response.output_text.done","sequence_number":9,"item_id":"msg_01985f1e2c4d","output_index":0,"content_index":0,"text":"17 × 4 is 68.","logprobs":[]}

"""  # noqa: E501 - an event's data is one line
CREATE = """`model` is an agent (action `agent.run`), an alias or `<provider>/<model>` (action `model.call`).

An agent calls its own tools, shown as items of type `mcp_call`; its calls that need leave become
`mcp_approval_request` items, answered with `mcp_approval_response`. A model calls the client's functions: items of type
`function_call`, continued with `function_call_output`.

A response with a `conversation` belongs to that thread. What is kept of a response is kept for 30 days.
OpenAI's hosted tools, prompts, files, `truncation: auto`, `top_logprobs` and `max_tool_calls` are refused by name."""

OPERATIONS = (
    Operation(
        "POST",
        "/v1/responses",
        create_response,
        "createResponse",
        "Get a response of an agent or a model",
        "openai",
        action="agent.run",
        resource=LATER,
        description=CREATE,
        takes=ResponseBody,
        takes_example={"model": "assistant", "input": "What is 17 times 4?"},
        answers=ResponseView,
        example=EXAMPLE,
        stream_example=STREAM,
        once=ONCE,
    ),
    Operation(
        "GET",
        "/v1/responses/{response_id}",
        get_response,
        "getResponse",
        "Get a stored response",
        "openai",
        action="response.read",
        resource="response_id",
        query=RetrieveQuery,
        answers=ResponseView,
        example=EXAMPLE,
    ),
    Operation(
        "DELETE",
        "/v1/responses/{response_id}",
        delete_response,
        "deleteResponse",
        "Delete a stored response",
        "openai",
        action="response.delete",
        resource="response_id",
        description="The run behind it stays; responses that continue it cannot be continued further.",
        answers=DeletedView,
        example={"id": "resp_01985f1e2c4c", "object": "response.deleted", "deleted": True},
    ),
    Operation(
        "POST",
        "/v1/responses/{response_id}/cancel",
        cancel_response,
        "cancelResponse",
        "Cancel a response in the background",
        "openai",
        action="response.cancel",
        resource="response_id",
        answers=ResponseView,
        example={**EXAMPLE, "status": "cancelled", "background": True, "completed_at": None, "output": []},
    ),
    Operation(
        "GET",
        "/v1/responses/{response_id}/input_items",
        input_items,
        "listResponseInputItems",
        "List what a response was made from",
        "openai",
        action="response.read",
        resource="response_id",
        query=ItemsQuery,
        answers=ItemListView,
        example={
            "object": "list",
            "data": [ASKED],
            "first_id": MESSAGE["id"],
            "last_id": MESSAGE["id"],
            "has_more": False,
        },
    ),
)
