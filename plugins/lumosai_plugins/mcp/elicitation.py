"""A server's question to a person: from its form to words, and from the person's words to its form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lumosai_plugins.mcp.text import clean

if TYPE_CHECKING:
    from mcp_types import ElicitRequestParams, ElicitResult

MAX_QUESTION = 2000
MAX_FIELDS = 32
_NO = frozenset({"", "no", "n", "decline", "cancel"})
_YES = frozenset({"yes", "y", "true", "1", "ok", "done"})
_FALSE = frozenset({"no", "n", "false", "0"})


def question(server: str, params: ElicitRequestParams) -> str:
    """Return the question as a person is asked it. That a server asks, and which, stands first."""
    message = clean(params.message, MAX_QUESTION)
    if params.mode == "url":
        url = clean(params.url, MAX_QUESTION)
        host = urlsplit(url).hostname or "?"
        asks = f"The MCP server {server!r} asks you to open a page of {host}: {message}"
        return f"{asks}\n{url}\nAnswer yes when done, or no."
    fields = _fields(params.requested_schema)
    told = [f"The MCP server {server!r} asks: {message}", *(_told(n, f) for n, f in fields.items())]
    if len(fields) > 1:
        told.append('Answer with JSON, {"field": value, …}, or no.')
    return "\n".join(told)


def answered(params: ElicitRequestParams, answer: str) -> ElicitResult:
    """Return what the server is told of an answer: it never gets what does not fit its form."""
    from mcp_types import ElicitResult

    said = answer.strip()
    if params.mode == "url":
        return ElicitResult(action="accept" if said.lower() in _YES else "decline")
    fields = _fields(params.requested_schema)
    if not fields:
        return ElicitResult(action="decline" if said.lower() in _NO else "accept", content={})
    try:
        content = _content(fields, said, params.requested_schema.get("required") or ())
    except (ValueError, TypeError):
        return ElicitResult(action="decline")
    return ElicitResult(action="accept", content=content)


def _fields(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return {}
    return {str(n): f for n, f in list(properties.items())[:MAX_FIELDS] if isinstance(f, Mapping)}


def _told(name: str, field: Mapping[str, Any]) -> str:
    choices = field.get("enum")
    kind = " | ".join(map(str, choices)) if isinstance(choices, list) else str(field.get("type", "string"))
    about = field.get("description") or field.get("title") or ""
    return clean(f"- {name} ({kind}){f': {about}' if about else ''}", 500)


def _content(fields: Mapping[str, Mapping[str, Any]], said: str, required: Any) -> dict[str, Any]:
    """Return the form's fields. Raises ValueError, TypeError."""
    try:
        given = json.loads(said)
    except ValueError:
        given = said
    if not isinstance(given, dict):
        if len(fields) != 1 or (said.lower() in _NO and next(iter(fields.values())).get("type") != "boolean"):
            raise ValueError("no answer to the form")
        given = {next(iter(fields)): said}
    content = {n: _typed(fields[n], v) for n, v in given.items() if n in fields}
    if any(n not in content for n in required):
        raise ValueError("a field is missing")
    return content


def _typed(field: Mapping[str, Any], value: Any) -> Any:
    kind = field.get("type", "string")
    if kind == "boolean":
        word = str(value).lower()
        if word not in _YES | _FALSE:
            raise ValueError(value)
        return word in _YES
    if kind == "integer":
        return int(value)
    if kind == "number":
        return float(value)
    if kind == "array":
        return [str(v) for v in (value if isinstance(value, list) else [value])]
    text, choices = str(value), field.get("enum")
    if isinstance(choices, list) and text not in choices:
        raise ValueError(text)
    return text
