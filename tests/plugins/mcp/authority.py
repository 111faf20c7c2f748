"""An MCP server that wants OAuth, and the authorization server it names: a peer for tests, not a product."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode

from aiohttp import web

TOOL = {"name": "agenda", "description": "What is on", "inputSchema": {"type": "object", "properties": {}}}


class Authority:
    """Both servers, each with an origin of its own. ``seen`` are the bearers that came, by where they came."""

    def __init__(self) -> None:
        self.mcp = self.issuer = ""
        self.seen: dict[str, list[str]] = {"mcp": [], "issuer": [], "elsewhere": []}
        self.registered: list[dict[str, Any]] = []
        self.clients: list[str] = []
        self.resources: list[str] = []
        self.grants: list[str] = []
        self.expires_in = 3600
        self.good: set[str] = set()
        self.state: str | None = None
        self.named: str | None = None
        self.redirect: str | None = None
        self._refresh = ""
        self._challenges: dict[str, str] = {}
        self._count = 0

    @property
    def url(self) -> str:
        return f"{self.mcp}/rpc"

    async def rpc(self, request: web.Request) -> web.StreamResponse:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        self.seen["mcp"].append(bearer)
        if self.redirect is not None:
            raise web.HTTPTemporaryRedirect(self.redirect)
        if bearer not in self.good:
            known = f'Bearer resource_metadata="{self.mcp}/.well-known/oauth-protected-resource"'
            return web.Response(status=401, headers={"WWW-Authenticate": known})
        if request.method != "POST":
            return web.Response(status=405)
        call = await request.json()
        if "id" not in call:
            return web.Response(status=202)
        return web.json_response({"jsonrpc": "2.0", "id": call["id"], **_answered(call)})

    async def resource(self, request: web.Request) -> web.Response:
        named = self.named or self.issuer
        return web.json_response({"resource": self.url, "authorization_servers": [named]})

    async def metadata(self, request: web.Request) -> web.Response:
        at = self.issuer
        return web.json_response(
            {
                "issuer": at,
                "authorization_endpoint": f"{at}/authorize",
                "token_endpoint": f"{at}/token",
                "registration_endpoint": f"{at}/register",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def register(self, request: web.Request) -> web.Response:
        told = await request.json()
        self.registered.append(told)
        made = {**told, "client_id": f"client-{len(self.registered)}", "token_endpoint_auth_method": "none"}
        return web.json_response(made, status=201)

    async def authorize(self, request: web.Request) -> web.Response:
        given = request.query
        assert given["code_challenge_method"] == "S256"
        self._challenges["the-code"] = given["code_challenge"]
        self.clients.append(given["client_id"])
        state = self.state or given["state"]
        back = urlencode({"code": "the-code", "state": state, "iss": self.issuer})
        raise web.HTTPFound(f"{given['redirect_uri']}?{back}")

    async def token(self, request: web.Request) -> web.Response:
        self.seen["issuer"].append(request.headers.get("authorization", ""))
        given = {k: v[0] for k, v in parse_qs(await request.text()).items()}
        self.grants.append(given["grant_type"])
        self.resources.append(given.get("resource", ""))
        if given["grant_type"] == "authorization_code":
            made = base64.urlsafe_b64encode(hashlib.sha256(given["code_verifier"].encode()).digest()).rstrip(b"=")
            if made.decode() != self._challenges.pop(given["code"]):
                return web.json_response({"error": "invalid_grant"}, status=400)
        elif given["refresh_token"] != self._refresh:
            return web.json_response({"error": "invalid_grant"}, status=400)
        self._count += 1
        access, self._refresh = f"access-{self._count}", f"refresh-{self._count}"
        self.good = {access}
        told = {"access_token": access, "token_type": "Bearer", "refresh_token": self._refresh}
        return web.json_response({**told, "expires_in": self.expires_in})

    async def elsewhere(self, request: web.Request) -> web.Response:
        self.seen["elsewhere"].append(f"{request.headers.get('authorization', '')}{await request.text()}")
        return web.Response(status=404)

    def revoke(self) -> None:
        """Take back all that was given."""
        self.good, self._refresh = set(), ""


def _answered(call: dict[str, Any]) -> dict[str, Any]:
    if call["method"] == "initialize":
        told = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}}
        return {"result": {**told, "serverInfo": {"name": "calendar", "version": "1"}}}
    if call["method"] == "tools/list":
        return {"result": {"tools": [TOOL]}}
    if call["method"] == "tools/call":
        return {"result": {"content": [{"type": "text", "text": json.dumps("lunch")}], "isError": False}}
    return {"error": {"code": -32601, "message": "no such method"}}


@asynccontextmanager
async def authority() -> AsyncIterator[Authority]:
    """Serve both on ports of this machine."""
    made = Authority()
    mcp, issuer = web.Application(), web.Application()
    mcp.router.add_route("*", "/rpc", made.rpc)
    mcp.router.add_get("/.well-known/oauth-protected-resource", made.resource)
    mcp.router.add_get("/.well-known/oauth-protected-resource/rpc", made.resource)
    mcp.router.add_route("*", "/{rest:.*}", made.elsewhere)
    issuer.router.add_get("/.well-known/oauth-authorization-server", made.metadata)
    issuer.router.add_get("/authorize", made.authorize)
    issuer.router.add_post("/register", made.register)
    issuer.router.add_post("/token", made.token)
    issuer.router.add_route("*", "/{rest:.*}", made.elsewhere)
    runners = [web.AppRunner(a) for a in (mcp, issuer)]
    for runner in runners:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.mcp, made.issuer = (f"http://127.0.0.1:{r.addresses[0][1]}" for r in runners)
    try:
        yield made
    finally:
        for runner in runners:
            await runner.cleanup()
