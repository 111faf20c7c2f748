"""The memory that the processes of one service share: how busy each is, and what each caller has had."""

from __future__ import annotations

import mmap
import os
import secrets
import tempfile
from dataclasses import dataclass

from lumosai.gateway.workers.table import Table

CAPACITY = 10_000
"""Callers, and addresses, that are counted each by itself."""
_SECRET = 16
_LINE = 64
"""Bytes a process has for itself, so that writing its own slows no other's down."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which of how many processes this one is."""

    process: int = 0
    processes: int = 1


class Board:
    """The memory, seen by one process. The first 64 bytes begin with the secret of all digests."""

    def __init__(self, memory: mmap.mmap, place: Place, fd: int = -1) -> None:
        view, size = memoryview(memory), Table.size(CAPACITY, place.processes)
        lines = _LINE * (1 + place.processes)
        self.place = place
        self.fd = fd
        self.secret = bytes(view[:_SECRET])
        self._ended = [view[_LINE * n : _LINE * n + 8].cast("Q") for n in range(1, 1 + place.processes)]
        tables = [view[lines + n * size : lines + (n + 1) * size] for n in range(2)]
        self.callers, self.strangers = (Table(part, CAPACITY, place.processes, place.process, fd) for part in tables)

    @staticmethod
    def _size(processes: int) -> int:
        return _LINE * (1 + processes) + 2 * Table.size(CAPACITY, processes)

    @classmethod
    def private(cls) -> Board:
        """Return a board of this process alone."""
        memory = mmap.mmap(-1, cls._size(1))
        memory[:_SECRET] = secrets.token_bytes(_SECRET)
        return cls(memory, Place())

    @classmethod
    def shared(cls, processes: int) -> Board:
        """Return a new board for so many processes. ``fd`` is the file to hand down to them."""
        fd = unnamed()
        os.ftruncate(fd, cls._size(processes))
        memory = mmap.mmap(fd, cls._size(processes))
        memory[:_SECRET] = secrets.token_bytes(_SECRET)
        return cls(memory, Place(0, processes), fd)

    @classmethod
    def handed(cls, fd: int, place: Place) -> Board:
        """Return the board that was handed down. Raises OSError, ValueError for what is none."""
        return cls(mmap.mmap(fd, cls._size(place.processes)), place, fd)

    def ended(self, process: int) -> int:
        """Return how many connections a process has closed."""
        return self._ended[process][0]

    def note_ended(self, connections: int) -> None:
        """Tell how many connections this process has closed so far."""
        self._ended[self.place.process][0] = connections

    def strike(self, process: int) -> None:
        """Strike out what is told of a process that is no more, for the next one of its number."""
        self._ended[process][0] = 0
        self.callers.strike(process)
        self.strangers.strike(process)


def unnamed() -> int:
    """Return a file without a name, of memory where there is such."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("lumosai")
    with tempfile.TemporaryFile() as made:
        return os.dup(made.fileno())
