"""What the host writes about a conversation is not written by those who have it."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from lumosai import Agent
from lumosai.gateway.app import create_app
from lumosai.runs.handovers import HOLDERS
from lumosai_sdk import ToolCall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lumosai_sdk.testing.hosts import OpenHost
    from lumosai_sdk.testing.scripted import ScriptedModel

AGENTS = [Agent("triage", model="test/triage", tools=["team.handoff_to_*"]), Agent("billing", model="test/billing")]
TEAM = {"team": {"settings": {"handoffs": ["billing"]}}}


@pytest.fixture
async def http(lumos_host: OpenHost) -> AsyncIterator[httpx2.AsyncClient]:
    async with lumos_host(agents=AGENTS, plugins=TEAM) as host:
        transport = httpx2.ASGITransport(create_app(host), client=("127.0.0.1", 5))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            client.host = host  # type: ignore[attr-defined]
            yield client


@pytest.mark.parametrize("name", [HOLDERS, "lumosai.deleted", "lumosai.anything"])
async def test_names_of_the_hosts_own_are_refused(http: httpx2.AsyncClient, name: str) -> None:
    metadata = {"metadata": {name: "billing"}}
    assert (await http.post("/v1/threads", json={"id": "t"})).status_code == 201
    conversation = (await http.post("/v1/conversations", json={})).json()["id"]
    for method, path in (
        ("POST", "/v1/threads"),
        ("PATCH", "/v1/threads/t"),
        ("POST", "/v1/conversations"),
        ("POST", f"/v1/conversations/{conversation}"),
    ):
        answer = await http.request(method, path, json=metadata)
        assert (answer.status_code, "host's own" in answer.text) == (422 if "threads" in path else 400, True), path


async def test_who_has_a_conversation_is_not_undone_by_its_metadata(http: Any, scripted_model: ScriptedModel) -> None:
    scripted_model.script([ToolCall("1", "team_handoff_to_billing", "{}"), "Billing here."])
    await http.post("/v1/agents/triage/runs", json={"input": "pay", "thread_id": "t"})
    changed = await http.patch("/v1/threads/t", json={"metadata": {"topic": "money"}})
    assert changed.json()["metadata"] == {"topic": "money"}
    assert (await http.get("/v1/conversations/t")).json()["metadata"] == {"topic": "money"}
    assert (await http.post("/v1/conversations/t", json={"metadata": None})).status_code == 200
    assert (await http.host.storage.get_thread("t")).metadata == {HOLDERS: {"triage": "billing"}}
