"""Attacks on the terminal, and on what commands show, write and start."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from lumosai.cli.chatting.markdown import MarkdownStream
from lumosai.cli.main import main

SECONDS = 120


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder of its own."""
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_COLOR", "1")
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


# --- chat


@pytest.mark.parametrize("text", ["<!-- x", "<div>", "[x]: http://a", "\n\n", "```"])
def test_an_answer_that_shows_nothing_does_not_end_the_chat(text: str) -> None:
    stream = MarkdownStream(Console(file=io.StringIO(), width=80))
    stream.feed(text)
    stream.tail()
    stream.finish()


def test_an_answer_after_what_shows_nothing_is_shown() -> None:
    out = io.StringIO()
    stream = MarkdownStream(Console(file=out, width=80))
    for piece in ("<!-- x -->\n\n", "an *answer*"):
        stream.feed(piece)
        stream.tail()
    stream.finish()
    assert "an answer" in out.getvalue()


# --- a reader that goes

# More than a pipe holds: there is something left to write when its reader goes.
_TALKS = f"""
[models]
default = "scripted/script"
[[plugins.scripted.settings.rules]]
reply = "{"word " * 4000}"
"""


@pytest.mark.parametrize("options", [["--stream-json"], []])
def test_a_reader_that_has_seen_enough_ends_the_command_quietly(folder: Path, options: list[str]) -> None:
    (folder / "lumos.toml").write_text(_TALKS)
    command = [sys.executable, "-m", "lumosai", "run", *options, "hello"]
    going = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert going.stdout is not None
    going.stdout.read(1 if options else 0)
    going.stdout.close()
    assert going.stderr is not None
    with going.stderr:
        assert going.stderr.read() == b""
    assert going.wait(SECONDS) == 1


