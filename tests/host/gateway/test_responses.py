"""Responses in OpenAI's protocol: what is made, kept, continued and refused; each parses as the client's own types."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from lumosai import Agent
from lumosai_sdk.decorators import processor
from lumosai_sdk.errors import ModelAuthError, ModelRateLimitError
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import ModelResponse
from lumosai_sdk.types.storage import RunFilter

if TYPE_CHECKING:
    from lumosai_sdk.testing.scripted import ScriptedModel

Open = Callable[..., Any]
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
PLAIN = Agent("plain", model="test/any")
SUM = Agent("sum", model="scripted/tool", tools=["calculator.*"])
CAREFUL = Agent("careful", model="test/any", tools=["calculator.*"], approve=["*"])
WEATHER = {"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}}
CALL = ToolCall("c1", "calculator_evaluate", '{"expression": "6*7"}')


async def post(service: Any, model: str = "echo", said: Any = "hello there", **body: Any) -> Any:
    return await service.client.post("/v1/responses", json={"model": model, "input": said, **body})


async def made(service: Any, model: str = "echo", said: Any = "hello there", **body: Any) -> Response:
    """Return a response, as strictly as the client's types tell it."""
    answer = await post(service, model, said, **body)
    assert answer.status_code == 200, answer.text
    return Response.model_validate(answer.json(), strict=True)


async def streamed(service: Any, model: str = "echo", said: Any = "hello there", **body: Any) -> list[Any]:
    """Return the events of a streamed response, numbered without a gap, each under its own name."""
    answer = await post(service, model, said, stream=True, **body)
    assert answer.status_code == 200, answer.text
    frames = [dict(line.split(": ", 1) for line in f.split("\n")) for f in answer.text.split("\n\n") if f]
    events = [EVENT.validate_json(f["data"]) for f in frames]
    assert [e.type for e in events] == [f["event"] for f in frames]
    assert [e.sequence_number for e in events] == list(range(len(events)))
    assert [e.type for e in events[:2]] == ["response.created", "response.in_progress"]
    return events


def kinds(response: Response) -> list[str]:
    return [item.type for item in response.output]


@pytest.mark.parametrize("model", ["echo", "scripted/echo", "short"])
async def test_an_agent_a_model_and_an_alias_respond(gateway: Open, model: str) -> None:
    async with gateway(models={"default": "test/any", "aliases": {"short": "scripted/echo"}}) as g:
        response = await made(g, model)
        which = "scripted/echo" if model == "short" else model
        assert (response.status, response.output_text, response.model) == ("completed", "hello there", which)
        assert response.usage is not None
        assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens > 0
        events = await streamed(g, model)
        pieces = [e.delta for e in events if e.type == "response.output_text.delta"]
        assert len(pieces) > 1
        assert "".join(pieces) == "hello there"
        last = events[-1].response
        assert (last.status, last.output_text, last.usage) == ("completed", "hello there", response.usage)
        order = [e.type for e in events if "delta" not in e.type]
        assert order[2:] == [
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]


async def test_an_agents_response_is_a_recorded_run(gateway: Open) -> None:
    async with gateway() as g:
        answer = await post(g, metadata={"a": "b"})
        record = await g.host.runs.get(answer.headers["x-lumos-run"])
        assert answer.json()["id"].removeprefix("resp") == record.id.removeprefix("run")
        assert (record.status, record.metadata) == ("completed", {"a": "b"})


