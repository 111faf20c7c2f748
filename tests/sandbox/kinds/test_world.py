"""What only an operating system has: a guest in Python is told so, and goes on."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from lumosai_sdk import ToolContext
from lumosai_sdk.errors import PluginError

pytestmark = pytest.mark.parametrize("runtime", ["process"], indirect=True)
CONTEXT = ToolContext(run_id="run", agent="agent", call_id="call")
NO_FILES = "there are no files in the sandbox but those of lumosai_sdk.host.files"
NO_RIGHT = "PermissionDeniedError.LumosError: random.bytes: the plugin's manifest does not ask for that right"
ERRORS = {
    "open": f"NotHereError.PermissionError.OSError: {NO_FILES}",
    "FileIO": NO_FILES,
    "listdir": f"os.listdir: there is no operating system in the sandbox; {NO_FILES}",
    "read_text": NO_FILES,
    "system": "there is no operating system",
    "syntax": "invalid syntax",
    "sleep": "nothing can be waited for",
    "wait": "nothing can be waited for",
    "random": NO_RIGHT,
    "Random": NO_RIGHT,
    "SystemRandom": NO_RIGHT,
    "uuid": NO_RIGHT,
    "module": "declare its package in pyproject.toml's project.dependencies, import it at the top",
    "module_of_python": "there is no module 'mailbox' in the sandbox: a component holds what was imported when it was",
    "version": "PackageNotFoundError",
    "codec": "unknown encoding: cp037; if Python has it, `import encodings.cp037`",
    "socket": "there is no network in the sandbox but lumosai_sdk.host.http",
    "input": "nobody can be asked",
}
VALUES: dict[str, Any] = {
    "exists": False,
    "sleep_zero": None,
    "strptime": 2026,
    "zone": True,
    "asctime": 1,
    "clocks": 1,
    "Random_of": random.Random(3).random(),
    "find_spec": None,
    "encode": "e9",
    "seeded": random.Random(3).random(),
}


async def test_what_is_not_there_is_told_in_words(load: Callable[[str, str], Any]) -> None:
    tool = load("tool", "sample.outside")
    for way, text in ERRORS.items():
        answer = await tool.call({"way": way}, CONTEXT)
        assert text in answer.get("error", str(answer)), way
    for way, value in VALUES.items():
        assert await tool.call({"way": way}, CONTEXT) == {"value": value}, way


async def test_the_time_is_the_hosts(load: Callable[[str, str], Any]) -> None:
    tool = load("tool", "sample.outside")
    assert abs((await tool.call({"way": "now"}, CONTEXT))["value"] - time.time()) < 60  # noqa: PLR2004
    days = {datetime.now(UTC).date().isoformat()}
    today = await tool.call({"way": "today"}, CONTEXT)
    assert today["value"] in days | {datetime.now(UTC).date().isoformat()}
    assert (await tool.call({"way": "local"}, CONTEXT))["value"] >= int(min(days)[:4])


async def test_a_traceback_is_written_without_reading_files(load: Callable[[str, str], Any]) -> None:
    answer = await load("tool", "sample.outside").call({"way": "traceback"}, CONTEXT)
    assert "lumos_sample/outside.py" in answer["value"]
    assert "ModuleNotFoundError: there is no module 'lumos_sample.missing'" in answer["value"]


async def test_an_accident_is_told_with_its_place_in_the_log_and_without_it_to_the_caller(
    load: Callable[[str, str], Any], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(PluginError) as told:
        await load("tool", "sample.outside").call({"way": "accident"}, CONTEXT)
    assert told.value.why == "ValueError: accident"
    place, text, what = [r.getMessage().strip() for r in caplog.records if r.levelno == logging.ERROR]
    assert place.startswith('File "lumos_sample/outside.py", line ')
    assert place.endswith(", in outside")
    assert (text, what) == ("raise ValueError(way)", "ValueError: accident")


async def test_what_is_printed_is_in_the_hosts_log(
    load: Callable[[str, str], Any], caplog: pytest.LogCaptureFixture
) -> None:
    tool = load("tool", "sample.outside")
    with caplog.at_level(logging.INFO):
        assert await tool.call({"way": "print"}, CONTEXT) == {"value": None}
    found = [(r.levelname, r.message) for r in caplog.records if "sample" in r.name]
    assert found[:3] == [("INFO", "one"), ("INFO", "two and more"), ("WARNING", "? to stderr")]
    assert ("WARNING", "logged") in found
    assert any("UserWarning: a warning" in m for _, m in found)
    assert found[-1] == ("INFO", "not ended")
