"""Web pages that a browser shows to somebody who may reach a host, against what plugins of protocols serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from lumosai import Agent
from lumosai.gateway.app import create_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lumosai_sdk.testing.hosts import OpenHost

FORBIDDEN = 403
JSON = {"accept": "application/json, text/event-stream"}
RUN = {"threadId": "t", "runId": "r", "messages": [{"id": "m", "role": "user", "content": "hi"}]}
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "agui": ("/plugins/agui/agents/echo", RUN),
    "a2a": ("/plugins/a2a/agents/echo", {"jsonrpc": "2.0", "id": 1, "method": "ListTasks", "params": {}}),
    "mcp": ("/plugins/mcp/rpc", {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}),
    "schedules": ("/plugins/schedules/queue", {"agent": "echo", "input": "hi"}),
}
PAGES = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://localhost:8000"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
    {"host": "rebound.evil.example"},
    {"host": "localhost.evil.example"},
    {"x-forwarded-for": "10.0.0.1"},
]


@pytest.fixture
async def http(lumos_host: OpenHost) -> AsyncIterator[Any]:
    plugins = {
        "agui": {"settings": {"agents": ["*"]}},
        "a2a": {"settings": {"agents": ["*"]}},
        "mcp": {"settings": {"expose": {"tools": ["*"], "agents": ["*"]}}},
        "schedules": {"settings": {"api": True}},
    }
    async with lumos_host(agents=[Agent("echo", model="scripted/echo")], plugins=plugins) as host:
        transport = httpx2.ASGITransport(create_app(host), client=("127.0.0.1", 5))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client


@pytest.mark.parametrize("protocol", CALLS)
async def test_foreign_pages_are_refused_everywhere(http: Any, protocol: str) -> None:
    path, body = CALLS[protocol]
    for page in PAGES:
        answer = await http.post(path, json=body, headers={**JSON, **page})
        assert answer.status_code == FORBIDDEN, (page, answer.text)
        assert not [h for h in answer.headers if h.startswith("access-control-")]
        asked = {**page, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
        answer = await http.request("OPTIONS", path, headers=asked)
        assert answer.status_code >= FORBIDDEN, page
        assert not [h for h in answer.headers if h.startswith("access-control-")]
    assert (await http.post(path, json=body, headers=JSON)).is_success
