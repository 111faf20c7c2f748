"""The stdio transport: one JSON-RPC message a line, over the pipes of a process of its own.

Not the SDK's: that one hands its servers variables of the host, and reads lines of any length. See
https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import anyio
import mcp_types
from mcp.shared.message import SessionMessage

from lumosai_sdk.safe import line as one_line

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

    from lumosai_plugins.mcp.launch import Launch

Incoming = SessionMessage | Exception
GRACE = 2.0
"""Seconds a server has to end by itself once its input is closed, and again once it was asked to."""
_LOG_LINE = 500
_LOG_BYTES = 64 * 1024


@contextlib.asynccontextmanager
async def pipes(
    launch: Launch, most: int, said: Callable[[str], None], ended: Callable[[], None]
) -> AsyncIterator[tuple[MemoryObjectReceiveStream[Incoming], MemoryObjectSendStream[SessionMessage]]]:
    """Start a server and talk to it. Raises OSError when it cannot be started.

    *most* bounds a message; *said* is told each line of its standard error, *ended* when it says no more. At the end
    the server is ended with all it started.
    """
    process = await asyncio.create_subprocess_exec(
        *launch.command,
        env=launch.env,
        cwd=launch.cwd,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=most,
    )
    into, incoming = anyio.create_memory_object_stream[Incoming](0)
    outgoing, out_of = anyio.create_memory_object_stream[SessionMessage](0)
    link = _Link(process, said, ended)
    tasks = [
        asyncio.create_task(work, name="lumos-mcp-pipe")
        for work in (link.read(into), link.write(out_of), link.listen())
    ]
    try:
        yield incoming, outgoing
    finally:
        incoming.close()
        outgoing.close()
        await _end(process, tasks)
        into.close()
        out_of.close()


class _Link:
    """The pipes of one process."""

    def __init__(
        self, process: asyncio.subprocess.Process, said: Callable[[str], None], ended: Callable[[], None]
    ) -> None:
        self._process = process
        self._said = said
        self._ended = ended

    async def read(self, into: MemoryObjectSendStream[Incoming]) -> None:
        """Hand on each line the server writes; its end, or a line that is too long, ends the connection."""
        stdout = self._process.stdout
        async with into:
            while stdout is not None:
                try:
                    text = await stdout.readline()
                except ValueError:
                    self._said("it sent a message that is too large (max_message_kib), and was cut off")
                    break
                if not text:
                    break
                with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                    await into.send(_message(text))
        self._ended()

    async def write(self, out_of: MemoryObjectReceiveStream[SessionMessage]) -> None:
        stdin = self._process.stdin
        async with out_of:
            async for message in out_of:
                text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                if stdin is None:
                    break
                try:
                    stdin.write(text.encode() + b"\n")
                    await stdin.drain()
                except (OSError, RuntimeError):  # it has died; the reader says so
                    break

    async def listen(self) -> None:
        """Hand on the first lines of what the server says to people; the rest is read and dropped."""
        stderr, left = self._process.stderr, _LOG_BYTES
        while stderr is not None:
            try:
                text = await stderr.readline()
            except ValueError:
                continue
            if not text:
                break
            left -= len(text)
            if left > 0 and (shown := one_line(text.decode("utf-8", "replace").rstrip())):
                self._said(shown[:_LOG_LINE])


def _message(text: bytes) -> Incoming:
    try:
        return SessionMessage(mcp_types.jsonrpc_message_adapter.validate_json(text, by_name=False))
    except ValueError as e:
        return e


async def _end(process: asyncio.subprocess.Process, tasks: list[asyncio.Task[None]]) -> None:
    """End a server as the specification says: close its input, ask it, kill it; and with it all of its group."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        if not await _has_ended(process):
            _signal(process.pid, signal.SIGTERM)
            await _has_ended(process)
    finally:
        _signal(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await process.wait()
        # What the server started may have left the group and hold a pipe open; nobody reads it any more.
        transport = getattr(process, "_transport", None)
        if transport is not None:
            transport.close()


async def _has_ended(process: asyncio.subprocess.Process) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GRACE):
            while process.returncode is None:  # noqa: ASYNC110 - wait() waits for its pipes, too, whoever holds them
                await asyncio.sleep(0.01)
            return True
    return process.returncode is not None


def _signal(pid: int, number: int) -> None:
    """Send a signal to the group that *pid* began; it may live on when its first process has died."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
