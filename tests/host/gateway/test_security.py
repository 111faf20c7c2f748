"""Who may talk to the service: attacks by pages, by strangers, and by callers on each other."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lumosai import Agent
from lumosai.gateway.app import RESOURCES, create_app
from lumosai_sdk import AuthRequest, Principal
from lumosai_sdk.decorators import tool
from lumosai_sdk.errors import UnauthenticatedError
from lumosai_sdk.testing.hosts import contribute

Open = Callable[..., Any]
EVERYTHING = frozenset({"*"})


# --- without an authenticator: this machine's programs only


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8642", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.5", "0.0.0.0",
     "[::2]", "[::1", "localhost:80:80", "localhost@evil.example", "", "2130706433", "127.0.0.1:x"],
)  # fmt: skip
async def test_a_name_that_was_rebound_to_this_machine_is_refused(gateway: Open, host: str) -> None:
    async with gateway() as g:
        for path in ("/v1/agents", "/healthz", "/nowhere"):
            response = await g.client.get(path, headers={"host": host})
            assert response.status_code == 403, response.text
            assert "[server] auth" in response.json()["hint"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.8.9.1:9", "[::1]", "[::1]:8642"])
async def test_this_machines_names_are_served(gateway: Open, host: str) -> None:
    async with gateway() as g:
        assert (await g.client.get("/v1/agents", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:3000"},
        {"origin": "http://localhost.evil.example"},
        {"origin": "https://evil.example", "host": "localhost"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "websocket"},
    ],
)
async def test_a_foreign_page_is_refused(gateway: Open, headers: dict[str, str]) -> None:
    async with gateway() as g:
        for method in ("GET", "POST", "OPTIONS", "DELETE"):
            response = await g.client.request(method, "/v1/plugins/time/disable", headers=headers)
            assert response.status_code == 403, response.text
            assert not [h for h in response.headers if h.startswith("access-control")]
        assert g.host.plugins.get("time").state == "enabled"


async def test_a_form_of_a_foreign_page_is_refused_whatever_it_posts(gateway: Open) -> None:
    async with gateway() as g:
        headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
        response = await g.client.post("/v1/plugins/time/disable", headers=headers)
        assert response.status_code == 403
        for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", None):
            sent = {"content-type": media} if media else {}
            body = b'{"input": "hello"}'
            refused = await g.client.post("/v1/agents/echo/runs", content=body, headers=sent)
            assert (refused.status_code, refused.json()["code"]) == (415, "unsupported_media_type")


async def test_the_services_own_pages_and_links_to_it_are_served(gateway: Open) -> None:
    async with gateway() as g:
        own = {"origin": "http://localhost", "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}
        assert (await g.client.get("/v1/agents", headers=own)).status_code == 200
        link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
        assert (await g.client.get("/docs", headers=link)).status_code == 200


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host"])
async def test_what_a_proxy_forwards_comes_from_elsewhere(gateway: Open, name: str) -> None:
    async with gateway() as g:
        assert (await g.client.get("/v1/agents", headers={name: "127.0.0.1"})).status_code == 403


async def test_another_machine_is_refused_even_if_the_socket_were_open(gateway: Open) -> None:
    async with gateway(client=("192.168.1.7", 5)) as g:
        assert (await g.client.get("/v1/agents")).status_code == 403


async def test_a_websocket_is_closed(gateway: Open) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async with gateway() as g:
        await create_app(g.host)({"type": "websocket", "path": "/v1/ws", "headers": []}, None, send)  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 1008}]


# --- with one: nobody but who is known, and each only what is its own


class Keys:
    """An authenticator of a few callers by bearer token."""

    def __init__(self, **callers: Any) -> None:
        self.callers = callers
        self.asked: list[AuthRequest] = []

    async def authenticate(self, request: AuthRequest) -> Any:
        self.asked.append(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token == "revoked":
            raise UnauthenticatedError("that token was revoked")
        if token == "bug":
            raise RuntimeError("/etc/lumos/keys.db is gone")
        return self.callers.get(token)


AUTH = {"auth": ["keys.bearer"]}


def keys(service: Any, **more: Any) -> Keys:
    made = Keys(
        ada=Principal("ada", "acme", frozenset({"agent.run", "run.read", "run.cancel", "run.resume", "thread.read"})),
        bob=Principal("bob", "acme", frozenset({"agent.run", "run.read", "run.cancel", "run.resume", "thread.read"})),
        boss=Principal("boss", "acme", EVERYTHING),
        nobody=Principal("nobody", "acme"),
        **more,
    )
    contribute(service.host, "auth", "keys.bearer", made)
    return made


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize("token", ["", "wrong", "revoked"])
async def test_an_unknown_caller_gets_nothing_but_the_health(gateway: Open, token: str) -> None:
    async with gateway(server=AUTH) as g:
        keys(g)
        for path in (
            "/",
            "/docs",
            "/openapi.json",
            "/v1/agents",
            "/v1/models",
            "/metrics",
            "/plugins/moon/phase",
            "/no",
        ):
            response = await g.client.get(path, headers=bearer(token))
            assert response.status_code == 401, path
            assert response.headers["www-authenticate"] == "Bearer"
        health = await g.client.get("/healthz")
        assert (health.status_code, health.json()["storage"]["detail"]) == (200, "")


async def test_a_configuration_that_changes_meanwhile_does_not_open_the_door(gateway: Open) -> None:
    async with gateway(server=AUTH) as g:
        keys(g)
        g.host.config = g.host.config.model_copy(update={"server": type(g.host.config.server)()})
        assert (await g.client.get("/v1/agents")).status_code == 401


async def test_an_authenticator_that_fails_lets_nobody_in_and_tells_nothing(gateway: Open) -> None:
    async with gateway(server=AUTH) as g:
        keys(g)
        response = await g.client.get("/v1/agents", headers=bearer("bug"))
        assert response.status_code == 502
        assert "/etc/lumos" not in response.text


async def test_an_authenticator_that_is_gone_lets_nobody_in(gateway: Open) -> None:
    async with gateway(server=AUTH) as g:
        response = await g.client.get("/v1/agents", headers=bearer("ada"))
        assert (response.status_code, response.json()["code"]) == (503, "auth_unavailable")
        assert (await g.client.get("/healthz")).status_code == 200


@pytest.mark.parametrize("answer", ["ada", {"id": "ada"}, True])
async def test_an_authenticator_that_names_nobody_proper_lets_nobody_in(gateway: Open, answer: Any) -> None:
    async with gateway(server=AUTH) as g:
        keys(g, odd=answer)
        assert (await g.client.get("/v1/agents", headers=bearer("odd"))).status_code == 401


async def test_an_authenticator_sees_who_asks_for_what(gateway: Open) -> None:
    async with gateway(server=AUTH, client=("203.0.113.9", 5)) as g:
        made = keys(g)
        response = await g.client.get("/v1/runs?limit=1", headers={**bearer("ada"), "host": "lumos.example"})
        assert response.status_code == 200
        [asked] = made.asked
        assert (asked.client, asked.method, asked.path) == ("203.0.113.9", "GET", "/v1/runs")
        foreign = {**bearer("ada"), "host": "lumos.example", "origin": "https://evil.example"}
        assert (await g.client.get("/v1/runs", headers=foreign)).status_code == 403


async def test_callers_do_not_see_each_others_runs_and_conversations(gateway: Open) -> None:
    waiting = Agent("wait", model="scripted/tool", tools=["calculator.*"], approve=["*"])
    async with gateway(waiting, server=AUTH) as g:
        keys(g)
        body = {"input": "1+1", "thread_id": "plan"}
        run = (await g.client.post("/v1/agents/wait/runs", json=body, headers=bearer("ada"))).json()
        run_id, call_id = run["run_id"], run["pending"][0]["call_id"]
        bob = bearer("bob")
        assert (await g.client.get("/v1/runs", headers=bob)).json()["data"] == []
        assert (await g.client.get("/v1/threads", headers=bob)).json()["data"] == []
        decision = {"decisions": {call_id: {"approve": True}}}
        tries = [
            await g.client.get(f"/v1/runs/{run_id}", headers=bob),
            await g.client.get(f"/v1/runs/{run_id}/events", headers=bob),
            await g.client.get(f"/v1/runs/{run_id}/events", headers={**bob, "accept": "text/event-stream"}),
            await g.client.post(f"/v1/runs/{run_id}/cancel", headers=bob),
            await g.client.post(f"/v1/runs/{run_id}/resume", json=decision, headers=bob),
            await g.client.get("/v1/threads/plan/messages", headers=bob),
            await g.client.post("/v1/agents/wait/runs", json=body, headers=bob),
        ]
        assert [r.status_code for r in tries] == [404] * len(tries)
        assert [r["id"] for r in (await g.client.get("/v1/runs", headers=bearer("ada"))).json()["data"]] == [run_id]
        assert (await g.client.get(f"/v1/runs/{run_id}", headers=bearer("boss"))).status_code == 200


async def test_each_action_needs_its_scope(gateway: Open) -> None:
    async with gateway(server=AUTH) as g:
        keys(g)
        for method, path in [("GET", "/v1/agents"), ("GET", "/v1/plugins"), ("POST", "/v1/plugins/time/disable"),
                             ("POST", "/v1/plugins/refresh"), ("GET", "/v1/models"), ("DELETE", "/v1/threads/x"),
                             ("GET", "/v1/tools"), ("GET", "/v1/panels/moon.tonight"), ("GET", "/plugins/moon/phase"),
                             ("GET", "/metrics"), ("GET", "/openapi.json")]:  # fmt: skip
            response = await g.client.request(method, path, headers=bearer("nobody"))
            assert response.status_code == 403, path
            assert (await g.client.request(method, path, headers=bearer("boss"))).status_code != 403
        for path, body in [
            ("/v1/agents/echo/runs", {"input": "x"}),
            ("/v1/tools/calculator.evaluate/call", {"arguments": {"expression": "1"}}),
            ("/v1/chat/completions", {"model": "echo", "messages": [{"role": "user", "content": "x"}]}),
            ("/v1/chat/completions", {"model": "scripted/echo", "messages": [{"role": "user", "content": "x"}]}),
            ("/v1/embeddings", {"model": "vectors/tiny", "input": "x"}),
        ]:
            response = await g.client.post(path, json=body, headers=bearer("nobody"))
            assert response.status_code == 403, path


async def test_a_caller_who_may_run_an_agent_may_not_use_models_directly(gateway: Open) -> None:
    async with gateway(server=AUTH) as g:
        keys(g)
        messages = [{"role": "user", "content": "x"}]
        for model, status in (("echo", 200), ("scripted/echo", 403)):
            body = {"model": model, "messages": messages}
            response = await g.client.post("/v1/chat/completions", json=body, headers=bearer("ada"))
            assert response.status_code == status


def test_every_operation_says_what_it_needs() -> None:
    open_to_all = {o.path for r in RESOURCES for o in r.OPERATIONS if not o.action}
    assert open_to_all == {"/healthz", "/readyz"}


async def test_a_guest_is_not_told_what_an_owner_is(gateway: Open) -> None:
    @tool
    async def leak() -> None:
        """Leak."""
        raise RuntimeError("/home/owner/.ssh/id_rsa: permission denied")

    async with gateway(server=AUTH) as g:
        keys(g, guest=Principal("guest", "acme", frozenset({"tool.call"})))
        contribute(g.host, "tool", "leak", leak)
        path = "/v1/tools/leak/call"
        told = await g.client.post(path, json={}, headers=bearer("guest"))
        assert (told.status_code, told.json()["code"]) == (502, "plugin_error")
        assert "/home" not in told.text
        assert "leak" in told.json()["detail"]
        owner = await g.client.post(path, json={}, headers=bearer("boss"))
        assert "/home/owner" in owner.json()["detail"]


HOOKS = """
from lumosai_sdk import Principal, hookimpl

@hookimpl
async def lumos_authenticate(request):
    token = request.headers.get("x-key")
    if token == "bug":
        raise RuntimeError("no")
    return Principal("eve", scopes=frozenset({"*"})) if token == "k" else None

@hookimpl
async def lumos_authorize(principal, action, resource):
    return False if action == "plugin.manage" else None
"""


async def test_hooks_authenticate_and_authorize(gateway: Open, site: Any) -> None:
    head = 'hooks = ["lumos_authenticate", "lumos_authorize"]\n'
    site.install("gate", head=head, manifest="", files={"hooks.py": HOOKS})
    async with gateway() as g:
        assert (await g.client.get("/v1/agents")).status_code == 401
        assert (await g.client.get("/v1/agents", headers={"x-key": "bug"})).status_code == 401
        assert (await g.client.get("/v1/agents", headers={"x-key": "k"})).status_code == 200
        run = (await g.client.post("/v1/agents/echo/runs", json={"input": "x"}, headers={"x-key": "k"})).json()
        assert (await g.host.runs.get(run["run_id"])).owner == "default/eve"
        response = await g.client.post("/v1/plugins/refresh", headers={"x-key": "k"})
        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
