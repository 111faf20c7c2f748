# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from lumosai import Agent
from lumosai.runs import backoff
from lumosai_sdk import Message, ToolCall
from lumosai_sdk.errors import (
    ModelAuthError,
    ModelError,
    ModelRateLimitError,
    ModelResponseError,
    ModelUnavailableError,
    PluginTimeoutError,
)
from lumosai_sdk.testing.hosts import OpenHost, contribute
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.events import ModelFellBack, ModelRetried
from lumosai_sdk.types.models import ModelChunk, ModelInfo, ModelRequest, ModelResponse, ToolCallDelta

AGENT = Agent("a", model="test/m")
DOWN = ModelUnavailableError("down", retryable=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "BASE", 0.001)
    monkeypatch.setattr(backoff, "CAP", 0.004)


def test_waits_grow_with_jitter_up_to_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "BASE", 0.5)
    monkeypatch.setattr(backoff, "CAP", 20.0)
    for attempt, most in ((1, 1.0), (2, 2.0), (4, 8.0), (9, 20.0)):
        waits = [backoff.delay(attempt, None) or 0 for _ in range(200)]
        assert all(0.25 <= w <= most for w in waits)
        assert len(set(waits)) > 100


def test_what_the_server_asks_for_is_the_least_and_too_much_is_refused() -> None:
    assert all(7.0 <= (backoff.delay(1, 7.0) or 0) <= 7.5 for _ in range(50))
    assert backoff.delay(1, 0.0) is not None
    assert backoff.delay(1, 61.0) is None


async def test_a_passing_failure_is_tried_again(lumos_host: OpenHost, scripted_model: ScriptedModel, seen: Any) -> None:
    scripted_model.script([DOWN, DOWN, "up again"])
    async with lumos_host(agents=[AGENT]) as host:
        events = seen(host)
        result = await host.run("a", "?")
        assert (result.text, result.steps) == ("up again", 1)
        retried = [e for e in events if isinstance(e, ModelRetried)]
        assert [(e.model, e.attempt, e.error["message"]) for e in retried] == [
            ("test/m", 1, "down"),
            ("test/m", 2, "down"),
        ]


