"""The standard library in a guest: what is asked of the host, and what is told instead of asking anybody."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lumosai_sdk.guest.world.state import World

NO_FILES = "there are no files in the sandbox but those of lumosai_sdk.host.files (right `files`)"


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """What came of the program next to this file. It changes its whole process, so it has one of its own."""
    command = [sys.executable, str(Path(__file__).with_name("outside.py"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert not done.returncode, done.stderr
    out = json.loads(done.stdout)
    assert isinstance(out, dict)
    return out


def test_while_it_is_built_all_is_there_and_the_host_is_not_asked(found: dict[str, Any]) -> None:
    assert found["before"] == [True, True, 3, True, True]
    assert found["asked_before"] == []


def test_the_clock_is_the_hosts(found: dict[str, Any]) -> None:
    assert found["clocks"] == [1_000_000_000.5, 1_000_000_000_500_000_000, 7.25, 7.25, 1_000_000_000.5]
    text = time.asctime(time.gmtime(1_000_000_000))
    assert found["calendar"] == [2001, 2001, "2001", text, text]
    assert found["sleep"].startswith("NotHereError: nothing can be waited for in the sandbox")


def test_files_are_refused_and_it_is_said_which_there_are(found: dict[str, Any]) -> None:
    assert found["open"] == found["opened in C"] == f"NotHereError: {NO_FILES}"
    assert found["listdir"] == f"NotHereError: os.listdir: there is no operating system in the sandbox; {NO_FILES}"
    assert found["answers"] == [False, 1, 1, "x"]


def test_what_was_not_imported_is_named_with_what_to_do(found: dict[str, Any]) -> None:
    assert found["module"].startswith("ModuleNotFoundError: there is no module 'mailbox' in the sandbox")
    assert "import it at the top" in found["module"]
    assert "project.dependencies" not in found["module"]
    assert "project.dependencies" in found["package"]
    assert found["is there"] is None
    assert "import encodings.cp037" in found["codec"]


def test_chance_is_the_hosts(found: dict[str, Any]) -> None:
    assert found["bytes"] == [True, "0000", 0.0]
    assert found["reseeded"] == [[["random.bytes", "32"]], True]


def test_without_the_right_random_says_so_until_it_has_a_seed(found: dict[str, Any]) -> None:
    assert found["refused"] == ["PermissionDeniedError: no right"] * 3
    assert found["seeded"]


def test_what_is_printed_and_logged_is_the_hosts_a_line_at_a_time(found: dict[str, Any]) -> None:
    written = [(level, text) for _, level, text, _ in found["lines"]]
    long = [("warning", "x" * 8192), ("warning", "x" * 808)]
    assert written == [("info", t) for t in ("a", "bc", "?")] + long + [("debug", "d"), ("info", "not ended")]


def test_a_traceback_is_written_without_the_lines_of_files(found: dict[str, Any]) -> None:
    assert "json/decoder.py" in found["traceback"].replace("\\", "/")
    assert "JSONDecodeError" in found["traceback"]


def test_natively_nothing_is_changed() -> None:
    assert not World.closed
    assert type(open).__name__ == "builtin_function_or_method"
