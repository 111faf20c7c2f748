"""``lumos up`` with several workers: the process that keeps them. It imports nothing that serves."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from lumosai.cli.exits import OK
from lumosai.cli.output import say, warn
from lumosai.config.load import Loaded, of_text, read
from lumosai.gateway.listening import bound, require_extra, url_of
from lumosai.gateway.signals import hangups, stopping
from lumosai.gateway.workers.board import Board
from lumosai.gateway.workers.orders import Orders
from lumosai.gateway.workers.supervisor import Supervisor
from lumosai_sdk.errors import ConfigError, LumosError

MODULE = "lumosai.cli.worker"


def supervise(arguments: argparse.Namespace, loaded: Loaded, text: str, workers: int) -> int:
    """Serve with *workers* processes until Ctrl-C or SIGTERM, and return the exit code. Raises LumosError.

    *text* is the configuration as it was read.
    """
    require_extra()
    if not hasattr(socket, "send_fds"):
        raise ConfigError("[server] workers: this system cannot hand connections over", hint="workers = 1")
    return asyncio.run(_supervise(arguments, loaded, text, workers))


async def _supervise(arguments: argparse.Namespace, loaded: Loaded, text: str, workers: int) -> int:
    listener = await bound(loaded.config.server, arguments.host, arguments.port)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what is accepted has it too
    as_json = loaded.config.host.log == "json"
    tell = _warn_json if as_json else warn
    kept = _Kept(arguments, loaded, text, url_of(listener), workers, tell)
    supervisor = Supervisor(listener, Board.shared(workers), _command(), kept.order, drain=kept.drain, warn=tell)

    async def reread() -> None:
        if kept.reread():
            supervisor.reread()

    with stopping(supervisor.stop, (signal.SIGINT, signal.SIGTERM)), hangups(reread, supervisor.stop):
        await supervisor.run()
    if not as_json:
        say("stopped")
    return OK


def _warn_json(text: str) -> None:
    from lumosai.cli.jsonlog import JsonLines

    record = {"name": "lumosai.workers", "levelno": logging.WARNING, "msg": text}
    JsonLines(sys.stderr).handle(logging.makeLogRecord(record))


class _Kept:
    """What workers begin with: the configuration as it was at first, and as it was when it was last sound."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        loaded: Loaded,
        text: str,
        url: str,
        workers: int,
        tell: Callable[[str], None],
    ) -> None:
        self._arguments = arguments
        self._path = loaded.path
        self._first = self._last = text
        self._url = url
        self._workers = workers
        self._tell = tell
        self._begun: set[int] = set()

    def order(self, process: int) -> int:
        """Return the file with the orders of a worker."""
        self._look()
        path = str(self._path) if self._path else None
        quiet, safe_mode = self._arguments.quiet, self._arguments.safe_mode
        late = process > 0 and process not in self._begun
        self._begun.add(process)
        orders = Orders(process, self._workers, self._url, path, self._first, self._last, quiet, safe_mode, late)
        return orders.written()

    def drain(self) -> float:
        """Return ``[server] drain`` as it is now."""
        self._look()
        return of_text(self._last, self._path).config.server.drain

    def reread(self) -> bool:
        """Read the file again; tell what is wrong with it, and return whether it is sound."""
        if (error := self._look()) is not None:
            self._tell(f"the configuration stays as it was: {error}")
        return error is None

    def _look(self) -> LumosError | None:
        try:
            text = read(self._path)
            of_text(text, self._path)
        except LumosError as e:
            return e
        self._last = text
        return None


def _command() -> Sequence[str]:
    # Where this process does not import from the working directory, its workers do not either.
    here = str(Path.cwd()) in sys.path or "" in sys.path
    return (sys.executable, *(["-I"] if sys.flags.isolated else [] if here else ["-P"]), "-m", MODULE)
