from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from lumosai import Agent
from lumosai.runs import processors
from lumosai_sdk import BlockedError, Message, Phase, RunInfo, ToolCall
from lumosai_sdk.errors import PluginError, PluginTimeoutError, PluginUnavailableError
from lumosai_sdk.testing.hosts import OpenHost, contribute
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.models import ModelRequest
from lumosai_sdk.types.processors import PHASES

CALL = ToolCall("c1", "echo", '{"x": "in"}')


async def echo(x: str) -> str:
    return f"<{x}>"


class Guard:
    """A processor that does *do* at its phases and keeps what it saw."""

    def __init__(self, *phases: Phase, do: Any = None) -> None:
        self.phases = frozenset(phases)
        self.do = do
        self.seen: list[tuple[Phase, Any, RunInfo]] = []

    async def process(self, phase: Phase, value: Any, context: RunInfo) -> Any:
        self.seen.append((phase, value, context))
        if isinstance(self.do, BaseException):
            raise self.do
        result = value if self.do is None else self.do(value)
        return await result if asyncio.iscoroutine(result) else result


def agent(*ids: str, **more: Any) -> Agent:
    return Agent("a", model="test/m", tools=[echo], processors=ids, **more)


async def test_it_sees_what_passes_each_point(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script([CALL, "answer"])
    guard = Guard(*PHASES)
    async with lumos_host(agents=[agent("g")]) as host:
        contribute(host, "processor", "g", guard)
        result = await host.run("a", "question", thread="t")
        assert [(p, v) for p, v, _ in guard.seen] == [
            ("input", (Message.user("question"),)),
            ("model_request", (Message.user("question"),)),
            ("tool_call", CALL),
            ("tool_result", "<in>"),
            ("model_request", (Message.user("question"), Message.assistant("", (CALL,)), Message.tool("c1", "<in>"))),
            ("output", "answer"),
        ]
        assert {(c.run_id, c.agent, c.thread_id) for *_, c in guard.seen} == {(result.run_id, "a", "t")}


async def test_it_changes_what_passes(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script([CALL, "my number is FIVES"])
    async with lumos_host(agents=[agent("i", "c", "r", "o")]) as host:
        contribute(host, "processor", "i", Guard("input", do=lambda m: (*m, Message.user("be polite"))))
        contribute(host, "processor", "c", Guard("tool_call", do=lambda c: replace(c, arguments='{"x": "safe"}')))
        contribute(host, "processor", "r", Guard("tool_result", do=str.upper))
        contribute(host, "processor", "o", Guard("output", do=lambda t: t.replace("FIVES", "***")))
        result = await host.run("a", "question", thread="t")
        assert result.text == "my number is ***"
        assert [m.text for m in scripted_model.last.messages] == ["question", "be polite", "", "<SAFE>"]
        assert result.messages[-1] == Message.assistant("my number is ***")
        assert (await host.runs.get(result.run_id)).text == "my number is ***"
        assert "FIVES" not in str(await host.storage.events(result.run_id))


async def test_what_the_model_reads_can_be_other_than_what_is_kept(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    scripted_model.script([CALL, "answer", "again"])
    hint = Message.system("The person is called Ann")
    async with lumos_host(agents=[agent("g")]) as host:
        contribute(host, "processor", "g", Guard("model_request", do=lambda m: (hint, *m[-1:])))
        result = await host.run("a", "question", thread="t")
        assert [len(r.messages) for r in scripted_model.requests] == [2, 2]
        assert all(r.messages[0] == hint for r in scripted_model.requests)
        assert [m.role for m in result.messages] == ["user", "assistant", "tool", "assistant"]
        assert hint not in await host.storage.messages("t")


async def test_they_run_in_the_agents_order_and_only_at_their_points(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    scripted_model.script("x")
    async with lumos_host(agents=[agent("b", "a")]) as host:
        contribute(host, "processor", "a", Guard("output", do=lambda t: f"a({t})"))
        contribute(host, "processor", "b", Guard(*PHASES, do=lambda t: f"b({t})"), phases=["output"])
        assert (await host.run("a", "?")).text == "a(b(x))"


@pytest.mark.parametrize("phase", PHASES)
async def test_a_refusal_ends_the_run(lumos_host: OpenHost, scripted_model: ScriptedModel, phase: Phase) -> None:
    scripted_model.script([CALL, "answer"])
    async with lumos_host(agents=[agent("g")]) as host:
        contribute(host, "processor", "g", Guard(phase, do=BlockedError("not allowed here")))
        events = [e async for e in host.stream("a", "?")]
        assert events[-1].to_json()["error"] == {"code": "blocked", "message": "not allowed here"}
        reached = {"input": 0, "model_request": 0, "tool_call": 1, "tool_result": 1, "output": 2}[phase]
        assert len(scripted_model.requests) == reached
        assert ("tool.result" in [e.type for e in events]) == (phase == "output")


FAILURES = [ValueError("oh"), SystemExit(1), asyncio.CancelledError()]


@pytest.mark.parametrize("error", FAILURES)
@pytest.mark.parametrize("phase", ["input", "output"])
async def test_one_that_fails_lets_nothing_through(
    lumos_host: OpenHost, scripted_model: ScriptedModel, phase: Phase, error: BaseException
) -> None:
    scripted_model.script("answer")
    async with lumos_host(agents=[agent("g")]) as host:
        contribute(host, "processor", "g", Guard(phase, do=error))
        with pytest.raises(PluginError, match="plugin 'g': processor 'g'"):
            await host.run("a", "?")


@pytest.mark.parametrize("error", FAILURES)
@pytest.mark.parametrize("phase", ["tool_call", "tool_result"])
async def test_one_that_fails_at_a_tool_lets_nothing_through_to_it_or_from_it(
    lumos_host: OpenHost, scripted_model: ScriptedModel, phase: Phase, error: BaseException
) -> None:
    called: list[str] = []

    async def look() -> str:
        called.append("look")
        return "a secret"

    scripted_model.script([ToolCall("c", "look", "{}"), "answer"])
    async with lumos_host(agents=[Agent("a", model="test/m", tools=[look], processors=["g"])]) as host:
        contribute(host, "processor", "g", Guard(phase, do=error))
        result = await host.run("a", "?")
        assert called == ([] if phase == "tool_call" else ["look"])
        assert "plugin 'g': processor 'g'" in scripted_model.last.messages[-1].text
        assert "a secret" not in str(result.to_json())


@pytest.mark.parametrize(
    ("phase", "value"), [("input", "text"), ("input", None), ("output", None), ("output", b"x"), ("output", 3)]
)
async def test_one_that_returns_something_else_lets_nothing_through(
    lumos_host: OpenHost, scripted_model: ScriptedModel, phase: Phase, value: Any
) -> None:
    scripted_model.script("answer")
    async with lumos_host(agents=[agent("g")]) as host:
        contribute(host, "processor", "g", Guard(phase, do=lambda _: value))
        with pytest.raises(PluginError, match=f"returned {type(value).__name__} where it was given"):
            await host.run("a", "?")


async def test_one_that_never_answers_lets_nothing_through(
    lumos_host: OpenHost, scripted_model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processors, "TIMEOUT", 0.02)
    scripted_model.script("answer")

    async def never() -> None:
        await asyncio.Event().wait()

    async with lumos_host(agents=[agent("g")]) as host:
        contribute(host, "processor", "g", Guard("output", do=lambda _: never()))
        with pytest.raises(PluginTimeoutError):
            await host.run("a", "?")


async def test_one_that_is_switched_off_in_the_run_lets_nothing_through(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    async with lumos_host(agents=[agent("g")]) as host:
        contribute(host, "processor", "g", Guard("output"))

        def switch_off(request: ModelRequest) -> str:
            host.registry.withdraw("g", "the plugin is disabled")
            return "unguarded answer"

        scripted_model.script(switch_off)
        with pytest.raises(PluginUnavailableError, match="plugin 'g': processor 'g': the plugin is disabled"):
            await host.run("a", "?")


async def test_one_that_is_swapped_in_the_run_is_the_new_one_from_then_on(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    old, new = Guard("input", "output"), Guard("input", "output")
    async with lumos_host(agents=[agent("g")]) as host:
        contribute(host, "processor", "g", old)

        def swap(request: ModelRequest) -> str:
            contribute(host, "processor", "g", new)
            return "answer"

        scripted_model.script(swap)
        await host.run("a", "?")
        assert [p for p, *_ in old.seen] == ["input"]
        assert [p for p, *_ in new.seen] == ["output"]


async def test_no_follower_sees_an_answer_before_its_guard(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script("my number is FIVES")
    async with lumos_host(agents=[agent("g")]) as host:
        contribute(host, "processor", "g", Guard("output", do=lambda t: t.replace("FIVES", "***")))
        events = [e.to_json() async for e in host.stream("a", "?")]
        assert "FIVES" not in str(events)
        assert "".join(e["text"] for e in events if e["type"] == "model.delta") == "my number is ***"
        contribute(host, "processor", "g", Guard("output", do=BlockedError("no numbers")))
        assert "FIVES" not in str([e.to_json() async for e in host.stream("a", "?")])


async def test_a_guard_that_breaks_the_schema_is_told(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script('{"n": 1}')
    async with lumos_host(agents=[agent("g", output={"type": "object", "required": ["n"]})]) as host:
        contribute(host, "processor", "g", Guard("output", do=lambda t: t.replace("1", "2")))
        assert (await host.run("a", "?")).output == {"n": 2}
        contribute(host, "processor", "g", Guard("output", do=lambda t: "***"))
        with pytest.raises(Exception, match="a processor broke the answer: not JSON"):
            await host.run("a", "?")
