"""``lumos up --workers 2``: several processes that serve as one, and what becomes of them."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import termios
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
SECONDS = 30
TOML = """
[host]
data_dir = "data"
[agents.a]
model = "scripted/script"
[server]
port = 0
workers = 2
drain = 1.0
{more}
[limits]
model_timeout = 3600
[[plugins.scripted.settings.rules]]
match = "slow"
reply = "finished"
delay = 0.6
[[plugins.scripted.settings.rules]]
match = "stuck"
reply = "no"
delay = 3000
[[plugins.scripted.settings.rules]]
match = "forever"
reply = "no"
delay = 3000
[[plugins.scripted.settings.rules]]
match = ""
reply = "quick"
"""


def until(found: Callable[[], Any], what: str) -> Any:
    """Return what *found* returns as soon as that is something."""
    deadline = time.monotonic() + SECONDS
    while not (value := found()):
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
    return value


class Service:
    """``lumos up`` in a folder."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.folder = folder
        self.toml = folder / "lumos.toml"
        if not self.toml.exists():
            self.toml.write_text(TOML.format(more=more), encoding="utf-8")
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lumosai", "up", "--quiet"],
                cwd=folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, pattern: str) -> re.Match[str]:
        def look() -> re.Match[str] | None:
            match = re.search(pattern, self.said)
            if match is None and self.process.poll() is not None:
                pytest.fail(f"{pattern!r} was not said:\n{self.said[-2000:]}")
            return match

        found: re.Match[str] = until(look, f"{pattern!r} was not said")
        return found

    @property
    def url(self) -> str:
        return self.wait_for(r"serving +(http://\S+)")[1]

    @property
    def workers(self) -> list[int]:
        pid = self.process.pid
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]

    def run(self, text: str) -> tuple[int, Any]:
        return self.call("/v1/agents/a/runs", {"input": text})

    def call(self, path: str, body: Any = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as e:
            with e:
                return e.code, json.load(e)

    def listens(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", int(self.url.rpartition(":")[2])), 1):
                return True
        except OSError:
            return False

    def statuses(self) -> dict[str, str]:
        """Return how the runs stand in the record."""
        connection = sqlite3.connect(self.folder / "data" / "plugins" / "sqlite" / "lumos.db", timeout=SECONDS)
        try:
            return dict(connection.execute("SELECT id, status FROM runs").fetchall())
        finally:
            connection.close()

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(SECONDS)

    def close(self) -> None:
        if self.process.poll() is None:
            self.stop()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = Service(tmp_path_factory.mktemp("workers"))
    yield made
    made.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    made: list[Service] = []

    def started(more: str = "") -> Service:
        made.append(Service(tmp_path, more))
        return made[-1]

    yield started
    for each in made:
        each.process.kill()
        each.process.wait(SECONDS)


def test_all_workers_serve_and_the_url_is_told_once(service: Service) -> None:
    assert service.url
    assert len(service.workers) == 2
    with ThreadPoolExecutor(8) as pool:
        assert [code for code, _ in pool.map(service.run, ["hello"] * 32)] == [200] * 32
    connection = sqlite3.connect(service.folder / "data" / "plugins" / "sqlite" / "lumos.db")
    hosts = {host for (host,) in connection.execute("SELECT DISTINCT json_extract(data, '$.host') FROM runs")}
    connection.close()
    assert {int(h.split(":")[1]) for h in hosts} == set(service.workers)
    assert service.said.count("serving") == 1


def lost(service: Service, runs: int, kills: int) -> tuple[list[str], int]:
    """Kill workers under load; return the runs that were acknowledged and are not kept, and how many were."""
    acknowledged: list[str] = []
    left = iter(range(runs))
    lock = threading.Lock()

    def ask() -> None:
        while True:
            with lock:
                if next(left, None) is None:
                    return
            try:
                code, result = service.run("hello")
            except (OSError, ValueError, HTTPException):  # its worker was killed
                continue
            if code == 200:
                acknowledged.append(result["run_id"])

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for n in range(kills):
        until(lambda n=n: len(acknowledged) > runs * (n + 1) // (kills + 2), "nothing is served")  # type: ignore[misc]
        os.kill(until(lambda: service.workers, "no worker is there")[0], signal.SIGKILL)
    for thread in threads:
        thread.join()
    kept = service.statuses()
    return [r for r in acknowledged if kept.get(r) != "completed"], len(acknowledged)


def test_a_worker_that_is_killed_loses_nothing_it_acknowledged_and_is_replaced(service: Service) -> None:
    assert service.url
    before = service.workers
    gone, acknowledged = lost(service, runs=300, kills=1)
    assert gone == []
    assert acknowledged > 250
    service.wait_for(r"worker \d ended, killed by SIGKILL; another takes its place")
    after = until(lambda: len(service.workers) == 2 and service.workers, "there is no other")
    assert len(set(before) & set(after)) == 1
    assert service.run("hello")[0] == 200
    assert service.said.count("serving") == 1
    # What the killed one had begun is marked by the one that took its place.
    until(lambda: "running" not in service.statuses().values(), "runs stay running")


@pytest.mark.slow
def test_many_kills_lose_nothing(service: Service) -> None:
    gone, acknowledged = lost(service, runs=3000, kills=4)
    assert gone == []
    assert acknowledged > 2500


def test_sighup_takes_over_a_changed_file_in_all_workers_and_no_broken_one(service: Service) -> None:
    text = service.toml.read_text(encoding="utf-8")
    changed = text.replace("[limits]", '[agents.b]\nmodel = "scripted/echo"\n[limits]').replace(
        "drain = 1.0", "drain = 1"
    )
    service.toml.write_text(changed.replace("workers = 2", "workers = 3"), encoding="utf-8")
    service.process.send_signal(signal.SIGHUP)
    service.wait_for(r"\[server\] workers: what is new there holds from the next start")
    for _ in range(4):  # connections go to one worker after the other
        until(lambda: service.call("/v1/agents/b/runs", {"input": "x"})[0] == 200, "the agent is not there")
    assert len(service.workers) == 2

    service.toml.write_text(changed.replace("drain = 1", 'drain = "long"'), encoding="utf-8")
    service.process.send_signal(signal.SIGHUP)
    line = changed.splitlines().index("drain = 1") + 1
    service.wait_for(rf"stays as it was: \S+lumos\.toml:{line}: server\.drain: ")
    assert service.call("/v1/agents/b/runs", {"input": "x"})[0] == 200

    # A worker that is killed now does not begin with the broken file.
    os.kill(service.workers[0], signal.SIGKILL)
    until(lambda: len(service.workers) == 2, "there is no other")
    assert all(service.call("/v1/agents/b/runs", {"input": "x"})[0] == 200 for _ in range(4))


def stopped(service: Service) -> str:
    """Stop the service while a run is about to end and another is not; return the id of that."""
    assert service.url
    with ThreadPoolExecutor(2) as pool:
        slow, stuck = (pool.submit(service.run, text) for text in ("slow", "stuck"))
        until(lambda: list(service.statuses().values()).count("running") == 2, "the runs do not begin")
        # Ctrl-C comes to all processes of a terminal, and what ends a unit of systemd's to all of that.
        os.killpg(service.process.pid, signal.SIGINT)
        for worker in service.workers:
            os.kill(worker, signal.SIGTERM)
        assert service.process.wait(SECONDS) == 0
        code, result = slow.result()
        assert (code, result["text"]) == (200, "finished")
        code, problem = stuck.result()
        assert (code, problem["code"]) == (503, "interrupted")
    return str(problem["run_id"])


def test_what_ends_in_time_is_answered_and_the_rest_is_interrupted(start: Callable[..., Service]) -> None:
    service = start()
    interrupted = stopped(service)
    assert sorted(service.statuses().values()) == ["completed", "interrupted"]
    assert service.statuses()[interrupted] == "interrupted"
    assert service.said.splitlines()[-1] == "stopped"


@pytest.mark.slow
def test_what_was_interrupted_goes_on_and_who_stops_twice_does_not_wait(start: Callable[..., Service]) -> None:
    interrupted = stopped(start())
    again = start()
    assert again.url
    sound = again.toml.read_text(encoding="utf-8").replace("delay = 3000", "delay = 0", 1)
    again.toml.write_text(sound.replace("drain = 1.0", "drain = 3600"), encoding="utf-8")
    again.process.send_signal(signal.SIGHUP)
    again.wait_for("read again")
    code, result = again.call(f"/v1/runs/{interrupted}/resume", {"decisions": {}})
    assert (code, result["status"], result["text"]) == (200, "completed", "no")
    with ThreadPoolExecutor(1) as pool:
        stuck = pool.submit(again.run, "forever")
        until(lambda: "running" in again.statuses().values(), "the run does not begin")
        again.process.send_signal(signal.SIGTERM)
        until(lambda: not again.listens(), "it goes on listening")
        assert again.stop() == 0
        stuck.exception()
    assert sorted(again.statuses().values()) == ["completed", "completed", "interrupted"]


def test_a_caller_has_one_limit_in_all_workers_and_these_do_not_outlive_their_supervisor(
    start: Callable[..., Service],
) -> None:
    service = start('auth = ["keys"]\n[server.limits.address]\nrate = 0.01\nburst = 5')
    assert service.url
    with ThreadPoolExecutor(8) as pool:
        codes = sorted(code for code, _ in pool.map(lambda _: service.call("/v1/agents"), range(16)))
    assert codes == [401] * 5 + [429] * 11
    os.kill(service.workers[0], signal.SIGKILL)  # what the callers have had is not forgotten with it
    until(lambda: len(service.workers) == 2, "there is no other")
    assert [service.call("/v1/agents")[0] for _ in range(4)] == [429] * 4

    workers = service.workers
    service.process.kill()
    until(lambda: not [pid for pid in workers if _runs(pid)], "workers are left")


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_terminal_that_is_gone_ends_the_service(tmp_path: Path) -> None:
    """SIGHUP reads the configuration again; when the window was closed it means the end all the same."""
    (tmp_path / "lumos.toml").write_text(TOML.format(more=""), encoding="utf-8")
    window, terminal = pty.openpty()
    log = tmp_path / "log"
    with log.open("wb") as f:
        process = subprocess.Popen(
            [sys.executable, "-m", "lumosai", "up", "--quiet"],
            cwd=tmp_path,
            stdin=terminal,
            stdout=f,
            stderr=f,
            start_new_session=True,
            preexec_fn=_controlling_terminal,  # noqa: PLW1509 - it takes no lock
        )
    os.close(terminal)
    try:
        until(lambda: "serving" in log.read_text(encoding="utf-8"), "it does not serve")
        process.send_signal(signal.SIGHUP)
        until(lambda: "read again" in log.read_text(encoding="utf-8"), "it does not read again")
        os.close(window)
        assert process.wait(SECONDS) == 0
        assert log.read_text(encoding="utf-8").splitlines()[-1] == "stopped"
    finally:
        process.kill()
        process.wait(SECONDS)


def _controlling_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_workers_that_cannot_begin_end_the_service_with_their_error(start: Callable[..., Service]) -> None:
    service = start('auth = ["nobody"]')
    assert service.process.wait(SECONDS) == 1
    assert "[server] auth: no auth 'nobody'" in service.said
    assert service.said.count("no auth 'nobody'") == 1
