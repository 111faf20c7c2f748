"""Requests that try to get where the owner did not let them, and answers that are too much; and honest ones."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import gzip
import json
import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from lumosai_sandbox.capabilities import denials
from lumosai_sandbox.capabilities.http import functions
from lumosai_sdk.errors import InputError, NotFoundError, PermissionDeniedError
from lumosai_sdk.types.trace import OUTGOING, Trace
from lumosai_sdk.wireerrors import FarError

Make = Callable[..., Any]
ANYWHERE = {"http": ["* http://*:*/*", "* https://*:*/*"]}


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address anything tries to connect to."""
    seen: list[Any] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any, /) -> None:
        seen.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    return seen


def own(web: Any, *more: str) -> dict[str, Any]:
    return {"http": [f"* {web.url}/*", *more]}


# --- honest


async def test_a_granted_request_is_made(plugin: Make, web: Any) -> None:
    answer = await plugin(own(web)).fetch(f"{web.url}/a/../b?q=1#part", method="POST", body="hi", headers={"X-A": "b"})
    assert (answer["status"], answer["body"], answer["url"]) == (200, "hello", f"{web.url}/b?q=1")
    (seen,) = web.seen
    assert seen.line == "POST /b?q=1 HTTP/1.1"
    assert (seen.headers["x-a"], seen.body) == ("b", b"hi")
    assert "cookie" not in seen.headers


async def test_bytes_go_both_ways_as_base64(plugin: Make, web: Any) -> None:
    web.answers["/"] = web.ok(b"\xff\x00\xfe")
    answer = await plugin(own(web)).fetch(web.url, method="POST", body_base64="AP8=")
    assert answer["body_base64"] == "/wD+"
    assert web.seen[0].body == b"\x00\xff"


async def test_a_packed_answer_is_unpacked(plugin: Make, web: Any) -> None:
    web.answers["/"] = web.ok(gzip.compress(b"x" * 1000), "Content-Encoding: gzip")
    answer = await plugin(own(web)).fetch(web.url)
    assert answer["body"] == "x" * 1000
    assert "content-encoding" not in answer["headers"]


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [(301, "POST", "GET"), (302, "POST", "GET"), (303, "PUT", "GET"), (307, "POST", "POST"), (308, "PUT", "PUT")],
)
async def test_granted_redirects_are_followed(plugin: Make, web: Any, status: int, method: str, then: str) -> None:
    web.answers["/a"] = web.redirect("/b", status)
    answer = await plugin(own(web)).fetch(f"{web.url}/a", method=method, body="x")
    assert answer["url"] == f"{web.url}/b"
    assert web.seen[1].line.startswith(f"{then} /b")
    assert web.seen[1].body == (b"" if then == "GET" else b"x")


