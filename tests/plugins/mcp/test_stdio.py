"""``lumos mcp serve`` as a program, driven by the official client through its pipes."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult

MANIFEST = """
schema = 1
name = "noisy"
version = "1.0.0"
api = ">=1.0,<2"
runtime = "python"

[[contributes.tool]]
id = "noisy.shout"
target = "noisy.tools:shout"

[[contributes.tool]]
id = "noisy.wait"
target = "noisy.tools:wait"

[[contributes.tool]]
id = "noisy.fail"
target = "noisy.tools:fail"
"""
TOOLS = """
import asyncio
import os
import subprocess
import sys
from pathlib import Path

from lumosai_sdk import ToolError, tool


@tool(id="noisy.shout")
def shout() -> str:
    "Write to all that is stdout."
    print("print", flush=True)
    os.write(1, b"write")
    subprocess.run([sys.executable, "-c", "print('child')"], check=True)
    sys.stdin.read(1)
    return "shouted"


@tool(id="noisy.wait")
async def wait(mark: str) -> str:
    "Wait until it is cancelled."
    Path(mark).write_text("waiting")
    try:
        await asyncio.sleep(60)
    finally:
        Path(mark).write_text("cancelled")
    return "never"


@tool(id="noisy.fail")
async def fail() -> str:
    "Fail."
    raise ToolError("it went wrong", hint="try again")
"""
CONFIG = """
[host]
plugin_paths = ["plugins"]

[agents.echo]
model = "scripted/echo"

[agents.careful]
model = "scripted/script"
tools = ["calculator.evaluate"]
approve = ["calculator.*"]

[[plugins.scripted.settings.rules]]
on = "user"
tool = "calculator.evaluate"
arguments = { expression = "6 * 7" }

[[plugins.scripted.settings.rules]]
on = "tool"
reply = "It is {input}"
"""


@pytest.fixture
def parameters(tmp_path: Path) -> StdioServerParameters:
    """Return how the host with a plugin that is noisy is started."""
    folder = tmp_path / "plugins" / "noisy"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text('"""Noise."""\n')
    (folder / "lumos-plugin.toml").write_text(MANIFEST)
    (folder / "tools.py").write_text(TOOLS)
    (tmp_path / "lumos.toml").write_text(CONFIG)
    served = ["mcp", "serve", "--agents", "*", "--tools", "noisy.*"]
    return StdioServerParameters(command=sys.executable, args=["-m", "lumosai", *served], cwd=tmp_path)


def text(result: CallToolResult) -> str:
    return "".join(c.text for c in result.content if c.type == "text")


async def test_the_official_client_drives_the_program(parameters: StdioServerParameters, tmp_path: Path) -> None:
    asked: list[str] = []
    told: list[str] = []

    async def person(context: Any, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"approve": True})

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        told.append(message or "")

    async with Client(stdio_client(parameters), elicitation_callback=person) as client:
        names = {t.name for t in (await client.list_tools()).tools}
        assert names == {"agent_careful", "agent_echo", "noisy_fail", "noisy_shout", "noisy_wait"}
        assert text(await client.call_tool("agent_echo", {"input": "h\u00e9llo\nthere"})) == "h\u00e9llo\nthere"
        assert text(await client.call_tool("agent_careful", {"input": "6 * 7?"}, progress_callback=heard)) == "It is 42"
        assert asked == ['May calculator.evaluate be called with {"expression": "6 * 7"}?']
        assert "[calculator.evaluate]" in told
        failed = await client.call_tool("noisy_fail", {})
        assert (failed.is_error, "it went wrong" in text(failed)) == (True, True)
        unknown = await client.call_tool("files_write", {"path": "a", "text": "b"})
        assert (unknown.is_error, (tmp_path / "a").exists()) == (True, False)
        assert text(await client.call_tool("noisy_shout", {})) == "shouted"
        await _cancelled(client, tmp_path / "mark")
        assert text(await client.call_tool("agent_echo", {"input": "still here"})) == "still here"


async def _cancelled(client: Client, mark: Path) -> None:
    call = asyncio.create_task(client.call_tool("noisy_wait", {"mark": str(mark)}))
    await asyncio.to_thread(_until, mark, "waiting")
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.to_thread(_until, mark, "cancelled")


def _until(mark: Path, state: str) -> None:
    """Wait, at most ten seconds, until the tool says how it stands."""
    for _ in range(500):
        if mark.exists() and mark.read_text() == state:
            return
        time.sleep(0.02)
    raise AssertionError(f"the tool is not {state}")


async def test_nothing_but_the_protocol_is_on_stdout(parameters: StdioServerParameters) -> None:
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    said = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "noisy_shout", "arguments": {}}},
    ]
    process = await asyncio.create_subprocess_exec(
        parameters.command,
        *parameters.args,
        cwd=parameters.cwd,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("".join(f"{json.dumps(s)}\n" for s in said).encode())
    async with asyncio.timeout(20):
        lines = [json.loads(await process.stdout.readline()) for _ in range(2)]
        process.stdin.close()
        rest, heard = await process.communicate()
    assert [line["id"] for line in lines] == [1, 2]
    assert lines[1]["result"]["content"] == [{"type": "text", "text": "shouted"}]
    assert (rest, process.returncode) == (b"", 0)
    assert all(word in heard for word in (b"print", b"write", b"child")), "what was said there is on stderr"
