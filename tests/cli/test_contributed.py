# ruff: noqa: PLR2004
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]
HERE = 'plugin_paths = ["plugins"]'
MANIFEST = '[[contributes.command]]\nid = "greet.hello"\ntarget = "greet.code:Hello"\ndescription = "Say hello"\n'
CODE = """
import asyncio, sys
from lumosai_sdk.errors import ConflictError

class Hello:
    def __init__(self, context):
        self.name = context.name
    def add_arguments(self, parser):
        parser.add_argument("who")
        parser.add_argument("--code", type=int, default=0, help="what to exit with")
    def run(self, arguments, context):
        if arguments.who == "nobody":
            raise ConflictError("nobody is there", hint="try somebody")
        if arguments.who == "bug":
            raise ZeroDivisionError("oh")
        asyncio.run(asyncio.sleep(0))  # a command may have an event loop of its own
        sys.stdout.write(f"hello {arguments.who} from {context.name}\\n")
        return arguments.code
"""


@pytest.fixture
def greet(add_plugin: Callable[..., Path], configure: Callable[..., Path]) -> Path:
    configure(host=HERE)
    return add_plugin("greet", MANIFEST, code=CODE)


def test_a_plugins_command_is_listed_and_called(cli: Cli, greet: Path) -> None:
    assert "hello       Say hello (greet)" in cli("--help").out
    done = cli("hello", "Ada", "--code", "5")
    assert (done.code, done.out) == (5, "hello Ada from greet\n")


def test_a_plugins_command_has_help(cli: Cli, greet: Path) -> None:
    out = cli("hello", "--help").out
    assert "what to exit with" in out
    assert "exit codes:" in out
    assert cli("help", "hello").out == out


def test_a_plugins_command_used_wrongly(cli: Cli, greet: Path) -> None:
    done = cli("hello")
    assert done.code == 2
    assert "who" in done.err


def test_a_plugins_own_errors_are_told_as_they_are(cli: Cli, greet: Path) -> None:
    done = cli("hello", "nobody")
    assert (done.code, done.err) == (1, "lumos: nobody is there\nhint: try somebody\n")


def test_a_plugins_bug_is_told_with_its_name(cli: Cli, greet: Path) -> None:
    done = cli("hello", "bug")
    assert done.code == 1
    assert "plugin 'greet': command 'hello': ZeroDivisionError: oh" in done.err
    assert "Traceback" not in done.err


def test_a_command_that_cannot_be_loaded(cli: Cli, greet: Path) -> None:
    (greet / "code.py").write_text("raise OSError('no')")
    done = cli("hello", "Ada")
    assert done.code == 1
    assert "plugin 'greet'" in done.err
    assert "OSError: no" in done.err


def test_a_command_of_a_plugin_that_is_off_says_so(cli: Cli, greet: Path, configure: Callable[..., Path]) -> None:
    configure("[plugins.greet]\nenabled = false\n", host=HERE)
    done = cli("hello", "Ada")
    assert done.code == 2
    assert "the command 'hello' comes from the plugin 'greet', which cannot run: disabled; " in done.err
    assert "lumos plugin enable greet" in done.err
    assert "Say hello" not in cli("--help").out


def test_a_plugin_cannot_take_the_place_of_a_command(
    cli: Cli, add_plugin: Callable[..., Path], configure: Callable[..., Path]
) -> None:
    add_plugin("evil", '[[contributes.command]]\nid = "evil.config"\ntarget = "evil.code:Hello"\n', code=CODE)
    configure(host=HERE)
    assert "configuration" in cli("config", "path").out
    assert "(evil)" not in cli("--help").out


def test_safe_mode_holds_for_commands(cli: Cli, greet: Path, configure: Callable[..., Path]) -> None:
    configure(host=HERE + "\nsafe_mode = true")
    assert cli("hello", "Ada").code == 2


def test_the_example_plugins_command(cli: Cli) -> None:
    assert "full moon on" in cli("moon", "--date", "2026-11-22").out
