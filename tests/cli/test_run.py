# ruff: noqa: PLR2004
from __future__ import annotations

import io
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("scripted")
Cli = Callable[..., Any]


def test_one_word_is_a_question_to_the_default_agent(cli: Cli) -> None:
    done = cli("run", "hello there")
    assert (done.code, done.out, done.err) == (0, "You said: hello there\n", "")


def test_two_words_are_an_agent_and_a_question(cli: Cli) -> None:
    assert cli("run", "careful", "hello").out == "You said: hello\n"


def test_tool_calls_are_seen_on_standard_error(cli: Cli) -> None:
    done = cli("run", "six times seven")
    assert done.out == "It is 42.\n"
    assert done.err == '→ calculator.evaluate {"expression": "6 * 7"}\n← 42\n'
    assert cli("run", "six times seven", "--quiet").err == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "what should be asked?"),
        (["a", "b", "c"], "put the question in quotes"),
        (["careful"], "'careful' is an agent; what should it be asked?"),
    ],
)
def test_usage(cli: Cli, words: list[str], said: str) -> None:
    done = cli("run", *words)
    assert done.code == 2
    assert said in done.err


def test_an_unknown_agent(cli: Cli) -> None:
    done = cli("run", "carefull", "hello")
    assert done.code == 1
    assert "no agent 'carefull'; did you mean 'careful'?" in done.err


def test_the_question_from_standard_input(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("from a pipe"))
    assert cli("run", "-").out == "You said: from a pipe\n"


def test_endless_standard_input_is_refused(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("x" * (16 * 1024 * 1024 + 2)))
    done = cli("run", "-")
    assert done.code == 1
    assert "standard input has more than" in done.err


def test_json_is_the_whole_result(cli: Cli) -> None:
    result = cli("run", "six times seven", "--json").json
    assert (result["status"], result["text"], result["steps"]) == ("completed", "It is 42.", 2)
    assert [m["role"] for m in result["messages"]] == ["user", "assistant", "tool", "assistant"]


def test_stream_json_is_every_event_as_a_line(cli: Cli) -> None:
    done = cli("run", "six times seven", "--stream-json")
    events = [json.loads(line) for line in done.out.splitlines()]
    kinds = [e["type"] for e in events]
    assert kinds[0] == "run.started"
    assert kinds[-1] == "run.completed"
    assert {"model.delta", "tool.call", "tool.result"} <= set(kinds)
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert done.err == ""


def test_a_failure_is_told_and_exits_with_1(cli: Cli) -> None:
    done = cli("run", "fail")
    assert (done.code, done.out) == (1, "")
    assert "lumos: the key is refused" in done.err


def test_a_failure_as_json(cli: Cli) -> None:
    done = cli("run", "fail", "--json")
    assert done.code == 1
    assert done.json["status"] == "failed"
    assert done.json["error"] == {"code": "model_auth", "message": "the key is refused"}
    last = json.loads(cli("run", "fail", "--stream-json").out.splitlines()[-1])
    assert last["type"] == "run.failed"


def test_a_suspended_run_exits_with_3_and_names_the_command_that_goes_on(cli: Cli) -> None:
    done = cli("run", "careful", "six times seven")
    assert (done.code, done.out) == (3, "")
    assert 'calculator.evaluate {"expression": "6 * 7"}' in done.err
    command = done.err.strip().splitlines()[-1].split()
    assert command[:3] == ["lumos", "runs", "resume"]
    resumed = cli(*command[1:])
    assert (resumed.code, resumed.out) == (0, "It is 42.\n")


def test_a_suspended_run_as_json(cli: Cli) -> None:
    done = cli("run", "careful", "six times seven", "--json")
    assert done.code == 3
    assert done.json["status"] == "suspended"
    assert done.json["pending"][0]["tool"] == "calculator.evaluate"


def test_yes_allows_every_call(cli: Cli) -> None:
    done = cli("run", "careful", "six times seven", "--yes")
    assert (done.code, done.out) == (0, "It is 42.\n")


def test_yes_answers_no_questions(cli: Cli) -> None:
    done = cli("run", "curious", "who am i", "--yes")
    assert done.code == 3
    assert "ask.person asks: What is your name?" in done.err
    command = done.err.strip().splitlines()[-1]
    run, call = command.split()[3], command.rpartition("--answer ")[2].strip("'").partition("=")[0]
    assert cli("runs", "resume", run, "--answer", f"{call}=Ada").out == "It is Ada.\n"


