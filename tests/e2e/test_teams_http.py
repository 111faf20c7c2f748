"""A team over HTTP whose member needs leave, and whose host is killed meanwhile: one answer, and nothing done twice."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

SECONDS = 30
TOML = """
[host]
data_dir = "data"
plugin_paths = ["plugins"]
default_agent = "boss"

[server]
port = 0

[storage]
durable = true

[agents.boss]
model = "scripted/script"
tools = ["team.payer"]

[agents.payer]
model = "scripted/script"
tools = ["ledger.*"]
approve = ["ledger.*"]

[plugins.team.settings]
agents = ["payer"]

[[plugins.scripted.settings.rules]]
match = "Pay Ada"
on = "user"
tool = "team.payer"
arguments = { task = "transfer 5 to Ada" }

[[plugins.scripted.settings.rules]]
match = "transfer"
on = "user"
tool = "ledger.add"
arguments = { line = "Ada 5" }

[[plugins.scripted.settings.rules]]
match = "added Ada"
on = "tool"
reply = "Ada has it."

[[plugins.scripted.settings.rules]]
on = "tool"
reply = "Our payer says: {input}"
"""
MANIFEST = """
schema = 1
name = "ledger"
version = "1.0.0"
api = ">=1.0,<2"
runtime = "python"

[[contributes.tool]]
id = "ledger.add"
target = "ledger.book:add"
"""
CODE = """
from pathlib import Path

from lumosai_sdk import tool


@tool(id="ledger.add", side_effects=True)
def add(line: str) -> str:
    \"\"\"Add a line to the ledger.\"\"\"
    with Path("ledger.txt").open("a") as file:
        file.write(f"{line}\\n")
    return f"added {line}"
"""


class Service:
    """``lumos up`` in a folder, to be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.start()

    def start(self) -> None:
        log = self._folder / "log"
        with log.open("wb") as out:
            command = [sys.executable, "-m", "lumosai", "up", "--quiet"]
            self.process = subprocess.Popen(command, cwd=self._folder, stdout=out, stderr=out)
        self._url = self._served(log)

    def _served(self, log: Path) -> str:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            said = log.read_text(encoding="utf-8")
            assert self.process.poll() is None, said
            if match := re.search(r"serving +(http://\S+)", said):
                return match[1]
            time.sleep(0.05)
        raise AssertionError(log.read_text(encoding="utf-8"))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(SECONDS)

    def ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return json.load(response)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    plugin = tmp_path / "plugins" / "ledger"
    plugin.mkdir(parents=True)
    (tmp_path / "lumos.toml").write_text(TOML, encoding="utf-8")
    (plugin / "lumos-plugin.toml").write_text(MANIFEST, encoding="utf-8")
    (plugin / "__init__.py").write_text("", encoding="utf-8")
    (plugin / "book.py").write_text(CODE, encoding="utf-8")
    return tmp_path


def test_a_member_waits_the_host_is_killed_and_the_team_goes_on(folder: Path) -> None:
    service = Service(folder)
    try:
        run = service.ask("/v1/agents/boss/runs", {"input": "Pay Ada"})
        assert run["status"] == "suspended"
        (waits,) = run["pending"]
        assert "payer wants to call ledger.add" in waits["question"]
        service.kill()
        assert not (folder / "ledger.txt").exists()
        service.start()
        decisions = {waits["call_id"]: {"answer": "yes"}}
        done = service.ask(f"/v1/runs/{run['run_id']}/resume", {"decisions": decisions})
        assert (done["status"], done["text"]) == ("completed", "Our payer says: Ada has it.")
        assert (folder / "ledger.txt").read_text(encoding="utf-8") == "Ada 5\n"
        runs = service.ask("/v1/runs")["data"]
        assert sorted((r["agent"], r["status"]) for r in runs) == [("boss", "completed"), ("payer", "completed")]
        payer = next(service.ask(f"/v1/runs/{r['id']}") for r in runs if r["agent"] == "payer")
        assert payer["metadata"]["lumos.parent"] == run["run_id"]
    finally:
        service.kill()
