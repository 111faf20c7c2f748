"""Every memory of the plugin, over every store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.plugins.remember.fakes import Services, context

from lumosai_plugins.remember.observations import Observations
from lumosai_plugins.remember.personal import Personal
from lumosai_plugins.remember.recall import Recall
from lumosai_plugins.remember.titles import Titles
from lumosai_plugins.remember.updating import UpdateWorking
from lumosai_plugins.remember.window import Window
from lumosai_plugins.remember.working import Working
from lumosai_sdk import Message, Principal, ToolContext, ToolError, Turn
from lumosai_sdk.kinds.memory import Memory
from lumosai_sdk.testing.conformance.memory import Forget, MemoryConformance

on_every_store = pytest.mark.parametrize("store", ["memory", "sqlite", "postgres"], indirect=True)


class Ours(MemoryConformance):
    """A memory that keeps something, with the settings ``settings``."""

    made: Callable[..., Any]
    settings: dict[str, Any] = {}  # noqa: RUF012 - read only

    @pytest.fixture
    def services(self, store: Any) -> Services:
        return Services(store)

    @pytest.fixture
    def memory(self, services: Services) -> Any:
        return type(self).made(context(services, **self.settings))

    @pytest.fixture
    def reopen(self, services: Services) -> Callable[[], Memory] | None:
        return lambda: type(self).made(context(services, **self.settings))

    @pytest.fixture
    def broken(self, store: Any) -> Any:
        return type(self).made(context(Services(store, broken=True), **self.settings))

    @pytest.fixture
    def forget(self, services: Services) -> Forget | None:
        async def gone(who: Principal) -> None:
            await Personal(context(services, **self.settings), f"{who.tenant}/{who.id}").forget()

        return gone


class TestWindow(MemoryConformance):
    @pytest.fixture
    def memory(self) -> Any:
        return Window(context(None, window={"tokens": 3000}))


class TestTitles(Ours):
    made = Titles

    @pytest.fixture
    def reopen(self) -> None:
        """It shows nothing of what it notes."""

    @pytest.fixture
    def broken(self) -> None:
        """It looks for nothing when it recalls."""


@on_every_store
class TestWorking(Ours):
    made = Working

    async def tell(self, memory: Memory, about: Turn, text: str) -> None:
        """Have the model write it down."""
        services = memory._keeping._context.services  # type: ignore[attr-defined]
        tool = UpdateWorking(context(services, **self.settings))
        run = about.run
        try:
            await tool.call({"text": text}, ToolContext(run.run_id, run.agent, "c", run.thread_id, run.principal))
        except ToolError:
            assert run.thread_id is None


class TestWorkingOfThread(TestWorking):
    by_thread = True
    settings = {"working": {"scope": "thread"}}  # noqa: RUF012


@on_every_store
class TestRecall(Ours):
    made = Recall


@on_every_store
class TestRecallOfThread(Ours):
    made = Recall
    by_thread = True
    settings = {"recall": {"scope": "thread"}}  # noqa: RUF012


@on_every_store
class TestObservations(Ours):
    made = Observations
    by_thread = True
    settings = {"observations": {"messages": 1, "recent": 0, "model": "test/observer"}}  # noqa: RUF012

    async def tell(self, memory: Memory, about: Turn, text: str) -> None:
        """Let the run be kept, as the host does, then be noted."""
        messages = (Message.user(text), Message.assistant("I will keep it to myself."))
        storage = memory._keeping.storage  # type: ignore[attr-defined]
        await storage.append_messages(about.run.thread_id, messages)
        await memory.remember(about, messages)
