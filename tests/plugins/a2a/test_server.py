"""Agents of the host, as the official A2A client sees them."""

# ruff: noqa: PLR2004 - a number in a test says what it is
from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from a2a import types as a2a
from a2a.types import TaskState
from a2a.utils.errors import (
    ContentTypeNotSupportedError,
    InternalError,
    InvalidParamsError,
    PushNotificationNotSupportedError,
    TaskNotCancelableError,
    TaskNotFoundError,
    UnsupportedOperationError,
)
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Value
from tests.plugins.a2a.conftest import Open, connected, message, sent

from lumosai_plugins.a2a import live
from lumosai_sdk import ToolCall
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.auth import LOCAL

if TYPE_CHECKING:
    from lumosai_sdk.testing.scripted import ScriptedModel

WIPE = ToolCall("c", "wipe", '{"disk": "b"}')
WAIT = ToolCall("w", "wait", "{}")
ASK = ToolCall("q", "ask_person", '{"question": "Who?"}')


def data(value: Any) -> a2a.Part:
    return a2a.Part(data=ParseDict(value, Value()))


def state(answers: list[Any]) -> int:
    """Return the last state that was told."""
    states = [a.status_update.status.state for a in answers if a.HasField("status_update")]
    states += [a.task.status.state for a in answers if a.HasField("task")][-1:] if not states else []
    return int(states[-1])


def task_id(answers: list[Any]) -> str:
    return str(answers[0].task.id)


async def test_the_card_says_what_the_agent_is(a2a_host: Open) -> None:
    async with a2a_host() as host, httpx.AsyncClient(trust_env=False) as http:
        root = f"{host.url}/plugins/a2a/agents"
        listed = (await http.get(root)).json()["agents"]
        assert [p.split("/")[4] for p in listed] == ["careful", "cautious", "curious", "echo"]
        card = (await http.get(host.url + listed[3])).json()
        assert (card["name"], card["description"]) == ("echo", "Repeats")
        assert card["capabilities"]["streaming"] is True
        assert {i["protocolVersion"] for i in card["supportedInterfaces"]} == {"1.0", "0.3"}
        assert {i["url"] for i in card["supportedInterfaces"]} == {f"{root}/echo"}
        assert card["url"] == f"{root}/echo", "clients of 0.3 find it, too"


async def test_agents_that_are_not_named_are_not_there(a2a_host: Open) -> None:
    async with a2a_host() as host, httpx.AsyncClient(trust_env=False) as http:
        for name in ("hidden", "nobody", "..%2fecho"):
            card = await http.get(f"{host.url}/plugins/a2a/agents/{name}/.well-known/agent-card.json")
            called = await http.post(f"{host.url}/plugins/a2a/agents/{name}", json={})
            assert (card.status_code, called.status_code) == (404, 404), name
    async with a2a_host(agents=[]) as host, httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(f"{host.url}/plugins/a2a/agents")).json() == {"agents": []}
        assert (await http.post(f"{host.url}/plugins/a2a/agents/echo", json={})).status_code == 404


async def test_the_owner_says_where_the_host_is_reached(a2a_host: Open) -> None:
    async with a2a_host(public_url="https://agents.example.org/") as host, httpx.AsyncClient(trust_env=False) as http:
        card = (await http.get(f"{host.url}/plugins/a2a/agents/echo/.well-known/agent-card.json")).json()
        assert card["url"] == "https://agents.example.org/plugins/a2a/agents/echo"


async def test_an_answer_is_streamed(a2a_host: Open) -> None:
    async with a2a_host() as host, connected(host.url) as client:
        answers = await sent(client, message("hello there, you"))
        kinds = [a.WhichOneof("payload") for a in answers]
        assert kinds[0] == "task"
        assert kinds[-1] == "status_update"
        pieces = [a.artifact_update for a in answers if a.HasField("artifact_update")]
        assert "".join(p.artifact.parts[0].text for p in pieces) == "hello there, you"
        assert [p.append for p in pieces] == [False] + [True] * (len(pieces) - 1)
        assert [p.last_chunk for p in pieces] == [False] * (len(pieces) - 1) + [True]
        assert state(answers) == TaskState.TASK_STATE_COMPLETED


async def test_an_answer_comes_whole_and_is_kept(a2a_host: Open) -> None:
    async with a2a_host() as host, connected(host.url, streaming=False) as client:
        (answer,) = await sent(client, message("hello"))
        assert answer.task.status.state == TaskState.TASK_STATE_COMPLETED
        assert answer.task.artifacts[0].parts[0].text == "hello"
        kept = await client.get_task(a2a.GetTaskRequest(id=answer.task.id))
        assert kept.artifacts[0].parts[0].text == "hello"
        assert [m.parts[0].text for m in kept.history] == ["hello", "hello"]
        short = await client.get_task(a2a.GetTaskRequest(id=answer.task.id, history_length=0))
        assert not short.history


