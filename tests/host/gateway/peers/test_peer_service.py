"""Processes as one service: plugins, counts, metrics; and what else may come through the socket."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import httpx2
import pytest
from tests.host.gateway.conftest import listening
from tests.host.gateway.peers.conftest import PIDS, Pair, World, reached, until

from lumosai.gateway.peers import bounds, wire

if TYPE_CHECKING:
    from pathlib import Path

    from lumosai_sdk.testing.hosts import OpenHost


async def test_plugins_are_switched_in_all_processes_and_what_fails_is_told(pair: Pair) -> None:
    a, b = pair
    off = (await a.client.post("/v1/plugins/calculator/disable")).json()
    assert (off["state"], off["siblings"]) == ("disabled", {"asked": 1, "failed": []})
    assert b.host.plugins.get("calculator").state == "disabled"
    on = (await b.client.post("/v1/plugins/calculator/enable")).json()
    assert on["siblings"] == {"asked": 1, "failed": []}
    assert a.host.plugins.get("calculator").state == "enabled"
    assert (await a.client.post("/v1/plugins/refresh")).json()["siblings"]["failed"] == []
    del a.host.plugins.plugins["calculator"]
    told = (await b.client.post("/v1/plugins/calculator/reload")).json()["siblings"]
    assert told["asked"] == 1
    assert [(f["process"], f["code"]) for f in told["failed"]] == [(PIDS["a"], "not_found")]


async def test_the_processes_of_one_service_are_counted_together(pair: Pair) -> None:
    a, b = pair
    async with AsyncExitStack() as stack:
        _, lines = await a.begin(stack)
        await reached(lines, "model.started")
        for group, counted in (("", (1, 0)), ("7", (2, 1)), ("8", (1, 0))):
            a.peers.service.group, b.peers.service.group = "7" if group else "", group
            told = (await b.client.get("/healthz")).json()["service"]
            assert (told["processes"], told["runs"], told["silent"]) == (*counted, 0)
        a.words.go_on()
        await reached(lines, "run.completed")


@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text; version=1.0.0"])
async def test_the_metrics_of_one_service_are_told_together(pair: Pair, accept: str) -> None:
    a, b = pair
    a.peers.service.group = b.peers.service.group = "7"
    for process in pair:
        process.host.add_monitor("prometheus")
        await process.client.post("/v1/agents/echo/runs", json={"input": "hello"})
        await process.host.monitors.flush()
    response = await b.client.get("/metrics", headers={"accept": accept})
    assert response.headers["content-type"].startswith(accept.partition(";")[0])
    for pid in PIDS.values():
        assert f'lumosai_runs_total{{worker="{pid}",agent="echo",status="completed"}} 1.0\n' in response.text
    assert response.text.count("# HELP lumosai_run_duration_seconds ") == 1
    assert response.text.endswith("# EOF\n") == ("openmetrics" in accept)
    # One that is a service by itself is not counted with others, nor told of them.
    a.peers.service.group = ""
    assert (await b.client.get("/metrics")).text.count("lumosai_runs_total{") == 1
    assert "worker" not in (await a.client.get("/metrics")).text


async def test_garbage_in_the_socket_ends_its_connection_alone(pair: Pair) -> None:
    a, b = pair
    assert a.peers._place is not None
    path = str(a.peers._place.path(a.id))
    hello = wire.packed({"hello": "evil:1:1", "version": 1})
    for garbage in (
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 4096,
        (2**31).to_bytes(4, "big"),
        wire.framed(b"[]"),
        wire.packed({"hello": 7}),
        wire.packed({"hello": "x" * 1000, "version": 1}),
        wire.packed({"hello": "evil:1:1", "version": 99}),
        hello + wire.packed({"ask": "no.such", "n": "x"}),
        hello + wire.packed({"ask": "events", "n": 1, "d": []}),
        hello + wire.packed({"note": "events", "d": {"run": "r", "events": 7}}) + b"\0\0\0\2no",
        hello + wire.packed({"note": "told", "d": 7}),
    ):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(garbage)
        async with asyncio.timeout(10):
            await reader.read()  # to the end: it was hung up on
        writer.close()
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(hello + wire.packed({"ask": "no.such", "n": 1}) + wire.packed({"ask": "cancel", "n": 2, "d": {}}))
    await wire.read(reader)
    answers = [await wire.read(reader) for _ in range(2)]
    assert {a["error"]["code"] for a in answers} == {"peers"}
    writer.close()
    [answer] = await b.peers.gather("ping", {})
    assert (answer.host_id, answer.error) == (a.id, None)


async def test_no_more_connections_are_taken_than_there_may_be_siblings(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, _ = pair
    await until(lambda: a.peers._taken)
    monkeypatch.setattr(bounds, "SIBLINGS", 1)
    assert a.peers._place is not None
    reader, writer = await asyncio.open_unix_connection(str(a.peers._place.path(a.id)))
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()


async def test_what_one_process_was_given_the_next_knows(pair: Pair) -> None:
    a, b = pair
    for n in range(10):
        one, other = (a, b) if n % 2 else (b, a)
        made = (await one.client.post("/v1/responses", json={"model": "echo", "input": "first"})).json()
        goes_on = {"model": "echo", "input": "second", "previous_response_id": made["id"]}
        assert (await other.client.post("/v1/responses", json=goes_on)).status_code == 200
        thread = (await one.client.post("/v1/threads", json={})).json()["id"]
        told = {"messages": [{"role": "user", "content": "hello"}]}
        added = await other.client.post(f"/v1/threads/{thread}/messages", json=told)
        assert added.status_code == 201, added.text
        kept = (await one.client.get(f"/v1/threads/{thread}/messages")).json()["data"]
        assert len(kept) == 1
        conversation = (await one.client.post("/v1/conversations", json={})).json()["id"]
        assert (await other.client.get(f"/v1/conversations/{conversation}")).status_code == 200


async def test_where_siblings_cannot_be_reached_the_service_works_and_says_so(
    world: World, lumos_host: OpenHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lumosai.gateway.peers.place.folder_of", lambda _: tmp_path / "link")
    (tmp_path / "link").symlink_to(tmp_path)
    warned: list[str] = []
    async with lumos_host(server={"port": 0}) as host:
        host.bus.listen(lambda e: warned.append(getattr(e, "detail", "")))
        async with listening(host) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as client:
            assert (await client.get("/healthz")).json()["service"] == {"processes": 1, "runs": 0, "silent": 0}
            assert (await client.get("/v1/runs/run_none")).status_code == 404
    assert "other processes with the same data cannot be reached" in str(warned)
    assert str(tmp_path / "link") in str(warned)
    assert not world.sent
