"""The official AG-UI client for JavaScript, as it is, talks to agents of a running host."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.plugins.agui.conftest import agents

from lumosai.gateway.serve import serve
from lumosai_sdk import ToolCall

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost
    from lumosai_sdk.testing.scripted import ScriptedModel

HERE = Path(__file__).parent / "npm"
INSTALL_SECONDS = 120
pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALL_SECONDS + 60)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the client installed, to the byte as its lock says, none of its scripts run."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("the client for JavaScript needs node and npm, and they are not here")
    made = tmp_path_factory.mktemp("javascript")
    for name in ("package.json", "package-lock.json", ".npmrc", "talk.mjs"):
        shutil.copy(HERE / name, made)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm cannot install the client: {done.stderr[-400:]}")
    return made


async def test_a_conversation_a_function_and_an_interrupt(
    folder: Path, lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    paint = ToolCall("p", "agui_client", '{"function": "paint", "arguments": {"color": "red"}}')
    scripted_model.script([paint, "it is red", ToolCall("c", "wipe", '{"disk": "b"}'), "it is gone"])
    settings = {"agui": {"settings": {"agents": ["*"]}}}
    async with lumos_host(agents=agents(), plugins=settings, server={"port": 0}) as host:
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve(host, on_ready=ready.set_result))
        root = f"{await ready}/plugins/agui/agents"
        talking = await asyncio.create_subprocess_exec(
            "node", "talk.mjs", root, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, err = await talking.communicate()
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
    assert talking.returncode == 0, err.decode(errors="replace")[-3000:]
    assert json.loads(out) == {
        "echo": [["hello"], ["and again"]],
        "call": {"name": "paint", "arguments": '{"color": "red"}'},
        "pending": 1,
        "painted": ["it is red"],
        "asked": ["tool_approval"],
        "results": ["wiped b"],
        "wiped": ["it is gone"],
    }
