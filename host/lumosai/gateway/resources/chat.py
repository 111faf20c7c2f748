"""``POST /v1/chat/completions``: any OpenAI client talks to an agent, or to a model."""

from __future__ import annotations

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.chat import agent, direct
from lumosai.gateway.chat.body import ChatBody
from lumosai.gateway.model_name import names_agent
from lumosai.gateway.openai_shapes import ChatCompletion
from lumosai.gateway.operation import LATER, ONCE, Operation


async def chat(call: Call) -> ASGIApp:
    """Answer as the agent or model that is named. Raises NotFoundError, InputError, or what went wrong."""
    body = await call.body(ChatBody)
    if await names_agent(call, body.model):
        return await agent.complete(call, body)
    return await direct.complete(call, body)


ANSWER = {
    "id": "chatcmpl-run_01JD3X9K7Q",
    "object": "chat.completion",
    "created": 1785000000,
    "model": "assistant",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "17 × 4 is 68.", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 91, "completion_tokens": 23, "total_tokens": 114},
}
STREAM = """data: {"id":"chatcmpl-run_01JD3X9K7Q","object":"chat.completion.chunk","created":1785000000,"model":"assistant","choices":[{"index":0,"delta":{"content":"17"},"logprobs":null,"finish_reason":null}]}

data: [DONE]

"""  # noqa: E501 - an event's data is one line

OPERATIONS = (
    Operation(
        "POST",
        "/v1/chat/completions",
        chat,
        "createChatCompletion",
        "Chat with an agent or a model",
        "openai",
        action="agent.run",
        resource=LATER,
        description="`model` is an agent (action `agent.run`; it calls its own tools, and its own settings hold), an "
        "alias or `<provider>/<model>` (action `model.call`; `tools` are the client's). Speaks OpenAI's protocol.",
        takes=ChatBody,
        takes_example={"model": "assistant", "messages": [{"role": "user", "content": "What is 17 times 4?"}]},
        answers=ChatCompletion,
        example=ANSWER,
        stream_example=STREAM,
        once=ONCE,
    ),
)
