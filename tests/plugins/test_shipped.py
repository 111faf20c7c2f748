"""The sandboxed plugins of this repository: built, whole, and the same each time."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lumosai_sandbox.building import Builder
from lumosai_sdk.building import build
from lumosai_sdk.manifest import FILE_NAME, load

ROOT = Path(__file__).parents[2]


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_plugins", ROOT / "tools" / "build_plugins.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["build_plugins"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool: Any = _tool()
FOLDERS: list[Path] = tool.folders()
QUICK = [f for f in FOLDERS if tool.language(f) in {"c", "zig"}]
SLOW = [f for f in FOLDERS if f not in QUICK]


def staged(folder: Path) -> Path:
    found: Path = folder / ".lumos" / "wasm" / tool.package(folder)
    if not (found / FILE_NAME).is_file():
        lacking = "it needs Node" if tool.language(folder) == "js" else "run: make plugins"
        assert not os.environ.get("CI"), f"{folder.name} is not built: {lacking}"
        pytest.skip(f"{folder.name} is not built: {lacking}")
    return found


def test_there_is_one_for_each_language() -> None:
    assert sorted(tool.language(f) for f in FOLDERS) == ["c", "js", "js", "python", "zig"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_each_has_what_a_reader_looks_for_and_nothing_that_was_built(folder: Path) -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("what is committed is known by git")
    said = subprocess.run([git, "ls-files", "."], cwd=folder, capture_output=True, text=True, check=True).stdout.split()
    assert {"README.md", "pyproject.toml", f"{tool.package(folder)}/{FILE_NAME}"} <= set(said)
    assert [n for n in said if n.endswith((".wasm", ".whl", ".code"))] == []
    assert [n for n in said if n.startswith("tests/test_")] != []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_each_runs_in_the_sandbox_only_and_says_what_its_tools_take(folder: Path) -> None:
    assert load(folder / tool.package(folder) / FILE_NAME).runtime == "wasm"
    manifest = load(staged(folder) / FILE_NAME)
    assert manifest.runtime == "wasm"
    assert manifest.contributes.tool
    for contribution in manifest.contributes.tool:
        assert contribution.description
        assert contribution.input_schema
        assert contribution.output_schema


@pytest.fixture
def again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Path]:
    monkeypatch.setenv("LUMOS_CACHE", os.environ.get("LUMOS_CACHE", str(ROOT / ".venv" / "lumos")))
    return lambda folder: build(folder, out=tmp_path / "out", sandbox=Builder(tmp_path / "cache"), pack=False).wasm


@pytest.mark.parametrize("folder", QUICK, ids=lambda f: f.name)
def test_a_second_build_gives_the_same_bytes(folder: Path, again: Callable[[Path], Path]) -> None:
    assert again(folder).read_bytes() == (staged(folder) / "plugin.wasm").read_bytes()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("folder", SLOW, ids=lambda f: f.name)
def test_a_second_build_that_takes_longer_gives_the_same_bytes(folder: Path, again: Callable[[Path], Path]) -> None:
    assert again(folder).read_bytes() == (staged(folder) / "plugin.wasm").read_bytes()


async def test_one_of_them_in_the_default_tier(lumos_host: Any) -> None:
    folder = staged(next(f for f in FOLDERS if tool.language(f) == "c"))
    paths = {"plugin_paths": [folder.parent]}
    sandbox = {"cache": folder.parents[1] / "cache", "without_jail": "degrade"}
    async with lumos_host(host=paths, sandbox=sandbox) as host:
        assert (await host.call_tool("hash.digest", {"text": "abc", "algorithm": "crc32"}))["digest"] == "352441c2"
