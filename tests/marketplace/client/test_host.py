"""A host finds what lumos.lock names, if the store holds exactly that."""

# ruff: noqa: ASYNC110 - a host does not tell when it has taken something up
from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.marketplace.client.test_lock import PLUGIN
from tests.marketplace.client.wheels import make

from lumosai.config.load import load
from lumosai.host import Host
from lumosai.plugins import build, index
from lumosai_marketplace.client import lock as locks
from lumosai_marketplace.client.keeper import note_revoked
from lumosai_marketplace.client.lock import Lock, Locked
from lumosai_marketplace.client.market import Market
from lumosai_marketplace.store import gc
from lumosai_marketplace.store.place import place
from lumosai_marketplace.wheels import read_wheel
from lumosai_sdk.errors import LumosError
from lumosai_sdk.permissions import Permissions


class Site:
    """A folder with a lumos.toml, in which plugins are installed without an index."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.market = Market.at(base, base / ".lumos")
        (base / "lumos.toml").write_text("")

    def install(self, name: str = "acme_weather", version: str = "1.0.0", **more: Any) -> Locked:
        granted = more.pop("granted", Permissions())
        filename, data = make(name, version, **more)
        wheel = read_wheel(filename, data)
        with self.market.store.guard():
            receipt, _ = place(self.market.store, data, wheel, b"{}")
            fields = {f: getattr(PLUGIN, f) for f in PLUGIN.__dataclass_fields__}
            fields |= {"name": wheel.name, "version": version, "file": filename, "sha256": wheel.sha256}
            fields |= {"receipt": receipt.digest, "runtime": wheel.manifest.runtime, "permissions": granted}
            locked = Locked(**{**fields, "wasm": wheel.facts.wasm_sha256})
            gc.refer(self.market.store, self.market.lock)
            locks.write(self.market.lock, self.market.read_lock().having(locked))
        return locked

    def files(self, locked: Locked) -> Path:
        home = locked.file.partition("-")[0]
        return self.market.store.entry(locked.sha256) / "files" / home

    def records(self) -> dict[str, dict[str, Any]]:
        loaded = load(self.base / "lumos.toml")
        return {r["name"]: r for r in index.load(loaded.plugin_paths, delivered=loaded.delivered)}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    yield Site(tmp_path)
    for name in [n for n in sys.modules if n.partition(".")[0].startswith("acme_")]:
        del sys.modules[name]


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    times: list[int] = []
    real = build.build

    def counted(cache: str, found: list[list[str]], delivered: index.Delivered | None) -> list[dict[str, Any]]:
        times.append(1)
        return real(cache, found, delivered)

    monkeypatch.setattr(build, "build", counted)
    return times


def test_what_the_lock_names_is_a_plugin_of_the_host(site: Site) -> None:
    site.install()
    record = site.records()["weather"]
    assert "error" not in record
    assert (record["origin"], record["runtime"], record["version"]) == ("store", "wasm", "1.0.0")
    assert record["delivered"]["plugin"] == "acme/weather"


def test_a_warm_start_hashes_nothing(site: Site, builds: list[int]) -> None:
    site.install()
    site.records()
    site.records()
    assert len(builds) == 1


def tamper(path: Path) -> None:
    """Change a byte, and set the times back."""
    before = path.stat()
    data = path.read_bytes()
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("file", ["plugin.wasm", "lumos-plugin.toml", "__init__.py"])
@pytest.mark.parametrize("how", [tamper, Path.unlink])
def test_changed_files_are_not_loaded_and_the_command_that_mends_it_is_told(
    site: Site, file: str, how: Callable[[Path], None]
) -> None:
    locked = site.install()
    assert "error" not in site.records()["weather"]
    how(site.files(locked) / file)
    record = site.records()["weather"]
    assert "lumos plugin install acme/weather" in record["error"]
    assert "contributes" not in record


def test_a_folder_that_became_a_link_is_not_followed(site: Site) -> None:
    locked = site.install()
    site.records()
    folder = site.files(locked)
    folder.rename(folder.with_name("aside"))
    folder.symlink_to("aside", target_is_directory=True)
    assert "link" in site.records()["weather"]["error"]


def test_a_lock_without_its_store_says_what_to_do(site: Site) -> None:
    locked = site.install()
    site.market.store.remove(locked.sha256)
    record = site.records()["weather"]
    assert "is not there" in record["error"]
    assert "lumos plugin install acme/weather" in record["error"]


def test_what_was_put_back_is_a_plugin_again(site: Site) -> None:
    locked = site.install()
    site.market.store.remove(locked.sha256)
    site.records()
    site.install()
    assert "error" not in site.records()["weather"]


def test_a_lock_that_cannot_be_read_is_told_as_one_broken_plugin(site: Site) -> None:
    site.install()
    site.market.lock.write_text("nonsense")
    assert "lumos.lock" in site.records()["lumos.lock"]["error"]
    site.market.lock.unlink()
    assert "lumos.lock" not in site.records()


def test_what_was_revoked_is_not_loaded(site: Site) -> None:
    locked = site.install()
    note_revoked(site.market, locked.index, {"f" * 64: "another"})
    assert "error" not in site.records()["weather"]
    note_revoked(site.market, locked.index, {locked.sha256: "it sends your keys home"})
    assert "revoked: it sends your keys home" in site.records()["weather"]["error"]
    assert "lumos plugin remove acme/weather" in site.records()["weather"]["error"]


def test_a_delivered_plugin_takes_no_built_ins_name(site: Site) -> None:
    site.install("acme_time")
    records = site.records()
    assert "error" not in records["time"]
    assert records["time"].get("origin") is None
    assert "already taken" in records["time (acme-time-1.0.0)"]["error"]


async def test_rights_agreed_to_at_the_install_hold_unless_lumos_toml_says_otherwise(site: Site) -> None:
    site.install(permissions="clock = true\nkv = true", granted=Permissions(clock=True, kv=True))
    async with Host(site.base / "lumos.toml") as host:
        assert host.plugins.grant("weather").effective == Permissions(clock=True, kv=True)
    (site.base / "lumos.toml").write_text("[plugins.weather.grant]\nclock = true\n")
    async with Host(site.base / "lumos.toml") as host:
        assert host.plugins.grant("weather").effective == Permissions(clock=True)
    (site.base / "lumos.toml").write_text("[plugins.weather.grant]\n")
    async with Host(site.base / "lumos.toml") as host:
        assert host.plugins.grant("weather").effective == Permissions()


async def test_a_lock_grants_no_more_than_the_plugin_asks_for(site: Site) -> None:
    site.install(permissions="clock = true", granted=Permissions(clock=True, tools=("*",)))
    async with Host(site.base / "lumos.toml") as host:
        assert host.plugins.grant("weather").effective == Permissions(clock=True)


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("", "jail"),
        ('[sandbox]\ntier = "process"\n', "jail"),
        ('[plugins.weather]\ntier = "process"\n', "process"),
    ],
)
async def test_it_runs_in_a_jail_unless_its_owner_says_so_of_it(site: Site, text: str, tier: str) -> None:
    site.install()
    (site.base / "lumos.toml").write_text(text)
    async with Host(site.base / "lumos.toml") as host:
        generation = host.plugins.get("weather").generation
        assert generation is not None
        assert generation.context.sandbox.tier == tier


async def test_a_component_that_changes_after_the_start_is_not_loaded(site: Site) -> None:
    locked = site.install()
    async with Host(site.base / "lumos.toml") as host:
        tamper(site.files(locked) / "plugin.wasm")
        with pytest.raises(LumosError, match="changed after it was verified") as e:
            await host.call_tool("weather.forecast", {})
        assert "lumos plugin install" in str(e.value.hint)


# --- plugins in Python


PYTHON = {"runtime": "python"}


async def test_a_plugin_in_python_is_imported_from_the_store_and_writes_nothing_there(site: Site) -> None:
    locked = site.install(**PYTHON)
    async with Host(site.base / "lumos.toml") as host:
        assert await host.call_tool("weather.forecast", {"place": "Rome"}) == "rain in Rome"
    assert not list(site.files(locked).rglob("__pycache__"))
    assert not any(str(site.market.store.root) in p for p in sys.path)


async def test_python_that_changes_after_the_start_is_not_run(site: Site) -> None:
    locked = site.install(**PYTHON)
    async with Host(site.base / "lumos.toml") as host:
        (site.files(locked) / "tools.py").write_text("raise SystemExit('it ran')")
        with pytest.raises(LumosError, match="changed after it was verified"):
            await host.call_tool("weather.forecast", {"place": "Rome"})


async def test_what_was_put_beside_it_is_not_imported(site: Site) -> None:
    locked = site.install(**PYTHON)
    (site.files(locked) / "extra.py").write_text("ran = True")
    async with Host(site.base / "lumos.toml") as host:
        await host.call_tool("weather.forecast", {"place": "Rome"})
        import importlib

        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("acme_weather.extra")


async def test_byte_code_that_was_put_there_is_not_run(site: Site) -> None:
    import importlib.util
    import py_compile

    locked = site.install(**PYTHON)
    source = site.files(locked) / "tools.py"
    evil = site.base / "evil.py"
    evil.write_text("def forecast(place: str) -> str:\n    return 'evil'\n")
    before = source.stat()
    os.utime(evil, ns=(before.st_atime_ns, before.st_mtime_ns))
    py_compile.compile(str(evil), importlib.util.cache_from_source(str(source)), doraise=True)
    async with Host(site.base / "lumos.toml") as host:
        assert await host.call_tool("weather.forecast", {"place": "Rome"}) == "rain in Rome"


async def test_a_package_of_that_name_that_is_installed_is_not_taken_for_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.install(**PYTHON)
    (site.base / "elsewhere" / "acme_weather").mkdir(parents=True)
    (site.base / "elsewhere" / "acme_weather" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(site.base / "elsewhere"))
    async with Host(site.base / "lumos.toml") as host:
        with pytest.raises(LumosError, match="another package of that name"):
            await host.call_tool("weather.forecast", {"place": "Rome"})


# --- a running host


async def test_a_running_host_takes_up_what_is_installed_updated_and_removed(site: Site) -> None:
    async with Host(site.base / "lumos.toml") as host:
        watching = asyncio.create_task(host.watch())
        try:
            await asyncio.sleep(0)
            site.install()
            await until(lambda: "weather" in host.plugins.plugins)
            site.install(version="1.1.0")
            await until(lambda: host.plugins.get("weather").version == "1.1.0")
            with site.market.store.guard():
                locks.write(site.market.lock, Lock())
            await until(lambda: "weather" not in host.plugins.plugins)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.05)
