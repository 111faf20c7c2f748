# ruff: noqa: ASYNC240, PLR2004 - tests count things and look at files
from __future__ import annotations

import asyncio
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lumosai_plugins.sqlite.store import SqliteStorage
from lumosai_sdk.errors import InputError, StorageError
from lumosai_sdk.testing.conformance.storage import run
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.storage import RunFilter

from .conftest import Open

Eventually = Callable[[Callable[[], Any]], Any]

HOLD_THE_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


class Locker:
    """Another process that holds the write lock."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-c", HOLD_THE_LOCK, str(path)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"locked\n"

    def let_go(self) -> None:
        self._process.communicate()


@pytest.fixture
def lock(path: Path) -> Iterator[Callable[[], Locker]]:
    lockers: list[Locker] = []

    def make() -> Locker:
        lockers.append(Locker(path))
        return lockers[-1]

    yield make
    for locker in lockers:
        if locker._process.poll() is None:
            locker.let_go()


async def test_locked_by_another_process(
    open_store: Open, lock: Callable[[], Locker], eventually: Eventually, path: Path
) -> None:
    store = open_store(timeout=0.3, busy_timeout=0.05)
    await store.put_run(run("before"))
    await store.flush()
    other = lock()
    await store.put_run(run("during"))
    await store.append_messages("t", [Message.user("during")])
    with pytest.raises(StorageError, match="locked by another process") as e:
        await store.flush()
    assert f"fuser {path}" in str(e.value)
    assert "3 rows are still queued" in str(e.value)
    health = await store.health()
    assert (health["ok"], health["queued"]) == (False, 3)
    assert "locked" in health["detail"]
    await store.put_run(run("later"))
    other.let_go()

    async def healthy() -> bool:
        return bool((await store.health())["ok"])

    await eventually(healthy)
    await store.flush()
    assert {r.id for r in await store.list_runs(RunFilter())} == {"before", "during", "later"}
    assert [m.text for m in await store.messages("t")] == ["during"]
    assert await store.health() == {"ok": True, "detail": "", "queued": 0}


async def test_reads_work_while_another_process_writes(open_store: Open, lock: Callable[[], Locker]) -> None:
    store = open_store(timeout=5, busy_timeout=0.05)
    await store.put_run(run("r"))
    await store.flush()
    await store.kv_keys("n")  # the sweep at the start is over
    lock()
    assert await store.get_run("r") == run("r")


async def test_a_read_behind_rows_that_cannot_be_written_fails_rather_than_lie(
    open_store: Open, lock: Callable[[], Locker], eventually: Eventually
) -> None:
    store = open_store(timeout=0.2, busy_timeout=0.05)
    await store.put_run(run("r", "running"))
    await store.flush()
    other = lock()
    await store.put_run(run("r", "completed"))
    with pytest.raises(StorageError, match="did not answer within"):
        await store.get_run("r")
    with pytest.raises(StorageError):
        await store.delete_thread("t")
    other.let_go()

    async def healthy() -> bool:
        return bool((await store.health())["ok"])

    await eventually(healthy)
    got = await store.get_run("r")
    assert got is not None
    assert got.status == "completed"


async def test_a_full_queue_refuses_and_keeps_what_it_took(
    open_store: Open, lock: Callable[[], Locker], eventually: Eventually
) -> None:
    store = open_store(timeout=0.2, busy_timeout=0.05, queue_rows=10)
    await store.put_run(run("first"))
    await store.flush()
    other = lock()
    taken: list[str] = []

    async def put_many() -> None:
        for i in range(100):
            await store.put_run(run(f"r{i}"))
            taken.append(f"r{i}")

    with pytest.raises(StorageError, match="full: this was not taken"):
        await put_many()
    assert len(taken) == 10
    assert (await store.health())["queued"] == 10
    other.let_go()

    async def written() -> bool:
        return not (await store.health())["queued"]

    await eventually(written)
    assert {r.id for r in await store.list_runs(RunFilter(limit=200))} == {"first", *taken}


async def test_the_queue_is_bounded_in_bytes(open_store: Open, lock: Callable[[], Locker]) -> None:
    store = open_store(timeout=0.2, busy_timeout=0.05, queue_bytes=50_000)
    await store.flush()
    lock()

    async def put_many() -> None:
        for _ in range(100):
            await store.append_messages("t", [Message.user("x" * 9_000)])

    with pytest.raises(StorageError, match="full"):
        await put_many()
    assert (await store.health())["queued"] <= 12


async def test_a_full_queue_waits_a_little_for_room(open_store: Open) -> None:
    store = open_store(queue_rows=20)
    for i in range(400):
        await store.put_run(run(f"r{i}"))
    assert len(await store.list_runs(RunFilter(limit=1000))) == 400


async def test_what_is_larger_than_the_whole_queue_is_taken_alone(open_store: Open) -> None:
    store = open_store(queue_bytes=10_000)
    await store.append_messages("t", [Message.user("x" * 50_000)])
    await store.append_messages("t", [Message.user("y" * 50_000)])
    assert [len(m.text) for m in await store.messages("t")] == [50_000, 50_000]


async def test_a_full_disk(open_store: Open, eventually: Eventually) -> None:
    store = open_store(timeout=0.3)
    await store.put_run(run("before"))
    await store.flush()
    connection = store._writer._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 3}")
    await store.put_run(run("during", text="x" * 100_000))
    with pytest.raises(StorageError, match="no space to write") as e:
        await store.flush()
    assert "df -h" in str(e.value)
    await store.put_run(run("after"))
    assert (await store.health())["queued"] == 2
    connection.execute("PRAGMA max_page_count = 1000000")

    async def healthy() -> bool:
        return bool((await store.health())["ok"])

    await eventually(healthy)
    assert {r.id for r in await store.list_runs(RunFilter())} == {"before", "during", "after"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one mebibyte, where this user may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this user cannot mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_really_full_disk_that_recovers(small_disk: Path, eventually: Eventually) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 700_000)
    store = SqliteStorage(PluginContext("sqlite", settings={"timeout": 0.5}, data_dir=small_disk / "data"))
    acknowledged: list[int] = []

    async def put_many() -> None:
        for i in range(200):
            await store.append_messages("t", [Message.user(f"{i}:" + "x" * 10_000)])
            await store.flush()
            acknowledged.append(i)

    with pytest.raises(StorageError, match="no space"):
        await put_many()
    assert 0 < len(acknowledged) < 100
    await store.put_run(run("while-full"))
    ballast.unlink()

    async def healthy() -> bool:
        return bool((await store.health())["ok"])

    await eventually(healthy)
    await store.flush()
    numbers = [int(m.text.split(":")[0]) for m in await store.messages("t")]
    assert numbers == list(range(len(acknowledged) + 1))  # also the one whose flush failed, and it once
    assert await store.get_run("while-full") is not None
    await store.aclose()


FILL_UP = """
import asyncio, resource, sys
from pathlib import Path
from lumosai_plugins.sqlite.store import SqliteStorage
from lumosai_sdk.errors import StorageError
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.plugins import PluginContext