async def test_retries_come_to_an_end(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(DOWN)
    async with lumos_host(agents=[AGENT], limits={"retries": 3}) as host:
        with pytest.raises(ModelUnavailableError, match="down"):
            await host.run("a", "?")
        assert len(scripted_model.requests) == 4


async def test_a_failure_for_good_is_not_tried_again(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(ModelAuthError("the key is refused"))
    async with lumos_host(agents=[AGENT]) as host:
        with pytest.raises(ModelAuthError):
            await host.run("a", "?")
        assert len(scripted_model.requests) == 1


async def test_retry_after_is_honoured(lumos_host: OpenHost, scripted_model: ScriptedModel, seen: Any) -> None:
    scripted_model.script([ModelRateLimitError("slow down", retryable=True, retry_after=0.05), "ok"])
    async with lumos_host(agents=[AGENT]) as host:
        events = seen(host)
        await host.run("a", "?")
        (retried,) = [e for e in events if isinstance(e, ModelRetried)]
        assert retried.delay >= 0.05


async def test_a_server_that_asks_for_too_much_patience_gets_none(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    scripted_model.script(ModelRateLimitError("come back tomorrow", retryable=True, retry_after=86_400))
    async with lumos_host(agents=[AGENT]) as host:
        with pytest.raises(ModelRateLimitError):
            await host.run("a", "?")
        assert len(scripted_model.requests) == 1


@pytest.mark.parametrize("first", ["down/m", "nowhere/m", "crash/m"])
async def test_the_next_model_takes_over(
    lumos_host: OpenHost, scripted_model: ScriptedModel, seen: Any, first: str
) -> None:
    scripted_model.script("from the second")
    async with lumos_host(agents=[Agent("a", model=[first, "test/m"])], limits={"retries": 1}) as host:
        contribute(host, "provider", "down", ScriptedModel(DOWN))
        contribute(host, "provider", "crash", ScriptedModel(ZeroDivisionError("oh")))
        events = seen(host)
        assert (await host.run("a", "?")).text == "from the second"
        (fell,) = [e for e in events if isinstance(e, ModelFellBack)]
        assert (fell.model, fell.to) == (first, "test/m")


async def test_when_all_fail_the_last_failure_is_told(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(ModelError("the second is down too"))
    async with lumos_host(agents=[Agent("a", model=["down/m", "test/m"])], limits={"retries": 0}) as host:
        contribute(host, "provider", "down", ScriptedModel(DOWN))
        with pytest.raises(ModelError, match="the second is down too"):
            await host.run("a", "?")


class Breaking:
    """Streams *pieces*, then fails."""

    def __init__(self, *pieces: ModelChunk, error: Exception | None = DOWN) -> None:
        self.pieces = pieces
        self.error = error
        self.calls = 0

    async def models(self) -> list[ModelInfo]:
        return []

    async def complete(self, request: ModelRequest) -> ModelResponse:
        raise NotImplementedError

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        self.calls += 1
        for piece in self.pieces:
            yield piece
        if self.error is not None:
            raise self.error


async def test_what_was_shown_cannot_be_unsaid_so_it_is_not_tried_again(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    breaking = Breaking(ModelChunk("half a sen"))
    async with lumos_host(agents=[Agent("a", model=["break/m", "test/m"])]) as host:
        contribute(host, "provider", "break", breaking)
        events = [e async for e in host.stream("a", "?")]
        assert [e.type for e in events] == ["run.started", "model.started", "model.delta", "run.failed"]
        assert (breaking.calls, scripted_model.requests) == (1, [])


async def test_what_was_not_shown_is_tried_again(lumos_host: OpenHost) -> None:
    breaking = Breaking(ModelChunk(tool_calls=(ToolCallDelta(0, "c", "x", "{"),)))
    async with lumos_host(agents=[Agent("a", model="break/m")]) as host:
        contribute(host, "provider", "break", breaking)
        events = [e async for e in host.stream("a", "?")]
        assert breaking.calls == 3
        assert events[-1].type == "run.failed"


async def test_a_stream_that_just_ends_is_a_failure(lumos_host: OpenHost) -> None:
    async with lumos_host(agents=[Agent("a", model="break/m")], limits={"retries": 0}) as host:
        contribute(host, "provider", "break", Breaking(ModelChunk("half"), error=None))
        events = [e async for e in host.stream("a", "?")]
        assert events[-1].to_json()["error"]["code"] == ModelResponseError.code
        assert "ended without saying why" in events[-1].to_json()["error"]["message"]


async def test_streamed_tool_calls_are_put_together(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    async def add(a: int, b: int) -> int:
        return a + b

    scripted_model.script([(ToolCall("x", "add", '{"a": 1, "b": 2}'), ToolCall("y", "add", '{"a": 3, "b": 4}')), "ok"])
    async with lumos_host(agents=[Agent("a", model="test/m", tools=[add])]) as host:
        events = [e async for e in host.stream("a", "?")]
        assert events[-1].to_json()["text"] == "ok"
        assert [m.text for m in scripted_model.last.messages if m.role == "tool"] == ["3", "7"]


async def test_a_stream_is_closed_when_its_run_ends_early(lumos_host: OpenHost) -> None:
    closed = asyncio.Event()

    class Endless(Breaking):
        async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
            try:
                while True:
                    yield ModelChunk("x ")
                    await asyncio.sleep(0)
            finally:
                closed.set()

    async with lumos_host(agents=[Agent("a", model="endless/m")]) as host:
        contribute(host, "provider", "endless", Endless())
        stream = host.stream("a", "?")
        async for event in stream:
            if event.type == "model.delta":
                break
        await stream.aclose()
        assert closed.is_set()
        assert host.runs.active == 0


async def test_a_provider_that_never_answers_is_given_up(
    lumos_host: OpenHost, scripted_model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lumosai.runs.model_call.GRACE", 0.02)

    class Endless(ScriptedModel):
        async def complete(self, request: ModelRequest) -> ModelResponse:
            assert request.timeout == 0.02
            await asyncio.Event().wait()
            raise AssertionError

        async def embed(self, request: object) -> None:
            await asyncio.Event().wait()

    async with lumos_host(agents=[Agent("a", model="slow/m")], limits={"model_timeout": 0.02}) as host:
        contribute(host, "provider", "slow", Endless())
        with pytest.raises(PluginTimeoutError, match="plugin 'slow': model 'm': no answer in"):
            await host.run("a", "?")
        with pytest.raises(PluginTimeoutError, match="plugin 'slow': model 'm': no answer in"):
            await host.embed(["x"], model="slow/m")


async def test_nobody_listens_nothing_is_streamed(lumos_host: OpenHost) -> None:
    class Whole(Breaking):
        async def complete(self, request: ModelRequest) -> ModelResponse:
            return ModelResponse(Message.assistant("whole"))

    async with lumos_host(agents=[Agent("a", model="whole/m")]) as host:
        contribute(host, "provider", "whole", whole := Whole(ModelChunk("x"), ModelChunk(finish_reason="stop")))
        assert (await host.run("a", "?")).text == "whole"
        assert whole.calls == 0


async def test_models_are_listed_though_a_provider_cannot_be_asked(lumos_host: OpenHost, seen: Any) -> None:
    class Mute(ScriptedModel):
        async def models(self) -> list[ModelInfo]:
            raise ModelUnavailableError("no network")

    async with lumos_host() as host:
        contribute(host, "provider", "mute", Mute())
        events = seen(host)
        listed = await host.models()
        assert ("test", "scripted") in [(p, m.id) for p, m in listed]
        assert "mute" not in [p for p, _ in listed]
        assert "the models of 'mute' are not known: no network" in [getattr(e, "detail", "") for e in events]
