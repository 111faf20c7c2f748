"""What every memory must do."""

# ruff: noqa: S101 - the class is a test
from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from lumosai_sdk.errors import LumosError
from lumosai_sdk.kinds.memory import Memory
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.memory import Turn
from lumosai_sdk.types.messages import ImagePart, Message, TextPart, ToolCall
from lumosai_sdk.types.processors import RunInfo
from lumosai_sdk.types.storage import Thread

ANN = Principal("ann", "acme")
OTHERS = (Principal("bob", "acme"), Principal("ann", "other"), Principal("acme/ann", "default"), Principal("a", "acme"))
"""Who must learn nothing of Ann: another person, one of her name elsewhere, and names that look like hers."""
SECRET = "the safe opens with 4711-XK"  # noqa: S105 - of the story
ASKED = "how do I open the safe?"
_CALL = ToolCall("c1", "time_now", "{}")
HISTORY = (
    Message.user("What time is it?"),
    Message.assistant("", (_CALL,)),
    Message.tool("c1", "12:00"),
    Message.assistant("Noon."),
    Message.user(
        (TextPart("And this? \N{FOX FACE} \x00 \N{RIGHT-TO-LEFT OVERRIDE}"), ImagePart("data:image/png;base64,AAAA"))
    ),
    Message.assistant("A fox."),
)
Forget = Callable[[Principal], Awaitable[Any]]


def turn(
    principal: Principal = ANN, thread: str | None = "t1", asked: str = ASKED, history: Sequence[Message] = ()
) -> Turn:
    """Return a request to the agent ``a``."""
    name = f"{principal.tenant}-{principal.id}-{thread}"
    return Turn(RunInfo(f"run-{name}", "a", thread, principal), (Message.user(asked),), tuple(history))


def _owner(about: Turn) -> str:
    return f"{about.run.principal.tenant}/{about.run.principal.id}"


