"""What is sent twice with an ``Idempotency-Key`` is done once: repeats, races, crashes, and those who try it on."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from lumosai import Agent
from lumosai.gateway.app import RESOURCES, create_app
from lumosai.gateway.idempotency import once as module
from lumosai.gateway.idempotency.book import NAMESPACE
from lumosai.gateway.idempotency.key import LONGEST
from lumosai_sdk import AuthRequest, Principal
from lumosai_sdk.errors import ModelError
from lumosai_sdk.testing.hosts import contribute, open_host
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.models import ModelChunk, ModelInfo, ModelRequest, ModelResponse
from lumosai_sdk.types.storage import RunFilter

if TYPE_CHECKING:
    from pathlib import Path

Open = Callable[..., Any]
ECHO = Agent("echo", model="scripted/echo")
RUN = "/v1/agents/echo/runs"
CHAT = {"model": "echo", "messages": [{"role": "user", "content": "hello"}]}
CALC = "/v1/tools/calculator.evaluate/call"


async def send(g: Any, path: str = RUN, body: Any = None, key: str = "k1", **headers: str) -> httpx2.Response:
    sent = {"input": "hello"} if body is None else body
    answer: httpx2.Response = await g.client.post(path, json=sent, headers={"idempotency-key": key, **headers})
    return answer


async def runs_of(host: Any) -> int:
    return len(await host.storage.list_runs(RunFilter(limit=100)))


class Held:
    """A model that answers when it is let, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.fail: ModelError | None = None
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo("any")]

    async def complete(self, request: ModelRequest) -> ModelResponse:
        self.asked += 1
        self.begun.set()
        await self.go_on.wait()
        if self.fail is not None:
            raise self.fail
        return await ScriptedModel("done").complete(request)

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        for _ in request.messages:
            raise AssertionError("nobody follows these runs")
        yield ModelChunk()


class Drip:
    """A model that says so many words, each when it is let, and notices when it is stopped."""

    def __init__(self, words: int) -> None:
        self.words = words
        self.started, self.stopped, self.go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo("any")]

    async def complete(self, request: ModelRequest) -> ModelResponse:
        raise AssertionError("a followed run streams")

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        try:
            for _ in range(self.words):
                yield ModelChunk("x")
                self.started.set()
                await self.go_on.wait()
                await asyncio.sleep(0)
            yield ModelChunk(finish_reason="stop")
        finally:
            self.stopped.set()


def dripping(g: Any, words: int) -> Drip:
    drip = Drip(words)
    contribute(g.host, "provider", "drip", drip)
    return drip


def held(g: Any) -> Held:
    model = Held()
    contribute(g.host, "provider", "held", model)
    g.host.add(Agent("slow", model="held/any"))
    return model


# --- repeats


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (RUN, {"input": "hello"}),
        ("/v1/chat/completions", CHAT),
        ("/v1/chat/completions", {**CHAT, "model": "scripted/echo"}),
        ("/v1/responses", {"model": "echo", "input": "hello"}),
        ("/v1/conversations", {"metadata": {"topic": "x"}}),
        (CALC, {"arguments": {"expression": "6*7"}}),
    ],
)
async def test_a_repeat_gets_the_answer_of_the_first(gateway: Open, path: str, body: Any) -> None:
    async with gateway() as g:
        first, again = await send(g, path, body), await send(g, path, body)
        assert first.status_code == again.status_code == 200, first.text
        assert again.content == first.content
        assert again.headers["content-type"] == first.headers["content-type"]
        assert again.headers.get("x-lumos-run") == first.headers.get("x-lumos-run")
        assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
        assert await runs_of(g.host) <= 1
        assert len(await g.host.storage.list_threads()) <= 1


async def test_another_key_and_no_key_do_it_once_more(gateway: Open) -> None:
    async with gateway() as g:
        await send(g, key="a")
        await send(g, key="b")
        await g.run()
        await g.run()
        assert await runs_of(g.host) == 4


async def test_a_key_in_quotes_is_the_key_without(gateway: Open) -> None:
    async with gateway() as g:
        first = await send(g, key="8e03978e-40d5")
        assert (await send(g, key='"8e03978e-40d5"')).content == first.content
        assert (await send(g, key='"a b\\"c"')).status_code == 200
        assert await runs_of(g.host) == 2


