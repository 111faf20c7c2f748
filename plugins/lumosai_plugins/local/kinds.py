"""What sort of value a tool's parameter wants, told from its schema, its name and its description."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal[
    "enum", "url", "path", "folder", "expression", "date", "datetime", "clock", "timezone", "place", "email",
    "number", "boolean", "list", "question", "query", "text", "object",
]  # fmt: skip

_BY_FORMAT: dict[str, Kind] = {
    "uri": "url",
    "url": "url",
    "date": "date",
    "date-time": "datetime",
    "email": "email",
}
_BY_TYPE: dict[str, Kind] = {
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "array": "list",
    "object": "object",
}
_BY_NAME: tuple[tuple[str, Kind], ...] = (
    ("timezone tz zone", "timezone"),
    ("url uri link href website webpage endpoint", "url"),
    ("folder directory dir", "folder"),
    ("path file filename filepath", "path"),
    ("expression formula equation calculation", "expression"),
    ("datetime timestamp", "datetime"),
    ("date day", "date"),
    ("time clock", "clock"),
    ("email mail recipient", "email"),
    ("city place location town country destination origin region address where", "place"),
    ("question prompt ask", "question"),
    ("query search q keyword keywords term terms topic subject", "query"),
)
_BY_DESCRIPTION: tuple[tuple[str, Kind], ...] = (
    (r"\btime ?zone\b|\biana\b", "timezone"),
    (r"\burl\b|\bweb address\b", "url"),
    (r"\b(?:file|folder) ?path\b|\bpath (?:of|to)\b|\bfile name\b|\bname of (?:the|a) file\b", "path"),
    (r"\bto (?:look|search) for\b", "query"),
    (r"\barithmetic\b|\bmath(?:ematical|s)? expression\b", "expression"),
    (r"\biso (?:8601 )?date\b|\byyyy-mm-dd\b", "date"),
    (r"\bcity\b|\bname of (?:the|a) place\b", "place"),
)


def kind_of(name: str, schema: Mapping[str, Any]) -> Kind:
    """Return the kind of the parameter ``name`` with this schema; ``text`` when nothing tells more."""
    schema = core(schema)
    if "enum" in schema or "const" in schema:
        return "enum"
    if (by_type := _BY_TYPE.get(str(schema.get("type")))) is not None:
        return by_type
    if (by_format := _BY_FORMAT.get(str(schema.get("format")))) is not None:
        return by_format
    description = str(schema.get("description", "")).lower()
    kind = _by_words(name, description)
    return "folder" if kind == "path" and re.match(r"(?:the |a )?(?:folder|directory)\b", description) else kind


def core(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema without its null alternative: ``anyOf [X, null]`` and ``type [x, "null"]`` are X."""
    for key in ("anyOf", "oneOf"):
        given = schema.get(key)
        others = (
            [s for s in given if not isinstance(s, dict) or s.get("type") != "null"] if isinstance(given, list) else []
        )
        if len(others) == 1 and isinstance(others[0], dict):
            return {**{k: v for k, v in schema.items() if k != key}, **others[0]}
    kind = schema.get("type")
    if isinstance(kind, list):
        others = [t for t in kind if t != "null"]
        return {**schema, "type": others[0] if len(others) == 1 else others}
    return schema


def _by_words(name: str, description: str) -> Kind:
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().replace("time_zone", "timezone"))
    for names, kind in _BY_NAME:
        if set(words) & set(names.split()):
            return kind
    for pattern, kind in _BY_DESCRIPTION:
        if re.search(pattern, description):
            return kind
    return "text"