@pytest.mark.parametrize("stream", [False, True])
async def test_an_agent_calls_its_own_tools(gateway: Open, stream: bool) -> None:
    async with gateway(SUM) as g:
        if stream:
            events = await streamed(g, "sum", "6*7")
            assert [e.type for e in events if "mcp_call" in e.type] == [
                "response.mcp_call.in_progress",
                "response.mcp_call_arguments.delta",
                "response.mcp_call_arguments.done",
                "response.mcp_call.completed",
            ]
            response = events[-1].response
        else:
            response = await made(g, "sum", "6*7")
        assert kinds(response) == ["mcp_call", "message"]
        call: Any = response.output[0]
        assert (call.server_label, call.name, call.output) == ("calculator", "calculator.evaluate", "42")
        assert response.output_text == "42"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_models_calls_are_the_clients(gateway: Open, scripted_model: ScriptedModel, stream: bool) -> None:
    calls = (ToolCall("c1", "weather", '{"city": "Oslo"}'), ToolCall("c2", "weather", "{}"))
    scripted_model.script([ModelResponse(Message.assistant("Let me look", calls), "tool_calls"), "It rains"])
    async with gateway() as g:
        if stream:
            events = await streamed(g, "test/any", tools=[WEATHER])
            done = [e for e in events if e.type == "response.function_call_arguments.done"]
            assert [(e.arguments, e.output_index) for e in done] == [('{"city": "Oslo"}', 1), ("{}", 2)]
            response = events[-1].response
        else:
            response = await made(g, "test/any", tools=[WEATHER])
        assert kinds(response) == ["message", "function_call", "function_call"]
        asked: list[Any] = list(response.output[1:])
        assert [(c.call_id, c.name, c.arguments) for c in asked] == [(c.id, c.name, c.arguments) for c in calls]
        outputs = [{"type": "function_call_output", "call_id": c.call_id, "output": "rain"} for c in asked]
        left = await post(g, "test/any", outputs[:1], previous_response_id=response.id, tools=[WEATHER])
        assert (left.status_code, left.json()["error"]["param"]) == (400, "input")
        answer = await made(g, "test/any", outputs, previous_response_id=response.id, tools=[WEATHER])
        assert answer.output_text == "It rains"
        sent = scripted_model.last.messages
        assert [m.role for m in sent] == ["user", "assistant", "tool", "tool"]
        assert sent[1].tool_calls == calls


async def test_a_client_may_keep_the_conversation_itself(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script([CALL, "42", "Yes"])
    async with gateway(Agent("a", model="test/any", tools=["calculator.*"])) as g:
        said: list[Any] = [{"role": "user", "content": "6*7?"}]
        first = await post(g, "a", said, store=False)
        said += [*first.json()["output"], {"type": "reasoning", "id": "rs_1", "summary": []}]
        said.append({"role": "user", "content": [{"type": "input_text", "text": "Sure?"}]})
        assert (await made(g, "a", said, store=False)).output_text == "Yes"
        sent = scripted_model.last.messages
        assert [m.role for m in sent] == ["user", "assistant", "tool", "assistant", "user"]
        assert (sent[1].tool_calls[0].name, sent[2].content) == ("calculator_evaluate", "42")
        assert (await g.client.get(f"/v1/responses/{first.json()['id']}")).status_code == 404


@pytest.mark.parametrize("model", ["plain", "test/any"])
async def test_a_response_continues_another(gateway: Open, scripted_model: ScriptedModel, model: str) -> None:
    scripted_model.script(["Hello Ada", "You are Ada", "Still Ada"])
    async with gateway(PLAIN) as g:
        first = await made(g, model, "I am Ada", instructions="Be brief")
        assert [m.role for m in scripted_model.last.messages] == ["system", "user"]
        second = await made(g, model, "Who am I?", previous_response_id=first.id)
        assert [m.text for m in scripted_model.last.messages] == ["I am Ada", "Hello Ada", "Who am I?"]
        third = (await streamed(g, model, "And now?", previous_response_id=second.id))[-1].response
        assert (third.output_text, third.previous_response_id) == ("Still Ada", second.id)
        assert len(scripted_model.last.messages) == 5


async def test_a_kept_response_is_read_listed_and_deleted(gateway: Open) -> None:
    async with gateway() as g:
        response = await post(g, said=[{"role": "user", "content": f"{n}"} for n in range(3)])
        path = f"/v1/responses/{response.json()['id']}"
        assert (await g.client.get(path)).json() == response.json()
        items = (await g.client.get(f"{path}/input_items", params={"limit": 2})).json()
        assert [i["content"][0]["text"] for i in items["data"]] == ["2", "1"]
        assert items["has_more"]
        rest = (await g.client.get(f"{path}/input_items", params={"after": items["last_id"]})).json()
        assert ([i["content"][0]["text"] for i in rest["data"]], rest["has_more"]) == (["0"], False)
        assert (await g.client.get(f"{path}/input_items", params={"after": "none"})).status_code == 400
        assert (await g.client.get(path, params={"stream": "true"})).status_code == 400
        assert (await g.client.delete(path)).json()["deleted"] is True
        for method in ("GET", "DELETE"):
            assert (await g.client.request(method, path)).status_code == 404
        gone = await post(g, previous_response_id=response.json()["id"])
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["plain", "test/any"])
async def test_a_schema_holds(gateway: Open, scripted_model: ScriptedModel, model: str, stream: bool) -> None:
    scripted_model.script(["not json", '{"n": 1}'] if model == "plain" else '{"n": 1}')
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    text = {"format": {"type": "json_schema", "name": "numbers", "schema": schema, "strict": True}}
    async with gateway(PLAIN) as g:
        response = (await streamed(g, model, text=text))[-1].response if stream else await made(g, model, text=text)
        assert response.output_text == '{"n": 1}'
        assert response.to_dict()["text"] == text | {"format": {**text["format"], "description": None}}
        assert scripted_model.last.output is not None
        assert scripted_model.last.output.name == "numbers"


