"""A tool that is missing is named, with the command that installs it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lumosai_sdk.building import steady, toolchain
from lumosai_sdk.building.steps import BuildError, run
from lumosai_sdk.building.toolchain import MissingToolError


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Make it a machine without any toolchain."""
    monkeypatch.setattr(toolchain, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_each_missing_tool_comes_with_its_command(bare: Path) -> None:
    for find, command in (
        (toolchain.componentize_py, "pip install componentize-py"),
        (lambda: toolchain.zig("C"), "pip install ziglang"),
        (toolchain.rustc, "apt install rustc libstd-rust-dev-wasm32"),
        (toolchain.node, "nodejs"),
        (lambda: toolchain.node_modules(bare, ("esbuild",)), "npm install --ignore-scripts esbuild"),
    ):
        with pytest.raises(MissingToolError) as e:
            find()
        assert command in (e.value.hint or "")


def test_a_rust_without_the_target_is_told_which(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "rustc"
    fake.write_text("#!/bin/sh\necho /nowhere/at/all\n")
    fake.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(fake))
    with pytest.raises(MissingToolError, match="wasm32-unknown-unknown"):
        toolchain.rustc()


def test_the_plugins_own_packages_come_first_and_then_the_shared_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "cache"))
    shared, own = tmp_path / "cache/toolchains/js/node_modules", tmp_path / "plugin/node_modules"
    for folder in (shared, own):
        (folder / "esbuild").mkdir(parents=True)
        (folder / "esbuild" / "package.json").write_text("{}")
    assert toolchain.node_modules(tmp_path / "plugin", ("esbuild",)) == own
    assert toolchain.node_modules(tmp_path / "other", ("esbuild",)) == shared


def test_the_lock_file_pins_everything_and_names_no_registry() -> None:
    lock = json.loads((toolchain.LOCK / "package-lock.json").read_text())
    packages = {k: v for k, v in lock["packages"].items() if k}
    assert all("integrity" in p and "resolved" not in p for p in packages.values())
    wanted = json.loads((toolchain.LOCK / "package.json").read_text())["dependencies"]
    assert {f"node_modules/{n}": v for n, v in wanted.items()} == {
        f"node_modules/{n}": packages[f"node_modules/{n}"]["version"] for n in wanted
    }


def test_a_compiler_sees_little_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    env = toolchain.environment(MORE="x")
    assert "OPENAI_API_KEY" not in env
    assert (env["SOURCE_DATE_EPOCH"], env["MORE"]) == ("315532800", "x")


def test_what_a_compiler_said_is_told(tmp_path: Path) -> None:
    code = "import sys; print('line\\n' * 100, 'the end'); sys.exit(1)"
    with pytest.raises(BuildError, match="the end") as e:
        run([sys.executable, "-c", code], cwd=tmp_path, env={}, what="it")
    assert len(e.value.message.splitlines()) < 40  # noqa: PLR2004
    with pytest.raises(BuildError, match="No such file"):
        run(["/no/such/compiler"], cwd=tmp_path, env={}, what="it")


def test_a_compiler_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lumosai_sdk.building.steps.BUILD_SECONDS", 0.05)
    with pytest.raises(BuildError, match="longer than"):
        run([sys.executable, "-c", "import time; time.sleep(30)"], cwd=tmp_path, env={}, what="it")


def test_where_time_cannot_stand_still_the_build_goes_on_without(bare: Path) -> None:
    assert steady.environment() == {}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="LD_PRELOAD is Linux")
def test_time_and_chance_stand_still_for_the_compiler_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ziglang")
    env = steady.environment()
    code = "import os, time; print(os.getrandom(8).hex(), time.time() > 1e9)"
    first, second = (
        subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert first != second
    assert first.endswith("True\n")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="seccomp is Linux")
def test_folders_are_read_whole_and_by_name_whoever_asks_the_kernel(tmp_path: Path) -> None:
    pytest.importorskip("ziglang")
    names = sorted(f"{n:x}-{'x' * (n % 200)}" for n in range(700))
    for name in reversed(names):
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    code = (
        "import json, os, sys; here = sys.argv[1]; open(here + '/made', 'w').close();"
        "print(json.dumps([os.listdir(here), os.listdir(here), os.listdir(here + '/empty'), os.path.isdir(here)]))"
    )
    argv = [sys.executable, "-c", code, str(tmp_path)]
    env = steady.environment(calls=True)
    assert env.keys() == {"LD_PRELOAD", "LUMOS_STEADY_CALLS"}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [sorted([*names, "empty", "made"])] * 2 + [[], True]
