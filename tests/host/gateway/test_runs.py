"""Agents and their runs over HTTP."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from lumosai import Agent
from lumosai_sdk import ToolError
from lumosai_sdk.decorators import tool
from lumosai_sdk.errors import ModelUnavailableError, StorageError
from lumosai_sdk.types.messages import ToolCall

if TYPE_CHECKING:
    from lumosai_sdk.testing.scripted import ScriptedModel

Open = Callable[..., Any]


async def test_agents_are_listed_and_described(gateway: Open) -> None:
    async with gateway() as g:
        listed = (await g.client.get("/v1/agents")).json()["data"]
        assert [a["id"] for a in listed] == ["echo"]
        one = (await g.client.get("/v1/agents/echo")).json()
        effective = one.pop("effective")
        assert one == listed[0]
        assert effective["models"] == ["scripted/echo"]
        assert effective["limits"]["steps"] == g.host.config.limits.steps


async def test_an_unknown_agent_is_a_problem_that_offers_what_is_near(gateway: Open) -> None:
    async with gateway() as g:
        response = await g.run(agent="ecco")
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"
        problem = response.json()
        assert problem["detail"] == "no agent 'ecco'; did you mean 'echo'?"
        assert problem["code"] == "not_found"
        assert problem["request_id"] == response.headers["x-request-id"]


async def test_a_run_is_answered_and_recorded(gateway: Open) -> None:
    async with gateway() as g:
        response = await g.run("moon", metadata={"from": "test"})
        result = response.json()
        assert (response.status_code, result["status"], result["text"]) == (200, "completed", "moon")
        assert response.headers["x-lumos-run"] == result["run_id"]
        record = (await g.client.get(f"/v1/runs/{result['run_id']}")).json()
        assert record["text"] == "moon"
        assert record["metadata"] == {"from": "test"}
        assert [m["content"] for m in record["messages"]] == ["moon", "moon"]
        assert "host" not in record
        events = (await g.client.get(f"/v1/runs/{result['run_id']}/events")).json()["data"]
        assert [e["type"] for e in events] == ["run.started", "model.started", "model.completed", "run.completed"]
        later = await g.client.get(f"/v1/runs/{result['run_id']}/events", params={"after": events[1]["seq"]})
        assert later.json()["data"] == events[2:]


async def test_input_may_be_messages_with_images(gateway: Open, scripted_model: ScriptedModel) -> None:
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
    ]
    async with gateway(Agent("see", model="test/any")) as g:
        body = {"input": [{"role": "developer", "content": "Be brief"}, {"role": "user", "content": parts}]}
        response = await g.client.post("/v1/agents/see/runs", json=body)
        assert response.status_code == 200, response.text
        sent = scripted_model.last.messages
        assert [m.role for m in sent] == ["system", "user"]
        assert sent[1].to_json()["content"][1]["image_url"]["url"] == "data:image/png;base64,AA"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "input"),
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": 7}, "input"),
        ({"input": [{"role": "robot", "content": "x"}]}, "input.0.role"),
        ({"input": [{"role": "tool", "content": "x"}]}, "input.0"),
        ({"input": [{"role": "user"}]}, "input.0"),
        ({"input": [{"role": "user", "content": [{"type": "audio"}]}]}, "input.0.content.0.type"),
        (
            {
                "input": [
                    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://10.0.0.1/a.png"}}]}
                ]
            },
            "input.0.content.0.image_url.url",
        ),
        ({"input": "x", "limits": {"steps": 0}}, "limits.steps"),
        ({"input": "x", "limits": {"stepz": 1}}, "limits.stepz"),
        ({"input": "x", "thread_id": "../../etc"}, "thread_id"),
        ({"input": "x", "thread_id": "a/b"}, "thread_id"),
        ({"input": "x", "streem": True}, "streem"),
        ({"input": "x", "metadata": "y"}, "metadata"),
        ([], "body"),
        ("x", "body"),
    ],
)
async def test_a_wrong_field_is_named(gateway: Open, body: Any, field: str) -> None:
    async with gateway() as g:
        response = await g.client.post("/v1/agents/echo/runs", json=body)
        assert response.status_code == 422, response.text
        assert field in [e["field"] for e in response.json()["errors"]]
        assert (await g.client.get("/v1/runs")).json()["data"] == []


async def test_a_schema_that_is_none_is_refused_before_any_model_is_asked(
    gateway: Open, scripted_model: ScriptedModel
) -> None:
    async with gateway(Agent("a", model="test/any")) as g:
        response = await g.run(agent="a", output_schema={"type": "no such type"})
        assert response.status_code == 422
        assert "not a JSON Schema" in response.json()["detail"]
        assert scripted_model.requests == []


async def test_an_answer_is_parsed_by_the_schema_of_the_request(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script('{"n": 68}')
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    async with gateway(Agent("a", model="test/any")) as g:
        assert (await g.run(agent="a", output_schema=schema)).json()["output"] == {"n": 68}


async def test_limits_of_a_request_only_narrow(gateway: Open) -> None:
    looping = Agent("loop", model="scripted/tool", tools=["calculator.*"])
    async with gateway(looping) as g:
        one = await g.run("1+1", agent="loop", limits={"steps": 1})
        assert one.status_code == 429
        assert one.json()["code"] == "limit_exceeded"
        assert "retry-after" not in one.headers
        wide = await g.run("1+1", agent="loop", limits={"tokens": 1_000_000})
        assert wide.json()["steps"] == 2


async def test_a_failed_run_is_a_problem_that_names_its_record(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script([ModelUnavailableError("the model is away")] * 9)
    async with gateway(Agent("a", model="test/any"), limits={"retries": 0}) as g:
        response = await g.run(agent="a")
        assert response.status_code == 503
        assert response.headers["retry-after"] == "5"
        record = (await g.client.get(f"/v1/runs/{response.json()['run_id']}")).json()
        assert record["status"] == "failed"
        assert record["error"]["code"] == "model_unavailable"


async def test_a_conversation_is_continued_listed_read_and_deleted(
    gateway: Open, scripted_model: ScriptedModel
) -> None:
    async with gateway(Agent("a", model="test/any")) as g:
        scripted_model.script(["Hello Ada", "Ada"])
        await g.run("I am Ada", agent="a", thread_id="t-1")
        await g.run("Who am I?", agent="a", thread_id="t-1")
        assert [m.text for m in scripted_model.last.messages] == ["I am Ada", "Hello Ada", "Who am I?"]
        assert [t["id"] for t in (await g.client.get("/v1/threads")).json()["data"]] == ["t-1"]
        messages = await g.client.get("/v1/threads/t-1/messages", params={"limit": 2})
        assert [m["content"] for m in messages.json()["data"]] == ["Who am I?", "Ada"]
        assert len((await g.client.get("/v1/runs", params={"thread_id": "t-1"})).json()["data"]) == 2
        gone = await g.client.delete("/v1/threads/t-1")
        assert (gone.status_code, gone.content) == (204, b"")
        assert (await g.client.get("/v1/threads/t-1/messages")).status_code == 404
        assert (await g.client.delete("/v1/threads/t-1")).status_code == 404


async def test_runs_come_in_pages_newest_first(gateway: Open) -> None:
    async with gateway() as g:
        made = [(await g.run(str(i))).json()["run_id"] for i in range(5)]
        seen: list[str] = []
        query: dict[str, Any] = {"limit": 2}
        while True:
            page = (await g.client.get("/v1/runs", params=query)).json()
            seen += [r["id"] for r in page["data"]]
            if not page["has_more"]:
                break
            query["cursor"] = page["next_cursor"]
        assert seen == made[::-1]
        assert (await g.client.get("/v1/runs", params={"agent": "other"})).json()["data"] == []
        assert len((await g.client.get("/v1/runs", params={"status": "completed"})).json()["data"]) == 5


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "query.limit"),
        ({"limit": "many"}, "query.limit"),
        ({"status": "done"}, "query.status"),
        ({"stat": "completed"}, "query.stat"),
    ],
)
async def test_a_wrong_query_is_named(gateway: Open, query: dict[str, str], field: str) -> None:
    async with gateway() as g:
        response = await g.client.get("/v1/runs", params=query)
        assert response.status_code == 422
        assert [e["field"] for e in response.json()["errors"]] == [field]


@tool(approval="always")
async def wipe(disk: str) -> str:
    """Wipe a disk."""
    if disk == "broken":
        raise ToolError("the disk is broken")
    return f"{disk} wiped"


def _wiping(model: ScriptedModel, disk: str = "sda") -> Agent:
    model.script([ToolCall("c1", "wipe", f'{{"disk": "{disk}"}}'), "Done"])
    return Agent("wiper", model="test/any", tools=[wipe])


async def test_a_run_that_needs_leave_waits_and_goes_on(gateway: Open, scripted_model: ScriptedModel) -> None:
    async with gateway(_wiping(scripted_model)) as g:
        waiting = (await g.run(agent="wiper")).json()
        assert waiting["status"] == "suspended"
        assert waiting["pending"][0]["arguments"] == {"disk": "sda"}
        path = f"/v1/runs/{waiting['run_id']}/resume"
        done = await g.client.post(path, json={"decisions": {waiting["pending"][0]["call_id"]: {"approve": True}}})
        assert done.json()["text"] == "Done"
        assert done.json()["messages"][2]["content"] == "sda wiped"
        again = await g.client.post(path, json={"decisions": {}})
        assert (again.status_code, again.json()["code"]) == (409, "conflict")


async def test_an_empty_decision_is_no_leave(gateway: Open, scripted_model: ScriptedModel) -> None:
    async with gateway(_wiping(scripted_model)) as g:
        waiting = (await g.run(agent="wiper")).json()
        path, call_id = f"/v1/runs/{waiting['run_id']}/resume", waiting["pending"][0]["call_id"]
        response = await g.client.post(path, json={"decisions": {call_id: {}}})
        assert response.status_code == 422
        assert response.json()["errors"][0]["field"] == f"decisions.{call_id}"
        unknown = await g.client.post(path, json={"decisions": {"other": {"approve": True}}})
        assert unknown.status_code == 422
        refused = await g.client.post(
            path, json={"decisions": {call_id: {"approve": False, "reason": "mine"}}, "stream": False}
        )
        assert "declined" in refused.json()["messages"][2]["content"]


async def test_a_waiting_run_can_be_cancelled(gateway: Open, scripted_model: ScriptedModel) -> None:
    async with gateway(_wiping(scripted_model)) as g:
        run_id = (await g.run(agent="wiper")).json()["run_id"]
        response = await g.client.post(f"/v1/runs/{run_id}/cancel")
        assert (response.status_code, response.json()) == (202, {"run_id": run_id, "status": "cancelled"})
        assert (await g.client.get(f"/v1/runs/{run_id}")).json()["status"] == "cancelled"
        assert (await g.client.post(f"/v1/runs/{run_id}/cancel")).status_code == 409
        assert (await g.client.post("/v1/runs/run_none/cancel")).status_code == 404


async def test_a_run_under_way_can_be_cancelled(gateway: Open, scripted_model: ScriptedModel) -> None:
    started, never = asyncio.Event(), asyncio.Event()

    async def hang(_: object) -> str:
        started.set()
        await never.wait()
        return ""

    scripted_model.script(hang)
    async with gateway(Agent("slow", model="test/any")) as g:
        task = asyncio.create_task(g.run(agent="slow"))
        await started.wait()
        run_id = (await g.client.get("/v1/runs", params={"status": "running"})).json()["data"][0]["id"]
        assert (await g.client.post(f"/v1/runs/{run_id}/cancel")).status_code == 202
        response = await task
        assert (response.status_code, response.json()["code"]) == (409, "run_cancelled")
        assert (await g.client.get(f"/v1/runs/{run_id}")).json()["status"] == "cancelled"


async def test_a_store_that_takes_nothing_is_503_and_says_when_to_come_back(
    gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise StorageError("the disk is full: /var/lib/lumos/runs.db")

    async with gateway() as g:
        monkeypatch.setattr(g.host.storage, "put_run", full)
        for body in ({"input": "x"}, {"input": "x", "stream": True}):
            response = await g.client.post("/v1/agents/echo/runs", json=body)
            assert response.status_code == 503, response.text
            assert response.headers["content-type"] == "application/problem+json"
            assert response.headers["retry-after"] == "5"
            assert response.json()["code"] == "storage"
        monkeypatch.undo()
        assert (await g.run()).status_code == 200


@pytest.mark.parametrize("path", ["/v1/runs/run_none", "/v1/runs/run_none/events", "/v1/threads/none/messages"])
async def test_what_is_not_there_is_404(gateway: Open, path: str) -> None:
    async with gateway() as g:
        response = await g.client.get(path)
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
        streamed = await g.client.get(path, headers={"accept": "text/event-stream"})
        assert streamed.status_code == 404
