# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.host.conftest import Site, write_plugin

from lumosai.plugins import build, index


@pytest.fixture
def cache(tmp_path: Path) -> str:
    return str(tmp_path / "cache" / "index.json")


@pytest.fixture(autouse=True)
def only_the_site(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(site.root), *(p for p in sys.path if "site-packages" not in p)])


def load(cache: str, *paths: Path) -> dict[str, Any]:
    return {r["name"]: r for r in index.load([str(p) for p in paths], cache)}


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows by one whenever the slow path is taken."""
    times: list[int] = []
    real = build.build

    def counted(cache: str, found: list[list[str]], delivered: index.Delivered | None) -> list[dict[str, Any]]:
        times.append(len(found))
        return real(cache, found, delivered)

    monkeypatch.setattr(build, "build", counted)
    return times


def test_a_cold_start_reads_manifests_and_a_warm_one_the_cache(site: Site, cache: str, builds: list[int]) -> None:
    site.install("weather")
    cold = load(cache)
    assert cold["weather"]["contributes"]["tool"][0]["id"] == "weather.which"
    assert cold["weather"]["dist"] == "lumos_test_weather-1.0.0"
    assert load(cache) == cold
    assert builds == [1]


def test_a_changed_manifest_is_read_again(site: Site, cache: str, builds: list[int]) -> None:
    root = site.install("weather")
    load(cache)
    manifest = root / "lumos-plugin.toml"
    manifest.write_text(manifest.read_text().replace("1.0.0", "1.0.1"))
    assert load(cache)["weather"]["version"] == "1.0.1"
    assert len(builds) == 2


def test_installs_and_removals_are_seen(site: Site, cache: str) -> None:
    site.install("weather")
    assert set(load(cache)) == {"weather"}
    site.install("tides")
    assert set(load(cache)) == {"weather", "tides"}
    site.uninstall("weather")
    assert set(load(cache)) == {"tides"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"format": 999}',
        b"[" * 100_000,
        b'{"format": 1, "api": "1.0", "found": null, "files": [[1]], "plugins": []}',
    ],
)
def test_a_cache_that_makes_no_sense_is_made_anew(site: Site, cache: str, content: bytes) -> None:
    site.install("weather")
    expected = load(cache)
    Path(cache).write_bytes(content)
    assert load(cache) == expected
    assert json.loads(Path(cache).read_text())["plugins"][0]["name"] == "weather"


@pytest.mark.parametrize("broken", [[{}], ["weather"], {"a": 1}, None, [{"name": 1}]])
def test_a_cache_of_the_right_key_and_wrong_contents_is_made_anew(site: Site, cache: str, broken: object) -> None:
    site.install("weather")
    expected = load(cache)
    data = json.loads(Path(cache).read_text())
    Path(cache).write_text(json.dumps({**data, "plugins": broken}))
    assert load(cache) == expected


def test_a_cache_that_cannot_be_written_costs_time_only(site: Site, tmp_path: Path, builds: list[int]) -> None:
    site.install("weather")
    (tmp_path / "file").write_text("not a folder")
    unwritable = str(tmp_path / "file" / "index.json")
    assert set(load(unwritable)) == set(load(unwritable)) == {"weather"}
    assert len(builds) == 2


def test_the_cache_is_private(site: Site, cache: str) -> None:
    site.install("weather")
    load(cache)
    assert Path(cache).parent.stat().st_mode & 0o077 == 0


def test_a_manifest_that_appears_later_is_found(site: Site, cache: str) -> None:
    root = site.install("weather")
    manifest = root / "lumos-plugin.toml"
    text = manifest.read_text()
    manifest.unlink()
    assert "lumos-plugin.toml" in load(cache)["weather"]["error"]
    manifest.write_text(text)
    assert "error" not in load(cache)["weather"]


def test_a_package_that_appears_later_is_found(site: Site, cache: str) -> None:
    site.declare("lumos_test_late", "1.0", {"late": "lumos_test_late"})
    assert "there is no package 'lumos_test_late'" in load(cache)["late"]["error"]
    site.install("late", "1.0")
    assert "error" not in load(cache)["late"]


def test_of_two_folders_on_the_path_the_first_holds_the_distribution(
    site: Site, cache: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = Site(tmp_path / "second")
    second.install("weather", "0.1.0")
    second.install("tides", "0.2.0")
    site.install("weather", "1.0.0")
    monkeypatch.setattr(sys, "path", [*sys.path, str(second.root)])
    found = load(cache)
    assert (found["weather"]["version"], found["tides"]["version"]) == ("1.0.0", "0.2.0")
    assert [r["name"] for r in index.load([], cache)].count("weather") == 1


def test_the_same_distribution_in_another_folder_is_another_plugin(
    site: Site, cache: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = site.install("weather")
    assert load(cache)["weather"]["root"] == str(root)
    elsewhere = Site(tmp_path / "elsewhere")
    there = elsewhere.install("weather")
    monkeypatch.setattr(sys, "path", [str(elsewhere.root), *sys.path])
    assert load(cache)["weather"]["root"] == str(there)


def test_what_pip_leaves_in_the_middle_of_an_upgrade_is_passed_over(site: Site, cache: str) -> None:
    site.install("weather")
    site.declare("~umos_test_weather", "0.9.0", {"weather": "lumos_test_weather"})
    assert load(cache)["weather"]["dist"] == "lumos_test_weather-1.0.0"


def test_metadata_that_cannot_be_read_is_passed_over(site: Site, cache: str) -> None:
    info = site.declare("bad", "1.0", {})
    (info / "entry_points.txt").write_bytes(b"\xff[lumosai.plugins]\n")
    (site.root / "none-1.0.dist-info").mkdir()
    site.install("weather")
    assert set(load(cache)) == {"weather"}


def test_loose_folders_are_plugins_uninstalled(site: Site, cache: str, tmp_path: Path) -> None:
    loose = tmp_path / "loose"
    write_plugin(loose, "own")
    (loose / "no_manifest").mkdir()
    record = load(cache, loose)["own"]
    assert (record["dist"], record["folder"]) == (f"folder:{loose}", str(loose))
    assert load(cache, tmp_path / "missing") == {}


def test_nothing_of_a_plugin_is_imported_to_learn_of_it(site: Site, cache: str) -> None:
    bomb = {"__init__.py": "raise SystemExit('imported')", "code.py": "raise SystemExit('imported')"}
    site.install("bomb", files=bomb)
    (site.root / "lumos_test_outer").mkdir()
    (site.root / "lumos_test_outer" / "__init__.py").write_text("raise SystemExit('parent imported')")
    site.install("inner", package="lumos_test_outer.deep.inner", files=bomb)
    before = set(sys.modules)
    found = load(cache)
    assert {n: r.get("error") for n, r in found.items()} == {"bomb": None, "inner": None}
    assert not [m for m in set(sys.modules) - before if m.startswith("lumos_test_")]


def test_an_editable_install_is_found_through_its_finder(
    site: Site, cache: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.machinery

    source = tmp_path / "source"
    root = write_plugin(source, "edit")
    site.declare("lumos_test_edit", "1.0.0", {"edit": "lumos_test_edit"})

    class Broken:
        def find_spec(self, name: str, path: object) -> None:
            raise RuntimeError("a stranger's finder")

    class Finder:
        def find_spec(self, name: str, path: object) -> importlib.machinery.ModuleSpec | None:
            return importlib.machinery.PathFinder.find_spec(name, [str(source)])

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Broken(), Finder()])
    assert load(cache)["edit"]["root"] == str(root)


def test_a_pth_install_is_found(site: Site, cache: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_plugin(tmp_path / "src", "pth")
    site.declare("lumos_test_pth", "1.0.0", {"pth": "lumos_test_pth"})
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "src")])
    assert "error" not in load(cache)["pth"]


def test_the_cache_belongs_to_one_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path))
    here = index.cache_path()
    monkeypatch.setattr(sys, "prefix", "/elsewhere")
    assert Path(here).parent == Path(index.cache_path()).parent == tmp_path
    assert here != index.cache_path()
    monkeypatch.delenv("LUMOS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert index.cache_path().startswith(str(tmp_path / "xdg" / "lumosai"))
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert index.cache_path().startswith(str(tmp_path / "home" / ".cache" / "lumosai"))