def test_a_reader_that_stays_gets_every_event(folder: Path) -> None:
    (folder / "lumos.toml").write_text(_TALKS)
    command = [sys.executable, "-m", "lumosai", "run", "--stream-json", "hello"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    assert '"run.completed"' in done.stdout.splitlines()[-1]
    assert done.stderr == ""


# --- what cannot serve

_WITHOUT = """
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "fastapi" else real(name, *rest)
from lumosai.cli.main import main
sys.exit(main(["up", "--port", "0"]))
"""


@pytest.mark.parametrize(
    ("code", "config", "said"),
    [
        (_WITHOUT, "", ["lumos: the HTTP service needs the extra 'server'", "hint: pip install 'lumosai[server]'"]),
        (
            "from lumosai.cli.main import main; raise SystemExit(main(['up', '--quiet', '--port', '0']))",
            '[server]\nauth = ["nobody"]\n',
            ["lumos: [server] auth: no auth 'nobody'; there are: jwt, keys", "hint: lumos plugin list"],
        ),
    ],
)
def test_what_cannot_serve_says_why_and_nothing_else(folder: Path, code: str, config: str, said: list[str]) -> None:
    (folder / "lumos.toml").write_text(config)
    command = [sys.executable, "-W", "always::RuntimeWarning", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stdout, done.stderr.splitlines()) == (1, "", said)


# --- what is shown

_SECRETS = """
[plugins.openai.settings]
base_url = "https://user:SECRETPW@api.example.org/v1"
[plugins.openai.settings.providers.other]
base_url = "https://SECRETPW@api.example.org/v1"
api_key = "SECRETKEY"
[plugins.otel.settings]
headers = { x-team = "SECRETTEAM", x-given = "env:GIVEN" }
[plugins.absent.settings]
token = "SECRETTOKEN"
password = 1234567
"""


@pytest.mark.parametrize(
    "command",
    [
        ["config", "show"],
        ["config", "show", "--json"],
        ["config", "show", "plugins.otel"],
        ["plugin", "info", "otel"],
        ["plugin", "info", "otel", "--json"],
        ["plugin", "info", "openai"],
        ["plugin", "info", "openai", "--json"],
    ],
)
def test_a_secret_written_where_it_should_not_be_is_not_shown(
    folder: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    (folder / "lumos.toml").write_text(_SECRETS)
    main(command)
    out, err = capsys.readouterr()
    assert "SECRET" not in out + err
    assert "1234567" not in out
    assert "********" in out


def test_what_is_no_secret_is_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "lumos.toml").write_text(_SECRETS)
    main(["config", "show"])
    out = capsys.readouterr().out
    assert 'x-given = "env:GIVEN"' in out
    assert 'base_url = "https://********@api.example.org/v1"' in out
    (folder / "lumos.toml").write_text('[plugins.openai.settings]\nbase_url = "https://api.example.org/a@b"\n')
    main(["plugin", "info", "openai"])
    assert "https://api.example.org/a@b" in capsys.readouterr().out


# --- init


def test_init_replaces_all_files_or_none(folder: Path) -> None:
    (folder / "lumos.toml").write_text("precious")
    (folder / "plugins" / "dice" / "tools.py").mkdir(parents=True)
    assert main(["init", "--yes", "--template", "plugin", "--force"]) == 1
    assert (folder / "lumos.toml").read_text() == "precious"
    (folder / "plugins" / "dice" / "tools.py").rmdir()
    assert main(["init", "--yes", "--template", "plugin", "--force"]) == 0
    assert (folder / "lumos.toml").read_text() != "precious"
    assert (folder / "plugins" / "dice" / "tools.py").is_file()


@pytest.mark.parametrize("options", [[], ["--force"]])
@pytest.mark.parametrize("link", ["plugins", "plugins/dice"])
def test_init_does_not_follow_a_link_out_of_the_folder(
    folder: Path, capsys: pytest.CaptureFixture[str], link: str, options: list[str]
) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (folder / link).parent.mkdir(exist_ok=True)
    (folder / link).symlink_to(elsewhere)
    assert main(["init", "--yes", "--template", "plugin", *options]) == 1
    assert list(elsewhere.iterdir()) == []
    assert not (folder / "lumos.toml").exists()
    assert f"{link} is a link" in capsys.readouterr().err


def test_init_makes_a_project_in_a_folder_that_is_itself_a_link(folder: Path) -> None:
    (folder.parent / "link").symlink_to(folder)
    assert main(["init", "--yes", "--template", "plugin", "--dir", str(folder.parent / "link")]) == 0
    assert (folder / "plugins" / "dice" / "tools.py").is_file()


def test_a_file_where_a_folder_is_to_be_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "plugins").write_text("mine")
    assert main(["init", "--yes", "--template", "plugin", "--force"]) == 1
    assert "plugins is a file" in capsys.readouterr().err
    assert [p.name for p in folder.iterdir()] == ["plugins"]


@pytest.mark.parametrize(
    "option",
    [
        ["--agent", "a\n"],
        ["--model", "openai/x\n"],
        ["--template", "openai", "--key-env", "A\n"],
        ["--template", "openai", "--base-url", "https://x\n"],
    ],
)
def test_init_names_the_option_that_cannot_be(
    folder: Path, capsys: pytest.CaptureFixture[str], option: list[str]
) -> None:
    assert main(["init", "--yes", *option]) == 1
    err = capsys.readouterr().err
    assert "unexpected" not in err
    assert f"{option[-2]} " in err
    assert list(folder.iterdir()) == []


# --- whose code runs


def test_the_doctor_runs_nothing_of_the_folder_it_is_called_in(folder: Path) -> None:
    (folder / "json.py").write_text("open('pwned', 'w')\n")
    lumos = "import sys; sys.path.pop(0); from lumosai.cli.main import main; sys.exit(main(['plugin', 'doctor']))"
    environment = {**os.environ, "PYTHONSAFEPATH": ""}
    command = [sys.executable, "-c", lumos]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert "calculator" in done.stdout
    assert "the process died" not in done.stdout
    assert not (folder / "pwned").exists()