async def test_a_context_is_a_thread(a2a_host: Open) -> None:
    async with a2a_host() as host, connected(host.url, streaming=False) as client:
        (first,) = await sent(client, message("one"))
        (second,) = await sent(client, message("two", context_id=first.task.context_id))
        assert second.task.context_id == first.task.context_id
        assert second.task.id != first.task.id
        said = await host.services.storage().messages(first.task.context_id)
        assert [m.text for m in said] == ["one", "one", "two", "two"]
        listed = await client.list_tasks(a2a.ListTasksRequest(context_id=first.task.context_id, page_size=1))
        assert ([t.id for t in listed.tasks], listed.total_size) == ([second.task.id], 2)
        more = a2a.ListTasksRequest(context_id=first.task.context_id, page_token=listed.next_page_token)
        assert [t.id for t in (await client.list_tasks(more)).tasks] == [first.task.id]
        done = a2a.ListTasksRequest(status=TaskState.TASK_STATE_WORKING)
        assert not (await client.list_tasks(done)).tasks


@pytest.mark.parametrize(("word", "said"), [("Approve", "wiped b"), ("no", "declined")])
async def test_a_call_waits_for_leave(a2a_host: Open, scripted_model: ScriptedModel, word: str, said: str) -> None:
    scripted_model.script([WIPE, "done"])
    async with a2a_host() as host, connected(host.url, "careful") as client:
        answers = await sent(client, message("wipe b"))
        assert state(answers) == TaskState.TASK_STATE_INPUT_REQUIRED
        asked = answers[-1].status_update.status.message.parts
        assert asked[0].text == "May wipe be called with {\"disk\": \"b\"}? Say 'approve' or 'decline'."
        for wrong in ("approve that other thing", "", "ok then?"):
            with pytest.raises(InvalidParamsError, match=r"waits for leave|data part"):
                await sent(client, message(wrong, task_id=task_id(answers)))
        done = await sent(client, message(word, task_id=task_id(answers)))
        assert done[0].task.id == task_id(answers), "it is the same task"
        assert state(done) == TaskState.TASK_STATE_COMPLETED
        assert said in scripted_model.requests[-1].messages[-1].text


