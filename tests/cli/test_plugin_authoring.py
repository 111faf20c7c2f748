"""``lumos plugin new``, ``build``, ``test`` and ``dev``: what authors do all day."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from lumosai.cli.commands.plugin_authoring import LANGUAGES
from lumosai.cli.plugins.source import source
from lumosai.cli.plugins.targets import _is_from
from lumosai.cli.plugins.watching import changes, sources
from lumosai_sdk.errors import InputError

pytest.importorskip("wasmtime")

Cli = Callable[..., Any]
needs_zig = pytest.mark.skipif(
    find_spec("ziglang") is None and shutil.which("zig") is None, reason="Zig is not installed"
)


@pytest.fixture
def new(cli: Cli, folder: Path) -> Callable[[str], Path]:
    def make(language: str) -> Path:
        assert cli("plugin", "new", "counter", "--lang", language).code == 0
        return folder / "counter"

    return make


# --- new


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_plugin_and_what_to_do_with_it(cli: Cli, folder: Path, language: str) -> None:
    done = cli("plugin", "new", "counter", "--lang", language)
    assert done.code == 0
    assert done.out.endswith("next:\n  cd counter\n  lumos plugin test\n  lumos plugin dev\n")
    made = [line.removeprefix("made ") for line in done.out.splitlines() if line.startswith("made ")]
    assert made
    assert all((folder / name).is_file() for name in made)
    where = source(folder / "counter")
    assert (where.manifest.name, where.language) == ("counter", language)
    assert where.runtimes == (("python", "wasm") if language == "python" else ("wasm",))


@pytest.mark.parametrize(("said", "meant"), [("ts", "js"), ("TypeScript", "js"), ("py", "python"), ("Zig", "zig")])
def test_a_language_has_several_names(cli: Cli, said: str, meant: str) -> None:
    assert cli("plugin", "new", "counter", "--lang", said, "--json").json["language"] == meant


def test_nobody_is_asked_where_nobody_is(cli: Cli) -> None:
    assert cli("plugin", "new", "counter", "--json").json["language"] == "python"


def test_what_is_there_is_not_touched(cli: Cli, folder: Path) -> None:
    (folder / "counter").mkdir()
    (folder / "counter" / "mine.txt").write_text("mine")
    done = cli("plugin", "new", "counter", "--lang", "c")
    assert (done.code, done.out) == (1, "")
    assert "there is something already: counter" in done.err
    assert [p.name for p in (folder / "counter").iterdir()] == ["mine.txt"]
    (folder / "link").symlink_to(folder / "counter")
    assert cli("plugin", "new", "other", "--folder", "link").code == 1


def test_a_plugin_that_is_to_be_published_is_named_for_its_namespace(cli: Cli, folder: Path) -> None:
    assert cli("plugin", "new", "acme/counter", "--lang", "c", "--json").json["folder"] == str(folder / "counter")
    assert 'name = "acme-counter"' in (folder / "counter" / "pyproject.toml").read_text()
    assert 'name = "counter"' in (folder / "counter" / "acme_counter" / "lumos-plugin.toml").read_text()


@pytest.mark.parametrize("name", ["My Plug", "9lives", "../up", "Acme/up", "a/b/c", "a" * 65])
def test_a_bad_name_comes_with_a_better_one(cli: Cli, folder: Path, name: str) -> None:
    done = cli("plugin", "new", name)
    assert done.code == 1
    assert "hint: lumos plugin new " in done.err
    assert list(folder.iterdir()) == []


# --- build


@needs_zig
def test_a_build_tells_what_came_out(cli: Cli, new: Callable[[str], Path]) -> None:
    folder = new("c")
    told = cli("plugin", "build", str(folder), "--check", "--json").json
    assert told["reproducible"] is True
    assert {Path(f["path"]).suffix for f in told["files"]} == {".whl", ".wasm", ".toml"}
    assert all(len(f["sha256"]) == 64 and f["size"] for f in told["files"])
    assert told["contributes"] == {"tool": ["counter.count"]}
    out = cli("plugin", "build", str(folder), "--no-compile").out
    assert "gives    tool counter.count" in out
    done = cli("plugin", "run", str(folder / "dist" / "plugin.wasm"), '{"text": "a b"}', "--tier", "process", "--json")
    assert done.json["result"] == {"words": 2, "characters": 3, "lines": 1}


@needs_zig
def test_a_build_that_fails_says_what_the_compiler_said(cli: Cli, new: Callable[[str], Path]) -> None:
    folder = new("c")
    with (folder / "src" / "plugin.c").open("a") as f:
        f.write("int x\n")
    done = cli("plugin", "build", str(folder))
    assert (done.code, done.out) == (1, "")
    assert "expected ';'" in done.err
    assert not (folder / "dist" / "plugin.wasm").exists()


def test_there_is_nothing_to_build_in_a_package_that_runs_as_it_is(cli: Cli, add_plugin: Callable[..., Path]) -> None:
    done = cli("plugin", "build", str(add_plugin("plain")))
    assert done.code == 1
    assert "nothing to build" in done.err


def test_a_missing_folder_or_project_is_named(cli: Cli, folder: Path) -> None:
    assert "there is no folder" in cli("plugin", "build", "none").err
    assert "pyproject.toml" in cli("plugin", "build", str(folder)).err


# --- test


@needs_zig
def test_the_plugins_own_tests_run_on_what_was_built(process: Cli, new: Callable[[str], Path]) -> None:
    folder = new("c")
    done = process("plugin", "test", str(folder), "--", "-q", "-k", "test_counts", "-p", "no:cacheprovider")
    assert done.code == 0, done.out + done.err
    assert "4 passed" in done.out
    assert (folder / ".lumos" / ".gitignore").read_text() == "*\n"
    done = process("plugin", "test", str(folder), "--no-build", "--", "-q", "-k", "no_such_test")
    assert done.code == 1


def test_the_plugins_own_tests_run_on_its_sources(process: Cli, new: Callable[[str], Path]) -> None:
    folder = new("python")
    words = ("plugin", "test", str(folder), "--runtime", "python", "--", "-q", "-v", "-k", "test_counts")
    done = process(*words)
    assert done.code == 0, done.out + done.err
    assert "4 passed" in done.out


def test_a_runtime_the_plugin_has_not_is_refused(cli: Cli, new: Callable[[str], Path]) -> None:
    done = cli("plugin", "test", str(new("c")), "--runtime", "python")
    assert done.code == 1
    assert "it can in: wasm" in done.err


def test_without_a_build_there_is_nothing_to_test(cli: Cli, new: Callable[[str], Path]) -> None:
    assert "nothing was built before" in cli("plugin", "test", str(new("c")), "--no-build").err


# --- dev


def test_sources_are_what_people_write(tmp_path: Path) -> None:
    for name in ("a.py", "src/b.zig", "dist/c.py", ".git/d", "node_modules/e.js", "x.wasm", "f.py~"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert set(sources(tmp_path)) == {"a.py", "src/b.zig"}


@pytest.mark.parametrize("polling", [True, False])
async def test_a_saved_source_is_noticed(tmp_path: Path, polling: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if polling:
        monkeypatch.setattr("lumosai.cli.plugins.watching.find_spec", lambda _: None)
        monkeypatch.setattr("lumosai.cli.plugins.watching.POLL_SECONDS", 0.02)
    seen = changes(tmp_path)
    first = asyncio.ensure_future(anext(seen))
    await asyncio.sleep(0.3)
    (tmp_path / "out.wasm").write_text("not a source")
    (tmp_path / "a.py").write_text("x = 1")
    assert await asyncio.wait_for(first, 20) == ["a.py"]
    await seen.aclose()


def test_a_source_that_is_no_python_is_not_taken_up(new: Callable[[str], Path]) -> None:
    where = source(new("python"))
    where.check()
    (where.home / "tools.py").write_text("def f(:\n")
    with pytest.raises(InputError, match=r"lumosai_counter/tools\.py:1: "):
        where.check()


def test_the_running_host_must_have_it_from_here(tmp_path: Path) -> None:
    root = tmp_path / ".lumos" / "wasm" / "pkg"
    root.mkdir(parents=True)
    assert _is_from(f"folder:{root.parent}", root)
    assert not _is_from(f"folder:{tmp_path}", root)
    assert not _is_from("pkg-1.0", root)
    native = tmp_path / ".lumos" / "native" / "pkg"
    assert _is_from("pkg-1.0", native)
    native.parent.mkdir(parents=True)
    (tmp_path / "mine" / "pkg").mkdir(parents=True)
    native.symlink_to(tmp_path / "mine" / "pkg")
    assert _is_from(f"folder:{tmp_path / 'mine'}", native)


def read_until(process: subprocess.Popen[str], words: str, said: list[str]) -> None:
    assert process.stdout is not None
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        said.append(line)
        if words in line:
            return
        if not line:
            break
    pytest.fail(f"{words!r} was not said: {''.join(said)}")


@pytest.mark.usefixtures("measured")
def test_what_is_saved_is_what_is_called(new: Callable[[str], Path], folder: Path) -> None:
    where = source(new("python"))
    (folder / "lumos.toml").write_text("[server]\nport = 0\n[host]\nmonitors = []\n")
    tools = where.home / "tools.py"
    tools.write_text(
        'from lumosai_sdk import tool\n\n\n@tool\ndef count(text: str) -> str:\n    "One."\n    return "one"\n'
    )
    words = ["plugin", "dev", str(where.folder), "--alone", "--call", "counter.count", "--with", '{"text": "x"}']
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "lumosai", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(os.environ),
    )
    said: list[str] = []
    try:
        read_until(process, "one", said)
        tools.write_text(tools.read_text().replace('return "one"', 'return "two!"'))
        read_until(process, "two!", said)
        tools.write_text(tools.read_text().replace("return", "retrun"))
        read_until(process, "the version before goes on", said)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=20)
        assert process.returncode == 0, rest
        assert rest.endswith("stopped\n")
    finally:
        process.kill()
        process.wait()
