"""The stub model server as a child process."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import ProxyHandler, build_opener

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).resolve().with_name("stub_server.py")


@dataclass(frozen=True, slots=True)
class Stub:
    """A running stub server."""

    port: int

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as its base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    def completions(self) -> int:
        """Return how many chat completions the server has answered so far."""
        opener = build_opener(ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}/stats", timeout=5) as response:
            stats: dict[str, Any] = json.load(response)
        return int(stats["completions"])


@contextmanager
def running() -> Iterator[Stub]:
    """Start a stub server; it stops with the block, and with this process however that ends.

    Raises:
        RuntimeError: when it does not print a port.
    """
    argv = [sys.executable, str(SCRIPT), "--until-eof"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.strip().isdigit():
            raise RuntimeError(f"the stub server did not start; see for yourself with: {' '.join(argv)}")
        try:
            yield Stub(int(line))
        finally:
            process.terminate()
