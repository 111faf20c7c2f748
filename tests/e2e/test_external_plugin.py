"""A stranger's plugin, written outside this repository with nothing but ``lumosai_sdk``, through its whole life.

It is built into a wheel and installed, upgraded and removed by pip, switched off and on by its owner, all under a host
process that keeps serving calls. No call may be lost: each one gets an answer that was true when it was given.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import venv
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lumosai.config.edit import set_value

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "lumosai-tides"
version = "{version}"
dependencies = ["lumosai"]

[project.entry-points."lumosai.plugins"]
tides = "lumosai_tides"
"""
MANIFEST = """
schema = 1
name = "tides"
version = "{version}"
api = ">=1.0,<2"
description = "High and low water"

[[contributes.tool]]
id = "tides.height"
target = "lumosai_tides.tools:height"
description = "Height of the tide"
input_schema = {{ type = "object", properties = {{ wait = {{ type = "string", default = "" }} }} }}
"""
TOOLS = '''
import asyncio
from pathlib import Path

from lumosai_sdk import tool


@tool
async def height(wait: str = "") -> str:
    """Height of the tide. *wait* names a file that must be there first."""
    await asyncio.sleep(0.002)
    while wait and not Path(wait).exists():
        await asyncio.sleep(0.01)
    return "{version}"
'''
LUMOS = """
[storage]
use = "memory"

[agents.skipper]
model = "scripted/tool"
tools = ["tides.*"]
"""
HOST = """
import asyncio, collections, json, sys
from lumosai import Host
from lumosai_sdk.errors import LumosError

phase, counts, slow = "start", collections.defaultdict(collections.Counter), []

def say(**what):
    print(json.dumps(what), flush=True)

def tell(event):
    if event.type.startswith("plugin.") and event.plugin == "tides":
        say(event=event.type, version=event.version, detail=event.detail)

async def outcome(call):
    try:
        return await call()
    except LumosError as e:
        return e.code
    except Exception as e:
        return repr(e)

async def worker(name, call):
    while True:
        begun = phase
        counts[begun][f"{name} {await outcome(call)}"] += 1
        await asyncio.sleep(0.001)

async def main(config):
    global phase
    async with Host(config) as host:
        host.bus.listen(tell)

        async def call():
            return await host.call_tool("tides.height", {})

        async def run():
            return (await host.run("skipper", "how high?")).text

        tasks = [asyncio.create_task(host.watch())]
        tasks += [asyncio.create_task(worker("call", call)) for _ in range(8)]
        tasks += [asyncio.create_task(worker("run", run)) for _ in range(4)]
        say(event="up")
        while (command := (await asyncio.to_thread(sys.stdin.readline)).split()) and command[0] != "quit":
            match command:
                case ["phase", name]:
                    phase = name
                case ["list"]:
                    say(listed=[p.to_json() for p in host.plugins.plugins.values() if p.name == "tides"])
                case ["slow", path]:
                    waiting = lambda: host.call_tool("tides.height", {"wait": path})
                    slow.append(asyncio.create_task(outcome(waiting)))
                case ["answers"]:
                    say(answers=await asyncio.gather(*slow))
                case ["report"]:
                    say(report=counts)
                case ["modules"]:
                    say(modules=[m for m in sys.modules if m.startswith("lumosai_tides")])
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

asyncio.run(main(sys.argv[1]))
"""


class Process:
    """The host process, and a conversation with it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def tell(self, *words: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write((" ".join(words) + "\n").encode())
        await self.process.stdin.drain()

    async def hear(self, key: str, value: object = None) -> dict[str, Any]:
        """Return the next thing it says that has *key* (with *value*)."""
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            while line := await self.process.stdout.readline():
                said: dict[str, Any] = json.loads(line)
                if key in said and value in {None, str(said[key])}:
                    return said
        raise AssertionError("the host process has ended")

    async def ask(self, command: str, key: str) -> Any:
        await self.tell(command)
        return (await self.hear(key))[key]


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Return the interpreter of an environment of its own that sees what the tests see, to install into."""
    home = tmp_path / "venv"
    venv.EnvBuilder(symlinks=True).create(home)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "seen.pth").write_text("\n".join(p for p in sys.path if Path(p).is_dir() and not p.endswith("lib-dynload")))
    return home / "bin" / "python"


@pytest.fixture
def wheels(tmp_path: Path) -> dict[str, Path]:
    """Return the wheels of two versions of a plugin."""
    return {version: build(tmp_path / f"tides-{version}", version) for version in ("1.0.0", "2.0.0")}