async def test_parameters_reach_a_model(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script("ok")
    async with gateway() as g:
        tools = [WEATHER, {**WEATHER, "name": "tides"}]
        allowed = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "tides"}]}
        await made(
            g,
            "test/any",
            temperature=0.5,
            top_p=0.9,
            max_output_tokens=7,
            reasoning={"effort": "low"},
            text={"verbosity": "low"},
            user="ada",
            tools=tools,
            tool_choice=allowed,
            include=["reasoning.encrypted_content"],
        )
        sent = scripted_model.last
        assert (sent.temperature, sent.top_p, sent.max_tokens, sent.tool_choice) == (0.5, 0.9, 7, "required")
        assert [t.id for t in sent.tools] == ["tides"]
        assert sent.extra == {"reasoning_effort": "low", "verbosity": "low", "user": "ada"}
        await made(g, "test/any", tools=tools, tool_choice={"type": "function", "name": "weather"})
        assert [t.id for t in scripted_model.last.tools] == ["weather"]


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_that_was_cut_is_incomplete(gateway: Open, scripted_model: ScriptedModel, stream: bool) -> None:
    scripted_model.script(ModelResponse(Message.assistant("Once upon"), "length"))
    async with gateway() as g:
        if stream:
            last = (await streamed(g, "test/any"))[-1]
            assert last.type == "response.incomplete"
            response = last.response
        else:
            response = await made(g, "test/any")
        assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
        assert response.output_text == "Once upon"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": []}, "input"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input.0.type"),
        ({"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]}, "input.0.content.0.type"),
        ({"input": [{"type": "function_call_output", "call_id": "c9", "output": "x"}]}, "input"),
        ({"tools": [{"type": "web_search"}]}, "tools.0.type"),
        ({"tools": [WEATHER], "tool_choice": {"type": "function", "name": "x"}}, "tool_choice"),
        ({"truncation": "auto"}, "truncation"),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"include": ["message.output_text.logprobs"]}, "include.0"),
        ({"max_tool_calls": 3}, "max_tool_calls"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"context_management": []}, "context_management"),
        ({"moderation": {}}, "moderation"),
        ({"temprature": 1}, "temprature"),
        ({"background": True}, "background"),
        ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "text.format.schema"),
        ({"metadata": {"a": "b" * 513}}, "metadata.a"),
    ],
)
async def test_what_is_not_served_is_refused_by_name(gateway: Open, body: Any, param: str) -> None:
    async with gateway() as g:
        answer = await g.client.post("/v1/responses", json={"model": "scripted/echo", "input": "hi", **body})
        assert answer.status_code == 400, answer.text
        error = answer.json()["error"]
        assert (error["type"], error["param"]) == ("invalid_request_error", param)


