"""Runs that their host's stop interrupts: what is kept of them, and how they go on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from lumosai import Agent, Host
from lumosai_sdk import Principal, ToolCall, processor, tool
from lumosai_sdk.errors import ConflictError, LumosError
from lumosai_sdk.testing.hosts import OpenHost, contribute
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import ModelRequest
from lumosai_sdk.types.runs import Decision, RunRequest
from lumosai_sdk.types.storage import RunFilter, RunRecord

SQLITE = {"use": "sqlite"}


class Bench:
    """An agent with a tool that changes things, one that does not, and one that waits; it is seen what they do."""

    def __init__(self, model: ScriptedModel) -> None:
        self.model = model
        self.made: list[str] = []
        self.begun = asyncio.Event()
        self.patient = True

    async def wait(self) -> None:
        self.begun.set()
        if self.patient:
            await asyncio.Event().wait()

    async def waits(self, request: ModelRequest) -> str:
        await self.wait()
        return "done"

    def agent(self, *, side_effects: bool = True, **more: Any) -> Agent:
        @tool(side_effects=side_effects)
        async def pay(n: int) -> str:
            """Pay."""
            self.made.append(f"pay {n}")
            await self.wait()
            return f"paid {n}"

        @tool
        async def look() -> str:
            """Look."""
            self.made.append("look")
            return "seen"

        return Agent("a", model="test/m", tools=[pay, look], **more)


@pytest.fixture
def bench(scripted_model: ScriptedModel) -> Bench:
    return Bench(scripted_model)


async def interrupted(host: Host, bench: Bench, **request: Any) -> RunRecord:
    """Begin a run, and stop the runs of the host when it waits."""
    task = asyncio.create_task(host.runs.run(RunRequest("a", "go", **request)))
    await bench.begun.wait()
    await host.runs.drain(0)
    with pytest.raises(LumosError) as caught:
        await task
    assert (caught.value.code, caught.value.status) == ("interrupted", 503)
    [record] = await host.storage.list_runs(RunFilter(limit=1))
    assert record.id in str(caught.value.hint)
    assert (record.status, dict(record.error or {})["code"]) == ("interrupted", "interrupted")
    bench.patient = False
    return record


async def test_it_goes_on_from_its_last_whole_step(lumos_host: OpenHost, bench: Bench) -> None:
    agent = bench.agent()
    bench.model.script([ToolCall("1", "look", "{}"), bench.waits])
    async with lumos_host(agents=[agent], storage=SQLITE) as host:
        record = await interrupted(host, bench)
        assert [m.role for m in record.messages] == ["user", "assistant", "tool"]
        events = [e["type"] for e in await host.storage.events(record.id)]
        assert events[-1] == "run.failed"
    bench.model.script("the end")
    async with lumos_host(agents=[agent], storage=SQLITE) as host:
        result = await host.resume(record.id, {})
        assert (result.status, result.text, result.steps) == ("completed", "the end", 2)
        assert [m.text for m in bench.model.last.messages] == ["go", "", "seen"]
        assert bench.made == ["look"]
        assert [e["seq"] for e in await host.storage.events(record.id)] == list(range(1, 12))
        with pytest.raises(ConflictError, match="completed"):
            await host.resume(record.id, {})


async def test_a_call_that_may_have_been_made_is_made_again_with_leave_only(lumos_host: OpenHost, bench: Bench) -> None:
    agent = bench.agent()
    bench.model.script(ToolCall("1", "pay", '{"n": 5}'))
    async with lumos_host(agents=[agent], storage=SQLITE) as host:
        record = await interrupted(host, bench)
        [pending] = record.pending
        assert (pending.tool, dict(pending.arguments)) == ("pay", {"n": 5})
    bench.model.script("the end")
    async with lumos_host(agents=[agent], storage=SQLITE) as host:
        for _ in range(2):  # who resumes without a word, however often, is asked
            asked = await host.resume(record.id, {})
            assert (asked.status, [p.call_id for p in asked.pending]) == ("suspended", ["1"])
        assert bench.made == ["pay 5"]
        result = await host.resume(record.id, {"1": Decision(approve=False, reason="it was")})
        assert (result.text, bench.made) == ("the end", ["pay 5"])
        assert "declined" in bench.model.last.messages[-1].text


async def test_with_leave_it_is_made_again(lumos_host: OpenHost, bench: Bench) -> None:
    agent = bench.agent(approve=["pay"])
    bench.model.script(ToolCall("1", "pay", '{"n": 5}'))
    async with lumos_host(agents=[agent], storage=SQLITE) as host:
        waiting = await host.run("a", "go")
        task = asyncio.create_task(host.resume(waiting.run_id, {"1": Decision()}))
        await bench.begun.wait()
        await host.runs.drain(0)
        with pytest.raises(LumosError, match="stopped"):
            await task
    bench.model.script("the end")
    bench.patient = False
    async with lumos_host(agents=[agent], storage=SQLITE) as host:
        # Leave was given for one time.
        assert (await host.resume(waiting.run_id, {})).status == "suspended"
        assert (await host.resume(waiting.run_id, {"1": Decision()})).text == "the end"
    assert bench.made == ["pay 5", "pay 5"]


async def test_a_call_that_changes_nothing_is_simply_made_again(lumos_host: OpenHost, bench: Bench) -> None:
    agent = bench.agent(side_effects=False)
    bench.model.script(ToolCall("1", "pay", '{"n": 1}'))
    async with lumos_host(agents=[agent], storage=SQLITE) as host:
        record = await interrupted(host, bench)
        assert record.pending == ()
    bench.model.script("the end")
    async with lumos_host(agents=[agent], storage=SQLITE) as host:
        assert (await host.resume(record.id, {})).text == "the end"
    assert bench.made == ["pay 1", "pay 1"]


async def test_of_several_calls_those_that_ended_are_kept(lumos_host: OpenHost, bench: Bench) -> None:
    agent = bench.agent()
    bench.model.script((ToolCall("1", "look", "{}"), ToolCall("2", "pay", '{"n": 1}')))
    async with lumos_host(agents=[agent], storage=SQLITE) as host:
        record = await interrupted(host, bench)
        assert [(m.role, m.tool_call_id) for m in record.messages[2:]] == [("tool", "1")]
    bench.model.script("the end")
    async with lumos_host(agents=[agent], storage=SQLITE) as host:
        assert (await host.resume(record.id, {"2": Decision()})).text == "the end"
    assert bench.made == ["look", "pay 1", "pay 1"]


async def test_input_that_no_processor_has_passed_does_not_slip_by(lumos_host: OpenHost, bench: Bench) -> None:
    @processor("input")
    async def guard(messages: tuple[Message, ...], run: Any) -> tuple[Message, ...]:
        await bench.wait()
        return (Message.user(messages[0].text.replace("go", "***")),)

    agent = bench.agent(processors=["g"])
    bench.model.script("the end")

    async with lumos_host(storage=SQLITE) as host:
        contribute(host, "processor", "g", guard)
        host.add(agent)
        record = await interrupted(host, bench)
        assert bench.model.requests == []
    async with lumos_host(storage=SQLITE) as host:
        contribute(host, "processor", "g", guard)
        host.add(agent)
        assert (await host.resume(record.id, {})).text == "the end"
    assert [m.text for m in bench.model.last.messages] == ["***"]


async def test_one_that_waits_for_its_turn_keeps_its_input(lumos_host: OpenHost, bench: Bench) -> None:
    agent = bench.agent()
    bench.model.script(bench.waits)
    async with lumos_host(agents=[agent], storage=SQLITE) as host:
        tasks = [asyncio.create_task(host.run("a", f"input {n}", thread="t")) for n in range(2)]
        await bench.begun.wait()
        await host.runs.drain(0)
        await asyncio.gather(*tasks, return_exceptions=True)
        records = sorted(await host.storage.list_runs(RunFilter()), key=lambda r: r.created_at)
        assert [[m.text for m in r.messages] for r in records] == [["input 0"], ["input 1"]]
    bench.model.script("the end")
    async with lumos_host(agents=[agent], storage=SQLITE) as host:
        for record in records:
            assert (await host.resume(record.id, {})).text == "the end"
        said = [m.text for m in await host.storage.messages("t")]
    assert said == ["input 0", "the end", "input 1", "the end"]


async def test_what_the_stop_breaks_off_is_interrupted_and_what_a_person_cancels_is_cancelled(
    lumos_host: OpenHost, bench: Bench
) -> None:
    bench.model.script(bench.waits)
    async with lumos_host(agents=[bench.agent()], storage=SQLITE) as host:
        left, cancelled = (asyncio.create_task(host.run("a", word)) for word in ("left", "cancelled"))
        await bench.begun.wait()
        draining = asyncio.create_task(host.runs.drain(60))
        await asyncio.sleep(0)
        left.cancel()  # its client's connection was closed
        runs = {r.messages[0].text: r.id for r in await host.storage.list_runs(RunFilter())}
        await host.cancel(runs["cancelled"])
        await draining
        await asyncio.gather(left, cancelled, return_exceptions=True)
        found = {r.messages[0].text: r.status for r in await host.storage.list_runs(RunFilter())}
        assert found == {"left": "interrupted", "cancelled": "cancelled"}


async def test_one_that_died_with_its_host_does_not_go_on(lumos_host: OpenHost, bench: Bench) -> None:
    agent = bench.agent()
    bench.model.script(bench.waits)
    async with lumos_host(agents=[agent], storage=SQLITE) as host:
        record = await interrupted(host, bench)
        # It was resumed elsewhere, and that host was killed.
        await host.storage.put_run(replace(record, status="running", host="elsewhere:1:1"))
        assert await host.recorder.mark_interrupted(lambda _: False) == 1
        with pytest.raises(ConflictError, match="not known") as caught:
            await host.resume(record.id, {})
        assert caught.value.hint == "run it again"


async def test_it_is_its_owners(lumos_host: OpenHost, bench: Bench) -> None:
    bench.model.script(bench.waits)
    ada = Principal("ada", scopes=frozenset({"agent.run"}))
    async with lumos_host(agents=[bench.agent()], storage=SQLITE) as host:
        record = await interrupted(host, bench, principal=ada)
        with pytest.raises(LumosError) as caught:
            await host.resume(record.id, {}, principal=Principal("eve"))
        assert caught.value.code == "not_found"
