"""The sheet of a working memory: Markdown after a template, or JSON after a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lumosai_sdk.errors import ConfigError, ToolError
from lumosai_sdk.types.plugins import PluginContext

TEMPLATE = """# About the person
- Name:
- Where they are:
- What they do:

# What they want
- Goals:
- Likes and dislikes:

# Open questions
"""
_MAX_DEPTH = 32


class Sheet:
    """What a working memory may hold. Raises ConfigError for a schema that is none."""

    def __init__(self, context: PluginContext) -> None:
        settings = context.settings.get("working", {})
        self.scope: str = settings.get("scope", "person")
        self.max_chars: int = settings.get("max_chars", 8000)
        self.schema: Mapping[str, Any] | None = settings.get("schema")
        self.template: str = settings.get("template", TEMPLATE)
        self._valid = None if self.schema is None else _compiled(self.schema)

    def shown(self, value: Mapping[str, Any] | None) -> str:
        """Return what a model is shown of what is kept, or of nothing yet."""
        if self.schema is None:
            return str((value or {}).get("text") or self.template)
        return json.dumps((value or {}).get("data") or {}, ensure_ascii=False, indent=1)

    def updated(self, old: Mapping[str, Any] | None, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is to be kept. Raises ToolError, worded for the model."""
        expected = arguments.get("version")
        current = (old or {}).get("version", 0)
        if expected is not None and expected != current:
            now = self.shown(old)
            raise ToolError(f"the memory has changed since: it is at version {current} now, and says:\n{now}")
        new = self._text(arguments) if self.schema is None else self._data(old, arguments)
        size = _size(new)
        if size > self.max_chars:
            raise ToolError(f"that is {size} characters; this memory holds {self.max_chars}: keep what matters")
        return new

    def _text(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(text := arguments.get("text"), str) or "changes" in arguments:
            raise ToolError("this memory is Markdown: give all of it, as it is to be, as text")
        return {"text": text}

    def _data(self, old: Mapping[str, Any] | None, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(changes := arguments.get("changes"), Mapping) or "text" in arguments:
            raise ToolError("this memory is JSON: give what changes of it, as changes; null takes a key out")
        merged = merge((old or {}).get("data") or {}, changes)
        if self._valid is not None:
            _check(self._valid, merged)
        return {"data": merged}


def _size(value: Mapping[str, Any]) -> int:
    try:
        return len(json.dumps(value, ensure_ascii=False, allow_nan=False))
    except (RecursionError, ValueError) as e:
        raise ToolError(f"this cannot be kept as JSON: {e}") from None


def _compiled(schema: Mapping[str, Any]) -> Any:
    import jsonschema_rs

    try:
        return jsonschema_rs.Draft202012Validator(dict(schema), retriever=_refused)
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as e:
        why = str(e).splitlines()[0]
        raise ConfigError(f"[plugins.remember.settings.working] schema is no JSON Schema: {why}") from None


def _refused(uri: str) -> Any:
    raise ValueError(f"references to other documents are not followed ({uri})")


def _check(validator: Any, value: Any) -> None:
    errors = [
        f"{'/'.join(map(str, e.instance_path)) or 'it'}: {e.message}"
        for _, e in zip("123", validator.iter_errors(value), strict=False)
    ]
    if errors:
        raise ToolError(f"the memory would not fit its schema: {'; '.join(errors)}")


def merge(target: Any, patch: Any, depth: int = 0) -> Any:
    """Return *target* changed as *patch* says: JSON Merge Patch, RFC 7396. Raises ToolError for what is too deep."""
    if depth > _MAX_DEPTH:
        raise ToolError(f"changes are at most {_MAX_DEPTH} deep")
    if not isinstance(patch, Mapping):
        return patch
    out = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = merge(out.get(key), value, depth + 1)
    return out