@pytest.mark.parametrize(
    "body",
    [{"tools": [WEATHER]}, {"temperature": 0}, {"max_output_tokens": 9}, {"tool_choice": "none"}, {"reasoning": {}}],
)
async def test_an_agents_settings_are_its_owners(gateway: Open, body: Any) -> None:
    async with gateway() as g:
        refused = await post(g, **body)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, next(iter(body)))
        assert list(await g.host.storage.list_runs(RunFilter())) == []
        harmless: Any = {"tools": [], "tool_choice": "auto", "parallel_tool_calls": True, "user": "ada"}
        assert (await made(g, **harmless)).output_text == "hello there"


async def test_a_failure_has_a_status_or_is_the_last_event(gateway: Open, scripted_model: ScriptedModel) -> None:
    async with gateway(PLAIN, limits={"retries": 0}) as g:
        for model in ("plain", "test/any"):
            scripted_model.script(ModelRateLimitError("slow down"))
            assert (await post(g, model)).status_code == 429
        assert (await post(g, "gpt")).status_code == 404
        scripted_model.script(ModelAuthError("no key"))
        last = (await streamed(g, "plain"))[-1]
        assert last.type == "response.failed"
        assert (last.response.status, last.response.error.code) == ("failed", "server_error")
        kept = await g.client.get(f"/v1/responses/{last.response.id}")
        assert kept.json()["status"] == "failed"


async def test_what_a_processor_changes_is_not_shown_before(gateway: Open, scripted_model: ScriptedModel) -> None:
    @processor("output")
    async def censor(value: str, _: object) -> str:
        return value.replace("secret", "…")

    @processor("input")
    async def preface(value: Any, _: object) -> Any:
        return (Message.user("Mind your words"), *value)

    scripted_model.script("the secret word")
    async with gateway() as g:
        contribute(g.host, "processor", "censor", censor, phases=["output"])
        contribute(g.host, "processor", "preface", preface, phases=["input"])
        g.host.add(Agent("shy", model="test/any", processors=["censor", "preface"]))
        assert (await made(g, "shy")).output_text == "the … word"
        events = await streamed(g, "shy")
        assert events[-1].response.output_text == "the … word"
        assert "secret" not in "".join(e.model_dump_json() for e in events)


async def test_a_stream_that_breaks_off_is_no_answer(gateway: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with gateway() as g:
        stream = g.host.runs.stream

        async def broken(request: Any) -> Any:
            async for event in stream(request):
                yield event
                return

        monkeypatch.setattr(g.host.runs, "stream", broken)
        last = (await streamed(g))[-1]
        assert last.type == "response.failed"
        assert "fast enough" in last.response.error.message


@pytest.mark.parametrize("model", ["plain", "test/any"])
async def test_what_is_kept_outlives_the_host(
    gateway: Open, scripted_model: ScriptedModel, tmp_path: Path, model: str
) -> None:
    scripted_model.script(["Hello \ud83d Ada", "You are Ada"])
    storage = {
        "storage": {"use": "sqlite"},
        "plugins": {"sqlite": {"settings": {"path": str(tmp_path / "kept.sqlite3")}}},
    }
    async with gateway(PLAIN, **storage) as g:
        first = (await post(g, model, "I am Ada")).json()
        conversation = (await g.client.post("/v1/conversations", json={"metadata": {"a": "b"}})).json()
        body = {"items": [{"role": "user", "content": text} for text in ("one", "two")]}
        path = f"/v1/conversations/{conversation['id']}"
        one, _ = (await g.client.post(f"{path}/items", json=body)).json()["data"]
        assert (await g.client.delete(f"{path}/items/{one['id']}")).status_code == 200
    async with gateway(PLAIN, **storage) as g:
        assert (await g.client.get(f"/v1/responses/{first['id']}")).json() == first
        assert (await made(g, model, "Who am I?", previous_response_id=first["id"])).output_text == "You are Ada"
        assert [m.role for m in scripted_model.last.messages] == ["user", "assistant", "user"]
        assert (await g.client.get(path)).json() == conversation
        left = (await g.client.get(f"{path}/items")).json()["data"]
        assert [i["content"][0]["text"] for i in left] == ["two"]


# --- leave


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("approve", "output"), [(True, "42"), (False, "Error: the person declined this call: no")])
async def test_an_agent_asks_for_leave(
    gateway: Open, scripted_model: ScriptedModel, stream: bool, approve: bool, output: str
) -> None:
    async def get(**body: Any) -> Any:
        return (await streamed(g, "careful", **body))[-1].response if stream else await made(g, "careful", **body)

    scripted_model.script([CALL, "Done"])
    async with gateway(CAREFUL) as g:
        asked = await get()
        assert kinds(asked) == ["mcp_approval_request"]
        request = asked.output[0]
        assert (request.name, json.loads(request.arguments)) == ("calculator.evaluate", {"expression": "6*7"})
        word = {
            "type": "mcp_approval_response",
            "approval_request_id": request.id,
            "approve": approve,
            "reason": None if approve else "no",
        }
        answer = await get(said=[word], previous_response_id=asked.id)
        assert kinds(answer) == ["mcp_call", "message"]
        assert (answer.output[0].output, answer.output_text) == (output, "Done")
        again = await post(g, "careful", [word], previous_response_id=asked.id)
        assert again.status_code == 409
        mixed = await post(g, "careful", [word, {"role": "user", "content": "and?"}])
        assert (mixed.status_code, mixed.json()["error"]["param"]) == (400, "input")
        for strange in ("mcpr_1", "nothing"):
            assert (await post(g, "careful", [{**word, "approval_request_id": strange}])).status_code in {400, 404}


