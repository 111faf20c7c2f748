"""What signals mean: SIGINT and SIGTERM to stop, SIGHUP to read the configuration again.

From a terminal that is gone SIGHUP means what it says, and stops the service.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from lumosai_sdk.errors import LumosError

if TYPE_CHECKING:
    from lumosai.host import Host

AT_ONCE: int = getattr(signal, "SIGUSR1", signal.SIGTERM)
"""What a supervisor sends to workers that are to wait no longer. SIGTERM may come to them from others as well."""


@contextlib.contextmanager
def stopping(stop: Callable[[], None], numbers: Sequence[int]) -> Iterator[None]:
    """Call *stop* at each of these signals."""
    loop, caught = asyncio.get_running_loop(), []
    for number in numbers:
        # Not on Windows, and not outside the main thread: whoever runs us there cancels the task instead.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stop)
            caught.append(number)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def hangups(reread: Callable[[], Awaitable[None]], stop: Callable[[], None]) -> Iterator[None]:
    """Await *reread* at each SIGHUP, or call *stop* when the terminal this was started from is gone.

    A SIGHUP that is ignored (``nohup``), or that the program has a handler of its own for, stays as it is.
    """
    loop, had_terminal, tasks = asyncio.get_running_loop(), _has_terminal(), set[asyncio.Future[None]]()

    def hung_up() -> None:
        if had_terminal and not _has_terminal():
            stop()
            return
        task = asyncio.ensure_future(reread())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    number, caught = getattr(signal, "SIGHUP", None), False
    if number is not None and signal.getsignal(number) is signal.SIG_DFL:
        # Not on Windows, and not outside the main thread.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, hung_up)
            caught = True
    try:
        yield
    finally:
        if caught and number is not None:
            loop.remove_signal_handler(number)
        for task in tasks:
            task.cancel()


def _has_terminal() -> bool:
    try:
        os.close(os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY))
    except (AttributeError, OSError):
        return False
    return True


async def reread(host: Host) -> None:
    """Read a host's configuration again; one that is broken is told, and changes nothing."""
    try:
        await host.reload_config()
    except LumosError as e:
        host.tell(f"the configuration stays as it was: {e}")
    else:
        host.tell("the configuration was read again")
