"""JSON that strangers wrote, taken apart: only the keys that are known, only the types and sizes that are expected.

Two readers of one text that understand it differently are an attack's beginning. So nothing is passed on to a library
as it came: it is taken apart here, and put together again from what was understood.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from lumosai_marketplace.errors import RefusedError
from lumosai_sdk.jsontext import bounded_json

MAX_DEPTH = 32
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def parse(data: bytes | str, what: str, *, rule: str, most: int, weight: int = 20_000) -> dict[str, Any]:
    """Return the JSON object of *data*, of at most *most* bytes. Raises RefusedError *rule*.

    Depth and number of values are looked at before a parser is: it would hold the whole process meanwhile.
    """
    if len(data) > most:
        raise RefusedError(rule, f"{what} has more than {most} bytes")
    try:
        value = bounded_json(data, depth=MAX_DEPTH, weight=weight)
    except (ValueError, RecursionError) as e:
        raise RefusedError(rule, f"{what} is no JSON that is read here: {e}") from None
    if not isinstance(value, dict):
        raise RefusedError(rule, f"{what} is no JSON object")
    return value


class Shape:
    """Reads values of the JSON object *what*; whatever is not as it should be is refused as *rule*.

    What is too long is refused as *size*, where that is another rule.
    """

    def __init__(self, what: str, rule: str, size: str | None = None) -> None:
        self.what = what
        self.rule = rule
        self.size = size or rule

    def refused(self, why: str) -> RefusedError:
        """Return the error for something that is *why*."""
        return RefusedError(self.rule, f"{self.what}: {why}")

    def table(
        self, value: Any, name: str, needed: Collection[str], optional: Collection[str] = ()
    ) -> Mapping[str, Any]:
        """Return *value*, an object with the keys *needed* and no others than those and *optional*."""
        if not isinstance(value, Mapping):
            raise self.refused(f"{name} is {_kind(value)}, and no object")
        if missing := [k for k in needed if k not in value]:
            raise self.refused(f"{name} has no {missing[0]!r}")
        if len(value) > len(needed) + len(optional) or not set(value) <= {*needed, *optional}:
            unknown = sorted(str(k)[:40] for k in value if k not in needed and k not in optional)
            raise self.refused(f"{name} has the unknown field {unknown[0]!r}")
        return value

    def rows(self, value: Any, name: str, most: int) -> Sequence[Any]:
        """Return *value*, a list of at most *most*."""
        if not isinstance(value, list | tuple):
            raise self.refused(f"{name} is {_kind(value)}, and no list")
        if len(value) > most:
            raise RefusedError(self.size, f"{self.what}: {name} has {len(value)} items, at most {most} are read")
        return value

    def text(self, value: Any, name: str, most: int) -> str:
        """Return *value*, a text of at most *most* characters."""
        if not isinstance(value, str):
            raise self.refused(f"{name} is {_kind(value)}, and no text")
        if len(value) > most:
            raise RefusedError(self.size, f"{self.what}: {name} has {len(value)} characters, at most {most} are read")
        return value

    def number(self, value: Any, name: str) -> int:
        """Return the whole number that the text *value* is: as protobuf's JSON writes 64 bits."""
        text = self.text(value, name, 32)
        if not _DECIMAL.fullmatch(text) or int(text) >= 2**63:
            raise self.refused(f"{name} is no whole number, written as a text")
        return int(text)

    def octets(self, value: Any, name: str, most: int, exactly: int | None = None) -> bytes:
        """Return the bytes of the base64 text *value*: the one way of writing them (RFC 4648 section 3.5)."""
        text = self.text(value, name, -(-most // 3) * 4)
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise self.refused(f"{name} is no base64") from None
        if encoded(data) != text:
            raise self.refused(f"{name} is no canonical base64")
        if exactly is not None and len(data) != exactly:
            raise self.refused(f"{name} has {len(data)} bytes, and not {exactly}")
        if not data:
            raise self.refused(f"{name} is empty")
        return data


def encoded(data: bytes) -> str:
    """Return *data* as base64."""
    return base64.b64encode(data).decode()


def _kind(value: Any) -> str:
    names = {
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return "nothing" if value is None else names.get(type(value), type(value).__name__)
