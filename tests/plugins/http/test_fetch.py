"""What `http.fetch` does where nobody means harm."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from lumosai_plugins.http.body import text
from lumosai_plugins.http.tool import Fetch
from lumosai_sdk import PermissionDeniedError, Permissions, PluginContext, ToolContext, ToolError
from lumosai_sdk.testing.conformance.tool import ToolConformance
from lumosai_sdk.testing.manifest_check import disagreements, manifest_of

Get = Callable[..., Awaitable[Any]]


def test_the_manifest_says_what_the_code_does() -> None:
    assert disagreements("lumosai_plugins.http") == []


class TestConformance(ToolConformance):
    @pytest.fixture
    def tool(self) -> Any:
        return Fetch(PluginContext("http", settings={"allow_private": True}))

    @pytest.fixture
    def valid_arguments(self, server: Any) -> Mapping[str, Any]:
        return {"url": server.url}

    @pytest.fixture
    def context(self, server: Any) -> ToolContext:
        return ToolContext(permissions=Permissions(http=(f"GET {server.url}/*",)))

    @pytest.fixture
    def refused_arguments(self, server: Any) -> list[dict[str, Any]]:
        return [{"url": "no url"}, {"url": "http://example.org/"}, {"url": server.url, "method": "POST"}]


async def test_an_answer(get: Get, server: Any) -> None:
    server.answers["/page"] = server.ok(b"gr\xc3\xbcezi", content_type="Text/HTML; charset=UTF-8")
    assert await get("/page?x=1") == {
        "status": 200,
        "url": f"{server.url}/page?x=1",
        "media_type": "text/html",
        "body": "grüezi",
        "truncated": False,
    }
    (seen,) = server.seen
    assert seen.line == "GET /page?x=1 HTTP/1.1"
    assert seen.headers["user-agent"] == "LumosAI"
    assert "cookie" not in seen.headers


async def test_a_post_with_headers(get: Get, server: Any) -> None:
    headers = {"X-Api-Key": "k", "Content-Type": "application/json", "Authorization": "Bearer t"}
    await get("/", method="POST", headers=headers, body='{"a": "ü"}')
    (seen,) = server.seen
    assert seen.line.startswith("POST ")
    assert seen.body == '{"a": "ü"}'.encode()
    assert (seen.headers["x-api-key"], seen.headers["content-type"]) == ("k", "application/json")


async def test_a_body_is_text_unless_told(get: Get, server: Any) -> None:
    await get("/", method="PUT", body="hi")
    assert server.seen[0].headers["content-type"] == "text/plain; charset=utf-8"


async def test_an_error_status_is_an_answer(get: Get, server: Any) -> None:
    server.answers["/"] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone"
    answer = await get("/")
    assert (answer["status"], answer["body"]) == (404, "gone")


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (gzip.compress(b"plain words", mtime=0), "gzip"),
        (gzip.compress(b"plain words", mtime=0), " X-GZIP "),
        (b"plain words", "identity"),
    ],
)
async def test_packed_answers(get: Get, server: Any, packed: bytes, encoding: str) -> None:
    server.answers["/"] = server.ok(packed, f"Content-Encoding: {encoding}")
    assert (await get("/"))["body"] == "plain words"


async def test_a_chunked_answer(get: Get, server: Any) -> None:
    server.answers["/"] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert (await get("/"))["body"] == "abcde"


async def test_what_is_no_text_is_not_shown(get: Get, server: Any) -> None:
    server.answers["/"] = server.ok(b"\x89PNG\r\n\0\0", content_type="image/png")
    answer = await get("/")
    assert (answer["media_type"], answer["body"]) == ("image/png", "[8 bytes that are no text]")


async def test_a_large_answer_is_cut_and_marked(get: Get, server: Any) -> None:
    server.answers["/"] = server.ok(b"x" * 5000)
    answer = await get("/", settings={"max_bytes": 1024})
    assert (len(answer["body"]), answer["truncated"]) == (1024, True)


async def test_a_redirect_is_followed(get: Get, server: Any) -> None:
    server.answers |= {"/a": server.redirect("/b?c=d#e"), "/b": server.ok(b"there")}
    answer = await get("/a")
    assert (answer["body"], answer["url"]) == ("there", f"{server.url}/b?c=d")


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (307, "POST", "POST"),
        (308, "DELETE", "DELETE"),
    ],
)
async def test_the_method_after_a_redirect(get: Get, server: Any, status: int, method: str, then: str) -> None:
    server.answers["/a"] = server.redirect("/b", status)
    body = {"body": "data"} if method != "HEAD" else {}
    await get("/a", method=method, **body)
    second = server.seen[1]
    assert second.line.startswith(f"{then} /b")
    assert second.body == (b"data" if then not in {"GET", "HEAD"} else b"")
    assert ("content-type" in second.headers) == bool(second.body)


async def test_a_redirect_without_a_location_is_the_answer(get: Get, server: Any) -> None:
    server.answers["/"] = b"HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nhm"
    assert (await get("/"))["status"] == 302


async def test_nothing_is_granted_by_default(server: Any) -> None:
    tool = Fetch(PluginContext("http", settings={"allow_private": True}))
    with pytest.raises(PermissionDeniedError) as denied:
        await tool.call({"url": f"{server.url}/secret?token=abc"}, ToolContext())
    assert f'[plugins.http.grant]: http = ["GET {server.url}/*"]' in str(denied.value.hint)
    assert "abc" not in str(denied.value)
    assert server.seen == []


async def test_the_hint_grants_just_that(get: Get, fetch: Get, server: Any) -> None:
    with pytest.raises(PermissionDeniedError) as denied:
        await fetch(f"{server.url}/x")
    rule = str(denied.value.hint).partition('["')[2].partition('"]')[0]
    assert (await fetch(f"{server.url}/x", rule))["status"] == 200


async def test_a_grant_of_a_method_is_of_that_method(fetch: Get, server: Any) -> None:
    with pytest.raises(PermissionDeniedError, match="POST"):
        await fetch(server.url, f"GET {server.url}/*", method="POST", body="x")
    assert server.seen == []


async def test_a_grant_of_a_path_is_of_that_path(fetch: Get, server: Any) -> None:
    assert (await fetch(f"{server.url}/api/x", f"GET {server.url}/api/*"))["status"] == 200
    for path in ("/", "/apix", "/api/../secret", "/api/%2e%2e/secret", "/api/..%2fsecret"):
        with pytest.raises(PermissionDeniedError):
            await fetch(f"{server.url}{path}", f"GET {server.url}/api/*")
    assert len(server.seen) == 1


async def test_a_get_has_no_body(get: Get) -> None:
    with pytest.raises(ToolError, match="has no body"):
        await get("/", body="x")


async def test_a_server_that_is_down(fetch: Get, unused_port: int) -> None:
    url = f"http://127.0.0.1:{unused_port}"
    with pytest.raises(ToolError, match="cannot be reached"):
        await fetch(url, f"* {url}/*")


async def test_a_name_nobody_knows(fetch: Get) -> None:
    with pytest.raises(ToolError, match="has no address"):
        await fetch("http://nowhere.example/", "* http://nowhere.example/*")


@pytest.mark.parametrize(
    ("data", "content_type", "expected"),
    [
        (b"abc", "", "abc"),
        ("ü".encode("latin-1"), "text/plain; charset=ISO-8859-1", "ü"),
        ("ü".encode("utf-16"), "text/plain; charset=utf-16", "ü"),
        (b"\xff", "text/plain", "\N{REPLACEMENT CHARACTER}"),
        (b"{}", "application/problem+json", "{}"),
        (b"a: 1", "application/octet-stream", "a: 1"),
        ("ü".encode()[:1], "application/octet-stream", ""),
        (b"\xff\xfe\xfd", "application/octet-stream", None),
        (b"a\0b", "text/plain", None),
        # Codecs of Python's that are no character sets are not for a server to choose.
        (b"abc", "text/plain; charset=zlib_codec", "abc"),
        (rb"\x41", "text/plain; charset=unicode_escape", r"\x41"),
        (b"abc", "text/plain; charset=" + "x" * 100, "abc"),
    ],
)
def test_what_is_text(data: bytes, content_type: str, expected: str | None) -> None:
    assert text(data, content_type) == expected


def test_the_manifest_asks_and_owners_may_grant_any_port() -> None:
    from lumosai_sdk.permissions import Grant

    asked = Permissions.from_json(manifest_of("lumosai_plugins.http").permissions)
    rules = ("GET http://127.0.0.1:8080/*", "* https://*.example.org/v1/*")
    assert set(Grant(asked, Permissions(http=rules)).effective.http) == set(rules)
    assert Grant(asked).effective.http == ()
