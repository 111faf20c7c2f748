"""Traces that go through several programs: into the host by HTTP, out of it to models and by tools."""

# ruff: noqa: PLR2004 - tests count things
from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from aiohttp import web

from lumosai import Agent
from lumosai.gateway.app import create_app
from lumosai_sdk.types.trace import OUTGOING, TRACE

from .conftest import Collector

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"
MODEL = "/chat/completions"


@pytest.fixture(autouse=True)
def no_otel_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)


@dataclass
class World:
    """What is outside: a model server that first asks for a page, and the page."""

    url: str = ""
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    pages: int = 1

    def headers(self, path: str) -> list[dict[str, str]]:
        return [headers for asked, headers in self.seen if asked.endswith(path)]

    async def handle(self, request: web.Request) -> web.Response:
        self.seen.append((request.path, {k.lower(): v for k, v in request.headers.items()}))
        if not request.path.endswith(MODEL):
            return web.Response(text="a page")
        body = await request.json()
        return web.json_response({"choices": [{"index": 0, **self._answer(body["messages"])}]})

    def _answer(self, messages: list[Any]) -> dict[str, Any]:
        if messages[-1]["role"] == "tool":
            return {"message": {"role": "assistant", "content": "read"}, "finish_reason": "stop"}
        function = {"name": "http_fetch", "arguments": json.dumps({"url": f"{self.url}/page"})}
        calls = [{"id": f"c{i}", "type": "function", "function": function} for i in range(self.pages)]
        return {"message": {"role": "assistant", "content": "", "tool_calls": calls}, "finish_reason": "tool_calls"}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    out = World()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", out.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    out.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield out
    await runner.cleanup()


@dataclass
class Traced:
    """A host that keeps traces, and a client of it."""

    host: Any
    client: httpx2.AsyncClient

    async def run(self, **headers: str) -> httpx2.Response:
        return await self.client.post("/v1/agents/reader/runs", json={"input": "read it"}, headers=headers)


@asynccontextmanager
async def traced(
    open_host: OpenHost, world: World, collector: Collector | None, **settings: Any
) -> AsyncIterator[Traced]:
    agent = Agent("reader", model="openai/m", tools=("http.fetch",))
    plugins = {
        "openai": {"settings": {"base_url": world.url}},
        "http": {"grant": {"http": [f"* {world.url}/*"]}, "settings": {"allow_private": True}},
    }
    monitors = []
    if collector is not None:
        plugins["otel"] = {"settings": {"endpoint": collector.url, "metrics": False, **settings}}
        monitors = ["otel"]
    async with open_host(agents=[agent], plugins=plugins, host={"monitors": monitors}) as host:
        transport = httpx2.ASGITransport(create_app(host), client=("127.0.0.1", 5))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield Traced(host, client)


def by_name(collector: Collector) -> dict[str, list[Any]]:
    out: dict[str, list[Any]] = {}
    for span in collector.spans:
        out.setdefault(span.name.partition(" ")[0], []).append(span)
    return out


async def test_one_tree_from_the_caller_to_what_the_tools_ask(
    lumos_host: OpenHost, world: World, collector: Collector
) -> None:
    world.pages = 2
    async with traced(lumos_host, world, collector) as t:
        assert (await t.run(traceparent=PARENT, tracestate="vendor=x,other=y")).json()["status"] == "completed"
        assert OUTGOING.get() is None
        assert TRACE.get() is None
    spans = by_name(collector)
    [run] = spans["invoke_agent"]
    assert (run.trace_id.hex(), run.parent_span_id.hex()) == (TRACE_ID, SPAN_ID)
    assert run.trace_state == "vendor=x,other=y"
    inside = spans["chat"] + spans["execute_tool"]
    assert {(s.trace_id, s.parent_span_id) for s in inside} == {(run.trace_id, run.span_id)}
    for path, kind in ((MODEL, "chat"), ("/page", "execute_tool")):
        sent = world.headers(path)
        assert len(sent) == len(spans[kind]) == 2
        expected = {f"00-{TRACE_ID}-{s.span_id.hex()}-01" for s in spans[kind]}
        assert {h["traceparent"] for h in sent} == expected
        assert {h["tracestate"] for h in sent} == {"vendor=x,other=y"}


async def test_without_a_caller_s_trace_each_run_begins_one(
    lumos_host: OpenHost, world: World, collector: Collector
) -> None:
    async with traced(lumos_host, world, collector) as t:
        await asyncio.gather(t.run(), t.run())
    spans = by_name(collector)
    runs = {s.trace_id: s for s in spans["invoke_agent"]}
    assert len(runs) == 2
    assert {s.parent_span_id for s in runs.values()} == {b""}
    sent = {h["traceparent"] for h in world.headers(MODEL) + world.headers("/page")}
    inside = spans["chat"] + spans["execute_tool"]
    assert sent == {f"00-{s.trace_id.hex()}-{s.span_id.hex()}-03" for s in inside}
    assert {s.parent_span_id for s in inside} == {s.span_id for s in runs.values()}


