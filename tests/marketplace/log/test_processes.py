"""Processes that append to one log: several at once, and killed at any moment."""

# ruff: noqa: PLR2004
from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy.ext.asyncio import AsyncEngine  # noqa: TC002 - as all that tests are annotated with
from tests.marketplace.log.conftest import BOTH, HOST, LogMaker

from lumosai_marketplace.authority.keys import LogSigner
from lumosai_marketplace.log.note import Checkpoint, LogKey
from lumosai_marketplace.log.store import Log
from lumosai_marketplace.log.verify import open_checkpoint, verify_consistency
from lumosai_marketplace.service.settings import Settings

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked, to be killed many times a second"),
    pytest.mark.timeout(180),
]
SCRIPT = Path(__file__).with_name("appender.py")
POINTS = 16


@dataclass
class Process:
    """One of them: what it has said so far."""

    process: asyncio.subprocess.Process
    done: dict[str, int] = field(default_factory=dict)
    signed: list[str] = field(default_factory=list)
    pid: int = 0

    def begin(self, name: str, count: int, callers: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name} {count} {callers}\n".encode())

    async def begun(self, name: str, callers: int, done: int) -> None:
        """Begin a job without an end, and wait until that many entries are there."""
        self.pid, most = 0, len(self.done) + done
        self.begin(name, 100_000, callers)
        await self.listen(lambda: bool(self.pid) and len(self.done) >= most)

    async def kill(self, after: float = 0) -> None:
        ended = asyncio.create_task(self.listen())
        await asyncio.sleep(after)
        os.kill(self.pid, signal.SIGKILL)
        await ended

    async def listen(self, until: Callable[[], bool] = lambda: False) -> None:
        """Take down what it says, to the end of the job or until that is so."""
        assert self.process.stdout is not None
        while not until():
            line = (await self.process.stdout.readline()).decode().split()
            assert line, "the process has ended"
            if line[0] == "end":
                return
            if line[0] == "pid":
                self.pid = int(line[1])
            elif line[0] == "done":
                self.done[line[1]] = int(line[2])
            else:
                self.signed.append(b64decode(line[1]).decode())


@asynccontextmanager
async def started(settings: Settings, key: Path) -> AsyncIterator[Process]:
    named = settings.database.url or f"sqlite:{settings.base}"
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), named, str(key), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Process(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@pytest.fixture
def key_file(signer: LogSigner, tmp_path: Path) -> Path:
    file = tmp_path / "log.pem"
    file.write_bytes(signer.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


async def check(log: Log, key: LogKey, done: dict[str, int], signed: list[str]) -> Checkpoint:
    """The tree is that of the entries, has all that was acknowledged, and begins with every tree that was signed."""
    assert await log.open() == 0, "tiles were not those of the entries"
    head = await log.audit()
    entries = await log.entries(0, head.size)
    assert [e.index for e in entries] == list(range(head.size))
    bodies = [e.body.decode() for e in entries]
    assert len(set(bodies)) == len(bodies)
    for text, index in done.items():
        assert bodies[index] == text
    now = open_checkpoint(await log.checkpoint(), [key], HOST)
    for text in signed:
        before = open_checkpoint(text, [key], HOST)
        verify_consistency(before, now, await log.consistency(before.size, now.size))
    return now


@BOTH
async def test_processes_that_append_to_one_database_make_one_tree(
    settings: Settings, engine: AsyncEngine, log: Log, key: LogKey, key_file: Path
) -> None:
    async with started(settings, key_file) as one, started(settings, key_file) as two:
        one.begin("one", 150, 8)
        two.begin("two", 150, 3)
        await asyncio.gather(one.listen(), two.listen())
    done = one.done | two.done
    assert len(done) == 450
    assert sorted(done.values()) == list(range(450)), "a gap, or a place given twice"
    await check(log, key, done, one.signed + two.signed)


@pytest.mark.slow
@BOTH
async def test_a_process_killed_at_any_moment_leaves_a_whole_log(
    settings: Settings, engine: AsyncEngine, another: LogMaker, key: LogKey, key_file: Path
) -> None:
    chance = random.Random(6962)
    async with started(settings, key_file) as appender:
        for point in range(POINTS):
            await appender.begun(f"p{point}", callers=1 + point % 6, done=1 + point % 5)
            await appender.kill(after=chance.random() * 0.03)
            await check(another(), key, appender.done, appender.signed)
    assert len(appender.done) >= POINTS


@pytest.mark.slow
@BOTH
async def test_one_process_killed_does_not_hold_up_another(
    settings: Settings, engine: AsyncEngine, log: Log, key: LogKey, key_file: Path
) -> None:
    async with started(settings, key_file) as victim, started(settings, key_file) as other:
        other.begin("other", 200, 4)
        living = asyncio.create_task(other.listen())
        for point in range(6):
            await victim.begun(f"v{point}", callers=4, done=1)
            await victim.kill()
        await living
    assert len(other.done) == 300
    await check(log, key, victim.done | other.done, victim.signed + other.signed)