async def main():
    store = SqliteStorage(PluginContext("sqlite", settings={"timeout": 0.5}, data_dir=Path(sys.argv[1])))
    await store.flush()
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    acknowledged = 0
    try:
        while True:
            await store.append_messages("t", [Message.user("x" * 10_000)])
            await store.flush()
            acknowledged += 1
    except StorageError as e:
        print("refused:", e.message)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    while not (await store.health())["ok"]:
        await asyncio.sleep(0.01)
    await store.flush()
    print("acknowledged", acknowledged, "kept", len(await store.messages("t")))
    await store.aclose()

asyncio.run(main())
"""


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    assert resource.RLIMIT_FSIZE is not None
    result = subprocess.run(
        [sys.executable, "-c", FILL_UP, str(tmp_path / "data")], capture_output=True, text=True, timeout=50, check=True
    )
    assert "refused:" in result.stdout
    words = result.stdout.split()
    acknowledged, kept = int(words[-3]), int(words[-1])
    assert 0 < acknowledged < 40
    assert kept == acknowledged + 1


async def test_a_file_damaged_under_way(open_store: Open, path: Path) -> None:
    store = open_store(timeout=0.3)
    for i in range(300):
        await store.put_run(run(f"r{i}", text="x" * 2000))
    await store.aclose()
    content = bytearray(path.read_bytes())
    content[4096 * 20 : -4096] = b"\xa5" * len(content[4096 * 20 : -4096])
    path.write_bytes(content)
    store = open_store(timeout=0.3)

    async def read_all() -> None:
        for i in range(300):
            await store.get_run(f"r{i}")

    with pytest.raises(StorageError, match="damaged") as e:
        await read_all()
    assert ".recover" in str(e.value)


async def test_closing_while_locked_says_what_is_lost(open_store: Open, lock: Callable[[], Locker]) -> None:
    store = open_store(timeout=0.3, busy_timeout=0.05)
    await store.flush()
    lock()
    await store.put_run(run("r"))
    with pytest.raises(StorageError, match="1 rows could not be written before the end"):
        await store.aclose()
    with pytest.raises(StorageError, match="closed"):
        await store.put_run(run("r"))


async def test_a_flush_waiting_while_the_store_closes_is_answered(open_store: Open, lock: Callable[[], Locker]) -> None:
    store = open_store(timeout=20, busy_timeout=0.05)
    await store.flush()
    lock()
    await store.put_run(run("r"))
    flush = asyncio.create_task(store.flush())
    await asyncio.sleep(0.1)
    with pytest.raises(StorageError, match="could not be written"):
        await store.aclose()
    with pytest.raises(StorageError, match="locked"):
        await flush


async def test_a_row_that_sqlite_refuses_takes_no_other_with_it(
    open_store: Open, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store()
    await store.flush()
    store._writer._connection.execute(
        "CREATE TEMP TRIGGER no BEFORE INSERT ON main.runs WHEN new.id = 'bad' BEGIN SELECT raise(ABORT, 'no'); END"
    )
    await store.put_run(run("good"))
    await store.append_messages("t", [Message.user("one")])
    await store.put_run(run("bad"))
    await store.append_messages("t", [Message.user("two")])
    with pytest.raises(StorageError, match="1 rows of runs were refused"):
        await store.flush()
    assert "SQLite refuses 1 rows of runs" in caplog.text
    await store.flush()
    assert await store.get_run("good") is not None
    assert await store.get_run("bad") is None
    assert [m.text for m in await store.messages("t")] == ["one", "two"]


async def test_a_lost_transaction_in_the_middle_is_written_again(open_store: Open) -> None:
    store = open_store()
    await store.flush()

    def rolls_back(connection: sqlite3.Connection) -> None:
        connection.execute("ROLLBACK")
        raise sqlite3.OperationalError("disk I/O error")

    await store.append_messages("t", [Message.user("one")])
    with pytest.raises(StorageError, match="disk I/O error"):
        await store._read(rolls_back)
    await store.append_messages("t", [Message.user("two")])
    await store.flush()
    assert [m.text for m in await store.messages("t")] == ["one", "two"]


async def test_a_cancelled_read_leaves_the_store_well(open_store: Open) -> None:
    store = open_store()
    reads = [asyncio.create_task(store.get_run("r")) for _ in range(20)]
    await asyncio.sleep(0)
    for r in reads:
        r.cancel()
    await asyncio.gather(*reads, return_exceptions=True)
    await store.put_run(run("r"))
    assert await store.get_run("r") == run("r")


@pytest.mark.parametrize("bad", ["x" * 2000, "\ud800"])
async def test_ids_that_cannot_be_keys_are_refused(open_store: Open, bad: str) -> None:
    store = open_store()
    for attempt in (
        store.put_run(run(bad)),
        store.get_run(bad),
        store.append_messages(bad, [Message.user("x")]),
        store.append_events(bad, [{"seq": 1}]),
        store.kv_set("n", bad, 1),
        store.list_runs(RunFilter(before=bad)),
    ):
        with pytest.raises(InputError, match="is no id"):
            await attempt
    await store.flush()
    assert list(await store.list_runs(RunFilter())) == []


async def test_what_is_too_long_is_refused_before_it_is_taken(open_store: Open) -> None:
    store = open_store(max_value_bytes=2000)
    with pytest.raises(StorageError, match="max_value_bytes allows"):
        await store.append_messages("t", [Message.user("short"), Message.user("é" * 1200)])
    with pytest.raises(StorageError, match="run 'r' takes"):
        await store.put_run(run("r", text="x" * 3000))
    assert list(await store.messages("t")) == []
    assert (await store.health())["ok"]
