"""What supervisor and worker say to each other: a byte a message, over a pair of sockets.

The end of one process is the end of the stream for the other. A worker that cannot begin says why in what follows
``FAILED``.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Final

from lumosai_sdk.errors import LumosError

CONNECTION: Final = b"c"
"""To a worker, with the connection."""
REREAD: Final = b"r"
"""To a worker: read the configuration again."""
GREET: Final = b"g"
"""To a worker: all are up; tell that."""
READY: Final = b"+"
LEAVING: Final = b"-"
FAILED: Final = b"!"
_LONGEST = 4000
"""Characters of an error: it goes into the buffer of a socket as a whole."""


def pair() -> tuple[socket.socket, socket.socket]:
    """Return the supervisor's end and a worker's."""
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    theirs.settimeout(0)
    return ours, theirs


def messages(channel: socket.socket, most: int = 64) -> Iterator[tuple[bytes, socket.socket | None]]:
    """Yield what a worker was sent and has not read, at most so many; nothing at all as the last when nobody sends."""
    for _ in range(most):
        try:
            message, fds, _, _ = socket.recv_fds(channel, 1, 1)
        except BlockingIOError:
            return
        yield message, socket.socket(fileno=fds[0]) if fds else None
        if not message:
            return


def failed(error: LumosError) -> bytes:
    """Return what a worker says that cannot begin."""
    hint = error.hint[:_LONGEST] if error.hint else None
    return FAILED + json.dumps({"message": error.message[:_LONGEST], "hint": hint}).encode()


class WorkerError(LumosError):
    """A worker could not begin, or not go on."""

    code = "worker"


def failure(said: bytes) -> WorkerError | None:
    """Return why a worker could not begin, if it has said so."""
    _, mark, rest = said.partition(FAILED)
    if not mark:
        return None
    try:
        why = json.loads(rest)
        return WorkerError(str(why["message"]), hint=why["hint"])
    except (ValueError, KeyError, TypeError):
        return WorkerError("a worker could not begin")
