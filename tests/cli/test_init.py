# ruff: noqa: PLR2004
from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from lumosai.cli.commands.init import NAMES
from lumosai.cli.wizard import TEMPLATES, Choices, ask

pytestmark = pytest.mark.usefixtures("measured")
Cli = Callable[..., Any]


@pytest.mark.parametrize("name", NAMES)
def test_every_template_makes_a_configuration_that_holds(cli: Cli, name: str) -> None:
    done = cli("init", "--yes", "--template", name, "--dir", "x")
    assert (done.code, done.err) == (0, "")
    assert "next:\n  cd x\n  lumos " in done.out
    assert "\n  lumos chat\n" in done.out
    assert cli("config", "check", "--config", "x/lumos.toml").code == 0


@pytest.mark.parametrize("name", [n for n in NAMES if n != "structured"])
def test_every_templates_agent_runs(cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    cli("init", "--yes", "--template", name, "--dir", "x", "--agent", "helper")
    monkeypatch.setenv("LUMOS_MODELS__DEFAULT", "scripted/echo")
    assert cli("run", "hi", "--config", "x/lumos.toml").out == "hi\n"


def test_the_structured_templates_schema_is_kept(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("init", "--yes", "--template", "structured", "--dir", "x")
    monkeypatch.setenv("LUMOS_MODELS__DEFAULT", "scripted/echo")
    done = cli("run", '{"name": "Ada", "email": "a@b.c"}', "--config", "x/lumos.toml", "--json")
    assert done.json["output"] == {"name": "Ada", "email": "a@b.c"}
    assert cli("run", '{"name": 1}', "--config", "x/lumos.toml").code == 1


def test_the_templates_plugin_works(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("init", "--yes", "--template", "plugin", "--dir", "x")
    monkeypatch.chdir("x")
    rolled = cli("tools", "call", "dice.roll", '{"sides": 2, "count": 3}').json
    assert len(rolled["rolls"]) == 3
    assert rolled["sum"] == sum(rolled["rolls"])
    assert "at most 100" in cli("tools", "call", "dice.roll", '{"count": 999}').err
    assert "count: How many dice" in cli("tools", "dice.roll").out or "count (integer)" in cli("tools", "dice.roll").out


def test_documents_are_put_in_before_anything_is_asked(cli: Cli) -> None:
    done = cli("init", "--yes", "--template", "knowledge", "--dir", "x")
    assert "cd x\n  lumos knowledge add handbook\n  lumos chat\n" in done.out


def test_the_wizard_and_the_command_know_the_same_templates() -> None:
    assert tuple(TEMPLATES) == NAMES


def test_what_is_there_is_not_overwritten(cli: Cli, folder: Path) -> None:
    (folder / "lumos.toml").write_text("# mine\n")
    done = cli("init", "--yes")
    assert (done.code, done.out) == (1, "")
    assert "there is something already: lumos.toml" in done.err
    assert (folder / "lumos.toml").read_text() == "# mine\n"
    assert [p.name for p in folder.iterdir()] == ["lumos.toml"]


def test_force_replaces_and_does_not_follow_links(cli: Cli, folder: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep me")
    (folder / "lumos.toml").symlink_to(precious)
    assert cli("init", "--yes").code == 1
    assert cli("init", "--yes", "--force").code == 0
    assert precious.read_text() == "keep me"
    assert not (folder / "lumos.toml").is_symlink()


def test_a_dangling_link_counts_as_there(cli: Cli, folder: Path) -> None:
    (folder / "lumos.toml").symlink_to("/nowhere/at/all")
    assert cli("init", "--yes").code == 1


def test_an_ignore_file_is_left_as_it_is(cli: Cli, folder: Path) -> None:
    (folder / ".gitignore").write_text("mine\n")
    assert cli("init", "--yes").code == 0
    assert (folder / ".gitignore").read_text() == "mine\n"


@pytest.mark.parametrize(
    "words",
    [
        ["--agent", 'x"\n[host]'],
        ["--agent", "two words"],
        ["--model", "no spaces please"],
        ["--model", "openai/x\ny"],
        ["--template", "openai", "--base-url", 'http://x"\nkey = 1'],
        ["--template", "openai", "--base-url", "ftp://x"],
        ["--template", "openai", "--key-env", "A=B"],
        ["--agent", "a\n"],
        ["--key-env", "A\n"],
    ],
)
def test_values_that_would_break_out_of_the_file_are_refused(cli: Cli, folder: Path, words: list[str]) -> None:
    done = cli("init", "--yes", *words)
    assert done.code == 1
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written(cli: Cli, folder: Path) -> None:
    (folder / "file").write_text("")
    done = cli("init", "--yes", "--dir", "file/below")
    assert done.code == 1
    assert "Traceback" not in done.err


def test_a_local_server_needs_no_key(cli: Cli, folder: Path) -> None:
    cli("init", "--yes", "--template", "openai", "--base-url", "http://localhost:11434/v1", "--model", "openai/qwen3")
    config = tomllib.loads((folder / "lumos.toml").read_text())
    assert config["plugins"]["openai"]["settings"] == {"base_url": "http://localhost:11434/v1"}
    assert config["models"]["default"] == "openai/qwen3"


def test_a_key_is_a_reference(cli: Cli, folder: Path) -> None:
    cli("init", "--yes", "--template", "openai", "--key-env", "MY_KEY")
    config = tomllib.loads((folder / "lumos.toml").read_text())
    assert config["plugins"]["openai"]["settings"]["api_key"] == "env:MY_KEY"


def test_json(cli: Cli, folder: Path) -> None:
    assert cli("init", "--yes", "--json").json == {"folder": str(folder), "files": ["lumos.toml", ".gitignore"]}


def test_without_a_person_there_is_nobody_to_ask(process: Cli) -> None:
    done = process("init")
    assert done.code == 1
    assert "hint: lumos init --yes --template assistant" in done.err


def answers(*said: str) -> Callable[[str], str]:
    left: Iterator[str] = iter(said)
    return lambda _: next(left)


def test_asking(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ask(Choices(), answers("9", "nope", "openai", "demo", "two words", "bot", "", "openai/x", "-"))
    assert chosen == Choices("openai", "demo", "bot", "openai/x", "https://api.openai.com/v1", "")
    out = capsys.readouterr().out
    assert f"1 to {len(NAMES)}, or one of assistant" in out
    assert "that is not a name" in out


def test_what_was_given_is_not_asked() -> None:
    chosen = ask(Choices(template="web", folder="x", agent="a", model="scripted/echo"), answers())
    assert (chosen.template, chosen.model) == ("web", "scripted/echo")


def test_the_wizard_at_a_terminal(folder: Path) -> None:
    child = pexpect.spawn(sys.executable, ["-m", "lumosai", "init"], cwd=str(folder), timeout=30, encoding="utf-8")
    child.expect("number or name")
    child.sendline("2")
    child.expect("folder to make it in")
    child.sendline("demo")
    child.expect("name of the agent")
    child.sendline("")
    child.expect("model")
    child.sendline("scripted/echo")
    child.expect("lumos dev")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert (folder / "demo" / "plugins" / "dice" / "tools.py").is_file()
    assert 'default = "scripted/echo"' in (folder / "demo" / "lumos.toml").read_text()


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_leaving_the_wizard_makes_nothing(folder: Path, key: str) -> None:
    child = pexpect.spawn(sys.executable, ["-m", "lumosai", "init"], cwd=str(folder), timeout=30, encoding="utf-8")
    child.expect("number or name")
    child.send(key)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert list(folder.iterdir()) == []
