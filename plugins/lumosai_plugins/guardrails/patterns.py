"""Patterns an owner writes: those that some text could hold the host up with for ever are refused when they are read.

``re`` cannot be stopped once it searches, so the pattern is looked at. A repetition or alternatives in a repetition, or
many short repetitions in a row, can take exponentially long. What is left takes at most a power of the text's length:
rules bound that by ``max_chars``, which is looked at first.

The parser is Python's own, which is not public: another reading of the syntax would be a way around the check.
"""

from __future__ import annotations

import re
from math import prod
from re import _constants, _parser  # type: ignore[attr-defined]  # noqa: PLC2701
from typing import Any, Final

_REPEATS: Final = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)
_SHORT: Final = 16
_LONGS: Final = 2
_WAYS: Final = 4096


def compiled(pattern: str) -> re.Pattern[str]:
    """Return the pattern, compiled. Raises re.error, and ValueError for one that could take too long."""
    made = re.compile(pattern)
    ways = _ways(_parser.parse(pattern), inside=False)
    if sum(w > _SHORT for w in ways) > _LONGS or prod(w for w in ways if w <= _SHORT) > _WAYS:
        raise ValueError("too many repetitions: it could take very long on some texts")
    return made


def _ways(node: Any, *, inside: bool) -> list[int]:
    """Return how many lengths each repetition in a part may have. Raises ValueError for what is in a repetition."""
    if isinstance(node, tuple) and len(node) == 2 and node[0] in _REPEATS:  # noqa: PLR2004
        least, most, body = node[1]
        if inside and least != most:
            raise ValueError("a repetition in a repetition: it could take very long on some texts")
        return [int(most) - int(least) + 1, *_ways(body, inside=inside or most > 1)]
    if inside and isinstance(node, tuple) and node and node[0] is _constants.BRANCH:
        raise ValueError("alternatives in a repetition: they could take very long on some texts")
    if isinstance(node, (tuple, list, _parser.SubPattern)):
        return [w for part in node for w in _ways(part, inside=inside)]
    return []
