"""MCP with what nobody here wrote: servers from npm and PyPI, the official inspector, and its conformance checks."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lumosai import Agent
from lumosai.gateway.serve import serve
from lumosai_sdk import ToolCall

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost
    from lumosai_sdk.testing.scripted import ScriptedModel

HERE = Path(__file__).parent / "npm"
INSTALL_SECONDS = 180
PYPI_SERVER = "mcp-server-time==2026.10.19"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALL_SECONDS + 60)]
With = Callable[..., AbstractAsyncContextManager[Any]]
APPLICABLE = frozenset({"server-initialize", "ping", "tools-list", "tools-call-simple-text", "tools-call-error"})
"""Checks of what the host offers: tools. The others are of resources, prompts, logging and sampling."""


def lacking(why: str) -> None:
    """Skip, but never where it is decided what lands."""
    assert not os.environ.get("CI"), why
    pytest.skip(why)


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the packages of the lock, none of their scripts run."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("these servers need node and npm, and they are not here")
    made = tmp_path_factory.mktemp("npm")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, made)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode != 0:
        lacking(f"npm cannot install the servers: {done.stderr[-400:]}")
    return made / "node_modules"


async def test_an_agent_uses_a_server_from_npm(
    modules: Path, with_servers: With, scripted_model: ScriptedModel
) -> None:
    program = modules / "@modelcontextprotocol" / "server-everything" / "dist" / "index.js"
    server = {"command": "node", "args": [str(program), "stdio"], "read": [str(modules)], "trust_on_first_use": True}
    scripted_model.script(
        [
            (
                ToolCall("1", "mcp_all_get-sum", '{"a": 17, "b": 25}'),
                ToolCall("2", "mcp_all_echo", '{"message": "hello"}'),
                ToolCall("3", "mcp_all_get-env", "{}"),
            ),
            "Done.",
        ]
    )
    async with with_servers({"all": server}) as host:
        result = await host.run("a", "Go")
    total, echo, env = (m.text for m in result.messages if m.role == "tool")
    assert "42" in total
    assert "hello" in echo
    given = json.loads(env)
    assert not {k for k in given if k not in {"PATH", "HOME", "TMPDIR", "LANG"}}, (
        "it is told nothing of our environment"
    )


@pytest.fixture(scope="module")
def time_server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the program of a server from PyPI, in an environment of its own."""
    folder = tmp_path_factory.mktemp("venv")
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        pytest.skip("the server is installed with uv, which is not here")
    python = str(folder / "bin" / "python")
    for command in ([uv, "venv", "-q", str(folder)], [uv, "pip", "install", "-q", "-p", python, PYPI_SERVER]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        if done.returncode != 0:
            lacking(f"the server cannot be installed: {done.stderr[-400:]}")
    return folder / "bin" / "mcp-server-time"


async def test_an_agent_uses_a_server_from_pypi(
    time_server: Path, with_servers: With, scripted_model: ScriptedModel
) -> None:
    server = {"command": str(time_server), "trust_on_first_use": True, "start_timeout": 60}
    scripted_model.script([ToolCall("1", "mcp_clock_get_current_time", '{"timezone": "Asia/Tokyo"}'), "It is late."])
    async with with_servers({"clock": server}) as host:
        result = await host.run("a", "Time in Tokyo?")
    assert "+09:00" in result.messages[2].text


CONFIG = """
[agents.echo]
model = "scripted/echo"
description = "Repeats"
"""


async def test_the_official_inspector_drives_the_server(modules: Path, tmp_path: Path) -> None:
    (tmp_path / "lumos.toml").write_text(CONFIG)
    lumos = Path(sys.executable).with_name("lumos")
    serving = [str(lumos), "mcp", "serve", "--tools", "time.*", "--agents", "echo"]
    listed = await inspected(modules, tmp_path, *serving, "--method", "tools/list")
    assert {t["name"] for t in listed["tools"]} == {"agent_echo", "time_convert", "time_now"}
    call = ["--method", "tools/call", "--tool-name", "agent_echo", "--tool-arg", "input=hello"]
    answer = await inspected(modules, tmp_path, *serving, *call)
    assert answer["content"] == [{"type": "text", "text": "hello"}]


async def inspected(modules: Path, folder: Path, *arguments: str) -> Any:
    """Return what the inspector prints."""
    program = str(modules / ".bin" / "mcp-inspector")
    variables = {**os.environ, "LUMOS_CONFIG": str(folder / "lumos.toml")}
    process = await asyncio.create_subprocess_exec(
        "node", program, "--cli", *arguments, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    said, problem = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, problem.decode()[-800:]
    return json.loads(said)


async def test_the_official_checks_pass(modules: Path, lumos_host: OpenHost, tmp_path: Path) -> None:
    """Of those that are about what the host offers."""
    settings = {"expose": {"tools": ["time.*"], "agents": ["echo"]}}
    plugins = {"mcp": {"settings": settings}}
    agents = [Agent("echo", model="scripted/echo", description="Repeats")]
    async with lumos_host(agents=agents, plugins=plugins, server={"port": 0}) as host:
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve(host, on_ready=ready.set_result))
        url = f"{await ready}/plugins/mcp/rpc"
        process = await asyncio.create_subprocess_exec(
            "node", str(modules / ".bin" / "conformance"), "server", "--url", url, cwd=tmp_path, stdout=subprocess.PIPE
        )
        said, _ = await asyncio.wait_for(process.communicate(), 90)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    passed = {line.split()[1].rstrip(":") for line in said.decode().splitlines() if line.startswith("\N{CHECK MARK}")}
    assert passed >= APPLICABLE, said.decode()[-2000:]
