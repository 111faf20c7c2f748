"""`http.fetch` against servers, names and callers that mean harm."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumosai_plugins.http import urls
from lumosai_plugins.http.guard import Guard, lookup
from lumosai_sdk import PermissionDeniedError, Permissions, ToolError, addresses

Get = Callable[..., Awaitable[Any]]
ANYWHERE = ("* http://*:*/*", "* https://*:*/*")
REFUSED = (PermissionDeniedError, ToolError)


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address anything tries to connect to."""
    seen: list[Any] = []
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any, /) -> None:
        seen.append(address)
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    return seen


# --- where a URL leads


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "198.18.0.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:169.254.169.254]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::169.254.169.254]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2002:a9fe:a9fe::1]",
        "[2001:0:7f00:1::]",
        "[2001:db8::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[100::1]",
    ],
)
async def test_addresses_that_are_not_the_internet(fetch: Get, connections: list[Any], host: str) -> None:
    for allow_private in (False, True):
        with pytest.raises(PermissionDeniedError, match="not the public internet"):
            await fetch(f"http://{host}/", *ANYWHERE, settings={"allow_private": allow_private})
    assert connections == []


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0x",
        "017700000001",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.01",
        "127.0.0.1.",
        "1.2.3.4.5",
        "256.256.256.256",
        "localhost.0x7f",
        "127.0.0.1%00.example.org",
        "exa_mple..org",
        "-example.org",
        "[::1%25eth0]",
        "[::1",
        "[127.0.0.1]",
        "\N{FULLWIDTH DIGIT ONE}27.1",
        "a" * 64 + ".org",
        ".".join(["a" * 60] * 5),
        "",
        ":80",
    ],
)
async def test_hosts_in_disguise(fetch: Get, connections: list[Any], host: str) -> None:
    with pytest.raises(REFUSED):
        await fetch(f"http://{host}/", *ANYWHERE)
    assert connections == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "unix:///var/run/docker.sock",
        "data:text/plain,hi",
        "javascript:alert(1)",
        "//example.org/",
        "example.org",
        "http:/example.org",
        "http:///example.org",
        "http://user@127.0.0.1/",
        "http://:pw@example.org/",
        "http://@example.org/",
        "http://example.org@127.0.0.1/",
        "http://127.0.0.1#@example.org@x/",
        "http://example.org\\@127.0.0.1/",
        "http://example.org\\.127.0.0.1/",
        "http://example.org/\r\nHost: evil",
        "http://exa\nmple.org/",
        "http://example.org/\t",
        " http://example.org/",
        "http://example.org/a b",
        "http://example.org\0.evil.org/",
        "http://example.org:0/",
        "http://example.org:99999/",
        "http://example.org:-1/",
        "http://example.org:80:80/",
        "http://example.org:abc/",
        "http://example.org/" + "a" * 5000,
    ],
)
async def test_urls_that_trick(fetch: Get, connections: list[Any], url: str) -> None:
    with pytest.raises(REFUSED):
        await fetch(url, *ANYWHERE)
    assert connections == []


async def test_a_port_that_was_not_granted(fetch: Get, connections: list[Any]) -> None:
    for port in (22, 25, 6379, 8080):
        with pytest.raises(PermissionDeniedError, match="is not allowed"):
            await fetch(f"http://example.org:{port}/", "* http://example.org/*")
    assert connections == []


async def test_private_needs_both_the_name_and_the_setting(fetch: Get, server: Any) -> None:
    named, wild = f"* {server.url}/*", "* http://*:*/*"
    for rules, allow in (([named], False), ([wild], True), ([wild], False)):
        with pytest.raises(PermissionDeniedError, match="allow_private"):
            await fetch(server.url, *rules, settings={"allow_private": allow})
    assert server.seen == []
    assert (await fetch(server.url, wild, named))["status"] == 200


async def test_a_name_may_be_private_but_never_metadata(fetch: Get, server: Any) -> None:
    url = f"http://intranet.example:{server.port}"

    async def home(host: str) -> list[str]:
        return ["127.0.0.1"]

    async def metadata(host: str) -> list[str]:
        return ["169.254.169.254"]

    assert (await fetch(f"{url}/x", f"* {url}/*", lookup=home))["status"] == 200
    with pytest.raises(PermissionDeniedError, match="169"):
        await fetch(f"{url}/x", f"* {url}/*", lookup=metadata)


# --- names that change their mind


