"""TOML that was written to do harm costs no more than its size: the standard library's parser does not see to that."""

from __future__ import annotations

import re
from typing import Any

MAX_PARTS = 256
# Comments and strings are passed over, so that only what is a key is taken for one. Possessive throughout: nothing is
# looked at more than twice, whatever stands there.
_TOKEN = re.compile(
    r"""
    \#[^\n]*+
    | \"{3} (?: [^"\\] | \\[\s\S] | "(?!"") )*+ (?: "{3,5}+ | \Z )
    | '{3} (?: [^'] | '(?!'') )*+ (?: '{3,5}+ | \Z )
    | (?P<key> (?: (?: (?<![\w-])[\w-]++ | "(?:[^"\\\n]|\\.)*+" | '[^'\n]*+' ) [ \t]*+ \. [ \t]*+ )++ )
    | " (?: [^"\\\n] | \\. )*+ "?+
    | ' [^'\n]*+ '?+
    """,
    re.VERBOSE,
)


def loads(text: str) -> dict[str, Any]:
    """Return parsed TOML. Raises ValueError for what is none, for keys of very many parts and for numbers too long."""
    import tomllib

    for token in _TOKEN.finditer(text):
        if (token["key"] or "").count(".") >= MAX_PARTS:
            line = text.count("\n", 0, token.start()) + 1
            raise ValueError(f"line {line}: a key of more than {MAX_PARTS} parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("tables or arrays stand too deep in each other") from None
