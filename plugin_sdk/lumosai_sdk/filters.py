"""Conditions on the metadata of texts: ``{"source": "a.md", "year": {"gte": 2020}}``.

All keys of a condition must hold. A key's value is a scalar the metadata must equal, or an object of operators:
``eq``, ``ne``, ``gt``, ``gte``, ``lt``, ``lte``, ``in``, ``nin`` and ``exists``. ``$and`` and ``$or`` take a list of
conditions, ``$not`` one. Numbers compare with numbers and texts with texts, by code point; nothing else compares. Of
metadata that is a list, one element is enough: ``{"tags": "draft"}`` means those that have the tag. ``ne``, ``nin`` and
``$not`` hold where ``eq``, ``in`` and the condition do not, also where the key is missing; null equals null alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from lumosai_sdk.errors import InputError
from lumosai_sdk.storing import is_utf8

Scalar: TypeAlias = str | int | float | bool | None
Operator = Literal["eq", "gt", "gte", "lt", "lte", "exists"]
Compound = Literal["$and", "$or"]
MAX_DEPTH = 8
MAX_TESTS = 256
MAX_KEY = 128
MAX_TEXT = 32_768
_ORDERS: frozenset[str] = frozenset({"gt", "gte", "lt", "lte"})
_OPERATORS = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "exists")
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Test:
    """Whether the metadata's *key* has a value for which the operator holds."""

    __test__ = False  # no test of pytest's

    key: str
    operator: Operator
    value: Scalar = None


@dataclass(frozen=True, slots=True)
class Group:
    """Whether all (``$and``) or any (``$or``) of its parts hold; of none, all do."""

    operator: Compound
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Whether a condition does not hold."""

    part: Condition


Condition: TypeAlias = Test | Group | Not


def parse(where: Mapping[str, Any] | None) -> Condition | None:
    """Return a condition as the stores take it, None where all fits. Raises InputError naming what is wrong."""
    if not where:
        return None
    condition = _all(where, 0)
    if sum(1 for _ in _tests(condition)) > MAX_TESTS:
        raise InputError(f"the condition has more than {MAX_TESTS} tests")
    return condition


def matches(condition: Condition | None, metadata: Mapping[str, Any]) -> bool:
    """Tell whether metadata fits a condition."""
    if condition is None:
        return True
    if isinstance(condition, Not):
        return not matches(condition.part, metadata)
    if isinstance(condition, Group):
        held = (matches(p, metadata) for p in condition.parts)
        return all(held) if condition.operator == "$and" else any(held)
    if condition.operator == "exists":
        return condition.key in metadata
    return any(_holds(condition, v) for v in values(metadata.get(condition.key, ())))


def values(value: Any) -> Sequence[Scalar]:
    """Return what of a metadata value is compared: the elements of a list, or the value itself."""
    return value if isinstance(value, (list, tuple)) else (value,)


def check_metadata(metadata: Mapping[str, Any]) -> None:
    """Raise InputError unless it holds scalars, or lists of them, that every store can keep and compare."""
    for key, value in metadata.items():
        check_key(key)
        for scalar in values(value):
            _check_scalar(scalar, f"metadata {key!r}")


def check_key(key: Any) -> None:
    """Raise InputError for what is no key of metadata."""
    if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY or key.startswith("$") or not _is_clean(key):
        raise InputError(
            f"no key of metadata: {key!r:.200} (text of at most {MAX_KEY} characters, not starting with $)"
        )


def _all(where: Any, depth: int) -> Condition:
    if not isinstance(where, Mapping):
        raise InputError(f"no condition but {type(where).__name__}")
    if depth > MAX_DEPTH:
        raise InputError(f"the condition is nested deeper than {MAX_DEPTH}")
    return _group("$and", [part for key, value in where.items() for part in _parts(key, value, depth)])


def _parts(key: Any, value: Any, depth: int) -> Iterator[Condition]:
    if key in {"$and", "$or"}:
        if not isinstance(value, (list, tuple)):
            raise InputError(f"{key} takes a list of conditions")
        yield _group(key, [_all(v, depth + 1) for v in value])
    elif key == "$not":
        yield Not(_all(value, depth + 1))
    else:
        check_key(key)
        yield from (_test(key, o, v) for o, v in (value if isinstance(value, Mapping) else {"eq": value}).items())


def _group(operator: Compound, parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else Group(operator, tuple(parts))


def _test(key: str, operator: Any, value: Any) -> Condition:
    if operator in {"in", "nin"}:
        if not isinstance(value, (list, tuple)):
            raise InputError(f"{key!r}: {operator} takes a list")
        found = _group("$or", [_test(key, "eq", v) for v in value])
        return found if operator == "in" else Not(found)
    if operator == "ne":
        return Not(_test(key, "eq", value))
    if operator not in _OPERATORS:
        raise InputError(f"{key!r}: no operator {operator!r:.100}; there are: {', '.join(_OPERATORS)}")
    if operator == "exists":
        if not isinstance(value, bool):
            raise InputError(f"{key!r}: exists takes true or false")
        return Test(key, "exists") if value else Not(Test(key, "exists"))
    _check_scalar(value, f"{key!r}")
    if operator in _ORDERS and (value is None or isinstance(value, bool)):
        raise InputError(f"{key!r}: {operator} takes a number or a text")
    return Test(key, operator, value)


def _check_scalar(value: Any, what: str) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        if len(value) > MAX_TEXT or not _is_clean(value):
            raise InputError(f"{what}: a text of at most {MAX_TEXT} characters, without NUL and lone surrogates")
    elif not isinstance(value, (int, float)) or not math.isfinite(value) or abs(value) > _LARGEST:
        raise InputError(f"{what}: no text, finite number of 64 bits, true, false or null, but {value!r:.100}")


def _is_clean(text: str) -> bool:
    return "\0" not in text and is_utf8(text)


def _holds(test: Test, value: Scalar) -> bool:
    if kind(value) != kind(test.value):
        return False
    given: Any = value
    wanted: Any = test.value
    match test.operator:
        case "eq":
            return bool(given == wanted)
        case "gt":
            return bool(given > wanted)
        case "gte":
            return bool(given >= wanted)
        case "lt":
            return bool(given < wanted)
        case _:
            return bool(given <= wanted)


def kind(value: Scalar) -> Literal["null", "bool", "number", "text"]:
    """Return what a scalar compares with."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    return "text" if isinstance(value, str) else "number"


def _tests(condition: Condition) -> Iterator[Test]:
    if isinstance(condition, Test):
        yield condition
    else:
        for part in condition.parts if isinstance(condition, Group) else (condition.part,):
            yield from _tests(part)
