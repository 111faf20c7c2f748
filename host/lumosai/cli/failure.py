"""Errors as people read them: what happened, and what to do next. Never a traceback, unless ``LUMOS_DEBUG`` asks."""

from __future__ import annotations

import os
import sys

from lumosai.cli import style
from lumosai.cli.exits import FAILURE
from lumosai.cli.output import tell
from lumosai_sdk import safe


def report(error: Exception) -> int:
    """Tell the person about an error and return the exit code."""
    from lumosai_sdk.errors import LumosError

    if os.environ.get("LUMOS_DEBUG"):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, LumosError):
        show(error.message, error.hint)
    else:
        show(f"unexpected {type(error).__name__}: {error}", "LUMOS_DEBUG=1 shows where; please report it")
    return FAILURE


def show(message: str, hint: str | None = None) -> None:
    """Write ``lumos: message`` and ``hint: …`` to standard error."""
    tell(f"{style.paint('lumos:', style.RED, sys.stderr)} {safe.lines(message)}")
    if hint:
        tell(f"{style.paint('hint:', style.CYAN, sys.stderr)} {safe.lines(hint)}")
