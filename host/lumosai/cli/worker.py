"""``python -m lumosai.cli.worker``: one of several processes that serve, as ``lumos up`` starts them."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from functools import partial

from lumosai.gateway.workers import channel as say
from lumosai.gateway.workers.board import Board
from lumosai.gateway.workers.link import Link, end_with
from lumosai.gateway.workers.orders import Orders
from lumosai_sdk.errors import LumosError

_CLOSING = 15.0
"""Seconds beyond ``[server] drain`` after which a worker without a supervisor ends."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve what is handed down until SIGTERM, or until the supervisor is gone; return the exit code."""
    _leave_terminal()
    channel_fd, board_fd, orders_fd = map(int, sys.argv[1:] if arguments is None else arguments)
    for fd in (channel_fd, board_fd):
        os.set_inheritable(fd, False)  # noqa: FBT003 - no other way to say it
    channel, orders = socket.socket(fileno=channel_fd), Orders.read(orders_fd)
    try:
        loaded = orders.loaded()
        end_with(channel, loaded.config.server.drain + _CLOSING)
        from lumosai.cli.loops import terminable
        from lumosai.gateway.serve import run

        board = Board.handed(board_fd, orders.place)
        run(terminable(lambda: _serve(orders, channel, board)))
    except Exception as e:  # noqa: BLE001 - the supervisor tells it, once for all workers
        if os.environ.get("LUMOS_DEBUG"):
            traceback.print_exc()
        channel.send(say.failed(_told(e)))
        return 1
    return 0


def _told(error: Exception) -> LumosError:
    if isinstance(error, LumosError):
        return error
    what = f"unexpected {type(error).__name__}: {error}"
    return LumosError(what, hint="LUMOS_DEBUG=1 shows where; please report it")


def _leave_terminal() -> None:
    """Let SIGINT and SIGHUP pass: they come to all processes of a terminal, and the supervisor answers them.

    They are not ignored, which programs that are started from here would inherit.
    """
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGHUP))


async def _serve(orders: Orders, channel: socket.socket, board: Board) -> None:
    from lumosai.cli.hosting import Warnings, open_host
    from lumosai.cli.serving import CONSOLE, beside, greet, wants_console
    from lumosai.gateway.serve import serve_from
    from lumosai.gateway.signals import reread

    loaded = orders.loaded()
    monitors = (CONSOLE,) if wants_console(orders.quiet, loaded) else ()
    warnings = Warnings(quiet=bool(monitors), late=orders.late)
    log = logging.WARNING if orders.quiet else logging.INFO

    arguments = argparse.Namespace(safe_mode=orders.safe_mode)
    async with open_host(arguments, loaded=loaded, monitors=monitors, warnings=warnings, log=log, serving=True) as host:
        host.replica = orders.process
        link = Link(channel, board, reread=partial(reread, host), greet=partial(greet, host, orders.url))
        async with beside([host.watch]):
            await serve_from(host, link, alone=False)


if __name__ == "__main__":
    sys.exit(main())
