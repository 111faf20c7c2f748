"""Lines with nothing on them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

MOST = 200
LINES = 50


async def test_empty_lines_are_lines(plugin: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    made = plugin(log_limit=1024)
    for _ in range(10 * MOST):
        await made.ask("log.write", "info", "", "")
    assert len(caplog.records) <= MOST


async def test_some_short_lines_are_written(plugin: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    made = plugin(log_limit=1024)
    for i in range(LINES):
        await made.ask("log.write", "info", str(i), "")
    assert len(caplog.records) == LINES
