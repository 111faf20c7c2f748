"""Drafts of agents, which only some may try, through every other door than the API's own."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from lumosai import Host
from lumosai.gateway.app import create_app
from lumosai_plugins.schedules.settings import Settings
from lumosai_plugins.schedules.store import Store
from lumosai_plugins.schedules.worker import Worker
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.auth import AuthRequest, Principal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

RIGHTS = frozenset({"route.call", "agent.run", "run.read", "tool.call"})
EDITOR = RIGHTS | {"config.read", "config.manage", "agent.read", "agent.preview"}
SECRET = "the launch is on friday"
FILE = """\
[host]
data_dir = "data"

[storage]
use = "memory"

[server]
auth = ["words"]

[agents.poet]
model = "scripted/echo"

[plugins.agui.settings]
agents = ["*"]

[plugins.a2a.settings]
agents = ["*"]

[plugins.mcp.settings.expose]
agents = ["*"]

[plugins.schedules.settings]
api = true
work = false
"""


class Words:
    """Knows callers by a word."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        word = request.headers.get("authorization", "").removeprefix("Bearer ")
        return Principal(word, scopes=EDITOR if word == "editor" else RIGHTS) if word else None


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Any]:
    path = tmp_path / "lumos.toml"
    path.write_text(FILE)
    async with Host(path) as host:
        contribute(host, "auth", "words", Words())
        transport = httpx2.ASGITransport(create_app(host), client=("127.0.0.1", 5))
        headers = {"accept": "application/json, text/event-stream"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
            client.host = host  # type: ignore[attr-defined]
            made = await client.post(
                "/v1/agents/poet/versions",
                json={"config": {"instructions": SECRET}},
                headers={"authorization": "Bearer editor"},
            )
            assert made.json()["id"] == "poet@2", made.text
            client.headers["authorization"] = "Bearer eve"
            yield client


@pytest.mark.parametrize("name", ["poet@2", "poet@1", "poet%402"])
async def test_a_draft_is_not_run_by_who_may_not(http: Any, name: str) -> None:
    run = {"threadId": "t", "runId": "r", "messages": [{"id": "m", "role": "user", "content": "hi"}]}
    call = {"jsonrpc": "2.0", "id": 1, "method": "ListTasks", "params": {}}
    for path, body in (
        (f"/plugins/agui/agents/{name}", run),
        (f"/plugins/a2a/agents/{name}", call),
        (f"/v1/agents/{name}/runs", {"input": "hi"}),
    ):
        answer = await http.post(path, json=body)
        assert answer.status_code in {403, 404}, (path, answer.text)
        assert SECRET not in answer.text
    card = await http.get(f"/plugins/a2a/agents/{name}/.well-known/agent-card.json")
    assert card.status_code in {403, 404}
    tool = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": f"agent_{name}", "arguments": {}}}
    assert SECRET not in (await http.post("/plugins/mcp/rpc", json=tool)).text


async def test_a_schedule_does_not_run_one_either(http: Any) -> None:
    made = await http.post("/plugins/schedules/queue", json={"agent": "poet@2", "input": "hi"})
    if not made.is_success:
        assert made.status_code in {403, 404}
        return
    services = http.host.services
    settings = Settings.of({"api": True})
    store = Store(services.kv(), settings, lambda: made.json()["due"] + 1)
    async with asyncio.timeout(20):
        await Worker(services, store, logging.getLogger("test")).drain()
    (task,) = json.loads((await http.get("/plugins/schedules/queue")).text)["tasks"]
    assert task["state"] == "dead"
    assert "agent.preview" in json.dumps(task) or "may not" in json.dumps(task)
