"""What a caller who may add schedules does to those of everybody else."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from lumosai import Agent
from lumosai.gateway.app import create_app
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.auth import AuthRequest, Principal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lumosai_sdk.testing.hosts import OpenHost

JOB = {"name": "tick", "agent": "echo", "input": "hello", "every": 3600}
RIGHTS = frozenset({"route.call", "agent.run"})


class Names:
    """Knows people by tokens that are their tenants and names."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        tenant, _, name = request.headers.get("authorization", "").removeprefix("Bearer ").partition(":")
        return Principal(name, tenant, RIGHTS) if name else None


class Caller:
    """Asks as somebody."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def __call__(self, who: str, method: str, path: str, body: Any = None) -> httpx2.Response:
        headers = {"authorization": f"Bearer {who}", "content-type": "application/json"}
        return await self._http.request(method, path, content=json.dumps(body), headers=headers)


@pytest.fixture
async def ask(lumos_host: OpenHost) -> AsyncIterator[Caller]:
    settings = {"api": True, "poll": 0.05}
    plugins = {"schedules": {"settings": settings}}
    agents = [Agent("echo", model="scripted/echo")]
    async with lumos_host(agents=agents, plugins=plugins, server={"auth": ["who.names"]}) as host:
        contribute(host, "auth", "who.names", Names())
        transport = httpx2.ASGITransport(create_app(host), client=("127.0.0.1", 5))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost/plugins/schedules") as http:
            yield Caller(http)


@pytest.mark.parametrize(
    "changed",
    [
        {"every": None, "at": "9999-12-31T23:59:59-23:59"},
        {"every": None, "at": "9999-12-31T23:00", "timezone": "Pacific/Pago_Pago"},
        {"every": None, "at": "0001-01-01T00:00+10:00"},
        {"every": None, "cron": f"{','.join(['0-59'] * 50_000)} * * * *"},
        {"every": float("nan")},
        {"every": float("inf")},
        {"every": 10**400},
        {"thread": []},
        {"thread": ""},
        {"thread": {"a": 1}},
        {"agent": ["echo"]},
        {"name": "../lumos"},
        {"timezone": "../../etc/passwd"},
        {"principal": {"id": "bob", "tenant": "theirs", "scopes": ["*"]}},
        {"owner": "theirs/bob"},
    ],
    ids=",".join,
)
async def test_what_would_stop_the_worker_or_the_plugin_is_refused(ask: Caller, changed: dict[str, Any]) -> None:
    """Failures of a plugin are counted, and many of them shut it for all."""
    for _ in range(8):
        answer = await ask("ours:eve", "POST", "/jobs", {**JOB, **changed})
        assert answer.status_code == 422, answer.text
    assert (await ask("theirs:bob", "POST", "/jobs", JOB)).status_code == 201


@pytest.mark.parametrize("text", ["\ud800", "\0", "a\x1b[2J"])
async def test_texts_that_are_none_do_not_stop_the_worker(ask: Caller, text: str) -> None:
    for path, given in (("/jobs", JOB), ("/queue", {"agent": "echo", "input": text})):
        for _ in range(8):
            answer = await ask("ours:eve", "POST", path, {**given, "input": text, "thread": text})
            assert answer.status_code < 500, answer.text
    assert (await ask("theirs:bob", "GET", "/queue")).status_code == 200


async def test_nobody_sees_or_removes_anothers(ask: Caller) -> None:
    assert (await ask("theirs:bob", "POST", "/jobs", JOB)).status_code == 201
    made = await ask("theirs:bob", "POST", "/queue", {"agent": "echo", "input": "secret", "delay": 3600})
    task = made.json()["id"]
    for eve in ("ours:bob", "theirs:eve", "theirs:Bob"):
        assert (await ask(eve, "GET", "/jobs")).json() == {"jobs": []}
        assert (await ask(eve, "GET", "/queue")).json() == {"tasks": []}
        assert (await ask(eve, "DELETE", "/jobs?name=tick")).status_code == 404
        assert (await ask(eve, "DELETE", f"/queue?id={task}")).status_code == 404
        assert (await ask(eve, "POST", "/jobs", {**JOB, "input": "mine now"})).status_code == 409
    assert (await ask("theirs:bob", "GET", "/jobs")).json()["jobs"][0]["input"] == "hello"
