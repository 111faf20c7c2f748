"""JSON Schema validation (draft 2020-12), without ever fetching a reference."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any

from lumosai.schema_cost import Cost
from lumosai_sdk.errors import InputError

MAX_ERRORS = 5
MAX_BACKTRACKING = 10_000
# Compiled patterns are matched in time that grows with their size: these are bytes for one, for all, and the least.
_ONE_PATTERN, _ALL_PATTERNS, _ANY_PATTERN = 1 << 20, 1 << 22, 1 << 16
# How often iter_errors may look at one place of a value.
_MAX_VISITS = 1000


def _refuse(uri: str) -> Any:
    raise ValueError(f"references to other documents are not followed ({uri})")


class Validator:
    """A compiled schema; *mask* stands for the values in messages that must not repeat them.

    Raises InputError when the schema itself is not one, or would take too long.
    """

    __slots__ = ("_compiled", "_loops")

    def __init__(self, schema: Mapping[str, Any], mask: str | None = None) -> None:
        import jsonschema_rs

        cost = Cost(schema)
        self._loops = cost.loops
        size = min(_ONE_PATTERN, max(_ANY_PATTERN, _ALL_PATTERNS // max(cost.patterns, 1)))
        try:
            self._compiled = jsonschema_rs.Draft202012Validator(
                schema if isinstance(schema, dict) else dict(schema),
                retriever=_refuse,
                mask=mask,
                pattern_options=jsonschema_rs.FancyRegexOptions(MAX_BACKTRACKING, size),
            )
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as e:
            raise InputError(f"not a JSON Schema: {str(e).splitlines()[0]}") from None

    def is_valid(self, value: Any) -> bool:
        try:
            return self._compiled.is_valid(value)
        except ValueError:  # what is no JSON to the validator: errors() says so
            return False

    def errors(self, value: Any) -> list[str]:
        """Return what is wrong with *value*, at most five lines such as ``days: "x" is not of type "integer"``."""
        try:
            if self._compiled.is_valid(value):
                return []
            # is_valid remembers what it has seen of a place; iter_errors looks again from every reference to it.
            return self._lines(value) if self._is_listed(value) else ["it does not fit the schema"]
        except ValueError as e:
            return [f"cannot be checked: {e}"]

    def _is_listed(self, value: Any) -> bool:
        return self._loops <= 1 or not _nests(value, int(log(_MAX_VISITS, self._loops)))

    def _lines(self, value: Any) -> list[str]:
        out = []
        for error in self._compiled.iter_errors(value):
            where = ".".join(str(p) for p in error.instance_path)
            out.append(f"{where}: {error.message}" if where else error.message)
            if len(out) == MAX_ERRORS:
                break
        return out


def _nests(value: Any, levels: int) -> bool:
    """Tell whether there are more than *levels* containers within each other."""
    layer = [value]
    for _ in range(levels + 1):
        layer = [v for v in layer if isinstance(v, Mapping | list)]
        if not layer:
            return False
        layer = [v for c in layer for v in (c.values() if isinstance(c, Mapping) else c)]
    return True