async def test_items_are_added_to_a_conversation_once(gateway: Open) -> None:
    async with gateway() as g:
        conversation = (await g.client.post("/v1/conversations", json={})).json()["id"]
        items = {"items": [{"type": "message", "role": "user", "content": "hi"}]}
        for _ in range(2):
            await send(g, f"/v1/conversations/{conversation}/items", items)
        assert len(await g.host.storage.messages(conversation)) == 1


async def test_the_same_key_with_something_else_is_refused(gateway: Open) -> None:
    async with gateway() as g:
        await send(g)
        other = await send(g, body={"input": "bye"})
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        streamed = await send(g, accept="text/event-stream")
        assert streamed.json()["code"] == "idempotency_key_reused"
        await send(g, "/v1/chat/completions", CHAT)
        chat = await send(g, "/v1/chat/completions", {**CHAT, "seed": 1})
        assert (chat.status_code, chat.json()["error"]["code"]) == (400, "idempotency_key_reused")


async def test_operations_and_paths_do_not_share_keys(gateway: Open) -> None:
    async with gateway(Agent("other", model="scripted/echo")) as g:
        for path, body in ((RUN, None), ("/v1/agents/other/runs", None), ("/v1/chat/completions", CHAT)):
            answer = await send(g, path, body)
            assert (answer.status_code, "idempotency-replayed" in answer.headers) == (200, False)


async def test_a_repeat_while_it_runs_is_told_to_come_back(gateway: Open) -> None:
    async with gateway() as g:
        model = held(g)
        first = asyncio.create_task(send(g, "/v1/agents/slow/runs"))
        await model.begun.wait()
        again = await send(g, "/v1/agents/slow/runs")
        assert (again.status_code, again.json()["code"]) == (409, "request_under_way")
        assert again.headers["retry-after"] == "1"
        chat = {**CHAT, "model": "slow"}
        second = asyncio.create_task(send(g, "/v1/chat/completions", chat))
        while model.asked < 2:  # noqa: ASYNC110 - it is at work, whatever that takes
            await asyncio.sleep(0)
        told = await send(g, "/v1/chat/completions", chat)
        assert (told.status_code, told.headers["x-should-retry"]) == (409, "true")
        model.go_on.set()
        assert (await send(g, "/v1/agents/slow/runs")).status_code in {200, 409}
        assert (await first).content == (await send(g, "/v1/agents/slow/runs")).content
        await second
        assert model.asked == 2


async def test_what_failed_may_be_tried_again(gateway: Open) -> None:
    async with gateway() as g:
        model = held(g)
        model.go_on.set()
        model.fail = ModelError("not now", retryable=False)
        assert (await send(g, "/v1/agents/slow/runs")).status_code >= 500
        model.fail = None
        assert (await send(g, "/v1/agents/slow/runs")).status_code == 200
        assert (await send(g, "/v1/agents/none/runs")).status_code == 404
        assert (await send(g, body={"input": 5})).status_code == 422
        assert (await send(g)).status_code == 200


async def test_one_who_was_cancelled_may_try_again(gateway: Open) -> None:
    async with gateway() as g:
        model = held(g)
        first = asyncio.create_task(send(g, "/v1/agents/slow/runs"))
        await model.begun.wait()
        for run in await g.host.storage.list_runs(RunFilter()):
            await g.client.post(f"/v1/runs/{run.id}/cancel")
        assert (await first).status_code >= 400
        model.go_on.set()
        assert (await send(g, "/v1/agents/slow/runs")).status_code == 200


async def test_a_suspended_run_and_its_resumption(gateway: Open) -> None:
    asking = Agent("asking", model="scripted/tool", tools=("ask.person",))
    async with gateway(asking) as g:
        first, again = [await send(g, "/v1/agents/asking/runs") for _ in range(2)]
        assert first.json()["status"] == "suspended"
        assert again.content == first.content
        run, call = first.json()["run_id"], first.json()["pending"][0]["call_id"]
        said = {"decisions": {call: {"answer": "yes"}}}
        done, repeated = [await send(g, f"/v1/runs/{run}/resume", said) for _ in range(2)]
        assert (done.status_code, done.json()["status"]) == (200, "completed")
        assert repeated.content == done.content


async def test_it_can_be_switched_off(gateway: Open) -> None:
    async with gateway(server={"idempotency": 0}) as g:
        await send(g)
        await send(g)
        assert await runs_of(g.host) == 2


