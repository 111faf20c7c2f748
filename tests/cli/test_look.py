# ruff: noqa: PLR2004
"""Listings: agents, tools, models, runs, threads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from lumosai_sdk.types.runs import RunStatus

pytestmark = pytest.mark.usefixtures("scripted")
Cli = Callable[..., Any]


def test_agents(cli: Cli) -> None:
    done = cli("agents")
    assert done.out.splitlines()[0].split() == ["ID", "MODEL", "TOOLS", "DESCRIPTION"]
    assert "assistant *  scripted/script  calculator.*, time.now  Adds up" in done.out
    assert [(a["id"], a["default"]) for a in cli("agents", "--json").json] == [
        ("assistant", True),
        ("careful", False),
        ("curious", False),
    ]
    assert cli("agents", "-q").out == "assistant\ncareful\ncurious\n"


def test_tools(cli: Cli) -> None:
    assert re.search(r"calculator\.evaluate +calculator", cli("tools").out)
    listed = {t["id"]: t for t in cli("tools", "--json").json}
    assert listed["time.now"]["plugin"] == "time"
    assert "calculator.evaluate" in cli("tools", "-q").out.splitlines()


@pytest.mark.parametrize("words", [["tools", "calculator.evaluate"], ["tools", "show", "calculator.evaluate"]])
def test_a_tool(cli: Cli, words: list[str]) -> None:
    done = cli(*words)
    assert "expression (string, required)" in done.out
    assert """lumos tools call calculator.evaluate '{"expression":""" in done.out
    assert cli(*words, "--json").json["input_schema"]["required"] == ["expression"]


def test_calling_a_tool(cli: Cli) -> None:
    assert cli("tools", "call", "calculator.evaluate", '{"expression": "6 * 7"}').out == "42\n"
    assert cli("tools", "call", "time.now", "--json").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("{", "the arguments are not JSON"),
        ("[]", "must be a JSON object, not list"),
        ("{}", "expression"),
        ('{"expression": "1 +"}', ""),
    ],
)
def test_calling_a_tool_wrongly(cli: Cli, arguments: str, said: str) -> None:
    done = cli("tools", "call", "calculator.evaluate", arguments)
    assert (done.code, done.out) == (1, "")
    assert said in done.err


def test_a_tool_that_is_not_there(cli: Cli) -> None:
    done = cli("tools", "calculator.evaluat")
    assert done.code == 1
    assert "did you mean 'calculator.evaluate'?" in done.err


def test_a_tool_that_cannot_be_loaded_is_listed_as_broken(
    cli: Cli, add_plugin: Callable[..., Path], configure: Callable[..., Path]
) -> None:
    add_plugin("sad", '[[contributes.tool]]\nid = "sad.cry"\ntarget = "sad.tools:cry"\n', tools="raise OSError('no')")
    configure(host='plugin_paths = ["plugins"]')
    listed = {t["id"]: t for t in cli("tools", "--json").json}
    assert listed["sad.cry"]["error"]["code"] == "plugin_load"
    assert "OSError: no" in listed["sad.cry"]["error"]["message"]
    assert "broken: " in cli("tools").out
    assert "time.now" in listed
    done = cli("tools", "sad.cry")
    assert done.code == 1
    assert "OSError: no" in done.err


def test_models(cli: Cli) -> None:
    models = {m["id"]: m for m in cli("models", "--json").json}
    assert models["scripted/echo"]["capabilities"] == ["chat"]
    assert models["scripted/script"]["default"] is True
    assert "scripted/script *" in cli("models").out
    assert "scripted/echo" in cli("models", "-q").out.splitlines()


PULLER = """
from lumosai_sdk.types.models import ModelInfo

class Provider:
    def __init__(self, context): pass
    async def models(self): return [ModelInfo("tiny")]
    async def pull(self, name, progress):
        for done in (0, 50, 100):
            progress(done * 1_000_000, 100_000_000)
        return f"/models/{name}"
"""
MANIFEST = '[[contributes.provider]]\nid = "shop"\ntarget = "shop.code:Provider"\n'


@pytest.mark.parametrize("name", ["tiny", "shop/tiny"])
def test_pulling_a_model_is_the_providers_work(
    cli: Cli, add_plugin: Callable[..., Path], configure: Callable[..., Path], name: str
) -> None:
    add_plugin("shop", MANIFEST, code=PULLER)
    configure(host='plugin_paths = ["plugins"]')
    done = cli("models", "pull", name)
    assert (done.code, done.out) == (0, "shop/tiny is in /models/tiny\n")
    assert "fetching shop/tiny    100 of 100 MB  100 %" in done.err
    assert cli("models", "pull", name, "--json").json == [{"model": "shop/tiny", "folder": "/models/tiny"}]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nope", "no model to fetch 'nope'"),
        ("scripted/echo", "the models of 'scripted' are not fetched"),
        ("nobody/x", "no provider 'nobody'"),
    ],
)
def test_pulling_what_cannot_be_pulled(cli: Cli, name: str, said: str) -> None:
    done = cli("models", "pull", name)
    assert done.code == 1
    assert said in done.err


def test_runs(cli: Cli) -> None:
    assert cli("runs").out == "no runs yet\n"
    cli("run", "hello")
    cli("run", "careful", "six times seven")
    cli("run", "fail")
    runs = cli("runs", "--json").json
    assert [(r["status"], r["agent"]) for r in runs] == [
        ("failed", "assistant"),
        ("suspended", "careful"),
        ("completed", "assistant"),
    ]
    assert "messages" not in runs[0]
    assert [r["id"] for r in cli("runs", "--status", "suspended", "--json").json] == [runs[1]["id"]]
    assert len(cli("runs", "--agent", "assistant", "-q").out.splitlines()) == 2
    assert cli("runs", "-n", "1", "-q").out.strip() == runs[0]["id"]
    assert "six times seven" in cli("runs").out


