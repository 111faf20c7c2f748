"""Lines in the host's log, under the plugin's name; needs no right."""

from __future__ import annotations

from typing import Any

from lumosai_sdk.host.bridge import call, text


def debug(message: str, **fields: Any) -> None:
    """Write what is of use while looking for a mistake."""
    _write("debug", message, fields)


def info(message: str, **fields: Any) -> None:
    """Write what happened; *fields* are JSON values, for those who search."""
    _write("info", message, fields)


def warning(message: str, **fields: Any) -> None:
    """Write what an operator should look at."""
    _write("warning", message, fields)


def error(message: str, **fields: Any) -> None:
    """Write what went wrong."""
    _write("error", message, fields)


def _write(level: str, message: str, fields: dict[str, Any]) -> None:
    call("log.write", level, message, text(fields) if fields else "")
