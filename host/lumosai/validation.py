"""JSON Schema validation (draft 2020-12), without ever fetching a reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lumosai_sdk.errors import InputError

MAX_ERRORS = 5


def _refuse(uri: str) -> Any:
    raise ValueError(f"references to other documents are not followed ({uri})")


class Validator:
    """A compiled schema; *mask* stands for the values in messages that must not repeat them.

    Raises InputError when the schema itself is not one.
    """

    __slots__ = ("_compiled",)

    def __init__(self, schema: Mapping[str, Any], mask: str | None = None) -> None:
        import jsonschema_rs

        try:
            self._compiled = jsonschema_rs.Draft202012Validator(
                schema if isinstance(schema, dict) else dict(schema), retriever=_refuse, mask=mask
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
            return self._lines(value)
        except ValueError as e:
            return [f"cannot be checked: {e}"]

    def _lines(self, value: Any) -> list[str]:
        out = []
        for error in self._compiled.iter_errors(value):
            where = ".".join(str(p) for p in error.instance_path)
            out.append(f"{where}: {error.message}" if where else error.message)
            if len(out) == MAX_ERRORS:
                break
        return out
