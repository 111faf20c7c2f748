"""Memories of an agent: what its model is shown of the past, and what they are told of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from lumosai import Agent
from lumosai_sdk import Message, Turn
from lumosai_sdk.errors import PluginError, StorageError
from lumosai_sdk.testing.hosts import OpenHost, contribute
from lumosai_sdk.testing.scripted import ScriptedModel


class Notes:
    """A memory that shows what *shown* makes of the history, and keeps what it is told."""

    def __init__(self, shown: Callable[[Sequence[Message]], Any] = list) -> None:
        self.shown = shown
        self.told: list[tuple[Turn, Sequence[Message]]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def recall(self, turn: Turn) -> Any:
        return self.shown(turn.history)

    async def remember(self, turn: Turn, messages: Sequence[Message]) -> None:
        await self.gate.wait()
        self.told.append((turn, messages))


def agent(*ids: str, **more: Any) -> Agent:
    return Agent("a", model="test/m", memory=ids, instructions="Be brief.", **more)


async def test_each_shows_what_the_one_before_left(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(["one", "two"])
    async with lumos_host(agents=[agent("last", "facts")]) as host:
        contribute(host, "memory", "last", Notes(lambda h: h[-1:]))
        contribute(host, "memory", "facts", Notes(lambda h: [Message.system("Ada likes tea."), *h]))
        await host.run("a", "hello", thread="t")
        await host.run("a", "again", thread="t")
        texts = [m.text for m in scripted_model.last.messages]
        assert texts == ["Be brief.", "Ada likes tea.", "one", "again"]
        kept = [m.text for m in await host.storage.messages("t")]
        assert kept == ["hello", "one", "again", "two"], "nothing a memory shows is kept"


async def test_the_next_run_waits_for_what_is_noted_of_the_last(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    scripted_model.script(["one", "two", "other"])
    notes = Notes()
    async with lumos_host(agents=[agent("n")]) as host:
        contribute(host, "memory", "n", notes)
        notes.gate.clear()
        await host.run("a", "hello", thread="t")
        second = asyncio.create_task(host.run("a", "again", thread="t"))
        await host.run("a", "elsewhere", thread="u")
        assert notes.told == []
        assert not second.done()
        notes.gate.set()
        await second
        assert [m.text for m in notes.told[0][1]] == ["hello", "one"]
    assert sorted(str(t.run.thread_id) for t, _ in notes.told) == ["t", "t", "u"], "the host's end waits for the rest"


async def test_one_that_fails_ends_the_run(lumos_host: OpenHost) -> None:
    def broken(_: Any) -> Any:
        raise ValueError("no such book")

    async with lumos_host(agents=[agent("n")]) as host:
        contribute(host, "memory", "n", Notes(broken))
        with pytest.raises(PluginError, match=r"memory 'n'.*no such book"):
            await host.run("a", "hello", thread="t")


async def test_one_that_cannot_note_ends_nothing(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    class Full(Notes):
        async def remember(self, turn: Turn, messages: Sequence[Message]) -> None:
            raise StorageError("the disk is full")

    scripted_model.script(["one"])
    warnings: list[str] = []
    async with lumos_host(agents=[agent("n")]) as host:
        host.bus.listen(lambda e: warnings.append(str(getattr(e, "detail", ""))))
        contribute(host, "memory", "n", Full())
        assert (await host.run("a", "hello", thread="t")).text == "one"
    assert any("is not remembered: the disk is full" in w for w in warnings)


async def test_an_agent_has_the_tools_of_its_memories(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(["one"])
    async with lumos_host(agents=[agent("n")]) as host:
        contribute(host, "memory", "n", Notes(), tools=["time.now"])
        await host.run("a", "hello")
        assert [t.id for t in scripted_model.last.tools] == ["time_now"]
