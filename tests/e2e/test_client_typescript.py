"""The TypeScript client, compiled as strictly as can be, talks to a running host."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parents[2] / "clients" / "typescript"
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "clients.md"
BLOCK = re.compile(r'^```typescript title="([a-z.]+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)
INSTALL_SECONDS = 120
KEY = "k3y-that-shows-nowhere"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALL_SECONDS + 60)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the client and its page's examples compiled, by tools as the lock has them."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("the TypeScript client needs node and npm, and they are not here")
    made = tmp_path_factory.mktemp("typescript") / "client"
    shutil.copytree(HERE, made, ignore=shutil.ignore_patterns("node_modules", "dist", "dist-test"))
    (made / "test" / "docs").mkdir()
    for title, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        code = text.replace('"@lumosai/client"', '"../../src/index.js"')
        (made / "test" / "docs" / title).write_text(code, encoding="utf-8")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm cannot install what compiles the client: {done.stderr[-400:]}")
    tsc = [node, "node_modules/typescript/bin/tsc", "--project", "tsconfig.test.json"]
    compiled = subprocess.run(tsc, cwd=made, capture_output=True, text=True, timeout=60, check=False)
    assert compiled.returncode == 0, compiled.stdout
    return made


async def talk(folder: Path, url: str, act: str) -> Any:
    process = await asyncio.create_subprocess_exec(
        *("node", "--experimental-websocket", "dist-test/test/talk.js", url, KEY, act),  # Node 20 has it so
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode(errors="replace")[-3000:]
    return json.loads(out)


async def test_every_operation_answers_as_its_types_say(
    folder: Path, service_url: str, hold: Callable[..., str], operation_ids: set[str]
) -> None:
    seen = await talk(folder, service_url, "operations")
    held = {hold(s["method"], s["path"], s["status"], s["type"], s["body"]) for s in seen}
    assert held == operation_ids, "an operation was added or taken away: say it in clients/typescript/test/talk.ts"


async def test_streams_problems_and_pages(folder: Path, service_url: str) -> None:
    streams = await talk(folder, service_url, "streams")
    assert streams["texts"] == ["hello", " there"]
    assert (streams["until"][0], streams["until"][-1]) == ("run.started", "run.suspended")
    assert (streams["first"], streams["last"], streams["chat"]) == (3, "run.completed", "hello")
    refusals = await talk(folder, service_url, "refusals")
    assert refusals == {
        "missing": [404, "not_found", True],
        "wrong": ["input"],
        "openai": "not_found",
        "unknown": 401,
        "often": [429, True],
        "path": 'TypeError: ".." is no id',
        "clear": "TypeError: a key goes over https://, or to this machine; insecure: true sends it in the clear",
    }


async def test_pages_and_broken_connections(folder: Path, service_url: str) -> None:
    assert await talk(folder, service_url, "pages") == {"same": True, "asked": 5}
    assert await talk(folder, service_url, "broken") == {"connections": 3, "same": True}


async def test_a_socket_that_breaks_goes_on_where_it_was(folder: Path, service_url: str) -> None:
    found = await talk(folder, service_url, "socket")
    assert found == {"connections": 2, "ordered": True, "last": "run.completed", "first": "1"}
