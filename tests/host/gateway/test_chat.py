"""Chat completions, models and embeddings in OpenAI's protocol."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import json
import struct
from base64 import b64decode
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from lumosai import Agent
from lumosai_sdk.decorators import processor
from lumosai_sdk.errors import ModelAuthError, ModelRateLimitError, ModelResponseError, StorageError
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import EmbeddingRequest, EmbeddingResponse, ModelInfo, ModelResponse, Usage

if TYPE_CHECKING:
    from lumosai_sdk.testing.scripted import ScriptedModel

Open = Callable[..., Any]
HELLO = [{"role": "user", "content": "hello there"}]
PLAIN = Agent("plain", model="test/any")


def chunks_of(text: str) -> list[Any]:
    """Return the chunks of a streamed answer; the end mark must be there."""
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def said(chunks: list[Any]) -> str:
    """Return the text of chunks."""
    return "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"])


async def chat(service: Any, model: str = "echo", **body: Any) -> Any:
    return await service.client.post("/v1/chat/completions", json={"model": model, "messages": HELLO, **body})


@pytest.mark.parametrize("model", ["echo", "scripted/echo", "short"])
async def test_an_agent_a_model_and_an_alias_answer(gateway: Open, model: str) -> None:
    async with gateway(models={"default": "test/any", "aliases": {"short": "scripted/echo"}}) as g:
        body = (await chat(g, model)).json()
        assert body["object"] == "chat.completion"
        assert body["model"] == ("scripted/echo" if model == "short" else model)  # which model it was
        assert body["choices"][0]["message"]["content"] == "hello there"
        assert body["choices"][0]["finish_reason"] == "stop"
        assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"]
        chunks = chunks_of((await chat(g, model, stream=True, stream_options={"include_usage": True})).text)
        assert said(chunks) == "hello there"
        assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
        assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
        assert chunks[-1]["usage"] == body["usage"]
        assert all(c["usage"] is None for c in chunks[:-1])
        plain = chunks_of((await chat(g, model, stream=True)).text)
        assert not any("usage" in c for c in plain)


async def test_a_chat_with_an_agent_is_a_recorded_run(gateway: Open) -> None:
    async with gateway() as g:
        response = await chat(g, metadata={"a": "b"})
        record = await g.host.runs.get(response.headers["x-lumos-run"])
        assert response.json()["id"] == f"chatcmpl-{record.id}"
        assert (record.status, record.metadata) == ("completed", {"a": "b"})


async def test_an_agent_calls_its_own_tools_and_takes_no_others(gateway: Open) -> None:
    async with gateway(Agent("sum", model="scripted/tool", tools=["calculator.*"])) as g:
        messages = [{"role": "user", "content": "6*7"}]
        answer = (await chat(g, "sum", messages=messages)).json()
        assert answer["choices"][0]["message"]["content"] == "42"
        tools = [{"type": "function", "function": {"name": "f"}}]
        refused = await chat(g, "sum", tools=tools)
        assert refused.status_code == 400
        assert "agent" in refused.json()["error"]["message"]


async def test_two_steps_that_both_speak_are_two_paragraphs(gateway: Open, scripted_model: ScriptedModel) -> None:
    async def count() -> str:
        """Count."""
        return "3"

    scripted_model.script([_speaking_call(), "Three"])
    async with gateway(Agent("a", model="test/any", tools=[count])) as g:
        chunks = chunks_of((await chat(g, "a", stream=True)).text)
        assert said(chunks) == "Let me count\n\nThree"


def _speaking_call() -> Any:
    return ModelResponse(Message.assistant("Let me count", (ToolCall("c1", "count", "{}"),)), "tool_calls")


async def test_a_models_tools_are_the_clients(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script(ToolCall("c1", "look.up", '{"q": "moon"}'))
    parameters = {"type": "object", "properties": {"q": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": n, "parameters": parameters}} for n in ("look.up", "other")]
    async with gateway() as g:
        choice = {"type": "function", "function": {"name": "look.up"}}
        answer = (await chat(g, "test/any", tools=tools, tool_choice=choice)).json()["choices"][0]
        assert answer["finish_reason"] == "tool_calls"
        assert answer["message"]["content"] is None
        assert answer["message"]["tool_calls"][0]["function"] == {"name": "look.up", "arguments": '{"q": "moon"}'}
        assert [t.id for t in scripted_model.last.tools] == ["look.up"]
        assert scripted_model.last.tool_choice == "required"
        chunks = chunks_of((await chat(g, "test/any", tools=tools, stream=True)).text)
        pieces = [p for c in chunks if c["choices"] for p in c["choices"][0]["delta"].get("tool_calls", [])]
        assert pieces[0]["id"] == "c1"
        assert pieces[0]["function"]["name"] == "look.up"
        assert "".join(p["function"]["arguments"] for p in pieces) == '{"q": "moon"}'
        assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
        unknown = await chat(g, "test/any", tools=tools, tool_choice={"type": "function", "function": {"name": "x"}})
        assert unknown.status_code == 400


async def test_parameters_reach_a_model_and_strangers_do_not(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script("{}")
    async with gateway() as g:
        await chat(
            g,
            "test/any",
            temperature=0.5,
            top_p=0.9,
            max_completion_tokens=7,
            stop="END",
            seed=3,
            presence_penalty=0.1,
            parallel_tool_calls=False,
            n=1,
            logprobs=False,
            api_key="sk-stolen",
            response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
        )
        sent = scripted_model.last
        assert (sent.model, sent.temperature, sent.top_p, sent.max_tokens) == ("any", 0.5, 0.9, 7)
        assert (tuple(sent.stop), sent.seed, sent.extra) == (
            ("END",),
            3,
            {"presence_penalty": 0.1, "parallel_tool_calls": False},
        )
        assert sent.output is not None
        assert (sent.output.name, sent.output.schema) == ("n", {"type": "object"})


async def test_an_answer_that_may_be_sent_back_is_streamed_whole(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script(["not json at all", '{"n": 1}'])
    async with gateway(PLAIN) as g:
        wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
        chunks = chunks_of((await chat(g, "plain", stream=True, response_format=wanted)).text)
        assert said(chunks) == '{"n": 1}'


async def test_an_answer_a_processor_may_change_is_not_shown_before(
    gateway: Open, scripted_model: ScriptedModel
) -> None:
    @processor("output")
    async def censor(value: str, _: object) -> str:
        return value.replace("secret", "…")

    scripted_model.script("the secret word")
    async with gateway() as g:
        contribute(g.host, "processor", "censor", censor, phases=["output"])
        g.host.add(Agent("careful", model="test/any", processors=["censor"]))
        text = (await chat(g, "careful", stream=True)).text
        assert "secret" not in text
        assert said(chunks_of(text)) == "the … word"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"model": ""}, "model"),
        ({"temperature": 3}, "temperature"),
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"modalities": ["text", "audio"]}, "modalities.1"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"stream_options": 1}, "stream_options"),
        ({"tool_choice": "some"}, "tool_choice"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools.0.function.name"),
    ],
)
async def test_a_wrong_field_is_an_error_in_openais_shape(gateway: Open, body: Any, param: str) -> None:
    async with gateway() as g:
        response = await chat(g, **{"model": "echo", **body})
        assert response.status_code == 400
        error = response.json()["error"]
        assert (error["type"], error["param"]) == ("invalid_request_error", param)
        assert response.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("model", ["gpt", "nobody/gpt"])
@pytest.mark.parametrize("stream", [False, True])
async def test_an_unknown_model_is_not_found(gateway: Open, model: str, stream: bool) -> None:
    async with gateway() as g:
        response = await chat(g, model, stream=stream)
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("model", ["test/any", "plain"])
@pytest.mark.parametrize(
    ("error", "status", "again"),
    [
        (ModelRateLimitError("slow down", retryable=True, retry_after=90), 429, "true"),
        (ModelAuthError("no such key"), 502, "false"),
    ],
)
async def test_a_models_error_keeps_its_status(
    gateway: Open, scripted_model: ScriptedModel, model: str, error: Exception, status: int, again: str
) -> None:
    scripted_model.script(error)
    async with gateway(PLAIN, limits={"retries": 0}) as g:
        response = await chat(g, model)
        assert response.status_code == status
        assert response.headers["x-should-retry"] == again
        assert response.headers.get("retry-after") == ("90" if status == 429 else None)


async def test_a_direct_call_is_tried_again_as_a_run_would(gateway: Open, scripted_model: ScriptedModel) -> None:
    async with gateway() as g:
        for stream in (False, True):
            scripted_model.script([ModelResponseError("cut", retryable=True), "there"])
            response = await chat(g, "test/any", stream=stream)
            text = said(chunks_of(response.text)) if stream else response.json()["choices"][0]["message"]["content"]
            assert text == "there"


GUARD = """
from lumosai_sdk import BlockedError, hookimpl

