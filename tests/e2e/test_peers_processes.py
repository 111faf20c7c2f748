"""Two processes with the same data: what one runs is followed over the other, to the end that kill -9 makes."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import httpx2
import pytest
from tests.host.gateway.conftest import listening
from tests.host.gateway.wsclient import connected

from lumosai import Host
from lumosai.gateway.peers.place import folder_of

CONFIG = """
[models]
default = "scripted/script"

[agents.quick]

[agents.hangs]

[plugins.scripted.settings]
rules = [
    { match = "hang", reply = "never", delay = 600 },
    { match = "", reply = "done" },
]
"""
FOLLOW = {"accept": "text/event-stream"}


def said(pipe: IO[str]) -> str:
    """Return the URL that a service tells once it listens."""
    for line in pipe:
        if match := re.search(r"serving +(http://\S+)", line):
            return match[1]
    raise AssertionError("it did not start")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "lumos.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def other(config: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "lumosai", "up", "--config", str(config), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=config.parent) as process:
        assert process.stdout is not None
        try:
            yield process, said(process.stdout)
        finally:
            process.kill()
            process.stdout.close()


async def test_a_run_of_a_killed_process_ends_for_who_follows_it_over_another(
    config: Path, other: tuple[subprocess.Popen[str], str]
) -> None:
    process, url = other
    async with (
        Host(config) as host,
        listening(host, port=0) as here,
        httpx2.AsyncClient(trust_env=False, timeout=30) as client,
        connected(here) as socket,
        client.stream("POST", f"{url}/v1/agents/hangs/runs", json={"input": "hang", "stream": True}) as run,
    ):
        run_id = run.headers["x-lumos-run"]
        folder = folder_of(host.loaded.data_dir)
        assert {p.name.split(":")[1] for p in folder.iterdir()} == {str(process.pid), str(os.getpid())}

        await socket.ask("subscribe", "subscribed", topic="runs")
        quick = await client.post(f"{url}/v1/agents/quick/runs", json={"input": "hello"})
        assert (await socket.next("event"))["event"]["run_id"] == quick.json()["run_id"]

        await socket.ask("subscribe", "subscribed", topic=f"run.{run_id}")
        while (await socket.next("event"))["event"]["type"] != "model.started":
            pass
        async with client.stream("GET", f"{here}/v1/runs/{run_id}/events", headers=FOLLOW) as follow:
            lines = follow.aiter_lines()
            told = [await anext(lines)]
            while told[-1] != "event: model.started":
                told.append(await anext(lines))
            process.send_signal(signal.SIGKILL)
            async with asyncio.timeout(20):
                told += [line async for line in lines]
                assert (await socket.next("gap"))["topic"] == "runs"
                assert (await socket.next("unsubscribed"))["status"] == "interrupted"
        assert [line for line in told if line.startswith("event: ")] == ["event: run.started", "event: model.started"]
        assert (await client.get(f"{here}/v1/runs/{run_id}")).json()["status"] == "interrupted"
        async with asyncio.timeout(20):
            while len(list(folder.iterdir())) > 1:  # noqa: ASYNC110 - what is left of the dead is cleared up
                await asyncio.sleep(0.05)
