# ruff: noqa: ASYNC240, PLR2004 - tests count things and look at files
from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from dataclasses import fields
from importlib.resources import files
from pathlib import Path

import pytest

from lumosai_plugins.sqlite.schema import RECORDS, Schema
from lumosai_plugins.sqlite.settings import Settings
from lumosai_plugins.sqlite.store import SqliteStorage
from lumosai_sdk.errors import StorageError
from lumosai_sdk.manifest import parse
from lumosai_sdk.testing.conformance.storage import run
from lumosai_sdk.types.plugins import PluginContext

from .conftest import Open

FILES = {"path", "vectors_path"}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_folder_and_files_are_private(open_store: Open, path: Path) -> None:
    store = open_store()
    await store.put_run(run("r"))
    await store.flush()
    assert mode(path.parent) == 0o700
    assert {mode(p) for p in path.parent.iterdir()} == {0o600}
    assert len(list(path.parent.iterdir())) == 3  # the database and its write-ahead log


async def test_a_file_others_could_read_is_made_private(open_store: Open, path: Path) -> None:
    await open_store().aclose()
    path.chmod(0o644)
    open_store()
    assert mode(path) == 0o600


async def test_the_path_is_relative_to_the_configuration(tmp_path: Path) -> None:
    store = SqliteStorage(PluginContext("sqlite", settings={"path": "sub/my.db"}, base=tmp_path))
    await store.aclose()
    assert (tmp_path / "sub" / "my.db").is_file()


@pytest.mark.parametrize("name", [":memory:", "file:x?mode=memory", "'; DROP TABLE runs; --.db"])
async def test_a_path_is_only_ever_a_path(tmp_path: Path, name: str) -> None:
    store = SqliteStorage(PluginContext("sqlite", settings={"path": name}, base=tmp_path))
    await store.aclose()
    assert (tmp_path / name).is_file()


@pytest.mark.parametrize("content", [b"this is not a database, and quite long enough to be told from one" * 20, b"x"])
async def test_a_file_that_is_no_database_is_left_alone(open_store: Open, path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"lumos\.db is damaged, or not a SQLite database") as e:
        open_store()
    assert "recover" in str(e.value)
    assert "backup" in str(e.value)
    assert path.read_bytes() == content


async def test_a_damaged_header_is_told(open_store: Open, path: Path) -> None:
    store = open_store()
    await store.put_run(run("r"))
    await store.aclose()
    content = bytearray(path.read_bytes())
    content[100:200] = os.urandom(100)  # the root page of the schema
    path.write_bytes(content)
    with pytest.raises(StorageError, match="damaged") as e:
        open_store()
    assert str(path) in str(e.value)
    assert path.read_bytes() == content


async def test_a_newer_file_is_refused(open_store: Open, path: Path) -> None:
    await open_store().aclose()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StorageError, match=r"newer LumosAI \(schema 99; this one knows 1\)") as e:
        open_store()
    assert "pip install --upgrade lumosai" in str(e.value)


@pytest.mark.parametrize("script", ["CREATE TABLE t (x)", "PRAGMA application_id = 7", "PRAGMA user_version = 1"])
async def test_another_programs_database_is_refused(open_store: Open, path: Path, script: str) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute(script)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="another program's database"):
        open_store()
    assert len(before) == len(path.read_bytes())


async def test_a_folder_in_place_of_the_file(open_store: Open, path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StorageError, match=r"lumos\.db"):
        open_store()


@pytest.fixture
def without_root() -> Iterator[None]:
    """Make the tests' process a plain user's, as only that is stopped by file modes."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


@pytest.fixture
def walled(tmp_path: Path) -> Iterator[Path]:
    """A folder that may be entered and not written, reachable for any user."""
    opened = [p for p in (tmp_path, *tmp_path.parents) if p != Path("/") and p.stat().st_uid == os.geteuid()]
    modes = {p: mode(p) for p in opened}
    for p in opened:
        p.chmod(mode(p) | 0o055)
    folder = tmp_path / "walled"
    folder.mkdir(mode=0o555)
    yield folder
    folder.chmod(0o755)
    for p, m in modes.items():
        p.chmod(m)


async def test_a_folder_that_cannot_be_written(walled: Path, without_root: None) -> None:
    with pytest.raises(StorageError, match="cannot be written") as e:
        SqliteStorage(PluginContext("sqlite", data_dir=walled))
    assert f"ls -ld {walled}" in str(e.value)
    assert "path in [plugins.sqlite.settings]" in str(e.value)


async def test_a_file_that_cannot_be_written(walled: Path, without_root: None) -> None:
    if os.getuid() != 0:
        pytest.skip("the file must belong to somebody else")
    os.seteuid(0)
    connection = sqlite3.connect(walled / "lumos.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    (walled / "lumos.db").chmod(0o444)
    os.seteuid(65534)
    with pytest.raises(StorageError, match="cannot be written"):
        SqliteStorage(PluginContext("sqlite", data_dir=walled))


async def test_many_open_a_new_file_at_once(path: Path) -> None:
    context = PluginContext("sqlite", data_dir=path.parent)
    stores: list[SqliteStorage] = []
    threads = [threading.Thread(target=lambda: stores.append(SqliteStorage(context))) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(stores) == 8
    for i, store in enumerate(stores):
        await store.put_run(run(f"r{i}"))
        await store.flush()
    assert [await s.get_run("r0") is not None for s in stores] == [True] * 8
    for store in stores:
        await store.aclose()


async def test_a_file_of_an_older_schema_is_migrated(
    open_store: Open, monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    store = open_store()
    await store.put_run(run("r"))
    await store.aclose()
    newer = Schema(
        RECORDS.application_id,
        (*RECORDS.migrations, ("ALTER TABLE runs ADD COLUMN note TEXT", "UPDATE runs SET note = 'kept'")),
    )
    monkeypatch.setattr("lumosai_plugins.sqlite.store.RECORDS", newer)
    assert await open_store().get_run("r") == run("r")
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT note FROM runs").fetchall() == [("kept",)]
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    connection.close()


async def test_a_migration_that_fails_changes_nothing(
    open_store: Open, monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    store = open_store()
    await store.put_run(run("r"))
    await store.aclose()
    broken = Schema(RECORDS.application_id, (*RECORDS.migrations, ("DELETE FROM runs", "CREATE TABLE runs (x)")))
    with monkeypatch.context() as patch:
        patch.setattr("lumosai_plugins.sqlite.store.RECORDS", broken)
        with pytest.raises(StorageError, match="already exists"):
            open_store()
    assert await open_store().get_run("r") == run("r")


def test_the_manifest_and_the_code_agree_on_the_defaults() -> None:
    manifest = parse(files("lumosai_plugins.sqlite").joinpath("lumos-plugin.toml").read_bytes(), "sqlite", "manifest")
    assert manifest.settings_schema is not None
    properties = manifest.settings_schema["properties"]
    in_code = {f.name: f.default for f in fields(Settings) if f.name not in FILES}
    assert {k: v["default"] for k, v in properties.items() if k not in FILES} == in_code
