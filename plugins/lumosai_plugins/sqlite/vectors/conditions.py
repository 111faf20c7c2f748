"""Conditions on metadata as SQL over the table ``facts``: values are bound, never written into the text."""

from __future__ import annotations

from typing import Final

from lumosai_sdk.filters import Condition, Group, Not, Scalar, Test, kind

_COMPARE: Final = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_EMPTY: Final = "empty"


def clause(condition: Condition, collection: int) -> tuple[str, list[Scalar]]:
    """Return the SQL that is true of the rows of ``items`` that fit, and its values."""
    if isinstance(condition, Not):
        text, values = clause(condition.part, collection)
        return f"NOT {text}", values
    if isinstance(condition, Group):
        parts = [clause(p, collection) for p in condition.parts]
        joiner, nothing = (" AND ", "1") if condition.operator == "$and" else (" OR ", "0")
        return f"({joiner.join(t for t, _ in parts) or nothing})", [v for _, values in parts for v in values]
    return _test(condition, collection)


def _test(test: Test, collection: int) -> tuple[str, list[Scalar]]:
    found = "items.row IN (SELECT row FROM facts WHERE collection = ? AND key = ?"
    if test.operator == "exists":
        return f"{found})", [collection, test.key]
    compared = f"{found} AND kind = ? AND value {_COMPARE[test.operator]} ?)"
    return compared, [collection, test.key, kind(test.value), stored(test.value)]


def stored(value: Scalar) -> Scalar:
    """Return a scalar as it stands in ``facts``, where null would be equal to nothing."""
    return 0 if value is None else value


def facts(key: str, value: object) -> list[tuple[str, str, Scalar]]:
    """Return the rows ``(key, kind, value)`` of a metadata value; an empty list is there, and equal to nothing."""
    if not isinstance(value, (list, tuple)):
        return [(key, kind(value), stored(value))]  # type: ignore[arg-type]
    return [(key, kind(v), stored(v)) for v in value] or [(key, _EMPTY, 0)]
