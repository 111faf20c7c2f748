"""What a plugin logs, shown or kept for as long as a command is at work."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from lumosai.cli import style
from lumosai.cli.output import tell
from lumosai_sdk import safe

PLUGINS = "lumosai.plugin"
LEVELS = {
    "debug": style.DIM,
    "info": style.CYAN,
    "warning": style.YELLOW,
    "error": style.RED,
}
_MOST = 1000


def level_of(record: logging.LogRecord) -> str:
    """Return a record's level as one of the contract's words."""
    steps = ((logging.ERROR, "error"), (logging.WARNING, "warning"), (logging.INFO, "info"))
    return next((word for least, word in steps if record.levelno >= least), "debug")


class Collected(logging.Handler):
    """Keeps the lines: ``{"level", "message"}`` each."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, as long as they are not too many."""
        if len(self.lines) < _MOST:
            self.lines.append({"level": level_of(record), "message": record.getMessage()})


class Shown(logging.Handler):
    """Shows the lines of all plugins on standard error, each under its plugin's name."""

    def emit(self, record: logging.LogRecord) -> None:
        """Show a line."""
        import sys
        import time

        word = level_of(record)
        stamp = style.paint(time.strftime("%H:%M:%S", time.localtime(record.created)), style.DIM, sys.stderr)
        name = record.name.removeprefix(f"{PLUGINS}.")
        tell(f"{stamp} {style.paint(f'{word:<7}', LEVELS[word], sys.stderr)} {name}: {safe.line(record.getMessage())}")


@contextmanager
def logged(name: str, handler: logging.Handler, least: int = logging.DEBUG) -> Iterator[None]:
    """Hand what a logger gets to *handler*, and to nobody else, for as long as the context is open."""
    log = logging.getLogger(name)
    before = log.level, log.propagate
    log.setLevel(least)
    log.propagate = False
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before[0])
        log.propagate = before[1]