class Rebinding:
    """A name server that answers each time with the next of its answers."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


async def test_a_name_is_asked_once_and_the_connection_goes_there(
    fetch: Get, server: Any, connections: list[Any]
) -> None:
    url = f"http://rebind.example:{server.port}"
    names = Rebinding(["127.0.0.1"], ["169.254.169.254"])
    assert (await fetch(url, f"* {url}/*", lookup=names))["status"] == 200
    assert names.asked == ["rebind.example"]
    assert {a[0] for a in connections} == {"127.0.0.1"}


async def test_a_name_that_turns_private_is_refused(fetch: Get, connections: list[Any]) -> None:
    names = Rebinding(["127.0.0.1"])
    with pytest.raises(PermissionDeniedError, match=r"rebind.example leads to 127\.0\.0\.1"):
        await fetch("http://rebind.example/", *ANYWHERE, lookup=names)
    assert connections == []


@pytest.mark.parametrize("second", ["10.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254"])
async def test_one_bad_address_among_good_ones_is_enough(fetch: Get, connections: list[Any], second: str) -> None:
    with pytest.raises(PermissionDeniedError):
        await fetch("http://mixed.example/", *ANYWHERE, lookup=Rebinding(["93.184.215.14", second]))
    assert connections == []


async def test_rebinding_between_redirects(fetch: Get, server: Any) -> None:
    url = f"http://rebind.example:{server.port}"
    server.answers["/a"] = server.redirect("/b")
    names = Rebinding(["127.0.0.1"], ["192.168.0.1"])
    with pytest.raises(PermissionDeniedError, match=r"192\.168\.0\.1"):
        await fetch(f"{url}/a", "* http://*:*/*", f"* {url}/a", lookup=names)
    assert len(server.seen) == 1


async def test_a_socket_to_an_address_nobody_judged_is_not_opened() -> None:
    guard = Guard(Permissions(), allow_private=True)
    with pytest.raises(OSError, match="not approved"):
        guard.open_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80)))


# --- redirects


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/",
        "http://localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://2130706433/",
        "//169.254.169.254/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://user:pw@example.org/",
        "http://example.org\\@127.0.0.1/",
        "/a b",
        "http://[",
        "http://metadata.example/",
    ],
)
async def test_a_redirect_is_judged_like_a_request(
    get: Get, server: Any, connections: list[Any], location: str
) -> None:
    server.answers["/"] = server.redirect(location)

    async def names(host: str) -> list[str]:
        return ["169.254.169.254" if host == "metadata.example" else "127.0.0.1"]

    with pytest.raises(REFUSED):
        await get("/", *ANYWHERE, lookup=names)
    assert len(server.seen) == 1
    assert {a[1] for a in connections} == {server.port}


async def test_a_redirect_off_the_granted_path(fetch: Get, server: Any) -> None:
    server.answers["/api/x"] = server.redirect("/admin")
    with pytest.raises(PermissionDeniedError):
        await fetch(f"{server.url}/api/x", f"GET {server.url}/api/*")
    assert [s.path for s in server.seen] == ["/api/x"]


async def test_a_redirect_loop_ends(get: Get, server: Any) -> None:
    server.answers["/"] = server.redirect("/")
    with pytest.raises(ToolError, match="more than 5 redirects"):
        await get("/")
    assert len(server.seen) == 6


async def test_secrets_stay_with_their_host(fetch: Get, server: Any, other: Any) -> None:
    server.answers["/"] = server.redirect(f"{other.url}/", 307)
    headers = {"Authorization": "Bearer t", "X-Api-Key": "k", "X-Anything": "s", "Accept": "text/html"}
    await fetch(server.url, f"* {server.url}/*", f"* {other.url}/*", headers=headers)
    (second,) = other.seen
    assert second.headers["accept"] == "text/html"
    assert second.headers["host"] == f"127.0.0.1:{other.port}"
    assert not {"authorization", "x-api-key", "x-anything"} & set(second.headers)


async def test_secrets_follow_on_the_same_host(get: Get, server: Any) -> None:
    server.answers["/a"] = server.redirect("/b")
    await get("/a", headers={"Authorization": "Bearer t"})
    assert server.seen[1].headers["authorization"] == "Bearer t"


async def test_cookies_are_not_kept(get: Get, server: Any) -> None:
    server.answers["/a"] = b"HTTP/1.1 302 F\r\nSet-Cookie: a=b\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    await get("/a")
    await get("/b")
    assert all("cookie" not in s.headers for s in server.seen)


async def test_no_proxy_is_taken_from_the_environment(get: Get, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://169.254.169.254:3128")
    monkeypatch.setenv("ALL_PROXY", "http://169.254.169.254:3128")
    assert (await get("/"))["status"] == 200


# --- what the agent sends


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "1\r\nX-B: 2"),
        ("X-A", "1\nX-B: 2"),
        ("X-A", "\0"),
        ("X-A\r\nX-B", "1"),
        ("X A", "1"),
        ("X-A:", "1"),
        ("", "1"),
        ("X-Ü", "1"),
        ("Host", "evil"),
        ("Content-Length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "keep-alive"),
        ("Upgrade", "websocket"),
        ("Proxy-Authorization", "x"),
        ("Cookie", "a=b"),
        ("Expect", "100-continue"),
        ("Accept-Encoding", "br"),
        ("X-A", "v" * 5000),
    ],
)
async def test_headers_that_are_not_the_agents_to_send(get: Get, server: Any, name: str, value: str) -> None:
    with pytest.raises(ToolError):
        await get("/", headers={name: value})
    assert server.seen == []


async def test_too_many_headers(get: Get) -> None:
    with pytest.raises(ToolError, match="too many"):
        await get("/", headers={f"X-{i}": "1" for i in range(33)})


async def test_errors_do_not_repeat_what_was_sent(fetch: Get, unused_port: int) -> None:
    url = f"http://127.0.0.1:{unused_port}"
    with pytest.raises(ToolError) as error:
        await fetch(f"{url}/p?token=s3cret", f"* {url}/*", headers={"Authorization": "Bearer s3cret"})
    assert "s3cret" not in f"{error.value!r} {error.value.__cause__!r}"


# --- what the server sends


async def test_a_decompression_bomb(get: Get, server: Any) -> None:
    server.answers["/"] = server.ok(gzip.compress(b" " * (64 * 1024 * 1024)), "Content-Encoding: gzip")
    answer = await get("/", settings={"max_bytes": 4096})
    assert (len(answer["body"]), answer["truncated"]) == (4096, True)


async def test_an_endless_stream_that_unpacks_to_nothing(get: Get, server: Any) -> None:
    async def pour(seen: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10])
        empty_block = b"\x00\x00\x00\xff\xff"
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(empty_block * 10_000)
                await writer.drain()

    server.answers["/"] = pour
    answer = await get("/", settings={"max_bytes": 4096})
    assert (answer["body"], answer["truncated"]) == ("", True)


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "compress", "x" * 5000])
async def test_encodings_not_asked_for(get: Get, server: Any, encoding: str) -> None:
    server.answers["/"] = server.ok(b"data", f"Content-Encoding: {encoding}")
    with pytest.raises(ToolError, match="not asked for"):
        await get("/")


async def test_damaged_packing(get: Get, server: Any) -> None:
    server.answers["/"] = server.ok(b"\xff\xffnot packed at all", "Content-Encoding: gzip")
    with pytest.raises(ToolError, match="damaged"):
        await get("/")


async def test_an_endless_body(get: Get, server: Any) -> None:
    async def pour(seen: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b"x" * 65536)
                await writer.drain()

    server.answers["/"] = pour
    answer = await get("/")
    assert (len(answer["body"]), answer["truncated"]) == (32_768, True)


async def test_a_body_that_drips(get: Get, server: Any) -> None:
    async def drip(seen: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.01)

    server.answers["/"] = drip
    with pytest.raises(ToolError, match="did not answer completely"):
        await get("/", settings={"timeout": 0.2})


async def test_a_server_that_says_nothing(get: Get, server: Any) -> None:
    async def silence(seen: Any, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    server.answers["/"] = silence
    with pytest.raises(ToolError, match="did not answer completely"):
        await get("/", settings={"timeout": 0.2})


async def test_a_name_server_that_says_nothing(fetch: Get) -> None:
    async def silence(host: str) -> list[str]:
        await asyncio.sleep(5)
        return []

    with pytest.raises(ToolError, match="did not answer completely"):
        await fetch("http://slow.example/", *ANYWHERE, settings={"timeout": 0.2}, lookup=silence)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % i for i in range(10_000)) + b"\r\n",
        b"HTTP/1.1 200 " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.7\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"\0" * 1000,
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://\xff\xfe/\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: " + b"a" * 8000 + b"\r\n\r\n",
    ],
)
async def test_garbage(get: Get, server: Any, answer: bytes) -> None:
    server.answers["/"] = answer
    with pytest.raises(ToolError) as error:
        await get("/")
    assert len(error.value.message) < 400


async def test_a_server_that_does_not_prove_who_it_is(fetch: Get) -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhello")
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as listener:
        url = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        with pytest.raises(ToolError, match="could not prove who it is"):
            await fetch(url, f"* {url}/*")


async def test_the_addresses_of_this_machine_by_its_own_resolver(fetch: Get, connections: list[Any]) -> None:
    with pytest.raises(PermissionDeniedError, match="localhost leads to"):
        await fetch("http://localhost/", *ANYWHERE, lookup=lookup)
    assert connections == []


async def test_a_name_with_nonsense_for_addresses(fetch: Get) -> None:
    with pytest.raises(ToolError):
        await fetch("http://odd.example/", *ANYWHERE, lookup=Rebinding(["not an address"]))


# --- properties


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_address_hides_in_another(number: int) -> None:
    v4 = IPv4Address(number)
    where = addresses.reach(v4)
    for prefix in (0xFFFF << 32, 0x0064FF9B << 96):
        assert addresses.reach(IPv6Address(prefix | number)) == where
    assert addresses.reach(IPv6Address((0x2002 << 112) | (number << 80))) == where
    assert where != "public" or not (v4.is_loopback or v4.is_link_local or v4.is_multicast or v4.is_private)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40), st.sampled_from(["http://", "https://", "http://127.0.0.1", "http://a.example/", ""]))
def test_any_text_is_a_plain_url_or_refused(text: str, start: str) -> None:
    with contextlib.suppress(ToolError):
        url = urls.read(start + text)
        assert url.scheme in {"http", "https"}
        assert url.raw_host
        assert url.raw_host.isascii()
        assert "@" not in url.raw_authority