async def test_what_has_expired_is_forgotten(gateway: Open) -> None:
    async with gateway(server={"idempotency": 0.01}) as g:
        await send(g)
        await asyncio.sleep(0.05)
        assert "idempotency-replayed" not in (await send(g)).headers


async def test_a_long_answer_is_made_again_from_the_record(gateway: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 10)
    schema = {"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]}
    async with gateway(Agent("one", model="json/any")) as g:
        contribute(g.host, "provider", "json", ScriptedModel('{"a": 1}'))
        asked: dict[str, dict[str, Any]] = {"t": {"thread_id": "t"}, "o": {"output_schema": schema}}
        for key, more in asked.items():
            first, again = [await send(g, "/v1/agents/one/runs", {"input": "x", **more}, key) for _ in range(2)]
            assert (first.status_code, first.json().get("output")) == (200, {"a": 1} if key == "o" else None)
            assert again.json() == first.json()
        stored = [await g.host.storage.kv_get(NAMESPACE, k) for k in await g.host.storage.kv_keys(NAMESPACE)]
        assert [s["answer"] for s in stored] == [None, None]
        arguments = {"arguments": {"expression": "1" * 20}}
        await send(g, CALC, arguments)
        gone = await send(g, CALC, arguments)
        assert (gone.status_code, gone.json()["code"]) == (409, "answer_not_kept")


# --- streams


async def test_a_stream_is_told_again_from_the_record(served: Open) -> None:
    body = {"input": "one two", "stream": True}
    async with served() as g:
        first = await g.stream(RUN, body, **{"idempotency-key": "s"})
        await g.idle()
        again = await g.stream(RUN, body, **{"idempotency-key": "s"})
        assert again == [f for f in first if f["event"] != "model.delta"]
        assert await runs_of(g.host) == 1


async def test_who_comes_back_while_it_streams_follows_it(served: Open) -> None:
    async with served(Agent("d", model="drip/any")) as g:
        drip = dripping(g, 3)
        sent = ("/v1/agents/d/runs", {"input": "x", "stream": True})
        first = asyncio.create_task(g.stream(*sent, **{"idempotency-key": "s"}))
        await drip.started.wait()
        headers, text = {"idempotency-key": "s"}, ""
        async with g.client.stream("POST", sent[0], json=sent[1], headers=headers) as second:
            async for piece in second.aiter_text():
                text += piece
                drip.go_on.set()
        one = await first
        assert f"data: {one[0]['data']}\n" in text
        assert text.endswith(f"event: run.completed\nid: {one[-1]['id']}\ndata: {one[-1]['data']}\n\n")
        assert await runs_of(g.host) == 1


async def test_who_left_a_stream_has_cancelled_it_and_may_start_it_again(served: Open) -> None:
    async with served(Agent("d", model="drip/any")) as g:
        drip = dripping(g, 1_000_000)
        drip.go_on.set()
        sent: Any = {"json": {"input": "x", "stream": True}, "headers": {"idempotency-key": "s"}}
        async with g.client.stream("POST", "/v1/agents/d/runs", **sent) as response:
            async for _ in response.aiter_bytes():
                break
        await drip.stopped.wait()
        await g.idle()
        drip.words = 2
        while await g.host.storage.kv_keys(NAMESPACE):  # noqa: ASYNC110 - until it is settled
            await asyncio.sleep(0.01)
        frames = await g.stream("/v1/agents/d/runs", sent["json"], **sent["headers"])
        assert frames[-1]["event"] == "run.completed"
        assert await runs_of(g.host) == 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {**CHAT, "stream": True}),
        ("/v1/chat/completions", {**CHAT, "model": "scripted/echo", "stream": True}),
        ("/v1/responses", {"model": "echo", "input": "hello", "stream": True}),
    ],
)
async def test_openai_s_streams_are_not_kept_and_that_is_said(served: Open, path: str, body: Any) -> None:
    async with served() as g:
        assert (await send(g, path, body)).status_code == 200
        answers = [await send(g, path, body)]
        while answers[-1].json()["error"]["code"] == "request_under_way":  # it is settled when its end is sent
            answers.append(await send(g, path, body))
        told = answers[-1]
        assert (told.status_code, told.json()["error"]["code"]) == (409, "answer_not_kept")
        assert told.headers["x-should-retry"] == "false"
        if body["model"] == "echo":
            assert re.search(r"GET /v1/runs/run_\w+", told.json()["error"]["message"])
        assert await runs_of(g.host) <= 1


