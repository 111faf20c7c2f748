"""Threads for plain functions.

They are daemons, and not those of ``asyncio.to_thread``: a tool that never returns must hold up neither the tools of
others, which would wait for one of its few threads, nor the end of the process, which would wait for it.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Job = Callable[[], None]
KEEP = 8
MOST = 256


async def in_thread(fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Return what *fn* returns, called in a thread with the caller's context variables. Raises what it raises.

    A caller that is cancelled stops waiting; the thread goes on until *fn* returns.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[R] = loop.create_future()
    context = contextvars.copy_context()

    def work() -> None:
        try:
            result, error = context.run(fn, *args, **kwargs), None
        except BaseException as e:  # noqa: BLE001 - whatever it is, it is the caller's
            result, error = None, e
        with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            loop.call_soon_threadsafe(_settle, future, result, error)

    _POOL.submit(work)
    return await future


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    elif isinstance(error, StopIteration):  # which no future can carry
        future.set_exception(RuntimeError(f"raised {error!r}"))
    else:
        future.set_exception(error)


class _Pool:
    """Threads that are kept for the next job when they are idle, a few of them; jobs beyond the most wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[SimpleQueue[Job]] = []
        self._waiting: deque[Job] = deque()
        self._threads = 0

    def submit(self, job: Job) -> None:
        with self._lock:
            if self._idle:
                self._idle.pop().put(job)
                return
            if self._threads >= MOST:
                self._waiting.append(job)
                return
            self._threads += 1
        threading.Thread(target=self._work, args=(job,), name="lumosai-plain", daemon=True).start()

    def _work(self, job: Job) -> None:
        mine: SimpleQueue[Job] = SimpleQueue()
        following: Job | None = job
        while following is not None:
            following()
            following = self._next(mine)

    def _next(self, mine: SimpleQueue[Job]) -> Job | None:
        """Return the thread's next job, waiting for it, or None when it is not kept."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            if len(self._idle) >= KEEP:
                self._threads -= 1
                return None
            self._idle.append(mine)
        return mine.get()


_POOL = _Pool()