async def test_a_question_is_answered_by_the_next_message(a2a_host: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script([ASK, "hello Ada"])
    async with a2a_host() as host, connected(host.url, "curious", streaming=False) as client:
        (asked,) = await sent(client, message("greet"))
        assert asked.task.status.message.parts[0].text == "Who?"
        (done,) = await sent(client, message("Ada", task_id=asked.task.id, context_id=asked.task.context_id))
        assert done.task.artifacts[0].parts[0].text == "hello Ada"
        assert scripted_model.requests[-1].messages[-1].text == "Ada"


async def test_decisions_are_given_as_data(a2a_host: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script([(WIPE, ToolCall("d", "wipe", '{"disk": "c"}')), "done"])
    async with a2a_host() as host, connected(host.url, "careful", streaming=False) as client:
        (asked,) = await sent(client, message("wipe b and c"))
        with pytest.raises(InvalidParamsError, match="data part"):
            await sent(client, message("approve", task_id=asked.task.id))
        for wrong in ({"c": {"approve": "yes"}}, {"c": 1}, {"other": {"approve": True}}):
            with pytest.raises(InvalidParamsError):
                await sent(client, message(parts=[data({"decisions": wrong})], task_id=asked.task.id))
        decided = {"c": {"approve": True}, "d": {"approve": False, "reason": "not that one"}}
        (done,) = await sent(client, message(parts=[data({"decisions": decided})], task_id=asked.task.id))
        assert done.task.status.state == TaskState.TASK_STATE_COMPLETED
        results = [m.text for m in scripted_model.requests[-1].messages if m.role == "tool"]
        assert results[0] == "wiped b"
        assert "not that one" in results[1]


async def test_a_task_is_cancelled(a2a_host: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script([WIPE, "done"])
    async with a2a_host() as host, connected(host.url, "careful") as client:
        answers = await sent(client, message("wipe b"))
        cancelled = await client.cancel_task(a2a.CancelTaskRequest(id=task_id(answers)))
        assert cancelled.status.state == TaskState.TASK_STATE_CANCELED
        with pytest.raises(TaskNotCancelableError):
            await client.cancel_task(a2a.CancelTaskRequest(id=task_id(answers)))
        with pytest.raises(UnsupportedOperationError, match="cancelled"):
            await sent(client, message("approve", task_id=task_id(answers)))


async def test_a_task_under_way_is_followed_and_cancelled(a2a_host: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script([WAIT, "never told"])
    async with (
        a2a_host() as host,
        connected(host.url, "cautious", streaming=False) as impatient,
        connected(host.url, "cautious") as client,
    ):
        at_once = a2a.SendMessageConfiguration(return_immediately=True)
        (answer,) = await sent(impatient, message("go", configuration=at_once))
        assert answer.task.status.state == TaskState.TASK_STATE_WORKING
        following = client.subscribe(a2a.SubscribeToTaskRequest(id=answer.task.id))
        assert (await anext(following)).task.id == answer.task.id
        cancelled = await client.cancel_task(a2a.CancelTaskRequest(id=answer.task.id))
        assert cancelled.status.state == TaskState.TASK_STATE_CANCELED
        rest = [a async for a in following]
        assert rest[-1].status_update.status.state == TaskState.TASK_STATE_CANCELED
        with pytest.raises(UnsupportedOperationError, match="over"):
            await anext(client.subscribe(a2a.SubscribeToTaskRequest(id=answer.task.id)))


async def test_a_task_goes_on_when_its_client_is_gone(a2a_host: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script([WAIT, "at last"])
    async with a2a_host() as host:
        async with connected(host.url, "cautious") as gone:
            first = await anext(gone.send_message(message("go")))
        async with connected(host.url, "cautious") as back:
            following = back.subscribe(a2a.SubscribeToTaskRequest(id=first.task.id))
            assert (await anext(following)).task.status.state == TaskState.TASK_STATE_WORKING
            host.come.set()
            rest = [a async for a in following]
            assert rest[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED
            done = await back.get_task(a2a.GetTaskRequest(id=first.task.id))
            assert done.artifacts[0].parts[0].text == "at last"


async def test_a_client_that_reads_too_slowly_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is not slowed, and nothing is kept for it without end."""
    monkeypatch.setattr(live, "BEHIND", 4)
    begun, told = asyncio.Event(), 100

    async def events() -> AsyncIterator[ev.Event]:
        yield ev.RunStarted("run_1", 1, 0.0, "a")
        await begun.wait()
        for number in range(told):
            yield ev.ModelDelta("run_1", number + 2, 0.0, "word ")
        yield ev.RunCompleted("run_1", told + 2, 0.0, "a", "word " * told)

    made = live.Live(1, 1)
    following = made.begin(events, "c", LOCAL)
    slow = following.follow()
    assert isinstance(await anext(slow), a2a.Task)
    begun.set()
    await following.ended.wait()
    assert following.telling.task.status.state == TaskState.TASK_STATE_COMPLETED
    for _ in range(4):
        await anext(slow)
    with pytest.raises(InternalError, match="not read as fast"):
        await anext(slow)
    await made.aclose()


async def test_clients_of_the_version_before_are_served(a2a_host: Open) -> None:
    async with a2a_host() as host, httpx.AsyncClient(trust_env=False) as http:
        url = f"{host.url}/plugins/a2a/agents/echo"
        said = {"kind": "message", "messageId": "m", "role": "user", "parts": [{"kind": "text", "text": "hi"}]}
        call = {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {"message": said}}
        result = (await http.post(url, json=call)).json()["result"]
        assert (result["kind"], result["status"]["state"]) == ("task", "completed")
        assert result["artifacts"][0]["parts"][0]["text"] == "hi"
        got = {"jsonrpc": "2.0", "id": 2, "method": "tasks/get", "params": {"id": result["id"]}}
        assert (await http.post(url, json=got)).json()["result"]["id"] == result["id"]
        streamed = await http.post(url, json={**call, "method": "message/stream"})
        assert streamed.headers["content-type"].startswith("text/event-stream")
        assert '"final":true' in streamed.text


async def test_what_no_agent_reads_is_refused(a2a_host: Open) -> None:
    push = a2a.SendMessageConfiguration(
        task_push_notification_config=a2a.TaskPushNotificationConfig(url="http://169.254.169.254/")
    )
    async with a2a_host() as host, connected(host.url, streaming=False) as client:
        with pytest.raises(ContentTypeNotSupportedError, match="not fetched"):
            await sent(client, message(parts=[a2a.Part(url="http://127.0.0.1/secret")]))
        with pytest.raises(ContentTypeNotSupportedError, match="application/pdf"):
            await sent(client, message(parts=[a2a.Part(raw=b"%PDF", media_type="application/pdf")]))
        with pytest.raises(PushNotificationNotSupportedError):
            await sent(client, message("a", configuration=push))
        with pytest.raises(InvalidParamsError, match="one to 64"):
            await sent(client, message(parts=[a2a.Part(text="a")] * 65))
        with pytest.raises(InvalidParamsError, match="contextId"):
            await sent(client, message("a", context_id="../../etc"))


async def test_nobody_sees_anothers_tasks(a2a_host: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script([WIPE, "done"])
    async with (
        a2a_host(people=True) as host,
        connected(host.url, "careful", token="ada") as ada,
        connected(host.url, "careful", token="bob") as bob,
        connected(host.url, "echo", token="ada") as elsewhere,
    ):
        answers = await sent(ada, message("wipe b"))
        task, context = task_id(answers), answers[0].task.context_id
        for stranger in (bob, elsewhere):
            with pytest.raises(TaskNotFoundError):
                await stranger.get_task(a2a.GetTaskRequest(id=task))
            with pytest.raises(TaskNotFoundError):
                await stranger.cancel_task(a2a.CancelTaskRequest(id=task))
            with pytest.raises(TaskNotFoundError):
                await sent(stranger, message("approve", task_id=task))
            with pytest.raises(TaskNotFoundError):
                await anext(stranger.subscribe(a2a.SubscribeToTaskRequest(id=task)))
            assert not (await stranger.list_tasks(a2a.ListTasksRequest())).tasks
        refused = await sent(bob, message("what was said?", context_id=context))
        assert [a.task.status.state for a in refused] == [TaskState.TASK_STATE_FAILED]
        assert "no thread" in refused[0].task.status.message.parts[0].text
        assert [t.id for t in (await ada.list_tasks(a2a.ListTasksRequest())).tasks] == [task]
        assert (await host.services.find_run(task)).status == "suspended"


async def test_a_caller_without_the_right_decides_nothing(a2a_host: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script([WIPE, "done"])
    async with a2a_host(people=True) as host, connected(host.url, "careful", token="poor", streaming=False) as poor:
        (asked,) = await sent(poor, message("wipe b"))
        with pytest.raises(Exception, match=r"run.resume"):
            await sent(poor, message("approve", task_id=asked.task.id))
        assert (await host.services.find_run(asked.task.id)).status == "suspended"


async def test_without_a_token_there_is_nothing(a2a_host: Open) -> None:
    async with a2a_host(people=True) as host, httpx.AsyncClient(trust_env=False) as http:
        url = f"{host.url}/plugins/a2a/agents/echo"
        assert (await http.get(f"{url}/.well-known/agent-card.json")).status_code == 401
        assert (await http.post(url, json={})).status_code == 401


@pytest.mark.parametrize("limit", [{"max_running": 1}, {"max_per_caller": 1}])
async def test_no_more_tasks_than_allowed(a2a_host: Open, scripted_model: ScriptedModel, limit: dict[str, int]) -> None:
    scripted_model.script([WAIT, "never told"])
    at_once = a2a.SendMessageConfiguration(return_immediately=True)
    async with a2a_host(**limit) as host, connected(host.url, "cautious", streaming=False) as client:
        await sent(client, message("go", configuration=at_once))
        with pytest.raises(Exception, match="a2a tasks under way"):
            await sent(client, message("go"))


async def test_nonsense_is_answered_with_an_error_and_not_logged(
    a2a_host: Open, caplog: pytest.LogCaptureFixture
) -> None:
    async with a2a_host() as host, httpx.AsyncClient(trust_env=False) as http:
        url = f"{host.url}/plugins/a2a/agents/echo"
        bodies = [b"", b"[", b"[]", b"null", b'{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":3}', b"[" * 5000]
        for body in bodies:
            answer = await http.post(url, content=body, headers={"content-type": "application/json"})
            assert (answer.status_code, "error" in answer.json()) == (200, True), body[:50]
            assert "Traceback" not in answer.text
        assert (await http.post(f"{url}/deeper", json={})).status_code == 404
    assert not [r for r in caplog.records if r.name.startswith("a2a")]


async def test_a_bug_is_logged_and_not_told(
    a2a_host: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the secret is s3cret")

    monkeypatch.setattr("lumosai_plugins.a2a.reading.given", broken)
    async with a2a_host() as host, connected(host.url, streaming=False) as client:
        with pytest.raises(InternalError, match="could not answer") as failed:
            await sent(client, message("a"))
    assert "s3cret" not in str(failed.value)
    assert [r.exc_info is not None for r in caplog.records if r.name == "lumosai.plugin.a2a"] == [True]


async def test_without_the_sdk_it_is_said_how_to_get_it(a2a_host: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "a2a.server.routes.jsonrpc_dispatcher", None)
    async with a2a_host() as host, httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{host.url}/plugins/a2a/agents/echo", json={})
        assert "lumosai[a2a]" in answer.text
        assert (await http.get(f"{host.url}/plugins/a2a/agents")).status_code == 200
