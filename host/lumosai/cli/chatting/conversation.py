"""The conversation: what is said goes to the agent, what begins with a slash is for the chat itself."""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from lumosai.cli.chatting.surface import Surface
from lumosai.cli.failure import show
from lumosai.cli.finish import finish
from lumosai.cli.transcript import Outcome, follow
from lumosai.ids import new_id
from lumosai_sdk.errors import LumosError

if TYPE_CHECKING:
    from lumosai.host import Host

COMMANDS = {
    "/help": "show this",
    "/tools": "list the agent's tools",
    "/agent": "tell who answers, or with a name talk to another agent",
    "/thread": "tell the conversation's id, or with an id go on with that one",
    "/clear": "begin a new conversation",
    "/exit": "leave; so does Ctrl-D",
}


class Conversation:
    """Goes on until the person leaves. Ctrl-C stops an answer, not the conversation."""

    def __init__(
        self, host: Host, surface: Surface, agent: str, thread: str | None, options: argparse.Namespace
    ) -> None:
        self._host = host
        self._surface = surface
        self._options = options
        self.agent = agent
        self.thread = thread or new_id("thread")

    async def hold(self) -> None:
        """Talk."""
        while (said := await self._surface.read()) is not None:
            said = said.strip()
            if said in {"/exit", "/quit"}:
                return
            if said.startswith("/"):
                self._command(said)
            elif said:
                await self._ask(said)

    async def _ask(self, question: str) -> None:
        try:
            outcome = await self._answered(question)
        except LumosError as e:
            show(e.message, e.hint)
        else:
            if outcome is None:
                self._surface.note("stopped")
            elif outcome.status != "cancelled":
                finish(outcome, self._options)

    async def _answered(self, question: str) -> Outcome | None:
        """Return how the run ended, or None if the person stopped it."""
        decide = self._surface.decide
        with self._surface.answering() as view:
            events = self._host.stream(self.agent, question, thread=self.thread, on_pending=decide)
            task = asyncio.ensure_future(follow(events, view))
            with _interrupts(task):
                try:
                    return await task
                except asyncio.CancelledError:
                    if (me := asyncio.current_task()) is not None and me.cancelling():
                        raise
                    return None

    def _command(self, said: str) -> None:
        name, _, rest = said.partition(" ")
        handler = {
            "/help": self._help,
            "/tools": self._tools,
            "/agent": self._agent,
            "/thread": self._thread,
            "/clear": self._clear,
        }.get(name)
        if handler is None:
            self._surface.note(f"there is no {name}; /help shows what there is")
            return
        handler(rest.strip())

    def _help(self, _: str) -> None:
        self._surface.note("\n".join(f"{name:<9} {what}" for name, what in COMMANDS.items()))

    def _tools(self, _: str) -> None:
        try:
            tools = self._host.planner.plan(self._host.runs.agent(self.agent)).by_name.values()
        except LumosError as e:
            show(e.message, e.hint)
            return
        listed = [f"{t.spec.id}{' (needs leave)' if t.approval else ''}: {t.spec.description}" for t in tools]
        self._surface.note("\n".join(listed) or "none")

    def _agent(self, name: str) -> None:
        if not name:
            self._surface.note(f"{self.agent}; there are: {', '.join(sorted(self._host.agents))}")
            return
        try:
            self.agent = self._host.runs.agent(name).id
        except LumosError as e:
            show(e.message)
        else:
            self._surface.note(f"{self.agent} answers now")

    def _thread(self, thread: str) -> None:
        if thread:
            self.thread = thread
        self._surface.note(f"the conversation is {self.thread}")

    def _clear(self, _: str) -> None:
        self.thread = new_id("thread")
        self._surface.clear()
        self._surface.note("a new conversation")


@contextmanager
def _interrupts(task: asyncio.Task[Outcome]) -> Iterator[None]:
    """Let Ctrl-C cancel *task* rather than the program."""
    loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGINT)
    try:
        loop.add_signal_handler(signal.SIGINT, task.cancel)
    except (NotImplementedError, ValueError, RuntimeError):  # Windows, or not the main thread
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        with suppress(ValueError, TypeError):
            signal.signal(signal.SIGINT, before)