def build(folder: Path, version: str) -> Path:
    package = folder / "lumosai_tides"
    package.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT.format(version=version))
    (package / "__init__.py").write_text("")
    (package / "tools.py").write_text(TOOLS.replace("{version}", version))
    (package / "lumos-plugin.toml").write_text(MANIFEST.format(version=version))
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


async def pip(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


async def install(python: Path, wheel: Path) -> None:
    await pip(python, "install", "--no-deps", "--no-index", "--upgrade", str(wheel))


@pytest.fixture
async def host(python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Process]:
    (tmp_path / "lumos.toml").write_text(LUMOS)
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "cache"))
    process = await asyncio.create_subprocess_exec(
        python, "-c", HOST, str(tmp_path / "lumos.toml"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path
    )
    talk = Process(process)
    await talk.hear("event", "up")
    yield talk
    await talk.tell("quit")
    async with asyncio.timeout(20):
        assert await process.wait() == 0


def answers(counts: dict[str, int]) -> dict[str, set[str]]:
    """Return what calls and runs were answered with."""
    out: dict[str, set[str]] = {"call": set(), "run": set()}
    for key in counts:
        kind, _, answer = key.partition(" ")
        out[kind].add(answer)
    return out


async def test_installed_called_switched_upgraded_and_removed_under_load(
    host: Process, python: Path, wheels: dict[str, Path], tmp_path: Path
) -> None:
    assert await host.ask("list", "listed") == []

    await host.tell("phase", "install")
    await install(python, wheels["1.0.0"])
    await host.hear("event", "plugin.added")
    (listed,) = await host.ask("list", "listed")
    assert (listed["version"], listed["state"], listed["built_in"]) == ("1.0.0", "enabled", False)
    assert listed["contributes"] == {"tool": ["tides.height"]}

    await host.tell("phase", "one")
    await asyncio.sleep(0.2)
    gate = tmp_path / "gate"
    await host.tell("slow", str(gate))

    await host.tell("phase", "disable")
    set_value(tmp_path / "lumos.toml", ("plugins", "tides", "enabled"), False)
    await host.hear("event", "plugin.disabled")
    await host.tell("phase", "off")
    await asyncio.sleep(0.1)
    await host.tell("phase", "enable")
    set_value(tmp_path / "lumos.toml", ("plugins", "tides", "enabled"), True)
    await host.hear("event", "plugin.enabled")

    await host.tell("phase", "upgrade")
    await host.tell("slow", str(gate))
    await install(python, wheels["2.0.0"])
    assert (await host.hear("event", "plugin.swapped"))["detail"] == "1.0.0 -> 2.0.0"
    await host.tell("phase", "two")
    await asyncio.sleep(0.2)
    gate.touch()
    assert await host.ask("answers", "answers") == ["1.0.0", "1.0.0"]

    await host.tell("phase", "remove")
    await pip(python, "uninstall", "--yes", "lumosai-tides")
    await host.hear("event", "plugin.removed")
    await host.tell("phase", "gone")
    await asyncio.sleep(0.1)
    assert await host.ask("modules", "modules") == []

    report = await host.ask("report", "report")
    told = {phase: answers(counts) for phase, counts in report.items()}
    off, away = "plugin_unavailable", "not_found"
    steady = {
        "start": {"call": {away}, "run": {away}},
        "one": {"call": {"1.0.0"}, "run": {"1.0.0"}},
        "off": {"call": {off}, "run": {away}},
        "two": {"call": {"2.0.0"}, "run": {"2.0.0"}},
        "gone": {"call": {away}, "run": {away}},
    }
    assert {phase: told[phase] for phase in steady} == steady
    # Whether an answer of the new version still falls into this phase is a matter of who is quicker.
    assert told["upgrade"]["call"] | told["upgrade"]["run"] <= {"1.0.0", "2.0.0"}, "a call was lost in the upgrade"
    # Where the plugin comes or goes an answer is of before or of after; a run may have begun before and called after.
    passing = {"install": {away, "1.0.0"}, "disable": {off, away, "1.0.0"}, "enable": {off, away, "1.0.0"}}
    for phase, allowed in (passing | {"remove": {away, "2.0.0"}}).items():
        given = told[phase]["call"] | told[phase]["run"]
        assert not {g for g in given - allowed if not g.startswith("Error: plugin 'tides': tool 'tides.height'")}, phase
    assert sum(sum(counts.values()) for counts in report.values()) > 1000  # noqa: PLR2004
