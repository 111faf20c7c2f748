from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lumosai.cli.main import main

Cli = Callable[..., Any]
CONFIG = '[host]\ndata_dir = "data"\n[agents.writer]\nmodel = "scripted/echo"\n'


@pytest.fixture
def lumos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    (tmp_path / "lumos.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("schedules", "list"), "no schedules: lumos schedules add, or"),
        (("schedules", "history"), "nothing yet: "),
        (("queue", "list"), "the queue is empty"),
        (("queue", "dead"), "no dead letters"),
    ],
)
def test_a_list_of_nothing_says_so(lumos: Cli, words: tuple[str, ...], told: str) -> None:
    code, out, _ = lumos(*words)
    assert code == 0
    assert out.startswith(told)
    assert json.loads(lumos(*words, "--json")[1]) == []


def test_the_history_of_a_schedule_that_never_was_is_an_error(lumos: Cli) -> None:
    code, _, err = lumos("schedules", "history", "tee")
    assert (code, err) == (1, "lumos: no schedule 'tee'; there are none\n")


def test_a_slip_in_an_agents_name_is_told_when_the_schedule_is_added(lumos: Cli) -> None:
    def add(name: str, agent: str) -> str:
        return str(lumos("schedules", "add", name, "--agent", agent, "--input", "x", "--every", "60")[1])

    assert "no agent 'writter' in this configuration; there are: writer" in add("a", "writter")
    assert "no agent" not in add("b", "writer")


def test_a_schedule_that_cannot_be_read_is_named_without_the_class_of_the_error(lumos: Cli) -> None:
    job = '[plugins.schedules.settings.jobs.m]\nagent = "writer"\ninput = "x"\ncron = "99 * * * *"\n'
    Path("lumos.toml").write_text(CONFIG + job)
    code, _, err = lumos("schedules", "list")
    assert code == 1
    assert "schedule 'm': cron '99 * * * *': Bad minute" in err
    assert "Error" not in err


def test_an_extra_that_a_schedule_needs_is_named_as_what_to_do(lumos: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cronsim", None)
    job = '[plugins.schedules.settings.jobs.m]\nagent = "writer"\ninput = "x"\ncron = "1 * * * *"\n'
    Path("lumos.toml").write_text(CONFIG + job)
    assert lumos("schedules", "list")[2].endswith("hint: pip install 'lumosai[schedules]'\n")
