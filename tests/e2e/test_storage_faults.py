"""A store that cannot write: a running service says so, keeps what it acknowledged, and recovers by itself."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="narrows another process's limits with prlimit")
SECONDS = 30
ROWS = 300
TOML = f"""
[host]
data_dir = "data"
[agents.a]
model = "scripted/echo"
[server]
port = 0
[storage]
durable = true
[plugins.sqlite.settings]
busy_timeout = 0.1
timeout = 0.5
queue_rows = {ROWS}
queue_bytes = 4000000
"""


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Any
    body: Any


class Service:
    """``lumos up`` in a folder, and the runs it acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "data" / "plugins" / "sqlite" / "lumos.db"
        self.acknowledged: set[str] = set()
        folder.joinpath("lumos.toml").write_text(TOML, encoding="utf-8")
        self._log = folder / "log"
        with self._log.open("wb") as log:
            command = [sys.executable, "-m", "lumosai", "up", "--quiet"]
            self.process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        self.url = until(self._told, "the service is not up")

    def _told(self) -> str:
        said = self._log.read_text(encoding="utf-8")
        assert self.process.poll() is None, said
        match = re.search(r"serving +(http://\S+)", said)
        return match[1] if match else ""

    def call(self, path: str, body: Any = None) -> Answer:
        """Return the answer to a GET, or to a POST of *body*."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:
                return Answer(response.status, response.headers, json.load(response))
        except urllib.error.HTTPError as e:
            with e:
                return Answer(e.code, e.headers, json.load(e))

    def run(self, text: str = "hello") -> Answer:
        """Start a run, and remember it if it was acknowledged."""
        answer = self.call("/v1/agents/a/runs", {"input": text})
        if answer.status == 200:
            self.acknowledged.add(answer.body["run_id"])
        return answer

    def crowd(self, runs: int, text: str = "hello") -> list[Answer]:
        """Start many runs at once."""
        with ThreadPoolExecutor(16) as pool:
            return list(pool.map(lambda _: self.run(text), range(runs)))

    def recovered(self) -> None:
        """Return when runs are taken again, without anybody having done anything to the service."""
        until(lambda: self.run().status == 200, "the service does not recover")
        assert self.call("/readyz").status == 200
        assert self.process.poll() is None

    def resident(self) -> int:
        """Return the service's memory, in bytes."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize()

    def recorded(self) -> set[str]:
        """Return the runs that the file has as completed."""
        with sqlite3.connect(self.file, timeout=SECONDS) as connection:
            found = connection.execute("SELECT id FROM runs WHERE status = 'completed'").fetchall()
        connection.close()
        return {run for (run,) in found}


def until(found: Callable[[], Any], what: str) -> Any:
    """Return what *found* returns as soon as that is something."""
    deadline = time.monotonic() + SECONDS
    while not (value := found()):
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
    return value


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = Service(tmp_path_factory.mktemp("faults"))
    yield made
    if made.process.poll() is None:
        made.process.kill()
    made.process.wait(SECONDS)


@contextmanager
def locked(service: Service) -> Iterator[None]:
    """Hold the file as another program would that is at work on it."""
    connection = sqlite3.connect(service.file, isolation_level=None, timeout=SECONDS)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@contextmanager
def full(service: Service) -> Iterator[None]:
    """Let no file of the service grow, its log among them, as on a disk that is full."""
    pid, kind = service.process.pid, resource.RLIMIT_FSIZE
    before = resource.prlimit(pid, kind)
    resource.prlimit(pid, kind, (4096, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, kind, before)


OUTAGES = pytest.mark.parametrize("outage", [locked, full])


@OUTAGES
def test_what_needs_the_store_is_503_until_it_works_again(service: Service, outage: Any) -> None:
    service.recovered()
    with outage(service):
        refused = until(lambda: (a := service.run()).status != 200 and a, "runs are taken that cannot be written")
        assert refused.status == 503
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.headers["content-type"] == "application/problem+json"
        assert (refused.body["code"], refused.body["status"]) == ("storage", 503)
        ready, alive = service.call("/readyz"), service.call("/healthz")
        assert (ready.status, alive.status, alive.body["status"]) == (503, 200, "degraded")
        assert "retry-after" in ready.headers
    service.recovered()


def test_clients_of_openai_are_told_in_their_words(service: Service) -> None:
    service.recovered()
    chat = {"model": "a", "messages": [{"role": "user", "content": "x"}]}
    with locked(service):
        until(lambda: service.run().status == 503, "runs are taken that cannot be written")
        answer = service.call("/v1/chat/completions", chat)
        assert (answer.status, answer.body["error"]["code"]) == (503, "storage")
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.headers["x-should-retry"] == "true"
    service.recovered()
    assert service.call("/v1/chat/completions", chat).status == 200


def test_what_waits_for_the_store_is_bounded(service: Service) -> None:
    service.recovered()
    large = "x" * 20_000
    with locked(service):
        until(lambda: service.run().status == 503, "runs are taken that cannot be written")
        before = service.resident()
        assert {a.status for a in service.crowd(ROWS * 2, large)} == {503}
        assert service.resident() - before < 60_000_000
        assert service.call("/healthz").status == 200
    service.recovered()


def test_what_was_acknowledged_is_there_whatever_came_between(service: Service) -> None:
    with ThreadPoolExecutor(2) as pool:
        for outage in (locked, full, locked):
            service.recovered()
            crowd = pool.submit(service.crowd, 60)
            with outage(service):
                until(lambda: service.run().status == 503, "runs are taken that cannot be written")
            assert {a.status for a in crowd.result()} <= {200, 503}
    service.recovered()
    os.kill(service.process.pid, signal.SIGKILL)
    service.process.wait(SECONDS)
    assert len(service.acknowledged) > 10
    assert service.acknowledged <= service.recorded()
