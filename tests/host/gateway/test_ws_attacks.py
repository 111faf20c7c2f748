"""What a WebSocket's peer may try: another site's page, a flood, no reading, too much of everything, others' runs."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import struct
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from tests.host.gateway.conftest import ECHO, Service, listening
from tests.host.gateway.test_security import AUTH, bearer, keys
from tests.host.gateway.test_streams import Drip, dripping
from tests.host.gateway.wsclient import connected

from lumosai import Agent
from lumosai.gateway.ws import bounds
from lumosai_sdk import Principal
from lumosai_sdk.types.events import AuditRefused, HostWarning
from lumosai_sdk.types.storage import RunFilter

Open = Callable[..., Any]
TEXT, PING, CONTINUED = 1, 9, 0


@asynccontextmanager
async def raw(url: str) -> AsyncIterator[socket.socket]:
    """Open a WebSocket by hand, with a small buffer to read into."""
    with socket.socket() as made:
        await asyncio.to_thread(_shaken, made, url)
        yield made


def _shaken(made: socket.socket, url: str) -> None:
    parts = urlsplit(url)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.settimeout(15)
    made.connect((parts.hostname, parts.port))
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"Host: {parts.netloc}", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
    made.sendall("\r\n".join(["GET /v1/ws HTTP/1.1", *lines, f"Sec-WebSocket-Key: {key}", "", ""]).encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += made.recv(1)
    assert b" 101 " in head


@pytest.fixture
def guarded(lumos_host: Any) -> Open:
    """Return a factory of services that know ada, bob, boss and nobody."""

    @asynccontextmanager
    async def opened(*agents: Agent, **server: Any) -> AsyncIterator[Service]:
        section = {"port": 0, **AUTH, **server}
        async with lumos_host(agents=[ECHO, *agents], server=section) as host:
            service = Service(host, None, "")  # type: ignore[arg-type]
            service.keys = keys(service)  # type: ignore[attr-defined]
            async with listening(host) as service.url:
                yield service

    return opened


def frame(opcode: int, data: bytes, *, fin: bool = True) -> bytes:
    """Return a frame of a client, masked with zeros."""
    first = (0x80 if fin else 0) | opcode
    size = len(data)
    if size < 126:
        return struct.pack("!BB", first, 0x80 | size) + bytes(4) + data
    if size < 65536:
        return struct.pack("!BBH", first, 0x80 | 126, size) + bytes(4) + data
    return struct.pack("!BBQ", first, 0x80 | 127, size) + bytes(4) + data


async def refusal(url: str, **options: Any) -> int:
    """Return the status with which a WebSocket is refused."""
    try:
        async with connected(url, welcome=False, **options):
            return 101
    except aiohttp.WSServerHandshakeError as e:
        return e.status


# --- who


async def test_a_page_of_another_site_opens_nothing(served: Open) -> None:
    async with served() as s:
        for origin in ("https://evil.example", "null", "http://localhost:3000", "http://127.0.0.1.evil.example"):
            assert await refusal(s.url, headers={"origin": origin}) == 403
        cross = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "websocket"}
        assert await refusal(s.url, headers=cross) == 403
        assert await refusal(s.url, headers={"host": "evil.example"}) == 403
        assert await refusal(s.url, headers={"x-forwarded-for": "127.0.0.1"}) == 403
        assert await refusal(s.url, headers={"origin": s.url}) == 101


async def test_nothing_else_is_reached_by_a_websocket(served: Open) -> None:
    async with served() as s, aiohttp.ClientSession() as session:
        for path in ("/", "/v1/agents", "/v1/plugins/time/log", "/healthz", "/v1/ws/", "/nowhere"):
            async with session.get(
                f"{s.url}{path}",
                headers={"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
                         "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA=="},
            ) as response:  # fmt: skip
                assert (response.status, (await response.json())["code"]) == (404, "not_found")
        plain = await s.client.get("/v1/ws")
        assert (plain.status_code, plain.headers["upgrade"]) == (426, "websocket")


async def test_the_caller_is_told_by_header_subprotocol_or_first_message(guarded: Open) -> None:
    async with guarded() as s:
        token = base64.urlsafe_b64encode(b"ada").decode().rstrip("=")
        async with connected(s.url, headers=bearer("ada")) as c:
            assert c.seen[0]["caller"] == "acme/ada"
        async with connected(s.url, protocols=["lumos.v1", f"lumos.bearer.{token}"]) as c:
            assert (c.seen[0]["caller"], c.socket.protocol) == ("acme/ada", "lumos.v1")
        async with connected(s.url, welcome=False) as c:
            assert (await c.ask("auth", "welcome", token="ada"))["caller"] == "acme/ada"
            assert await c.refused("auth", token="bob") == (409, "conflict")


async def test_a_stranger_gets_nothing(guarded: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with guarded() as s:
        for token in ("wrong", "revoked"):
            assert await refusal(s.url, headers=bearer(token)) == 401
        wrong = base64.urlsafe_b64encode(b"wrong").decode().rstrip("=")
        for offered in (wrong, "", "!", base64.urlsafe_b64encode(b"ada\r\nx: y").decode().rstrip("=")):
            assert await refusal(s.url, protocols=["lumos.v1", f"lumos.bearer.{offered}"]) == 401
        both = base64.urlsafe_b64encode(b"ada").decode().rstrip("=")
        assert await refusal(s.url, headers=bearer("bob"), protocols=[f"lumos.bearer.{both}"]) == 400
        firsts = ['{"type":"auth","token":"wrong"}', '{"type":"auth","token":"a\\u0000"}', '{"type":"ping"}', "x"]
        for first in firsts:
            async with connected(s.url, welcome=False) as c:
                await c.socket.send_str(first)
                assert await c.closed() == 4001
                assert [f["type"] for f in c.seen] == ["problem"]
        monkeypatch.setattr(bounds, "AUTH_SECONDS", 0.1)
        async with connected(s.url, welcome=False) as c:
            assert await c.closed() == 4001


async def test_callers_do_not_reach_each_others_runs(guarded: Open) -> None:
    waits = Agent("waits", model="scripted/tool", tools=["calculator.*"], approve=["*"])
    async with (
        guarded(waits) as s,
        _known(s, "ada") as ada,
        _known(s, "bob") as bob,
        _known(s, "boss") as boss,
    ):
        await bob.ask("subscribe", "subscribed", topic="runs")
        await boss.ask("subscribe", "subscribed", topic="runs")
        run_id = (await ada.ask("run", "started", agent="waits", input="1+1"))["run_id"]
        call_id = (await ada.until("run.suspended"))[-1]["pending"][0]["call_id"]
        decisions = {call_id: {"approve": True}}
        assert await bob.refused("subscribe", topic=f"run.{run_id}") == (404, "not_found")
        assert await bob.refused("cancel", run_id=run_id) == (404, "not_found")
        assert await bob.refused("decide", run_id=run_id, decisions=decisions) == (404, "not_found")
        assert [(await boss.next("event"))["event"]["type"] for _ in range(2)] == ["run.started", "run.suspended"]
        assert (await bob.ask("ping", "pong", "event"))["type"] == "pong"
        assert (await boss.ask("subscribe", "subscribed", topic=f"run.{run_id}"))["type"] == "subscribed"


def _known(service: Any, name: str) -> Any:
    return connected(service.url, headers=bearer(name))


async def test_each_frame_needs_its_scope_and_refusals_are_audited(guarded: Open) -> None:
    async with guarded() as s:
        heard: list[Any] = []
        s.host.bus.listen(lambda e: heard.append(e) if isinstance(e, AuditRefused) else None)
        async with _known(s, "nobody") as c:
            tries: list[Any] = [
                ("run", {"agent": "echo", "input": "x"}),
                ("subscribe", {"topic": "runs"}),
                ("subscribe", {"topic": "system.*"}),
                ("cancel", {"run_id": "r"}),
                ("decide", {"run_id": "r", "decisions": {}}),
            ]
            for kind, fields in tries:
                assert await c.refused(kind, **fields) == (403, "permission_denied")
        assert [(e.method, e.path, e.caller, e.code) for e in heard] == [
            ("WS", "/v1/ws", "acme/nobody", "permission_denied")
        ] * 5
        async with _known(s, "ada") as c:
            for topic in ("plugin.*", "plugin.moon", "system.*"):
                assert await c.refused("subscribe", topic=topic) == (403, "permission_denied")


async def test_a_key_that_is_revoked_ends_the_connection(guarded: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "SWEEP", 0.02)
    monkeypatch.setattr(bounds, "RECHECK", 0.05)
    async with guarded() as s:
        made = s.keys
        async with connected(s.url, headers=bearer("ada")) as c, connected(s.url, headers=bearer("bob")) as other:
            await c.ask("subscribe", "subscribed", topic="runs")
            await asyncio.sleep(0.2)
            del made.callers["ada"]
            made.callers["bob"] = Principal("bob", "acme", frozenset())  # fewer scopes than before
            assert await c.closed() == 4001
            assert await other.closed() == 4001


async def test_a_guest_is_not_told_what_an_owner_is(guarded: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    class Leaks(Drip):
        async def stream(self, request: object) -> Any:
            if request:
                raise RuntimeError("/home/owner/.ssh/id_rsa: permission denied")
            yield

    async with guarded() as s, _known(s, "ada") as ada, _known(s, "boss") as boss:
        dripping(s, Leaks())
        run_id = (await ada.ask("run", "started", agent="drip", input="x"))["run_id"]
        assert (await ada.until("run.failed"))[-1]["error"]["code"] == "plugin_error"
        assert "/home" not in str(ada.seen)
        await boss.send("subscribe", topic=f"run.{run_id}")
        assert "/home/owner" in (await boss.until("run.failed"))[-1]["error"]["message"]


async def test_a_callers_limits_hold_over_a_websocket_too(guarded: Open) -> None:
    limits = {"caller": {"rate": 0.001, "burst": 3, "concurrency": 2}}
    async with guarded(limits=limits) as s, _known(s, "ada") as c:
        for _ in range(2):
            await c.ask("run", "started", agent="echo", input="x")
        assert await c.refused("run", agent="echo", input="x") == (429, "too_many_requests")
        assert (await c.ask("ping", "pong"))["type"] == "pong"


# --- what


async def test_messages_that_are_none_are_refused_and_the_connection_lives(served: Open) -> None:
    async with served() as s, connected(s.url) as c:
        bad = ["", "{", "null", "[]", '"run"', "1e999", '{"type": 5}', '{"type": "no"}', '{"type": "ping", "id": []}',
               '{"type":"run","agent":"echo"}', '{"type":"run","agent":"echo","input":"x","more":1}', "[" * 50_000,
               '{"type":"subscribe","topic":"runs","after":"x"}', '{"type":"ping","id":' + "9" * 5000 + "}",
               '{"type":"run","agent":"echo","input":"x","metadata":{"n":1e999}}',
               '{"type":"cancel","run_id":"' + "x" * 999 + '"}']  # fmt: skip
        for text in bad:
            await c.socket.send_str(text)
            found = await c.next()
            assert found["type"] == "problem", text[:60]
            assert 400 <= found["problem"]["status"] < 500, text[:60]
        assert (await c.ask("ping", "pong", id="x"))["id"] == "x"
        await c.socket.send_bytes(b'{"type":"ping"}')
        assert await c.closed() == 1003


async def test_who_sends_only_nonsense_is_closed(served: Open) -> None:
    async with served() as s, connected(s.url) as c:
        for _ in range(bounds.REFUSALS):
            await c.socket.send_str("x")
        assert await c.closed() == 4029


async def test_what_comes_after_the_end_is_not_begun(served: Open) -> None:
    async with served() as s, raw(s.url) as peer:
        run = frame(TEXT, b'{"type":"run","agent":"echo","input":"x","keep":true}')
        await asyncio.to_thread(peer.sendall, frame(2, b"x") + run * 20)
        assert await asyncio.to_thread(_close_code, peer) == 1003
        assert await s.host.storage.list_runs(RunFilter()) == []


def _close_code(peer: socket.socket) -> int:
    """Return the code of the close frame, as soon as it has come."""
    data = b""
    while b"messages are text" not in data:
        data += peer.recv(65536)
    at = data.rfind(b"\x88")
    return int(struct.unpack("!H", data[at + 2 : at + 4])[0])


async def test_a_flood_is_refused_then_closed(served: Open) -> None:
    async with served() as s, connected(s.url) as c, connected(s.url) as other:
        for _ in range(bounds.BURST * 4):
            await c.send("ping")
        assert (await other.ask("ping", "pong"))["type"] == "pong"
        assert await c.closed() == 4029
        codes = [f["problem"]["code"] for f in c.seen if f["type"] == "problem"]
        assert codes == ["too_many_requests"] * bounds.REFUSALS


async def test_a_message_that_is_too_large_is_not_taken(served: Open) -> None:
    async with served() as s, connected(s.url) as c:
        await c.socket.send_str("x" * (bounds.MESSAGE_BYTES + 1))
        assert await c.closed() == 1009
        async with raw(s.url) as peer:
            peer.sendall(struct.pack("!BBQ", 0x81, 0xFF, 2**62) + bytes(4))
            assert await asyncio.to_thread(_code, peer) == 1009
        async with raw(s.url) as peer:
            half = bytes(bounds.MESSAGE_BYTES // 2 + 1)
            # Of the second half only its length: what is not read when the connection ends would reset it.
            head = frame(CONTINUED, half)[:14]
            await asyncio.to_thread(peer.sendall, frame(TEXT, half, fin=False) + head)
            assert await asyncio.to_thread(_code, peer) == 1009


async def test_a_message_of_endless_empty_pieces_is_not_gathered(served: Open) -> None:
    async with served() as s, raw(s.url) as peer:
        pieces = frame(TEXT, b"", fin=False) + frame(CONTINUED, b"", fin=False) * (bounds.FRAGMENTS + 1)
        await asyncio.to_thread(peer.sendall, pieces)
        assert await asyncio.to_thread(_code, peer) == 1009


def _code(peer: socket.socket) -> int:
    """Return the code of the close frame that ends what is read."""
    data = b""
    while piece := peer.recv(65536):
        data += piece
    at = data.rfind(b"\x88")
    return int(struct.unpack("!H", data[at + 2 : at + 4])[0])


async def test_thousands_of_subscriptions_are_not_kept(served: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "RATE", 1e6)
    monkeypatch.setattr(bounds, "BURST", 10_000)
    monkeypatch.setattr(bounds, "REFUSALS", 10_000)
    async with served() as s, connected(s.url) as c:
        answers = []
        for start in range(0, 3000, 500):
            for n in range(start, start + 500):
                await c.send("subscribe", topic=f"plugin.p{n}")
            answers += [await c.next() for _ in range(500)]
        assert sum(a["type"] == "subscribed" for a in answers) == bounds.SUBSCRIPTIONS
        assert {a["problem"]["status"] for a in answers if a["type"] == "problem"} == {429}


async def test_runs_of_a_connection_and_runs_that_are_kept_are_bounded(
    served: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "RUNS", 3)
    async with served() as s:
        drip = Drip()
        dripping(s, drip)
        drip.go_on.clear()
        for keep in (False, True):
            async with connected(s.url) as c:
                for _ in range(3):
                    assert (await c.ask("run", "started", agent="drip", input="x", keep=keep))["type"] == "started"
                assert (await c.refused("run", agent="drip", input="x"))[0] == 429
        async with connected(s.url) as c:
            assert (await c.refused("run", agent="drip", input="x", keep=True))[0] == 429
            assert (await c.ask("run", "started", agent="echo", input="x"))["type"] == "started"


# --- who does not read


async def test_a_slow_reader_is_told_and_dropped_and_memory_stays_bounded(
    served: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "QUEUE_BYTES", 256 * 1024)
    async with served() as s, connected(s.url) as quick:
        await quick.ask("subscribe", "subscribed", topic="runs")
        async with raw(s.url) as peer:
            peer.sendall(frame(TEXT, b'{"type":"subscribe","topic":"system.*"}'))
            await asyncio.sleep(0.2)
            tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
            for n in range(10_000):  # 40 MB
                s.host.bus.publish(HostWarning(at=float(n), detail="x" * 4000))
                if n % 200 == 0:
                    await asyncio.sleep(0)
            grown = tracemalloc.get_traced_memory()[0] - before
            tracemalloc.stop()
            # What is kept for those who come back, and one queue.
            assert grown < bounds.KEPT_BYTES + 4 * bounds.QUEUE_BYTES, grown
            assert s.host.bus._all
            received = await asyncio.to_thread(_read_all, peer)
        frames = [json.loads(text) for text in received]
        assert frames[-1]["type"] == "overflow"
        last = [f["id"] for f in frames if f["type"] == "event"][-1]
        assert frames[-1]["resume"] == {"system.*": last}
        assert (await quick.ask("ping", "pong"))["type"] == "pong"


def _read_all(peer: socket.socket) -> list[str]:
    data = b""
    while not data.endswith(b"not taken fast enough"):
        data += peer.recv(65536)
    out = []
    while data and data[0] == 0x81:
        size, at = data[1], 2
        if size == 126:
            size, at = int.from_bytes(data[2:4], "big"), 4
        out.append(data[at : at + size].decode())
        data = data[at + size :]
    assert data[0] == 0x88
    assert int.from_bytes(data[2:4], "big") == 4008
    return out


async def test_who_never_reads_is_cut(served: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "TELL_SECONDS", 0.2)
    monkeypatch.setattr(bounds, "QUEUE_BYTES", 256 * 1024)
    async with served() as s:
        drip = Drip(size=65536)
        dripping(s, drip)
        async with raw(s.url) as peer:
            peer.sendall(frame(TEXT, b'{"type":"run","agent":"drip","input":"x"}'))
            await asyncio.wait_for(drip.stopped.wait(), 20)
            await s.idle()
        assert (await s.run()).status_code == 200


async def test_who_pings_and_reads_no_pong_is_not_listened_to(served: Open) -> None:
    async with served() as s:
        async with raw(s.url) as peer:
            peer.settimeout(1)
            ping = frame(PING, bytes(125)) * 1000
            sent = await asyncio.to_thread(_pushed, peer, ping, 64 * 1024 * 1024)
            # Full buffers on the way, rather than all there was to send.
            assert sent < 32 * 1024 * 1024
        assert (await s.run()).status_code == 200


def _pushed(peer: socket.socket, data: bytes, most: int) -> int:
    sent = 0
    try:
        while sent < most:
            sent += peer.send(data)
    except TimeoutError:
        pass
    return sent
