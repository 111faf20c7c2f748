"""Attacks on runs: other people's events, approvals, answers, replayed decisions, floods."""


from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lumosai import Agent
from lumosai_sdk import tool
from lumosai_sdk.errors import ConflictError, NotFoundError
from lumosai_sdk.testing.hosts import open_host
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.messages import ToolCall
from lumosai_sdk.types.models import ModelChunk, ModelRequest, Usage
from lumosai_sdk.types.runs import Decision, RunRequest

SCOPES = frozenset({"agent.run", "run.resume", "tool.call"})
ALICE, BOB = Principal("alice", scopes=SCOPES), Principal("bob", scopes=SCOPES)
STORES = pytest.mark.parametrize("storage", ["memory", "sqlite"])


class Slow(ScriptedModel):
    """Answers piece by piece."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        for i in range(100):
            yield ModelChunk(f"alice-{i} ")
            await asyncio.sleep(0)
        yield ModelChunk(finish_reason="stop", usage=Usage(1, 1))


class Till:
    """A tool that needs leave and counts how often it ran."""

    def __init__(self) -> None:
        self.paid = 0

        @tool(id="app.pay", approval="always")
        async def pay() -> str:
            """Pay."""
            await asyncio.sleep(0.05)
            self.paid += 1
            return "paid"

        self.pay = pay

    def agent(self) -> Agent:
        return Agent("a", model="test/x", tools=[self.pay])


PAY = ToolCall("c", "app_pay", "{}")


# --- other people's runs


@STORES
async def test_resuming_anothers_run_shows_none_of_its_events(tmp_path: Path, storage: str) -> None:
    async with open_host(tmp_path, Slow(), agents=[Agent("a", model="test/x")], storage={"use": storage}) as host:
        begun = asyncio.Event()

        async def alice() -> None:
            async for _ in host.runs.stream(RunRequest("a", "hi", run_id="run_x", principal=ALICE)):
                begun.set()

        running = asyncio.create_task(alice())
        await begun.wait()
        seen: list[object] = []
        while not running.done():
            with pytest.raises(NotFoundError):
                seen += [e async for e in host.runs.stream_resume("run_x", {}, principal=BOB)]
            await asyncio.sleep(0)
        await running
        assert seen == []


async def test_starting_a_run_with_anothers_id_shows_nothing_of_it(tmp_path: Path) -> None:
    async with open_host(tmp_path, Slow(), agents=[Agent("a", model="test/x")]) as host:
        events = host.runs.stream(RunRequest("a", "hi", run_id="run_x", principal=ALICE))
        await anext(events)
        for _ in range(3):
            with pytest.raises(ConflictError, match="run 'run_x' is under way"):
                await anext(host.runs.stream(RunRequest("a", "hi", run_id="run_x", principal=BOB)))
        assert [e.type async for e in events][-1] == "run.completed"
        with pytest.raises(ConflictError, match="there is a run"):
            await host.runs.run(RunRequest("a", "mine now", run_id="run_x", principal=BOB))
        assert (await host.runs.get("run_x", ALICE)).messages[0].text == "hi"


async def test_a_strangers_call_does_not_keep_the_owner_from_resuming(tmp_path: Path) -> None:
    till = Till()
    model = ScriptedModel([PAY, "done"])
    async with open_host(tmp_path, model, agents=[till.agent()], storage={"use": "sqlite"}) as host:
        run_id = (await host.run("a", "go", principal=ALICE)).run_id
        strange = [host.runs.resume(run_id, {"c": Decision()}, principal=BOB) for _ in range(5)]
        *refused, done = await asyncio.gather(
            *strange, host.runs.resume(run_id, {"c": Decision()}, principal=ALICE), return_exceptions=True
        )
        assert [type(e) for e in refused] == [NotFoundError] * 5
        assert not isinstance(done, BaseException)
        assert (done.status, till.paid) == ("completed", 1)


async def test_the_owner_follows_what_is_resumed(tmp_path: Path) -> None:
    till = Till()
    async with open_host(tmp_path, ScriptedModel([PAY, "done"]), agents=[till.agent()]) as host:
        run_id = (await host.run("a", "go", principal=ALICE)).run_id
        events = [e.type async for e in host.runs.stream_resume(run_id, {"c": Decision()}, principal=ALICE)]
        assert (events[0], events[-1], till.paid) == ("run.resumed", "run.completed", 1)
