"""Schedules in hosts as they are: recorded runs, HTTP, commands, and a host that is killed."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from lumosai import Agent, Host
from lumosai.gateway.app import create_app
from lumosai_plugins.schedules.commands import QueueCommand, SchedulesCommand
from lumosai_plugins.schedules.hooks import hooks
from lumosai_plugins.schedules.settings import Settings
from lumosai_plugins.schedules.store import Store
from lumosai_sdk.errors import ConflictError, LumosError, NotFoundError
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.auth import AuthRequest, Principal
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.storage import RunFilter

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost

SCOPES = frozenset({"route.call", "agent.run"})
PEOPLE = {"ada": SCOPES, "bob": SCOPES, "poor": frozenset({"route.call"})}
AGENTS = [Agent("echo", model="scripted/echo"), Agent("broken", model="nobody/m")]
SECONDS = 30.0


class Tokens:
    """Knows people by tokens that are their names."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        return Principal(name, scopes=PEOPLE[name]) if name in PEOPLE else None


@asynccontextmanager
async def opened(lumos_host: OpenHost, *, people: bool = False, **settings: Any) -> AsyncIterator[Any]:
    more = {"server": {"auth": ["who.tokens"]}} if people else {}
    async with lumos_host(agents=AGENTS, plugins={"schedules": {"settings": settings}}, **more) as host:
        if people:
            contribute(host, "auth", "who.tokens", Tokens())
        host.context = PluginContext("schedules", settings=settings, services=host.services)
        transport = httpx2.ASGITransport(create_app(host), client=("127.0.0.1", 5))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost/plugins/schedules") as http:
            host.http = http
            yield host


async def run(kind: Any, host: Any, *words: str) -> int:
    made = kind(host.context)
    parser = ArgumentParser()
    made.add_arguments(parser)
    return int(await made.run(parser.parse_args(words), host.context))


async def runs(host: Any) -> list[Any]:
    return list(await host.services.storage().list_runs(RunFilter()))


async def test_a_host_runs_its_schedules(lumos_host: OpenHost) -> None:
    jobs = {"tick": {"agent": "echo", "input": "good morning", "at": "2020-01-01T00:00", "thread": "mornings"}}
    async with opened(lumos_host, jobs=jobs, after=0.0, poll=0.05) as host:
        async with asyncio.timeout(SECONDS):
            while not (found := await runs(host)) or found[0].status != "completed":  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        (record,) = found
        assert (record.agent, record.text, record.thread_id) == ("echo", "good morning", "mornings")
        assert (record.owner, record.metadata["schedule"]) == ("default/local", "tick")


async def test_the_commands(lumos_host: OpenHost, capsys: pytest.CaptureFixture[str]) -> None:
    async with opened(lumos_host) as host:
        await run(SchedulesCommand, host, "add", "own", "--agent", "echo", "--input", "hi", "--cron", "0 9 * * *")
        assert "set work = true" in capsys.readouterr().out
        await run(SchedulesCommand, host, "list")
        assert "own                  0 9 * * * UTC" in capsys.readouterr().out
        await run(SchedulesCommand, host, "run", "own")
        await run(QueueCommand, host, "add", "echo", "hello\x1b[2J there")
        await run(QueueCommand, host, "add", "broken", "hello")
        await run(QueueCommand, host, "add", "echo", "later", "--delay", "3600")
        capsys.readouterr()
        await run(QueueCommand, host, "work")
        assert capsys.readouterr().out == "3 tasks worked on\n"
        await run(QueueCommand, host, "list")
        told = capsys.readouterr().out
        assert "\x1b" not in told
        assert [word in told for word in ("done", "dead", "queued", "later")] == [True] * 4
        await run(SchedulesCommand, host, "history", "own", "--json")
        (row,) = json.loads(capsys.readouterr().out)
        assert (row["state"], row["text"], row["job"]) == ("done", "hi", "own")
        await run(QueueCommand, host, "dead", "--json")
        (dead,) = json.loads(capsys.readouterr().out)
        await run(QueueCommand, host, "retry", dead["id"])
        await run(QueueCommand, host, "remove", capsys.readouterr().out.strip())
        await run(SchedulesCommand, host, "remove", "own")
        for kind, words in ((SchedulesCommand, ("run", "own")), (QueueCommand, ("retry", "none"))):
            with pytest.raises(NotFoundError):
                await run(kind, host, *words)


async def test_callers_have_schedules_of_their_own(lumos_host: OpenHost) -> None:
    job = {"name": "mine", "agent": "echo", "input": "hi", "every": 60}
    async with opened(lumos_host, people=True, api=True) as host:

        async def ask(method: str, path: str, who: str = "ada", **more: Any) -> Any:
            return await host.http.request(method, path, headers={"authorization": f"Bearer {who}"}, **more)

        assert (await ask("POST", "/jobs", json=job)).status_code == 201
        assert [j["name"] for j in (await ask("GET", "/jobs")).json()["jobs"]] == ["mine"]
        assert (await ask("GET", "/jobs", "bob")).json() == {"jobs": []}
        assert (await ask("DELETE", "/jobs", "bob", params={"name": "mine"})).status_code == 404
        assert (await ask("POST", "/jobs", "bob", json=job)).status_code == 409
        task = (await ask("POST", "/queue", json={"agent": "echo", "input": "now"})).json()
        assert (await ask("DELETE", "/queue", "bob", params={"id": task["id"]})).status_code == 404
        await run(QueueCommand, host, "work")
        (done,) = (await ask("GET", "/queue")).json()["tasks"]
        assert (done["state"], done["text"]) == ("done", "now")
        assert [r.owner for r in await runs(host)] == ["default/ada"]
        assert (await ask("DELETE", "/jobs", params={"name": "mine"})).json() == {"removed": "mine"}
        assert (await ask("DELETE", "/queue", params={"id": task["id"]})).json() == {"removed": task["id"]}
        for who, path, body, status in (
            ("poor", "/jobs", {**job}, 403),
            ("poor", "/queue", {"agent": "echo", "input": "x"}, 403),
            ("nobody", "/queue", {"agent": "echo", "input": "x"}, 401),
            ("ada", "/jobs", {**job, "principal": {"id": "bob"}}, 422),
            ("ada", "/queue", {"agent": "echo", "input": "x", "principal": {"id": "bob"}}, 422),
            ("ada", "/queue", {"agent": "echo", "input": "x", "delay": -1}, 422),
            ("ada", "/queue", {"agent": "echo"}, 422),
            ("ada", "/queue", [], 422),
            ("ada", "/jobs", {**job, "agent": "ecko"}, 404),
            ("ada", "/queue", {"agent": "ecko", "input": "x"}, 404),
        ):
            answer = await ask("POST", path, who, json=body)
            assert answer.status_code == status, (who, path, body)
            assert answer.json()["type"].startswith("urn:lumosai:problem:")
            assert answer.json()["detail"]


