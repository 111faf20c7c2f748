# ruff: noqa: PLR2004
from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lumosai.cli.exits import MEANINGS
from lumosai.cli.parser import Parser, build_parser
from lumosai.cli.table import COMMANDS, GROUPS

Cli = Callable[..., Any]


def leaves(parser: Parser) -> Iterator[Parser]:
    for made in parser.commands.values():
        yield made
        yield from leaves(made)


ALL = {p.prog: p for p in leaves(build_parser())}


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_help_an_example_and_its_exit_codes(name: str) -> None:
    text = ALL[name].format_help()
    assert ALL[name].description
    examples, _, exits = (ALL[name].epilog or "").partition("exit codes:")
    assert "lumos " in examples
    for code in (0, 1, 2, 130):
        assert f"\n  {code:<4} " in f"\n{exits}", f"{name} does not document exit code {code}"
    assert "usage: lumos" in text


@pytest.mark.parametrize("name", ALL)
def test_every_option_says_what_it_does(name: str) -> None:
    for action in ALL[name]._actions:
        assert action.help or isinstance(action, argparse._SubParsersAction), f"{name}: {action.dest}"


@pytest.mark.parametrize("name", ["lumos run", "lumos runs resume"])
def test_commands_that_may_be_suspended_document_that_exit_code(name: str) -> None:
    assert f"3    {MEANINGS[3]}" in str(ALL[name].epilog)


LISTINGS = [
    "agents list",
    "agents versions",
    "models list",
    "plugin list",
    "runs list",
    "threads list",
    "tools list",
    "config show",
    "plugin info",
]


@pytest.mark.parametrize("name", LISTINGS)
def test_every_listing_has_json(name: str) -> None:
    assert "--json" in ALL[f"lumos {name}"].format_help()


@pytest.mark.parametrize("name", ALL)
def test_every_examples_first_words_are_a_command(name: str) -> None:
    for line in str(ALL[name].epilog).partition("exit codes:")[0].splitlines():
        words = line.partition("lumos ")[2].split()
        assert not words or words[0].rstrip(")") in COMMANDS, line


def test_every_command_stands_in_a_group_of_the_overview(cli: Cli) -> None:
    done = cli()
    assert done.code == 0
    assert {c.group for c in COMMANDS.values()} == set(GROUPS)
    for name, command in COMMANDS.items():
        assert f"  {name:<12}{command.help}" in done.out


def test_the_overview_fits_80_columns(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert max(len(line) for line in cli("--help").out.splitlines()) <= 80


@pytest.mark.parametrize("words", [["help", "runs"], ["runs", "--help"], ["runs", "-h"]])
def test_help_is_where_people_look_for_it(cli: Cli, words: list[str]) -> None:
    done = cli(*words)
    assert done.code == 0
    assert "usage: lumos runs" in done.out


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        (["rnu"], "there is no command 'rnu'; did you mean 'run'?", "lumos --help"),
        (["qqqq"], "there is no command 'qqqq'", "lumos --help"),
        (["plugin", "lst"], "there is no 'lst' here; did you mean 'list'?", "lumos plugin --help"),
        (["plugin", "zzz"], "there are: list, info", "lumos plugin --help"),
        (["plugin", "list", "--jsn"], "did you mean '--json'?", "lumos plugin list --help"),
        (["runs", "--stats", "failed"], "did you mean '--status'?", "lumos runs list --help"),
        (["runs", "list", "--status", "fail"], "did you mean 'failed'?", "lumos runs list --help"),
        (["plugin", "info"], "NAME", "lumos plugin info --help"),
        (["up", "--port", "99999"], "from 0 to 65535", "lumos up --help"),
        (["runs", "-n", "0"], "from 1 to 1000", "lumos runs list --help"),
    ],
)
def test_wrong_usage_says_what_is_near_and_exits_with_2(cli: Cli, words: list[str], said: str, hint: str) -> None:
    done = cli(*words)
    assert done.code == 2
    assert said in done.err
    assert f"hint: {hint}" in done.err
    assert done.out == ""


def test_words_are_not_abbreviated_behind_the_persons_back(cli: Cli) -> None:
    assert cli("plugin", "list", "--js").code == 2
