from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.host.conftest import write_plugin

from lumosai.plugins import index

if TYPE_CHECKING:
    from tests.host.conftest import Site


@pytest.fixture(autouse=True)
def only_the_site(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(site.root), *(p for p in sys.path if "site-packages" not in p)])


def errors(tmp_path: Path) -> dict[str, str]:
    """Return each plugin's error by its distribution, twice the same: once built, once from the cache."""
    cache = str(tmp_path / "index.json")
    found = {r["dist"].partition("-")[0]: r.get("error", "") for r in index.load([], cache)}
    assert found == {r["dist"].partition("-")[0]: r.get("error", "") for r in index.load([], cache)}
    return found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("schema = ", "not TOML"),
        ("\ud800", "not TOML"),
        ("", "schema: Field required"),
        ('schema = 2\nname = "broken"\nversion = "1"\napi = ">=1"', "schema: Input should be 1"),
        ('schema = 1\nname = "Broken!"\nversion = "1"\napi = ">=1"', "name: String should match"),
        ('schema = 1\nname = "broken"\nversion = "one"\napi = ">=1"', "version: 'one' is not a version"),
        ('schema = 1\nname = "broken"\nversion = "1"\napi = "new"', "api: 'new' is not a version specifier"),
        ('schema = 1\nname = "broken"\nversion = "1"\napi = ">=1"\nx = 1', "x: Extra inputs are not permitted"),
        ('schema = 1\nname = "broken"\nversion = "1"\napi = ">=2"', "api: needs SDK API >=2, this host offers"),
        ('schema = 1\nname = "other"\nversion = "1"\napi = ">=1"', "name: is 'other', but the entry point is 'broken'"),
        (
            'schema=1\nname="broken"\nversion="1"\napi=">=1"\n[[contributes.tool]]\nid="time.now"\ntarget="a:b"',
            "tool id 'time.now' must be 'broken' or start with 'broken.'",
        ),
        (
            'schema = 1\nname = "broken"\nversion = "1"\napi = ">=1"\n[permissions]\nhttp = ["everything"]',
            "permissions: 'everything' is not an http permission",
        ),
    ],
)
def test_a_bad_manifest_says_file_and_key(site: Site, tmp_path: Path, text: str, said: str) -> None:
    manifest = site.install("broken") / "lumos-plugin.toml"
    manifest.write_bytes(text.encode("utf-8", "surrogatepass"))
    site.install("good")
    found = errors(tmp_path)
    assert said in found["lumos_test_broken"]
    assert "lumos-plugin.toml" in found["lumos_test_broken"]
    assert found["lumos_test_good"] == ""


def test_a_manifest_of_absurd_size_is_refused(site: Site, tmp_path: Path) -> None:
    (site.install("broken") / "lumos-plugin.toml").write_bytes(b"#" * (1024 * 1024 + 1))
    assert "larger than" in errors(tmp_path)["lumos_test_broken"]


def test_a_missing_manifest_is_named(site: Site, tmp_path: Path) -> None:
    manifest = site.install("broken") / "lumos-plugin.toml"
    manifest.unlink()
    assert errors(tmp_path)["lumos_test_broken"] == f"{manifest}: No such file or directory"


def test_a_module_is_no_package(site: Site, tmp_path: Path) -> None:
    (site.root / "lumos_test_flat.py").write_text("")
    site.declare("flat", "1.0", {"flat": "lumos_test_flat"})
    assert "there is no package 'lumos_test_flat' on sys.path" in errors(tmp_path)["flat"]


def names(tmp_path: Path) -> dict[str, str]:
    """Return the name each distribution's plugin is listed under, twice the same."""
    cache = str(tmp_path / "index.json")
    found = {r["dist"].partition("-")[0]: r["name"] for r in index.load([], cache)}
    assert found == {r["dist"].partition("-")[0]: r["name"] for r in index.load([], cache)}
    return found


@pytest.mark.parametrize("package", ["", "..", ".a", "a b", "\x00", "é", "x" * 5000, "/etc", "lumosai_sdk/../.."])
def test_an_entry_point_that_names_nonsense_is_an_error_and_no_crash(site: Site, tmp_path: Path, package: str) -> None:
    site.declare("odd", "1.0", {"odd": package})
    assert errors(tmp_path)["odd"]


def test_of_two_that_claim_a_name_the_first_holds_it_and_the_second_is_told(site: Site, tmp_path: Path) -> None:
    site.install("weather", dist="lumos_a", package="lumos_test_a")
    site.packages.clear()
    site.install("weather", dist="lumos_b", package="lumos_test_b")
    found = errors(tmp_path)
    assert found["lumos_a"] == ""
    assert "already taken by lumos_a-1.0.0; uninstall lumos_b-1.0.0 or lumos_a-1.0.0" in found["lumos_b"]
    assert names(tmp_path) == {"lumos_a": "weather", "lumos_b": "weather (lumos_b-1.0.0)"}


def test_a_stranger_cannot_take_the_name_of_a_built_in(site: Site, tmp_path: Path) -> None:
    site.install("calculator", dist="aaa", package="lumos_test_aaa")
    site.declare("lumosai", "0.1.0", {"calculator": "lumosai_plugins.calculator"})
    found = errors(tmp_path)
    assert found["lumosai"] == ""
    assert "already taken by lumosai-0.1.0" in found["aaa"]
    assert names(tmp_path) == {"lumosai": "calculator", "aaa": "calculator (aaa-1.0.0)"}


def test_a_name_that_begins_like_the_hosts_makes_no_built_in(site: Site, tmp_path: Path) -> None:
    site.install("calculator", dist="lumosai-evil", package="lumos_test_evil")
    site.declare("lumosai", "0.1.0", {"calculator": "lumosai_plugins.calculator"})
    records = {r["dist"]: r for r in index.load([], str(tmp_path / "index.json"))}
    assert "already taken by lumosai-0.1.0" in records["lumosai-evil-1.0.0"]["error"]
    assert [d for d, r in records.items() if index.is_built_in(r)] == ["lumosai-0.1.0"]


def test_every_plugin_has_a_name_of_its_own(tmp_path: Path) -> None:
    own = tmp_path / "own"
    for package in ("lumos_test_a", "lumos_test_b", "lumos_test_c"):
        write_plugin(own, "weather", package=package)
    found = [r["name"] for r in index.load([str(own)], str(tmp_path / "index.json"))]
    assert found == ["weather", f"weather (folder:{own})", f"weather (folder:{own}) 2"]


def test_a_broken_claim_does_not_keep_a_good_one_out(site: Site, tmp_path: Path) -> None:
    site.declare("aaa", "1.0", {"weather": "lumos_test_not_there"})
    site.install("weather")
    found = errors(tmp_path)
    assert found["lumos_test_weather"] == ""
    assert "already taken by lumos_test_weather-1.0.0" in found["aaa"]
