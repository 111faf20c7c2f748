"""Conversations over HTTP: made, told, changed, added to, by their owner alone."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from lumosai import Agent
from lumosai.gateway.app import create_app
from lumosai_sdk import tool
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.auth import AuthRequest, Principal
from lumosai_sdk.types.messages import ToolCall

Open = Callable[..., Any]
HELLO = {"role": "user", "content": "hello"}


class Names:
    """Knows callers by their names."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        scopes = frozenset({"thread.read", "thread.write", "thread.delete", "run.read", "agent.run"})
        return Principal(name, "t", scopes) if name else None


@pytest.fixture
def two(gateway: Open) -> Open:
    """Return a factory of clients of two callers who share a host."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[tuple[httpx2.AsyncClient, httpx2.AsyncClient]]:
        async with gateway(server={"auth": ["names"]}) as g:
            contribute(g.host, "auth", "names", Names())
            transport = httpx2.ASGITransport(create_app(g.host), client=("127.0.0.1", 5))
            ann, bob = (
                httpx2.AsyncClient(
                    transport=transport, base_url="http://localhost", headers={"authorization": f"Bearer {name}"}
                )
                for name in ("ann", "bob")
            )
            async with ann, bob:
                yield ann, bob

    return opened


async def test_a_thread_is_made_told_changed_and_gone(gateway: Open) -> None:
    async with gateway() as g:
        made = await g.client.post("/v1/threads", json={"id": "oslo", "title": "Oslo", "metadata": {"topic": "trains"}})
        assert (made.status_code, made.headers["location"]) == (201, "/v1/threads/oslo")
        assert made.json()["owner"] == "default/local"
        assert (await g.client.get("/v1/threads/oslo")).json() == made.json()
        changed = (await g.client.patch("/v1/threads/oslo", json={"title": "Bergen"})).json()
        assert (changed["title"], changed["metadata"]) == ("Bergen", {"topic": "trains"})
        assert changed["updated_at"] > made.json()["updated_at"]
        replaced = (await g.client.patch("/v1/threads/oslo", json={"metadata": {"a": "b"}})).json()
        assert (replaced["title"], replaced["metadata"]) == ("Bergen", {"a": "b"})
        assert (await g.client.patch("/v1/threads/oslo", json={})).json() == replaced
        assert (await g.client.delete("/v1/threads/oslo")).status_code == 204
        assert (await g.client.get("/v1/threads/oslo")).status_code == 404
        assert (await g.client.post("/v1/threads", json={"id": "oslo"})).status_code == 201


async def test_a_thread_without_a_name_gets_one(gateway: Open) -> None:
    async with gateway() as g:
        first, second = [(await g.client.post("/v1/threads", json={})).json()["id"] for _ in range(2)]
        assert first != second
        assert first.startswith("thread_")


async def test_of_many_who_want_a_name_one_gets_it(gateway: Open) -> None:
    async with gateway() as g:
        answers = await asyncio.gather(*(g.client.post("/v1/threads", json={"id": "one"}) for _ in range(8)))
        assert sorted(a.status_code for a in answers) == [201, *[409] * 7]


async def test_messages_are_added_and_seen_by_the_next_run(gateway: Open) -> None:
    async with gateway() as g:
        await g.client.post("/v1/threads", json={"id": "t"})
        said = [HELLO, {"role": "assistant", "content": "hi"}]
        added = await g.client.post("/v1/threads/t/messages", json={"messages": said})
        assert (added.status_code, added.json()["data"]) == (201, said)
        assert (await g.run("more", thread_id="t")).status_code == 200
        told = (await g.client.get("/v1/threads/t/messages")).json()["data"]
        assert [m["content"] for m in told] == ["hello", "hi", "more", "more"]
        assert (await g.client.post("/v1/threads/none/messages", json={"messages": said})).status_code == 404


WRONG = [
    ("POST", "/v1/threads", {"id": "../up"}, "id"),
    ("POST", "/v1/threads", {"id": ""}, "id"),
    ("POST", "/v1/threads", {"id": "x" * 129}, "id"),
    ("POST", "/v1/threads", {"owner": "default/eve"}, "owner"),
    ("POST", "/v1/threads", {"title": "x" * 257}, "title"),
    ("POST", "/v1/threads", {"metadata": {"a": 1}}, "metadata.a"),
    ("POST", "/v1/threads", {"metadata": {str(i): "" for i in range(17)}}, "metadata"),
    ("PATCH", "/v1/threads/t", {"owner": "default/eve"}, "owner"),
    ("POST", "/v1/threads/t/messages", {"messages": []}, "messages"),
    ("POST", "/v1/threads/t/messages", {"messages": [{"role": "root", "content": "x"}]}, "messages.0.role"),
]


async def test_what_does_not_fit_is_told_by_its_field(gateway: Open) -> None:
    async with gateway() as g:
        await g.client.post("/v1/threads", json={"id": "t"})
        for method, path, body, field in WRONG:
            answer = await g.client.request(method, path, json=body)
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text
        own = {"metadata": {"lumosai.deleted": "0"}}
        assert (await g.client.post("/v1/threads", json=own)).status_code == 422
        assert (await g.client.patch("/v1/threads/t", json=own)).status_code == 422


async def test_another_s_thread_is_not_there(two: Open) -> None:
    async with two() as (ann, bob):
        assert (await ann.post("/v1/threads", json={"id": "hers"})).status_code == 201
        assert (await bob.post("/v1/threads", json={"id": "hers"})).status_code == 409
        for method, path, body in (
            ("GET", "/v1/threads/hers", None),
            ("PATCH", "/v1/threads/hers", {"title": "mine"}),
            ("DELETE", "/v1/threads/hers", None),
            ("GET", "/v1/threads/hers/messages", None),
            ("POST", "/v1/threads/hers/messages", {"messages": [HELLO]}),
        ):
            assert (await bob.request(method, path, json=body)).status_code == 404, (method, path)
        assert (await bob.get("/v1/threads")).json()["data"] == []
        assert [t["id"] for t in (await ann.get("/v1/threads")).json()["data"]] == ["hers"]


async def test_a_conversation_s_own_notes_are_not_told_and_not_lost(gateway: Open) -> None:
    async with gateway() as g:
        items = {"items": [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}]}
        made = (await g.client.post("/v1/conversations", json=items)).json()["id"]
        first, second = (await g.client.get(f"/v1/conversations/{made}/items?order=asc")).json()["data"]
        await g.client.delete(f"/v1/conversations/{made}/items/{first['id']}")
        changed = (await g.client.patch(f"/v1/threads/{made}", json={"title": "x"})).json()
        assert changed["metadata"] == (await g.client.get(f"/v1/threads/{made}")).json()["metadata"] == {}
        assert all(t["metadata"] == {} for t in (await g.client.get("/v1/threads")).json()["data"])
        (left,) = (await g.client.get(f"/v1/conversations/{made}/items")).json()["data"]
        assert left["id"] == second["id"]


@tool
def launch(name: str) -> str:
    """Launch something."""
    return f"launched {name}"


def asking(model: ScriptedModel) -> Agent:
    model.script([ToolCall("one", "launch", '{"name": "a"}'), ToolCall("two", "launch", '{"name": "b"}'), "done"])
    return Agent("asker", model="test/any", tools=[launch], approve=["launch"])


async def test_leave_is_given_or_refused_without_naming_calls(gateway: Open, scripted_model: ScriptedModel) -> None:
    async with gateway(asking(scripted_model)) as g:
        waiting = (await g.run("go", "asker")).json()
        assert waiting["status"] == "suspended"
        path = f"/v1/runs/{waiting['run_id']}"
        other = await g.client.post(f"{path}/approve", json={"call_ids": ["no-such-call"]})
        assert (other.status_code, "it waits for" in other.text) == (422, True)
        again = (await g.client.post(f"{path}/approve", json={})).json()
        assert again["status"] == "suspended"
        declined = (await g.client.post(f"{path}/decline", json={"reason": "not today"})).json()
        assert (declined["status"], declined["text"]) == ("completed", "done")
        results = [m["content"] for m in declined["messages"] if m["role"] == "tool"]
        assert "not today" in results[-1]
        late = await g.client.post(f"{path}/approve", json={})
        assert (late.status_code, late.json()["code"]) == (409, "conflict")
