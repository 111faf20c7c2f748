"""Wheels as our own builder writes them: let in, and the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.marketplace.wheels.making import component

from lumosai_marketplace.wheels import read_wheel
from lumosai_sdk.building import manifest, project, wheel
from lumosai_sdk.building.scaffold import scaffold

ROOT = Path(__file__).parents[3]
BUILT = sorted(ROOT.glob("plugins/*/.lumos/wasm/*/plugin.wasm"))


def write(folder: Path, wasm: bytes, text: str, out: Path) -> Path:
    out.mkdir()
    return wheel.write(project.read(folder), wasm, text, out)


@pytest.mark.parametrize("wasm", BUILT, ids=lambda p: p.parent.name)
def test_the_wheels_of_the_example_plugins_are_let_in(wasm: Path, tmp_path: Path) -> None:
    text = (wasm.parent / "lumos-plugin.toml").read_text(encoding="utf-8")
    first, second = (write(wasm.parents[3], wasm.read_bytes(), text, tmp_path / n) for n in ("a", "b"))
    found = read_wheel(first.name, first.read_bytes())
    assert first.read_bytes() == second.read_bytes()
    assert found.name.wire == wasm.parents[3].name
    assert found.component == wasm.read_bytes()
    assert found.readme.startswith("# ")


@pytest.mark.parametrize("language", ["python", "c"])
def test_the_wheel_of_a_new_plugin_is_let_in(language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "plugin"
    scaffold("tides", language, folder)
    what = project.read(folder)
    described = {"contributes": {"tool": [{"id": "tides.next", "description": "Tell the next high water."}]}}
    wasm = component("lumos:plugin/log@1.0.0")
    text = manifest.merged(what, described)
    first = write(folder, wasm, text, tmp_path / "a")
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    second = write(folder, wasm, text, tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    found = read_wheel(first.name, first.read_bytes())
    assert (found.name.screen, found.manifest.name) == ("lumosai/tides", "tides")
