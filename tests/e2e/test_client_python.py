"""The Python client talks to a running host: every operation, and what goes wrong on the way."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from lumosai.client import (
    AsyncClient,
    Client,
    ConflictError,
    ConnectionFailedError,
    InvalidRequestError,
    NotFoundError,
    Retries,
    TooManyRequestsError,
    UnauthenticatedError,
    etag,
)

KEY = "k3y-that-shows-nowhere"
HELLO: Any = [{"role": "user", "content": "hello"}]


# --- every operation


State = dict[str, Any]
Hold = Callable[[str, str, int, str, bytes | str], str]
Act = Callable[[Any, State], Any]


def keep(name: str, act: Act, member: str) -> Act:
    """Return *act*, of whose answer a member is kept for later acts."""

    def kept(client: Any, state: State) -> Any:
        return act(client, state), lambda answer: state.update({name: answer[member]})

    return kept


def change_config(client: Any, state: State) -> Any:
    return client.update_config(if_match=state["tag"], limits={"steps": 7})


# In this order; the first word is the id of an operation, as the document has it.
ACTS: Sequence[tuple[str, Act]] = (
    ("getRoot", lambda c, _: c.get_root()),
    ("getHealth", lambda c, _: c.get_health()),
    ("getReadiness", lambda c, _: c.get_readiness()),
    ("getMetrics", lambda c, _: c.get_metrics()),
    ("getOpenAPI", lambda c, _: c.get_open_api()),
    ("getAsyncAPI", lambda c, _: c.get_async_api()),
    ("getDocs", lambda c, _: c.get_docs()),
    ("listAgents", lambda c, _: c.list_agents()),
    ("getAgent", lambda c, _: c.get_agent("echo")),
    ("startRun", keep("run", lambda c, _: c.start_run("echo", input="hello", thread_id="t1"), "run_id")),
    ("startRun", lambda c, _: c.start_run_stream("echo", input=HELLO, metadata={"a": [1]})),
    ("listRuns", lambda c, _: c.list_runs(agent="echo", status="completed", limit=1)),
    ("listRuns", lambda c, _: c.iter_runs(limit=1)),
    ("getRun", lambda c, s: c.get_run(s["run"])),
    ("getRunEvents", lambda c, s: c.get_run_events(s["run"])),
    ("getRunEvents", lambda c, s: c.get_run_events_stream(s["run"])),
    ("startRun", keep("waits", lambda c, _: c.start_run("waits", input="6*7"), "run_id")),
    ("resumeRun", lambda c, s: c.resume_run(s["waits"], decisions={"none": {"approve": True}})),
    ("approveRun", lambda c, s: c.approve_run(s["waits"])),
    ("startRun", keep("waits", lambda c, _: c.start_run("waits", input="6*7"), "run_id")),
    ("declineRun", lambda c, s: c.decline_run(s["waits"], reason="no")),
    ("startRun", keep("waits", lambda c, _: c.start_run("waits", input="6*7"), "run_id")),
    ("cancelRun", lambda c, s: c.cancel_run(s["waits"])),
    ("listThreads", lambda c, _: c.list_threads(limit=5)),
    ("createThread", keep("thread", lambda c, _: c.create_thread(title="New", metadata={"a": "b"}), "id")),
    ("addThreadMessages", lambda c, s: c.add_thread_messages(s["thread"], messages=HELLO)),
    ("getThread", lambda c, s: c.get_thread(s["thread"])),
    ("updateThread", lambda c, s: c.update_thread(s["thread"], title="Newer")),
    ("getThreadMessages", lambda c, s: c.get_thread_messages(s["thread"])),
    ("deleteThread", lambda c, s: c.delete_thread(s["thread"])),
    ("createChatCompletion", lambda c, _: c.create_chat_completion(model="echo", messages=HELLO)),
    ("createChatCompletion", lambda c, _: c.create_chat_completion_stream(model="echo", messages=HELLO)),
    ("createResponse", keep("response", lambda c, _: c.create_response(model="echo", input="hello"), "id")),
    ("createResponse", lambda c, _: c.create_response_stream(model="echo", input="hello")),
    ("getResponse", lambda c, s: c.get_response(s["response"])),
    ("listResponseInputItems", lambda c, s: c.list_response_input_items(s["response"], limit=1)),
    ("cancelResponse", lambda c, s: c.cancel_response(s["response"])),
    ("deleteResponse", lambda c, s: c.delete_response(s["response"])),
    ("createConversation", keep("conv", lambda c, _: c.create_conversation(metadata={"a": "b"}), "id")),
    (
        "createConversationItems",
        lambda c, s: c.create_conversation_items(
            s["conv"], items=[{"type": "message", "role": "user", "content": "hello"}] * 2
        ),
    ),
    (
        "listConversationItems",
        keep("item", lambda c, s: c.list_conversation_items(s["conv"], limit=1, order="asc"), "last_id"),
    ),
    ("listConversationItems", lambda c, s: c.iter_conversation_items(s["conv"], limit=1)),
    ("getConversationItem", lambda c, s: c.get_conversation_item(s["conv"], s["item"])),
    ("deleteConversationItem", lambda c, s: c.delete_conversation_item(s["conv"], s["item"])),
    ("updateConversation", lambda c, s: c.update_conversation(s["conv"], metadata={"c": "d"})),
    ("getConversation", lambda c, s: c.get_conversation(s["conv"])),
    ("deleteConversation", lambda c, s: c.delete_conversation(s["conv"])),
    ("createEmbeddings", lambda c, _: c.create_embeddings(model="vectors/tiny", input=["a", "bc"])),
    ("listModels", lambda c, _: c.list_models()),
    ("getModel", lambda c, _: c.get_model("scripted/echo")),
    ("getUsage", lambda c, _: c.get_usage()),
    ("listUsage", lambda c, _: c.list_usage()),
    ("listTools", lambda c, _: c.list_tools()),
    ("getTool", lambda c, _: c.get_tool("calculator.evaluate")),
    ("getToolSchema", lambda c, _: c.get_tool_schema("calculator.evaluate")),
    ("callTool", lambda c, _: c.call_tool("calculator.evaluate", arguments={"expression": "6*7"})),
    ("listPlugins", lambda c, _: c.list_plugins()),
    ("refreshPlugins", lambda c, _: c.refresh_plugins()),
    ("getPlugin", lambda c, _: c.get_plugin("time")),
    ("getPluginPermissions", lambda c, _: c.get_plugin_permissions("time")),
    ("getPluginHealth", lambda c, _: c.get_plugin_health("time")),
    ("disablePlugin", lambda c, _: c.disable_plugin("time")),
    ("enablePlugin", lambda c, _: c.enable_plugin("time")),
    ("reloadPlugin", lambda c, _: c.reload_plugin("time")),
    ("followPlugin", lambda c, _: c.follow_plugin("time")),
    ("getConfigSchema", lambda c, _: c.get_config_schema()),
    ("getConfig", lambda c, s: (c.get_config(), lambda answer: s.update(tag=etag(answer)))),
    ("updateConfig", change_config),
    ("createAgentVersion", lambda c, _: c.create_agent_version("assistant", config={"history": 3}, note="less")),
    ("listAgentVersions", lambda c, _: c.list_agent_versions("assistant")),
    ("getAgentVersion", lambda c, _: c.get_agent_version("assistant", "2")),
    ("compareAgentVersion", lambda c, _: c.compare_agent_version("assistant", "2", base=1)),
    ("publishAgentVersion", lambda c, _: c.publish_agent_version("assistant", "2")),
    ("restoreAgentVersion", lambda c, _: c.restore_agent_version("assistant", "1")),
    ("listPanels", lambda c, _: c.list_panels()),
    ("getPanel", lambda c, _: c.get_panel("weather.now")),
    ("getPluginRoute", lambda c, _: c.get_plugin_route("p", "items/1")),
    ("postPluginRoute", lambda c, _: c.post_plugin_route("p", "items/1", content=b"{}")),
    ("putPluginRoute", lambda c, _: c.put_plugin_route("p", "items/1", content=b"{}")),
    ("patchPluginRoute", lambda c, _: c.patch_plugin_route("p", "items/1", content=b"{}")),
    ("deletePluginRoute", lambda c, _: c.delete_plugin_route("p", "items/1")),
)
# What has no such thing to act on answers with a problem; that has a schema, too.
REFUSED = {"resumeRun": 422, "cancelResponse": 400}


def test_every_operation_is_tried(operation_ids: set[str]) -> None:
    assert operation_ids == {name for name, _ in ACTS}, "an operation was added or taken away: say it in ACTS"


class Checked:
    """Holds what is answered against the document."""

    def __init__(self, hold: Hold) -> None:
        self.seen: set[str] = set()
        self._hold = hold

    def check(self, request: httpx2.Request, response: httpx2.Response, body: bytes) -> None:
        kind = response.headers.get("content-type", "")
        self.seen.add(self._hold(request.method, request.url.path, response.status_code, kind, body))


def is_stream(response: httpx2.Response) -> bool:
    return bool(response.headers.get("content-type", "").startswith("text/event-stream"))


class AsyncWire(Checked, httpx2.AsyncBaseTransport):
    """The network, and what comes over it looked at."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold)
        self._inner = httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        self.check(request, response, b"" if is_stream(response) else await response.aread())
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class Wire(Checked, httpx2.BaseTransport):
    """The same for the client that waits."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold)
        self._inner = httpx2.HTTPTransport()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._inner.handle_request(request)
        self.check(request, response, b"" if is_stream(response) else response.read())
        return response

    def close(self) -> None:
        self._inner.close()


async def awaited(found: Any) -> Any:
    """Return what an act came to, its stream or its pages read (of a stream without an end the first event)."""
    answer = await found if inspect.isawaitable(found) else found
    if not hasattr(answer, "__aiter__"):
        return answer
    out = []
    async for item in answer:
        out.append(item)
        if getattr(item, "event", "") == "following":
            break
    if hasattr(answer, "aclose"):
        await answer.aclose()
    assert out
    return out


def waited(found: Any) -> Any:
    if isinstance(found, dict | str | None) or not hasattr(found, "__iter__"):
        return found
    out = []
    for item in found:
        out.append(item)
        if getattr(item, "event", "") == "following":
            break
    if hasattr(found, "close"):
        found.close()
    assert out
    return out


async def test_every_operation_by_the_client_for_asyncio(service_url: str, hold: Hold) -> None:
    wire, state = AsyncWire(hold), State()
    async with AsyncClient(service_url, api_key=KEY, transport=wire, retries=Retries(0)) as client:
        for name, act in ACTS:
            found = act(client, state)
            found, then = found if isinstance(found, tuple) else (found, lambda _: None)
            if name in REFUSED:
                with pytest.raises(InvalidRequestError) as told:
                    await found
                assert told.value.status == REFUSED[name]
            else:
                then(await awaited(found))
    assert wire.seen == {name for name, _ in ACTS}


def _each_once(url: str, hold: Hold) -> set[str]:
    wire, state = Wire(hold), State()
    with Client(url, api_key=KEY, transport=wire, retries=Retries(0)) as client:
        for name, act in ACTS:
            try:
                found = act(client, state)
            except InvalidRequestError as e:
                assert e.status == REFUSED[name]  # noqa: PT017 - most do not raise
                continue
            found, then = found if isinstance(found, tuple) else (found, lambda _: None)
            then(waited(found))
    return wire.seen


@pytest.mark.slow
async def test_every_operation_by_the_client_that_waits(service_url: str, hold: Hold) -> None:
    assert await asyncio.to_thread(_each_once, service_url, hold) == {name for name, _ in ACTS}


# --- what comes back


async def test_a_run_is_followed_with_typed_events_from_any_place(service_url: str) -> None:
    async with AsyncClient(service_url, api_key=KEY) as client:
        run = await client.start_run("waits", input="6*7")
        assert run["status"] == "suspended"
        seen = [event["type"] async for event in client.follow_run(run["run_id"])]
        assert (seen[0], seen[-1]) == ("run.started", "run.suspended")
        assert (await client.approve_run(run["run_id"]))["text"] == "42"
        texts = [e["text"] async for e in client.follow_run(run["run_id"]) if e["type"] == "run.completed"]
        assert texts == ["42"]
        numbers = [e["seq"] async for e in client.follow_run(run["run_id"], after=3)]
        assert numbers == sorted(set(numbers))
        assert min(numbers) == 4


async def test_pages_are_gone_through_as_needed(service_url: str) -> None:
    async with AsyncClient(service_url, api_key=KEY) as client:
        made = [(await client.start_run("echo", input=str(i)))["run_id"] for i in range(5)]
        assert [run["id"] async for run in client.iter_runs(limit=2)] == made[::-1]


async def test_problems_are_told_by_their_kind(service_url: str) -> None:
    async with AsyncClient(service_url, api_key=KEY) as client:
        with pytest.raises(NotFoundError, match="did you mean 'echo'") as missing:
            await client.start_run("ecko", input="x")
        assert (missing.value.status, missing.value.code) == (404, "not_found")
        assert missing.value.request_id is not None
        with pytest.raises(InvalidRequestError) as wrong:
            await client.start_run("echo", input=7)  # type: ignore[arg-type]
        assert [e["field"] for e in wrong.value.errors] == ["input"]
        with pytest.raises(NotFoundError, match="no model"):  # an error of OpenAI's shape
            await client.create_chat_completion(model="none", messages=HELLO)
        run = await client.start_run("echo", input="x")
        with pytest.raises(ConflictError):
            await client.cancel_run(run["run_id"])
    async with AsyncClient(service_url) as nobody:
        with pytest.raises(UnauthenticatedError):
            await nobody.list_runs()


async def test_what_is_for_this_machine_goes_to_no_proxy(service_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with AsyncClient(service_url, api_key=KEY, retries=Retries(0)) as client:
        assert [agent["id"] for agent in (await client.list_agents())["data"]] == ["echo", "waits"]


async def test_who_asks_too_much_is_told_when_a_wait_would_be_too_long(service_url: str) -> None:
    async with AsyncClient(service_url, api_key="slow", retries=Retries(3, longest=0.5)) as client:
        await client.list_agents()
        await client.list_agents()
        with pytest.raises(TooManyRequestsError) as told:
            await client.list_agents()
        assert told.value.retry_after is not None
        assert told.value.retry_after > 0.5


async def test_a_request_that_is_sent_twice_is_done_once(service_url: str) -> None:
    async with AsyncClient(service_url, api_key=KEY) as client:
        first = await client.start_run("echo", input="x", idempotency_key="one")
        again = await client.start_run("echo", input="x", idempotency_key="one")
        assert again["run_id"] == first["run_id"]
        assert len([run async for run in client.iter_runs()]) == 1


async def test_leaving_a_stream_cancels_the_run_that_it_started(service_url: str) -> None:
    async with AsyncClient(service_url, api_key=KEY) as client:
        async with await client.start_run_stream("echo", input="word " * 2000) as stream:
            run_id = stream.run_id
            assert run_id is not None
            async for event in stream:
                if event["type"] == "model.delta":
                    break
        assert [e["type"] async for e in client.follow_run(run_id)][-1] in {"run.cancelled", "run.completed"}


# --- a service that is killed, and comes back


@pytest.mark.slow
async def test_no_event_is_missed_or_doubled_while_the_service_is_killed_and_started_anew(start: Any) -> None:
    process, url = await asyncio.to_thread(start)
    proxy = Cutting(url)
    async with proxy.listening() as through, AsyncClient(url) as direct, AsyncClient(through) as client:
        run_id = (await direct.start_run("waits", input="17*4"))["run_id"]
        seen: list[Any] = []

        async def follow() -> None:
            async for event in client.follow_run(run_id, attempts=40):
                seen.append(event)  # noqa: PERF401 - one after the other

        # What is read ends before the run does: the connection is cut in the middle of an event.
        task = asyncio.create_task(follow())
        await proxy.cut.wait()
        process.kill()
        await asyncio.to_thread(process.wait)
        _, again = await asyncio.to_thread(start)
        assert again == url
        await direct.approve_run(run_id)
        proxy.open()
        await asyncio.wait_for(task, 30)
        kept = [event async for event in direct.iter_run_events(run_id)]
        assert [e["type"] for e in kept if e["type"].startswith("run.")] == [
            "run.started",
            "run.suspended",
            "run.resumed",
            "run.completed",
        ]
        assert [e for e in seen if e["type"] != "model.delta"] == kept
        assert proxy.connections >= 2


class Cutting:
    """Stands between, and cuts the first connection 300 bytes into its answer's body; nobody is let through then."""

    def __init__(self, url: str) -> None:
        self._port = int(url.rpartition(":")[2])
        self._way = asyncio.Event()
        self._way.set()
        self.cut = asyncio.Event()
        self.connections = 0

    def open(self) -> None:
        self._way.set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if not self._way.is_set():
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        head = (await reader.readuntil(b"\r\n\r\n")).replace(b"Connection: keep-alive", b"Connection: close")
        back.write(head)
        answer = await there.readuntil(b"\r\n\r\n")
        writer.write(answer)
        if self.cut.is_set():
            while data := await there.read(65536):
                writer.write(data)
        else:
            writer.write(await there.readexactly(300))
            await writer.drain()
            self._way.clear()
            self.cut.set()
        back.close()
        writer.close()


async def test_nothing_of_a_key_shows() -> None:
    client = AsyncClient("http://127.0.0.1:9", api_key=KEY, retries=Retries(1))
    with pytest.raises(ConnectionFailedError) as told:
        await client.list_runs()
    await client.aclose()
    assert KEY not in f"{client!r} {told.value!r} {told.value} {vars(client)!r}"
    with pytest.raises(ValueError, match="api_key") as refused:
        AsyncClient("http://127.0.0.1:9", api_key=f"{KEY}\n")
    assert KEY not in str(refused.value)
