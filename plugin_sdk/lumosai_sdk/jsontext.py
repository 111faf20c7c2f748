"""JSON as RFC 8259 has it: what a model writes may hold numbers that no schema can speak of."""

from __future__ import annotations

import json
import math
from typing import Any


def strict_json(text: str) -> Any:
    """Return the value of a JSON text.

    Raises ValueError, or RecursionError when it is nested too deeply. ``NaN`` and ``Infinity`` are no JSON (RFC 8259
    section 6), and a number beyond the floating-point range, such as ``1e999``, is none that can be worked with: both
    would pass every ``minimum`` and ``maximum``.
    """
    return _DECODER.decode(text)


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is too large a number")
    return value


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
