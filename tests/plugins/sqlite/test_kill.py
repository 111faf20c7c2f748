"""What was flushed is there after kill -9, and the file is sound."""

# ruff: noqa: PLR2004 - tests count things
from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lumosai_plugins.sqlite.store import SqliteStorage
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.storage import RunFilter

WRITE_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from lumosai_plugins.sqlite.store import SqliteStorage
from lumosai_sdk.testing.conformance.storage import run
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.plugins import PluginContext

async def main():
    folder, who = Path(sys.argv[1]), sys.argv[2]
    until = int(sys.argv[3])
    store = SqliteStorage(PluginContext("sqlite", data_dir=folder))
    for i in range(until):
        run_id = f"{who}-{i}"
        await store.put_run(run(run_id, "running", thread_id=who))
        await store.append_messages(who, [Message.user(str(i)), Message.assistant("x" * (i % 700))])
        await store.append_events(run_id, [{"type": "x", "seq": 1, "text": "y" * (i % 500)}])
        await store.put_run(run(run_id, "completed", thread_id=who))
        if i % 3 == 2:
            await store.flush()
            print(i, flush=True)
        await asyncio.sleep(0)
    await store.aclose()

asyncio.run(main())
"""


def start(folder: Path, who: str, until: int = 10**9) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITE_FOR_EVER, str(folder), who, str(until)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def is_sound(path: Path) -> bool:
    connection = sqlite3.connect(path)
    try:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])
    finally:
        connection.close()


SEEDS = [pytest.param(i, marks=[] if i < 3 else pytest.mark.slow) for i in range(20)]


@pytest.mark.parametrize("seed", SEEDS)
async def test_kill_at_a_random_point(tmp_path: Path, seed: int) -> None:
    process = start(tmp_path, "w")
    assert process.stdout is not None
    process.stdout.readline()
    await asyncio.sleep(random.Random(seed).uniform(0, 0.3))
    process.send_signal(signal.SIGKILL)
    printed = process.stdout.read().split(b"\n")
    process.wait()
    process.stdout.close()
    acknowledged = int(printed[-2]) if len(printed) > 1 else 2
    store = SqliteStorage(PluginContext("sqlite", data_dir=tmp_path))
    texts = [m.text for m in (await store.messages("w"))[::2]]
    assert texts == [str(i) for i in range(len(texts))]
    assert len(texts) > acknowledged
    runs = {r.id: r.status for r in await store.list_runs(RunFilter(limit=1_000_000))}
    assert all(runs[f"w-{i}"] == "completed" for i in range(acknowledged + 1))
    assert len(await store.events(f"w-{acknowledged}")) == 1
    await store.aclose()
    assert is_sound(tmp_path / "lumos.db")


async def test_two_processes_write_one_file(tmp_path: Path) -> None:
    writers = [start(tmp_path, who, 300) for who in ("one", "two")]
    for w in writers:
        w.communicate()
        assert w.returncode == 0
    store = SqliteStorage(PluginContext("sqlite", data_dir=tmp_path))
    assert len(await store.list_runs(RunFilter(limit=1000))) == 600
    for who in ("one", "two"):
        assert [m.text for m in (await store.messages(who))[::2]] == [str(i) for i in range(300)]
    await store.aclose()
    assert is_sound(tmp_path / "lumos.db")
