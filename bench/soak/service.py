"""The service that is soaked: two agents, one with a tool that fails, hangs and is swapped now and then."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.load.service import free_port, is_ready, tree

LUMOS: Final = Path(sys.executable).parent / "lumos"
READY_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0
CONFIG: Final = """\
[host]
data_dir = "data"
plugin_paths = ["plugins"]
[server]
port = {port}
workers = {workers}
[limits]
tool_timeout = 0.5
[agents.plain]
model = "scripted/echo"
[agents.shaky]
model = "scripted/tool"
tools = ["shaky.act"]
[plugins.sqlite.settings]
path = "soak.db"
"""
MANIFEST: Final = """\
schema = 1
name = "shaky"
version = "0.1.0"
api = ">=1.0,<2"
runtime = "python"
description = "A tool that is not to be relied on"
[[contributes.tool]]
id = "shaky.act"
target = "shaky.tool:act"
description = "Answers, fails or hangs"
"""
TOOL: Final = """\
import asyncio, random
from lumosai_sdk import ToolError, tool

@tool
async def act() -> str:
    \"\"\"Answer, fail or hang.\"\"\"
    dice = random.random()
    if dice < 0.02:
        await asyncio.sleep(60)
    if dice < 0.1:
        raise ToolError("not today")
    if dice < 0.2:
        raise RuntimeError("a bug")
    return "version {version}"
"""


@dataclass(slots=True)
class Soaked:
    """A service under way."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def swap(self, version: int) -> None:
        """Change the code of the plugin, which the service takes up when it is told to."""
        (self.folder / "plugins" / "shaky" / "tool.py").write_text(TOOL.replace("{version}", str(version)))

    def held(self) -> tuple[int, int, int]:
        """Return what its processes hold: bytes of their own, open files, threads."""
        size = files = threads = 0
        for pid in tree(self.process.pid):
            try:
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
                size += sum(
                    int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Private_Dirty")
                )
                files += _entries(f"/proc/{pid}/fd")
                threads += _entries(f"/proc/{pid}/task")
            except OSError:
                continue  # it has just ended
        return size, files, threads


def _entries(folder: str) -> int:
    return sum(1 for _ in Path(folder).iterdir())


@contextmanager
def soaked(folder: Path, workers: int) -> Iterator[Soaked]:
    """Start the service in *folder* and yield it when it is ready; it ends with the block. Raises SystemExit."""
    port = free_port()
    (folder / "plugins" / "shaky").mkdir(parents=True)
    (folder / "lumos.toml").write_text(CONFIG.format(port=port, workers=workers))
    (folder / "plugins" / "shaky" / "lumos-plugin.toml").write_text(MANIFEST)
    (folder / "plugins" / "shaky" / "__init__.py").write_text("")
    with (folder / "said.txt").open("wb") as said:
        process = subprocess.Popen([LUMOS, "up", "--quiet"], cwd=folder, stdout=said, stderr=said)
        service = Soaked(process, port, folder)
        service.swap(0)
        try:
            _wait(service)
            yield service
        finally:
            _end(process)


def _wait(service: Soaked) -> None:
    end = time.monotonic() + READY_SECONDS
    while not is_ready(service.port):
        if service.process.poll() is not None or time.monotonic() > end:
            raise SystemExit("the service does not start: " + (service.folder / "said.txt").read_text()[-2000:])
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