def test_ids_of_runs_and_conversations_are_never_cut(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    cli("run", "how much is " + "very " * 20 + "much", "--thread", "a-conversation-of-a-long-name")
    assert cli("runs", "-q").out.strip() in cli("runs").out
    assert "a-conversation-of-a-long-name" in cli("threads").out


def test_a_run_with_its_events(cli: Cli) -> None:
    cli("run", "six times seven")
    run = cli("runs", "-q").out.strip()
    shown = cli("runs", run).out
    assert 'tool.call         calculator.evaluate {"expression": "6 * 7"}' in shown
    assert "run.completed     It is 42." in shown
    told = cli("runs", "show", run, "--json").json
    assert told["text"] == "It is 42."
    assert told["events"][0]["type"] == "run.started"


def test_a_failed_run_says_why(cli: Cli) -> None:
    cli("run", "fail")
    assert "the key is refused" in cli("runs", cli("runs", "-q").out.strip()).out


def test_what_a_suspended_run_waits_for(cli: Cli) -> None:
    cli("run", "careful", "six times seven")
    run = cli("runs", "-q").out.strip()
    done = cli("runs", run)
    assert f"lumos runs resume {run} --approve" in done.err


def suspended(cli: Cli) -> tuple[str, str]:
    result = cli("run", "careful", "six times seven", "--json").json
    return result["run_id"], result["pending"][0]["call_id"]


def test_declining_tells_the_model_why(cli: Cli) -> None:
    run, call = suspended(cli)
    done = cli("runs", "resume", run, "--decline", f"{call}=too dear")
    assert done.code == 0
    assert "declined this call: too dear" in done.out


def test_allowing_everything(cli: Cli) -> None:
    run, _ = suspended(cli)
    assert cli("runs", "resume", run, "--yes", "--json").json["text"] == "It is 42."


def test_following_a_resumed_run(cli: Cli) -> None:
    run, call = suspended(cli)
    lines = cli("runs", "resume", run, "--approve", call, "--stream-json").out.splitlines()
    assert [json.loads(lines[0])["type"], json.loads(lines[-1])["type"]] == ["run.resumed", "run.completed"]


def test_a_run_that_stays_suspended(cli: Cli) -> None:
    run, _ = suspended(cli)
    assert cli("runs", "resume", run).code == 3
    assert cli("runs", "resume", run, "--json").code == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--approve", "nope"], "does not wait for 'nope'"),
        (["--answer", "call"], "--answer call: the text is missing"),
    ],
)
def test_decisions_that_do_not_fit(cli: Cli, words: list[str], said: str) -> None:
    run, _ = suspended(cli)
    done = cli("runs", "resume", run, *words)
    assert done.code == 1
    assert said in done.err


def test_resuming_what_is_over(cli: Cli) -> None:
    cli("run", "hello")
    done = cli("runs", "resume", cli("runs", "-q").out.strip(), "--yes")
    assert done.code == 1
    assert "is completed, not suspended" in done.err


def test_cancelling(cli: Cli) -> None:
    run, _ = suspended(cli)
    assert cli("runs", "cancel", run, "--json").json == {"id": run, "status": "cancelled"}
    assert cli("runs", run, "--json").json["status"] == "cancelled"
    done = cli("runs", "cancel", run)
    assert done.code == 1
    assert "there is nothing to cancel" in done.err


@pytest.mark.parametrize("words", [["runs", "run_x"], ["runs", "cancel", "run_x"], ["runs", "resume", "run_x"]])
def test_a_run_that_is_not_there(cli: Cli, words: list[str]) -> None:
    done = cli(*words)
    assert done.code == 1
    assert "no run 'run_x'" in done.err
    assert "hint: lumos runs" in done.err


def test_threads(cli: Cli) -> None:
    assert cli("threads").out == "no conversations yet\n"
    cli("run", "six times seven", "--thread", "sums")
    assert [t["id"] for t in cli("threads", "--json").json] == ["sums"]
    assert cli("threads", "-q").out == "sums\n"
    assert "sums" in cli("threads").out
    shown = cli("threads", "sums").out
    assert "user\nsix times seven\n" in shown
    assert '→ calculator_evaluate {"expression": "6 * 7"}' in shown
    assert cli("threads", "delete", "sums", "--json").json == {"id": "sums", "deleted": True}
    assert cli("threads", "-q").out == ""


@pytest.mark.parametrize("words", [["threads", "nope"], ["threads", "delete", "nope"]])
def test_a_thread_that_is_not_there(cli: Cli, words: list[str]) -> None:
    done = cli(*words)
    assert done.code == 1
    assert "no thread 'nope'" in done.err


def test_what_was_said_cannot_move_the_terminal(cli: Cli) -> None:
    cli("run", "escape \x1b[2J", "--thread", "t")
    run = cli("runs", "-q").out.strip()
    for words in (["threads", "t"], ["runs"], ["runs", run], ["runs", run, "--json"], ["threads", "t", "--json"]):
        assert not {"\x1b", "\x9b", "\x07"} & set(cli(*words).out), words


def test_a_status_there_is_not_is_refused_with_those_there_are(cli: Cli) -> None:
    done = cli("runs", "--status", "asleep")
    assert done.code == 2
    for status in get_args(RunStatus):
        assert status in done.err
