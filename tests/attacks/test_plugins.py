"""Attacks by plugins that never ran, by their names, and by what they are asked to work out."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lumosai import Agent, Host
from lumosai.plugins import index, modules
from lumosai.plugins.settings import plugin_settings
from lumosai_plugins.local import pull
from lumosai_plugins.local.errors import PullError
from lumosai_plugins.local.installer import Installer
from lumosai_sdk import PermissionDeniedError, PluginContext, StorageError, ToolError
from lumosai_sdk.errors import ConfigError
from lumosai_sdk.testing.hosts import open_host
from lumosai_sdk.testing.scripted import ScriptedModel


@pytest.mark.parametrize("package", ["asyncio", "lumosai", "lumosai_sdk"])
async def test_removing_a_broken_plugin_forgets_no_module_of_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "cache"))
    info = tmp_path / "site-packages" / "evil-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text(f"[lumosai.plugins]\nevil = {package}\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(info.parent)])
    monkeypatch.setattr(sys, "modules", sys.modules.copy())
    before = {n: m for n, m in sys.modules.items() if n.partition(".")[0] == package}
    async with open_host(tmp_path, ScriptedModel("ok"), agents=[Agent("a", model="test/x")]) as host:
        assert host.plugins.plugins["evil"].state == "broken"
        shutil.rmtree(info)
        await host.plugins.refresh()
        assert {n for n, m in before.items() if sys.modules.get(n) is not m} == set()


@pytest.mark.skipif(os.name != "posix", reason="owners and modes")
@pytest.mark.parametrize(
    ("mode", "owner", "believed"), [(0o644, 0, True), (0o666, 0, False), (0o664, 0, False), (0o644, 1, False)]
)
def test_only_an_index_that_nobody_else_could_write_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, owner: int, believed: bool
) -> None:
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "cache"))
    index.load()
    cache = Path(index.cache_path())
    cache.write_text(cache.read_text().replace("lumosai_plugins.time.", "os."))
    cache.chmod(mode)
    us = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: us + owner)
    assert any("os." in str(r.get("contributes")) for r in index.load()) == believed
    assert any("os." in str(r.get("contributes")) for r in index.load()) == believed


@pytest.mark.skipif(os.name != "posix", reason="modes")
def test_the_index_is_written_so_that_it_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "cache"))
    before = os.umask(0)
    try:
        index.load()
    finally:
        os.umask(before)
    assert Path(index.cache_path()).stat().st_mode & 0o077 == 0


def _import(monkeypatch: pytest.MonkeyPatch, name: str, file: Path | None, folder: Path | None = None) -> None:
    module = ModuleType(name)
    module.__file__ = None if file is None else str(file)
    if folder is not None:
        module.__path__ = [str(folder)]
    monkeypatch.setitem(sys.modules, name, module)


def test_only_what_lies_in_a_plugins_folder_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "lumos_test_p"
    _import(monkeypatch, "lumos_test_p", root / "__init__.py")
    _import(monkeypatch, "lumos_test_p.names", None, root / "names")
    _import(monkeypatch, "lumos_test_p.elsewhere", tmp_path / "lumos_test_p_other" / "x.py")
    _import(monkeypatch, "lumos_test_p.nowhere", None)
    record = {"name": "p", "package": "lumos_test_p", "root": str(root)}
    assert modules.forget({**record, "error": "the name is taken"}) == {}
    assert modules.forget({"name": "p", "package": "lumos_test_p"}) == {}
    assert set(modules.forget(record)) == {"lumos_test_p", "lumos_test_p.names"}


@pytest.mark.parametrize("package", ["json", "lumosai", "lumosai_sdk.types"])
def test_the_host_is_not_forgotten_whatever_a_record_says(package: str) -> None:
    module = sys.modules.get(package) or __import__(package)
    root = Path(str(module.__file__)).parent
    assert modules.forget({"name": "evil", "package": package, "root": str(root)}) == {}


@pytest.mark.parametrize("expression", ["max(5)", "min(5)"])
async def test_a_calculation_cannot_open_the_circuit(tmp_path: Path, expression: str) -> None:
    async with open_host(tmp_path, ScriptedModel("x")) as host:
        for _ in range(6):
            assert await host.call_tool("calculator.evaluate", {"expression": expression}) == "5"


async def test_no_function_given_any_count_of_values_fails_as_a_plugin(tmp_path: Path) -> None:
    from lumosai_plugins.calculator.functions import FUNCTIONS

    async with open_host(tmp_path, ScriptedModel("x")) as host:
        for name in FUNCTIONS:
            for values in ("", "5", "-1", "0.5", "5, 2", "0, 0", "-1, 0.5", "1, 2, 3", "3, 0.1, -2, 7"):
                try:
                    await host.call_tool("calculator.evaluate", {"expression": f"{name}({values})"})
                except ToolError:
                    continue
        assert host.plugins.get("calculator").to_json()["failures"] == 0


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"x": True}},
        {"properties": {"x": False}, "additionalProperties": True},
        {"properties": [1]},
        {"properties": {"x": 5}},
        {"properties": 5},
        {"items": [True]},
        {"$ref": "#/x"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#"}]}}},
    ],
)
def test_no_schema_of_settings_fails_in_another_way_than_as_the_plugins(schema: dict[str, Any], tmp_path: Path) -> None:
    for given in ({}, {"x": {"y": 1}}):
        with contextlib.suppress(ConfigError):
            assert plugin_settings({"name": "p", "settings_schema": schema}, given, tmp_path) == given


# --- an index of packages that is somebody else's


def _served_by(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    begin = "import os, pathlib, sys, time\nout = pathlib.Path(sys.argv[2])\nout.mkdir()\n"
    monkeypatch.setattr(
        pull, "INSTALLERS", (Installer(lambda: (sys.executable, "-c", begin + code), (), "--dest", unpacks=False),)
    )


def test_an_index_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _served_by(monkeypatch, "open(out / 'a.whl', 'wb').truncate(50 << 30)\ntime.sleep(60)")
    with pytest.raises(PullError, match=r"served over \d+ MiB"):
        pull.pull("smollm2", tmp_path)


@pytest.mark.parametrize(
    "said", ["//ada:hunter2@index/simple refused", "no route to ada:hunter2@index", "x://a:hunter2@b"]
)
def test_credentials_are_not_told_however_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    _served_by(monkeypatch, f"sys.exit('ERROR: ' + {said!r} + ' by its index')")
    with pytest.raises(PullError, match="by its index") as caught:
        pull.pull("smollm2", tmp_path)
    assert "hunter2" not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="process groups")
def test_what_an_installer_leaves_running_is_ended_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alive, held = os.pipe()  # the pipe ends when the last process that holds it has ended
    os.set_inheritable(held, True)
    monkeypatch.setattr("subprocess.Popen", partial(subprocess.Popen, pass_fds=(held,)))
    _served_by(monkeypatch, "if os.fork() == 0:\n    time.sleep(60)\nsys.exit(1)")
    with pytest.raises(PullError):
        pull.pull("smollm2", tmp_path)
    os.close(held)
    assert select.select([alive], [], [], 30)[0] == [alive]
    os.close(alive)


# --- files that are none


@pytest.mark.skipif(os.name != "posix", reason="named pipes")
@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_a_storage_that_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    from lumosai_plugins.sqlite.store import SqliteStorage

    path = tmp_path / "lumos.db"
    os.mkfifo(path) if kind == "pipe" else path.mkdir()
    with pytest.raises(StorageError, match="is no file"):
        SqliteStorage(PluginContext("sqlite", settings={"path": str(path)}, base=tmp_path))


@pytest.mark.skipif(os.name != "posix", reason="the file tools need one")
@pytest.mark.parametrize(
    "path", ["production.toml", "PRODUCTION.toml", "linked.toml", "link/production.toml", "lumos.toml"]
)
async def test_no_agent_writes_the_configuration_in_use_whatever_it_is_called(tmp_path: Path, path: str) -> None:
    configuration = tmp_path / "production.toml"
    text = f'[storage]\nuse = "memory"\n[plugins.files.grant]\nfiles = ["write .", "write {tmp_path}/link"]\n'
    configuration.write_text(text)
    (tmp_path / "linked.toml").symlink_to(configuration)
    (tmp_path / "link").symlink_to(tmp_path)
    async with Host(configuration) as host:
        arguments = {"path": str(tmp_path / path), "content": "[plugins.files.grant]", "overwrite": True}
        with pytest.raises(PermissionDeniedError, match="owner's to write"):
            await host.call_tool("files.write", arguments)
        assert configuration.read_text() == text
        await host.call_tool("files.write", {**arguments, "path": str(tmp_path / "notes.toml")})
        assert (tmp_path / "notes.toml").is_file()
