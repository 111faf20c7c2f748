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


async def test_a_client_that_closes_its_stream_cancels_the_run(client: openai.AsyncOpenAI, host: Host) -> None:
    contribute(host, "provider", "endless", Endless())
    host.add(Agent("endless", model="endless/any"))
    stream = await client.chat.completions.create(model="endless", messages=hello(), stream=True)
    async for _ in stream:
        break
    await stream.close()
    while host.runs.active:  # noqa: ASYNC110 - the host has no event for it
        await asyncio.sleep(0.01)
    [run] = await host.storage.list_runs(RunFilter())
    assert run.status == "cancelled"
