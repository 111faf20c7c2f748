"""A service in a process of its own, which can be killed."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import tomlkit
from tests.marketplace.service.market import Market

from lumosai_marketplace.service.settings import Settings

_SECONDS = 60.0


def write(settings: Settings, path: Path) -> Path:
    """Write settings as a file."""
    data = settings.model_dump(mode="json", exclude_defaults=True)
    data["data"] = str(settings.folder)
    path.write_text(tomlkit.dumps(data))
    return path


def start(config: Path, port: int) -> subprocess.Popen[bytes]:
    """Start it, and wait until it answers."""
    script = "import sys; from lumosai.cli.main import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", script, "marketplace", "serve", "--config", str(config), "--port", str(port)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LUMOS_")}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                return process
        except httpx.TransportError:
            time.sleep(0.02)
    process.kill()
    _, said = process.communicate()
    raise AssertionError(f"the service did not start: {said.decode()}")


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


@contextmanager
def running(settings: Settings, folder: Path, port: int | None = None) -> Iterator[Market]:
    """Run a service of its own, to its end."""
    process = start(write(settings, folder / "marketplace.toml"), port or settings.server.port)
    market = Market(settings)
    try:
        yield market
    finally:
        market.client.close()
        kill(process)
