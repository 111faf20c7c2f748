"""MCP over HTTP: a host that serves, to those who prove who they are, and another host that uses it."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from lumosai import Agent
from lumosai.gateway.serve import serve
from lumosai_plugins.mcp.command import McpCommand
from lumosai_sdk import Principal, ToolCall
from lumosai_sdk.testing.hosts import contribute, open_host
from lumosai_sdk.testing.scripted import ScriptedModel

if TYPE_CHECKING:
    from lumosai_sdk.types.auth import AuthRequest

KEY = "Bearer s3cret-of-ada"
AGENTS = [Agent("echo", model="scripted/echo", description="Repeats")]
EXPOSED = {"mcp": {"settings": {"expose": {"tools": ["time.*"], "agents": ["echo"]}}}}
Serving = Callable[..., AbstractAsyncContextManager[str]]


class Door:
    """Knows one caller."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        known = request.headers.get("authorization") == KEY
        return Principal("ada", scopes=frozenset({"tool.call", "agent.run", "route.call"})) if known else None


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    """Return what serves a host that wants a key, and gives the address of its MCP server."""

    @asynccontextmanager
    async def served(port: int = 0) -> AsyncIterator[str]:
        server = {"port": port, "auth": ["door"]}
        async with open_host(
            tmp_path / "far", ScriptedModel(""), agents=AGENTS, plugins=EXPOSED, server=server
        ) as host:
            contribute(host, "auth", "door", Door())
            ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            task = asyncio.create_task(serve(host, on_ready=ready.set_result))
            yield f"{await asyncio.wait_for(ready, 10)}/plugins/mcp/rpc"
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return served


async def test_without_a_key_nothing_is_told(serving: Serving) -> None:
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    async with serving() as url, httpx2.AsyncClient() as client:
        for headers in ({}, {"authorization": "Bearer guess"}):
            answer = await client.post(url, json=request, headers={"accept": "application/json", **headers})
            assert answer.status_code == 401
            assert "time" not in answer.text


async def test_the_official_client_uses_tools_and_agents(serving: Serving) -> None:
    async with (
        serving() as url,
        httpx2.AsyncClient(headers={"authorization": KEY}) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        assert {t.name for t in (await client.list_tools()).tools} == {"time_now", "time_convert", "agent_echo"}
        answer = await client.call_tool("agent_echo", {"input": "hello"})
        assert [c.text for c in answer.content if c.type == "text"] == ["hello"]


async def test_another_host_uses_it_also_after_a_restart(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUMOS_TEST_KEY", KEY)
    port = free_port()
    far = {
        "url": f"http://127.0.0.1:{port}/plugins/mcp/rpc",
        "secret_headers": {"Authorization": "env:LUMOS_TEST_KEY"},
        "trust_on_first_use": True,
    }
    call = ToolCall("1", "mcp_far_agent_echo", json.dumps({"input": "over there"}))
    agent = Agent("a", model="test/m", tools=["mcp.far.*"])
    plugins = {"mcp": {"settings": {"servers": {"far": far}}}}
    model = ScriptedModel([call, "1", call, "2", call, "3"])
    (tmp_path / "near").mkdir()
    stack = serving(port)
    await stack.__aenter__()
    async with open_host(tmp_path / "near", model, agents=[agent], plugins=plugins) as host:
        assert "over there" in (await host.run("a", "Go")).messages[2].text
        await stack.__aexit__(None, None, None)
        assert (await host.run("a", "Go")).messages[2].text.startswith("Error: ")
        async with serving(port):
            told = ""
            for _ in range(50):
                model.script([call, "3"])
                told = (await host.run("a", "Go")).messages[2].text
                if "over there" in told:
                    break
                await asyncio.sleep(0.1)
            assert "over there" in told


async def test_editors_are_told_how_to_start_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from argparse import ArgumentParser

    from lumosai_sdk import PluginContext

    context = PluginContext("mcp", base=tmp_path, config=tmp_path / "lumos.toml")
    command, parser = McpCommand(context), ArgumentParser()
    command.add_arguments(parser)
    parser.add_argument("--config")
    arguments = parser.parse_args(["config", "--editor", "vscode", "--tools", "time.*"])
    assert await command.run(arguments, context) == 0
    told = json.loads(capsys.readouterr().out)["servers"]["lumosai"]
    assert told["type"] == "stdio"
    assert told["args"][-3:] == ["serve", "--tools", "time.*"]
