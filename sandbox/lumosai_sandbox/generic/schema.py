"""JSON Schemas (draft 2020-12) of component types, as ``lumosai_sandbox.generic.lowering`` reads and writes them.

=================  =====================================================================================
``list<u8>``       a string, base64
``u64``, ``s64``   an integer; in arguments also its digits as a string, for writers whose numbers end at 2**53
``variant``        the name of a case without a payload, else an object with the case as its only key
``option``         null or the value; ``{"some": …}`` where the value itself may be null
``result``         ``{"ok": …}`` or ``{"err": …}`` (as what a function returns: the value, or an error)
``flags``          an array of names
=================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lumosai_sandbox.generic.types import Signature, Type

Schema = dict[str, Any]
INTEGERS: dict[str, tuple[int, int]] = {
    f"{sign}{bits}": ((-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if sign == "s" else (0, 2**bits - 1))
    for sign in "su"
    for bits in (8, 16, 32, 64)
}
"""The smallest and largest value of each."""
_WIDE = frozenset({"s64", "u64"})
NOT_NUMBERS = ("NaN", "Infinity", "-Infinity")
"""How the floats that JSON has no number for are written."""


def input_schema(given: Signature) -> Schema:
    """Return the schema of a function's arguments: an object with a property a parameter."""
    return _object(given.names, given.types, out=False)


def output_schema(given: Signature) -> Schema:
    """Return the schema of what a call returns; of a ``result`` only its ``ok`` side, the other is an error."""
    result = given.result
    if result is not None and result.kind == "result":
        result = result.parts[0]
    return schema(result, out=True)


def schema(given: Type | None, *, out: bool) -> Schema:
    """Return the schema of a value that goes *out* of a guest, or into it; None is the value of nothing, null."""
    if given is None:
        return {"type": "null"}
    if given.kind in INTEGERS:
        return _integer(given.kind, out=out)
    if given.kind in _PLAIN:
        return dict(_PLAIN[given.kind])
    if given.kind in {"f32", "f64"}:
        number: Schema = {"type": "number"}
        return {"anyOf": [number, {"enum": list(NOT_NUMBERS)}]} if out else number
    return _compound(given, out=out)


_PLAIN: dict[str, Schema] = {
    "bool": {"type": "boolean"},
    "char": {"type": "string", "minLength": 1, "maxLength": 1},
    "string": {"type": "string"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
}


def _integer(kind: str, *, out: bool) -> Schema:
    low, high = INTEGERS[kind]
    number: Schema = {"type": "integer", "minimum": low, "maximum": high}
    if out or kind not in _WIDE:
        return number
    return {"anyOf": [number, {"type": "string", "pattern": "^-?[0-9]{1,20}$" if low else "^[0-9]{1,20}$"}]}


def _compound(given: Type, *, out: bool) -> Schema:
    if given.kind in {"enum", "flags"}:
        names: Schema = {"type": "string", "enum": list(given.names)}
        return names if given.kind == "enum" else {"type": "array", "uniqueItems": True, "items": names}
    if given.kind == "list":
        return {"type": "array", "items": schema(given.part, out=out)}
    if given.kind == "result":
        return {"anyOf": [_tagged(n, p, out=out) for n, p in zip(("ok", "err"), given.parts, strict=True)]}
    return _FIELDS[given.kind](given, out)


def _object(names: tuple[str, ...], parts: tuple[Type | None, ...], *, out: bool) -> Schema:
    pairs = list(zip(names, parts, strict=True))
    return {
        "type": "object",
        "properties": {n: schema(p, out=out) for n, p in pairs},
        "required": [n for n, p in pairs if out or not (p is not None and p.nullable)],
        "additionalProperties": False,
    }


def _record(given: Type, out: bool) -> Schema:  # noqa: FBT001
    return _object(given.names, given.parts, out=out)


def _tuple(given: Type, out: bool) -> Schema:  # noqa: FBT001
    items = [schema(p, out=out) for p in given.parts]
    return {"type": "array", "prefixItems": items, "minItems": len(items), "items": False}


def _option(given: Type, out: bool) -> Schema:  # noqa: FBT001
    inner = given.part
    some = _tagged("some", inner, out=out) if inner.nullable else schema(inner, out=out)
    return {"anyOf": [some, {"type": "null"}]}


def _variant(given: Type, out: bool) -> Schema:  # noqa: FBT001
    bare = [n for n, p in zip(given.names, given.parts, strict=True) if p is None]
    cases: list[Schema] = [{"type": "string", "enum": bare}] if bare else []
    cases += [_tagged(n, p, out=out) for n, p in zip(given.names, given.parts, strict=True) if p is not None]
    return {"anyOf": cases}


def _tagged(name: str, part: Type | None, *, out: bool) -> Schema:
    return {
        "type": "object",
        "properties": {name: schema(part, out=out)},
        "required": [name],
        "additionalProperties": False,
    }


_FIELDS: dict[str, Callable[[Type, bool], Schema]] = {
    "record": _record,
    "tuple": _tuple,
    "option": _option,
    "variant": _variant,
}