async def test_a_stream_comes_in_pieces(plugin: Make, web: Any) -> None:
    async def slowly(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for piece in ("grü".encode()[:-1], "grü".encode()[-1:], b"n"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)

    web.answers["/"] = slowly
    p = plugin(own(web))
    opened = await p.ask("http.open", json.dumps({"url": web.url}))
    pieces = []
    while (piece := await p.ask("http.read", opened["handle"])) is not None:
        pieces.append(piece)
    assert "".join(pieces) == "grün"
    with pytest.raises(NotFoundError):
        await p.ask("http.read", opened["handle"])


# --- where to


@pytest.mark.parametrize(
    "url",
    [
        "http://{host}.evil.example/",
        "http://{host}@evil.example/",
        "http://u:p@{host}/",
        "http://@{host}/",
        "http://{host}\\@evil.example/",
        "http://{host}%2f@evil.example/",
        "http://{host}/x\r\nHost: evil.example",
        "http://{host}/x y",
        "http://{host}/\tx",
        "http://{host}/x%00\x00",
        "//evil.example/",
        "file:///etc/passwd",
        "ftp://{host}/",
        "http:{host}/",
        "http:///x",
        "",
        "http://",
        "http://[::1%25lo]/",
        "http://{host}:0/",
        "http://{host}:99999/",
    ],
)
async def test_urls_that_could_be_read_in_two_ways_are_refused(
    plugin: Make, web: Any, connections: list[Any], url: str
) -> None:
    with pytest.raises((InputError, PermissionDeniedError)):
        await plugin(own(web)).fetch(url.replace("{host}", f"127.0.0.1:{web.port}"))
    assert connections == []


@pytest.mark.parametrize(
    "host",
    [
        *("2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.1", "017700000001"),
        *("127.0.0.1", "127.8.9.10", "0.0.0.0", "10.0.0.1", "172.16.3.4", "192.168.1.1", "100.64.0.1"),
        *("169.254.169.254", "100.100.100.200", "224.0.0.1", "255.255.255.255", "240.0.0.1"),
        *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[fe80::1]", "[fc00::1]"),
        *("[fd00:ec2::254]", "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2001:0:1::1]"),
        *("127。0。0。1", "①②⑦.0.0.1", "ⓛocalhost", "localhost.", "127.0.0.1."),
        *("localhost", "LOCALHOST"),
    ],
)
async def test_a_grant_of_every_host_is_none_of_this_network(plugin: Make, connections: list[Any], host: str) -> None:
    async def resolves(_: str) -> list[str]:
        return ["127.0.0.1"]

    with pytest.raises((InputError, PermissionDeniedError)):
        await plugin(ANYWHERE, lookup=resolves).fetch(f"http://{host}:8080/")
    assert connections == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["93.184.215.14", "127.0.0.1"],
        ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::1"],
        ["::ffff:10.0.0.1"],
        ["169.254.169.254"],
        ["fe80::1%eth0"],
        ["64:ff9b::a00:1"],
        ["2002:c0a8:101::1"],
    ],
)
async def test_a_name_with_any_private_address_is_refused(
    plugin: Make, connections: list[Any], addresses: list[str]
) -> None:
    async def resolves(_: str) -> list[str]:
        return addresses

    with pytest.raises(PermissionDeniedError, match="not on the public internet"):
        await plugin({"http": ["GET http://api.example.org/*"]}, lookup=resolves).fetch("http://api.example.org/")
    assert connections == []


