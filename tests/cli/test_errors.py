from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lumosai.cli.commands import agents
from lumosai_sdk.errors import ConflictError

Cli = Callable[..., Any]


def raising(error: BaseException) -> Callable[[object], int]:
    def run(_: object) -> int:
        raise error

    return run


def test_errors_of_ours_say_what_to_do_next(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents, "run", raising(ConflictError("it is taken", hint="lumos runs")))
    done = cli("agents")
    assert (done.code, done.out) == (1, "")
    assert done.err == "lumos: it is taken\nhint: lumos runs\n"


def test_other_errors_are_told_without_a_traceback(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents, "run", raising(ZeroDivisionError("oh")))
    done = cli("agents")
    assert done.code == 1
    assert done.err.startswith("lumos: unexpected ZeroDivisionError: oh\nhint: LUMOS_DEBUG=1")
    assert "Traceback" not in done.err


def test_the_traceback_can_be_had(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMOS_DEBUG", "1")
    monkeypatch.setattr(agents, "run", raising(ConflictError("no")))
    assert "Traceback" in cli("agents").err


def test_messages_cannot_move_the_terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents, "run", raising(ConflictError("a\x1b[2Jb", hint="\x9b2J")))
    assert not {"\x1b", "\x9b"} & set(cli("agents").err)


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (SystemExit(7), 7), (SystemExit("x"), 1), (SystemExit(), 0)]
)
def test_exits(cli: Cli, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int) -> None:
    monkeypatch.setattr(agents, "run", raising(error))
    assert cli("agents").code == code


WITHOUT_SERVER = """
import sys
for name in ("starlette", "fastapi", "uvicorn"):
    sys.modules[name] = None
from lumosai.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", [["up"], ["up", "--workers", "2"], ["dev"]])
def test_what_serves_names_the_extra_it_needs(folder: Path, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SERVER, *command],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr.splitlines() == [
        "lumos: the HTTP service needs the extra 'server'",
        "hint: pip install 'lumosai[server]'",
    ]
    assert done.returncode == 1


def test_a_reader_that_stops_reading_ends_the_command_quietly() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as gone:
        done = subprocess.run(
            [sys.executable, "-m", "lumosai", "plugin", "list", "--json"],
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == ""


def test_a_terminal_without_the_character_gets_a_question_mark(process: Cli, scripted: object) -> None:
    done = process("run", "東京 \udc80"[:2], PYTHONIOENCODING="ascii")
    assert (done.code, done.out) == (0, "You said: ??\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[agents", "lumos.toml: not TOML"),
        ("[agents.a]\ntols = []\n", "lumos.toml:2: agents.a.tols: unknown key; did you mean 'tools'?"),
        ("plugins = 3\n", "lumos.toml:1: plugins"),
    ],
)
@pytest.mark.parametrize("command", [["agents"], ["run", "x"], ["tools"], ["config", "check"], ["chat"]])
def test_a_bad_configuration_is_told_with_file_and_line(
    cli: Cli, folder: Any, command: list[str], text: str, said: str
) -> None:
    (folder / "lumos.toml").write_text(text)
    done = cli(*command)
    assert done.code == 1
    assert said in done.err


@pytest.mark.parametrize("text", ["[agents", "plugins = 3\n", "host = []\n", "[plugins]\ntime = 1\n"])
def test_the_list_of_plugins_tells_it_too(cli: Cli, folder: Any, text: str) -> None:
    (folder / "lumos.toml").write_text(text)
    done = cli("plugin", "list")
    assert (done.code, done.out) == (1, "")
    assert "lumos.toml" in done.err


def test_a_bad_configuration_leaves_help_and_version_alone(cli: Cli, folder: Any) -> None:
    (folder / "lumos.toml").write_text("[agents")
    assert cli("--help").code == cli("--version").code == cli("run", "--help").code == 0


def test_a_configuration_that_is_not_there(cli: Cli) -> None:
    done = cli("agents", "--config", "nowhere.toml")
    assert done.code == 1
    assert "nowhere.toml: there is no such file" in done.err
    assert "hint: lumos init" in done.err