def test_the_command_that_goes_on_keeps_the_configuration_and_quotes(cli: Cli, scripted: Path) -> None:
    other = scripted.rename(scripted.with_name("my agents.toml"))
    done = cli("run", "careful", "six times seven", "--config", str(other))
    assert f"--config '{other}'" in done.err


def test_a_call_id_cannot_smuggle_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    from lumosai.cli.finish import resume_command
    from lumosai.cli.transcript import Outcome
    from lumosai_sdk.types.runs import Pending

    outcome = Outcome("run_1", "suspended", pending=(Pending("x; rm -rf ~ #\n\x1b[2J", "t"),))
    command = resume_command(outcome, argparse.Namespace(config=None))
    import shlex

    assert shlex.split(command)[-1].startswith("x; rm -rf ~ #")
    assert "\n" not in command
    assert "\x1b" not in command


def test_a_schema_for_the_answer(cli: Cli, folder: Path) -> None:
    (folder / "s.json").write_text('{"type": "object", "required": ["city"]}')
    assert cli("run", "json", "--output-schema", "s.json", "--json").json["output"] == {"city": "Rome"}
    (folder / "s.json").write_text('{"type": "object", "required": ["country"]}')
    done = cli("run", "json", "--output-schema", "s.json")
    assert done.code == 1
    assert "does not satisfy its schema" in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "No such file"), ("{", "not JSON"), ("[]", "a JSON Schema is an object"), ('{"type": 3}', "schema")],
)
def test_a_schema_that_is_none(cli: Cli, folder: Path, text: str | None, said: str) -> None:
    if text is not None:
        (folder / "s.json").write_text(text)
    done = cli("run", "json", "--output-schema", "s.json")
    assert done.code == 1
    assert said.lower() in done.err.lower()


def test_a_thread_is_remembered(cli: Cli) -> None:
    cli("run", "first", "--thread", "t1")
    cli("run", "second", "--thread", "t1")
    messages = cli("threads", "show", "t1", "--json").json["messages"]
    assert [m["content"] for m in messages if m["role"] == "user"] == ["first", "second"]


def test_model_output_is_raw_in_a_pipe_and_harmless_on_a_terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from lumosai.cli import style

    assert "\x1b[31mred" in cli("run", "escape").out
    monkeypatch.setattr(style, "is_tty", lambda stream: stream is sys.stdout)
    monkeypatch.setenv("NO_COLOR", "1")
    shown = cli("run", "escape").out
    assert shown == "\u241b[31mred \u241b]0;title\u2407 \ufffd2J done\n"


def test_what_a_processor_may_still_change_is_not_streamed(cli: Cli, configure: Callable[..., Path]) -> None:
    from types import SimpleNamespace

    from lumosai.cli.commands.run import view

    options = SimpleNamespace(stream_json=False, quiet=False)
    guarded: Any = view(options, SimpleNamespace(processors=["x"]))  # type: ignore[arg-type]
    assert guarded._streaming is False


def test_the_only_agent_there_is_is_the_default_one(cli: Cli, folder: Path) -> None:
    (folder / "lumos.toml").write_text('[models]\ndefault = "scripted/echo"\n[agents.solo]\n')
    assert cli("run", "hi").out == "hi\n"


def test_broken_plugins_are_told_in_one_line(
    cli: Cli, add_plugin: Callable[..., Path], configure: Callable[..., Path]
) -> None:
    add_plugin("one", "nonsense")
    add_plugin("two", "nonsense")
    configure(host='plugin_paths = ["plugins"]')
    done = cli("run", "hello")
    assert done.code == 0
    assert done.err == "warning: 2 plugins are broken: one, two (lumos plugin doctor)\n"


def test_ctrl_c_cancels_the_run_and_records_it(process: Cli, cli: Cli) -> None:
    import subprocess
    import time

    going = subprocess.Popen(
        [sys.executable, "-m", "lumosai", "run", "slow", "--stream-json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heeding_ctrl_c,  # noqa: PLW1509 - it takes no lock
    )
    assert going.stdout is not None
    while "model.started" not in going.stdout.readline():
        time.sleep(0)
    going.send_signal(signal.SIGINT)
    _, err = going.communicate(timeout=30)
    assert going.returncode == 130
    assert "Traceback" not in err
    assert cli("runs", "--json").json[0]["status"] == "cancelled"


def _heeding_ctrl_c() -> None:
    """Undo what a shell does to processes in its background: they do not hear Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