@hookimpl
def lumos_around_model_call(run, model):
    async def guard(request, proceed):
        if "bomb" in request.messages[-1].text:
            raise BlockedError(f"{model} is not asked such things")
        return await proceed(request)
    return guard
"""


@pytest.mark.parametrize("stream", [False, True])
async def test_hooks_guard_models_that_are_called_directly(gateway: Open, site: Any, stream: bool) -> None:
    site.install("guard", head='hooks = ["lumos_around_model_call"]\n', manifest="", files={"hooks.py": GUARD})
    async with gateway() as g:
        assert "hello there" in (await chat(g, "scripted/echo")).text
        assert said(chunks_of((await chat(g, "scripted/echo", stream=True)).text)) == "hello there"
        bomb = [{"role": "user", "content": "a bomb"}]
        response = await chat(g, "scripted/echo", messages=bomb, stream=stream)
        assert (response.status_code, response.json()["error"]["code"]) == (403, "blocked")


@pytest.mark.parametrize("stream", [False, True])
async def test_a_model_that_gives_up_is_an_error(gateway: Open, scripted_model: ScriptedModel, stream: bool) -> None:
    scripted_model.script(ModelResponse(Message.assistant("out of memory"), "error"))
    async with gateway(limits={"retries": 0}) as g:
        response = await chat(g, "test/any", stream=stream)
        assert "the model gave up: out of memory" in response.text
        assert "[DONE]" not in response.text


@pytest.mark.parametrize("model", ["scripted/script", "cut"])
async def test_a_stream_that_breaks_off_ends_with_an_error(gateway: Open, model: str) -> None:
    rules = [{"regex": "", "reply": "x"}, {"garbage": "cut"}][1:]
    cut = Agent("cut", model="scripted/script")
    async with gateway(cut, plugins={"scripted": {"settings": {"rules": rules}}}, limits={"retries": 0}) as g:
        text = (await chat(g, model, stream=True)).text
        last = json.loads(text.strip().split("\n\n")[-1].removeprefix("data: "))
        assert last["error"]["code"] == "model_response"
        assert "[DONE]" not in text


async def test_a_run_that_waits_for_a_person_says_so(gateway: Open) -> None:
    async with gateway(Agent("ask", model="scripted/tool", tools=["calculator.*"], approve=["*"])) as g:
        response = await chat(g, "ask", messages=[{"role": "user", "content": "1+1"}])
        assert response.status_code == 409
        assert f"/v1/runs/{response.json()['error']['message'].split('/v1/runs/')[1]}".startswith("/v1/runs/run_")
        assert response.headers["x-should-retry"] == "false"
        streamed = await chat(g, "ask", messages=[{"role": "user", "content": "1+1"}], stream=True)
        assert "waits for a person" in streamed.text


async def test_a_full_store_is_worth_another_try(gateway: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise StorageError("full")

    async with gateway() as g:
        monkeypatch.setattr(g.host.storage, "put_run", full)
        for stream in (False, True):
            response = await chat(g, stream=stream)
            assert response.status_code == 503
            assert response.headers["x-should-retry"] == "true"


async def test_models_are_agents_aliases_and_the_providers_own(gateway: Open) -> None:
    async with gateway(models={"default": "test/any", "aliases": {"short": "scripted/echo"}}) as g:
        models = (await g.client.get("/v1/models")).json()
        owners = {m["id"]: m["owned_by"] for m in models["data"]}
        assert owners["echo"] == owners["short"] == "lumosai"
        assert owners["scripted/echo"] == "scripted"
        assert (await g.client.get("/v1/models/scripted/echo")).json()["id"] == "scripted/echo"
        missing = await g.client.get("/v1/models/gpt")
        assert (missing.status_code, missing.json()["error"]["type"]) == (404, "not_found_error")


async def test_a_provider_that_fails_is_left_out_of_the_models(gateway: Open) -> None:
    class Failing:
        async def models(self) -> Sequence[ModelInfo]:
            raise RuntimeError("no")

    async with gateway() as g:
        contribute(g.host, "provider", "failing", Failing())
        ids = [m["id"] for m in (await g.client.get("/v1/models")).json()["data"]]
        assert "scripted/echo" in ids


class Vectors:
    """A provider of tiny embeddings."""

    async def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo("tiny", ("embedding",))]

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        size = request.dimensions or 3
        vectors = [[float(len(text)), 0.5, -1.25][:size] for text in request.inputs]
        return EmbeddingResponse(vectors, Usage(sum(len(t) for t in request.inputs), 0), request.model)


async def test_texts_are_embedded_as_numbers_and_as_base64(gateway: Open) -> None:
    async with gateway() as g:
        contribute(g.host, "provider", "vectors", Vectors())
        body = {"model": "vectors/tiny", "input": ["ab", "abc"]}
        plain = (await g.client.post("/v1/embeddings", json=body)).json()
        assert [d["embedding"] for d in plain["data"]] == [[2.0, 0.5, -1.25], [3.0, 0.5, -1.25]]
        assert plain["usage"] == {"prompt_tokens": 5, "total_tokens": 5}
        packed = (await g.client.post("/v1/embeddings", json={**body, "encoding_format": "base64"})).json()
        assert struct.unpack("<3f", b64decode(packed["data"][0]["embedding"])) == (2.0, 0.5, -1.25)
        short = (await g.client.post("/v1/embeddings", json={**body, "input": "a", "dimensions": 2})).json()
        assert short["data"][0]["embedding"] == [1.0, 0.5]


@pytest.mark.parametrize("given", [[], "", [""], [1, 2], [[1]], 5, ["x"] * 2049])
async def test_what_cannot_be_embedded_is_refused(gateway: Open, given: Any) -> None:
    async with gateway() as g:
        response = await g.client.post("/v1/embeddings", json={"model": "vectors/tiny", "input": given})
        assert response.status_code == 400
        assert response.json()["error"]["param"].startswith("input")
