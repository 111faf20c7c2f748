"""A workflow step: one JSON value in, one out, safe to run again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lumosai_moon.report import moon_on, read_date
from lumosai_sdk import InputError, step


@step
async def annotate(value: Any) -> dict[str, Any]:
    """Return *value* with ``moon`` added: the moon on its ``date`` (YYYY-MM-DD), today without one.

    Raises InputError when *value* is no object or its date no date.
    """
    if not isinstance(value, Mapping):
        raise InputError(f"moon.annotate takes an object, not {type(value).__name__}")
    return {**value, "moon": moon_on(read_date(str(value.get("date", ""))))}
