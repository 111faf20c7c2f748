"""Structured output: the answer read as JSON and held against its schema."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from lumosai.validation import Validator
from lumosai_sdk.jsontext import strict_json
from lumosai_sdk.types.models import OutputSchema

_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?```\s*\Z", re.DOTALL)


def read(text: str, output: OutputSchema) -> tuple[Any, list[str]]:
    """Return the parsed answer and what is wrong with it (nothing: it satisfies the schema)."""
    fenced = _FENCE.match(text)
    try:
        value = strict_json(fenced[1] if fenced else text)
    except (ValueError, RecursionError) as e:
        return None, [f"not JSON: {e}"]
    return value, validator(output).errors(value)


def complaint(errors: list[str], output: OutputSchema | None) -> str:
    """Return what the model is told about an answer that misses its schema, or that a processor refused."""
    listed = "\n".join(f"- {e}" for e in errors)
    if output is None:
        return f"That answer was refused:\n{listed}\nAnswer again."
    return f"That answer does not satisfy the schema:\n{listed}\nAnswer again, with nothing but JSON that does."


def validator(output: OutputSchema) -> Validator:
    """Return what checks an answer, compiled once. Raises InputError for a schema that is none."""
    return _compiled(json.dumps(output.schema, sort_keys=True))


@lru_cache(maxsize=64)
def _compiled(schema: str) -> Validator:
    return Validator(json.loads(schema))
