"""What is counted of callers, in memory that processes may share; on the way of a request there is no lock.

A row is a caller's: its digest, the time at which its bucket will be empty, and for each process a count of what is
under way there. A process writes into its own counts only, so that whoever outlives it can strike them out.

Numbers are eight bytes at addresses that eight divides: they are written in one piece. Two processes that take a token
of one caller at the same instant may take it once; more than that is not lost. Rows are given away under a lock of the
system's, which ends with the process that holds it, and which nobody waits for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

WINDOW = 32
"""Rows that may be a caller's, from the one on that its digest names."""
TRIES = 64
"""How often a row is asked for while another process gives one away, which takes it some microseconds."""
_SIZE = 8


class Table:
    """Rows for so many callers, and one more, the crowd's, for those who find no room."""

    def __init__(self, memory: memoryview, rows: int, processes: int = 1, process: int = 0, lock: int = -1) -> None:
        """Lay the table over *memory*, of ``Table.size`` bytes, as the process of that number.

        *lock* is a file all processes have open; without one there are no others.
        """
        parts = [memory[n * (rows + 1) * _SIZE : (n + 1) * (rows + 1) * _SIZE] for n in range(2 + processes)]
        self.rows = rows
        self.digests = parts[0].cast("Q")
        self.empty_at = parts[1].cast("d")
        self.counts = [part.cast("q") for part in parts[2:]]
        self.own = self.counts[process]
        self._lock = lock

    @staticmethod
    def size(rows: int, processes: int) -> int:
        """Return how many bytes a table takes."""
        return (rows + 1) * _SIZE * (2 + processes)

    @classmethod
    def private(cls, rows: int) -> Table:
        """Return a table of this process alone."""
        return cls(memoryview(bytearray(cls.size(rows, 1))), rows)

    @property
    def crowd(self) -> int:
        """The row of those who find no room."""
        return self.rows

    def __len__(self) -> int:
        return sum(1 for digest in self.digests if digest)

    def running(self, row: int) -> int:
        """Return how much a caller has under way, in all processes."""
        running = 0
        for counts in self.counts:  # few, so that a loop is quicker than what makes a list of them
            running += counts[row]
        return running

    def is_idle(self, row: int, now: float) -> bool:
        """Tell whether forgetting this one gives its caller nothing."""
        return self.empty_at[row] <= now and not self.running(row)

    def row_of(self, digest: int, now: float) -> int:
        """Return the row of a caller, which may become its row by that; the crowd's if there is no room."""
        row = self._found(digest)
        if row is not None:
            return row
        with self._alone() as alone:
            return self._given(digest, now) if alone else self.crowd

    def _window(self, digest: int) -> Iterator[int]:
        start = digest % self.rows
        return (n % self.rows for n in range(start, start + min(WINDOW, self.rows)))

    def _found(self, digest: int) -> int | None:
        digests = self.digests
        for row in self._window(digest):
            there = digests[row]
            if there == digest:
                return row
            if not there:  # rows change hands, but are never given back: nothing stands behind one that is free
                return None
        return None

    def _given(self, digest: int, now: float) -> int:
        row = self._found(digest)  # perhaps another process has just given it
        if row is not None:
            return row
        digests = self.digests
        for row in self._window(digest):
            if not digests[row] or self.is_idle(row, now):
                self.empty_at[row] = 0.0
                digests[row] = digest
                return row
        return self.crowd

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Yield whether this process alone may give rows away now. One that is stopped in here stops nobody else."""
        if self._lock < 0:
            yield True
            return
        import fcntl  # not on Windows, where there is one process only

        for _ in range(TRIES):
            try:
                fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                continue
        else:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.lockf(self._lock, fcntl.LOCK_UN)

    def strike(self, process: int) -> None:
        """Strike out what a process had under way that is no more."""
        counts = self.counts[process].cast("B")
        counts[:] = bytes(len(counts))
