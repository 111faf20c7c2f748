"""Conditions on metadata as SQL over the column ``facts``: values are bound, never written into the text."""

from __future__ import annotations

from typing import Any, Final

import orjson

from lumosai_plugins.pgvector.codec import scalar
from lumosai_sdk.filters import Condition, Group, Not, Test

_COMPARE: Final = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def clause(condition: Condition | None, bound: list[Any]) -> str:
    """Return the SQL that is true of the items that fit; its values are appended to *bound*."""
    if condition is None:
        return "true"
    if isinstance(condition, Not):
        return f"NOT {clause(condition.part, bound)}"
    if isinstance(condition, Group):
        joiner, nothing = (" AND ", "true") if condition.operator == "$and" else (" OR ", "false")
        return f"({joiner.join(clause(p, bound) for p in condition.parts) or nothing})"
    return _test(condition, bound)


def _test(test: Test, bound: list[Any]) -> str:
    if test.operator == "exists":
        return f"(facts ? {_mark(bound, test.key)}::text)"
    if test.operator == "eq":
        wanted = orjson.dumps({test.key: [scalar(test.value)]}).decode()
        return f"(facts @> {_mark(bound, wanted)}::text::jsonb)"
    key = _mark(bound, test.key)
    wanted, kind = _mark(bound, orjson.dumps(scalar(test.value)).decode()), "number"
    value, against = "v::text::numeric", f"{wanted}::text::numeric"
    if isinstance(test.value, str):
        kind, value, against = "string", "(v #>> '{}') COLLATE \"C\"", f"({wanted}::text::jsonb #>> '{{}}')"
    compared = f"CASE WHEN jsonb_typeof(v) = '{kind}' THEN {value} {_COMPARE[test.operator]} {against} ELSE false END"
    return f"EXISTS (SELECT FROM jsonb_array_elements(facts -> {key}::text) AS e(v) WHERE {compared})"


def _mark(bound: list[Any], value: Any) -> str:
    bound.append(value)
    return f"${len(bound)}"