# --- several at once, and several hosts


async def test_of_twenty_at_once_one_is_done(gateway: Open) -> None:
    async with gateway() as g:
        model = held(g)
        model.go_on.set()
        answers = await asyncio.gather(*(send(g, "/v1/agents/slow/runs") for _ in range(20)))
        good = {a.content for a in answers if a.status_code == 200}
        assert len(good) == 1
        assert {a.json()["code"] for a in answers if a.status_code != 200} <= {"request_under_way"}
        assert (model.asked, await runs_of(g.host)) == (1, 1)


@asynccontextmanager
async def on_file(folder: Path, *agents: Agent) -> AsyncIterator[tuple[Any, httpx2.AsyncClient]]:
    async with open_host(folder, ScriptedModel("ok"), agents=agents or [ECHO], storage={"use": "sqlite"}) as host:
        transport = httpx2.ASGITransport(create_app(host), client=("127.0.0.1", 5))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield host, client


async def test_of_two_hosts_on_one_file_one_does_it(tmp_path: Path) -> None:
    async with on_file(tmp_path) as (one, a), on_file(tmp_path) as (_, b):
        for i in range(5):
            sent: Any = {"json": {"input": "x"}, "headers": {"idempotency-key": f"k{i}"}}
            answers = await asyncio.gather(*(c.post(RUN, **sent) for c in (a, b) * 4))
            assert {x.status_code for x in answers} <= {200, 409}
            assert len({x.content for x in answers if x.status_code == 200}) == 1
            assert (await a.post(RUN, **sent)).content == (await b.post(RUN, **sent)).content
        assert await runs_of(one) == 5


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
import httpx2
from lumosai import Agent
from lumosai.gateway.app import create_app
from lumosai_sdk.testing.hosts import open_host
from lumosai_sdk.testing.scripted import ScriptedModel

class Deadly(ScriptedModel):
    async def complete(self, request):
        if "die" in request.messages[-1].text:
            await host.storage.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        return await super().complete(request)

async def main():
    global host
    agents = [Agent("echo", model="test/x")]
    async with open_host(Path(sys.argv[1]), Deadly("ok"), agents=agents, storage={"use": "sqlite"}) as host:
        transport = httpx2.ASGITransport(create_app(host), client=("127.0.0.1", 5))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            for key, path, body in (
                ("done", "/v1/agents/echo/runs", {"input": "x"}),
                ("dies", "/v1/agents/echo/runs", {"input": "die"}),
            ):
                headers = {"idempotency-key": key}
                print((await client.post(path, json=body, headers=headers)).json()["run_id"], flush=True)

