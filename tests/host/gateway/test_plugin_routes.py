"""What plugins serve, and what they must not get or do by serving it."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from lumosai.gateway.resources import plugin_routes
from lumosai_sdk import HttpRequest, HttpResponse, InputError
from lumosai_sdk.decorators import route
from lumosai_sdk.testing.hosts import contribute

Open = Callable[..., Any]


@route
async def mirror(request: HttpRequest) -> Any:
    return {
        "method": request.method,
        "path": request.path,
        "query": dict(request.query),
        "headers": dict(request.headers),
        "body": request.body.decode(),
        "who": request.principal.id,
    }


def serve(service: Any, handler: Any, path: str = "/x", methods: tuple[str, ...] = ("GET",), plugin: str = "p") -> None:
    contribute(service.host, "route", f"{plugin}.r", route(handler), path=path, methods=list(methods))


async def test_a_route_gets_the_request_and_not_the_callers_credentials(gateway: Open) -> None:
    async with gateway() as g:
        contribute(g.host, "route", "p.r", mirror, path="/items/{id}/parts/{part}", methods=["POST"])
        headers = {"authorization": "Bearer s3cret", "cookie": "a=b", "x-signature": "abc"}
        response = await g.client.post("/plugins/p/items/7/parts/a%20b?q=1&e=", content=b"raw", headers=headers)
        told = response.json()
        assert (told["method"], told["path"], told["query"]) == ("POST", "/items/7/parts/a b", {"q": "1", "e": ""})
        assert (told["body"], told["who"], told["headers"]["x-signature"]) == ("raw", "local", "abc")
        assert "s3cret" not in response.text
        assert "cookie" not in told["headers"]


async def test_methods_and_paths_are_those_of_the_manifest(gateway: Open) -> None:
    async with gateway() as g:
        contribute(g.host, "route", "p.r", mirror, path="/items/{id}", methods=["GET", "PUT"])
        assert (await g.client.put("/plugins/p/items/1")).status_code == 200
        assert (await g.client.head("/plugins/p/items/1")).status_code == 200
        wrong = await g.client.delete("/plugins/p/items/1")
        assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, PUT")
        for path in (
            "/plugins/p/items",
            "/plugins/p/items/",
            "/plugins/p/items/1/2",
            "/plugins/q/items/1",
            "/plugins/p",
        ):
            assert (await g.client.get(path)).status_code == 404, path


@pytest.mark.parametrize(
    "target",
    [
        "/plugins/p/../../v1/agents",
        "/plugins/p/%2e%2e/secret",
        "/plugins/p/files/%2e%2e%2f%2e%2e%2fetc/passwd",
        "/plugins/p/files/..%5c..%5cetc",
        "/plugins/p/files/a%00b",
        "/plugins/p/files/.",
        "/plugins/p/files//etc/passwd",
        "/plugins/p//files/x",
        "/plugins/../v1/agents",
        "/plugins/%2e%2e/v1/agents",
    ],
)
async def test_no_path_climbs_out(served: Open, target: str) -> None:
    async with served() as s:
        contribute(s.host, "route", "p.files", mirror, path="/files/{name}", methods=["GET"])
        contribute(s.host, "route", "p.secret", mirror, path="/secret", methods=["GET"])
        head, body = await raw(s.url, f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert b" 404 " in head.split(b"\r\n")[0], body


async def raw(url: str, request: str) -> tuple[bytes, bytes]:
    """Send bytes as they are, which no HTTP client would, and return head and body of the answer."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(request.encode("latin-1"))
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


async def test_no_route_shadows_the_services_own(gateway: Open) -> None:
    async with gateway() as g:
        contribute(g.host, "route", "p.r", mirror, path="/../../v1/agents", methods=["GET"])
        contribute(g.host, "route", "v1.agents", mirror, path="/v1/agents", methods=["GET"])
        assert "data" in (await g.client.get("/v1/agents")).json()


async def test_what_a_browser_would_trust_is_taken_from_an_answer(gateway: Open) -> None:
    async def evil(_: HttpRequest) -> HttpResponse:
        headers = {
            "Set-Cookie": "session=1",
            "Access-Control-Allow-Origin": "*",
            "Content-Security-Policy": "",
            "Service-Worker-Allowed": "/",
            "Clear-Site-Data": "*",
            "Connection": "close",
            "Content-Length": "3",
            "Cache-Control": "max-age=60",
            "X-Plugin-Note": "kept",
            "X-Request-Id": "forged",
        }
        return HttpResponse("<script>fetch('/v1/plugins')</script>", media_type="text/html", headers=headers)

    async with gateway() as g:
        serve(g, evil)
        response = await g.client.get("/plugins/p/x")
        assert response.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert (response.headers["cache-control"], response.headers["x-plugin-note"]) == ("max-age=60", "kept")
        assert int(response.headers["content-length"]) == len(response.content) > 3
        assert response.headers["x-request-id"] != "forged"
        for name in ("set-cookie", "access-control-allow-origin", "service-worker-allowed", "clear-site-data"):
            assert name not in response.headers


