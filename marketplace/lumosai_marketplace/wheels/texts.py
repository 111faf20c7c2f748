"""Texts that people and models are shown: of characters that do nothing to a terminal, in the order they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lumosai_marketplace.wheels.findings import Findings

_ACTING = re.compile(
    "\U0001f3f4[\U000e0020-\U000e007e]{2,6}\U000e007f"  # the flags of England, Scotland and Wales
    "|(?P<acting>[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f])"
)
"""Controls but white space, what reorders, halves of characters, and the invisible tags that only a model reads."""


def check(path: str, data: Any, findings: Findings) -> None:
    """Find a text in *data* (JSON, or as a parser of TOML returns it) that acts instead of being shown."""
    for text in _texts(data):
        if found := next((m["acting"] for m in _ACTING.finditer(text) if m["acting"]), None):
            findings.add("text", path, f"it has U+{ord(found):04X} in {text[:60]!r}")


def _texts(data: Any) -> Iterator[str]:
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += value.keys()
            waiting += value.values()
        elif isinstance(value, list | tuple):
            waiting += value
