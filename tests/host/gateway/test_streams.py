"""Runs followed as they work, over a socket: frames, disconnects, slow readers, replay."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lumosai import Agent
from lumosai.gateway import stream
from lumosai_sdk.errors import ModelResponseError
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.models import ModelChunk, ModelInfo, ModelRequest, ModelResponse
from lumosai_sdk.types.storage import RunFilter, RunRecord

if TYPE_CHECKING:
    import pytest

    from lumosai_sdk.testing.scripted import ScriptedModel

Open = Callable[..., Any]
ASKED = {"input": "one two three", "stream": True}


class Drip:
    """A model that says a word whenever it is let, and notices when it is stopped."""

    def __init__(self, words: int = 1_000_000, size: int = 1) -> None:
        self.words = words
        self.size = size
        self.started = asyncio.Event()
        self.stopped = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo("any")]

    async def complete(self, request: ModelRequest) -> ModelResponse:
        raise AssertionError("a followed run streams")

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        try:
            for _ in range(self.words):
                yield ModelChunk("x" * self.size)
                self.started.set()
                await self.go_on.wait()
                await asyncio.sleep(0)
            yield ModelChunk(finish_reason="stop")
        finally:
            self.stopped.set()


def dripping(service: Any, drip: Drip) -> None:
    contribute(service.host, "provider", "drip", drip)
    service.host.add(Agent("drip", model="drip/any"))


async def test_events_come_as_frames_with_type_id_and_data(served: Open) -> None:
    async with served() as s:
        frames = await s.stream("/v1/agents/echo/runs", ASKED)
        assert [f["event"] for f in frames] == [
            "run.started",
            "model.started",
            *["model.delta"] * 3,
            "model.completed",
            "run.completed",
        ]
        assert [int(f["id"]) for f in frames] == list(range(1, 8))
        data = [json.loads(f["data"]) for f in frames]
        assert [d["type"] for d in data] == [f["event"] for f in frames]
        assert "".join(d["text"] for d in data if d["type"] == "model.delta") == "one two three"
        run_id = data[0]["run_id"]
        assert (await s.host.runs.get(run_id)).status == "completed"


async def test_the_accept_header_asks_for_a_stream_too(served: Open) -> None:
    async with served() as s:
        frames = await s.stream("/v1/agents/echo/runs", {"input": "hi"}, accept="text/event-stream")
        assert frames[-1]["event"] == "run.completed"


async def test_what_cannot_start_is_a_problem_and_no_stream(served: Open) -> None:
    async with served(Agent("broken", tools=["no.such"])) as s:
        for agent in ("nobody", "broken"):
            response = await s.run(agent=agent, stream=True)
            assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_a_failure_in_the_middle_is_the_last_event(served: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script(ModelResponseError("gibberish"))
    async with served(Agent("a", model="test/any")) as s:
        frames = await s.stream("/v1/agents/a/runs", ASKED)
        assert frames[-1]["event"] == "run.failed"
        assert json.loads(frames[-1]["data"])["error"]["code"] == "model_response"


async def test_a_client_that_goes_cancels_its_run(served: Open) -> None:
    async with served() as s:
        drip = Drip()
        dripping(s, drip)
        async with s.client.stream("POST", "/v1/agents/drip/runs", json=ASKED) as response:
            async for line in response.aiter_lines():
                if line.startswith("event: model.delta"):
                    break
        await asyncio.wait_for(drip.stopped.wait(), 10)
        await s.idle()
        [run] = await s.host.storage.list_runs(RunFilter(agent="drip"))
        assert run.status == "cancelled"
        assert (await s.run()).status_code == 200


async def test_a_client_that_goes_at_the_end_does_not_undo_its_run(served: Open) -> None:
    async with served() as s:
        for _ in range(20):
            async with s.client.stream("POST", "/v1/agents/echo/runs", json=ASKED) as response:
                async for line in response.aiter_lines():
                    if line == "event: run.completed":
                        break
        await s.idle()
        runs = await s.host.storage.list_runs(RunFilter(agent="echo"))
        assert {r.status for r in runs} == {"completed"}
        assert len(runs) == 20


async def test_a_client_that_reads_nothing_is_let_go_and_memory_stays_bounded(
    served: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 0.05)
    monkeypatch.setattr(stream, "STALLED", 0.2)
    async with served() as s:
        drip = Drip(size=4096)
        dripping(s, drip)
        url = urlsplit(s.url)
        with socket.socket() as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            raw.connect((url.hostname, url.port))
            body = json.dumps(ASKED).encode()
            raw.sendall(
                b"POST /v1/agents/drip/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )
            await asyncio.wait_for(drip.stopped.wait(), 20)
            await s.idle()
        assert (await s.run()).status_code == 200


async def test_silence_is_filled_with_comments(served: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 0.02)
    async with served() as s:
        drip = Drip(words=1)
        drip.go_on.clear()
        dripping(s, drip)
        async with s.client.stream("POST", "/v1/agents/drip/runs", json=ASKED) as response:
            comments = 0
            async for line in response.aiter_lines():
                comments += line.startswith(":")
                if comments == 2:
                    drip.go_on.set()
            assert comments >= 2


async def test_a_finished_run_is_replayed_from_where_the_client_was(served: Open) -> None:
    async with served() as s:
        frames = await s.stream("/v1/agents/echo/runs", ASKED)
        path = f"/v1/runs/{json.loads(frames[0]['data'])['run_id']}/events"
        recorded = [f for f in frames if f["event"] != "model.delta"]
        accept = {"accept": "text/event-stream"}
        assert await s.stream(path, method="GET", **accept) == recorded
        assert await s.stream(path, method="GET", **accept, **{"last-event-id": "2"}) == recorded[2:]
        assert await s.stream(f"{path}?after=6", method="GET", **accept) == recorded[3:]
        bad = await s.client.get(path, headers={**accept, "last-event-id": "-1"})
        assert bad.status_code == 400


async def test_a_run_under_way_is_followed_to_its_end(served: Open) -> None:
    async with served() as s:
        drip = Drip(words=2)
        drip.go_on.clear()
        dripping(s, drip)
        run = asyncio.create_task(s.stream("/v1/agents/drip/runs", ASKED))
        await drip.started.wait()
        [record] = await s.host.storage.list_runs(RunFilter(agent="drip"))
        follow = asyncio.create_task(s.stream(f"/v1/runs/{record.id}/events", method="GET", accept="text/event-stream"))
        await asyncio.sleep(0.2)
        drip.go_on.set()
        frames = await asyncio.wait_for(follow, 10)
        assert frames[-1]["event"] == "run.completed"
        assert "model.completed" in [f["event"] for f in frames]
        ids = [int(f["id"]) for f in frames]
        assert ids == sorted(set(ids))
        assert (await run)[-1] == frames[-1]


async def test_a_run_that_another_process_left_is_followed_until_it_is_given_up(served: Open) -> None:
    async with served() as s:
        left = RunRecord("run_left", "echo", "running", host="elsewhere:1:1")
        await s.host.storage.put_run(left)
        events = [{"type": "run.started", "run_id": "run_left", "seq": n, "at": 0.0} for n in (1, 2)]
        await s.host.storage.append_events("run_left", events[:1])
        follow = asyncio.create_task(s.stream("/v1/runs/run_left/events", method="GET", accept="text/event-stream"))
        await asyncio.sleep(0.1)
        await s.host.storage.append_events("run_left", events[1:])
        await s.host.storage.put_run(replace(left, status="interrupted"))
        assert [f["id"] for f in await asyncio.wait_for(follow, 20)] == ["1", "2"]
        head = await s.client.head("/v1/runs/run_left/events", headers={"accept": "text/event-stream"})
        assert (head.status_code, head.content) == (200, b"")


async def test_a_waiting_run_is_resumed_as_a_stream(served: Open) -> None:
    tool = Agent("t", model="scripted/tool", tools=["calculator.*"], approve=["*"])
    async with served(tool) as s:
        waiting = (await s.run("1+1", agent="t")).json()
        path = f"/v1/runs/{waiting['run_id']}/resume"
        call_id = waiting["pending"][0]["call_id"]
        frames = await s.stream(path, {"decisions": {call_id: {"approve": True}}, "stream": True})
        assert frames[0]["event"] == "run.resumed"
        assert frames[-1]["event"] == "run.completed"
        again = await s.client.post(path, json={"decisions": {}, "stream": True})
        assert again.status_code == 409


async def test_many_streams_at_once_each_get_their_own(served: Open) -> None:
    async with served() as s:
        texts = [f"word{i} and more" for i in range(40)]
        done = await asyncio.gather(*(s.stream("/v1/agents/echo/runs", {"input": t, "stream": True}) for t in texts))
        for text, frames in zip(texts, done, strict=True):
            assert json.loads(frames[-1]["data"])["text"] == text