async def test_what_the_caller_does_not_keep_is_not_kept(
    lumos_host: OpenHost, world: World, collector: Collector
) -> None:
    async with traced(lumos_host, world, collector) as t:
        await t.run(traceparent=PARENT.removesuffix("01") + "00")
    assert collector.spans == []
    sent = world.headers(MODEL)[0]["traceparent"]
    assert re.fullmatch(f"00-{TRACE_ID}-[0-9a-f]{{16}}-00", sent)


async def test_the_sampler_s_word_goes_out(
    lumos_host: OpenHost, world: World, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    async with traced(lumos_host, world, collector) as t:
        await t.run()
        await t.run(traceparent=PARENT)
    assert len(by_name(collector)["invoke_agent"]) == 1
    first, *_, last = world.headers(MODEL)
    assert int(first["traceparent"][-2:], 16) & 1 == 0
    assert int(last["traceparent"][-2:], 16) & 1 == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": "nonsense"},
        {"traceparent": PARENT.upper()},
        {"traceparent": PARENT.replace(TRACE_ID, "0" * 32)},
        {"traceparent": PARENT.replace(SPAN_ID, "0" * 16)},
        {"traceparent": "ff" + PARENT[2:]},
        {"traceparent": PARENT + "-more"},
        {"traceparent": PARENT + "x" * 10_000},
        {"traceparent": f"{PARENT}, {PARENT}"},
        {"tracestate": "vendor=x"},
    ],
)
async def test_what_is_malformed_is_passed_over(
    lumos_host: OpenHost, world: World, collector: Collector, headers: dict[str, str]
) -> None:
    async with traced(lumos_host, world, collector) as t:
        assert (await t.run(**headers)).status_code == 200
    [run] = by_name(collector)["invoke_agent"]
    assert run.trace_id.hex() != TRACE_ID
    assert run.parent_span_id == b""
    assert "tracestate" not in world.headers(MODEL)[0]


async def test_nothing_goes_out_unless_a_monitor_keeps_traces(
    lumos_host: OpenHost, world: World, collector: Collector
) -> None:
    async with traced(lumos_host, world, None) as t:
        await t.run(traceparent=PARENT)
    async with traced(lumos_host, world, collector, traces=False) as t:
        await t.run(traceparent=PARENT)
    async with traced(lumos_host, world, collector, propagate=["http"]) as t:
        await t.run(traceparent=PARENT)
    assert not any("traceparent" in h for h in world.headers(MODEL))
    assert ["traceparent" in h for h in world.headers("/page")] == [False, False, True]
    assert len(by_name(collector)["invoke_agent"]) == 1


async def test_a_stream_and_a_resumption_have_traces_too(
    lumos_host: OpenHost, world: World, collector: Collector
) -> None:
    async with traced(lumos_host, world, collector) as t:
        t.host.add(Agent("asking", model="scripted/tool", tools=("ask.person",)))
        asked = await t.client.post(
            "/v1/agents/asking/runs", json={"input": "x", "stream": True}, headers={"traceparent": PARENT}
        )
        run = asked.headers["x-lumos-run"]
        [call] = re.findall(r'"call_id":"(call_\w+)"', asked.text)[-1:]
        other = PARENT.replace(SPAN_ID, "1" * 16)
        said = {"decisions": {call: {"answer": "yes"}}}
        await t.client.post(f"/v1/runs/{run}/resume", json=said, headers={"traceparent": other})
    runs = by_name(collector)["invoke_agent"]
    assert [(s.trace_id.hex(), s.parent_span_id.hex()) for s in runs] == [(TRACE_ID, SPAN_ID), (TRACE_ID, "1" * 16)]
    assert len({s.span_id for s in collector.spans}) == len(collector.spans)


async def test_a_model_used_directly_belongs_to_its_caller_s_trace(
    lumos_host: OpenHost, world: World, collector: Collector
) -> None:
    async with traced(lumos_host, world, collector) as t:
        body = {"model": "scripted/echo", "messages": [{"role": "user", "content": "x"}]}
        await t.client.post("/v1/chat/completions", json=body, headers={"traceparent": PARENT})
    [chat] = by_name(collector)["chat"]
    assert (chat.trace_id.hex(), chat.parent_span_id.hex()) == (TRACE_ID, SPAN_ID)


async def test_a_monitor_that_cannot_hear_is_asked_no_more(
    lumos_host: OpenHost, world: World, collector: Collector
) -> None:
    async with traced(lumos_host, world, collector) as t:
        with contextlib.ExitStack() as stack:
            patch = stack.enter_context(pytest.MonkeyPatch.context())

            def deaf(*_: Any) -> None:
                raise RuntimeError("deaf")

            patch.setattr("lumosai_plugins.otel.places.Places.hear", deaf)
            assert (await t.run(traceparent=PARENT)).status_code == 200
        assert (await t.run(traceparent=PARENT)).status_code == 200
    assert len(by_name(collector)["invoke_agent"]) == 2
    assert not any("traceparent" in h for h in world.headers(MODEL))