async def test_a_caller_has_so_many_and_no_more(lumos_host: OpenHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lumosai_plugins.schedules.routes.MAX_OWN", 1)
    async with opened(lumos_host, api=True) as host:
        bodies = {"/jobs": {"name": "a", "agent": "echo", "input": "x", "every": 60}}
        bodies["/queue"] = {"agent": "echo", "input": "x"}
        for path, body in bodies.items():
            answers = [(await host.http.post(path, json=body)).status_code for _ in range(2)]
            assert answers == [201, 422]


async def test_nobody_adds_by_http_unless_the_owner_says_so(lumos_host: OpenHost) -> None:
    async with opened(lumos_host) as host:
        for path in ("/jobs", "/queue"):
            assert (await host.http.get(path)).status_code == 200
            refused = await host.http.post(path, json={"agent": "echo", "input": "x"})
            assert (refused.status_code, "api = true" in refused.text) == (403, True)


async def test_a_hosts_settings_are_looked_at(lumos_host: OpenHost) -> None:
    jobs = {"j": {"agent": "echo", "input": "hi", "cron": "99 * * * *"}}
    with pytest.raises(LumosError, match="cron '99"):
        hooks(PluginContext("schedules", settings={"jobs": jobs}))
    assert hooks(PluginContext("schedules")) is None
    assert hooks(PluginContext("schedules", settings={"jobs": {}, "work": False})) is None
    async with opened(lumos_host, jobs={"j": {**jobs["j"], "cron": "0 9 * * *"}}) as host:
        with pytest.raises(ConflictError):
            await run(SchedulesCommand, host, "remove", "j")


TOML = """
[host]
data_dir = "data"
[plugins.schedules.settings]
lease = 2.0
poll = 0.05
[agents.a]
model = "scripted/script"
[[plugins.scripted.settings.rules]]
match = ""
reply = "finished"
delay = {delay}
"""


def lumos(folder: Path, config: str, *words: str) -> list[str]:
    return [sys.executable, "-m", "lumosai", words[0], "--config", str(folder / config), *words[1:]]


def has_begun(database: Path) -> bool:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return bool(connection.execute("select count(*) from runs where status = 'running'").fetchone()[0])


@pytest.mark.timeout(90)
def test_two_hosts_share_the_work_and_do_none_of_it_twice(tmp_path: Path) -> None:
    (tmp_path / "lumos.toml").write_text(TOML.format(delay=0.02))
    asyncio.run(filled(tmp_path, 20))
    command = lumos(tmp_path, "lumos.toml", "queue", "work")
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=SECONDS)[0] for process in both]
    assert sum(int(t.split()[0]) for t in told) == 20, told
    with closing(sqlite3.connect(next(tmp_path.rglob("lumos.db")))) as connection:
        assert connection.execute("select count(*), min(status), max(status) from runs").fetchone() == (
            20,
            "completed",
            "completed",
        )


async def filled(folder: Path, count: int) -> None:
    """Put tasks in the queue of a host."""
    async with Host(folder / "lumos.toml") as host:
        store = Store(host.services.kv(), Settings.of({}), time.time)
        for _ in range(count):
            await store.add(store.task("a", "go"))


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_the_work_of_a_host_that_is_killed_is_done_by_another(tmp_path: Path) -> None:
    (tmp_path / "slow.toml").write_text(TOML.format(delay=3000))
    (tmp_path / "quick.toml").write_text(TOML.format(delay=0))
    environment = {**os.environ, "NO_COLOR": "1"}
    subprocess.run(lumos(tmp_path, "quick.toml", "queue", "add", "a", "go"), check=True, env=environment)
    slow = subprocess.Popen(lumos(tmp_path, "slow.toml", "queue", "work"), env=environment)
    (database,) = [*tmp_path.rglob("lumos.db")]
    until = time.monotonic() + SECONDS
    while not has_begun(database) and time.monotonic() < until:
        time.sleep(0.05)
    slow.send_signal(signal.SIGKILL)
    slow.wait()
    worked = subprocess.run(
        lumos(tmp_path, "quick.toml", "queue", "work"), capture_output=True, text=True, check=True, env=environment
    )
    assert worked.stdout == "1 task worked on\n"
    listed = subprocess.run(
        lumos(tmp_path, "quick.toml", "queue", "list", "--json"), capture_output=True, text=True, check=True
    )
    (task,) = json.loads(listed.stdout)
    assert (task["state"], task["text"]) == ("done", "finished")
    assert task["attempts"] >= 2, "the one that was killed had begun"
