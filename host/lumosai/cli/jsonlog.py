"""The log of ``lumos up`` as JSON, one object a line: what is logged, and what happens, each with where it belongs.

What people, models and tools said is not in it, and no key of this project's.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TextIO

from lumosai.cli.plugins.logged import PLUGINS, level_of, logged
from lumosai.gateway.heads import without_keys
from lumosai.gateway.tracing import REQUEST_ID
from lumosai_sdk import safe
from lumosai_sdk.types.caller import RUN
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.trace import OUTGOING, TRACE

LONGEST = 16 * 1024
"""Characters of a message, and of an exception."""
_LEVELS = {
    "audit.changed": logging.INFO,
    "audit.refused": logging.WARNING,
    "plugin.denied": logging.WARNING,
    "plugin.failed": logging.ERROR,
    "run.cancelled": logging.INFO,
    "run.completed": logging.INFO,
    "run.failed": logging.WARNING,
    "run.resumed": logging.INFO,
    "run.started": logging.INFO,
    "run.suspended": logging.INFO,
    "system.started": logging.INFO,
    "system.stopping": logging.INFO,
    "system.warning": logging.WARNING,
}
_FIELDS = ("action", "address", "agent", "caller", "code", "credential", "detail", "duration", "method", "path",
           "plugin", "plugins", "request_id", "run_id", "status", "steps", "thread_id", "untold",
           "version")  # fmt: skip
_log = logging.getLogger("lumosai.events")


class JsonLines(logging.Handler):
    """Writes each record as one line of JSON that holds nothing a terminal obeys."""

    def __init__(self, to: TextIO) -> None:
        super().__init__()
        self._to = to

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, and never raise: whoever logs has something else to do."""
        try:
            line = _line(record, record.getMessage())
        except Exception as e:  # noqa: BLE001 - an argument that does not fit, or cannot be shown
            line = _line(record, f"what was logged cannot be shown: {type(e).__name__}")
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=str)
        with suppress(OSError, ValueError):  # nobody reads it any more
            self._to.write(f"{safe.json_text(text)}\n")
            self._to.flush()


def _line(record: logging.LogRecord, message: str) -> dict[str, Any]:
    out: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": level_of(record),
        "logger": record.name,
        "message": _clean(message),
    }
    if record.name.startswith(f"{PLUGINS}."):
        out["plugin"] = record.name.removeprefix(f"{PLUGINS}.")
    out.update(_belongs_to())
    for name, value in getattr(record, "fields", {}).items():
        out[name] = _clean(value) if isinstance(value, str) else value
    if record.exc_info and record.exc_info[1] is not None:
        out["exception"] = _clean(record.exc_text or "".join(traceback.format_exception(record.exc_info[1])))
    return out


def _belongs_to() -> dict[str, str]:
    run, trace = RUN.get(), OUTGOING.get() or TRACE.get()
    found = {
        "request_id": REQUEST_ID.get(),
        "run_id": "" if run is None else run.run_id,
        "trace_id": "" if trace is None else trace.trace_id,
    }
    return {name: value for name, value in found.items() if value}


def _clean(text: str) -> str:
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return without_keys(cut.encode("utf-8", "replace").decode())


def log_event(event: Event) -> None:
    """Log what happened, if it is worth a line: a listener of the bus."""
    level = _LEVELS.get(event.type)
    if level is not None and _log.isEnabledFor(level):
        _log.log(level, event.type, extra={"fields": _fields(event.to_json())})


def _fields(event: Mapping[str, Any]) -> dict[str, Any]:
    out = {name: event[name] for name in _FIELDS if event.get(name) not in {None, ""}}
    if isinstance(error := event.get("error"), Mapping):
        out["code"] = error.get("code")  # its words may be those of people, models and tools
    return out


def log_serving(url: str) -> None:
    """Log where the service listens."""
    logging.getLogger("lumosai").info("serving", extra={"fields": {"url": url}})


@contextmanager
def json_log(least: int) -> Iterator[logging.Handler]:
    """Write the log to standard error as JSON, ours from the level *least* on, while the context is open."""
    handler = JsonLines(sys.stderr)
    with logged("", handler, logging.WARNING), logged("lumosai", handler, least):
        yield handler
