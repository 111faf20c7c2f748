from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lumosai import Agent, Host
from lumosai_sdk import Principal, ToolCall
from lumosai_sdk.errors import ConflictError, NotFoundError, RunCancelledError
from lumosai_sdk.testing.hosts import OpenHost
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.models import ModelRequest
from lumosai_sdk.types.runs import RunRequest
from lumosai_sdk.types.storage import RunFilter

AGENT = Agent("a", model="test/m")


class Slow:
    """A script that waits until it is released."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.release = asyncio.Event()

    async def __call__(self, request: ModelRequest) -> str:
        self.begun.set()
        await self.release.wait()
        return "late"


@pytest.fixture
def slow(scripted_model: ScriptedModel) -> Slow:
    made = Slow()
    scripted_model.script(made)
    return made


async def status(host: Host) -> list[str]:
    return [r.status for r in await host.storage.list_runs(RunFilter())]


def only_run(host: Host) -> str:
    (run_id,) = host.runs._active
    return run_id


async def test_cancelling_by_id(lumos_host: OpenHost, slow: Slow, seen: Any) -> None:
    async with lumos_host(agents=[AGENT]) as host:
        events = seen(host)
        task = asyncio.create_task(host.run("a", "?"))
        await slow.begun.wait()
        run_id = only_run(host)
        await host.cancel(run_id)
        await host.cancel(run_id)
        with pytest.raises(RunCancelledError, match=run_id):
            await task
        assert not task.cancelled()
        assert await status(host) == ["cancelled"]
        assert events[-1].type == "run.cancelled"
        stored = await host.storage.events(run_id)
        assert stored[-1]["type"] == "run.cancelled"
        with pytest.raises(ConflictError, match="is cancelled; there is nothing to cancel"):
            await host.cancel(run_id)


@pytest.mark.parametrize("by", ["id", "caller"])
async def test_a_cancellation_while_the_end_is_written_comes_too_late(
    lumos_host: OpenHost, scripted_model: ScriptedModel, seen: Any, by: str
) -> None:
    scripted_model.script("done")
    async with lumos_host(agents=[AGENT]) as host:
        events, flushing, release = seen(host), asyncio.Event(), asyncio.Event()
        flush = host.storage.flush

        async def slowly() -> None:
            flushing.set()
            await release.wait()
            await flush()

        host.storage.flush = slowly
        task = asyncio.create_task(host.run("a", "?"))
        await flushing.wait()
        run_id = only_run(host)
        if by == "id":
            await host.cancel(run_id)
        else:
            task.cancel()
        await asyncio.sleep(0)
        release.set()
        if by == "id":
            assert (await task).text == "done"
        else:
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await status(host) == ["completed"]
        assert [e.type for e in events if e.type.startswith("run.")] == ["run.started", "run.completed"]
        stored = await host.storage.events(run_id)
        assert [e["type"] for e in stored if e["type"].startswith("run.")] == ["run.started", "run.completed"]


async def test_a_caller_goes_on_after_its_run_was_cancelled(lumos_host: OpenHost, slow: Slow) -> None:
    async with lumos_host(agents=[AGENT]) as host:

        async def caller() -> str:
            with pytest.raises(RunCancelledError):
                await host.run("a", "?")
            await asyncio.sleep(0)
            return "went on"

        task = asyncio.create_task(caller())
        await slow.begun.wait()
        await host.cancel(only_run(host))
        assert await task == "went on"


async def test_a_callers_own_cancellation_is_the_callers(lumos_host: OpenHost, slow: Slow) -> None:
    async with lumos_host(agents=[AGENT]) as host:
        task = asyncio.create_task(host.run("a", "?"))
        await slow.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await status(host) == ["cancelled"]


async def test_of_both_at_once_the_callers_is_seen(lumos_host: OpenHost, slow: Slow) -> None:
    async with lumos_host(agents=[AGENT]) as host:
        task = asyncio.create_task(host.run("a", "?"))
        await slow.begun.wait()
        await host.cancel(only_run(host))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_cancelling_while_tools_run_ends_the_tools(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    begun, ended = asyncio.Event(), []

    async def endless(n: int) -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            ended.append(n)

    scripted_model.script(tuple(ToolCall(f"c{n}", "endless", f'{{"n": {n}}}') for n in (1, 2)))
    async with lumos_host(agents=[Agent("a", model="test/m", tools=[endless])]) as host:
        task = asyncio.create_task(host.run("a", "?"))
        await begun.wait()
        await host.cancel(only_run(host))
        with pytest.raises(RunCancelledError):
            await task
        assert sorted(ended) == [1, 2]


async def test_cancelling_a_run_that_waits_for_its_thread(lumos_host: OpenHost, slow: Slow) -> None:
    async with lumos_host(agents=[AGENT]) as host:
        first = asyncio.create_task(host.run("a", "one", thread="t"))
        await slow.begun.wait()
        before = only_run(host)
        second = asyncio.create_task(host.run("a", "two", thread="t"))
        await asyncio.sleep(0)
        (waiting,) = set(host.runs._active) - {before}
        await host.cancel(waiting)
        with pytest.raises(RunCancelledError):
            await second
        assert (await host.runs.get(waiting)).status == "cancelled"
        slow.release.set()
        assert (await first).text == "late"
        assert host.runs.turns._threads == {}


async def test_cancelling_what_is_not_there(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script("ok")
    async with lumos_host(agents=[AGENT]) as host:
        with pytest.raises(NotFoundError):
            await host.cancel("run_none")
        done = await host.run("a", "?")
        with pytest.raises(ConflictError, match="is completed"):
            await host.cancel(done.run_id)


async def test_nobody_cancels_anothers_run(lumos_host: OpenHost, slow: Slow) -> None:
    mallory = Principal("mallory", scopes=frozenset({"tool.call", "runs"}))
    async with lumos_host(agents=[AGENT]) as host:
        task = asyncio.create_task(host.run("a", "?"))
        await slow.begun.wait()
        run_id = only_run(host)
        for attempt in (host.runs.cancel, host.runs.get):
            with pytest.raises(NotFoundError):
                await attempt(run_id, mallory)
        slow.release.set()
        assert (await task).text == "late"


async def test_closing_the_stream_cancels_the_run(lumos_host: OpenHost, slow: Slow) -> None:
    async with lumos_host(agents=[AGENT]) as host:
        stream = host.stream("a", "?")
        async for event in stream:
            if event.type == "model.started":
                break
        await stream.aclose()
        assert host.runs.active == 0
        assert await status(host) == ["cancelled"]


async def test_a_consumer_that_is_cancelled_cancels_its_run(lumos_host: OpenHost, slow: Slow) -> None:
    async with lumos_host(agents=[AGENT]) as host:

        async def consume() -> None:
            async for _ in host.stream("a", "?"):
                pass

        task = asyncio.create_task(consume())
        await slow.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await status(host) == ["cancelled"]


async def test_leaving_after_the_last_event_undoes_nothing(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script("ok")
    async with lumos_host(agents=[AGENT]) as host:
        stream = host.stream("a", "?")
        async for event in stream:
            if event.type == "run.completed":
                break
        assert await status(host) == ["completed"]
        await stream.aclose()
        assert await status(host) == ["completed"]


async def test_a_stream_that_is_never_read_starts_nothing(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    async with lumos_host(agents=[AGENT]) as host:
        stream = host.stream("a", "?")
        await stream.aclose()
        assert scripted_model.requests == []


async def test_one_id_is_one_run_at_a_time(lumos_host: OpenHost, slow: Slow) -> None:
    async with lumos_host(agents=[AGENT]) as host:
        request = RunRequest("a", "?", run_id="run_mine")
        task = asyncio.create_task(host.runs.run(request))
        await slow.begun.wait()
        with pytest.raises(ConflictError, match="run 'run_mine' is under way"):
            await host.runs.run(request)
        slow.release.set()
        await task
