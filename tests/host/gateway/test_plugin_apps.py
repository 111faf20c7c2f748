"""ASGI applications of plugins: what they are told, and what of their answers passes."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.caller import current

Open = Callable[..., Any]


async def mirror(scope: Any, receive: Any, send: Any) -> None:
    """Answer with what the application was told, and with headers it may not send."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = {k.decode(): v.decode() for k, v in scope["headers"]}
    told = {
        "method": scope["method"],
        "path": scope["path"],
        "root": scope["root_path"],
        "query": scope["query_string"].decode(),
        "credentials": [k for k in ("authorization", "cookie") if k in headers],
        "signature": headers.get("x-signature"),
        "who": scope["lumosai.principal"].id,
        "behind": current("p").subject,
        "body": body.decode(),
        "keys": sorted(scope),
    }
    await _answer(send, told)


async def _answer(send: Any, value: Any) -> None:
    import json

    headers = [
        (b"Content-Type", b"application/json"),
        (b"Mcp-Session-Id", b"s1"),
        (b"Set-Cookie", b"lumos=1"),
        (b"Access-Control-Allow-Origin", b"*"),
        (b"Content-Security-Policy", b"default-src *"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(value).encode()})


def mount(service: Any, app: Any, path: str = "/rpc") -> None:
    contribute(service.host, "route", "p.app", app, path=path, methods=["GET", "POST"], asgi=True)


async def test_it_serves_all_below_its_path(gateway: Open) -> None:
    async with gateway() as g:
        mount(g, mirror)
        headers = {"authorization": "Bearer s3cret", "cookie": "a=b", "x-signature": "abc"}
        told = (await g.client.post("/plugins/p/rpc/a/b?q=1", content=b"raw", headers=headers)).json()
        assert (told["method"], told["path"], told["root"]) == ("POST", "/plugins/p/rpc/a/b", "/plugins/p")
        assert (told["query"], told["body"], told["signature"]) == ("q=1", "raw", "abc")
        assert (told["who"], told["behind"], told["credentials"]) == ("local", "local", [])
        assert not [k for k in told["keys"] if k.startswith("lumos.")], "nothing of the host's own is told"
        assert (await g.client.get("/plugins/p/rpc")).status_code == 200
        assert (await g.client.get("/plugins/p/rpcs")).status_code == 404
        assert (await g.client.get("/plugins/p/other")).status_code == 404
        assert (await g.client.delete("/plugins/p/rpc")).status_code == 405


async def test_what_a_browser_would_trust_is_taken_from_its_answers(gateway: Open) -> None:
    async with gateway() as g:
        mount(g, mirror)
        answer = await g.client.get("/plugins/p/rpc")
        assert answer.headers["mcp-session-id"] == "s1"
        assert not {"set-cookie", "access-control-allow-origin"} & set(answer.headers)
        assert answer.headers.get_list("content-security-policy")[0].startswith("sandbox;")
        assert "default-src *" not in str(answer.headers)


async def test_one_at_the_root_serves_everything_of_its_plugin(gateway: Open) -> None:
    async with gateway() as g:
        mount(g, mirror, "/")
        assert (await g.client.get("/plugins/p/")).json()["path"] == "/plugins/p/"
        assert (await g.client.get("/plugins/p/a/b/c")).json()["path"] == "/plugins/p/a/b/c"
        assert (await g.client.get("/plugins/p/a/..%2f..%2fv1")).status_code == 404


async def test_one_that_fails_is_a_plugins_failure(gateway: Open) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise KeyError("session")

    async with gateway() as g:
        mount(g, broken)
        answer = await g.client.get("/plugins/p/rpc")
        assert answer.status_code == 502
        assert "plugin 'p'" in answer.json()["detail"]


async def test_streams_reach_the_client_as_they_are_sent(served: Open) -> None:
    more = asyncio.Event()

    async def stream(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        await more.wait()
        await send({"type": "http.response.body", "body": b"data: 2\n\n"})

    async with served() as s:
        mount(s, stream)
        async with s.client.stream("GET", "/plugins/p/rpc") as answer:
            pieces = answer.aiter_text()
            assert await anext(pieces) == "data: 1\n\n"
            more.set()
            assert await anext(pieces) == "data: 2\n\n"