# --- the background


async def settled(service: Any, path: str) -> Any:
    while (body := (await service.client.get(path)).json())["status"] == "in_progress":  # noqa: ASYNC110 - as clients do
        await asyncio.sleep(0.01)
    return body


async def test_a_response_in_the_background(gateway: Open, scripted_model: ScriptedModel) -> None:
    go = asyncio.Event()

    async def wait(_: object) -> str:
        await go.wait()
        return "At last"

    scripted_model.script(wait)
    async with gateway(PLAIN) as g:
        begun = await made(g, "plain", background=True)
        path = f"/v1/responses/{begun.id}"
        assert (begun.status, begun.background, begun.output) == ("in_progress", True, [])
        assert (await g.client.get(path)).json()["status"] == "in_progress"
        assert (await g.client.delete(path)).status_code == 400
        assert (await post(g, "plain", previous_response_id=begun.id)).status_code == 400
        go.set()
        ended = Response.model_validate(await settled(g, path), strict=True)
        assert (ended.status, ended.output_text) == ("completed", "At last")
        assert (await g.client.post(f"{path}/cancel")).json()["status"] == "completed"
        assert (await made(g, "plain", previous_response_id=begun.id)).output_text == "At last"


async def test_a_response_in_the_background_is_cancelled(gateway: Open, scripted_model: ScriptedModel) -> None:
    async def wait(_: object) -> str:
        await asyncio.Event().wait()
        raise AssertionError

    scripted_model.script(wait)
    async with gateway(PLAIN) as g:
        path = f"/v1/responses/{(await made(g, 'plain', background=True)).id}"
        for _ in range(2):
            assert (await g.client.post(f"{path}/cancel")).json()["status"] == "cancelled"
            await g.idle()
        assert (await g.client.get(path)).json()["status"] == "cancelled"
        scripted_model.script("x")
        done = await made(g, "plain")
        assert (await g.client.post(f"/v1/responses/{done.id}/cancel")).status_code == 400


async def test_a_failure_in_the_background_is_told(gateway: Open, scripted_model: ScriptedModel) -> None:
    go = asyncio.Event()

    async def wait(_: object) -> Exception:
        await go.wait()
        return ModelAuthError("no key")

    scripted_model.script(wait)
    async with gateway(PLAIN, limits={"retries": 0}) as g:
        begun = await made(g, "plain", background=True)
        go.set()
        ended = await settled(g, f"/v1/responses/{begun.id}")
        assert (ended["status"], ended["error"]["code"]) == ("failed", "server_error")