class MemoryConformance:
    """Subclass it and override ``memory``.

    A memory that shows later what it was told overrides ``reopen`` too, and ``tell`` if ``remember`` alone does not
    tell it. Give it the host's services with a store in ``services``: threads are made there.
    """

    pytestmark = pytest.mark.asyncio
    by_thread = False
    """Whether what was said on one thread must not be shown on another of the same person."""

    @pytest.fixture
    def memory(self) -> Any:
        """The memory under test. Override it."""
        raise NotImplementedError

    @pytest.fixture
    def services(self) -> Any:
        """The services the memory was made with, or None if it needs none."""
        return None

    @pytest.fixture
    def reopen(self) -> Callable[[], Memory] | None:
        """Makes the memory anew over the same data, as a restart does; None: it keeps nothing."""
        return None

    @pytest.fixture
    def broken(self) -> Memory | None:
        """The memory over stores or models that fail; None: it has none that could."""
        return None

    @pytest.fixture
    def forget(self) -> Forget | None:
        """Deletes what is kept of a person; None: there is no way to."""
        return None

    async def tell(self, memory: Memory, about: Turn, text: str) -> None:
        """Let *memory* learn *text* on a thread."""
        await memory.remember(about, (Message.user(text), Message.assistant("I will keep it to myself.")))

    async def begin(self, services: Any, about: Turn) -> None:
        """Make the turn's thread, as the host does before a run."""
        if services is not None and about.run.thread_id is not None:
            storage, owner, now = services.storage(), _owner(about), time.time()
            there = await storage.get_thread(about.run.thread_id)
            if there is None or there.owner != owner:
                await storage.put_thread(Thread(about.run.thread_id, owner, "", now, now))

    async def _shown(self, memory: Memory, about: Turn) -> str:
        shown = await memory.recall(about)
        assert all(isinstance(m, Message) for m in shown)
        return "\n".join(m.text for m in shown)

    async def test_is_a_memory(self, memory: Any) -> None:
        """It has ``recall`` and ``remember``."""
        assert isinstance(memory, Memory)

    async def test_recalls_messages(self, memory: Any, services: Any) -> None:
        """With a history and without, with a thread and without, it returns messages, and none of the input."""
        for thread in ("t1", None):
            for history in ((), HISTORY):
                about = turn(thread=thread, history=history, asked="something nobody said before")
                await self.begin(services, about)
                assert "nobody said before" not in await self._shown(memory, about)

    async def test_changes_nothing_by_looking(self, memory: Any, services: Any) -> None:
        """What it is given stays as it is, and to recall twice shows the same: runs are resumed."""
        about = turn(history=HISTORY)
        await self.begin(services, about)
        before = copy.deepcopy(about)
        first = list(await memory.recall(about))
        assert list(await memory.recall(about)) == first
        assert about == before

    async def test_changes_nothing_by_remembering(self, memory: Any, services: Any) -> None:
        """The turn and the messages of a run stay as they are, whatever is in them."""
        about = turn(history=HISTORY)
        await self.begin(services, about)
        messages = (*about.input, *HISTORY, Message.user(""), Message.assistant("done"))
        before = copy.deepcopy((about, messages))
        await memory.remember(about, messages)
        assert (about, messages) == before

    async def test_does_not_part_calls_from_results(self, memory: Any, services: Any) -> None:
        """Each result of a tool stands after its call, and each call has its results: vendors refuse anything else."""
        history = HISTORY * 20
        for start in range(len(HISTORY)):
            about = turn(history=history[start:] if history[start].role == "user" else history)
            await self.begin(services, about)
            open_: set[str] = set()
            for message in await memory.recall(about):
                if message.role == "tool":
                    assert message.tool_call_id in open_
                    open_.discard(message.tool_call_id or "")
                else:
                    assert not open_
                    open_ = {c.id for c in message.tool_calls}
            assert not open_

    async def test_keeps_persons_apart(self, memory: Any, services: Any) -> None:
        """What one person said is shown to no other, of no tenant, on no thread; not even on one of the same name."""
        about = turn()
        await self.begin(services, about)
        await self.tell(memory, about, SECRET)
        for other in OTHERS:
            for thread in ("t2", None):
                asked = turn(other, thread)
                await self.begin(services, asked)
                assert SECRET not in await self._shown(memory, asked)
        for other in OTHERS:
            asked = turn(other)  # the thread was deleted, and somebody else made one of its name
            if services is not None:
                await services.storage().delete_thread("t1")
            await self.begin(services, asked)
            assert SECRET not in await self._shown(memory, asked)

    async def test_keeps_threads_apart(self, memory: Any, services: Any) -> None:
        """With ``by_thread``, what was said on a thread is shown on no other, nor on a later one of its name."""
        if not self.by_thread:
            pytest.skip("it is one memory for all threads of a person")
        about, other = turn(), turn(thread="t2")
        for each in (about, other):
            await self.begin(services, each)
        await self.tell(memory, about, SECRET)
        assert SECRET not in await self._shown(memory, other)
        if services is not None:
            await services.storage().delete_thread("t1")
            await self.begin(services, about)
            assert SECRET not in await self._shown(memory, about)

    async def test_shows_it_after_a_restart(self, memory: Any, reopen: Any, services: Any) -> None:
        """What it was told it shows, and when it is made anew as well."""
        if reopen is None:
            pytest.skip("it keeps nothing")
        about = turn()
        await self.begin(services, about)
        await self.tell(memory, about, SECRET)
        assert SECRET in await self._shown(memory, about)
        assert SECRET in await self._shown(reopen(), about)

    async def test_serves_many_at_once(self, memory: Any, services: Any) -> None:
        """Told and asked by many persons at once, it shows each their own at most."""

        async def one(number: int) -> None:
            about = turn(Principal(f"p{number}", "acme"), f"thread-{number}")
            await self.begin(services, about)
            await self.tell(memory, about, f"{SECRET} and the number {number:03d}")
            shown = await self._shown(memory, about)
            assert not any(f"the number {n:03d}" in shown for n in range(12) if n != number)

        await asyncio.gather(*(one(n) for n in range(12)))

    async def test_fails_loudly(self, broken: Any, services: Any) -> None:
        """Where its stores or models fail, it raises LumosError: to have forgotten is not to be passed over."""
        if broken is None:
            pytest.skip("it has nothing that could fail")
        about = turn(history=HISTORY)
        await self.begin(services, about)
        with pytest.raises(LumosError):
            await broken.recall(about)

    async def test_forgets(self, memory: Any, reopen: Any, forget: Any, services: Any) -> None:
        """What is deleted of a person is shown no more, also when it is made anew; others' is."""
        if reopen is None or forget is None:
            pytest.skip("it keeps nothing, or there is no way to delete it")
        about, other = turn(), turn(Principal("bob", "acme"), "t2")
        for each in (about, other):
            await self.begin(services, each)
            await self.tell(memory, each, SECRET)
        await forget(ANN)
        await self.begin(services, about)
        for each in (memory, reopen()):
            assert SECRET not in await self._shown(each, about)
            assert SECRET in await self._shown(each, other)

    async def test_takes_a_run_of_another_agent(self, memory: Any, services: Any) -> None:
        """An agent it has not heard of, and a person whose name is odd, are served like any other."""
        odd = turn(Principal("\N{FOX FACE} ' % _ \\ /..", "acme"), "t \N{FOX FACE}/..")
        odd = replace(odd, run=replace(odd.run, agent="never-heard-of"))
        await self.begin(services, odd)
        await self.tell(memory, odd, SECRET)
        await self._shown(memory, odd)
