"""The command line in a folder of its own: nothing of the developer's machine, one plugin index for all tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lumosai.cli.main import main

# Whether a process is measured is told by its environment; tests/conftest.py takes that away from those that tests
# start, because some of them are about imports. Most of what is started here is code of ours like any other.
MEASURED = {k: v for k, v in os.environ.items() if k == "COVERAGE_PROCESS_CONFIG"}

SCRIPT = """
[host]
monitors = []
{host}

[models]
default = "scripted/script"

[agents.assistant]
description = "Adds up"
tools = ["calculator.*", "time.now"]

[agents.careful]
tools = ["calculator.*"]
approve = ["calculator.*"]

[agents.curious]
tools = ["ask.*"]

[[plugins.scripted.settings.rules]]
match = "times"
on = "user"
tool = "calculator.evaluate"
arguments = {{ expression = "6 * 7" }}

[[plugins.scripted.settings.rules]]
match = "who am i"
on = "user"
tool = "ask.person"
arguments = {{ question = "What is your name?" }}

[[plugins.scripted.settings.rules]]
on = "tool"
reply = "It is {{input}}."

[[plugins.scripted.settings.rules]]
match = "fail"
error = {{ kind = "auth", message = "the key is refused" }}

[[plugins.scripted.settings.rules]]
match = "escape"
reply = "\\u001b[31mred \\u001b]0;title\\u0007 \\u009b2J done"

[[plugins.scripted.settings.rules]]
match = "slow"
delay = 60
reply = "never"

[[plugins.scripted.settings.rules]]
match = "json"
reply = '{{"city": "Rome"}}'

[[plugins.scripted.settings.rules]]
reply = "You said: {{input}}"
"""


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Done]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the plugin index of the tests is kept."""
    return tmp_path_factory.mktemp("index")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in an empty folder, with homes and caches elsewhere than the developer's."""
    here = tmp_path / "work"
    here.mkdir()
    monkeypatch.chdir(here)
    for name in ("COLUMNS", "LUMOS_DEBUG", "LUMOS_CONFIG", "NO_COLOR", "LUMOS_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LUMOS_CACHE", str(cache))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    before = list(sys.path)
    yield here
    sys.path[:] = before
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run a command line in this process."""

    def run(*words: str) -> Done:
        capsys.readouterr()
        code = main(words)
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return run


@pytest.fixture
def configure(folder: Path) -> Callable[..., Path]:
    """Write ``lumos.toml``: agents on a scripted model, and what a test adds."""

    def write(more: str = "", host: str = "") -> Path:
        path = folder / "lumos.toml"
        path.write_text(SCRIPT.format(host=host) + more, encoding="utf-8")
        return path

    return write


@pytest.fixture
def scripted(configure: Callable[..., Path]) -> Path:
    """The configuration of agents on a scripted model."""
    return configure()


@pytest.fixture
def add_plugin(folder: Path) -> Callable[..., Path]:
    """Write a plugin into ``plugins/``: its manifest's body, and its modules."""

    def add(name: str, manifest: str = "", version: str = "1.0.0", **modules: str) -> Path:
        root = folder / "plugins" / name
        root.mkdir(parents=True, exist_ok=True)
        head = f'schema = 1\nname = "{name}"\nversion = "{version}"\napi = ">=1.0,<2"\n'
        (root / "lumos-plugin.toml").write_text(head + manifest, encoding="utf-8")
        for module, code in {"__init__": "", **modules}.items():
            (root / f"{module}.py").write_text(code, encoding="utf-8")
        return root

    return add


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the processes that the test starts count for coverage, as far as the test itself does."""
    for name, value in MEASURED.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def process(measured: None) -> Cli:
    """Run a command line in a process of its own."""

    def run(*words: str, stdin: str | None = None, timeout: float = 60, **env: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "lumosai", *words],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, **env},
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run
