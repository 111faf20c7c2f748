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

_TALKS = """
[models]
default = "scripted/script"
[[plugins.scripted.settings.rules]]
reply = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
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
            ["lumos: [server] auth: no auth 'nobody'; there are none", "hint: lumos plugin list"],
        ),
    ],
)
def test_what_cannot_serve_says_why_and_nothing_else(folder: Path, code: str, config: str, said: list[str]) -> None:
    (folder / "lumos.toml").write_text(config)
    command = [sys.executable, "-W", "always::RuntimeWarning", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stdout, done.stderr.splitlines()) == (1, "", said)


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
