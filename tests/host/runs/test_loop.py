# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lumosai import Agent
from lumosai_sdk import Message, ToolCall
from lumosai_sdk.errors import (
    ConflictError,
    InputError,
    LumosError,
    ModelError,
    ModelResponseError,
    NotFoundError,
    PluginError,
)
from lumosai_sdk.testing.hosts import OpenHost, contribute
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.models import ModelInfo, ModelRequest, ModelResponse, Usage
from lumosai_sdk.types.storage import RunFilter

AGENT = Agent("a", model="test/m")


async def test_a_plain_answer(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(ModelResponse(Message.assistant("noon"), "stop", Usage(3, 1, cost=0.5)))
    agent = Agent("a", model="test/m", instructions="Be brief.", temperature=0.5, max_tokens=9)
    async with lumos_host(agents=[agent]) as host:
        result = await host.run("a", "what time is it?", metadata={"k": 1})
        assert (result.status, result.text, result.steps) == ("completed", "noon", 1)
        assert result.usage == Usage(3, 1, cost=0.5)
        assert result.messages == (Message.user("what time is it?"), Message.assistant("noon"))
        request = scripted_model.last
        assert list(request.messages) == [Message.system("Be brief."), Message.user("what time is it?")]
        assert (request.model, request.temperature, request.max_tokens) == ("m", 0.5, 9)
        record = await host.runs.get(result.run_id)
        assert (record.status, record.text, record.metadata) == ("completed", "noon", {"k": 1})


async def test_whole_messages_are_taken_as_they_are(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    given = [Message.user("one"), Message.assistant("two"), Message.user("three")]
    scripted_model.script("four")
    async with lumos_host(agents=[AGENT]) as host:
        result = await host.run("a", given)
        assert result.messages == (*given, Message.assistant("four"))


async def test_an_agent_given_as_an_object_is_added_or_replaced(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    scripted_model.script(lambda request: request.messages[0].text)
    async with lumos_host() as host:
        assert (await host.run(Agent("x", model="test/m", instructions="first"), "?")).text == "first"
        assert (await host.run(Agent("x", model="test/m", instructions="second"), "?")).text == "second"
        assert (await host.run("x", "?")).text == "second"


async def test_what_is_not_there_is_named_with_what_is_near(lumos_host: OpenHost) -> None:
    agents = [
        Agent("assistant"),
        Agent("t", model="test/m", tools=["time.nwo"]),
        Agent("g", model="test/m", tools=["timee.*"]),
        Agent("p", model="test/m", processors=["none.at.all"]),
        Agent("m", model="tset/m"),
        Agent("alias", model="fast"),
    ]
    async with lumos_host(agents=agents) as host:
        for agent, said in {
            "asistant": "no agent 'asistant'; did you mean 'assistant'?",
            "t": "no tool 'time.nwo'; did you mean 'time.now'?",
            "g": "no tool 'timee.*'",
            "p": "no processor 'none.at.all'",
            "m": "no provider 'tset'; did you mean 'test'?",
            "alias": "no model 'fast'",
        }.items():
            with pytest.raises(NotFoundError) as e:
                await host.run(agent, "?")
            assert said in str(e.value)


async def test_an_alias_stands_for_a_model(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script("ok")
    models = {"default": "fast", "aliases": {"fast": "test/quick-1"}}
    async with lumos_host(agents=[Agent("a")], models=models) as host:
        await host.run("a", "?")
        assert scripted_model.last.model == "quick-1"


@pytest.mark.parametrize("given", ["", []])
async def test_an_empty_input(lumos_host: OpenHost, scripted_model: ScriptedModel, given: Any) -> None:
    scripted_model.script("ok")
    async with lumos_host(agents=[AGENT]) as host:
        if given == "":
            assert (await host.run("a", given)).text == "ok"
        else:
            with pytest.raises(InputError, match="the input is empty"):
                await host.run("a", given)
            assert [r.status for r in await host.storage.list_runs(RunFilter())] == ["failed"]


async def test_an_input_beyond_the_limit_is_refused(lumos_host: OpenHost) -> None:
    async with lumos_host(agents=[AGENT], limits={"input": 10}) as host:
        for given in ("x" * 11, [Message.user("x" * 6), Message.user("x" * 6)]):
            with pytest.raises(InputError, match="the limit is 10"):
                await host.run("a", given)
        assert host.runs.active == 0


@pytest.mark.parametrize("text", ["x\ud800y", "\x00", "😀" * 100])
async def test_odd_text_passes_through(lumos_host: OpenHost, scripted_model: ScriptedModel, text: str) -> None:
    scripted_model.script(lambda request: request.messages[-1].text)
    for use in ("memory", "sqlite"):
        async with lumos_host(agents=[AGENT], storage={"use": use}) as host:
            result = await host.run("a", text, thread="t")
            assert result.text == text
            assert (await host.runs.get(result.run_id)).text == text


async def test_a_model_that_gives_up(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(ModelResponse(Message.assistant("cannot"), "error"))
    async with lumos_host(agents=[AGENT]) as host:
        with pytest.raises(ModelResponseError, match="the model gave up: cannot"):
            await host.run("a", "?")


async def test_an_answer_cut_at_its_length_is_an_answer(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(ModelResponse(Message.assistant("half an ans"), "length"))
    async with lumos_host(agents=[AGENT]) as host:
        assert (await host.run("a", "?")).text == "half an ans"


class Garbage:
    """A provider that answers with what is no answer."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    async def models(self) -> list[ModelInfo]:
        return []

    async def complete(self, request: ModelRequest) -> Any:
        return self.answer

    async def stream(self, request: ModelRequest) -> Any:
        yield self.answer


@pytest.mark.parametrize("answer", [None, "text", {"choices": []}, 42])
async def test_a_provider_that_returns_garbage_is_named(lumos_host: OpenHost, answer: object) -> None:
    async with lumos_host(agents=[Agent("a", model="bad/m")], limits={"retries": 0}) as host:
        contribute(host, "provider", "bad", Garbage(answer))
        with pytest.raises(PluginError, match="plugin 'bad': model 'm'"):
            await host.run("a", "?")
        events = [e async for e in host.stream("a", "?")]
        assert events[-1].type == "run.failed"
        assert "plugin 'bad': model 'm'" in events[-1].error["message"]


@pytest.mark.parametrize("error", [RuntimeError("boom"), SystemExit(1), asyncio.CancelledError()])
async def test_a_provider_that_crashes_is_named_and_the_host_goes_on(
    lumos_host: OpenHost, scripted_model: ScriptedModel, error: BaseException
) -> None:
    async def crash(request: ModelRequest) -> str:
        raise error

    scripted_model.script([crash, "fine"])
    async with lumos_host(agents=[AGENT]) as host:
        with pytest.raises(PluginError, match=f"plugin 'test': model 'm': {type(error).__name__}"):
            await host.run("a", "?")
        assert (await host.run("a", "?")).text == "fine"


async def test_a_provider_without_chat_is_named(lumos_host: OpenHost) -> None:
    class OnlyModels:
        async def models(self) -> list[ModelInfo]:
            return []

    async with lumos_host(agents=[Agent("a", model="dumb/m")]) as host:
        contribute(host, "provider", "dumb", OnlyModels())
        with pytest.raises(InputError, match="the models of 'dumb' do not chat"):
            await host.run("a", "?")
        with pytest.raises(InputError, match="dumb/m makes no embeddings"):
            await host.embed(["x"], model="dumb/m")


class Iterator:
    """An async iterator that is no generator: it has no ``aclose``."""

    def __init__(self, chunks: list[Any]) -> None:
        self.chunks = chunks

    def __aiter__(self) -> Iterator:
        return self

    async def __anext__(self) -> Any:
        if not self.chunks:
            raise StopAsyncIteration
        return self.chunks.pop(0)


async def test_a_stream_need_not_be_a_generator(lumos_host: OpenHost) -> None:
    from lumosai_sdk.types.models import ModelChunk

    class Plain(Garbage):
        def stream(self, request: ModelRequest) -> Any:
            return Iterator([ModelChunk("he"), ModelChunk("llo"), ModelChunk(finish_reason="stop")])

    async with lumos_host(agents=[Agent("a", model="plain/m")]) as host:
        contribute(host, "provider", "plain", Plain(None))
        events = [e async for e in host.stream("a", "?")]
        assert events[-1].to_json()["text"] == "hello"


async def test_the_hosts_own_failure_is_recorded_and_raised(
    lumos_host: OpenHost, scripted_model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted_model.script("ok")
    async with lumos_host(agents=[AGENT]) as host:

        async def broken(state: object, hand_over: Any) -> None:
            raise ZeroDivisionError("a bug")

        monkeypatch.setattr(host.runs._loop, "run", broken)
        with pytest.raises(ZeroDivisionError):
            await host.run("a", "?")
        (record,) = await host.storage.list_runs(RunFilter())
        assert (record.status, record.error["message"]) == ("failed", "the host failed: ZeroDivisionError: a bug")


async def test_no_run_begins_once_the_host_stops(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script("ok")
    async with lumos_host(agents=[AGENT]) as host:
        await host.runs.aclose()
        with pytest.raises(ConflictError, match="the host is stopping"):
            await host.run("a", "?")


async def test_runs_under_way_are_interrupted_and_recorded_when_the_host_stops(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    begun = asyncio.Event()

    async def forever(request: ModelRequest) -> str:
        begun.set()
        await asyncio.Event().wait()
        return "never"

    scripted_model.script(forever)
    async with lumos_host(agents=[AGENT], storage={"use": "sqlite"}) as host:
        running = [asyncio.create_task(host.run("a", "?")) for _ in range(3)]
        await begun.wait()
    outcomes = await asyncio.gather(*running, return_exceptions=True)
    assert {getattr(o, "code", o) for o in outcomes} == {"interrupted"}
    async with lumos_host(storage={"use": "sqlite"}) as host:
        assert [r.status for r in await host.storage.list_runs(RunFilter())] == ["interrupted"] * 3


async def test_many_runs_at_once_do_not_mix(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    async def echo(request: ModelRequest) -> Any:
        await asyncio.sleep(0)
        last = request.messages[-1]
        return last.text if last.role == "tool" else ToolCall("same-id", "double", f'{{"x": "{last.text}"}}')

    async def double(x: str) -> str:
        await asyncio.sleep(0)
        return x * 2

    scripted_model.script(echo)
    async with lumos_host(agents=[Agent("a", model="test/m", tools=[double])]) as host:
        results = await asyncio.gather(*(host.run("a", str(i)) for i in range(200)))
        assert [r.text for r in results] == [str(i) * 2 for i in range(200)]
        assert host.runs.active == 0
        assert len({r.run_id for r in results}) == 200


async def test_every_error_of_a_run_says_its_code(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(ModelError("no such model"))
    async with lumos_host(agents=[AGENT]) as host:
        with pytest.raises(LumosError) as e:
            await host.run("a", "?")
        assert e.value.to_json() == {"code": "model_error", "message": "no such model"}
