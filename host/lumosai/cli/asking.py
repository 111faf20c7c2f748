"""Asking the person at the terminal: for leave to call a tool, and for answers to tools' questions."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import threading
from collections.abc import Awaitable, Callable

from lumosai.cli import style
from lumosai.cli.output import tell
from lumosai_sdk import safe
from lumosai_sdk.errors import Suspend
from lumosai_sdk.types.runs import Decision, Pending

ReadLine = Callable[[str], Awaitable[str | None]]
_SHOWN = 2000


class Person:
    """Decides what a run would wait for, by asking. ``read`` shows a prompt and returns a line, or None at its end.

    One question at a time, however many tools ask at once; nothing but a clear yes is one.
    """

    def __init__(self, read: ReadLine, *, approve_all: bool = False) -> None:
        self._read = read
        self._approve_all = approve_all
        self._always: set[str] = set()
        self._turn = asyncio.Lock()

    async def decide(self, pending: Pending) -> Decision | None:
        """Return the decision, or None when there is nobody to ask: the run is suspended."""
        async with self._turn:
            if pending.kind == "question":
                return await self._answer(pending)
            if self._approve_all or pending.tool in self._always:
                return Decision()
            return await self._leave(pending)

    async def _answer(self, pending: Pending) -> Decision | None:
        mark = style.paint("?", style.YELLOW, sys.stderr)
        tell(f"{mark} {safe.line(pending.tool)} asks: {safe.lines(pending.question)}")
        answer = await self._read("  answer: ")
        return None if answer is None else Decision(answer=answer)

    async def _leave(self, pending: Pending) -> Decision | None:
        tell(f"{style.paint('?', style.YELLOW, sys.stderr)} {describe(pending)}")
        while True:
            said = await self._read("  allow it? [y]es, [n]o, [a]lways for this tool: ")
            if said is None:
                return None
            match said.strip().casefold():
                case "y" | "yes":
                    return Decision()
                case "a" | "always":
                    self._always.add(pending.tool)
                    return Decision()
                case "n" | "no":
                    return Decision(approve=False)
            tell("  y, n or a")


class Nobody:
    """Stands in where nobody can be asked: with ``approve_all`` calls are allowed, questions still suspend the run."""

    def __init__(self, *, approve_all: bool) -> None:
        self._approve_all = approve_all

    async def decide(self, pending: Pending) -> Decision | None:
        """Return leave, or None: the run is suspended."""
        if pending.kind == "question":
            raise Suspend(pending.question)
        return Decision() if self._approve_all else None


def describe(pending: Pending) -> str:
    """Return on one line what is to be decided."""
    if pending.kind == "question":
        return safe.line(f"{pending.tool} asks: {pending.question}")
    arguments = json.dumps(dict(pending.arguments), ensure_ascii=False) if pending.arguments else ""
    rest = f" … and {len(arguments) - _SHOWN} more characters" if len(arguments) > _SHOWN else ""
    return f"{safe.line(pending.tool)} {safe.line(arguments[:_SHOWN])}{rest}".rstrip()


async def read_terminal(prompt: str) -> str | None:
    """Read a line from the terminal, editable, the prompt on standard error. None at Ctrl-D; Ctrl-C interrupts."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.output import create_output

    session: PromptSession[str] = PromptSession(output=create_output(sys.stderr))
    try:
        return await session.prompt_async(prompt, handle_sigint=False)
    except EOFError:
        return None
    except KeyboardInterrupt:
        # At a prompt Ctrl-C is a key. Whoever listens for the signal cancels this task, and all is closed in order.
        signal.raise_signal(signal.SIGINT)
        forever: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await forever
        return None


async def read_pipe(prompt: str) -> str | None:
    """Read a line from a standard input that is no terminal. None at its end."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str | None] = loop.create_future()

    def take(line: str) -> None:
        if not answer.done():
            answer.set_result(line.rstrip("\r\n") if line else None)

    def read() -> None:
        line = sys.stdin.readline()
        with contextlib.suppress(RuntimeError):  # the loop was closed while the line was waited for
            loop.call_soon_threadsafe(take, line)

    # A daemon: at Ctrl-C nobody waits for the end of a line that may never come.
    threading.Thread(target=read, daemon=True, name="lumos-stdin").start()
    return await answer


def can_ask() -> bool:
    """Tell whether there is a person at a terminal, to read from and to write to."""
    return style.is_tty(sys.stdin) and style.is_tty(sys.stderr)
