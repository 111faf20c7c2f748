"""Running what is asynchronous for the time of one command."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from lumosai.cli.exits import TERMINATED

T = TypeVar("T")


def run_async(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run *main* to its end. Ctrl-C and SIGTERM cancel it first: runs are recorded as cancelled, all is closed."""
    with asyncio.Runner() as runner:
        return runner.run(terminable(main))


async def terminable(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Await *main*, cancelling it at SIGTERM. Raises SystemExit then."""
    task = asyncio.current_task()
    told = False

    def tell() -> None:
        nonlocal told
        told = True
        if task is not None:
            task.cancel()

    with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):  # Windows, or not the main thread
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, tell)
    try:
        return await main()
    except asyncio.CancelledError:
        if told:
            raise SystemExit(TERMINATED) from None
        raise
