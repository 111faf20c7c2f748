"""Conditions as Qdrant's filters: exactly, or as one that more fits, which is then looked at here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumosai_plugins.qdrant.points import fact, number_key
from lumosai_sdk.filters import Condition, Group, Not, Test

if TYPE_CHECKING:
    from qdrant_client import models

_EXACT_BELOW: Final = 2**53  # Qdrant compares ranges as 64-bit floats
_NO_FACT: Final = "!"


def is_exact(condition: Condition | None) -> bool:
    """Tell whether the filter fits just what the condition does: Qdrant has no order of texts."""
    if condition is None:
        return True
    if isinstance(condition, Test):
        return condition.operator in {"eq", "exists"} or _is_range(condition)
    parts = condition.parts if isinstance(condition, Group) else (condition.part,)
    return all(map(is_exact, parts))


def selection(condition: Condition | None) -> models.Filter | None:
    """Return a filter that whatever fits the condition fits."""
    from qdrant_client import models

    return None if condition is None else models.Filter(must=[_filter(condition, more=True)])


def _filter(condition: Condition, *, more: bool) -> models.Filter | models.FieldCondition:
    """Return a filter that fits the same; or else more, or below a negation less."""
    from qdrant_client import models

    if isinstance(condition, Not):
        return models.Filter(must_not=[_filter(condition.part, more=not more)])
    if isinstance(condition, Test):
        return _test(condition, more=more)
    parts = [_filter(p, more=more) for p in condition.parts]
    if not parts:
        nothing = _has(_NO_FACT)
        return models.Filter(must_not=[nothing]) if condition.operator == "$and" else nothing
    return models.Filter(must=parts) if condition.operator == "$and" else models.Filter(should=parts)


def _test(test: Test, *, more: bool) -> models.FieldCondition:
    from qdrant_client import models

    if test.operator == "eq":
        return _has(fact(test.key, test.value))
    if test.operator == "exists":
        return _has(fact(test.key))
    if _is_range(test):
        bounds = models.Range.model_validate({test.operator: test.value})
        return models.FieldCondition(key=f"numbers.{number_key(test.key)}", range=bounds)
    return _has(fact(test.key) if more else _NO_FACT)


def _is_range(test: Test) -> bool:
    return isinstance(test.value, (int, float)) and abs(test.value) < _EXACT_BELOW


def _has(text: str) -> models.FieldCondition:
    from qdrant_client import models

    return models.FieldCondition(key="facts", match=models.MatchValue(value=text))
