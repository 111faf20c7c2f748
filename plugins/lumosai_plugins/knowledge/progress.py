"""A bar on standard error, for people who wait."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from lumosai_sdk import safe

_WIDTH = 24
_NAME = 40


class Bar:
    """Shows how many of *count* files are done, and which was the last."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._done = 0

    def __enter__(self) -> Self:
        return self

    def __call__(self, name: str) -> None:
        """Tell that a file is done."""
        self._done += 1
        full = _WIDTH * self._done // max(self._count, 1)
        shown = name if len(name) <= _NAME else f"…{name[1 - _NAME :]}"
        bar = "━" * full + " " * (_WIDTH - full)
        sys.stderr.write(f"\r\x1b[2K{bar} {self._done}/{self._count} {safe.line(shown)}")
        sys.stderr.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.stderr.write("\r\x1b[2K")
