# ruff: noqa: PLR2004
from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_knows_commands_options_and_plugins_commands(cli: Cli, shell: str) -> None:
    done = cli("completion", shell)
    assert done.code == 0
    for word in ("doctor", "output-schema", "resume", "moon"):
        assert word in done.out


def test_a_shell_nobody_knows(cli: Cli) -> None:
    done = cli("completion", "fsh")
    assert done.code == 2
    assert "did you mean 'fish'?" in done.err


def test_without_the_library_it_says_what_to_install(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    done = cli("completion", "bash")
    assert done.code == 1
    assert "hint: pip install shtab" in done.err


BASH = """
eval "$(lumos completion bash)"
complete_for() {{
  COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${{#COMP_LINE}}
  COMPREPLY=(); _shtab_lumos lumos "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD - 1]}}"
  printf '%s\\n' "${{COMPREPLY[@]}}"
}}
complete_for {words}
"""


def completed(*words: str) -> set[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = BASH.format(words=" ".join(f"'{w}'" for w in words))
    done = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PATH": path},
        check=False,
    )
    return set(done.stdout.split())


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes(scripted: Path) -> None:
    assert {"run", "runs"} == completed("lumos", "ru")
    assert {"doctor"} == completed("lumos", "plugin", "do")
    assert {"calculator", "console"} <= completed("lumos", "plugin", "info", "c")
    assert {"careful", "curious"} == completed("lumos", "chat", "c")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_a_plugins_name_is_not_expanded_by_the_shell(folder: Path, configure: Callable[..., Path]) -> None:
    for name in ("$(touch pwned)", "`touch pwned`"):
        root = folder / "plugins" / name
        root.mkdir(parents=True)
        (root / "lumos-plugin.toml").write_text("nonsense")
    configure(host='plugin_paths = ["plugins"]')
    assert "calculator" in completed("lumos", "plugin", "info", "")
    assert not (folder / "pwned").exists()
