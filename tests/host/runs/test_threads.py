from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lumosai import Agent
from lumosai.runs.context import from_first_user
from lumosai_sdk import Message, Principal, ToolCall
from lumosai_sdk.errors import ModelError, NotFoundError
from lumosai_sdk.testing.hosts import OpenHost
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.models import ModelRequest
from lumosai_sdk.types.storage import RunFilter, Thread

ANN = Principal("ann", "acme", frozenset({"tool.call"}))
EVE = Principal("eve", "acme", frozenset({"tool.call"}))


def texts(messages: Any) -> list[str]:
    return [m.text for m in messages]


async def test_a_conversation_goes_on(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(["one", "two", "alone"])
    async with lumos_host(agents=[Agent("a", model="test/m", instructions="sys")]) as host:
        await host.run("a", "first", thread="t")
        result = await host.run("a", "second", thread="t")
        assert texts(scripted_model.last.messages) == ["sys", "first", "one", "second"]
        assert texts(result.messages) == ["second", "two"]
        assert texts(await host.storage.messages("t")) == ["first", "one", "second", "two"]
        await host.run("a", "third")
        assert texts(scripted_model.last.messages) == ["sys", "third"]


async def test_what_failed_does_not_become_history(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script([ModelError("down"), "fine"])
    async with lumos_host(agents=[Agent("a", model="test/m")]) as host:
        with pytest.raises(ModelError):
            await host.run("a", "lost", thread="t")
        await host.run("a", "kept", thread="t")
        assert texts(await host.storage.messages("t")) == ["kept", "fine"]


@pytest.mark.parametrize(("history", "shown"), [(0, []), (1, []), (2, ["q2", "a2"]), (5, ["q2", "a2"]), (6, None)])
async def test_a_cut_history_begins_with_a_persons_words(
    lumos_host: OpenHost, scripted_model: ScriptedModel, history: int, shown: list[str] | None
) -> None:
    call = ToolCall("c", "look", "{}")
    whole = [
        Message.user("q1"),
        Message.assistant("", (call,)),
        Message.tool("c", "seen"),
        Message.assistant("a1"),
        Message.user("q2"),
        Message.assistant("a2"),
    ]
    scripted_model.script("ok")
    async with lumos_host(agents=[Agent("a", model="test/m", history=history)]) as host:
        await host.storage.append_messages("t", whole)
        await host.run("a", "now", thread="t")
        expected = texts(whole) if shown is None else shown
        assert texts(scripted_model.last.messages) == [*expected, "now"]


@pytest.mark.parametrize("start", range(6))
def test_no_cut_leaves_a_result_without_its_call(start: int) -> None:
    call = ToolCall("c", "look", "{}")
    messages = [
        Message.user("q"),
        Message.assistant("", (call,)),
        Message.tool("c", "x"),
        Message.assistant("a"),
        Message.user("q"),
    ]
    assert list(from_first_user(messages[start:])) == messages[max(start, 4) if start else 0 :]


async def test_two_runs_on_one_thread_take_turns(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    inside: list[str] = []

    async def slow(request: ModelRequest) -> str:
        mine = request.messages[-1].text
        inside.append(f"{mine} in")
        await asyncio.sleep(0.005)
        inside.append(f"{mine} out")
        return f"re {mine}"

    scripted_model.script(slow)
    async with lumos_host(agents=[Agent("a", model="test/m")]) as host:
        await asyncio.gather(*(host.run("a", n, thread="t") for n in "123"))
        assert inside == ["1 in", "1 out", "2 in", "2 out", "3 in", "3 out"]
        assert texts(await host.storage.messages("t")) == ["1", "re 1", "2", "re 2", "3", "re 3"]
        assert host.runs.turns._threads == {}


async def test_different_threads_do_not_wait_for_each_other(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    meeting = asyncio.Barrier(3)

    async def meet(request: ModelRequest) -> str:
        async with asyncio.timeout(5):
            await meeting.wait()
        return "met"

    scripted_model.script(meet)
    async with lumos_host(agents=[Agent("a", model="test/m")]) as host:
        await asyncio.gather(*(host.run("a", "?", thread=t) for t in ("x", "y", None)))


async def test_a_thread_is_its_makers(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script("ok")
    async with lumos_host(agents=[Agent("a", model="test/m")]) as host:
        await host.run("a", "my secret plan", thread="t", principal=ANN)
        thread = await host.storage.get_thread("t")
        assert (thread.owner, thread.title) == ("acme/ann", "my secret plan")
        with pytest.raises(NotFoundError, match="no thread 't'"):
            await host.run("a", "what was the plan?", thread="t", principal=EVE)
        assert len(scripted_model.requests) == 1
        assert texts(await host.storage.messages("t")) == ["my secret plan", "ok"]
        await host.run("a", "go on", thread="t", principal=ANN)
        (failed,) = await host.storage.list_runs(RunFilter(status="failed"))
        assert failed.owner == "acme/eve"


async def test_a_thread_of_the_owner_is_not_taken_over(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script("ok")
    async with lumos_host(agents=[Agent("a", model="test/m")]) as host:
        await host.storage.put_thread(Thread("t", "acme/ann", "mine"))
        await host.run("a", "the person at this machine may", thread="t")
        thread = await host.storage.get_thread("t")
        assert (thread.owner, thread.title) == ("acme/ann", "mine")


async def test_a_suspended_run_lets_others_use_the_thread(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    from lumosai_sdk import Decision, tool

    @tool(approval="always")
    async def buy() -> str:
        return "bought"

    scripted_model.script([ToolCall("c", "buy", "{}"), "between", "after"])
    async with lumos_host(agents=[Agent("a", model="test/m", tools=[buy])]) as host:
        waiting = await host.run("a", "buy", thread="t")
        await host.run("a", "meanwhile", thread="t")
        await host.resume(waiting.run_id, {"c": Decision()})
        kept = [(m.role, m.text) for m in await host.storage.messages("t")]
        assert kept == [
            ("user", "meanwhile"),
            ("assistant", "between"),
            ("user", "buy"),
            ("assistant", ""),
            ("tool", "bought"),
            ("assistant", "after"),
        ]
