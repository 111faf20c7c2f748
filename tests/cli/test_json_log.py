"""The log of ``lumos up`` as JSON: one object a line, with where it belongs, and nothing that does not."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lumosai.cli.jsonlog import LONGEST, JsonLines, log_event
from lumosai.cli.plugins.logged import logged
from lumosai.gateway.tracing import REQUEST_ID
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.caller import RUN
from lumosai_sdk.types.processors import RunInfo
from lumosai_sdk.types.trace import OUTGOING, TRACE, Trace

ID = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{ID}-b7ad6b7169203331-01"
SECONDS = 40


class Log:
    """What is logged while it is open."""

    def __init__(self) -> None:
        self.out = io.StringIO()

    @property
    def lines(self) -> list[dict[str, Any]]:
        text = self.out.getvalue()
        assert text.isprintable() or set(text) - set("\n") <= {c for c in text if c.isprintable()}
        return [json.loads(line) for line in text.split("\n") if line]

    @property
    def last(self) -> dict[str, Any]:
        return self.lines[-1]


@pytest.fixture
def log() -> Iterator[Log]:
    found = Log()
    with logged("lumosai", JsonLines(found.out), logging.INFO):
        yield found


def test_a_line_says_when_how_grave_who_and_what(log: Log) -> None:
    logging.getLogger("lumosai.gateway").warning("%d things", 3)
    line = log.last
    assert line.pop("time").endswith("Z")
    assert line == {"level": "warning", "logger": "lumosai.gateway", "message": "3 things"}
    logging.getLogger("lumosai.plugin.moon").info("hi")
    assert log.last["plugin"] == "moon"
    logging.getLogger("lumosai").debug("nobody asked")
    assert len(log.lines) == 2  # noqa: PLR2004


def test_it_says_to_what_request_run_and_trace_it_belongs(log: Log) -> None:
    tokens = (REQUEST_ID.set("req_1"), RUN.set(RunInfo("run_1")), TRACE.set(Trace(PARENT)))
    try:
        logging.getLogger("lumosai").info("x")
        assert (log.last["request_id"], log.last["run_id"], log.last["trace_id"]) == ("req_1", "run_1", ID)
        outgoing = OUTGOING.set(Trace(PARENT.replace(ID, "1" * 32)))
        logging.getLogger("lumosai").info("x")
        OUTGOING.reset(outgoing)
        assert log.last["trace_id"] == "1" * 32
    finally:
        REQUEST_ID.reset(tokens[0])
        RUN.reset(tokens[1])
        TRACE.reset(tokens[2])


@pytest.mark.parametrize(
    "text", ["a\nb", "\x1b]0;pwned\x07", "\u202eevil", "\x9b31m", "\r{}", "a\u2028b", "\x00", "\ud800"]
)
def test_what_others_wrote_is_one_line_that_no_terminal_obeys(log: Log, text: str) -> None:
    # By no logger: half a character in what pytest reports of them ends a worker of pytest-xdist.
    record = {"name": "lumosai", "levelno": logging.WARNING, "msg": "%s", "args": (text,)}
    JsonLines(log.out).handle(logging.makeLogRecord(record))
    raw = log.out.getvalue()
    assert raw.count("\n") == 1
    assert raw.rstrip("\n").isprintable()
    assert log.last["message"] in {text, text.encode("utf-8", "replace").decode()}


def test_keys_are_blotted_out_and_too_much_is_cut(log: Log) -> None:
    key = "lumos_abcd1234_" + "k" * 32
    try:
        raise ValueError(key)
    except ValueError:
        logging.getLogger("lumosai").exception("with %s", key)
    assert key not in log.out.getvalue()
    assert "ValueError" in log.last["exception"]
    logging.getLogger("lumosai").warning("x" * 10 * LONGEST)
    assert len(log.last["message"]) == LONGEST + 1


def test_what_cannot_be_shown_harms_nobody(log: Log) -> None:
    handler = JsonLines(log.out)
    record = {"name": "lumosai", "levelno": logging.ERROR, "msg": "%d", "args": ("no number",)}
    handler.handle(logging.makeLogRecord(record))
    assert (log.last["message"], log.last["level"]) == ("what was logged cannot be shown: TypeError", "error")
    log.out.close()
    handler.handle(logging.makeLogRecord(record))


def test_events_are_told_without_what_was_said(log: Log) -> None:
    error = {"code": "model_failed", "message": "you said: my secret"}
    for event in (
        ev.RunStarted("run_1", 1, 0.0, "echo", "t", "my secret"),
        ev.RunCompleted("run_1", 2, 0.0, "echo", "my secret"),
        ev.RunFailed("run_2", 2, 0.0, "echo", error),
        ev.ModelDelta("run_1", 3, 0.0, "my secret"),
        ev.PluginFailed(at=0.0, plugin="moon", version="1", detail="down"),
        ev.AuditRefused(at=0.0, status=401, path="/v1/runs", method="GET", request_id="req_1"),
    ):
        log_event(event)
    assert "secret" not in log.out.getvalue()
    told = [(x["message"], x["level"]) for x in log.lines]
    assert told == [
        ("run.started", "info"),
        ("run.completed", "info"),
        ("run.failed", "warning"),
        ("plugin.failed", "error"),
        ("audit.refused", "warning"),
    ]
    assert (log.lines[0]["run_id"], log.lines[0]["agent"], log.lines[2]["code"]) == ("run_1", "echo", "model_failed")
    assert (log.lines[3]["plugin"], log.lines[3]["detail"]) == ("moon", "down")


def test_lumos_up_writes_nothing_else(tmp_path: Path) -> None:
    config = tmp_path / "lumos.toml"
    config.write_text('[server]\nport = 0\n[storage]\nuse = "memory"\n[agents.echo]\nmodel = "scripted/echo"\n')
    command = [sys.executable, "-m", "lumosai", "up", "--log-json", "--config", str(config)]
    env = {k: v for k, v in os.environ.items() if not k.startswith("LUMOS_")}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
    killer = threading.Timer(SECONDS, process.kill)
    killer.start()
    run_id = ""
    lines: list[dict[str, Any]] = []
    try:
        assert process.stdout is not None
        for text in process.stdout:
            lines.append(json.loads(text))
            if lines[-1]["message"] == "serving":
                headers = {"content-type": "application/json", "traceparent": PARENT, "x-request-id": "request-0001"}
                url = f"{lines[-1]['url']}/v1/agents/echo/runs"
                sent = urllib.request.Request(url, b'{"input": "hello"}', headers)
                with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sent) as answer:
                    run_id = json.load(answer)["run_id"]
                process.send_signal(signal.SIGINT)
        assert process.wait() == 0
    finally:
        killer.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    [started] = [x for x in lines if x["message"] == "run.started"]
    assert (started["run_id"], started["request_id"], started["trace_id"]) == (run_id, "request-0001", ID)
    assert lines[-1]["message"] == "system.stopping"
    assert all({"time", "level", "logger"} <= x.keys() for x in lines)