@pytest.mark.parametrize(
    "answer",
    [
        "no response at all",
        HttpResponse("x", status=99),
        HttpResponse("x", status=700),
        HttpResponse("x", media_type="text/html\r\nSet-Cookie: a=b"),
        HttpResponse("x", media_type="nonsense"),
        HttpResponse("x", headers={"X-Plugin-A": "b\r\nSet-Cookie: a=b"}),
        HttpResponse("x", headers={"X-Plugin-A\r\nB": "b"}),
        HttpResponse({"a": object()}),
        HttpResponse(b"x" * 1001),
        RuntimeError("/home/owner/secret"),
    ],
)
async def test_an_answer_that_cannot_be_sent_is_its_plugins_failure(
    gateway: Open, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    class Odd:
        async def handle(self, request: HttpRequest) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

    monkeypatch.setattr(plugin_routes, "MAX_ANSWER", 1000)
    async with gateway() as g:
        contribute(g.host, "route", "p.r", Odd(), path="/x", methods=["GET"])
        response = await g.client.get("/plugins/p/x")
        assert (response.status_code, response.json()["code"]) == (502, "plugin_error")
        assert "set-cookie" not in response.headers
        assert (await g.client.get("/healthz")).status_code == 200


async def test_a_plugins_own_errors_keep_their_status(gateway: Open) -> None:
    async def picky(_: HttpRequest) -> None:
        raise InputError("no such date")

    async with gateway() as g:
        serve(g, picky)
        response = await g.client.get("/plugins/p/x")
        assert (response.status_code, response.json()["detail"]) == (422, "no such date")


async def test_empty_answers_and_other_bodies(gateway: Open) -> None:
    async def various(request: HttpRequest) -> HttpResponse:
        if "none" in request.query:
            return HttpResponse(status=204, headers={"ETag": '"1"'})
        if "bytes" in request.query:
            return HttpResponse(b"\x00\x01", media_type="application/octet-stream")
        return HttpResponse([1, None], 201)

    async with gateway() as g:
        serve(g, various)
        empty = await g.client.get("/plugins/p/x?none")
        assert (empty.status_code, empty.content, empty.headers["etag"]) == (204, b"", '"1"')
        assert (await g.client.get("/plugins/p/x?bytes")).content == b"\x00\x01"
        made = await g.client.get("/plugins/p/x")
        assert (made.status_code, made.json()) == (201, [1, None])


async def test_a_route_that_never_answers_is_given_up(gateway: Open) -> None:
    async def hang(_: HttpRequest) -> None:
        await asyncio.Event().wait()

    async with gateway(limits={"tool_timeout": 0.05}) as g:
        serve(g, hang)
        response = await g.client.get("/plugins/p/x")
        assert (response.status_code, response.json()["code"]) == (504, "plugin_timeout")


async def test_routes_come_and_go_with_their_plugin(served: Open, site: Any) -> None:
    manifest = """
[[contributes.route]]
id = "{name}.hi"
target = "{package}.code:hi"
path = "/hi"
"""
    code = "from lumosai_sdk import route\n@route\nasync def hi(request): return {'version': VERSION}\n"
    async with served() as s:
        assert (await s.client.get("/plugins/greet/hi")).status_code == 404
        site.install("greet", "1.0.0", manifest=manifest, files={"code.py": f"VERSION = 1\n{code}"})
        await s.client.post("/v1/plugins/refresh")
        assert (await s.client.get("/plugins/greet/hi")).json() == {"version": 1}
        site.install("greet", "2.0.0", manifest=manifest, files={"code.py": f"VERSION = 2\n{code}"})
        await s.client.post("/v1/plugins/refresh")
        assert (await s.client.get("/plugins/greet/hi")).json() == {"version": 2}
        await s.client.post("/v1/plugins/greet/disable")
        off = await s.client.get("/plugins/greet/hi")
        assert (off.status_code, off.json()["code"]) == (503, "plugin_unavailable")
        await s.client.post("/v1/plugins/greet/enable")
        assert (await s.client.get("/plugins/greet/hi")).json() == {"version": 2}
