"""One service as a process tree: started, waited for, what it used, what it recorded, and its end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from bench.load.subjects import SetupError, Subject, prepared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.load.subjects import Start

READY_SECONDS: Final = 90.0
STOP_SECONDS: Final = 20.0
#: CPU seconds in half a second, below which a service does nothing any more.
IDLE: Final = 0.05
TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Service:
    """A service that answers."""

    subject: Subject
    start: Start
    port: int
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        """Where runs are posted."""
        return f"http://127.0.0.1:{self.port}{self.subject.path}"

    def cpu(self) -> float:
        """Return the CPU seconds that its processes have used, theirs and the kernel's for them."""
        return sum(cpu_of(pid) for pid in tree(self.process.pid))

    def memory(self) -> int:
        """Return the bytes its processes hold, what they share counted once (proportional set size)."""
        return sum(_held(pid) for pid in tree(self.process.pid))

    def recorded(self) -> list[int]:
        """Return how many runs its database holds, by each of the subject's queries."""
        with contextlib.closing(sqlite3.connect(self.start.database, timeout=30)) as connection:
            return [connection.execute(query).fetchone()[0] for query in self.subject.counted]


def tree(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    found = [pid]
    for each in found:
        for path in Path(f"/proc/{each}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += [int(child) for child in path.read_text(encoding="ascii").split()]
    return found


def cpu_of(pid: int) -> float:
    """Return the CPU seconds one process has used; none when it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _held(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def serving(subject: Subject, peers: Path) -> Iterator[Service]:
    """Start a service in a folder of its own and yield it when all its processes answer; it ends with the block.

    Raises:
        SetupError: when it does not get that far; the message has its last words.
    """
    with tempfile.TemporaryDirectory(prefix="lumos-load-") as folder, tempfile.TemporaryFile("w+") as said:
        port = free_port()
        start = prepared(subject, Path(folder), port, peers)
        process = subprocess.Popen(
            start.argv, cwd=start.folder, env=start.environment, stdout=said, stderr=said, text=True
        )
        service = Service(subject, start, port, process)
        try:
            _wait(service, said)
            yield service
        finally:
            _stop(process)


def _wait(service: Service, said: IO[str]) -> None:
    """Return when the service answers and its processes have stopped working on their start."""
    end = time.monotonic() + READY_SECONDS
    while not is_ready(service.port):
        if service.process.poll() is not None or time.monotonic() > end:
            said.seek(0)
            words = " / ".join(said.read().strip().splitlines()[-4:])
            raise SetupError(f"{service.subject.name} does not start: {words}\nrun: {' '.join(service.start.argv)}")
        time.sleep(0.02)
    # With several workers the first answers while the others still import.
    used = service.cpu()
    while time.monotonic() < end:
        time.sleep(0.5)
        if service.cpu() - used < IDLE:
            return
        used = service.cpu()


def is_ready(port: int) -> bool:
    """Tell whether ``/readyz`` answers 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200  # noqa: PLR2004
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[str]) -> None:
    everyone = tree(process.pid)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        for pid in everyone:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
