"""The official OpenAI client, as it is, talks to agents and models of a running host."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pytest
from pydantic import BaseModel

from lumosai import Agent, Host
from lumosai.gateway.serve import serve
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.messages import ToolCall
from lumosai_sdk.types.models import (
    EmbeddingRequest,
    EmbeddingResponse,
    ModelChunk,
    ModelInfo,
    ModelRequest,
    ModelResponse,
    Usage,
)
from lumosai_sdk.types.storage import RunFilter

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost
    from lumosai_sdk.testing.scripted import ScriptedModel

AGENTS = [
    Agent("echo", model="scripted/echo"),
    Agent("sum", model="scripted/tool", tools=["calculator.*"]),
    Agent("plain", model="test/any"),
]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Vectors:
    """A provider of tiny embeddings."""

    async def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo("tiny", ("embedding",))]

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        return EmbeddingResponse([[float(len(t)), 0.5] for t in request.inputs], Usage(3, 0), request.model)


class Endless:
    """A provider whose model never stops by itself."""

    async def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo("any")]

    async def complete(self, request: ModelRequest) -> ModelResponse:
        raise AssertionError("a stream was asked for")

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        while True:
            yield ModelChunk("word ")
            await asyncio.sleep(0.001)


@pytest.fixture
async def host(lumos_host: OpenHost) -> AsyncIterator[Host]:
    async with lumos_host(agents=AGENTS, server={"port": 0}, limits={"retries": 0}) as opened:
        contribute(opened, "provider", "vectors", Vectors())
        yield opened


@pytest.fixture
async def client(host: Host) -> AsyncIterator[openai.AsyncOpenAI]:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(host, on_ready=ready.set_result))
    http = httpx2.AsyncClient(trust_env=False)
    async with openai.AsyncOpenAI(api_key="none", base_url=f"{await ready}/v1", http_client=http) as made:
        yield made
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def hello(text: str = "hello there") -> Any:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize("model", ["echo", "scripted/echo"])
async def test_a_chat(client: openai.AsyncOpenAI, model: str) -> None:
    answer = await client.chat.completions.create(model=model, messages=hello())
    assert answer.choices[0].message.content == "hello there"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens > 0


@pytest.mark.parametrize("model", ["echo", "scripted/echo"])
async def test_a_streamed_chat(client: openai.AsyncOpenAI, model: str) -> None:
    stream = await client.chat.completions.create(
        model=model, messages=hello(), stream=True, stream_options={"include_usage": True}
    )
    chunks = [c async for c in stream]
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == "hello there"
    assert chunks[-1].usage is not None
    assert len([c for c in chunks if c.choices and c.choices[0].delta.content]) > 1


async def test_the_clients_own_stream_helper(client: openai.AsyncOpenAI) -> None:
    async with client.chat.completions.stream(model="echo", messages=hello()) as stream:
        async for _ in stream:
            pass
        final = await stream.get_final_completion()
    assert final.choices[0].message.content == "hello there"


async def test_an_agent_uses_its_tools(client: openai.AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(model="sum", messages=hello("6*7"))
    assert answer.choices[0].message.content == "42"


async def test_a_conversation_kept_by_the_client(client: openai.AsyncOpenAI, scripted_model: ScriptedModel) -> None:
    messages = hello("I am Ada")
    for said in ("Hello Ada", "You are Ada"):
        scripted_model.script(said)
        answer = await client.chat.completions.create(model="plain", messages=messages)
        messages.append(answer.choices[0].message)
        messages.append({"role": "user", "content": "Who am I?"})
    assert [m.role for m in scripted_model.last.messages] == ["user", "assistant", "user"]


async def test_tools_of_the_client(client: openai.AsyncOpenAI, scripted_model: ScriptedModel) -> None:
    scripted_model.script([ToolCall("c1", "weather", '{"city": "Oslo"}'), "It rains"])
    messages = hello("The weather in Oslo?")
    asked = await client.chat.completions.create(model="test/any", messages=messages, tools=[WEATHER])
    message = asked.choices[0].message
    assert message.tool_calls
    call: Any = message.tool_calls[0]
    assert (call.function.name, call.function.arguments) == ("weather", '{"city": "Oslo"}')
    messages += [message, {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
    answer = await client.chat.completions.create(model="test/any", messages=messages, tools=[WEATHER])
    assert answer.choices[0].message.content == "It rains"
    assert scripted_model.last.messages[-1].tool_call_id == "c1"


async def test_streamed_tool_calls(client: openai.AsyncOpenAI, scripted_model: ScriptedModel) -> None:
    scripted_model.script((ToolCall("c1", "weather", '{"city": "Oslo"}'), ToolCall("c2", "weather", "{}")))
    async with client.chat.completions.stream(model="test/any", messages=hello(), tools=[WEATHER]) as stream:
        final = await stream.get_final_completion()
    calls = final.choices[0].message.tool_calls
    assert calls
    assert [(c.id, c.function.arguments) for c in calls] == [("c1", '{"city": "Oslo"}'), ("c2", "{}")]


class City(BaseModel):
    """A city."""

    name: str
    people: int


@pytest.mark.parametrize("model", ["plain", "test/any"])
async def test_a_parsed_answer(client: openai.AsyncOpenAI, scripted_model: ScriptedModel, model: str) -> None:
    scripted_model.script('{"name": "Oslo", "people": 717710}')
    answer = await client.chat.completions.parse(model=model, messages=hello(), response_format=City)
    assert answer.choices[0].message.parsed == City(name="Oslo", people=717710)


async def test_embeddings(client: openai.AsyncOpenAI) -> None:
    # The client asks for base64 by itself and unpacks it.
    made = await client.embeddings.create(model="vectors/tiny", input=["ab", "abc"])
    assert [e.embedding for e in made.data] == [[2.0, 0.5], [3.0, 0.5]]
    plain = await client.embeddings.create(model="vectors/tiny", input="a", encoding_format="float")
    assert plain.data[0].embedding == [1.0, 0.5]


async def test_models(client: openai.AsyncOpenAI) -> None:
    ids = [m.id async for m in client.models.list()]
    assert {"echo", "sum", "plain", "scripted/echo", "vectors/tiny"} <= set(ids)
    assert (await client.models.retrieve("scripted/echo")).owned_by == "scripted"


async def test_errors_are_the_clients_own(client: openai.AsyncOpenAI, host: Host) -> None:
    with pytest.raises(openai.NotFoundError, match="no model 'gpt-5'"):
        await client.chat.completions.create(model="gpt-5", messages=hello())
    with pytest.raises(openai.BadRequestError) as caught:
        await client.chat.completions.create(model="echo", messages=[])
    assert caught.value.param == "messages"
    with pytest.raises(openai.BadRequestError, match="calls its own tools"):
        await client.chat.completions.create(model="echo", messages=hello(), tools=[WEATHER])
    assert list(await host.storage.list_runs(RunFilter())) == []


async def test_an_error_in_a_stream_is_raised(client: openai.AsyncOpenAI, host: Host) -> None:
    host.add(Agent("cut", model="test/any"))
    host.registry.get("provider", "test").obj.script([])
    stream = await client.chat.completions.create(model="cut", messages=hello(), stream=True)
    with pytest.raises(openai.APIError, match="script is at its end"):
        async for _ in stream:
            pass


async def test_a_failed_run_is_not_started_again_by_the_client(
    client: openai.AsyncOpenAI, scripted_model: ScriptedModel
) -> None:
    scripted_model.script([])
    with pytest.raises(openai.InternalServerError):
        await client.chat.completions.create(model="plain", messages=hello())
    assert len(scripted_model.requests) == 1


@pytest.mark.parametrize("of", ["chat", "responses"])
async def test_a_client_that_closes_its_stream_cancels_the_run(client: openai.AsyncOpenAI, host: Host, of: str) -> None:
    contribute(host, "provider", "endless", Endless())
    host.add(Agent("endless", model="endless/any"))
    if of == "chat":
        stream: Any = await client.chat.completions.create(model="endless", messages=hello(), stream=True)
    else:
        stream = await client.responses.create(model="endless", input="hello", stream=True)
    async for _ in stream:
        break
    await stream.close()
    while host.runs.active:  # noqa: ASYNC110 - the host has no event for it
        await asyncio.sleep(0.01)
    [run] = await host.storage.list_runs(RunFilter())
    assert run.status == "cancelled"


# --- responses and conversations


@pytest.mark.parametrize("model", ["echo", "scripted/echo"])
async def test_a_response(client: openai.AsyncOpenAI, model: str) -> None:
    made = await client.responses.create(model=model, input="hello there")
    assert (made.output_text, made.status) == ("hello there", "completed")
    assert made.usage is not None
    assert made.usage.total_tokens > 0
    assert (await client.responses.retrieve(made.id)).output_text == "hello there"
    asked = [i async for i in client.responses.input_items.list(made.id)]
    assert asked[0].to_dict()["content"] == [{"type": "input_text", "text": "hello there"}]
    await client.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError):
        await client.responses.retrieve(made.id)


@pytest.mark.parametrize("model", ["echo", "scripted/echo"])
async def test_a_streamed_response(client: openai.AsyncOpenAI, model: str) -> None:
    async with client.responses.stream(model=model, input="hello there") as stream:
        pieces = [e.delta async for e in stream if e.type == "response.output_text.delta"]
        final = await stream.get_final_response()
    assert len(pieces) > 1
    assert "".join(pieces) == final.output_text == "hello there"
    plain = await client.responses.create(model=model, input="hello there", stream=True)
    assert [e.type async for e in plain][-1] == "response.completed"


async def test_a_response_of_an_agent_that_uses_its_tools(client: openai.AsyncOpenAI) -> None:
    made = await client.responses.create(model="sum", input="6*7")
    assert made.output_text == "42"
    call = made.output[0]
    assert call.type == "mcp_call"
    assert (call.name, call.output) == ("calculator.evaluate", "42")
    async with client.responses.stream(model="sum", input="6*7") as stream:
        kinds = [e.type async for e in stream]
        final = await stream.get_final_response()
    assert "response.mcp_call.completed" in kinds
    assert [i.type for i in final.output] == ["mcp_call", "message"]


FUNCTION: Any = {"type": "function", "strict": False, **WEATHER["function"]}


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_response_that_calls_the_clients_functions(
    client: openai.AsyncOpenAI, scripted_model: ScriptedModel, streamed: bool
) -> None:
    scripted_model.script([ToolCall("c1", "weather", '{"city": "Oslo"}'), "It rains"])
    asked: Any = {"model": "test/any", "tools": [FUNCTION]}
    if streamed:
        async with client.responses.stream(input="The weather in Oslo?", **asked) as stream:
            made: Any = await stream.get_final_response()
    else:
        made = await client.responses.create(input="The weather in Oslo?", **asked)
    call = made.output[0]
    assert (call.name, call.arguments, call.call_id) == ("weather", '{"city": "Oslo"}', "c1")
    output: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "rain"}]
    answer = await client.responses.create(input=output, previous_response_id=made.id, **asked)
    assert answer.output_text == "It rains"
    # The same with the conversation in the client's hands.
    scripted_model.script("Still rain")
    kept: Any = [{"role": "user", "content": "The weather in Oslo?"}, *made.output, *output]
    assert (await client.responses.create(input=kept, store=False, **asked)).output_text == "Still rain"


@pytest.mark.parametrize("model", ["plain", "test/any"])
async def test_a_parsed_response(client: openai.AsyncOpenAI, scripted_model: ScriptedModel, model: str) -> None:
    scripted_model.script('{"name": "Oslo", "people": 717710}')
    made = await client.responses.parse(model=model, input="A city?", text_format=City)
    assert made.output_parsed == City(name="Oslo", people=717710)


@pytest.mark.parametrize("model", ["plain", "test/any"])
async def test_conversations(client: openai.AsyncOpenAI, scripted_model: ScriptedModel, model: str) -> None:
    scripted_model.script(["Hello Ada", "You are Ada"])
    first: Any = {"type": "message", "role": "user", "content": "We speak English"}
    conversation = await client.conversations.create(items=[first], metadata={"topic": "names"})
    await client.responses.create(model=model, input="I am Ada", conversation=conversation.id)
    answer = await client.responses.create(model=model, input="Who am I?", conversation=conversation.id)
    assert answer.output_text == "You are Ada"
    assert answer.conversation is not None
    assert answer.conversation.id == conversation.id
    items: list[Any] = [i async for i in client.conversations.items.list(conversation.id, order="asc", limit=2)]
    said = ["We speak English", "I am Ada", "Hello Ada", "Who am I?", "You are Ada"]
    assert [i.content[0].text for i in items] == said
    added = await client.conversations.items.create(conversation.id, items=[first])
    item_id = str(added.data[0].id)
    one = await client.conversations.items.retrieve(item_id, conversation_id=conversation.id)
    assert one == added.data[0]
    await client.conversations.items.delete(item_id, conversation_id=conversation.id)
    changed = await client.conversations.update(conversation.id, metadata={"topic": "Ada"})
    assert changed.metadata == (await client.conversations.retrieve(conversation.id)).metadata == {"topic": "Ada"}
    assert (await client.conversations.delete(conversation.id)).deleted
    with pytest.raises(openai.NotFoundError):
        await client.conversations.retrieve(conversation.id)


async def test_a_response_in_the_background(client: openai.AsyncOpenAI) -> None:
    made = await client.responses.create(model="echo", input="hello", background=True)
    while made.status == "in_progress":
        await asyncio.sleep(0.01)
        made = await client.responses.retrieve(made.id)
    assert (made.status, made.output_text) == ("completed", "hello")


async def test_what_responses_do_not_have_is_refused_by_name(client: openai.AsyncOpenAI) -> None:
    hosted: Any = [{"type": "web_search"}]
    with pytest.raises(openai.BadRequestError) as caught:
        await client.responses.create(model="scripted/echo", input="hi", tools=hosted)
    assert caught.value.param == "tools.0.type"
    with pytest.raises(openai.BadRequestError) as caught:
        await client.responses.create(model="echo", input="hi", truncation="auto")
    assert caught.value.param == "truncation"
