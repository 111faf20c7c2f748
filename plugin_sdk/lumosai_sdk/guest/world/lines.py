"""What is printed and logged goes to the host's log, a line at a time. The host bounds it, for each call."""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, TextIO

from lumosai_sdk.errors import LumosError
from lumosai_sdk.guest.objects import Ask
from lumosai_sdk.guest.world.state import World

_LEVELS = ((40, "error"), (30, "warning"), (20, "info"))
_LONGEST = 8_192
"""Characters; a line without end is written in pieces."""
PENDING: list[Lines] = []
"""Those with a line that was begun and not ended."""


def install(ask: Ask) -> None:
    """Take the places of standard output and error, and be ``logging``'s handler."""
    for name, level in (("stdout", "info"), ("stderr", "warning")):
        made = Lines(ask, level, getattr(sys, name))
        setattr(sys, name, made)
        setattr(sys, f"__{name}__", made)
    sys.stdin = sys.__stdin__ = None  # type: ignore[misc]
    _logging(ask)


def flush() -> None:
    """Write the lines that were begun."""
    for lines in tuple(PENDING):
        lines.flush()


class Lines(io.TextIOBase):
    """A standard stream. While the component is built, it writes where it always did."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, ask: Ask, level: str, real: TextIO) -> None:
        super().__init__()
        self._ask = ask
        self._level = level
        self._real = real
        self._begun = ""

    def write(self, text: str, /) -> int:
        if not World.closed:
            return self._real.write(text)
        *whole, begun = (self._begun + text).split("\n")
        for line in whole:
            self._line(line)
        self._keep(begun)
        if len(begun) > _LONGEST:
            self.flush()
        return len(text)

    def _keep(self, begun: str) -> None:
        self._begun = begun
        if begun and self not in PENDING:
            PENDING.append(self)
        elif not begun and self in PENDING:
            PENDING.remove(self)

    def _line(self, line: str) -> None:
        for at in range(0, len(line), _LONGEST):
            _write(self._ask, self._level, line[at : at + _LONGEST])

    def flush(self) -> None:
        if World.closed:
            begun = self._begun
            self._keep("")
            self._line(begun)
        else:
            self._real.flush()

    def writable(self) -> bool:
        return True

    def reconfigure(self, **_: Any) -> None:
        """Do nothing: it is UTF-8."""


def _write(ask: Ask, level: str, line: str) -> None:
    # Half characters (surrogates) do not get through; and printing never fails.
    with suppress(LumosError):
        ask("log.write", level, line.encode("utf-8", "replace").decode(), "")


def _logging(ask: Ask) -> None:
    import logging
    import time

    class ToHost(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            level = next((name for least, name in _LEVELS if record.levelno >= least), "debug")
            if World.closed:
                _write(ask, level, self.format(record))
            elif record.levelno >= logging.WARNING:
                sys.stderr.write(f"{self.format(record)}\n")

    # The host dates the lines, so that logging takes no right to the clock.
    nothing = SimpleNamespace(
        time=_never, time_ns=_never, localtime=time.localtime, gmtime=time.gmtime, strftime=time.strftime
    )
    logging.time = nothing  # type: ignore[attr-defined]
    root = logging.getLogger()
    root.addHandler(ToHost())
    root.setLevel(logging.DEBUG)


def _never() -> int:
    return 0