async def test_a_name_is_resolved_once_and_connected_to_where_it_was_checked(
    plugin: Make, web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebinding name server: public when it is checked, this machine when it is asked again."""
    asked = []

    async def rebinds(host: str) -> list[str]:
        asked.append(host)
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    tried = []

    def refuse(self: socket.socket, address: Any, /) -> None:
        tried.append(address)
        raise OSError("unreachable")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    p = plugin({"http": [f"GET http://api.example.org:{web.port}/*"]}, lookup=rebinds)
    with pytest.raises(FarError) as caught:
        await p.fetch(f"http://api.example.org:{web.port}/")
    assert caught.value.kind == "unavailable"
    assert tried == [("93.184.215.14", web.port)]
    with pytest.raises(PermissionDeniedError):
        await p.fetch(f"http://api.example.org:{web.port}/")
    assert web.seen == []


async def test_this_machine_opens_to_the_owners_word_and_not_to_the_manifests(plugin: Make, web: Any) -> None:
    asked = own(web)
    assert (await plugin(asked, granted=asked).fetch(web.url))["status"] == 200
    with pytest.raises(PermissionDeniedError):
        await plugin(asked, granted=ANYWHERE).fetch(web.url)
    with pytest.raises(PermissionDeniedError):
        await plugin(asked, granted={"http": ["* http://127.0.0.1:*/*"]}).fetch(web.url)


async def test_localhost_is_opened_by_its_name_and_leads_nowhere_else(plugin: Make, web: Any) -> None:
    async def honest(_: str) -> list[str]:
        return ["127.0.0.1"]

    async def elsewhere(_: str) -> list[str]:
        return ["10.0.0.1"]

    rights = {"http": [f"GET http://localhost:{web.port}/*"]}
    assert (await plugin(rights, lookup=honest).fetch(f"http://localhost:{web.port}/"))["status"] == 200
    with pytest.raises(PermissionDeniedError):
        await plugin(rights, lookup=elsewhere).fetch(f"http://localhost:{web.port}/")


async def test_a_name_does_not_borrow_the_leave_of_an_address(plugin: Make, web: Any) -> None:
    async def resolves(_: str) -> list[str]:
        return ["127.0.0.1"]

    p = plugin(own(web, f"GET http://evil.example:{web.port}/*"), lookup=resolves)
    with pytest.raises(PermissionDeniedError):
        await p.fetch(f"http://evil.example:{web.port}/")


@pytest.mark.parametrize("path", ["/v1/../admin", "/v1/%2e%2e/admin", "/v1/..%2fadmin", "/v1/%252e%252e/admin"])
async def test_a_path_does_not_climb_out_of_its_grant(plugin: Make, web: Any, path: str) -> None:
    p = plugin({"http": [f"GET {web.url}/v1/*"]})
    with pytest.raises(PermissionDeniedError):
        await p.fetch(f"{web.url}{path}")
    assert web.seen == []
    assert (await p.fetch(f"{web.url}/v1/x/../y"))["url"] == f"{web.url}/v1/y"


@pytest.mark.parametrize("method", ["POST", "DELETE", "post"])
async def test_a_method_that_is_not_granted_is_refused_with_the_grant_it_lacks(
    plugin: Make, web: Any, method: str
) -> None:
    p = plugin({"http": [f"GET {web.url}/*"]})
    with pytest.raises(PermissionDeniedError) as caught:
        await p.fetch(web.url, method=method)
    assert caught.value.hint == (f'in lumos.toml, under [plugins.p.grant]: http = ["{method.upper()} {web.url}/"]')
    (event,) = p.events
    assert event.type == "plugin.denied"
    assert f'["{method.upper()} {web.url}/"]' in event.detail


# --- redirects


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://2130706433/",
        "//127.0.0.1:1/",
        "http://u@127.0.0.1:1/",
        "file:///etc/passwd",
        "http://127.0.0.1:1\\@example.org/",
        "http://[::ffff:127.0.0.1]:1/",
    ],
)
async def test_a_redirect_is_judged_as_a_request_is(
    plugin: Make, web: Any, connections: list[Any], location: str
) -> None:
    web.answers["/a"] = web.redirect(location)
    with pytest.raises((PermissionDeniedError, FarError)):
        await plugin(own(web, *ANYWHERE["http"])).fetch(f"{web.url}/a")
    assert {port for _, port in connections} == {web.port}


async def test_a_redirect_out_of_the_grant_is_refused(plugin: Make, web: Any, other: Any) -> None:
    web.answers["/a"] = web.redirect(f"{other.url}/b")
    with pytest.raises(PermissionDeniedError):
        await plugin(own(web)).fetch(f"{web.url}/a")
    assert other.seen == []


async def test_credentials_do_not_follow_to_another_host(plugin: Make, web: Any, other: Any) -> None:
    web.answers["/a"] = web.redirect(f"{other.url}/b")
    sent = {"Authorization": "Bearer t", "X-Api-Key": "t", "Cookie": "s=t", "Accept": "text/plain"}
    await plugin(own(web, f"GET {other.url}/*")).fetch(f"{web.url}/a", headers=sent)
    there = other.seen[0].headers
    assert there["accept"] == "text/plain"
    assert not {"authorization", "x-api-key", "cookie"} & there.keys()


async def test_redirects_without_end_are_ended(plugin: Make, web: Any) -> None:
    web.answers["/a"] = web.redirect("/a")
    with pytest.raises(FarError, match="more than 5 redirects"):
        await plugin(own(web)).fetch(f"{web.url}/a")
    assert len(web.seen) == 6


async def test_no_cookie_is_kept(plugin: Make, web: Any) -> None:
    web.answers["/"] = web.ok(b"x", "Set-Cookie: a=b")
    p = plugin(own(web))
    await p.fetch(web.url)
    await p.fetch(web.url)
    assert "cookie" not in web.seen[1].headers


async def test_the_environments_proxies_are_not_asked(
    plugin: Make, web: Any, other: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, other.url)
    assert (await plugin(own(web)).fetch(web.url))["body"] == "hello"
    assert other.seen == []


# --- headers and bodies


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"host": "evil.example"},
        {"Content-Length": "0"},
        {"Transfer-Encoding": "chunked"},
        {"Connection": "close, x"},
        {"Proxy-Authorization": "Basic eA=="},
        {"Upgrade": "h2c"},
        {"TE": "trailers"},
        {"Expect": "100-continue"},
        {"X-A": "b\r\nHost: evil.example"},
        {"X-A": "b\nX-B: c"},
        {"X-A\r\nX-B": "c"},
        {"X A": "b"},
        {"": "b"},
        {"X-A": "b\x00"},
        {"X-A": 1},
        {"X-A": "x" * 9000},
        {f"X-{n}": "x" for n in range(100)},
        "X-A: b",
    ],
)
async def test_headers_that_are_not_a_plugins_to_set_are_refused(plugin: Make, web: Any, headers: Any) -> None:
    with pytest.raises(InputError):
        await plugin(own(web)).fetch(web.url, headers=headers)
    assert web.seen == []


@pytest.mark.parametrize(
    "request_",
    [
        "",
        "null",
        "[]",
        "{",
        '{"url": 1}',
        "{}",
        '{"url": "http://x/", "method": "CONNECT"}',
        '{"url": "http://x/", "method": "GET /"}',
        '{"url": "http://x/", "proxy": "http://evil.example"}',
        '{"url": "http://x/", "timeout": 1e999}',
        '{"url": "http://x/", "timeout": -1}',
        '{"url": "http://x/", "timeout": "1"}',
        '{"url": "http://x/", "body": {}}',
        '{"url": "http://x/", "body": "a", "body_base64": "YQ=="}',
        '{"url": "http://x/", "body_base64": "?"}',
        '{"url": "\\ud800"}',
        "[" * 100_000,
    ],
)
async def test_malformed_requests_are_told_in_words(plugin: Make, request_: str) -> None:
    with pytest.raises(InputError):
        await plugin(ANYWHERE).ask("http.fetch", request_)


async def test_a_body_that_is_too_large_is_not_sent(plugin: Make, web: Any) -> None:
    with pytest.raises(FarError) as caught:
        await plugin(own(web)).fetch(web.url, method="POST", body="x" * (functions.MAX_BODY + 1))
    assert caught.value.kind == "limit"
    assert web.seen == []


async def test_an_answer_that_is_too_large_is_given_up(plugin: Make, web: Any) -> None:
    async def flood(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(200):
            writer.write(b"x" * 65_536)
            await writer.drain()

    web.answers["/"] = flood
    with pytest.raises(FarError) as caught:
        await plugin(own(web)).fetch(web.url)
    assert caught.value.kind == "limit"


async def test_a_bomb_is_counted_as_it_unpacks(plugin: Make, web: Any) -> None:
    web.answers["/"] = web.ok(gzip.compress(b"\0" * (64 * 2**20), 9), "Content-Encoding: gzip")
    with pytest.raises(FarError) as caught:
        await plugin(own(web)).fetch(web.url)
    assert caught.value.kind == "limit"


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
async def test_a_packing_that_was_not_asked_for_is_refused(plugin: Make, web: Any, encoding: str) -> None:
    web.answers["/"] = web.ok(b"x", f"Content-Encoding: {encoding}")
    with pytest.raises(FarError, match="packed"):
        await plugin(own(web)).fetch(web.url)


@pytest.mark.parametrize("answer", [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", b""])
async def test_a_server_that_speaks_no_http_is_an_error_in_words(plugin: Make, web: Any, answer: bytes) -> None:
    web.answers["/"] = answer
    with pytest.raises(FarError) as caught:
        await plugin(own(web)).fetch(web.url)
    assert caught.value.kind == "unavailable"
    assert "yyy" not in str(caught.value)


async def test_a_server_that_does_not_answer_is_given_up(plugin: Make, web: Any) -> None:
    async def never(_: Any, __: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    web.answers["/"] = never
    with pytest.raises(FarError) as caught:
        await plugin(own(web)).fetch(web.url, timeout=0.05)
    assert caught.value.kind == "timeout"


# --- streams


async def _held(_: Any, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbegun")
    await writer.drain()
    await asyncio.sleep(60)


async def test_a_stream_is_of_its_own_call_alone(plugin: Make, web: Any) -> None:
    web.answers["/"] = _held
    p = plugin(own(web))
    opened = await p.ask("http.open", json.dumps({"url": web.url}))
    for who in ({"call": "2"}, {"tenant": "b"}):
        with pytest.raises(NotFoundError):
            await p.ask("http.read", opened["handle"], **who)
        with pytest.raises(NotFoundError):
            await p.ask("http.close", opened["handle"], **who)
    assert await p.ask("http.read", opened["handle"]) == "begun"


async def test_no_more_than_a_few_streams_are_open_and_none_after_the_call(plugin: Make, web: Any) -> None:
    from lumosai_sdk.types.caller import Caller

    web.answers["/"] = _held
    p = plugin(own(web))
    request = json.dumps({"url": web.url})
    opened = [await p.ask("http.open", request) for _ in range(functions.MAX_OPEN)]
    with pytest.raises(FarError) as caught:
        await p.ask("http.open", request)
    assert caught.value.kind == "limit"
    await p.ask("http.close", opened[0]["handle"])
    await p.ask("http.open", request)
    await p.capabilities.release(Caller(call_id="1", chain=("p",)))
    with pytest.raises(NotFoundError):
        await p.ask("http.read", opened[1]["handle"])


async def test_a_stream_that_nobody_reads_is_closed(plugin: Make, web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "MAX_SECONDS", 0.05)
    web.answers["/"] = _held
    p = plugin(own(web))
    opened = await p.ask("http.open", json.dumps({"url": web.url}))
    await asyncio.sleep(0.2)
    with pytest.raises(NotFoundError):
        await p.ask("http.read", opened["handle"])


async def test_a_loop_of_refusals_does_not_flood_the_bus(
    plugin: Make, web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(denials, "time", SimpleNamespace(monotonic=lambda: now[0], time=lambda: 0.0))
    p = plugin({})
    for wait in [0.0] * 99 + [1.0]:
        now[0] += wait
        with pytest.raises(PermissionDeniedError):
            await p.fetch(web.url)
    assert len(p.events) == denials.MOST + 2
    assert p.events[-2].detail == f"{99 - denials.MOST} more requests were refused"


# --- traces


async def test_where_a_request_comes_from_is_told_by_those_alone_whom_the_owner_named(
    plugin: Make, web: Any, other: Any
) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    web.answers["/away"] = web.redirect(f"{other.url}/")
    token = OUTGOING.set(Trace(parent, "vendor=x", frozenset({"named"})))
    try:
        for name in ("named", "p"):
            p = plugin(own(web, f"* {other.url}/*"), name=name)
            await p.fetch(f"{web.url}/")
            await p.fetch(f"{web.url}/away")
    finally:
        OUTGOING.reset(token)
    told = [(s.headers.get("traceparent"), s.headers.get("tracestate")) for s in web.seen]
    assert told == [(parent, "vendor=x")] * 2 + [(None, None)] * 2
    assert not any("traceparent" in s.headers for s in other.seen)
    assert len(other.seen) == 2