asyncio.run(main())
"""


async def test_what_a_killed_host_was_at_is_not_begun_once_more(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    child = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60, check=False)
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()
    first = child.stdout.decode().split()[0]
    async with on_file(tmp_path) as (host, client):
        done = await client.post(RUN, json={"input": "x"}, headers={"idempotency-key": "done"})
        assert (done.status_code, done.json()["run_id"]) == (200, first)
        dead = await client.post(RUN, json={"input": "die"}, headers={"idempotency-key": "dies"})
        assert dead.status_code == 409
        assert dead.json()["run_id"] in dead.json()["hint"]
        assert await runs_of(host) == 2


async def test_a_note_whose_host_is_gone_and_that_made_no_run(gateway: Open) -> None:
    async with gateway() as g:
        await send(g, CALC, {"arguments": {"expression": "1"}})
        [place] = await g.host.storage.kv_keys(NAMESPACE)
        note = await g.host.storage.kv_get(NAMESPACE, place)
        lost = {**note, "host": "", "ended": False, "answer": None}
        await g.host.storage.kv_set(NAMESPACE, place, lost)
        told = await send(g, CALC, {"arguments": {"expression": "1"}})
        assert (told.status_code, told.json()["code"]) == (409, "outcome_unknown")


# --- attacks


class Tokens:
    async def authenticate(self, request: AuthRequest) -> Principal | None:
        who = request.headers.get("authorization", "").removeprefix("Bearer ")
        tenant, _, name = who.rpartition(":")
        return Principal(name, tenant, scopes=self.scopes) if name else None

    scopes = frozenset({"*"})


async def test_a_key_of_somebody_else_tells_nothing(gateway: Open) -> None:
    async with gateway(server={"auth": ["tokens"]}) as g:
        contribute(g.host, "auth", "tokens", Tokens())
        who = ["t:ann", "t:bob", "u:ann", "ta:nn"]
        answers = [await send(g, authorization=f"Bearer {w}") for w in who]
        assert len({a.json()["run_id"] for a in answers}) == len(who)
        assert not any("idempotency-replayed" in a.headers for a in answers)


async def test_who_may_no_longer_ask_is_not_told_again(gateway: Open) -> None:
    async with gateway(server={"auth": ["tokens"]}) as g:
        tokens = Tokens()
        contribute(g.host, "auth", "tokens", tokens)
        asked = [(RUN, None), ("/v1/chat/completions", CHAT), (CALC, {"arguments": {"expression": "1"}})]
        for path, body in asked:
            assert (await send(g, path, body, authorization="Bearer t:ann")).status_code == 200
        tokens.scopes = frozenset({"run.read"})
        for path, body in asked:
            assert (await send(g, path, body, authorization="Bearer t:ann")).status_code == 403


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"   ",
        b'""',
        b"x" * (LONGEST + 1),
        b'"' + b"x" * (LONGEST + 1) + b'"',
        b"x" * 100_000,
        b"a b",
        b"a, b",
        b'"a", "b"',
        b'"a";p=1',
        b'"open',
        b'a"b',
        b"caf\xc3\xa9",
        b"\xff\xfe",
        b"a\x00b",
        b"a\x1b[31mb",
        b"a\tb",
        b'"a\x7f"',
        b'"a\\b"',
    ],
)
async def test_what_is_no_key_is_refused(gateway: Open, key: bytes) -> None:
    async with gateway() as g:
        answer = await g.client.post(RUN, json={"input": "x"}, headers={b"idempotency-key": key})
        assert answer.status_code == 400
        assert "\x1b" not in answer.text
        assert await runs_of(g.host) == 0


async def test_two_keys_are_none(gateway: Open) -> None:
    async with gateway() as g:
        headers = [("idempotency-key", "a"), ("idempotency-key", "a")]
        assert (await g.client.post(RUN, json={"input": "x"}, headers=headers)).status_code == 400


async def test_the_store_learns_neither_key_nor_question(gateway: Open) -> None:
    async with gateway() as g:
        await send(g, body={"input": "my secret question"}, key="my-secret-key")
        for place in await g.host.storage.kv_keys(NAMESPACE):
            note = await g.host.storage.kv_get(NAMESPACE, place)
            assert "my-secret-key" not in place + json.dumps(note)
            assert "my secret question" not in note["asked"]


async def test_a_store_that_cannot_add_says_so(gateway: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with gateway() as g:
        monkeypatch.delattr(type(g.host.storage), "kv_add")
        told = await send(g)
        assert (told.status_code, told.json()["code"]) == (501, "idempotency_unavailable")
        assert (await g.run()).status_code == 200


async def test_without_a_key_nothing_is_noted(gateway: Open) -> None:
    async with gateway() as g:
        await g.run()
        assert list(await g.host.storage.kv_keys(NAMESPACE)) == []


async def test_openai_s_client_with_a_key(served: Open) -> None:
    openai = pytest.importorskip("openai")
    async with served() as g:
        client = openai.AsyncOpenAI(base_url=f"{g.url}/v1", api_key="unused")
        made = [
            await client.chat.completions.create(**CHAT, extra_headers={"Idempotency-Key": "stainless-python-retry-1"})
            for _ in range(2)
        ]
        assert made[0].id == made[1].id
        assert await runs_of(g.host) == 1
        await client.close()


def test_what_changes_something_is_done_once_and_the_document_says_so() -> None:
    marked = {o.id for r in RESOURCES for o in r.OPERATIONS if o.once}
    by_nature = {"cancelRun", "cancelResponse", "updateConversation", "createEmbeddings", "refreshPlugins"}
    posts = {o.id for r in RESOURCES for o in r.OPERATIONS if o.method == "POST" and o.tag != "plugin routes"}
    assert posts - marked - by_nature == {"enablePlugin", "disablePlugin", "reloadPlugin"}
    for resource in RESOURCES:
        for operation in resource.OPERATIONS:
            assert operation.once is None or operation.method == "POST"
