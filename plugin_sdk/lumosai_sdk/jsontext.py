"""JSON as RFC 8259 has it: what a model writes may hold numbers that no schema can speak of."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

# Strings, and what begins a value that the parser keeps to itself: of floats it makes each by Python code, which lets
# others run meanwhile. A string without an end is one too: looking for it again from each quote in it would take hours.
_TOKENS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[,:\[{](?!\s*+-?\d++[.eE])', re.ASCII | re.DOTALL)
_SPACE = " \t\n\r"
_CONTAINER = 4
"""What a list or an object weighs; a string, a comma and a colon weigh 1."""

_BRACKETS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{\]}]', re.DOTALL)


def check_depth(text: str, most: int) -> None:
    """Raise ValueError for a JSON text nested more than *most* deep; it need not be JSON.

    What can just be read here could not be written again where Python's stack happens to be deeper.
    """
    if text.count("[") + text.count("{") <= most:
        return
    depth = 0
    for token in _BRACKETS.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
            if depth > most:
                raise ValueError(f"it is nested more than {most} deep")
        elif first != '"':
            depth -= 1


def check_weight(text: str, most: int) -> None:
    """Raise ValueError for a JSON text whose values weigh more than *most*; it need not be JSON.

    A parser holds the whole process until it is done, and three bytes, ``[],``, keep it as busy as a page of prose.
    """
    left = most
    for token in _TOKENS.finditer(text):
        left -= _CONTAINER if text[token.start()] in "[{" else 1
        if left < 0:
            raise ValueError("it has too many values")


def bounded_json(data: bytes | str, *, depth: int, weight: int) -> Any:
    """Return the value of a JSON text that may be anybody's, looked at before a parser is.

    Raises ValueError, also for what is no UTF-8, or nested or filled more than it may be (``check_depth``,
    ``check_weight``), or RecursionError.
    """
    text = data if isinstance(data, str) else data.decode()
    check_depth(text, depth)
    check_weight(text, weight)
    return strict_json(text)


def strict_json(text: str) -> Any:
    """Return the value of a JSON text.

    Raises ValueError, or RecursionError when it is nested too deeply. ``NaN`` and ``Infinity`` are no JSON (RFC 8259
    section 6), and a number beyond the floating-point range, such as ``1e999``, is none that can be worked with: both
    would pass every ``minimum`` and ``maximum``. ``JSONDecoder.decode`` looks for white space by regular expressions,
    which takes longer than reading a small text.
    """
    begin = len(text) - len(text.lstrip(_SPACE)) if text[:1] in _SPACE else 0
    try:
        value, end = _scan(text, begin)
    except StopIteration as e:
        raise json.JSONDecodeError("Expecting value", text, e.value) from None
    if end != len(text) and (rest := text[end:].lstrip(_SPACE)):
        raise json.JSONDecodeError("Extra data", text, len(text) - len(rest))
    return value


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is too large a number")
    return value


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
_scan: Callable[[str, int], tuple[Any, int]] = vars(_DECODER)["scan_once"]
