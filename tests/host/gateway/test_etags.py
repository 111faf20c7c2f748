"""What changes rarely is sent once: entity tags, ``If-None-Match``, and ``HEAD`` (RFC 9110)."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lumosai import Agent
from lumosai.gateway.etags import tag_of

Open = Callable[..., Any]
STABLE = [
    "/v1/agents",
    "/v1/agents/echo",
    "/v1/tools",
    "/v1/tools/calculator.evaluate",
    "/v1/tools/calculator.evaluate/schema",
    "/v1/plugins",
    "/v1/plugins/http/permissions",
    "/v1/models",
    "/v1/models/scripted/echo",
    "/v1/panels",
    "/v1/config",
    "/v1/config/schema",
    "/openapi.json",
    "/asyncapi.json",
    "/docs",
]


async def test_what_a_client_has_is_not_sent_again(gateway: Open) -> None:
    async with gateway() as g:
        for path in STABLE:
            first = await g.client.get(path)
            tag = first.headers["etag"]
            assert (first.status_code, tag[0], tag[-1]) == (200, '"', '"'), path
            assert first.headers["cache-control"] == "private, no-cache"
            for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
                again = await g.client.get(path, headers={"if-none-match": known})
                assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), (path, known)
                assert "content-length" not in again.headers
                assert "content-type" not in again.headers
                assert again.headers["cache-control"] == "private, no-cache"
            for unknown in ('"other"', tag.strip('"'), "", '"'):
                assert (await g.client.get(path, headers={"if-none-match": unknown})).status_code == 200, unknown


async def test_a_head_is_the_answer_without_its_body(gateway: Open) -> None:
    async with gateway() as g:
        for path in [*STABLE, "/v1/runs", "/healthz"]:
            whole, head = await g.client.get(path), await g.client.head(path)
            assert (head.status_code, head.content) == (200, b""), path
            for name in ("content-length", "content-type", "etag"):
                if path != "/healthz":
                    assert head.headers.get(name) == whole.headers.get(name), (path, name)
        tag = (await g.client.head("/v1/agents")).headers["etag"]
        assert (await g.client.head("/v1/agents", headers={"if-none-match": tag})).status_code == 304
        assert (await g.client.head("/v1/agents/none")).content == b""


async def test_a_change_gets_another_tag(gateway: Open) -> None:
    async with gateway() as g:
        tags = {path: (await g.client.get(path)).headers["etag"] for path in ("/v1/agents", "/v1/plugins", "/v1/tools")}
        g.host.add(Agent("second", model="scripted/echo"))
        await g.client.post("/v1/plugins/calculator/disable")
        for path, tag in tags.items():
            assert (await g.client.get(path, headers={"if-none-match": tag})).status_code == 200, path


async def test_what_was_refused_or_fails_has_no_tag(gateway: Open) -> None:
    async with gateway() as g:
        missing = await g.client.get("/v1/agents/none", headers={"if-none-match": "*"})
        assert (missing.status_code, "etag" in missing.headers) == (404, False)
        run = await g.client.get("/v1/runs")
        assert "etag" not in run.headers


async def test_several_lines_are_one_list(gateway: Open) -> None:
    async with gateway() as g:
        tag = (await g.client.get("/v1/agents")).headers["etag"]
        lines = [("if-none-match", '"a"'), ("if-none-match", tag)]
        assert (await g.client.get("/v1/agents", headers=lines)).status_code == 304


@pytest.mark.parametrize("other", [(b"ab", b""), (b"", b"ab"), (b"ab",), (b"a", b"b", b"")])
def test_a_tag_tells_where_its_parts_begin(other: tuple[bytes, ...]) -> None:
    assert tag_of(b"a", b"b") == tag_of(b"a", b"b")
    assert tag_of(*other) != tag_of(b"a", b"b")


async def test_a_list_of_tags_made_to_be_slow_is_read_at_once(gateway: Open) -> None:
    async with gateway() as g:
        for many in ('"' * 8000, 'W/"' * 3000, '"a",' * 2000, "W/" * 4000):
            assert (await g.client.get("/v1/agents", headers={"if-none-match": many})).status_code == 200
