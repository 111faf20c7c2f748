from __future__ import annotations

import io
import json
import re
import sys
from typing import Any

import pytest

from lumosai_plugins.console.lines import LEVELS, level_of
from lumosai_plugins.console.monitor import ConsoleMonitor
from lumosai_plugins.console.safe import safe
from lumosai_sdk.testing.conformance.monitor import HOSTILE, MonitorConformance, classes, hostile, sample, story
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.plugins import PluginContext


def console(**settings: Any) -> ConsoleMonitor:
    return ConsoleMonitor(PluginContext("console", settings=settings))


class TestConsole(MonitorConformance):
    @pytest.fixture(params=["text", "json"])
    def monitor(self, request: pytest.FixtureRequest) -> ConsoleMonitor:
        return console(format=request.param, level="debug", content=True)


async def test_a_run_reads_like_a_story(capsys: pytest.CaptureFixture[str]) -> None:
    await console(level="debug", content=True).export(story("run-0123456789abcdef"))
    out, err = capsys.readouterr()
    assert out == ""
    said = [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in err.splitlines()]
    assert said == [
        "info    456789abcdef assistant started in thread t1 | what is 2 + 2?",
        "debug   456789abcdef asks scripted/echo (step 1)",
        "debug   456789abcdef scripted/echo answered in 900 ms (tool_calls, 1 tool calls, 10+5 tokens, $0.0010)",
        'debug   456789abcdef calls calculator.evaluate | {"expression": "2+2"}',
        "info    456789abcdef calculator.evaluate answered in 900 ms | 4",
        "debug   456789abcdef asks scripted/echo (step 2)",
        "debug   456789abcdef scripted/echo answered in 900 ms (stop, 20+7 tokens) | 4",
        "info    456789abcdef assistant answered in 7.0 s (2 steps, 30+12 tokens, $0.0010) | 4",
    ]


@pytest.mark.parametrize("format_", ["text", "json"])
async def test_what_was_said_is_not_shown_unless_asked_for(capsys: pytest.CaptureFixture[str], format_: str) -> None:
    events = [ev.RunStarted("r", 1, 1.0, input="SECRET"), ev.ToolCalled("r", 2, 1.0, "c", "t", arguments="SECRET")]
    events += [ev.ToolReturned("r", 3, 1.0, content="SECRET"), ev.RunCompleted("r", 4, 1.0, text="SECRET")]
    events += [sample(ev.RunSuspended)]
    await console(level="debug", format=format_).export(events)
    err = capsys.readouterr().err
    assert "SECRET" not in err
    assert "sure?" not in err
    assert len(err.splitlines()) == len(events)


@pytest.mark.parametrize("least", LEVELS)
async def test_levels(capsys: pytest.CaptureFixture[str], least: str) -> None:
    events = [sample(c) for c in classes() if c is not ev.PluginEvent]
    await console(level=least).export(events)
    expected = [e for e in events if LEVELS.index(level_of(e)) >= LEVELS.index(least)]
    assert len(capsys.readouterr().err.splitlines()) == len(expected)
    assert 0 < len(expected) <= len(events)


@pytest.mark.parametrize("cls", list(classes()), ids=lambda c: c.__name__)
@pytest.mark.parametrize("format_", ["text", "json"])
async def test_hostile_text_stays_on_its_line(
    capsys: pytest.CaptureFixture[str], cls: type[ev.Event], format_: str
) -> None:
    await console(level="debug", content=True, format=format_).export([hostile(sample(cls))])
    err = capsys.readouterr().err
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]", err)
    if format_ == "json":
        assert json.loads(err)["type"] == cls.type


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 🦊", "plain é 🦊"),
        ("a\r\nb\tc", "a\\x0d\\x0ab\\x09c"),
        ("\x1b[31m\x9b31m\x7f", "\\x1b[31m\\x9b31m\\x7f"),
        ("\u202eabc\u2066\u2028", "\\u202eabc\\u2066\\u2028"),
        ("\ud83e", "\\ud83e"),
        ("x" * 30, "x" * 20 + "…"),
    ],
)
def test_unsafe_characters_are_made_visible(text: str, shown: str) -> None:
    assert safe(text, 20) == shown


async def test_long_text_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    event = ev.ToolReturned("r", 1, 1.0, "c", "t", content="x" * 10_000)
    await console(content=True, max_text=50).export([event])
    await console(content=True, max_text=50, format="json").export([event])
    text, line = capsys.readouterr().err.splitlines()
    assert text.endswith("| " + "x" * 50 + "…")
    assert json.loads(line)["content"] == "x" * 50 + "…"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"NO_COLOR": ""}, True)]
)
async def test_colours_on_a_terminal_that_wants_them(
    monkeypatch: pytest.MonkeyPatch, env: dict[str, str], coloured: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    await console().export([sample(ev.RunFailed), sample(ev.RunStarted)])
    failed, started = terminal.getvalue().splitlines()
    assert failed.startswith("\x1b[31m") is coloured
    assert "\x1b" not in started


async def test_no_colours_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    await console().export([sample(ev.RunFailed)])
    assert "\x1b" not in capsys.readouterr().err


async def test_json_lines_hold_the_whole_event(capsys: pytest.CaptureFixture[str]) -> None:
    await console(format="json", level="debug", content=True).export(story("r"))
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    levels = [line.pop("level") for line in lines]
    assert lines == [e.to_json() for e in story("r")]
    assert levels == [level_of(e) for e in story("r")]


async def test_without_a_standard_error_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    await console().export(story("r"))


async def test_failures_say_who_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    await console(level="warning").export([sample(c) for c in classes()])
    err = capsys.readouterr().err
    assert "plugin weather 1.2.3 failed: raised ValueError" in err
    assert "plugin weather 1.2.3 was denied: raised ValueError" in err
    assert "assistant failed after 250 ms: model_error: down" in err
    assert "scripted/echo failed, trying again in 500 ms (attempt 1): down" in err
    assert "scripted/echo failed, going to scripted/other: down" in err
    assert "calculator.evaluate failed in 250 ms" in err
    assert HOSTILE not in err
